"""Fallback schedules: every scenario once, what is stored of each, and when one is out of date."""

import importlib
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from residency.acgme.rules import rule_set
from residency.importing.sample import sample_program
from residency.program.calendar import Period
from residency.program.records import Absence, CallShift
from residency.program.snapshot import Snapshot
from residency.program.vocabulary import AbsenceStatus, AbsenceType, CallKind
from residency.scheduling.fallback_results import fallback_result
from residency.scheduling.fallbacks import compute_fallbacks, fallback_hash, fallback_of
from residency.scheduling.immediate import immediate_repair
from residency.scheduling.problem import NOTHING, RepairProblem
from residency.scheduling.repaired import CallMove, changed
from residency.scheduling.scenarios import Scenario, loss_case, plan_scenarios

START = date(2026, 11, 9)
WHOLE = Period.horizon(START, 42)
PERIOD = Period.horizon(date(2026, 11, 23), 14)
RULES = rule_set()


@pytest.fixture(scope="module")
def sample():
    return sample_program(20, 42, 1, START, "America/New_York")


@pytest.fixture(scope="module")
def computed(sample):
    shares = []
    found = compute_fallbacks(
        sample,
        Snapshot.of(sample, PERIOD),
        RULES,
        (WHOLE,),
        seconds=60.0,
        top_k=1,
        progress=shares.append,
    )
    return list(found), shares


def problem_of(program, case):
    return RepairProblem.of(program, Snapshot.of(program, PERIOD), case.disruption, RULES, (WHOLE,))


def lost(program, *people):
    snapshot = Snapshot.of(program, PERIOD)
    return problem_of(
        program, loss_case(program, snapshot, [snapshot.person_ids.index(each) for each in people])
    )


def test_every_case_is_computed_in_order_and_proven(computed, sample):
    found, shares = computed
    cases = plan_scenarios(sample, Snapshot.of(sample, PERIOD), top_k=1)
    assert [result.scenario for result in found] == [case.scenario.value for case in cases]
    assert {result.scenario for result in found} == {each.value for each in Scenario}
    assert shares == [(number + 1) / len(cases) for number in range(len(cases))]
    assert all(result.gap == 0.0 for result in found)
    assert all(0 <= result.coverage <= 1 and result.assumptions for result in found)
    assert all(not result.violations for result in found)


def test_a_result_is_its_repair_in_columns(sample):
    snapshot = Snapshot.of(sample, PERIOD)
    for case in plan_scenarios(sample, snapshot, scenarios=[Scenario.WEATHER, Scenario.PCS_SEASON]):
        problem = problem_of(sample, case)
        repair = immediate_repair(problem)
        result = fallback_of(case, problem, repair)
        service = np.full(repair.service.shape, NOTHING)
        role = np.full(repair.role.shape, NOTHING)
        service[result.cells.person, result.cells.block] = result.cells.service
        role[result.cells.person, result.cells.block] = result.cells.role
        assert (service == repair.service).all()
        assert (role[service != NOTHING] == repair.role[service != NOTHING]).all()
        assert result.changes == changed(problem, repair.service, repair.role).sum()
        assert sum(empty.slots for empty in result.unfilled) == repair.unfilled.sum()
        assert len(result.calls) == len(repair.calls)
        assert result.subject == tuple(snapshot.person_ids[person] for person in case.subject)
        assert (result.layer, result.gap) == ("immediate", None)
        assert isinstance(result.parameters["demand"], dict)


def test_empty_slots_are_named_also_those_of_supervision(sample):
    snapshot = Snapshot.of(sample, PERIOD)
    (case,) = plan_scenarios(sample, snapshot, scenarios=[Scenario.PCS_SEASON])
    problem = problem_of(sample, case)
    repair = replace(immediate_repair(problem), unfilled=problem.demand.astype(np.int32))
    posts = {empty.post for empty in fallback_of(case, problem, repair).unfilled}
    assert "Inpatient attending" in posts
    assert any(post.startswith("Supervision, ") for post in posts)


def test_a_schedule_without_any_assignment_is_not_called_computed(sample):
    problem = lost(sample, "F01")
    empty = np.full_like(problem.service_before, NOTHING)
    repair = replace(immediate_repair(problem), service=empty, role=empty.astype(np.int8))
    case = loss_case(sample, problem.snapshot, [0])
    assert fallback_result(case, problem, repair, "").cells is None


