"""A stored fallback is outdated when anything but the absence of its own people has changed."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import numpy as np
import pytest

from residency.acgme.rules import rule_set
from residency.importing.sample import sample_program
from residency.program.calendar import Period
from residency.program.records import Absence
from residency.program.snapshot import Snapshot
from residency.program.vocabulary import AbsenceType, PersonType
from residency.resilience.fallback_results import StoredFallback
from residency.scheduling.fallbacks import fallback_hash
from residency.scheduling.outdated import outdated
from residency.scheduling.problem import RepairProblem
from residency.scheduling.scenarios import Scenario, plan_scenarios

START = date(2026, 8, 3)
DAYS = Period.horizon(START + timedelta(days=7), 14)
COVERED = (Period.horizon(START, 28),)
PROGRAM = sample_program(people=29, days=28, seed=2, start=START, timezone="UTC")
SCENARIOS = (Scenario.ONE_FACULTY_LOSS, Scenario.TWO_FACULTY_LOSS, Scenario.HOLIDAY_SKELETON)


def stored(case, snapshot, program):
    problem = RepairProblem.of(program, snapshot, case.disruption, rule_set(), COVERED)
    people = tuple(snapshot.person_ids[row] for row in case.subject)
    moment = datetime(2026, 8, 2, tzinfo=UTC)
    return StoredFallback(
        id=uuid4(),
        scenario=case.scenario.value,
        subject=tuple(uuid4() for _ in people),
        people=people,
        pseudonyms=people,
        parameters={"top_k": case.parameters.top_k},
        revision=1,
        period=DAYS,
        valid_from=DAYS.start,
        valid_until=DAYS.end,
        input_hash=fallback_hash(problem),
        coverage=1.0,
        changes=0,
        unfilled_slots=0,
        unfilled=(),
        call_moves=(),
        violations=(),
        services_reduced=(),
        assumptions=(),
        layer="immediate",
        gap=None,
        status="ready",
        computed_at=moment,
        stale_since=None,
    )


@pytest.fixture(scope="module")
def fallbacks():
    snapshot = Snapshot.of(PROGRAM, DAYS)
    cases = plan_scenarios(PROGRAM, snapshot, scenarios=SCENARIOS, top_k=2)
    return [stored(case, snapshot, PROGRAM) for case in cases]


def now_outdated(fallbacks, program):
    return outdated(fallbacks, program, Snapshot.of(program, DAYS), rule_set(), COVERED)


def with_absence(person):
    absence = Absence(person, DAYS.start + timedelta(days=2), DAYS.start + timedelta(days=4), AbsenceType.TDY)
    return replace(PROGRAM, absences=(*PROGRAM.absences, absence))


def test_nothing_is_outdated_while_nothing_changes(fallbacks):
    assert {each.scenario for each in fallbacks} == set(SCENARIOS)
    assert now_outdated(fallbacks, PROGRAM) == []


def test_the_absence_of_exactly_the_lost_outdates_all_but_their_own(fallbacks):
    pair = next(each for each in fallbacks if each.scenario == Scenario.TWO_FACULTY_LOSS)
    changed = now_outdated(fallbacks, with_absence(pair.people[0]))
    kept = [each for each in fallbacks if each not in changed]
    assert kept == [each for each in fallbacks if pair.people[0] in each.people]
    assert pair in kept
    assert len(kept) >= 2


def test_another_absence_or_another_assignment_outdates_every_one(fallbacks):
    resident = next(each.id for each in PROGRAM.people if each.type is PersonType.RESIDENT)
    assert now_outdated(fallbacks, with_absence(resident)) == fallbacks
    rows = PROGRAM.assignments
    inside = (rows.day >= np.datetime64(DAYS.start)) & (rows.day < np.datetime64(DAYS.end))
    of_resident = inside & (np.array([p.type is PersonType.RESIDENT for p in PROGRAM.people])[rows.person])
    keep = np.ones(len(rows.person), np.bool_)
    keep[np.flatnonzero(of_resident)[0]] = False
    edited = replace(PROGRAM, assignments=rows.take(keep))
    assert now_outdated(fallbacks, edited) == fallbacks


def test_a_fallback_for_people_who_would_not_be_chosen_or_have_left_is_outdated(fallbacks):
    skeleton = next(each for each in fallbacks if each.scenario == Scenario.HOLIDAY_SKELETON)
    single = fallbacks[0]
    for wrong in (replace(skeleton, people=single.people), replace(single, people=("LEFT",))):
        assert now_outdated([wrong, single], PROGRAM) == [wrong]


def test_two_fallbacks_of_a_scenario_that_names_nobody_are_compared_with_the_same_case(fallbacks):
    skeleton = next(each for each in fallbacks if each.scenario == Scenario.HOLIDAY_SKELETON)
    older = replace(skeleton, id=uuid4(), input_hash="0" * 64)
    assert now_outdated([skeleton, older], PROGRAM) == [older]
