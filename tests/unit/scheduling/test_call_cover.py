"""Call of the lost: who takes it, who cannot, and what the rest after it costs."""

from datetime import timedelta

import pytest

from residency.program.records import PgyLevel
from residency.program.vocabulary import FacultyRole
from residency.scheduling.call_cover import with_calls
from residency.scheduling.immediate import immediate_repair
from residency.scheduling.problem import NOTHING
from residency.scheduling.repaired import CallMove


@pytest.fixture
def made(repair_situations):
    """Makers of schedules."""
    return repair_situations


def test_call_of_the_lost_goes_to_whoever_gives_up_least_and_has_the_least_call(made):
    people = [
        made.attending("a"),
        made.attending("adjunct", FacultyRole.ADJUNCT),
        made.resident("r"),
        made.attending("busy"),
        made.attending("tired"),
        made.attending("none", fte=0.0),
        made.attending("night"),
        made.attending("bound"),
        made.attending("calls"),
        made.attending("b"),
    ]
    rows = [("busy", "OPT", 1, 0), ("night", "NF", 0, 1), ("bound", "OPT", 1, 1, made.PRIMARY, True)]
    problem = made.situation(
        people,
        rows,
        (),
        days=4,
        lost=[("a", 2)],
        call_shifts=(
            made.night("a", 0),
            made.night("tired", 1),
            made.night("calls", 9),
            made.night("a", -1),
            made.night("a", 3),
        ),
    )
    found = immediate_repair(problem)
    assert found.calls == (CallMove(0, 9),)
    assert not with_calls(problem, found.calls).present[9, 2:4].any()


def test_call_costs_no_slot_that_cannot_be_filled_again(made):
    people = [made.attending("a"), made.attending("b"), made.attending("c")]
    rows = [("b", "WARD", 1, 0)]
    asked = made.coverage(("WARD", 1, 0, 1))
    shifts = (made.night("a", 0), made.night("c", -1), made.night("c", 6))
    found = immediate_repair(
        made.situation(people, rows, asked, days=3, lost=[("a", 1)], call_shifts=(shifts[0], shifts[2]))
    )
    assert found.calls == (CallMove(0, 2),)
    alone = made.situation(people[:2], rows, asked, days=3, lost=[("a", 1)], call_shifts=shifts[:1])
    found = immediate_repair(alone)
    assert found.calls == (CallMove(0, None),)
    assert with_calls(alone, found.calls).present.all() == alone.present.all()


def test_whoever_rests_after_call_is_replaced(made):
    people = [
        made.attending("a"),
        made.attending("b"),
        made.attending("c", active_from=made.MONDAY + timedelta(1)),
    ]
    problem = made.situation(
        people,
        [("b", "WARD", 1, 0)],
        made.coverage(("WARD", 1, 0, 1)),
        days=3,
        lost=[("a", 1)],
        call_shifts=(made.night("a", 0),),
    )
    found = immediate_repair(problem)
    assert found.calls == (CallMove(0, 1),)
    assert found.service[:, 2].tolist() == [NOTHING, NOTHING, made.WARD]


@pytest.mark.parametrize(("day", "taker"), [(1, 2), (0, 1)])
def test_directors_are_spared_tuesdays(made, day, taker):
    people = [made.attending("a"), made.attending("pd", FacultyRole.PD), made.attending("b")]
    shifts = (made.night("a", day), made.night("b", 9))
    problem = made.situation(people, [], (), days=3, lost=[("a", 2 * day + 1)], call_shifts=shifts)
    assert immediate_repair(problem).calls == (CallMove(0, taker),)


def test_call_of_a_resident_goes_to_one_of_the_same_year_who_breaks_no_rule_by_it(made):
    people = [made.resident("x"), made.resident("junior"), made.resident("busy"), made.resident("y")]
    levels = [PgyLevel(name, 2025, 1 if name == "junior" else 3) for name in ("x", "junior", "busy", "y")]
    rows = [("busy", "WARD", day, half) for day in range(-4, 1) for half in (0, 1)]
    rows += [("y", "OPT", 3, 0)]
    shifts = (
        made.night("x", 2),
        made.night("busy", -1),
        *(made.night("y", day, in_house=False) for day in (9, 12)),
    )
    problem = made.situation(
        people, rows, (), days=3, lost=[("x", 5)], call_shifts=shifts, pgy_levels=tuple(levels)
    )
    found = immediate_repair(problem)
    assert found.calls[0].to in {2, 3}
    assert not found.new_violations
    frequent = (
        made.night("x", 2),
        *(made.night("busy", day) for day in range(-20, 1, 2)),
        made.night("y", 2, in_house=False),
    )
    again = made.situation(
        people, rows[:-1], (), days=3, lost=[("x", 5)], call_shifts=frequent, pgy_levels=tuple(levels)
    )
    assert immediate_repair(again).calls == (CallMove(0, None),)
