"""Commands of crisis response: its state, requests that two people decide, its end, and trying it out."""

import asyncio
import json
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import typer

from residency.settings import Settings

if TYPE_CHECKING:
    from residency.crisis.requests import Filed
    from residency.crisis.status import CrisisStatus
    from residency.resilience.crisis_results import CrisisOutcome, CrisisPlan, RecoveryOutcome
    from residency.store.crisis_requests import StoredRequest

_LISTED = 12

Request = Annotated[UUID, typer.Argument(help="The request's id, as `residency crisis status` shows it.")]
By = Annotated[str, typer.Option("--by", help="The user who decides: an administrator or coordinator.")]
Level = Annotated[str | None, typer.Option(help="warning (ORANGE), critical (RED) or emergency (BLACK).")]
Severity = Annotated[
    str | None,
    typer.Option(
        help="Instead of a level: minor (YELLOW), moderate (ORANGE), severe (RED), critical (BLACK)."
    ),
]
ToCritical = Annotated[
    bool,
    typer.Option("--to-critical", help="Shed load to CRITICAL; for an administrator alone to approve."),
]
Fallback = Annotated[UUID | None, typer.Option(help="The fallback to use instead of the one that fits.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the outcome as JSON.")]


def register(app: typer.Typer) -> None:
    """Add the group ``crisis``."""
    group = typer.Typer(no_args_is_help=True, help="Crisis response, which two people decide together.")
    for command in (status, request, approve, decline, deactivate, simulate):
        group.command(command.__name__)(command)
    app.add_typer(group, name="crisis")


def status(as_json: AsJson = False) -> None:
    """Tell whether a crisis is open, what is suspended, and which requests wait for a second person."""
    from residency.crisis.status import crisis_status
    from stack.database import program_database

    async def read() -> "CrisisStatus":
        async with program_database(Settings()) as engine:
            return await crisis_status(engine, datetime.now(UTC))

    found = asyncio.run(read())
    if as_json:
        _print_json(asdict(found))
        return
    _show_status(found)


