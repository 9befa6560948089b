"""The half-days of a sample program's residents: rotations of two weeks, clinics in between, teaching."""

import numpy as np
from numpy.typing import NDArray

from residency.importing.sampling.faculty import demand
from residency.importing.sampling.layout import Layout
from residency.importing.sampling.roster import FREE, Roster, pick
from residency.importing.sampling.services import CLINIC_HALF_DAYS, DIDACTICS

_ROTATIONS = (
    ("FMR", 3),
    ("NF", 1),
    ("ICU", 1),
    ("OBR", 1),
    ("PEDS", 1),
    ("SURG", 1),
    ("EM", 1),
    ("ELEC", 3),
    ("GERI", 1),
    ("C", 3),
    ("RSCH", 1),
)
"""Rotations of seventeen residents; C is the block spent mostly in clinic."""

_CLINICS_WEEKLY = {"FMR": 0, "NF": 0, "ELEC": 3, "C": 6}
_WEEKEND_DAY = {"ICU": 5, "EM": 6, "OBR": 5, "PEDS": 6, "SURG": 5}
_NIGHTS_FROM = (6, 0, 1, 2, 3)
_YIELDING = ("ELEC", "C", "RSCH", "GERI")
"""Rotations from which somebody is called to help out, the first one first."""


def schedule_residents(layout: Layout, roster: Roster, vacation: NDArray[np.bool_]) -> None:
    """Fill the residents' half-days.

    Args:
        layout: the clinics.
        roster: the residents', empty.
        vacation: who is on leave, shape (U, R, D).
    """
    residents = int(roster.available.shape[1])
    rotations = _rotation_list(residents)
    step = next(step for step in (5, 7, 3, 11, 2, 1) if np.gcd(step, residents) == 1)
    for day in range(layout.period.days):
        turn = (layout.period.start.toordinal() + day) // 14
        rotation = [rotations[(place + turn * step) % residents] for place in range(residents)]
        clinics = _clinic_slots(rotation)
        for half in (0, 1):
            _half_day(layout, roster, rotation, clinics, day, half)
            _help_out(layout, roster, rotation, day, half)
        _leave(layout, roster, vacation, day)


def _rotation_list(residents: int) -> list[str]:
    """The rotations of so many residents, in the proportions of seventeen."""
    seventeen = [name for name, number in _ROTATIONS for _ in range(number)]
    return [seventeen[place * len(seventeen) // residents] for place in range(residents)]


def _clinic_slots(rotation: list[str]) -> list[frozenset[tuple[int, int]]]:
    """Each resident's clinic half-days of the week, spread evenly over all."""
    slots: list[frozenset[tuple[int, int]]] = []
    taken = 0
    for name in rotation:
        weekly = _CLINICS_WEEKLY.get(name, 1)
        spread = [CLINIC_HALF_DAYS[(taken + turn) * 2 % len(CLINIC_HALF_DAYS)] for turn in range(weekly)]
        slots.append(frozenset(spread))
        taken += weekly
    return slots


def _half_day(
    layout: Layout,
    roster: Roster,
    rotation: list[str],
    clinics: list[frozenset[tuple[int, int]]],
    day: int,
    half: int,
) -> None:
    weekday = layout.weekdays[day]
    for place, name in enumerate(rotation):
        service = _service_of(layout, name, place, clinics[place], day, half)
        if service is not None:
            present = roster.available[:, place, day]
            roster.service[present, place, day, half] = layout.code[service]
    if weekday >= 5 or layout.holidays[day]:
        return
    if (weekday, half) == DIDACTICS:
        away = [place for place, name in enumerate(rotation) if name not in {"FMR", "NF"}]
        attending = np.zeros_like(roster.available[:, :, day])
        attending[:, away] = roster.available[:, away, day]
        roster.put(attending, layout.code["LEC"], day, half)


def _service_of(
    layout: Layout, rotation: str, place: int, clinics: frozenset[tuple[int, int]], day: int, half: int
) -> str | None:
    """What a resident does in a half-day, None for nothing."""
    weekday = layout.weekdays[day]
    if rotation == "NF":
        return "NF" if half == 1 and weekday in _NIGHTS_FROM else None
    if rotation == "FMR":
        week = (layout.period.start.toordinal() + day) // 7
        return "W" if weekday >= 5 and (place + week) % 3 == 0 else "FMR"
    if weekday >= 5:
        return rotation if _WEEKEND_DAY.get(rotation) == weekday else None
    if layout.holidays[day]:
        return None
    if (weekday, half) in clinics:
        return "C"
    return "ELEC" if rotation == "C" else rotation


def _help_out(layout: Layout, roster: Roster, rotation: list[str], day: int, half: int) -> None:
    """Fill ward, night and clinic up to their demand from rotations that can spare somebody."""
    spare = np.array([_YIELDING.index(name) if name in _YIELDING else len(_YIELDING) for name in rotation])
    keep = [layout.code[name] for name in ("FMR", "NF", "C")]
    for name in ("FMR", "NF", "C"):
        missing = demand(layout, name, day, half) - roster.count(layout.code[name], day, half)
        if (missing > 0).any():
            held = roster.service[:, :, day, half]
            allowed = roster.available[:, :, day] & ~np.isin(held, keep) & (spare < len(_YIELDING))
            score = np.broadcast_to(spare + 0.1 * (held != FREE), held.shape).astype(np.float64)
            roster.put(pick(score, allowed, np.maximum(missing, 0)), layout.code[name], day, half)


def _leave(layout: Layout, roster: Roster, vacation: NDArray[np.bool_], day: int) -> None:
    if layout.weekdays[day] < 5:
        for half in (0, 1):
            roster.put(vacation[:, :, day] & layout.resident_exists, layout.code["LV"], day, half)
