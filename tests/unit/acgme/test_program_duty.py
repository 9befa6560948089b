"""What a schedule asks of people, and what they say they worked, as duty intervals."""

from datetime import UTC, date, datetime, time

import numpy as np
import pytest

from residency.acgme.kinds import KINDS, DutyKind
from residency.acgme.program_duty import logged_duties, planned_duties
from residency.program.records import (
    ROLE_CODES,
    Absence,
    Assignments,
    CallShift,
    DutyLog,
    Person,
    Program,
    Service,
)
from residency.program.vocabulary import (
    AbsenceStatus,
    AbsenceType,
    ActivityClass,
    CallKind,
    CoverageRole,
    DutySetting,
    Half,
    Moonlighting,
    PersonType,
    ServiceKind,
)

ZONE = "America/New_York"
RESIDENT = Person("R1", "R1", PersonType.RESIDENT)
OTHER = Person("R2", "R2", PersonType.RESIDENT)
SERVICES = (
    Service("C", "Clinic", ServiceKind.OUTPATIENT, hours_am=4, hours_pm=4.5),
    Service("LEC", "Lecture", ServiceKind.EDUCATION, hours_am=0),
    Service("NF", "Night float", ServiceKind.NIGHT_FLOAT),
    Service("W", "Off", ServiceKind.OFF),
    Service("E", "Early", ServiceKind.INPATIENT, start_am=time(6, 30), hours_am=5.5),
    Service("LN", "Long night", ServiceKind.NIGHT_FLOAT, night_hours=13.5),
)
CODE = {service.abbreviation: row for row, service in enumerate(SERVICES)}
MARCH = date(2026, 3, 4)


def minute(day: date, clock: str, offset: int) -> int:
    local = datetime.combine(day, time.fromisoformat(clock), UTC)
    return int(local.timestamp()) // 60 - 60 * offset


def assignments(*rows, locked=True, role=CoverageRole.PRIMARY):
    """Rows of person, service, day and half."""
    count = len(rows)
    return Assignments(
        person=np.array([row[0] for row in rows], np.int32),
        service=np.array([CODE[row[1]] for row in rows], np.int32),
        day=np.array([row[2] for row in rows], "datetime64[D]"),
        half=np.array([row[3] for row in rows], np.int8),
        role=np.full(count, ROLE_CODES[role], np.int8),
        source=np.zeros(count, np.int8),
        locked=np.full(count, locked, np.bool_),
    )


def program(rows=None, **more):
    return Program(
        ZONE, people=(RESIDENT, OTHER), services=SERVICES, assignments=rows or Assignments.empty(), **more
    )


def shown(duties):
    columns = (duties.person, duties.start, duties.end, duties.kind)
    return sorted(
        (person, start, end, KINDS[kind]) for person, start, end, kind in zip(*columns, strict=True)
    )


PEOPLE = {"R1": 0, "R2": 1}


def test_a_half_day_lasts_the_hours_of_its_service_from_its_clock_time():
    rows = assignments((0, "C", MARCH, 0), (0, "C", MARCH, 1), (1, "E", MARCH, 0))
    assert shown(planned_duties(program(rows), PEOPLE)) == [
        (0, minute(MARCH, "07:00", -5), minute(MARCH, "11:00", -5), DutyKind.DUTY),
        (0, minute(MARCH, "13:00", -5), minute(MARCH, "17:30", -5), DutyKind.DUTY),
        (1, minute(MARCH, "06:30", -5), minute(MARCH, "12:00", -5), DutyKind.DUTY),
    ]


def test_a_half_day_without_hours_and_days_off_are_no_duty():
    rows = assignments((0, "LEC", MARCH, 0), (0, "W", MARCH, 1))
    assert shown(planned_duties(program(rows), PEOPLE)) == []


def test_lectures_are_education():
    rows = assignments((0, "LEC", MARCH, 1))
    assert shown(planned_duties(program(rows), PEOPLE)) == [
        (0, minute(MARCH, "13:00", -5), minute(MARCH, "19:00", -5), DutyKind.EDUCATION)
    ]


def test_a_night_runs_by_the_clock_on_the_wall_so_the_spring_night_is_an_hour_short():
    saturday = date(2026, 3, 7)
    rows = assignments((0, "NF", saturday, 0), (0, "NF", saturday, 1), (1, "LN", MARCH, 1))
    night, long_night = shown(planned_duties(program(rows), PEOPLE))
    assert night == (
        0,
        minute(saturday, "19:00", -5),
        minute(date(2026, 3, 8), "07:00", -4),
        DutyKind.NIGHT_FLOAT,
    )
    assert night[2] - night[1] == 11 * 60
    assert long_night[2] == minute(date(2026, 3, 5), "08:30", -5)


