"""Contingency against brute force: people are removed from the program and everything is solved again."""

import random
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from itertools import combinations
from math import ceil

import numpy as np
import pytest

from residency.program.calendar import CalendarDay, Period
from residency.program.records import (
    ROLE_CODES,
    Absence,
    Assignments,
    CallShift,
    CoverageRequirement,
    Person,
    PgyLevel,
    Program,
    Service,
)
from residency.program.snapshot import Snapshot
from residency.program.vocabulary import (
    AbsenceStatus,
    AbsenceType,
    CallKind,
    CoverageRole,
    DayType,
    FacultyRole,
    Half,
    PersonType,
    ServiceKind,
)
from residency.resilience.contingency import analyze

MONDAY = date(2026, 3, 2)
PROGRAMS = 4500
HALVES = (Half.AM, Half.PM)
FULL_KINDS = {ServiceKind.INPATIENT, ServiceKind.CALL, ServiceKind.NIGHT_FLOAT}
SHARE = {DayType.FEDERAL_HOLIDAY: 0.25, DayType.MINIMAL_MANNING: 0.25, DayType.TRAINING_HOLIDAY: 0.0}


def random_program(seed, people=(4, 8), days=1):
    """A small program with barely enough people, so that losing one or two of them hurts."""
    rng = random.Random(seed)  # noqa: S311 - a sample, not a secret
    staff, levels = [], []
    for number in range(rng.randint(*people)):
        kind = rng.choices([PersonType.FACULTY, PersonType.RESIDENT, PersonType.MED_STUDENT], [6, 4, 0.4])[0]
        staff.append(
            Person(
                f"p{number}",
                f"Person {number}",
                kind,
                faculty_role=rng.choice([None, FacultyRole.CORE]) if kind is PersonType.FACULTY else None,
                fte=rng.choice([1.0, 1.0, 1.0, 1.0, 0.5, 0.0]),
                specialties=tuple(s for s in ("heart", "skin") if rng.random() < 0.5),
                credentials=("scope",) if rng.random() < 0.4 else (),
            )
        )
        if kind is PersonType.RESIDENT and rng.random() < 0.8:
            levels.append(PgyLevel(f"p{number}", 2025, rng.randint(1, 3)))
    services = [random_service(rng, number) for number in range(rng.randint(2, 4))]
    coverage = [
        CoverageRequirement(
            service.abbreviation,
            half,
            rng.choice([0, 1, 1, 1, 2]),
            weekday=weekday,
            role=rng.choice([CoverageRole.PRIMARY] * 3 + [CoverageRole.SUPERVISING]),
        )
        for service in services
        for half in HALVES
        for weekday in range(days)
    ]
    if rng.random() < 0.2:
        coverage.append(CoverageRequirement(services[0].abbreviation, Half.AM, rng.randint(0, 3), day=MONDAY))
    absences = [
        Absence(person.id, MONDAY, MONDAY, AbsenceType.SICK, status, start, start)
        for person in staff
        if rng.random() < 0.12
        for status in (rng.choice([AbsenceStatus.APPROVED, AbsenceStatus.PENDING]),)
        for start in (rng.choice(HALVES),)
    ]
    night = datetime(2026, 3, 1, 19, tzinfo=UTC)
    call = [
        CallShift(rng.choice(staff).id, night, night + timedelta(hours=12), CallKind.OVERNIGHT, in_house=True)
    ]
    calendar = [CalendarDay(MONDAY, rng.choice(list(SHARE)), "a holiday")] if rng.random() < 0.15 else []
    return Program(
        "UTC",
        people=tuple(staff),
        pgy_levels=tuple(levels),
        services=tuple(services),
        coverage=tuple(coverage),
        assignments=random_assignments(rng, staff, services, coverage, days),
        call_shifts=tuple(call) if rng.random() < 0.2 else (),
        absences=tuple(absences),
        calendar=tuple(calendar),
    )


