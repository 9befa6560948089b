"""CONTINUOUS_24_4 and PGY1_SHIFT_CAP: how long a period of work may last and what may follow it."""

import pytest

RULE, CAP = "CONTINUOUS_24_4", "PGY1_SHIFT_CAP"
MINUTE = 1 / 60


def at(hour):
    """Local time so many hours after midnight of a Monday."""
    minutes = round(hour * 60)
    return f"2026-03-{2 + minutes // 1440:02}T{minutes // 60 % 24:02}:{minutes % 60:02}"


def rows_of(*rows):
    return [(at(start), at(end), *rest) for start, end, *rest in rows]


@pytest.mark.parametrize(
    ("rows", "value", "limit"),
    [
        ([(0, 24, "duty")], None, None),
        ([(0, 24 + MINUTE, "duty")], 24 + MINUTE, 24),
        ([(0, 24, "duty"), (24, 28, "transition")], None, None),
        ([(0, 24, "duty"), (24, 26, "transition"), (26, 28, "education")], None, None),
        ([(0, 24, "duty"), (24, 28 + MINUTE, "transition")], 28 + MINUTE, 28),
        ([(0, 24, "duty"), (24, 26, "education"), (26, 28 + MINUTE, "transition")], 28 + MINUTE, 28),
        ([(0, 20, "duty"), (20, 28, "transition")], None, None),
        ([(0, 20, "duty"), (20, 28 + MINUTE, "transition")], 28 + MINUTE, 28),
        ([(0, 24, "duty"), (24, 27, "transition"), (27, 27 + MINUTE, "duty")], 27 + MINUTE, 24),
        ([(0, 24, "duty"), (24, 29, "transition"), (25, 26, "duty")], 29, 24),
        ([(0, 24, "duty"), (24, 30, "voluntary_stay")], None, None),
        ([(0, 24, "duty"), (24, 28, "transition"), (28, 40, "voluntary_stay")], None, None),
        ([(0, 24, "duty"), (24, 28, "transition"), (24, 40, "voluntary_stay")], None, None),
        ([(0, 24, "duty"), (24, 26, "voluntary_stay"), (26, 30, "transition")], None, None),
        ([(0, 24, "duty"), (24, 26, "voluntary_stay"), (26, 30 + MINUTE, "transition")], 28 + MINUTE, 28),
        ([(0, 24, "duty"), (24, 30, "voluntary_stay"), (29, 30, "duty")], 25, 24),
        ([(0, 12, "duty"), (12, 24, "duty"), (24, 25, "moonlighting_external")], 25, 24),
        ([(0, 12, "duty"), (12, 25, "night_float")], 25, 24),
        ([(0, 25, "in_house_call")], 25, 24),
        ([(0, 24, "duty"), (24, 25, "home_call_in")], 25, 24),
        ([(0, 24, "duty"), (24, 30, "home_work")], None, None),
        ([(0, 24, "duty"), (24, 30, "home_call")], None, None),
        ([(0, 30, "home_work")], None, None),
        ([(0, 24, "duty"), (24 + MINUTE, 40, "duty")], None, None),
        ([(0, 24, "duty"), (24, 26, "transition", True)], 26, 24),
        ([(0, 24, "duty"), (24, 26, "transition"), (24, 25, "home_work", True)], None, None),
        ([(0, 24, "duty", True), (24, 26, "transition")], None, None),
        ([(0, 24, "duty"), (24, 28 + MINUTE, "transition", True)], 28 + MINUTE, 28),
        ([(0, 24, "duty"), (24, 26, "voluntary_stay", True)], 24, 24),
        ([(0, 20, "duty"), (20, 25, "education", True)], 25, 24),
        ([(0, 30, "transition")], 30, 28),
        ([(0, 28, "education")], None, None),
    ],
)
def test_24_hours_and_four_for_transition(found, verdicts, records, rows, value, limit):
    expected = [(pytest.approx(value), limit, "violation")] if value else []
    assert found(RULE, rows_of(*rows)) == expected
    assert found(RULE, rows_of(*rows), "acgme-2011", pgy=2) == expected
    assert found(RULE, rows_of(*rows), "acgme-2011") == expected
    assert found(RULE, rows_of(*rows), "acgme-2011", pgy=1) == []


