"""What stands beside a schedule is told first; fallbacks that end or are out of date are asked for anew."""

from datetime import date

import pytest

from residency.program.calendar import Period
from residency.resilience.health import no_data
from residency.resilience.load_shedding import LoadSheddingLevel
from residency.resilience.phase_transition import phase_risk, with_fallback_days
from residency.resilience.results import ActiveFallback, HealthAssessment, PhaseIndicator, PhaseRisk
from residency.resilience.standing import Standing, beside

CALM = no_data(Period(date(2026, 3, 2), date(2026, 3, 9)), "nothing is published").model_copy(
    update={"watch_items": ("a later item",)}
)


def test_without_crisis_and_fallbacks_an_assessment_stays_what_it_is():
    assert beside(CALM, Standing()) == CALM


def test_a_crisis_and_the_fallback_in_force_are_told_before_all_else():
    active = ActiveFallback(fallback_id="f", scenario="2_faculty_loss", coverage=0.934)
    standing = Standing(True, LoadSheddingLevel.RED, (active,), 60)
    told = beside(CALM, standing)
    assert (told.crisis_mode, told.load_shedding_level, told.active_fallbacks) == (True, "RED", (active,))
    assert told.watch_items == (
        "A crisis is open; load is shed to RED.",
        "A draft of the fallback schedule for 2_faculty_loss was made and is not called off; "
        "it fills 93 % of the slots.",
        "a later item",
    )
    assert not told.fallbacks_requested
    assert HealthAssessment.model_validate(told.model_dump(mode="json")) == told


@pytest.mark.parametrize(
    ("days", "stale", "wanted", "words"),
    [
        (None, 0, False, None),
        (14, 0, False, None),
        (13, 0, True, "say something about 13 more days only"),
        (60, 4, True, "4 fallback schedules are out of date"),
        (0, 4, True, "4 fallback schedules are out of date"),
    ],
)
def test_new_fallbacks_are_asked_for_once_there_were_any(days, stale, wanted, words):
    told = beside(CALM, Standing(fallback_days_left=days, stale=stale))
    assert told.fallbacks_requested == wanted
    assert [words in item for item in told.watch_items[:-1]] == ([True] if words else [])


def sign(name, raised):
    return PhaseIndicator(
        name=name, raised=raised, value=None, threshold="", advisory=False, explanation="as it was"
    )


@pytest.mark.parametrize(
    ("days", "raised", "risk"),
    [
        (None, None, PhaseRisk.MEDIUM),
        (13, True, PhaseRisk.HIGH),
        (14, False, PhaseRisk.MEDIUM),
    ],
)
def test_the_days_of_the_fallbacks_are_judged_as_they_are_now(days, raised, risk):
    before = (sign("utilization", True), sign("fallback_expiring", not raised))
    kept, renewed = with_fallback_days(before, days)
    assert kept == before[0]
    assert (renewed.raised, renewed.value) == (raised, days)
    assert phase_risk((kept, renewed)) is risk
