"""The slow judge of repairs against itself, and how often its random problems bind."""

import random
from collections import Counter
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from residency.program.snapshot import Snapshot
from residency.scheduling.repaired import cost_of

PROBLEMS = 100
LEAST_SHARES = {
    "slots open": 0.7,
    "already whole": 0.05,
    "somebody lost": 0.7,
    "a locked row of somebody lost": 0.2,
    "locked rows bind": 0.03,
    "a repair fills slots": 0.3,
    "slots stay empty": 0.4,
    "rules bind": 0.04,
    "services stop": 0.08,
    "call of somebody lost": 0.1,
}


@pytest.fixture(scope="session")
def any_schedule(repair_oracle):
    """A schedule in which everybody does anything that a repair may give them."""

    def any_schedule(problem, rng):
        service, role = problem.service_left.copy(), problem.role_left.copy()
        for block in range(problem.snapshot.period.blocks):
            for person, able in enumerate(repair_oracle.options_of(problem, block)):
                service[person, block], role[person, block] = rng.choice(able)
        return service, role

    return any_schedule


@settings(max_examples=40)
@given(data=st.data(), seed=st.integers(0, 99))
def test_the_cost_spelt_out_is_the_cost_on_arrays(repair_oracle, repair_cases, any_schedule, data, seed):
    problem = data.draw(repair_cases.tiny())
    service, role = any_schedule(problem, random.Random(seed))  # noqa: S311 - a sample, not a secret
    assert repair_oracle.cost(problem, service, role) == cost_of(problem, service, role)
    blocks = range(problem.snapshot.period.blocks)
    empty = [
        repair_oracle.empty_slots(problem, block, repair_oracle.column(problem, service, role, block))
        for block in blocks
    ]
    assert np.array(empty).T.tolist() == problem.unfilled(service, role).tolist()


@settings(max_examples=25)
@given(data=st.data())
def test_a_schedule_rebuilt_from_its_matrices_is_that_schedule(repair_oracle, repair_cases, data):
    problem = data.draw(repair_cases.tiny())
    program = repair_oracle.rebuilt(problem, problem.service_before, problem.role_before, happened=False)
    assert Snapshot.of(program, problem.snapshot.period).input_hash == problem.snapshot.input_hash
    for block in range(problem.snapshot.period.blocks):
        left = repair_oracle.column(problem, problem.service_left, problem.role_left, block)
        assert repair_oracle.column_left(problem, block) == left
        fixed = [repair_oracle.is_fixed(problem, person, block) for person in range(len(left))]
        there = ~problem.disruption.lost[:, block]
        assert np.array(fixed)[there].tolist() == problem.fixed[there, block].tolist()


def test_the_cheapest_repair_is_the_first_legal_one_of_all_in_order_of_their_cost(
    repair_oracle, repair_cases
):
    compared, bound = 0, 0
    for seed in range(90):
        problem = repair_cases.without_lost_call(repair_cases.problem_of(seed))
        everything = every_schedule(repair_oracle, problem, 120)
        if len(everything) <= 1:
            continue
        for cost, service, role in everything:
            least = cost
            if not repair_oracle.new_violations(problem, service, role):
                break
        else:
            least = None
        assert repair_oracle.cheapest(problem) == least, seed
        compared += 1
        bound += least != everything[0][0]
    assert compared >= 5
    assert bound >= 1


def every_schedule(oracle, problem, most):
    """All schedules that options allow, the cheapest first; none if they are too many."""
    columns = [
        list(product(*oracle.options_of(problem, block)))
        if oracle.is_touched(problem, block)
        else [oracle.column_left(problem, block)]
        for block in range(problem.snapshot.period.blocks)
    ]
    if np.prod([len(each) for each in columns], dtype=float) > most:
        return []
    found = []
    for chosen in product(*columns):
        cells = np.array(chosen).reshape(len(chosen), problem.snapshot.people, 2)
        service, role = cells[..., 0].T.astype(np.int32), cells[..., 1].T.astype(np.int8)
        found.append((oracle.cost(problem, service, role), service, role))
    return sorted(found, key=lambda each: each[0])


def test_random_problems_are_not_vacuous(repair_oracle, repair_cases):
    found = Counter()
    for seed in range(PROBLEMS):
        problem = repair_cases.problem_of(seed)
        try:
            free, best = repair_oracle.cheapest(problem, rules=False), repair_oracle.cheapest(problem)
        except repair_oracle.TooManyError:
            found["too many to try"] += 1
            continue
        found += traits(repair_oracle, problem, free, best)
    rare = {trait: found[trait] for trait, share in LEAST_SHARES.items() if found[trait] < share * PROBLEMS}
    assert not rare
    assert found["too many to try"] <= 0.03 * PROBLEMS


def traits(oracle, problem, free, best):
    left = oracle.cost(problem, problem.service_left, problem.role_left)
    blocks, disruption = range(problem.snapshot.period.blocks), problem.disruption
    people = range(problem.snapshot.people)
    locked = [(p, b) for p in people for b in blocks if oracle.is_locked(problem, p, b)]
    lost = {problem.program.people[person].id for person in np.flatnonzero(disruption.lost.any(axis=1))}
    return Counter(
        trait
        for trait, holds in (
            ("slots open", problem.unfilled(problem.service_left, problem.role_left).any()),
            ("already whole", not any(oracle.is_touched(problem, block) for block in blocks)),
            ("somebody lost", bool(lost)),
            ("a locked row of somebody lost", any(disruption.lost[cell] for cell in locked)),
            (
                "locked rows bind",
                any(
                    oracle.fewest_empty(problem, block) > oracle.fewest_empty(problem, block, unlocked=True)
                    for block in blocks
                ),
            ),
            ("a repair fills slots", best is not None and best // 100_000 < left // 100_000),
            ("slots stay empty", free >= 100_000),
            ("rules bind", best is None or best > free),
            ("services stop", disruption.suspended.any()),
            ("call of somebody lost", any(shift.person in lost for shift in problem.program.call_shifts)),
        )
        if holds
    )
