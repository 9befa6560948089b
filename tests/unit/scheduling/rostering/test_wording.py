"""What a search found is told in sentences that say how much of it is proven."""

import numpy as np
import pytest

from residency.scheduling.rostering.evaluation import Evaluation
from residency.scheduling.rostering.incumbent import Incumbent
from residency.scheduling.rostering.neighbourhoods import penalty_of
from residency.scheduling.rostering.search import RosterResult
from residency.scheduling.rostering.wording import roster_json, roster_lines, roster_sentences
from residency.scheduling.solver import Status

ROSTER = np.array([[-1, 0, 0, 1, 1, -1, -1, -1], [0, 0, 1, 1, -1, -1, -1, -1], [0, -1, -1, -1, 0, 1, -1, 1]])
JUDGED = Evaluation(3, 1, 500, 3, ())


def found(bound, *remarks):
    status = Status.OPTIMAL if bound == 507 else Status.FEASIBLE
    return RosterResult(status, ROSTER.astype(np.int16), JUDGED, bound, 1.25, remarks)


def test_a_roster_is_told_with_its_gap_and_what_its_penalty_is_made_of(instance):
    told = roster_sentences(found(400, "interrupted"))
    assert told[0] == "Penalty 507; no roster has less than 400, a gap of 21.1 % (after 1.2 s)."
    assert "500 for people missing, 3 for too many" in told[1]
    assert "3 for shifts wanted, 1 for shifts not wanted" in told[1]
    assert told[-1] == "Note: interrupted."
    assert roster_sentences(found(507))[0] == "Penalty 507, proven to be the least possible (after 1.2 s)."
    assert roster_lines(instance, found(400)) == [
        "Ann  . E E L L . . .",
        "Bo   E E L L . . . .",
        "Cy   E . . . E L . L",
    ]


def test_json_says_the_same(instance):
    body = roster_json(instance, found(400))
    assert body["objective"] == 507
    assert body["gap"] == pytest.approx(107 / 507, abs=1e-6)
    assert body["roster"]["Ann"] == ["", "E", "E", "L", "L", "", "", ""]
    assert sum(body["penalties"].values()) == 507


@pytest.mark.parametrize(
    ("status", "bound", "told"),
    [
        (Status.INFEASIBLE, None, "No roster keeps every hard constraint (after 2.0 s)."),
        (Status.UNKNOWN, 7, "No roster was found after 2.0 s; more time may find one (--time-limit)."),
    ],
)
def test_no_roster_is_told_with_what_is_known(instance, status, bound, told):
    result = RosterResult(status, None, None, bound, 2.0, ("why",))
    assert roster_sentences(result) == [told, "Note: why."]
    assert result.gap is None
    body = roster_json(instance, result)
    assert (body["objective"], body["bound"], body["roster"], body["penalties"]) == (None, bound, {}, {})
    assert roster_lines(instance, result) == []


def test_the_best_roster_is_kept_and_the_search_ends_when_it_is_proven(instance):
    told = []
    best = Incumbent(instance, lambda penalty, _: told.append(penalty))
    with pytest.raises(ValueError, match="no roster to put rows into"):
        best.merge(ROSTER, ROSTER)
    assert best.gap() == 1.0
    best.offer(ROSTER)
    worse = np.full_like(ROSTER, -1)
    best.offer(worse)
    best.merge(ROSTER, worse)
    assert told == [507]
    assert best.roster is ROSTER
    best.prove(400)
    best.prove(300)
    assert best.bound == 400
    assert not best.over.is_set()
    best.remark("once")
    best.remark("once")
    assert best.remarks == ["once"]
    best.prove(507)
    assert best.gap() == 0
    assert best.over.is_set()


def test_changes_of_two_searches_are_put_together_unless_that_breaks_a_contract(instance):
    best = Incumbent(instance)
    best.offer(ROSTER)
    one, other, third = ROSTER.copy(), ROSTER.copy(), ROSTER.copy()
    one[1, 1] = 1
    other[2, 0] = 1
    best.merge(ROSTER, one)
    best.merge(ROSTER, other)
    assert best.penalty == penalty_of(instance, best.roster)
    assert best.roster[1, 1] == best.roster[2, 0] == 1
    both = best.roster
    third[1, 2] = 0  # legal in the first roster, not after the late shift that came in between
    best.merge(ROSTER, third)
    assert best.roster is both


def test_that_there_is_no_roster_says_it_all(instance):
    best = Incumbent(instance)
    best.remark("the time was too short")
    best.refute("Ann")
    best.refute("Bo")
    best.remark("the time was too short")
    assert best.remarks == ["Ann"]
    assert best.over.is_set()
