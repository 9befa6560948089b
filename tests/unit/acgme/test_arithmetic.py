"""The arithmetic of each rule's findings, word for word, as somebody with a pencil would follow it."""

import pytest

from residency.acgme.engine import judge
from residency.acgme.rules import rule_set

FOUR_WEEKS = [("2026-03-02", "2026-03-30")]


@pytest.fixture
def told(records):
    """The arithmetic of each finding by its rule and force."""

    def told(rows, rules="acgme-2017", **rest):
        said = judge(records.record_of(rows, **rest), rule_set(rules))
        return {(found.rule, found.force.value): found.arithmetic for found in said.findings}

    return told


def test_weekly_hours(told, records):
    rows = records.shifts("2026-03-02", range(6), "05:00", [14 * 60 + 1] * 18)
    leave = [("2026-03-23", "2026-03-29")]
    assert told(rows, periods=FOUR_WEEKS, leave=leave)["HOURS_80", "must"] == (
        "252.3 h in 28 days less 6 of leave = 22; 252.3 h / (22 / 7) = 80.2773 h a week; the limit is 80"
    )
    exceptions = [("2026-03-01", "2026-04-01", 80.25)]
    assert told(rows, periods=FOUR_WEEKS, leave=leave, exceptions=exceptions)["HOURS_80", "must"] == (
        "252.3 h in 28 days less 6 of leave = 22; 252.3 h / (22 / 7) = 80.2773 h a week; "
        "the limit is 80.25 by the exception exception"
    )


@pytest.mark.parametrize(
    ("minutes", "mark", "text"),
    [
        (661, 75, "308 h 28 min in 28 days; 308 h 28 min / (28 / 7) = 77.1167 h a week"),
        (675, 78, "315 h in 28 days; 315 h / (28 / 7) = 78.75 h a week"),
        (690, 80, "322 h in 28 days; 322 h / (28 / 7) = 80.5 h a week"),
    ],
)
def test_early_warnings(told, records, minutes, mark, text):
    rows = records.shifts("2026-03-02", range(7), "05:00", [minutes] * 28)
    found = told(rows, periods=FOUR_WEEKS)["HOURS_80", "early_warning"]
    assert found == f"{text}; the mark of {mark} is reached, a rolling average is never the verdict"


def test_free_days(told, records):
    rows = records.shifts("2026-03-02", range(7), "05:00", [600] * 27)
    assert told(rows, periods=FOUR_WEEKS)["FREE_DAY", "must"] == (
        "1 free period of 24 h; 28 countable days / 7 = 4 needed, rounded down"
    )
    rows = records.shifts("2026-03-02", range(7), "05:00", [600] * 26)
    assert told(rows, periods=FOUR_WEEKS, leave=[("2026-03-02", "2026-03-03")])["FREE_DAY", "must"] == (
        "2 free periods of 24 h; 27 countable days / 7 = 3 needed, rounded down"
    )


@pytest.mark.parametrize(
    ("kind", "rule", "text"),
    [
        ("home_call", ("HOME_CALL", "should"), "16 nights; 28 countable days / 2 = 14, so at most 14"),
        ("in_house_call", ("CALL_Q3", "must"), "16 nights; 28 countable days / 3 = 9.3333, so at most 9"),
        ("night_float", ("NIGHT_FLOAT", "must"), "16 nights of night float in a row; at most 6"),
    ],
)
def test_nights(told, records, kind, rule, text):
    rows = [(*row, kind) for row in records.shifts("2026-03-02", range(7), "19:00", [720] * 16)]
    assert told(rows, "acgme-2011", periods=FOUR_WEEKS)[rule] == text


@pytest.mark.parametrize(
    ("rows", "rules", "rule", "text"),
    [
        (
            [("02T07:00", "02T19:00"), ("03T02:30", "03T07:00")],
            "acgme-2017",
            ("REST_8", "should"),
            "Mon 2 Mar 2026 19:00 to Tue 3 Mar 2026 02:30 is 7.5 h of rest; at least 8 h should be given",
        ),
        (
            [("02T07:00", "02T19:00"), ("03T02:29", "03T07:00")],
            "acgme-2011",
            ("REST_8", "must"),
            "Mon 2 Mar 2026 19:00 to Tue 3 Mar 2026 02:29 is 7 h 29 min of rest; at least 8 h are required",
        ),
        (
            [("02T07:00", "03T07:00", "in_house_call"), ("03T16:40", "03T17:00")],
            "acgme-2017",
            ("REST_14_AFTER_24", "must"),
            "Tue 3 Mar 2026 07:00 to Tue 3 Mar 2026 16:40 is 9 h 40 min of rest after 24 h with in-house "
            "call; at least 14 h are required",
        ),
        (
            [("02T07:00", "03T08:10"), ("03T08:10", "03T09:00", "voluntary_stay")],
            "acgme-2017",
            ("CONTINUOUS_24_4", "must"),
            "Mon 2 Mar 2026 07:00 to Tue 3 Mar 2026 09:00 is 26 h of continuous duty, 0 h 50 min of it "
            "stayed voluntarily and not judged; 1 h 10 min of other work follow the first 24 h",
        ),
        (
            [("02T07:00", "03T07:00"), ("03T07:00", "03T11:40", "transition")],
            "acgme-2017",
            ("CONTINUOUS_24_4", "must"),
            "Mon 2 Mar 2026 07:00 to Tue 3 Mar 2026 11:40 is 28 h 40 min of continuous duty; 4 h 40 min of "
            "transition and education follow, of which 4 h are allowed",
        ),
        (
            [("02T07:00", "03T07:00"), ("03T07:00", "03T08:00", "transition", True)],
            "acgme-2017",
            ("CONTINUOUS_24_4", "must"),
            "Mon 2 Mar 2026 07:00 to Tue 3 Mar 2026 08:00 is 25 h of continuous duty; a new patient was "
            "taken after the first 24 h",
        ),
        (
            [("02T07:00", "02T23:01")],
            "acgme-2011",
            ("PGY1_SHIFT_CAP", "must"),
            "16 h 1 min of continuous duty; a first-year resident may have 16 h",
        ),
        (
            [("02T07:00", "02T08:00", "moonlighting_internal")],
            "acgme-2017",
            ("MOONLIGHTING", "must"),
            "1 h of moonlighting by a resident of PGY-1; none is allowed before PGY-2",
        ),
    ],
)
def test_periods_of_work_and_rest(told, rows, rules, rule, text):
    rows = [(f"2026-03-{start}", f"2026-03-{end}", *rest) for start, end, *rest in rows]
    assert told(rows, rules, pgy=1)[rule] == text


def test_local_warnings(told, records):
    rows = records.shifts("2026-03-02", range(7), "05:00", [11 * 60] * 14)
    found = told(rows, "local-default", periods=[("2026-03-02", "2026-03-16")])
    assert found["LOCAL_HOURS_76", "should"] == (
        "154 h in 14 days; 154 h / (14 / 7) = 77 h a week; the local mark is 76"
    )
    assert found["LOCAL_DUTY_DAYS_6", "should"] == "14 duty days in a row; more than 6"
    assert found["LOCAL_DUTY_DAYS_13", "should"] == "14 duty days in a row; more than 13"
