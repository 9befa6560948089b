"""A report among the previous ones of its kind: what got better and what got worse."""

from collections.abc import Callable, Sequence
from statistics import fmean

from residency.reports.compliance_body import (
    BasisPoint,
    CoverageSection,
    Judged,
    TrendLine,
    TrendPoint,
    TrendSection,
)

SHORT, LONG = 4, 12
"""How many previous reports a report is compared with."""

_SAME = 1e-9

_Measure = Callable[[TrendPoint], float | None]
_MEASURES: tuple[tuple[str, bool, bool, _Measure], ...] = (
    ("Violations, plan", False, False, lambda point: _of(point.planned, "violations")),
    ("Violations, logged hours", False, False, lambda point: _of(point.logged, "violations")),
    ("Open violations, plan", False, False, lambda point: _of(point.planned, "open_violations")),
    ("Open violations, logged hours", False, False, lambda point: _of(point.logged, "open_violations")),
    ("Warnings, plan", False, False, lambda point: _of(point.planned, "warnings")),
    ("Warnings, logged hours", False, False, lambda point: _of(point.logged, "warnings")),
    ("Checks passed, plan", True, True, lambda point: _of(point.planned, "compliance")),
    ("Checks passed, logged hours", True, True, lambda point: _of(point.logged, "compliance")),
    ("Coverage", True, True, lambda point: point.coverage),
)
"""Name, whether it is a share, whether more is better, and where it stands."""


def _of(basis: BasisPoint | None, figure: str) -> float | None:
    return getattr(basis, figure) if basis else None


def basis_point(section: Judged | None) -> BasisPoint | None:
    """The comparable figures of one basis; None where nothing was judged, which is not a zero."""
    if section is None or not section.checks:
        return None
    return BasisPoint(
        violations=section.violations.total,
        open_violations=section.violations.open,
        warnings=section.warnings.total,
        compliance=section.compliance,
    )


def coverage_share(section: CoverageSection | None) -> float | None:
    """Filled / required, 0..1; None without demand."""
    return section.filled / section.required if section and section.required else None


def trend_section(current: TrendPoint, previous: Sequence[TrendPoint]) -> TrendSection:
    """The report against those before it, at most twelve, that the same rules judged."""
    earlier = sorted((point for point in previous if point.period_end < current.period_end), key=_by_period)
    comparable = [point for point in earlier if point.rule_set == current.rule_set][-LONG:]
    return TrendSection(
        current=current,
        previous=tuple(comparable),
        lines=tuple(
            _line(name, percent, more_is_better, measure, current, comparable)
            for name, percent, more_is_better, measure in _MEASURES
        ),
        other_rules=sum(point.rule_set != current.rule_set for point in earlier),
    )


def _by_period(point: TrendPoint) -> tuple[str, str]:
    return point.period_end.isoformat(), point.period_start.isoformat()


def _line(
    name: str,
    percent: bool,
    more_is_better: bool,
    measure: _Measure,
    current: TrendPoint,
    previous: Sequence[TrendPoint],
) -> TrendLine:
    now = measure(current)
    short = [value for point in previous[-SHORT:] if (value := measure(point)) is not None]
    long = [value for point in previous if (value := measure(point)) is not None]
    mean = fmean(short) if short else None
    return TrendLine(
        measure=name,
        percent=percent,
        now=now,
        mean_4=mean,
        reports_4=len(short),
        mean_12=fmean(long) if long else None,
        reports_12=len(long),
        direction=_direction(now, mean, more_is_better),
    )


def _direction(now: float | None, mean: float | None, more_is_better: bool) -> str:
    if now is None or mean is None:
        return "unknown"
    if abs(now - mean) <= _SAME:
        return "same"
    return "better" if (now > mean) is more_is_better else "worse"
