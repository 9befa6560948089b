"""FREE_DAY: a free gap of h hours within the window gives floor(h / 24) free days."""

import pytest

RULE = "FREE_DAY"
WEEK = ("2026-03-02", "2026-03-09")


@pytest.mark.parametrize(
    ("end", "start", "free"),
    [
        ("2026-03-03T07:00", "2026-03-04T06:59", 0),
        ("2026-03-03T07:00", "2026-03-04T07:00", 1),
        ("2026-03-03T07:00", "2026-03-05T06:59", 1),
        ("2026-03-03T07:00", "2026-03-05T07:00", 2),
        ("2026-03-03T07:01", "2026-03-06T07:00", 2),
        ("2026-03-03T07:00", "2026-03-06T07:00", 3),
    ],
)
def test_a_gap_gives_a_free_day_for_each_whole_24_hours(person, end, start, free):
    rows = [("2026-03-01T20:00", end), (start, "2026-03-10T00:00")]
    assert person(rows, periods=[WEEK])[3] == free


def test_two_gaps_of_23_hours_are_no_free_day(person):
    rows = [
        ("2026-03-01T20:00", "2026-03-03T07:00"),
        ("2026-03-04T06:00", "2026-03-04T07:00"),
        ("2026-03-05T06:00", "2026-03-10T00:00"),
    ]
    assert person(rows, periods=[WEEK])[3] == 0


@pytest.mark.parametrize(
    ("begin", "end", "free"),
    [
        ("2026-03-02T23:59", "2026-03-08T00:01", 0),
        ("2026-03-03T00:00", "2026-03-08T00:01", 1),
        ("2026-03-02T23:59", "2026-03-08T00:00", 1),
        ("2026-03-03T00:00", "2026-03-08T00:00", 2),
    ],
)
def test_gaps_are_clipped_to_the_window(found, person, begin, end, free):
    rows = [("2026-02-20T08:00", "2026-02-20T09:00"), (begin, end), ("2026-03-20T08:00", "2026-03-20T09:00")]
    assert person(rows, periods=[WEEK])[3] == free
    assert found(RULE, rows, periods=[WEEK]) == ([] if free else [(0, 1, "violation")])


def test_days_on_which_the_clock_changes_have_their_true_length(person):
    given = {"zone": "Europe/London", "periods": [("2026-03-28", "2026-03-31")]}
    spring = [("2026-03-28T00:00", "2026-03-29T00:00"), ("2026-03-30T00:00", "2026-03-31T00:00")]
    assert person(spring, **given)[3] == 0
    given["periods"] = [("2026-10-24", "2026-10-27")]
    autumn = [("2026-10-24T00:00", "2026-10-25T01:00"), ("2026-10-26T00:00", "2026-10-27T00:00")]
    assert person(autumn, **given)[3] == 1


@pytest.mark.parametrize(
    ("leave", "required"), [((), 4), (("2026-03-02", "2026-03-03"), 3), (("2026-03-02", "2026-03-30"), None)]
)
def test_one_day_in_seven_of_the_countable_days(found, verdicts, records, leave, required):
    rows = records.shifts("2026-03-02", range(7), "08:00", [960] * 28)
    given = {"periods": [("2026-03-02", "2026-03-30")], "leave": [leave] if leave else []}
    assert found(RULE, rows, **given) == ([(0, required, "violation")] if required else [])
    said = verdicts(records.record_of(rows, **given))
    assert (RULE, "R", "2026-03-02") in said["not_applicable"] or required


@pytest.mark.parametrize(("days", "required"), [(6, 0), (7, 1), (13, 1), (14, 2)])
def test_what_is_required_is_rounded_down(verdicts, records, days, required):
    rows = records.shifts("2026-03-01", range(7), "00:00", [1440] * 20)
    period = ("2026-03-01", f"2026-03-{days + 1:02}")
    said = verdicts(records.record_of(rows, periods=[period]))
    broken = [finding[5:8] for finding in said["findings"] if finding[2] == RULE]
    assert broken == ([(0, required, "days")] if required else [])
    assert said["by_rule"][RULE] == (1, int(required > 0), 0)


@pytest.mark.parametrize(
    ("away", "free"),
    [
        ([], 4),
        ([("2026-03-05", "2026-03-06")], 2),
        ([("2026-03-04", "2026-03-08")], 0),
        ([("2026-03-03", "2026-03-04")], 3),
    ],
)
def test_leave_is_cut_out_of_the_gaps(person, away, free):
    rows = [("2026-03-02T00:00", "2026-03-03T12:00"), ("2026-03-07T18:00", "2026-03-09T00:00")]
    assert person(rows, periods=[WEEK], leave=away)[3] == free


def test_half_a_day_of_leave_cuts_half_a_day(records, verdicts):
    from dataclasses import replace
    from datetime import date

    record = records.record_of(
        [("2026-03-02T00:00", "2026-03-04T00:00"), ("2026-03-06T12:00", "2026-03-09T00:00")], periods=[WEEK]
    )
    first, _ = records.half_days(date(2026, 3, 4), date(2026, 3, 5))
    for halves, free in (((0, 1), 2), ((1, 2), 1), ((0, 2), 1), ((2, 3), 2), ((4, 5), 2)):
        leave = records.leave_of([(0, first + halves[0], first + halves[1])])
        assert verdicts(replace(record, leave=leave))["people"][0][4] == free, halves


def test_home_call_spoils_a_free_day_and_being_awake_at_home_too(person):
    rows = [("2026-03-02T00:00", "2026-03-04T00:00"), ("2026-03-05T00:00", "2026-03-09T00:00")]
    assert person(rows, periods=[WEEK])[3] == 1
    for kind in ("home_call", "home_work", "home_call_in", "voluntary_stay", "moonlighting_external"):
        spoilt = [*rows, ("2026-03-04T12:00", "2026-03-04T12:01", kind)]
        assert person(spoilt, periods=[WEEK])[3] == 0


def test_the_fewest_free_days_of_all_windows_are_told(person, records):
    rows = records.shifts("2026-03-02", {0, 1, 2}, "08:00", [600] * 3)
    rows += records.shifts("2026-03-09", range(6), "08:00", [600] * 6)
    periods = [WEEK, ("2026-03-09", "2026-03-16")]
    assert person(rows, periods=periods)[3] == 1
    assert person(rows, periods=periods[:1])[3] == 4
