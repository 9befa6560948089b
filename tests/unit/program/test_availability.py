"""Who can work when, against a plain reading of the rules half-day by half-day."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from residency.program.availability import availability, block_starts
from residency.program.calendar import Period
from residency.program.records import Absence, CallShift, Person
from residency.program.vocabulary import AbsenceStatus, AbsenceType, CallKind, Half, PersonType

WEEK = Period(date(2026, 7, 6), date(2026, 7, 13))
NEW_YORK = ZoneInfo("America/New_York")


def of_one(person=None, absences=(), call=(), period=WEEK, timezone="UTC"):
    person = person or Person("A", "A", PersonType.FACULTY)
    return availability(period, timezone, [person], {"A": 0}, absences, call)[0]


def lost(row, period=WEEK):
    return [period.label(block) for block in np.flatnonzero(~row).tolist()]


@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_it_is_what_the_rules_say(programs, program_days, data):
    program = data.draw(programs)
    start, days = data.draw(st.just((0, 6)) | st.tuples(st.integers(-2, 4), st.integers(0, 8)))
    period = Period.horizon(program_days.start + timedelta(days=start), days)
    index = {person.id: row for row, person in enumerate(program.people)}
    got = availability(period, program.timezone, program.people, index, program.absences, program.call_shifts)
    assert got.shape == (len(program.people), period.blocks)
    for row, person in enumerate(program.people):
        for block in range(period.blocks):
            assert got[row, block] == can_work(program, person, period.day(block), block % 2), (
                person,
                period.label(block),
            )


def can_work(program, person, day, half):
    if person.active_from and day < person.active_from:
        return False
    if person.active_to and day > person.active_to:
        return False
    for absence in program.absences:
        if absence.person == person.id and absence.status in {"approved", "confirmed"}:
            first = (absence.start_date, absence.start_half is Half.PM)
            recovery = {"deployment": 7, "convalescent": 3}.get(absence.type, 0)
            last = (absence.end_date + timedelta(days=recovery), absence.end_half is Half.PM)
            if first <= (day, bool(half)) <= last:
                return False
    begin = datetime.combine(day, time(13 if half else 7), ZoneInfo(program.timezone)).astimezone(UTC)
    return not any(
        start <= begin < end + timedelta(hours=14 if end - start >= timedelta(hours=24) else 8)
        for start, end in continuous_call(program, person)
    )


def continuous_call(program, person):
    """In-house call as stretches: shifts that overlap or touch are joined until nothing changes."""
    stretches = [(s.start, s.end) for s in program.call_shifts if s.person == person.id and s.in_house]
    while True:
        for one in stretches:
            other = next((o for o in stretches if o != one and o[0] <= one[1] and one[0] <= o[1]), None)
            if other:
                stretches = [s for s in stretches if s not in (one, other)]
                stretches.append((min(one[0], other[0]), max(one[1], other[1])))
                break
        else:
            return stretches


def absence(start, end, kind=AbsenceType.VACATION, status=AbsenceStatus.APPROVED, **halves):
    return Absence("A", date(2026, 7, start), date(2026, 7, end), kind, status, **halves)


def test_an_absence_takes_its_days_inclusively():
    assert lost(of_one(absences=[absence(7, 8)])) == [
        "Tue 7 Jul AM",
        "Tue 7 Jul PM",
        "Wed 8 Jul AM",
        "Wed 8 Jul PM",
    ]


def test_an_absence_may_begin_at_noon_and_end_at_noon():
    row = of_one(absences=[absence(7, 8, start_half=Half.PM, end_half=Half.AM)])
    assert lost(row) == ["Tue 7 Jul PM", "Wed 8 Jul AM"]


@pytest.mark.parametrize("status", AbsenceStatus)
def test_only_approved_and_confirmed_absences_count(status):
    row = of_one(absences=[absence(7, 7, status=status)])
    assert bool(lost(row)) == (status in {AbsenceStatus.APPROVED, AbsenceStatus.CONFIRMED})


@pytest.mark.parametrize(
    ("kind", "days"), [(kind, {"deployment": 7, "convalescent": 3}.get(kind, 0)) for kind in AbsenceType]
)
def test_recovery_follows_deployment_and_convalescence(kind, days):
    period = Period(date(2026, 7, 1), date(2026, 7, 31))
    row = of_one(absences=[absence(2, 4, kind)], period=period)
    assert (~row).sum() == 2 * (3 + days)
    assert not row[2 * 1]
    assert row[2 * (4 + days)]


def test_recovery_reaches_into_a_period_that_begins_after_the_absence():
    row = of_one(absences=[absence(1, 1, AbsenceType.DEPLOYMENT)])
    assert lost(row)[-1] == "Wed 8 Jul PM"
    assert len(lost(row)) == 6


def call(start, end, in_house=True):
    return CallShift("A", start, end, CallKind.OVERNIGHT, in_house)


def at(day, hour, minute=0, zone=UTC):
    return datetime(2026, 7, day, hour, minute, tzinfo=zone)


def test_a_night_of_call_takes_the_next_day():
    """19:00-07:00 and 8 hours of rest until 15:00."""
    assert lost(of_one(call=[call(at(7, 19), at(8, 7))])) == ["Wed 8 Jul AM", "Wed 8 Jul PM"]


@pytest.mark.parametrize(("minute", "afternoon_lost"), [(0, False), (1, True)])
def test_eight_hours_after_call_work_may_begin_to_the_minute(minute, afternoon_lost):
    row = of_one(call=[call(at(7, 17), at(8, 5, minute))])
    assert ("Wed 8 Jul PM" in lost(row)) == afternoon_lost


@pytest.mark.parametrize(
    ("start", "end", "morning_lost"),
    [
        (at(7, 17, 1), at(8, 17, 1), True),
        (at(7, 17, 2), at(8, 17, 1), False),
        (at(7, 17), at(8, 17), False),
    ],
)
def test_rest_is_fourteen_hours_after_twenty_four(start, end, morning_lost):
    row = of_one(call=[call(start, end)])
    assert ("Thu 9 Jul AM" in lost(row)) == morning_lost


def test_touching_shifts_are_one_stretch_of_call():
    day, night = call(at(7, 18), at(8, 6)), call(at(8, 6), at(8, 18))
    later = call(at(8, 6, 1), at(8, 18))
    assert "Thu 9 Jul AM" in lost(of_one(call=[night, day]))
    assert "Thu 9 Jul AM" not in lost(of_one(call=[later, day]))


def test_call_from_home_takes_nothing():
    assert lost(of_one(call=[call(at(7, 19), at(9, 7), in_house=False)])) == []


def test_a_day_of_call_over_the_spring_clock_change_has_twenty_three_hours():
    """The wall shows 24 hours, but rest of 14 hours is only owed after 24 true ones."""
    period = Period(date(2026, 3, 7), date(2026, 3, 11))
    start = datetime(2026, 3, 7, 18, tzinfo=NEW_YORK)
    end = datetime(2026, 3, 8, 18, tzinfo=NEW_YORK)
    row = of_one(call=[call(start, end)], period=period, timezone="America/New_York")
    assert lost(row, period) == ["Sun 8 Mar AM", "Sun 8 Mar PM"]
    longer = call(start - timedelta(hours=1), end)
    row = of_one(call=[longer], period=period, timezone="America/New_York")
    assert lost(row, period) == ["Sun 8 Mar AM", "Sun 8 Mar PM", "Mon 9 Mar AM"]


def test_zone_and_utc_instants_mean_the_same():
    period = Period(date(2026, 10, 31), date(2026, 11, 4))
    start = datetime(2026, 10, 31, 19, tzinfo=NEW_YORK)
    end = datetime(2026, 11, 1, 18, tzinfo=NEW_YORK)
    local = of_one(call=[call(start, end)], period=period, timezone="America/New_York")
    utc = of_one(
        call=[call(start.astimezone(UTC), end.astimezone(UTC))], period=period, timezone="America/New_York"
    )
    assert lost(local, period) == lost(utc, period) == ["Sun 1 Nov AM", "Sun 1 Nov PM", "Mon 2 Nov AM"]


@given(
    start=st.dates(date(2020, 1, 1), date(2030, 1, 1)),
    days=st.integers(0, 10),
    zone=st.sampled_from(["UTC", "America/New_York", "Pacific/Honolulu", "Australia/Lord_Howe"]),
)
def test_blocks_start_at_seven_and_thirteen_by_the_local_clock(start, days, zone):
    period = Period.horizon(start, days)
    starts = block_starts(period, zone)
    assert starts.shape == (period.blocks,)
    for block, minute in enumerate(starts.tolist()):
        local = datetime.fromtimestamp(60 * minute, ZoneInfo(zone))
        assert (local.date(), local.hour, local.minute) == (period.day(block), 13 if block % 2 else 7, 0)


def test_days_outside_employment_are_lost():
    person = Person("A", "A", PersonType.FACULTY, active_from=date(2026, 7, 8), active_to=date(2026, 7, 9))
    row = of_one(person)
    assert row.tolist() == [False] * 4 + [True] * 4 + [False] * 6
