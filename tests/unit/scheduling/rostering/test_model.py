"""The model allows exactly the rosters that the rules allow, at exactly their penalty."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from residency.scheduling.rostering.evaluation import evaluate
from residency.scheduling.rostering.instance import FREE, Instance, Requests
from residency.scheduling.rostering.model import RosterModel
from residency.scheduling.rostering.neighbourhoods import part_of, penalty_of
from residency.scheduling.rostering.reader import read_instance
from residency.scheduling.rostering.search import solve_roster
from residency.scheduling.solver import Engine, Solver, Status

FEW = settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@pytest.fixture(scope="module")
def solver():
    with Solver(Engine.HIGHS) as running:
        yield running


@st.composite
def tiny(draw, most_people=2):
    """A few days around a weekend, one or two shifts, one or two people."""
    people, shifts = draw(st.integers(1, most_people)), draw(st.integers(1, 2))
    days = draw(st.integers(6, 8) if shifts == 1 else st.just(6))

    def numbers(low, high, *shape):
        size = int(np.prod(shape))
        drawn = draw(st.lists(st.integers(low, high), min_size=size, max_size=size))
        return np.array(drawn, np.int64).reshape(shape)

    def requests():
        chosen = draw(st.lists(st.integers(0, people * days * shifts - 1), unique=True, max_size=3))
        person, day, shift = np.unravel_index(np.array(chosen, np.int64), (people, days, shifts))
        return Requests(person, day, shift, numbers(1, 9, len(chosen)))

    min_minutes = numbers(0, 3, people)
    min_run = numbers(1, 3, people)
    return Instance(
        days=days,
        shift_ids=tuple("EL"[:shifts]),
        person_ids=tuple(f"P{person}" for person in range(people)),
        minutes=numbers(1, 3, shifts),
        not_after=numbers(0, 1, shifts, shifts).astype(bool) & ~np.eye(shifts, dtype=bool),
        max_shifts=numbers(0, days, people, shifts),
        max_minutes=min_minutes + numbers(1, 12, people),
        min_minutes=min_minutes,
        max_run=min_run + numbers(0, 3, people),
        min_run=min_run,
        min_rest=numbers(1, 3, people),
        max_weekends=numbers(0, 2, people),
        days_off=numbers(0, 6, people, days) == 6,
        wanted=requests(),
        unwanted=requests(),
        required=numbers(0, 2, days, shifts),
        under_weight=numbers(0, 20, days, shifts),
        over_weight=numbers(0, 5, days, shifts),
    )


def rows_of(instance):
    return itertools.product(range(-1, instance.shifts), repeat=instance.days)


def legal_rows(instance, is_legal):
    every = [np.array(row, np.int16) for row in rows_of(instance)]
    return [[row for row in every if is_legal(instance, who, row)] for who in range(instance.people)]


@given(tiny(most_people=1))
@settings(FEW, max_examples=12)
def test_the_model_and_the_evaluation_know_the_same_rosters(is_legal, price, instance):
    model = RosterModel.of(instance)
    for row in rows_of(instance):
        roster = np.array([row], np.int16)
        values = model.values_of(roster)
        allowed = is_legal(instance, 0, row)
        assert (model.linear.broken_by(values) is None) == allowed
        assert (not evaluate(instance, roster).broken) == allowed
        assert model.linear.cost_of(values) == price(instance, roster)
        assert model.roster_of(values).tolist() == roster.tolist()


@given(tiny())
@FEW
def test_the_cheapest_roster_is_found_as_by_trying_all(solver, is_legal, price, instance):
    rows = legal_rows(instance, is_legal)
    model = RosterModel.of(instance)
    solved = solver.solve(model.linear, seconds=30)
    if not all(rows):
        assert solved.status is Status.INFEASIBLE
        return
    best = min(penalty_of(instance, np.array(roster)) for roster in itertools.product(*rows))
    assert (solved.status, solved.objective) == (Status.OPTIMAL, best)
    roster = model.roster_of(solved.values)
    assert price(instance, roster) == best
    assert not evaluate(instance, roster).broken


@given(tiny(), st.data())
@FEW
def test_a_part_changes_only_what_is_unlocked_and_does_it_best(solver, is_legal, instance, data):
    rows = legal_rows(instance, is_legal)
    if not all(rows):
        return
    roster = np.array([data.draw(st.sampled_from(each)) for each in rows])
    size = roster.size
    mask = data.draw(st.lists(st.booleans(), min_size=size, max_size=size))
    unlocked = np.array(mask).reshape(roster.shape)
    if not unlocked.any():
        return
    part = part_of(instance, roster, unlocked)
    model = RosterModel.of(part.instance, roster[part.people], part.unlocked)
    start = model.values_of(roster[part.people])
    assert model.linear.broken_by(start) is None
    assert model.linear.cost_of(start) <= penalty_of(instance, roster)
    better = roster.copy()
    better[part.people] = model.roster_of(solver.solve(model.linear, seconds=30, start=start).values)
    kept = [
        [row for row in each if (row == old)[~free].all()]
        for each, old, free in zip(rows, roster, unlocked, strict=True)
    ]
    best = min(penalty_of(instance, np.array(each)) for each in itertools.product(*kept))
    assert penalty_of(instance, better) == best
    assert (better == roster)[~unlocked].all()


def test_what_is_preferred_decides_between_rosters_of_equal_penalty(solver, instance):
    plain = RosterModel.of(instance)
    least = solver.solve(plain.linear, seconds=30).objective
    for shift in range(instance.shifts):
        model = RosterModel.of(instance)
        disliked = np.zeros(model.shift.shape, np.int64)
        disliked[:, :, shift] = 1
        model.prefer(disliked, 1_000)
        solved = solver.solve(model.linear, seconds=30)
        roster = model.roster_of(solved.values)
        assert penalty_of(instance, roster) == least
        assert solved.objective == 1_000 * least + int((roster == shift).sum())


def test_a_start_is_not_taken_for_the_best_where_presolve_alone_finds_a_better_one(tmp_path):
    """HiGHS then tells the better cost with the values of the start."""
    file = tmp_path / "part.txt"
    file.write_text(
        "SECTION_HORIZON\n6\n\nSECTION_SHIFTS\nE,1,\nL,1,\n\nSECTION_STAFF\n"
        "Ann,E=1|L=0,1,0,1,1,1,0\nBo,E=1|L=1,2,0,2,1,1,0\n\nSECTION_DAYS_OFF\n\n"
        "SECTION_SHIFT_ON_REQUESTS\n\nSECTION_SHIFT_OFF_REQUESTS\n\nSECTION_COVER\n1,E,1,1,0\n"
    )
    instance = read_instance(file)
    roster = np.full((2, 6), FREE, np.int16)
    unlocked = np.zeros(roster.shape, np.bool_)
    unlocked[[0, 1, 1], [1, 3, 4]] = True
    part = part_of(instance, roster, unlocked)
    model = RosterModel.of(part.instance, roster, part.unlocked)
    with Solver(Engine.HIGHS) as highs:
        solved = highs.solve(model.linear, seconds=30, start=model.values_of(roster))
    assert (solved.status, solved.objective) == (Status.OPTIMAL, 0)


def test_the_made_up_instance_is_solved_and_proven(instance, is_legal):
    rows = legal_rows(instance, is_legal)
    assert min(map(len, rows)) > 10
    told = []
    result = solve_roster(instance, seconds=30, on_better=lambda penalty, _: told.append(penalty))
    assert (result.status, result.gap, result.remarks) == (Status.OPTIMAL, 0.0, ())
    assert result.bound == result.evaluation.penalty == told[-1]
    assert told == sorted(told, reverse=True)
    sample = np.random.default_rng(0)
    for _ in range(500):
        other = np.array([each[sample.integers(len(each))] for each in rows])
        assert penalty_of(instance, other) >= result.bound


def test_a_person_whose_contract_cannot_be_kept_is_named(instance):
    worked = np.where(np.arange(3) == 1, 3600, instance.min_minutes)
    off = instance.days_off.copy()
    off[1, :6] = True
    result = solve_roster(replace(instance, min_minutes=worked, days_off=off), seconds=30)
    assert result.status is Status.INFEASIBLE
    assert (result.roster, result.evaluation, result.bound, result.gap) == (None, None, None, None)
    assert result.remarks == ("no row of shifts keeps the contract and days off of Bo",)
