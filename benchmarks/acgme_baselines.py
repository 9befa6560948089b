"""The two programs that anybody would write first for duty hours: plain loops over datetimes, and pandas.

Both judge HOURS_80 with its rolling early warning, FREE_DAY, REST_8, REST_14_AFTER_24, CONTINUOUS_24_4 and
CALL_Q3 by the rules of 2017, and answer with what is broken as ``(rule, person, beginning)``.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import numpy as np

from residency.acgme.kinds import AFTER_24_HOURS, AT_WORK, COUNTED, KINDS, SCHEDULED, DutyKind
from residency.acgme.record import DutyRecord

if TYPE_CHECKING:
    import pandas as pd

Broken = tuple[str, str, str]
Interval = tuple[datetime, datetime]

_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)
_NOTHING, _MINUTE = timedelta(), timedelta(minutes=1)
_SAME = 1e-9  # averages that differ by less are equal


@dataclass(frozen=True)
class PersonDuty:
    """One person's duty, days of leave and averaging windows, as a log would hold them."""

    name: str
    zone: ZoneInfo
    entries: list[tuple[datetime, datetime, DutyKind]]
    leave: set[date]
    windows: list[tuple[date, date]]


def people_of(record: DutyRecord, people: int) -> list[PersonDuty]:
    """The first people of a record, as plain objects."""
    zone, epoch = ZoneInfo(record.timezone), date(1970, 1, 1)
    found = [PersonDuty(name, zone, [], set(), []) for name in record.people[:people]]
    duties = record.duties
    columns = (duties.person, duties.start, duties.end, duties.kind)
    for person, start, end, kind in zip(*(column.tolist() for column in columns), strict=True):
        if person < people:
            moments = (datetime.fromtimestamp(60 * minute, UTC) for minute in (start, end))
            found[person].entries.append((*moments, KINDS[kind]))
    for person, first in zip(record.leave.person.tolist(), record.leave.first.tolist(), strict=True):
        if person < people:
            found[person].leave.add(epoch + (first // 2) * _DAY)
    for period in record.periods:
        if period.person < people:
            found[period.person].windows.append((period.start, period.end))
    return found


def plain(people: Iterable[PersonDuty]) -> list[Broken]:
    """Loops over people, windows and intervals."""
    broken: list[Broken] = []
    for person in people:
        broken += _windows(person)
        broken += _early_warnings(person)
        broken += _rest(person)
        broken += _continuous(person)
    return broken


def _union(person: PersonDuty, kinds: Iterable[DutyKind]) -> list[Interval]:
    merged: list[Interval] = []
    for start, end, kind in sorted(person.entries):
        if kind in kinds:
            if merged and start <= merged[-1][1]:
                merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
            else:
                merged.append((start, end))
    return merged


def _midnight(person: PersonDuty, day: date) -> datetime:
    return datetime.combine(day, time(), person.zone).astimezone(UTC)


def _windows(person: PersonDuty) -> list[Broken]:
    broken: list[Broken] = []
    worked, called = _union(person, COUNTED), _union(person, [DutyKind.IN_HOUSE_CALL])
    pager = _union(person, [DutyKind.HOME_CALL])
    for first, last in person.windows:
        days = [first + number * _DAY for number in range((last - first).days)]
        begin, end = _midnight(person, first), _midnight(person, last)
        countable = sum(day not in person.leave for day in days)
        if not countable:
            continue
        if _within(worked, begin, end) * 7 > 80 * _HOUR * countable:
            broken.append(("HOURS_80", person.name, first.isoformat()))
        away = [
            (_midnight(person, day), _midnight(person, day + _DAY)) for day in days if day in person.leave
        ]
        if _free(worked + pager + away, begin, end) < countable // 7:
            broken.append(("FREE_DAY", person.name, first.isoformat()))
        nights = 0
        for day in days:
            midnight = _midnight(person, day + _DAY)
            nights += any(start <= midnight < until for start, until in called)
        if nights > countable // 3:
            broken.append(("CALL_Q3", person.name, first.isoformat()))
    return broken


def _within(intervals: list[Interval], begin: datetime, end: datetime) -> timedelta:
    """Time of intervals in a window."""
    total = _NOTHING
    for start, until in intervals:
        if until > begin and start < end:
            total += min(until, end) - max(start, begin)
    return total


def _early_warnings(person: PersonDuty) -> list[Broken]:
    """The worst of every run of days on which 28 days of 75 hours or more begin."""
    worked, averages = _union(person, COUNTED), dict[date, float]()
    day = min(start for start, *_ in person.entries).astimezone(person.zone).date()
    last = (max(end for _, end, _ in person.entries) - _MINUTE).astimezone(person.zone).date()
    while day + 27 * _DAY <= last:
        countable = sum(day + number * _DAY not in person.leave for number in range(28))
        if countable:
            total = _within(worked, _midnight(person, day), _midnight(person, day + 28 * _DAY))
            averages[day] = total * 7 / _HOUR / countable
        day += _DAY
    return _worst_of_runs(person, averages)


def _worst_of_runs(person: PersonDuty, averages: dict[date, float]) -> list[Broken]:
    worst: list[tuple[date, float]] = []
    before: date | None = None
    for day, average in averages.items():
        if average < 75:
            continue
        if before != day - _DAY:
            worst.append((day, average))
        elif average > worst[-1][1] + _SAME:
            worst[-1] = (day, average)
        before = day
    return [("early warning", person.name, day.isoformat()) for day, _ in worst]


def _free(busy: list[Interval], begin: datetime, end: datetime) -> int:
    """Whole free days between busy intervals, within a window."""
    free, at = 0, begin
    for start, until in sorted(busy):
        if until > begin and start < end:
            if start > at:
                free += (start - at) // _DAY
            at = max(at, until)
    return free + max(end - at, _NOTHING) // _DAY


def _rest(person: PersonDuty) -> list[Broken]:
    broken: list[Broken] = []
    calls = _union(person, [DutyKind.IN_HOUSE_CALL])
    for (start, end), (following, _) in pairwise(_union(person, SCHEDULED)):
        if following - end >= 14 * _HOUR:
            continue
        on_call = end - start >= 24 * _HOUR and any(a < end and start < b for a, b in calls)
        rule, least = ("REST_14_AFTER_24", 14) if on_call else ("REST_8", 8)
        if following - end < least * _HOUR:
            broken.append((rule, person.name, end.astimezone(person.zone).isoformat()))
    return broken


def _continuous(person: PersonDuty) -> list[Broken]:
    broken: list[Broken] = []
    for start, end in _union(person, AT_WORK):
        beyond = start + 24 * _HOUR
        if end <= beyond:
            continue
        others = AT_WORK - AFTER_24_HOURS - {DutyKind.VOLUNTARY_STAY}
        over = any(until > beyond and a < end and kind in others for a, until, kind in person.entries)
        tail = _NOTHING
        for a, until in _union(person, AFTER_24_HOURS):
            tail += max(min(until, end) - max(a, beyond), _NOTHING)
        if over or tail > 4 * _HOUR:
            broken.append(("CONTINUOUS_24_4", person.name, start.astimezone(person.zone).isoformat()))
    return broken


def frame_of(people: Iterable[PersonDuty]) -> "pd.DataFrame":
    """The same duty as a pandas frame of ``person, start, end, kind``."""
    import pandas as pd

    rows = [(person.name, *entry) for person in people for entry in person.entries]
    return pd.DataFrame(rows, columns=["person", "start", "end", "kind"])


def with_pandas(duties: "pd.DataFrame", people: Iterable[PersonDuty]) -> list[Broken]:
    """Unions for everybody at once, then one frame for each person and a few expressions for each window."""
    broken: list[Broken] = []
    unions = {
        name: dict(iter(_frame_union(duties[duties.kind.isin(kinds)]).groupby("person")))
        for name, kinds in (
            ("worked", COUNTED),
            ("busy", COUNTED | {DutyKind.HOME_CALL}),
            ("called", {DutyKind.IN_HOUSE_CALL}),
            ("scheduled", SCHEDULED),
            ("at work", AT_WORK),
            ("others", AT_WORK - AFTER_24_HOURS - {DutyKind.VOLUNTARY_STAY}),
            ("after", AFTER_24_HOURS),
        )
    }
    for person in people:
        mine = {name: frames.get(person.name) for name, frames in unions.items()}
        if mine["worked"] is not None:
            broken += _frame_windows(person, mine)
            broken += _frame_early_warnings(person, mine)
            broken += _frame_rest(person, mine)
            broken += _frame_continuous(person, mine)
    return broken


def _frame_union(duties: "pd.DataFrame") -> "pd.DataFrame":
    duties = duties.sort_values(["person", "start"])
    reach = duties.groupby("person")["end"].cummax().groupby(duties["person"]).shift()
    number = (~(duties["start"] <= reach)).cumsum()
    return (
        duties.groupby(["person", number.rename("number")]).agg({"start": "min", "end": "max"}).reset_index()
    )


def _inside(intervals: "pd.DataFrame | None", begin: datetime, end: datetime) -> "pd.DataFrame":
    """The parts of intervals within a window."""
    import pandas as pd

    if intervals is None:
        return pd.DataFrame({"start": [], "end": []})
    near = intervals[(intervals["end"] > begin) & (intervals["start"] < end)]
    return near.assign(start=near["start"].clip(lower=begin), end=near["end"].clip(upper=end))


def _frame_windows(person: PersonDuty, mine: dict[str, Any]) -> list[Broken]:
    import pandas as pd

    broken: list[Broken] = []
    for first, last in person.windows:
        days = [first + number * _DAY for number in range((last - first).days)]
        begin, end = _midnight(person, first), _midnight(person, last)
        countable = len(days) - len(person.leave.intersection(days))
        if not countable:
            continue
        worked = _inside(mine["worked"], begin, end)
        if (worked["end"] - worked["start"]).sum() * 7 > 80 * _HOUR * countable:
            broken.append(("HOURS_80", person.name, first.isoformat()))
        away = [day for day in days if day in person.leave]
        edges = pd.DataFrame({"start": [end], "end": [end]})
        off = pd.DataFrame(
            {
                "start": [_midnight(person, day) for day in away],
                "end": [_midnight(person, day + _DAY) for day in away],
            }
        )
        parts = [
            part[["start", "end"]] for part in (_inside(mine["busy"], begin, end), off, edges) if len(part)
        ]
        busy = pd.concat(parts).sort_values("start")
        gaps = busy["start"] - busy["end"].cummax().shift(fill_value=begin)
        if (gaps.clip(lower=_NOTHING) // _DAY).sum() < countable // 7:
            broken.append(("FREE_DAY", person.name, first.isoformat()))
        if mine["called"] is not None:
            called = mine["called"]
            midnights = [_midnight(person, day + _DAY) for day in days]
            nights = sum(
                bool(((called["start"] <= midnight) & (midnight < called["end"])).any())
                for midnight in midnights
            )
            if nights > countable // 3:
                broken.append(("CALL_Q3", person.name, first.isoformat()))
    return broken


def _frame_early_warnings(person: PersonDuty, mine: dict[str, Any]) -> list[Broken]:
    import pandas as pd

    parts, rest = [], mine["worked"][["start", "end"]]
    while len(rest):
        day = rest["start"].dt.tz_convert(person.zone).dt.tz_localize(None).dt.normalize()
        midnight = (day + _DAY).dt.tz_localize(person.zone).dt.tz_convert("UTC")
        parts.append(pd.DataFrame({"day": day, "time": rest["end"].clip(upper=midnight) - rest["start"]}))
        rest = rest.assign(start=midnight)[rest["end"] > midnight]
    worked = pd.concat(parts).groupby("day")["time"].sum().dt.total_seconds()
    edges = mine["busy"]["start"].min(), mine["busy"]["end"].max() - _MINUTE
    first, last = (edge.tz_convert(person.zone).date() for edge in edges)
    days = pd.date_range(first, last)
    at_work = pd.Series([day.date() not in person.leave for day in days], days)
    total = worked.reindex(days, fill_value=0.0).rolling(28).sum().shift(-27)
    averages = total * 7 / 3600 / at_work.rolling(28).sum().shift(-27)
    return _worst_of_runs(person, {day.date(): average for day, average in averages.dropna().items()})


def _frame_rest(person: PersonDuty, mine: dict[str, Any]) -> list[Broken]:
    scheduled = mine["scheduled"]
    gap = scheduled["start"].shift(-1) - scheduled["end"]
    long = scheduled["end"] - scheduled["start"] >= 24 * _HOUR
    on_call = np.zeros(len(scheduled), bool)
    if mine["called"] is not None:
        for place in np.flatnonzero(long):
            row = scheduled.iloc[place]
            on_call[place] = len(_inside(mine["called"], row["start"], row["end"])) > 0
    broken: list[Broken] = []
    for rule, which, least in (("REST_14_AFTER_24", on_call, 14), ("REST_8", ~on_call, 8)):
        ends = scheduled["end"][which & (gap < least * _HOUR)]
        broken += [(rule, person.name, end.tz_convert(person.zone).isoformat()) for end in ends]
    return broken


def _frame_continuous(person: PersonDuty, mine: dict[str, Any]) -> list[Broken]:
    broken: list[Broken] = []
    at_work = mine["at work"]
    long = at_work[at_work["end"] - at_work["start"] > 24 * _HOUR]
    for start, end in zip(long["start"], long["end"], strict=True):
        over = len(_inside(mine["others"], start + 24 * _HOUR, end)) > 0
        tail = _inside(mine["after"], start + 24 * _HOUR, end)
        if over or (tail["end"] - tail["start"]).sum() > 4 * _HOUR:
            broken.append(("CONTINUOUS_24_4", person.name, start.tz_convert(person.zone).isoformat()))
    return broken
