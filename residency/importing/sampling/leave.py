"""The absences of a sample program: how often and how long people are away, and what was known in advance."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from residency.importing.sampling.layout import Layout
from residency.program.records import Absence
from residency.program.vocabulary import RECOVERY_DAYS, AbsenceStatus, AbsenceType, Half


@dataclass(frozen=True, slots=True)
class Reason:
    """Why people are away: its share of all absences, its median and longest days, whether it is planned."""

    type: AbsenceType
    weight: int
    median_days: float
    longest_days: int
    planned: bool = True
    spread: float = 0.5


@dataclass(frozen=True, slots=True)
class Group:
    """How a group of people is away: absences a person and year, and the largest share away at once."""

    yearly: float
    away_at_once: float
    reasons: tuple[Reason, ...]


FACULTY = Group(
    yearly=5.6,
    away_at_once=0.25,
    reasons=(
        Reason(AbsenceType.VACATION, 32, 6, 21),
        Reason(AbsenceType.TDY, 11, 8, 60, spread=0.8),
        Reason(AbsenceType.TRAINING, 5, 14, 42),
        Reason(AbsenceType.SICK, 3, 2, 5, planned=False),
        Reason(AbsenceType.CONFERENCE, 8, 4, 7),
        Reason(AbsenceType.FAMILY_EMERGENCY, 3, 3, 7, planned=False),
        Reason(AbsenceType.MEDICAL, 3, 8, 30, spread=0.8),
        Reason(AbsenceType.DEPLOYMENT, 2, 90, 123, spread=0.3),
    ),
)
RESIDENTS = Group(
    yearly=6.3,
    away_at_once=0.24,
    reasons=(
        Reason(AbsenceType.VACATION, 70, 7, 14, spread=0.3),
        Reason(AbsenceType.CONFERENCE, 12, 4, 7),
        Reason(AbsenceType.SICK, 14, 2, 5, planned=False),
        Reason(AbsenceType.FAMILY_EMERGENCY, 4, 3, 7, planned=False),
        Reason(AbsenceType.BEREAVEMENT, 2, 4, 6, planned=False),
        Reason(AbsenceType.MATERNITY_PATERNITY, 2, 21, 26),
        Reason(AbsenceType.MEDICAL, 3, 7, 26, spread=0.8),
    ),
)

_LEAD_DAYS = 10
"""Absences may have begun so long before the first day."""

_TENTATIVE = 0.05
"""Share of planned absences that are only anticipated, so that nobody is scheduled around them."""

_SHORT_NOTICE = 0.15
_SHORT_NOTICE_DAYS = 6
"""Share of planned absences up to that long that came up after the schedule was made."""

_TRIES = 4


@dataclass(frozen=True, slots=True)
class Leave:
    """Who is away, shape (U, people of a clinic, D) each.

    ``planned`` is what the schedule was made around, recovery included; ``vacation`` the part of it that
    bears leave in the schedule; ``unforeseen`` came up later.
    """

    absences: tuple[Absence, ...]
    planned: NDArray[np.bool_]
    vacation: NDArray[np.bool_]
    unforeseen: NDArray[np.bool_]


def draw_leave(layout: Layout, group: Group, ids: Sequence[Sequence[str]], rng: np.random.Generator) -> Leave:
    """Absences of one group, clinic by clinic.

    Args:
        layout: the clinics.
        group: how the people are away.
        ids: the people of each clinic.
        rng: the only source of chance.
    """
    days = layout.period.days
    shape = (layout.clinics, max(map(len, ids)), days)
    planned, vacation, unforeseen = (np.zeros(shape, np.bool_) for _ in range(3))
    absences: list[Absence] = []
    for clinic, people in enumerate(ids):
        away = np.zeros(days, np.int64)
        limit = max(1, round(group.away_at_once * len(people)))
        for place, person in enumerate(people):
            own = _Own(np.zeros(days + 2 * _LEAD_DAYS, np.bool_))
            for reason in _reasons(group, days, rng):
                span = own.place(reason, away, limit, rng)
                if span is None:
                    continue
                first, last, tentative = span
                absences.append(_absence(person, layout.period.start, first, last, reason, tentative, rng))
                late = rng.random() < _SHORT_NOTICE and last - first < _SHORT_NOTICE_DAYS
                begin, end = max(first, 0), last + 1 + RECOVERY_DAYS.get(reason.type, 0)
                if late or not reason.planned:
                    unforeseen[clinic, place, begin:end] = not tentative
                elif not tentative:
                    planned[clinic, place, begin:end] = True
                    vacation[clinic, place, begin:end] |= reason.type is AbsenceType.VACATION
                    away[begin:end] += 1
    return Leave(tuple(absences), planned, vacation, unforeseen)


def _reasons(group: Group, days: int, rng: np.random.Generator) -> list[Reason]:
    number = rng.poisson(group.yearly * (days + _LEAD_DAYS) / 365)
    weights = np.array([reason.weight for reason in group.reasons], np.float64)
    drawn = rng.choice(len(weights), size=number, p=weights / weights.sum())
    return [group.reasons[index] for index in drawn.tolist()]


@dataclass(frozen=True, slots=True)
class _Own:
    """One person's absences so far, with a margin of days before and after the period."""

    days: NDArray[np.bool_]

    def place(
        self, reason: Reason, away: NDArray[np.int64], limit: int, rng: np.random.Generator
    ) -> tuple[int, int, bool] | None:
        """First and last day of one more absence and whether it is tentative; None if there is no room.

        Planned leave goes where few of the clinic are away, and only where fewer than ``limit`` are.
        """
        length = int(reason.median_days * np.exp(reason.spread * rng.standard_normal()) + 0.5)
        length = min(max(length, 1), reason.longest_days, len(away) + _LEAD_DAYS)
        tentative = reason.planned and bool(rng.random() < _TENTATIVE)
        best: tuple[float, int] | None = None
        for first in rng.integers(-_LEAD_DAYS, len(away), size=_TRIES).tolist():
            begin, end = first + _LEAD_DAYS, first + length - 1 + _LEAD_DAYS
            if self.days[max(begin - 1, 0) : end + 2].any():
                continue
            crowd = away[max(first, 0) : first + length] if reason.planned else away[:0]
            if crowd.max(initial=0) < limit and (best is None or crowd.sum() < best[0]):
                best = float(crowd.sum()), first
        if best is None:
            return None
        first = best[1]
        self.days[first + _LEAD_DAYS : first + length + _LEAD_DAYS] = True
        return first, first + length - 1, tentative


def _absence(
    person: str,
    start: date,
    first: int,
    last: int,
    reason: Reason,
    tentative: bool,
    rng: np.random.Generator,
) -> Absence:
    half_day = reason.type is AbsenceType.SICK and bool(rng.random() < 0.2)
    confirmed = bool(rng.random() < 0.3)
    known = AbsenceStatus.CONFIRMED if confirmed else AbsenceStatus.APPROVED
    return Absence(
        person=person,
        start_date=start + timedelta(days=first),
        end_date=start + timedelta(days=last),
        type=reason.type,
        status=AbsenceStatus.ANTICIPATED if tentative else known,
        start_half=Half.PM if half_day else Half.AM,
        end_half=Half.PM,
    )
