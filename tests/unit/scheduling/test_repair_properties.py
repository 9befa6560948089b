"""What the repair promises, on random schedules: immediately, exactly, and against every repair tried."""

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from residency.scheduling.immediate import immediate_repair
from residency.scheduling.repair import repair
from residency.scheduling.repaired import Layer

SECONDS = 5.0


@settings(max_examples=30)
@given(data=st.data())
def test_the_immediate_repair_of_a_tiny_schedule_keeps_its_promises(
    repair_oracle, repair_cases, repair_promises, data
):
    problem = data.draw(repair_cases.tiny())
    found = immediate_repair(problem)
    assert found.layer is Layer.IMMEDIATE
    assert not repair_promises.broken_promises(repair_oracle, problem, found)
    if not any(repair_oracle.is_touched(problem, block) for block in range(problem.snapshot.period.blocks)):
        assert (found.cost, found.bound) in {(0, None), (0, 0)}
        assert found.service.tolist() == problem.service_before.tolist()
        assert found.role.tolist() == problem.role_before.tolist()


@settings(max_examples=4)
@given(data=st.data())
def test_the_immediate_repair_of_a_larger_schedule_keeps_its_promises(
    repair_oracle, repair_cases, repair_promises, data
):
    problem = data.draw(repair_cases.medium())
    found = immediate_repair(problem)
    assert not repair_promises.broken_promises(repair_oracle, problem, found)


@settings(max_examples=25)
@given(data=st.data())
def test_where_no_rule_binds_the_immediate_repair_leaves_no_more_slots_empty_than_the_best_matching(
    repair_oracle, repair_cases, data
):
    problem = repair_cases.lenient(data.draw(repair_cases.tiny()))
    found = immediate_repair(problem)
    blocks = range(problem.snapshot.period.blocks)
    fewest = [repair_oracle.fewest_empty(problem, block) for block in blocks]
    assert found.unfilled.sum(axis=0).tolist() == fewest


@settings(max_examples=25)
@given(data=st.data())
def test_no_repair_costs_less_than_the_cheapest_of_all(repair_oracle, repair_cases, data):
    problem = repair_cases.without_lost_call(data.draw(repair_cases.tiny()))
    try:
        least = repair_oracle.cheapest(problem)
    except repair_oracle.TooManyError:
        assume(False)
    found = immediate_repair(problem)
    if least is None:
        assert found.new_violations
    else:
        told = {finding.key for finding in found.new_violations}
        assert told <= repair_oracle.broken_by_loss(problem, found.calls)
        assert found.cost >= least
        assert found.bound is None or found.bound <= least


@settings(max_examples=20)
@given(data=st.data(), order=st.randoms(use_true_random=False))
def test_the_order_of_people_changes_no_cost(repair_cases, data, order):
    problem = repair_cases.lenient(data.draw(repair_cases.tiny()))
    people = list(range(problem.snapshot.people))
    order.shuffle(people)
    other = repair_cases.shuffled(problem, np.array(people))
    assert immediate_repair(problem).cost == immediate_repair(other).cost


@settings(max_examples=5)
@given(data=st.data())
def test_the_exact_repair_is_legal_never_worse_and_the_cheapest_where_proven(
    repair_oracle, repair_cases, repair_promises, data
):
    problem = repair_cases.without_lost_call(data.draw(repair_cases.tiny()))
    first, found = immediate_repair(problem), repair(problem, seconds=SECONDS)
    assert not repair_promises.broken_promises(repair_oracle, problem, found)
    assert found.cost <= first.cost
    try:
        least = repair_oracle.cheapest(problem)
    except repair_oracle.TooManyError:
        assume(False)
    if least is not None:
        assert found.cost >= least
        assert found.bound is None or found.bound <= least
        assert not found.is_proven or found.cost == least
