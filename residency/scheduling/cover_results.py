"""What is told of an absence: slots that open, who could take them, a plan, and proofs that nobody can."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from residency.program.vocabulary import AbsenceType, CoverageRole, Half
from residency.quality.schedule_validation import ToldConflict
from residency.resilience.results import DefenseLevel, HealthStatus, UtilizationLevel

Kind = Literal["eligibility", "availability", "work", "call", "supervision", "duty_hours"]
"""What rules somebody out: the post, an absence or rest, other work, other call, or a rule."""


Need = Literal["coverage", "supervision", "call"]
"""Why somebody has to be there."""


class _Told(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Substitute(_Told):
    """Somebody who could take a slot, and what it does to them.

    Hours are those of the report's window. Fairness is that of the person's cohort over the same days, None
    where it has none; ``before`` is with the absent person away and nothing done about it. ``rest_before``
    and ``rest_after`` are hours off before and after the work that the slot becomes part of.
    """

    person: str
    cohort: str
    hours_before: float
    hours_after: float
    fairness_before: float | None
    fairness_after: float | None
    rest_before: float | None
    rest_after: float | None
    gives_up: tuple[str, ...]
    gaps_elsewhere: tuple[str, ...]
    new_warnings: tuple[str, ...]
    acgme: str

    @property
    def other_changes(self) -> int:
        """Assignments of theirs that must go."""
        return len(self.gives_up)


class RuledOut(_Told):
    """People who cannot take a slot for one and the same reason; ``rule`` is the rule that would break."""

    kind: Kind
    reason: str
    rule: str | None
    people: tuple[str, ...]


class OpenSlot(_Told):
    """A slot that opens: ``half`` None means the call shift that begins on that day.

    ``candidates`` counts all who could take it; ``substitutes`` are the best of them.
    """

    day: date
    half: Half | None
    starts_at: datetime | None
    ends_at: datetime | None
    label: str
    what: str
    service: str | None
    role: CoverageRole | None
    required_by: tuple[Need, ...]
    candidates: int
    substitutes: tuple[Substitute, ...]
    ruled_out: tuple[RuledOut, ...]


class Move(_Told):
    """One change of the plan in words: ``taken`` and ``given_up`` are services, None for nothing or call."""

    person: str
    day: date
    half: Half | None
    given_up: str | None
    taken: str | None
    sentence: str


class Blocking(_Told):
    """Why a half-day cannot be filled: fewer people than slots, however they change places.

    ``people`` could fill at least one of the slots, and nobody else; ``missing`` is slots less people.
    """

    day: date
    half: Half | None
    slots: tuple[str, ...]
    people: tuple[str, ...]
    ruled_out: tuple[RuledOut, ...]
    missing: int
    sentence: str


class CoverPlan(_Told):
    """The moves that close the gaps together, and what stays open.

    ``proven`` says that no legal plan leaves less open or, leaving as much, changes less. ``still_open`` are
    slots that the plan leaves empty; for each half-day with one there is a ``blocking`` set, or it could be
    filled taken by itself and is listed under ``open_together``.
    """

    moves: tuple[Move, ...]
    still_open: tuple[str, ...]
    blocking: tuple[Blocking, ...]
    open_together: tuple[str, ...]
    layer: Literal["immediate", "exact"]
    proven: bool


class CoverReport(_Told):
    """Who can cover for a person: slot by slot, and all of them together."""

    person: str
    start: date
    last: date
    window_start: date
    window_end: date
    rule_set: str
    version_ids: tuple[UUID, ...]
    slots: tuple[OpenSlot, ...]
    plan: CoverPlan
    notes: tuple[str, ...]


class Levels(_Told):
    """How the days of an absence stand; shares as fractions, None where nothing is known."""

    status: HealthStatus
    utilization: float | None
    utilization_level: UtilizationLevel | None
    coverage: float | None
    defense_level: DefenseLevel | None
    buffer: float | None
    empty_slots: int


class AbsenceEffects(_Told):
    """What breaks if a person is away: increases over the schedule as planned, and the levels of both.

    ``start`` and ``last`` are the days away; figures are over those days and the recovery owed after them,
    until ``back``, the first day on which the person can work again. ``resolved`` counts conflicts of the
    schedule as planned that the absence takes away.
    """

    person: str
    start: date
    last: date
    back: date
    type: AbsenceType
    version_ids: tuple[UUID, ...]
    assigned_gap: int
    reassigned_gap: int
    supervision_deficit: int
    call_opened: int
    conflicts: tuple[ToldConflict, ...]
    resolved: int
    before: Levels
    after: Levels
    notes: tuple[str, ...]

    @property
    def can_be_absorbed(self) -> bool:
        """Whether everybody else together could leave no slot empty and no resident unsupervised by it."""
        return self.reassigned_gap <= 0 and self.supervision_deficit <= 0
