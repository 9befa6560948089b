"""What a schedule asks of each person: half-days, workload points, and residents' hours against a target."""

from collections.abc import Sequence
from datetime import UTC
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from residency.program.records import Program
from residency.program.snapshot import Snapshot
from residency.program.vocabulary import CallKind, ServiceKind
from residency.quality.cohorts import Members
from residency.quality.hours import Hours
from residency.quality.results import PersonLoad, WorkloadSummary

TARGET_HOURS_A_WEEK = 60.0

CALL_POINTS = 1.0
"""Of a night or day on call, and of a night of night float, which is as hard; backup call has none."""

INPATIENT_WEEK_POINTS = 3.0
"""Of seven days on an inpatient service, a seventh for each; FMIT weeks among them."""

HALF_DAY_POINTS = {
    ServiceKind.OUTPATIENT: 0.5,
    ServiceKind.PROCEDURE: 0.5,
    ServiceKind.ADMINISTRATION: 0.25,
    ServiceKind.EDUCATION: 0.25,
    ServiceKind.RESEARCH: 0.25,
}
"""Of each half-day on a service of that kind."""

_CALL_KINDS = frozenset({ServiceKind.CALL, ServiceKind.NIGHT_FLOAT})
_DAYS_A_WEEK = 7


def person_loads(
    program: Program,
    snapshot: Snapshot,
    members: Members,
    hours: Hours,
    labels: Sequence[str],
    target_hours_per_week: float,
) -> tuple[PersonLoad, ...]:
    """One row for each member, in their order.

    Args:
        program: the program, whose people the snapshot and ``hours`` are of.
        snapshot: the period.
        members: who is looked at.
        hours: planned hours of all people of the program.
        labels: what the program's people are called.
        target_hours_per_week: what a full-time resident should work in a week.
    """
    blocks = half_days_of_duty(program, snapshot)
    points = workload_points(program, snapshot)
    weeks = snapshot.period.days / _DAYS_A_WEEK
    target = target_hours_per_week * weeks * members.weight
    loads: list[PersonLoad] = []
    rows: list[int] = members.row.tolist()
    for place, (row, cohort) in enumerate(zip(rows, members.cohort, strict=True)):
        aim = float(target[place]) if snapshot.is_resident[row] else None
        worked = float(hours.hours[row])
        loads.append(
            PersonLoad(
                person=labels[row],
                cohort=cohort,
                fte=float(members.fte[place]),
                available=float(members.available[place]),
                hours=worked,
                night_hours=float(hours.night[row]),
                weekend_hours=float(hours.weekend[row]),
                holiday_hours=float(hours.holiday[row]),
                blocks=int(blocks[row]),
                points=float(points[row]),
                target_hours=aim,
                percent_of_target=100 * worked / aim if aim else None,
            )
        )
    return tuple(loads)


def summarize(loads: Sequence[PersonLoad], target_hours_per_week: float) -> WorkloadSummary | None:
    """The residents who have any availability, taken together; None without any."""
    residents = [each for each in loads if each.target_hours]
    if not residents:
        return None
    hours = np.array([each.hours for each in residents])
    percents = np.array([each.percent_of_target for each in residents])
    return WorkloadSummary(
        residents=len(residents),
        target_hours_per_week=target_hours_per_week,
        mean_hours=float(hours.mean()),
        sd_hours=float(hours.std()),
        min_hours=float(hours.min()),
        max_hours=float(hours.max()),
        mean_percent_of_target=float(percents.mean()),
    )


def half_days_of_duty(program: Program, snapshot: Snapshot) -> NDArray[np.int64]:
    """Half-days assigned to a service that is duty, by person; shape (P,)."""
    duty = np.array([service.counts_as_duty for service in program.services], np.bool_)
    rows = duty[snapshot.assignment_service]
    return np.bincount(snapshot.assignment_person[rows], minlength=snapshot.people)


def workload_points(program: Program, snapshot: Snapshot) -> NDArray[np.float64]:
    """Workload points by person; shape (P,).

    A call that is both assigned and a call shift counts once a day; shifts count on the local day they begin.
    """
    kinds = [service.kind for service in program.services]
    half_day = np.array([HALF_DAY_POINTS.get(kind, 0.0) for kind in kinds])
    worth = half_day[snapshot.assignment_service]
    points = np.bincount(snapshot.assignment_person, worth, snapshot.people)
    inpatient = _days(snapshot, np.array([kind is ServiceKind.INPATIENT for kind in kinds], np.bool_))
    call = _days(snapshot, np.array([kind in _CALL_KINDS for kind in kinds], np.bool_))
    index = {person.id: row for row, person in enumerate(program.people)}
    zone = ZoneInfo(program.timezone)
    for shift in program.call_shifts:
        day = shift.start.astimezone(UTC).astimezone(zone).date()
        if shift.kind is not CallKind.BACKUP and day in snapshot.period:
            call[index[shift.person], (day - snapshot.period.start).days] = True
    days = INPATIENT_WEEK_POINTS / _DAYS_A_WEEK * inpatient.sum(axis=1)
    return points + days + CALL_POINTS * call.sum(axis=1)


def _days(snapshot: Snapshot, services: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Who is assigned to one of some services on which day, shape (P, days)."""
    days = np.zeros((snapshot.people, snapshot.period.days), np.bool_)
    rows = services[snapshot.assignment_service]
    days[snapshot.assignment_person[rows], snapshot.assignment_block[rows] // 2] = True
    return days
