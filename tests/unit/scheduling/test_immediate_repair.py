"""Repairs at once that a chief resident would recognise, each on a schedule made for it."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from residency.program.records import Service
from residency.program.vocabulary import CoverageRole, ServiceKind
from residency.scheduling.duty_gate import DutyGate
from residency.scheduling.immediate import immediate_repair
from residency.scheduling.problem import NOTHING, Disruption, RepairProblem
from residency.scheduling.repair import better_of, repair
from residency.scheduling.repaired import Layer, coverage_of, repaired_assignments


@pytest.fixture
def made(repair_situations):
    """Makers of schedules."""
    return repair_situations


def test_somebody_free_takes_the_slot_of_the_lost(made):
    problem = made.situation(
        [made.attending("a"), made.attending("b")],
        [("a", "WARD", 0, 0)],
        made.coverage(("WARD", 0, 0, 1)),
        lost=[("a", 0)],
    )
    lost = np.zeros(problem.present.shape, np.bool_)
    lost[0, 0] = True
    assert not Disruption.of_loss(problem.snapshot, lost).suspended.any()
    found = immediate_repair(problem)
    assert found.service[:, 0].tolist() == [NOTHING, made.WARD]
    assert (found.cost, found.layer, found.bound) == (20, Layer.IMMEDIATE, None)


@pytest.mark.parametrize(
    ("idle", "taken"),
    [("ADM", "OPT"), ("AWAY", "OPT"), ("W", "OPT"), (None, "OPT"), (None, "ADM"), ("AWAY", "ADM")],
)
def test_the_least_protected_surplus_work_is_given_up_first(made, idle, taken):
    rows = [("a", "WARD", 0, 0), ("c", taken, 0, 0)] + ([("b", idle, 0, 0)] if idle else [])
    people = [made.attending("a"), made.attending("b"), made.attending("c")]
    problem = made.situation(people, rows, made.coverage(("WARD", 0, 0, 1)), lost=[("a", 0)])
    assert immediate_repair(problem).service[2, 0] == made.WARD


def test_extra_work_goes_to_whoever_has_least_of_it_for_their_fte(made):
    people = [made.attending("a"), made.attending("half", fte=0.5), made.attending("whole")]
    rows = [("a", "WARD", day, 0) for day in range(3)]
    asked = made.coverage(*(("WARD", day, 0, 1) for day in range(3)))
    problem = made.situation(people, rows, asked, days=3, lost=[("a", 0), ("a", 2), ("a", 4)])
    found = immediate_repair(problem)
    assert (found.service == made.WARD).sum(axis=1).tolist() == [0, 1, 2]


def test_people_move_on_when_nobody_free_may_take_the_slot(made):
    people = [made.attending("a"), made.attending("b", specialties=("x",)), made.attending("c")]
    services = (
        *made.SERVICES[:2],
        Service("AT", "x", ServiceKind.INPATIENT, required_specialty="x"),
        *made.SERVICES[3:],
    )
    problem = made.situation(
        people,
        [("a", "AT", 0, 0), ("b", "WARD", 0, 0)],
        made.coverage(("WARD", 0, 0, 1), ("AT", 0, 0, 1)),
        lost=[("a", 0)],
        services=services,
    )
    found = immediate_repair(problem)
    assert found.service[:, 0].tolist() == [NOTHING, made.AT, made.WARD]
    assert found.cost == 30


def test_a_more_protected_slot_takes_the_person_of_a_less_protected_one_where_nobody_else_can(made):
    people = [made.attending("a"), made.attending("b")]
    rows = [("a", "WARD", 0, 0), ("b", "ADM", 0, 0)]
    problem = made.situation(
        people, rows, made.coverage(("WARD", 0, 0, 1), ("ADM", 0, 0, 1)), lost=[("a", 0)]
    )
    found = immediate_repair(problem)
    assert found.service[1, 0] == made.WARD
    assert found.unfilled[:, 0].tolist()[:2] == [0, 1]


def test_a_less_protected_slot_takes_nobody_from_a_more_protected_one(made):
    people = [made.attending("a"), made.attending("b")]
    rows = [("a", "ADM", 0, 0), ("b", "WARD", 0, 0)]
    problem = made.situation(
        people, rows, made.coverage(("WARD", 0, 0, 1), ("ADM", 0, 0, 1)), lost=[("a", 0)]
    )
    assert immediate_repair(problem).service[1, 0] == made.WARD


def test_locked_rows_and_absent_people_never_move(made):
    people = [
        made.attending("a"),
        made.attending("b"),
        made.attending("c", active_to=made.MONDAY - timedelta(1)),
    ]
    rows = [("a", "WARD", 0, 0), ("b", "OPT", 0, 0, made.PRIMARY, True)]
    problem = made.situation(people, rows, made.coverage(("WARD", 0, 0, 1)), lost=[("a", 0)])
    found = immediate_repair(problem)
    assert found.service[:, 0].tolist() == [NOTHING, made.LECTURE, NOTHING]


def test_people_released_from_a_service_that_stops_are_the_first_to_be_used(made):
    people = [made.attending("a"), made.attending("b"), made.attending("c")]
    rows = [("a", "WARD", 0, 0), ("c", "OPT", 0, 0)]
    asked = made.coverage(("WARD", 0, 0, 1), ("OPT", 0, 0, 1))
    found = immediate_repair(made.situation(people, rows, asked, lost=[("a", 0)], suspended=["OPT"]))
    assert found.service[:, 0].tolist() == [NOTHING, NOTHING, made.WARD]
    assert found.unfilled.sum() == 0


def test_an_attending_who_is_free_supervises_in_place_of_the_lost(made):
    found = immediate_repair(made.clinic("a", "xy", lost="a", more=[made.attending("b")]))
    assert (found.service[3, 0], found.role[3, 0]) == (made.AT, made.SUPERVISING)
    assert not found.new_violations


def test_residents_without_an_attending_leave_largest_units_first_until_it_is_legal(made):
    problem = made.clinic("ab", "wxyz", lost="b", levels="wx")
    found = immediate_repair(problem)
    assert found.service[2:, 0].tolist().count(NOTHING) == 1
    assert found.service[2:4, 0].tolist().count(NOTHING) == 1
    assert not found.new_violations


def test_residents_whom_coverage_asks_for_stay_rather_than_others(made):
    problem = made.clinic("ab", "wxyz", lost="b", levels="wx", asked=made.coverage(("C", 0, 0, 3)))
    found = immediate_repair(problem)
    assert found.unfilled[0, 0] == 0
    problem = made.clinic("a", "w", lost="a", asked=made.coverage(("C", 0, 0, 1)))
    assert immediate_repair(problem).unfilled[0, 0] == 1


def test_what_locked_residents_break_is_told(made):
    found = immediate_repair(made.clinic("a", "wx", lost="a", locked="w"))
    assert found.service[1:, 0].tolist() == [made.CLINIC, made.CLINIC]
    assert [each.rule for each in found.new_violations] == ["SUPERVISION"]
    found = immediate_repair(made.clinic("a", "vwxyz", lost="a", locked="w"))
    assert sorted(found.service[1:, 0].tolist()) == [NOTHING, *[made.CLINIC] * 4]


def test_locked_residents_are_worth_an_attending_from_any_slot(made):
    people = [made.attending("a"), made.attending("b"), made.resident("x")]
    rows = [("a", "AT", 0, 0, made.SUPERVISING), ("b", "WARD", 0, 0), ("x", "C", 0, 0, made.PRIMARY, True)]
    asked = made.coverage(("WARD", 0, 0, 1))
    found = immediate_repair(made.situation(people, rows, asked, lost=[("a", 0)]))
    assert found.service[1, 0] == made.AT
    assert not found.new_violations


def test_what_was_short_before_may_stay_as_short(made):
    problem = made.clinic("", "wx", lost="", asked=made.coverage(("WARD", 0, 0, 1)))
    found = immediate_repair(problem)
    assert made.CLINIC in found.service[:, 0]
    assert not found.new_violations


def test_nobody_is_sent_to_a_clinic_that_then_lacks_an_attending(made):
    people = [made.attending("a"), *(made.resident(name) for name in "vwxyz")]
    rows = [("a", "AT", 0, 0, made.SUPERVISING), *((name, "C", 0, 0) for name in "vwxy")]
    problem = made.situation(people, rows, made.coverage(("C", 0, 0, 5)))
    found = immediate_repair(problem)
    assert found.unfilled[0, 0] == 1
    more = made.situation([*people, made.attending("b")], rows, made.coverage(("C", 0, 0, 5)))
    assert immediate_repair(more).unfilled[0, 0] == 0


def test_a_named_supervising_post_and_the_units_of_residents_add_up(made):
    asked = made.coverage(("AT", 0, 0, 1), role=CoverageRole.SUPERVISING)
    problem = made.clinic("ab", "vwxyz", lost="", asked=asked)
    assert problem.demand[:, 0].tolist() == [1, 1]
    assert problem.unfilled(problem.service_before, problem.role_before).sum() == 0
    gone = made.clinic("ab", "vwxyz", lost="b", asked=asked, more=[made.attending("c")])
    found = immediate_repair(gone)
    assert found.role[-1, 0] == made.SUPERVISING
    assert found.unfilled.sum() == 0


def test_a_resident_gives_back_the_half_days_that_break_a_rule_and_keeps_the_others(made):
    rows = [("x", "WARD", day, half) for day in range(-31, 60) for half in (0, 1) if day % 7 != 6]
    rows.remove(("x", "WARD", 15, 1))
    sundays = made.coverage(("WARD", 6, 0, 1), ("WARD", 13, 1, 1), ("WARD", 20, 0, 1))
    asked = (*sundays, *made.coverage(("WARD", 15, 1, 1)))
    found = immediate_repair(made.situation([made.resident("x")], rows, asked, days=28))
    assert found.service[0, [12, 27, 40, 31]].tolist() == [NOTHING, NOTHING, NOTHING, made.WARD]
    assert not found.new_violations
    shared = made.situation([made.resident("x"), made.attending("b")], rows, asked, days=28)
    assert immediate_repair(shared).unfilled.sum() == 0
    judged_not = made.situation([made.attending("x")], rows, asked, days=28)
    assert immediate_repair(judged_not).unfilled.sum() == 0


def test_half_days_lost_are_leave_to_the_rules(made):
    rows = [("x", "WARD", day, half) for day in range(-31, 60) for half in (0, 1) if day % 7 != 6]
    rows.remove(("x", "WARD", 15, 1))
    asked = made.coverage(("WARD", 15, 1, 1))
    assert immediate_repair(made.situation([made.resident("x")], rows, asked, days=28)).unfilled.sum() == 0
    sundays = [("x", 2 * day + half) for day in (13, 20, 27) for half in (0, 1)]
    found = immediate_repair(made.situation([made.resident("x")], rows, asked, days=28, lost=sundays))
    assert found.unfilled.sum() == 1, "288 h in 25 days that are not leave are more than 80 h a week"
    assert not found.new_violations


def test_rows_that_stay_keep_their_source_and_lock(made):
    people = [made.attending("a"), made.attending("b")]
    rows = [("a", "WARD", 0, 0), ("a", "WARD", -1, 0), ("b", "OPT", 0, 1, made.PRIMARY, True)]
    problem = made.situation(people, rows, made.coverage(("WARD", 0, 0, 1)), lost=[("a", 0)])
    found = immediate_repair(problem)
    kept = repaired_assignments(problem, found.service, found.role)
    assert sorted(zip(kept.person.tolist(), kept.locked.tolist(), strict=True)) == [
        (0, False),
        (1, False),
        (1, True),
    ]


def test_the_gate_tells_how_far_a_rule_was_broken_before(made):
    always = [("x", "WARD", day, half) for day in range(-31, 60) for half in (0, 1)]
    full = made.situation([made.resident("x")], always, (), days=28)
    assert not DutyGate(full).new_violations(full.service_before, full.role_before)
    some = made.situation(
        [made.resident("x")], [row for row in always if row[2] not in range(6, 8)], (), days=28
    )
    gate = DutyGate(some)
    found = gate.new_violations(full.service_before, full.role_before)
    assert {each.rule for each in found} == {"FREE_DAY", "HOURS_80"}
    assert all(gate.excess_before(each) < abs(each.value - each.limit) for each in found)


@pytest.mark.parametrize("services", [True, False])
@pytest.mark.parametrize("people", [True, False])
def test_nothing_asked_means_nothing_done(made, people, services):
    who = (made.attending("a"), made.resident("x")) if people else ()
    what = made.SERVICES if services else ()
    problem = made.situation(who, [], (), days=2, services=what)
    found = repair(problem)
    assert (found.cost, found.burden, found.calls, found.new_violations) == (0, 0.0, (), ())


def test_people_with_one_choice_are_not_passed_over_for_those_with_two(made):
    people = [made.attending("a", credentials=("x", "y")), made.attending("b", credentials=("x",))]
    services = (
        Service("WARD", "x", ServiceKind.INPATIENT, required_credential="x", inpatient=True),
        Service("C", "y", ServiceKind.INPATIENT, required_credential="y", inpatient=True),
        *made.SERVICES[2:],
    )
    people.append(made.attending("c", credentials=("y",), fte=0.5))
    asked = made.coverage(("WARD", 0, 0, 1), ("C", 0, 0, 2))
    problem = made.situation(people, [], asked, services=services)
    found = immediate_repair(problem)
    assert found.unfilled.sum() == 0
    assert found.service[:, 0].tolist() == [1, 0, 1]


def test_a_service_may_stop_in_some_half_days_only(made):
    rows = [("a", "OPT", 0, 0), ("a", "OPT", 0, 1)]
    asked = made.coverage(("OPT", 0, 0, 1), ("OPT", 0, 1, 1))
    before = made.situation([made.attending("a")], rows, asked, suspended=["OPT"])
    disruption = replace(before.disruption, suspended_in=np.array([False, True]))
    problem = RepairProblem.of(before.program, before.snapshot, disruption, before.rules)
    found = immediate_repair(problem)
    assert found.service.tolist() == [[made.LECTURE, NOTHING]]
    assert problem.demand.tolist() == [[1, 0]]


def test_coverage_and_gap_are_shares(made):
    problem = made.situation([made.attending("a")], [], made.coverage(("WARD", 0, 0, 4)))
    found = immediate_repair(problem)
    assert coverage_of(problem, found.service, found.role) == 0.25
    assert (found.gap, found.is_proven) == (None, False)
    assert replace(found, bound=found.cost // 2).gap == pytest.approx(0.5, abs=1e-5)
    assert replace(found, bound=found.cost).gap == 0.0
    nothing = made.situation([made.attending("a")], [], ())
    assert coverage_of(nothing, nothing.service_left, nothing.role_left) == 1.0


def test_the_exact_layer_is_asked_where_there_is_time_and_is_never_taken_where_it_is_worse(made):
    problem = made.situation(
        [made.attending("a"), made.attending("b")],
        [("a", "WARD", 0, 0)],
        made.coverage(("WARD", 0, 0, 1)),
        lost=[("a", 0)],
    )
    at_once, proven = immediate_repair(problem), repair(problem, seconds=10.0)
    assert proven.cost == at_once.cost
    assert proven.is_proven
    left = immediate_repair(
        made.situation([made.attending("a"), made.attending("b")], [], made.coverage(("WARD", 0, 0, 2)))
    )
    assert better_of(problem, left, proven) == proven
    assert better_of(problem, proven, left).bound is None
