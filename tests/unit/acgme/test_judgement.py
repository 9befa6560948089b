"""What a judgement says besides findings: their keys and words, what is reported on, and compliance."""

import random
from dataclasses import replace
from datetime import date

import pytest

from residency.acgme.engine import judge
from residency.acgme.findings import Checks, Severity
from residency.acgme.record import Basis, Duties, DutyRecord, Leave
from residency.acgme.rules import rule_set

WEEK = ("2026-03-02", "2026-03-09")


def judged(record, rules="acgme-2017"):
    return judge(record, rule_set(rules))


def test_a_finding_says_who_when_by_which_rules_and_on_what_basis(records):
    rows = records.shifts("2026-03-02", range(6), "05:00", [840] * 6)
    record = replace(records.record_of(rows, periods=[WEEK], pgy=2), basis=Basis.PLANNED)
    said = judged(record)
    (found,) = said.violations
    assert (said.basis, found.basis, said.rule_set, found.rule_set) == (*["planned"] * 2, *["acgme-2017"] * 2)
    assert found.key == ("HOURS_80", "must", "R", "", "2026-03-02", "planned")
    assert (found.pgy, found.severity, found.unit, found.place) == (2, "critical", "h/week", "")
    assert found.intervals[0] == ("2026-03-02T05:00:00+00:00", "2026-03-02T19:00:00+00:00")
    assert len(found.intervals) == 6


def test_at_most_fifty_periods_of_work_are_cited(records):
    rows = [
        (f"2026-03-{day:02}T{hour:02}:00", f"2026-03-{day:02}T{hour + 6:02}:30")
        for day in range(2, 30)
        for hour in (1, 8, 15)
    ]
    (found,) = [
        each
        for each in judged(records.record_of(rows, periods=[("2026-03-02", "2026-03-30")])).violations
        if each.rule == "HOURS_80"
    ]
    assert len(found.intervals) == 50


def test_an_unknown_year_is_none(records):
    rows = records.shifts("2026-03-02", range(6), "05:00", [840] * 6)
    (found,) = judged(records.record_of(rows, periods=[WEEK])).violations
    assert found.pgy is None


def test_findings_are_in_the_order_of_person_window_and_rule(records):
    drawn = (records.random_record(random.Random(seed)) for seed in range(10))  # noqa: S311 - a sample
    said = [judged(record).findings for record in drawn]
    for findings in said:
        keys = [(found.person, found.window_start, found.rule) for found in findings]
        assert keys == sorted(keys)
    assert sum(map(len, said)) > 50


@pytest.mark.parametrize(
    ("report", "hours", "rest", "continuous"),
    [
        (("2026-03-02", "2026-03-16"), 2, 1, 2),
        (("2026-03-02", "2026-03-09"), 1, 0, 1),
        (("2026-03-09", "2026-03-16"), 1, 1, 1),
        (("2026-03-08", "2026-03-09"), 1, 0, 0),
        (("2026-03-10", "2026-03-15"), 0, 1, 0),
        (("2026-03-11", "2026-03-12"), 0, 0, 0),
    ],
)
def test_only_what_ends_in_the_reported_days_is_judged(records, report, hours, rest, continuous):
    rows = [("2026-03-04T08:00", "2026-03-05T09:00"), ("2026-03-10T08:00", "2026-03-10T09:00")]
    rows += [("2026-03-10T09:00", "2026-03-16T00:00", "home_work")]
    rows[1] = ("2026-03-10T08:00", "2026-03-15T12:00")
    periods = [WEEK, ("2026-03-09", "2026-03-16")]
    record = records.record_of(rows, periods=periods, known=[("2026-03-01", "2026-04-01")])
    said = judged(replace(record, report=tuple(map(date.fromisoformat, report)))).by_rule
    assert said["HOURS_80"].checked == said["FREE_DAY"].checked == hours
    assert said["REST_8"].checked == rest
    assert said["CONTINUOUS_24_4"].checked == said["CONTINUOUS_24_4"].violations == continuous


def test_duty_in_no_period_is_not_told_of_a_part(records):
    rows = records.shifts("2026-03-01", range(7), "08:00", [600] * 9)
    record = records.record_of(rows, periods=[WEEK])
    assert len(judged(record).not_applicable) == 1
    report = tuple(map(date.fromisoformat, WEEK))
    assert judged(replace(record, report=report)).not_applicable == ()


