"""What a broken rule forbids: always the schedule that broke it, never a legal one."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import numpy as np
import pytest

from residency.acgme.findings import SUPERVISION, Finding, Force, Severity
from residency.acgme.record import Basis
from residency.acgme.rules import rule_set
from residency.program.calendar import Period
from residency.program.records import (
    Assignments,
    CallShift,
    CoverageRequirement,
    Person,
    PgyLevel,
    Program,
    Service,
)
from residency.program.snapshot import Snapshot
from residency.program.vocabulary import CallKind, Half, PersonType, ServiceKind
from residency.scheduling.duty_gate import DutyGate
from residency.scheduling.exact_cuts import cut_of
from residency.scheduling.exact_moves import moved, useful_moves
from residency.scheduling.immediate import immediate_repair
from residency.scheduling.problem import NOTHING, Disruption, RepairProblem

START = date(2026, 5, 7)
"""The first day of an academic block, which is an averaging window."""
DAYS = 28
WARD, NIGHT, VISIT, OFF = range(4)
SERVICES = (
    Service("WARD", "Ward", ServiceKind.INPATIENT, 1, hours_am=6.0, hours_pm=6.0),
    Service("NIGHT", "Nights", ServiceKind.NIGHT_FLOAT, 1),
    Service("VISIT", "Visits", ServiceKind.OUTPATIENT, 3, hours_am=0.0, hours_pm=4.0),
    Service("OFF", "Off", ServiceKind.OFF, 7),
)


def problem_with(demanded, night_hours=None, locked=()):
    """One resident who is free but for locked nights, and one who is lost and leaves all to be filled."""
    services = tuple(
        replace(each, night_hours=night_hours) if each.abbreviation == "NIGHT" else each for each in SERVICES
    )
    program = Program(
        timezone="UTC",
        people=(
            Person("busy", "busy", PersonType.RESIDENT, active_from=date(2025, 7, 1)),
            Person("gone", "gone", PersonType.RESIDENT, active_from=date(2025, 7, 1)),
        ),
        pgy_levels=(PgyLevel("busy", 2025, 2), PgyLevel("gone", 2025, 2)),
        services=services,
        coverage=tuple(
            CoverageRequirement(services[service].abbreviation, half, 1, weekday=weekday)
            for weekday in range(7)
            for half in Half
            for service in demanded
        ),
        assignments=Assignments(
            person=np.zeros(2 + len(locked), np.int32),
            service=np.array([VISIT, OFF] + [NIGHT] * len(locked), np.int32),
            day=np.array([START, START, *(START + timedelta(day) for day in locked)], "datetime64[D]"),
            half=np.array([0, 1] + [1] * len(locked), np.int8),
            role=np.zeros(2 + len(locked), np.int8),
            source=np.zeros(2 + len(locked), np.int8),
            locked=np.array([False, False] + [True] * len(locked)),
        ),
    )
    period = Period.horizon(START, DAYS)
    snapshot = Snapshot.of(program, period)
    lost = np.zeros(snapshot.available.shape, np.bool_)
    lost[1] = True
    return RepairProblem.of(program, snapshot, Disruption.of_loss(snapshot, lost), rule_set(), (period,))


def all_moves(problem):
    return useful_moves(problem, immediate_repair(problem), np.ones(problem.snapshot.people, np.bool_))


def filled(problem, service, half_days):
    """The schedule in which the resident does one thing in some half-days and nothing in the others."""
    services, roles = problem.service_left.copy(), problem.role_left.copy()
    services[0, half_days], roles[0, half_days] = service, 0
    return services, roles


def finding(rule, person="busy"):
    return Finding(
        rule=rule,
        rule_set="acgme-2017",
        force=Force.MUST,
        severity=Severity.HIGH,
        basis=Basis.PLANNED,
        person=person,
        window_start=START.isoformat(),
        window_end=(START + timedelta(days=DAYS)).isoformat(),
        value=81.0,
        limit=80.0,
        unit="h/week",
        arithmetic="",
    )


def cuts(problem, schedule):
    gate, moves = DutyGate(problem), all_moves(problem)
    found = gate.new_violations(*schedule)
    return (
        found,
        [cut_of(problem, moves, schedule, each, gate.excess_before, gate.was_broken) for each in found],
        moves,
    )


def never(_):
    return False


def made(moves, schedule):
    return moves.made_in(*schedule).astype(np.int64)


def test_no_move_mends_a_place_without_attendings_or_somebody_who_made_none():
    problem = problem_with((WARD,))
    schedule = filled(problem, WARD, slice(2, 20))
    moves = all_moves(problem)
    assert cut_of(problem, moves, schedule, finding(SUPERVISION, ""), lambda _: 0.0, never) is None
    assert cut_of(problem, moves, schedule, finding("HOURS_80", "gone"), lambda _: 0.0, never) is None


def test_hours_are_cut_by_their_sum():
    problem = problem_with((WARD,))
    every = filled(problem, WARD, slice(0, 2 * DAYS))
    found, rows, moves = cuts(problem, every)
    each, cut = next(pair for pair in zip(found, rows, strict=True) if pair[0].rule == "HOURS_80")
    first, end = (2 * (date.fromisoformat(at) - START).days for at in (each.window_start, each.window_end))
    first, end = max(first, 0), min(end, 2 * DAYS)
    assert not cut.allows(made(moves, every))
    for count in range(end - first + 1):
        some = filled(problem, WARD, slice(first, first + count))
        broken = {finding.key for finding in DutyGate(problem).new_violations(*some)}
        assert cut.allows(made(moves, some)) == (each.key not in broken)


def test_what_was_broken_before_may_stay_as_it_was():
    problem = problem_with((WARD,))
    every, moves = filled(problem, WARD, slice(0, 2 * DAYS)), all_moves(problem)
    cut = cut_of(problem, moves, every, replace(finding("HOURS_80"), value=84.0), lambda _: 2.5, never)
    assert not cut.allows(made(moves, every))
    assert cut.allows(made(moves, filled(problem, WARD, slice(0, 2 * DAYS - 1))))


@pytest.mark.parametrize("night_hours", [None, 10.0])
def test_nights_are_cut_by_the_half_days_together(night_hours):
    problem = problem_with((NIGHT,), night_hours)
    every = filled(problem, NIGHT, slice(1, 2 * DAYS, 2))
    found, rows, moves = cuts(problem, every)
    assert {each.rule for each in found} >= {"FREE_DAY"}
    for each, row in zip(found, rows, strict=True):
        assert not row.allows(made(moves, every))
        inside = max(2 * (date.fromisoformat(each.window_start[:10]) - START).days, 0) + 1
        fewer = [night for night in range(1, 2 * DAYS, 2) if night != inside]
        assert row.allows(made(moves, filled(problem, NIGHT, fewer)))


def test_work_that_takes_no_time_and_rest_hold_nothing_back():
    problem = problem_with((VISIT,))
    every = filled(problem, VISIT, slice(0, 2 * DAYS))
    _, rows, moves = cuts(problem, every)
    assert rows
    for row in rows:
        assert not row.allows(made(moves, every))
        touched = moves.block[row.moves[row.coefficients > 0]]
        assert (touched % 2 == 1).all()  # a morning of visits takes no time


def test_a_cut_forbids_what_broke_the_rule_and_no_legal_schedule(repair_oracle, repair_cases):
    compared, forbidden, rng = 0, 0, np.random.default_rng(1)
    for seed in (13, 153, 260, 445, 670, 692):
        problem = repair_cases.without_lost_call(repair_cases.problem_of(seed))
        gate, moves = DutyGate(problem), all_moves(problem)
        ways = [repair_oracle.ways(problem, block) for block in range(problem.snapshot.period.blocks)]
        legal, rows = [], []
        for _ in range(60):
            columns = [block[int(rng.integers(len(block)))][1] for block in ways]
            cells = np.array(columns).transpose(1, 0, 2)
            schedule = cells[:, :, 0].astype(np.int32), cells[:, :, 1].astype(np.int8)
            schedule[1][schedule[0] == NOTHING] = NOTHING
            if made(moves, schedule).sum() < moved(problem, *schedule).sum():
                continue
            broken = [each for each in gate.new_violations(*schedule) if each.rule != SUPERVISION]
            if not broken:
                legal.append(made(moves, schedule))
                continue
            for each in broken:
                cut = cut_of(problem, moves, schedule, each, gate.excess_before, gate.was_broken)
                if cut is not None:
                    rows.append(cut)
                    forbidden += not cut.allows(made(moves, schedule))
        assert all(cut.allows(values) for cut in rows for values in legal)
        compared += len(rows) * len(legal)
        assert forbidden or not rows
    assert compared


def test_hours_that_lie_over_a_night_that_stays_are_not_added_up():
    nights = range(2, DAYS, 2)
    problem = problem_with((WARD,), 14.0, (-2, *nights))
    # Call of somebody lost may come to the resident; these nights, and one long after, lie over no half-day.
    evenings = [datetime.combine(START + timedelta(day), time(19), UTC) for day in (5, 90)]
    shifts = [CallShift("gone", at, at + timedelta(hours=12), CallKind.OVERNIGHT, True) for at in evenings]
    problem = replace(problem, program=replace(problem.program, call_shifts=tuple(shifts)))
    after = [2 * night + 2 for night in nights]
    before, afternoons = [2 * night for night in nights], [2 * night + 3 for night in nights]
    # Of a morning after a night two hours are of the night already.
    legal = filled_too(problem, [*after, *before[3:], afternoons[-1]])
    assert not DutyGate(problem).new_violations(*legal)
    too_many = filled_too(problem, [*before, *afternoons[:11]])
    found, rows, moves = cuts(problem, too_many)
    assert "HOURS_80" in {each.rule for each in found}
    for row in rows:
        assert not row.allows(made(moves, too_many))
        assert row.allows(made(moves, legal))


def filled_too(problem, half_days):
    """The schedule in which the resident is on the ward in some half-days besides what is left."""
    services, roles = problem.service_left.copy(), problem.role_left.copy()
    services[0, half_days], roles[0, half_days] = WARD, 0
    return services, roles


def test_who_broke_a_rule_before_is_only_kept_from_doing_the_very_same(repair_cases):
    """To begin a stretch later is a new finding, and to begin it as early as before is none."""
    problem = repair_cases.without_lost_call(repair_cases.problem_of(256))
    person, gate, moves = 1, DutyGate(problem), all_moves(problem)
    cells = {block: np.flatnonzero((moves.person == person) & (moves.block == block)) for block in (0, 2)}
    legal, rows = [], []
    for first in (None, *cells[0]):
        for second in (None, *cells[2]):
            services, roles = problem.service_left.copy(), problem.role_left.copy()
            for move in {first, second} - {None}:
                cell = person, moves.block[move]
                services[cell], roles[cell] = moves.service[move], moves.role[move]
            broken = [each for each in gate.new_violations(services, roles) if each.rule != SUPERVISION]
            values = made(moves, (services, roles))
            if not broken:
                legal.append(values)
            for each in broken:
                assert each.rule == "CONTINUOUS_24_4"
                row = cut_of(problem, moves, (services, roles), each, gate.excess_before, gate.was_broken)
                assert not row.allows(values)
                rows.append(row)
    assert rows
    assert len(legal) > 1
    assert all(row.allows(values) for row in rows for values in legal)
