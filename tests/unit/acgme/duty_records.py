"""Duty to judge: written by hand as local times, or drawn at random just inside and outside every limit."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from residency.acgme.kinds import DutyKind
from residency.acgme.record import AveragingPeriod, Duties, DutyRecord, HoursException, Leave, PeriodKind

EPOCH = date(1970, 1, 1)
HOUR, DAY = 60, 1440
NIGHTS_OF_CLOCK_CHANGES = (
    ("America/New_York", date(2026, 2, 23)),
    ("America/New_York", date(2026, 10, 19)),
    ("Europe/London", date(2026, 3, 16)),
    ("Europe/London", date(2026, 10, 12)),
    ("Pacific/Honolulu", date(2026, 6, 15)),
    ("Australia/Lord_Howe", date(2026, 3, 23)),
    ("Australia/Lord_Howe", date(2026, 9, 21)),
    ("America/Havana", date(2026, 10, 19)),
    ("Africa/Cairo", date(2026, 4, 13)),
    ("UTC", date(2027, 12, 20)),
)
"""Zones and days shortly before their clocks change; in Havana and Cairo that happens at midnight."""


def minute_of(when, zone):
    """Whole minutes since 1970 of an ISO local time or of one with an offset."""
    moment = datetime.fromisoformat(when)
    moment = moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(zone))
    return round(moment.timestamp()) // 60


def written(minute):
    """A minute since 1970 as ISO text in UTC."""
    return datetime.fromtimestamp(60 * minute, UTC).isoformat()


def shifts(first, weekdays, starts, lengths):
    """One shift for each length (in minutes), on the given weekdays from a date on, at one local time."""
    day, rows = date.fromisoformat(first), []
    for length in lengths:
        while day.weekday() not in weekdays:
            day += timedelta(days=1)
        start = datetime.fromisoformat(f"{day}T{starts}")
        rows.append((start.isoformat(), (start + timedelta(minutes=length)).isoformat()))
        day += timedelta(days=1)
    return rows


def half_days(first, end):
    """Days [first, end) in half-days since 1970."""
    return 2 * (first - EPOCH).days, 2 * (end - EPOCH).days


def record_of(entries, *, zone="UTC", pgy=None, leave=(), periods=(), exceptions=(), known=(), people=("R",)):
    """A record from rows (start, end[, kind[, new_patient]]) or, for several people, (person, start, ...).

    Times are ISO local times; leave, known and periods hold ISO dates, ends exclusive; ``pgy`` is that of
    everybody in every year.
    """
    rows = [row if isinstance(row[0], int) else (0, *row) for row in entries]
    return DutyRecord(
        timezone=zone,
        people=tuple(people),
        duties=Duties.of(
            [row[0] for row in rows],
            [minute_of(row[1], zone) for row in rows],
            [minute_of(row[2], zone) for row in rows],
            [DutyKind(row[3] if len(row) > 3 else "duty") for row in rows],
            [bool(row[4]) if len(row) > 4 else False for row in rows],
        ),
        pgy={(person, year): pgy for person in range(len(people)) for year in range(2000, 2040)}
        if pgy
        else {},
        leave=leave_of([(0, *half_days(*map(date.fromisoformat, days))) for days in leave]),
        periods=tuple(
            AveragingPeriod(
                0, date.fromisoformat(start), date.fromisoformat(end), PeriodKind(*kind or ["rotation"])
            )
            for start, end, *kind in periods
        ),
        exceptions=tuple(
            HoursException(0, date.fromisoformat(start), date.fromisoformat(end), limit)
            for start, end, limit in exceptions
        ),
        known=tuple((0, *map(date.fromisoformat, days)) for days in known),
    )


def leave_of(rows):
    """Leave from rows (person, first half-day, last half-day)."""
    person, first, last = zip(*rows, strict=True) if rows else ((), (), ())
    return Leave(np.array(person, np.int32), np.array(first, np.int64), np.array(last, np.int64))


def random_record(rng, people=4, weeks=9):
    """Some people over some weeks; each week of each person is one of the patterns that rules look at."""
    zone, start = rng.choice(NIGHTS_OF_CLOCK_CHANGES)
    rows, leave, periods, exceptions, known, pgy = [], [], [], [], [], {}
    for person in range(people):
        begin = start + timedelta(days=rng.choice([0, 0, 1, 3, 6]))
        if rng.random() < 0.04:
            span = 0
        elif rng.random() < 0.4:
            span = 28
            rows += [(person, *row) for row in nearly_eighty(rng, begin, zone)]
        else:
            span = 7 * rng.choice([1, 2, 4, 4, 8, weeks])
            liked = rng.sample(PATTERNS, rng.choice([1, 1, 2, 5]))
            for week in range(0, span, 7):
                made = rng.choice(liked)(rng, begin + timedelta(days=week))
                rows += [(person, minute_of(a, zone), minute_of(b, zone), *rest) for a, b, *rest in made]
        leave += [(person, *halves) for halves in random_leave(rng, begin, span)]
        periods += random_periods(rng, person, begin) if rng.random() < 0.6 else []
        for _ in range(rng.choice([0, 1, 2])):
            first = begin - timedelta(days=rng.choice([0, 0, 1, 6]))
            end = begin + timedelta(days=rng.choice([27, 28, 35, 70]))
            exceptions.append(HoursException(person, first, end, rng.choice([81.0, 84.5, 88.0])))
        if rng.random() < 0.5:
            known.append((person, begin, begin + timedelta(days=rng.choice([5, 30, 100]))))
        for year in (2025, 2026, 2027, 2028):
            if rng.random() < 0.85:
                pgy[person, year] = rng.choice([1, 1, 2, 3])
    rows = [row for row in rows if row[1] < row[2]]  # the spring change turns a few around
    rng.shuffle(rows)
    return DutyRecord(
        timezone=zone,
        people=tuple(f"{chr(90 - person)}{person}" for person in range(people)),
        duties=Duties.of(
            [row[0] for row in rows],
            [row[1] for row in rows],
            [row[2] for row in rows],
            [DutyKind(row[3]) for row in rows],
            [rng.random() < 0.04 or len(row) > 4 for row in rows],
        ),
        pgy=pgy,
        leave=leave_of(leave),
        periods=tuple(periods),
        exceptions=tuple(exceptions),
        known=tuple(known),
    )


def nearly_eighty(rng, begin, zone):
    """Four weeks of day shifts whose sum is a minute or so around a limit, some of it in odd kinds."""
    goal = 4 * HOUR * rng.choice([70, 75, 78, 80, 80, 80, 81, 84.5, 88]) + rng.choice([-30, -1, 0, 0, 1, 15])
    off = rng.choice([(6, 13, 20, 27), (6, 13, 20, 27), (6, 13, 20), (0, 7, 14, 21, 27)])
    worked = [day for day in range(28) if day not in off]
    kinds = [DutyKind.DUTY] * 9 + [rng.choice(list(DutyKind))]
    rows, left = [], int(goal)
    for place, day in enumerate(worked):
        length = round(left / (len(worked) - place))
        left -= length
        start = minute_of(f"{begin + timedelta(days=day)}T{rng.choice([5, 6, 7]):02}:00", zone)
        rows.append((start, start + length, rng.choice(kinds)))
        if rng.random() < 0.1:
            rows.append(
                (start + rng.choice([-20, 0, 30]), start + length - rng.choice([0, 100]), "education")
            )
    return rows


def local_rows(begin, rows):
    """Rows (days, minutes from that day's midnight, length, kind...) as local ISO times."""
    midnight = datetime.fromisoformat(begin.isoformat())
    return [
        (
            (midnight + timedelta(days=day, minutes=at)).isoformat(),
            (midnight + timedelta(days=day, minutes=at + length)).isoformat(),
            *rest,
        )
        for day, at, length, *rest in rows
    ]


def day_shifts(rng, begin):
    """A shift on most days, one starting about 8, 10 or 14 hours after another."""
    rows = []
    for day in range(7):
        if rng.random() < 0.85:
            length = HOUR * rng.choice([8, 10, 12, 14, 16]) + rng.choice([-1, 0, 1])
            rows.append((day, 6 * HOUR, length, "duty"))
            if rng.random() < 0.2:
                again = 6 * HOUR + length + HOUR * rng.choice([0, 8, 10]) + rng.choice([-1, 0, 1])
                rows.append((day, again, 3 * HOUR, rng.choice(["duty", "home_work", "education"])))
    return local_rows(begin, rows)


def call_nights(rng, begin):
    """In-house calls of about 24 hours with a tail, and the next start about 14 hours later."""
    rows, day, pause = [], 0, rng.choice([2, 2, 3, 4])
    while day < 7:
        length = HOUR * rng.choice([14, 23, 24, 24, 24]) + rng.choice([-1, 0, 0, 1])
        rows.append((day, 7 * HOUR, length, "in_house_call"))
        end = 7 * HOUR + length
        for _ in range(rng.choice([0, 1, 1, 2])):
            tail = rng.choice([1, 2 * HOUR, 4 * HOUR - 1, 4 * HOUR, 4 * HOUR + 1])
            kinds = ["transition", "education", "voluntary_stay", "transition", "duty", "home_work"]
            rows.append((day, end, tail, rng.choice(kinds), *([True] if rng.random() < 0.15 else [])))
            end += tail
        if rng.random() < 0.6:
            rows.append((day, end + 14 * HOUR + rng.choice([-HOUR, -1, 0, 1]), 5 * HOUR, "duty"))
        day += pause
    return local_rows(begin, rows)


def night_floats(rng, begin):
    """Nights from 19:00, some of which end at midnight to the minute."""
    nights = range(rng.choice([0, 0, 1, 3]), 7)
    ends = [12 * HOUR, 12 * HOUR, 12 * HOUR, 5 * HOUR, 5 * HOUR + 1]
    return local_rows(begin, [(day, 19 * HOUR, rng.choice(ends), "night_float") for day in nights])


def home_calls(rng, begin):
    """Home call on some nights, work back in hospital and at home during it."""
    rows, often = [], rng.choice([0.4, 0.6, 1])
    for day in range(7):
        if rng.random() < often:
            rows.append((day, 17 * HOUR, rng.choice([7 * HOUR, 14 * HOUR, 16 * HOUR]), "home_call"))
            rows += [(day, 20 * HOUR, 3 * HOUR, "home_call_in"), (day, 23 * HOUR, HOUR, "home_work")][
                : rng.randrange(3)
            ]
        if rng.random() < 0.5:
            rows.append((day, 8 * HOUR, 9 * HOUR, "duty"))
    return local_rows(begin, rows)


def extra_work(rng, begin):
    """Ordinary days and moonlighting of both kinds, touching each other or not."""
    rows = [(day, 8 * HOUR, 8 * HOUR, "duty") for day in range(5)]
    for day in range(7):
        if rng.random() < 0.3:
            rows.append((day, 18 * HOUR, 4 * HOUR, "moonlighting_internal"))
            rows.append((day, rng.choice([22, 22, 23]) * HOUR, 2 * HOUR, "moonlighting_external"))
    return local_rows(begin, rows)


def free_days(rng, begin):
    """Gaps of 24 and 48 hours to the minute, and midnights that are touched or missed by one."""
    rows, at, gaps = [], rng.choice([0, 7 * HOUR]), rng.choice([[7, 8, 9, 14], [8, 14, 24], [14, 24, 48]])
    while at < 6 * DAY:
        length = HOUR * rng.choice([10, 16, 17, 24, 25, 28, 29]) + rng.choice([-1, 0, 1])
        rows.append((0, at, length, rng.choice(["duty", "duty", "home_call", "in_house_call"])))
        at += length + HOUR * rng.choice(gaps) + rng.choice([-1, 0, 1])
    return local_rows(begin, rows)


def anything(rng, begin):
    """Entries of any kind anywhere, on top of each other."""
    return local_rows(
        begin,
        [
            (0, rng.randrange(7 * DAY), rng.choice([1, 45, 300, 720, 1440, 1800]), rng.choice(list(DutyKind)))
            for _ in range(rng.randrange(1, 9))
        ],
    )


def nothing(rng, begin):
    """A week without any entry."""
    return []


PATTERNS = (
    day_shifts,
    day_shifts,
    call_nights,
    call_nights,
    night_floats,
    home_calls,
    home_calls,
    extra_work,
    free_days,
    free_days,
    anything,
    nothing,
)


def random_leave(rng, begin, span):
    """Leave in half-days, now and then for weeks or twice over the same days."""
    found = []
    for _ in range(rng.choice([0, 0, 1, 1, 2])):
        first = begin + timedelta(days=rng.randint(-3, max(span, 1)))
        halves = half_days(first, first + timedelta(days=rng.choice([1, 2, 7, 7, 9, 28])))
        found.append((halves[0] + rng.choice([0, 0, 1]), halves[1] + rng.choice([0, 0, 1])))
    return found


def random_periods(rng, person, begin):
    """Rotations, blocks or months one after the other, not always where the duty is."""
    found = []
    day = begin - timedelta(days=rng.choice([0, 0, 0, 2, 20]))
    for _ in range(rng.choice([1, 2, 4, 6])):
        kind = rng.choice(list(PeriodKind))
        if kind is PeriodKind.CALENDAR_MONTH and rng.random() < 0.6:
            day = day.replace(day=1)
            if found and day < found[-1].end:
                day = (day + timedelta(days=32)).replace(day=1)
            end = (day + timedelta(days=32)).replace(day=1)
        else:
            end = day + timedelta(days=rng.choice([1, 7, 7, 14, 14, 28, 28, 28, 31, 32, 60, 90]))
        found.append(AveragingPeriod(person, day, end, kind))
        day = end + timedelta(days=rng.choice([0, 0, 0, 3]))
    return found
