"""A rostering instance as a linear model of stints: runs of days worked, each with the rest that follows it.

Which days somebody works is chosen as a set of stints, no two of which overlap when each is drawn out by the
rest required after it. The rows that say so form an interval matrix, so their linear relaxation is exact, and
a stint's days, weekends and length need no rows of their own: that is what makes the bound strong.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from residency.scheduling.linear_model import LinearModel
from residency.scheduling.rostering.instance import FREE, Instance, Roster

_SATURDAY = 5


@dataclass(frozen=True)
class RosterModel:
    """The model of an instance, and how a roster and its variables become one another.

    Attributes:
        linear: minimises the roster's penalty.
        shift: (P, D, S) variable that is 1 when somebody works a shift on a day.
        stint_person: (T,) whose stint each is.
        stint_first: (T,) first day worked.
        stint_last: (T,) last day worked.
        stint: (T,) variable that is 1 when the stint is worked.
        missing: (D, S) variable counting people missing from a shift.
        surplus: (D, S) variable counting people too many.
    """

    instance: Instance
    linear: LinearModel
    shift: NDArray[np.int64]
    stint_person: NDArray[np.int64]
    stint_first: NDArray[np.int64]
    stint_last: NDArray[np.int64]
    stint: NDArray[np.int64]
    missing: NDArray[np.int64]
    surplus: NDArray[np.int64]

    @classmethod
    def of(
        cls,
        instance: Instance,
        around: Roster | None = None,
        unlocked: NDArray[np.bool_] | None = None,
    ) -> "RosterModel":
        """The model of an instance; a roster is legal exactly when its values are a solution.

        With a roster ``around`` (P, D), only its ``unlocked`` days (P, D) may change.
        """
        linear = LinearModel()
        people, days, shifts = instance.people, instance.days, instance.shifts
        least = np.zeros((people, days, shifts), np.int64)
        allowed = ~instance.days_off[:, :, None] & (instance.max_shifts > 0)[:, None, :]
        most = allowed.astype(np.int64)
        stints = _stints(instance)
        if around is not None and unlocked is not None:
            kept = (around[:, :, None] == np.arange(shifts)) & ~unlocked[:, :, None]
            least = np.where(kept, 1, least)
            most = np.where(unlocked[:, :, None] | kept, most, 0)
            stints = _compatible(stints, around, unlocked)
        shift = linear.add_variables(most.size, least.ravel(), most.ravel()).reshape(most.shape)
        stint = linear.add_variables(len(stints))
        wanted = np.maximum(instance.required, 0).ravel()
        missing = linear.add_variables(days * shifts, 0, wanted).reshape(days, shifts)
        crowd = people + np.maximum(-instance.required, 0).ravel()
        surplus = linear.add_variables(days * shifts, 0, crowd).reshape(days, shifts)
        model = cls(
            instance, linear, shift, stints[:, 0], stints[:, 1], stints[:, 2], stint, missing, surplus
        )
        model._require_contracts()
        model._require_stints()
        model._require_successions()
        model._require_cover()
        model._charge()
        return model

    def roster_of(self, values: NDArray[np.int64]) -> Roster:
        """The roster of a solution's values (N,); shape (P, D)."""
        works = values[self.shift] > 0
        return np.where(works.any(axis=2), works.argmax(axis=2), FREE).astype(np.int16)

    def values_of(self, roster: Roster) -> NDArray[np.int64]:
        """The values (N,) of a roster (P, D); those of an illegal one are no solution."""
        values = np.zeros(self.linear.variables, np.int64)
        works = roster[:, :, None] == np.arange(self.instance.shifts)
        values[self.shift] = works
        working = np.pad(roster != FREE, ((0, 0), (1, 1)))
        before = working[self.stint_person, self.stint_first]
        after = working[self.stint_person, self.stint_last + 2]
        total = np.cumsum(working, axis=1)
        worked = total[self.stint_person, self.stint_last + 1] - total[self.stint_person, self.stint_first]
        whole = worked == self.stint_last - self.stint_first + 1
        values[self.stint] = whole & ~before & ~after
        surplus = works.sum(axis=0) - self.instance.required
        values[self.missing] = np.maximum(-surplus, 0)
        values[self.surplus] = np.maximum(surplus, 0)
        return values

    def prefer(self, tiny: NDArray[np.int64], scale: int) -> None:
        """Multiply the penalty by ``scale`` and add a cost (P, D, S) for each shift worked.

        With a scale far above what is added, that decides between rosters of about the same penalty.
        """
        self.linear.scale_cost(scale)
        self.linear.minimize(self.shift.ravel(), tiny.ravel())

    def _require_contracts(self) -> None:
        """Shifts of each kind, total minutes."""
        instance, days = self.instance, self.instance.days
        kinds = np.swapaxes(self.shift, 1, 2).reshape(-1, days)
        most = instance.max_shifts.ravel()
        bounding = (most > 0) & (most < days)
        self.linear.add_rows(kinds[bounding], 1, upper=most[bounding])
        minutes = np.broadcast_to(instance.minutes, self.shift.shape).reshape(instance.people, -1)
        everything = self.shift.reshape(instance.people, -1)
        self.linear.add_rows(everything, minutes, instance.min_minutes, instance.max_minutes)

    def _require_stints(self) -> None:
        """Days worked are those of stints, stints keep their rest, weekends are counted by stints."""
        instance, days = self.instance, self.instance.days
        for person in range(instance.people):
            mine = self.stint_person == person
            first, last, stint = self.stint_first[mine], self.stint_last[mine], self.stint[mine]
            rested = last + instance.min_rest[person]
            for day in range(days):
                working = stint[(first <= day) & (day <= last)]
                shifts = self.shift[person, day]
                signs = np.repeat([1, -1], [len(shifts), len(working)])
                self.linear.add_row(np.concatenate([shifts, working]), signs, 0, 0)
                self.linear.add_row(stint[(first <= day) & (day <= rested)], upper=1)
            saturdays = np.arange(_SATURDAY, days, 7)[:, None]
            weekends = ((first <= saturdays + 1) & (last >= saturdays)).sum(axis=0)
            touching = weekends > 0
            most = int(instance.max_weekends[person])
            if most < len(saturdays):
                self.linear.add_row(stint[touching], weekends[touching], upper=most)

    def _require_successions(self) -> None:
        """Shifts that may not follow others: one row for each set that is barred after a shift."""
        instance = self.instance
        for barred in np.unique(instance.not_after, axis=0):
            if not barred.any():
                continue
            # All the shifts that bar at least these share the row, which is then at its strongest.
            earlier = np.flatnonzero(instance.not_after[:, barred].all(axis=1))
            pairs = np.concatenate([self.shift[:, :-1, earlier], self.shift[:, 1:, barred]], axis=2)
            self.linear.add_rows(pairs.reshape(-1, pairs.shape[2]), 1, upper=1)

    def _require_cover(self) -> None:
        """People in a shift, those missing and those too many make up what is required."""
        instance = self.instance
        shifts = self.shift.reshape(instance.people, -1).T
        terms = np.column_stack([shifts, self.missing.ravel(), self.surplus.ravel()])
        signs = np.ones(instance.people + 2, np.int64)
        signs[-1] = -1
        required = instance.required.ravel()
        self.linear.add_rows(terms, signs, required, required)

    def _charge(self) -> None:
        instance, linear = self.instance, self.linear
        linear.minimize(self.missing, instance.under_weight)
        linear.minimize(self.surplus, instance.over_weight)
        for requests, sign in ((instance.wanted, -1), (instance.unwanted, 1)):
            asked = self.shift[requests.person, requests.day, requests.shift]
            linear.minimize(asked, sign * requests.weight)
        linear.minimize([], constant=int(instance.wanted.weight.sum()))


def _stints(instance: Instance) -> NDArray[np.int64]:
    """Person, first and last day of every run of days that somebody may work; shape (T, 3)."""
    last_day = instance.days - 1
    found: list[tuple[int, int, int]] = []
    for person in range(instance.people):
        off = np.flatnonzero(instance.days_off[person])
        least, most = int(instance.min_run[person]), int(instance.max_run[person])
        for first in range(instance.days):
            ends = off[off >= first]
            longest = min(most, (int(ends[0]) if len(ends) else instance.days) - first)
            for length in range(1, longest + 1):
                last = first + length - 1
                if length >= least or first == 0 or last == last_day:
                    found.append((person, first, last))
    return np.array(found, np.int64).reshape(-1, 3)


def _compatible(stints: NDArray[np.int64], around: Roster, unlocked: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Stints that work no locked free day and end beside no locked day of work."""
    person, first, last = stints.T
    working = np.pad((around != FREE) & ~unlocked, ((0, 0), (1, 1)))
    free = np.cumsum(np.pad((around == FREE) & ~unlocked, ((0, 0), (1, 0))), axis=1)
    clear = free[person, last + 1] == free[person, first]
    return stints[clear & ~working[person, first] & ~working[person, last + 2]]
