"""The picture of fairness: everybody's load as a dot, cohort by cohort, above the cohorts' Lorenz curves."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from residency.quality.fairness import lorenz
from residency.quality.results import CohortFairness, ScheduleMetrics
from residency.reports import svg
from residency.reports.quality_sentences import share
from residency.reports.wording import plural

COHORTS_SHOWN = 8
COLOURS = ("#0067a5", "#c1500e", "#00785a", "#a3478f", "#8a6500", "#2f7f9d", "#6b4fa0", "#5b6675")
"""One for each cohort, dark enough to write with; told apart by the colour-blind."""

_DASHES = ("", "", "", "", "7 4", "7 4", "2 4", "2 4")

_LEFT, _NAMES, _FIGURES, _RIGHT = 24, 176, 110, 24
_TOP, _ROW = 84, 46
_SIDE = 360
_GRID = "#e6eaf0"
_TICKS = 5
_NAMED = 90
"""Room for the name of the person who carries most, right of the last dot."""

_CROWD = 40
"""From so many people on, dots are drawn smaller and let each other through."""


@dataclass(frozen=True, slots=True)
class _Cohort:
    """One cohort to draw: its people's loads, full-time hours, ascending."""

    fairness: CohortFairness
    people: tuple[str, ...]
    loads: tuple[float, ...]
    colour: str
    dashes: str


def fairness_picture(metrics: ScheduleMetrics) -> str:
    """Hours of a full-time equivalent by person, and the Lorenz curves, as SVG.

    The least fair cohorts come first, at most 8 of those in which people can be compared; the last lines say
    how many are left out. A Lorenz curve on the diagonal means that everybody carries the same.
    """
    cohorts, alone, hidden = _cohorts(metrics)
    rows_end = _TOP + _ROW * max(1, len(cohorts))
    curves_top = rows_end + 96
    shapes = [
        svg.text(_LEFT, 36, "Hours by person, for full time and full availability", size=19, bold=True),
        svg.text(
            _LEFT,
            60,
            "Each dot is one person, the most loaded by name; the upright line is the cohort's mean.",
            size=14,
            fill=svg.MUTED,
        ),
        *_strips(cohorts, rows_end),
        *_curves(cohorts, curves_top),
    ]
    bottom = curves_top + _SIDE + 82
    for count, why in ((hidden, "shared more evenly"), (alone, "only one person, or no hours")):
        if count:
            more = plural(count, "more cohort is", "more cohorts are")
            shapes.append(svg.text(_LEFT, bottom, f"{more} not shown: {why}.", size=14, fill=svg.MUTED))
            bottom += 22
    return svg.document(bottom - 8, "How evenly each cohort shares its hours", shapes)


def _cohorts(metrics: ScheduleMetrics) -> tuple[list[_Cohort], int, int]:
    """The cohorts to draw, least fair first; how many are degenerate, and how many are left out."""
    judged = metrics.fairness.cohorts if metrics.fairness else ()
    alone = sum(each.degenerate for each in judged)
    ordered = sorted(
        (each for each in judged if each.people and not each.degenerate),
        key=lambda each: (each.fairness, each.cohort),
    )
    drawn: list[_Cohort] = []
    for place, each in enumerate(ordered[:COHORTS_SHOWN]):
        weighed = [
            (load.hours / (load.fte * load.available), load.person)
            for load in metrics.people
            if load.cohort == each.cohort and load.fte * load.available > 0
        ]
        weighed.sort()
        people = tuple(person for _, person in weighed)
        loads = tuple(load for load, _ in weighed)
        drawn.append(_Cohort(each, people, loads, COLOURS[place], _DASHES[place]))
    return drawn, alone, len(ordered) - len(drawn)


def nice_step(largest: float, ticks: int = _TICKS) -> float:
    """A round distance between at most so many marks from 0 to a largest value."""
    if largest <= 0:
        return 1.0
    raw = largest / ticks
    size = 10.0 ** np.floor(np.log10(raw))
    return float(size * next(step for step in (1, 2, 2.5, 5, 10) if step * size >= raw))


def _strips(cohorts: Sequence[_Cohort], bottom: float) -> list[str]:
    """One row of dots for each cohort over a common axis of hours."""
    left, right = _LEFT + _NAMES, svg.WIDTH - _RIGHT - _FIGURES
    largest = max((each.loads[-1] for each in cohorts), default=0.0)
    step = nice_step(largest)
    scale = (right - left - _NAMED) / max(largest, step)
    shapes: list[str] = []
    mark = 0.0
    while left + mark * scale <= right:
        x = left + mark * scale
        shapes.append(svg.line(x, _TOP, x, bottom, _GRID))
        shapes.append(svg.text(x, bottom + 20, f"{mark:,.0f} h", size=14, fill=svg.MUTED, anchor="middle"))
        mark += step
    for row, each in enumerate(cohorts):
        y = _TOP + _ROW * (row + 0.5)
        shapes += _strip(each, y, left, scale)
        fair = f"fair {share(each.fairness.fairness)}"
        shapes.append(svg.text(svg.WIDTH - _RIGHT, y + 5, fair, anchor="end", bold=True))
    return shapes


