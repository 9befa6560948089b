"""A program of realistic size, every pair in some half-days against solving again."""

import random
from dataclasses import replace
from datetime import date, timedelta
from itertools import combinations

import numpy as np
import pytest

from residency.program.calendar import Period
from residency.program.records import (
    Absence,
    Assignments,
    CoverageRequirement,
    Person,
    PgyLevel,
    Program,
    Service,
)
from residency.program.snapshot import Snapshot
from residency.program.vocabulary import AbsenceType, Half, PersonType, ServiceKind
from residency.resilience.contingency import analyze
from residency.resilience.reassignment import reassignment_losses

MONDAY = date(2026, 1, 5)
DAYS, FACULTY, RESIDENTS, SERVICES = 90, 12, 18, 14
SKILLS = ("gyn", "heart", "skin", "sports")


def program():
    rng = random.Random(11)  # noqa: S311 - a sample, not a secret
    people = [
        Person(f"F{n}", f"F{n}", PersonType.FACULTY, specialties=tuple(rng.sample(SKILLS, 2)))
        for n in range(FACULTY)
    ] + [Person(f"R{n}", f"R{n}", PersonType.RESIDENT) for n in range(RESIDENTS)]
    services = [
        Service(
            f"S{n}",
            f"S{n}",
            ServiceKind.OUTPATIENT,
            required_type=rng.choice([None, PersonType.FACULTY, PersonType.RESIDENT]),
            required_specialty=None,
            min_pgy=rng.choice([None, 2, 3]),
            needs_supervision=True,
        )
        if n % 2
        else Service(f"S{n}", f"S{n}", ServiceKind.PROCEDURE, required_specialty=rng.choice(SKILLS))
        for n in range(SERVICES)
    ]
    return Program(
        "UTC",
        people=tuple(people),
        pgy_levels=tuple(PgyLevel(f"R{n}", 2025, 1 + n % 3) for n in range(RESIDENTS)),
        services=tuple(services),
        coverage=tuple(
            CoverageRequirement(service.abbreviation, half, rng.choice([1, 1, 2, 3]), weekday=weekday)
            for service in services
            for weekday in range(5)
            for half in Half
        ),
        absences=tuple(
            Absence(person.id, first, first + timedelta(days=rng.choice([3, 6, 13])), AbsenceType.VACATION)
            for person in people
            for first in (MONDAY + timedelta(days=rng.randrange(DAYS)),)
        ),
    )


def greedily_assigned(given):
    """The program with each half-day filled in the order of services, two people to spare at most."""
    snapshot = Snapshot.of(given, Period.horizon(MONDAY, DAYS))
    rows = []
    for block in range(snapshot.period.blocks):
        free = snapshot.available[:, block].copy()
        for post, slots in enumerate(snapshot.demand[:, block].tolist()):
            able = np.flatnonzero(free & snapshot.eligible[0, post])[: slots + (block % 3 == 0)]
            free[able] = False
            if slots:
                rows += [(person, snapshot.post_service[post], block) for person in able]
    person, service, block = np.array(rows, np.int32).T
    assignments = Assignments(
        person=person,
        service=service,
        day=np.datetime64(MONDAY, "D") + block // 2,
        half=(block % 2).astype(np.int8),
        role=np.zeros(len(rows), np.int8),
        source=np.zeros(len(rows), np.int8),
        locked=np.zeros(len(rows), np.bool_),
    )
    return Snapshot.of(replace(given, assignments=assignments), Period.horizon(MONDAY, DAYS))


@pytest.fixture(scope="module")
def snapshot():
    return greedily_assigned(program())


def shortage(snapshot, block, lost):
    """Kuhn's algorithm over single slots."""
    slots = [p for p, n in enumerate(snapshot.demand[:, block].tolist()) for _ in range(n)]
    holder = {}

    def seat(person, tried):
        for slot, post in enumerate(slots):
            if slot not in tried and snapshot.eligible[0, post, person]:
                tried.add(slot)
                if slot not in holder or seat(holder[slot], tried):
                    holder[slot] = person
                    return True
        return False

    here = [p for p in np.flatnonzero(snapshot.available[:, block]).tolist() if p not in lost]
    return len(slots) - sum(seat(person, set()) for person in here)


def test_every_pair_equals_solving_sampled_half_days_again(snapshot):
    losses = reassignment_losses(snapshot)
    critical = joint = 0
    for block in (0, 3, 29, 58, 101, 145):
        base = shortage(snapshot, block, ())
        assert losses.shortage[block] == base
        single = [shortage(snapshot, block, (p,)) - base for p in range(snapshot.people)]
        assert losses.essential[:, block].tolist() == single
        tight = losses.tight[:, block]
        for a, b in combinations(range(snapshot.people), 2):
            together = int(tight[a] == tight[b] >= 0)
            assert shortage(snapshot, block, (a, b)) - base == single[a] + single[b] + together
            joint += together
        critical += sum(single)
    assert critical > 20
    assert joint > 20


def test_the_report_adds_up_all_half_days(snapshot):
    report = analyze(snapshot, who="all")
    losses = reassignment_losses(snapshot)
    index = {person: row for row, person in enumerate(snapshot.person_ids)}
    assert report.base.after_reassignment == losses.shortage.sum()
    for loss in report.n1:
        assert loss.reassigned_gap == losses.essential[index[loss.person]].sum()
    counted = snapshot.assignment_counts
    people, blocks = snapshot.assignment_person[counted], snapshot.assignment_block[counted]
    held = np.full((snapshot.people, snapshot.period.blocks), -1)
    held[people, blocks] = snapshot.assignment_post[counted]
    demand, assigned = snapshot.demand.astype(int), snapshot.assigned
    base = np.maximum(demand - assigned, 0).sum()
    assert report.base.assigned_only == base
    pairs = {(pair.a, pair.b): pair for pair in report.n2}
    for a, b in combinations(range(snapshot.people), 2):
        left = assigned.copy()
        for person in (a, b):
            here = np.flatnonzero(held[person] >= 0)
            left[held[person, here], here] -= 1
        gap = np.maximum(demand - left, 0).sum() - base
        together = len(losses.joint_blocks(a, b))
        reassigned = losses.essential[[a, b]].sum() + together
        pair = pairs.get((snapshot.person_ids[a], snapshot.person_ids[b]))
        found = (pair.assigned_gap, pair.reassigned_gap) if pair else (0, 0)
        assert found == (gap, reassigned)
    assert report.joint_only_pairs or not report.n1_pass
    assert len(report.recommendations) >= 5