def test_early_warnings_of_reported_days_only(records):
    rows = records.shifts("2026-03-02", range(7), "05:00", [660] * 28)
    record = records.record_of(rows, periods=[WEEK])
    days = [("2026-03-29", "2026-03-30"), ("2026-03-01", "2026-04-30"), ("2026-03-30", "2026-04-30")]
    for report, told in zip([*days, ("2026-03-01", "2026-03-29")], (1, 1, 0, 0), strict=True):
        days = tuple(map(date.fromisoformat, report))
        early = [
            each for each in judged(replace(record, report=days)).findings if each.force == "early_warning"
        ]
        assert len(early) == told


def test_a_report_without_any_duty(records):
    record = replace(records.record_of([]), report=(date(2026, 3, 2), date(2026, 3, 9)))
    assert [each.window_start for each in judged(record).not_applicable] == [""]


def test_compliance_counts_rules_and_windows_not_entries(records):
    rows = records.shifts("2026-03-02", range(6), "05:00", [840] * 6)
    rows += records.shifts("2026-03-09", range(6), "05:00", [600] * 6)
    record = records.record_of(rows, periods=[WEEK, ("2026-03-09", "2026-03-16")], pgy=2)
    checks = judged(record).checks
    assert checks.made == {Severity.CRITICAL: 4, Severity.HIGH: 2, Severity.MEDIUM: 2, Severity.LOW: 0}
    assert checks.failed == {Severity.CRITICAL: 1, Severity.HIGH: 0, Severity.MEDIUM: 0, Severity.LOW: 0}
    assert checks.compliance == pytest.approx(1 - 1 / 8)
    assert checks.weighted == pytest.approx(1 - 100 / (400 + 100 + 50))


def test_warnings_do_not_lower_compliance(records):
    rows = [("2026-03-02T08:00", "2026-03-02T20:00"), ("2026-03-03T03:00", "2026-03-03T10:00")]
    record = records.record_of(rows, periods=[WEEK], pgy=2)
    assert judged(record).by_rule["REST_8"].warnings == 1
    assert judged(record).checks.compliance == 1
    assert judged(record, "acgme-2011").checks.compliance == pytest.approx(1 - 1 / 4)


def test_no_checks_are_no_compliance():
    nothing = Checks()
    assert (nothing.compliance, nothing.weighted) == (None, None)
    some = Checks({Severity.HIGH: 4}, {Severity.HIGH: 1})
    assert some.plus(nothing).compliance == some.compliance == 0.75
    assert some.plus(some).made[Severity.HIGH] == 8


def test_an_empty_record_is_judged():
    said = judged(DutyRecord("UTC", (), Duties.of([], [], [], [])))
    assert (said.findings, said.people, said.checks.compliance) == ((), (), None)
    assert len(Leave.none().person) == 0


def test_the_gravest_findings_come_first(records):
    rows = [
        *records.shifts("2026-03-02", range(7), "05:00", [1080] * 7),
        ("2026-03-09T00:00", "2026-03-10T03:00"),
        ("2026-03-10T08:00", "2026-03-10T09:00", "moonlighting_internal"),
    ]
    said = judged(records.record_of(rows, periods=[WEEK], pgy=1))
    order = [(found.verdict, found.severity) for found in said.gravest]
    assert sorted(said.gravest, key=id) == sorted(said.findings, key=id)
    assert order == sorted(
        order, key=lambda each: (each[0] != "violation", list(Severity).index(each[1]), each[1])
    )
    assert len({severity for _, severity in order}) == 3


@pytest.mark.parametrize(("gap", "merged"), [(29, True), (30, True), (31, False)])
def test_a_small_gap_may_count_as_no_rest(records, gap, merged):
    rows = [
        (0, "2026-03-02T08:00", "2026-03-02T12:00"),
        (0, f"2026-03-02T12:{gap:02}", "2026-03-03T08:30"),
        (1, "2026-03-02T08:00", "2026-03-02T12:00"),
        (1, f"2026-03-02T12:{gap:02}", "2026-03-02T13:00"),
        (2, "2026-03-02T13:10", "2026-03-02T14:00"),
    ]
    rules = rule_set().model_copy(update={"merge_gap_minutes": 30})
    said = judge(records.record_of(rows, people=("A", "B", "C"), pgy=2), rules)
    assert said.by_rule["REST_8"].warnings == (0 if merged else 2)
    assert said.by_rule["CONTINUOUS_24_4"].checked == (3 if merged else 5)
    assert said.by_rule["CONTINUOUS_24_4"].violations == int(merged)
    assert said.people[0].max_week_hours == pytest.approx(24.5 - gap / 60)


