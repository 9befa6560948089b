"""Which days are averaged together, what is missing in them, and what nobody averages."""

import pytest


@pytest.fixture
def averaged(verdicts, records):
    """The windows in which somebody working 85 hours a week breaks HOURS_80, as (first day, end)."""

    def averaged(periods=(), days=120, first="2026-01-01", **rest):
        rows = records.shifts(first, range(7), "06:00", [17 * 60 * 5 // 7] * days)
        said = verdicts(records.record_of(rows, periods=periods, **rest))
        return [
            (start, end)
            for _, start, rule, _, end, *_, verdict in said["findings"]
            if (rule, verdict) == ("HOURS_80", "violation")
        ]

    return averaged


def test_without_periods_four_weeks_begin_on_the_monday_of_the_first_duty(averaged):
    first = [("2026-01-26", "2026-02-23"), ("2026-02-23", "2026-03-23"), ("2026-03-23", "2026-04-20")]
    assert averaged(first="2026-01-26", days=84) == first
    assert averaged(first="2026-02-01", days=84)[0] == first[1]
    assert averaged(first="2026-01-27", days=83) == first


def test_a_window_begins_as_long_as_there_is_duty_on_its_first_day(verdicts, records):
    for end, windows in (("2026-03-30T00:00", 1), ("2026-03-30T00:01", 2)):
        rows = [("2026-03-02T08:00", "2026-03-02T10:00"), ("2026-03-29T08:00", end)]
        said = verdicts(records.record_of(rows, known=[("2026-03-01", "2026-05-01")]))
        assert said["by_rule"]["HOURS_80"][0] == windows


def test_the_first_duty_may_be_carrying_a_pager(verdicts, records):
    rows = [("2026-02-27T08:00", "2026-02-27T10:00", "home_call"), ("2026-03-20T08:00", "2026-03-20T10:00")]
    said = verdicts(records.record_of(rows, known=[("2026-02-01", "2026-05-01")]))
    assert said["by_rule"]["HOURS_80"] == (1, 0, 0)
    assert said["by_rule"]["FREE_DAY"] == (1, 0, 0)


@pytest.mark.parametrize(
    ("period", "windows"),
    [
        (("2026-01-05", "2026-01-19", "rotation"), [("2026-01-05", "2026-01-19")]),
        (("2026-01-05", "2026-02-05", "rotation"), [("2026-01-05", "2026-02-05")]),
        (
            ("2026-01-05", "2026-02-06", "rotation"),
            [("2026-01-05", "2026-02-02"), ("2026-02-02", "2026-02-06")],
        ),
        (
            ("2026-01-05", "2026-03-02", "four_week"),
            [("2026-01-05", "2026-02-02"), ("2026-02-02", "2026-03-02")],
        ),
        (("2026-01-01", "2026-02-01", "calendar_month"), [("2026-01-01", "2026-02-01")]),
        (("2026-01-10", "2026-02-10", "calendar_month"), [("2026-01-10", "2026-02-10")]),
        (
            ("2026-01-10", "2026-02-11", "calendar_month"),
            [("2026-01-10", "2026-02-01"), ("2026-02-01", "2026-02-11")],
        ),
        (
            ("2026-01-01", "2026-04-01", "calendar_month"),
            [("2026-01-01", "2026-02-01"), ("2026-02-01", "2026-03-01"), ("2026-03-01", "2026-04-01")],
        ),
        (
            ("2025-12-01", "2026-02-01", "calendar_month"),
            [("2025-12-01", "2026-01-01"), ("2026-01-01", "2026-02-01")],
        ),
    ],
)
def test_periods_longer_than_a_month_are_cut(averaged, period, windows):
    assert averaged([period], first="2025-11-20", days=150) == windows


def test_duty_in_no_period_is_told_once(verdicts, records):
    rows = records.shifts("2026-03-01", range(7), "08:00", [600] * 20)
    periods = [("2026-03-02", "2026-03-05"), ("2026-03-08", "2026-03-15")]
    said = verdicts(records.record_of(rows, periods=periods))
    assert said["not_applicable"] == [("HOURS_80", "R", "2026-03-01")]
    later = verdicts(records.record_of(rows[1:], periods=periods))
    assert later["not_applicable"] == [("HOURS_80", "R", "2026-03-05")]


def test_a_shift_across_the_end_of_a_period_is_half_in_it(verdicts, records):
    rows = [("2026-03-04T08:00", "2026-03-04T18:00"), ("2026-03-08T20:00", "2026-03-09T06:00")]
    said = verdicts(records.record_of(rows, periods=[("2026-03-02", "2026-03-09")]))
    assert said["people"][0][1] == 14
    assert said["not_applicable"] == [("HOURS_80", "R", "2026-03-09")]
    to_midnight = [rows[0], ("2026-03-08T20:00", "2026-03-09T00:00")]
    said = verdicts(records.record_of(to_midnight, periods=[("2026-03-02", "2026-03-09")]))
    assert said["not_applicable"] == []


@pytest.mark.parametrize(("empty", "judged"), [(9, 1), (10, 0)])
def test_ten_empty_days_in_a_row_are_a_gap_in_the_data(verdicts, records, empty, judged):
    rows = [
        ("2026-03-02T08:00", "2026-03-02T10:00"),
        (f"2026-03-{3 + empty:02}T08:00", f"2026-03-{3 + empty:02}T10:00"),
        ("2026-03-20T08:00", "2026-03-20T10:00"),
    ]
    said = verdicts(records.record_of(rows, periods=[("2026-03-02", "2026-03-23")]))
    assert said["by_rule"]["HOURS_80"] == said["by_rule"]["FREE_DAY"] == (judged, 0, 0)
    missing = [] if judged else [("FREE_DAY", "R", "2026-03-02"), ("HOURS_80", "R", "2026-03-02")]
    assert said["not_applicable"] == missing


@pytest.mark.parametrize(
    ("given", "judged"),
    [
        ({}, 0),
        ({"leave": [("2026-03-07", "2026-03-08")]}, 1),
        ({"known": [("2026-03-07", "2026-03-08")]}, 1),
        ({"known": [("2026-03-04", "2026-03-05")]}, 1),
        ({"known": [("2026-03-03", "2026-03-04")]}, 0),
        ({"leave": [("2026-03-13", "2026-03-14")]}, 0),
    ],
)
def test_leave_and_what_is_known_are_no_gap(verdicts, records, given, judged):
    rows = [("2026-03-02T08:00", "2026-03-02T10:00"), ("2026-03-14T08:00", "2026-03-14T10:00")]
    said = verdicts(records.record_of(rows, periods=[("2026-03-02", "2026-03-16")], **given))
    assert said["by_rule"]["HOURS_80"] == (judged, 0, 0)


def test_a_gap_outside_the_window_does_not_matter(verdicts, records):
    rows = [("2026-01-02T08:00", "2026-01-02T10:00"), ("2026-03-14T08:00", "2026-03-14T10:00")]
    rows += [("2026-03-11T08:00", "2026-03-11T10:00"), ("2026-05-01T08:00", "2026-05-01T10:00")]
    said = verdicts(records.record_of(rows, periods=[("2026-03-02", "2026-03-23")]))
    assert said["by_rule"]["HOURS_80"] == (1, 0, 0)


def test_a_gap_that_reaches_over_the_edge_counts_only_inside(verdicts, records):
    rows = [("2026-03-11T08:00", "2026-03-11T10:00"), ("2026-04-14T08:00", "2026-04-14T10:00")]
    for end, judged in (("2026-03-21", 1), ("2026-03-22", 0)):
        said = verdicts(records.record_of(rows, periods=[("2026-03-02", end)]))
        assert said["by_rule"]["HOURS_80"] == (judged, 0, 0)


def test_an_incomplete_window_that_is_broken_anyway_is_a_violation(found, verdicts, records):
    rows = [("2026-03-02T00:00", "2026-03-18T00:00", "in_house_call")]
    given = {"periods": [("2026-03-02", "2026-03-30")]}
    for rule, value, limit in (("HOURS_80", 96, 80), ("CALL_Q3", 15, 9)):
        assert found(rule, rows, **given) == [(value, limit, "violation")]
    said = verdicts(records.record_of(rows, **given))
    assert said["by_rule"]["HOURS_80"] == (1, 1, 0)
    assert said["not_applicable"] == [("FREE_DAY", "R", "2026-03-02")]
    assert said["people"][0][1:5:3] == (96, 12)


def test_home_call_in_an_incomplete_window_is_no_pass(verdicts, records):
    rows = records.shifts("2026-03-02", range(7), "19:00", [720] * 15)
    often = [(*row, "home_call") for row in rows]
    periods = [("2026-03-02", "2026-03-30")]
    assert verdicts(records.record_of(often, periods=periods))["by_rule"]["HOME_CALL"] == (1, 0, 1)
    seldom = verdicts(records.record_of(often[:3], periods=periods))
    assert seldom["by_rule"]["HOME_CALL"] == (0, 0, 0)
    assert ("HOME_CALL", "R", "2026-03-02") in seldom["not_applicable"]


def test_figures_come_from_complete_windows_unless_there_is_none(person, records):
    rows = records.shifts("2026-03-02", range(6), "08:00", [600] * 6)
    rows += [("2026-03-09T00:00", "2026-03-16T00:00")]
    short, long = ("2026-03-02", "2026-03-09"), ("2026-03-09", "2026-03-30")
    assert person(rows, periods=[short, long])[::3] == (60, 1)
    assert person(rows, periods=[long])[::3] == (56, 14)


def test_somebody_without_any_duty_is_not_judged(verdicts, records):
    rows = [(0, "2026-03-02T08:00", "2026-03-02T10:00")]
    said = verdicts(records.record_of(rows, people=("A", "B"), known=[("2026-03-01", "2026-04-01")]))
    assert said["not_applicable"] == [("HOURS_80", "B", "")]
    assert said["people"] == [("A", 0.5, 2, None, 27), ("B", None, None, None, None)]


def test_days_known_to_be_free_are_judged_without_any_duty(verdicts, records):
    week = ("2026-03-02", "2026-03-09")
    assert verdicts(records.record_of([], periods=[week], known=[week]))["by_rule"]["FREE_DAY"] == (1, 0, 0)


def test_nothing_at_all_is_nothing(verdicts, records):
    said = verdicts(records.record_of([], people=()))
    assert (said["findings"], said["not_applicable"], said["people"]) == ([], [], [])
    assert set(said["by_rule"].values()) == {(0, 0, 0)}
    assert len(said["by_rule"]) == 11


def test_somebody_without_duty_is_not_judged_in_periods_either(verdicts, records):
    periods = [("2026-03-02", "2026-03-09"), ("2026-03-09", "2026-03-23")]
    record = records.record_of([], periods=periods, leave=[("2026-03-03", "2026-03-09")])
    said = verdicts(record)
    starts = [start for rule, _, start in said["not_applicable"] if rule == "HOURS_80"]
    assert starts == ["2026-03-02", "2026-03-09"]
    assert said["by_rule"]["HOURS_80"] == said["by_rule"]["FREE_DAY"] == (0, 0, 0)
    assert said["people"] == [("R", None, None, None, None)]


def test_periods_may_be_given_in_any_order(verdicts, records):
    rows = records.shifts("2026-03-02", range(6), "05:00", [840] * 6)
    rows += records.shifts("2026-03-09", range(6), "05:00", [600] * 6)
    periods = [("2026-03-16", "2026-03-20"), ("2026-03-02", "2026-03-09"), ("2026-03-09", "2026-03-16")]
    said = verdicts(records.record_of(rows, periods=periods))
    assert [finding[1:6:4] for finding in said["findings"]] == [("2026-03-02", 84)]
    assert said == verdicts(records.record_of(rows, periods=sorted(periods)))


def test_half_a_countable_day_is_judged(records, verdicts):
    from dataclasses import replace
    from datetime import date

    rows = [("2026-03-03T18:00", "2026-03-03T19:00", "in_house_call")]
    rows += [("2026-03-02T18:00", "2026-03-03T07:00", "home_call")]
    rows += [("2026-03-02T05:00", "2026-03-02T11:00"), ("2026-03-09T05:00", "2026-03-09T11:00")]
    record = records.record_of(rows, periods=[("2026-03-02", "2026-03-03")])
    first, _ = records.half_days(date(2026, 3, 2), date(2026, 3, 3))
    half = replace(record, leave=records.leave_of([(0, first, first + 1)]))
    said = verdicts(half)
    assert [(finding[2], *finding[5:7]) for finding in said["findings"]] == [
        ("HOME_CALL", 1, 0.25),
        ("HOURS_80", 84, 80),
    ]
    judged = {rule: tally[0] for rule, tally in said["by_rule"].items()}
    assert [judged[rule] for rule in ("HOURS_80", "FREE_DAY", "CALL_Q3", "HOME_CALL")] == [1, 1, 1, 1]
    away = verdicts(replace(record, leave=records.leave_of([(0, first, first + 2)])))
    assert {
        tally[0] for rule, tally in away["by_rule"].items() if rule in ("FREE_DAY", "CALL_Q3", "HOURS_80")
    } == {0}
