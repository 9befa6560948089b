"""The columnar picture of a program over a period; every calculation takes it and nothing re-queries."""

import hashlib
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from residency.program.availability import availability
from residency.program.calendar import Period, academic_year
from residency.program.demand import posts_and_demand
from residency.program.eligibility import eligibility
from residency.program.records import DEFAULT_PGY, ROLE_CODES, ROLES, Program
from residency.program.vocabulary import UNAVAILABLE_KINDS, CoverageRole, PersonType

SUPERVISING = ROLE_CODES[CoverageRole.SUPERVISING]
UNITS_PER_ATTENDING = 4
"""One attending supervises at most four units at a time (42 CFR 415.174)."""

DEFAULT_LOCATION = "clinic"
"""Where services without a clinic location are supervised."""


@dataclass(frozen=True)
class Snapshot:
    """A program between two dates.

    Shapes: P people, S services, K posts, B half-day blocks, Y academic years, L locations, N assignments
    inside the period. A *post* is a (service, role) with a coverage requirement; a *slot* is one unit of
    a post's demand in one block. ``assignment_counts`` marks assignments that fill a slot of a post: those
    of eligible and available people.
    """

    period: Period
    timezone: str
    person_ids: tuple[str, ...]
    pseudonyms: tuple[str, ...]
    service_ids: tuple[str, ...]
    service_names: tuple[str, ...]
    locations: tuple[str, ...]
    is_faculty: NDArray[np.bool_]  # (P,)
    is_resident: NDArray[np.bool_]  # (P,)
    fte: NDArray[np.float64]  # (P,)
    block_year: NDArray[np.int16]  # (B,) index into the Y academic years the period touches
    pgy: NDArray[np.int8]  # (P, Y); 0 for people who are not residents
    pgy_missing: NDArray[np.bool_]  # (P, Y) residents judged as PGY-2 for want of a row
    available: NDArray[np.bool_]  # (P, B)
    post_service: NDArray[np.int32]  # (K,)
    post_role: NDArray[np.int8]  # (K,)
    post_location: NDArray[np.int16]  # (K,) index into locations
    demand: NDArray[np.int16]  # (K, B) required slots
    eligible: NDArray[np.bool_]  # (Y, K, P)
    trainable: NDArray[np.bool_]  # (Y, K, P) lacks only the specialty or credential that the service asks for
    assignment_person: NDArray[np.int32]  # (N,)
    assignment_block: NDArray[np.int32]  # (N,)
    assignment_service: NDArray[np.int32]  # (N,)
    assignment_role: NDArray[np.int8]  # (N,)
    assignment_post: NDArray[np.int32]  # (N,) -1 where no post asks for it
    assignment_eligible: NDArray[np.bool_]  # (N,) whether the person may hold this assignment at all
    assignment_counts: NDArray[np.bool_]  # (N,)
    assignment_units: NDArray[np.int16]  # (N,) supervision units a present resident generates
    assignment_supervises: NDArray[np.bool_]  # (N,) a present faculty member assigned as supervising
    assignment_location: NDArray[np.int16]  # (N,) index into locations

    @classmethod
    def of(cls, program: Program, period: Period) -> "Snapshot":
        """The snapshot of a program's facts over a period; shapes are given in the class."""
        return _build(program, period)

    @property
    def people(self) -> int:
        """P, the number of people."""
        return len(self.person_ids)

    @cached_property
    def filled(self) -> NDArray[np.int16]:
        """Slots of each post filled by counted assignments, at most the demand; shape (K, B)."""
        return np.minimum(self.assigned, self.demand).astype(np.int16)

    @cached_property
    def assigned(self) -> NDArray[np.int32]:
        """Counted assignments of each post, which may exceed the demand; shape (K, B)."""
        counted = self.assignment_counts
        held = np.zeros(self.demand.shape, np.int32)
        np.add.at(held, (self.assignment_post[counted], self.assignment_block[counted]), 1)
        return held

    @cached_property
    def supervision_units(self) -> NDArray[np.int32]:
        """Units of supervision generated in each location; shape (L, B). Four units need one attending."""
        return self._by_location(self.assignment_units)

    @cached_property
    def supervisors(self) -> NDArray[np.int32]:
        """Faculty present and assigned as supervising in each location; shape (L, B)."""
        return self._by_location(self.assignment_supervises)

    def _by_location(self, of_assignment: NDArray[np.integer] | NDArray[np.bool_]) -> NDArray[np.int32]:
        """A figure of every assignment summed by location and block, shape (L, B)."""
        shape = len(self.locations), self.period.blocks
        cell = self.assignment_location.astype(np.int64) * shape[1] + self.assignment_block
        sums = np.bincount(cell, weights=of_assignment, minlength=shape[0] * shape[1])
        return sums.astype(np.int32).reshape(shape)

    @property
    def supervision_required(self) -> NDArray[np.int32]:
        """ceil(units / 4) attendings; shape (L, B) (42 CFR 415.174: at most four residents at a time)."""
        return -(-self.supervision_units // UNITS_PER_ATTENDING)

    @cached_property
    def input_hash(self) -> str:
        """SHA-256 over every column: equal hashes mean equal results of any calculation."""
        digest = hashlib.sha256()
        for column in fields(self):
            value: object = getattr(self, column.name)
            digest.update(column.name.encode())
            if isinstance(value, np.ndarray):
                cells = cast("NDArray[Any]", value)
                digest.update(str((cells.dtype.str, cells.shape)).encode())
                digest.update(np.ascontiguousarray(cells).data)
            else:
                digest.update(repr(value).encode())
        return digest.hexdigest()

    def post_label(self, post: int) -> str:
        """How people name a post: ``Colposcopy`` or ``Continuity clinic (supervising)``."""
        name = self.service_names[int(self.post_service[post])]
        role = ROLES[int(self.post_role[post])]
        return name if role is CoverageRole.PRIMARY else f"{name} ({role})"


def _build(program: Program, period: Period) -> Snapshot:
    people, services = program.people, program.services
    person_index = {person.id: row for row, person in enumerate(people)}
    service_index = {service.abbreviation: row for row, service in enumerate(services)}
    years, block_year = _years(period)
    pgy, pgy_missing = _pgy(program, person_index, years)
    post_service, post_role, demand = posts_and_demand(
        period, services, service_index, program.coverage, program.calendar
    )
    eligible_any, trainable_any = eligibility(people, services, pgy)
    eligible = _of_posts(eligible_any, post_service, post_role)
    trainable = _of_posts(trainable_any, post_service, post_role)
    available = availability(
        period, program.timezone, people, person_index, program.absences, program.call_shifts
    )

    rows = program.assignments
    offset = (rows.day - np.datetime64(period.start, "D")).astype(np.int64)
    rows = rows.take((offset >= 0) & (offset < period.days))
    order = np.lexsort((rows.person, rows.half, rows.day))
    rows = rows.take(order)
    person, service = rows.person, rows.service
    block = (2 * (rows.day - np.datetime64(period.start, "D")).astype(np.int64) + rows.half).astype(np.int32)

    away_service = np.array([s.kind in UNAVAILABLE_KINDS for s in services], np.bool_)
    if len(services):
        away = away_service[service]
        available[person[away], block[away]] = False

    post_of = np.full((len(services), len(ROLES)), -1, np.int32)
    post_of[post_service, post_role] = np.arange(len(post_service))
    post = post_of[service, rows.role] if len(services) else np.zeros(0, np.int32)
    may = eligible_any[block_year[block], service, person, rows.role]
    present = available[person, block]

    is_faculty = np.array([p.type is PersonType.FACULTY for p in people], np.bool_)
    is_resident = np.array([p.type is PersonType.RESIDENT for p in people], np.bool_)
    fte = np.array([p.fte for p in people], np.float64)
    locations, service_location = service_locations(program)
    units = unit_table(program)
    first_year = (pgy[person, block_year[block]] == 1).astype(np.int8)
    generates = present & is_resident[person]
    supervises = present & is_faculty[person] & (rows.role == SUPERVISING) & (fte[person] > 0)
    return Snapshot(
        period=period,
        timezone=program.timezone,
        person_ids=tuple(p.id for p in people),
        pseudonyms=tuple(p.pseudonym or p.id for p in people),
        service_ids=tuple(s.abbreviation for s in services),
        service_names=tuple(s.name for s in services),
        locations=locations,
        is_faculty=is_faculty,
        is_resident=is_resident,
        fte=fte,
        block_year=block_year,
        pgy=pgy,
        pgy_missing=pgy_missing,
        available=available,
        post_service=post_service,
        post_role=post_role,
        post_location=service_location[post_service],
        demand=demand,
        eligible=eligible,
        trainable=trainable,
        assignment_person=person,
        assignment_block=block,
        assignment_service=service,
        assignment_role=rows.role,
        assignment_post=post.astype(np.int32),
        assignment_eligible=may,
        assignment_counts=may & present & (post >= 0),
        assignment_units=np.where(generates, units[service, first_year], 0).astype(np.int16),
        assignment_supervises=supervises,
        assignment_location=service_location[service],
    )


def _years(period: Period) -> tuple[list[int], NDArray[np.int16]]:
    of_day = [academic_year(period.day(2 * day)) for day in range(period.days)]
    years = sorted(set(of_day))
    position = {year: row for row, year in enumerate(years)}
    return years, np.repeat(np.array([position[year] for year in of_day], np.int16), 2)


def _pgy(
    program: Program, index: dict[str, int], years: list[int]
) -> tuple[NDArray[np.int8], NDArray[np.bool_]]:
    pgy = np.zeros((len(program.people), len(years)), np.int8)
    position = {year: column for column, year in enumerate(years)}
    for level in program.pgy_levels:
        if level.academic_year in position:
            pgy[index[level.person], position[level.academic_year]] = level.pgy
    resident = np.array([p.type is PersonType.RESIDENT for p in program.people], np.bool_)
    pgy[~resident] = 0
    missing = resident[:, None] & (pgy == 0)
    pgy[missing] = DEFAULT_PGY
    return pgy, missing


def _of_posts(
    of_services: NDArray[np.bool_], post_service: NDArray[np.int32], post_role: NDArray[np.int8]
) -> NDArray[np.bool_]:
    """What holds for every (service, role), shape (Y, S, P, roles), for the posts alone; shape (Y, K, P)."""
    return np.ascontiguousarray(np.swapaxes(of_services[:, post_service, :, post_role], 0, 1))


def service_locations(program: Program) -> tuple[tuple[str, ...], NDArray[np.int16]]:
    """Where residents are supervised, and where each service is among those places; second shape (S,)."""
    named = [service.clinic_location or DEFAULT_LOCATION for service in program.services]
    locations = tuple(sorted(set(named)))
    position = {name: row for row, name in enumerate(locations)}
    return locations, np.array([position[name] for name in named], np.int16)


def unit_table(program: Program) -> NDArray[np.int16]:
    """Supervision units one resident generates on each service; shape (S, 2), second column for PGY-1.

    Inpatient residents are supervised by the attending of the week, not in clinic.
    """
    units = np.zeros((len(program.services), 2), np.int16)
    for row, service in enumerate(program.services):
        if service.needs_supervision and not service.inpatient:
            units[row] = (
                service.supervision_units_other + service.procedure_units,
                service.supervision_units_pgy1 + service.procedure_units,
            )
    return units
