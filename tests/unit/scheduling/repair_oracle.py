"""The repair spelt out slowly: its cost, its rules judged from the whole, and the cheapest of all repairs."""

import heapq
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import product

import numpy as np

from residency.acgme.findings import SUPERVISION
from residency.acgme.record import Basis
from residency.acgme.schedule import judge_schedule
from residency.program.calendar import Period
from residency.program.records import Absence, Assignments, Program
from residency.program.snapshot import SUPERVISING, Snapshot
from residency.program.vocabulary import AbsenceType, PersonType, ServiceKind

EMPTY = (-1, -1)
AWAY = {ServiceKind.RECOVERY, ServiceKind.ABSENCE}
DAY = timedelta(days=1)
CONTEXT = 31 * DAY
MOST_TRIED = 20_000


class TooManyError(Exception):
    """More combinations than a test has time for."""


def cell(service, role, person, block):
    """What somebody does in a half-day, (service, role)."""
    held = int(service[person, block])
    return EMPTY if held < 0 else (held, int(role[person, block]))


def before(problem, person, block):
    """What the schedule said."""
    return cell(problem.service_before, problem.role_before, person, block)


def left(problem, person, block):
    """What is left of it when the lost are gone and suspended services stop."""
    held = before(problem, person, block)
    if held == EMPTY:
        return EMPTY
    if problem.disruption.lost[person, block]:
        return held if problem.program.services[held[0]].kind in AWAY else EMPTY
    stopped = stops(problem, held[0], block) and not is_fixed(problem, person, block)
    return EMPTY if stopped else held


def stops(problem, service, block):
    """Whether a service is suspended in a half-day."""
    when = problem.disruption.suspended_in
    return bool(problem.disruption.suspended[service] and (when is None or when[block]))


def is_locked(problem, person, block):
    """Whether the row of a cell is locked."""
    rows, day = problem.program.assignments, np.datetime64(problem.snapshot.period.day(block), "D")
    here = (rows.person == person) & (rows.day == day) & (rows.half == block % 2)
    return bool(rows.locked[here].any())


def is_fixed(problem, person, block):
    """Whether a repair has to leave a cell alone."""
    if problem.disruption.lost[person, block]:
        return False
    return is_locked(problem, person, block) or not problem.snapshot.available[person, block]


def may_hold(problem, person, block, post):
    """Whether somebody counts for a post in a half-day."""
    eligible = problem.eligible[problem.snapshot.block_year[block], post, person]
    return is_there(problem, person, block) and bool(eligible)


def empty_slots(problem, block, cells):
    """Empty slots of each post; who supervises beyond a place's named posts counts for its derived one."""
    empty, spare, real = [], Counter(), problem.real_posts
    for person, (service, role) in enumerate(cells):
        if attends(problem, person, block) and role == SUPERVISING:
            spare[place_of(problem, service)] += 1
    for post in range(len(problem.post_service)):
        wanted = (int(problem.post_service[post]), int(problem.post_role[post]))
        place, demand = place_of(problem, wanted[0]), int(problem.demand[post, block])
        held = sum(
            cells[person] == wanted and may_hold(problem, person, block, post) for person in range(len(cells))
        )
        if post < real and wanted[1] == SUPERVISING:
            spare[place] -= min(held, demand)
        empty.append(max(0, demand - (held if post < real else spare[place])))
    return empty


def place_of(problem, service):
    """Where residents and attendings of a service are together."""
    return problem.program.services[service].clinic_location or "clinic"


def is_there(problem, person, block):
    """Whether somebody can work in a half-day."""
    return bool(problem.snapshot.available[person, block] and not problem.disruption.lost[person, block])


def attends(problem, person, block):
    """Whether somebody counts as an attending where assigned as supervising."""
    who = problem.program.people[person]
    return who.type is PersonType.FACULTY and who.fte > 0 and is_there(problem, person, block)


def cost_of_block(problem, block, cells):
    """An empty slot 100,000 and 1,000 more for each category above the last; a changed cell 10."""
    empty = empty_slots(problem, block, cells)
    slots = sum(
        count * (100_000 + 1_000 * (7 - int(problem.post_category[post]))) for post, count in enumerate(empty)
    )
    return slots + 10 * sum(held != before(problem, person, block) for person, held in enumerate(cells))


def column(problem, service, role, block):
    """What everybody does in a half-day."""
    return tuple(cell(service, role, person, block) for person in range(problem.snapshot.people))


def column_left(problem, block):
    """What everybody does in a half-day once it is vacated."""
    return tuple(left(problem, person, block) for person in range(problem.snapshot.people))


def cost(problem, service, role):
    """The cost of a schedule."""
    return sum(
        cost_of_block(problem, block, column(problem, service, role, block))
        for block in range(problem.snapshot.period.blocks)
    )


def is_touched(problem, block):
    """Whether something is open or vacated in a half-day, so that a repair may change it."""
    after = column_left(problem, block)
    return any(empty_slots(problem, block, after)) or any(
        held != before(problem, person, block) for person, held in enumerate(after)
    )


