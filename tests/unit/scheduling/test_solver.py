"""The solver finds what brute force finds, and a crash or silence of it costs only the improvement."""

import itertools
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import psutil
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from residency.scheduling.linear_model import UNLIMITED, LinearModel
from residency.scheduling.solver import GRACE_SECONDS, Engine, Solver, SolverFailedError, Status, solve


def knapsack(size=150, rows=30):
    """Too hard to be proven optimal within moments; zeros are a solution, and the worst one."""
    random = np.random.default_rng(1)
    model = LinearModel()
    chosen = model.add_variables(size)
    for _ in range(rows):
        model.add_row(chosen, random.integers(50, 600, size), upper=100 * size)
    model.minimize(chosen, -random.integers(50, 600, size), constant=7)
    return model


@pytest.fixture(scope="module", params=list(Engine), ids=["cp-sat", "highs"])
def engine(request):
    return request.param


@pytest.fixture(scope="module")
def solver(engine):
    with Solver(engine) as running:
        yield running


@st.composite
def small_models(draw):
    count = draw(st.integers(1, 5))
    values = st.integers(-3, 3)
    model = LinearModel()
    lower = [draw(st.integers(-1, 1)) for _ in range(count)]
    upper = [low + draw(st.integers(0, 2)) for low in lower]
    model.add_variables(count, lower, upper)
    for _ in range(draw(st.integers(0, 4))):
        terms = draw(st.lists(st.integers(0, count - 1), min_size=1, max_size=4))
        low = draw(st.just(-UNLIMITED) | values)
        high = draw(st.just(UNLIMITED) | st.integers(max(low, -3), max(low, -3) + 3))
        model.add_row(terms, [draw(values) for _ in terms], low, high)
    costs = draw(st.lists(values, min_size=count, max_size=count))
    model.minimize(range(count), costs, draw(values))
    ranges = [range(low, high + 1) for low, high in zip(lower, upper, strict=True)]
    return model, [np.array(each, np.int64) for each in itertools.product(*ranges)]


@given(small_models(), st.booleans())
@settings(max_examples=60, deadline=None)
def test_every_small_model_is_solved_as_brute_force_does(solver, case, with_start):
    model, everything = case
    solutions = [each for each in everything if model.broken_by(each) is None]
    start = solutions[0] if with_start and solutions else None
    solved = solver.solve(model, seconds=30, workers=1, start=start)
    if not solutions:
        assert (solved.status, solved.objective, solved.values) == (Status.INFEASIBLE, None, None)
        return
    best = min(model.cost_of(each) for each in solutions)
    assert (solved.status, solved.objective, solved.bound) == (Status.OPTIMAL, best, best)
    assert model.broken_by(solved.values) is None
    assert model.cost_of(solved.values) == best


def test_another_thread_can_end_a_search_and_those_after_it(engine):
    model, known, proven, bounds = knapsack(), threading.Event(), threading.Event(), []

    def bounded(bound):
        bounds.append(bound)
        proven.set()

    with Solver(engine) as solver, ThreadPoolExecutor(1) as pool:
        search = pool.submit(
            solver.solve, model, seconds=60, on_better=lambda *_: known.set(), on_bound=bounded
        )
        assert known.wait(30)
        assert proven.wait(30)
        solver.stop()
        solved = search.result(10)
        assert (solved.status, solved.trouble) == (Status.FEASIBLE, None)
        assert bounds == sorted(set(bounds))
        assert solved.bound == bounds[-1] <= solved.objective
        assert solver.solve(model, seconds=60).status is Status.UNKNOWN


def test_better_solutions_are_told_as_they_come():
    model, told = knapsack(), []
    solved = solve(model, seconds=2, on_better=lambda cost, values: told.append((cost, values)))
    costs = [cost for cost, _ in told]
    assert costs
    assert costs == sorted(set(costs), reverse=True)
    assert solved.objective == costs[-1]
    assert all(model.cost_of(values) == cost for cost, values in told)
    assert solved.bound <= solved.objective
    assert solved.seconds < 2 + GRACE_SECONDS
    assert "ortools" not in sys.modules


