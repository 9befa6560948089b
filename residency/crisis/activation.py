"""Approving a request by a second person, which activates the crisis response in the same transaction."""

from dataclasses import dataclass
from datetime import datetime
from functools import partial
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from residency.audit.actions import give_reason, record_action
from residency.crisis.calls import ask_no_longer
from residency.crisis.deployment import Keeping, Prepared, prepare_fallback
from residency.crisis.expiry import expire_overdue
from residency.crisis.people import responsible_user
from residency.crisis.planning import crisis_plan
from residency.crisis.requests import (
    EVENT_SEVERITY,
    require_approver,
    require_pending,
    require_request,
    word_of,
)
from residency.crisis.situation import Situation, read_situation
from residency.crisis.transactions import with_schedules_held
from residency.messaging.outbox import FlowRunRequest, request_flow_run
from residency.program.vocabulary import AlertLevel
from residency.reports.crisis_sentences import alert_message
from residency.resilience.crisis_results import CrisisOutcome
from residency.resilience.load_shedding import LoadSheddingLevel
from residency.store.crises import (
    Decision,
    Event,
    StoredCrisis,
    activate_fallback,
    add_crisis,
    add_decision,
    add_event,
    fallbacks_in_force,
    open_crisis,
    raise_crisis,
)
from residency.store.crisis_requests import StoredRequest, decide_request, keep_outcome
from residency.store.draft_versions import draft_from_fallback
from residency.store.users import StoredUser

ALERT_CATEGORY = "crisis"
"""Of the alerts that a crisis raises; its end resolves them."""


@dataclass(frozen=True, slots=True)
class _Approval:
    """One approval under way."""

    request: StoredRequest
    approver: StoredUser
    now: datetime
    timezone: str
    run_id: UUID | None

    @property
    def level(self) -> LoadSheddingLevel:
        return word_of(self.request).shedding_level

    @property
    def severity(self) -> str:
        return EVENT_SEVERITY[self.level]


async def approve_request(
    engine: AsyncEngine,
    request_id: UUID,
    *,
    by: str,
    now: datetime,
    timezone: str,
    field: str = "by",
    run_id: UUID | None = None,
) -> CrisisOutcome:
    """Approve a request and activate the crisis response that it asks for; nothing is published.

    One transaction opens the crisis or makes the open one graver, decides what is suspended, makes a draft
    version of the fallback that fits, and has administrators and coordinators told. A crisis that is open and
    as grave stays as it is. Whoever approved the request already is answered the same again.

    Args:
        engine: the program's database.
        request_id: the request.
        by: who approves.
        now: the current instant, aware.
        timezone: the site's IANA time zone.
        field: what the approver is named as in errors.
        run_id: the flow run that acts, if it is one.

    Raises:
        NotFoundError: if there is no such request, user or fallback.
        InvalidInputError: if the user may not approve it.
        ConflictError: if it is decided or expired, or the fallback that it names cannot be used.
    """
    await expire_overdue(engine, now)
    work = partial(
        _approve, request_id=request_id, by=by, now=now, timezone=timezone, field=field, run_id=run_id
    )
    return await with_schedules_held(engine, work)


async def _approve(
    connection: AsyncConnection,
    *,
    request_id: UUID,
    by: str,
    now: datetime,
    timezone: str,
    field: str,
    run_id: UUID | None,
) -> CrisisOutcome:
    request = await require_request(connection, request_id)
    approver = await responsible_user(connection, field, by)
    if request.status == "approved" and request.decided_by == approver.username:
        return CrisisOutcome.model_validate(request.outcome).model_copy(update={"replayed": True})
    require_pending(request)
    asked = request.asked
    await require_approver(connection, field, approver, asked.requested_by, word_of(request))
    approval = _Approval(request, approver, now, timezone, run_id)
    words = f"crisis requested by {asked.requested_by}, approved by {approver.username}: {asked.reason}"
    await give_reason(connection, words)
    await decide_request(connection, request_id, "approved", by=approver.username, at=now)
    await ask_no_longer(connection, request_id, now)
    await _note(connection, approval, "crisis_approved", None, previous="pending", then="approved")
    outcome = await _activate(connection, approval)
    await keep_outcome(connection, request, outcome.crisis_id, outcome.model_dump(mode="json"))
    return outcome


