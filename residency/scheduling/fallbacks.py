"""The fallback schedules of a period: every scenario repaired, within one budget of time for all of them."""

import hashlib
import json
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import astuple

import numpy as np
from numpy.typing import NDArray

from residency.acgme.rules import RuleSet
from residency.program.calendar import Period
from residency.program.records import Program
from residency.program.snapshot import Snapshot
from residency.program.vocabulary import EFFECTIVE_ABSENCE_STATUSES
from residency.scheduling.call_cover import with_calls
from residency.scheduling.exact import exact_repair
from residency.scheduling.fallback_results import FallbackResult, fallback_result
from residency.scheduling.immediate import immediate_repair
from residency.scheduling.problem import NOTHING, RepairProblem
from residency.scheduling.repair import better_of
from residency.scheduling.repaired import Repair
from residency.scheduling.scenarios import TOP_K, Scenario, ScenarioCase, plan_scenarios
from residency.scheduling.solver import Solver


def compute_fallbacks(
    program: Program,
    snapshot: Snapshot,
    rules: RuleSet,
    covered: Sequence[Period] = (),
    *,
    seconds: float,
    scenarios: Collection[Scenario] = tuple(Scenario),
    top_k: int = TOP_K,
    known: Collection[tuple[str, str]] = (),
    workers: int = 2,
    progress: Callable[[float], None] | None = None,
) -> Iterator[FallbackResult]:
    """Repair every case of the wanted scenarios, one after the other.

    The time is shared: each case gets an equal part of what is left, so that what easy ones leave over goes
    to those after them. Where it runs out, the immediate layer still answers, with its proof where one needs
    no search.

    Args:
        program: with the assignments of at least 31 days around the period.
        snapshot: of that program, over the period.
        rules: the rule set that no fallback breaks.
        covered: days for which a schedule speaks.
        seconds: wall time for all cases together, from the first one.
        scenarios: which are wanted.
        top_k: pairs of faculty.
        known: (scenario, input hash) of fallbacks that are computed already; they are passed over.
        workers: threads of the solver.
        progress: told the share of the cases done, 0..1.
    """
    deadline = time.monotonic() + seconds
    cases = plan_scenarios(program, snapshot, scenarios=scenarios, top_k=top_k)
    with Solver() as solver:
        for number, case in enumerate(cases):
            problem = RepairProblem.of(program, snapshot, case.disruption, rules, covered)
            input_hash = fallback_hash(problem)
            if (case.scenario.value, input_hash) not in known:
                share = (deadline - time.monotonic()) / (len(cases) - number)
                best = _repaired(problem, share, workers, solver)
                yield fallback_result(case, problem, best, input_hash)
            if progress is not None:
                progress((number + 1) / len(cases))


def fallback_of(case: ScenarioCase, problem: RepairProblem, repair: Repair) -> FallbackResult:
    """A repair of a scenario's problem, ready to be stored."""
    return fallback_result(case, problem, repair, fallback_hash(problem))


def _repaired(problem: RepairProblem, seconds: float, workers: int, solver: Solver) -> Repair:
    """Both layers with one solver that goes on running."""
    until = time.monotonic() + seconds
    at_once = immediate_repair(problem)
    proven = exact_repair(
        with_calls(problem, at_once.calls),
        at_once,
        seconds=until - time.monotonic(),
        workers=workers,
        solver=solver,
    )
    return better_of(problem, at_once, proven)


def fallback_hash(problem: RepairProblem) -> str:
    """SHA-256 over everything that a fallback follows from.

    Availability, assignments and absences of the people who are lost are left out where they are lost: that
    exactly they become absent changes nothing, while any other change of schedule, people, leave, demand,
    call or rules does.
    """
    snapshot, lost = problem.snapshot, problem.disruption.lost
    gone = np.array(lost.all(axis=1), np.bool_)
    digest = hashlib.sha256(json.dumps(_words(problem, gone), default=str).encode())
    for column in (
        lost,
        np.where(lost, NOTHING, problem.service_before),
        np.where(lost, NOTHING, problem.role_before),
        problem.fixed | lost,
        problem.vacated & ~lost,
        problem.present,
        problem.demand,
        problem.eligible & ~gone,
        problem.post_service,
        problem.post_role,
        problem.units,
        snapshot.pgy,
        snapshot.fte,
        *_around(problem, gone),
    ):
        digest.update(str((column.dtype.str, column.shape)).encode())
        digest.update(np.ascontiguousarray(column).data)
    return digest.hexdigest()


def _words(problem: RepairProblem, gone: NDArray[np.bool_]) -> list[object]:
    """What is no array: days, names, rules, call, rotations, and the leave of those who are not lost."""
    program, snapshot = problem.program, problem.snapshot
    absent = {snapshot.person_ids[person] for person in np.flatnonzero(gone).tolist()}
    return [
        (snapshot.period.start, snapshot.period.end, program.timezone),
        [(days.start, days.end) for days in problem.covered],
        problem.rules.model_dump(mode="json"),
        [(row.id, row.type, row.faculty_role) for row in program.people],
        [astuple(service) for service in program.services],
        [astuple(shift) for shift in program.call_shifts],
        [astuple(row) for row in program.rotations if row.person not in absent],
        [astuple(row) for row in program.hours_approvals],
        [
            astuple(row)
            for row in program.absences
            if row.status in EFFECTIVE_ABSENCE_STATUSES and row.person not in absent
        ],
    ]


def _around(problem: RepairProblem, gone: NDArray[np.bool_]) -> list[NDArray[np.int64]]:
    """Assignments outside the period, which the duty-hours rules look at, of those who are not lost."""
    rows, period = problem.program.assignments, problem.snapshot.period
    day = (rows.day - np.datetime64(period.start, "D")).astype(np.int64)
    rows = rows.take(((day < 0) | (day >= period.days)) & ~gone[rows.person])
    order = np.lexsort((rows.person, rows.half, rows.day))
    columns = (rows.day, rows.half, rows.person, rows.service, rows.role)
    return [column[order].astype(np.int64) for column in columns]
