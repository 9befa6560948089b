"""Which fallback fits a crisis, who counts as lost, and what may be asked for at all."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from residency.crisis.asking import CrisisAsk, CrisisWord, legible_reason
from residency.crisis.circumstances import (
    PCS_LOST,
    PCS_MONTHS,
    Choice,
    Circumstances,
    choose_fallback,
    is_holiday,
    lost_faculty,
)
from residency.errors import InvalidInputError
from residency.program.calendar import CalendarDay, Period
from residency.program.records import Absence, Assignments, CallShift, Person, Program, Service
from residency.program.snapshot import Snapshot
from residency.program.vocabulary import (
    AbsenceStatus,
    AbsenceType,
    CallKind,
    DayType,
    Half,
    PersonType,
    ServiceKind,
    UserRole,
)
from residency.resilience.load_shedding import LEVELS, LoadSheddingLevel
from residency.scheduling.scenarios import Scenario
from residency.store.users import StoredUser

MONDAY = date(2026, 11, 23)
PERIOD = Period.horizon(MONDAY, 7)


def circumstances(level="RED", lost=0, month=11, holiday=False):
    people = tuple(f"F{number}" for number in range(lost))
    return Circumstances(LoadSheddingLevel(level), people, date(2026, month, 10), holiday)


@pytest.mark.parametrize(
    ("met", "choice"),
    [
        (circumstances("BLACK", 1, 6, True), Choice(Scenario.MASS_CASUALTY, None)),
        (circumstances("CRITICAL"), Choice(Scenario.MASS_CASUALTY, None)),
        (circumstances("RED", 5, 6, True), Choice(Scenario.PCS_SEASON, None)),
        (circumstances("RED", 5, 4), Choice(Scenario.TWO_FACULTY_LOSS, ("F0", "F1", "F2", "F3", "F4"))),
        (circumstances("RED", 4, 6), Choice(Scenario.TWO_FACULTY_LOSS, ("F0", "F1", "F2", "F3"))),
        (circumstances("RED", 2, 11, True), Choice(Scenario.HOLIDAY_SKELETON, None)),
        (circumstances("RED", 0, 11, True), Choice(Scenario.HOLIDAY_SKELETON, None)),
        (circumstances("YELLOW", 2), Choice(Scenario.TWO_FACULTY_LOSS, ("F0", "F1"))),
        (circumstances("RED", 1), Choice(Scenario.ONE_FACULTY_LOSS, ("F0",))),
        (circumstances("RED", 0), None),
    ],
)
def test_the_first_that_holds_chooses(met, choice):
    assert choose_fallback(met) == choice


@given(st.sampled_from(LEVELS), st.integers(0, 8), st.integers(1, 12), st.booleans())
def test_whoever_is_lost_gets_an_answer(level, lost, month, holiday):
    choice = choose_fallback(circumstances(level, lost, month, holiday))
    calm = level.rank < LoadSheddingLevel.BLACK.rank
    assert (choice is None) == (calm and not lost and not holiday)
    if choice is not None and choice.subject is not None:
        assert len(choice.subject) == lost
        assert not (month in PCS_MONTHS and lost >= PCS_LOST)


def schedule(absences=(), calls=(), service=0, block=4):
    """One faculty member and one resident, both at work on the third morning."""
    person, half = np.array([0, 1], np.int32), np.full(2, block % 2, np.int8)
    return Program(
        "Pacific/Honolulu",
        people=(Person("F", "F", PersonType.FACULTY), Person("R", "R", PersonType.RESIDENT)),
        services=(
            Service("C", "Clinic", ServiceKind.OUTPATIENT),
            Service("O", "Off", ServiceKind.OFF),
        ),
        assignments=Assignments(
            person=person,
            service=np.full(2, service, np.int32),
            day=np.full(2, MONDAY + timedelta(days=block // 2), "datetime64[D]"),
            half=half,
            role=np.zeros(2, np.int8),
            source=np.zeros(2, np.int8),
            locked=np.zeros(2, np.bool_),
        ),
        absences=tuple(absences),
        call_shifts=tuple(calls),
    )


def away(person="F", first=2, last=2, status=AbsenceStatus.APPROVED, **edges):
    start, end = (MONDAY + timedelta(days=day) for day in (first, last))
    return Absence(person, start, end, AbsenceType.SICK, status, **edges)


@pytest.mark.parametrize(
    ("absence", "lost"),
    [
        (away(), ("F",)),
        (away(first=-30, last=40), ("F",)),
        (away(status=AbsenceStatus.CONFIRMED), ("F",)),
        (away(status=AbsenceStatus.ANTICIPATED), ()),
        (away(status=AbsenceStatus.CANCELLED), ()),
        (away(first=0, last=1), ()),
        (away(first=3, last=9), ()),
        (away(first=-9, last=-3), ()),
        (away(start_half=Half.PM), ()),
        (away(first=1, end_half=Half.AM), ("F",)),
        (away("R"), ()),
    ],
)
def test_lost_are_faculty_whose_duty_meets_an_effective_absence(absence, lost):
    program = schedule([absence])
    assert lost_faculty(program, Snapshot.of(program, PERIOD)) == lost


def test_time_off_is_no_duty_and_call_is():
    off = schedule([away()], service=1)
    assert lost_faculty(off, Snapshot.of(off, PERIOD)) == ()
    # 19:00 on Wednesday in Honolulu is Thursday morning in UTC.
    start = datetime(2026, 11, 26, 5, tzinfo=UTC)
    call = CallShift("F", start, start + timedelta(hours=12), CallKind.OVERNIGHT, True)
    on_call = schedule([away()], [call], service=1)
    assert lost_faculty(on_call, Snapshot.of(on_call, PERIOD)) == ("F",)
    next_day = schedule([away(first=3, last=3)], [call], service=1)
    assert lost_faculty(next_day, Snapshot.of(next_day, PERIOD)) == ()
    former = replace(call, start=start - timedelta(days=9), end=start - timedelta(days=8))
    long_ago = schedule([away(first=-30, last=1)], [former], service=1)
    assert lost_faculty(long_ago, Snapshot.of(long_ago, PERIOD)) == ()


def test_today_is_a_holiday_only_by_the_calendar():
    calendar = (CalendarDay(MONDAY, DayType.FEDERAL_HOLIDAY, "A holiday"),)
    program = Program("UTC", calendar=calendar)
    assert is_holiday(program, MONDAY)
    assert not is_holiday(program, MONDAY + timedelta(days=1))


def test_a_word_gives_its_level_and_says_how_it_was_given():
    told = {
        CrisisWord("critical", None): ("RED", "level", "level critical"),
        CrisisWord(None, "critical"): ("BLACK", "severity", "severity critical"),
        CrisisWord("emergency", None, True): (
            "CRITICAL",
            "administrator",
            "level emergency, to CRITICAL",
        ),
    }
    assert {word: (word.shedding_level, word.method, str(word)) for word in told} == told
    for wrong in (("warning", None, True), (None, "severe", True), ("both", "minor", False)):
        with pytest.raises(InvalidInputError):
            CrisisWord(*wrong)


def test_a_reason_is_words_and_a_key_is_printable():
    word = CrisisWord("warning", None)
    assert CrisisAsk(word, "  ill  ", "x", "k").reason == "ill"
    assert legible_reason("r" * 2000) == "r" * 2000
    for reason in ("", "  ", "a\nb", "a\x00b", "\ud800", "r" * 2001):
        with pytest.raises(InvalidInputError, match="reason"):
            legible_reason(reason)
    for key in ("", "k" * 256, "a\nb"):
        with pytest.raises(InvalidInputError, match="idempotency_key"):
            CrisisAsk(word, "ill", "x", key)


def test_one_human_being_is_known_under_two_accounts():
    def user(number, name, person=None):
        return StoredUser(UUID(int=number), name, UserRole.ADMIN, person, True)

    chief = user(1, "Chief", UUID(int=9))
    assert chief.is_same_as(user(1, "renamed"))
    assert chief.is_same_as(user(2, " cHIEF "))
    assert user(1, "Stra\N{LATIN SMALL LETTER SHARP S}e").is_same_as(user(2, "STRASSE"))
    assert chief.is_same_as(user(2, "other", UUID(int=9)))
    assert not chief.is_same_as(user(2, "other", UUID(int=8)))
    assert not user(1, "a").is_same_as(user(2, "b"))
