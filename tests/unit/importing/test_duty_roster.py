"""A real hospital rota of duty intervals becomes a program: 26 doctors, 182 days, three late duties a day."""

import csv
from collections import Counter
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from residency.errors import InvalidBundleError
from residency.importing.bundle import read_program
from residency.importing.findings import findings
from residency.program.extent import program_period
from residency.program.snapshot import Snapshot
from residency.program.vocabulary import CallKind, Half, PersonType, ServiceKind
from residency.settings import Settings

ROTA = Path(__file__).parents[2] / "data" / "cpft-south"
LONDON = ZoneInfo("Europe/London")


@pytest.fixture(scope="module")
def rota():
    return read_program(ROTA, Settings(timezone="Pacific/Honolulu", _env_file=None))


@pytest.fixture(scope="module")
def duties():
    with (ROTA / "duties.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_the_people_are_residents_with_their_skills_and_the_grades_lowest_year(rota):
    assert len(rota.people) == 26
    assert {person.type for person in rota.people} == {PersonType.RESIDENT}
    registrars = {person.id for person in rota.people if person.specialties == ("section-12-approved",)}
    assert len(registrars) == 12
    assert {(level.person in registrars, level.academic_year, level.pgy) for level in rota.pgy_levels} == {
        (True, 2015, 4),
        (False, 2015, 1),
    }
    assert findings(rota) == []


def test_the_zone_is_the_rotas_own(rota):
    assert rota.timezone == "Europe/London"


def test_it_spans_182_days(rota):
    period = program_period(rota)
    assert (period.start, period.end, period.days) == (date(2015, 8, 5), date(2016, 2, 3), 182)


def test_late_duties_are_wards_staffed_every_day_and_ordinary_days_ask_for_nobody(rota):
    kinds = {service.abbreviation: service.kind for service in rota.services}
    assert kinds == {
        "L1": ServiceKind.INPATIENT,
        "L2": ServiceKind.INPATIENT,
        "L3": ServiceKind.INPATIENT,
        "nwd": ServiceKind.OUTPATIENT,
    }
    asked = Counter((row.service, row.minimum) for row in rota.coverage)
    assert asked == {("L1", 1): 14, ("L2", 1): 14, ("L3", 1): 14}
    hours = {service.abbreviation: service.hours_am + service.hours_pm for service in rota.services}
    assert hours == {"L1": 12.5, "L2": 12.5, "L3": 12.5, "nwd": 8.0}


def test_late_duties_are_covered_in_full_before_absences(rota):
    snapshot = Snapshot.of(rota, program_period(rota))
    assert snapshot.demand.shape == (3, 364)
    assert (snapshot.demand == 1).all()
    assert (snapshot.filled == 1).all()


def test_every_day_duty_is_both_its_half_days(rota, duties):
    expected = Counter(
        (duty["person_id"], duty["code"], duty["start"][:10], half)
        for duty in duties
        if not duty["code"].startswith("N")
        for half in (0, 1)
    )
    rows = rota.assignments
    got = Counter(
        zip(
            [rota.people[row].id for row in rows.person],
            [rota.services[row].abbreviation for row in rows.service],
            np.datetime_as_string(rows.day),
            rows.half.tolist(),
            strict=True,
        )
    )
    assert got == expected


def test_nights_are_in_house_call_two_a_night(rota):
    assert len(rota.call_shifts) == 2 * 182
    assert {(shift.kind, shift.in_house) for shift in rota.call_shifts} == {(CallKind.OVERNIGHT, True)}
    evenings = Counter(shift.start.astimezone(LONDON).date() for shift in rota.call_shifts)
    assert set(evenings.values()) == {2}


def test_the_night_of_the_clock_change_is_an_hour_longer(rota):
    lengths = Counter(shift.end - shift.start for shift in rota.call_shifts)
    assert lengths == {timedelta(hours=12): 362, timedelta(hours=13): 2}
    long_nights = {
        shift.start.astimezone(LONDON).date()
        for shift in rota.call_shifts
        if shift.end - shift.start > timedelta(hours=12)
    }
    assert long_nights == {date(2015, 10, 24)}


def test_weekdays_without_ordinary_duty_are_holidays(rota):
    assert [entry.day.isoformat() for entry in rota.calendar] == [
        "2015-08-31",
        "2015-12-25",
        "2015-12-28",
        "2016-01-01",
    ]


@pytest.fixture
def read(tmp_path):
    def read(duties, people="id,role,grade,skills\nA,resident,SHO,\nB,faculty,,\n", **further):
        texts = {
            "people": people,
            "duties": "person_id,code,start,end,zone,in_house\n" + duties,
            **further,
        }
        for name, text in texts.items():
            (tmp_path / f"{name}.csv").write_text(text, encoding="utf-8")
        return read_program(tmp_path, Settings(_env_file=None))

    return read


def problems(read, *arguments, **named):
    with pytest.raises(InvalidBundleError) as caught:
        read(*arguments, **named)
    return [str(problem) for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("start", "end", "halves"),
    [
        ("07:00", "13:00", [Half.AM]),
        ("13:00", "19:00", [Half.PM]),
        ("12:59", "13:01", [Half.AM, Half.PM]),
        ("18:59", "23:00", [Half.PM]),
        ("05:00", "07:01", [Half.AM]),
        ("14:00", "24:00", [Half.PM]),
        ("19:00", "23:00", []),
        ("05:00", "07:00", []),
    ],
)
def test_a_duty_holds_the_half_days_it_overlaps_by_the_clock(read, start, end, halves):
    last = "2026-07-07T00:00" if end == "24:00" else f"2026-07-06T{end}"
    program = read(f"A,X,2026-07-06T{start},{last},Europe/London,true\n")
    assert [(Half.AM, Half.PM)[half] for half in program.assignments.half] == halves
    assert len(program.call_shifts) == (0 if halves else 1)


def test_mistakes_of_a_roster_are_told_with_their_rows(read):
    good = "A,X,2026-07-06T08:00,2026-07-06T12:00,Europe/London,true\n"
    assert problems(
        read,
        good
        + "C,X,2026-07-06T08:00,2026-07-06T12:00,Europe/London,true\n"
        + "A,X,2026-07-07T08:00,2026-07-07T08:00,Europe/London,true\n"
        + "A,Y,2026-07-06T11:00,2026-07-06T15:00,Europe/London,true\n"
        + "B,Y,2026-07-06T08:00,2026-07-06T09:00,Europe/London,true\n"
        + "B,Y,2026-07-06T10:00,2026-07-06T11:00,Europe/London,true\n",
        people="id,role,grade\nA,resident,XYZ\nB,resident,\n",
    ) == [
        "people.csv row 2, column grade: 'XYZ' is not valid; expected nothing or one of SHO, SpR",
        "duties.csv row 3, column person_id: 'C' is not valid; expected one that people.csv lists",
        "duties.csv row 4, column end: '2026-07-07T08:00' is not valid; expected a time after the start",
        "duties.csv row 5, column start: '2026-07-06T11:00' is not valid; expected no duty that overlaps "
        "with the person's own in row 2",
        "duties.csv row 5, column start: '2026-07-06T11:00' is not valid; expected one duty a person and "
        "half-day; row 2 is in this AM",
        "duties.csv row 7, column start: '2026-07-06T10:00' is not valid; expected one duty a person and "
        "half-day; row 6 is in this AM",
    ]


def test_a_roster_has_one_known_zone(read):
    row = "A,X,2026-07-0{}T08:00,2026-07-0{}T12:00,{},true\n"
    mixed = row.format(6, 6, "Europe/London") + row.format(7, 7, "Europe/Paris")
    assert "one time zone in the whole roster" in problems(read, mixed)[0]
    assert "expected an IANA time zone" in problems(read, row.format(6, 6, "London"))[0]


def test_other_files_beside_a_roster_are_refused(read):
    row = "A,X,2026-07-06T08:00,2026-07-06T12:00,UTC,true\n"
    assert problems(read, row, services="abbreviation,kind\n") == [
        "services.csv is no part of a duty roster; expected people.csv and duties.csv"
    ]


def test_a_roster_needs_people_and_duties(read, tmp_path):
    assert problems(read, "") == ["duties.csv has no rows; expected at least one duty"]
    (tmp_path / "people.csv").unlink()
    with pytest.raises(InvalidBundleError, match=r"people\.csv is missing; expected this file beside"):
        read_program(tmp_path, Settings(_env_file=None))


def test_the_wall_clock_of_a_roster_is_its_zones(read):
    (shift,) = read("A,N,2026-07-06T21:00,2026-07-07T09:00,Europe/London,false\n").call_shifts
    assert shift.start == datetime(2026, 7, 6, 21, tzinfo=LONDON)
    assert shift.in_house is False