def _strip(cohort: _Cohort, y: float, left: float, scale: float) -> list[str]:
    crowded = len(cohort.loads) > _CROWD
    radius, opacity = (4.5, 0.35) if crowded else (7, 0.85)
    mean = left + (cohort.fairness.mean or 0.0) * scale
    name = svg.shorten(cohort.fairness.cohort, _NAMES - 8, 15)
    people = plural(len(cohort.loads), "person", "people")
    shapes = [
        svg.text(_LEFT, y - 1, name, bold=True, fill=cohort.colour),
        svg.text(_LEFT, y + 15, people, size=13, fill=svg.MUTED),
        svg.line(left, y, left + cohort.loads[-1] * scale, y, svg.LINE),
        svg.rect(mean - 1.5, y - 15, 3, 30, svg.INK),
    ]
    shapes += [
        svg.disc(left + load * scale, y, radius, cohort.colour, opacity=opacity) for load in cohort.loads
    ]
    heaviest = svg.shorten(cohort.people[-1], _NAMED, 13)
    at = left + cohort.loads[-1] * scale + 12
    return [*shapes, svg.text(at, y + 5, heaviest, size=13, fill=svg.MUTED)]


def _curves(cohorts: Sequence[_Cohort], top: float) -> list[str]:
    """The Lorenz curves in one square, named beside it."""
    left, bottom = _LEFT + 62, top + _SIDE
    shapes = [
        svg.text(_LEFT, top - 22, "Who carries how much (Lorenz curves)", size=19, bold=True),
        svg.rect(left, top, _SIDE, _SIDE, "#fbfcfe", extra=f'stroke="{svg.LINE}"'),
    ]
    for quarter in range(5):
        mark = quarter * _SIDE / 4
        label = f"{25 * quarter} %"
        shapes.append(svg.line(left + mark, top, left + mark, bottom, _GRID))
        shapes.append(svg.line(left, bottom - mark, left + _SIDE, bottom - mark, _GRID))
        shapes.append(svg.text(left + mark, bottom + 20, label, size=13, fill=svg.MUTED, anchor="middle"))
        shapes.append(svg.text(left - 8, bottom - mark + 4, label, size=13, fill=svg.MUTED, anchor="end"))
    shapes.append(svg.path([(left, bottom), (left + _SIDE, top)], svg.MUTED, width=1.5, dashes="4 4"))
    for each in cohorts:
        people, carried = lorenz(np.array(each.loads))
        points = [
            (left + x * _SIDE, bottom - y * _SIDE)
            for x, y in zip(people.tolist(), carried.tolist(), strict=True)
        ]
        shapes.append(svg.path(points, each.colour, dashes=each.dashes))
    middle = left + _SIDE / 2
    shapes.append(
        svg.text(
            middle,
            bottom + 42,
            "share of people, least loaded first",
            size=14,
            fill=svg.MUTED,
            anchor="middle",
        )
    )
    turned = svg.text(
        _LEFT + 12, top + _SIDE / 2, "share of hours", size=14, fill=svg.MUTED, anchor="middle", turned=-90
    )
    return [*shapes, turned, *_key(cohorts, left + _SIDE + 48, top)]


def _key(cohorts: Sequence[_Cohort], x: float, top: float) -> list[str]:
    """Names, colours and what the curves say of the heavier half of each cohort."""
    shapes = [
        svg.path([(x, top + 12), (x + 34, top + 12)], svg.MUTED, width=1.5, dashes="4 4"),
        svg.text(x + 46, top + 17, "everybody carries the same", size=15, fill=svg.MUTED),
    ]
    y = top + 46
    for each in cohorts:
        fair = each.fairness
        shapes.append(svg.path([(x, y + 7), (x + 34, y + 7)], each.colour, dashes=each.dashes))
        name = svg.shorten(fair.cohort, 180, 15)
        shapes.append(svg.text(x + 46, y + 12, name, bold=True, fill=each.colour))
        told = f"Gini {fair.gini:.3f}, Jain {fair.jain:.3f}"
        shapes.append(svg.text(x + 230, y + 12, told, size=15))
        y += 36
    return shapes
