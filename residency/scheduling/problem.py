"""What a repair starts from: the schedule as a matrix, who is lost, what is demanded, what may not move."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from residency.acgme.rules import RuleSet
from residency.program.calendar import Period
from residency.program.records import Program
from residency.program.snapshot import SUPERVISING, Snapshot
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

    Shapes: P people, B half-days, S services, Y academic years; Q posts: the K posts of the snapshot, then
    one for each place whose residents need attendings beyond the supervising posts that coverage names.
    A *cell* is (person, half-day); it holds at most one assignment.
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
    present: NDArray[np.bool_]  # (P, B) who can work
    post_service: NDArray[np.int32]  # (Q,)
    post_role: NDArray[np.int8]  # (Q,)
    post_category: NDArray[np.int8]  # (Q,) 1..7, most protected first
    demand: NDArray[np.int16]  # (Q, B)
    eligible: NDArray[np.bool_]  # (Y, Q, P)

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

    @property
    def real_posts(self) -> int:
        """K: posts that coverage names; those after them are for derived supervision."""
        return len(self.snapshot.post_service)

    @cached_property
    def vacated(self) -> NDArray[np.bool_]:
        """Cells vacated whatever the repair does: those of the lost and of suspended services; (P, B)."""
        has = self.service_before != NOTHING
        away_kind = np.array([s.kind in UNAVAILABLE_KINDS for s in self.program.services], np.bool_)
        is_away = has & away_kind[self.service_before]
        half_days = np.arange(self.service_before.shape[1])
        stopped = has & self.disruption.stops(self.service_before, half_days) & ~self.fixed
        return (has & self.disruption.lost & ~is_away) | stopped

    @cached_property
    def service_left(self) -> NDArray[np.int32]:
        """The services of ``service_before`` that are not vacated, shape (P, B)."""
        return np.where(self.vacated, NOTHING, self.service_before).astype(np.int32)

    @cached_property
    def role_left(self) -> NDArray[np.int8]:
        """The roles of ``role_before`` that are not vacated, shape (P, B)."""
        return np.where(self.vacated, NOTHING, self.role_before).astype(np.int8)

    def filled(self, service: NDArray[np.int32], role: NDArray[np.int8]) -> NDArray[np.int32]:
        """People who hold each post, present and eligible, in a schedule of shape (P, B); shape (Q, B).

        May exceed the demand.
        """
        held = np.zeros(self.demand.shape, np.int32)
        eligible = np.swapaxes(self.eligible, 0, 1)[:, self.snapshot.block_year]  # (Q, B, P)
        for post in np.flatnonzero(self.demand.any(axis=1)).tolist():
            here = (service == self.post_service[post]) & (role == self.post_role[post]) & self.present
            held[post] = (here & eligible[post].T).sum(axis=0)
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
    present = snapshot.available & ~disruption.lost
    # A cell in which the person cannot work stays as it is, unless it is the disruption that takes them away.
    fixed = (_locked(program, snapshot) | ~snapshot.available) & ~disruption.lost
    place, service = _supervising_services(snapshot)
    derived = _derived_supervision(snapshot, disruption, place)
    category = np.array([each.load_category for each in program.services], np.int8)
    post_service = np.concatenate([snapshot.post_service, service]).astype(np.int32)
    may_supervise = snapshot.is_faculty & (snapshot.fte > 0)
    years = len(snapshot.eligible)
    supervisors = np.broadcast_to(may_supervise, (years, len(place), snapshot.people))
    return RepairProblem(
        program=program,
        snapshot=snapshot,
        rules=rules,
        covered=covered,
        disruption=disruption,
        service_before=service_before,
        role_before=role_before,
        fixed=fixed,
        present=present,
        post_service=post_service,
        post_role=np.concatenate([snapshot.post_role, np.full(len(place), SUPERVISING)]).astype(np.int8),
        post_category=np.concatenate(
            [category[snapshot.post_service], np.full(len(place), SUPERVISION_CATEGORY)]
        ).astype(np.int8),
        demand=np.concatenate([disruption.demand, derived]).astype(np.int16),
        eligible=np.concatenate([snapshot.eligible, supervisors], axis=1),
    )


def _locked(program: Program, snapshot: Snapshot) -> NDArray[np.bool_]:
    """Cells of locked assignments, shape (P, B)."""
    rows = program.assignments.take(program.assignments.locked)
    day = (rows.day - np.datetime64(snapshot.period.start, "D")).astype(np.int64)
    inside = (day >= 0) & (day < snapshot.period.days)
    locked = np.zeros(snapshot.available.shape, np.bool_)
    locked[rows.person[inside], 2 * day[inside] + rows.half[inside]] = True
    return locked


def _supervising_services(snapshot: Snapshot) -> tuple[NDArray[np.intp], NDArray[np.int32]]:
    """Places where faculty supervise without a supervising post, and the service most used for it there.

    A place whose coverage names a supervising post has that; a place where nobody is ever assigned as
    supervising gives no service to assign anybody to.
    """
    named = set(snapshot.post_location[snapshot.post_role == SUPERVISING].tolist())
    places: list[int] = []
    services: list[int] = []
    for place in range(len(snapshot.locations)):
        here = snapshot.assignment_supervises & (snapshot.assignment_location == place)
        if place not in named and here.any():
            places.append(place)
            services.append(int(np.bincount(snapshot.assignment_service[here]).argmax()))
    return np.array(places, np.intp), np.array(services, np.int32)


def _derived_supervision(
    snapshot: Snapshot, disruption: Disruption, places: NDArray[np.intp]
) -> NDArray[np.int16]:
    """Attendings that the residents who stay require in each place, ceil(units / 4); shape (places, B)."""
    person, block = snapshot.assignment_person, snapshot.assignment_block
    stays = ~disruption.lost[person, block] & ~disruption.stops(snapshot.assignment_service, block)
    units = np.zeros(snapshot.supervision_units.shape, np.int64)
    np.add.at(units, (snapshot.assignment_location[stays], block[stays]), snapshot.assignment_units[stays])
    return (-(-units[places] // 4)).astype(np.int16)
