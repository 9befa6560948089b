"""What stands against filling the slots that a plan leaves empty: the blocking sets of its half-days."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from residency.scheduling.absence_case import AbsenceCase
from residency.scheduling.bench import Bench, Refusal
from residency.scheduling.blocking import BlockingSet, blocking_sets
from residency.scheduling.problem import NOTHING, RepairProblem
from residency.scheduling.variants import Variant, effects


@dataclass(frozen=True, slots=True)
class Proof:
    """A blocking set, and why the others who are eligible for one of its posts could not help."""

    blocking: BlockingSet
    refusals: tuple[Refusal, ...]


@dataclass(frozen=True, slots=True)
class StuckHalfDay:
    """A half-day of the scope with the proofs that it cannot be filled.

    Without any proof all its slots can be filled at once, as everything else in the schedule stands.
    """

    block: int
    proofs: tuple[Proof, ...]


def stuck_half_days(case: AbsenceCase, blocks: Sequence[int]) -> tuple[StuckHalfDay, ...]:
    """What blocks each of some half-days: everybody may change places who is there and not locked.

    A person counts for a post when eligible for it, there, not on locked work, and, for residents, when
    holding it breaks no must rule that holds now, the rest of their schedule as it is. Where that leaves
    nothing blocked, people count no more whose supervision units would need an attending beyond those
    there.
    """
    search = _Search(case)
    tables = [_Table.of(search, block) for block in blocks]
    variants = [each for table in tables for each in table.variants]
    judged = iter(effects(case, variants))
    for table in tables:
        for variant in table.variants:
            broken = next(judged).violations
            if broken:
                first = broken[0]
                reason = f"would break {first.rule}: {first.arithmetic}"
                table.refuse(variant, Refusal(variant.person, "duty_hours", reason, first.rule))
    return tuple(table.stuck() for table in tables)


@dataclass(frozen=True)
class _Search:
    """What all half-days share."""

    case: AbsenceCase

    @cached_property
    def bench(self) -> Bench:
        return Bench(self.case)

    @property
    def problem(self) -> RepairProblem:
        return self.case.problem

    @cached_property
    def open_posts(self) -> NDArray[np.int64]:
        """(Q, B) slots that those who cannot move leave open."""
        problem = self.problem
        service = np.where(problem.fixed, problem.service_before, NOTHING).astype(np.int32)
        role = np.where(problem.fixed, problem.role_before, NOTHING).astype(np.int8)
        return problem.unfilled(service, role).astype(np.int64)

    @cached_property
    def movable(self) -> NDArray[np.bool_]:
        """(P, B) who is there and may be moved."""
        return self.problem.present & ~self.problem.fixed


@dataclass
class _Table:
    """One half-day: who could fill what, Q posts by P people, as far as is known."""

    search: _Search
    block: int
    demand: NDArray[np.int64]
    eligible: NDArray[np.bool_]
    can: NDArray[np.bool_]
    refusals: dict[tuple[int, int], Refusal]
    variants: tuple[Variant, ...]

    @classmethod
    def of(cls, search: _Search, block: int) -> "_Table":
        problem = search.problem
        demand = search.open_posts[:, block]
        year = int(problem.snapshot.block_year[block])
        eligible = problem.eligible[year] & (demand > 0)[:, None]
        can = eligible & search.movable[:, block]
        asked = can & problem.snapshot.is_resident & ~_holding(problem, block)
        variants = tuple(
            Variant(person, (block, *_work(problem, post)), gives_up=_given(problem, person, block))
            for post, person in np.argwhere(asked).tolist()
        )
        return cls(search, block, demand, eligible, can, {}, variants)

    def refuse(self, variant: Variant, refusal: Refusal) -> None:
        """Take a person off the posts whose work they tried."""
        problem = self.search.problem
        for post in np.flatnonzero(self.can[:, variant.person]).tolist():
            if variant.takes == (self.block, *_work(problem, post)):
                self.can[post, variant.person] = False
                self.refusals[post, variant.person] = refusal

    def stuck(self) -> StuckHalfDay:
        """The blocking sets, first without and then with the attendings that more residents would need."""
        found = blocking_sets(self.can, self.demand.tolist())
        if not found:
            self._mind_supervision()
            found = blocking_sets(self.can, self.demand.tolist())
        return StuckHalfDay(self.block, tuple(Proof(each, tuple(self._others(each))) for each in found))

    def _mind_supervision(self) -> None:
        problem, bench = self.search.problem, self.search.bench
        asked = self.can & problem.snapshot.is_resident & ~_holding(problem, self.block)
        for post, person in np.argwhere(asked).tolist():
            answer = bench.supervised(person, self.block, _work(problem, post)[0])
            if answer is not None:
                self.can[post, person] = False
                self.refusals[post, person] = answer

    def _others(self, found: BlockingSet) -> Iterator[Refusal]:
        """Why people who are eligible for a post of a set could not fill it, one reason each."""
        problem, bench = self.search.problem, self.search.bench
        knows = np.any(self.eligible[list(found.posts)], axis=0)
        knows[[self.search.case.person, *found.people]] = False
        for person in np.flatnonzero(knows).tolist():
            tried = [self.refusals.get((post, person)) for post in found.posts]
            refused = next((each for each in tried if each is not None), None)
            if refused is not None:
                yield refused
            elif not problem.present[person, self.block]:
                yield Refusal(person, "availability", bench.why_unavailable(person, self.block))
            else:
                held = int(problem.service_before[person, self.block])
                name = problem.snapshot.service_names[held]
                yield Refusal(person, "work", f"is on {name}, which is locked")


def _work(problem: RepairProblem, post: int) -> tuple[int, int]:
    """The service and the role of whoever fills a post."""
    return int(problem.post_service[post]), int(problem.post_role[post])


def _holding(problem: RepairProblem, block: int) -> NDArray[np.bool_]:
    """(Q, P) who is assigned to the work of a post already."""
    same_service = problem.service_left[:, block] == problem.post_service[:, None]
    return same_service & (problem.role_left[:, block] == problem.post_role[:, None])


def _given(problem: RepairProblem, person: int, block: int) -> tuple[int, ...]:
    return () if problem.service_left[person, block] == NOTHING else (block,)
