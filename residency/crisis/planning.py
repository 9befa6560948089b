"""The plan of a crisis, as people and flows are shown it, from what was found."""

from residency.crisis.asking import CrisisWord
from residency.crisis.deployment import Prepared
from residency.crisis.situation import Situation
from residency.resilience.crisis_results import ChosenFallback, CrisisPlan, ShedLoad
from residency.resilience.load_shedding import LoadSheddingLevel
from residency.store.crises import StoredCrisis


def crisis_plan(
    word: CrisisWord, former: StoredCrisis | None, situation: Situation, prepared: Prepared
) -> CrisisPlan:
    """What a crisis of a word comes to, an open one considered; nobody is named."""
    figures = prepared.figures
    chosen = figures and ChosenFallback(
        id=figures.id,
        scenario=figures.scenario,
        made_on_the_spot=prepared.made,
        coverage=figures.coverage,
        changes=figures.changes,
        unfilled_slots=figures.unfilled_slots,
        violations=figures.violations,
        period_start=figures.period.start,
        period_end=figures.period.end,
    )
    return CrisisPlan(
        word=str(word),
        from_level=former.shedding_level if former else LoadSheddingLevel.NORMAL,
        period_start=situation.period.start,
        period_end=situation.period.end,
        load=ShedLoad.of(situation.shedding, situation.automatic),
        utilization=situation.utilization,
        coverage=situation.coverage,
        lost=situation.lost,
        scenario=prepared.scenario,
        fallback=chosen,
        notes=(*situation.notes, *prepared.notes),
    )
