"""Shedding load: which work stops at which level, in which order, and in which order it comes back."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import TypeVar

from residency.errors import InvalidInputError


class LoadSheddingLevel(StrEnum):
    """How much work is suspended, least first."""

    NORMAL = "NORMAL"
    YELLOW = "YELLOW"
    ORANGE = "ORANGE"
    RED = "RED"
    BLACK = "BLACK"
    CRITICAL = "CRITICAL"

    @property
    def rank(self) -> int:
        """0 for NORMAL to 5 for CRITICAL."""
        return LEVELS.index(self)


LEVELS = tuple(LoadSheddingLevel)

CATEGORY_NAMES: Mapping[int, str] = MappingProxyType(
    {
        1: "patient safety",
        2: "ACGME requirements",
        3: "continuity of care",
        4: "core education",
        5: "research",
        6: "administration",
        7: "optional education",
    }
)
"""Load categories, most protected first."""

SUSPENDED_CATEGORIES: Mapping[LoadSheddingLevel, frozenset[int]] = MappingProxyType(
    {
        LoadSheddingLevel.NORMAL: frozenset(),
        LoadSheddingLevel.YELLOW: frozenset({7}),
        LoadSheddingLevel.ORANGE: frozenset({7, 6, 5}),
        LoadSheddingLevel.RED: frozenset({7, 6, 5, 4}),
        LoadSheddingLevel.BLACK: frozenset({7, 6, 5, 4, 3}),
        LoadSheddingLevel.CRITICAL: frozenset({7, 6, 5, 4, 3, 2}),
    }
)
"""What stops at each level. Patient safety never does, and no level relaxes a work-hour rule."""


class CrisisLevel(StrEnum):
    """How a crisis is named by the alert that it is, mildest first."""

    WARNING = "warning"
    CRITICAL = "critical"
    EMERGENCY = "emergency"


class CrisisSeverity(StrEnum):
    """How a crisis is named by its severity, mildest first; ``critical`` is not the level of that name."""

    MINOR = "minor"
    MODERATE = "moderate"
    SEVERE = "severe"
    CRITICAL = "critical"


LEVEL_OF: Mapping[CrisisLevel, LoadSheddingLevel] = MappingProxyType(
    {
        CrisisLevel.WARNING: LoadSheddingLevel.ORANGE,
        CrisisLevel.CRITICAL: LoadSheddingLevel.RED,
        CrisisLevel.EMERGENCY: LoadSheddingLevel.BLACK,
    }
)

SEVERITY_OF: Mapping[CrisisSeverity, LoadSheddingLevel] = MappingProxyType(
    {
        CrisisSeverity.MINOR: LoadSheddingLevel.YELLOW,
        CrisisSeverity.MODERATE: LoadSheddingLevel.ORANGE,
        CrisisSeverity.SEVERE: LoadSheddingLevel.RED,
        CrisisSeverity.CRITICAL: LoadSheddingLevel.BLACK,
    }
)


def level_asked(level: str | None, severity: str | None) -> LoadSheddingLevel:
    """The load-shedding level that one of the two words stands for.

    Raises:
        InvalidInputError: if both are given, neither is, or a word is none of its field's.
    """
    if level is None and severity is None:
        raise InvalidInputError("level", None, f"one of {_words(CrisisLevel)}, or instead {_SEVERITY}")
    if level is not None and severity is not None:
        given = f"{level} and severity {severity}"
        raise InvalidInputError("level", given, f"either a level ({_words(CrisisLevel)}) or {_SEVERITY}")
    if level is not None:
        return LEVEL_OF[_word(CrisisLevel, "level", level)]
    return SEVERITY_OF[_word(CrisisSeverity, "severity", str(severity))]


_Word = TypeVar("_Word", CrisisLevel, CrisisSeverity)


def _word(kind: type[_Word], field: str, given: str) -> _Word:
    if given not in {each.value for each in kind}:
        raise InvalidInputError(field, given, f"one of {_words(kind)}")
    return kind(given)


def _words(kind: type[StrEnum]) -> str:
    return ", ".join(kind)


_SEVERITY = f"a severity ({_words(CrisisSeverity)})"


@dataclass(frozen=True, slots=True)
class Activity:
    """Work of one service that can only stop as a whole.

    Attributes:
        service: the service's abbreviation, or what else names the work.
        name: how people name it.
        category: load category, 1 (never suspended) to 7.
        required: whether coverage asks for it; what is done beyond that is optional.
        minutes: the faculty's work in it, which counts against the faculty's capacity.
        resident_minutes: the residents' work, which stops with it.
    """

    service: str
    name: str
    category: int
    required: bool
    minutes: int
    resident_minutes: int = 0


@dataclass(frozen=True, slots=True)
class Shedding:
    """What is suspended, in the order in which it stops, and what stays, most protected first.

    ``capacity`` is in minutes, None where nobody asked whether the rest fits.
    """

    level: LoadSheddingLevel
    suspended: tuple[Activity, ...]
    protected: tuple[Activity, ...]
    capacity: int | None = None

    @property
    def suspended_minutes(self) -> int:
        """The faculty's minutes that are given up."""
        return _minutes(self.suspended)

    @property
    def protected_minutes(self) -> int:
        """The faculty's minutes that are still to be worked."""
        return _minutes(self.protected)

    @property
    def fits(self) -> bool | None:
        """Whether what stays fits the capacity; None where that is not asked."""
        return None if self.capacity is None else self.protected_minutes <= self.capacity

    @property
    def excess_minutes(self) -> int:
        """By how much the work that stays exceeds the capacity; 0 when it fits or nobody asked."""
        return 0 if self.capacity is None else max(0, self.protected_minutes - self.capacity)


