"""Random schedules with something wrong: tiny ones whose every repair can be tried, and medium ones."""

import random
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from hypothesis import strategies as st

from residency.acgme.rules import rule_set
from residency.program.calendar import Period
from residency.program.records import (
    ROLE_CODES,
    SOURCE_CODES,
    Absence,
    Assignments,
    CallShift,
    CoverageRequirement,
    Person,
    PgyLevel,
    Program,
    Rotation,
    Service,
)
from residency.program.snapshot import Snapshot
from residency.program.vocabulary import (
    AbsenceStatus,
    AbsenceType,
    AssignmentSource,
    CallKind,
    CoverageRole,
    Half,
    PersonType,
    ServiceKind,
)
from residency.scheduling.problem import Disruption, RepairProblem

RULES = rule_set()
DAY = timedelta(days=1)
CONTEXT_DAYS = 31
PRIMARY, SUPERVISING, BACKUP = (ROLE_CODES[role] for role in CoverageRole)
STARTS = (
    ("Pacific/Honolulu", date(2026, 8, 27)),
    ("UTC", date(2026, 6, 29)),
    ("America/New_York", date(2026, 10, 30)),
    ("America/New_York", date(2026, 3, 6)),
)
"""An ordinary week, the turn of the academic year, and the nights on which the clocks change."""

KINDS = (
    ServiceKind.OUTPATIENT,
    ServiceKind.OUTPATIENT,
    ServiceKind.INPATIENT,
    ServiceKind.INPATIENT,
    ServiceKind.NIGHT_FLOAT,
    ServiceKind.NIGHT_FLOAT,
    ServiceKind.PROCEDURE,
    ServiceKind.EDUCATION,
    ServiceKind.RECOVERY,
)
HOURS = ((6.0, 6.0), (4.0, 5.0), (6.0, 12.0), (6.0, 11.0), (6.0, 16.0))


@dataclass(frozen=True)
class Size:
    """How large the programs of a kind are: each pair is the least and the most."""

    people: tuple[int, int]
    days: tuple[int, int]
    services: tuple[int, int]
    posts: tuple[int, int]
    demand: tuple[int, ...]


TINY = Size((3, 5), (1, 3), (1, 3), (1, 3), (0, 0, 0, 1, 1, 2))
MEDIUM = Size((8, 25), (5, 30), (4, 9), (3, 9), (0, 1, 1, 2, 3))


def seeds(size):
    """A strategy of problems; what fails is named by its seed, which makes the same problem again."""
    return st.integers(0, 2**32 - 1).map(lambda seed: problem_of(seed, size))


def tiny():
    """Two to five people, one to three days: small enough to try every repair."""
    return seeds(TINY)


def medium():
    """Up to 25 people and 30 days."""
    return seeds(MEDIUM)


def lenient(problem):
    """The same schedule where no duty rule is looked at and nobody needs an attending."""
    rules = problem.rules.rules
    free = {
        name: rule.model_copy(update={"enabled": False})
        for name in type(rules).model_fields
        if (rule := getattr(rules, name)) is not None
    }
    services = tuple(replace(each, needs_supervision=False) for each in problem.program.services)
    program = replace(problem.program, services=services)
    return RepairProblem.of(
        program,
        Snapshot.of(program, problem.snapshot.period),
        problem.disruption,
        problem.rules.model_copy(update={"rules": rules.model_copy(update=free)}),
        problem.covered,
    )


def without_lost_call(problem):
    """The same schedule without the call of those who are lost, which a repair would give to others."""
    snapshot, program = problem.snapshot, problem.program
    lost = {snapshot.person_ids[person] for person in np.flatnonzero(problem.disruption.lost.any(axis=1))}
    program = replace(
        program, call_shifts=tuple(shift for shift in program.call_shifts if shift.person not in lost)
    )
    return RepairProblem.of(
        program, Snapshot.of(program, snapshot.period), problem.disruption, problem.rules, problem.covered
    )


def shuffled(problem, order):
    """The same problem with its people in another order: person ``order[i]`` comes i-th."""
    program, place = problem.program, np.argsort(order)
    rows = program.assignments
    moved = replace(
        program,
        people=tuple(program.people[person] for person in order),
        assignments=replace(rows, person=place[rows.person].astype(np.int32)),
    )
    disruption = replace(problem.disruption, lost=problem.disruption.lost[order])
    return RepairProblem.of(
        moved, Snapshot.of(moved, problem.snapshot.period), disruption, problem.rules, problem.covered
    )


