"""What a reader should know beside the verdicts: work on leave, voluntary stays, exceptions, missing PGY."""

from collections.abc import Iterator

import numpy as np

from residency.acgme.facts import Facts
from residency.acgme.findings import Note
from residency.acgme.kinds import DutyKind
from residency.acgme.outcome import hours, number
from residency.acgme.spans import Spans
from residency.acgme.weekly_hours import WeeklyHours


def notes(facts: Facts, weekly: WeeklyHours) -> tuple[Note, ...]:
    """The notes on a record, in the order of people and time."""
    found = [
        *_work_on_leave(facts),
        *_voluntary_stays(facts),
        *_unknown_years(facts),
        *_passes_by_exception(facts, weekly),
    ]
    return tuple(sorted(found, key=lambda note: (note.person, note.at, note.text)))


def _work_on_leave(facts: Facts) -> Iterator[Note]:
    """Work on leave: it counts, while its days stay out of the divisor."""
    worked = facts.counted.within(facts.leave.start, facts.leave.end)
    some = worked > 0
    stretches = Spans(facts.leave.start[some], facts.leave.end[some])
    for name, at, minutes in _named(facts, stretches, worked[some].tolist()):
        yield Note(name, at, f"{hours(minutes)} of work on leave that begins here; the hours count")


def _voluntary_stays(facts: Facts) -> Iterator[Note]:
    """Voluntary stays, which count and are not judged as continuous duty (VI.F.3)."""
    stays = facts.union_of(DutyKind.VOLUNTARY_STAY)
    for name, at, minutes in _named(facts, stays, stays.length.tolist()):
        yield Note(name, at, f"{hours(minutes)} of a voluntary stay; the hours count")


def _unknown_years(facts: Facts) -> Iterator[Note]:
    """People with duty whose post-graduate year is not known when it begins."""
    people = np.flatnonzero(facts.has_duty)
    pgy = facts.pgy_at(people, facts.first_day[people])
    unknown: list[int] = people[pgy == 0].tolist()
    text = "the post-graduate year is not known; rules for some years alone are not judged"
    if not facts.record.pgy and unknown:
        yield Note("", "", f"of nobody {text}")
        return
    for person in unknown:
        yield Note(facts.record.people[person], "", text)


def _passes_by_exception(facts: Facts, weekly: WeeklyHours) -> Iterator[Note]:
    """Averages that keep a limit which an approved exception has raised; a finding names its own (VI.F.4)."""
    limits, names = weekly.limits
    usual = weekly.beyond(facts.rules.rules.HOURS_80.max_hours)
    for window in np.flatnonzero(usual & ~weekly.over).tolist():
        average = number(float(weekly.averages[window]))
        text = f"{average} h a week pass by the exception {names[window]}, up to {number(limits[window])} h"
        person = facts.record.people[int(facts.windows.person[window])]
        yield Note(person, facts.window_label(window)[0], text)


def _named(facts: Facts, spans: Spans, minutes: list[int]) -> Iterator[tuple[str, str, int]]:
    """The person, beginning as local time, and minutes of intervals on the axis; reported ones alone."""
    line = facts.timeline
    people: list[int] = line.person(spans.start).tolist()
    starts: list[int] = line.minute(spans.start).tolist()
    reported: list[bool] = facts.reported(spans.start).tolist()
    for person, start, shown, length in zip(people, starts, reported, minutes, strict=True):
        if shown:
            yield facts.record.people[person], line.local(start), length