async def _activate(connection: AsyncConnection, approval: _Approval) -> CrisisOutcome:
    former = await open_crisis(connection)
    graver = former is None or approval.level.rank > former.shedding_level.rank
    asked = approval.request.asked
    today = approval.now.astimezone(ZoneInfo(approval.timezone)).date()
    situation = await read_situation(connection, approval.level, today, approval.timezone)
    wanted = graver or asked.fallback_id is not None
    prepared = (
        await prepare_fallback(
            connection,
            situation,
            asked.fallback_id,
            approval.timezone,
            keeping=Keeping(approval.now, approval.run_id),
        )
        if wanted
        else Prepared(None)
    )
    plan = crisis_plan(word_of(approval.request), former, situation, prepared)
    crisis_id = await _keep_crisis(connection, approval, former, situation)
    version_id = await _deploy(connection, approval, crisis_id, prepared, situation)
    result = "activated" if former is None else ("raised" if graver else "unchanged")
    outcome = CrisisOutcome(
        result=result,
        request_id=approval.request.id,
        crisis_id=crisis_id,
        plan=plan,
        version_id=version_id,
        alert_key=f"crisis:{approval.request.id}" if wanted else None,
        at=approval.now,
    )
    if wanted:
        await record_action(
            connection,
            "execute",
            "crisis_activations",
            str(crisis_id),
            details={"result": result, "level": approval.level, "request_id": str(approval.request.id)},
        )
        await _request_follow_ups(connection, outcome)
    return outcome


async def _keep_crisis(
    connection: AsyncConnection, approval: _Approval, former: StoredCrisis | None, situation: Situation
) -> UUID:
    """Open the crisis, or make the open one graver, with the decision and events; one as grave stays."""
    asked = approval.request.asked
    if former is None:
        crisis_id = await add_crisis(
            connection,
            level=asked.level,
            severity=asked.severity,
            shedding_level=approval.level,
            reason=asked.reason,
            approved_by=approval.approver.username,
            idempotency_key=asked.idempotency_key,
            at=approval.now,
            run_id=approval.run_id,
        )
        from_level, event = LoadSheddingLevel.NORMAL, "crisis_activated"
    elif approval.level.rank > former.shedding_level.rank:
        crisis_id, from_level, event = former.id, former.shedding_level, "crisis_raised"
        await raise_crisis(
            connection,
            crisis_id,
            level=asked.level,
            severity=asked.severity,
            shedding_level=approval.level,
        )
    else:
        return former.id
    decision = Decision(
        crisis_id=crisis_id,
        from_level=from_level,
        shedding=situation.shedding,
        reason=asked.reason,
        approved_by=approval.approver.username,
        method=word_of(approval.request).method,
        utilization=situation.utilization,
        coverage=situation.coverage,
    )
    await add_decision(connection, decision, at=approval.now, run_id=approval.run_id)
    for name in (event, "load_shedding_changed"):
        await _note(connection, approval, name, crisis_id, previous=from_level, then=approval.level)
    return crisis_id


async def _deploy(
    connection: AsyncConnection,
    approval: _Approval,
    crisis_id: UUID,
    prepared: Prepared,
    situation: Situation,
) -> UUID | None:
    """The draft made of the fallback; the former one where the fallback is in force already."""
    fallback = prepared.stored
    if fallback is None:
        return None
    for each in await fallbacks_in_force(connection):
        if each.fallback_id == fallback.id:
            return each.version_id
    start = max(situation.period.start, fallback.period.start)
    version_id = await draft_from_fallback(connection, fallback, start, approval.approver.username)
    await activate_fallback(
        connection,
        fallback_id=fallback.id,
        crisis_id=crisis_id,
        version_id=version_id,
        coverage=fallback.coverage,
        by=approval.approver.username,
        reason=approval.request.asked.reason,
        at=approval.now,
    )
    await _note(
        connection, approval, "fallback_activated", crisis_id, previous="ready", then=fallback.scenario
    )
    return version_id


async def _note(
    connection: AsyncConnection,
    approval: _Approval,
    name: str,
    crisis_id: UUID | None,
    *,
    previous: str,
    then: str,
) -> None:
    event = Event(
        name,
        approval.severity,
        approval.request.asked.reason,
        approval.approver.username,
        crisis_id,
        previous,
        then,
    )
    await add_event(connection, event, at=approval.now, run_id=approval.run_id)


async def _request_follow_ups(connection: AsyncConnection, outcome: CrisisOutcome) -> None:
    """Wish for the critical alert, and for the draft to be measured."""
    parameters = {
        "level": AlertLevel.CRITICAL,
        "category": ALERT_CATEGORY,
        "message": alert_message(outcome)[:2000],
        "details": {"crisis_id": str(outcome.crisis_id), "level": outcome.plan.load.level},
        "idempotency_key": outcome.alert_key,
    }
    key = str(outcome.alert_key)
    alert = FlowRunRequest(flow="send_resilience_alert", parameters=parameters, dedup_key=key)
    await request_flow_run(connection, alert)
    if outcome.version_id is not None:
        measuring = FlowRunRequest(
            flow="compute_schedule_metrics",
            parameters={"version_id": str(outcome.version_id)},
            dedup_key=f"{key}:metrics",
        )
        await request_flow_run(connection, measuring)
