"""The two programs that anybody would write first: loops over all pairs, and matching anew for every loss."""

from collections import deque
from collections.abc import Iterable, Sequence

import numpy as np

from residency.program.snapshot import Snapshot

Loss = tuple[int, ...]


def assigned_gaps(snapshot: Snapshot, losses: Iterable[Loss]) -> list[int]:
    """Slots short, beyond the base, when nobody moves: a loop over losses, half-days and the people lost.

    Not the slowest such program: only the posts that the lost people fill are looked at.
    """
    demand = snapshot.demand.T.tolist()
    assigned = snapshot.assigned.T.tolist()
    held: list[dict[int, int]] = [{} for _ in demand]
    counted = snapshot.assignment_counts
    for person, block, post in zip(
        snapshot.assignment_person[counted].tolist(),
        snapshot.assignment_block[counted].tolist(),
        snapshot.assignment_post[counted].tolist(),
        strict=True,
    ):
        held[block][person] = post
    found: list[int] = []
    for lost in losses:
        gap = 0
        for block, holds in enumerate(held):
            gone: dict[int, int] = {}
            for person in lost:
                post = holds.get(person)
                if post is not None:
                    gone[post] = gone.get(post, 0) + 1
            for post, count in gone.items():
                wanted, here = demand[block][post], assigned[block][post]
                gap += max(0, wanted - here + count) - max(0, wanted - here)
        found.append(gap)
    return found


def reassigned_gaps(snapshot: Snapshot, losses: Iterable[Loss]) -> list[int]:
    """Slots short, beyond the base, after the best reassignment: Hopcroft-Karp for every loss and half-day.

    Half-days in which none of the lost people is available are not solved again.
    """
    half_days = [_half_day(snapshot, block) for block in range(snapshot.period.blocks)]
    base = [_matched(able, slots, ()) for able, slots in half_days]
    return [
        sum(
            whole - _matched(able, slots, lost)
            for whole, (able, slots) in zip(base, half_days, strict=True)
            if any(person in able for person in lost)
        )
        for lost in losses
    ]


def _half_day(snapshot: Snapshot, block: int) -> tuple[dict[int, list[int]], int]:
    """The slots that each available person may fill, and how many slots there are."""
    demand: list[int] = snapshot.demand[:, block].tolist()
    slots_of: list[list[int]] = []
    slots = 0
    for count in demand:
        slots_of.append(list(range(slots, slots + count)))
        slots += count
    eligible = snapshot.eligible[int(snapshot.block_year[block])]
    able: dict[int, list[int]] = {}
    for person in np.flatnonzero(snapshot.available[:, block]).tolist():
        posts: list[int] = np.flatnonzero(eligible[:, person]).tolist()
        able[person] = [slot for post in posts for slot in slots_of[post]]
    return able, slots


def _matched(able: dict[int, list[int]], slots: int, lost: Loss) -> int:
    """The size of a maximum matching without some people (Hopcroft and Karp, after a greedy start)."""
    people = [person for person in able if person not in lost]
    holder = [-1] * slots
    slot_of: dict[int, int] = {}
    for person in people:
        for slot in able[person]:
            if holder[slot] < 0:
                holder[slot] = person
                slot_of[person] = slot
                break
    while True:
        distance = _distances(able, people, holder, slot_of)
        if distance is None:
            return len(slot_of)
        for person in people:
            if person not in slot_of:
                _seat(person, able, holder, slot_of, distance)


def _distances(
    able: dict[int, list[int]], people: Sequence[int], holder: Sequence[int], slot_of: dict[int, int]
) -> dict[int, int] | None:
    """Steps from people left over along alternating paths; None when no path ends at an empty slot."""
    distance = {person: 0 for person in people if person not in slot_of}
    queue = deque(distance)
    ends = False
    while queue:
        person = queue.popleft()
        for slot in able[person]:
            other = holder[slot]
            if other < 0:
                ends = True
            elif other not in distance:
                distance[other] = distance[person] + 1
                queue.append(other)
    return distance if ends else None


def _seat(
    start: int,
    able: dict[int, list[int]],
    holder: list[int],
    slot_of: dict[int, int],
    distance: dict[int, int],
) -> None:
    """Seat a person along one of the shortest paths; whoever leads nowhere is not asked again."""
    trail = [(start, iter(able[start]))]
    entered: list[int] = []
    while trail:
        person, slots = trail[-1]
        for slot in slots:
            other = holder[slot]
            if other < 0 or distance.get(other) == distance[person] + 1:
                entered.append(slot)
                if other >= 0:
                    trail.append((other, iter(able[other])))
                    break
                for (mover, _), seat in zip(trail, entered, strict=True):
                    holder[seat] = mover
                    slot_of[mover] = seat
                return
        else:
            distance[person] = -2
            trail.pop()
            if entered:
                entered.pop()
