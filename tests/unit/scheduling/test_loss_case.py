"""The loss of exactly those people who are lost, in the terms of the scenarios that are prepared for."""

from datetime import date

from residency.importing.sample import sample_program
from residency.program.calendar import Period
from residency.program.snapshot import Snapshot
from residency.scheduling.scenarios import Scenario, loss_case, plan_scenarios

START = date(2026, 7, 6)


def same(one, other):
    return (
        one.scenario,
        one.subject,
        one.parameters,
        one.assumptions,
        one.services_reduced,
        one.disruption.lost.tolist(),
        one.disruption.demand.tolist(),
        one.disruption.suspended.tolist(),
    ) == (
        other.scenario,
        other.subject,
        other.parameters,
        other.assumptions,
        other.services_reduced,
        other.disruption.lost.tolist(),
        other.disruption.demand.tolist(),
        other.disruption.suspended.tolist(),
    )


def test_the_loss_of_some_people_is_the_case_that_is_prepared_for_them():
    program = sample_program(people=20, days=14, seed=3, start=START, timezone="UTC")
    snapshot = Snapshot.of(program, Period.horizon(START, 14))
    wanted = [Scenario.ONE_FACULTY_LOSS, Scenario.TWO_FACULTY_LOSS]
    prepared = plan_scenarios(program, snapshot, scenarios=wanted, top_k=3)
    assert {len(case.subject) for case in prepared} == {1, 2}
    for case in prepared:
        assert same(case, loss_case(program, snapshot, reversed(case.subject), top_k=3))


def test_more_than_two_are_a_double_loss_of_them_all():
    program = sample_program(people=20, days=14, seed=3, start=START, timezone="UTC")
    snapshot = Snapshot.of(program, Period.horizon(START, 14))
    faculty = [row for row in range(snapshot.people) if snapshot.is_faculty[row]][:3]
    case = loss_case(program, snapshot, faculty)
    assert (case.scenario, case.subject) == (Scenario.TWO_FACULTY_LOSS, tuple(faculty))
    assert case.disruption.lost.any(axis=1).sum() == 3
