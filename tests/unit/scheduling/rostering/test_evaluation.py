"""A roster is judged by the rules' own words."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from residency.scheduling.rostering.evaluation import evaluate
from residency.scheduling.rostering.neighbourhoods import penalty_of

LEGAL = [
    ".EELL...",
    "EELL....",
    "E...EL.L",
]


def roster_of(*rows):
    return np.array([["EL".find(shift) for shift in row.replace(".", "_")] for row in rows], np.int16)


def broken(instance, person, row):
    rows = list(LEGAL)
    rows[person] = row
    return list(evaluate(instance, roster_of(*rows)).broken)


def test_penalties_are_told_by_kind(instance, price):
    # Missing: L on days 0 and 1, one of two E on 4, E on 5, L on 6; one too many: E on 0 and 1, L on 3.
    roster = roster_of(*LEGAL)
    judged = evaluate(instance, roster)
    assert not judged.broken
    assert (judged.cover_under, judged.cover_over) == (500, 3)
    assert (judged.shift_on_requests, judged.shift_off_requests) == (3, 1)
    assert judged.penalty == price(instance, roster) == penalty_of(instance, roster)


@pytest.mark.parametrize(
    ("person", "row", "told"),
    [
        (0, "EEEE....", "Ann works E on day 0, a day off"),
        (0, ".LE.....", "Ann works E on day 2 right after L"),
        (0, ".EELLL..", "Ann works L 3 times, at most 2 allowed"),
        (0, ".EE.....", "Ann works 960 minutes, 1440 to 3000 allowed"),
        (0, ".EEEEE..", "Ann works 5 days in a row from day 1, at most 4 allowed"),
        (0, ".EE..E..", "Ann works 1 days in a row from day 5, at least 2 required"),
        (0, ".EE.EE..", "Ann is free for 1 days from day 3, at least 2 required"),
        (1, "EEE..EE.", "Bo works 1 weekends, at most 0 allowed"),
        (1, "EEE...EE", "Bo works 1 weekends, at most 0 allowed"),
    ],
)
def test_each_broken_constraint_is_told(instance, person, row, told):
    assert told in broken(instance, person, row)


@pytest.mark.parametrize("row", ["E..EEE..", "EEE....E", ".......E", "E...EEE."])
def test_runs_at_the_edges_may_be_short(instance, row):
    assert not [
        sentence for sentence in broken(instance, 1, row) if "in a row" in sentence or "free" in sentence
    ]


def test_a_roster_of_another_size_is_refused(instance):
    with pytest.raises(ValueError, match=r"shape \(1, 8\) for 3 people and 8 days"):
        evaluate(instance, roster_of(LEGAL[0]))
    with pytest.raises(ValueError, match="shifts -1 to 2 for 2 shifts"):
        evaluate(instance, np.where(roster_of(*LEGAL) == 1, 2, -1))


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_any_roster_is_judged_as_the_other_judge_does(instance, is_legal, price, data):
    rows = data.draw(st.lists(st.lists(st.integers(-1, 1), min_size=8, max_size=8), min_size=3, max_size=3))
    roster = np.array(rows, np.int16)
    judged = evaluate(instance, roster)
    assert judged.penalty == price(instance, roster) == penalty_of(instance, roster)
    for person, name in enumerate(instance.person_ids):
        told = any(sentence.startswith(name) for sentence in judged.broken)
        assert told != is_legal(instance, person, rows[person])
