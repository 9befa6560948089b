"""HOURS_80: averages, approved exceptions, leave, and the rolling early warning."""

from datetime import date, timedelta

import pytest

RULE = "HOURS_80"
FOUR_WEEKS = ("2026-03-02", "2026-03-30")


@pytest.fixture
def early(verdicts, records):
    """Early warnings as (window_start, value, limit)."""

    def early(rows, **rest):
        said = verdicts(records.record_of(rows, **rest))
        return [
            (start, value, limit)
            for _, start, rule, force, _, value, limit, unit, verdict in said["findings"]
            if (rule, force, unit, verdict) == (RULE, "early_warning", "h/week", "early_warning")
        ]

    return early


def daily(records, minutes, first="2026-03-02", days=28, starts="06:00"):
    return records.shifts(first, range(7), starts, [minutes] * days)


def weeks(records, hours, first="2026-03-02"):
    """Weeks from a Monday on of so many hours each, in six shifts."""
    day, rows = date.fromisoformat(first), []
    for each in hours:
        rows += records.shifts(day.isoformat(), range(6), "05:00", [each * 10] * 6)
        day += timedelta(days=7)
    return rows


def test_a_single_week_above_80_is_no_violation(found, person, records):
    rows = weeks(records, [96, 80, 80, 64])
    assert found(RULE, rows, periods=[FOUR_WEEKS]) == []
    assert person(rows, periods=[FOUR_WEEKS])[:2] == (80, 96)


def test_a_light_rotation_does_not_offset_a_heavy_one(found, records):
    rows = weeks(records, [84, 84, 60, 60])
    periods = [("2026-03-02", "2026-03-16"), ("2026-03-16", "2026-03-30")]
    assert found(RULE, rows, periods=periods) == [(84, 80, "violation")]
    assert found(RULE, rows, periods=[FOUR_WEEKS]) == []


@pytest.mark.parametrize(
    ("zone", "hours"), [("UTC", 8), ("Pacific/Honolulu", 0), ("Asia/Kolkata", 12), ("Europe/Athens", 10)]
)
def test_duty_is_cut_at_the_local_midnights_of_a_window(person, zone, hours):
    rows = [("2026-03-01T20:00+00:00", "2026-03-02T08:00+00:00")]
    assert person(rows, zone=zone, periods=[("2026-03-02", "2026-03-09")])[0] == hours


def test_overlapping_entries_never_add_up(person):
    rows = [
        ("2026-03-02T08:00", "2026-03-02T16:00"),
        ("2026-03-02T08:00", "2026-03-02T16:00", "education"),
        ("2026-03-02T12:00", "2026-03-02T18:00", "home_work"),
        ("2026-03-02T09:00", "2026-03-02T10:00", "moonlighting_external"),
    ]
    assert person(rows, periods=[("2026-03-02", "2026-03-09")])[:2] == (10, 10)


@pytest.mark.parametrize(
    ("kind", "hours"),
    [
        ("duty", 5),
        ("education", 5),
        ("in_house_call", 5),
        ("night_float", 5),
        ("transition", 5),
        ("voluntary_stay", 5),
        ("home_call", 0),
        ("home_call_in", 5),
        ("home_work", 5),
        ("moonlighting_internal", 5),
        ("moonlighting_external", 5),
    ],
)
def test_every_kind_but_home_call_counts(person, kind, hours):
    rows = [("2026-03-02T08:00", "2026-03-02T13:00", kind)]
    assert person(rows, periods=[("2026-03-02", "2026-03-09")], pgy=3)[:2] == (hours, hours)


def test_a_leave_day_is_not_a_day_of_no_hours(found, person, records):
    rows = daily(records, 12 * 60, days=26, starts="08:00")
    assert found(RULE, rows, periods=[FOUR_WEEKS]) == []
    away = {"periods": [FOUR_WEEKS], "leave": [("2026-03-28", "2026-03-30")]}
    assert found(RULE, rows, **away) == [(84, 80, "violation")]


