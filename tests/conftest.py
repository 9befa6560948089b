"""What tests of several rooms share: random small programs, and a form in which programs compare."""

import signal
from dataclasses import fields
from datetime import UTC, date, datetime, time, timedelta
from itertools import product

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st

from residency.program.calendar import CalendarDay, Period
from residency.program.canonical import canonical
from residency.program.records import (
    SOURCES,
    Absence,
    Assignments,
    CallShift,
    CoverageRequirement,
    DutyLog,
    HoursApproval,
    Person,
    PgyLevel,
    Program,
    Rotation,
    Service,
    User,
)
from residency.program.vocabulary import (
    AbsenceStatus,
    AbsenceType,
    ActivityClass,
    CallKind,
    CoverageRole,
    DayType,
    DutySetting,
    FacultyRole,
    Half,
    Moonlighting,
    PersonType,
    ServiceKind,
    UserRole,
)

# How long one example takes depends on what else the machine does; pytest's own limit ends what hangs.
settings.register_profile("any machine", deadline=None)
settings.load_profile("any machine")

FIRST_DAY = date(2026, 6, 28)
DAYS = 6
ZONES = ("Pacific/Honolulu", "Europe/London", "America/New_York", "Asia/Kolkata")

one_line = (
    st.text(
        st.characters(codec="utf-8", exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff"),
        min_size=1,
        max_size=8,
    )
    | st.sampled_from(["=1+1", "'quoted'", '"a","b"', "-", "Ōlelo", "@x", "'=", "a;b", "true", "007"])
).map(str.strip)
one_line = one_line.filter(bool)
many_lines = st.lists(one_line, min_size=1, max_size=3).map("\n".join)
words = st.lists(
    one_line.map(lambda text: text.replace(";", "").strip()).filter(bool), max_size=3, unique=True
).map(lambda items: tuple(sorted(items)))
skills = st.lists(st.sampled_from(["colposcopy", "vasectomy"]), unique=True).map(lambda s: tuple(sorted(s)))
days = st.integers(0, DAYS - 1).map(lambda offset: FIRST_DAY + timedelta(days=offset))
halves = st.sampled_from(Half)


def maybe(strategy):
    return st.none() | strategy


def rarely(strategy):
    return st.one_of(st.none(), st.none(), st.none(), strategy)


@st.composite
def people(draw, plain):
    ids = draw(st.lists(one_line, min_size=1, max_size=6, unique=True))
    found = []
    for number, person_id in enumerate(ids):
        person_type = draw(
            st.sampled_from([PersonType.RESIDENT, PersonType.FACULTY, PersonType.RESIDENT, *PersonType])
        )
        start = draw(rarely(days))
        found.append(
            Person(
                id=person_id,
                name=draw(many_lines),
                type=person_type,
                faculty_role=draw(maybe(st.sampled_from(FacultyRole)))
                if person_type is PersonType.FACULTY
                else None,
                fte=draw(st.sampled_from([1.0, 1.0, 1.0, 0.8, 0.3333, 0.0])),
                specialties=draw(words),
                credentials=draw(skills),
                email=draw(maybe(st.just(f"person{number}@example.org"))),
                performs_procedures=draw(st.booleans()),
                active_from=start,
                active_to=draw(
                    rarely(st.integers(0, 9).map(lambda n, s=start: (s or FIRST_DAY) + timedelta(n)))
                ),
                pseudonym=draw(st.just(f"P-{number}") if plain else maybe(st.just(f"P-{number}"))),
            )
        )
    return found


@st.composite
def services(draw):
    keys = draw(st.lists(one_line.map(lambda s: s[:10].strip()), min_size=1, max_size=4, unique=True))
    return [
        Service(
            abbreviation=key,
            name=f"{draw(many_lines)} {number}",
            kind=draw(st.sampled_from([ServiceKind.OUTPATIENT, *ServiceKind])),
            load_category=draw(st.integers(1, 7)),
            hours_am=draw(st.sampled_from([0.0, 4.0, 5.25, 6.0])),
            hours_pm=draw(st.sampled_from([0.0, 4.5, 6.0, 8.75])),
            start_am=draw(st.sampled_from([time(7), time(8, 30), time(6, 59, 59)])),
            start_pm=draw(st.sampled_from([time(13), time(12, 45)])),
            night_hours=draw(rarely(st.sampled_from([12.0, 10.25]))),
            required_type=draw(rarely(st.sampled_from([PersonType.RESIDENT, PersonType.FACULTY]))),
            required_role=draw(maybe(st.just(FacultyRole.CORE))) if number == 3 else None,
            required_specialty=draw(maybe(one_line)) if number == 2 else None,
            required_credential=draw(rarely(st.sampled_from(["colposcopy", "vasectomy"]))),
            min_pgy=draw(rarely(st.integers(1, 4))),
            needs_supervision=draw(st.sampled_from([True, True, False])),
            supervision_units_pgy1=draw(st.integers(0, 3)),
            supervision_units_other=draw(st.integers(0, 2)),
            procedure_units=draw(st.sampled_from([0, 4])),
            leave_eligible=draw(st.booleans()),
            inpatient=draw(st.sampled_from([False, False, True])),
            offsite=draw(st.booleans()),
            clinic_location=draw(maybe(st.sampled_from(["North", "South"]))),
        )
        for number, key in enumerate(keys)
    ]


@st.composite
def dice(draw):
    """A seeded generator and how much of what is possible there shall be: drawing each cell is too slow."""
    share = draw(st.sampled_from([0.6, 0.3, 0.0]))
    return np.random.default_rng(draw(st.integers(0, 2**32 - 1))), share


@st.composite
def coverage(draw, keys):
    rng, share = draw(dice())
    whens = [*range(7), *(FIRST_DAY + timedelta(days=offset) for offset in range(DAYS))]
    asked = [CoverageRole.PRIMARY, CoverageRole.SUPERVISING]
    found = []
    for service, when, half, role in product(keys, whens, Half, asked):
        weekly = isinstance(when, int)
        if rng.random() >= (share if weekly and role is CoverageRole.PRIMARY else share / 4):
            continue
        minimum = int(rng.integers(0, 4))
        start = FIRST_DAY + timedelta(days=int(rng.integers(0, DAYS))) if rng.random() < 0.2 else None
        end = (start or FIRST_DAY) + timedelta(days=int(rng.integers(0, 9))) if rng.random() < 0.2 else None
        found.append(
            CoverageRequirement(
                service=service,
                half=half,
                minimum=minimum,
                weekday=when if weekly else None,
                day=None if weekly else when,
                role=role,
                maximum=minimum + int(rng.integers(0, 3)) if rng.random() < 0.5 else None,
                valid_from=start if weekly else None,
                valid_to=end if weekly else None,
            )
        )
    return found


@st.composite
def assignments(draw, persons, kinds):
    rng, share = draw(dice())
    person, offset, half = np.nonzero(rng.random((persons, DAYS, 2)) < share)
    count = len(person)
    return Assignments(
        person=person.astype(np.int32),
        service=rng.integers(0, kinds, count, np.int32),
        day=np.datetime64(FIRST_DAY, "D") + offset.astype("timedelta64[D]"),
        half=half.astype(np.int8),
        role=rng.choice([0, 0, 0, 1, 2], count).astype(np.int8),
        source=rng.integers(0, len(SOURCES), count, np.int8),
        locked=rng.random(count) < 0.5,
    )


@st.composite
def intervals(draw, ids):
    """Intervals of people of which no two of one person overlap: at most one a day, over before the next."""
    places = draw(st.sets(st.tuples(st.sampled_from(ids), days), max_size=5))
    return [
        (
            person,
            datetime.combine(day, time(draw(st.integers(0, 3)), draw(st.integers(0, 59))), UTC),
            timedelta(seconds=draw(st.integers(1, 20 * 3600))),
        )
        for person, day in sorted(places)
    ]


@st.composite
def absences(draw, ids):
    found = {}
    for person in draw(st.lists(st.sampled_from(ids), max_size=4)):
        start = draw(st.integers(-20, DAYS).map(lambda offset: FIRST_DAY + timedelta(days=offset)))
        length = draw(st.integers(0, 12))
        start_half, end_half = draw(halves), draw(halves)
        if length == 0 and (start_half, end_half) == (Half.PM, Half.AM):
            end_half = Half.PM
        absence = Absence(
            person=person,
            start_date=start,
            end_date=start + timedelta(days=length),
            type=draw(st.sampled_from(AbsenceType)),
            status=draw(st.sampled_from(AbsenceStatus)),
            start_half=start_half,
            end_half=end_half,
        )
        found[(person, start, absence.end_date, start_half, end_half, absence.type)] = absence
    return list(found.values())


@st.composite
def rotations(draw, ids, keys):
    """Rotations of people of which no two of one person overlap: of one day each, or one of up to 60."""
    short = draw(st.sets(st.tuples(st.sampled_from(ids), days), max_size=4))
    long = draw(rarely(st.tuples(st.integers(0, 40), st.integers(0, 20))))
    found = [(person, day, day) for person, day in sorted(short)]
    if long is not None:
        before, after = (timedelta(days=each) for each in long)
        found = [each for each in found if each[0] != ids[0]]
        found.append((ids[0], FIRST_DAY - before, FIRST_DAY + after))
    return [Rotation(person, draw(st.sampled_from(keys)), start, end) for person, start, end in found]


@st.composite
def hours_approvals(draw, keys):
    places = draw(st.sets(st.tuples(maybe(st.sampled_from(keys)), st.integers(1, 8), days), max_size=3))
    return [
        HoursApproval(
            limit=draw(st.sampled_from([80.01, 84.5, 88.0])),
            valid_from=start,
            valid_to=start + timedelta(days=draw(st.integers(0, 400))),
            approved_by=draw(many_lines),
            service=service,
            min_pgy=lowest,
            max_pgy=draw(st.sampled_from([lowest, 8])),
        )
        for service, lowest, start in sorted(places, key=str)
    ]


@st.composite
def random_program(draw, plain=False):
    staff, kinds = draw(people(plain)), draw(services())
    ids, keys = [person.id for person in staff], [service.abbreviation for service in kinds]
    residents = [person.id for person in staff if person.type is PersonType.RESIDENT]
    levels = draw(
        st.dictionaries(
            st.tuples(st.sampled_from(residents), st.integers(2025, 2027)), st.integers(1, 8), max_size=5
        )
        if residents
        else st.just({})
    )
    special = draw(
        st.dictionaries(days, st.tuples(st.sampled_from(DayType), one_line, maybe(days)), max_size=3)
    )
    return canonical(
        Program(
            timezone=draw(st.sampled_from(ZONES)),
            people=tuple(staff),
            pgy_levels=tuple(PgyLevel(person, year, pgy) for (person, year), pgy in levels.items()),
            services=tuple(kinds),
            coverage=tuple(draw(coverage(keys))),
            assignments=draw(assignments(len(staff), len(kinds))),
            call_shifts=tuple(
                CallShift(person, start, start + length, draw(st.sampled_from(CallKind)), draw(st.booleans()))
                for person, start, length in draw(intervals(ids))
            ),
            absences=tuple(draw(absences(ids))),
            duty_logs=tuple(
                DutyLog(
                    person,
                    start,
                    start + length,
                    activity_class=draw(st.sampled_from(ActivityClass)),
                    setting=draw(st.sampled_from(DutySetting)),
                    call_kind=draw(maybe(st.sampled_from(CallKind))),
                    moonlighting=draw(st.sampled_from(Moonlighting)),
                    new_patient=draw(st.booleans()),
                    voluntary_stay=draw(st.booleans()),
                    reason=draw(maybe(many_lines)),
                )
                for person, start, length in draw(intervals(ids))
            ),
            users=tuple(
                User(f"{name} {number}", f"user{number}@example.org", draw(st.sampled_from(UserRole)), person)
                for number, (name, person) in enumerate(
                    draw(st.lists(st.tuples(one_line, maybe(st.sampled_from(ids))), max_size=2))
                )
            ),
            rotations=tuple(draw(rotations(ids, keys))),
            hours_approvals=tuple(draw(hours_approvals(keys))),
            calendar=tuple(CalendarDay(day, *rest) for day, rest in special.items()),
        )
    )


@pytest.fixture(scope="session")
def programs():
    """A strategy: small canonical programs over six days around the turn of an academic year."""
    return random_program()


@pytest.fixture(scope="session")
def named_programs():
    """The same, everybody with a pseudonym."""
    return random_program(plain=True)


@pytest.fixture(scope="session")
def program_days():
    """The days the random programs speak of."""
    return Period.horizon(FIRST_DAY, DAYS)


@pytest.fixture(scope="session")
def as_rows():
    """A function that turns a program into plain values that compare, one entry for each field."""

    def rows(program, without=()):
        found = {column.name: getattr(program, column.name) for column in fields(program)}
        found["assignments"] = list(
            zip(
                [program.people[row].id for row in program.assignments.person.tolist()],
                [program.services[row].abbreviation for row in program.assignments.service.tolist()],
                program.assignments.day.tolist(),
                program.assignments.half.tolist(),
                program.assignments.role.tolist(),
                program.assignments.source.tolist(),
                program.assignments.locked.tolist(),
                strict=True,
            )
        )
        return {name: value for name, value in found.items() if name not in without}

    return rows


def pytest_configure() -> None:
    # A test run in the background inherits an ignored Ctrl-C, and so would every program it starts.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
