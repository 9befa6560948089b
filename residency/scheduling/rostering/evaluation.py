"""What a roster costs and which hard constraints it breaks, judged without regard to how it was made.

Every roster is judged by this before it is shown. It walks through the days as a reader of the rules would
and shares nothing with the model, so that an error in one is found by the other.
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

from residency.scheduling.rostering.instance import FREE, Instance, Roster

_WEEKEND = (5, 6)


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Penalties of a roster by kind, and in words each hard constraint that it breaks."""

    shift_on_requests: int
    shift_off_requests: int
    cover_under: int
    cover_over: int
    broken: tuple[str, ...]

    @property
    def penalty(self) -> int:
        """The objective: all penalties together."""
        return self.shift_on_requests + self.shift_off_requests + self.cover_under + self.cover_over


def evaluate(instance: Instance, roster: Roster) -> Evaluation:
    """Judge a roster of shape (P, D).

    Raises:
        ValueError: it has another shape or names a shift that the instance does not have.
    """
    if roster.shape != (instance.people, instance.days):
        message = f"a roster of shape {roster.shape} for {instance.people} people and {instance.days} days"
        raise ValueError(message)
    if roster.size and not (roster.min() >= FREE and roster.max() < instance.shifts):
        message = f"a roster with shifts {roster.min()} to {roster.max()} for {instance.shifts} shifts"
        raise ValueError(message)
    rows: list[list[int]] = roster.tolist()
    broken = [sentence for person, row in enumerate(rows) for sentence in _broken(instance, person, row)]
    under, over = _cover(instance, rows)
    wanted, unwanted = instance.wanted, instance.unwanted
    on = zip(wanted.person, wanted.day, wanted.shift, wanted.weight, strict=True)
    off = zip(unwanted.person, unwanted.day, unwanted.shift, unwanted.weight, strict=True)
    return Evaluation(
        shift_on_requests=sum(int(weight) for who, day, shift, weight in on if rows[who][day] != shift),
        shift_off_requests=sum(int(weight) for who, day, shift, weight in off if rows[who][day] == shift),
        cover_under=under,
        cover_over=over,
        broken=tuple(broken),
    )


def _cover(instance: Instance, rows: list[list[int]]) -> tuple[int, int]:
    under = over = 0
    for day in range(instance.days):
        working = [row[day] for row in rows]
        for shift in range(instance.shifts):
            surplus = working.count(shift) - int(instance.required[day, shift])
            under += int(instance.under_weight[day, shift]) * max(-surplus, 0)
            over += int(instance.over_weight[day, shift]) * max(surplus, 0)
    return under, over


def _broken(instance: Instance, person: int, row: list[int]) -> Iterator[str]:
    """The hard constraints that one person's days break."""
    who = instance.person_ids[person]
    names = instance.shift_ids
    for day, shift in enumerate(row):
        if shift != FREE and instance.days_off[person, day]:
            yield f"{who} works {names[shift]} on day {day}, a day off"
    for day, (shift, following) in enumerate(itertools.pairwise(row)):
        if FREE not in (shift, following) and instance.not_after[shift, following]:
            yield f"{who} works {names[following]} on day {day + 1} right after {names[shift]}"
    for shift, name in enumerate(names):
        most = int(instance.max_shifts[person, shift])
        if row.count(shift) > most:
            yield f"{who} works {name} {row.count(shift)} times, at most {most} allowed"
    total = sum(int(instance.minutes[shift]) for shift in row if shift != FREE)
    least, most = int(instance.min_minutes[person]), int(instance.max_minutes[person])
    if not least <= total <= most:
        yield f"{who} works {total} minutes, {least} to {most} allowed"
    yield from _broken_runs(instance, person, row)
    weekends = {day // 7 for day, shift in enumerate(row) if shift != FREE and day % 7 in _WEEKEND}
    most = int(instance.max_weekends[person])
    if len(weekends) > most:
        yield f"{who} works {len(weekends)} weekends, at most {most} allowed"


def _broken_runs(instance: Instance, person: int, row: list[int]) -> Iterator[str]:
    """Runs of work and of free days that are too long or too short.

    A run that touches an edge of the horizon may be short, since it goes on outside as far as anyone knows.
    """
    who = instance.person_ids[person]
    first = 0
    for day in range(1, len(row) + 1):
        if day < len(row) and (row[day] == FREE) == (row[first] == FREE):
            continue
        length, inside = day - first, first > 0 and day < len(row)
        if row[first] == FREE:
            least = int(instance.min_rest[person])
            if inside and length < least:
                yield f"{who} is free for {length} days from day {first}, at least {least} required"
        else:
            least, most = int(instance.min_run[person]), int(instance.max_run[person])
            if inside and length < least:
                yield f"{who} works {length} days in a row from day {first}, at least {least} required"
            if length > most:
                yield f"{who} works {length} days in a row from day {first}, at most {most} allowed"
        first = day
