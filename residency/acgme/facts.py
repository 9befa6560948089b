"""What all rules look at, prepared once: unions of duty by kind, leave, windows and gaps in the data."""

from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from residency.acgme.kinds import AT_WORK, COUNTED, KIND_CODES, KINDS, SCHEDULED, DutyKind
from residency.acgme.record import Duties, DutyRecord
from residency.acgme.rules import RuleSet
from residency.acgme.spans import Spans
from residency.acgme.timeline import Timeline, day_number, day_of
from residency.acgme.windows import Windows, averaging_windows

_HALVES = 2


@dataclass(frozen=True)
class Facts:
    """A record seen through a rule set; ``duties`` are in the order of person and start."""

    record: DutyRecord
    rules: RuleSet
    timeline: Timeline
    duties: Duties
    start: NDArray[np.int64]
    """Beginning of each duty on the axis, ascending; shape (N,)."""
    end: NDArray[np.int64]
    has_duty: NDArray[np.bool_]
    first_day: NDArray[np.int64]
    """Day number of each person's first duty, and of the last; meaningless without duty; shapes (P,)."""
    last_day: NDArray[np.int64]
    windows: Windows

    @classmethod
    def of(cls, record: DutyRecord, rules: RuleSet) -> "Facts":
        """The facts behind a record."""
        timeline = _timeline(record, rules)
        duties = record.duties
        start = timeline.axis(duties.person, duties.start)
        if np.any(start[1:] < start[:-1]):
            order = np.argsort(start, kind="stable")
            duties, start = duties.take(order), start[order]
        end = timeline.axis(duties.person, duties.end)
        extent = _first_and_last_day(timeline, duties, len(record.people))
        return cls(
            record, rules, timeline, duties, start, end, *extent, averaging_windows(record, rules, *extent)
        )

    @property
    def people(self) -> int:
        """P, the number of people."""
        return len(self.record.people)

    def of_kinds(self, kinds: Collection[DutyKind]) -> NDArray[np.bool_]:
        """Which duties are of some kinds; shape (N,)."""
        wanted = np.zeros(len(KINDS), np.bool_)
        wanted[[KIND_CODES[kind] for kind in kinds]] = True
        return wanted[self.duties.kind]

    def union(self, chosen: NDArray[np.bool_]) -> Spans:
        """The union of some duties on the axis."""
        if chosen.all():
            return Spans.merged(self.start, self.end)
        return Spans.merged(self.start[chosen], self.end[chosen])

    def union_of(self, *kinds: DutyKind) -> Spans:
        """The union of the duties of some kinds on the axis."""
        return self.union(self.of_kinds(kinds))

    @cached_property
    def counted(self) -> Spans:
        """All hours that count toward the weekly limit."""
        return self.union(self.of_kinds(COUNTED))

    @cached_property
    def at_work(self) -> Spans:
        """Continuous periods of duty, home work apart."""
        return self._periods(self.of_kinds(AT_WORK))

    @cached_property
    def scheduled(self) -> Spans:
        """Periods of work between which there is rest."""
        return self._periods(self.of_kinds(SCHEDULED))

    def _periods(self, chosen: NDArray[np.bool_]) -> Spans:
        """Periods of work: the union of some duties, with breaks that are too short to be rest.

        What follows a night on call or of night float is rest, however short.
        """
        union = self.union(chosen)
        after_night = self._nights.holds(union.end - 1)
        shortest = self.rules.merge_gap_minutes
        gap = np.where(after_night, shortest, max(shortest, self.record.longest_break))
        return union.bridged(gap, self.timeline.person(union.start))

    @cached_property
    def _nights(self) -> Spans:
        return self.union_of(DutyKind.IN_HOUSE_CALL, DutyKind.NIGHT_FLOAT)

    @cached_property
    def in_house_call(self) -> Spans:
        """In-house call."""
        return self.union_of(DutyKind.IN_HOUSE_CALL)

    @cached_property
    def home_call(self) -> Spans:
        """Carrying the pager at home."""
        return self.union_of(DutyKind.HOME_CALL)

    @cached_property
    def leave_half_days(self) -> Spans:
        """Leave on an axis of half-days; see :meth:`half_day_at`."""
        leave, line = self.record.leave, self.timeline
        edges = (_HALVES * line.first_day, _HALVES * line.last_day)
        first, last = (np.clip(each, *edges) for each in (leave.first, leave.last))
        there = last > first
        return Spans.merged(
            self.half_day_at(leave.person[there], first[there]),
            self.half_day_at(leave.person[there], last[there]),
        )

    def half_day_at(self, person: NDArray[np.integer], half_day: NDArray[np.int64]) -> NDArray[np.int64]:
        """Where a half-day of a person stands on the axis of half-days."""
        return person.astype(np.int64) * self._half_days_width + half_day - _HALVES * self.timeline.first_day

    @property
    def _half_days_width(self) -> int:
        return _HALVES * self.timeline.days + 2

    def leave_within(self, windows: Windows) -> NDArray[np.int64]:
        """Half-days of leave in each window; shape (W,)."""
        return self.leave_half_days.within(
            self.half_day_at(windows.person, _HALVES * windows.first),
            self.half_day_at(windows.person, _HALVES * windows.last),
        )

    @cached_property
    def countable(self) -> NDArray[np.int64]:
        """Half-days of each window that are not leave; shape (W,)."""
        return _HALVES * self.windows.days - self.leave_within(self.windows)

    @cached_property
    def leave(self) -> Spans:
        """Leave on the axis of minutes."""
        line, spans, width = self.timeline, self.leave_half_days, self._half_days_width
        person = spans.start // width
        first, last = (line.half_days[edge - person * width] for edge in (spans.start, spans.end))
        return Spans(line.axis(person, first), line.axis(person, last))

    @cached_property
    def window_axis(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Beginning and end of each window on the axis; shapes (W,)."""
        return self.axis_of_days(self.windows.person, self.windows.first), self.axis_of_days(
            self.windows.person, self.windows.last
        )

    def axis_of_days(self, person: NDArray[np.integer], day: NDArray[np.int64]) -> NDArray[np.int64]:
        """Where the beginnings of days stand on the axis."""
        return self.timeline.axis(person, self.timeline.midnight(day))

    @cached_property
    def incomplete(self) -> NDArray[np.bool_]:
        """Which windows hold a stretch of days of which nothing is known; shape (W,).

        So many days in a row without an entry, leave or a word that there was none are no sign of rest but of
        a log that was not kept. Of somebody without any entry a single such day is enough.
        """
        limit = self.rules.missing_data_days
        unknown = self._known_days.gaps.at_least(limit)
        windows = self.windows
        first, last = (self.day_at(windows.person, day) for day in (windows.first, windows.last))
        never = ~self.has_duty[windows.person] & (self._known_days.within(first, last) < windows.days)
        return never | (unknown.longest_within(first, last) >= limit)

    @cached_property
    def _known_days(self) -> Spans:
        line, duties, leave = self.timeline, self.duties, self.record.leave
        stated = np.array(
            [(person, day_number(first), day_number(last)) for person, first, last in self.record.known],
            np.int64,
        ).reshape(-1, 3)
        person = np.concatenate((duties.person, leave.person, stated[:, 0].astype(np.int32)))
        first = np.concatenate((line.day(duties.start), leave.first // _HALVES, stated[:, 1]))
        last = np.concatenate((line.day(duties.end - 1) + 1, -(-leave.last // _HALVES), stated[:, 2]))
        first, last = (np.clip(each, line.first_day, line.last_day) for each in (first, last))
        there = last > first
        return Spans.merged(self.day_at(person[there], first[there]), self.day_at(person[there], last[there]))

    def day_at(self, person: NDArray[np.integer], day: NDArray[np.int64]) -> NDArray[np.int64]:
        """Where a day of a person stands on the axis of days."""
        return person.astype(np.int64) * (self.timeline.days + 1) + day - self.timeline.first_day

    def days_at(
        self, start: NDArray[np.int64], end: NDArray[np.int64]
    ) -> tuple[NDArray[np.int32], NDArray[np.int64], NDArray[np.int64]]:
        """The person, first and last (exclusive) day number of intervals on the axis of days."""
        person = start // (self.timeline.days + 1)
        offset = self.timeline.first_day - person * (self.timeline.days + 1)
        return person.astype(np.int32), start + offset, end + offset

    def pgy_at(self, person: NDArray[np.int64], day: NDArray[np.int64]) -> NDArray[np.int64]:
        """The post-graduate year of people on days; 0 where it is unknown."""
        years = self.timeline.academic_years[day - self.timeline.first_day]
        table, first = self._pgy_table
        return table[person, np.clip(years - first, 0, table.shape[1] - 1)]

    @cached_property
    def _pgy_table(self) -> tuple[NDArray[np.int64], int]:
        first, last = int(self.timeline.academic_years[0]), int(self.timeline.academic_years[-1])
        table = np.zeros((max(self.people, 1), last - first + 1), np.int64)
        for (person, year), level in self.record.pgy.items():
            if first <= year <= last:
                table[person, year - first] = level
        return table, first

    def reported(self, at: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Which places of the axis lie in the days that are reported on."""
        if self.record.report is None:
            return np.ones(at.shape, np.bool_)
        day = self.timeline.day(self.timeline.minute(at))
        begin, end = (day_number(each) for each in self.record.report)
        return (day >= begin) & (day < end)

    def window_of(self, at: NDArray[np.int64]) -> NDArray[np.int64]:
        """The averaging window at each place of the axis; -1 - person outside all of the person's own."""
        outside = -1 - self.timeline.person(at)
        if not len(self.windows):
            return outside
        start, end = self.window_axis
        index = np.searchsorted(start, at, side="right") - 1
        inside = (index >= 0) & (at < end[np.maximum(index, 0)])
        return np.where(inside, index, outside)

    def window_label(self, window: int) -> tuple[str, str]:
        """First and last (exclusive) day of a window in ISO form."""
        return day_of(int(self.windows.first[window])).isoformat(), day_of(
            int(self.windows.last[window])
        ).isoformat()


def _timeline(record: DutyRecord, rules: RuleSet) -> Timeline:
    """The days that duty, periods and the report touch."""
    duties = record.duties
    first = [day_number(period.start) for period in record.periods]
    last = [day_number(period.end) for period in record.periods]
    if record.report is not None:
        first.append(day_number(record.report[0]))
        last.append(day_number(record.report[1]))
    if len(duties):
        # The UTC day may be a neighbour of the local one.
        first.append(int(duties.start.min()) // (24 * 60) - 1)
        last.append(int(duties.end.max()) // (24 * 60) + 2)
    # A window from the first duty's Monday may end so much later than the last duty.
    return Timeline.around(record.timezone, min(first, default=0), max(last, default=1) + rules.window_days)


def _first_and_last_day(
    timeline: Timeline, duties: Duties, people: int
) -> tuple[NDArray[np.bool_], NDArray[np.int64], NDArray[np.int64]]:
    """Who has any duty, and the day numbers of each one's first and last; shapes (P,)."""
    limits = np.iinfo(np.int64)
    start, end = np.full(people, limits.max), np.full(people, limits.min)
    np.minimum.at(start, duties.person, duties.start)
    np.maximum.at(end, duties.person, duties.end)
    has = start < end
    return has, timeline.day(np.where(has, start, 0)), timeline.day(np.where(has, end - 1, 0))
