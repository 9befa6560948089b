"""What a health check tells people to do, to watch, and to mend in the data, in plain sentences."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import date
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from residency.program.calendar import half_day_label
from residency.program.snapshot import Snapshot
from residency.program.vocabulary import Half
from residency.resilience.results import Gap, HalfDayHealth, HealthStatus, ServiceHealth

LONG_WAIT = 0.55
"""Service times that work waits in a pool of five at 80 %, the kind of pool the 80 % mark was made for."""

LOW_BUFFER = Fraction(1, 10)
"""A capacity buffer below this share is named among the actions."""

_LISTED = 5

_ACTIONS = {
    HealthStatus.EMERGENCY: (
        "Call the crisis team together now.",
        "Inform the program director and the department chief.",
        "Prepare to close services, optional education first and patient safety never.",
    ),
    HealthStatus.CRITICAL: (
        "Shed load to RED: suspend optional education, administration, research and core education.",
        "Cancel clinics and meetings that are not essential.",
        "Notify faculty and residents of what changes.",
    ),
    HealthStatus.DEGRADED: (
        "Defer work that can wait: optional education, administration, research.",
        "Confirm backups by name for every half-day that is short or has nobody to spare.",
    ),
}


def immediate_actions(status: HealthStatus, buffer: Fraction, *, has_faculty: bool) -> tuple[str, ...]:
    """What to do now, most urgent first.

    A buffer under a tenth is named whatever the status, except where no faculty are asked for or there.
    """
    actions = _ACTIONS.get(status, ())
    if buffer >= LOW_BUFFER or not has_faculty:
        return actions
    left = f"{int(100 * buffer)} %" if buffer else "none"
    return (
        *actions,
        f"Capacity buffer low: {left} of the faculty's time is free below the 80 % mark, 10 % is wanted.",
    )


def short_half_days(
    half_days: Sequence[HalfDayHealth],
    services: Sequence[ServiceHealth],
    gaps: Sequence[Gap],
    supervision_gaps: Sequence[Gap],
) -> tuple[str, ...]:
    """The half-days to look at first: empty slots, missing supervision, more faculty work than faculty."""
    names = {service.service: service.name for service in services}
    missing: defaultdict[tuple[date, Half], Counter[str]] = defaultdict(Counter)
    for gap in gaps:
        missing[gap.day, gap.half][names[gap.service]] += gap.missing
    required = {(half_day.day, half_day.half): half_day.demanded for half_day in half_days}
    worst = sorted(missing.items(), key=lambda item: (-item[1].total(), item[0]))[:3]
    items = [
        f"{half_day_label(*when)}: {_of(where.total(), required[when])} required slots empty "
        f"({_listed([f'{count} in {name}' for name, count in where.most_common()])})."
        for when, where in worst
    ]
    if supervision_gaps:
        gap = max(supervision_gaps, key=lambda gap: gap.missing)
        attendings = "1 attending" if gap.missing == 1 else f"{gap.missing} attendings"
        short = len({(gap.day, gap.half) for gap in supervision_gaps})
        items.append(
            f"Supervision is short in {_half_days(short)}, most on {half_day_label(gap.day, gap.half)} "
            f"in {gap.service} ({attendings} missing)."
        )
    overbooked = [h for h in half_days if h.faculty_demanded > h.faculty_available]
    if overbooked:
        peak = max(overbooked, key=lambda h: h.faculty_demanded - h.faculty_available)
        items.append(
            f"There is more faculty work than faculty in {_half_days(len(overbooked))}, most on "
            f"{half_day_label(peak.day, peak.half)} ({peak.faculty_demanded} needed, "
            f"{peak.faculty_available} available)."
        )
    return tuple(items)


def thin_services(services: Sequence[ServiceHealth]) -> tuple[str, ...]:
    """Services without enough eligible people, without a spare one, or with long waits."""
    below = sorted((s for s in services if s.worst_margin < 0), key=lambda s: s.worst_margin)
    items = [
        f"{service.name} has {-service.worst_margin} too few eligible people on {service.worst_half_day}, "
        "whoever is moved (BELOW)."
        for service in below[:_LISTED]
    ]
    if len(below) > _LISTED:
        items.append(f"{len(below) - _LISTED} more services have too few eligible people (BELOW).")
    bare = [f"{s.name} ({s.worst_half_day})" for s in services if s.redundancy == "N+0"]
    if bare:
        verb = "has" if len(bare) == 1 else "have"
        items.append(f"No spare person (N+0): {_listed(bare)} {verb} nobody left if one person falls out.")
    waiting = [s for s in services if s.mean_wait is not None and s.mean_wait > LONG_WAIT]
    if waiting:
        waiting.sort(key=lambda s: -(s.mean_wait or 0.0))
        pools = [
            f"{s.name} ({s.pool_size:.1f} people on average, {100 * s.demanded // s.available} % used, "
            f"{s.mean_wait:.1f} service times)"
            for s in waiting
        ]
        items.append(f"Small or busy pools where work waits long: {_listed(pools)}.")
    return tuple(items)


def data_warnings(snapshot: Snapshot) -> tuple[str, ...]:
    """What is odd in the data behind the figures; people appear under their pseudonyms."""
    warnings: list[str] = []
    if not snapshot.demand.any() and not snapshot.supervision_required.any():
        warnings.append("Nothing is required in this period, so there is nothing that could be short.")
    ungraded = np.flatnonzero(snapshot.pgy_missing.any(axis=1))
    if len(ungraded):
        warnings.append(
            f"No PGY is known for {_people(snapshot, ungraded)}; judged as PGY-2 until it is entered."
        )
    held = (snapshot.is_resident | snapshot.is_faculty)[snapshot.assignment_person]
    ineligible = held & ~snapshot.assignment_eligible
    if ineligible.any():
        people = _people(snapshot, np.unique(snapshot.assignment_person[ineligible]))
        warnings.append(
            f"{_assignments(ineligible)} held by people who may not hold them ({people}) and so not counted."
        )
    away = snapshot.assignment_eligible & (snapshot.assignment_post >= 0) & ~snapshot.assignment_counts
    if away.any():
        people = _people(snapshot, np.unique(snapshot.assignment_person[away]))
        warnings.append(
            f"{_assignments(away)} held by people who are absent, recovering or resting after call "
            f"({people}) and so not counted."
        )
    return tuple(warnings)


def _assignments(rows: NDArray[np.bool_]) -> str:
    count = int(np.count_nonzero(rows))
    return "1 assignment is" if count == 1 else f"{count} assignments are"


def _people(snapshot: Snapshot, rows: NDArray[np.intp] | NDArray[np.int32]) -> str:
    return _listed([snapshot.pseudonyms[int(row)] for row in rows])


def _listed(names: Sequence[str]) -> str:
    """``A, B and 3 more``."""
    shown = ", ".join(names[:_LISTED])
    rest = len(names) - _LISTED
    return f"{shown} and {rest} more" if rest > 0 else shown


def _of(part: int, whole: int) -> str:
    return f"{part} of {whole}"


def _half_days(count: int) -> str:
    return "1 half-day" if count == 1 else f"{count} half-days"
