"""The half-days of a sample program's faculty after inpatient weeks and call are laid down."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from residency.importing.sampling.layout import Layout
from residency.importing.sampling.roster import PRIMARY, SUPERVISING, Roster, pick
from residency.importing.sampling.services import CLOSED_ON_HOLIDAYS, OBSTETRICS, PROCEDURES
from residency.program.snapshot import UNITS_PER_ATTENDING
from residency.program.vocabulary import FULL_DEMAND_KINDS

_CLINIC_WEEKLY = (0.05, 2.0, 2.0, 1.0, 0.05, 4.0)
"""Own clinics a week by position in the clinic; everybody further has as many as the last."""

_PRECEPTING_WEEKLY = (1.0, 2.0, 2.0, 2.0, 1.5, 3.5)
_ADMINISTRATION = {"GME": ((0, 2),), "DFM": ((3, 1),)}
"""Administrative half-days a week: position in the clinic and how many."""

_OFF_PATTERN = 1.5
"""What it costs to precept outside one's own weekly half-days."""

_ALL_DAY = "OB"
_TEAM = 4


@dataclass
class FacultyWeek:
    """Hands out half-days day by day, always to whoever has had the least of that kind."""

    layout: Layout
    roster: Roster
    units: NDArray[np.int64]  # (U, D, 2) supervision units the residents generate
    unforeseen: NDArray[np.bool_]  # (U, F, D) who turns out to be away

    def __post_init__(self) -> None:
        shape = self.roster.available.shape[:2]
        self._had = {entry.service.abbreviation: np.zeros(shape) for entry in self.layout.services}
        self._everyone = np.ones(shape[1], np.bool_)
        self._precepting_days = _weekly_pattern(shape[1])
        self._share = {
            "FC": _by_position(_CLINIC_WEEKLY, shape[1]),
            "AT": _by_position(_PRECEPTING_WEEKLY, shape[1]),
        }
        self._eligible = {
            _ALL_DAY: self.layout.holders(OBSTETRICS),
            "SM": self.layout.sports_medicine(),
            **{name: self.layout.holders(credential) for name, (_, credential, _) in PROCEDURES.items()},
        }

    def fill(self) -> None:
        """Staff every day: scarce posts first, then supervision, clinics, spare supervision, office work."""
        for day, weekday in enumerate(self.layout.weekdays):
            self._all_day_post(day)
            for half in (0, 1):
                slot = weekday, half
                for name in ("SM", *PROCEDURES, "WKND"):
                    self._give(name, self._wanted(name, day, half), day, half)
                required = -(-self.units[:, day, half] // UNITS_PER_ATTENDING)
                self._give("AT", required + np.minimum(required, 1), day, half, SUPERVISING)
                self._replace_missing_preceptors(day, half)
                self._give("FC", self._wanted("FC", day, half), day, half)
                if weekday < 5 and not self.layout.holidays[day]:
                    self._office(slot, day, half)

    def _replace_missing_preceptors(self, day: int, half: int) -> None:
        """Supervision is staffed anew on the same morning; other gaps stay."""
        precepting = self.roster.service[:, :, day, half] == self.layout.code["AT"]
        missing = (precepting & self.unforeseen[:, :, day]).sum(axis=1)
        self._give("AT", missing, day, half, SUPERVISING, ~self.unforeseen[:, :, day])

    def _wanted(self, name: str, day: int, half: int) -> NDArray[np.int64]:
        return np.full(self.layout.clinics, demand(self.layout, name, day, half))

    def _all_day_post(self, day: int) -> None:
        """Both halves of a day on the obstetric ward go to one person."""
        free = self.roster.free(day, 0) & self.roster.free(day, 1) & self._eligible[_ALL_DAY]
        chosen = pick(self._had[_ALL_DAY], free, self._wanted(_ALL_DAY, day, 0))
        for half in (0, 1):
            self.roster.put(chosen, self.layout.code[_ALL_DAY], day, half)
        self._had[_ALL_DAY] += chosen

    def _give(
        self,
        name: str,
        number: NDArray[np.int64],
        day: int,
        half: int,
        role: int = PRIMARY,
        present: NDArray[np.bool_] | None = None,
    ) -> None:
        if not number.any():
            return
        allowed = self.roster.free(day, half) & self._eligible.get(name, self._everyone)
        if present is not None:
            allowed &= present
        score = (self._had[name] + 0.5) / self._share.get(name, 1.0)
        if name == "AT":
            own_day = self._precepting_days[:, self.layout.weekdays[day], half]
            score = score / score.max(initial=1.0) + _OFF_PATTERN * ~own_day
        chosen = pick(score, allowed, number)
        self.roster.put(chosen, self.layout.code[name], day, half, role)
        self._had[name] += chosen

    def _office(self, slot: tuple[int, int], day: int, half: int) -> None:
        place = 2 * slot[0] + slot[1]
        for name, shares in _ADMINISTRATION.items():
            for position, weekly in shares:
                if position < self._everyone.size and (place + 3 * position) % 10 < weekly:
                    chosen = self.roster.free(day, half)
                    chosen[:, np.arange(self._everyone.size) != position] = False
                    self.roster.put(chosen, self.layout.code[name], day, half)


def demand(layout: Layout, name: str, day: int, half: int) -> int:
    """How many people a clinic's service needs in a half-day, holidays considered."""
    entry = layout.services[layout.code[name]]
    minimum = entry.minimum.get((layout.weekdays[day], half), 0)
    if not layout.holidays[day] or entry.service.kind in FULL_DEMAND_KINDS:
        return minimum
    return 0 if name in CLOSED_ON_HOLIDAYS else -(-minimum // 4)


def _by_position(values: tuple[float, ...], faculty: int) -> NDArray[np.float64]:
    return np.array([values[min(position, len(values) - 1)] for position in range(faculty)])


def _weekly_pattern(faculty: int) -> NDArray[np.bool_]:
    """Which half-days of the week each attending usually precepts, shape (F, 7, 2).

    The faculty precept in teams of about four that share the half-days of the week.
    """
    teams = max(1, round(faculty / _TEAM))
    pattern = np.zeros((faculty, 7, 2), np.bool_)
    for position in range(faculty):
        for place in range(position % teams, 10, teams):
            pattern[position, place // 2, place % 2] = True
    return pattern
