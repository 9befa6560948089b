"""Moves from the worst-off to the least loaded: possible, lawful for coverage, and fairer each time."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from residency.acgme.record import Basis
from residency.acgme.rules import rule_set
from residency.acgme.schedule import judge_schedule
from residency.program.calendar import Period
from residency.program.records import Absence, CoverageRequirement, PgyLevel
from residency.program.snapshot import Snapshot
from residency.program.vocabulary import AbsenceType, Half
from residency.quality.coverage import coverage
from residency.quality.metrics import compute_metrics
from residency.quality.rebalancing import rebalancing_moves
from residency.quality.stability import ChangeDates

RULES = rule_set("acgme-2017")


@pytest.fixture
def lopsided(schedules):
    """Two first-years: a holds every clinic morning of the week, b nothing."""

    def make(rows=None, **more):
        given = rows or [("a", "CLINIC", day, 0) for day in range(5)]
        demand = tuple(CoverageRequirement("CLINIC", Half.AM, 1, weekday=day) for day in range(7))
        demand += (CoverageRequirement("WARD", Half.AM, 1, weekday=6),)
        values = {
            "pgy_levels": tuple(PgyLevel(each, 2025, 1) for each in "ab"),
            "coverage": demand,
            **more,
        }
        return schedules.build([schedules.resident(each) for each in "ab"], given, **values)

    return make


def moves_of(program, schedules, **more):
    return rebalancing_moves(program, Snapshot.of(program, schedules.week), RULES, **more)


def test_the_least_loaded_takes_from_the_worst_off_until_it_no_longer_helps(lopsided, schedules):
    told = moves_of(lopsided(), schedules, labels=("R-1", "R-2"))
    assert [(each.from_person, each.to_person, each.service, each.hours) for each in told] == [
        ("R-1", "R-2", "Clinic", 4)
    ] * 2
    assert [each.day for each in told] == [schedules.monday, schedules.monday + timedelta(days=1)]
    assert [each.fairness_before for each in told] == pytest.approx([0.5, 0.7])
    assert [each.fairness_after for each in told] == pytest.approx([0.7, 0.9])


def test_no_more_moves_than_wanted(lopsided, schedules):
    assert len(moves_of(lopsided(), schedules, most=1)) == 1


@pytest.mark.parametrize("why", ["locked", "away", "busy", "a ward", "nobody asks for it", "alone"])
def test_what_cannot_be_taken_is_not_named(lopsided, schedules, why):
    rows = [("a", "CLINIC", 0, 0)]
    more = {}
    if why == "away":
        more["absences"] = (Absence("b", schedules.monday, schedules.monday, AbsenceType.VACATION),)
    elif why == "busy":
        rows.append(("b", "OFF", 0, 0))
    elif why == "a ward":
        rows = [("a", "WARD", 6, 0)]
    elif why == "nobody asks for it":
        rows = [("a", "ADMIN", 0, 1)]
    elif why == "alone":
        more["pgy_levels"] = (PgyLevel("a", 2025, 1), PgyLevel("b", 2025, 2))
    rows.append(("a", "ADMIN", 3, 0))
    program = lopsided(rows, **more)
    if why == "locked":
        locked = np.ones(len(rows), np.bool_)
        program = replace(program, assignments=replace(program.assignments, locked=locked))
    assert moves_of(program, schedules) == ()


def test_a_move_that_would_only_swap_their_places_is_not_named(lopsided, schedules):
    assert moves_of(lopsided([("a", "CLINIC", 0, 0)]), schedules) == ()


def test_fair_cohorts_are_left_alone_when_another_is_not(schedules):
    """PGY-1 share evenly but for one half-day, PGY-2 do not."""
    people = [schedules.resident(each) for each in "abcd"]
    rows = [("a", "CLINIC", day, 0) for day in range(6)] + [("b", "CLINIC", day, 1) for day in range(5)]
    rows += [("c", "WARD", day, 0) for day in range(5)] + [("c", "CLINIC", 6, 1)]
    demand = tuple(CoverageRequirement("CLINIC", half, 1, weekday=day) for day in range(7) for half in Half)
    levels = tuple(PgyLevel(each, 2025, 1 + (each > "b")) for each in "abcd")
    program = schedules.build(people, rows, pgy_levels=levels, coverage=demand)
    assert {each.cohort for each in moves_of(program, schedules)} == {"PGY-2"}


def test_moves_carried_out_give_the_fairness_promised_and_keep_coverage(drawn_schedules):
    made = 0
    for program, period, snapshot in drawn_schedules:
        told = rebalancing_moves(program, snapshot, RULES, most=3)
        rows = program.assignments
        person = rows.person.copy()
        index = {each.id: row for row, each in enumerate(program.people)}
        promised = {}
        for move in told:
            at = (
                (person == index[move.from_person])
                & (rows.day == np.datetime64(move.day))
                & (rows.half == [Half.AM, Half.PM].index(move.half))
            )
            assert at.sum() == 1
            person[at] = index[move.to_person]
            assert move.fairness_after > move.fairness_before
            promised[move.cohort] = move.fairness_after
            made += 1
        moved = replace(program, assignments=replace(rows, person=person))
        after = Snapshot.of(moved, period)
        assert coverage(after).by_service == coverage(snapshot).by_service
        fair = compute_metrics(moved, after, None, previous=None, dates=ChangeDates(period.start)).fairness
        if fair is not None:
            by_cohort = {each.cohort: each.fairness for each in fair.cohorts}
            for cohort, value in promised.items():
                assert by_cohort[cohort] == pytest.approx(value, abs=1e-9)
    assert made > 5


def test_who_cannot_take_it_is_passed_over(schedules):
    """b is least loaded but away all week; c takes the half-days."""
    people = [schedules.resident(each) for each in "abc"]
    rows = [("a", "CLINIC", day, 0) for day in range(5)] + [("b", "OFF", day, 0) for day in range(5)]
    rows.append(("c", "WARD", 6, 0))
    demand = tuple(CoverageRequirement("CLINIC", Half.AM, 1, weekday=day) for day in range(5))
    levels = tuple(PgyLevel(each, 2025, 1) for each in "abc")
    program = schedules.build(people, rows, pgy_levels=levels, coverage=demand)
    assert {each.to_person for each in moves_of(program, schedules)} == {"c"}


def test_of_half_days_that_gain_the_same_the_earliest_is_moved(lopsided, schedules):
    """3 h and 4 h: moving either leaves 4 against 3."""
    demand = tuple(CoverageRequirement(name, Half.AM, 1, weekday=0) for name in ("ADMIN", "CLINIC"))
    demand += (CoverageRequirement("ADMIN", Half.AM, 1, weekday=1),)
    for days, service in (((0, 1), "Clinic"), ((1, 0), "Administration")):
        rows = [("a", "CLINIC", days[0], 0), ("a", "ADMIN", days[1], 0)]
        assert [each.service for each in moves_of(lopsided(rows, coverage=demand), schedules)] == [service]


@pytest.fixture
def sundays(schedules):
    """Four weeks in which a works on Sundays, too, and b has the Sundays free and nothing else.

    A half-day of b's on a Sunday leaves fewer than four free days in four weeks.
    """

    def make(person=schedules.resident):
        rows = [
            (who, service, day, half)
            for who, service in (("a", "WARD"), ("b", "ADMIN"))
            for day in range(-35, 63)
            for half in (0, 1)
            if (day + 1) % 7
        ]
        rows += [("a", "CLINIC", day, 0) for day in range(6, 28, 7)]
        demand = (CoverageRequirement("CLINIC", Half.AM, 1, weekday=6),)
        people = [person(each) for each in "ab"]
        levels = tuple(PgyLevel(each, 2025, 1) for each in "ab") if person is schedules.resident else ()
        return schedules.build(people, rows, coverage=demand, pgy_levels=levels)

    return make


def test_a_move_that_takes_the_last_free_day_is_not_named(sundays, schedules):
    month = Period.horizon(schedules.monday, 28)
    covered = [Period(schedules.monday - timedelta(days=35), month.end + timedelta(days=35))]
    program = sundays()
    snapshot = Snapshot.of(program, month)
    assert rebalancing_moves(program, snapshot, RULES, covered=covered) == ()
    moved = program.assignments
    sunday = (moved.day == np.datetime64(schedules.monday + timedelta(days=6))) & (moved.half == 0)
    after = replace(program, assignments=replace(moved, person=np.where(sunday, 1, moved.person)))
    judged = [judge_schedule(each, None, month, Basis.PLANNED, RULES, covered) for each in (program, after)]
    broken = [{(each.rule, each.person) for each in one.judgement.violations} for one in judged]
    assert broken[1] - broken[0] == {("FREE_DAY", "b")}


def test_faculty_are_not_judged(sundays, schedules):
    month = Period.horizon(schedules.monday, 28)
    program = sundays(schedules.attending)
    told = rebalancing_moves(program, Snapshot.of(program, month), RULES, covered=[month])
    assert [each.to_person for each in told] == ["b"] * 4
