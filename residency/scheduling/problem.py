"""What a repair starts from: the schedule as a matrix, who is lost, what is demanded, what may not move."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from residency.acgme.rules import RuleSet
from residency.program.calendar import Period
from residency.program.eligibility import eligibility
from residency.program.records import ROLES, Program
from residency.program.snapshot import (
    SUPERVISING,
    UNITS_PER_ATTENDING,
    Snapshot,
    service_locations,
    unit_table,
)
from residency.program.vocabulary import UNAVAILABLE_KINDS

NOTHING = -1
"""Service and role of a cell without an assignment."""

SUPERVISION_CATEGORY = 2
"""Load-shedding category of the attendings that residents' units require: ACGME requirements."""


@dataclass(frozen=True, slots=True)
class Disruption:
    """What happens to a schedule, in the shapes of its snapshot.

    Attributes:
        lost: (P, B) half-days in which a person cannot work although the schedule counts on them.
        demand: (K, B) slots required while it lasts.
        suspended: (S,) services that stop: assignments to them are released where they are not locked.
        suspended_in: (B,) half-days in which they stop; None for all of them.
    """

    lost: NDArray[np.bool_]
    demand: NDArray[np.int16]
    suspended: NDArray[np.bool_]
    suspended_in: NDArray[np.bool_] | None = None

    def stops(
        self, service: NDArray[np.int32], block: NDArray[np.intp] | NDArray[np.int32]
    ) -> NDArray[np.bool_]:
        """Which of some services stop in which half-days; the two broadcast against each other."""
        stopped = self.suspended[service]
        return stopped if self.suspended_in is None else stopped & self.suspended_in[block]

    @classmethod
    def of_loss(cls, snapshot: Snapshot, lost: NDArray[np.bool_]) -> "Disruption":
        """Somebody is lost and nothing else changes; ``lost`` has shape (P, B)."""
        return cls(lost, snapshot.demand, np.zeros(len(snapshot.service_ids), np.bool_))


