"""The picture of fairness by the week: the line, its halves, the marks it is judged by, and the anomalies."""

from collections.abc import Sequence
from dataclasses import dataclass

from residency.quality.change_results import FairnessTrend, WeekFairness
from residency.quality.results import StatusLabel
from residency.quality.status import FAIRNESS_MARKS
from residency.reports import svg
from residency.reports.quality_sentences import STATUS_WORDS, share

_LEFT, _RIGHT, _TOP, _HEIGHT = 84, 130, 84, 300
_LINE, _ANOMALY = "#0067a5", "#c62828"
_BANDS = (
    (StatusLabel.GOOD, "#e4f4ea"),
    (StatusLabel.WARNING, "#fff5d8"),
    (StatusLabel.CRITICAL, "#fce8e6"),
)
_SUBTITLE = "Weeks from Monday. Ringed: below 75 %. Dashed: mean of the earlier and of the later half."
_LABELS = 13
"""Week labels that fit beside each other; of more weeks only every second, third ... is labelled."""

_STEP = 10
"""Percent between the marks of the axis, on which it also begins."""


@dataclass(frozen=True, slots=True)
class _Scale:
    """Where weeks and percentages stand; ``floor`` is the percentage at the bottom."""

    weeks: int
    floor: int

    def x(self, week: float) -> float:
        room = svg.WIDTH - _LEFT - _RIGHT
        return _LEFT + room * (week + 0.5) / max(self.weeks, 1)

    def y(self, percent: float) -> float:
        return _TOP + _HEIGHT * (100 - percent) / (100 - self.floor)


def trend_picture(trend: FairnessTrend) -> str:
    """Weekly fairness as SVG; weeks that were not measured leave a gap in the line."""
    measured = [week.value for week in trend.weeks if week.value is not None]
    lowest = 100 * min(measured, default=0.75)
    scale = _Scale(len(trend.weeks), max(0, min(60, int(lowest - 5) // _STEP * _STEP)))
    shapes = [
        svg.text(24, 36, "Fairness by the week", size=19, bold=True),
        svg.text(24, 60, _SUBTITLE, size=14, fill=svg.MUTED),
        *_bands(scale),
        *_halves(trend, scale),
        *_curve(trend.weeks, scale),
        *_week_labels(trend.weeks, scale),
    ]
    return svg.document(_TOP + _HEIGHT + 62, "Fairness by the week", shapes)


def _bands(scale: _Scale) -> list[str]:
    """What is good, what needs a look and what needs work, with the axis in percent."""
    left, right = _LEFT, svg.WIDTH - _RIGHT
    edges = [100.0, *(100 * mark for mark in FAIRNESS_MARKS), float(scale.floor)]
    shapes: list[str] = []
    for (status, colour), upper, lower in zip(_BANDS, edges, edges[1:], strict=False):
        top, bottom = scale.y(upper), scale.y(lower)
        shapes.append(svg.rect(left, top, right - left, bottom - top, colour))
        middle, words = (top + bottom) / 2 + 5, STATUS_WORDS[status].lower()
        shapes.append(svg.text(right + 10, middle, words, size=14, fill=svg.MUTED))
    for percent in range(scale.floor, 101, _STEP):
        y = scale.y(percent)
        shapes.append(svg.line(left, y, right, y, "#dfe4ea"))
        shapes.append(svg.text(left - 10, y + 5, f"{percent} %", size=14, fill=svg.MUTED, anchor="end"))
    return shapes


def _halves(trend: FairnessTrend, scale: _Scale) -> list[str]:
    """The mean of the earlier and of the later half of the measured weeks."""
    places = [place for place, week in enumerate(trend.weeks) if week.value is not None]
    half = len(places) // 2
    shapes: list[str] = []
    for part, mean in ((places[:half], trend.first_half), (places[half:], trend.second_half)):
        if part and mean is not None:
            y = scale.y(100 * mean)
            ends = [(scale.x(part[0] - 0.4), y), (scale.x(part[-1] + 0.4), y)]
            shapes.append(svg.path(ends, svg.MUTED, width=2, dashes="7 5"))
    return shapes


def _curve(weeks: Sequence[WeekFairness], scale: _Scale) -> list[str]:
    """The line, broken where nothing was measured, a dot and a figure for each week."""
    runs: list[list[tuple[float, float]]] = [[]]
    marks: list[str] = []
    for place, week in enumerate(weeks):
        if week.value is None:
            runs.append([])
            marks.append(
                svg.text(
                    scale.x(place),
                    scale.y(scale.floor) - 10,
                    "no data",
                    size=13,
                    fill=svg.MUTED,
                    anchor="middle",
                )
            )
            continue
        x, y = scale.x(place), scale.y(100 * week.value)
        runs[-1].append((x, y))
        colour = _ANOMALY if week.anomaly else _LINE
        marks.append(svg.disc(x, y, 6, colour))
        if week.anomaly:
            marks.append(svg.ring(x, y, 11, _ANOMALY))
        below = week.anomaly or week.value > 0.97
        label = share(week.value).removesuffix(" %")
        marks.append(svg.text(x, y + 30 if below else y - 14, label, fill=colour, anchor="middle", bold=True))
    return [*(svg.path(run, _LINE, width=3) for run in runs if len(run) > 1), *marks]


def _week_labels(weeks: Sequence[WeekFairness], scale: _Scale) -> list[str]:
    every = -(-len(weeks) // _LABELS)
    base = scale.y(scale.floor)
    return [
        svg.text(
            scale.x(place), base + 26, f"{week.week_start.day} {week.week_start:%b}", size=14, anchor="middle"
        )
        for place, week in enumerate(weeks)
        if place % every == 0
    ]
