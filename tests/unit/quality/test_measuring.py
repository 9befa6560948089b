"""A schedule judged and measured in one go, with the one before it, and two versions compared."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest

from residency.acgme.record import Basis
from residency.acgme.rules import rule_set
from residency.acgme.schedule import judge_schedule
from residency.importing.sample import sample_program
from residency.program.calendar import Period
from residency.program.canonical import canonical
from residency.program.records import Assignments
from residency.program.snapshot import Snapshot
from residency.quality.measuring import (
    ScheduleFacts,
    VersionToCompare,
    compare,
    measure,
    overall_fairness,
)
from residency.quality.rows import VersionRows
from residency.quality.stability import ChangeDates

START = date(2026, 8, 3)
DAYS = 70
WHOLE = Period.horizon(START, DAYS)
PERIOD = Period.horizon(START + timedelta(days=35), 28)
RULES = rule_set()
DATES = ChangeDates(PERIOD.start)


@pytest.fixture(scope="module")
def program():
    """A sample whose people have pseudonyms."""
    found = canonical(sample_program(29, DAYS, 3, START, "UTC"))
    return replace(found, people=tuple(replace(each, pseudonym=f"P-{each.id}") for each in found.people))


def facts_of(program):
    return ScheduleFacts(program, Snapshot.of(program, PERIOD), (WHOLE,), VersionRows.of(program, [WHOLE]))


def without_a_week(program):
    """The program with nobody anywhere in the second week of the period."""
    day = program.assignments.day
    first = np.datetime64(PERIOD.start + timedelta(days=7))
    off = (day >= first) & (day < first + 7)
    return replace(program, assignments=program.assignments.take(~off)), int(off.sum())


def test_a_first_schedule_is_measured_and_judged_once(program):
    told = []
    found = measure(facts_of(program), None, RULES, DATES, ["days are missing"], told.append)
    judged = judge_schedule(
        program, Snapshot.of(program, PERIOD), PERIOD, Basis.PLANNED, RULES, covered=(WHOLE,)
    )
    assert found.judged == judged
    assert found.metrics.compliance.violations == len(judged.judgement.violations)
    assert found.metrics.stability.compared_days == 0
    assert found.metrics.warnings[0] == "days are missing"
    assert {each.person for each in found.metrics.people} <= {f"P-{each.id}" for each in program.people}
    assert told == sorted(told)
    assert 0 < told[0] < told[-1] < 1


def test_what_changed_and_what_is_newly_broken_is_told_against_the_schedule_before(program):
    fewer, removed = without_a_week(program)
    found = measure(facts_of(fewer), facts_of(program), RULES, DATES, naming="id")
    assert (found.metrics.stability.removed, found.metrics.stability.added) == (removed, 0)
    back = measure(facts_of(program), facts_of(fewer), RULES, DATES, naming="id")
    broken = {finding.key for finding in back.judged.judgement.violations}
    known = {finding.key for finding in found.judged.judgement.violations}
    assert set(back.metrics.stability.new_violations) == broken - known
    assert broken - known
    assert {each.person for each in back.metrics.people} <= {each.id for each in program.people}


def test_an_empty_schedule_is_not_judged(program):
    empty = replace(program, assignments=Assignments.empty())
    found = measure(facts_of(empty), facts_of(program), RULES, DATES)
    assert found.metrics.no_data
    assert found.judged is None


def test_versions_are_compared_with_people_under_the_name_that_was_asked_for(program):
    fewer, removed = without_a_week(program)
    one, other = (
        VersionToCompare(name, PERIOD, facts_of(each), runtime)
        for name, each, runtime in (("a", program, 10.0), ("b", fewer, 12.5))
    )
    diff = compare(one, other, RULES)
    assert (diff.removed, diff.added, diff.runtime_delta) == (removed, 0, 2.5)
    assert {each.person for each in diff.people} <= {f"P-{each.id}" for each in program.people}
    by_id = compare(one, other, RULES, naming="id")
    assert [f"P-{each.person}" for each in by_id.people] == [each.person for each in diff.people]


def test_the_overall_fairness_is_that_of_the_measures(program):
    snapshot = Snapshot.of(program, PERIOD)
    measured = measure(facts_of(program), None, RULES, DATES).metrics
    assert overall_fairness(program, snapshot) == measured.fairness.overall
    empty = replace(program, assignments=Assignments.empty())
    assert overall_fairness(empty, Snapshot.of(empty, PERIOD)) is None
