"""The names of scenarios and levels stand in several rooms that may not import each other: they agree."""

from typing import get_args

from flows.resilience.precompute_fallback_schedules import ScenarioName
from residency.reports.fallback_page import SCENARIO_WORDS
from residency.resilience.load_shedding import CrisisLevel, LoadSheddingLevel
from residency.scheduling.repaired import Layer
from residency.scheduling.scenarios import Scenario
from residency.store.tables import FallbackScheduleRow
from residency.store.tables.crisis import CRISIS_LEVELS
from residency.store.tables.fallbacks import SCENARIOS
from residency.store.tables.resilience import LOAD_SHEDDING_LEVELS


def test_the_seven_scenarios_have_the_same_names_everywhere():
    assert tuple(Scenario) == SCENARIOS == tuple(SCENARIO_WORDS) == get_args(ScenarioName)
    assert len(SCENARIOS) == 7


def test_the_database_knows_every_level_and_layer():
    assert tuple(LoadSheddingLevel) == LOAD_SHEDDING_LEVELS
    assert tuple(CrisisLevel) == CRISIS_LEVELS
    assert tuple(Layer) == tuple(FallbackScheduleRow.__table__.c.layer.type.enums)