def random_service(rng, number):
    kind = rng.choice([ServiceKind.OUTPATIENT, ServiceKind.OUTPATIENT, ServiceKind.INPATIENT])
    return Service(
        f"S{number}",
        f"Service {number}",
        kind,
        required_type=rng.choice([None, None, PersonType.FACULTY, PersonType.RESIDENT]),
        required_role=rng.choice([None] * 6 + [FacultyRole.CORE]),
        required_specialty=rng.choice([None, None, "heart", "skin"]),
        required_credential=rng.choice([None, None, None, "scope"]),
        min_pgy=rng.choice([None, None, 2, 3]),
        needs_supervision=rng.random() < 0.6,
        procedure_units=rng.choice([0, 0, 4]),
        inpatient=kind is ServiceKind.INPATIENT,
        clinic_location=rng.choice([None, "annex"]),
    )


def random_assignments(rng, staff, services, coverage, days):
    posts = [(row.service, row.role) for row in coverage]
    index = {service.abbreviation: row for row, service in enumerate(services)}
    rows = []
    for person in range(len(staff)):
        for day in range(days):
            for half in range(2):
                if rng.random() < 0.75:
                    service, role = rng.choice(posts)
                    if staff[person].type is PersonType.FACULTY and rng.random() < 0.35:
                        role = CoverageRole.SUPERVISING
                    rows.append((person, index[service], day, half, ROLE_CODES[role]))
    rng.shuffle(rows)
    return assignments(rows)


def assignments(rows):
    columns = np.array(rows, np.int32).reshape(-1, 5).T
    return Assignments(
        person=columns[0],
        service=columns[1],
        day=np.datetime64(MONDAY, "D") + columns[2].astype("timedelta64[D]"),
        half=columns[3].astype(np.int8),
        role=columns[4].astype(np.int8),
        source=np.zeros(len(rows), np.int8),
        locked=np.zeros(len(rows), np.bool_),
    )


