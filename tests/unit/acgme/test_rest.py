"""REST_8 and REST_14_AFTER_24: what lies between two periods of scheduled work."""

import pytest

BOTH = ("acgme-2017", "acgme-2011")
MINUTE = 1 / 60


def at(hour):
    """Local time so many hours after midnight of a Monday."""
    minutes = round(hour * 60)
    return f"2026-03-{2 + minutes // 1440:02}T{minutes // 60 % 24:02}:{minutes % 60:02}"


def rows_of(*rows):
    return [(at(start), at(end), *kind) for start, end, *kind in rows]


@pytest.mark.parametrize(
    ("gap", "in_2017", "in_2011"),
    [
        (0.5, (8, "warning"), (8, "violation")),
        (8 - MINUTE, (8, "warning"), (8, "violation")),
        (8, None, (10, "warning")),
        (10 - MINUTE, None, (10, "warning")),
        (10, None, None),
        (60, None, None),
    ],
)
def test_eight_hours_between_shifts_and_in_2011_ten(found, gap, in_2017, in_2011):
    rows = rows_of((8, 20), (20 + gap, 22 + gap))
    for rules, expected in zip(BOTH, (in_2017, in_2011), strict=True):
        value = pytest.approx(gap)
        assert found("REST_8", rows, rules) == ([(value, *expected)] if expected else [])
        assert found("REST_14_AFTER_24", rows, rules) == []


@pytest.mark.parametrize(
    ("before", "rest_8", "rest_14"),
    [
        ([(0, 24, "in_house_call")], 0, 1),
        ([(0, 24 - MINUTE, "in_house_call")], 1, 0),
        ([(0, 24, "duty")], 1, 0),
        ([(0, 30, "night_float")], 1, 0),
        ([(0, 23, "duty"), (23, 24, "in_house_call")], 0, 1),
        ([(0, 24 - MINUTE, "duty"), (24 - MINUTE, 24, "in_house_call")], 0, 1),
        ([(0, MINUTE, "in_house_call"), (MINUTE, 24, "duty")], 0, 1),
        ([(0, 1, "in_house_call"), (1, 20, "duty"), (20, 24, "transition")], 0, 1),
        ([(0, 20, "in_house_call"), (20, 24, "home_work")], 1, 0),
        ([(0, 20, "in_house_call"), (20 + MINUTE, 24, "duty")], 2, 0),
        ([(0, 24, "home_call"), (0, 24, "home_call_in")], 0, 0),
    ],
)
def test_14_hours_after_24_hours_with_in_house_call(verdicts, records, before, rest_8, rest_14):
    end = before[-1][1]
    for rules in BOTH:
        record = records.record_of(rows_of(*before, (end + 13, end + 20)), pgy=2)
        tallies = verdicts(record, rules)["by_rule"]
        assert tallies["REST_14_AFTER_24"] == (rest_14, rest_14, 0)
        assert tallies["REST_8"][0] == rest_8


def test_a_return_from_home_neither_starts_nor_ends_rest(verdicts, person, records):
    rows = rows_of((8, 17), (22, 23, "home_call_in"), (23, 24, "home_work"), (30, 40))
    assert person(rows)[2] == 13
    assert verdicts(records.record_of(rows))["by_rule"]["REST_8"] == (1, 0, 0)


@pytest.mark.parametrize(
    "kind",
    [
        "duty",
        "education",
        "in_house_call",
        "night_float",
        "transition",
        "voluntary_stay",
        "moonlighting_internal",
        "moonlighting_external",
    ],
)
def test_every_scheduled_kind_ends_and_begins_rest(found, kind):
    assert found("REST_8", rows_of((8, 20, kind), (26, 30, "duty"))) == [(6, 8, "warning")]
    assert found("REST_8", rows_of((8, 20, "duty"), (26, 30, kind))) == [(6, 8, "warning")]


def test_touching_and_overlapping_entries_leave_no_rest_between_them(verdicts, records):
    rows = rows_of((8, 12), (12, 16, "education"), (15, 20), (9, 10))
    said = verdicts(records.record_of(rows))
    assert said["by_rule"]["REST_8"] == (0, 0, 0)
    assert said["people"][0][3] is None


def test_a_finding_names_the_local_times_of_the_rest(verdicts, records):
    rows = [("2026-10-24T13:00", "2026-10-24T21:00"), ("2026-10-25T03:59", "2026-10-25T12:00")]
    (finding,) = verdicts(records.record_of(rows, zone="Europe/London"))["findings"]
    assert finding == (
        "R",
        "2026-10-24T21:00:00+01:00",
        "REST_8",
        "should",
        "2026-10-25T03:59:00+00:00",
        pytest.approx(8 - MINUTE),
        8,
        "h",
        "warning",
    )


def test_in_2011_the_two_limits_have_their_own_force(verdicts, records):
    said = verdicts(records.record_of(rows_of((0, 10), (17, 20), (29, 30)), pgy=2), "acgme-2011")
    assert [(f[3], f[5], f[6]) for f in said["findings"]] == [("must", 7, 8), ("should", 9, 10)]
    assert said["by_rule"]["REST_8"] == (2, 1, 1)


def test_the_smallest_gap_of_a_person_is_told(person):
    assert person(rows_of((0, 10), (17.5, 20), (29, 30)))[2] == 7.5
    assert person(rows_of((0, 24, "in_house_call"), (25, 26)))[2] == 1


def test_the_last_work_of_one_person_and_the_first_of_the_next_are_not_neighbours(verdicts, records):
    rows = [(0, at(8), at(20)), (1, at(21), at(30)), (1, at(50), at(60))]
    said = verdicts(records.record_of(rows, people=("A", "B")))
    assert said["findings"] == []
    assert [figures[3] for figures in said["people"]] == [None, 20]
