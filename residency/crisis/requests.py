"""Requesting that a crisis be declared, and declining it; approving is an activation of its own."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from residency.audit.actions import give_reason
from residency.crisis.asking import CrisisAsk, CrisisWord, legible_reason
from residency.crisis.calls import ask_for_second_person, ask_no_longer
from residency.crisis.expiry import expire_overdue
from residency.crisis.people import require_administrator, require_second_person, responsible_user
from residency.crisis.transactions import held_crises
from residency.errors import ConflictError, NotFoundError
from residency.resilience.load_shedding import LoadSheddingLevel
from residency.store.crises import Event, add_event, open_crisis
from residency.store.crisis_requests import (
    NewRequest,
    StoredRequest,
    add_request,
    decide_request,
    find_request,
    find_request_by_key,
)
from residency.store.fallback_schedules import load_fallback
from residency.store.users import StoredUser

REQUEST_LIFETIME = timedelta(hours=4)
"""How long a request waits for a second person; what was urgent then is to be asked for anew after that."""

EVENT_SEVERITY = {
    LoadSheddingLevel.NORMAL: "minor",
    LoadSheddingLevel.YELLOW: "minor",
    LoadSheddingLevel.ORANGE: "moderate",
    LoadSheddingLevel.RED: "severe",
    LoadSheddingLevel.BLACK: "critical",
    LoadSheddingLevel.CRITICAL: "critical",
}
"""How grave an event is whose load-shedding level is this."""


@dataclass(frozen=True, slots=True)
class Filed:
    """A request, and whether it had been filed before under the same key."""

    request: StoredRequest
    replayed: bool


def word_of(request: StoredRequest) -> CrisisWord:
    """How grave the crisis is that a request asks for."""
    return CrisisWord(request.asked.level, request.asked.severity, request.asked.to_critical)


async def file_request(
    engine: AsyncEngine,
    ask: CrisisAsk,
    *,
    now: datetime,
    approver: str | None = None,
    run_id: UUID | None = None,
) -> Filed:
    """Store a request, which waits :data:`REQUEST_LIFETIME` for a second person, and have others told.

    The same key and content again is answered with the first request, whatever has become of it.

    Args:
        engine: the program's database.
        ask: what is asked for.
        now: the current instant, aware.
        approver: who is going to approve it, where that is known: refused before anything is stored.
        run_id: the flow run that acts, if it is one.

    Raises:
        NotFoundError: if there is no such user or fallback.
        InvalidInputError: if the user may not decide about a crisis.
        ConflictError: if the key was used for something else, or a crisis is open that is as grave.
    """
    await expire_overdue(engine, now)
    async with held_crises(engine) as connection:
        requester = await responsible_user(connection, "requested_by", ask.requested_by)
        if approver is not None:
            second = await responsible_user(connection, "approved_by", approver)
            await require_approver(connection, "approved_by", second, requester.username, ask.word)
        wanted = NewRequest(
            level=ask.word.level,
            severity=ask.word.severity,
            reason=ask.reason,
            requested_by=requester.username,
            fallback_id=ask.fallback_id,
            idempotency_key=ask.idempotency_key,
            to_critical=ask.word.to_critical,
        )
        former = await find_request_by_key(connection, ask.idempotency_key)
        if former is not None:
            require_same(former, wanted)
            return Filed(former, replayed=True)
        await _refuse_needless(connection, ask)
        if ask.fallback_id is not None:
            await load_fallback(connection, ask.fallback_id)
        await give_reason(connection, f"crisis requested by {requester.username}: {ask.reason}")
        request = await add_request(
            connection, wanted, at=now, expires_at=now + REQUEST_LIFETIME, run_id=run_id
        )
        event = Event(
            "crisis_requested",
            EVENT_SEVERITY[ask.word.shedding_level],
            ask.reason,
            requester.username,
            next="pending",
        )
        await add_event(connection, event, at=now, run_id=run_id)
        await ask_for_second_person(connection, request, ask.word)
    return Filed(request, replayed=False)


def require_same(former: StoredRequest, wanted: NewRequest) -> None:
    """Refuse a key that stands for another request.

    Raises:
        ConflictError: saying so.
    """
    if former.asked != wanted:
        raise ConflictError(
            f"idempotency_key {wanted.idempotency_key!r} was used for crisis request {former.id}, which asks "
            "for something else; use a new key for a new request"
        )


async def require_approver(
    connection: AsyncConnection, field: str, approver: StoredUser, requested_by: str, word: CrisisWord
) -> None:
    """Refuse an approver who is the requester, or may not approve what is asked for.

    Raises:
        InvalidInputError: naming the field.
        NotFoundError: if the requester is no active user any more.
    """
    await require_second_person(connection, field, approver, requested_by)
    if word.to_critical:
        require_administrator(field, approver)


async def decline_request(
    engine: AsyncEngine,
    request_id: UUID,
    *,
    by: str,
    reason: str,
    now: datetime,
    run_id: UUID | None = None,
) -> StoredRequest:
    """Decide that no crisis is declared; whoever declined it already is answered the same again.

    Raises:
        NotFoundError: if there is no such request or user.
        InvalidInputError: if the user may not decide it, or the reason is none.
        ConflictError: if it is decided otherwise or expired.
    """
    words = legible_reason(reason)
    await expire_overdue(engine, now)
    async with held_crises(engine) as connection:
        request = await require_request(connection, request_id)
        user = await responsible_user(connection, "by", by)
        if request.status == "declined" and request.decided_by == user.username:
            return request
        require_pending(request)
        await require_second_person(connection, "by", user, request.asked.requested_by)
        await give_reason(connection, f"crisis declined by {user.username}: {words}")
        await decide_request(connection, request_id, "declined", by=user.username, at=now, reason=words)
        await ask_no_longer(connection, request_id, now)
        event = Event("crisis_declined", "minor", words, user.username, previous="pending", next="declined")
        await add_event(connection, event, at=now, run_id=run_id)
        return await require_request(connection, request_id)


async def require_request(connection: AsyncConnection, request_id: UUID) -> StoredRequest:
    """One request.

    Raises:
        NotFoundError: if there is none of that id.
    """
    request = await find_request(connection, request_id)
    if request is None:
        raise NotFoundError(f"there is no crisis request {request_id}; `residency crisis status` lists them")
    return request


def require_pending(request: StoredRequest) -> None:
    """Refuse a request that cannot be decided any more.

    Raises:
        ConflictError: saying since when and why.
    """
    if request.status == "expired":
        hours = int(REQUEST_LIFETIME.total_seconds() // 3600)
        raise ConflictError(
            f"crisis request {request.id} expired at {request.expires_at:%Y-%m-%d %H:%M} UTC, {hours} hours "
            "after it was made, and cannot be decided any more; request it anew"
        )
    if request.status != "pending":
        raise ConflictError(
            f"crisis request {request.id} was {request.status} by {request.decided_by} at "
            f"{request.decided_at:%Y-%m-%d %H:%M} UTC and cannot be decided again"
        )


async def _refuse_needless(connection: AsyncConnection, ask: CrisisAsk) -> None:
    """Refuse what an open crisis does already; another fallback may be asked for at the same level."""
    crisis = await open_crisis(connection)
    if crisis is None or ask.word.shedding_level.rank > crisis.shedding_level.rank:
        return
    if ask.fallback_id is not None and ask.word.shedding_level is crisis.shedding_level:
        return
    raise ConflictError(
        f"a crisis is open already with load shed to {crisis.shedding_level}, since "
        f"{crisis.started_at:%Y-%m-%d %H:%M} UTC; {ask.word} ({ask.word.shedding_level}) would not raise it, "
        "and only its end lowers it: `residency crisis deactivate`"
    )
