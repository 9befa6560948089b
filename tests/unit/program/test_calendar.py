"""Academic years, academic blocks and holidays."""

from collections import Counter
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from residency.errors import InvalidInputError
from residency.program.calendar import (
    CalendarDay,
    Period,
    academic_block,
    academic_year,
    academic_year_period,
    holiday_days,
    is_weekend,
)
from residency.program.vocabulary import DayType, Half

years = st.integers(1990, 2100)


def block_lengths(year):
    period = academic_year_period(year)
    blocks = [academic_block(period.start + timedelta(days=offset)) for offset in range(period.days)]
    assert blocks == sorted(blocks)
    return Counter(blocks)


def test_2025_has_the_published_block_lengths():
    lengths = block_lengths(2025)
    assert [lengths[0] + lengths[1], *[lengths[block] for block in range(2, 14)]] == [30, *[28] * 11, 27]


@given(year=years)
def test_blocks_1_to_12_are_28_days_from_a_thursday(year):
    lengths = block_lengths(year)
    assert {lengths[block] for block in range(1, 13)} == {28}
    assert 0 <= lengths[0] <= 6
    assert lengths[13] == academic_year_period(year).days - lengths[0] - 12 * 28
    assert 23 <= lengths[13] <= 30
    first_of_block_1 = date(year, 7, 1) + timedelta(days=lengths[0])
    assert first_of_block_1.weekday() == 3
    assert academic_block(first_of_block_1) == 1


def test_a_year_that_begins_on_a_thursday_has_no_block_0():
    assert date(2027, 7, 1).weekday() == 3
    assert block_lengths(2027)[0] == 0


@pytest.mark.parametrize(
    ("day", "year"),
    [
        (date(2026, 6, 30), 2025),
        (date(2026, 7, 1), 2026),
        (date(2026, 12, 31), 2026),
        (date(2027, 1, 1), 2026),
    ],
)
def test_the_academic_year_turns_on_the_first_of_july(day, year):
    assert academic_year(day) == year


@given(year=years, offset=st.integers(0, 365))
def test_an_academic_year_holds_exactly_its_days(year, offset):
    period = academic_year_period(year)
    day = period.start + timedelta(days=offset)
    assert (day in period) == (academic_year(day) == year)
    assert period.days in {365, 366}


@given(start=st.dates(date(2000, 1, 1), date(2100, 1, 1)), days=st.integers(0, 40), block=st.integers(0, 79))
def test_a_period_numbers_the_halves_of_its_days(start, days, block):
    period = Period.horizon(start, days)
    assert (period.days, period.blocks) == (days, 2 * days)
    assert (period.day(block), period.half(block)) == (
        start + timedelta(days=block // 2),
        Half.AM if block % 2 == 0 else Half.PM,
    )


def test_blocks_are_named_as_people_say_them():
    assert Period(date(2026, 3, 2), date(2026, 3, 5)).label(2) == "Tue 3 Mar AM"
    assert Period(date(2026, 3, 2), date(2026, 3, 5)).label(5) == "Wed 4 Mar PM"


def test_a_period_cannot_end_before_it_starts():
    with pytest.raises(InvalidInputError, match="end: '2026-07-01' is not valid; expected a date not before"):
        Period(date(2026, 7, 2), date(2026, 7, 1))


def test_weekends_are_saturday_and_sunday():
    week = [date(2026, 11, 23) + timedelta(days=offset) for offset in range(7)]
    assert [is_weekend(day) for day in week] == [False] * 5 + [True] * 2


@pytest.mark.parametrize("year", range(2021, 2036))
def test_every_calendar_year_has_eleven_federal_holidays(year):
    found = holiday_days("US", Period(date(year, 1, 1), date(year + 1, 1, 1)))
    assert len([entry for entry in found.values() if entry.actual_date is None]) == 11
    assert all(entry.is_holiday for entry in found.values())


@given(year=st.integers(1975, 2090), country=st.sampled_from(["US", "GB", "CA"]))
def test_an_observed_holiday_names_the_nearest_true_date(year, country):
    for entry in holiday_days(country, academic_year_period(year)).values():
        if entry.actual_date is not None:
            assert 0 < abs((entry.actual_date - entry.day).days) <= 4
            assert not entry.holiday_name.endswith("(observed)")


def test_new_years_day_on_a_saturday_is_observed_the_day_before():
    found = holiday_days("US", Period(date(2027, 12, 31), date(2028, 1, 1)))
    assert found == {
        date(2027, 12, 31): CalendarDay(
            date(2027, 12, 31), DayType.FEDERAL_HOLIDAY, "New Year's Day", date(2028, 1, 1)
        )
    }


def test_holidays_may_be_none_and_must_be_of_a_known_country():
    year = academic_year_period(2026)
    assert holiday_days("", year) == {}
    assert holiday_days("US", Period(year.start, year.start)) == {}
    with pytest.raises(InvalidInputError, match="holidays: 'Atlantis' is not valid; expected an ISO 3166"):
        holiday_days("Atlantis", year)
