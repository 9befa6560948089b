"""The picture of the next seven days: faculty load above, every service's slots and supervision below."""

from collections.abc import Sequence
from dataclasses import dataclass

from residency.reports import svg
from residency.reports.wording import day_label, plural
from residency.resilience.results import (
    HalfDayHealth,
    HealthAssessment,
    LocationSupervision,
    ServiceHealth,
    UtilizationLevel,
)

HALF_DAYS_SHOWN = 14
SERVICES_SHOWN = 18
LOCATIONS_SHOWN = 6

LEVEL_COLOURS = {
    UtilizationLevel.GREEN: "#2f855a",
    UtilizationLevel.YELLOW: "#e3b505",
    UtilizationLevel.ORANGE: "#ee7f1b",
    UtilizationLevel.RED: "#d0342c",
    UtilizationLevel.BLACK: "#1c1f26",
}
_MARKS = ((70, 0), (80, 0), (90, 0), (95, 6))  # percent, and how far its label moves up to stay readable

_SPARE, _BARE, _SHORT, _NOTHING = "#cdead6", "#ffe08a", "#c62828", "#eceff3"
_SHORT_EDGE = "#7f1d1d"
_WEEKEND = "#f1f3f8"

_LEFT, _NAMES, _RIGHT = 18, 236, 18
_ROW, _GAP, _NOTE = 31, 3, 28
_BAR_TOP, _BAR_HEIGHT, _BAR_SCALE = 98, 165, 1.5  # pixels per percent: 110 % fills the strip
_HATCH = svg.hatch("supervision", "#fff4e8", "#ffcf9e")


@dataclass(frozen=True, slots=True)
class _Grid:
    """Where the columns of half-days stand."""

    columns: int

    @property
    def width(self) -> float:
        room = svg.WIDTH - _LEFT - _NAMES - _RIGHT
        return min(room / HALF_DAYS_SHOWN * 2, room / self.columns)

    def x(self, column: int) -> float:
        return _LEFT + _NAMES + column * self.width

    def middle(self, column: int) -> float:
        return self.x(column) + self.width / 2


def health_picture(assessment: HealthAssessment) -> str:
    """The first seven days of an assessment as SVG.

    Services with empty slots come first, then those with the least spare people, at most 18; the last line
    says how many are left out.
    """
    half_days = assessment.half_days[:HALF_DAYS_SHOWN]
    grid = _Grid(max(1, len(half_days)))
    services = picture_order(assessment.services)
    shown, hidden = services[:SERVICES_SHOWN], services[SERVICES_SHOWN:]
    top = _BAR_TOP + _BAR_HEIGHT + 20
    shapes: list[str] = []
    bottom, rows = _service_rows(grid, shown, top)
    if hidden:
        missing = sum(service.demanded - service.filled for service in hidden)
        state = plural(missing, "slot") + " empty" if missing else "all their slots filled"
        what = plural(len(hidden), "more service is", "more services are")
        rows.append(_left_out(bottom, what, state))
        bottom += _NOTE
    if assessment.supervision:
        bottom, supervision = _supervision_rows(grid, assessment, bottom + 10)
        rows += supervision
    shapes += _heading(grid, half_days, bottom)
    shapes += _load_strip(grid, half_days)
    shapes += rows
    shapes += _legend(bottom + 18)
    return svg.document(bottom + 90, "Faculty load and filled slots by half-day", shapes, definitions=_HATCH)


def picture_order(services: Sequence[ServiceHealth]) -> list[ServiceHealth]:
    """Services in need first: with empty slots, then by the least spare people, then the most used."""
    return sorted(
        services,
        key=lambda s: (s.filled >= s.demanded, s.worst_margin, s.filled - s.demanded, -s.utilization, s.name),
    )


