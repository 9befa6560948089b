"""What crisis response answers: the plan of a crisis, what was done about it, and how it stands."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from residency.resilience.load_shedding import Activity, LoadSheddingLevel, Shedding


class _Result(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Work(_Result):
    """One activity; ``hours`` are the faculty's, which a capacity is compared with."""

    service: str
    name: str
    category: int
    required: bool
    hours: float
    resident_hours: float

    @classmethod
    def of(cls, activities: Iterable[Activity]) -> tuple[Self, ...]:
        """Activities in the order given, their minutes as hours."""
        return tuple(
            cls(
                service=each.service,
                name=each.name,
                category=each.category,
                required=each.required,
                hours=each.minutes / 60,
                resident_hours=each.resident_minutes / 60,
            )
            for each in activities
        )


class ShedLoad(_Result):
    """What stops, in the order in which it does, and what stays, most protected first.

    ``automatic_level`` is the smallest level at which the rest fits the faculty's hours; ``excess_hours`` are
    those by which it exceeds them all the same, 0 when it fits.
    """

    level: LoadSheddingLevel
    automatic_level: LoadSheddingLevel
    suspended: tuple[Work, ...]
    protected: tuple[Work, ...]
    suspended_hours: float
    protected_hours: float
    capacity_hours: float
    excess_hours: float

    @classmethod
    def of(cls, shedding: Shedding, automatic: LoadSheddingLevel) -> Self:
        """A shedding that was compared with a capacity."""
        return cls(
            level=shedding.level,
            automatic_level=automatic,
            suspended=Work.of(shedding.suspended),
            protected=Work.of(shedding.protected),
            suspended_hours=shedding.suspended_minutes / 60,
            protected_hours=shedding.protected_minutes / 60,
            capacity_hours=(shedding.capacity or 0) / 60,
            excess_hours=shedding.excess_minutes / 60,
        )


class ChosenFallback(_Result):
    """The fallback that fits the crisis.

    ``id`` is None where it was made on the spot and, in a simulation, not stored. ``notes`` say what was
    looked at and not used.
    """

    id: UUID | None
    scenario: str
    made_on_the_spot: bool
    coverage: float
    changes: int
    unfilled_slots: int
    violations: int
    period_start: date
    period_end: date


class CrisisPlan(_Result):
    """What a crisis of some word comes to, over the days from today; people appear by pseudonym.

    ``scenario`` is None where nobody is lost and nothing else calls for a fallback.
    """

    word: str
    from_level: LoadSheddingLevel
    period_start: date
    period_end: date
    load: ShedLoad
    utilization: float
    coverage: float
    lost: tuple[str, ...]
    scenario: str | None
    fallback: ChosenFallback | None
    notes: tuple[str, ...]


class CrisisOutcome(_Result):
    """What the approval of a request did.

    ``activated`` opened a crisis, ``raised`` made the open one graver, ``unchanged`` found one open that was
    at least as grave. ``replayed`` means that it was done before and this is the first answer.
    """

    result: Literal["activated", "raised", "unchanged"]
    request_id: UUID
    crisis_id: UUID
    plan: CrisisPlan
    version_id: UUID | None
    alert_key: str | None
    at: datetime
    replayed: bool = False


class RecoveryOutcome(_Result):
    """What ending a crisis did: ``no_action`` where none was open; ``order`` is that of the way back."""

    result: Literal["deactivated", "no_action"]
    crisis_id: UUID | None = None
    from_level: LoadSheddingLevel = LoadSheddingLevel.NORMAL
    order: tuple[Work, ...] = ()
    fallbacks_off: int = 0
    drafts: tuple[UUID, ...] = ()
