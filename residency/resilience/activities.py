"""The work of a schedule as activities that can be suspended, and the hours the faculty can give to it."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from residency.program.records import Program
from residency.program.snapshot import SUPERVISING, UNITS_PER_ATTENDING, Snapshot
from residency.resilience.load_shedding import CATEGORY_NAMES, Activity
from residency.resilience.utilization import faculty_load, slots_for_faculty

HALF_DAY_MINUTES = 360
"""A half-day of supervision or capacity, six hours."""

_USABLE_TENTHS = 8  # the part of the faculty's time that a plan may use, as in a health check


def faculty_capacity(snapshot: Snapshot) -> int:
    """Minutes of the available faculty half-days, below the 80 % mark that a health check plans with."""
    available = int(faculty_load(snapshot).available.sum())
    return _USABLE_TENTHS * available * HALF_DAY_MINUTES // 10


def activities_of(program: Program, snapshot: Snapshot) -> tuple[Activity, ...]:
    """The work of the snapshot's period: of each service what coverage requires, and what is done beyond it.

    Required of the faculty are the slots that fall to them, as a health check counts them, and the attendings
    that residents need beyond the supervising posts, place by place; required of residents are the slots that
    they fill. Everything else that people who are there are assigned to is optional. Services that are no
    duty are no work.
    """
    minutes = _half_day_minutes(program, snapshot)
    services = len(program.services)
    is_resident = snapshot.is_resident[snapshot.assignment_person]
    faculty = snapshot.is_faculty[snapshot.assignment_person]
    asked = _of_services(snapshot, slots_for_faculty(snapshot), services)
    in_slots = np.minimum(_posts_held(snapshot, is_resident), snapshot.demand)
    residents_required = _of_services(snapshot, in_slots, services)
    residents_all = _assigned(snapshot, is_resident, services)
    # Who supervises where no post asks for it meets the residents' need, which is counted by itself.
    beyond = np.maximum(_assigned(snapshot, faculty & ~_meets_derived_need(snapshot), services) - asked, 0)
    works: list[Activity] = []
    for row, service in enumerate(program.services):
        if not service.counts_as_duty:
            continue
        for required, own, residents in (
            (True, asked[row], residents_required[row]),
            (False, beyond[row], residents_all[row] - residents_required[row]),
        ):
            hours = int((own * minutes[row]).sum()), int((residents * minutes[row]).sum())
            if any(hours):
                names = service.abbreviation, service.name, service.load_category
                works.append(Activity(*names, required, *hours))
    return (*works, *_supervision(program, snapshot))


def _half_day_minutes(program: Program, snapshot: Snapshot) -> NDArray[np.int64]:
    """Planned minutes of each service in each half-day, shape (S, B)."""
    halves = np.array(
        [[round(60 * each.hours_am), round(60 * each.hours_pm)] for each in program.services], np.int64
    ).reshape(-1, 2)
    return np.tile(halves, snapshot.period.days)


def _of_services(snapshot: Snapshot, slots: NDArray[Any], services: int) -> NDArray[np.int64]:
    """Slots of posts, shape (K, B), added up for each service; shape (S, B)."""
    total = np.zeros((services, snapshot.period.blocks), np.int64)
    np.add.at(total, snapshot.post_service, slots)
    return total


def _posts_held(snapshot: Snapshot, whose: NDArray[np.bool_]) -> NDArray[np.int64]:
    """How many of some people fill each post; shape (K, B)."""
    rows = snapshot.assignment_counts & whose
    held = np.zeros(snapshot.demand.shape, np.int64)
    np.add.at(held, (snapshot.assignment_post[rows], snapshot.assignment_block[rows]), 1)
    return held


def _assigned(snapshot: Snapshot, whose: NDArray[np.bool_], services: int) -> NDArray[np.int64]:
    """How many of some people are there and assigned to each service; shape (S, B)."""
    rows = snapshot.available[snapshot.assignment_person, snapshot.assignment_block] & whose
    total = np.zeros((services, snapshot.period.blocks), np.int64)
    np.add.at(total, (snapshot.assignment_service[rows], snapshot.assignment_block[rows]), 1)
    return total


def _meets_derived_need(snapshot: Snapshot) -> NDArray[np.bool_]:
    """Assignments of those who supervise on a service that coverage names no supervising post of; (N,)."""
    named = np.isin(snapshot.assignment_service, snapshot.post_service[snapshot.post_role == SUPERVISING])
    return snapshot.assignment_supervises & ~named


def _supervision(program: Program, snapshot: Snapshot) -> Iterator[Activity]:
    """Attendings beyond the supervising posts that residents of each category need, place by place.

    The most protected category is counted first, so that what is left after any level has been shed is
    exactly what the residents who stay need.
    """
    category = np.array([each.load_category for each in program.services], np.int64)
    explicit = np.zeros(snapshot.supervision_units.shape, np.int64)
    posts = snapshot.post_role == SUPERVISING
    np.add.at(explicit, snapshot.post_location[posts], snapshot.demand[posts])
    units = np.zeros_like(explicit)
    before = np.zeros(len(snapshot.locations), np.int64)
    for each in CATEGORY_NAMES:
        rows = category[snapshot.assignment_service] == each
        place, block = snapshot.assignment_location[rows], snapshot.assignment_block[rows]
        np.add.at(units, (place, block), snapshot.assignment_units[rows])
        needed = np.maximum(-(-units // UNITS_PER_ATTENDING) - explicit, 0).sum(axis=1)
        for row, more in enumerate((needed - before).tolist()):
            if more:
                name = f"Supervision of residents in {snapshot.locations[row]}"
                work = f"supervision:{snapshot.locations[row]}"
                yield Activity(work, name, each, True, more * HALF_DAY_MINUTES)
        before = needed
