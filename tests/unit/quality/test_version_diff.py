"""A version diff: what changed for whom, hours moved, and whether it is for the better."""

import random
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from residency.acgme.findings import Basis, Checks, Finding, Force, Judgement, Severity
from residency.errors import InvalidInputError
from residency.program.calendar import Period
from residency.program.records import CallShift, CoverageRequirement, PgyLevel
from residency.program.vocabulary import CallKind, CoverageRole, Half
from residency.quality.change_results import Assessment
from residency.quality.diff import ComparedVersion, compute_version_diff, overlap
from residency.quality.rows import VersionRows

MONDAY = date(2026, 3, 2)
WEEK = Period.horizon(MONDAY, 7)


def judgement(*keys):
    """A judgement with one finding for each ``(rule, force, person)``."""
    findings = [
        Finding(
            rule,
            "acgme-2017",
            force,
            Severity.HIGH,
            Basis.PLANNED,
            person,
            "2026-03-02",
            "2026-03-09",
            1,
            0,
            "",
            "",
        )
        for rule, force, person in keys
    ]
    return Judgement("acgme-2017", Basis.PLANNED, tuple(findings), {}, (), (), Checks())


@pytest.fixture
def side(schedules):
    """A version of three first-years (and demand for the ward) from its rows."""

    def make(name, rows, *, keys=(), extent=WEEK, seconds=None, overridden=()):
        people = [schedules.resident(each) for each in "abc"]
        levels = tuple(PgyLevel(each, 2025, 1) for each in "abc")
        demand = tuple(CoverageRequirement("WARD", Half.AM, 1, weekday=day) for day in range(4))
        program = schedules.build(people, rows, pgy_levels=levels, coverage=demand)
        own = VersionRows.of(program, [extent])
        override = np.array([0 if at in overridden else -1 for at in range(len(rows))], np.int32)
        own = replace(own, override=override, overrides=("asked for",))
        return ComparedVersion(name, extent, program, own, judgement(*keys), seconds)

    return make


WARD = [("a", "WARD", day, 0) for day in range(4)]


def test_what_changed_for_whom(side):
    a = side("one", [*WARD, ("b", "CLINIC", 0, 0)], seconds=2.0)
    b = side(
        "two",
        [
            *WARD[:3],
            ("b", "WARD", 3, 0),
            ("b", "ADMIN", 0, 0),
            ("c", "CLINIC", 1, 1, CoverageRole.SUPERVISING),
        ],
        seconds=3.5,
        overridden=(4,),
    )
    told = compute_version_diff(a, b, {"a": "A-1", "b": "B-1"})
    assert (told.added, told.removed, told.changed) == (2, 1, 1)
    assert (told.period_start, told.period_end) == (WEEK.start, WEEK.end)
    by_person = {each.person: each for each in told.people}
    assert list(by_person) == ["B-1", "A-1", "c"]
    assert [(each.before, each.after) for each in by_person["B-1"].changes] == [
        ("CLINIC", "ADMIN, overridden"),
        (None, "WARD"),
    ]
    lost = by_person["A-1"].changes[0]
    assert (lost.day, lost.half, lost.before, lost.after) == (
        MONDAY + timedelta(days=3),
        Half.AM,
        "WARD",
        None,
    )
    assert by_person["c"].changes[0].after == "CLINIC (supervising)"
    assert (by_person["B-1"].added, by_person["B-1"].changed, by_person["A-1"].removed) == (1, 1, 1)
    assert [by_person[name].hours_delta for name in ("A-1", "B-1", "c")] == [-6, 5, 4]
    assert (told.hours_gained, told.hours_lost, told.hours_moved) == (9, 6, 6)
    assert (told.blocks_delta, told.runtime_delta) == (1, 1.5)
    assert told.coverage_delta == 0


def test_evener_hours_and_fewer_violations_are_better(side):
    a = side("one", WARD, keys=[("HOURS_80", Force.MUST, "a"), ("REST_8", Force.SHOULD, "a")])
    rows = [("abc"[day % 3], "WARD", day, 0) for day in range(4)]
    told = compute_version_diff(a, side("two", rows, keys=[("WATCH", Force.EARLY_WARNING, "b")]))
    assert told.fairness_delta == pytest.approx(1 - 1 / 6 - 1 / 3, abs=5e-4)
    assert told.violations_delta == -1
    assert [key[0] for key in told.cured_findings] == ["HOURS_80", "REST_8"]
    assert told.new_findings == ()
    assert (told.improved, told.significant, told.assessment) == (True, True, Assessment.IMPROVED)
    assert told.runtime_delta is None


@pytest.mark.parametrize(
    ("rows", "keys", "assessment", "significant"),
    [
        (WARD, (), Assessment.UNCHANGED, False),
        (WARD[:3], (), Assessment.REGRESSED, True),
        (WARD, [("HOURS_80", Force.MUST, "a")], Assessment.REGRESSED, True),
        ([("abc"[d % 3], "WARD", d, 0) for d in range(3)], (), Assessment.MIXED, True),
    ],
)
def test_assessments(side, rows, keys, assessment, significant):
    told = compute_version_diff(side("one", WARD), side("two", rows, keys=keys))
    assert (told.assessment, told.significant, told.improved) == (assessment, significant, False)