def automatic_level(activities: Iterable[Activity], capacity: int) -> LoadSheddingLevel:
    """The smallest level at which the work that stays fits the capacity, in minutes.

    CRITICAL also when even that is not enough; :attr:`Shedding.fits` tells the two apart.
    """
    work = tuple(activities)
    for level in LEVELS:
        if _minutes(each for each in work if each.category not in SUSPENDED_CATEGORIES[level]) <= capacity:
            return level
    return LoadSheddingLevel.CRITICAL


def shed(activities: Iterable[Activity], level: LoadSheddingLevel, capacity: int | None = None) -> Shedding:
    """Suspend all categories of a level.

    Args:
        activities: all work, each piece once.
        level: which categories stop.
        capacity: the minutes that the work that stays is compared with.
    """
    order = shedding_order(activities)
    stops = SUSPENDED_CATEGORIES[level]
    return Shedding(
        level=level,
        suspended=tuple(each for each in order if each.category in stops),
        protected=tuple(each for each in reversed(order) if each.category not in stops),
        capacity=capacity,
    )


def shed_to_fit(activities: Iterable[Activity], capacity: int) -> Shedding:
    """Suspend as little as makes the rest fit the capacity, in minutes, in the order of shedding.

    Nothing of a category stops before everything of the less protected ones has, and patient safety never
    does: where even CRITICAL is not enough, the result does not fit and says so.
    """
    order = shedding_order(activities)
    left, count = _minutes(order), 0
    while left > capacity and count < len(order) and order[count].category > 1:
        left -= order[count].minutes
        count += 1
    return Shedding(
        level=automatic_level(order, capacity),
        suspended=order[:count],
        protected=tuple(reversed(order[count:])),
        capacity=capacity,
    )


def shedding_order(activities: Iterable[Activity]) -> tuple[Activity, ...]:
    """Activities in the order in which they stop.

    The least protected category first; within one the optional before the required, then the larger hours.
    """
    return tuple(sorted(activities, key=_stops_at))


def recovery_order(suspended: Iterable[Activity]) -> tuple[Activity, ...]:
    """Activities in the order in which they come back: the reverse of that in which they stop.

    So the category ascends.
    """
    return tuple(reversed(shedding_order(suspended)))


def _stops_at(activity: Activity) -> tuple[int, bool, int, int, str]:
    minutes = (-activity.minutes, -activity.resident_minutes)
    return (-activity.category, activity.required, *minutes, activity.service)


def _minutes(activities: Iterable[Activity]) -> int:
    return sum(each.minutes for each in activities)
