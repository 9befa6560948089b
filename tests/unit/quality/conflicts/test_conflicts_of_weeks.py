"""Inpatient weeks that follow each other too closely, and what a list of conflicts looks like."""

from dataclasses import replace
from datetime import date

from residency.program.calendar import Period
from residency.program.vocabulary import AbsenceType, ConflictSeverity, ConflictType, Half
from residency.quality.conflicts_results import Conflict, Slot
from residency.quality.conflicts_weeks import friday_of, inpatient_weeks


def test_a_week_begins_on_friday():
    assert friday_of(date(2026, 9, 4)) == date(2026, 9, 4)
    assert friday_of(date(2026, 9, 10)) == date(2026, 9, 4)
    assert friday_of(date(2026, 9, 11)) == date(2026, 9, 11)


def test_a_week_is_somebodys_who_has_most_of_its_days(world, day):
    world = world.all_week("f1", "WARD", day(0), 4).all_week("f2", "WARD", day(4), 3)
    world = world.all_week("r1", "WARD", day(7)).all_week("f2", "C", day(14))
    assert inpatient_weeks(world.whole) == {"f1": [day(0)]}
    assert inpatient_weeks(world.all_week("f2", "WARD", day(21)).whole) == {"f1": [day(0)], "f2": [day(21)]}


def test_two_weeks_in_a_row_are_back_to_back_and_every_other_week_is_not(world, day):
    row = world.all_week("f1", "WARD", day(0)).all_week("f1", "WARD", day(7))
    (close,) = row.found("back_to_back")
    assert (close.week_start, close.severity, close.absence) == (day(7), ConflictSeverity.WARNING, None)
    assert close.description == (
        "F-1 has inpatient weeks from Fri 4 Sep and from Fri 11 Sep: 7 days apart, at least 14 are due."
    )
    assert world.all_week("f1", "WARD", day(0)).all_week("f1", "WARD", day(14)).found("back_to_back") == ()
    assert world.all_week("f1", "WARD", day(0)).all_week("f2", "WARD", day(7)).found("back_to_back") == ()


def test_weeks_before_the_days_looked_at_count_as_neighbours(world, day):
    row = world.all_week("f1", "WARD", day(-7)).all_week("f1", "WARD", day(0))
    assert len(row.found("back_to_back")) == 1
    assert row.found("back_to_back", days=Period(day(7), day(20))) == ()
    assert row.found("back_to_back", days=Period(day(-9), day(0))) == ()


def test_three_short_gaps_alternate_too_much_and_two_do_not(world, day):
    for offset in (-35, -14, 0):
        world = world.all_week("f1", "WARD", day(offset))
    assert world.found("excessive_alternating") == ()
    (told,) = world.all_week("f1", "WARD", day(21)).found("excessive_alternating")
    assert told.week_start == day(21)
    assert told.description == (
        "F-1 has 3 gaps of only 8 to 21 days between inpatient weeks, the third before that from Fri 25 Sep; "
        "at most 2 are due."
    )
    assert world.all_week("f1", "WARD", day(7)).found("excessive_alternating") == ()
    long_ago = world.all_week("f1", "WARD", day(-49))
    assert long_ago.found("excessive_alternating", days=Period(day(7), day(28))) == ()
    assert len(long_ago.found("excessive_alternating")) == 1


def test_conflicts_come_gravest_first_and_are_the_same_when_found_again(world, day):
    world = world.assigned("r1", "C", day(2)).away("r1", day(2)).call("r2", day(9)).away("r2", day(9))
    found = world.found()
    assert [(each.severity, each.type) for each in found] == [
        ("critical", "leave_call_overlap"),
        ("warning", "leave_assignment_overlap"),
        ("warning", "call_cascade"),
    ]
    assert len({each.fingerprint for each in found}) == len(found)
    more = world.assigned("r3", "C", day(3)).away("r3", day(3)).found()
    assert {each.fingerprint for each in found} < {each.fingerprint for each in more}


def test_no_description_names_a_person(world, day):
    world = (
        world.all_week("f1", "WARD", day(0)).away("f1", day(1), kind=AbsenceType.MEDICAL).call("f1", day(1))
    )
    found = world.found()
    assert found
    for each in found:
        assert "Name" not in each.description
        assert "medical" not in each.description


def test_a_fingerprint_tells_apart_all_that_makes_a_conflict(world, day):
    world = world.assigned("r1", "C", day(3)).away("r1", day(3))
    (one,) = world.found("leave_assignment_overlap")
    others = [
        replace(one, person="r2"),
        replace(one, subject="D"),
        replace(one, slot=Slot(day(3), Half.PM)),
        replace(one, slot=Slot(day(3))),
        replace(one, slot=None),
        replace(one, week_start=day(0)),
        replace(one, absence=None),
        replace(one, absence=replace(one.absence, start_half=Half.PM)),
        replace(one, absence=replace(one.absence, end_date=day(4))),
        replace(one, type=ConflictType.COVERAGE_GAP),
    ]
    assert len({each.fingerprint for each in [one, *others]}) == len(others) + 1
    assert replace(one, description="", grade=None).fingerprint == one.fingerprint


def test_a_conflict_without_any_date_comes_first():
    bare = Conflict(ConflictType.BACK_TO_BACK, ConflictSeverity.WARNING, "f1", "")
    assert bare.day == date.min
    assert replace(bare, week_start=date(2026, 9, 4)).day == date(2026, 9, 4)


def test_a_schedule_without_anything_has_no_conflict(world):
    assert world.found() == ()
