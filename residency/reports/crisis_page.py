"""The page of one crisis: verdict in words first, then what stops, what stays, and what to do next."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from residency.reports import markdown
from residency.reports.crisis_sentences import (
    hours,
    next_steps,
    outcome_sentences,
    plan_sentences,
    recovery_sentences,
)
from residency.reports.markdown import escape
from residency.reports.wording import moment_label
from residency.resilience.crisis_results import CrisisOutcome, CrisisPlan, RecoveryOutcome, Work
from residency.resilience.load_shedding import CATEGORY_NAMES

WORK_LISTED = 40


def render_simulation(plan: CrisisPlan, *, at: datetime, timezone: str) -> str:
    """The page of a plan that nothing was done about."""
    verdict, *facts = plan_sentences(plan)
    return markdown.page(
        [
            "# Crisis response, simulated",
            f"**{escape(verdict)}** {escape(' '.join(facts))}",
            f"Nothing was changed. Computed {escape(moment_label(at, timezone))}.",
            *_work(plan),
        ]
    )


def render_awaiting(request_id: UUID, word: str, expires_at: datetime, *, status: str, timezone: str) -> str:
    """The page of a request that a second person has to decide, or that was decided without a crisis."""
    waits = (
        f"**{escape(f'Crisis response requested ({word}); it waits for a second person.')}** "
        f"Until {escape(moment_label(expires_at, timezone))} another administrator or coordinator may "
        "approve it; nothing has changed yet."
        if status == "pending"
        else f"**The request was {escape(status)}; nothing was changed.**"
    )
    commands = [f"    residency crisis {verb} {request_id} --by NAME" for verb in ("approve", "decline")]
    return markdown.page(["# Crisis response", waits, "\n".join(commands) if status == "pending" else ""])


def render_activation(outcome: CrisisOutcome, *, timezone: str) -> str:
    """The page of a crisis that was declared or raised."""
    steps = next_steps(outcome)
    verdict, *facts = [each for each in outcome_sentences(outcome) if each not in steps]
    return markdown.page(
        [
            "# Crisis response",
            f"**{escape(verdict)}** {escape(' '.join(facts))}".rstrip(),
            f"Decided by two people {escape(moment_label(outcome.at, timezone))}.",
            f"## What to do next\n\n{markdown.bullets(steps)}" if outcome.alert_key else "",
            *_work(outcome.plan),
        ]
    )


def render_recovery(outcome: RecoveryOutcome, *, at: datetime, timezone: str) -> str:
    """The page of a crisis that was ended."""
    verdict, *facts = recovery_sentences(outcome)
    return markdown.page(
        [
            "# Crisis response, ended" if outcome.crisis_id else "# Crisis response",
            f"**{escape(verdict)}** {escape(' '.join(facts))}".rstrip(),
            f"{escape(moment_label(at, timezone))}.",
            _table("The way back, first things first", outcome.order),
        ]
    )


def _work(plan: CrisisPlan) -> tuple[str, str]:
    return (
        _table("What stops, in this order", plan.load.suspended),
        _table("What stays protected", plan.load.protected),
    )


def _table(title: str, work: Sequence[Work]) -> str:
    if not work:
        return f"## {title}\n\nNothing."
    rows = [
        (
            escape(each.name),
            f"{each.category} {CATEGORY_NAMES[each.category]}",
            "required" if each.required else "optional",
            hours(each.hours),
            hours(each.resident_hours),
        )
        for each in work[:WORK_LISTED]
    ]
    more = f"\n\nAnd {len(work) - WORK_LISTED} more." if len(work) > WORK_LISTED else ""
    header = ("Work", "Category", "", "Faculty>", "Residents>")
    return f"## {title}\n\n{markdown.table(header, rows)}{more}"
