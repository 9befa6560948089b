"""Which days a program averages together, and where approved exceptions hold."""

from datetime import date, timedelta
from itertools import pairwise

import pytest

from residency.acgme.program_windows import averaging_periods, hours_exceptions
from residency.acgme.record import PeriodKind
from residency.acgme.rules import rule_set
from residency.program.calendar import Period, academic_block
from residency.program.records import HoursApproval, Person, PgyLevel, Program, Rotation
from residency.program.vocabulary import PersonType

RULES = rule_set()
SPAN = Period(date(2026, 7, 1), date(2027, 7, 1))
PEOPLE = {"R1": 0, "R2": 1}


def program(**more):
    people = (Person("R1", "R1", PersonType.RESIDENT), Person("R2", "R2", PersonType.RESIDENT))
    return Program("UTC", **{"people": people, **more})


def averaging(kind):
    return RULES.model_copy(update={"averaging": kind})


def days(periods, person=0):
    return [(each.start, each.end, each.kind) for each in periods if each.person == person]


def test_academic_blocks_follow_each_other_and_block_0_belongs_to_block_1():
    found = days(averaging_periods(program(), PEOPLE, SPAN, RULES))
    assert [start for start, _, _ in found[1:]] == [end for _, end, _ in found[:-1]]
    assert (found[0][0], found[-1][1]) == (SPAN.start, SPAN.end)
    assert len(found) == 13
    assert academic_block(found[0][0]) == 0
    assert academic_block(found[1][0]) == 2
    assert {(end - start).days for start, end, _ in found[1:-1]} == {28}


def test_blocks_that_only_touch_the_days_are_whole():
    (found,) = days(averaging_periods(program(), PEOPLE, Period(date(2026, 9, 9), date(2026, 9, 10)), RULES))
    assert found[0] < date(2026, 9, 9) < date(2026, 9, 10) < found[1]
    assert (found[1] - found[0]).days == 28


def test_calendar_months_are_whole_and_cross_the_year():
    span = Period(date(2026, 11, 15), date(2027, 1, 2))
    found = days(averaging_periods(program(), PEOPLE, span, averaging(PeriodKind.CALENDAR_MONTH)))
    firsts = [date(2026, 11, 1), date(2026, 12, 1), date(2027, 1, 1), date(2027, 2, 1)]
    assert found == [(start, end, PeriodKind.CALENDAR_MONTH) for start, end in pairwise(firsts)]


def test_rotations_come_first_and_blocks_fill_the_days_between():
    rotations = (
        Rotation("R1", "B", date(2026, 7, 20), date(2026, 8, 2)),
        Rotation("R1", "A", date(2026, 7, 1), date(2026, 7, 10)),
        Rotation("R1", "A", date(2026, 8, 3), date(2026, 8, 5)),
    )
    span = Period(date(2026, 7, 1), date(2026, 7, 30))
    found = days(averaging_periods(program(rotations=rotations), PEOPLE, span, RULES))
    assert sorted(found) == [
        (date(2026, 7, 1), date(2026, 7, 11), PeriodKind.ROTATION),
        (date(2026, 7, 11), date(2026, 7, 20), PeriodKind.FOUR_WEEK),
        (date(2026, 7, 20), date(2026, 8, 3), PeriodKind.ROTATION),
        (date(2026, 8, 3), date(2026, 8, 6), PeriodKind.ROTATION),
    ]
    ignored = averaging_periods(program(rotations=rotations), PEOPLE, span, averaging(PeriodKind.FOUR_WEEK))
    assert {kind for _, _, kind in days(ignored)} == {PeriodKind.FOUR_WEEK}
    assert len(days(averaging_periods(program(rotations=rotations), PEOPLE, span, RULES), person=1)) == 1


def test_a_person_is_averaged_only_over_days_in_the_program():
    people = (
        Person("R1", "R1", PersonType.RESIDENT, active_from=date(2026, 8, 10), active_to=date(2026, 8, 20)),
        Person("R2", "R2", PersonType.RESIDENT, active_to=date(2026, 6, 30)),
        Person("F1", "F1", PersonType.FACULTY),
    )
    span = Period(date(2026, 7, 1), date(2026, 9, 1))
    found = averaging_periods(program(people=people), PEOPLE, span, RULES)
    assert min(start for start, _, _ in days(found)) == date(2026, 8, 10)
    assert max(end for _, end, _ in days(found)) == date(2026, 8, 21)
    assert days(found, person=1) == []


APPROVAL = HoursApproval(88, date(2026, 7, 10), date(2026, 9, 30), "the committee", min_pgy=2)
LEVELS = (PgyLevel("R1", 2026, 2), PgyLevel("R2", 2026, 1))


def approved(approval, rotations=()):
    held = program(hours_approvals=(approval,), pgy_levels=LEVELS, rotations=tuple(rotations))
    return [(each.person, each.start, each.end, each.limit) for each in hours_exceptions(held, PEOPLE, SPAN)]


def test_an_approval_for_all_services_covers_everybody_of_its_years():
    assert approved(APPROVAL) == [(0, date(2026, 7, 10), date(2026, 10, 1), 88)]


def test_an_approval_for_a_service_covers_the_rotations_on_it():
    approval = HoursApproval(86, date(2026, 7, 10), date(2026, 9, 30), "the committee", service="ICU")
    rotations = (
        Rotation("R1", "ICU", date(2026, 7, 1), date(2026, 7, 28)),
        Rotation("R1", "OB", date(2026, 7, 29), date(2026, 8, 10)),
        Rotation("R2", "ICU", date(2026, 10, 1), date(2026, 10, 28)),
    )
    assert approved(approval, rotations) == [(0, date(2026, 7, 10), date(2026, 7, 29), 86)]


def test_an_approval_names_what_it_is_for_and_no_person():
    held = program(hours_approvals=(APPROVAL,), pgy_levels=LEVELS)
    (exception,) = hours_exceptions(held, PEOPLE, SPAN)
    assert exception.name == "approved for all services from 2026-07-10"


@pytest.mark.parametrize("shift", [-400, 400])
def test_an_approval_of_other_days_covers_nobody(shift):
    moved = timedelta(days=shift)
    approval = HoursApproval(88, APPROVAL.valid_from + moved, APPROVAL.valid_to + moved, "the committee")
    assert approved(approval) == []
