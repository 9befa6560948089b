"""What is told beside the verdicts."""

from dataclasses import replace
from datetime import date

import pytest

from residency.acgme.engine import judge
from residency.acgme.findings import Note
from residency.acgme.kinds import DutyKind
from residency.acgme.record import Duties, DutyRecord, HoursException, Leave
from residency.acgme.rules import rule_set
from residency.acgme.timeline import day_number

MONDAY = date(2026, 3, 2)
NUMBER = day_number(MONDAY)


def record(kind=DutyKind.DUTY, pgy=None, leave=None, report=None):
    """One entry of 8 hours on Monday from 07:00."""
    start = NUMBER * 24 * 60 + 7 * 60
    return DutyRecord(
        "UTC",
        ("A", "B"),
        Duties.of([0], [start], [start + 480], [kind]),
        pgy={(0, 2025): 2} if pgy is None else pgy,
        leave=leave or Leave.none(),
        report=report,
    )


def notes(held):
    return judge(held, rule_set()).notes


def leave_of(days):
    import numpy as np

    return Leave(np.array([0], np.int32), np.array([2 * NUMBER]), np.array([2 * (NUMBER + days)]))


def test_ordinary_duty_needs_no_note():
    assert notes(record()) == ()


def test_work_on_leave_is_told_with_its_hours():
    text = "8 h of work on leave that begins here; the hours count"
    assert notes(record(leave=leave_of(2))) == (Note("A", "2026-03-02T00:00:00+00:00", text),)


def test_a_voluntary_stay_is_listed():
    text = "8 h of a voluntary stay; the hours count"
    assert notes(record(DutyKind.VOLUNTARY_STAY)) == (Note("A", "2026-03-02T07:00:00+00:00", text),)


def test_notes_outside_the_reported_days_are_left_out():
    later = (date(2026, 4, 6), date(2026, 4, 13))
    assert notes(record(DutyKind.VOLUNTARY_STAY, report=later)) == ()


def test_an_average_that_passes_by_an_exception_names_it(records):
    days = [f"2026-03-{2 + week * 7 + day:02}" for week in range(4) for day in range(5)]
    rows = [(f"{day}T06:00", f"{day}T22:30") for day in days]
    month = [("2026-03-02", "2026-03-30")]
    text = "82.5 h a week pass by the exception of row 2, up to 88 h"
    excepted = records.record_of(rows, pgy=2, periods=month)
    limits = (
        (88.0, Note("R", "2026-03-02", text)),
        (82.0, None),  # the finding names it
    )
    for limit, expected in limits:
        approved = HoursException(0, date(2026, 3, 1), date(2026, 4, 1), limit, "of row 2")
        assert notes(replace(excepted, exceptions=(approved,))) == ((expected,) if expected else ())
    assert notes(excepted) == ()


@pytest.mark.parametrize(
    ("pgy", "person", "said"), [({(1, 2025): 1}, "A", "the post"), ({}, "", "of nobody the")]
)
def test_an_unknown_year_is_told_of_each_person_or_once_of_all(pgy, person, said):
    (note,) = notes(record(pgy=pgy))
    assert (note.person, note.at) == (person, "")
    assert note.text.startswith(said)
