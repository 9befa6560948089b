"""Call under leave: whether anybody could take it without breaking a rule of duty hours."""

import pytest

from residency.acgme.rules import rule_set
from residency.program.calendar import Period
from residency.program.records import Person
from residency.program.vocabulary import AbsenceType, CallKind, Half, PersonType


@pytest.fixture
def on_call(world, day):
    """R-1 is away on a day of call; R-2 takes call too, in another week, and works all day before it."""
    away = world.call("r1", day(5)).away("r1", day(5))
    return away.call("r2", day(15)).assigned("r2", "C", day(5), None)


def test_call_that_would_make_its_only_taker_work_too_long_cascades(on_call, day):
    assert on_call.found("call_cascade") == ()
    (told,) = on_call.assigned("r2", "C", day(6)).found("call_cascade")
    assert told.description == (
        "R-1 is away on 9 Sep and has overnight call on the night of Wed 9 Sep: whoever could take it (R-2) "
        "would break a rule of duty hours."
    )
    assert (told.severity, told.slot.day, told.subject) == ("warning", day(5), "overnight call")


def test_one_taker_who_keeps_the_rules_is_enough(on_call, day):
    tired = on_call.assigned("r2", "C", day(6))
    assert tired.call("r3", day(15)).found("call_cascade") == ()
    assert tired.call("r3", day(15), CallKind.HOME).found("call_cascade") != ()


def test_one_taker_is_tried_for_one_open_night_after_the_other(world, day):
    """R-1 is away on two nights; R-2, who takes call too, could take the later one alone."""
    away = world.call("r1", day(5)).call("r1", day(9)).away("r1", day(5)).away("r1", day(9))
    both = away.call("r2", day(15))
    assert both.found("call_cascade") == ()
    tired = both.assigned("r2", "C", day(5), None).assigned("r2", "C", day(6))
    (told,) = tired.found("call_cascade")
    assert told.slot.day == day(5)


def test_what_a_taker_breaks_anyway_is_not_counted_again(on_call, day):
    """R-2 works 30 hours on end in another week, whoever takes this call."""
    broken = on_call.assigned("r2", "C", day(15), None).assigned("r2", "C", day(16))
    assert broken.found("call_cascade") == ()


def test_a_stricter_rule_set_leaves_fewer_takers(on_call, day):
    """Sixteen hours are the most that a first-year resident may work under the rules of 2011."""
    junior = on_call.pgy("r2", 1)
    assert junior.found("call_cascade") == ()
    assert len(junior.found("call_cascade", rules=rule_set("acgme-2011"))) == 1


def test_an_attendings_call_cascades_only_where_nobody_is_free(world, day):
    away = world.call("f1", day(5)).away("f1", day(5))
    (told,) = away.found("call_cascade")
    assert told.description.endswith("on the night of Wed 9 Sep: nobody else who takes such call is free.")
    taker = away.call("f2", day(15))
    assert taker.found("call_cascade") == ()
    assert len(taker.call("f2", day(5), hours=2).found("call_cascade")) == 1
    assert len(taker.away("f2", day(6)).found("call_cascade")) == 1
    assert taker.away("f2", day(7)).found("call_cascade") == ()
    assert len(taker.away("f2", day(4)).found("call_cascade")) == 0
    assert len(taker.away("f2", day(4), kind=AbsenceType.CONVALESCENT).found("call_cascade")) == 1
    assert len(taker.person("f2", active_to=day(5)).found("call_cascade")) == 1
    assert taker.person("f2", active_to=day(6)).found("call_cascade") == ()
    assert len(taker.person("f2", active_from=day(6)).found("call_cascade")) == 1
    assert taker.person("f2", active_from=day(5)).found("call_cascade") == ()


def test_nobody_takes_over_from_another_kind_of_person(world, day):
    away = world.call("r1", day(5)).away("r1", day(5)).call("f1", day(15))
    (told,) = away.found("call_cascade")
    assert told.description.endswith("nobody else who takes such call is free.")


def test_many_takers_are_counted_and_some_named(world, day):
    world = world.call("r1", day(5)).away("r1", day(5))
    for number in range(11, 18):
        who = f"r{number}"
        world = world.having(people=Person(who, f"Name {who}", PersonType.RESIDENT, pseudonym=f"R-{number}"))
        world = world.call(who, day(15)).assigned(who, "C", day(5), None).assigned(who, "C", day(6), Half.AM)
    (told,) = world.found("call_cascade")
    assert "(R-11, R-12, R-13, R-14, R-15 and 2 more)" in told.description


def test_days_that_a_schedule_covers_are_known(on_call, day):
    known = (Period(day(-28), day(28)),)
    tired = on_call.assigned("r2", "C", day(6))
    assert len(tired.found("call_cascade", covered=known)) == 1
    assert on_call.found("call_cascade", covered=known) == ()
