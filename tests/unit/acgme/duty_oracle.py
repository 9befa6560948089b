"""The duty-hours rules spelt out slowly, one person at a time; a set of minutes is an integer's bits."""

import re
from collections import Counter
from datetime import date, datetime, time, timedelta
from fractions import Fraction
from itertools import pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

from residency.acgme.kinds import DutyKind

KINDS = tuple(kind.value for kind in DutyKind)
NOT_COUNTED = {"home_call"}
NOT_AT_WORK = {"home_call", "home_work"}
NOT_SCHEDULED = {"home_call", "home_work", "home_call_in"}
VERDICTS = {"must": "violation", "should": "warning", "early_warning": "early_warning"}
HOUR, DAY = 60, 1440
ONE_DAY = timedelta(days=1)
EPOCH = date(1970, 1, 1)


class Found(NamedTuple):
    """A finding, its numbers exact."""

    person: str
    window_start: str
    rule: str
    force: str
    window_end: str
    value: Fraction
    limit: Fraction
    unit: str
    verdict: str


class Verdicts(NamedTuple):
    """Everything the oracle says; not_applicable holds (rule, person, window_start)."""

    findings: list
    checked: Counter
    not_applicable: list
    people: list


def judged(record, rule_set):
    """All people of a record under acgme-2017 or acgme-2011."""
    said = Verdicts([], Counter(), [], [])
    for index in range(len(record.people)):
        OnePerson(record, index, rule_set == "acgme-2011", said).judge()
    said.findings.sort()
    return said


def minutes(start, end):
    """The set of the minutes [start, end)."""
    return (1 << end) - (1 << start) if end > start else 0


def runs(mask):
    """The maximal unbroken stretches [start, end) of a set of minutes, in order."""
    edges = [found.start() for found in re.finditer("1", bin(mask ^ (mask << 1))[:1:-1])]
    return list(zip(edges[::2], edges[1::2], strict=True))


def days(start, end):
    """The dates [start, end)."""
    return [start + ONE_DAY * number for number in range((end - start).days)]


