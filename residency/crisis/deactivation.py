"""Ending a crisis: the way back first, then normal load, the fallbacks off."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from residency.audit.actions import give_reason, record_action
from residency.crisis.activation import ALERT_CATEGORY
from residency.crisis.asking import legible_reason
from residency.crisis.expiry import expire_overdue
from residency.crisis.people import responsible_user
from residency.crisis.requests import EVENT_SEVERITY
from residency.crisis.transactions import held_crises
from residency.messaging.escalation import resolve_category
from residency.resilience.crisis_results import RecoveryOutcome, Work
from residency.resilience.load_shedding import LoadSheddingLevel, Shedding, recovery_order
from residency.store.crises import (
    Decision,
    Event,
    StoredCrisis,
    add_decision,
    add_event,
    deactivate_fallbacks,
    end_crisis,
    fallbacks_in_force,
    open_crisis,
    shedding_in_force,
)


async def deactivate_crisis(
    engine: AsyncEngine, *, reason: str, by: str, now: datetime, run_id: UUID | None = None
) -> RecoveryOutcome:
    """End the open crisis: its recovery plan, load back to NORMAL, fallbacks off, in one transaction.

    Drafts that were made stay drafts, and what was published meanwhile stays published. Nothing open is
    ``no_action``, so that a repetition changes nothing.

    Raises:
        NotFoundError: if there is no such user.
        InvalidInputError: if the user may not decide about a crisis, or the reason is none.
    """
    words = legible_reason(reason)
    await expire_overdue(engine, now)
    async with held_crises(engine) as connection:
        user = await responsible_user(connection, "by", by)
        crisis = await open_crisis(connection)
        if crisis is None:
            return RecoveryOutcome(result="no_action")
        await give_reason(connection, f"crisis ended by {user.username}: {words}")
        return await _end(connection, crisis, user.username, words, now, run_id)


async def _end(
    connection: AsyncConnection,
    crisis: StoredCrisis,
    by: str,
    reason: str,
    now: datetime,
    run_id: UUID | None,
) -> RecoveryOutcome:
    nothing = Shedding(LoadSheddingLevel.NORMAL, (), ())
    in_force = await shedding_in_force(connection, crisis.id) or nothing
    order = recovery_order(in_force.suspended)
    # The clocks of two machines may differ, and a crisis ends no sooner than it began.
    now = max(now, crisis.started_at)
    await end_crisis(connection, crisis.id, order, by=by, reason=reason, at=now)
    everything = recovery_order([*in_force.suspended, *in_force.protected])
    back = Decision(
        crisis_id=crisis.id,
        from_level=crisis.shedding_level,
        shedding=Shedding(LoadSheddingLevel.NORMAL, (), everything),
        reason=reason,
        approved_by=by,
        method="deactivation",
        utilization=None,
        coverage=None,
    )
    await add_decision(connection, back, at=now, run_id=run_id, recovered_at=now)
    drafts = [each.version_id for each in await fallbacks_in_force(connection)]
    off = await deactivate_fallbacks(connection, by=by, reason=reason, at=now)
    names = ["crisis_deactivated", "load_shedding_changed", *["fallback_deactivated"] * len(off)]
    for name in names:
        event = Event(
            name,
            EVENT_SEVERITY[crisis.shedding_level],
            reason,
            by,
            crisis.id,
            crisis.shedding_level,
            LoadSheddingLevel.NORMAL,
        )
        await add_event(connection, event, at=now, run_id=run_id)
    await resolve_category(connection, ALERT_CATEGORY)
    await record_action(
        connection, "execute", "crisis_activations", str(crisis.id), details={"result": "deactivated"}
    )
    return RecoveryOutcome(
        result="deactivated",
        crisis_id=crisis.id,
        from_level=crisis.shedding_level,
        order=Work.of(order),
        fallbacks_off=len(off),
        drafts=tuple(each for each in drafts if each is not None),
    )
