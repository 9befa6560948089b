"""A model says by itself what an assignment costs and breaks."""

import numpy as np
import pytest

from residency.scheduling.linear_model import UNLIMITED, LinearModel


def test_rows_of_one_length_and_of_several_stand_after_each_other():
    model = LinearModel()
    first = model.add_variables(2, 0, [3, 5])
    second = model.add_variables(1, -2, 2)
    model.add_rows([[0, 1], [1, 2]], [1, -1], [0, -4], 4)
    model.add_rows([0, 0, 1, 2], 2, upper=9, starts=[0, 1, 4])
    model.add_row([2], lower=-1)
    assert first.tolist() == [0, 1]
    assert second.tolist() == [2]
    assert (model.variables, model.rows) == (3, 5)
    arrays = model.arrays()
    assert arrays.lower.tolist() == [0, 0, -2]
    assert arrays.upper.tolist() == [3, 5, 2]
    assert arrays.starts.tolist() == [0, 2, 4, 5, 8, 9]
    assert arrays.indices.tolist() == [0, 1, 1, 2, 0, 0, 1, 2, 2]
    assert arrays.coefficients.tolist() == [1, -1, 1, -1, 2, 2, 2, 2, 1]
    assert arrays.row_lower.tolist() == [0, -4, -UNLIMITED, -UNLIMITED, -1]
    assert arrays.row_upper.tolist() == [4, 4, 9, 9, UNLIMITED]


def test_costs_of_one_variable_add_up():
    model = LinearModel()
    model.add_variables(2, 0, 9)
    model.minimize([0, 1, 0], [1, 10, 100], constant=7)
    model.minimize([1])
    assert model.cost_of(np.array([2, 3])) == 2 * 101 + 3 * 11 + 7
    assert model.constant == 7
    before = model.arrays()
    model.minimize([1], 5)
    assert before.cost.tolist() == [101, 11]
    assert model.arrays().cost.tolist() == [101, 16]
    model.scale_cost(10)
    model.minimize([0], 1, constant=2)
    assert model.arrays().cost.tolist() == [1011, 160]
    assert model.constant == 72


def test_a_model_of_nothing_costs_nothing():
    model = LinearModel()
    assert model.broken_by(np.zeros(0, np.int64)) is None
    assert model.cost_of(np.zeros(0, np.int64)) == 0


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ([1, 1], None),
        ([1], "1 values do not fit 2 variables"),
        ([1, 4], "variable 1 is 4, allowed is 0..3"),
        ([-1, 1], "variable 0 is -1, allowed is 0..3"),
        ([3, 3], "row 1 is 6, allowed is 2..5"),
        ([0, 1], "row 1 is 1, allowed is 2..5"),
    ],
)
def test_what_an_assignment_breaks_first_is_told(values, told):
    model = LinearModel()
    pair = model.add_variables(2, 0, 3)
    model.add_row([], upper=0)
    model.add_row(pair, lower=2, upper=5)
    assert model.broken_by(np.array(values)) == told


def test_wrong_shapes_are_refused():
    model = LinearModel()
    with pytest.raises(ValueError, match="bounds of variable 1 of 2: 2 exceeds 1"):
        model.add_variables(2, [0, 2], 1)
    model.add_variables(2)
    with pytest.raises(ValueError, match="names variable 2, the model has 2"):
        model.add_row([2])
    with pytest.raises(ValueError, match="names variable -1, the model has 2"):
        model.add_row([0, -1])
    with pytest.raises(ValueError, match="rows of 3 terms do not fit 2 indices"):
        model.add_rows([0, 1], starts=[0, 3])