def problem_of(seed, size=TINY):
    """The problem that a seed makes."""
    return Maker(random.Random(seed), size).problem()  # noqa: S311 - a sample, not a secret


class Maker:
    """Makes one problem out of a source of randomness."""

    def __init__(self, rng, size):
        self.rng, self.size = rng, size
        # Where the rules are tight, every resident is averaged over the period alone.
        self.tight = self.chance(0.5)
        self.zone, first = rng.choice(STARTS)
        start = first + timedelta(days=rng.randrange(3))
        self.period = Period(start, start + timedelta(days=rng.randint(*size.days)))
        self.people = [self.person(number) for number in range(rng.randint(*size.people))]
        self.services = [self.service(number) for number in range(rng.randint(*size.services))]
        self.services.append(
            Service("AT", "Supervising", ServiceKind.OUTPATIENT, 2, required_type=PersonType.FACULTY)
        )

    def chance(self, share):
        return self.rng.random() < share

    def person(self, number):
        types = [PersonType.RESIDENT, PersonType.RESIDENT, PersonType.FACULTY] * 6 + [PersonType.MED_STUDENT]
        return Person(
            id=f"p{number}",
            name=f"p{number}",
            type=self.rng.choice(types),
            fte=self.rng.choice([1.0] * 18 + [0.5, 0.0]),
            credentials=self.rng.choice([(), ("scope",)]),
        )

    def service(self, number):
        kind = self.rng.choice(KINDS)
        am, pm = self.rng.choice(HOURS)
        return Service(
            abbreviation=f"s{number}",
            name=f"s{number}",
            kind=kind,
            load_category=self.rng.randint(1, 7),
            hours_am=am,
            hours_pm=pm,
            night_hours=12.0 if kind is ServiceKind.NIGHT_FLOAT else None,
            required_type=self.rng.choice(
                [None, PersonType.RESIDENT, PersonType.RESIDENT, PersonType.FACULTY]
            ),
            required_credential=self.rng.choice([None] * 3 + [None if self.tight else "scope"]),
            min_pgy=self.rng.choice([None, None, None, 2]),
            needs_supervision=kind is ServiceKind.OUTPATIENT and self.chance(0.8),
            procedure_units=self.rng.choice([0, 0, 4]),
            inpatient=kind is ServiceKind.INPATIENT,
            clinic_location=self.rng.choice([None, None, None, "east"]),
        )

    def coverage(self):
        wanted = [(number, PRIMARY) for number in range(len(self.services) - 1)]
        wanted += [
            (len(self.services) - 1, SUPERVISING),
            (self.rng.randrange(len(self.services)), SUPERVISING),
        ]
        wanted = sorted(set(wanted))
        posts = self.rng.sample(wanted, min(len(wanted), self.rng.randint(*self.size.posts)))
        rows = []
        for service, role in posts:
            for block in range(self.period.blocks):
                minimum = self.rng.choice(self.size.demand)
                name = self.services[service].abbreviation
                if minimum:
                    row = CoverageRequirement(
                        name,
                        self.period.half(block),
                        minimum,
                        day=self.period.day(block),
                        role=list(CoverageRole)[role],
                    )
                    rows.append(row)
        return tuple(rows)

    def rows(self, coverage):
        """Most slots filled, some people on what nobody asks for, and work on the days around."""
        held = {}
        index = {service.abbreviation: row for row, service in enumerate(self.services)}
        for row in coverage:
            block = 2 * (row.day - self.period.start).days + (row.half is Half.PM)
            able = [p for p in range(len(self.people)) if self.fits(p, index[row.service], row.role)]
            for person in self.rng.sample(able, min(len(able), row.minimum)):
                if self.chance(0.9):
                    held.setdefault((person, block), (index[row.service], ROLE_CODES[row.role]))
        for person in range(len(self.people)):
            for block in range(-6, self.period.blocks + 6):
                outside = not 0 <= block < self.period.blocks
                if (person, block) not in held and self.chance(0.5 if outside else 0.25):
                    held[person, block] = self.surplus(person)
        return held

    def fits(self, person, service, role):
        who, what = self.people[person], self.services[service]
        if self.chance(0.03):
            return True
        wanted = PersonType.FACULTY if role is CoverageRole.SUPERVISING else what.required_type
        has = what.required_credential is None or what.required_credential in who.credentials
        return has and wanted in {None, who.type}

    def surplus(self, person):
        if self.people[person].type is PersonType.FACULTY and self.chance(0.5):
            return len(self.services) - 1, SUPERVISING
        return self.rng.randrange(len(self.services) - 1), self.rng.choice([PRIMARY] * 9 + [BACKUP])

    def assignments(self, held):
        keys = sorted(held)
        block = np.array([key[1] for key in keys], np.int64)
        locked = np.array([self.chance(0.3) for _ in keys], np.bool_)
        return Assignments(
            person=np.array([key[0] for key in keys], np.int32),
            service=np.array([held[key][0] for key in keys], np.int32),
            day=np.datetime64(self.period.start, "D") + block // 2,
            half=(block % 2).astype(np.int8),
            role=np.array([held[key][1] for key in keys], np.int8),
            source=np.where(
                locked, SOURCE_CODES[AssignmentSource.MANUAL], SOURCE_CODES[AssignmentSource.SOLVER]
            ).astype(np.int8),
            locked=locked,
        )

    def day(self, before=1, after=1):
        return self.period.start + timedelta(days=self.rng.randrange(-before, self.period.days + after))

    def call(self):
        """Nights of different people, for most of which somebody else could be free."""
        shifts = []
        for night in range(-1, self.period.days):
            if self.chance(0.3):
                day = self.period.start + timedelta(days=night)
                begin = datetime.combine(day, time(19), ZoneInfo(self.zone)).astimezone(UTC)
                end = datetime.combine(day + DAY, time(7), ZoneInfo(self.zone)).astimezone(UTC)
                kind, inside = self.rng.choice([(CallKind.OVERNIGHT, True)] * 3 + [(CallKind.HOME, False)])
                shifts.append(CallShift(self.rng.choice(self.people).id, begin, end, kind, inside))
        return tuple(shifts)

    def program(self):
        coverage = self.coverage()
        rotations, absences = [], []
        for person in self.people:
            start, end = self.day(2, 0), self.day(0, 2)
            if self.tight:
                start, end = self.period.start, self.period.end - DAY
            if person.type is PersonType.RESIDENT and start <= end and self.chance(0.7):
                service = self.rng.choice(self.services).abbreviation
                rotations.append(Rotation(person.id, service, start, end))
            if self.chance(0.1):
                away = self.day()
                kind = self.rng.choice([AbsenceType.VACATION, AbsenceType.CONVALESCENT])
                status = self.rng.choice([AbsenceStatus.APPROVED, AbsenceStatus.ANTICIPATED])
                absences.append(
                    Absence(person.id, away, away, kind, status, start_half=self.rng.choice(list(Half)))
                )
        return Program(
            timezone=self.zone,
            people=tuple(self.people),
            pgy_levels=tuple(
                PgyLevel(person.id, year, self.rng.randint(1, 3))
                for person in self.people
                for year in (2025, 2026)
                if person.type is PersonType.RESIDENT and self.chance(0.9)
            ),
            services=tuple(self.services),
            coverage=coverage,
            assignments=self.assignments(self.rows(coverage)),
            call_shifts=self.call(),
            absences=tuple(absences),
            rotations=tuple(rotations),
        )

    def disruption(self, snapshot):
        lost = np.zeros(snapshot.available.shape, np.bool_)
        demand, suspended = snapshot.demand.copy(), np.zeros(len(snapshot.service_ids), np.bool_)
        for person in self.rng.sample(range(snapshot.people), self.rng.choice([0, 1, 1, 1, 1, 1, 2])):
            first = self.rng.choice([0, 0, 0, self.rng.randrange(lost.shape[1])])
            lost[person, first : self.rng.choice([None, None, first + 1, first + 3])] = True
        stops_in = None
        if self.chance(0.2):
            suspended[self.rng.randrange(len(suspended))] = True
            stops_in = self.rng.choice([None, np.arange(lost.shape[1]) < self.rng.randrange(lost.shape[1])])
            stopped = np.ones(lost.shape[1], np.bool_) if stops_in is None else stops_in
            demand[np.ix_(suspended[snapshot.post_service], stopped)] = 0
        if self.chance(0.15) and len(demand):
            post = self.rng.randrange(len(demand))
            demand[post] = self.rng.choice([0, 1, 2]) * demand[post]
        return Disruption(lost, demand, suspended, stops_in)

    def problem(self):
        program = self.program()
        snapshot = Snapshot.of(program, self.period)
        around = Period(self.period.start - CONTEXT_DAYS * DAY, self.period.end + CONTEXT_DAYS * DAY)
        covered = self.rng.choice([(around,), (around,), (self.period,), ()])
        return RepairProblem.of(program, snapshot, self.disruption(snapshot), RULES, covered)