def test_a_broken_period_fails_the_window_it_ends_in(records):
    long = [("2026-03-08T23:00", "2026-03-10T00:00"), ("2026-03-16T23:00", "2026-03-18T06:00")]
    rows = [*records.shifts("2026-03-02", range(5), "08:00", [480] * 5), *long]
    weeks = [("2026-03-02", "2026-03-09"), ("2026-03-09", "2026-03-16"), ("2026-03-16", "2026-03-23")]
    record = records.record_of(rows, periods=weeks, pgy=2)
    for periods, failed in ((weeks, 2), (weeks[:2], 2), (weeks[1:2], 2)):
        part = replace(record, periods=tuple(records.record_of([], periods=periods).periods))
        assert judged(part).checks.failed[Severity.CRITICAL] == failed
    two_in_one = records.record_of([*rows, ("2026-03-19T23:00", "2026-03-21T06:00")], periods=weeks, pgy=2)
    assert len([each for each in judged(two_in_one).violations if each.rule == "CONTINUOUS_24_4"]) == 3
    assert judged(two_in_one).checks.failed[Severity.CRITICAL] == 2


def test_duty_in_no_period_is_checked_for_each_person(records):
    rows = [(person, "2026-03-02T08:00", "2026-03-03T10:00") for person in range(3)]
    record = records.record_of(rows, people=("A", "B", "C"), periods=[("2026-04-06", "2026-04-13")], pgy=2)
    record = replace(record, periods=tuple(replace(record.periods[0], person=each) for each in range(3)))
    checks = judged(record).checks
    assert (checks.made[Severity.CRITICAL], checks.failed[Severity.CRITICAL]) == (3 + 3, 3)


def test_nights_of_night_float_fail_the_window_they_end_in(records):
    nights = records.shifts("2026-03-02", range(7), "19:00", [720] * 7)
    rows = [(*row, "night_float") for row in nights]
    record = records.record_of(rows, periods=[WEEK, ("2026-03-09", "2026-03-16")], pgy=2)
    assert judged(record, "acgme-2011").checks.failed[Severity.HIGH] >= 1
    assert judged(record, "acgme-2011").checks.failed[Severity.HIGH] == (
        judged(record).checks.failed[Severity.HIGH] + 1
    )


def test_a_local_warning_lowers_no_compliance(records):
    rows = [(*row, "in_house_call") for row in records.shifts("2026-03-02", range(7), "19:00", [720] * 3)]
    record = records.record_of(rows, periods=[("2026-03-02", "2026-03-12")], pgy=2)
    said = judged(record, "local-default")
    assert said.by_rule["LOCAL_CALL_NIGHTS_2"].warnings == 1
    assert said.checks.failed == dict.fromkeys(Severity, 0)
    assert said.checks.made[Severity.MEDIUM] > judged(record).checks.made[Severity.MEDIUM]


def test_many_people_are_judged_in_parts_as_in_one_go(records, monkeypatch):
    record = records.random_record(random.Random(3), people=9)  # noqa: S311 - a sample
    whole = judged(record)
    assert any(found.force == "early_warning" for found in whole.findings)
    for cells in (1, 1000, 5000):
        monkeypatch.setattr("residency.acgme.weekly_hours._GRID_CELLS", cells)
        assert judged(record) == whole


def test_a_run_of_nights_takes_no_leave_out(records):
    nights = records.shifts("2026-03-02", range(7), "19:00", [720] * 8)
    record = records.record_of(
        [(*row, "night_float") for row in nights], leave=[("2026-03-03", "2026-03-04")]
    )
    (found,) = [each for each in judged(record, "acgme-2011").findings if each.rule == "NIGHT_FLOAT"]
    assert (found.leave_half_days, found.value, len(found.intervals)) == (0, 8, 8)


@pytest.mark.parametrize(
    ("end", "reported"), [("09T00:00", 0), ("09T00:01", 1), ("16T00:00", 1), ("16T00:01", 0)]
)
def test_a_period_of_work_is_reported_with_the_day_of_its_last_minute(records, end, reported):
    day = int(end[:2]) - 1
    rows = [(f"2026-03-{day:02}T07:00", f"2026-03-{end}", "moonlighting_internal")]
    record = replace(records.record_of(rows, pgy=1), report=(date(2026, 3, 9), date(2026, 3, 16)))
    by_rule = judged(record, "acgme-2011").by_rule
    assert [by_rule[rule].checked for rule in ("PGY1_SHIFT_CAP", "MOONLIGHTING")] == [reported] * 2
    assert [by_rule[rule].violations for rule in ("PGY1_SHIFT_CAP", "MOONLIGHTING")] == [reported] * 2
    assert judged(record).by_rule["CONTINUOUS_24_4"].checked == reported
    unknown = judged(replace(record, pgy={}), "acgme-2011").not_applicable
    assert [each.rule for each in unknown if each.window_start] == ["MOONLIGHTING", "PGY1_SHIFT_CAP"][
        : 2 * reported
    ]


