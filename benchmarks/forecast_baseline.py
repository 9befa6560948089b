"""The utilization of every half-day as one would first write it: loops over days, people and their rows."""

from collections import defaultdict
from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from residency.program.calendar import HALVES, Period, academic_year
from residency.program.eligibility import ineligibility
from residency.program.records import DEFAULT_PGY, ROLES, Person, Program, Service
from residency.program.vocabulary import (
    DAY_TYPE_INTENT,
    EFFECTIVE_ABSENCE_STATUSES,
    FULL_DEMAND_KINDS,
    INTENT_DEMAND_QUARTERS,
    RECOVERY_DAYS,
    UNAVAILABLE_KINDS,
    AbsenceStatus,
    CoverageRole,
    DayType,
    Half,
    PersonType,
)

_SLOT = tuple[date, Half]


def figures_by_loops(program: Program, period: Period) -> list[list[float]]:
    """Demanded and available faculty half-days, first as approved, then with every anticipated absence."""
    hoped = tuple(
        replace(absence, status=AbsenceStatus.APPROVED)
        if absence.status is AbsenceStatus.ANTICIPATED
        else absence
        for absence in program.absences
    )
    return [*_Loops(program, period).series(), *_Loops(replace(program, absences=hoped), period).series()]


class _Loops:
    """One program with its rows sorted into what the loops look up."""

    def __init__(self, program: Program, period: Period) -> None:
        self.program, self.period = program, period
        self.services = {service.abbreviation: service for service in program.services}
        self.pgy = {(level.person, level.academic_year): level.pgy for level in program.pgy_levels}
        self.types = {entry.day: entry.day_type for entry in program.calendar}
        self.away: defaultdict[str, set[_SLOT]] = defaultdict(set)
        self.held: defaultdict[_SLOT, list[tuple[Person, Service, CoverageRole]]] = defaultdict(list)
        self.may: dict[tuple[str, CoverageRole, int], tuple[bool, bool]] = {}
        self._absences()
        self._call()
        self._assignments()

    def _absences(self) -> None:
        for absence in self.program.absences:
            if absence.status in EFFECTIVE_ABSENCE_STATUSES:
                first = 2 * absence.start_date.toordinal() + HALVES.index(absence.start_half)
                last = 2 * absence.end_date.toordinal() + HALVES.index(absence.end_half)
                last += 2 * RECOVERY_DAYS.get(absence.type, 0)
                for block in range(first, last + 1):
                    self.away[absence.person].add((date.fromordinal(block // 2), HALVES[block % 2]))

    def _call(self) -> None:
        zone = ZoneInfo(self.program.timezone)
        for shift in self.program.call_shifts:
            if shift.in_house:
                rest = 14 if shift.end - shift.start >= timedelta(hours=24) else 8
                until = shift.end + timedelta(hours=rest)
                for days in range(4):
                    day = shift.start.astimezone(zone).date() + timedelta(days)
                    for half, hour in zip(HALVES, (7, 13), strict=True):
                        if shift.start <= datetime(day.year, day.month, day.day, hour, tzinfo=zone) < until:
                            self.away[shift.person].add((day, half))

    def _assignments(self) -> None:
        rows = self.program.assignments
        for row in range(len(rows)):
            person, service = self.program.people[rows.person[row]], self.program.services[rows.service[row]]
            slot = rows.day[row].item(), HALVES[rows.half[row]]
            self.held[slot].append((person, service, ROLES[rows.role[row]]))
            if service.kind in UNAVAILABLE_KINDS:
                self.away[person.id].add(slot)

    def series(self) -> list[list[float]]:
        """Demanded and available faculty half-days, block by block."""
        slots = [(self.period.day(block), self.period.half(block)) for block in range(self.period.blocks)]
        return [
            [float(self._demanded(slot)) for slot in slots],
            [float(self._present(slot)) for slot in slots],
        ]

    def _present(self, slot: _SLOT) -> int:
        day, _ = slot
        return sum(
            person.type is PersonType.FACULTY and person.fte > 0 and self._there(person, slot, day)
            for person in self.program.people
        )

    def _there(self, person: Person, slot: _SLOT, day: date) -> bool:
        if (person.active_from and day < person.active_from) or (person.active_to and day > person.active_to):
            return False
        return slot not in self.away[person.id]

    def _level(self, person: Person, day: date) -> int:
        return self.pgy.get((person.id, academic_year(day)), DEFAULT_PGY)

    def _minima(self, slot: _SLOT) -> dict[tuple[str, CoverageRole], int]:
        day, half = slot
        weekly: dict[tuple[str, CoverageRole], int] = {}
        dated: dict[tuple[str, CoverageRole], int] = {}
        for row in self.program.coverage:
            if row.half is half:
                key = row.service, row.role
                if row.day == day:
                    dated[key] = row.minimum
                elif row.weekday == day.weekday() and (row.valid_from or day) <= day <= (row.valid_to or day):
                    weekly[key] = max(weekly.get(key, 0), row.minimum)
        quarters = INTENT_DEMAND_QUARTERS[DAY_TYPE_INTENT[self.types.get(day, DayType.NORMAL)]]
        return {
            key: least if self.services[key[0]].kind in FULL_DEMAND_KINDS else -(-least * quarters // 4)
            for key, least in {**weekly, **dated}.items()
        }

    def _who_may(self, key: tuple[str, CoverageRole], year: int) -> tuple[bool, bool]:
        """Whether some resident, and some of the faculty, may fill a post in an academic year."""
        if (*key, year) not in self.may:
            residents = faculty = False
            for person in self.program.people:
                pgy = self.pgy.get((person.id, year), DEFAULT_PGY)
                if ineligibility(person, self.services[key[0]], key[1], pgy) is None:
                    residents = residents or person.type is PersonType.RESIDENT
                    faculty = faculty or person.type is PersonType.FACULTY
            self.may[(*key, year)] = residents, faculty
        return self.may[(*key, year)]

    def _demanded(self, slot: _SLOT) -> int:
        day, _ = slot
        minima = self._minima(slot)
        by_residents: defaultdict[tuple[str, CoverageRole], int] = defaultdict(int)
        units: defaultdict[str, int] = defaultdict(int)
        for person, service, role in self.held[slot]:
            if person.type is PersonType.RESIDENT and self._there(person, slot, day):
                pgy = self._level(person, day)
                if ineligibility(person, service, role, pgy) is None:
                    by_residents[service.abbreviation, role] += 1
                if service.needs_supervision and not service.inpatient:
                    own = service.supervision_units_pgy1 if pgy == 1 else service.supervision_units_other
                    units[service.clinic_location or "clinic"] += own + service.procedure_units
        total = 0
        explicit: defaultdict[str, int] = defaultdict(int)
        for key, least in minima.items():
            residents, faculty = self._who_may(key, academic_year(day))
            if key[1] is CoverageRole.SUPERVISING:
                explicit[self.services[key[0]].clinic_location or "clinic"] += least
            if key[1] is CoverageRole.SUPERVISING or not residents:
                total += least
            elif faculty:
                total += max(0, least - by_residents[key])
        return total + sum(max(0, -(-own // 4) - explicit[place]) for place, own in units.items())
