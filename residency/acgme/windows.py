"""The windows that hours, free days and call nights are averaged over: periods, or four weeks each."""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from residency.acgme.record import AveragingPeriod, DutyRecord, PeriodKind
from residency.acgme.rules import RuleSet
from residency.acgme.timeline import day_number, monday, month_start


@dataclass(frozen=True, slots=True)
class Windows:
    """Averaging windows of people, the windows of one person ascending; columns of shape (W,).

    Days are day numbers, ``last`` exclusive.
    """

    person: NDArray[np.int32]
    first: NDArray[np.int64]
    last: NDArray[np.int64]

    def __len__(self) -> int:
        """Number of windows."""
        return len(self.person)

    @property
    def days(self) -> NDArray[np.int64]:
        """Days of each window; shape (W,)."""
        return self.last - self.first

    def length(self, window: int) -> int:
        """Days of one window."""
        return int(self.last[window] - self.first[window])

    def take(self, rows: NDArray[np.bool_] | NDArray[np.intp]) -> "Windows":
        """Some of the windows."""
        return Windows(*(getattr(self, column.name)[rows] for column in fields(self)))


def averaging_windows(
    record: DutyRecord,
    rules: RuleSet,
    has_duty: NDArray[np.bool_],
    first: NDArray[np.int64],
    last: NDArray[np.int64],
) -> Windows:
    """Everybody's windows: cut from their periods, else four weeks each from the Monday of the first duty.

    Args:
        record: what is judged.
        rules: says how long windows are.
        has_duty: who has any duty, shape (P,).
        first: day number of each person's first duty, shape (P,).
        last: day number of each person's last duty, shape (P,).
    """
    cut = [
        (period.person, day_number(start), day_number(end))
        for period in record.periods
        for start, end in _cut(period, rules)
    ]
    given = np.array(cut, np.int64).reshape(-1, 3)
    without = np.ones(len(record.people), np.bool_)
    without[given[:, 0]] = False
    whole = _four_weeks(np.flatnonzero(without & has_duty), first, last, rules.window_days)
    rows = np.concatenate((given, whole))
    rows = rows[np.lexsort((rows[:, 1], rows[:, 0]))]
    windows = Windows(rows[:, 0].astype(np.int32), rows[:, 1], rows[:, 2])
    if record.report is None:
        return windows
    begin, end = (day_number(day) for day in record.report)
    return windows.take((windows.last > begin) & (windows.last <= end))


def _four_weeks(
    people: NDArray[np.intp], first: NDArray[np.int64], last: NDArray[np.int64], length: int
) -> NDArray[np.int64]:
    begin = monday(first[people])
    count = (last[people] - begin) // length + 1
    person = np.repeat(people, count)
    position = np.arange(int(count.sum()), dtype=np.int64) - np.repeat(np.cumsum(count) - count, count)
    start: NDArray[np.int64] = np.repeat(begin, count) + length * position
    return np.column_stack((person, start, start + length))


def _cut(period: AveragingPeriod, rules: RuleSet) -> Iterator[tuple[date, date]]:
    """A period that is not longer than a month as it is, a longer one in pieces."""
    if (period.end - period.start).days <= rules.longest_window_days:
        yield period.start, period.end
        return
    start = period.start
    while start < period.end:
        if period.kind is PeriodKind.CALENDAR_MONTH:
            end = month_start(start)
        else:
            end = start + timedelta(days=rules.window_days)
        yield start, min(end, period.end)
        start = end
