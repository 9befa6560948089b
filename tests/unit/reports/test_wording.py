"""Figures and words as people read them."""

import re
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from residency.reports import wording
from residency.resilience.results import DefenseLevel, HealthStatus, PhaseRisk, Severity, UtilizationLevel


@given(st.integers(0, 10**6), st.integers(1, 10**6))
def test_a_percentage_is_never_rounded_up(part, whole):
    shown = wording.percent(part, whole)
    if shown == "under 1 %":
        assert 0 < part / whole < 0.01
        return
    number = int(re.fullmatch(r"(\d+) %", shown).group(1))
    assert number * whole <= 100 * part < (number + 1) * whole
    assert number or part == 0


def test_a_little_is_not_nothing():
    assert [wording.percent(part, 1000) for part in (0, 1, 9, 10)] == ["0 %", "under 1 %", "under 1 %", "1 %"]


def test_one_empty_slot_is_not_full_coverage():
    assert wording.percent(996, 1000) == "99 %"
    assert wording.percent(99_999, 100_000) == "99 %"


def test_wanting_anything_of_nobody_is_full_use():
    assert (wording.percent(3, 0), wording.percent(0, 0)) == ("100 %", "0 %")


@pytest.mark.parametrize(
    ("words", "codes"),
    [
        (wording.STATUS_WORDS, HealthStatus),
        (wording.LEVEL_WORDS, UtilizationLevel),
        (wording.DEFENSE_WORDS, DefenseLevel),
        (wording.SEVERITY_WORDS, Severity),
        (wording.RISK_WORDS, PhaseRisk),
        (wording.REDUNDANCY_WORDS, ["N+2", "N+1", "N+0", "BELOW"]),
    ],
)
def test_every_code_word_has_plain_words(words, codes):
    assert set(words) == set(codes)
    assert all(words.values())


@given(st.lists(st.sampled_from("abcdefgh"), unique=True), st.integers(1, 9))
def test_a_list_names_or_counts_everybody(names, shown):
    told = wording.listed(names, shown)
    assert sum(name in told.replace("and", "&").replace("more", "") for name in names) == min(
        len(names), shown
    )
    assert (f"{len(names) - shown} more" in told) is (len(names) > shown)


def test_a_moment_is_told_on_the_programs_clock():
    at = datetime(2026, 3, 2, 3, 5, tzinfo=UTC)
    assert wording.moment_label(at, "Pacific/Honolulu") == "Sun 1 Mar 2026 17:05 HST"


def test_a_period_names_its_last_day():
    assert wording.period_label(date(2026, 12, 28), date(2027, 1, 4)) == "Mon 28 Dec to Sun 3 Jan 2027"
    assert wording.period_label(date(2026, 3, 2), date(2026, 3, 2)) == "Mon 2 Mar to Mon 2 Mar 2026"


@pytest.mark.parametrize(
    ("service_times", "shown"),
    [(None, "without end"), (0.0, "none"), (0.004, "below 0.01"), (0.01, "0.01"), (1.256, "1.26")],
)
def test_a_wait_is_told_in_two_digits(service_times, shown):
    assert wording.wait(service_times) == shown
