"""From a measure to good, warning or critical."""

from collections.abc import Iterable

from residency.quality.results import StatusLabel

FAIRNESS_MARKS = (0.90, 0.75)
COVERAGE_MARKS = (0.95, 0.85)
COMPLIANCE_WARNING = 0.90

_ROUNDING = 1e-12  # a ratio that is exactly on a mark may come out an ulp below it


def label_of(value: float | None, marks: tuple[float, float]) -> StatusLabel:
    """Good from the first mark on, warning from the second, else critical; ``no_data`` for None."""
    if value is None:
        return StatusLabel.NO_DATA
    good, warning = marks
    if value >= good - _ROUNDING:
        return StatusLabel.GOOD
    return StatusLabel.WARNING if value >= warning - _ROUNDING else StatusLabel.CRITICAL


def worst_of(labels: Iterable[StatusLabel]) -> StatusLabel:
    """The worst of several labels; what has no data does not count, unless nothing has any."""
    order = tuple(StatusLabel)
    judged = [label for label in labels if label is not StatusLabel.NO_DATA]
    return max(judged, key=order.index, default=StatusLabel.NO_DATA)
