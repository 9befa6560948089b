"""What every repair promises, checked on the schedule that it proposes; each broken promise in words."""

from zoneinfo import ZoneInfo

import numpy as np

from residency.program.availability import availability
from residency.program.vocabulary import PersonType
from residency.scheduling.repaired import burden_of

WORKING = {PersonType.RESIDENT, PersonType.FACULTY}


def broken_promises(oracle, problem, repair):
    """What is wrong with a repair; nothing where it keeps all its promises."""
    return [
        *_cells(oracle, problem, repair),
        *_rules(oracle, problem, repair),
        *_figures(oracle, problem, repair),
        *_calls(problem, repair),
    ]


def _cells(oracle, problem, repair):
    """Each cell is kept, given up, or given to somebody who may hold it, and only where something is open."""
    rest = _rest_of_takers(problem, repair)
    for block in range(problem.snapshot.period.blocks):
        touched = oracle.is_touched(problem, block) or rest[:, block].any()
        for person, able in enumerate(oracle.options_of(problem, block)):
            held, left = (
                oracle.cell(repair.service, repair.role, person, block),
                oracle.left(problem, person, block),
            )
            name = f"person {person} in half-day {block}"
            if held == left or (held == oracle.EMPTY and rest[person, block]):
                continue
            if not touched:
                yield f"{name}: moved although nothing is open or vacated"
            if problem.disruption.lost[person, block]:
                yield f"{name}: lost, and moved"
            elif oracle.is_fixed(problem, person, block):
                yield f"{name}: locked or away, and moved"
            elif held not in able:
                yield f"{name}: {held} is neither what they had nor a post that they may hold"
            elif held != oracle.EMPTY and oracle.stops(problem, held[0], block):
                yield f"{name}: sent to a service that stops"
        for person, service in enumerate(repair.service[:, block]):
            if (service < 0) != (repair.role[person, block] < 0):
                yield f"person {person} in half-day {block}: a role without a service, or the reverse"


def _rules(oracle, problem, repair):
    """No must rule is newly broken or broken further, and what is told of it is so."""
    found = oracle.new_violations(problem, repair.service, repair.role, repair.calls)
    told = {finding.key for finding in repair.new_violations}
    if not found <= told <= found | oracle.broken_by_loss(problem, repair.calls):
        yield f"new violations {sorted(found)}, told {sorted(told)}"
    for key in sorted(found):
        if not _is_forced(oracle, problem, repair, key):
            yield f"{key} is newly broken and no locked assignment forces it"


def _is_forced(oracle, problem, repair, key):
    """Whether what cannot move breaks a rule by itself: locked rows, call, and days around the period."""
    service = np.where(problem.fixed, problem.service_left, -1).astype(np.int32)
    role = np.where(problem.fixed, problem.role_left, -1).astype(np.int8)
    return key in oracle.new_violations(problem, service, role, repair.calls)


def _figures(oracle, problem, repair):
    """Cost, empty slots and burden are those of the schedule, and nothing got worse by repairing it."""
    cost = oracle.cost(problem, repair.service, repair.role)
    if repair.cost != cost:
        yield f"cost {repair.cost}, in truth {cost}"
    if repair.unfilled.tolist() != problem.unfilled(repair.service, repair.role).tolist():
        yield "empty slots are not those of the schedule"
    if repair.burden != burden_of(problem, repair.service):
        yield "the burden is not that of the schedule"
    if repair.bound is not None and repair.bound > repair.cost:
        yield f"bound {repair.bound} above the cost {repair.cost}"
    left = problem.service_left, problem.role_left
    if not oracle.new_violations(problem, *left):
        # Whoever takes call gives up the morning after it.
        if cost > oracle.cost(problem, *left) and not any(move.to is not None for move in repair.calls):
            yield "dearer than leaving everything as vacated"
        if repair.unfilled.sum() > problem.unfilled(*left).sum():
            yield "leaves more slots empty than leaving everything as vacated"


def _calls(problem, repair):
    """Call goes from somebody lost to somebody of their kind who is there, rested, and on no other call."""
    program, people = problem.program, problem.program.people
    index = {person.id: at for at, person in enumerate(people)}
    taken = {move.shift: move.to for move in repair.calls}
    if len(taken) != len(repair.calls):
        yield "one call shift is moved twice"
    for at, to in taken.items():
        shift, name = program.call_shifts[at], f"call shift {at}"
        owner = index[shift.person]
        if not problem.disruption.lost[owner].any():
            yield f"{name} is moved although nobody of it is lost"
        if to is None:
            continue
        if to == owner or people[to].type is not people[owner].type or people[to].type not in WORKING:
            yield f"{name} goes from {people[owner].type} {owner} to {people[to].type} {to}"
        if any(problem.disruption.lost[to, block] for block in _around(problem, shift)):
            yield f"{name} goes to somebody who is lost"
        for number, other in enumerate(program.call_shifts):
            holder = taken.get(number, index[other.person])
            if number != at and holder == to and shift.start < other.end and other.start < shift.end:
                yield f"{name} goes to somebody who has call {number} then"
        resting = _resting(problem, shift, to)
        if (resting & problem.present[to] & (repair.service[to] >= 0)).any():
            yield f"{name} goes to somebody who works in it or in the rest after it"


def _rest_of_takers(problem, repair):
    """Half-days in which somebody rests after call that they take over, shape (P, B)."""
    rest = np.zeros(problem.present.shape, np.bool_)
    for move in repair.calls:
        if move.to is not None:
            rest[move.to] |= _resting(problem, problem.program.call_shifts[move.shift], move.to)
    return rest


def _around(problem, shift):
    """The afternoon on whose evening a night on call begins and the morning on which it ends."""
    zone, period = ZoneInfo(problem.program.timezone), problem.snapshot.period
    evening = 2 * (shift.start.astimezone(zone).date() - period.start).days + 1
    return [block for block in (evening, evening + 1) if 0 <= block < period.blocks]


def _resting(problem, shift, person):
    """Half-days that a call shift and the rest after it would take from somebody, shape (B,)."""
    program, period = problem.program, problem.snapshot.period
    if not shift.in_house:
        return np.zeros(period.blocks, np.bool_)
    who = program.people[person]
    return ~availability(period, program.timezone, (who,), {shift.person: 0}, (), (shift,))[0]
