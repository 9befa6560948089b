"""What stands beside the schedule when its health is judged: an open crisis and the fallbacks at hand."""

from dataclasses import dataclass

from residency.resilience.load_shedding import LoadSheddingLevel
from residency.resilience.phase_transition import LEAST_FALLBACK_DAYS
from residency.resilience.results import ActiveFallback, HealthAssessment


@dataclass(frozen=True, slots=True)
class Standing:
    """The state of crises and fallback schedules.

    Attributes:
        crisis: whether a crisis is open.
        shedding_level: to which level load is shed.
        active: fallbacks that somebody activated and nobody has called off.
        fallback_days_left: days, today included, for which a usable fallback stands; 0 where all are stale
            or over, None before the first was computed.
        stale: fallbacks of days to come whose inputs have changed since, and that nothing has replaced.
    """

    crisis: bool = False
    shedding_level: LoadSheddingLevel = LoadSheddingLevel.NORMAL
    active: tuple[ActiveFallback, ...] = ()
    fallback_days_left: int | None = None
    stale: int = 0

    @property
    def wants_fallbacks(self) -> bool:
        """Whether fallbacks were computed once and now expire soon or are out of date."""
        days = self.fallback_days_left
        return self.stale > 0 or (days is not None and days < LEAST_FALLBACK_DAYS)


def beside(assessment: HealthAssessment, standing: Standing) -> HealthAssessment:
    """An assessment with what stands beside the schedule, and what is to be watched of it first."""
    return assessment.model_copy(
        update={
            "crisis_mode": standing.crisis,
            "load_shedding_level": standing.shedding_level,
            "active_fallbacks": standing.active,
            "fallback_days_left": standing.fallback_days_left,
            "fallbacks_requested": standing.wants_fallbacks,
            "watch_items": (*_items(standing), *assessment.watch_items),
        }
    )


def _items(standing: Standing) -> list[str]:
    items: list[str] = []
    if standing.crisis:
        items.append(f"A crisis is open; load is shed to {standing.shedding_level}.")
    items += [
        f"A draft of the fallback schedule for {each.scenario} was made and is not called off; "
        f"it fills {100 * each.coverage:.0f} % of the slots."
        for each in standing.active
    ]
    if standing.stale:
        items.append(
            f"{standing.stale} fallback schedules are out of date, because the schedule, the people or the "
            "absences have changed; new ones are requested."
        )
    elif standing.wants_fallbacks:
        items.append(
            f"The fallback schedules say something about {standing.fallback_days_left} more days only; new "
            "ones are requested."
        )
    return items
