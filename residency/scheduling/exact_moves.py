"""Which cells the exact repair may change and to what: only what can help a slot that is open."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from residency.program.records import ROLES
from residency.program.snapshot import SUPERVISING, UNITS_PER_ATTENDING
from residency.scheduling.problem import NOTHING, RepairProblem
from residency.scheduling.repaired import Repair


@dataclass(frozen=True, slots=True)
class Moves:
    """Everything that may be done with cells: one row a cell and what is put there; columns of shape (M,).

    A cell is left as the forced vacating leaves it unless one of its moves is made. Rows are ascending by
    half-day and person, those of one cell next to each other.
    """

    person: NDArray[np.int64]
    block: NDArray[np.int64]
    service: NDArray[np.int32]  # NOTHING where the cell is emptied
    role: NDArray[np.int8]

    def __len__(self) -> int:
        """M."""
        return len(self.person)

    def where(self, chosen: NDArray[np.bool_]) -> "Moves":
        """Some of the moves."""
        return Moves(self.person[chosen], self.block[chosen], self.service[chosen], self.role[chosen])

    def made_in(self, service: NDArray[np.int32], role: NDArray[np.int8]) -> NDArray[np.bool_]:
        """Which of them a schedule of shape (P, B) makes; shape (M,)."""
        cell = self.person, self.block
        return (service[cell] == self.service) & ((self.service == NOTHING) | (role[cell] == self.role))


def useful_moves(problem: RepairProblem, start: Repair, relieved: NDArray[np.bool_]) -> Moves:
    """The moves that can help, and those that the start makes.

    A move can help when it puts somebody on a post that is open, or that somebody else may leave for one, and
    so on; when it lets a resident go whom nobody supervises; or when it relieves somebody for other work.

    Args:
        problem: the schedule to be repaired.
        start: a repair of it.
        relieved: (P,) people who may give up any work in half-days that are open anyway.
    """
    reach = _reached(problem, relieved)
    movable = ~problem.fixed & problem.present
    years = problem.snapshot.block_year
    parts: list[tuple[NDArray[np.intp], NDArray[np.intp], int, int]] = []
    for post in np.flatnonzero(reach.posts.any(axis=1)).tolist():
        service, role = int(problem.post_service[post]), int(problem.post_role[post])
        may = movable & reach.posts[post] & problem.eligible[years, post].T
        may &= (problem.service_left != service) | (problem.role_left != role)
        who, when = np.nonzero(may)
        parts.append((who, when, service, role))
    released = _released(problem, reach) | _relieved(problem, relieved)
    who, when = np.nonzero(movable & released)
    parts.append((who, when, NOTHING, NOTHING))
    person = np.concatenate([part[0] for part in parts])
    block = np.concatenate([part[1] for part in parts])
    service = np.concatenate([np.full(len(part[0]), part[2], np.int32) for part in parts])
    role = np.concatenate([np.full(len(part[0]), part[3], np.int8) for part in parts])
    made = np.nonzero(moved(problem, start.service, start.role))
    return _distinct(
        np.concatenate([person, made[0]]),
        np.concatenate([block, made[1]]),
        np.concatenate([service, start.service[made]]),
        np.concatenate([role, np.where(start.service[made] == NOTHING, NOTHING, start.role[made])]),
    )


def moved(problem: RepairProblem, service: NDArray[np.int32], role: NDArray[np.int8]) -> NDArray[np.bool_]:
    """Cells of a schedule that differ from how the forced vacating leaves them; shape (P, B)."""
    return (service != problem.service_left) | ((service != NOTHING) & (role != problem.role_left))


@dataclass(frozen=True, slots=True)
class _Reach:
    """Posts to which somebody may usefully go, shape (Q, B), and places that more or fewer need, (L, B)."""

    posts: NDArray[np.bool_]
    places: NDArray[np.bool_]


def _relieved(problem: RepairProblem, people: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Cells that some people may give up to spare their hours, shape (P, B)."""
    service, role = problem.service_left, problem.role_left
    touched = (problem.unfilled(service, role) > 0).any(axis=0) | problem.vacated.any(axis=0)
    return people[:, None] & touched & (service != NOTHING)


