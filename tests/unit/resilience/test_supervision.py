from itertools import combinations
from math import ceil

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from residency.resilience.supervision import SupervisionLosses, deficit

BLOCKS, PEOPLE = 3, 6


@st.composite
def rosters(draw):
    """Each person in each half-day: away, supervising (0) or generating units, at one of two locations."""
    roster = []
    for person in range(PEOPLE):
        for block in range(BLOCKS):
            kind = draw(st.sampled_from([None, 0, 0, 1, 2, 5, 6]))
            if kind is not None:
                roster.append((person, draw(st.integers(0, 1)) * BLOCKS + block, kind))
    return roster


def total(roster, lost=()):
    """Attendings missing over all cells, straight from the rule."""
    missing = 0
    for cell in range(2 * BLOCKS):
        here = [unit for person, where, unit in roster if where == cell and person not in lost]
        missing += max(0, ceil(sum(here) / 4) - here.count(0))
    return missing


def losses_of(roster):
    columns = np.array(roster, np.int64).reshape(-1, 3)
    units, supervisors = np.zeros(2 * BLOCKS, np.int64), np.zeros(2 * BLOCKS, np.int64)
    np.add.at(units, columns[:, 1], columns[:, 2])
    np.add.at(supervisors, columns[:, 1], columns[:, 2] == 0)
    return SupervisionLosses(
        BLOCKS, units, supervisors, columns[:, 0].astype(np.int32), columns[:, 1], columns[:, 2]
    )


@settings(max_examples=800, deadline=None)
@given(rosters(), st.sets(st.integers(0, PEOPLE - 1)))
def test_singles_and_pairs_equal_counting_again(roster, chosen):
    losses, base = losses_of(roster), total(roster)
    assert losses.base.sum() == base
    single = losses.single(PEOPLE)
    assert single.tolist() == [total(roster, (person,)) - base for person in range(PEOPLE)]
    people = np.array(sorted(chosen), np.intp)
    joint = losses.joint(people)
    beyond = dict(zip(joint.keys.tolist(), joint.values.tolist(), strict=True))
    assert 0 not in beyond.values()
    for i, j in combinations(range(len(people)), 2):
        a, b = int(people[i]), int(people[j])
        pair = total(roster, (a, b)) - base
        assert beyond.get(i * len(people) + j, 0) == pair - single[a] - single[b]


@settings(max_examples=400, deadline=None)
@given(rosters())
def test_joint_cells_are_where_two_losses_cost_more_together(roster):
    losses = losses_of(roster)
    for a, b in combinations(range(PEOPLE), 2):
        expected = []
        for cell in range(2 * BLOCKS):
            here = [row for row in roster if row[1] == cell]
            alone = total(here, (a,)) + total(here, (b,)) - total(here)
            if total(here, (a, b)) > alone:
                expected.append(cell)
        assert losses.joint_cells(a, b).tolist() == expected


def test_units_are_added_before_rounding():
    units = np.array([0, 1, 4, 5, 8, 9])
    assert deficit(units, np.zeros(6, np.int64)).tolist() == [0, 1, 1, 2, 2, 3]
    assert deficit(units, np.full(6, 2)).tolist() == [0, 0, 0, 0, 0, 1]
