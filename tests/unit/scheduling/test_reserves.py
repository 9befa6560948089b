"""Who can be spared in a half-day, against matching it anew; and that nothing is left to fill."""

from dataclasses import replace

import numpy as np
import pytest

from residency.scheduling.matching import HalfDay, Limits
from residency.scheduling.reserves import Reserve

SEEDS = 30


@pytest.fixture
def problems(repair_cases):
    """Random problems, larger ones among them."""
    return [repair_cases.problem_of(seed, size) for seed in range(SEEDS) for size in _sizes(repair_cases)]


def _sizes(repair_cases):
    return repair_cases.TINY, repair_cases.MEDIUM


def filled(problem, block):
    nobody = np.zeros(len(problem.present), np.bool_)
    barred = np.zeros((len(problem.snapshot.locations), len(nobody)), np.bool_)
    half_day = HalfDay(problem, block, Limits(nobody, nobody, barred), np.zeros(len(nobody), np.int64))
    half_day.fill()
    return half_day


def empty_value(problem, block):
    half_day = filled(problem, block)
    return int((half_day.empty * half_day.value).sum())


def test_whoever_can_be_spared_leaves_no_slot_empty_and_nobody_else_does(problems):
    answers = []
    for problem in problems:
        for block in range(min(problem.snapshot.period.blocks, 4)):
            reserve, working = Reserve(problem, block), problem
            for person in np.flatnonzero(problem.present[:, block] & ~problem.fixed[:, block]).tolist():
                rest = ~working.present & False
                rest[person, block] = True
                without = working.resting(rest)
                costs = empty_value(without, block) > empty_value(working, block)
                assert reserve.can_spare(person) is not costs
                if not costs:
                    reserve.release(person)
                    working = without
                answers.append(costs)
    assert 0.1 < np.mean(answers) < 0.9


def test_a_filled_half_day_has_no_slot_that_can_be_filled_for_less_than_it_is_worth(problems):
    left = 0
    for problem in problems:
        for block in range(min(problem.snapshot.period.blocks, 8)):
            half_day = filled(problem, block)
            for post in np.flatnonzero(half_day.empty).tolist():
                assert not half_day.insert(post, int(half_day.value[post]))
                left += 1
    assert left > 100


def test_a_later_slot_of_equal_worth_may_undo_changes_made_for_an_earlier_one(repair_situations):
    # h goes to the ward and i follows to where h was; with i in administration nobody else need move.
    made = repair_situations
    people = [made.attending(name) for name in "hijk"]
    asked = made.coverage(("WARD", 0, 0, 1), ("AT", 0, 0, 1), ("ADM", 0, 0, 2), ("AWAY", 0, 0, 1))
    problem = made.situation(people, [("h", "AWAY", 0, 0), ("j", "ADM", 0, 0)], asked)
    eligible = np.zeros_like(problem.eligible)
    able = {made.WARD: [0], made.AT: [2], made.ADMIN: [1, 2], made.CODE["AWAY"]: [0, 1]}
    for post, service in enumerate(problem.post_service.tolist()):
        eligible[:, post, able[service]] = True
    problem = replace(problem, eligible=eligible, post_category=np.ones_like(problem.post_category))
    nobody = np.zeros(len(people), np.bool_)
    barred = np.zeros((len(problem.snapshot.locations), len(people)), np.bool_)
    withdrawn = np.arange(len(people)) == 3  # without any such person idle people would be taken at once
    half_day = HalfDay(problem, 0, Limits(nobody, withdrawn, barred), np.zeros(len(people), np.int64))
    half_day.fill()
    assert [made.SERVICES[each].abbreviation for each in half_day.result()[0][:3]] == ["AWAY", "ADM", "ADM"]
