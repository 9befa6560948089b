"""Crises, what is shed for them, the fallbacks in force, and the events of it all, as rows."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from residency.resilience.load_shedding import Activity, LoadSheddingLevel, Shedding
from residency.store.tables import (
    CrisisActivation,
    FallbackActivation,
    FallbackScheduleRow,
    LoadSheddingDecision,
    ResilienceEvent,
)


@dataclass(frozen=True, slots=True)
class StoredCrisis:
    """A crisis; ``recovery`` is the order in which work comes back, empty while it lasts."""

    id: UUID
    level: str | None
    severity: str | None
    shedding_level: LoadSheddingLevel
    reason: str
    approved_by: str
    started_at: datetime
    ended_at: datetime | None
    ended_by: str | None
    end_reason: str | None
    recovery: tuple[Activity, ...]


@dataclass(frozen=True, slots=True)
class Decision:
    """One change of what is suspended. ``utilization`` and ``coverage`` are those at that moment."""

    crisis_id: UUID
    from_level: LoadSheddingLevel
    shedding: Shedding
    reason: str
    approved_by: str
    method: str
    utilization: float | None
    coverage: float | None


@dataclass(frozen=True, slots=True)
class Event:
    """What happened, by whom and why, and the state before and after."""

    type: str
    severity: str
    reason: str
    actor: str
    crisis_id: UUID | None = None
    previous: str | None = None
    next: str | None = None


@dataclass(frozen=True, slots=True)
class FallbackInForce:
    """A fallback that a draft version was made from, while its activation is open."""

    activation_id: UUID
    fallback_id: UUID
    scenario: str
    version_id: UUID | None
    coverage: float
    activated_at: datetime


async def open_crisis(connection: AsyncConnection) -> StoredCrisis | None:
    """The crisis that is open, None when there is none."""
    row = (await connection.execute(_CRISIS.where(CrisisActivation.ended_at.is_(None)))).first()
    return _crisis(row) if row else None


async def newest_crisis(connection: AsyncConnection) -> StoredCrisis | None:
    """The crisis that began last, open or over; None before the first."""
    row = (await connection.execute(_CRISIS.order_by(CrisisActivation.started_at.desc()).limit(1))).first()
    return _crisis(row) if row else None


async def add_crisis(
    connection: AsyncConnection,
    *,
    level: str | None,
    severity: str | None,
    shedding_level: LoadSheddingLevel,
    reason: str,
    approved_by: str,
    idempotency_key: str,
    at: datetime,
    run_id: UUID | None,
) -> UUID:
    """Open a crisis; the database refuses a second one beside it."""
    added = await connection.execute(
        insert(CrisisActivation)
        .values(
            level=level,
            severity_word=severity,
            shedding_level=shedding_level,
            reason=reason,
            approved_by=approved_by,
            idempotency_key=idempotency_key,
            started_at=at,
            run_id=run_id,
        )
        .returning(CrisisActivation.id)
    )
    return added.scalar_one()


async def raise_crisis(
    connection: AsyncConnection,
    crisis_id: UUID,
    *,
    level: str | None,
    severity: str | None,
    shedding_level: LoadSheddingLevel,
) -> None:
    """Give an open crisis a graver word and the load-shedding level that it stands for."""
    await connection.execute(
        update(CrisisActivation)
        .where(CrisisActivation.id == crisis_id)
        .values(level=level, severity_word=severity, shedding_level=shedding_level)
    )


async def end_crisis(
    connection: AsyncConnection,
    crisis_id: UUID,
    recovery: Sequence[Activity],
    *,
    by: str,
    reason: str,
    at: datetime,
) -> None:
    """Close a crisis with its recovery plan; what was suspended for it is recovered from."""
    plan = {"order": [asdict(each) for each in recovery]}
    await connection.execute(
        update(CrisisActivation)
        .where(CrisisActivation.id == crisis_id)
        .values(ended_at=at, ended_by=by, end_reason=reason, recovery_plan=plan)
    )
    await connection.execute(
        update(LoadSheddingDecision)
        .where(LoadSheddingDecision.crisis_id == crisis_id, LoadSheddingDecision.recovered_at.is_(None))
        .values(recovered_at=at)
    )


async def add_decision(
    connection: AsyncConnection,
    decision: Decision,
    *,
    at: datetime,
    run_id: UUID | None,
    recovered_at: datetime | None = None,
) -> None:
    """Store one change of what is suspended."""
    shedding = decision.shedding
    await connection.execute(
        insert(LoadSheddingDecision).values(
            crisis_id=decision.crisis_id,
            from_level=decision.from_level,
            to_level=shedding.level,
            reason=decision.reason,
            suspended=[asdict(each) for each in shedding.suspended],
            protected=[asdict(each) for each in shedding.protected],
            approved_by=decision.approved_by,
            method=decision.method,
            utilization=decision.utilization,
            coverage=decision.coverage,
            at=at,
            recovered_at=recovered_at,
            run_id=run_id,
        )
    )


async def shedding_in_force(connection: AsyncConnection, crisis_id: UUID) -> Shedding | None:
    """What is suspended and protected for a crisis by its newest decision; None without one."""
    newest = (
        select(LoadSheddingDecision.to_level, LoadSheddingDecision.suspended, LoadSheddingDecision.protected)
        .where(LoadSheddingDecision.crisis_id == crisis_id, LoadSheddingDecision.recovered_at.is_(None))
        .order_by(LoadSheddingDecision.at.desc(), LoadSheddingDecision.created_at.desc())
        .limit(1)
    )
    row = (await connection.execute(newest)).first()
    if row is None:
        return None
    return Shedding(LoadSheddingLevel(row.to_level), _activities(row.suspended), _activities(row.protected))


async def add_event(connection: AsyncConnection, event: Event, *, at: datetime, run_id: UUID | None) -> None:
    """Store one event of resilience."""
    await connection.execute(
        insert(ResilienceEvent).values(
            at=at,
            type=event.type,
            severity=event.severity,
            reason=event.reason,
            actor=event.actor,
            previous=event.previous,
            next=event.next,
            crisis_id=event.crisis_id,
            run_id=run_id,
        )
    )


async def activate_fallback(
    connection: AsyncConnection,
    *,
    fallback_id: UUID,
    crisis_id: UUID,
    version_id: UUID,
    coverage: float,
    by: str,
    reason: str,
    at: datetime,
) -> None:
    """Note that a draft was made from a fallback for a crisis; the fallback is active from now on."""
    await connection.execute(
        insert(FallbackActivation).values(
            fallback_id=fallback_id,
            crisis_id=crisis_id,
            activated_at=at,
            activated_by=by,
            reason=reason,
            version_id=version_id,
            coverage=coverage,
        )
    )
    await connection.execute(
        update(FallbackScheduleRow).where(FallbackScheduleRow.id == fallback_id).values(status="active")
    )


async def fallbacks_in_force(connection: AsyncConnection) -> list[FallbackInForce]:
    """The fallbacks whose activation is open, oldest first."""
    wanted = (
        select(
            FallbackActivation.id,
            FallbackActivation.fallback_id,
            FallbackScheduleRow.scenario,
            FallbackActivation.version_id,
            FallbackActivation.coverage,
            FallbackActivation.activated_at,
        )
        .join(FallbackScheduleRow, FallbackScheduleRow.id == FallbackActivation.fallback_id)
        .where(FallbackActivation.deactivated_at.is_(None))
        .order_by(FallbackActivation.activated_at, FallbackActivation.id)
    )
    return [FallbackInForce(*row) for row in await connection.execute(wanted)]


async def deactivate_fallbacks(
    connection: AsyncConnection, *, by: str, reason: str, at: datetime
) -> tuple[UUID, ...]:
    """Call every fallback off that is in force; gives their ids.

    They are ready again, unless their inputs went stale or their days passed meanwhile: the next
    precomputation finds that out, and until then each activation compares the hash.
    """
    closed = await connection.execute(
        update(FallbackActivation)
        .where(FallbackActivation.deactivated_at.is_(None))
        .values(deactivated_at=at, deactivated_by=by, deactivation_reason=reason)
        .returning(FallbackActivation.fallback_id)
    )
    ids = tuple(sorted(closed.scalars()))
    await connection.execute(
        update(FallbackScheduleRow)
        .where(FallbackScheduleRow.id.in_(ids), FallbackScheduleRow.status == "active")
        .values(status="ready")
    )
    return ids


_CRISIS = select(
    CrisisActivation.id,
    CrisisActivation.level,
    CrisisActivation.severity_word,
    CrisisActivation.shedding_level,
    CrisisActivation.reason,
    CrisisActivation.approved_by,
    CrisisActivation.started_at,
    CrisisActivation.ended_at,
    CrisisActivation.ended_by,
    CrisisActivation.end_reason,
    CrisisActivation.recovery_plan,
)


def _crisis(row: Row[Any]) -> StoredCrisis:
    return StoredCrisis(
        id=row.id,
        level=row.level,
        severity=row.severity_word,
        shedding_level=LoadSheddingLevel(row.shedding_level),
        reason=row.reason,
        approved_by=row.approved_by,
        started_at=row.started_at,
        ended_at=row.ended_at,
        ended_by=row.ended_by,
        end_reason=row.end_reason,
        recovery=_activities(row.recovery_plan["order"]) if row.recovery_plan else (),
    )


def _activities(stored: Sequence[dict[str, Any]]) -> tuple[Activity, ...]:
    return tuple(Activity(**each) for each in stored)
