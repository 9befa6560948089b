"""An absence as a question: its days, its person, what is taken back, and what a reader should know."""

from datetime import date, timedelta

import pytest

from residency.errors import InvalidInputError, NotFoundError
from residency.program.calendar import Period
from residency.program.records import Absence
from residency.program.vocabulary import AbsenceStatus, AbsenceType, Half
from residency.scheduling.absence_case import absence_days, loading_period, notes_of, window_of

MONDAY = date(2026, 11, 30)


def day(number):
    return MONDAY + timedelta(days=number)


def test_days_that_nobody_can_mean_are_refused_by_name():
    with pytest.raises(InvalidInputError, match="to: '2026-11-29' is not valid; expected a day that is not"):
        absence_days(MONDAY, day(-1), AbsenceType.SICK)
    with pytest.raises(InvalidInputError, match="at most 366 days"):
        absence_days(MONDAY, day(366), AbsenceType.SICK)
    assert absence_days(MONDAY, day(365), AbsenceType.SICK).days == 366
    assert absence_days(MONDAY, MONDAY, AbsenceType.DEPLOYMENT) == Period(MONDAY, day(8))


def test_hours_are_counted_over_the_academic_blocks_that_the_days_touch():
    block = Period(date(2026, 11, 19), date(2026, 12, 17))
    assert window_of(Period(MONDAY, day(3))) == block
    assert window_of(Period(date(2026, 12, 16), date(2026, 12, 18))) == Period(block.start, date(2027, 1, 14))
    # In 2026 the first Thursday of July is the second; 1 July belongs to the block after it.
    assert window_of(Period(date(2026, 7, 1), date(2026, 7, 2))) == Period(
        date(2026, 7, 1), date(2026, 7, 30)
    )
    loaded = loading_period(Period(MONDAY, day(1)))
    assert (loaded.start, loaded.end) == (block.start, day(1 + 2 + 31))


def test_a_person_is_found_by_id_or_pseudonym_and_nobody_else_is(clinic, away):
    program = clinic([])
    assert away(program, "p-B").person == away(program, "B").person == 1
    with pytest.raises(NotFoundError, match=r"the id or pseudonym 'p-D'; did you mean p-\w"):
        away(program, "p-D", naming="pseudonym")
    with pytest.raises(NotFoundError, match=r"pseudonym 'somebody'$"):
        away(program, "somebody")


def test_what_is_recorded_for_those_days_is_taken_back_and_told(clinic, away):
    half = {"start_half": Half.PM, "end_half": Half.AM}
    around = Absence("A", day(-3), day(5), AbsenceType.VACATION, **half)
    others = (
        Absence("A", day(1), day(1), AbsenceType.SICK, AbsenceStatus.PENDING),
        Absence("A", day(-9), day(-8), AbsenceType.SICK),
        Absence("A", day(8), day(9), AbsenceType.SICK),
        Absence("B", day(0), day(1), AbsenceType.SICK),
    )
    case = away(clinic([], absences=(around, *others)), "A", 0, 1)
    assert case.recorded == (around,)
    assert case.planned.absences == (
        Absence("A", day(-3), day(-1), AbsenceType.VACATION, start_half=Half.PM),
        Absence("A", day(2), day(5), AbsenceType.VACATION, end_half=Half.AM),
        *others,
    )
    assert case.away.absences == (*case.planned.absences, case.absence)
    assert case.before.available[0, 2:6].all()
    assert not case.after.available[0, 2:6].any()
    assert notes_of(case, "pseudonym") == (
        "p-A is recorded as away from 27 Nov to 5 Dec already; told is what that opens, "
        "compared with being at work",
    )
    within = away(clinic([], absences=(Absence("A", day(0), day(0), AbsenceType.SICK),)), "A", 0, 1)
    assert (within.planned.absences, len(within.recorded)) == ((), 1)


def test_days_without_a_schedule_ask_for_nobody_and_are_told(clinic, away):
    needs = [("FC", number, "AM", 1) for number in range(4)]
    program = clinic([("A", "FC", number, "AM") for number in range(4)], needs)
    covered = (Period(day(-9), day(1)), Period(day(3), day(9)))
    case = away(program, "A", 0, 3, covered=covered)
    assert case.before.demand.sum(axis=0).tolist() == [0, 0, 1, 0, 0, 0, 0, 0, 1] + [0] * 5
    assert notes_of(case, "id") == (
        "2 days have no published schedule and cannot be judged, from 1 Dec to 2 Dec",
    )
    one = notes_of(away(program, "A", 0, 1, covered=covered), "id")
    assert one == ("1 day has no published schedule and cannot be judged, on 1 Dec",)
    assert notes_of(away(program, "A"), "id") == ()


def test_recovery_is_lost_too(clinic, away):
    case = away(clinic([]), "A", 0, 0, kind=AbsenceType.CONVALESCENT)
    lost = case.lost[0]
    assert lost[2:10].all()
    assert lost.sum() == 8
    assert not case.lost[1:].any()


def test_call_opens_from_the_eve_to_the_last_day_and_no_longer(clinic, away, night):
    shifts = [night("A", number) for number in (-2, -1, 0, 1, 2)]
    case = away(clinic([], call_shifts=(*shifts, night("B", 0))), "A", 0, 1)
    assert case.open_shifts == tuple(shifts[1:4])
    assert set(case.away.call_shifts) == {shifts[0], shifts[4], night("B", 0)}
