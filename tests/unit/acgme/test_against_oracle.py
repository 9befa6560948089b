"""The engine and a slow judge say the same of many records, in which every rule is broken and kept often."""

import random
from collections import Counter
from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from residency.acgme.kinds import DutyKind

RECORDS = 75
RULE_SETS = ("acgme-2017", "acgme-2011")
OFTEN = {
    ("HOURS_80", "violation"): 60,
    ("HOURS_80", "early_warning"): 60,
    ("FREE_DAY", "violation"): 30,
    ("REST_8", "violation"): 400,
    ("REST_8", "warning"): 1000,
    ("REST_14_AFTER_24", "violation"): 100,
    ("CONTINUOUS_24_4", "violation"): 300,
    ("PGY1_SHIFT_CAP", "violation"): 100,
    ("MOONLIGHTING", "violation"): 100,
    ("NIGHT_FLOAT", "violation"): 5,
    ("CALL_Q3", "violation"): 15,
    ("HOME_CALL", "warning"): 15,
}
UNJUDGED = ("HOURS_80", "FREE_DAY", "CALL_Q3", "PGY1_SHIFT_CAP", "MOONLIGHTING")
CHECKED = {"HOURS_88_EXCEPTION": 100, "NIGHT_FLOAT": 100, "CALL_Q3": 150, "HOME_CALL": 150}


def test_engine_and_oracle_agree_on_many_random_records(records, verdicts):
    found, checked, unjudged = Counter(), Counter(), Counter()
    for seed in range(RECORDS):
        record = records.random_record(random.Random(seed))  # noqa: S311 - a sample, not a secret
        for rules in RULE_SETS:
            slow = verdicts(record, rules, slow=True)
            assert verdicts(record, rules) == slow, (seed, rules)
            found += Counter((finding[2], finding[-1]) for finding in slow["findings"])
            unjudged += Counter(rule for rule, *_ in slow["not_applicable"])
            for rule, (count, *_) in slow["by_rule"].items():
                checked[rule] += count
    rare = {key: (found[key], least) for key, least in OFTEN.items() if found[key] < least}
    rare |= {rule: checked[rule] for rule in checked if checked[rule] < CHECKED.get(rule, 300)}
    rare |= {rule: unjudged[rule] for rule in UNJUDGED if unjudged[rule] < 20}
    assert not rare


CRITICAL_HOURS = st.sampled_from([1, 4, 8, 10, 12, 14, 16, 20, 24, 28, 32, 48, 72, 80])
LENGTHS = st.builds(lambda hours, near: 60 * hours + near, CRITICAL_HOURS, st.sampled_from([-1, 0, 0, 1]))
KINDS = st.sampled_from([kind.value for kind in DutyKind])
ENTRY = st.tuples(LENGTHS, LENGTHS, KINDS, st.booleans(), st.booleans())
SPANS = st.tuples(st.integers(-2, 40), st.sampled_from([1, 3, 7, 10, 14, 28, 31, 33, 62]))


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(
    place=st.integers(0, 9),
    rules=st.sampled_from(RULE_SETS),
    entries=st.lists(ENTRY, min_size=1, max_size=7),
    pgy=st.sampled_from([None, 1, 2]),
    leave=st.lists(SPANS, max_size=2),
    periods=st.lists(SPANS, max_size=1),
    kind=st.sampled_from(["rotation", "calendar_month"]),
    exceptions=st.lists(SPANS, max_size=2),
    known=st.lists(SPANS, max_size=1),
)
def test_they_agree_on_small_ones(
    records, verdicts, place, rules, entries, pgy, leave, periods, kind, exceptions, known
):
    zone, start = records.NIGHTS_OF_CLOCK_CHANGES[place]
    at, rows = records.minute_of(start.isoformat(), zone), []
    for pause, length, what, new, over in entries:
        at += pause
        rows.append((at, at + length, what, new))
        at += 0 if over else length

    def dates(spans):
        return [
            tuple((start + timedelta(days=day)).isoformat() for day in (first, first + length))
            for first, length in spans
        ]

    record = records.record_of(
        [(records.written(start), records.written(end), *rest) for start, end, *rest in rows],
        zone=zone,
        pgy=pgy,
        leave=dates(leave),
        periods=[(*days, kind) for days in dates(periods)],
        exceptions=[(*days, 88.0) for days in dates(exceptions)],
        known=dates(known),
    )
    assert verdicts(record, rules) == verdicts(record, rules, slow=True)
