"""Every measure of random schedules against a reckoning in plain Python, minute by minute."""

import math
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise, product
from zoneinfo import ZoneInfo

import pytest

from residency.program.records import ROLES
from residency.program.vocabulary import (
    EFFECTIVE_ABSENCE_STATUSES,
    NON_DUTY_KINDS,
    RECOVERY_DAYS,
    CallKind,
    CoverageRole,
    Half,
    PersonType,
    ServiceKind,
)
from residency.quality.metrics import compute_metrics
from residency.quality.rows import PreviousSchedule, VersionRows
from residency.quality.stability import ChangeDates

MINUTE = timedelta(minutes=1)
HALVES = (Half.AM, Half.PM)
CALL = {ServiceKind.CALL, ServiceKind.NIGHT_FLOAT}
POINTS = {
    ServiceKind.OUTPATIENT: 0.5,
    ServiceKind.ADMINISTRATION: 0.25,
    ServiceKind.EDUCATION: 0.25,
    ServiceKind.RESEARCH: 0.25,
}


def rows_of(program):
    """Assignments as (person id, service, day, half, role)."""
    columns = program.assignments
    return [
        (program.people[p].id, program.services[s], d, h, ROLES[r])
        for p, s, d, h, r in zip(
            columns.person.tolist(),
            columns.service.tolist(),
            columns.day.tolist(),
            columns.half.tolist(),
            columns.role.tolist(),
            strict=True,
        )
    ]


def absent(program, person, day, half, *, recovery):
    """Whether an effective absence (and its recovery, if asked) takes a half-day."""
    at = 2 * day.toordinal() + half
    for row in program.absences:
        if row.person == person and row.status in EFFECTIVE_ABSENCE_STATUSES:
            first = 2 * row.start_date.toordinal() + HALVES.index(row.start_half)
            last = 2 * row.end_date.toordinal() + HALVES.index(row.end_half)
            last += 2 * RECOVERY_DAYS.get(row.type, 0) if recovery else 0
            if first <= at <= last:
                return True
    return False


def worked_minutes(program, person, period):
    """The set of minutes of the period (UTC) in which somebody works."""
    zone = ZoneInfo(program.timezone)
    spans = []
    for who, service, day, half, role in rows_of(program):
        if who != person or service.kind in NON_DUTY_KINDS or role is CoverageRole.BACKUP:
            continue
        if absent(program, person, day, half, recovery=False):
            continue
        begin, hours = (
            (time(19), 12)
            if service.kind is ServiceKind.NIGHT_FLOAT
            else ((service.start_am, service.hours_am), (service.start_pm, service.hours_pm))[half]
        )
        start = datetime.combine(day, begin, zone).astimezone(UTC)
        spans.append((start, start + timedelta(hours=hours)))
    spans += [
        (shift.start, shift.end)
        for shift in program.call_shifts
        if shift.person == person and shift.in_house and shift.kind is not CallKind.BACKUP
    ]
    first, last = (datetime.combine(day, time(), zone) for day in (period.start, period.end))
    found = set()
    for start, end in spans:
        at = max(start, first)
        while at < min(end, last):
            found.add(at.astimezone(UTC))
            at += MINUTE
    return found


def gini(loads):
    total = math.fsum(loads)
    if not total:
        return 0.0
    return math.fsum(abs(a - b) for a, b in product(loads, repeat=2)) / (2 * len(loads) * total)


def expected_people(program, period):
    """For each member of a cohort: cohort, weight, four loads, half-days and points."""
    zone = ZoneInfo(program.timezone)
    days = [period.start + timedelta(days=offset) for offset in range(period.days)]
    holidays = {day.day for day in program.calendar if day.is_holiday}
    rows = rows_of(program)
    told = {}
    for person in program.people:
        serves = [
            day
            for day in days
            if (person.active_from is None or day >= person.active_from)
            and (person.active_to is None or day <= person.active_to)
        ]
        if person.type is PersonType.MED_STUDENT or not serves:
            continue
        levels = [level.pgy for level in program.pgy_levels if level.person == person.id]
        year = levels[0] if levels else 2
        own = [row for row in rows if row[0] == person.id and row[2] in period]
        leave = {(day, half) for _, service, day, half, _ in own if service.kind is ServiceKind.ABSENCE}
        can = sum(
            (day, half) not in leave and not absent(program, person.id, day, half, recovery=True)
            for day in serves
            for half in (0, 1)
        )
        local = [minute.astimezone(zone) for minute in worked_minutes(program, person.id, period)]
        call = {
            day
            for _, service, day, _, _ in own
            if service.kind in (ServiceKind.CALL, ServiceKind.NIGHT_FLOAT)
        }
        call |= {
            begun
            for shift in program.call_shifts
            if shift.person == person.id
            and shift.kind is not CallKind.BACKUP
            and (begun := shift.start.astimezone(zone).date()) in period
        }
        ward = {day for _, service, day, _, _ in own if service.kind is ServiceKind.INPATIENT}
        told[person.id] = {
            "cohort": f"PGY-{year}" if person.type is PersonType.RESIDENT else "faculty core",
            "weight": person.fte * can / period.blocks,
            "hours": len(local) / 60,
            "night": sum(at.hour >= 19 or at.hour < 7 for at in local) / 60,
            "weekend": sum(at.weekday() >= 5 for at in local) / 60,
            "holiday": sum(at.date() in holidays for at in local) / 60,
            "blocks": sum(service.kind not in NON_DUTY_KINDS for _, service, _, _, _ in own),
            "points": sum(POINTS.get(service.kind, 0) for _, service, _, _, _ in own)
            + 3 / 7 * len(ward)
            + len(call),
        }
    return told