def shortfall(problem, block, cells, lost=None):
    """Attendings missing in each place of a half-day: 4 units need one; PGY-1 2 units, others 1."""
    snapshot, services = problem.snapshot, problem.program.services
    units, present = Counter(), Counter()
    for person, (service, role) in enumerate(cells):
        there = snapshot.available[person, block] and not (lost is not None and lost[person, block])
        if service < 0 or not there:
            continue
        who, what = problem.program.people[person], services[service]
        place = place_of(problem, service)
        if who.type is PersonType.RESIDENT and what.needs_supervision and not what.inpatient:
            junior = snapshot.pgy[person, snapshot.block_year[block]] == 1
            units[place] += what.supervision_units_pgy1 if junior else what.supervision_units_other
            units[place] += what.procedure_units
        if who.type is PersonType.FACULTY and who.fte > 0 and role == SUPERVISING:
            present[place] += 1
    return {place: -(-count // 4) - present[place] for place, count in units.items()}


def options_of(problem, block):
    """What each person may do in a half-day after a repair."""
    found = []
    for person in range(problem.snapshot.people):
        kept = left(problem, person, block)
        able = {kept}
        if not is_fixed(problem, person, block) and not problem.disruption.lost[person, block]:
            able.add(EMPTY)
            able |= {
                (int(problem.post_service[post]), int(problem.post_role[post]))
                for post in range(len(problem.post_service))
                if may_hold(problem, person, block, post)
                and not stops(problem, int(problem.post_service[post]), block)
            }
        found.append(sorted(able))
    return found


def is_supervised(problem, block, cells):
    """Whether no place of a half-day lacks more attendings than it did before."""
    was = shortfall(problem, block, column(problem, problem.service_before, problem.role_before, block))
    now = shortfall(problem, block, cells, problem.disruption.lost)
    return all(short <= max(was.get(place, 0), 0) for place, short in now.items())


def ways(problem, block, *, rules=True):
    """All legal half-days as (cost, cells), the cheapest first."""
    if not is_touched(problem, block):
        cells = column_left(problem, block)
        return [(cost_of_block(problem, block, cells), cells)]
    options = options_of(problem, block)
    if np.prod([len(each) for each in options], dtype=float) > MOST_TRIED:
        raise TooManyError
    return sorted(
        (cost_of_block(problem, block, cells), cells)
        for cells in product(*options)
        if not rules or is_supervised(problem, block, cells)
    )


def leave_of_lost(problem):
    """What the lost half-days come to when they are recorded: leave, half-day by half-day."""
    found, people = [], problem.program.people
    for person, block in np.argwhere(problem.disruption.lost).tolist():
        day, half = problem.snapshot.period.day(block), problem.snapshot.period.half(block)
        leave = Absence(people[person].id, day, day, AbsenceType.VACATION, start_half=half, end_half=half)
        found.append(leave)
    return found


def rebuilt(problem, service, role, calls=(), *, happened=True):
    """The program with the schedule of the matrices; once it has ``happened``, the lost are on leave."""
    program, period = problem.program, problem.snapshot.period
    rows = program.assignments
    day = (rows.day - np.datetime64(period.start, "D")).astype(np.int64)
    outside = rows.take((day < 0) | (day >= period.days))
    person, block = np.nonzero(service >= 0)
    inside = Assignments(
        person=person.astype(np.int32),
        service=service[person, block].astype(np.int32),
        day=np.datetime64(period.start, "D") + block // 2,
        half=(block % 2).astype(np.int8),
        role=role[person, block].astype(np.int8),
        source=np.zeros(len(person), np.int8),
        locked=np.zeros(len(person), np.bool_),
    )
    moved = {move.shift: move.to for move in calls}
    shifts = tuple(
        replace(shift, person=program.people[moved[at]].id) if at in moved else shift
        for at, shift in enumerate(program.call_shifts)
        if moved.get(at, 0) is not None
    )
    absences = (*program.absences, *leave_of_lost(problem)) if happened else program.absences
    rows = Assignments.joined([outside, inside])
    return replace(program, assignments=rows, call_shifts=shifts, absences=absences)


def violations(problem, program):
    """Every must rule that a whole program breaks around the period: how far, by finding key."""
    period = problem.snapshot.period
    around = Period(period.start - CONTEXT, period.end + CONTEXT)
    judged = judge_schedule(
        program, Snapshot.of(program, period), around, Basis.PLANNED, problem.rules, problem.covered
    )
    return {each.key: abs(each.value - each.limit) for each in judged.judgement.violations}


def worse(now, was):
    """Keys of violations that are new, or larger than they were."""
    return {key for key, excess in now.items() if excess > was.get(key, 0.0) + 1e-9 or key not in was}


def new_violations(problem, service, role, calls=()):
    """Keys of the must rules that a schedule breaks and the one before did not, or not so far.

    Taking work away can split a violation that was there, or move the instant at which it begins: what the
    vacated schedule breaks by itself is not new.
    """
    gone = [replace(move, to=None) for move in calls]
    vacated = violations(problem, rebuilt(problem, problem.service_left, problem.role_left, gone))
    was = {key: excess for key, excess in vacated.items() if key[0] != SUPERVISION}
    was = larger(was, violations(problem, problem.program))
    if gone:
        # Whoever has no call the night before is there the next day, and needs an attending.
        kept = rebuilt(problem, problem.service_before, problem.role_before, gone, happened=False)
        was = larger(was, violations(problem, kept))
    now = violations(problem, rebuilt(problem, service, role, calls))
    return worse(now, was)


def broken_by_loss(problem, calls):
    """Keys of the must rules that the disruption breaks before anything is repaired."""
    gone = [replace(move, to=None) for move in calls]
    left = rebuilt(problem, problem.service_left, problem.role_left, gone)
    return worse(violations(problem, left), violations(problem, problem.program))


def larger(one, other):
    """Each violation of either, as far as the worse of the two."""
    return {key: max(one.get(key, 0.0), other.get(key, 0.0)) for key in one.keys() | other.keys()}


@dataclass
class Alone:
    """Judges one resident's row of cells at a time, and remembers."""

    problem: object
    seen: dict = field(default_factory=dict)

    def breaks(self, person, cells):
        """Whether a rule is newly broken where somebody does ``cells`` in the period."""
        key = person, cells
        if key not in self.seen:
            self.seen[key] = bool(worse(self.judged(person, cells), self.was(person)))
        return self.seen[key]

    def was(self, person):
        if person not in self.seen:
            blocks = range(self.problem.snapshot.period.blocks)
            cells = tuple(before(self.problem, person, block) for block in blocks)
            vacated = tuple(left(self.problem, person, block) for block in blocks)
            self.seen[person] = larger(
                self.judged(person, cells, happened=False), self.judged(person, vacated)
            )
        return self.seen[person]

    def judged(self, person, cells, *, happened=True):
        problem, program = self.problem, self.problem.program
        shape = problem.service_before.shape
        service, role = np.full(shape, -1, np.int32), np.full(shape, -1, np.int8)
        service[person], role[person] = [each[0] for each in cells], [each[1] for each in cells]
        whole = rebuilt(problem, service, role, happened=happened)
        rows = whole.assignments.take(whole.assignments.person == person)
        who = program.people[person].id
        own = Program(
            timezone=program.timezone,
            people=program.people,
            pgy_levels=program.pgy_levels,
            services=program.services,
            assignments=rows,
            call_shifts=tuple(shift for shift in program.call_shifts if shift.person == who),
            absences=tuple(absence for absence in whole.absences if absence.person == who),
            rotations=program.rotations,
        )
        period = problem.snapshot.period
        around = Period(period.start - CONTEXT, period.end + CONTEXT)
        judged = judge_schedule(own, None, around, Basis.PLANNED, problem.rules, problem.covered)
        return {
            each.key: abs(each.value - each.limit)
            for each in judged.judgement.violations
            if each.person == who
        }


def cheapest(problem, *, rules=True):
    """The least cost of all legal repairs of a problem, None where every one breaks a rule.

    Nobody who is lost may have call, which a repair would give to somebody else.

    Half-days are tried from the cheapest on, together, until every resident's row is legal.

    Raises:
        TooManyError: if there are too many to try.
    """
    blocks = [ways(problem, block, rules=rules) for block in range(problem.snapshot.period.blocks)]
    if not all(blocks):
        return None
    if not rules:
        return sum(block[0][0] for block in blocks)
    residents = np.flatnonzero(problem.snapshot.is_resident).tolist()
    alone, first = Alone(problem), (0,) * len(blocks)
    heap, pushed = [(sum(block[0][0] for block in blocks), first)], {first}
    while heap:
        total, chosen = heapq.heappop(heap)
        columns = [blocks[at][way][1] for at, way in enumerate(chosen)]
        if not any(alone.breaks(person, tuple(cells[person] for cells in columns)) for person in residents):
            return total
        for at, way in enumerate(chosen):
            following = (*chosen[:at], way + 1, *chosen[at + 1 :])
            if way + 1 < len(blocks[at]) and following not in pushed:
                pushed.add(following)
                dearer = total - blocks[at][way][0] + blocks[at][way + 1][0]
                heapq.heappush(heap, (dearer, following))
        if len(pushed) > MOST_TRIED:
            raise TooManyError
    return None


def fewest_empty(problem, block, *, unlocked=False):
    """Empty slots of a half-day after the best matching of people who may move to what is not yet held.

    With ``unlocked``, rows that are locked move too.
    """
    people = range(problem.snapshot.people)
    free = [
        person
        for person in people
        if is_there(problem, person, block) and (unlocked or not is_locked(problem, person, block))
    ]
    cells = column_left(problem, block)
    stays = [EMPTY if person in free else cells[person] for person in people]
    slots = [post for post, count in enumerate(empty_slots(problem, block, stays)) for _ in range(count)]
    taken = {}

    def place(slot, seen):
        for person in free:
            if person not in seen and may_hold(problem, person, block, slots[slot]):
                seen.add(person)
                if person not in taken or place(taken[person], seen):
                    taken[person] = slot
                    return True
        return False

    return sum(not place(slot, set()) for slot in range(len(slots)))