class BruteForce:
    """The three sums of a program, written from the rules with dictionaries and loops."""

    def __init__(self, program, days):
        self.program = program
        self.blocks = [(MONDAY + timedelta(days=day), half) for day in range(days) for half in HALVES]
        self.services = {service.abbreviation: service for service in program.services}
        self.pgy = {level.person: level.pgy for level in program.pgy_levels}
        self.demand = {block: self._demand(block) for block in self.blocks}
        self.present = {
            block: [person for person in program.people if self._is_present(person, block)]
            for block in self.blocks
        }
        self.held = {block: [] for block in self.blocks}
        a = program.assignments
        for person, service, day, half, role in zip(
            a.person, a.service, a.day.tolist(), a.half, a.role, strict=True
        ):
            self.held[day, HALVES[half]].append(
                (program.people[person], program.services[service], tuple(CoverageRole)[role])
            )

    def _demand(self, block):
        day, half = block
        demand = {}
        for row in self.program.coverage:
            if row.weekday == day.weekday() and row.half is half:
                key = (row.service, row.role)
                demand[key] = max(demand.get(key, 0), row.minimum)
        for row in self.program.coverage:
            if row.day == day and row.half is half:
                demand[row.service, row.role] = row.minimum
        share = next((SHARE[entry.day_type] for entry in self.program.calendar if entry.day == day), 1.0)
        return {
            (service, role): count if self.services[service].kind in FULL_KINDS else ceil(count * share)
            for (service, role), count in demand.items()
        }

    def _is_present(self, person, block):
        day, half = block
        for absence in self.program.absences:
            if absence.person == person.id and absence.status is AbsenceStatus.APPROVED:
                first = (absence.start_date, HALVES.index(absence.start_half))
                last = (absence.end_date, HALVES.index(absence.end_half))
                if first <= (day, HALVES.index(half)) <= last:
                    return False
        start = datetime(day.year, day.month, day.day, 7 if half is Half.AM else 13, tzinfo=UTC)
        return not any(
            shift.person == person.id and shift.start <= start < shift.end + timedelta(hours=8)
            for shift in self.program.call_shifts
        )

    def may(self, person, service, role):
        wanted = PersonType.FACULTY if role is CoverageRole.SUPERVISING else service.required_type
        if person.type is PersonType.MED_STUDENT or person.fte == 0:
            return False
        if wanted is not None and person.type is not wanted:
            return False
        if service.required_role is not None and person.faculty_role is not service.required_role:
            return False
        if service.required_specialty is not None and service.required_specialty not in person.specialties:
            return False
        if service.required_credential is not None and service.required_credential not in person.credentials:
            return False
        resident = person.type is PersonType.RESIDENT and role is not CoverageRole.SUPERVISING
        return not (resident and self.pgy.get(person.id, 2) < (service.min_pgy or 0))

    def sums(self, lost=frozenset()):
        """Slots short as assigned, short after reassignment, and attendings missing, without some people."""
        parts = [
            (self.assigned(block, lost), self.reassigned(block, lost), self.supervision(block, lost))
            for block in self.blocks
        ]
        return np.array(parts, np.int64).reshape(-1, 3).sum(axis=0)

    def counted(self, block, lost):
        here = {person.id for person in self.present[block]}
        return [
            (person.id, service.abbreviation, role)
            for person, service, role in self.held[block]
            if person.id not in lost and person.id in here and self.may(person, service, role)
        ]

    def assigned(self, block, lost):
        held = Counter((service, role) for _, service, role in self.counted(block, lost))
        return sum(max(0, count - held[post]) for post, count in self.demand[block].items())

    def reassigned(self, block, lost):
        slots = [post for post, count in self.demand[block].items() for _ in range(count)]
        people = [person for person in self.present[block] if person.id not in lost]
        able = [
            [row for row, (name, role) in enumerate(slots) if self.may(person, self.services[name], role)]
            for person in people
        ]
        holder = {}

        def seat(person, tried):
            for slot in able[person]:
                if slot not in tried:
                    tried.add(slot)
                    if slot not in holder or seat(holder[slot], tried):
                        holder[slot] = person
                        return True
            return False

        return len(slots) - sum(seat(person, set()) for person in range(len(people)))

    def supervision(self, block, lost):
        here = {person.id for person in self.present[block]} - set(lost)
        units, attendings = Counter(), Counter()
        for person, service, role in self.held[block]:
            place = service.clinic_location or "clinic"
            if person.id not in here:
                continue
            if person.type is PersonType.RESIDENT and service.needs_supervision and not service.inpatient:
                units[place] += (2 if self.pgy.get(person.id, 2) == 1 else 1) + service.procedure_units
            faculty = person.type is PersonType.FACULTY and person.fte > 0
            attendings[place] += faculty and role is CoverageRole.SUPERVISING
        return sum(max(0, ceil(count / 4) - attendings[place]) for place, count in units.items())

    def sole(self, person):
        total = 0
        for block in self.blocks:
            held = {}
            for holder, service, role in self.counted(block, frozenset()):
                held.setdefault((service, role), []).append(holder)
            total += sum(held.get(post) == [person] for post, count in self.demand[block].items() if count)
        return total


def numbers(row):
    return (row.assigned_gap, row.reassigned_gap, row.supervision_deficit)


def severity(gaps):
    if gaps[1] > 0 or gaps[2] > 0:
        return "critical"
    return "high" if gaps[0] > 5 else "medium" if gaps[0] > 0 else "none"


