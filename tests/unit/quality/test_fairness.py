"""Gini, Jain and the figures beside them, by hand and by the properties that make them measures."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from residency.quality.fairness import cohort_fairness, fairness, fairness_of_shares, gini, jain, lorenz
from residency.quality.results import StatusLabel

# In steps of .0001: the plain formulas lose squares of tiny loads to underflow, which ours do not.
LOADS = st.lists(st.floats(0, 1e6).map(lambda load: round(load, 4)), min_size=1, max_size=30)
SOME_LOADS = LOADS.filter(lambda loads: sum(loads) > 1e-3)


def mean_absolute_difference(loads):
    """Gini as it is defined: the mean difference of all pairs, over twice the mean."""
    n, total = len(loads), math.fsum(loads)
    pairs = math.fsum(abs(a - b) for a, b in itertools.product(loads, repeat=2))
    return pairs / (2 * n * total) if total else 0.0


def of(loads):
    return gini(np.array(loads, float))


def test_known_values():
    assert of([1, 1, 1]) == 0
    assert of([0, 0, 0, 1]) == pytest.approx(3 / 4)
    assert of([1, 2, 3]) == pytest.approx(2 / 9)
    assert of([5]) == 0
    assert of([0, 0]) == 0
    assert gini(np.zeros(0)) is None
    assert jain(np.array([1.0, 1.0])) == 1
    assert jain(np.array([0.0, 0.0, 3.0])) == pytest.approx(1 / 3)
    assert jain(np.array([0.0, 0.0])) == 1
    assert jain(np.zeros(0)) is None


@given(LOADS)
def test_gini_is_half_the_relative_mean_difference_and_jain_its_own_formula(loads):
    assert of(loads) == pytest.approx(mean_absolute_difference(loads), abs=1e-9)
    squares = math.fsum(x * x for x in loads)
    expected = math.fsum(loads) ** 2 / (len(loads) * squares) if squares else 1.0
    assert jain(np.array(loads)) == pytest.approx(expected, abs=1e-9)


@given(LOADS, st.floats(1e-3, 1e3), st.randoms(use_true_random=False))
def test_neither_scale_nor_order_matters(loads, factor, rng):
    shuffled = [factor * x for x in loads]
    rng.shuffle(shuffled)
    assert of(shuffled) == pytest.approx(of(loads), abs=1e-9)
    assert jain(np.array(shuffled)) == pytest.approx(jain(np.array(loads)), abs=1e-9)


@given(SOME_LOADS, st.floats(1, 1e6))
def test_the_same_more_for_everybody_is_fairer(loads, more):
    raised = [x + more for x in loads]
    assert of(raised) <= of(loads) + 1e-12
    if max(loads) - min(loads) > 1e-3 * max(loads):
        assert of(raised) < of(loads)


@given(SOME_LOADS, st.data())
def test_a_transfer_from_a_heavier_to_a_lighter_load_is_fairer(loads, data):
    """Pigou and Dalton: as long as the two do not change places."""
    heavy, light = max(loads), min(loads)
    moved = data.draw(st.floats(0, (heavy - light) / 2))
    after = sorted(loads)
    after[-1] -= moved
    after[0] += moved
    assert of(after) <= of(loads) + 1e-12
    assert jain(np.array(after)) >= jain(np.array(loads)) - 1e-12
    if moved > 1e-3 * heavy:
        assert of(after) < of(loads)


@given(LOADS, st.integers(1, 4))
def test_bounds_and_replication(loads, copies):
    n = len(loads)
    assert 0 <= of(loads) <= (n - 1) / n + 1e-12
    assert 1 / n - 1e-12 <= jain(np.array(loads)) <= 1
    assert of(loads * copies) == pytest.approx(of(loads), abs=1e-9)
    assert jain(np.array(loads * copies)) == pytest.approx(jain(np.array(loads)), abs=1e-9)


@given(st.lists(st.sampled_from([0.0, 1e-308, 1e-3, 1.0, 1e300, 1.7e308]), min_size=1, max_size=8))
def test_huge_and_tiny_loads_stay_within_bounds(loads):
    assert 0 <= of(loads) <= 1
    assert 0 < jain(np.array(loads)) <= 1


@given(LOADS)
def test_a_lorenz_curve_rises_below_the_diagonal_and_encloses_half_the_gini(loads):
    people, carried = lorenz(np.array(loads))
    assert (people[0], carried[0], people[-1], carried[-1]) == (0, 0, 1, 1)
    assert (np.diff(carried) >= 0).all()
    assert (carried <= people + 1e-12).all()
    assert 1 - 2 * np.trapezoid(carried, people) == pytest.approx(of(loads), abs=1e-9)


def test_a_lorenz_curve_of_one_who_has_all_runs_along_the_edge():
    assert lorenz(np.array([0.0, 7.0, 0.0]))[1].tolist() == [0, 0, 0, 1]


def test_a_lorenz_curve_of_no_work_is_the_diagonal():
    people, carried = lorenz(np.zeros(4))
    assert carried.tolist() == people.tolist() == [0, 0.25, 0.5, 0.75, 1]


def test_a_cohort_tells_who_carries_most_and_the_spread():
    told = cohort_fairness("PGY-1", ["c", "b", "a"], np.array([20.0, 50.0, 50.0]))
    assert (told.worst_off, told.max_minus_min, told.people) == ("a", 30, 3)
    assert (told.mean, told.sd) == (40, pytest.approx(math.sqrt(200)))
    assert told.fairness == 1 - told.gini
    assert told.status is StatusLabel.WARNING
    assert not told.degenerate


@pytest.mark.parametrize(("loads", "worst"), [([7.0], "a"), ([0.0, 0.0], None), ([0.0], None)])
def test_one_person_or_no_work_is_degenerate(loads, worst):
    told = cohort_fairness("x", list("ab"[: len(loads)]), np.array(loads))
    assert (told.fairness, told.degenerate, told.worst_off) == (1, True, worst)


def test_nobody_has_no_fairness():
    told = cohort_fairness("x", [], np.zeros(0))
    assert (told.gini, told.jain, told.fairness, told.worst_off, told.max_minus_min) == (None,) * 5
    assert (told.mean, told.sd, told.people, told.degenerate) == (None, None, 0, False)
    assert told.status is StatusLabel.NO_DATA


def test_overall_weighs_cohorts_by_their_people_and_leaves_degenerate_ones_out():
    told = fairness(
        "hours",
        list("abcdef"),
        ["two", "two", "three", "three", "three", "one"],
        np.array([0.0, 1.0, 1.0, 2.0, 3.0, 9.0]),
        empty=["none"],
    )
    assert [each.cohort for each in told.cohorts] == ["none", "one", "three", "two"]
    assert told.overall == pytest.approx((2 * (1 - 1 / 2) + 3 * (1 - 2 / 9)) / 5)
    assert told.status is StatusLabel.CRITICAL
    assert fairness("hours", ["a"], ["one"], np.array([1.0])).overall is None
    assert fairness("hours", [], [], np.zeros(0)).cohorts == ()


def test_shares_leave_people_without_weight_apart():
    told, absent = fairness_of_shares(
        ["a", "b", "c", "d"],
        ["x", "x", "x", "y"],
        np.array([10.0, 10.0, 99.0, 5.0]),
        np.array([1, 0.5, 0, 0]),
    )
    assert absent == ("c", "d")
    x, y = told.cohorts
    assert (x.people, x.worst_off, x.max_minus_min) == (2, "b", 10)
    assert (y.people, y.fairness) == (0, None)
    assert told.overall == pytest.approx(1 - of([10, 20]))


@settings(max_examples=50)
@given(
    st.lists(st.tuples(st.sampled_from("xyz"), st.floats(0, 100), st.sampled_from([0, 0.5, 1])), max_size=12)
)
def test_every_person_is_compared_or_listed(rows):
    people = [f"p{number}" for number in range(len(rows))]
    told, absent = fairness_of_shares(
        people,
        [cohort for cohort, _, _ in rows],
        np.array([hours for _, hours, _ in rows], float),
        np.array([weight for _, _, weight in rows], float),
    )
    assert sum(each.people for each in told.cohorts) + len(absent) == len(rows)
    assert {each.cohort for each in told.cohorts} == {cohort for cohort, _, _ in rows}