def _heading(grid: _Grid, half_days: Sequence[HalfDayHealth], bottom: float) -> list[str]:
    """Weekend shading, dates and halves."""
    shapes: list[str] = []
    for column, half_day in enumerate(half_days):
        if half_day.day.weekday() >= 5:
            shapes.append(svg.rect(grid.x(column), 46, grid.width, bottom - 46, _WEEKEND))
    shapes.append(svg.text(_LEFT, 32, "Faculty load and filled slots", size=19, bold=True))
    for column, half_day in enumerate(half_days):
        first_of_day = column == 0 or half_days[column - 1].day != half_day.day
        if first_of_day:
            span = 2 if column + 1 < len(half_days) and half_days[column + 1].day == half_day.day else 1
            centre = grid.x(column) + span * grid.width / 2
            shapes.append(svg.text(centre, 66, day_label(half_day.day), anchor="middle", bold=True))
            if column:
                shapes.append(svg.line(grid.x(column), 50, grid.x(column), bottom, svg.LINE))
        shapes.append(
            svg.text(grid.middle(column), 86, str(half_day.half), size=14, fill=svg.MUTED, anchor="middle")
        )
    return shapes


def _load_strip(grid: _Grid, half_days: Sequence[HalfDayHealth]) -> list[str]:
    """Bars of faculty utilization, coloured by level, with the marks where levels begin."""
    base = _BAR_TOP + _BAR_HEIGHT
    right = grid.x(len(half_days))
    shapes = [
        svg.text(_LEFT, _BAR_TOP + 92, "Faculty used", bold=True),
        svg.text(_LEFT, _BAR_TOP + 112, "share of available", size=14, fill=svg.MUTED),
        svg.text(_LEFT, _BAR_TOP + 130, "faculty half-days", size=14, fill=svg.MUTED),
        svg.line(grid.x(0), base, right, base, svg.MUTED),
    ]
    for column, half_day in enumerate(half_days):
        share = 100 * half_day.utilization
        height = min(share * _BAR_SCALE, _BAR_HEIGHT)
        x, width = grid.x(column) + 7, grid.width - 14
        if height:
            colour = LEVEL_COLOURS[half_day.level]
            shapes.append(svg.rect(x, base - height, width, height, colour, radius=2))
    for percent, lift in _MARKS:
        y = base - percent * _BAR_SCALE
        shapes.append(svg.line(grid.x(0), y, right, y, "#8a94a3", dashed=True))
        label = svg.text(grid.x(0) - 6, y + 4 - lift, f"{percent} %", size=13, fill=svg.MUTED, anchor="end")
        shapes.append(label)
    shapes += [_load_label(grid, column, half_day, base) for column, half_day in enumerate(half_days)]
    return shapes


def _load_label(grid: _Grid, column: int, half_day: HalfDayHealth, base: float) -> str:
    """The whole percent at the foot of a bar, or above a bar too short to carry it."""
    share = load_percent(half_day)
    height = min(share * _BAR_SCALE, _BAR_HEIGHT)
    inside = height >= 24
    dark = half_day.level in (UtilizationLevel.GREEN, UtilizationLevel.RED, UtilizationLevel.BLACK)
    fill = "#ffffff" if inside and dark else svg.INK
    y = base - 8 if inside else base - height - 5
    return svg.text(grid.middle(column), y, str(share), size=15, fill=fill, anchor="middle", bold=True)


def load_percent(half_day: HalfDayHealth) -> int:
    """Whole percent of a half-day's faculty in use, rounded down; 100 when nobody is there to be used."""
    if half_day.faculty_available == 0:
        return 100 if half_day.faculty_demanded else 0
    return 100 * half_day.faculty_demanded // half_day.faculty_available


def _service_rows(grid: _Grid, services: Sequence[ServiceHealth], top: float) -> tuple[float, list[str]]:
    shapes: list[str] = []
    y = top
    for service in services:
        shapes.append(_name(service.name, y))
        for column in range(grid.columns):
            required = service.required_by_half_day[column]
            filled = service.filled_by_half_day[column]
            spare = service.spare_by_half_day[column]
            if required == 0:
                fill = _NOTHING
            elif filled < required:
                fill = _SHORT
            else:
                fill = _BARE if spare is not None and spare <= 0 else _SPARE
            shapes += _cell(grid, column, y, required, filled, fill)
        y += _ROW
    if not services:
        shapes.append(svg.text(_LEFT, y + 20, "No service requires anybody in these days.", fill=svg.MUTED))
        y += _ROW
    return y, shapes


