"""How many people a post needs, against a plain reading of the rules half-day by half-day."""

import math
from datetime import date, timedelta
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from residency.program.calendar import CalendarDay, Period
from residency.program.demand import intent_quarters, posts_and_demand
from residency.program.records import ROLES, CoverageRequirement, Service
from residency.program.vocabulary import CoverageRole, DayType, Half, ServiceKind

MULTIPLIERS = {
    DayType.NORMAL: Fraction(1),
    DayType.INAUGURATION_DAY: Fraction(1),
    DayType.FEDERAL_HOLIDAY: Fraction(1, 4),
    DayType.MINIMAL_MANNING: Fraction(1, 4),
    DayType.TRAINING_HOLIDAY: Fraction(0),
    DayType.EO_CLOSURE: Fraction(0),
}
WEEK = Period(date(2026, 7, 6), date(2026, 7, 13))


@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_it_is_what_the_rules_say(programs, program_days, data):
    program = data.draw(programs)
    start, days = data.draw(st.just((0, 6)) | st.tuples(st.integers(-2, 4), st.integers(0, 8)))
    period = Period.horizon(program_days.start + timedelta(days=start), days)
    index = {service.abbreviation: row for row, service in enumerate(program.services)}
    posts, roles, demand = posts_and_demand(
        period, program.services, index, program.coverage, program.calendar
    )
    named = [
        (program.services[post].abbreviation, ROLES[role]) for post, role in zip(posts, roles, strict=True)
    ]
    assert named == sorted(
        {(row.service, row.role) for row in program.coverage}, key=lambda p: (index[p[0]], p[1] != "primary")
    )
    assert demand.shape == (len(named), period.blocks)
    for post, (service, role) in enumerate(named):
        for block in range(period.blocks):
            expected = needed(program, service, role, period.day(block), period.half(block))
            assert demand[post, block] == expected


def needed(program, service, role, day, half):
    rows = [row for row in program.coverage if (row.service, row.role, row.half) == (service, role, half)]
    dated = [row.minimum for row in rows if row.day == day]
    weekly = [
        row.minimum
        for row in rows
        if row.weekday == day.weekday()
        and (row.valid_from is None or row.valid_from <= day)
        and (row.valid_to is None or day <= row.valid_to)
    ]
    minimum = dated[0] if dated else max(weekly, default=0)
    kind = next(each.kind for each in program.services if each.abbreviation == service)
    if kind in {"inpatient", "night_float", "call"}:
        return minimum
    types = {entry.day: entry.day_type for entry in program.calendar}
    return math.ceil(minimum * MULTIPLIERS[types.get(day, DayType.NORMAL)])


def demand_of(coverage, kind=ServiceKind.OUTPATIENT, calendar=()):
    _, _, demand = posts_and_demand(WEEK, [Service("C", "Clinic", kind)], {"C": 0}, coverage, calendar)
    return demand


def test_a_dated_row_replaces_the_pattern_of_its_half_even_with_nothing():
    weekly = [CoverageRequirement("C", half, 3, weekday=1) for half in Half]
    closed = CoverageRequirement("C", Half.AM, 0, day=date(2026, 7, 7))
    assert demand_of([*weekly, closed])[0, 2:4].tolist() == [0, 3]
    assert demand_of([closed, *weekly])[0, 2:4].tolist() == [0, 3]


def test_roles_have_demands_of_their_own():
    rows = [
        CoverageRequirement("C", Half.AM, 2, weekday=0, role=CoverageRole.SUPERVISING),
        CoverageRequirement("C", Half.AM, 5, weekday=0),
        CoverageRequirement("C", Half.AM, 0, day=date(2026, 7, 6)),
    ]
    assert demand_of(rows)[:, 0].tolist() == [0, 2]


@pytest.mark.parametrize(("minimum", "expected"), [(0, 0), (1, 1), (4, 1), (5, 2), (8, 2), (9, 3)])
def test_a_holiday_keeps_a_quarter_rounded_up(minimum, expected):
    row = CoverageRequirement("C", Half.PM, minimum, weekday=2)
    holiday = CalendarDay(date(2026, 7, 8), DayType.FEDERAL_HOLIDAY)
    assert demand_of([row], calendar=[holiday])[0, 5] == expected


@pytest.mark.parametrize("kind", ServiceKind)
@pytest.mark.parametrize("day_type", DayType)
def test_wards_nights_and_call_know_no_holidays(kind, day_type):
    row = CoverageRequirement("C", Half.AM, 4, weekday=2)
    demand = demand_of([row], kind, [CalendarDay(date(2026, 7, 8), day_type)])[0, 4]
    full = kind in {ServiceKind.INPATIENT, ServiceKind.NIGHT_FLOAT, ServiceKind.CALL}
    assert demand == (4 if full else 4 * MULTIPLIERS[day_type])


def test_a_holiday_also_reduces_a_dated_row():
    row = CoverageRequirement("C", Half.AM, 4, day=date(2026, 7, 8))
    assert demand_of([row], calendar=[CalendarDay(date(2026, 7, 8), DayType.EO_CLOSURE)]).sum() == 0


def test_validity_is_inclusive():
    row = CoverageRequirement(
        "C", Half.AM, 1, weekday=0, valid_from=date(2026, 7, 6), valid_to=date(2026, 7, 6)
    )
    assert demand_of([row])[0, 0] == 1
    later = CoverageRequirement("C", Half.AM, 1, weekday=0, valid_from=date(2026, 7, 7))
    assert demand_of([later]).sum() == 0
    for ended in (date(2026, 7, 5), date(2025, 7, 6)):
        earlier = CoverageRequirement("C", Half.AM, 1, weekday=0, valid_to=ended)
        assert demand_of([earlier]).sum() == 0


def test_weekly_rows_that_overlap_do_not_add_up():
    rows = [
        CoverageRequirement("C", Half.AM, 3, weekday=0),
        CoverageRequirement("C", Half.AM, 1, weekday=0, valid_from=date(2026, 7, 1)),
    ]
    assert demand_of(rows)[0, 0] == demand_of(rows[::-1])[0, 0] == 3


def test_without_coverage_there_are_no_posts():
    posts, roles, demand = posts_and_demand(WEEK, [], {}, [], [])
    assert (posts.shape, roles.shape, demand.shape) == ((0,), (0,), (0, 14))


def test_quarters_are_set_for_both_halves_of_special_days_inside_the_period():
    calendar = [
        CalendarDay(date(2026, 7, 5), DayType.EO_CLOSURE),
        CalendarDay(date(2026, 7, 7), DayType.MINIMAL_MANNING),
        CalendarDay(date(2026, 7, 13), DayType.EO_CLOSURE),
    ]
    quarters = intent_quarters(WEEK, calendar)
    assert np.flatnonzero(quarters != 4).tolist() == [2, 3]
    assert set(quarters[2:4].tolist()) == {1}
