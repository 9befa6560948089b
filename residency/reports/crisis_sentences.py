"""A crisis in plain sentences: what stops, what stays, which draft there is, and what to do next."""

from collections.abc import Sequence
from uuid import UUID

from residency.reports.wording import listed, period_label, plural
from residency.resilience.crisis_results import (
    CrisisOutcome,
    CrisisPlan,
    RecoveryOutcome,
    ShedLoad,
    Work,
)
from residency.resilience.load_shedding import (
    CATEGORY_NAMES,
    SUSPENDED_CATEGORIES,
    LoadSheddingLevel,
)

SCENARIO_WORDS = {
    "1_faculty_loss": "the loss of one faculty member",
    "2_faculty_loss": "the loss of two or more faculty members",
    "pcs_season_50_percent": "a season of changes of station",
    "holiday_skeleton": "a holiday",
    "pandemic_essential_only": "a pandemic",
    "mass_casualty_event": "a mass casualty event",
    "weather_emergency": "a weather emergency",
}
_NAMED = 5


def plan_sentences(plan: CrisisPlan) -> list[str]:
    """What a crisis comes to; the first sentence holds level and days and can stand alone."""
    return [
        _verdict(plan),
        *_capacity(plan.load),
        *_losses(plan),
        *plan.notes,
    ]


def outcome_sentences(outcome: CrisisOutcome) -> list[str]:
    """What the approval of a request did."""
    begun = {
        "activated": "The crisis response is active.",
        "raised": f"The open crisis was raised from {outcome.plan.from_level}.",
        "unchanged": f"A crisis is open already with load shed to {outcome.plan.from_level}; "
        "it was not lowered, and nothing else was changed.",
    }[outcome.result]
    if outcome.result == "unchanged" and outcome.version_id is None:
        return [begun]
    if outcome.result == "unchanged":
        begun = f"The open crisis stays at {outcome.plan.from_level}, with another fallback."
    return [begun, *plan_sentences(outcome.plan), *next_steps(outcome)]


def next_steps(outcome: CrisisOutcome) -> list[str]:
    """What a coordinator does next."""
    if outcome.version_id is None:
        return ["No draft was made. Tell the services that stop; end it with `residency crisis deactivate`."]
    return [
        f"Draft version {outcome.version_id} waits for a coordinator; nothing is published: "
        f"look at it with `residency validate {outcome.version_id}`, then "
        f"`residency publish {outcome.version_id}`."
    ]


def alert_message(outcome: CrisisOutcome) -> str:
    """The sentences that administrators and coordinators are alerted with; they name no person."""
    first = {
        "activated": "A crisis response is active.",
        "raised": "The open crisis was raised.",
        "unchanged": "The open crisis has another fallback.",
    }[outcome.result]
    verdict, *_ = plan_sentences(outcome.plan)
    return " ".join([first, verdict, *next_steps(outcome)])


def recovery_sentences(outcome: RecoveryOutcome) -> list[str]:
    """What ending a crisis did, and in which order work comes back."""
    if outcome.result == "no_action":
        return ["No crisis is open; nothing was changed."]
    names = list(dict.fromkeys(work.name for work in outcome.order))
    order = f"Work comes back in this order: {listed(names, _NAMED)}." if names else "No work had stopped."
    off = plural(outcome.fallbacks_off, "fallback is off", "fallbacks are off")
    return [
        f"The crisis is over: load is back from {outcome.from_level} to NORMAL.",
        order,
        f"{off[:1].upper()}{off[1:]}{_drafts(outcome.drafts)}.",
    ]


def categories(level: LoadSheddingLevel, *, stopped: bool) -> str:
    """The categories that stop at a level, or those that stay, most protected first."""
    stops = SUSPENDED_CATEGORIES[level]
    names = [name for category, name in CATEGORY_NAMES.items() if (category in stops) is stopped]
    return listed(names, len(CATEGORY_NAMES))


def hours(value: float) -> str:
    """``1 h``, ``12.5 h``, ``1 234 h``."""
    text = f"{value:,.1f}".replace(",", "\N{NO-BREAK SPACE}").removesuffix(".0")
    return f"{text} h"


def work_label(work: Work) -> str:
    """An activity with whose hours it takes: ``Clinic (4 h of faculty, 12 h of residents)``."""
    whose = ((work.hours, "faculty"), (work.resident_hours, "residents"))
    told = ", ".join(f"{hours(value)} of {who}" for value, who in whose if value)
    return f"{work.name} ({told})" if told else work.name


def _verdict(plan: CrisisPlan) -> str:
    load, days = plan.load, period_label(plan.period_start, plan.period_end)
    word = f"{plan.word[:1].upper()}{plan.word[1:]}"
    stopped = plural(len(load.suspended), "activity", "activities")
    return (
        f"{word} sheds load to {load.level}: {categories(load.level, stopped=True)} stop "
        f"({stopped} with {hours(load.suspended_hours)} of the faculty's work, {days}); "
        f"{categories(load.level, stopped=False)} stay, with {hours(load.protected_hours)}."
    )


def _capacity(load: ShedLoad) -> list[str]:
    can = f"the {hours(load.capacity_hours)} that the faculty can give below the 80 % mark"
    if load.excess_hours and load.automatic_level.rank <= load.level.rank:
        return [f"What stays exceeds {can} by {hours(load.excess_hours)}, and no level would make it fit."]
    if load.excess_hours:
        return [
            f"What stays exceeds {can} by {hours(load.excess_hours)}; {load.automatic_level} is the least "
            "level that could make it fit."
        ]
    enough = (
        f"; {load.automatic_level} would be enough for that" if load.automatic_level != load.level else ""
    )
    return [f"What stays fits {can}{enough}."]


def _losses(plan: CrisisPlan) -> list[str]:
    lost = plural(len(plan.lost), "faculty member is", "faculty members are")
    who = f" ({listed(list(plan.lost), _NAMED)})" if plan.lost else ""
    sentences = [f"{lost} lost from duty that the schedule counts on{who}." if plan.lost else _NOBODY]
    fallback = plan.fallback
    if fallback is None:
        return [*sentences, *([] if plan.scenario else ["No fallback is called for."])]
    made = "made on the spot" if fallback.made_on_the_spot else "prepared"
    empty = plural(fallback.unfilled_slots, "slot stays empty", "slots stay empty")
    return [
        *sentences,
        f"The fallback for {SCENARIO_WORDS[fallback.scenario]} ({fallback.scenario}, {made}) covers "
        f"{int(1000 * fallback.coverage) / 10:g} % with {plural(fallback.changes, 'change')}; {empty}"
        f"{_violations(fallback.violations)}.",
    ]


_NOBODY = "No faculty member is lost from duty that the schedule counts on."


def _violations(count: int) -> str:
    return f"; it breaks {plural(count, 'binding rule')} that the schedule before did not" if count else ""


def _drafts(drafts: Sequence[UUID]) -> str:
    if not drafts:
        return ""
    stay = "draft stays" if len(drafts) == 1 else "drafts stay"
    return f"; the {stay} as before ({', '.join(map(str, drafts))})"
