"""What a crisis meets: who is lost from the published schedule, and which fallback is made for that."""

from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

import numpy as np

from residency.program.availability import absence_blocks
from residency.program.records import Program
from residency.program.snapshot import Snapshot
from residency.program.vocabulary import EFFECTIVE_ABSENCE_STATUSES, PersonType
from residency.resilience.load_shedding import LoadSheddingLevel
from residency.scheduling.scenarios import Scenario

PCS_MONTHS = frozenset({5, 6, 7, 8})
"""The months in which military staff change their station."""

PCS_LOST = 5
"""So many lost at once in those months are the season's, and no accident."""


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What decides which fallback fits; ``lost`` are people's ids in order."""

    shedding_level: LoadSheddingLevel
    lost: tuple[str, ...]
    today: date
    is_holiday: bool


@dataclass(frozen=True, slots=True)
class Choice:
    """A scenario; ``subject`` are the ids of the people it must be about, None where it names its own."""

    scenario: Scenario
    subject: tuple[str, ...] | None


def choose_fallback(circumstances: Circumstances) -> Choice | None:
    """Which fallback fits, by the first that holds; None where nobody is lost and nothing else calls for one.

    An emergency (load shed to BLACK or further) calls for that of a mass casualty event; five or more lost in
    the months of changes of station for that; a holiday for the skeleton; two or more lost for the double
    loss and one for the single. Of more than two lost, all are the double loss's subject.
    """
    lost = circumstances.lost
    if circumstances.shedding_level.rank >= LoadSheddingLevel.BLACK.rank:
        return Choice(Scenario.MASS_CASUALTY, None)
    if circumstances.today.month in PCS_MONTHS and len(lost) >= PCS_LOST:
        return Choice(Scenario.PCS_SEASON, None)
    if circumstances.is_holiday:
        return Choice(Scenario.HOLIDAY_SKELETON, None)
    if len(lost) > 1:
        return Choice(Scenario.TWO_FACULTY_LOSS, lost)
    return Choice(Scenario.ONE_FACULTY_LOSS, lost) if lost else None


def is_holiday(program: Program, today: date) -> bool:
    """Whether the calendar calls today a holiday."""
    return any(entry.day == today and entry.is_holiday for entry in program.calendar)


def lost_faculty(program: Program, snapshot: Snapshot) -> tuple[str, ...]:
    """Faculty whom an effective absence takes from duty that the schedule counts on; ids in order.

    Args:
        program: with the absences, assignments and call of the snapshot's days.
        snapshot: the days that are looked at.
    """
    zone = ZoneInfo(program.timezone)
    duty = np.array([each.counts_as_duty for each in program.services], np.bool_)
    works = np.zeros(snapshot.available.shape, np.bool_)
    on_duty = duty[snapshot.assignment_service]
    works[snapshot.assignment_person[on_duty], snapshot.assignment_block[on_duty]] = True
    faculty = {
        person.id: row for row, person in enumerate(program.people) if person.type is PersonType.FACULTY
    }
    calls = [(shift.person, shift.start.astimezone(zone).date()) for shift in program.call_shifts]
    lost: set[str] = set()
    for absence in program.absences:
        row = faculty.get(absence.person)
        if row is None or absence.status not in EFFECTIVE_ABSENCE_STATUSES:
            continue
        first, end = absence_blocks(snapshot.period, absence)
        has_call = any(
            person == absence.person
            and absence.start_date <= day <= absence.end_date
            and day in snapshot.period
            for person, day in calls
        )
        if has_call or works[row, max(first, 0) : max(end, 0)].any():
            lost.add(absence.person)
    return tuple(sorted(lost))
