"""Forecasts of random programs against loops over records, both series and every estimate."""

import random
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from residency.program.calendar import Period
from residency.program.snapshot import Snapshot
from residency.program.vocabulary import AbsenceStatus, AbsenceType, PersonType
from residency.resilience.forecast import LEVELS, forecast, outlooks
from residency.resilience.forecast_inputs import ForecastInputs
from residency.resilience.health import assess
from residency.resilience.redundancy import service_pools
from residency.resilience.utilization import faculty_load, level, ratio

PERIOD = Period(date(2026, 6, 29), date(2026, 7, 3))
SPLIT = date(2026, 7, 1)
RECOVERY = {AbsenceType.CONVALESCENT: 3}


def settled(program):
    """The program with every anticipated absence approved."""
    absences = tuple(
        replace(a, status=AbsenceStatus.APPROVED) if a.status is AbsenceStatus.ANTICIPATED else a
        for a in program.absences
    )
    return replace(program, absences=absences)


def is_away(program, person, day, half, began_before=None, within=None):
    """Whether an effective absence or its recovery holds, perhaps only if it began at certain times."""
    starts = []
    for absence in program.absences:
        if absence.person == person.id and absence.status is not AbsenceStatus.ANTICIPATED:
            last = absence.end_date + timedelta(days=RECOVERY.get(absence.type, 0)), absence.end_half
            if (absence.start_date, absence.start_half) <= (day, half) <= last:
                starts.append(absence.start_date)
    if not starts:
        return False
    if began_before is not None:
        return min(starts) < began_before
    return within is None or (day - min(starts)).days <= within


def belongs(person, day):
    return (person.active_from or day) <= day <= (person.active_to or day)


def faculty_of(program):
    return [p for p in program.people if p.type is PersonType.FACULTY and p.fte > 0]


def check_known(program):
    """What is known equals a health check of the same days, and the second series one of settled absences."""
    inputs = ForecastInputs.of(program, PERIOD.start, PERIOD.days, [PERIOD])
    found = forecast(inputs)
    sure, hoped = Snapshot.of(program, PERIOD), Snapshot.of(settled(program), PERIOD)
    health, pools = assess(sure, None), {p.service: p for p in service_pools(sure)}
    later = {p.service: p for p in service_pools(hoped)}
    halves = [half for day in found.days for half in (day.am, day.pm)]
    for ours, theirs in zip(halves, health.half_days, strict=True):
        assert (ours.demanded, ours.available) == (theirs.faculty_demanded, theirs.faculty_available)
        assert ours.level is theirs.level
        assert ours.utilization == pytest.approx(theirs.utilization, abs=1e-4)
        here = [p for p in faculty_of(program) if belongs(p, theirs.day)]
        assert ours.faculty == len(here)
        assert ours.absent == sum(is_away(program, p, theirs.day, theirs.half) for p in here)
        assert ours.faculty == ours.absent + ours.resting + ours.available
    load = faculty_load(hoped)
    for place, day in enumerate(found.anticipated):
        worst = []
        for share, block in ((day.am, 2 * place), (day.pm, 2 * place + 1)):
            used = ratio(int(load.demanded[block]), int(load.available[block]))
            assert share == pytest.approx(float(used), abs=1e-4)
            worst.append(LEVELS.index(level(used)))
        assert day.level is LEVELS[max(worst)]
    assert len(found.services) == len(pools)
    for service in found.services:
        index = sure.service_ids.index(service.service)
        assert service.demanded == tuple(pools[index].required)
        assert service.available == tuple(pools[index].staff)
        assert service.anticipated_available == tuple(later[index].staff)
    return found


@given(rng=st.randoms(use_true_random=False))
@settings(max_examples=25, deadline=None)
def test_known_days_equal_health_checks_of_both_series(random_programs, rng):
    check_known(random_programs.program(rng))


