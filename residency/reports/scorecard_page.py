"""The scorecard of a schedule on one page: verdict, grade, every measure with its change, what stands out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from residency.quality.results import (
    Compliance,
    Coverage,
    Fairness,
    Load,
    ScheduleMetrics,
    ServiceCoverage,
)
from residency.reports import markdown
from residency.reports.markdown import escape
from residency.reports.quality_sentences import (
    STATUS_WORDS,
    figure,
    finding_sentence,
    least_fair,
    schedule_sentences,
    share,
)
from residency.reports.wording import moment_label, period_label, plural

LISTED = 5
"""Services, findings and warnings named; the page stays one page."""

_UP, _DOWN = "\N{BLACK UP-POINTING TRIANGLE}", "\N{BLACK DOWN-POINTING TRIANGLE}"
_NONE = "\N{EN DASH}"

Figure = Callable[[ScheduleMetrics], float | None]


@dataclass(frozen=True, slots=True)
class LastSnapshot:
    """The snapshot that the arrows compare with, and when it was taken (aware)."""

    metrics: ScheduleMetrics
    at: datetime


@dataclass(frozen=True, slots=True)
class _Measure:
    """One row of the table: what to show, from which figure, a share 0..1 unless it says otherwise."""

    name: str
    figure: Figure
    words: Callable[[ScheduleMetrics], str]
    lower_is_better: bool = False
    unit: str = "%"


def render_scorecard(
    metrics: ScheduleMetrics, *, at: datetime, timezone: str, last: LastSnapshot | None = None
) -> str:
    """The Markdown page of a schedule's measures.

    Args:
        metrics: the measures, people under pseudonyms.
        at: when they were taken, an aware instant.
        timezone: the program's time zone, in which instants are shown.
        last: the snapshot before, None when there is none: then there are no arrows.
    """
    title = f"# Schedule scorecard, {period_label(metrics.period_start, metrics.period_end)}"
    verdict = f"**{STATUS_WORDS[metrics.status]}.** {escape(' '.join(schedule_sentences(metrics)))}"
    taken = f"Measured {escape(moment_label(at, timezone))}"
    if metrics.stability is None:  # nobody is assigned to anything, and the verdict says so
        return markdown.page([title, verdict, f"{taken}."])
    before = f"arrows against {escape(moment_label(last.at, timezone))}" if last else "no snapshot before it"
    return markdown.page(
        [
            title,
            verdict,
            f"**Stability grade {metrics.stability.grade}** ({metrics.stability.score:.0f} of 100)",
            f"{taken}; {before}.",
            _table(metrics, last.metrics if last else None),
            _services(metrics),
            _new_violations(metrics),
            _section("Data to put right", metrics.warnings),
            _computed(metrics),
        ]
    )


def _table(metrics: ScheduleMetrics, before: ScheduleMetrics | None) -> str:
    rows = [
        [
            each.name,
            f"**{_value(now, each.unit)}**",
            _change(each, now, before and each.figure(before)),
            each.words(metrics),
        ]
        for each in _MEASURES
        if (now := each.figure(metrics)) is not None
    ]
    return markdown.table(["Measure", "Now>", "Since last", "In words"], rows)


def _value(value: float, unit: str) -> str:
    return share(value) if unit == "%" else f"{figure(value, 1)}{unit}"


def _change(measure: _Measure, now: float, before: float | None) -> str:
    """An arrow for what grew or shrank, and whether that is better; a dash without a figure before."""
    if before is None:
        return _NONE
    scale, digits = (100, 1) if measure.unit == "%" else (1, 1)
    moved = round(scale * (now - before), digits)
    if not moved:
        return "="
    size = f"{abs(moved):,.1f}{' points' if measure.unit == '%' else measure.unit}"
    if measure.unit == _HOURS:  # more hours are neither better nor worse
        return f"{_UP if moved > 0 else _DOWN} {size}"
    better = (moved < 0) is measure.lower_is_better
    return f"{_UP if moved > 0 else _DOWN} {size}, {'better' if better else 'worse'}"


def _fairness_of(load: Load) -> Figure:
    def overall(metrics: ScheduleMetrics) -> float | None:
        found = _load(metrics, load)
        return found.overall if found else None

    return overall


def _load(metrics: ScheduleMetrics, load: Load) -> Fairness | None:
    shown = (metrics.fairness, *metrics.other_fairness)
    return next((each for each in shown if each is not None and each.load == load), None)


def _fairness_words(load: Load) -> Callable[[ScheduleMetrics], str]:
    def words(metrics: ScheduleMetrics) -> str:
        found = _load(metrics, load)
        least = least_fair(found) if found else None
        told = STATUS_WORDS[found.status].lower() if found else ""
        return f"{told}; least in {escape(least.cohort)} ({share(least.fairness)})" if least else told

    return words


def _coverage_words(metrics: ScheduleMetrics) -> str:
    filled = metrics.coverage
    return f"{_status(filled)}; {plural(filled.required - filled.filled, 'slot')} empty" if filled else ""


def _compliance_words(metrics: ScheduleMetrics) -> str:
    judged = metrics.compliance
    found = (judged.violations, judged.warnings) if judged else (0, 0)
    return f"{_status(judged)}; {plural(found[0], 'violation')}, {plural(found[1], 'warning')}"


def _status(measured: Coverage | Compliance | None) -> str:
    return STATUS_WORDS[measured.status].lower() if measured else ""


def _workload_words(metrics: ScheduleMetrics) -> str:
    work = metrics.workload
    return (
        f"of a resident, {work.mean_percent_of_target:.0f} % of the target; "
        f"from {work.min_hours:,.0f} to {work.max_hours:,.0f} h"
        if work
        else ""
    )


def _churn_words(metrics: ScheduleMetrics) -> str:
    steady = metrics.stability
    if steady is None or not steady.compared_days:
        return "no earlier version"
    return f"{steady.added} added, {steady.removed} removed, {steady.modified} changed"


_HOURS = " h"
_MEASURES = (
    _Measure("Fairness", _fairness_of("hours"), _fairness_words("hours")),
    _Measure("Fairness of nights", _fairness_of("night"), _fairness_words("night")),
    _Measure("Fairness of weekends", _fairness_of("weekend"), _fairness_words("weekend")),
    _Measure("Fairness of holidays", _fairness_of("holiday"), _fairness_words("holiday")),
    _Measure("Coverage", lambda all_: all_.coverage and all_.coverage.overall, _coverage_words),
    _Measure(
        "Duty hours kept", lambda all_: all_.compliance and all_.compliance.compliance, _compliance_words
    ),
    _Measure(
        "Duty hours kept, by severity",
        lambda all_: all_.compliance and all_.compliance.weighted,
        lambda _: "grave findings count more",
    ),
    _Measure(
        "Mean hours", lambda all_: all_.workload and all_.workload.mean_hours, _workload_words, unit=_HOURS
    ),
    _Measure("Changed (churn)", lambda all_: all_.stability and all_.stability.churn, _churn_words, True),
    _Measure(
        "Others drawn in (ripple)",
        lambda all_: all_.stability and all_.stability.ripple,
        lambda _: "for each change that has a cause of its own",
        True,
        "",
    ),
    _Measure(
        "Hangs on single people (N-1)",
        lambda all_: all_.stability and all_.stability.n1_score,
        lambda _: "0 % when nobody is irreplaceable",
        True,
    ),
)


def _services(metrics: ScheduleMetrics) -> str:
    """The services with most empty slots."""
    found = metrics.coverage.by_service if metrics.coverage else ()
    short = sorted((each for each in found if each.filled < each.required), key=_empty)
    if not short:
        return ""
    rows = [
        [escape(each.name), share(each.coverage), f"{each.filled} of {each.required}"]
        for each in short[:LISTED]
    ]
    rest = len(short) - LISTED
    more = f"\n\n{plural(rest, 'more service has', 'more services have')} empty slots." if rest > 0 else ""
    return f"## Where slots are empty\n\n{markdown.table(['Service', 'Filled>', 'Slots>'], rows)}{more}"


def _empty(service: ServiceCoverage) -> tuple[int, str]:
    return service.filled - service.required, service.name


def _new_violations(metrics: ScheduleMetrics) -> str:
    """What the previous version did not break."""
    keys = metrics.stability.new_violations if metrics.stability else ()
    sentences = [finding_sentence(key) for key in keys[:LISTED]]
    rest = len(keys) - LISTED
    if rest > 0:
        sentences.append(f"and {rest} more")
    return _section("New violations", sentences)


def _section(title: str, sentences: Sequence[str]) -> str:
    return f"## {title}\n\n{markdown.bullets(sentences)}" if sentences else ""


def _computed(metrics: ScheduleMetrics) -> str:
    return (
        "## How this was computed\n\n"
        "- **Fairness** is 1 less the Gini coefficient of hours for full time and full availability, by "
        "cohort: good from 90 %, needs a look from 75 %. **Coverage**: good from 95 %, needs a look from "
        "85 %. **Duty hours**: good without violation, needs a look from 90 %.\n"
        "- **Grade**: 35 % from churn, 25 % from ripple, 40 % from N-1; A from 90, B 80, C 70, D 60; F with "
        "any new violation.\n"
        f"- Percentages are rounded down. Input `{metrics.input_hash[:12]}`."
    )