class OnePerson:
    """One person's duty, leave and periods; minutes are counted from some weeks before all of them."""

    def __init__(self, record, index, historical, said):
        self.record, self.index, self.historical, self.said = record, index, historical, said
        self.name, self.zone = record.people[index], ZoneInfo(record.timezone)
        self.base = 0
        duties = record.duties
        self.entries = [
            (int(start), int(end), KINDS[kind], bool(new))
            for person, start, end, kind, new in zip(
                duties.person, duties.start, duties.end, duties.kind, duties.new_patient, strict=True
            )
            if person == index
        ]
        self.leave = {
            half
            for person, first, last in zip(
                record.leave.person, record.leave.first, record.leave.last, strict=True
            )
            if person == index
            for half in range(int(first), int(last))
        }
        self.periods = sorted(
            (each.start, each.end, each.kind.value) for each in record.periods if each.person == index
        )
        earliest = [self.day_of(start) for start, *_ in self.entries] + [each[0] for each in self.periods]
        if earliest:
            self.base = self.midnight(min(earliest) - timedelta(days=60))
            self.entries = [(start - self.base, end - self.base, *rest) for start, end, *rest in self.entries]

    def day_of(self, minute):
        """The local date of a minute."""
        return self.local(minute).date()

    def local(self, minute):
        """A minute as local time."""
        return datetime.fromtimestamp((minute + self.base) * 60, self.zone)

    def midnight(self, day, clock=time()):
        """The minute a local date begins, or another time of it."""
        return int(datetime.combine(day, clock, self.zone).timestamp()) // 60 - self.base

    def union(self, *, of=KINDS, but=()):
        """The minutes of all entries of some kinds."""
        mask = 0
        for start, end, kind, _ in self.entries:
            if kind in of and kind not in but:
                mask |= minutes(start, end)
        return mask

    def halves_off(self, start, end):
        """Leave in days [start, end), in half-days."""
        halves = range(2 * (start - EPOCH).days, 2 * (end - EPOCH).days)
        return sum(half in self.leave for half in halves)

    def countable(self, start, end):
        """Half-days of [start, end) that are not leave."""
        return 2 * (end - start).days - self.halves_off(start, end)

    def pgy(self, day):
        """Post-graduate year on a date, None when unknown."""
        return self.record.pgy.get((self.index, day.year - (day.month < 7)))

    def nights(self, mask, start, end):
        """Dates in [start, end) at whose end the midnight lies in a set of minutes."""
        return [day for day in days(start, end) if mask >> self.midnight(day + ONE_DAY) & 1]

    def find(self, rule, force, start, end, value, limit, unit):
        """Note a finding; instants are written as local times, dates as they are."""
        start, end = (
            each.isoformat() if isinstance(each, date) else self.local(each).isoformat()
            for each in (start, end)
        )
        found = (force, end, Fraction(value), Fraction(limit), unit, VERDICTS[force])
        self.said.findings.append(Found(self.name, start, rule, *found))

    def not_judged(self, rule, start):
        """Note what cannot be judged."""
        start = start if isinstance(start, str) else start.isoformat()
        self.said.not_applicable.append((rule, self.name, start))

    def windows(self):
        """The averaging windows, in order."""
        found = []
        if not self.periods:
            first, last = self.first_day, self.last_day
            day = first - timedelta(days=first.weekday())
            while day <= last:
                found.append((day, day + timedelta(days=28)))
                day += timedelta(days=28)
            return found
        for begin, end, kind in self.periods:
            start = begin
            while start < end:
                if (end - begin).days <= 31:
                    stop = end
                elif kind == "calendar_month":
                    stop = min(end, (start.replace(day=1) + timedelta(days=32)).replace(day=1))
                else:
                    stop = min(end, start + timedelta(days=28))
                found.append((start, stop))
                start = stop
        return found

    def judge(self):
        """Every rule."""
        self.counted = self.union(but=NOT_COUNTED)
        self.at_work = self.union(but=NOT_AT_WORK)
        self.scheduled = self.union(but=NOT_SCHEDULED)
        self.in_house = self.union(of=["in_house_call"])
        if not self.entries:
            self.judge_windows() if self.periods else self.not_judged("HOURS_80", "")
            self.said.people.append((self.name, None, None, None, None))
            return
        self.first_day = self.day_of(min(start for start, *_ in self.entries))
        self.last_day = self.day_of(max(end for _, end, *_ in self.entries) - 1)
        averages, free = self.judge_windows()
        self.outside_periods()
        self.early_warnings()
        gap = self.judge_rest()
        self.judge_continuous()
        self.judge_moonlighting()
        self.judge_night_float()
        self.said.people.append((self.name, averages, self.fullest_week(), gap, free))

    def outside_periods(self):
        """Duty on no day of any period is averaged by nobody."""
        if not self.periods:
            return
        inside = 0
        for begin, end, _ in self.periods:
            inside |= minutes(self.midnight(begin), self.midnight(end))
        outside = self.counted & ~inside
        if outside:
            self.not_judged("HOURS_80", self.day_of(runs(outside)[0][0]))

    def incomplete(self, start, end):
        """Whether ten days in a row have no entry, no leave and are not known to be free.

        Of somebody without any entry a single such day is enough.
        """
        everything = self.union()
        known = [(begin, until) for person, begin, until in self.record.known if person == self.index]
        empty = ""
        for day in days(start, end):
            touched = everything & minutes(self.midnight(day), self.midnight(day + ONE_DAY))
            away = self.halves_off(day, day + ONE_DAY)
            fact = any(begin <= day < until for begin, until in known)
            empty += "." if touched or away or fact else "0"
        return "0" * (10 if self.entries else 1) in empty

    def judge_windows(self):
        """HOURS_80, FREE_DAY, CALL_Q3 and HOME_CALL; the largest average and the fewest free days."""
        figures = {True: ([], []), False: ([], [])}
        on_call = any(kind == "in_house_call" for _, _, kind, _ in self.entries)
        for start, end in self.windows():
            lacking = self.incomplete(start, end)
            averages, frees = figures[lacking]
            frees.append(self.free_days(start, end))
            if self.countable(start, end):
                averages.append(self.average(start, end))
                self.judge_hours(start, end, lacking)
                self.judge_free(start, end, lacking)
                if on_call:
                    self.judge_call(start, end, lacking)
                self.judge_home_call(start, end, lacking)
            else:
                for rule in ["HOURS_80", "FREE_DAY", "CALL_Q3"][: 3 if on_call else 2]:
                    self.not_judged(rule, start)
        averages, frees = figures[not figures[False][1]]
        return max(averages, default=None), min(frees, default=None)

    def average(self, start, end):
        """Hours a week of counted work over the countable days of [start, end), None without any."""
        worked = (self.counted & minutes(self.midnight(start), self.midnight(end))).bit_count()
        halves = self.countable(start, end)
        return Fraction(worked, HOUR) / Fraction(halves, 14) if halves else None

    def averaged(self, rule, start, end, value, limit, broken, lacking, unit, force="must"):
        """A rule that averages: broken is broken, but kept only where nothing is missing."""
        if broken:
            self.find(rule, force, start, end, value, limit, unit)
        elif lacking:
            self.not_judged(rule, start)
            return
        self.said.checked[rule] += 1

    def judge_hours(self, start, end, lacking):
        """80 hours a week, or what an exception over the whole window allows."""
        average = self.average(start, end)
        allowed = [
            Fraction(each.limit)
            for each in self.record.exceptions
            if each.person == self.index and each.start <= start and end <= each.end
        ]
        limit = max(allowed, default=Fraction(80))
        before = self.said.checked["HOURS_80"]
        self.averaged("HOURS_80", start, end, average, limit, average > limit, lacking, "h/week")
        if allowed:
            self.said.checked["HOURS_88_EXCEPTION"] += self.said.checked["HOURS_80"] - before

    def free_days(self, start, end):
        """Stretches of 24 hours in [start, end) without work, home call and leave."""
        busy = self.union()
        for day in days(start, end):
            half, noon = 2 * (day - EPOCH).days, self.midnight(day, time(12))
            busy |= minutes(self.midnight(day), noon) if half in self.leave else 0
            busy |= minutes(noon, self.midnight(day + ONE_DAY)) if half + 1 in self.leave else 0
        gaps = runs(minutes(self.midnight(start), self.midnight(end)) & ~busy)
        return sum((until - begin) // DAY for begin, until in gaps)

    def judge_free(self, start, end, lacking):
        """One free day in seven."""
        free, required = self.free_days(start, end), self.countable(start, end) // 14
        self.averaged("FREE_DAY", start, end, free, required, free < required, lacking, "days")

    def judge_call(self, start, end, lacking):
        """In-house call every third night."""
        nights, most = len(self.nights(self.in_house, start, end)), self.countable(start, end) // 6
        self.averaged("CALL_Q3", start, end, nights, most, nights > most, lacking, "nights")

    def judge_home_call(self, start, end, lacking):
        """Home call on more than every second night."""
        carried = self.union(of=["home_call"])
        if carried & minutes(self.midnight(start), self.midnight(end)):
            nights, most = len(self.nights(carried, start, end)), Fraction(self.countable(start, end), 4)
            self.averaged("HOME_CALL", start, end, nights, most, nights > most, lacking, "nights", "should")

    def early_warnings(self):
        """The worst of every run of days on which 28 days of 75 hours or more begin."""
        day, run = self.first_day, []
        while day + timedelta(days=28) <= self.last_day + ONE_DAY:
            average = self.average(day, day + timedelta(days=28))
            if average is not None and average >= 75:
                run.append((average, day))
            else:
                self.early_warning(run)
                run = []
            day += ONE_DAY
        self.early_warning(run)

    def early_warning(self, run):
        """One finding for a run, if there is any in it."""
        if run:
            average, day = max(run, key=lambda each: (each[0], -each[1].toordinal()))
            limit = 80 if average > 80 else 78 if average >= 78 else 75
            self.find("HOURS_80", "early_warning", day, day + timedelta(days=28), average, limit, "h/week")

    def judge_rest(self):
        """The gaps between periods of scheduled work; the smallest of them, in hours."""
        gaps = []
        for (start, end), (following, _) in pairwise(runs(self.scheduled)):
            gap = following - end
            gaps.append(Fraction(gap, HOUR))
            if end - start >= 24 * HOUR and self.in_house & minutes(start, end):
                rule, least, force = "REST_14_AFTER_24", 14, "must"
            else:
                rule, least, force = "REST_8", 8, "must" if self.historical else "should"
                if self.historical and 8 * HOUR <= gap < 10 * HOUR:
                    self.find(rule, "should", end, following, gaps[-1], 10, "h")
            self.said.checked[rule] += 1
            if gap < least * HOUR:
                self.find(rule, force, end, following, gaps[-1], least, "h")
        return min(gaps, default=None)

    def judge_continuous(self):
        """24 hours, four more to hand over; in 2011 another cap for the first year."""
        handing = self.union(of=["transition", "education"])
        not_handing = self.union(but=[*NOT_AT_WORK, "transition", "education", "voluntary_stay"])
        for start, end in runs(self.at_work):
            pgy = self.pgy(self.day_of(start))
            if self.historical and pgy == 1:
                self.said.checked["PGY1_SHIFT_CAP"] += 1
                if end - start > 16 * HOUR:
                    self.find("PGY1_SHIFT_CAP", "must", start, end, Fraction(end - start, HOUR), 16, "h")
                continue
            if self.historical and pgy is None and end - start > 16 * HOUR:
                self.not_judged("PGY1_SHIFT_CAP", self.local(start))
            self.said.checked["CONTINUOUS_24_4"] += 1
            beyond = minutes(start + 24 * HOUR, end)
            bad = not_handing & beyond
            tail = handing & beyond & ~bad
            new = any(
                flag and kind not in NOT_AT_WORK and minutes(begin, until) & beyond
                for begin, until, kind, flag in self.entries
            )
            value = 24 + Fraction((bad | tail).bit_count(), HOUR)
            if bad:
                self.find("CONTINUOUS_24_4", "must", start, end, value, 24, "h")
            elif tail.bit_count() > 4 * HOUR:
                self.find("CONTINUOUS_24_4", "must", start, end, value, 28, "h")
            elif new:
                self.find("CONTINUOUS_24_4", "must", start, end, value, 24, "h")

    def judge_moonlighting(self):
        """None for the first year."""
        for start, end in runs(self.union(of=["moonlighting_internal", "moonlighting_external"])):
            pgy = self.pgy(self.day_of(start))
            if pgy is None:
                self.not_judged("MOONLIGHTING", self.local(start))
                continue
            self.said.checked["MOONLIGHTING"] += 1
            if pgy == 1:
                self.find("MOONLIGHTING", "must", start, end, Fraction(end - start, HOUR), 0, "h")

    def judge_night_float(self):
        """In 2011, at most six nights in a row."""
        if not self.historical:
            return
        mask, first = self.union(of=["night_float"]), self.first_day - ONE_DAY
        nights = set(self.nights(mask, first, self.last_day + ONE_DAY))
        for night in sorted(nights):
            if night - ONE_DAY not in nights:
                end = night
                while end in nights:
                    end += ONE_DAY
                self.said.checked["NIGHT_FLOAT"] += 1
                if (end - night).days > 6:
                    self.find("NIGHT_FLOAT", "must", night, end, (end - night).days, 6, "nights")

    def fullest_week(self):
        """Hours of the fullest week from a Monday."""
        day = self.first_day - timedelta(days=self.first_day.weekday())
        weeks = []
        while day <= self.last_day:
            week = minutes(self.midnight(day), self.midnight(day + timedelta(days=7)))
            weeks.append(Fraction((self.counted & week).bit_count(), HOUR))
            day += timedelta(days=7)
        return max(weeks)
