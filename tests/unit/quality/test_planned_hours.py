"""Planned hours by person: overlaps once, within the period; nights, weekends, holidays by the clock."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from residency.acgme.kinds import DutyKind
from residency.acgme.record import Duties
from residency.program.calendar import Period
from residency.quality.hours import planned_hours

WEEK = Period(date(2026, 3, 2), date(2026, 3, 9))
CHICAGO = "America/Chicago"


def hours_of(intervals, *, period=WEEK, timezone="UTC", people=1, holidays=()):
    """Hours of intervals ``(person, local start, hours[, kind])``."""
    zone = ZoneInfo(timezone)
    starts = [datetime.fromisoformat(row[1]).replace(tzinfo=zone).astimezone(UTC) for row in intervals]
    minutes = [int(start.timestamp()) // 60 for start in starts]
    duties = Duties.of(
        [row[0] for row in intervals],
        minutes,
        [start + int(60 * row[2]) for start, row in zip(minutes, intervals, strict=True)],
        [row[3] if len(row) > 3 else DutyKind.DUTY for row in intervals],
    )
    return planned_hours(duties, people, period, timezone, holidays)


def test_overlapping_and_touching_duty_counts_once():
    told = hours_of([(0, "2026-03-03T08:00", 4), (0, "2026-03-03T10:00", 4), (0, "2026-03-03T14:00", 1)])
    assert told.hours.tolist() == [7]


def test_people_do_not_share_hours_even_where_one_ends_as_the_next_begins():
    whole = 7 * 24
    told = hours_of([(0, "2026-03-02T00:00", whole), (1, "2026-03-02T00:00", 5)], people=3)
    assert told.hours.tolist() == [whole, 5, 0]


def test_a_pager_at_home_is_no_work_but_coming_in_is():
    told = hours_of(
        [(0, "2026-03-03T19:00", 12, DutyKind.HOME_CALL), (0, "2026-03-03T22:00", 2, DutyKind.HOME_CALL_IN)]
    )
    assert told.hours.tolist() == [2]
    assert told.night.tolist() == [2]


def test_duty_is_clipped_to_the_period_so_that_periods_add_up():
    night = [(0, "2026-03-08T19:00", 12)]
    before, after = hours_of(night), hours_of(night, period=Period(date(2026, 3, 9), date(2026, 3, 16)))
    assert (before.hours[0], after.hours[0]) == (5, 7)
    assert (before.night[0], after.night[0]) == (5, 7)
    assert (before.weekend[0], after.weekend[0]) == (5, 0)


def test_nights_begin_at_19_and_end_at_7():
    told = hours_of([(0, "2026-03-03T18:00", 2), (0, "2026-03-05T06:00", 3)])
    assert told.night.tolist() == [2]


@pytest.mark.parametrize(
    ("start", "clock", "true"), [("2026-03-07T19:00", 12, 11), ("2026-10-31T19:00", 12, 13)]
)
def test_a_night_of_a_clock_change_has_its_true_length(start, clock, true):
    day = date.fromisoformat(start[:10])
    period = Period(day, day + timedelta(days=2))
    told = hours_of([(0, start, true)], period=period, timezone=CHICAGO)
    assert told.hours.tolist() == told.night.tolist() == told.weekend.tolist() == [true]
    assert clock != true


def test_holidays_are_their_local_days():
    told = hours_of([(0, "2026-03-03T20:00", 12)], timezone=CHICAGO, holidays=[date(2026, 3, 4)] * 2)
    assert told.holiday.tolist() == [8]
    assert told.of("holiday") is told.holiday


def test_no_duty_is_no_hours():
    told = hours_of([], people=2)
    assert told.hours.tolist() == told.holiday.tolist() == [0, 0]