def test_backup_and_half_days_of_an_effective_absence_do_not_count():
    away = Absence("R1", MARCH, MARCH, AbsenceType.SICK, start_half=Half.PM)
    pending = Absence("R2", MARCH, MARCH, AbsenceType.SICK, AbsenceStatus.PENDING)
    rows = assignments((0, "C", MARCH, 0), (0, "C", MARCH, 1), (1, "C", MARCH, 0))
    duties = planned_duties(program(rows, absences=(away, pending)), PEOPLE)
    assert [(row[0], row[1]) for row in shown(duties)] == [
        (0, minute(MARCH, "07:00", -5)),
        (1, minute(MARCH, "07:00", -5)),
    ]
    backup = assignments((0, "C", MARCH, 0), role=CoverageRole.BACKUP)
    assert shown(planned_duties(program(backup), PEOPLE)) == []


def test_only_the_people_wanted_and_only_locked_rows_when_asked():
    rows = assignments((0, "C", MARCH, 0), (1, "C", MARCH, 0), locked=False)
    assert [row[0] for row in shown(planned_duties(program(rows), {"R2": 0}))] == [0]
    assert shown(planned_duties(program(rows), PEOPLE, locked_only=True)) == []


@pytest.mark.parametrize(
    ("kind", "in_house", "expected"),
    [
        (CallKind.OVERNIGHT, True, DutyKind.IN_HOUSE_CALL),
        (CallKind.WEEKEND, True, DutyKind.IN_HOUSE_CALL),
        (CallKind.WEEKEND, False, DutyKind.HOME_CALL),
        (CallKind.HOME, False, DutyKind.HOME_CALL),
        (CallKind.BACKUP, True, None),
    ],
)
def test_call_is_in_house_or_at_home_and_backup_waits_to_be_activated(kind, in_house, expected):
    start, end = datetime(2026, 3, 4, 19, tzinfo=UTC), datetime(2026, 3, 5, 7, tzinfo=UTC)
    shifts = (CallShift("R1", start, end, kind, in_house), CallShift("F1", start, end, kind, in_house))
    duties = planned_duties(program(call_shifts=shifts), PEOPLE)
    rows = [(0, int(start.timestamp()) // 60, int(end.timestamp()) // 60, expected)] if expected else []
    assert shown(duties) == rows


@pytest.mark.parametrize(
    ("log", "expected"),
    [
        ({}, DutyKind.DUTY),
        ({"moonlighting": Moonlighting.INTERNAL, "voluntary_stay": True}, DutyKind.MOONLIGHTING_INTERNAL),
        ({"moonlighting": Moonlighting.EXTERNAL}, DutyKind.MOONLIGHTING_EXTERNAL),
        ({"voluntary_stay": True, "reason": "a family"}, DutyKind.VOLUNTARY_STAY),
        ({"activity_class": ActivityClass.TRANSITION}, DutyKind.TRANSITION),
        ({"activity_class": ActivityClass.EDUCATION}, DutyKind.EDUCATION),
        ({"activity_class": ActivityClass.HOME_CLINICAL}, DutyKind.HOME_WORK),
        ({"setting": DutySetting.HOME}, DutyKind.HOME_WORK),
        ({"call_kind": CallKind.HOME}, DutyKind.HOME_CALL_IN),
        ({"call_kind": CallKind.OVERNIGHT}, DutyKind.IN_HOUSE_CALL),
        ({"call_kind": CallKind.WEEKEND}, DutyKind.IN_HOUSE_CALL),
        ({"call_kind": CallKind.BACKUP}, DutyKind.DUTY),
    ],
)
def test_a_logged_interval_says_what_it_was(log, expected):
    start, end = datetime(2026, 3, 4, 19, tzinfo=UTC), datetime(2026, 3, 5, 7, tzinfo=UTC)
    rows = (DutyLog("R1", start, end, new_patient=True, **log), DutyLog("F1", start, end))
    duties = logged_duties(program(duty_logs=rows), PEOPLE)
    assert [KINDS[kind] for kind in duties.kind] == [expected]
    assert duties.new_patient.tolist() == [True]


def test_a_program_without_services_and_people_asks_nothing_of_anybody():
    assert len(planned_duties(Program(ZONE), {})) == 0
    assert len(logged_duties(Program(ZONE), {})) == 0
