"""Thirty people who barely suffice: every single and every pair against solving every half-day again.

Nobody is interchangeable here: each person may do services of their own choosing, and each half-day asks for
nearly as many people as there are. So alternating paths are long, and tight sets are many, nested and large.
"""

import random
from collections import Counter
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
from residency.program.vocabulary import AbsenceType, CoverageRole, Half, PersonType, ServiceKind
from residency.resilience.contingency import analyze
from residency.resilience.reassignment import reassignment_losses

MONDAY = date(2026, 1, 5)
FACULTY, RESIDENTS, SERVICES = 12, 18, 13
PEOPLE = FACULTY + RESIDENTS
PRIMARY, SUPERVISING = CoverageRole.PRIMARY, CoverageRole.SUPERVISING


def tight_program(seed, days):
    """Everybody may do one to four services; each half-day asks for all who are there but one to three."""
    rng = random.Random(seed)  # noqa: S311 - a sample, not a secret
    names = [f"S{number}" for number in range(SERVICES)]
    people = [
        Person(
            f"{'F' if number < FACULTY else 'R'}{number:02}",
            f"Person {number}",
            PersonType.FACULTY if number < FACULTY else PersonType.RESIDENT,
            specialties=tuple(rng.sample(names, rng.choice([1, 2, 2, 3, 4]))),
        )
        for number in range(PEOPLE)
    ]
    absences = [
        Absence(person.id, day, day, AbsenceType.SICK, start_half=half, end_half=half)
        for day in (MONDAY + timedelta(days=offset) for offset in range(days))
        for half in Half
        for person in rng.sample(people, rng.randint(0, 4))
    ]
    coverage = []
    for offset in range(days):
        for half in Half:
            spare = rng.randint(1, 3)
            supervised = rng.randint(1, 3)
            wanted = Counter(rng.choices(names, k=PEOPLE - 4 - spare - supervised))
            for service, count in wanted.items():
                day = MONDAY + timedelta(days=offset)
                coverage.append(CoverageRequirement(service, half, count, day=day))
            place = rng.choice(names)
            coverage.append(CoverageRequirement(place, half, supervised, day=day, role=SUPERVISING))
    program = Program(
        "UTC",
        people=tuple(people),
        pgy_levels=tuple(PgyLevel(person.id, 2025, rng.randint(1, 3)) for person in people[FACULTY:]),
        services=tuple(
            Service(
                name,
                name,
                ServiceKind.OUTPATIENT,
                required_specialty=name,
                needs_supervision=number % 3 > 0,
                clinic_location="east" if number % 2 else "west",
            )
            for number, name in enumerate(names)
        ),
        coverage=tuple(coverage),
        absences=tuple(absences),
    )
    return scheduled(rng, program, Period.horizon(MONDAY, days))


def scheduled(rng, program, period):
    """The snapshot of the program with people placed at random where they may work."""
    bare = Snapshot.of(program, period)
    rows = []
    for block in range(period.blocks):
        left = bare.demand[:, block] + (rng.random() < 0.5)
        for person in rng.sample(range(PEOPLE), PEOPLE):
            posts = np.flatnonzero(bare.eligible[0, :, person] & (left > 0) & (bare.demand[:, block] > 0))
            if len(posts) and bare.available[person, block]:
                post = rng.choice(posts.tolist())
                left[post] -= 1
                rows.append((person, bare.post_service[post], block, bare.post_role[post]))
    person, service, block, role = np.array(rows, np.int32).T
    assignments = Assignments(
        person=person,
        service=service,
        day=np.datetime64(MONDAY, "D") + block // 2,
        half=(block % 2).astype(np.int8),
        role=role.astype(np.int8),
        source=np.zeros(len(rows), np.int8),
        locked=np.zeros(len(rows), np.bool_),
    )
    changed = {name: getattr(program, name) for name in Program.__dataclass_fields__}
    return Snapshot.of(Program(**{**changed, "assignments": assignments}), period)