@dataclass(frozen=True)
class RepairProblem:
    """A schedule to be repaired.

    Shapes: P people, B half-days, S services, L places, Y academic years; Q posts: the K posts of the
    snapshot, then one *derived* post for each place where anybody supervises: the attendings that its
    residents require beyond the supervising posts that coverage names there. A *cell* is (person, half-day);
    it holds at most one assignment. Every cell is fixed, vacated, or one of somebody who is present.
    """

    program: Program
    """With the assignments of at least 31 days around the period, for the duty-hours engine."""
    snapshot: Snapshot
    rules: RuleSet
    covered: tuple[Period, ...]
    disruption: Disruption
    service_before: NDArray[np.int32]  # (P, B) NOTHING where there is no assignment
    role_before: NDArray[np.int8]  # (P, B)
    fixed: NDArray[np.bool_]  # (P, B) cells whose assignment, or absence of one, may not change
    vacated: NDArray[np.bool_]  # (P, B) assignments of the lost and of stopped services: gone in any repair
    present: NDArray[np.bool_]  # (P, B) who can work
    post_service: NDArray[np.int32]  # (Q,) for a derived post the service to which its people are assigned
    post_role: NDArray[np.int8]  # (Q,)
    post_category: NDArray[np.int8]  # (Q,) 1..7, most protected first
    post_place: NDArray[np.int16]  # (Q,) index into the snapshot's locations
    demand: NDArray[np.int16]  # (Q, B)
    eligible: NDArray[np.bool_]  # (Y, Q, P) who may be assigned to a post
    service_place: NDArray[np.int16]  # (S,) index into the snapshot's locations
    units: NDArray[np.int16]  # (S, 2) supervision units of one resident; second column for PGY-1

    @classmethod
    def of(
        cls,
        program: Program,
        snapshot: Snapshot,
        disruption: Disruption,
        rules: RuleSet,
        covered: Sequence[Period] = (),
    ) -> "RepairProblem":
        """The problem that a disruption makes of a program's schedule; ``snapshot`` is of that program."""
        return _build(program, snapshot, disruption, rules, tuple(covered))

    def resting(self, rest: NDArray[np.bool_]) -> "RepairProblem":
        """The problem when people rest in some half-days after call that they take over; ``rest`` is (P, B).

        Their assignments then are vacated, and nobody resting is present.
        """
        vacated = self.vacated | (rest & ~self.fixed & (self.service_before != NOTHING))
        return replace(
            self,
            vacated=vacated,
            fixed=self.fixed | (rest & ~vacated),
            present=self.present & ~rest,
        )

    @property
    def real_posts(self) -> int:
        """K: posts that coverage names; those after them are for derived supervision."""
        return len(self.snapshot.post_service)

    @cached_property
    def service_left(self) -> NDArray[np.int32]:
        """The services of ``service_before`` that are not vacated, shape (P, B)."""
        return np.where(self.vacated, NOTHING, self.service_before).astype(np.int32)

    @cached_property
    def role_left(self) -> NDArray[np.int8]:
        """The roles of ``role_before`` that are not vacated, shape (P, B)."""
        return np.where(self.vacated, NOTHING, self.role_before).astype(np.int8)

    @cached_property
    def named_post(self) -> NDArray[np.int32]:
        """The post that coverage names for each service and role, NOTHING where it names none; (S, roles)."""
        real = self.real_posts
        post_of = np.full((len(self.program.services), len(ROLES)), NOTHING, np.int32)
        post_of[self.post_service[:real], self.post_role[:real]] = np.arange(real)
        return post_of

    @cached_property
    def may_supervise(self) -> NDArray[np.bool_]:
        """Faculty at work at all, shape (P,): who counts as an attending when assigned as supervising."""
        return self.snapshot.is_faculty & (self.snapshot.fte > 0)

    @cached_property
    def resident_units(self) -> NDArray[np.int16]:
        """Supervision units that each person generates on each service, shape (Y, S, P); residents only."""
        first_year = (self.snapshot.pgy == 1).astype(np.int8)  # (P, Y)
        each = self.units[:, first_year]  # (S, P, Y)
        return np.where(self.snapshot.is_resident, np.moveaxis(each, 2, 0), 0).astype(np.int16)

    def supervision(
        self, service: NDArray[np.int32], role: NDArray[np.int8]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Units generated and attendings supervising in each place, in a schedule of shape (P, B).

        ceil(units / 4) attendings are required (42 CFR 415.174). Both have shape (L, B).
        """
        person, block = np.nonzero((service != NOTHING) & self.present)
        held, place = service[person, block], self.service_place[service[person, block]]
        shape = len(self.snapshot.locations), self.snapshot.period.blocks
        units, supervisors = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
        each = self.resident_units[self.snapshot.block_year[block], held, person]
        np.add.at(units, (place, block), each)
        supervises = self.may_supervise[person] & (role[person, block] == SUPERVISING)
        np.add.at(supervisors, (place[supervises], block[supervises]), 1)
        return units, supervisors

    @cached_property
    def short_before(self) -> NDArray[np.int64]:
        """Attendings missing in each place before the disruption, shape (L, B)."""
        snapshot = self.snapshot
        return np.maximum(snapshot.supervision_required.astype(np.int64) - snapshot.supervisors, 0)

    def filled(self, service: NDArray[np.int32], role: NDArray[np.int8]) -> NDArray[np.int32]:
        """People who hold each post in a schedule of shape (P, B); shape (Q, B); may exceed the demand.

        A post that coverage names is held by those present, eligible and assigned to its service and role; a
        derived one by whoever supervises at its place, on any service, beyond the slots of named posts there.
        """
        real, years = self.real_posts, self.snapshot.block_year
        person, block = np.nonzero((service != NOTHING) & self.present)
        post = self.named_post[service[person, block], role[person, block]]
        counts = (post != NOTHING) & self.eligible[years[block], post, person] if real else post != NOTHING
        held = np.zeros(self.demand.shape, np.int32)
        np.add.at(held, (post[counts], block[counts]), 1)
        _, spare = self.supervision(service, role)
        for named in np.flatnonzero(self.post_role[:real] == SUPERVISING).tolist():
            spare[self.post_place[named]] -= np.minimum(held[named], self.demand[named])
        held[real:] = spare[self.post_place[real:]]
        return held

    def unfilled(self, service: NDArray[np.int32], role: NDArray[np.int8]) -> NDArray[np.int32]:
        """Slots of each post that nobody fills in a schedule of shape (P, B); shape (Q, B)."""
        return np.maximum(self.demand - self.filled(service, role), 0)


def _build(
    program: Program,
    snapshot: Snapshot,
    disruption: Disruption,
    rules: RuleSet,
    covered: tuple[Period, ...],
) -> RepairProblem:
    shape = snapshot.available.shape
    person, block = snapshot.assignment_person, snapshot.assignment_block
    service_before = np.full(shape, NOTHING, np.int32)
    role_before = np.full(shape, NOTHING, np.int8)
    service_before[person, block] = snapshot.assignment_service
    role_before[person, block] = snapshot.assignment_role
    half_days = np.arange(shape[1], dtype=np.int32)
    has = service_before != NOTHING
    # The last entry stands for NOTHING.
    away = np.array([each.kind in UNAVAILABLE_KINDS for each in program.services] + [False], np.bool_)
    taken = has & disruption.lost & ~away[service_before]
    # A cell in which the person cannot work stays as it is, unless it is the disruption that takes them away.
    fixed = (_locked(program, snapshot) | ~snapshot.available | disruption.lost) & ~taken
    stopped = np.zeros(shape, np.bool_)
    stopped[person, block] = disruption.stops(snapshot.assignment_service, block)
    category = np.array([each.load_category for each in program.services], np.int8)
    place_of = service_locations(program)[1]
    place, service = _supervising_services(snapshot)
    post_service = np.concatenate([snapshot.post_service, service]).astype(np.int32)
    demand = np.zeros((len(post_service), shape[1]), np.int16)
    stops = disruption.stops(snapshot.post_service[:, None], half_days)
    demand[: len(stops)] = np.where(stops, 0, disruption.demand)
    problem = RepairProblem(
        program=program,
        snapshot=snapshot,
        rules=rules,
        covered=covered,
        disruption=disruption,
        service_before=service_before,
        role_before=role_before,
        fixed=fixed,
        vacated=taken | (stopped & ~fixed),
        present=snapshot.available & ~disruption.lost,
        post_service=post_service,
        post_role=np.concatenate([snapshot.post_role, np.full(len(place), SUPERVISING)]).astype(np.int8),
        post_category=np.concatenate(
            [category[snapshot.post_service], np.full(len(place), SUPERVISION_CATEGORY)]
        ).astype(np.int8),
        post_place=np.concatenate([snapshot.post_location, place]).astype(np.int16),
        demand=demand,
        # Nobody is made to be away, whatever coverage says.
        eligible=np.concatenate([snapshot.eligible, _may_be_supervising(program, snapshot, service)], axis=1)
        & ~away[post_service][:, None],
        service_place=place_of,
        units=unit_table(program),
    )
    demand[len(stops) :] = _derived_supervision(problem)
    return problem


def _locked(program: Program, snapshot: Snapshot) -> NDArray[np.bool_]:
    """Cells of locked assignments, shape (P, B)."""
    rows = program.assignments.take(program.assignments.locked)
    day = (rows.day - np.datetime64(snapshot.period.start, "D")).astype(np.int64)
    inside = (day >= 0) & (day < snapshot.period.days)
    locked = np.zeros(snapshot.available.shape, np.bool_)
    locked[rows.person[inside], 2 * day[inside] + rows.half[inside]] = True
    return locked


def _supervising_services(snapshot: Snapshot) -> tuple[NDArray[np.intp], NDArray[np.int32]]:
    """Places where faculty supervise, and the service on which they do so: the one most used for it.

    Assignments of those who are away count too: a place whose only attending is lost still needs another.
    Where nobody is assigned as supervising it is that of a supervising post; a place that has neither gives
    no service to assign anybody to.
    """
    named = snapshot.post_role == SUPERVISING
    attends = snapshot.is_faculty & (snapshot.fte > 0)
    supervises = attends[snapshot.assignment_person] & (snapshot.assignment_role == SUPERVISING)
    places: list[int] = []
    services: list[int] = []
    for place in range(len(snapshot.locations)):
        here = supervises & (snapshot.assignment_location == place)
        used = snapshot.assignment_service[here]
        asked = snapshot.post_service[named & (snapshot.post_location == place)]
        if len(used) or len(asked):
            places.append(place)
            services.append(int(np.bincount(used if len(used) else asked).argmax()))
    return np.array(places, np.intp), np.array(services, np.int32)


def _may_be_supervising(
    program: Program, snapshot: Snapshot, services: NDArray[np.int32]
) -> NDArray[np.bool_]:
    """Who may supervise on some services, shape (Y, services, P)."""
    chosen = [program.services[int(service)] for service in services]
    may, _ = eligibility(program.people, chosen, snapshot.pgy)
    return may[..., SUPERVISING] & snapshot.is_faculty


def _derived_supervision(problem: RepairProblem) -> NDArray[np.int16]:
    """Attendings that the residents who stay require beyond the named slots; shape (derived posts, B).

    What they require is ceil(units / 4) in each place and half-day.
    """
    units, _ = problem.supervision(problem.service_left, problem.role_left)
    beyond = -(-units // UNITS_PER_ATTENDING)
    real = problem.real_posts
    for named in np.flatnonzero(problem.post_role[:real] == SUPERVISING).tolist():
        beyond[problem.post_place[named]] -= problem.demand[named]
    return np.maximum(beyond[problem.post_place[real:]], 0).astype(np.int16)