def _reached(problem: RepairProblem, relieved: NDArray[np.bool_]) -> _Reach:
    """What can be reached from the open slots by people who leave one post for another."""
    service, role = problem.service_left, problem.role_left
    movable = ~problem.fixed & problem.present
    units, supervisors = problem.supervision(service, role)
    posts = problem.unfilled(service, role) > 0
    places = -(-units // UNITS_PER_ATTENDING) - supervisors > problem.short_before
    asked = problem.demand > 0
    supervises = problem.post_role == SUPERVISING
    with_units = np.array([bool(units.any()) for units in problem.units], np.bool_)
    generates = with_units[problem.post_service] & ~supervises
    post_at = _post_at(problem)
    person, block = np.nonzero(movable & (post_at != NOTHING) & _relieved(problem, relieved))
    posts[post_at[person, block], block] = True
    before = -1
    while before != (before := int(posts.sum()) + int(places.sum())):
        # Whoever comes or goes where residents are supervised may need, or spare, an attending.
        for post in np.flatnonzero(supervises | generates).tolist():
            places[problem.post_place[post]] |= posts[post]
        for post in np.flatnonzero(supervises).tolist():
            posts[post] |= places[problem.post_place[post]]
        posts |= generates[:, None] & places[problem.post_place] & asked
        may_go = movable & _may_go(problem, posts)
        person, block = np.nonzero(may_go & (post_at != NOTHING))
        posts[post_at[person, block], block] = True
        person, block = np.nonzero(may_go & (role == SUPERVISING) & problem.may_supervise[:, None])
        places[problem.service_place[service[person, block]], block] = True
    stopped = problem.disruption.stops(
        problem.post_service[:, None], np.arange(problem.snapshot.period.blocks)
    )
    return _Reach(posts & (asked | supervises[:, None]) & ~stopped, places)


def _post_at(problem: RepairProblem) -> NDArray[np.int64]:
    """The post in which each cell's assignment counts, NOTHING where it counts in none; shape (P, B)."""
    post_of = np.full((len(problem.program.services), len(ROLES)), NOTHING, np.int64)
    # Derived posts first: where coverage names the same service and role, the cell counts there.
    for post in range(len(problem.post_service) - 1, -1, -1):
        post_of[problem.post_service[post], problem.post_role[post]] = post
    at = np.full(problem.service_left.shape, NOTHING, np.int64)
    person, block = np.nonzero(problem.service_left != NOTHING)
    post = post_of[problem.service_left[person, block], problem.role_left[person, block]]
    counts = post != NOTHING
    counts[counts] = problem.demand[post[counts], block[counts]] > 0
    at[person[counts], block[counts]] = post[counts]
    return at


def _may_go(problem: RepairProblem, posts: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Who may go to any of the posts, shape (P, B)."""
    may = np.zeros(problem.present.shape, np.bool_)
    years = problem.snapshot.block_year
    for post in np.flatnonzero(posts.any(axis=1)).tolist():
        may |= posts[post] & problem.eligible[years, post].T
    return may


def _released(problem: RepairProblem, reach: _Reach) -> NDArray[np.bool_]:
    """Cells of residents whose going spares supervision where it may be short, shape (P, B)."""
    has = problem.service_left != NOTHING
    person, block = np.nonzero(has)
    held = problem.service_left[person, block]
    released = np.zeros(has.shape, np.bool_)
    released[person, block] = (
        problem.resident_units[problem.snapshot.block_year[block], held, person] > 0
    ) & reach.places[problem.service_place[held], block]
    return released


def _distinct(
    person: NDArray[np.intp],
    block: NDArray[np.intp],
    service: NDArray[np.int32],
    role: NDArray[np.int8],
) -> Moves:
    # One number a row: sorting whole rows would take most of the time of a large repair.
    columns = [np.asarray(each, np.int64) + 1 for each in (block, person, service, role)]
    shape = tuple(int(each.max(initial=0)) + 1 for each in columns)
    rows = np.sort(np.ravel_multi_index(columns, shape))
    rows = rows[np.diff(rows, prepend=-1) > 0]
    block_, person_, service_, role_ = (each - 1 for each in np.unravel_index(rows, shape))
    return Moves(person_, block_, service_.astype(np.int32), role_.astype(np.int8))
