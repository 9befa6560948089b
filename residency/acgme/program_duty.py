"""A program's schedule and duty logs as duty intervals: planned half-days and call, logs as entered."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from residency.acgme.kinds import KIND_CODES, DutyKind
from residency.acgme.program_leave import leave_half_days
from residency.acgme.record import Duties
from residency.acgme.spans import Spans
from residency.acgme.timeline import EPOCH, local_instants
from residency.program.records import ROLE_CODES, CallShift, DutyLog, Program, Service
from residency.program.vocabulary import (
    ActivityClass,
    CallKind,
    CoverageRole,
    DutySetting,
    Moonlighting,
    ServiceKind,
)

NIGHT_BEGINS = time(19)
NIGHT_HOURS = 12.0
"""A night lasts from 19:00 to 07:00 on the clock on the wall."""

_BACKUP = ROLE_CODES[CoverageRole.BACKUP]
_KIND_OF_SERVICE = {
    ServiceKind.NIGHT_FLOAT: DutyKind.NIGHT_FLOAT,
    ServiceKind.EDUCATION: DutyKind.EDUCATION,
}
_KIND_OF_ACTIVITY = {
    ActivityClass.TRANSITION: DutyKind.TRANSITION,
    ActivityClass.EDUCATION: DutyKind.EDUCATION,
    ActivityClass.HOME_CLINICAL: DutyKind.HOME_WORK,
}
_KIND_OF_MOONLIGHTING = {
    Moonlighting.INTERNAL: DutyKind.MOONLIGHTING_INTERNAL,
    Moonlighting.EXTERNAL: DutyKind.MOONLIGHTING_EXTERNAL,
}
_STRETCH_DAYS = 32


def planned_duties(program: Program, person_of: Mapping[str, int], *, locked_only: bool = False) -> Duties:
    """What the schedule asks of people: services in half-days and nights, and call.

    A service's half-day begins at its own clock time and lasts its hours; a night float's night begins at
    19:00 of each assigned date. What is not duty, backup that nobody has activated, and half-days on which
    the person is away do not count.

    Args:
        program: assignments, call and absences.
        person_of: the number of each person wanted, by id.
        locked_only: leave out assignments that may still move.
    """
    number = np.array([person_of.get(person.id, -1) for person in program.people], np.int32)
    rows = program.assignments
    duty = np.array([service.counts_as_duty for service in program.services], np.bool_)
    wanted = (number[rows.person] >= 0) & (rows.role != _BACKUP)
    if len(program.services):
        wanted &= duty[rows.service]
    if locked_only:
        wanted &= rows.locked
    wanted &= ~_away(program)
    rows = rows.take(wanted)
    # Each service's rows together: a look through all rows for each of many services would be slow.
    rows = rows.take(np.argsort(rows.service, kind="stable"))
    bounds = np.searchsorted(rows.service, np.arange(len(program.services) + 1))
    person, day = number[rows.person], rows.day.astype(np.int64)
    parts: list[Duties] = []
    for at, service in enumerate(program.services):
        if service.counts_as_duty:
            its = slice(int(bounds[at]), int(bounds[at + 1]))
            parts.append(_of_service(program.timezone, service, person[its], day[its], rows.half[its]))
    return _joined([*parts, _of_call(program.call_shifts, person_of)])


def _away(program: Program) -> NDArray[np.bool_]:
    """Which assignments lie on a half-day of the person's effective absence; shape (assignments,)."""
    rows = program.assignments
    if not len(rows) or not program.absences:
        return np.zeros(len(rows), np.bool_)
    leave = leave_half_days(program, {person.id: at for at, person in enumerate(program.people)})
    half_day = 2 * rows.day.astype(np.int64) + rows.half
    width = int(max(half_day.max(), leave.last.max(initial=0))) + 2
    away = Spans.merged(leave.person * width + leave.first, leave.person * width + leave.last)
    return away.holds(rows.person.astype(np.int64) * width + half_day)


def _of_service(
    timezone: str, service: Service, person: NDArray[np.int32], day: NDArray[np.int64], half: NDArray[np.int8]
) -> Duties:
    kind = _KIND_OF_SERVICE.get(service.kind, DutyKind.DUTY)
    if kind is DutyKind.NIGHT_FLOAT:
        once = np.unique(np.column_stack((person, day)).astype(np.int64), axis=0)
        nights = once[:, 1]
        hours = NIGHT_HOURS if service.night_hours is None else service.night_hours
        return _columns(once[:, 0], *_clocked(timezone, nights, NIGHT_BEGINS, hours), kind)
    parts: list[Duties] = []
    for at, (begin, hours) in enumerate(
        ((service.start_am, service.hours_am), (service.start_pm, service.hours_pm))
    ):
        which = half == at
        if hours > 0 and which.any():
            start = _local(timezone, day[which], begin)
            end = start + round(hours * 60)
            parts.append(_columns(person[which], start, end, kind))
    return _joined(parts)


