"""CALL_Q3, HOME_CALL and NIGHT_FLOAT: a night is one whose midnight lies in the duty."""

import pytest

MARCH = ("2026-03-02", "2026-03-30")


def nights(records, kind, days, first="2026-03-02"):
    """Duty from 19:00 to 07:00 on the given days, counted from the first."""
    every = records.shifts(first, range(7), "19:00", [720] * (max(days) + 1))
    return [(*every[day], kind) for day in days]


@pytest.fixture
def tally(verdicts, records):
    """(checked, violations, warnings) of a rule."""
    return lambda rule, rows, rules="acgme-2017", **rest: verdicts(records.record_of(rows, **rest), rules)[
        "by_rule"
    ][rule]


@pytest.mark.parametrize(("count", "allowed"), [(9, True), (10, False)])
@pytest.mark.parametrize("rules", ["acgme-2017", "acgme-2011"])
def test_in_house_call_every_third_night_of_28_days(found, records, count, allowed, rules):
    rows = nights(records, "in_house_call", range(0, 2 * count, 2))
    broken = [] if allowed else [(count, 9, "violation")]
    assert found("CALL_Q3", rows, rules, periods=[MARCH], pgy=2) == broken


@pytest.mark.parametrize(
    ("days", "leave", "allowed"),
    [
        (9, [], 3),
        (8, [], 2),
        (12, [("2026-03-02", "2026-03-05")], 3),
        (12, [("2026-03-02", "2026-03-06")], 2),
    ],
)
def test_the_nights_allowed_are_a_third_of_the_countable_days(found, records, days, leave, allowed):
    period = ("2026-03-02", f"2026-03-{2 + days:02}")
    for count in (allowed, allowed + 1):
        rows = nights(records, "in_house_call", range(4, 4 + count))
        broken = [(count, allowed, "violation")] if count > allowed else []
        assert found("CALL_Q3", rows, periods=[period], leave=leave) == broken


def test_nights_belong_to_the_window_of_the_evening(found, records):
    periods = [("2026-03-02", "2026-03-05"), ("2026-03-05", "2026-03-08")]
    assert found("CALL_Q3", nights(records, "in_house_call", [1, 2]), periods=periods) == [
        (2, 1, "violation")
    ]
    assert found("CALL_Q3", nights(records, "in_house_call", [2, 3]), periods=periods) == []
    assert found("CALL_Q3", nights(records, "in_house_call", [3, 4]), periods=periods) == [
        (2, 1, "violation")
    ]


@pytest.mark.parametrize(
    ("start", "end", "count"),
    [
        ("2026-03-03T18:00", "2026-03-04T00:00", 0),
        ("2026-03-03T18:00", "2026-03-04T00:01", 1),
        ("2026-03-04T00:00", "2026-03-04T07:00", 1),
        ("2026-03-04T00:01", "2026-03-04T07:00", 0),
        ("2026-03-03T00:00", "2026-03-05T00:00", 2),
        ("2026-03-03T00:00", "2026-03-05T00:01", 3),
    ],
)
def test_a_night_is_one_whose_midnight_lies_in_the_duty(found, start, end, count):
    given = {"periods": [("2026-03-02", "2026-03-05")], "leave": [("2026-03-02", "2026-03-03")]}
    broken = [(count, 0, "violation")] if count else []
    assert found("CALL_Q3", [(start, end, "in_house_call")], **given) == broken


def test_the_midnight_is_the_sites(found):
    rows = [("2026-03-03T18:00+00:00", "2026-03-04T02:00+00:00", "in_house_call")]
    rows += [("2026-03-04T18:00+00:00", "2026-03-05T02:00+00:00", "in_house_call")]
    period = [("2026-03-02", "2026-03-07")]
    assert found("CALL_Q3", rows, periods=period) == [(2, 1, "violation")]
    assert found("CALL_Q3", rows, zone="Pacific/Honolulu", periods=period) == []