def test_without_time_the_start_comes_back(solver):
    model, start = knapsack(), np.zeros(150, np.int64)
    solved = solver.solve(model, seconds=0, start=start)
    assert solved.status is Status.FEASIBLE
    assert solved.objective == 7
    assert solved.values.tolist() == start.tolist()
    assert solver.solve(model, seconds=0).status is Status.UNKNOWN


def test_a_start_that_is_no_solution_is_refused(solver):
    with pytest.raises(ValueError, match="the start is not a solution: row 0 is"):
        solver.solve(knapsack(), seconds=1, start=np.ones(150, np.int64))


def test_a_hint_need_not_be_a_solution(solver):
    assert solver.solve(knapsack(20, 5), seconds=20, hint=np.ones(20, np.int64)).status is Status.OPTIMAL


def test_parameters_that_are_none_are_told(solver):
    with pytest.raises(SolverFailedError, match="refused the model: parameters 'speed: 11' are"):
        solver.solve(knapsack(), seconds=1, parameters="speed: 11")


def test_a_relaxation_gives_a_bound_and_no_values():
    model = LinearModel()
    model.add_row(model.add_variables(3), [2, 2, 2], 3, 3)
    model.minimize([0, 1, 2], [10, 20, 30], constant=5)
    with Solver(Engine.HIGHS) as running:
        relaxed = running.solve(model, seconds=20, relaxed=True, parameters="mip_allow_restart=false")
        assert (relaxed.status, relaxed.bound, relaxed.values) == (Status.UNKNOWN, 25, None)
        assert running.solve(model, seconds=20).status is Status.INFEASIBLE


def test_a_crash_keeps_the_best_solution_and_is_told(engine):
    model = knapsack()
    with Solver(engine) as solver:
        solved = solver.solve(
            model, seconds=20, on_better=lambda cost, values: os.kill(solver.pid, signal.SIGKILL)
        )
        assert solved.trouble == "the solver was killed by signal 9"
        assert solved.status is Status.FEASIBLE
        assert model.broken_by(solved.values) is None
        assert solver.pid is None
        assert solver.solve(knapsack(20, 5), seconds=20).status is Status.OPTIMAL


def test_a_crash_before_any_solution_is_an_error():
    with Solver() as solver:
        os.kill(solver.pid, signal.SIGKILL)
        with pytest.raises(SolverFailedError, match="killed by signal 9"):
            solver.solve(knapsack(), seconds=20)


def test_a_solver_that_hangs_is_killed_after_its_grace():
    with Solver() as solver:
        pid = solver.pid
        os.kill(pid, signal.SIGSTOP)
        begun = time.monotonic()
        solved = solver.solve(knapsack(), seconds=0.1, start=np.zeros(150, np.int64))
        assert time.monotonic() - begun < 0.1 + GRACE_SECONDS + 0.5
    assert solved.trouble == "the solver gave no answer within 1 s of its 0.1 s"
    assert solved.objective == 7
    assert not psutil.pid_exists(pid)


def test_an_exception_of_the_listener_ends_the_search():
    def interrupted(cost, values):
        raise KeyboardInterrupt

    with Solver() as solver:
        pid = solver.pid
        with pytest.raises(KeyboardInterrupt):
            solver.solve(knapsack(), seconds=20, on_better=interrupted)
        assert not psutil.pid_exists(pid)


ORPHAN = """
import os, signal
from residency.scheduling.linear_model import LinearModel
from residency.scheduling.solver import Solver
model = LinearModel()
chosen = model.add_variables(90)
for row in range(20):
    model.add_row(chosen, [(row * 37 + each * 53) % 101 + 50 for each in range(90)], upper=3999)
model.minimize(chosen, [-((each * 71) % 97) - 50 for each in range(90)])
with Solver() as solver:
    print(solver.pid, flush=True)
    solver.solve(model, seconds=60, on_better=lambda cost, values: os.kill(os.getpid(), signal.SIGKILL))
"""


def test_the_solver_ends_when_whoever_started_it_is_killed():
    orphaned = subprocess.run([sys.executable, "-c", ORPHAN], capture_output=True, text=True, check=False)
    assert orphaned.returncode == -signal.SIGKILL, orphaned.stderr
    deadline = time.monotonic() + 10
    while psutil.pid_exists(int(orphaned.stdout)):
        assert time.monotonic() < deadline
        time.sleep(0.05)