def _clocked(
    timezone: str, day: NDArray[np.int64], begin: time, hours: float
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """From a local time on, until so many hours later on the clock on the wall."""
    until = datetime.combine(EPOCH, begin) + timedelta(hours=hours)
    return _local(timezone, day, begin), _local(timezone, day + (until.date() - EPOCH).days, until.time())


def _local(timezone: str, day: NDArray[np.int64], clock: time) -> NDArray[np.int64]:
    """A local time of days in minutes since 1970 UTC."""
    if not len(day):
        return day
    # In whole stretches, so that many services and residents ask for the same ones.
    first = int(day.min()) // _STRETCH_DAYS * _STRETCH_DAYS
    last = (int(day.max()) // _STRETCH_DAYS + 1) * _STRETCH_DAYS
    return local_instants(ZoneInfo(timezone), first, last, clock)[day - first]


def _of_call(shifts: Sequence[CallShift], person_of: Mapping[str, int]) -> Duties:
    rows = [
        (person_of[shift.person], shift.start, shift.end, kind)
        for shift in shifts
        if shift.person in person_of and (kind := _kind_of_call(shift)) is not None
    ]
    return _listed(rows)


def _kind_of_call(shift: CallShift) -> DutyKind | None:
    """In-house call, home call, or None for backup, which counts once it is activated and logged."""
    if shift.kind is CallKind.BACKUP:
        return None
    return DutyKind.IN_HOUSE_CALL if shift.in_house else DutyKind.HOME_CALL


def logged_duties(program: Program, person_of: Mapping[str, int]) -> Duties:
    """What people say they worked.

    Args:
        program: duty logs.
        person_of: the number of each person wanted, by id.
    """
    logs = [log for log in program.duty_logs if log.person in person_of]
    rows = [(person_of[log.person], log.start, log.end, _kind_of_log(log)) for log in logs]
    return _listed(rows, [log.new_patient for log in logs])


def _kind_of_log(log: DutyLog) -> DutyKind:
    """What a logged interval is; the first that holds.

    Moonlighting, a voluntary stay, transition, education and clinical work at home say so themselves. What
    else was done at home is home work, and in the hospital during home call a return from home.
    """
    if log.moonlighting is not Moonlighting.NONE:
        return _KIND_OF_MOONLIGHTING[log.moonlighting]
    if log.voluntary_stay:
        return DutyKind.VOLUNTARY_STAY
    if log.activity_class in _KIND_OF_ACTIVITY:
        return _KIND_OF_ACTIVITY[log.activity_class]
    if log.setting is DutySetting.HOME:
        return DutyKind.HOME_WORK
    if log.call_kind is CallKind.HOME:
        return DutyKind.HOME_CALL_IN
    return (
        DutyKind.IN_HOUSE_CALL if log.call_kind in {CallKind.OVERNIGHT, CallKind.WEEKEND} else DutyKind.DUTY
    )


def _listed(
    rows: Sequence[tuple[int, datetime, datetime, DutyKind]], new_patient: Sequence[bool] = ()
) -> Duties:
    return Duties.of(
        [row[0] for row in rows],
        [_minute(row[1]) for row in rows],
        [_minute(row[2]) for row in rows],
        [row[3] for row in rows],
        list(new_patient),
    )


def _minute(instant: datetime) -> int:
    return int(instant.astimezone(UTC).timestamp()) // 60


def _columns(
    person: NDArray[np.integer], start: NDArray[np.int64], end: NDArray[np.int64], kind: DutyKind
) -> Duties:
    return Duties(
        person=person.astype(np.int32),
        start=start,
        end=end,
        kind=np.full(len(person), KIND_CODES[kind], np.int8),
        new_patient=np.zeros(len(person), np.bool_),
    )


def _joined(parts: Sequence[Duties]) -> Duties:
    if not parts:
        return Duties.of([], [], [], [])
    return Duties(
        person=np.concatenate([part.person for part in parts]),
        start=np.concatenate([part.start for part in parts]),
        end=np.concatenate([part.end for part in parts]),
        kind=np.concatenate([part.kind for part in parts]),
        new_patient=np.concatenate([part.new_patient for part in parts]),
    )