def test_only_in_house_call_is_call(tally, records):
    for kind in ("night_float", "home_call", "home_call_in", "duty"):
        assert tally("CALL_Q3", nights(records, kind, range(20)), periods=[MARCH], pgy=2) == (0, 0, 0)
    mixed = nights(records, "night_float", range(20)) + nights(records, "in_house_call", [22])
    assert tally("CALL_Q3", mixed, periods=[MARCH]) == (1, 0, 0)


def test_every_window_of_somebody_with_call_is_checked(tally, records):
    rows = nights(records, "in_house_call", [1]) + nights(records, "duty", range(15, 20))
    periods = [("2026-03-02", "2026-03-16"), ("2026-03-16", "2026-03-23")]
    assert tally("CALL_Q3", rows, periods=periods) == (1, 0, 0)
    known = [("2026-03-02", "2026-03-16")]
    assert tally("CALL_Q3", rows, periods=periods, known=known) == (2, 0, 0)


@pytest.mark.parametrize(
    ("count", "leave", "limit"),
    [
        (14, [], None),
        (15, [], 14),
        (13, [("2026-03-30", "2026-04-01")], None),
        (14, [("2026-03-02", "2026-03-03")], 13.5),
        (13, [("2026-03-02", "2026-03-03")], None),
    ],
)
def test_home_call_on_more_than_every_second_night(found, records, count, leave, limit):
    rows = nights(records, "home_call", range(4, 4 + count))
    rows += [("2026-03-02T08:00", "2026-03-02T10:00"), ("2026-03-27T08:00", "2026-03-27T10:00")]
    warned = [(count, limit, "warning")] if limit else []
    assert found("HOME_CALL", rows, periods=[MARCH], leave=leave) == warned


def test_home_call_is_looked_at_where_it_overlaps_a_window(tally, records):
    rows = [
        ("2026-03-08T17:00", "2026-03-09T00:00", "home_call"),
        ("2026-03-10T08:00", "2026-03-10T10:00", "duty"),
    ]
    periods = [("2026-03-02", "2026-03-09"), ("2026-03-09", "2026-03-16")]
    assert tally("HOME_CALL", rows, periods=periods) == (1, 0, 0)
    rows[0] = ("2026-03-08T17:00", "2026-03-09T00:01", "home_call")
    assert tally("HOME_CALL", rows, periods=periods) == (2, 0, 0)
    assert tally("HOME_CALL", rows[1:], periods=periods) == (0, 0, 0)


def test_one_day_of_home_call_in_one_day_is_too_often(found):
    rows = [("2026-03-02T17:00", "2026-03-03T07:00", "home_call")]
    assert found("HOME_CALL", rows, periods=[("2026-03-02", "2026-03-03")]) == [(1, 0.5, "warning")]
    assert found("HOME_CALL", rows, periods=[("2026-03-02", "2026-03-04")]) == []


def test_runs_of_night_float_are_told_with_their_days(verdicts, records):
    rows = nights(records, "night_float", [*range(7), *range(8, 14), *range(15, 24)])
    said = verdicts(records.record_of(rows, pgy=2), "acgme-2011")
    assert said["by_rule"]["NIGHT_FLOAT"] == (3, 2, 0)
    assert [finding[1:6] for finding in said["findings"] if finding[2] == "NIGHT_FLOAT"] == [
        ("2026-03-02", "NIGHT_FLOAT", "must", "2026-03-09", 7),
        ("2026-03-17", "NIGHT_FLOAT", "must", "2026-03-26", 9),
    ]
    assert verdicts(records.record_of(rows))["by_rule"]["NIGHT_FLOAT"] == (0, 0, 0)


def test_a_run_may_begin_before_and_end_after_a_window(verdicts, records):
    rows = nights(records, "night_float", range(7))
    periods = [("2026-03-04", "2026-03-06")]
    said = verdicts(records.record_of(rows, pgy=2, periods=periods), "acgme-2011")
    assert said["by_rule"]["NIGHT_FLOAT"] == (1, 1, 0)


