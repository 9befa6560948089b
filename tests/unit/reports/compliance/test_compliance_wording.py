"""Rounding never makes a figure look like its limit, nor a part like the whole."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from residency.acgme.findings import Verdict
from residency.reports.compliance_wording import measure, number, tenths, window_label

hours = st.floats(0, 200, allow_nan=False)


@given(
    value=st.one_of(hours, st.sampled_from([80.004, 79.9999, 80.0000001])), limit=st.sampled_from([8.0, 80.0])
)
def test_a_figure_looks_like_its_limit_only_where_it_is_the_limit(value, limit):
    assert (number(value, limit) == number(limit)) == (value == limit)
    assert float(number(value)) == pytest.approx(value, abs=0.005)


def test_figures_have_no_more_decimals_than_they_need():
    shown = [number(each) for each in (80.0, 80.25, 7.5, 13.98333, 0.0, -0.001, 100.0)]
    assert shown == ["80", "80.25", "7.5", "13.98", "0", "0", "100"]
    assert [number(each, 80.0) for each in (80.004, 80.0004, 80.00000001)] == [
        "80.004",
        "80.0004",
        "80.00000001",
    ]


@given(part=st.integers(0, 5000), whole=st.integers(1, 5000))
def test_only_the_whole_is_a_hundred_percent_and_shares_are_rounded_down(part, whole):
    part = min(part, whole)
    shown = tenths(part, whole)
    assert (shown == "100 %") == (part == whole)
    assert 0 <= 100 * part / whole - float(shown.removesuffix(" %")) < 0.1 + 1e-9


@pytest.mark.parametrize(
    ("value", "limit", "unit", "verdict", "told"),
    [
        (85.0, 80.0, "h/week", Verdict.VIOLATION, "85 h a week, limit 80"),
        (3.0, 4.0, "days", Verdict.VIOLATION, "3 days, needed 4"),
        (1.0, 2.0, "attendings", Verdict.VIOLATION, "1 attending, needed 2"),
        (7.5, 8.0, "h", Verdict.WARNING, "7.5 h, needed 8"),
        (78.0, 78.0, "h/week", Verdict.EARLY_WARNING, "78 h a week, mark 78"),
    ],
)
def test_a_measure_says_what_was_found_and_what_is_allowed_or_needed(value, limit, unit, verdict, told):
    assert measure(value, limit, unit, verdict) == told


@pytest.mark.parametrize(
    ("start", "end", "told"),
    [
        ("2026-10-22", "2026-11-19", "Thu 22 Oct to Wed 18 Nov 2026"),
        ("2026-11-14", "2026-11-15", "Sat 14 Nov 2026"),
        ("2026-11-14T07:00:00-10:00", "2026-11-14T19:30:00-10:00", "Sat 14 Nov 2026 07:00 to 19:30"),
        ("2026-12-31T19:00-10:00", "2027-01-01T07:00-10:00", "Thu 31 Dec 2026 19:00 to Fri 1 Jan 07:00"),
    ],
)
def test_windows_are_days_or_clock_times(start, end, told):
    assert window_label(start, end) == told
