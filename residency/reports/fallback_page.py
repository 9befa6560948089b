"""The page of the fallback schedules: how well each bad day is covered, and what to look at first."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime

from residency.program.calendar import half_day_label
from residency.program.vocabulary import Half
from residency.reports import markdown
from residency.reports.markdown import escape
from residency.reports.wording import day_label, listed, moment_label, percent, period_label, plural
from residency.resilience.fallback_results import LEAST_COVERAGE, StoredFallback

SCENARIO_WORDS = {
    "1_faculty_loss": "one faculty member lost",
    "2_faculty_loss": "two faculty members lost",
    "pcs_season_50_percent": "half of the faculty gone",
    "holiday_skeleton": "holiday skeleton",
    "pandemic_essential_only": "pandemic, essential work only",
    "mass_casualty_event": "mass-casualty event",
    "weather_emergency": "weather emergency",
}
"""What the scenarios are called in sentences, in their order."""

LOOKED_AT = 8
_NAMED = 4
_SPACE = "\N{NO-BREAK SPACE}"
_NONE = "\N{EN DASH}"


def fallback_sentences(fallbacks: Sequence[StoredFallback]) -> list[str]:
    """The verdict in plain text: the first sentence alone tells whether every bad day is prepared for."""
    if not fallbacks:
        return ["No fallback schedule is prepared."]
    short = {each.scenario for each in fallbacks if each.coverage < LEAST_COVERAGE}
    missing = [scenario for scenario in SCENARIO_WORDS if not _of(fallbacks, scenario)]
    worst = min(fallbacks, key=lambda each: each.coverage)
    if short:
        names = [SCENARIO_WORDS[scenario] for scenario in SCENARIO_WORDS if scenario in short]
        first = f"Less than 80 % of the slots can be covered in case of: {listed(names, len(names))}."
    else:
        first = f"Every bad day that is prepared for keeps {_coverage(worst)} of its slots or more covered."
    told = [first, f"{plural(len(fallbacks), 'fallback schedule')} stand ready."]
    if len(fallbacks) == 1:
        told[1] = "One fallback schedule stands ready."
    if short:
        told.append(f"The worst is {_case(worst)}: {_coverage(worst)} covered.")
    if missing:
        names = [SCENARIO_WORDS[scenario] for scenario in missing]
        told.append(f"Nothing is prepared for: {listed(names, len(names))}.")
    if broken := [each for each in fallbacks if each.violations]:
        told.append(
            f"{plural(len(broken), 'of them breaks', 'of them break')} a binding rule because of locked work."
        )
    if calls := sum(each.unstaffed_calls > 0 for each in fallbacks):
        told.append(f"In {calls} of them nobody can take some call shift.")
    return told


def render_fallbacks(
    fallbacks: Sequence[StoredFallback], *, at: datetime, timezone: str, warnings: Sequence[str] = ()
) -> str:
    """The Markdown page of all fallback schedules that stand ready, people by pseudonym.

    Args:
        fallbacks: those that are ready or active.
        at: when they were computed or looked over, an aware instant.
        timezone: the program's time zone, in which the instant is shown.
        warnings: what could not be done, in sentences.
    """
    first, *others = fallback_sentences(fallbacks)
    title = "# Fallback schedules"
    if fallbacks:
        start, end = min(each.valid_from for each in fallbacks), max(each.valid_until for each in fallbacks)
        title = f"{title}, {period_label(start, end)}"
    return markdown.page(
        [
            title,
            f"**{escape(first)}** {escape(' '.join(others))}",
            f"Looked over {escape(moment_label(at, timezone))}.",
            _scenarios(fallbacks),
            _first(fallbacks),
            f"## What could not be done\n\n{markdown.bullets(warnings)}" if warnings else "",
            _assumptions(fallbacks),
            _computed(),
        ]
    )


def _of(fallbacks: Sequence[StoredFallback], scenario: str) -> list[StoredFallback]:
    return [each for each in fallbacks if each.scenario == scenario]


def _coverage(fallback: StoredFallback) -> str:
    return percent(*fallback.coverage.as_integer_ratio())


def _case(fallback: StoredFallback) -> str:
    people = listed(list(fallback.pseudonyms), _NAMED)
    words = SCENARIO_WORDS[fallback.scenario]
    return f"{words} ({people})" if people else words


def _gap(fallbacks: Sequence[StoredFallback]) -> str:
    """How far the worst of some fallbacks may be from the best there can be."""
    gaps = [each.gap for each in fallbacks]
    known = [gap for gap in gaps if gap is not None]
    if not known:
        return "not proven"
    rest = len(gaps) - len(known)
    more = f", {rest} not proven" if rest else ""
    return f"{100 * max(known):.1f}{_SPACE}%{more}"


def _scenarios(fallbacks: Sequence[StoredFallback]) -> str:
    rows: list[list[str]] = []
    for scenario, words in SCENARIO_WORDS.items():
        cases = _of(fallbacks, scenario)
        if not cases:
            rows.append([words, "0", *[_NONE] * 6])
            continue
        worst = min(cases, key=lambda each: each.coverage)
        rows.append(
            [
                words,
                str(len(cases)),
                f"**{_coverage(worst)}**" if worst.coverage < LEAST_COVERAGE else _coverage(worst),
                str(max(each.changes for each in cases)),
                str(max(each.unfilled_slots for each in cases)),
                _gap(cases),
                f"{sum(each.gap == 0 for each in cases)} of {len(cases)}",
                _last_day(min(each.last_day for each in cases)),
            ]
        )
    header = [
        "Scenario",
        "Cases>",
        "Covered at worst>",
        "Most changes>",
        "Most empty slots>",
        "Most above the proven least>",
        "Proven the best>",
        "Holds through",
    ]
    return markdown.table(header, rows)


def _last_day(day: date) -> str:
    return f"{day_label(day)} {day.year}".replace(" ", _SPACE)


def _first(fallbacks: Sequence[StoredFallback]) -> str:
    """The fallbacks that leave slots or call empty or break a rule, the lowest coverage first."""
    hard = [each for each in fallbacks if each.unfilled_slots or each.violations or each.unstaffed_calls]
    hard.sort(key=lambda each: (each.coverage, -each.unfilled_slots, each.scenario, each.pseudonyms))
    if not hard:
        return "**Nothing has to be looked at: each of them fills every slot.**" if fallbacks else ""
    rows = [
        [
            escape(_case(each)),
            _coverage(each),
            _empty(each),
            plural(each.unstaffed_calls, "shift") if each.unstaffed_calls else _NONE,
            escape(" ".join(each.violations[:2])) or _NONE,
        ]
        for each in hard[:LOOKED_AT]
    ]
    rest = len(hard) - LOOKED_AT
    more = f"\n\n{plural(rest, 'other leaves', 'others leave')} something empty too." if rest > 0 else ""
    header = ["Bad day", "Covered>", "Empty slots", "Call nobody can take", "Rules broken"]
    return f"## What to look at first\n\n{markdown.table(header, rows)}{more}"


def _empty(fallback: StoredFallback) -> str:
    """Posts with empty slots, most first, and the first half-day of the period that is short."""
    if not fallback.unfilled:
        return _NONE
    posts: defaultdict[str, int] = defaultdict(int)
    for each in fallback.unfilled:
        posts[each["post"]] += each["slots"]
    most = sorted(posts, key=lambda post: (-posts[post], post))
    named = listed([f"{escape(post)} {posts[post]}" for post in most], _NAMED)
    first = fallback.unfilled[0]
    label = half_day_label(date.fromisoformat(first["date"]), Half(first["half"]))
    return f"{named}; first {label.replace(' ', _SPACE)}"


def _assumptions(fallbacks: Sequence[StoredFallback]) -> str:
    told: list[str] = []
    for scenario, words in SCENARIO_WORDS.items():
        assumed = dict.fromkeys(each for case in _of(fallbacks, scenario) for each in case.assumptions)
        if assumed:
            told.append(f"- **{words}**: {escape(' '.join(assumed))}")
    return "## What is assumed\n\n" + "\n".join(told) if told else ""


def _computed() -> str:
    return (
        "## How this was computed\n\n"
        "- Each fallback is the published schedule repaired. No binding duty-hours rule is newly broken; "
        "then as few slots as possible stay empty, the more protected first; then as few half-days as "
        "possible change; then the extra work is spread evenly.\n"
        "- **Most above the proven least**: how far the cost of the worst one may lie above that of the best "
        "repair there can be.\n"
        "- **Holds through**: a fallback goes out of date before that when the schedule, the people or the "
        "absences that it depends on change; it is then computed anew.\n"
        "- Nothing here is in force. A crisis turns a fallback into a draft, and a person publishes that."
    )