def compare(program, days, who, seen):
    """Assert that a report equals brute force, and count what the program had to show."""
    report = analyze(Snapshot.of(program, Period(MONDAY, MONDAY + timedelta(days=days))), who=who)
    brute = BruteForce(program, days)
    base = brute.sums()
    assert [
        report.base.assigned_only,
        report.base.after_reassignment,
        report.base_supervision_deficit,
    ] == list(base)
    clinicians = {p.id: p for p in program.people if p.type is not PersonType.MED_STUDENT}
    faculty = [person for person in clinicians if clinicians[person].type is PersonType.FACULTY]
    singles = {person: tuple(brute.sums({person}) - base) for person in clinicians}
    expected = faculty if who == "faculty" else list(clinicians)
    assert {row.person: numbers(row) for row in report.n1} == {p: singles[p] for p in expected}
    for row in report.n1:
        assert row.severity == severity(singles[row.person])
        assert row.sole_provider_slots == brute.sole(row.person)
        seen["critical residents"] += row.severity == "critical" and row.person not in faculty
        seen["critical faculty"] += row.severity == "critical" and row.person in faculty
        seen["supervision relieved by a loss"] += row.supervision_deficit < 0
    paired = list(combinations(list(clinicians) if who == "all" else faculty, 2))
    pairs = {pair: tuple(brute.sums(set(pair)) - base) for pair in paired}
    shown = {pair: gaps for pair, gaps in pairs.items() if max(gaps) > 0}
    assert {(row.a, row.b): numbers(row) for row in report.n2} == shown
    fatal = {pair for pair, gaps in pairs.items() if gaps[1] > 0 or gaps[2] > 0}
    harmless = {p for p, gaps in singles.items() if gaps[1] <= 0 and gaps[2] <= 0}
    joint_only = {pair for pair in fatal if harmless.issuperset(pair)}
    assert {(row.a, row.b) for row in report.joint_only_pairs} == joint_only
    assert report.n1_pass == all(row.severity != "critical" for row in report.n1)
    assert report.n2_pass == (not fatal)
    assert report.people_analysed == len(expected)
    assert report.pairs_analysed == len(paired)
    for (a, b), gaps in pairs.items():
        assert gaps[0] >= singles[a][0] + singles[b][0], "assigned gaps are supermodular"
        assert gaps[1] >= singles[a][1] + singles[b][1], "reassigned gaps are supermodular"
        seen["joint reassigned excess"] += gaps[1] > singles[a][1] + singles[b][1]
        seen["joint assigned excess"] += gaps[0] > singles[a][0] + singles[b][0]
        seen["supervision not additive"] += gaps[2] != singles[a][2] + singles[b][2]
    seen["fatal pairs"] += len(fatal)
    seen["joint-only pairs by reassignment"] += sum(pairs[pair][1] > 0 for pair in joint_only)
    seen["joint-only pairs by supervision"] += sum(pairs[pair][2] > 0 for pair in joint_only)
    seen["supervising slots"] += any(
        count and role is CoverageRole.SUPERVISING
        for demand in brute.demand.values()
        for (_, role), count in demand.items()
    )
    seen["ineligible or absent assignees"] += sum(map(len, brute.held.values())) > sum(
        len(brute.counted(block, frozenset())) for block in brute.blocks
    )
    seen["holidays"] += bool(program.calendar)
    seen["short before any loss"] += base[1] > 0
    seen["several slots at one post"] += any(max(d.values(), default=0) > 1 for d in brute.demand.values())
    return report


@pytest.mark.parametrize("who", ["faculty", "all", None])
def test_every_number_equals_brute_force(who):
    seen = Counter()
    first = {"faculty": 0, "all": 1, None: 2}[who] * PROGRAMS
    for seed in range(first, first + PROGRAMS // 3):
        compare(random_program(seed), 1, who, seen)
    assert seen["critical residents"] > 100 or who == "faculty"
    for kind in (
        "critical faculty",
        "fatal pairs",
        "joint-only pairs by reassignment",
        "joint-only pairs by supervision",
        "joint reassigned excess",
        "joint assigned excess",
        "supervision not additive",
        "supervising slots",
        "ineligible or absent assignees",
        "holidays",
        "short before any loss",
        "several slots at one post",
    ):
        assert seen[kind] >= 20, f"the sample must show {kind}: {seen}"
    assert seen["supervision relieved by a loss"] > 20 or who == "faculty"


def test_larger_programs_over_two_days_equal_brute_force():
    seen = Counter()
    for seed in range(60):
        compare(random_program(-seed - 1, people=(9, 12), days=2), 2, "all", seen)
    assert seen["joint-only pairs by reassignment"] > 20
    assert seen["critical faculty"] > 20
