"""Every measure of a schedule over a period at once: fairness, coverage, compliance, workload, stability."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from residency.acgme.findings import Judgement
from residency.acgme.program_duty import planned_duties
from residency.program.calendar import Period
from residency.program.records import Program
from residency.program.snapshot import Snapshot
from residency.quality.cohorts import Members, members
from residency.quality.compliance import compliance
from residency.quality.coverage import coverage
from residency.quality.fairness import fairness_of_shares
from residency.quality.hours import Hours, planned_hours
from residency.quality.results import LOADS, Fairness, FindingKey, Load, ScheduleMetrics, StatusLabel
from residency.quality.rows import PreviousSchedule, VersionRows
from residency.quality.stability import ChangeDates, stability
from residency.quality.status import worst_of
from residency.quality.workload import TARGET_HOURS_A_WEEK, person_loads, summarize

_NAMED = 5
"""People whom a warning names; the rest are counted."""


def compute_metrics(
    program: Program,
    snapshot: Snapshot,
    judgement: Judgement | None,
    *,
    previous: PreviousSchedule | None,
    dates: ChangeDates,
    current: VersionRows | None = None,
    labels: Sequence[str] | None = None,
    target_hours_per_week: float = TARGET_HOURS_A_WEEK,
) -> ScheduleMetrics:
    """Measure a schedule over the period of its snapshot.

    Args:
        program: the facts behind the snapshot, its assignments and call beginning a day or more before the
            period, so that the night that reaches into it counts.
        snapshot: the program over the period.
        judgement: what the duty-hours engine says of the planned duty of the same period, supervision
            included; None when nothing could be judged.
        previous: the published version before this one; None without one.
        dates: today, when the schedule was published, and when the last major change before it was.
        current: the schedule's rows with their overrides, causes and extents; None: the program's own
            assignments, without overrides and causes, covering the whole period.
        labels: what people are called in the result, one for each of ``snapshot.person_ids``, which is the
            default; outside the application these must be the pseudonyms.
        target_hours_per_week: what a full-time resident should work in a week.
    """
    names = snapshot.person_ids if labels is None else tuple(labels)
    period = snapshot.period
    if not len(snapshot.assignment_person):
        return _without_schedule(snapshot)
    rows = VersionRows.of(program, [period]) if current is None else current
    who = members(program, snapshot)
    hours = program_hours(program, period)
    shares = [fairness_of(load, hours, who, names) for load in LOADS]
    absent: list[int] = who.row[who.weight == 0].tolist()
    loads = person_loads(program, snapshot, who, hours, names, target_hours_per_week)
    filled = coverage(snapshot)
    judged = None if judgement is None else compliance(judgement)
    violations = judgement.violations if judgement else ()
    broken = frozenset(finding.key for finding in violations)
    steady = stability(rows, duty_services(rows, program), broken, previous, period, dates)
    called = dict(zip(snapshot.person_ids, names, strict=True))
    steady = steady.model_copy(update={"new_violations": relabelled(steady.new_violations, called)})
    judged_status = StatusLabel.NO_DATA if judged is None else judged.status
    return ScheduleMetrics(
        period_start=period.start,
        period_end=period.end,
        input_hash=snapshot.input_hash,
        status=worst_of([shares[0].status, filled.status, judged_status, steady.status]),
        fairness=shares[0],
        other_fairness=tuple(shares[1:]),
        people=loads,
        without_availability=tuple(names[row] for row in absent),
        coverage=filled,
        compliance=judged,
        workload=summarize(loads, target_hours_per_week),
        stability=steady,
        warnings=_warnings(snapshot, names, judgement),
    )


def program_hours(program: Program, period: Period) -> Hours:
    """Planned hours of all of a program's people over a period."""
    holidays = [day.day for day in program.calendar if day.is_holiday]
    duties = planned_duties(program, {person.id: row for row, person in enumerate(program.people)})
    return planned_hours(duties, len(program.people), period, program.timezone, holidays)


def fairness_of(load: Load, hours: Hours, who: Members, labels: Sequence[str]) -> Fairness:
    """How evenly the members' cohorts share a load.

    Args:
        load: which hours.
        hours: hours of all people of the program.
        who: the members of the cohorts.
        labels: what the program's people are called.
    """
    rows: list[int] = who.row.tolist()
    named = [labels[row] for row in rows]
    return fairness_of_shares(named, who.cohort, hours.of(load)[rows], who.weight, load)[0]


def duty_services(rows: VersionRows, program: Program) -> NDArray[np.bool_]:
    """Which of the rows' services are duty; shape (services,)."""
    duty = {service.abbreviation: service.counts_as_duty for service in program.services}
    return np.array([duty[word] for word in rows.services], np.bool_)


def relabelled(keys: Iterable[FindingKey], labels: Mapping[str, str]) -> tuple[FindingKey, ...]:
    """Findings' keys with their people under other labels; supervision names no person."""
    return tuple((*key[:2], labels.get(key[2], ""), *key[3:]) for key in keys)


def _without_schedule(snapshot: Snapshot) -> ScheduleMetrics:
    return ScheduleMetrics(
        period_start=snapshot.period.start,
        period_end=snapshot.period.end,
        input_hash=snapshot.input_hash,
        status=StatusLabel.NO_DATA,
        fairness=None,
        other_fairness=(),
        people=(),
        without_availability=(),
        coverage=None,
        compliance=None,
        workload=None,
        stability=None,
        warnings=("nobody is assigned to anything in the period: there is no schedule to measure",),
    )


def _warnings(snapshot: Snapshot, labels: Sequence[str], judgement: Judgement | None) -> tuple[str, ...]:
    """What keeps the measures from saying all they could."""
    found: list[str] = []
    missing = [labels[row] for row in np.flatnonzero(snapshot.pgy_missing.any(axis=1)).tolist()]
    if missing:
        more = f" and {len(missing) - _NAMED} more" if len(missing) > _NAMED else ""
        named = ", ".join(missing[:_NAMED])
        found.append(f"no post-graduate year is known of {named}{more}; they are taken for PGY-2")
    if judgement is None:
        found.append("duty hours were not judged, so nothing is said of compliance and new violations")
    elif judgement.not_applicable:
        windows = len(judgement.not_applicable)
        noun = "window" if windows == 1 else "windows"
        found.append(f"{windows} averaging {noun} could not be judged for want of data")
    return tuple(found)
