"""A prepared schedule outlives the absence of those it was prepared for, and no other change."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta

import numpy as np

from residency.program.records import Absence, Assignments
from residency.program.snapshot import Snapshot
from residency.program.vocabulary import AbsenceType, PersonType
from residency.scheduling.fallbacks import fallback_hash
from residency.scheduling.problem import Disruption, RepairProblem

PROBLEMS = 40


def problem_with(program, problem, lost, demand=None):
    """The loss of some people of a program for the whole of a problem's period."""
    snapshot = Snapshot.of(program, problem.snapshot.period)
    gone = np.zeros(snapshot.available.shape, np.bool_)
    gone[lost] = True
    disruption = Disruption.of_loss(snapshot, gone)
    if demand is not None:
        disruption = replace(disruption, demand=demand)
    return RepairProblem.of(program, snapshot, disruption, problem.rules, problem.covered)


def away(problem, person, days=None):
    """The program with somebody on leave, for the whole period or its first days."""
    period = problem.snapshot.period
    last = period.start + timedelta(days=(days or period.days) - 1)
    leave = Absence(problem.program.people[person].id, period.start, last, AbsenceType.VACATION)
    return replace(problem.program, absences=(*problem.program.absences, leave))


def test_the_absence_of_exactly_the_lost_keeps_the_hash(repair_cases):
    told = Counter()
    for seed in range(PROBLEMS):
        problem = repair_cases.problem_of(seed)
        for lost in ([seed % problem.snapshot.people], [0, 1]):
            prepared = problem_with(problem.program, problem, lost)
            happened = away(problem, lost[0])
            for person in lost[1:]:
                happened = away(replace(problem, program=happened), person)
            if fallback_hash(problem_with(happened, problem, lost)) != fallback_hash(prepared):
                told[seed] += 1
    assert not told


def changes(problem, lost):
    """Programs that differ from a problem's in one thing that a repair may depend on, by what that is."""
    program, snapshot = problem.program, problem.snapshot
    others = [person for person in range(snapshot.people) if person not in lost]
    rows = program.assignments
    day = (rows.day - np.datetime64(snapshot.period.start, "D")).astype(int)
    inside = np.flatnonzero((day >= 0) & (day < snapshot.period.days) & np.isin(rows.person, others))
    there = [person for person in others if snapshot.available[person, 0]]
    if there:
        yield "leave", away(problem, there[0], days=1)
    if len(inside):
        kept = np.ones(len(rows), np.bool_)
        kept[inside[0]] = False
        yield "a row less", replace(program, assignments=rows.take(kept))
        locked = rows.locked.copy()
        locked[inside[0]] = not locked[inside[0]]
        if snapshot.available[rows.person[inside[0]], 2 * day[inside[0]] + rows.half[inside[0]]]:
            yield "a lock", replace(program, assignments=replace(rows, locked=locked))
        service = rows.service.copy()
        service[inside[0]] = (service[inside[0]] + 1) % len(program.services)
        yield "another service", replace(program, assignments=replace(rows, service=service))
    people = list(program.people)
    for person in others:
        if people[person].fte == 1:
            halved = [*people[:person], replace(people[person], fte=0.5), *people[person + 1 :]]
            yield "an FTE", replace(program, people=tuple(halved))
            break
    if program.coverage:
        first = replace(program.coverage[0], minimum=program.coverage[0].minimum + 1)
        yield "a slot more", replace(program, coverage=(first, *program.coverage[1:]))
    dearer = replace(program.services[0], load_category=program.services[0].load_category % 7 + 1)
    yield "a category", replace(program, services=(dearer, *program.services[1:]))
    residents = {people[person].id for person in others if people[person].type is PersonType.RESIDENT}
    for at, level in enumerate(program.pgy_levels):
        if level.person in residents and level.academic_year == 2026:
            levels = list(program.pgy_levels)
            levels[at] = replace(level, pgy=level.pgy % 3 + 1)
            yield "a PGY", replace(program, pgy_levels=tuple(levels))
            break
    if program.call_shifts:
        yield "call", replace(program, call_shifts=program.call_shifts[1:])
    before = rows.take(np.isin(rows.person, others) & (day < 0))
    if len(before):
        rest = rows.take(~(np.isin(rows.person, others) & (day < 0)))
        fewer = Assignments.joined([before.take(np.arange(1, len(before))), rest])
        yield "work before the period", replace(program, assignments=fewer)


def test_any_other_change_makes_another_hash(repair_cases):
    tried, missed = Counter(), Counter()
    for seed in range(PROBLEMS):
        problem = repair_cases.problem_of(seed)
        lost = [seed % problem.snapshot.people]
        prepared = fallback_hash(problem_with(problem.program, problem, lost))
        for what, program in changes(problem, lost):
            tried[what] += 1
            if (
                what == "a PGY"
                and len(problem.snapshot.pgy[0]) == 1
                and problem.snapshot.period.start.month < 7
            ):
                continue
            missed[what] += fallback_hash(problem_with(program, problem, lost)) == prepared
    assert {what: count for what, count in missed.items() if count} == {}
    assert min(tried.values()) >= PROBLEMS // 4, tried
    assert len(tried) == 10
