"""Parts of a roster that are solved anew while the rest stays: some people, or a window of their days."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from residency.scheduling.rostering.instance import FREE, Instance, Requests, Roster

_WIDTHS = (7, 10, 14)
_MONTH = 28
_FIRST_DAYS = 180.0
"""Days x people that are unlocked at first."""

_QUICK = 0.25
_MORE = 1.15
_FEWER = 0.87


@dataclass(frozen=True, slots=True)
class Part:
    """People (indices) whose ``unlocked`` (their number, D) days may change, and their own small instance."""

    instance: Instance
    people: NDArray[np.int64]
    unlocked: NDArray[np.bool_]


def part_of(instance: Instance, roster: Roster, unlocked: NDArray[np.bool_]) -> Part:
    """The instance that is left of the people with unlocked days (P, D) when all others keep their shifts."""
    people = np.flatnonzero(unlocked.any(axis=1))
    rest = np.delete(roster, people, axis=0)
    covered: NDArray[np.int64] = (rest[:, :, None] == np.arange(instance.shifts)).sum(axis=0)
    smaller = replace(
        instance,
        person_ids=tuple(instance.person_ids[person] for person in people),
        max_shifts=instance.max_shifts[people],
        max_minutes=instance.max_minutes[people],
        min_minutes=instance.min_minutes[people],
        max_run=instance.max_run[people],
        min_run=instance.min_run[people],
        min_rest=instance.min_rest[people],
        max_weekends=instance.max_weekends[people],
        days_off=instance.days_off[people],
        wanted=_of_people(instance.wanted, people, instance.people),
        unwanted=_of_people(instance.unwanted, people, instance.people),
        required=instance.required - covered,
    )
    return Part(smaller, people, unlocked[people])


def _of_people(requests: Requests, people: NDArray[np.int64], count: int) -> Requests:
    place = np.full(count, -1, np.int64)
    place[people] = np.arange(len(people))
    kept = place[requests.person] >= 0
    person = place[requests.person[kept]]
    return Requests(person, requests.day[kept], requests.shift[kept], requests.weight[kept])


def penalty_of(instance: Instance, roster: Roster) -> int:
    """The objective of a roster (P, D), as an evaluation has it, fast enough to be asked all the time."""
    wanted, unwanted = instance.wanted, instance.unwanted
    denied = roster[wanted.person, wanted.day] != wanted.shift
    forced = roster[unwanted.person, unwanted.day] == unwanted.shift
    return (
        int(_cover_cost(instance, roster).sum())
        + int(wanted.weight[denied].sum())
        + int(unwanted.weight[forced].sum())
    )


def _cover_cost(instance: Instance, roster: Roster) -> NDArray[np.int64]:
    """(D, S) penalty of each day's shift for people missing or too many."""
    working: NDArray[np.int64] = (roster[:, :, None] == np.arange(instance.shifts)).sum(axis=0)
    surplus = working - instance.required
    return np.where(surplus < 0, -surplus * instance.under_weight, surplus * instance.over_weight)


class Sizes:
    """Of how many people a window of so many days is unlocked: more while parts are solved quickly."""

    def __init__(self, instance: Instance) -> None:
        self.widths = tuple(sorted({min(width, instance.days) for width in _WIDTHS} | {_whole(instance)}))
        self._people = {width: _FIRST_DAYS / width for width in self.widths}
        self._most = instance.people

    def people(self, width: int) -> int:
        """How many people to unlock for a window of a width."""
        return max(1, min(self._most, round(self._people[width])))

    def adapt(self, width: int, share: float) -> None:
        """Take in that a part took this ``share`` of the time it was given, 1 when it was not finished."""
        factor = _FEWER if share >= 1 else _MORE if share < _QUICK else 1.0
        self._people[width] = float(np.clip(self._people[width] * factor, 2.0, max(2.0, self._most)))


def _whole(instance: Instance) -> int:
    """The widest window: a month, or what there is."""
    return min(_MONTH, instance.days)


def choose(
    instance: Instance, roster: Roster, random: Generator, width: int, people: int
) -> NDArray[np.bool_]:
    """Days (P, D) to unlock next: a window of ``width`` days of some people.

    Both are drawn near where cover is penalised: the window lies around such a day, and people who may work
    the penalised shift come first more often.
    """
    day, shift = _sore_spot(instance, roster, random)
    first = int(np.clip(day - random.integers(0, width), 0, instance.days - width))
    weight = np.where(instance.max_shifts[:, shift] > 0, 2.0, 1.0)
    chosen = random.choice(instance.people, people, replace=False, p=weight / weight.sum())
    unlocked = np.zeros(roster.shape, np.bool_)
    unlocked[chosen, first : first + width] = True
    return unlocked


def _sore_spot(instance: Instance, roster: Roster, random: Generator) -> tuple[int, int]:
    """A day and shift, more probably one where cover is penalised much."""
    cost = _cover_cost(instance, roster)
    weight = cost + max(1.0, float(cost.mean()))
    chosen = int(random.choice(cost.size, p=(weight / weight.sum()).ravel()))
    return divmod(chosen, instance.shifts)


def nobody_works(instance: Instance) -> Roster:
    """(P, D) a roster without any shift, which contracts do not allow in general."""
    return np.full((instance.people, instance.days), FREE, np.int16)
