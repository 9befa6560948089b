"""What a utilization forecast returns: both series of days, services by half-day, and what to do."""

from datetime import date

from pydantic import BaseModel, ConfigDict

from residency.resilience.results import UtilizationLevel


class _Result(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class HalfDayForecast(_Result):
    """The faculty of one half-day. Figures of estimated days are expected values and so not whole."""

    demanded: float
    available: float
    utilization: float
    level: UtilizationLevel
    faculty: int
    """Faculty who belong to the program that day."""
    absent: float
    """Of them, those away or in recovery after an absence."""
    resting: float
    """Of them, those who rest after call or whom the schedule itself gives leave."""
    supervision: float
    """Attendings for residents' work beyond the posts that already supervise; part of ``demanded``."""


class DayForecast(_Result):
    """One day. ``known`` says whether a published schedule speaks for it; otherwise it is estimated."""

    day: date
    known: bool
    am: HalfDayForecast
    pm: HalfDayForecast
    level: UtilizationLevel
    """That of the worse half-day."""
    high_risk: bool
    absent: float
    """Distinct faculty away in some half of the day."""
    factors: tuple[str, ...]
    """What makes the worse half-day what it is, in sentences that name no person."""


class AnticipatedDay(_Result):
    """One day if every anticipated absence comes."""

    day: date
    am: float
    pm: float
    """Utilization of the two half-days."""
    level: UtilizationLevel
    high_risk: bool
    absent: float


class ServiceForecast(_Result):
    """One service that asks for somebody; columns run over the half-days of the period, AM before PM.

    ``available`` are eligible people who are there, ``anticipated_available`` those of them who are not
    among the anticipated absences either; both are 0 where the service asks for nobody.
    """

    service: str
    name: str
    demanded: tuple[float, ...]
    available: tuple[float, ...]
    anticipated_available: tuple[float, ...]
    worst_utilization: float
    worst_half_day: str
    level: UtilizationLevel
    high_risk_days: int


class UtilizationForecast(_Result):
    """Faculty utilization over ``[period_start, period_end)``, every day of it, in two series."""

    period_start: date
    period_end: date
    input_hash: str
    known_days: int
    reference_days: int
    """Days of published schedules that the estimated days rest on; 0 when none is estimated."""
    days: tuple[DayForecast, ...]
    anticipated: tuple[AnticipatedDay, ...]
    high_risk_days: int
    anticipated_high_risk_days: int
    services: tuple[ServiceForecast, ...]
    recommendations: tuple[str, ...]
    assumptions: tuple[str, ...]
    warnings: tuple[str, ...]

    @property
    def estimated_days(self) -> int:
        """Days that no published schedule speaks for."""
        return len(self.days) - self.known_days