def test_call_between_two_runs_of_night_float_is_no_night_float(found, records):
    rows = nights(records, "night_float", [0, 1, 2, 4, 5, 6]) + nights(records, "in_house_call", [3])
    assert found("NIGHT_FLOAT", rows, "acgme-2011", pgy=2) == []


@pytest.mark.parametrize(
    ("pgy", "checked", "violations", "unknown"), [(1, 2, 2, 0), (2, 2, 0, 0), (None, 0, 0, 2)]
)
def test_first_year_residents_do_not_moonlight(verdicts, records, pgy, checked, violations, unknown):
    rows = [
        ("2026-03-02T18:00", "2026-03-02T20:00", "moonlighting_internal"),
        ("2026-03-02T20:00", "2026-03-02T22:30", "moonlighting_external"),
        ("2026-03-03T18:00", "2026-03-03T20:00", "moonlighting_external"),
    ]
    for rules in ("acgme-2017", "acgme-2011"):
        said = verdicts(records.record_of(rows, pgy=pgy), rules)
        assert said["by_rule"]["MOONLIGHTING"] == (checked, violations, 0)
        found = [finding[5:] for finding in said["findings"] if finding[2] == "MOONLIGHTING"]
        assert found == [(4.5, 0, "h", "violation"), (2, 0, "h", "violation")][:violations]
        missing = [start for rule, _, start in said["not_applicable"] if rule == "MOONLIGHTING"]
        assert missing == ["2026-03-02T18:00:00+00:00", "2026-03-03T18:00:00+00:00"][:unknown]


def test_the_year_of_moonlighting_is_that_of_its_day(verdicts, records):
    from dataclasses import replace

    rows = [
        ("2026-06-30T18:00", "2026-06-30T20:00", "moonlighting_internal"),
        ("2026-07-01T18:00", "2026-07-01T20:00", "moonlighting_internal"),
    ]
    record = replace(records.record_of(rows), pgy={(0, 2025): 1, (0, 2026): 2})
    assert verdicts(record)["by_rule"]["MOONLIGHTING"] == (2, 1, 0)
    half_known = replace(record, pgy={(0, 2026): 2})
    assert verdicts(half_known)["by_rule"]["MOONLIGHTING"] == (1, 0, 0)


def test_home_call_in_a_window_of_nothing_but_leave_is_not_judged(tally, records):
    rows = [*nights(records, "home_call", range(9)), ("2026-03-18T08:00", "2026-03-18T10:00")]
    given = {"periods": [("2026-03-02", "2026-03-09")], "leave": [("2026-03-02", "2026-03-09")]}
    assert tally("HOME_CALL", rows, **given) == (0, 0, 0)


def test_runs_of_night_float_belong_to_their_person(verdicts, records):
    rows = [
        (person, *row[:2], "night_float")
        for person in range(4)
        for row in nights(records, "night_float", range(person, person + 7))
    ]
    said = verdicts(records.record_of(rows, people=("A", "B", "C", "D"), pgy=2), "acgme-2011")
    assert [finding[:2] for finding in said["findings"] if finding[2] == "NIGHT_FLOAT"] == [
        ("A", "2026-03-02"),
        ("B", "2026-03-03"),
        ("C", "2026-03-04"),
        ("D", "2026-03-05"),
    ]


def test_a_run_of_the_last_of_very_many_people_is_theirs(verdicts, records):
    people = tuple(f"P{number:03}" for number in range(300))
    rows = [(299, *row[:2], "night_float") for row in nights(records, "night_float", range(7))]
    said = verdicts(records.record_of(rows, people=people, pgy=2), "acgme-2011")
    assert [finding[:2] for finding in said["findings"] if finding[2] == "NIGHT_FLOAT"] == [
        ("P299", "2026-03-02")
    ]