def _supervision_rows(grid: _Grid, assessment: HealthAssessment, top: float) -> tuple[float, list[str]]:
    """Attendings present against those that residents' work requires, one row a location."""
    shapes = [svg.text(_LEFT, top + 15, "Supervision (attendings present / needed)", bold=True)]
    y = top + 24
    ordered = sorted(assessment.supervision, key=lambda place: (-_attendings_missing(place), place.location))
    for place in ordered[:LOCATIONS_SHOWN]:
        shapes.append(_name(place.location, y))
        for column in range(grid.columns):
            required, present = place.required_by_half_day[column], place.present_by_half_day[column]
            fill = _NOTHING if required == 0 else _SPARE if present >= required else "url(#supervision)"
            shapes += _cell(grid, column, y, required, present, fill)
        y += _ROW
    hidden = ordered[LOCATIONS_SHOWN:]
    if hidden:
        missing = sum(map(_attendings_missing, hidden))
        state = plural(missing, "attending") + " missing" if missing else "nobody missing"
        shapes.append(_left_out(y, plural(len(hidden), "more location is", "more locations are"), state))
        y += _NOTE
    return y, shapes


def _attendings_missing(place: LocationSupervision) -> int:
    cells = zip(place.required_by_half_day, place.present_by_half_day, strict=True)
    return sum(max(0, required - present) for required, present in cells)


def _left_out(y: float, what: str, state: str) -> str:
    return svg.text(_LEFT, y + 19, f"{what} not shown: {state}.", fill=svg.MUTED)


def _name(name: str, y: float) -> str:
    return svg.text(_LEFT, y + 20, svg.shorten(name, _NAMES - 8, 15))


def _cell(grid: _Grid, column: int, y: float, required: int, there: int, fill: str) -> list[str]:
    """One coloured cell ``there/required``; cells that require nothing stay empty."""
    short = required > there
    edge = f'stroke="{_SHORT_EDGE}" stroke-width="1.5"' if short else ""
    shapes = [
        svg.rect(grid.x(column) + 2, y, grid.width - 4, _ROW - _GAP, fill, radius=4, extra=edge),
    ]
    if required:
        ink = "#ffffff" if fill == _SHORT else svg.INK
        label = f"{there}/{required}"
        middle = grid.middle(column)
        shapes.append(svg.text(middle, y + 19.5, label, fill=ink, anchor="middle", bold=short))
    return shapes


def _legend(y: float) -> list[str]:
    """What the colours of cells and of bars mean, in two lines."""
    cells = (
        (_SPARE, "filled"),
        (_BARE, "filled, nobody to spare"),
        (_SHORT, "slots empty"),
        ("url(#supervision)", "supervision missing"),
        (_NOTHING, "nothing required"),
    )
    bars = [
        (LEVEL_COLOURS[level], label) for level, label in zip(UtilizationLevel, _level_labels(), strict=True)
    ]
    return [
        *_legend_line(y, "Cells", cells),
        *_legend_line(y + 30, "Bars", bars),
    ]


def _level_labels() -> tuple[str, ...]:
    return ("GREEN under 70 %", "YELLOW from 70 %", "ORANGE from 80 %", "RED from 90 %", "BLACK from 95 %")


def _legend_line(y: float, title: str, entries: Sequence[tuple[str, str]]) -> list[str]:
    shapes = [svg.text(_LEFT, y + 16, title, size=14, bold=True)]
    x = _LEFT + 52
    for fill, label in entries:
        shapes.append(svg.rect(x, y + 2, 18, 18, fill, radius=3, extra=f'stroke="{svg.LINE}"'))
        shapes.append(svg.text(x + 24, y + 16, label, size=14))
        x += 24 + svg.width_of(label, 14) + 24
    return shapes
