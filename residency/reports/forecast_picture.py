"""The calendar of a forecast: a row for each week, two halves a day, levels by colour and letter."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from residency.reports import svg
from residency.reports.health_picture import LEVEL_COLOURS
from residency.resilience.forecast_results import AnticipatedDay, DayForecast, UtilizationForecast
from residency.resilience.results import UtilizationLevel
from residency.resilience.utilization import LEVEL_FLOORS

_LEFT, _WEEK, _RIGHT = 18, 78, 18
_TOP, _ROW, _DATE = 116, 62, 17
_HALF_HEIGHT, _STRIP = 25, 13
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_WHITE_ON = frozenset({UtilizationLevel.GREEN, UtilizationLevel.RED, UtilizationLevel.BLACK})
_LETTERS = {level: level.value[0] for level in UtilizationLevel}
_WEEKEND = "#f1f3f8"
_FOUND = (
    "Each day is split into morning (left) and afternoon (right): level and percent of the faculty in use."
)


@dataclass(frozen=True, slots=True)
class _Grid:
    """Where days stand: weeks from Monday, the first row holding the first day."""

    monday: date

    @property
    def width(self) -> float:
        return (svg.WIDTH - _LEFT - _WEEK - _RIGHT) / 7

    def corner(self, day: date) -> tuple[float, float]:
        """The upper left corner of a day."""
        week, weekday = divmod((day - self.monday).days, 7)
        return _LEFT + _WEEK + weekday * self.width, _TOP + week * _ROW


def forecast_picture(forecast: UtilizationForecast) -> str:
    """All days of a forecast as SVG.

    A strip below a half-day shows the level that anticipated absences would make of it, where it is another
    one. Days that are only estimated have a dashed frame.
    """
    start = forecast.period_start
    grid = _Grid(start - timedelta(days=start.weekday()))
    last = forecast.period_end - timedelta(days=1)
    weeks = (last - grid.monday).days // 7 + 1
    bottom = _TOP + weeks * _ROW
    shapes = [
        svg.text(_LEFT, 36, "How full the faculty will be", size=19, bold=True),
        svg.text(_LEFT, 60, _FOUND, size=14, fill=svg.MUTED),
        *_frame(grid, weeks, bottom),
    ]
    for day, second in zip(forecast.days, forecast.anticipated, strict=True):
        shapes += _day(grid, day, second)
    shapes += _legend(bottom + 14, forecast)
    return svg.document(bottom + 86, "Utilization of the faculty by half-day", shapes)


def _frame(grid: _Grid, weeks: int, bottom: float) -> list[str]:
    """Weekends, names of weekdays and the weeks' Mondays."""
    x = _LEFT + _WEEK
    shapes = [svg.rect(x + 5 * grid.width, 76, 2 * grid.width, bottom - 76, _WEEKEND)]
    shapes += [
        svg.text(x + (number + 0.5) * grid.width, 98, name, anchor="middle", bold=True)
        for number, name in enumerate(_DAYS)
    ]
    for week in range(weeks):
        monday = grid.monday + timedelta(weeks=week)
        y = _TOP + week * _ROW
        shapes.append(svg.line(_LEFT, y - 4, svg.WIDTH - _RIGHT, y - 4, svg.LINE))
        shapes.append(svg.text(_LEFT, y + 32, f"{monday.day} {monday:%b}", bold=True))
    return shapes


def _day(grid: _Grid, day: DayForecast, second: AnticipatedDay) -> list[str]:
    x, y = grid.corner(day.day)
    width = (grid.width - 10) / 2
    label = f"{day.day.day} {day.day:%b}" if day.day.day == 1 else str(day.day.day)
    shapes = [svg.text(x + 5, y + 12, label, size=13, fill=svg.MUTED)]
    if not day.known:
        room = _HALF_HEIGHT + _STRIP + 4
        dashes = f'stroke="{svg.MUTED}" stroke-dasharray="4 3"'
        shapes.append(svg.rect(x + 2, y + _DATE - 2, grid.width - 4, room, "none", radius=4, extra=dashes))
    for number, (half, used) in enumerate(((day.am, second.am), (day.pm, second.pm))):
        left = x + 5 + number * width
        ink = "#ffffff" if half.level in _WHITE_ON else svg.INK
        box = svg.rect(left, y + _DATE, width - 2, _HALF_HEIGHT, LEVEL_COLOURS[half.level], radius=3)
        told = f"{_LETTERS[half.level]} {int(100 * half.utilization + 1e-6)}"
        middle = left + (width - 2) / 2
        shapes += [box, svg.text(middle, y + _DATE + 18, told, size=16, fill=ink, anchor="middle", bold=True)]
        worse = level_of(used)
        if worse is not half.level:
            top = y + _DATE + _HALF_HEIGHT + 1
            ink = "#ffffff" if worse in _WHITE_ON else svg.INK
            shapes += [
                svg.rect(left, top, width - 2, _STRIP, LEVEL_COLOURS[worse], radius=2),
                svg.text(middle, top + 10.5, _LETTERS[worse], size=11, fill=ink, anchor="middle", bold=True),
            ]
    return shapes


def level_of(utilization: float) -> UtilizationLevel:
    """The level of a utilization that was rounded to four digits."""
    for percent, level in LEVEL_FLOORS:
        if 100 * utilization >= percent - 1e-9:
            return level
    return UtilizationLevel.GREEN


def _legend(y: float, forecast: UtilizationForecast) -> list[str]:
    """What the colours mean, and the strip and the frame where they occur."""
    levels = [
        (UtilizationLevel.GREEN, "G under 70 %"),
        *((level, f"{_LETTERS[level]} from {percent} %") for percent, level in reversed(LEVEL_FLOORS)),
    ]
    shapes: list[str] = []
    x: float = _LEFT
    for level, label in levels:
        shapes.append(svg.rect(x, y + 2, 18, 18, LEVEL_COLOURS[level], radius=3))
        shapes.append(svg.text(x + 24, y + 16, label, size=14))
        x += 24 + svg.width_of(label, 14) + 22
    notes = ["Strip below: the level if every anticipated absence comes, where it is another one."]
    if forecast.estimated_days:
        notes.append("Dashed frame: estimated.")
    return [*shapes, svg.text(_LEFT, y + 46, " ".join(notes), size=14, fill=svg.MUTED)]


def worst_days(days: Sequence[DayForecast], most: int) -> list[DayForecast]:
    """The days of the highest level, the most used first; of equals the earlier."""
    order = list(UtilizationLevel)
    return sorted(
        days, key=lambda day: (-order.index(day.level), -max(day.am.utilization, day.pm.utilization), day.day)
    )[:most]