@pytest.fixture(scope="module")
def measured(drawn_schedules):
    return [
        (
            program,
            period,
            compute_metrics(program, snapshot, None, previous=None, dates=ChangeDates(date(2026, 3, 1))),
        )
        for program, period, snapshot in drawn_schedules
    ]


def test_loads_of_people(measured):
    hours = 0.0
    for program, period, told in measured:
        expected = expected_people(program, period)
        assert [each.person for each in told.people] == list(expected)
        for each in told.people:
            want = expected[each.person]
            assert each.cohort == want["cohort"]
            assert each.fte * each.available == pytest.approx(want["weight"])
            assert (each.hours, each.night_hours) == (want["hours"], want["night"])
            assert (each.weekend_hours, each.holiday_hours) == (want["weekend"], want["holiday"])
            assert each.blocks == want["blocks"]
            assert each.points == pytest.approx(want["points"])
            hours += each.night_hours + each.weekend_hours + each.holiday_hours
        absent_people = {name for name, want in expected.items() if not want["weight"]}
        assert set(told.without_availability) == absent_people
    assert hours > 100


def test_fairness_of_every_load(measured):
    compared = 0
    for program, period, told in measured:
        expected = [want | {"id": name} for name, want in expected_people(program, period).items()]
        for shared in (told.fairness, *told.other_fairness):
            weighed, total = 0, 0.0
            for cohort in shared.cohorts:
                its = [each for each in expected if each["cohort"] == cohort.cohort and each["weight"]]
                loads = [each[shared.load] / each["weight"] for each in its]
                assert cohort.people == len(its)
                if not its:
                    assert cohort.gini is None
                    continue
                assert cohort.gini == pytest.approx(gini(loads), abs=1e-12)
                assert cohort.max_minus_min == pytest.approx(max(loads) - min(loads))
                if max(loads):
                    worst = next(each for each in its if each["id"] == cohort.worst_off)
                    assert worst[shared.load] / worst["weight"] == pytest.approx(max(loads))
                if len(its) > 1 and max(loads):
                    weighed += len(its)
                    total += len(its) * (1 - gini(loads))
                    compared += 1
            assert shared.overall == (pytest.approx(total / weighed) if weighed else None)
    assert compared > 20


def test_workload_of_residents(measured):
    for program, period, told in measured:
        types = {person.id: person.type for person in program.people}
        its = [
            want
            for name, want in expected_people(program, period).items()
            if types[name] is PersonType.RESIDENT and want["weight"]
        ]
        if not its:
            assert told.workload is None
            continue
        hours = [want["hours"] for want in its]
        mean = math.fsum(hours) / len(hours)
        assert told.workload.mean_hours == pytest.approx(mean)
        assert told.workload.sd_hours == pytest.approx(
            math.sqrt(math.fsum((each - mean) ** 2 for each in hours) / len(hours))
        )
        assert (told.workload.min_hours, told.workload.max_hours) == (min(hours), max(hours))


def test_churn_and_n1(drawn_schedules):
    changed = 0
    for (old, period, _), (new, _, snapshot) in pairwise(drawn_schedules):
        before = VersionRows.of(old, [period])
        told = compute_metrics(
            new,
            snapshot,
            None,
            previous=PreviousSchedule(before, frozenset()),
            dates=ChangeDates(date(2026, 3, 1)),
        ).stability
        shared = [snapshot.period.start + timedelta(days=d) for d in range(snapshot.period.days)]
        shared = {day for day in shared if day in period}
        sides = [
            {
                (who, day, half): (service.abbreviation, role)
                for who, service, day, half, role in rows_of(side)
                if day in shared
            }
            for side in (old, new)
        ]
        added, removed = sides[1].keys() - sides[0].keys(), sides[0].keys() - sides[1].keys()
        modified = [key for key in sides[0].keys() & sides[1].keys() if sides[0][key] != sides[1][key]]
        assert (told.added, told.removed, told.modified) == (len(added), len(removed), len(modified))
        count = len(added) + len(removed) + len(modified)
        larger = max(map(len, sides))
        assert told.churn == pytest.approx(count / larger if larger else 0.0)
        duty = [
            row for row in rows_of(new) if row[2] in snapshot.period and row[1].kind not in NON_DUTY_KINDS
        ]
        who = {row[0] for row in duty}
        alone = {
            name: sum({row[0] for row in duty if row[1] is service} == {name} for service in new.services)
            for name in who
        }
        each = [min(1, sum(row[0] == name for row in duty) / len(duty) + 0.3 * alone[name]) for name in who]
        assert told.n1_score == pytest.approx(0.7 * max(each) + 0.3 * sum(each) / len(each))
        changed += count
    assert changed > 500
