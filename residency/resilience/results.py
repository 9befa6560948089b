"""What the resilience calculations return: the models that are stored, printed as JSON and drawn."""

from datetime import date
from enum import StrEnum
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict

from residency.program.vocabulary import Half
from residency.resilience.load_shedding import LoadSheddingLevel
from residency.resilience.pair_table import PairLoss as PairLoss
from residency.resilience.pair_table import PairTable


class _Result(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Severity(StrEnum):
    """How hard the loss of one person hits, worst first."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    NONE = "none"


class PhaseRisk(StrEnum):
    """Risk that a small further loss tips the schedule over, mildest first."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


class BaseShortfall(_Result):
    """Unfilled required slots over the period before anybody is lost."""

    assigned_only: int
    after_reassignment: int


class PersonLoss(_Result):
    """What losing one person does, as increases over the base."""

    person: str
    assigned_gap: int
    reassigned_gap: int
    supervision_deficit: int
    sole_provider_slots: int
    severity: Severity


class PhaseIndicator(_Result):
    """One early-warning sign; ``raised`` is None when there is too little to judge."""

    name: str
    raised: bool | None
    value: float | None
    threshold: str
    advisory: bool
    explanation: str


class AffectedSlot(_Result):
    """One half-day of one service that loses cover."""

    day: date
    half: Half
    service: str
    missing: int


class PersonImpact(_Result):
    """Where a critical person is irreplaceable: services with counts, and the first half-days."""

    person: str
    services: dict[str, int]
    slots: tuple[AffectedSlot, ...]


class Recommendation(_Result):
    """One thing to do, in a sentence a coordinator can act on."""

    kind: Literal["cross_train", "separate_days", "cut_load", "train_backup"]
    people: tuple[str, ...]
    service: str | None
    days: tuple[date, ...]
    gain: int
    """Slots (or half-days of supervision) that the step would save, by a fresh calculation."""
    sentence: str


class OmittedPairs(_Result):
    """How many pairs a report counts and no longer lists."""

    n2: int = 0
    fatal: int = 0
    joint_only: int = 0


class ContingencyReport(_Result):
    """The verdict of a contingency analysis; people appear under the labels that the caller chose."""

    period_start: date
    period_end: date
    who: Literal["faculty", "all"] | None
    """Whose losses were analysed; None: singles of everybody, pairs of faculty."""
    input_hash: str
    people_analysed: int
    pairs_analysed: int
    base: BaseShortfall
    base_supervision_deficit: int
    n1: tuple[PersonLoss, ...]
    n2: PairTable
    """Every pair with a number above 0, worst first; a stored report keeps the worst of them."""
    n1_pass: bool
    n2_pass: bool
    joint_only_pairs: PairTable
    phase_risk: PhaseRisk
    phase_indicators: tuple[PhaseIndicator, ...]
    impacts: tuple[PersonImpact, ...]
    recommendations: tuple[Recommendation, ...]
    warnings: tuple[str, ...]
    omitted: OmittedPairs = OmittedPairs()

    @property
    def fatal_pairs(self) -> int:
        """How many pairs leave a slot empty for good or a resident without an attending, listed or not."""
        return len(self.n2.fatal) + self.omitted.fatal

    @property
    def joint_only_count(self) -> int:
        """How many of them are pairs of two harmless people, listed or not."""
        return len(self.joint_only_pairs) + self.omitted.joint_only

    def worst_pairs(self, most: int) -> Self:
        """The report with the worst so many pairs in each list, and the others counted."""
        omitted = self.n2[most:]
        return self.model_copy(
            update={
                "n2": self.n2[:most],
                "joint_only_pairs": self.joint_only_pairs[:most],
                "omitted": OmittedPairs(
                    n2=self.omitted.n2 + len(omitted),
                    fatal=self.omitted.fatal + len(omitted.fatal),
                    joint_only=self.omitted.joint_only + len(self.joint_only_pairs[most:]),
                ),
            }
        )


class UtilizationLevel(StrEnum):
    """Utilization of faculty, mildest first."""

    GREEN = "GREEN"
    YELLOW = "YELLOW"
    ORANGE = "ORANGE"
    RED = "RED"
    BLACK = "BLACK"


class DefenseLevel(StrEnum):
    """What the coverage reached calls for, mildest first."""

    PREVENTION = "PREVENTION"
    CONTROL = "CONTROL"
    SAFETY_SYSTEMS = "SAFETY_SYSTEMS"
    CONTAINMENT = "CONTAINMENT"
    EMERGENCY = "EMERGENCY"


class HealthStatus(StrEnum):
    """The verdict of a health check, mildest first; ``no_data`` when there is nothing to judge."""

    NO_DATA = "no_data"
    HEALTHY = "healthy"
    WARNING = "warning"
    DEGRADED = "degraded"
    CRITICAL = "critical"
    EMERGENCY = "emergency"


class ServiceHealth(_Result):
    """One service over the horizon. ``mean_wait`` is in service times; None when the pool is saturated.

    The three rows of half-days run beside :attr:`HealthAssessment.half_days`.
    """

    service: str
    name: str
    demanded: int
    filled: int
    available: int
    utilization: float
    level: UtilizationLevel
    pool_size: float
    mean_wait: float | None
    worst_margin: int
    worst_half_day: str
    redundancy: Literal["N+2", "N+1", "N+0", "BELOW"]
    required_by_half_day: tuple[int, ...]
    filled_by_half_day: tuple[int, ...]
    spare_by_half_day: tuple[int | None, ...]
    """Eligible available people beyond the demand; None where nothing is required."""


class HalfDayHealth(_Result):
    """One half-day over all services."""

    day: date
    half: Half
    demanded: int
    filled: int
    faculty_demanded: int
    faculty_available: int
    supervision_required: int
    supervisors: int
    utilization: float
    level: UtilizationLevel


class LocationSupervision(_Result):
    """Attendings that residents' work requires in one location, beside :attr:`HealthAssessment.half_days`."""

    location: str
    required_by_half_day: tuple[int, ...]
    present_by_half_day: tuple[int, ...]


class Gap(_Result):
    """Slots nobody fills in one half-day: of one service, or of supervision in one location."""

    day: date
    half: Half
    service: str
    missing: int


class ActiveFallback(_Result):
    """A fallback schedule that a draft was made from and that nobody has called off."""

    fallback_id: str
    scenario: str
    coverage: float


class HealthAssessment(_Result):
    """The verdict of a health check over ``[period_start, period_end)``."""

    period_start: date
    period_end: date
    input_hash: str
    status: HealthStatus
    utilization: float | None
    utilization_level: UtilizationLevel | None
    faculty_demanded: int
    faculty_available: int
    buffer: float | None
    mean_wait: float | None
    pool_size: float
    coverage: float | None
    required_slots: int
    filled_slots: int
    defense_level: DefenseLevel | None
    may_act_automatically: bool
    load_shedding_level: LoadSheddingLevel
    n1_pass: bool | None
    n2_pass: bool | None
    phase_risk: PhaseRisk | None
    contingency_requested: bool
    services: tuple[ServiceHealth, ...]
    half_days: tuple[HalfDayHealth, ...]
    gaps: tuple[Gap, ...]
    supervision_gaps: tuple[Gap, ...]
    supervision: tuple[LocationSupervision, ...] = ()
    """Locations where supervision is required in some half-day."""
    crisis_mode: bool = False
    active_fallbacks: tuple[ActiveFallback, ...] = ()
    phase_indicators: tuple[PhaseIndicator, ...] = ()
    """The signs behind the phase risk, empty while nothing has been analysed."""
    fallback_days_left: int | None = None
    """Days for which a usable fallback schedule stands; None before the first was computed."""
    fallbacks_requested: bool = False
    immediate_actions: tuple[str, ...]
    watch_items: tuple[str, ...]
    warnings: tuple[str, ...]
