"""A fallback schedule as it is kept: what it is for, how well it covers, what it changes, how long."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from residency.program.calendar import Period

LEAST_COVERAGE = 0.80
"""A scenario whose fallback covers less calls for an alert."""


@dataclass(frozen=True, slots=True)
class StoredFallback:
    """A stored fallback without its assignments.

    ``subject`` are the people's row ids, ``people`` their own ids and ``pseudonyms`` their pseudonyms, in the
    same order. ``unfilled`` has entries of post, date, half and slots.
    """

    id: UUID
    scenario: str
    subject: tuple[UUID, ...]
    people: tuple[str, ...]
    pseudonyms: tuple[str, ...]
    parameters: Mapping[str, Any]
    revision: int
    period: Period
    valid_from: date
    valid_until: date
    input_hash: str
    coverage: float
    changes: int
    unfilled_slots: int
    unfilled: tuple[Mapping[str, Any], ...]
    call_moves: tuple[Mapping[str, Any], ...]
    violations: tuple[str, ...]
    services_reduced: tuple[str, ...]
    assumptions: tuple[str, ...]
    layer: str
    gap: float | None
    status: str
    computed_at: datetime
    stale_since: datetime | None

    @property
    def last_day(self) -> date:
        """The last day that it speaks of."""
        return self.valid_until - timedelta(days=1)

    @property
    def unstaffed_calls(self) -> int:
        """Call shifts of the lost that nobody can take."""
        return sum(move["to"] is None for move in self.call_moves)

    @property
    def is_usable(self) -> bool:
        """Whether a draft can be made of it now."""
        return self.status in {"ready", "active"}


@dataclass(frozen=True, slots=True)
class FallbackChange:
    """One cell that a fallback changes: person and services by the names they are to be shown with.

    ``before`` is None where the person had nothing to do, ``after`` where nothing is left to do.
    """

    person: str
    day: date
    half: str
    before: str | None
    after: str | None
