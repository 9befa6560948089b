"""What must hold for any record: how duty is written makes no difference, and more of it cures nothing."""

import random
from collections import Counter
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from residency.acgme.engine import judge
from residency.acgme.kinds import COUNTED, KIND_CODES
from residency.acgme.record import AveragingPeriod, Duties
from residency.acgme.rules import rule_set

SEEDS = st.integers(0, 10**6)
RULE_SETS = st.sampled_from(["acgme-2017", "acgme-2011", "local-default"])
NEVER_CURED = ("HOURS_80", "FREE_DAY", "CALL_Q3")


@pytest.fixture(scope="session")
def drawn(records):
    """A record with some duty, and the source of randomness it was drawn from."""

    def drawn(seed):
        for attempt in range(9):
            rng = random.Random(f"{seed} {attempt}")  # noqa: S311 - a sample, not a secret
            record = records.random_record(rng, people=2, weeks=6)
            if len(record.duties):
                return record, rng
        raise AssertionError(f"nine records without duty from {seed}")

    return drawn


def with_periods(record, rng):
    """The record with averaging periods for everybody, and one level for each person in all years."""
    first, last = int(record.duties.start.min()) // 1440, int(record.duties.end.max()) // 1440
    length, periods = timedelta(days=rng.choice([7, 14, 28])), []
    for person in range(len(record.people)):
        day = np.datetime64(first - 7, "D").item()
        while day <= np.datetime64(last, "D").item():
            periods.append(AveragingPeriod(person, day, day + length))
            day += length
    pgy = {key: 1 + key[0] for key in record.pgy}
    return replace(record, periods=tuple(periods), pgy=pgy)


def with_duties(record, *columns):
    return replace(record, duties=Duties(*columns))


@settings(max_examples=25)
@given(seed=SEEDS, rules=RULE_SETS)
def test_the_order_of_entries_makes_no_difference(drawn, seed, rules):
    record, rng = drawn(seed)
    rows = list(range(len(record.duties)))
    rng.shuffle(rows)
    leave = list(range(len(record.leave.person)))
    rng.shuffle(leave)
    turned = replace(
        record,
        duties=record.duties.take(np.array(rows)),
        leave=type(record.leave)(
            *(column[leave] for column in (record.leave.person, record.leave.first, record.leave.last))
        ),
        periods=record.periods[::-1],
        exceptions=record.exceptions[::-1],
        known=record.known[::-1],
    )
    assert judge(turned, rule_set(rules)) == judge(record, rule_set(rules))


@settings(max_examples=40)
@given(seed=SEEDS, rules=RULE_SETS)
def test_splitting_entries_at_any_instant_makes_no_difference(drawn, seed, rules):
    record, rng = drawn(seed)
    whole, parts = record.duties, []
    for row in range(len(whole)):
        start, end = int(whole.start[row]), int(whole.end[row])
        cuts = sorted(rng.sample(range(start + 1, end), min(rng.choice([0, 1, 3]), end - start - 1)))
        for begin, until in zip([start, *cuts], [*cuts, end], strict=True):
            parts.append((whole.person[row], begin, until, whole.kind[row], whole.new_patient[row]))
    columns = zip(*parts, strict=True)
    types = (np.int32, np.int64, np.int64, np.int8, np.bool_)
    split = with_duties(record, *(np.array(each, of) for each, of in zip(columns, types, strict=True)))
    assert len(split.duties) >= len(whole)
    assert judge(split, rule_set(rules)) == judge(record, rule_set(rules))


@settings(max_examples=25)
@given(seed=SEEDS, rules=RULE_SETS)
def test_writing_an_entry_twice_makes_no_difference(drawn, seed, rules):
    record, _ = drawn(seed)
    rows = np.repeat(np.arange(len(record.duties)), 2)
    assert judge(replace(record, duties=record.duties.take(rows)), rule_set(rules)) == judge(
        record, rule_set(rules)
    )


@pytest.mark.parametrize("rules", ["acgme-2017", "acgme-2011"])
def test_adding_work_never_cures(drawn, rules):
    kept = Counter()
    for seed in range(120):
        record, rng = drawn(seed)
        record = with_periods(record, rng)
        person, duties = rng.randrange(len(record.people)), record.duties
        start = rng.randrange(int(duties.start.min()), int(duties.end.max()))
        end = start + rng.choice([1, 60, 600, 1440, 5000])
        kind = KIND_CODES[rng.choice(sorted(COUNTED))]
        more = with_duties(
            record,
            np.append(duties.person, np.int32(person)),
            np.append(duties.start, start),
            np.append(duties.end, end),
            np.append(duties.kind, np.int8(kind)),
            np.append(duties.new_patient, False),
        )
        before, after = judge(record, rule_set(rules)).violations, judge(more, rule_set(rules)).violations
        still = {(found.rule, found.person, found.window_start) for found in after}
        for found in before:
            if found.rule in NEVER_CURED:
                assert (found.rule, found.person, found.window_start) in still, seed
                kept[found.rule] += 1
        moonlighting = [each for each in after if each.rule == "MOONLIGHTING"]
        for found in before:
            if found.rule == "MOONLIGHTING":
                assert any(
                    each.person == found.person
                    and each.window_start <= found.window_start
                    and found.window_end <= each.window_end
                    for each in moonlighting
                ), seed
                kept[found.rule] += 1
    assert all(kept[rule] >= 15 for rule in (*NEVER_CURED, "MOONLIGHTING")), kept


TIGHTER = {
    "HOURS_80": {"max_hours": 72},
    "FREE_DAY": {"one_day_in": 5},
    "REST_8": {"min_hours": 9, "should_hours": 12},
    "REST_14_AFTER_24": {"min_hours": 16},
    "CONTINUOUS_24_4": {"max_hours": 20, "max_transition_hours": 2},
    "PGY1_SHIFT_CAP": {"max_hours": 12},
    "MOONLIGHTING": {"min_pgy": 3},
    "NIGHT_FLOAT": {"max_nights": 4},
    "CALL_Q3": {"one_night_in": 4},
    "HOME_CALL": {"one_night_in": 3},
}


@pytest.mark.parametrize("rule", TIGHTER)
def test_a_tighter_limit_never_loses_a_finding_and_finds_more(drawn, rule):
    rules = rule_set("acgme-2011")
    limits = getattr(rules.rules, rule).model_copy(update=TIGHTER[rule])
    tight = rules.model_copy(update={"rules": rules.rules.model_copy(update={rule: limits})})
    before, after = Counter(), Counter()
    for seed in range(40):
        record, _ = drawn(seed)
        loose, found = (
            {(each.rule, each.person, each.window_start) for each in judge(record, each_rules).findings}
            for each_rules in (rules, tight)
        )
        assert loose <= found, seed
        before[rule] += sum(each[0] == rule for each in loose)
        after[rule] += sum(each[0] == rule for each in found)
    assert after[rule] > before[rule]


def test_nobody_changes_what_is_said_of_another(drawn):
    for seed in range(20):
        record, _ = drawn(seed)
        both = judge(record, rule_set())
        mine = record.duties.take(record.duties.person == 0)
        alone = judge(replace(record, duties=mine), rule_set())
        name = record.people[0]
        assert [each for each in both.findings if each.person == name] == [
            each for each in alone.findings if each.person == name
        ]
        assert both.people[0] == alone.people[0]