def test_calls_are_told_with_their_half_days_and_violations_without_names(sample):
    problem = lost(sample, "F01")
    monday = datetime(2026, 11, 24, 0, tzinfo=UTC)  # 19:00 on Monday in New York
    last = monday + timedelta(days=PERIOD.days - 1)
    shifts = (
        CallShift("F01", monday, monday + timedelta(hours=12), CallKind.OVERNIGHT, True),
        CallShift("F01", last, last + timedelta(hours=24), CallKind.WEEKEND, True),
    )
    problem = replace(problem, program=replace(problem.program, call_shifts=shifts))
    judged = importlib.import_module("residency.acgme.findings")
    finding = judged.Finding(
        rule="HOURS_80",
        rule_set="acgme-2017",
        force=judged.Force.MUST,
        severity=judged.Severity.CRITICAL,
        basis=judged.Basis.PLANNED,
        person="R01",
        window_start="2026-11-23",
        window_end="2026-12-21",
        value=81.0,
        limit=80.0,
        unit="h/week",
        arithmetic="324 h in 28 days",
    )
    place = replace(finding, rule="SUPERVISION", person="", place="clinic")
    repair = replace(
        immediate_repair(lost(sample, "F01")),
        calls=(CallMove(0, 3), CallMove(1, None)),
        new_violations=(finding, place),
    )
    case = loss_case(sample, problem.snapshot, [0])
    snapshot = replace(problem.snapshot, pseudonyms=tuple(f"P-{row}" for row in range(20)))
    result = fallback_result(case, replace(problem, snapshot=snapshot), repair, "")
    night, day = result.calls
    assert (night.first_block, night.end_block, night.to) == (1, 2, sample.people[3].id)
    assert (day.first_block, day.end_block, day.to) == (27, 28, None)
    assert not any("R01" in text for text in result.violations)
    assert result.violations[0].startswith("HOURS_80, P-")
    assert result.violations[1].startswith("SUPERVISION, clinic, ")


def test_what_is_known_is_not_computed_again(computed, sample):
    found, _ = computed
    known = {(result.scenario, result.input_hash) for result in found}
    again = compute_fallbacks(
        sample, Snapshot.of(sample, PERIOD), RULES, (WHOLE,), seconds=1.0, top_k=1, known=known
    )
    assert not list(again)


def test_the_absence_of_exactly_the_lost_changes_no_hash(sample):
    away = Absence("F03", PERIOD.start, PERIOD.end, AbsenceType.MEDICAL, AbsenceStatus.APPROVED)
    absent = replace(sample, absences=(*sample.absences, away))
    rows = sample.assignments
    number = [person.id for person in sample.people].index("F03")
    without = replace(absent, assignments=rows.take(rows.person != number))
    assert fallback_hash(lost(absent, "F03")) == fallback_hash(lost(sample, "F03"))
    assert fallback_hash(lost(without, "F03")) == fallback_hash(lost(sample, "F03"))
    assert fallback_hash(lost(absent, "F01")) != fallback_hash(lost(sample, "F01"))


def test_any_other_change_changes_the_hash(sample):
    rows = sample.assignments
    inside = np.flatnonzero((rows.day >= np.datetime64(PERIOD.start)) & (rows.person != 0))[0]
    outside = np.flatnonzero((rows.day < np.datetime64(PERIOD.start)) & (rows.person != 0))[0]
    kept = np.ones(len(rows), np.bool_)

    def without(row):
        kept[:] = True
        kept[row] = False
        return replace(sample, assignments=rows.take(kept))

    resident = next(person for person in sample.people if person.id == "R01")
    others = [
        without(inside),
        without(outside),
        replace(sample, call_shifts=sample.call_shifts[1:]),
        replace(sample, coverage=sample.coverage[1:]),
        replace(sample, services=(replace(sample.services[0], hours_am=5.5), *sample.services[1:])),
        replace(
            sample,
            absences=(
                *sample.absences,
                Absence(resident.id, date(2026, 11, 11), date(2026, 11, 11), AbsenceType.SICK),
            ),
        ),
        replace(
            sample,
            people=tuple(replace(each, fte=0.5) if each is resident else each for each in sample.people),
        ),
    ]
    hashes = [fallback_hash(lost(program, "F01")) for program in (sample, *others)]
    assert len(set(hashes)) == len(hashes)
    assert fallback_hash(lost(sample, "F01")) == hashes[0]
    assert fallback_hash(lost(sample, "F02")) not in hashes
