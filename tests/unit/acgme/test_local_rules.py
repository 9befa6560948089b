"""The local overlay: warnings of a program's own, each switchable, none of them ever a violation."""

from dataclasses import replace
from datetime import date

import pytest

from residency.acgme.engine import judge
from residency.acgme.rules import rule_set

NAMES = (
    "LOCAL_DUTY_DAYS_6",
    "LOCAL_DUTY_DAYS_13",
    "LOCAL_REST_10",
    "LOCAL_MOONLIGHTING_20",
    "LOCAL_HOURS_76",
    "LOCAL_CALL_NIGHTS_2",
    "LOCAL_RECOVERY",
    "LOCAL_AWAY_28",
)


@pytest.fixture
def warned(records):
    """Warnings of one local rule as (start, end, value, limit)."""

    def warned(rule, rows, recovery=(), report=None, off=(), **rest):
        rules = rule_set("local-default")
        for name in off:
            silent = getattr(rules.rules, name).model_copy(update={"enabled": False})
            rules = rules.model_copy(update={"rules": rules.rules.model_copy(update={name: silent})})
        record = records.record_of(rows, **rest)
        record = replace(
            record,
            recovery=tuple((0, *map(date.fromisoformat, days)) for days in recovery),
            report=report and tuple(map(date.fromisoformat, report)),
        )
        said = judge(record, rules)
        assert all(found.verdict == "warning" for found in said.findings if found.rule in NAMES)
        assert (rule in said.by_rule) == (rule not in off)
        if rule in said.by_rule:
            assert said.by_rule[rule].warnings == sum(found.rule == rule for found in said.findings)
            assert said.by_rule[rule].violations == 0
        return [
            (found.window_start, found.window_end, pytest.approx(found.value), found.limit)
            for found in said.findings
            if found.rule == rule
        ]

    return warned


def shifts(records, days, minutes=600, starts="08:00"):
    return records.shifts("2026-03-02", range(7), starts, [minutes] * days)


@pytest.mark.parametrize("days", [6, 7, 13, 14])
def test_runs_of_duty_days(warned, records, days):
    rows = shifts(records, days)
    end = f"2026-03-{2 + days:02}"
    told = [("2026-03-02", end, days, 6)] if days > 6 else []
    assert warned("LOCAL_DUTY_DAYS_6", rows) == told
    told = [("2026-03-02", end, days, 13)] if days > 13 else []
    assert warned("LOCAL_DUTY_DAYS_13", rows) == told
    assert warned("LOCAL_DUTY_DAYS_6", rows, off=NAMES) == []
    assert warned("LOCAL_DUTY_DAYS_6", rows, report=("2026-04-01", "2026-05-01")) == []


def test_a_day_on_which_a_night_ends_is_a_duty_day(warned, records):
    nights = shifts(records, 6, 720, "19:00")
    assert warned("LOCAL_DUTY_DAYS_6", nights) == [("2026-03-02", "2026-03-09", 7, 6)]
    a_minute = shifts(records, 6, 301, "19:00")
    assert warned("LOCAL_DUTY_DAYS_6", a_minute) == [("2026-03-02", "2026-03-09", 7, 6)]
    to_midnight = shifts(records, 6, 300, "19:00")
    assert warned("LOCAL_DUTY_DAYS_6", to_midnight) == []
    pager = [(*row, "home_call") for row in shifts(records, 9)]
    assert warned("LOCAL_DUTY_DAYS_6", pager) == []


@pytest.mark.parametrize(
    ("start", "told"), [("04:00", True), ("05:59", True), ("06:00", False), ("03:59", False)]
)
def test_rest_below_ten_hours_but_not_below_eight(warned, start, told):
    rows = [("2026-03-02T08:00", "2026-03-02T20:00"), (f"2026-03-03T{start}", "2026-03-03T12:00")]
    found = warned("LOCAL_REST_10", rows)
    assert [limit for *_, limit in found] == [10] * told
    assert warned("LOCAL_REST_10", rows, off=["LOCAL_REST_10"]) == []
    assert warned("LOCAL_REST_10", rows, report=("2026-03-04", "2026-03-05")) == []


def test_ten_hours_after_a_long_call_are_the_other_rules(warned):
    rows = [
        ("2026-03-02T08:00", "2026-03-03T08:00", "in_house_call"),
        ("2026-03-03T17:00", "2026-03-03T20:00"),
    ]
    assert warned("LOCAL_REST_10", rows) == []


@pytest.mark.parametrize(("minutes", "told"), [(1200, False), (1201, True)])
def test_moonlighting_above_20_hours_in_a_week(warned, minutes, told):
    rows = [
        ("2026-03-08T14:00", "2026-03-09T00:00", "moonlighting_internal"),
        (
            "2026-03-09T00:00",
            f"2026-03-09T{minutes // 60 - 10:02}:{minutes % 60:02}",
            "moonlighting_external",
        ),
        ("2026-03-15T14:00", "2026-03-16T04:00", "moonlighting_external"),
    ]
    found = warned("LOCAL_MOONLIGHTING_20", rows, pgy=3)
    assert found == ([("2026-03-09", "2026-03-16", minutes / 60, 20)] if told else [])
    assert warned("LOCAL_MOONLIGHTING_20", rows, off=["LOCAL_MOONLIGHTING_20"], pgy=3) == []
    assert warned("LOCAL_MOONLIGHTING_20", rows, report=("2026-03-01", "2026-03-09"), pgy=3) == []