def test_work_on_leave_counts_above_the_line_and_its_day_not_below(person, records):
    rows = daily(records, 10 * 60, days=14)
    given = {"periods": [("2026-03-02", "2026-03-16")], "leave": [("2026-03-09", "2026-03-16")]}
    assert person(rows, **given)[0] == 140


def test_leave_outside_the_window_and_twice_over_takes_nothing_more(person, records):
    rows = daily(records, 10 * 60, days=7)
    leave = [("2026-02-20", "2026-03-03"), ("2026-03-02", "2026-03-03"), ("2026-03-09", "2026-04-01")]
    assert person(rows, periods=[("2026-03-02", "2026-03-09")], leave=leave)[0] == pytest.approx(70 * 7 / 6)


def test_a_window_of_nothing_but_leave_is_not_judged(verdicts, records):
    record = records.record_of(
        daily(records, 600, days=8),
        periods=[("2026-03-02", "2026-03-09"), ("2026-03-09", "2026-03-16")],
        leave=[("2026-03-02", "2026-03-09")],
    )
    said = verdicts(record)
    assert said["not_applicable"] == [("FREE_DAY", "R", "2026-03-02"), (RULE, "R", "2026-03-02")]
    assert said["by_rule"][RULE] == (1, 0, 0)
    assert said["people"] == [("R", 10, 70, 14, 0)]