def test_fairness_or_coverage_alone_can_be_significant(side):
    shared = compute_version_diff(
        side("one", WARD), side("two", [("abc"[d % 3], "WARD", d, 0) for d in range(4)])
    )
    assert (shared.coverage_delta, shared.violations_delta, shared.significant) == (0, 0, True)
    others = [(who, "WARD", day, 1) for who in "bc" for day in range(4)]
    later = compute_version_diff(
        side("one", [*WARD, *others]), side("two", [*(("a", "WARD", day, 1) for day in range(4)), *others])
    )
    assert (later.fairness_delta, later.coverage_delta, later.significant) == (0, -100, True)
    hardly = [*WARD[:3], ("a", "CLINIC", 3, 0), ("b", "WARD", 3, 0)]
    little = compute_version_diff(side("one", [*WARD, *others]), side("two", [*hardly, *others[1:]]))
    assert 0 < abs(little.fairness_delta) < 0.1
    assert not little.significant


def test_a_version_against_itself_is_an_empty_diff(side):
    told = compute_version_diff(side("one", WARD), side("one", WARD))
    assert (told.people, told.period_start, told.period_end) == ((), None, None)
    assert (told.added, told.removed, told.changed, told.violations_delta, told.blocks_delta) == (0,) * 5
    assert (told.hours_gained, told.hours_lost, told.hours_moved) == (0, 0, 0)
    assert (told.new_findings, told.improved, told.significant) == ((), False, False)
    assert told.assessment is Assessment.UNCHANGED
    again = compute_version_diff(side("one", WARD), side("two", WARD))
    assert (again.people, again.hours_moved, again.fairness_delta) == ((), 0, 0)


def test_only_the_days_of_both_are_compared(side):
    later = Period(MONDAY + timedelta(days=2), MONDAY + timedelta(days=30))
    told = compute_version_diff(side("one", WARD), side("two", [("b", "WARD", 5, 0)], extent=later))
    assert (told.period_start, told.period_end) == (later.start, WEEK.end)
    assert (told.added, told.removed) == (1, 2)
    assert told.hours_lost == 12


def test_versions_without_a_common_day_are_refused(side):
    later = Period(WEEK.end, WEEK.end + timedelta(days=7))
    with pytest.raises(InvalidInputError, match=r"version_b: '2026-03-09 to 2026-03-15' .* 2026-03-08"):
        compute_version_diff(side("one", WARD), side("two", WARD, extent=later))
    assert overlap(WEEK, Period(WEEK.start, later.end)) == WEEK


def test_without_demand_or_company_there_is_nothing_to_compare(schedules):
    program = schedules.build([schedules.resident("a")], WARD)
    one, two = (
        ComparedVersion(name, WEEK, program, VersionRows.of(program, [WEEK]), judgement())
        for name in ("x", "y")
    )
    told = compute_version_diff(one, two)
    assert (told.fairness_delta, told.coverage_delta) == (None, None)


def test_someone_whose_call_alone_changes_is_told(side):
    a, b = side("one", WARD), side("two", WARD)
    begin = datetime(2026, 3, 4, 5, tzinfo=UTC)
    shift = CallShift("c", begin, begin + timedelta(hours=12), CallKind.OVERNIGHT, in_house=True)
    told = compute_version_diff(a, replace(b, program=replace(b.program, call_shifts=(shift,))))
    assert [(each.person, each.hours_delta, each.changes) for each in told.people] == [("c", 12, ())]
    assert (told.hours_gained, told.hours_moved) == (12, 0)


def test_the_reverse_diff_is_the_mirror_image(side):
    rng = random.Random(4)  # noqa: S311 - a sample, not a secret
    rules = [("HOURS_80", Force.MUST, "a"), ("FREE_DAY", Force.MUST, "b"), ("REST_8", Force.SHOULD, "c")]
    seen = set()
    for _ in range(12):
        a, b = (
            side(
                name,
                [
                    (who, rng.choice(["WARD", "CLINIC", "ADMIN"]), day, half)
                    for who in "abc"
                    for day in range(7)
                    for half in (0, 1)
                    if rng.random() < 0.6
                ],
                keys=rng.sample(rules, rng.randrange(3)),
                seconds=float(rng.randrange(9)),
            )
            for name in ("one", "two")
        )
        there, back = compute_version_diff(a, b), compute_version_diff(b, a)
        assert (there.added, there.removed, there.changed) == (back.removed, back.added, back.changed)
        assert (there.hours_gained, there.hours_lost, there.hours_moved) == (
            back.hours_lost,
            back.hours_gained,
            back.hours_moved,
        )
        for name in ("fairness_delta", "coverage_delta", "violations_delta", "blocks_delta", "runtime_delta"):
            assert getattr(there, name) == -getattr(back, name)
        assert (there.new_findings, there.cured_findings) == (back.cured_findings, back.new_findings)
        mirror = {Assessment.IMPROVED: Assessment.REGRESSED, Assessment.REGRESSED: Assessment.IMPROVED}
        assert back.assessment is mirror.get(there.assessment, there.assessment)
        assert there.significant == back.significant
        assert not (there.improved and back.improved)
        swapped = {
            each.person: [(c.day, c.half, c.after, c.before) for c in each.changes] for each in back.people
        }
        assert swapped == {
            each.person: [(c.day, c.half, c.before, c.after) for c in each.changes] for each in there.people
        }
        seen.add(there.assessment)
    assert len(seen) > 2
