"""The verdict of a health check: utilization, coverage, redundancy, status and what to do about it."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from residency.program.calendar import Period
from residency.program.snapshot import Snapshot
from residency.resilience import health_advice
from residency.resilience.load_shedding import LoadSheddingLevel
from residency.resilience.redundancy import ServicePool, redundancy, service_pools
from residency.resilience.results import (
    DefenseLevel,
    Gap,
    HalfDayHealth,
    HealthAssessment,
    HealthStatus,
    LocationSupervision,
    PhaseIndicator,
    PhaseRisk,
    ServiceHealth,
    UtilizationLevel,
)
from residency.resilience.utilization import FacultyLoad, buffer, faculty_load, level, mean_waits, ratio

DEFENSE_FLOORS = (
    (95, DefenseLevel.PREVENTION),
    (90, DefenseLevel.CONTROL),
    (80, DefenseLevel.SAFETY_SYSTEMS),
    (70, DefenseLevel.CONTAINMENT),
)
"""Least percent of coverage for each defense level, mildest first; below the last it is EMERGENCY."""

AUTOMATIC_LEVELS = frozenset({DefenseLevel.PREVENTION, DefenseLevel.CONTROL, DefenseLevel.SAFETY_SYSTEMS})
"""Defense levels that may act without a human."""

CONTINGENCY_MAX_AGE_HOURS = 24
_REQUEST_CONTINGENCY_ABOVE = Fraction(8, 10)


@dataclass(frozen=True, slots=True)
class ContingencyVerdict:
    """What the newest contingency analysis found, and how old it is."""

    n1_pass: bool
    n2_pass: bool
    phase_risk: PhaseRisk
    age_hours: float
    indicators: tuple[PhaseIndicator, ...] = ()


def assess(snapshot: Snapshot, contingency: ContingencyVerdict | None) -> HealthAssessment:
    """Judge the schedule over the snapshot's period.

    Faculty demand, availability and utilization are those of
    :func:`~residency.resilience.utilization.faculty_load`. For each service, utilization is its slots over
    the half-days of people eligible for it (faculty and residents), counted where it requires somebody; the
    pool size is the mean number of such people. Coverage is filled over required slots, 1 when
    nothing is required. Thresholds are compared exactly, never on rounded figures. A period in which nothing
    is required is healthy and says so among the warnings; required slots without any people are an emergency.

    Args:
        snapshot: the program over the horizon.
        contingency: the newest contingency verdict, or None when there is none: N-1 and N-2 are then unknown
            and a new analysis is requested, as it is above 24 h of age or above 80 % utilization.
    """
    load = faculty_load(snapshot)
    demanded, available = int(load.demanded.sum()), int(load.available.sum())
    utilization = ratio(demanded, available)
    pool_size = Fraction(available, snapshot.period.blocks) if snapshot.period.blocks else Fraction(0)
    required, filled = int(snapshot.demand.sum()), int(snapshot.filled.sum())
    coverage = Fraction(filled, required) if required else Fraction(1)
    used, defense = level(utilization), defense_level(coverage)
    status = judge(used, defense, contingency)
    pools = service_pools(snapshot)
    services = _services(snapshot, pools)
    half_days = _half_days(snapshot, load)
    gaps, supervision_gaps = _gaps(snapshot, pools), _supervision_gaps(snapshot)
    return HealthAssessment(
        period_start=snapshot.period.start,
        period_end=snapshot.period.end,
        input_hash=snapshot.input_hash,
        status=status,
        utilization=float(utilization),
        utilization_level=used,
        faculty_demanded=demanded,
        faculty_available=available,
        buffer=float(buffer(demanded, available)),
        mean_wait=mean_waits([utilization], [pool_size])[0],
        pool_size=float(pool_size),
        coverage=float(coverage),
        required_slots=required,
        filled_slots=filled,
        defense_level=defense,
        may_act_automatically=defense in AUTOMATIC_LEVELS,
        load_shedding_level=LoadSheddingLevel.NORMAL,
        n1_pass=contingency.n1_pass if contingency else None,
        n2_pass=contingency.n2_pass if contingency else None,
        phase_risk=contingency.phase_risk if contingency else None,
        phase_indicators=contingency.indicators if contingency else (),
        contingency_requested=_wants_contingency(utilization, contingency),
        services=services,
        half_days=half_days,
        gaps=gaps,
        supervision_gaps=supervision_gaps,
        supervision=_supervision(snapshot),
        immediate_actions=health_advice.immediate_actions(
            status, buffer(demanded, available), has_faculty=bool(demanded or available)
        ),
        watch_items=(
            *health_advice.short_half_days(half_days, services, gaps, supervision_gaps),
            *health_advice.thin_services(services),
            *_contingency_items(contingency),
        ),
        warnings=health_advice.data_warnings(snapshot),
    )


def defense_level(coverage: Fraction) -> DefenseLevel:
    """The defense level of an exact coverage: .95 is still PREVENTION."""
    for percent, name in DEFENSE_FLOORS:
        if 100 * coverage >= percent:
            return name
    return DefenseLevel.EMERGENCY


def judge(
    utilization: UtilizationLevel, defense: DefenseLevel, contingency: ContingencyVerdict | None
) -> HealthStatus:
    """The status, worst reason first; an unknown N-1 or N-2 is no reason and no pass."""
    if utilization is UtilizationLevel.BLACK or defense is DefenseLevel.EMERGENCY:
        return HealthStatus.EMERGENCY
    phase_critical = contingency is not None and contingency.phase_risk is PhaseRisk.CRITICAL
    if utilization is UtilizationLevel.RED or defense is DefenseLevel.CONTAINMENT or phase_critical:
        return HealthStatus.CRITICAL
    thin_cover = defense in (DefenseLevel.CONTROL, DefenseLevel.SAFETY_SYSTEMS)
    n1_fails = contingency is not None and not contingency.n1_pass
    if utilization is UtilizationLevel.ORANGE or thin_cover or n1_fails:
        return HealthStatus.DEGRADED
    n2_fails = contingency is not None and not contingency.n2_pass
    if utilization is UtilizationLevel.YELLOW or n2_fails:
        return HealthStatus.WARNING
    return HealthStatus.HEALTHY


def _wants_contingency(utilization: Fraction, contingency: ContingencyVerdict | None) -> bool:
    if contingency is None or contingency.age_hours > CONTINGENCY_MAX_AGE_HOURS:
        return True
    return utilization > _REQUEST_CONTINGENCY_ABOVE


def _contingency_items(contingency: ContingencyVerdict | None) -> tuple[str, ...]:
    if contingency is None:
        return (
            "Nobody has analysed yet whether the loss of one or two people could be absorbed; "
            "a contingency analysis is requested.",
        )
    items: list[str] = []
    if contingency.age_hours > CONTINGENCY_MAX_AGE_HOURS:
        items.append(
            f"The contingency analysis is {int(contingency.age_hours)} hours old; a new one is requested."
        )
    if not contingency.n1_pass:
        items.append("The loss of one person would leave work that nobody else can do (N-1 fails).")
    elif not contingency.n2_pass:
        items.append("The loss of two people at once would leave work that nobody else can do (N-2 fails).")
    if contingency.phase_risk is not PhaseRisk.LOW:
        items.append(
            f"The risk that a small further loss tips the schedule over is {contingency.phase_risk}."
        )
    return tuple(items)


def _services(snapshot: Snapshot, pools: Sequence[ServicePool]) -> tuple[ServiceHealth, ...]:
    totals = [(int(p.required.sum()), int(p.staff.sum())) for p in pools]
    utilizations = [ratio(required, staff) for required, staff in totals]
    sizes = [
        Fraction(staff, int(np.count_nonzero(pool.required)))
        for pool, (_, staff) in zip(pools, totals, strict=True)
    ]
    waits = mean_waits(utilizations, sizes)
    return tuple(
        _service(snapshot, pool, utilization, size, wait)
        for pool, utilization, size, wait in zip(pools, utilizations, sizes, waits, strict=True)
    )


def _service(
    snapshot: Snapshot, pool: ServicePool, utilization: Fraction, size: Fraction, wait: float | None
) -> ServiceHealth:
    asked = pool.required > 0
    worst = int(np.where(asked, pool.spare, np.iinfo(np.int64).max).argmin())
    margin = int(pool.spare[worst])
    return ServiceHealth(
        service=snapshot.service_ids[pool.service],
        name=snapshot.service_names[pool.service],
        demanded=int(pool.required.sum()),
        filled=int(pool.filled.sum()),
        available=int(pool.staff.sum()),
        utilization=float(utilization),
        level=level(utilization),
        pool_size=float(size),
        mean_wait=wait,
        worst_margin=margin,
        worst_half_day=snapshot.period.label(worst),
        redundancy=redundancy(margin),
        required_by_half_day=_ints(pool.required),
        filled_by_half_day=_ints(pool.filled),
        spare_by_half_day=tuple(
            int(spare) if needed else None for spare, needed in zip(pool.spare, asked, strict=True)
        ),
    )


def _half_days(snapshot: Snapshot, load: FacultyLoad) -> tuple[HalfDayHealth, ...]:
    columns = (
        snapshot.demand.sum(axis=0),
        snapshot.filled.sum(axis=0),
        load.demanded,
        load.available,
        snapshot.supervision_required.sum(axis=0),
        snapshot.supervisors.sum(axis=0),
    )
    half_days: list[HalfDayHealth] = []
    for block, row in enumerate(zip(*map(_ints, columns), strict=True)):
        demanded, filled, faculty_demanded, faculty_available, required, supervisors = row
        utilization = ratio(faculty_demanded, faculty_available)
        half_days.append(
            HalfDayHealth(
                day=snapshot.period.day(block),
                half=snapshot.period.half(block),
                demanded=demanded,
                filled=filled,
                faculty_demanded=faculty_demanded,
                faculty_available=faculty_available,
                supervision_required=required,
                supervisors=supervisors,
                utilization=float(utilization),
                level=level(utilization),
            )
        )
    return tuple(half_days)


def _gaps(snapshot: Snapshot, pools: Sequence[ServicePool]) -> tuple[Gap, ...]:
    if not pools:
        return ()
    missing = np.stack([pool.required - pool.filled for pool in pools])
    return _gaps_of(snapshot, missing, [snapshot.service_ids[pool.service] for pool in pools])


def _supervision_gaps(snapshot: Snapshot) -> tuple[Gap, ...]:
    missing = np.maximum(snapshot.supervision_required - snapshot.supervisors, 0)
    return _gaps_of(snapshot, missing, snapshot.locations)


def _gaps_of(snapshot: Snapshot, missing: NDArray[np.int64], names: Sequence[str]) -> tuple[Gap, ...]:
    """The positive cells of ``missing``, shape (names, blocks), in order of time."""
    return tuple(
        Gap(
            day=snapshot.period.day(int(block)),
            half=snapshot.period.half(int(block)),
            service=names[int(row)],
            missing=int(missing[row, block]),
        )
        for block, row in np.argwhere(missing.T > 0)
    )


def _supervision(snapshot: Snapshot) -> tuple[LocationSupervision, ...]:
    needed = np.flatnonzero(snapshot.supervision_required.any(axis=1))
    return tuple(
        LocationSupervision(
            location=snapshot.locations[int(row)],
            required_by_half_day=_ints(snapshot.supervision_required[row]),
            present_by_half_day=_ints(snapshot.supervisors[row]),
        )
        for row in needed
    )


def _ints(row: NDArray[np.integer]) -> tuple[int, ...]:
    return tuple(int(value) for value in row)


def no_data(period: Period, sentence: str) -> HealthAssessment:
    """The assessment of days for which nothing is published: unknown, which is neither well nor ill."""
    return HealthAssessment(
        period_start=period.start,
        period_end=period.end,
        input_hash="",
        status=HealthStatus.NO_DATA,
        utilization=None,
        utilization_level=None,
        faculty_demanded=0,
        faculty_available=0,
        buffer=None,
        mean_wait=None,
        pool_size=0.0,
        coverage=None,
        required_slots=0,
        filled_slots=0,
        defense_level=None,
        may_act_automatically=False,
        load_shedding_level=LoadSheddingLevel.NORMAL,
        n1_pass=None,
        n2_pass=None,
        phase_risk=None,
        contingency_requested=False,
        services=(),
        half_days=(),
        gaps=(),
        supervision_gaps=(),
        immediate_actions=(),
        watch_items=(),
        warnings=(sentence,),
    )