@pytest.mark.parametrize(
    ("exception", "limit"),
    [
        (("2026-03-02", "2026-03-30", 88.0), 88),
        (("2026-01-01", "2027-01-01", 84.5), 84.5),
        (("2026-03-02", "2026-03-30", 80.01), 80.01),
        (("2026-03-03", "2026-03-30", 88.0), 80),
        (("2026-03-02", "2026-03-29", 88.0), 80),
    ],
)
def test_an_exception_must_cover_the_whole_window(verdicts, records, exception, limit):
    minutes = round(limit * 240)
    for extra, breaks in ((0, False), (1, True)):
        total = minutes + extra
        lengths = [total // 24 + (place < total % 24) for place in range(24)]
        rows = records.shifts("2026-03-02", range(6), "05:00", lengths)
        said = verdicts(records.record_of(rows, periods=[FOUR_WEEKS], exceptions=[exception]))
        found = [finding[5:7] for finding in said["findings"] if finding[2::6] == (RULE, "violation")]
        assert found == ([(pytest.approx(total / 240), limit)] if breaks else [])
        assert said["by_rule"]["HOURS_88_EXCEPTION"] == (int(limit > 80), 0, 0)


def test_the_largest_of_several_exceptions_holds_and_is_named(records):
    from dataclasses import replace

    from residency.acgme.engine import judge
    from residency.acgme.rules import rule_set

    rows = weeks(records, [90] * 4)
    record = records.record_of(
        rows,
        periods=[FOUR_WEEKS],
        exceptions=[(*FOUR_WEEKS, 82.0), (*FOUR_WEEKS, 86.0), (*FOUR_WEEKS, 84.0)],
    )
    named = replace(
        record, exceptions=tuple(replace(each, name=f"letter {each.limit:g}") for each in record.exceptions)
    )
    (found,) = judge(named, rule_set("acgme-2017")).violations
    assert (found.limit, found.exception) == (86, "letter 86")
    assert "letter 86" in found.arithmetic
    assert found.rule_set == "acgme-2017"


@pytest.mark.parametrize(
    ("minutes", "limit"),
    [
        (4 * 75 * 60 - 1, None),
        (4 * 75 * 60, 75),
        (4 * 78 * 60 - 1, 75),
        (4 * 78 * 60, 78),
        (4 * 80 * 60, 78),
        (4 * 80 * 60 + 1, 80),
    ],
)
def test_the_levels_of_the_early_warning(early, records, minutes, limit):
    lengths = [minutes // 28 + (place < minutes % 28) for place in range(28)]
    rows = records.shifts("2026-03-04", range(7), "06:00", lengths)
    periods = [("2026-03-02", "2026-03-16")]
    expected = [("2026-03-04", pytest.approx(minutes / 240), limit)] if limit else []
    assert early(rows, periods=periods) == expected


def test_an_early_warning_tells_the_worst_of_a_run_once(early, records):
    rows = weeks(records, [78, 78, 78, 78, 78, 80, 78, 40, 40, 78, 78, 79, 79])
    assert early(rows) == [("2026-03-15", 78.5, 78), ("2026-05-03", 78.5, 78)]


def test_the_first_of_equals_is_told(early, records):
    assert early(daily(records, 660, days=40)) == [("2026-03-02", 77, 75)]


def test_rolling_days_lie_within_the_persons_own_data(early, records):
    assert early(daily(records, 660, days=27)) == []
    assert early(daily(records, 660, days=28)) == [("2026-03-02", 77, 75)]
    to_midnight, beyond = (
        records.shifts("2026-03-02", range(7), "12:00", [each] * 27) for each in (720, 721)
    )
    assert early(to_midnight) == []
    assert early(beyond) == [("2026-03-02", pytest.approx(721 * 27 / 240), 80)]


def test_leave_leaves_the_early_warning_too(early, records):
    rows = daily(records, 660, days=14) + daily(records, 660, first="2026-03-23", days=7)
    assert early(rows, leave=[("2026-03-16", "2026-03-23")]) == [("2026-03-02", 77, 75)]
    assert early(rows) == []
    assert early(rows, leave=[("2026-03-02", "2026-03-30")]) == []


def test_the_fullest_week_runs_from_monday_to_monday(person, records):
    rows = records.shifts("2026-03-05", range(7), "08:00", [600] * 8)
    assert person(rows)[1] == 40
    night = [("2026-03-08T20:00", "2026-03-09T08:00")]
    assert person(night)[1] == 8
    assert person(night, zone="Pacific/Honolulu")[1] == 8


def test_arithmetic_can_be_followed_with_a_pencil(records):
    from residency.acgme.engine import judge
    from residency.acgme.rules import rule_set

    rows = weeks(records, [85, 85, 85])
    record = records.record_of(rows, periods=[FOUR_WEEKS], leave=[("2026-03-23", "2026-03-30")])
    (found,) = judge(record, rule_set("acgme-2017")).violations
    for figure in ("255 h", "28 days", "7", "21", "/ 7", "85", "80"):
        assert figure in found.arithmetic
    assert found.leave_half_days == 14
    assert len(found.intervals) == 18


def test_an_exception_of_no_more_than_the_limit_is_none(verdicts, records):
    rows = weeks(records, [81] * 4)
    given = {"periods": [FOUR_WEEKS], "exceptions": [(*FOUR_WEEKS, 80.0)]}
    assert verdicts(records.record_of(rows, **given))["by_rule"]["HOURS_88_EXCEPTION"] == (0, 0, 0)


def test_the_worst_rolling_days_are_those_of_the_highest_average_not_of_the_most_hours(early, records):
    rows = daily(records, 670) + daily(records, 690, first="2026-04-13")
    assert early(rows, leave=[("2026-03-30", "2026-04-13")]) == [("2026-03-30", 80.5, 80)]


def test_leave_in_rolling_days_is_told(records):
    from residency.acgme.engine import judge
    from residency.acgme.rules import rule_set

    rows = daily(records, 660, days=14) + daily(records, 660, first="2026-03-23", days=7)
    record = records.record_of(rows, leave=[("2026-03-16", "2026-03-23")], pgy=2)
    early = [each for each in judge(record, rule_set()).findings if each.force == "early_warning"]
    assert [(each.leave_half_days, each.window_end, each.pgy) for each in early] == [(14, "2026-03-30", 2)]


def test_the_fullest_week_may_be_the_first_or_the_last(person, records):
    for hours in ([60, 40, 40], [40, 60, 40], [40, 40, 60]):
        assert person(weeks(records, hours))[1] == 60


def test_everybody_has_early_warnings_of_their_own(verdicts, records):
    rows = [(person, *row) for person in range(3) for row in daily(records, 660, days=40)]
    said = verdicts(records.record_of(rows, people=("A", "B", "C")))
    warned = [finding[:2] for finding in said["findings"] if finding[3] == "early_warning"]
    assert warned == [("A", "2026-03-02"), ("B", "2026-03-02"), ("C", "2026-03-02")]
