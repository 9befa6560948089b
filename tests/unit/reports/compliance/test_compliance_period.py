"""The period of a report is the week or month that ended last, for any instant and any time zone."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from residency.errors import InvalidInputError
from residency.program.calendar import Period
from residency.reports.compliance_body import ReportKind
from residency.reports.compliance_period import report_period

ZONES = ("Pacific/Honolulu", "UTC", "Europe/London", "Pacific/Kiritimati")
FIRST, LAST = datetime.fromisoformat("2020-01-01"), datetime.fromisoformat("2040-01-01")
instants = st.datetimes(FIRST, LAST, timezones=st.just(UTC))


@given(at=instants, zone=st.sampled_from(ZONES))
def test_a_week_goes_from_friday_to_the_friday_that_was_last(at, zone):
    period = report_period(ReportKind.WEEKLY, at, zone)
    assert (period.days, period.start.weekday()) == (7, 4)
    dates = {at.date(), at.astimezone(ZoneInfo(zone)).date()}
    assert timedelta(0) <= max(dates) - period.end < timedelta(7)


@given(at=instants, zone=st.sampled_from(ZONES))
def test_a_month_is_the_calendar_month_that_ended_last(at, zone):
    period = report_period(ReportKind.MONTHLY, at, zone)
    assert (period.start.day, period.end.day) == (1, 1)
    assert 28 <= period.days <= 31
    day = max(at.date(), at.astimezone(ZoneInfo(zone)).date())
    assert period.end == day.replace(day=1)


def test_the_scheduled_instants_name_their_own_week_and_month_in_honolulu():
    friday = datetime(2026, 11, 20, 17, tzinfo=UTC)
    assert report_period(ReportKind.WEEKLY, friday, ZONES[0]) == Period(
        date(2026, 11, 13), date(2026, 11, 20)
    )
    first = datetime(2026, 12, 1, 9, tzinfo=UTC)
    assert first.astimezone(ZoneInfo(ZONES[0])).date() == date(2026, 11, 30)
    assert report_period(ReportKind.MONTHLY, first, ZONES[0]) == Period(date(2026, 11, 1), date(2026, 12, 1))


def test_days_that_are_asked_for_are_taken():
    start, end = date(2026, 1, 5), date(2027, 1, 6)
    assert report_period(ReportKind.WEEKLY, datetime.now(UTC), "UTC", start, end) == Period(start, end)


@pytest.mark.parametrize(
    ("start", "end", "field"),
    [
        (date(2026, 1, 5), None, "end"),
        (None, date(2026, 1, 5), "start"),
        (date(2026, 1, 5), date(2026, 1, 5), "end"),
        (date(2026, 1, 5), date(2026, 1, 4), "end"),
        (date(2026, 1, 5), date(2027, 1, 7), "end"),
    ],
)
def test_wrong_days_are_refused_by_name(start, end, field):
    with pytest.raises(InvalidInputError) as refused:
        report_period(ReportKind.WEEKLY, datetime.now(UTC), "UTC", start, end)
    assert refused.value.field == field
