"""A forecast on small programs that can be followed by hand: both series, estimates, causes and advice."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from residency.program.calendar import CalendarDay, Period
from residency.program.records import (
    Absence,
    Assignments,
    CallShift,
    CoverageRequirement,
    Person,
    PgyLevel,
    Program,
    Service,
)
from residency.program.vocabulary import (
    AbsenceStatus,
    AbsenceType,
    CallKind,
    CoverageRole,
    DayType,
    Half,
    PersonType,
    ServiceKind,
)
from residency.resilience.forecast import forecast
from residency.resilience.forecast_inputs import ForecastInputs
from residency.resilience.results import UtilizationLevel

MONDAY = date(2026, 3, 30)
FACULTY, RESIDENT = PersonType.FACULTY, PersonType.RESIDENT
ALWAYS = Period(MONDAY - timedelta(weeks=20), MONDAY + timedelta(weeks=20))


def days_from(start, number):
    return [start + timedelta(days=day) for day in range(number)]


def in_clinic(resident, service, days):
    """Assignments of one resident (a row of people) to a service in both halves of some days."""
    number = 2 * len(days)
    return Assignments(
        person=np.full(number, resident, np.int32),
        service=np.full(number, service, np.int32),
        day=np.repeat(np.array(days, "datetime64[D]"), 2),
        half=np.tile(np.array([0, 1], np.int8), len(days)),
        role=np.zeros(number, np.int8),
        source=np.zeros(number, np.int8),
        locked=np.zeros(number, np.bool_),
    )


@pytest.fixture
def program():
    """Four faculty; a ward that asks for two of them in each half-day, a clinic for one on weekdays."""
    ward = Service("W", "Ward", ServiceKind.INPATIENT, required_type=FACULTY)
    clinic = Service("C", "Clinic", ServiceKind.OUTPATIENT, required_type=FACULTY)
    every = [CoverageRequirement("W", half, 2, weekday=day) for half in Half for day in range(7)]
    weekdays = [CoverageRequirement("C", half, 1, weekday=day) for half in Half for day in range(5)]
    return Program(
        "UTC",
        people=tuple(Person(name, name, FACULTY) for name in "ABCD"),
        services=(ward, clinic),
        coverage=(*every, *weekdays),
    )


def of(program, days=7, covered=(ALWAYS,), today=MONDAY):
    return forecast(ForecastInputs.of(program, today, days, covered))


def away(person, first, last, kind=AbsenceType.VACATION, status=AbsenceStatus.APPROVED, **halves):
    day = timedelta(days=1)
    return Absence(person, MONDAY + first * day, MONDAY + last * day, kind, status, **halves)


def test_a_day_is_as_full_as_its_worse_half(program):
    absences = (away("A", 1, 1, start_half=Half.PM), away("B", 2, 3), away("C", 2, 2))
    found = of(replace(program, absences=absences))
    assert [(d.am.demanded, d.am.available) for d in found.days[:4]] == [(3, 4), (3, 4), (3, 2), (3, 3)]
    assert [d.level.value for d in found.days] == [
        *("YELLOW", "BLACK", "BLACK", "BLACK", "YELLOW"),
        *("GREEN", "GREEN"),
    ]
    assert found.days[1].am.level is UtilizationLevel.YELLOW
    assert [d.absent for d in found.days[:4]] == [0, 1, 2, 1]
    assert found.high_risk_days == found.anticipated_high_risk_days == 3
    assert (found.known_days, found.estimated_days, found.reference_days) == (7, 0, 0)
    assert len(found.assumptions) == 1
    assert found.recommendations[0].startswith("BLACK on 3 days, the first Tue 31 Mar: arrange emergency")
    assert found.recommendations[1].startswith("YELLOW on 2 days, the first Mon 30 Mar: monitor")


def test_anticipated_absences_are_a_second_series(program):
    hoped = (away("A", 0, 0, status=AbsenceStatus.ANTICIPATED),)
    rejected = away("B", 0, 6, status=AbsenceStatus.PENDING)
    found = of(replace(program, absences=(*hoped, rejected)))
    assert found.days == of(program).days
    assert (found.anticipated[0].am, found.anticipated[0].level) == (1, UtilizationLevel.BLACK)
    assert [day.absent for day in found.anticipated[:2]] == [1, 0]
    assert (found.high_risk_days, found.anticipated_high_risk_days) == (0, 1)
    assert found.recommendations[-1].startswith("If every anticipated absence comes, 1 day more")
    ward = next(service for service in found.services if service.service == "W")
    assert (ward.available[0], ward.anticipated_available[0]) == (4, 3)
    assert (ward.level, ward.worst_utilization, ward.high_risk_days) == (UtilizationLevel.GREEN, 0.5, 0)


def test_causes_name_kinds_of_absence_and_never_people(program):
    absences = (
        away("A", -3, 0, AbsenceType.CONVALESCENT),
        away("A", 0, 1, AbsenceType.TDY),
        away("B", 1, 1, AbsenceType.SICK),
    )
    night = datetime(2026, 3, 30, 19, tzinfo=UTC)
    call = CallShift("C", night, night + timedelta(hours=12), CallKind.OVERNIGHT, True)
    found = of(replace(program, absences=absences, call_shifts=(call,)), days=35)
    tuesday = found.days[1].factors
    assert tuesday[0] == (
        "2 of 4 faculty away (1 on temporary duty, 1 sick), more than the usual 0 of such half-days."
    )
    assert tuesday[1] == "1 resting after call or on leave by the schedule."
    assert tuesday[2].startswith("3 half-days of faculty work; most of it in Ward (2), Clinic (1)")
    assert "recovering after an absence" in found.days[2].factors[0]
    assert (found.days[1].am.resting, found.days[1].am.available) == (1, 1)


@pytest.mark.parametrize(
    ("day_type", "name", "sentence", "demanded"),
    [
        (DayType.FEDERAL_HOLIDAY, "Spring Day", "Federal holiday (Spring Day): outpatient work runs at a", 3),
        (DayType.EO_CLOSURE, "", "Closed by executive order: outpatient work stops.", 2),
        (DayType.INAUGURATION_DAY, "", "Inauguration Day: full demand.", 3),
    ],
)
def test_special_days_are_told_and_change_demand(program, day_type, name, sentence, demanded):
    found = of(replace(program, calendar=(CalendarDay(MONDAY, day_type, name),)))
    assert found.days[0].factors[0].startswith(sentence)
    assert found.days[0].am.demanded == demanded


def test_supervision_follows_the_year_of_training_on_that_day(program):
    """Two first-year residents cause four units; from July on a third-year fellow makes it five."""
    july = date(2026, 7, 1)
    service = Service("R", "Resident clinic", ServiceKind.OUTPATIENT, needs_supervision=True)
    people = (*program.people, Person("X", "X", RESIDENT), Person("Y", "Y", RESIDENT))
    levels = [PgyLevel(p, year, 1 + year - 2025) for p in "XY" for year in (2025, 2026)]
    days = days_from(july - timedelta(days=2), 4)
    both = Assignments.joined([in_clinic(4, 2, days), in_clinic(5, 2, days)])
    clinic = replace(service, supervision_units_pgy1=4)
    whole = replace(
        program,
        people=people,
        services=(*program.services, clinic),
        pgy_levels=tuple(levels),
        assignments=both,
    )
    found = of(whole, days=4, covered=[Period(days[0], days[-1] + timedelta(1))], today=days[0])
    assert [day.am.supervision for day in found.days] == [2, 2, 1, 1]
    assert (
        found.days[0].factors[-1]
        == "Of it 2 attendings to supervise residents, beyond posts that supervise anyway."
    )
    assert found.days[2].factors[-1].startswith("Of it 1 attending ")


def test_days_without_a_schedule_are_estimated_from_the_weeks_before(program):
    """Residents fill half of a shared clinic on Mondays and none of it later; all is as usual afterwards."""
    shared = Service("S", "Shared clinic", ServiceKind.OUTPATIENT, needs_supervision=True)
    past = [MONDAY - timedelta(weeks=week) for week in range(1, 5)]
    whole = replace(
        program,
        people=(*program.people, Person("X", "X", RESIDENT)),
        pgy_levels=(PgyLevel("X", 2025, 2),),
        services=(*program.services, shared),
        coverage=(
            *program.coverage,
            *(CoverageRequirement("S", half, 2, weekday=day) for half in Half for day in range(5)),
        ),
        assignments=in_clinic(4, 2, past),
        calendar=(CalendarDay(MONDAY + timedelta(days=7), DayType.EO_CLOSURE),),
    )
    found = of(whole, days=8, covered=[Period(past[-1], MONDAY)])
    assert (found.known_days, found.estimated_days, found.reference_days) == (0, 8, 28)
    monday, tuesday, closed = found.days[0], found.days[1], found.days[7]
    assert monday.am.demanded == 2 + 1 + 1 + 1  # ward, clinic, the half that is left, one attending
    assert monday.am.supervision == 1
    assert (tuesday.am.demanded, tuesday.am.supervision) == (2 + 1 + 2, 0)
    assert (closed.am.demanded, closed.am.supervision) == (2, 0)
    assert "No schedule is published yet" in monday.factors[-1]
    assert (
        "8 days, the first Mon 30 Mar, have no published schedule and rest on 28 days" in found.assumptions[1]
    )


def test_as_many_absences_are_expected_as_are_usual_or_entered(program):
    """In four weeks one of four is away for the first two days of each week."""
    usual = [away("A", -7 * week, -7 * week + 1) for week in range(1, 5)]
    covered = [Period(MONDAY - timedelta(weeks=4), MONDAY)]
    found = of(replace(program, absences=tuple(usual)), days=4, covered=covered)
    # Absences that began 0 days ago: 1 of 7 days; 0 or 1 days ago: 2 of 7.
    assert [day.am.absent for day in found.days] == pytest.approx([1 / 7, 2 / 7, 2 / 7, 2 / 7], abs=1e-4)
    assert found.days[1].am.available == pytest.approx(4 - 2 / 7, abs=1e-4)
    entered = (*usual, away("B", 1, 2), away("C", -1, 3))
    found = of(replace(program, absences=entered), days=4, covered=covered)
    assert [day.am.absent for day in found.days[1:3]] == [2, 2]
    assert found.days[3].am.absent > 1
    assert found.days[1].factors[0] == "Entered so far: 2 of 4 faculty away (2 on vacation)."
    hoped = (*entered, away("D", 1, 1, status=AbsenceStatus.ANTICIPATED))
    found = of(replace(program, absences=hoped), days=4, covered=covered)
    assert [day.absent for day in found.anticipated[1:3]] == [3, 2]


def test_rest_after_call_is_expected_as_usual(program):
    """Somebody has call in every night of the past week and rests through the next day."""
    nights = [datetime(2026, 3, 23, 19, tzinfo=UTC) + timedelta(days=day) for day in range(-1, 6)]
    call = tuple(CallShift("A", at, at + timedelta(hours=12), CallKind.OVERNIGHT, True) for at in nights)
    found = of(
        replace(program, call_shifts=call), days=3, covered=[Period(MONDAY - timedelta(weeks=1), MONDAY)]
    )
    assert [(day.am.available, day.am.resting) for day in found.days] == [(3, 1)] * 3


def test_a_first_year_that_comes_later_works_like_the_others(program):
    """Only second-year residents are in clinic so far; in July a first-year resident joins one of them."""
    july = date(2026, 7, 1)
    service = Service(
        "R", "Clinic of residents", ServiceKind.OUTPATIENT, needs_supervision=True, procedure_units=3
    )
    whole = replace(
        program,
        people=(*program.people, Person("X", "X", RESIDENT), Person("Y", "Y", RESIDENT, active_from=july)),
        pgy_levels=(PgyLevel("X", 2025, 2), PgyLevel("X", 2026, 3), PgyLevel("Y", 2026, 1)),
        services=(*program.services, service),
        assignments=in_clinic(4, 2, days_from(july - timedelta(days=7), 7)),
    )
    found = of(
        whole, days=9, covered=[Period(july - timedelta(days=7), july)], today=july - timedelta(days=7)
    )
    assert [day.am.supervision for day in found.days] == [1] * 7 + [2, 2]


def test_a_weekday_never_seen_is_estimated_from_the_others(program):
    found = of(program, days=7, covered=[Period(MONDAY, MONDAY + timedelta(days=1))])
    assert [day.am.demanded for day in found.days] == [3] * 5 + [2] * 2
    only_holiday = replace(program, calendar=(CalendarDay(MONDAY, DayType.FEDERAL_HOLIDAY),))
    found = of(only_holiday, days=2, covered=[Period(MONDAY, MONDAY + timedelta(days=1))])
    assert (found.reference_days, found.days[1].am.demanded) == (1, 3)


def test_nobody_and_nothing(program):
    empty = of(Program("UTC"), days=2)
    assert [day.level for day in empty.days] == [UtilizationLevel.GREEN] * 2
    assert (empty.services, empty.recommendations, empty.days[0].factors) == ((), (), ())
    nobody = of(replace(program, people=()), days=1)
    assert (nobody.days[0].am.utilization, nobody.days[0].level) == (1, UtilizationLevel.BLACK)


def test_two_posts_of_a_service_share_their_people(program):
    both = Service("B", "Both", ServiceKind.OUTPATIENT)
    posts = (
        *(CoverageRequirement("B", half, 1, weekday=0) for half in Half),
        CoverageRequirement("B", Half.AM, 1, weekday=0, role=CoverageRole.SUPERVISING),
    )
    whole = replace(
        program,
        people=(*program.people, Person("X", "X", RESIDENT)),
        services=(*program.services, both),
        coverage=posts,
    )
    (service,) = of(whole, days=2).services
    assert service.demanded == (2, 1, 0, 0)
    assert service.available == (5, 5, 0, 0)


def test_inputs_tell_apart_what_changes_a_forecast(program):
    first = ForecastInputs.of(program, MONDAY, 7, [ALWAYS])
    assert first.input_hash == ForecastInputs.of(program, MONDAY, 7, [ALWAYS]).input_hash
    other = [
        ForecastInputs.of(program, MONDAY, 8, [ALWAYS]),
        ForecastInputs.of(program, MONDAY, 7, [Period(MONDAY, MONDAY + timedelta(days=3))]),
        ForecastInputs.of(
            replace(program, absences=(away("A", 0, 0, status=AbsenceStatus.ANTICIPATED),)),
            MONDAY,
            7,
            [ALWAYS],
        ),
    ]
    assert len({first.input_hash, *(each.input_hash for each in other)}) == 4
    leaver = replace(program.people[0], active_from=MONDAY, active_to=MONDAY)
    left = replace(program, people=(leaver, *program.people[1:]))
    assert [day.am.faculty for day in of(left, days=2).days] == [4, 3]
