"""The repair of a schedule as a linear model: a variable for each move, rows for slots and attendings."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from residency.program.snapshot import SUPERVISING, UNITS_PER_ATTENDING
from residency.scheduling.exact_moves import Moves
from residency.scheduling.linear_model import UNLIMITED, LinearModel
from residency.scheduling.problem import NOTHING, SUPERVISION_CATEGORY, RepairProblem
from residency.scheduling.repaired import (
    CATEGORY_COST,
    CHANGE_COST,
    UNFILLED_COST,
    Repair,
    changed,
    cost_of,
)

_FTE_SCALE = 1_000
"""Parts of one unit of burden: 1 / FTE is rounded to them."""

_TINY = 1e-9

Schedule = tuple[NDArray[np.int32], NDArray[np.int8]]
"""Service and role of every cell, shape (P, B) each."""


@dataclass(frozen=True, slots=True)
class Cut:
    """Moves (indices) that may not be made together: sum(coefficients x moves) <= most."""

    moves: NDArray[np.int64]
    coefficients: NDArray[np.int64]
    most: int

    def allows(self, values: NDArray[np.int64]) -> bool:
        """Whether a solution keeps to it."""
        return int(self.coefficients @ values[self.moves]) <= self.most


@dataclass(frozen=True, slots=True)
class _Terms:
    """A ragged sum: ``coefficient`` x ``variable`` adds to the row that ``key`` names; columns (T,)."""

    key: NDArray[np.int64]
    variable: NDArray[np.int64]
    coefficient: NDArray[np.int64]

    @classmethod
    def joined(cls, parts: "Iterable[_Terms]") -> "_Terms":
        """All terms of several sums, ascending by key."""
        given = list(parts)
        key = np.concatenate([part.key for part in given])
        order = np.argsort(key, kind="stable")
        return cls(
            key[order],
            np.concatenate([part.variable for part in given])[order],
            np.concatenate([part.coefficient for part in given])[order],
        )

    def where(self, chosen: NDArray[np.bool_]) -> "_Terms":
        """Some of the terms."""
        return _Terms(self.key[chosen], self.variable[chosen], self.coefficient[chosen])

    def rows(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The keys, ascending, and where each one's terms begin; the last entry is the number of terms."""
        keys, first = np.unique(self.key, return_index=True)
        return keys, np.append(first, len(self.key)).astype(np.int64)


