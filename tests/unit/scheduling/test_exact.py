"""The exact layer: proven against every repair tried, legal, never worse, and honest when time is over."""

import itertools
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from residency.acgme.findings import SUPERVISION, Finding, Force, Severity
from residency.acgme.record import Basis
from residency.scheduling import exact
from residency.scheduling.exact import exact_repair
from residency.scheduling.exact_model import RepairModel
from residency.scheduling.exact_moves import useful_moves
from residency.scheduling.immediate import immediate_repair
from residency.scheduling.problem import NOTHING, Disruption, RepairProblem
from residency.scheduling.repaired import Layer, burden_of, cost_of
from residency.scheduling.solver import Solver

SECONDS = 3.0
HARD = (13, 153, 260, 445, 456, 670, 692)
"""Random problems in which a rule holds the cheapest schedule back, or the fairest one of its cost."""


@pytest.fixture(scope="module")
def solver():
    with Solver() as running:
        yield running


def made(repair_cases, seed):
    return repair_cases.without_lost_call(repair_cases.problem_of(seed))


def doing_nothing(problem):
    """The schedule as the forced vacating leaves it, taken for a repair."""
    service, role = problem.service_left, problem.role_left
    return replace(
        immediate_repair(problem),
        service=service,
        role=role,
        unfilled=problem.unfilled(service, role),
        cost=cost_of(problem, service, role),
        burden=burden_of(problem, service),
        new_violations=exact.DutyGate(problem).new_violations(service, role),
    )


def nobody(problem):
    return np.zeros(problem.snapshot.people, np.bool_)


def test_the_model_costs_what_the_schedule_costs_whatever_is_moved(repair_cases):
    rng, choosing = np.random.default_rng(1), 0
    for seed in range(16):
        problem = made(repair_cases, seed)
        start = doing_nothing(problem)
        moves = useful_moves(problem, start, ~nobody(problem))
        model = RepairModel(problem, moves, start)
        model.minimize_cost()
        choosing += len(model._chooses)
        for _ in range(4):
            values, cells = np.zeros(len(moves), np.int64), set()
            for move in rng.permutation(len(moves)).tolist():
                cell = int(moves.person[move]), int(moves.block[move])
                if cell not in cells and rng.random() < 0.6:
                    cells.add(cell)
                    values[move] = 1
            schedule = model.schedule_of(values)
            assert model.linear.cost_of(model.values_of(schedule)) == cost_of(problem, *schedule)
    assert choosing


def test_the_exact_repair_is_the_cheapest_of_all_and_then_the_fairer(
    repair_oracle, repair_cases, repair_promises, solver
):
    layers, starts, lighter = set(), set(), 0
    for seed in (0, 1, *HARD):
        problem = made(repair_cases, seed)
        least = repair_oracle.cheapest(problem)
        starts_from = (immediate_repair(problem), *([doing_nothing(problem)] if seed < HARD[0] else []))
        for start in starts_from:
            assert not start.new_violations
            found = exact_repair(problem, start, seconds=SECONDS, solver=solver)
            assert not repair_promises.broken_promises(repair_oracle, problem, found)
            assert (found.cost, found.bound, found.is_proven) == (least, least, True)
            assert found.gap == 0.0
            layers.add(found.layer)
            starts.add(start.cost == found.cost)
            assert (found.cost, found.burden) <= (start.cost, start.burden)
            assert found.burden == burden_of(problem, found.service)
            lighter += found.cost == start.cost and found.burden < start.burden
    assert layers == set(Layer)
    assert starts == {True, False}
    assert lighter


def test_without_time_the_start_comes_back_with_what_is_known(repair_cases, solver):
    known = set()
    for seed in range(10):
        problem = made(repair_cases, seed)
        for start in (immediate_repair(problem), doing_nothing(problem)):
            found = exact_repair(problem, start, seconds=0.0, solver=solver)
            assert found.service is start.service
            assert found.layer is start.layer
            assert found.bound in {None, start.cost}
            known.add(found.bound is None)
    assert known == {True, False}


@pytest.mark.parametrize("step", [0.01, 0.4, 0.7, 1.0, 1.5, 2.0, 3.0, 6.0])
def test_wherever_the_time_ends_what_comes_back_is_no_worse(repair_cases, solver, monkeypatch, step):
    for seed in HARD[:4]:
        problem = made(repair_cases, seed)
        start, clock = doing_nothing(problem), itertools.count(0.0, step)
        with monkeypatch.context() as patched:
            patched.setattr(exact, "time", SimpleNamespace(monotonic=lambda clock=clock: next(clock)))
            found = exact_repair(problem, start, seconds=10.0, solver=solver)
        assert (found.cost, found.burden) <= (start.cost, start.burden)
        assert found.cost == cost_of(problem, found.service, found.role)
        assert {each.key for each in found.new_violations} <= {each.key for each in start.new_violations}
        assert found.bound is None or found.bound <= found.cost


def test_where_nothing_is_disrupted_or_open_nothing_is_searched(repair_cases):
    told = []
    for seed in range(5):
        problem = repair_cases.problem_of(seed)
        snapshot = problem.snapshot
        quiet = Disruption(
            np.zeros_like(problem.disruption.lost),
            np.zeros_like(problem.disruption.demand),
            np.zeros_like(problem.disruption.suspended),
        )
        calm = RepairProblem.of(problem.program, snapshot, quiet, problem.rules, problem.covered)
        start = immediate_repair(calm)
        if start.cost == 0:
            found = exact_repair(calm, start, seconds=SECONDS, progress=told.append)
            assert (found.cost, found.bound) == (0, 0)
            assert (found.service == calm.service_before).all()
    assert set(told) == {0.0, 1.0}


def test_it_starts_a_solver_of_its_own_and_tells_how_far_it_is(repair_cases):
    problem, told = made(repair_cases, 153), []
    found = exact_repair(problem, immediate_repair(problem), seconds=SECONDS, progress=told.append)
    assert found.is_proven
    assert told == sorted(told)
    assert (told[0], told[-1]) == (0.0, 1.0)


def test_what_no_move_can_mend_ends_the_search_at_the_start(repair_cases, solver, monkeypatch):
    problem = made(repair_cases, 260)
    start = immediate_repair(problem)
    better = exact_repair(problem, start, seconds=SECONDS, solver=solver)
    assert better.cost < start.cost

    class Refusing(exact.DutyGate):
        """Finds a place without attendings in every schedule but the start's."""

        def new_violations(self, service, role, calls=()):
            finding = Finding(
                rule=SUPERVISION,
                rule_set="acgme-2017",
                force=Force.MUST,
                severity=Severity.CRITICAL,
                basis=Basis.PLANNED,
                person="",
                window_start="",
                window_end="",
                value=0.0,
                limit=1.0,
                unit="faculty",
                arithmetic="",
            )
            return () if (service == start.service).all() else (finding,)

    monkeypatch.setattr(exact, "DutyGate", Refusing)
    found = exact_repair(problem, start, seconds=SECONDS, solver=solver)
    assert found.service is start.service
    assert found.cost == start.cost
    assert (start.service != NOTHING).any()