class SolvedAgain:
    """The three sums of one snapshot for any loss, each half-day counted and matched from nothing."""

    def __init__(self, snapshot):
        self.blocks = range(snapshot.period.blocks)
        self.demand = snapshot.demand.T.tolist()
        self.slots = [[p for p, n in enumerate(row) for _ in range(n)] for row in self.demand]
        able = snapshot.eligible[0].T.tolist()
        self.able = [
            {
                person: [slot for slot, post in enumerate(slots) if able[person][post]]
                for person in np.flatnonzero(snapshot.available[:, block]).tolist()
            }
            for block, slots in enumerate(self.slots)
        ]
        self.held = [[] for _ in self.blocks]
        self.units = [[] for _ in self.blocks]
        for person, block, post, counts, units, supervises, place in zip(
            snapshot.assignment_person.tolist(),
            snapshot.assignment_block.tolist(),
            snapshot.assignment_post.tolist(),
            snapshot.assignment_counts.tolist(),
            snapshot.assignment_units.tolist(),
            snapshot.assignment_supervises.tolist(),
            snapshot.assignment_location.tolist(),
            strict=True,
        ):
            if counts:
                self.held[block].append((person, post))
            self.units[block].append((person, place, units, supervises))

    def assigned(self, block, lost):
        held = Counter(post for person, post in self.held[block] if person not in lost)
        return sum(max(0, count - held[post]) for post, count in enumerate(self.demand[block]))

    def reassigned(self, block, lost):
        able, holder = self.able[block], {}

        def seat(person, tried):
            for slot in able[person]:
                if slot not in holder:
                    holder[slot] = person
                    return True
            for slot in able[person]:
                if slot not in tried:
                    tried.add(slot)
                    if seat(holder[slot], tried):
                        holder[slot] = person
                        return True
            return False

        return len(self.slots[block]) - sum(seat(person, set()) for person in able if person not in lost)

    def supervision(self, block, lost):
        units, attendings = Counter(), Counter()
        for person, place, count, supervises in self.units[block]:
            if person not in lost:
                units[place] += count
                attendings[place] += supervises
        return sum(max(0, -(-count // 4) - attendings[place]) for place, count in units.items())

    def table(self, lost):
        """The three numbers of every half-day, shape (blocks, 3)."""
        return np.array(
            [
                (self.assigned(block, lost), self.reassigned(block, lost), self.supervision(block, lost))
                for block in self.blocks
            ]
        )


def compare(snapshot, seen):
    """Assert that every number of every single and pair equals solving again; count what there was to see."""
    again = SolvedAgain(snapshot)
    people = range(PEOPLE)
    base = again.table(())
    single = {person: again.table((person,)) - base for person in people}
    pair = {lost: again.table(lost) - base for lost in combinations(people, 2)}

    losses = reassignment_losses(snapshot)
    assert losses.shortage.tolist() == base[:, 1].tolist()
    for person in people:
        assert losses.essential[person].tolist() == single[person][:, 1].tolist()
    for (a, b), changed in pair.items():
        beyond = changed[:, 1] - single[a][:, 1] - single[b][:, 1]
        assert beyond.min() >= 0
        assert losses.joint_blocks(a, b).tolist() == np.flatnonzero(beyond).tolist()
        seen["joint slots"] += int(beyond.sum())
    for block in again.blocks:
        sets = Counter(number for number in losses.tight[:, block].tolist() if number >= 0)
        seen["tight sets"] += len(sets)
        seen["half-days with several tight sets"] += len(sets) > 1
        seen["tight sets of four and more"] += sum(size >= 4 for size in sets.values())

    report = analyze(snapshot, who="all")
    names = snapshot.person_ids
    shown = {row.person: (row.assigned_gap, row.reassigned_gap, row.supervision_deficit) for row in report.n1}
    assert shown == {names[person]: tuple(single[person].sum(axis=0)) for person in people}
    totals = {(names[a], names[b]): tuple(changed.sum(axis=0)) for (a, b), changed in pair.items()}
    listed = {(r.a, r.b): (r.assigned_gap, r.reassigned_gap, r.supervision_deficit) for r in report.n2}
    assert listed == {lost: gaps for lost, gaps in totals.items() if max(gaps) > 0}
    fatal = {lost for lost, gaps in totals.items() if gaps[1] > 0 or gaps[2] > 0}
    critical = {person for person, gaps in shown.items() if gaps[1] > 0 or gaps[2] > 0}
    joint_only = {(a, b) for a, b in fatal if a not in critical and b not in critical}
    assert {(row.a, row.b) for row in report.joint_only_pairs} == joint_only
    assert (report.fatal_pairs, report.joint_only_count) == (len(fatal), len(joint_only))
    seen["half-days"] += len(base)
    seen["essential people"] += int(losses.essential.sum())
    seen["fatal pairs"] += len(fatal)
    seen["joint-only pairs"] += len(joint_only)
    seen["supervision not additive"] += sum(
        totals[names[a], names[b]][2] != shown[names[a]][2] + shown[names[b]][2] for a, b in pair
    )


@pytest.mark.parametrize(
    ("programs", "days", "least"),
    [
        (60, 1, {"fatal pairs": 6000, "joint-only pairs": 600, "half-days with several tight sets": 20}),
        (3, 14, {"fatal pairs": 500, "half-days with several tight sets": 20}),
    ],
    ids=["short programs", "two weeks"],
)
def test_all_singles_and_pairs_of_thirty_people_equal_solving_again(programs, days, least):
    seen = Counter()
    for seed in range(programs):
        compare(tight_program(1000 * days + seed, days), seen)
    assert seen["half-days"] == 2 * days * programs
    wanted = {
        "essential people": 200,
        "joint slots": 500,
        "tight sets": 40,
        "tight sets of four and more": 20,
        "supervision not additive": 100,
        **least,
    }
    assert {kind: seen[kind] for kind in wanted if seen[kind] < wanted[kind]} == {}, seen
