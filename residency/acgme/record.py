"""What the engine judges: duty, leave, averaging periods and exceptions of some people, as columns."""

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Self

import numpy as np
from numpy.typing import NDArray

from residency.acgme.kinds import KIND_CODES, DutyKind


class Basis(StrEnum):
    """Whether duty was planned or logged; the two are never mixed in one figure."""

    PLANNED = "planned"
    LOGGED = "logged"


class PeriodKind(StrEnum):
    """What an averaging period is (VI.F.1, VI.F.2.d: averaged over four weeks, or by rotation or month)."""

    FOUR_WEEK = "four_week"
    ROTATION = "rotation"
    CALENDAR_MONTH = "calendar_month"


@dataclass(frozen=True, slots=True)
class Duties:
    """Duty intervals as columns of equal length N, in any order; they may overlap.

    ``start`` and ``end`` are whole minutes since 1970 UTC, ``start < end``; ``person`` indexes
    :attr:`DutyRecord.people`; ``kind`` indexes :data:`residency.acgme.kinds.KINDS`.
    """

    person: NDArray[np.int32]
    start: NDArray[np.int64]
    end: NDArray[np.int64]
    kind: NDArray[np.int8]
    new_patient: NDArray[np.bool_]

    @classmethod
    def of(
        cls,
        person: list[int],
        start: list[int],
        end: list[int],
        kind: list[DutyKind],
        new_patient: list[bool] | None = None,
    ) -> Self:
        """Columns from lists of equal length."""
        return cls(
            person=np.array(person, np.int32),
            start=np.array(start, np.int64),
            end=np.array(end, np.int64),
            kind=np.array([KIND_CODES[each] for each in kind], np.int8),
            new_patient=np.array(new_patient or [False] * len(person), np.bool_),
        )

    def __len__(self) -> int:
        """Number of intervals."""
        return len(self.person)

    def take(self, rows: NDArray[np.intp] | NDArray[np.bool_]) -> Self:
        """The given rows, in the order given."""
        return type(self)(
            self.person[rows], self.start[rows], self.end[rows], self.kind[rows], self.new_patient[rows]
        )


@dataclass(frozen=True, slots=True)
class Leave:
    """Time away in half-days: columns of equal length; ranges may overlap.

    ``first`` and ``last`` are half-days ``2 x day + half`` with ``day`` counted from 1970-01-01 in the site's
    time zone and half 0 for AM, 1 for PM; ``last`` is exclusive.
    """

    person: NDArray[np.int32]
    first: NDArray[np.int64]
    last: NDArray[np.int64]

    @classmethod
    def none(cls) -> Self:
        """Nobody away."""
        return cls(np.zeros(0, np.int32), np.zeros(0, np.int64), np.zeros(0, np.int64))


@dataclass(frozen=True, slots=True)
class AveragingPeriod:
    """Days ``[start, end)`` of one person that are averaged together, unless they are longer than a month."""

    person: int
    start: date
    end: date
    kind: PeriodKind = PeriodKind.FOUR_WEEK


@dataclass(frozen=True, slots=True)
class HoursException:
    """An approved limit of weekly hours for one person on the days ``[start, end)`` (VI.F.4)."""

    person: int
    start: date
    end: date
    limit: float
    name: str = "exception"


@dataclass(frozen=True, slots=True)
class DutyRecord:
    """The duty of P people.

    ``pgy`` gives the post-graduate year by person and academic year; what is missing is unknown, never
    assumed. ``periods`` are the averaging periods; a person without any is averaged over 4-week windows from
    the Monday of the first duty. ``known`` are days ``(person, [start, end))`` on which having no duty is a
    fact and not a gap in the data. ``recovery`` are days ``(person, [start, end))`` owed after a deployment
    or convalescence. ``report`` limits what is judged: averaging windows that end in these days, and periods
    of work and of rest that do; None judges everything. Gaps of up to ``longest_break`` minutes in a period
    of work are breaks, except after a night on call or of night float: neither rest nor hours.
    """

    timezone: str
    people: tuple[str, ...]
    duties: Duties
    basis: Basis = Basis.LOGGED
    pgy: dict[tuple[int, int], int] = field(default_factory=dict[tuple[int, int], int])
    leave: Leave = field(default_factory=Leave.none)
    periods: tuple[AveragingPeriod, ...] = ()
    exceptions: tuple[HoursException, ...] = ()
    known: tuple[tuple[int, date, date], ...] = ()
    recovery: tuple[tuple[int, date, date], ...] = ()
    report: tuple[date, date] | None = None
    longest_break: int = 0