@pytest.mark.parametrize(
    ("start", "reported"), [("08T23:59", 0), ("09T00:00", 1), ("15T23:59", 1), ("16T00:00", 0)]
)
def test_rest_is_reported_with_the_day_on_which_it_ends(records, start, reported):
    day = int(start[:2]) - 1
    rows = [(f"2026-03-{day:02}T07:00", f"2026-03-{day:02}T19:00"), (f"2026-03-{start}", "2026-03-16T09:00")]
    record = replace(records.record_of(rows, pgy=1), report=(date(2026, 3, 9), date(2026, 3, 16)))
    assert judged(record).by_rule["REST_8"].checked == reported


@pytest.mark.parametrize(("first", "reported"), [(1, 0), (2, 1), (8, 1), (9, 0)])
def test_a_run_of_nights_is_reported_with_its_last_date(records, first, reported):
    rows = [
        (*row, "night_float") for row in records.shifts(f"2026-03-{first:02}", range(7), "19:00", [720] * 8)
    ]
    record = replace(records.record_of(rows, pgy=1), report=(date(2026, 3, 9), date(2026, 3, 16)))
    tally = judged(record, "acgme-2011").by_rule["NIGHT_FLOAT"]
    assert (tally.checked, tally.violations) == (reported, reported)


def test_too_frequent_home_call_costs_no_compliance(records):
    rows = [(*row, "home_call") for row in records.shifts("2026-03-02", range(7), "19:00", [301] * 5)]
    said = judged(records.record_of(rows, periods=[WEEK], pgy=2))
    assert said.by_rule["HOME_CALL"].warnings == 1
    assert said.checks.failed == dict.fromkeys(Severity, 0)


def test_two_long_runs_in_one_window_fail_it_once(records):
    every = records.shifts("2026-03-02", range(7), "19:00", [720] * 28)
    rows = [(*row, "night_float") for row in [*every[:8], *every[21:28]]]
    record = records.record_of(
        rows, periods=[("2026-03-02", "2026-03-30"), ("2026-03-30", "2026-04-06")], pgy=2
    )
    assert judged(record, "acgme-2011").by_rule["NIGHT_FLOAT"].violations == 2
    failed = [judged(record, rules).checks.failed[Severity.HIGH] for rules in ("acgme-2011", "acgme-2017")]
    assert failed[0] - failed[1] == 1


def test_what_ends_with_a_window_is_checked_in_it(records):
    rows = [("2026-03-04T08:00", "2026-03-04T09:00"), ("2026-03-08T20:00", "2026-03-09T00:00")]
    made = []
    for kind in ("moonlighting_internal", "night_float"):
        periods = [WEEK, ("2026-03-09", "2026-03-16")]
        record = records.record_of([(*row, kind) for row in rows], periods=periods, pgy=2)
        made.append(judged(record, "acgme-2011").checks.made)
    # HOURS_80 in both windows and CONTINUOUS_24_4 in one; FREE_DAY in both and MOONLIGHTING in one.
    assert [each[Severity.CRITICAL] for each in made] == [3, 3]
    assert [each[Severity.HIGH] for each in made] == [3, 2]
    nights = [("2026-03-04T20:00", "2026-03-05T07:00"), ("2026-03-08T20:00", "2026-03-09T07:00")]
    record = records.record_of([(*row, "night_float") for row in nights], periods=periods, pgy=2)
    assert judged(record, "acgme-2011").checks.made[Severity.HIGH] == 3


def test_the_order_of_periods_changes_no_check(records):
    long = [("2026-03-03T07:00", "2026-03-04T13:00"), ("2026-03-10T07:00", "2026-03-10T19:00")]
    rows = [*long, ("2026-03-17T07:00", "2026-03-18T13:00")]
    periods = [WEEK, ("2026-03-09", "2026-03-16"), ("2026-03-16", "2026-03-23")]
    ordered = judged(records.record_of(rows, periods=periods, pgy=2))
    assert ordered.checks.failed[Severity.CRITICAL] == 2
    for turned in (periods[::-1], [periods[2], periods[0], periods[1]]):
        assert judged(records.record_of(rows, periods=turned, pgy=2)) == ordered


def test_two_long_periods_of_one_window_fail_it_once(records):
    rows = [("2026-03-03T07:00", "2026-03-04T13:00"), ("2026-03-07T22:00", "2026-03-09T00:00")]
    record = records.record_of(rows, periods=[WEEK, ("2026-03-09", "2026-03-16")], pgy=2)
    assert judged(record).by_rule["CONTINUOUS_24_4"].violations == 2
    assert judged(record).checks.failed[Severity.CRITICAL] == 1