def test_moonlighting_for_weeks_on_end_is_told_for_each(warned):
    rows = [("2026-03-04T00:00", "2026-03-25T00:00", "moonlighting_external")]
    found = warned("LOCAL_MOONLIGHTING_20", rows, pgy=3)
    assert [(start, value) for start, _, value, _ in found] == [
        ("2026-03-02", 120),
        ("2026-03-09", 168),
        ("2026-03-16", 168),
        ("2026-03-23", 48),
    ]


@pytest.mark.parametrize(
    ("minutes", "told"), [(76 * 60, False), (76 * 60 + 1, True), (80 * 60, True), (80 * 60 + 1, False)]
)
def test_weeks_above_76_hours_that_do_not_break_the_limit(warned, records, minutes, told):
    lengths = [minutes // 6 + (place < minutes % 6) for place in range(6)]
    rows = records.shifts("2026-03-02", range(7), "05:00", lengths)
    given = {"periods": [("2026-03-02", "2026-03-09")]}
    found = [("2026-03-02", "2026-03-09", minutes / 60, 76)] if told else []
    assert warned("LOCAL_HOURS_76", rows, **given) == found
    assert warned("LOCAL_HOURS_76", rows, off=["LOCAL_HOURS_76"], **given) == []


@pytest.mark.parametrize("nights", [2, 3])
def test_call_nights_in_a_row(warned, records, nights):
    rows = [(*row, "in_house_call") for row in shifts(records, nights, 720, "19:00")]
    told = [("2026-03-02", "2026-03-05", 3, 2)] if nights == 3 else []
    assert warned("LOCAL_CALL_NIGHTS_2", rows) == told
    assert warned("LOCAL_CALL_NIGHTS_2", rows, off=["LOCAL_CALL_NIGHTS_2"]) == []
    assert warned("LOCAL_CALL_NIGHTS_2", rows, report=("2026-03-06", "2026-04-06")) == []


def test_work_on_recovery_days(warned):
    rows = [("2026-03-04T08:00", "2026-03-04T11:00"), ("2026-03-06T22:00", "2026-03-07T02:00")]
    rows += [("2026-03-05T08:00", "2026-03-05T10:00", "home_call")]
    days = ("2026-03-03", "2026-03-07")
    assert warned("LOCAL_RECOVERY", rows, [days]) == [("2026-03-03", "2026-03-07", 5, 0)]
    assert warned("LOCAL_RECOVERY", rows, [("2026-03-05", "2026-03-06")]) == []
    assert warned("LOCAL_RECOVERY", rows, [days], off=["LOCAL_RECOVERY"]) == []
    assert warned("LOCAL_RECOVERY", rows, [days], report=("2026-03-07", "2026-03-09")) == []
    assert warned("LOCAL_RECOVERY", rows, [days], report=("2026-03-06", "2026-03-07")) != []


def test_more_than_28_days_away_in_an_academic_year(warned):
    rows = [("2026-03-04T08:00", "2026-03-04T11:00")]
    leave = [("2026-06-01", "2026-07-05"), ("2025-08-01", "2025-08-03")]
    assert warned("LOCAL_AWAY_28", rows, leave=leave) == [("2025-07-01", "2026-07-01", 32, 28)]
    assert warned("LOCAL_AWAY_28", rows, leave=[("2026-03-01", "2026-03-29")]) == []
    assert warned("LOCAL_AWAY_28", rows, leave=[("2026-03-01", "2026-03-30")]) == [
        ("2025-07-01", "2026-07-01", 29, 28)
    ]
    assert warned("LOCAL_AWAY_28", rows, leave=leave, off=["LOCAL_AWAY_28"]) == []
    assert warned("LOCAL_AWAY_28", rows) == []


def test_days_away_are_counted_for_each_person(records):
    away = [(0, 20), (2, 40)]
    record = records.record_of(
        [(person, "2026-03-04T08:00", "2026-03-04T11:00") for person in range(3)], people=("A", "B", "C")
    )
    first, _ = records.half_days(date(2026, 3, 9), date(2026, 3, 10))
    leave = records.leave_of([(person, first, first + 2 * days) for person, days in away])
    said = judge(replace(record, leave=leave), rule_set("local-default"))
    found = [
        (each.person, each.value, each.leave_half_days) for each in said.findings if each.rule == NAMES[-1]
    ]
    assert found == [("C", 40, 80)]


def test_every_week_with_moonlighting_is_checked_once(records):
    rows = [
        ("2026-03-04T18:00", "2026-03-04T20:00", "moonlighting_external"),
        ("2026-03-08T20:00", "2026-03-09T02:00", "moonlighting_external"),
        ("2026-03-22T20:00", "2026-03-23T00:00", "moonlighting_external"),
    ]
    said = judge(records.record_of(rows, pgy=3), rule_set("local-default"))
    assert said.by_rule["LOCAL_MOONLIGHTING_20"].checked == 3
