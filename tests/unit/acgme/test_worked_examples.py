"""The worked examples of the specification, each with its neighbours one minute to either side."""

import pytest

MARCH = ("2026-03-02", "2026-03-30", "four_week")
APRIL = ("2026-04-01", "2026-05-01", "calendar_month")
WEEKDAYS = range(5)


def spread(total, shifts):
    """Minutes of so many shifts that add up."""
    return [total // shifts + (place < total % shifts) for place in range(shifts)]


@pytest.mark.parametrize(
    ("minutes", "fails"),
    [(320 * 60 - 1, False), (320 * 60, False), (320 * 60 + 1, True), (320 * 60 + 15, True)],
)
def test_1_four_weeks_of_320_hours(found, person, records, minutes, fails):
    rows = records.shifts("2026-03-02", WEEKDAYS, "06:00", spread(minutes, 20))
    average = pytest.approx(minutes / 60 / 4)
    assert person(rows, periods=[MARCH])[0] == average
    assert found("HOURS_80", rows, periods=[MARCH]) == ([(average, 80, "violation")] if fails else [])


@pytest.mark.parametrize(
    ("minutes", "fails"), [(3 * 85 * 60, True), (3 * 80 * 60 + 1, True), (3 * 80 * 60, False)]
)
def test_3_a_week_of_vacation_is_no_week_of_rest(found, person, records, minutes, fails):
    rows = records.shifts("2026-03-02", WEEKDAYS, "05:00", spread(minutes, 15))
    given = {"leave": [("2026-03-23", "2026-03-30")], "periods": [MARCH]}
    average = pytest.approx(minutes / 60 / 3)
    assert person(rows, **given)[0] == average
    assert found("HOURS_80", rows, **given) == ([(average, 80, "violation")] if fails else [])


@pytest.mark.parametrize(
    ("minutes", "leave", "average", "fails"),
    [
        (345 * 60, [("2026-04-29", "2026-05-01")], 86.25, True),
        (320 * 60 + 1, [("2026-04-29", "2026-05-01")], (320 + 1 / 60) / 4, True),
        (320 * 60, [("2026-04-29", "2026-05-01")], 80, False),
        (345 * 60, [], 80.5, True),
        (342 * 60 + 52, [], (342 + 52 / 60) * 7 / 30, True),
        (342 * 60 + 51, [], (342 + 51 / 60) * 7 / 30, False),
        (342 * 60, [], 79.8, False),
    ],
)
def test_5_a_month_of_30_days(found, person, records, minutes, leave, average, fails):
    rows = records.shifts("2026-04-01", WEEKDAYS, "05:00", spread(minutes, 20))
    given = {"leave": leave, "periods": [APRIL]}
    assert person(rows, **given)[0] == pytest.approx(average)
    assert found("HOURS_80", rows, **given) == ([(pytest.approx(average), 80, "violation")] if fails else [])


@pytest.mark.parametrize(
    ("home_call", "free"),
    [
        ([], 4),
        ([("2026-03-15T08:00", "2026-03-16T08:00", "home_call")], 3),
        ([("2026-03-15T17:59", "2026-03-16T08:00", "home_call")], 3),
        ([("2026-03-15T18:00", "2026-03-16T08:00", "home_call")], 4),
    ],
)
def test_7_home_call_on_one_of_four_free_sundays(found, person, records, home_call, free):
    rows = records.shifts("2026-03-02", range(6), "08:00", [600] * 24) + home_call
    assert person(rows, periods=[MARCH])[3] == free
    assert found("FREE_DAY", rows, periods=[MARCH]) == ([(3, 4, "violation")] if free < 4 else [])


@pytest.mark.parametrize(("start", "fails"), [("20:59", True), ("21:00", False), ("21:01", False)])
def test_9_the_next_start_after_a_call_of_24_hours(found, start, fails):
    rows = [
        ("2026-03-02T07:00", "2026-03-03T07:00", "in_house_call"),
        (f"2026-03-03T{start}", "2026-03-03T23:00"),
    ]
    gap = 14 - 1 / 60
    assert found("REST_14_AFTER_24", rows) == ([(pytest.approx(gap), 14, "violation")] if fails else [])
    assert found("REST_8", rows) == []


@pytest.mark.parametrize(
    ("start", "gap"), [("03:30", 7.5), ("03:59", 8 - 1 / 60), ("04:00", None), ("04:01", None)]
)
def test_11_seven_and_a_half_hours_between_two_day_shifts(found, start, gap):
    rows = [("2026-03-02T08:00", "2026-03-02T20:00"), (f"2026-03-03T{start}", "2026-03-03T12:00")]
    assert found("REST_8", rows) == ([(pytest.approx(gap), 8, "warning")] if gap else [])


def test_13_home_call_counts_by_what_is_done_in_it(verdicts, records):
    rows = [
        ("2026-03-02T17:00", "2026-03-03T07:00", "home_call"),
        ("2026-03-02T20:00", "2026-03-02T23:00", "home_call_in"),
        ("2026-03-03T01:00", "2026-03-03T02:00", "home_work"),
    ]
    said = verdicts(records.record_of(rows, periods=[("2026-03-02", "2026-03-09")]))
    assert said["people"] == [("R", 4, 4, None, 5)]
    assert [said["by_rule"][rule] for rule in ("CALL_Q3", "REST_8", "REST_14_AFTER_24")] == [(0, 0, 0)] * 3
    assert said["findings"] == []


@pytest.mark.parametrize("nights", [6, 7])
def test_15_seven_nights_of_night_float_in_a_row(found, records, nights):
    rows = [(*row, "night_float") for row in records.shifts("2026-03-02", range(7), "19:00", [720] * nights)]
    assert found("NIGHT_FLOAT", rows) == []
    assert found("NIGHT_FLOAT", rows, "acgme-2011") == ([(7, 6, "violation")] if nights == 7 else [])


@pytest.mark.parametrize(
    ("zone", "autumn", "spring"),
    [
        ("Europe/London", "2026-10-24", "2026-03-28"),
        ("America/New_York", "2026-10-31", "2026-03-07"),
        ("Australia/Lord_Howe", "2026-04-04", "2026-10-03"),
        ("Pacific/Honolulu", "2026-10-31", "2026-03-07"),
    ],
)
def test_17_nights_in_which_the_clock_changes(person, records, zone, autumn, spring):
    change = {"Australia/Lord_Howe": 0.5, "Pacific/Honolulu": 0}.get(zone, 1)
    for day, hours in ((autumn, 12 + change), (spring, 12 - change)):
        rows = records.shifts(day, range(7), "19:00", [720])
        assert person(rows, zone=zone)[1] == hours


@pytest.mark.parametrize(("start", "free"), [("06:59", 0), ("07:00", 1), ("07:01", 1)])
def test_19_24_hours_of_call_and_24_hours_free(found, person, records, start, free):
    rows = [
        ("2026-03-02T07:00", "2026-03-03T07:00", "in_house_call"),
        (f"2026-03-04T{start}", "2026-03-04T19:00"),
        *records.shifts("2026-03-05", range(7), "07:00", [720] * 4),
    ]
    given = {"periods": [("2026-03-02", "2026-03-09")]}
    assert person(rows, **given)[3] == free
    assert found("FREE_DAY", rows, **given) == ([] if free else [(0, 1, "violation")])
    assert found("REST_14_AFTER_24", rows, **given) == []