def test_every_period_is_checked_once(verdicts, records):
    rows = rows_of((0, 10), (10, 12, "education"), (20, 30), (40, 70), (40, 50, "home_work"))
    record = records.record_of(rows, pgy=2)
    assert verdicts(record)["by_rule"][RULE] == (3, 1, 0)
    assert verdicts(record)["by_rule"][CAP] == (0, 0, 0)
    assert verdicts(record, "acgme-2011")["by_rule"][CAP] == (0, 0, 0)
    first_year = records.record_of(rows, pgy=1)
    assert verdicts(first_year)["by_rule"][RULE] == (3, 1, 0)
    assert verdicts(first_year, "acgme-2011")["by_rule"][RULE] == (0, 0, 0)
    assert verdicts(first_year, "acgme-2011")["by_rule"][CAP] == (3, 1, 0)


@pytest.mark.parametrize("hours", [16 - MINUTE, 16, 16 + MINUTE])
def test_sixteen_hours_for_the_first_year_of_2011(found, hours):
    rows = rows_of((0, 10), (10, hours, "transition"))
    broken = [(pytest.approx(hours), 16, "violation")] if hours > 16 else []
    assert found(CAP, rows, "acgme-2011", pgy=1) == broken
    assert found(CAP, rows, "acgme-2011", pgy=2) == []
    assert found(CAP, rows, "acgme-2011") == []
    assert found(CAP, rows, pgy=1) == []


@pytest.mark.parametrize("hours", [16, 16 + MINUTE])
def test_an_unknown_year_is_not_a_pass(verdicts, records, hours):
    record = records.record_of(rows_of((0, hours)))
    missing = [(CAP, "R", "2026-03-02T00:00:00+00:00")] if hours > 16 else []
    said = verdicts(record, "acgme-2011")
    assert [each for each in said["not_applicable"] if each[0] == CAP] == missing
    assert said["by_rule"][CAP] == (0, 0, 0)
    assert [each for each in verdicts(record)["not_applicable"] if each[0] == CAP] == []


def test_the_year_of_a_period_is_that_of_its_local_beginning(records, verdicts):
    from dataclasses import replace

    rows = [("2026-06-30T20:00", "2026-07-01T14:00"), ("2026-07-02T00:00", "2026-07-02T18:00")]
    for zone in ("Pacific/Honolulu", "Australia/Lord_Howe"):
        record = replace(records.record_of(rows, zone=zone), pgy={(0, 2025): 1, (0, 2026): 2})
        said = verdicts(record, "acgme-2011")
        assert said["by_rule"][CAP] == (1, 1, 0)
        assert said["by_rule"][RULE] == (1, 0, 0)


def test_a_night_of_25_hours_on_the_clock_may_be_24(found):
    rows = [("2026-03-28T07:00", "2026-03-29T08:00")]
    assert found(RULE, rows, zone="Europe/London") == []
    assert found(RULE, rows, zone="UTC") == [(25, 24, "violation")]
    autumn = [("2026-10-24T07:00", "2026-10-25T07:00")]
    assert found(RULE, autumn, zone="Europe/London") == [(25, 24, "violation")]


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([(0, 25, "duty")], ["25 h", "24 h"]),
        ([(0, 24, "duty"), (24, 29, "transition")], ["29 h", "5 h", "4 h"]),
        ([(0, 24, "duty"), (24, 25, "transition", True)], ["new patient", "24 h"]),
        ([(0, 25, "duty"), (25, 28, "voluntary_stay")], ["28 h", "3 h", "voluntar"]),
    ],
)
def test_the_arithmetic_says_which_part_is_too_much(records, rows, words):
    from residency.acgme.engine import judge
    from residency.acgme.rules import rule_set

    (found,) = judge(records.record_of(rows_of(*rows)), rule_set("acgme-2017")).violations
    for word in words:
        assert word in found.arithmetic
    assert (found.window_start, found.window_end) == (f"{at(0)}:00+00:00", f"{at(rows[-1][1])}:00+00:00")


@pytest.mark.parametrize(("from_year", "checked"), [(1, 1), (2, 1), (3, 0)])
def test_an_unknown_year_is_judged_as_the_second(records, from_year, checked):
    from residency.acgme.engine import judge
    from residency.acgme.rules import rule_set

    rules = rule_set("acgme-2011")
    later = rules.rules.CONTINUOUS_24_4.model_copy(update={"min_pgy": from_year})
    rules = rules.model_copy(update={"rules": rules.rules.model_copy(update={RULE: later})})
    assert judge(records.record_of(rows_of((0, 10))), rules).by_rule[RULE].checked == checked
