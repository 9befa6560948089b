"""Who could take call under leave, tried one person and one shift at a time."""

from dataclasses import replace
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from residency.acgme.engine import judge
from residency.acgme.record import Basis
from residency.acgme.rules import rule_set
from residency.acgme.schedule import duty_record
from residency.program.calendar import Period
from residency.program.snapshot import Snapshot
from residency.program.vocabulary import EFFECTIVE_ABSENCE_STATUSES, ConflictType, Half, PersonType
from residency.quality.conflicts import detect_conflicts

OWED = {"deployment": 7, "convalescent": 3}


def broken(program, days, person):
    record = duty_record(program, days, Basis.PLANNED, rule_set())
    return {finding.key for finding in judge(record, rule_set()).violations if finding.person == person}


def away(absence, zone):
    """From nightfall before the first day, to the end, to the end of what is owed after it."""
    start = datetime.combine(absence.start_date - timedelta(days=1), time(19), zone)
    noon = absence.end_half is Half.AM
    last = absence.end_date if noon else absence.end_date + timedelta(days=1)
    owed = timedelta(days=OWED.get(absence.type, 0))
    hour = time(13) if noon else time(0)
    return start, datetime.combine(last, hour, zone), datetime.combine(last + owed, hour, zone)


def free(program, person, shift, zone):
    for absence in program.absences:
        start, _, back = away(absence, zone)
        mine = absence.person == person.id and absence.status in EFFECTIVE_ABSENCE_STATUSES
        if mine and shift.start < back and shift.end > start:
            return False
    night = shift.start.astimezone(zone).date()
    if person.active_from is not None and person.active_from > night:
        return False
    if person.active_to is not None and person.active_to <= night:
        return False
    return not any(
        other.person == person.id and other.start < shift.end and other.end > shift.start
        for other in program.call_shifts
    )


def one_at_a_time(program, days):
    zone, people = ZoneInfo(program.timezone), {person.id: person for person in program.people}
    found = set()
    for absence in program.absences:
        start, end, _ = away(absence, zone)
        for shift in program.call_shifts:
            night = shift.start.astimezone(zone).date()
            hit = shift.person == absence.person and shift.start < end and shift.end > start
            if not hit or night not in days or absence.status not in EFFECTIVE_ABSENCE_STATUSES:
                continue
            kind = people[shift.person].type
            callers = {s.person for s in program.call_shifts if s.kind is shift.kind} - {shift.person}
            takers = [
                person
                for person in people.values()
                if person.id in callers and person.type is kind and free(program, person, shift, zone)
            ]
            for taker in takers:
                given_to = (*program.call_shifts, replace(shift, person=taker.id))
                after = broken(replace(program, call_shifts=given_to), days, taker.id)
                if kind is not PersonType.RESIDENT or not after - broken(program, days, taker.id):
                    break
            else:
                found.add((absence, night, f"{shift.kind} call", bool(takers)))
    return found


def detected(program, days):
    found = detect_conflicts(program, Snapshot.of(program, days), days, types={ConflictType.CALL_CASCADE})
    return {
        (each.absence, each.slot.day, each.subject, "whoever could take it" in each.description)
        for each in found
    }


@pytest.fixture
def days(four_weeks):
    return Period.horizon(four_weeks.start, 21)


@settings(max_examples=50)
@given(seed=st.integers(0, 2**32))
def test_call_cascades_where_nobody_could_take_it_alone(random_world, four_weeks, seed):
    days = Period.horizon(four_weeks.start, 21)
    program = random_world(seed, days)
    assert detected(program, days) == one_at_a_time(program, days)


def test_the_random_schedules_have_call_of_each_fate(random_world, days):
    """Call that can be taken, that nobody is free for, and that would make whoever is free break a rule."""
    cascades, overlaps = set(), 0
    for seed in range(30):
        program = random_world(seed, days)
        cascades |= {(seed, *each) for each in detected(program, days)}
        wanted = {ConflictType.LEAVE_CALL_OVERLAP}
        overlaps += len(detect_conflicts(program, Snapshot.of(program, days), days, types=wanted))
    bound = sum(each[-1] for each in cascades)
    assert bound >= 3
    assert len(cascades) - bound >= 3
    assert overlaps - len(cascades) >= 3