class RepairModel:
    """Costs exactly what :func:`~residency.scheduling.repaired.cost_of` says, for every choice of moves.

    Each move is a variable of 0 or 1. A *stand* is a post in a half-day that some move touches: its number is
    post x B + half-day, and it has a variable for its empty slots. A stand of a named supervising post whose
    empty slots are cheaper than those of the derived post has one more, which tells whether it is full: the
    attendings beyond its demand count for the derived post, and only those. Half-days without a move stay as
    in the start.
    """

    def __init__(self, problem: RepairProblem, moves: Moves, start: Repair, cuts: Sequence[Cut] = ()) -> None:
        """Write the rows; nothing is minimised yet."""
        self.problem, self.moves, self.start = problem, moves, start
        self.linear = LinearModel()
        self.linear.add_variables(len(moves))
        modelled = np.zeros(problem.snapshot.period.blocks, np.bool_)
        modelled[moves.block] = True
        self._base = (
            np.where(modelled, problem.service_left, start.service),
            np.where(modelled, problem.role_left, start.role),
        )
        self._held = problem.filled(*self._base)
        # The last entry stands for NOTHING.
        self._duty = np.array([each.counts_as_duty for each in problem.program.services] + [False], np.int64)
        self._steps: dict[int, NDArray[np.int64]] = {}
        self._effects = _Effects.of(problem, moves)
        self._one_move_a_cell()
        named = self._effects.posts
        supervising = self._effects.supervisors
        self._named, self._named_rows = named, named.rows()
        self._derived = self._derived_terms(supervising)
        self._stands = np.concatenate([self._named_rows[0], self._derived.rows()[0]])
        self._post, self._block = np.divmod(self._stands, self._blocks)
        asked = problem.demand[self._post, self._block].astype(np.int64)
        self._empty = self.linear.add_variables(len(self._stands), 0, asked)
        self._chooses = self._where_fullness_matters()
        self._full = self.linear.add_variables(len(self._chooses))
        self._slots(asked)
        self._attendings(supervising)
        for cut in cuts:
            self.linear.add_row(cut.moves, cut.coefficients, upper=cut.most)

    @property
    def _blocks(self) -> int:
        return self.problem.snapshot.period.blocks

    def schedule_of(self, values: NDArray[np.int64]) -> Schedule:
        """The schedule that the moves of a solution make."""
        service, role = self._base[0].copy(), self._base[1].copy()
        made = np.flatnonzero(values[: len(self.moves)])
        person, block = self.moves.person[made], self.moves.block[made]
        service[person, block], role[person, block] = self.moves.service[made], self.moves.role[made]
        return service, role

    def values_of(self, schedule: Schedule) -> NDArray[np.int64]:
        """The solution that makes a schedule all of whose moves the model knows."""
        moves, (service, role) = self.moves, schedule
        values = np.zeros(self.linear.variables, np.int64)
        values[: len(moves)] = moves.made_in(service, role)
        spare = (self.problem.filled(service, role) - self.problem.demand)[self._post, self._block]
        values[self._empty] = np.maximum(-spare, 0)
        values[self._full] = spare[self._chooses] >= 0
        if self._steps:
            extra = self._duty[service].sum(axis=1) - self._duty[self.problem.service_before].sum(axis=1)
            for person, steps in self._steps.items():
                values[steps[: max(0, int(extra[person]))]] = 1
        return values

    def minimize_cost(self) -> None:
        """Aim at the least cost."""
        self.linear.minimize(*self._cost_terms(), constant=self._cost_constant())

    def minimize_burden(self, most_cost: int, most_burden: float) -> None:
        """Aim at the least burden, ``most_burden`` at most, at a cost of ``most_cost`` at most."""
        variables, coefficients = self._cost_terms()
        self.linear.add_row(variables, coefficients, upper=most_cost - self._cost_constant())
        problem, moves, duty = self.problem, self.moves, self._duty
        left, before = duty[self._base[0]].sum(axis=1), duty[problem.service_before].sum(axis=1)
        gains = duty[moves.service] - duty[problem.service_left[moves.person, moves.block]]
        fte = np.where(problem.snapshot.fte > 0, problem.snapshot.fte, 1.0)
        for person in np.unique(moves.person).tolist():
            share = float(fte[person])
            most = int(math.sqrt(most_burden * share) + _TINY)
            steps = self._steps[person] = self.linear.add_variables(most)
            weight = round(_FTE_SCALE / share)
            self.linear.minimize(steps, weight * (2 * np.arange(most) + 1))
            own = np.flatnonzero((moves.person == person) & (gains != 0))
            self.linear.add_row(
                np.concatenate([own, steps]),
                np.concatenate([gains[own], np.full(most, -1)]),
                upper=int(before[person] - left[person]),
            )

    def _one_move_a_cell(self) -> None:
        cell = self.moves.block * self.problem.snapshot.people + self.moves.person
        moves = np.arange(len(cell))
        terms = _Terms(cell, moves, np.ones_like(moves))
        _, starts = terms.rows()
        self.linear.add_rows(moves, 1, upper=1, starts=starts)

    def _derived_terms(self, supervising: _Terms) -> _Terms:
        """What fills derived posts: attendings who come or go, and empty slots of named posts at the place.

        The variables of the latter, which do not exist yet, follow those of the moves in the order of the
        named stands.
        """
        problem, real, blocks = self.problem, self.problem.real_posts, self._blocks
        derived_at = np.full(len(problem.snapshot.locations), NOTHING, np.int64)
        derived_at[problem.post_place[real:]] = np.arange(real, len(problem.post_service))
        place, block = np.divmod(supervising.key, blocks)
        come = _Terms(derived_at[place] * blocks + block, supervising.variable, supervising.coefficient)
        come = come.where(derived_at[place] != NOTHING)
        stands = self._named_rows[0]
        post, block = np.divmod(stands, blocks)
        supervises = (problem.post_role[post] == SUPERVISING) & (derived_at[problem.post_place[post]] >= 0)
        number = np.flatnonzero(supervises)
        named = _Terms(
            derived_at[problem.post_place[post[number]]] * blocks + block[number],
            len(self.moves) + number,
            np.ones_like(number),
        )
        both = _Terms.joined([come, named])
        return both.where(problem.demand.ravel()[both.key] > 0)

    def _where_fullness_matters(self) -> NDArray[np.intp]:
        """Named supervising stands (indices): no empty slot of theirs may be made up for a derived post."""
        problem = self.problem
        cheap = problem.post_category[self._post] > SUPERVISION_CATEGORY
        named = (self._post < problem.real_posts) & (problem.post_role[self._post] == SUPERVISING)
        return np.flatnonzero(cheap & named)

    def _slots(self, asked: NDArray[np.int64]) -> None:
        """Each stand's slots are filled or counted as empty."""
        problem, count = self.problem, len(self._named_rows[0])
        held = self._held[self._post, self._block].astype(np.int64)
        at_start = problem.filled(self.start.service, self.start.role)[self._post, self._block]
        filling = [self._named, self._derived]
        starts = [self._named_rows[1], self._derived.rows()[1]]
        for part, stands in enumerate((slice(0, count), slice(count, None))):
            terms, each = filling[part], starts[part]
            own = _Terms(np.arange(len(each) - 1), self._empty[stands], np.ones(len(each) - 1, np.int64))
            spread = np.repeat(np.arange(len(each) - 1), np.diff(each))
            rows = _Terms.joined([_Terms(spread, terms.variable, terms.coefficient), own])
            lower = (asked - held)[stands]
            if part:
                lower = lower + self._named_empty_before(terms, each)
            self.linear.add_rows(rows.variable, rows.coefficient, lower, starts=rows.rows()[1])
        # Nobody needs to go where enough are, but for attendings, who may be needed beyond the slots.
        most = np.maximum(np.maximum(asked - held, at_start - held), 0)[:count]
        most[problem.post_role[self._post[:count]] == SUPERVISING] = UNLIMITED
        self.linear.add_rows(self._named.variable, self._named.coefficient, upper=most, starts=starts[0])
        for number, stand in enumerate(self._chooses.tolist()):
            its = slice(int(starts[0][stand]), int(starts[0][stand + 1]))
            empty, full = self._empty[stand], self._full[number]
            room = problem.snapshot.people
            self.linear.add_row([empty, full], [1, int(asked[stand])], upper=int(asked[stand]))
            self.linear.add_row(
                [empty, *self._named.variable[its], full],
                [1, *self._named.coefficient[its], -room],
                upper=int(asked[stand] - held[stand]),
            )

    def _named_empty_before(self, terms: _Terms, starts: NDArray[np.int64]) -> NDArray[np.int64]:
        """Empty slots that each derived stand's named posts have without any move; they are terms now."""
        named = terms.variable >= len(self.moves)
        stand = np.where(named, terms.variable - len(self.moves), 0)
        post, block = self._post[stand], self._block[stand]
        empty = np.maximum(self.problem.demand[post, block] - self._held[post, block], 0)
        total = np.concatenate([[0], np.cumsum(np.where(named, empty, 0))])
        return (total[starts[1:]] - total[starts[:-1]]).astype(np.int64)

    def _attendings(self, supervising: _Terms) -> None:
        """4 x attendings >= units in every place and half-day that a move touches, or no worse than before.

        Nor worse than in the start, which locked assignments may force to be.
        """
        terms = _Terms.joined(
            [
                _Terms(supervising.key, supervising.variable, UNITS_PER_ATTENDING * supervising.coefficient),
                self._effects.units,
            ]
        )
        keys, starts = terms.rows()
        snapshot, problem = self.problem.snapshot, self.problem
        units, attendings = problem.supervision(*self._base)
        before = snapshot.supervision_required - snapshot.supervisors
        in_start = problem.supervision(self.start.service, self.start.role)
        forced = -(-in_start[0] // UNITS_PER_ATTENDING) - in_start[1]
        allowed = np.maximum(np.maximum(before, forced), 0)
        least = units - UNITS_PER_ATTENDING * (attendings + allowed)
        self.linear.add_rows(terms.variable, terms.coefficient, least.ravel()[keys], starts=starts)

    def _cost_terms(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        each = UNFILLED_COST + CATEGORY_COST * (7 - self.problem.post_category.astype(np.int64))
        return (
            np.concatenate([np.arange(len(self.moves)), self._empty]),
            np.concatenate([CHANGE_COST * self._effects.changes, each[self._post]]),
        )

    def _cost_constant(self) -> int:
        """Cost of the schedule as it is left, without the empty slots that are variables."""
        empty = np.maximum(self.problem.demand - self._held, 0)[self._post, self._block]
        each = UNFILLED_COST + CATEGORY_COST * (7 - self.problem.post_category.astype(np.int64))
        return cost_of(self.problem, *self._base) - int((empty * each[self._post]).sum())


@dataclass(frozen=True, slots=True)
class _Effects:
    """What each move does, as terms of the rows that it touches.

    Attributes:
        posts: people who hold a named post in a half-day; keys post x B + half-day.
        supervisors: attendings in a place; keys place x B + half-day.
        units: units of supervision, subtracted; same keys.
        changes: cells that differ from the schedule before, -1, 0 or 1; shape (M,).
    """

    posts: _Terms
    supervisors: _Terms
    units: _Terms
    changes: NDArray[np.int64]

    @classmethod
    def of(cls, problem: RepairProblem, moves: Moves) -> "_Effects":
        """The effects of moves: what the new assignment brings less what the one that was left takes away."""
        cell = moves.person, moves.block
        left = problem.service_left[cell], problem.role_left[cell]
        sides = [_counts(problem, moves, (moves.service, moves.role), 1), _counts(problem, moves, left, -1)]
        before = changed(problem, problem.service_left, problem.role_left)[cell]
        same = (moves.service == problem.service_before[cell]) & (
            (moves.service == NOTHING) | (moves.role == problem.role_before[cell])
        )
        return cls(
            *(_Terms.joined([side[part] for side in sides]) for part in range(3)),
            changes=(~same).astype(np.int64) - before,
        )


def _counts(
    problem: RepairProblem, moves: Moves, what: tuple[NDArray[np.int32], NDArray[np.int8]], sign: int
) -> tuple[_Terms, _Terms, _Terms]:
    """Where the cells of moves count when they hold ``what``, with a sign."""
    service, role = what
    number = np.flatnonzero(service != NOTHING)
    service, role, person, block = service[number], role[number], moves.person[number], moves.block[number]
    blocks, year = problem.snapshot.period.blocks, problem.snapshot.block_year[block]
    post = problem.named_post[service, role]
    holds = post != NOTHING
    holds[holds] = problem.eligible[year[holds], post[holds], person[holds]]
    holds[holds] = problem.demand[post[holds], block[holds]] > 0
    place = problem.service_place[service] * blocks + block
    supervises = problem.may_supervise[person] & (role == SUPERVISING)
    units = problem.resident_units[year, service, person].astype(np.int64)
    signs = np.full(len(number), sign, np.int64)
    return (
        _Terms((post * blocks + block)[holds].astype(np.int64), number[holds], signs[holds]),
        _Terms(place[supervises].astype(np.int64), number[supervises], signs[supervises]),
        _Terms(place[units > 0].astype(np.int64), number[units > 0], (-signs * units)[units > 0]),
    )