def test_the_random_programs_have_both_series(random_programs):
    seen = {"differ": 0, "absent": 0, "high": 0, "rest": 0}
    for seed in range(120):
        found = check_known(random_programs.program(random.Random(seed)))  # noqa: S311 - reproducible programs
        seen["differ"] += any(
            (one.am.utilization, one.pm.utilization) != (other.am, other.pm)
            for one, other in zip(found.days, found.anticipated, strict=True)
        )
        seen["absent"] += any(day.absent for day in found.days)
        seen["high"] += found.high_risk_days > 0
        seen["rest"] += any(day.pm.resting for day in found.days)
    assert min(seen.values()) >= 5, seen


def check_estimated(program):
    """Two known days, then two without a schedule; absent, available and posts by loops."""
    kept = program.assignments.take(program.assignments.day < np.datetime64(SPLIT))
    call = tuple(shift for shift in program.call_shifts if shift.start.date() < SPLIT - timedelta(days=1))
    program = replace(program, assignments=kept, call_shifts=call, calendar=())
    inputs = ForecastInputs.of(program, SPLIT, 2, [Period(PERIOD.start, SPLIT)])
    found = outlooks(inputs).expected
    faculty = faculty_of(program)
    past = [(PERIOD.day(b), PERIOD.half(b)) for b in range(2 * (SPLIT - PERIOD.start).days)]
    people = sum(belongs(p, day) for day, _ in past for p in faculty)
    for block in range(4):
        day, half, lead = inputs.ahead.period.day(block), inputs.ahead.period.half(block), block // 2
        here = [p for p in faculty if belongs(p, day)]
        begun = sum(is_away(program, p, day, half, began_before=SPLIT) for p in here)
        entered = sum(is_away(program, p, day, half) for p in here) - begun
        new = sum(belongs(p, d) and is_away(program, p, d, h, within=lead) for d, h in past for p in faculty)
        usual = new / max(people, 1) * len(here)
        absent = min(len(here), begun + max(entered, usual))
        assert found.absent[block] == pytest.approx(absent)
        assert -1e-9 <= found.available[block] <= len(here) - absent + 1e-9
        # No weekday is seen twice, so the estimate is the mean of the known half-days of the same half.
        # What only faculty may fill is demanded in full, whatever happened before.
        posts = inputs.ahead.post_role == 1
        assert found.demanded[block] >= inputs.ahead.demand[posts, block].sum() - 1e-9
        assert 0 <= found.supervision[block] <= found.demanded[block] + 1e-9
    return found, inputs


@given(rng=st.randoms(use_true_random=False))
@settings(max_examples=25, deadline=None)
def test_estimates_equal_loops(random_programs, rng):
    check_estimated(random_programs.program(rng))


def test_the_random_programs_are_estimated_in_every_way(random_programs):
    seen = {"absent": 0, "usual": 0, "supervision": 0, "part": 0}
    for seed in range(100):
        found, _ = check_estimated(random_programs.program(random.Random(seed)))  # noqa: S311 - reproducible
        seen["absent"] += bool((found.absent >= 1).any())
        seen["usual"] += bool((found.absent % 1 > 0).any())
        seen["supervision"] += bool(found.supervision.any())
        seen["part"] += bool((found.demanded % 1 > 0).any())
    assert min(seen.values()) >= 5, seen


@given(rng=st.randoms(use_true_random=False))
@settings(max_examples=15, deadline=None)
def test_one_more_anticipated_absence_never_adds_faculty(random_programs, rng):
    program = random_programs.program(rng)
    before = outlooks(ForecastInputs.of(program, PERIOD.start, PERIOD.days, [PERIOD]))
    again = outlooks(ForecastInputs.of(settled(program), PERIOD.start, PERIOD.days, [PERIOD]))
    assert (before.anticipated.available <= before.expected.available).all()
    assert (again.expected.available == before.anticipated.available).all()
    assert (again.expected.demanded == before.anticipated.demanded).all()