def request(
    reason: Annotated[str, typer.Option(help="Why, in words on one line.")],
    by: Annotated[str, typer.Option("--by", help="The user who asks: an administrator or coordinator.")],
    level: Level = None,
    severity: Severity = None,
    to_critical: ToCritical = False,
    fallback: Fallback = None,
    key: Annotated[
        str | None,
        typer.Option(
            help="The same key again is the same request; by default what is asked for, and the hour."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Ask for a crisis response; nothing happens before a second person approves it."""
    from residency.crisis.asking import CrisisAsk, CrisisWord
    from residency.crisis.requests import file_request
    from residency.store.idempotency import default_key
    from stack.database import program_database

    word, now = CrisisWord(level, severity, to_critical), datetime.now(UTC)
    content = {"word": str(word), "reason": reason, "by": by.casefold(), "fallback": str(fallback)}
    hour = now.replace(minute=0, second=0, microsecond=0)
    ask = CrisisAsk(
        word=word,
        reason=reason,
        requested_by=by,
        idempotency_key=default_key("crisis", content, hour) if key is None else key,
        fallback_id=fallback,
    )

    async def file() -> "Filed":
        async with program_database(Settings()) as engine:
            return await file_request(engine, ask, now=now)

    filed = asyncio.run(file())
    late = _tell_everybody()
    if as_json:
        _print_json({**_request(filed.request), "replayed": filed.replayed, "alert_waits": late})
        return
    _show_filed(filed)
    _show_late(late)


def approve(request: Request, by: By, as_json: AsJson = False) -> None:
    """Approve a request as the second person: the crisis response begins, and a draft version is made."""
    from residency.crisis.activation import approve_request
    from residency.reports.crisis_sentences import outcome_sentences
    from stack.database import program_database

    settings = Settings()

    async def begin() -> "CrisisOutcome":
        async with program_database(settings) as engine:
            return await approve_request(
                engine, request, by=by, now=datetime.now(UTC), timezone=settings.timezone
            )

    outcome = asyncio.run(begin())
    late = _tell_everybody()
    if as_json:
        _print_json({**outcome.model_dump(mode="json"), "alert_waits": late})
        return
    if outcome.replayed:
        print(f"Request {request} was approved already, at {_minute(outcome.at)}; nothing was changed now.")
    print("\n".join(outcome_sentences(outcome)))
    _show_late(late)


def decline(
    request: Request,
    by: By,
    reason: Annotated[str, typer.Option(help="Why, in words on one line.")],
    as_json: AsJson = False,
) -> None:
    """Decline a request as the second person; nothing changes."""
    from residency.crisis.requests import decline_request
    from stack.database import program_database

    async def refuse() -> "StoredRequest":
        async with program_database(Settings()) as engine:
            return await decline_request(engine, request, by=by, reason=reason, now=datetime.now(UTC))

    declined = asyncio.run(refuse())
    if as_json:
        _print_json(_request(declined))
        return
    print(f"Request {request} is declined by {declined.decided_by}; nothing was changed.")


def deactivate(
    reason: Annotated[str, typer.Option(help="Why it is over, in words on one line.")],
    by: By,
    as_json: AsJson = False,
) -> None:
    """End the crisis: say in which order work comes back, normal load again, fallbacks off."""
    from residency.crisis.deactivation import deactivate_crisis
    from residency.reports.crisis_sentences import recovery_sentences
    from stack.database import program_database

    async def end() -> "RecoveryOutcome":
        async with program_database(Settings()) as engine:
            return await deactivate_crisis(engine, reason=reason, by=by, now=datetime.now(UTC))

    outcome = asyncio.run(end())
    if as_json:
        _print_json(outcome.model_dump(mode="json"))
        return
    print("\n".join(recovery_sentences(outcome)))


def simulate(
    level: Level = None,
    severity: Severity = None,
    to_critical: ToCritical = False,
    fallback: Fallback = None,
    as_json: AsJson = False,
) -> None:
    """Show what would be suspended and protected, and which fallback would be used; change nothing."""
    from residency.crisis.asking import CrisisWord
    from residency.crisis.simulation import simulate_crisis
    from stack.database import program_database

    settings = Settings()
    word = CrisisWord(level, severity, to_critical)

    async def try_out() -> "CrisisPlan":
        async with program_database(settings) as engine:
            return await simulate_crisis(
                engine, word, now=datetime.now(UTC), timezone=settings.timezone, fallback_id=fallback
            )

    plan = asyncio.run(try_out())
    if as_json:
        _print_json(plan.model_dump(mode="json"))
        return
    _show_plan(plan)


def _tell_everybody() -> str | None:
    """Start the alert that was wished for; why it waits where that cannot be."""
    from stack.wishes import carry_out_wishes

    return asyncio.run(carry_out_wishes(Settings()))


def _show_late(late: str | None) -> None:
    if late:
        print(f"The alert to all administrators and coordinators waits for the next health check: {late}.")


def _show_filed(filed: "Filed") -> None:
    from residency.crisis.requests import word_of

    asked = filed.request
    if asked.status != "pending":
        print(
            f"Request {asked.id} was made before and is {asked.status}; nothing was changed. "
            "Is it a new crisis? Ask again with a --key of your own."
        )
        return
    begun = "was made before and waits" if filed.replayed else "waits"
    print(
        f"Request {asked.id} ({word_of(asked)}) {begun} until {_minute(asked.expires_at)} for a second "
        "person. Nothing has changed yet.\n"
        f"  residency crisis approve {asked.id} --by NAME"
    )


def _show_status(found: "CrisisStatus") -> None:
    from residency.crisis.requests import word_of

    crisis = found.crisis
    if crisis is None:
        print("No crisis is open, and there was none before.")
    elif crisis.ended_at is not None:
        print(
            f"No crisis is open. The last one, at {crisis.shedding_level}, ended {_minute(crisis.ended_at)} "
            f"by {crisis.ended_by}: {crisis.end_reason}"
        )
    else:
        print(
            f"A crisis is open since {_minute(crisis.started_at)}: load is shed to {found.level}. "
            f"Approved by {crisis.approved_by}: {crisis.reason}"
        )
    if found.shedding is not None:
        _show_names("Suspended", [each.name for each in found.shedding.suspended])
        _show_names("Protected", [each.name for each in found.shedding.protected])
    for each in found.fallbacks:
        print(
            f"  Fallback {each.scenario} in force, {100 * each.coverage:.0f} % covered, "
            f"draft {each.version_id}"
        )
    for waiting in found.pending:
        print(
            f"  Request {waiting.id} ({word_of(waiting)}) by {waiting.asked.requested_by} waits until "
            f"{_minute(waiting.expires_at)}: {waiting.asked.reason}"
        )


def _show_plan(plan: "CrisisPlan") -> None:
    from residency.reports.crisis_sentences import plan_sentences, work_label

    print("Simulated, and nothing was changed.")
    print("\n".join(plan_sentences(plan)))
    for title, work in (("Would stop", plan.load.suspended), ("Would stay", plan.load.protected)):
        _show_names(title, [work_label(each) for each in work])


def _show_names(title: str, names: list[str]) -> None:
    unique = list(dict.fromkeys(names))
    more = f" and {len(unique) - _LISTED} more; --json lists all" if len(unique) > _LISTED else ""
    print(f"  {title}: {', '.join(unique[:_LISTED]) or 'nothing'}{more}")


def _request(stored: "StoredRequest") -> dict[str, Any]:
    facts = asdict(stored)
    return {**facts.pop("asked"), **facts}


def _minute(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def _print_json(body: object) -> None:
    print(json.dumps(body, indent=2, default=str))
