"""A fallback schedule as it is computed: compact columns that can be stored and drawn without the program."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from residency.acgme.findings import Finding
from residency.program.calendar import HALF_DAY_STARTS_MINUTES, Period
from residency.scheduling.problem import NOTHING, RepairProblem
from residency.scheduling.repaired import Repair, changed, coverage_of
from residency.scheduling.scenarios import ScenarioCase, ScenarioParameters

_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class FallbackCells:
    """A schedule as columns; people and services are named by their own ids.

    ``person``, ``block``, ``service`` and ``role`` have shape (N,): one entry for each assignment; a person
    of ``people`` without an entry in a half-day has no assignment there. Blocks count from the period's first
    morning, ``role`` indexes :data:`~residency.program.records.ROLES`.
    """

    people: tuple[str, ...]
    services: tuple[str, ...]
    person: NDArray[np.int32]
    block: NDArray[np.int32]
    service: NDArray[np.int32]
    role: NDArray[np.int8]


@dataclass(frozen=True, slots=True)
class MovedCall:
    """A call shift of somebody who is lost; ``to`` takes it, None where nobody can.

    It touches the half-days ``[first_block, end_block)`` of the period, a night counting to the afternoon.
    """

    person: str
    start: datetime
    end: datetime
    to: str | None
    first_block: int
    end_block: int


@dataclass(frozen=True, slots=True)
class EmptySlots:
    """Slots of a post that stay empty in one half-day; the post as people name it."""

    post: str
    block: int
    slots: int


@dataclass(frozen=True, slots=True)
class FallbackResult:
    """What the schedule becomes in one scenario.

    Attributes:
        scenario: name of the scenario.
        subject: ids of the people who are lost.
        parameters: the scenario's numbers, as JSON holds them.
        period: the days that it speaks of.
        input_hash: of everything it was computed from.
        cells: the whole repaired schedule; None where it has no assignment at all, so that nothing was
            computed that could be used.
        calls: call shifts of the lost.
        coverage: filled over required slots of the posts that coverage names, 0..1.
        changes: cells that differ from the published schedule.
        unfilled: what stays empty, by half-day.
        violations: must rules that it breaks and the published schedule does not; people by pseudonym.
        services_reduced: names of the services that stop or are asked for less.
        assumptions: sentences without names.
        layer: which layer of the repair the schedule is from.
        gap: share of the cost that is not proven necessary, 0 when it is optimal; None without a proof.
    """

    scenario: str
    subject: tuple[str, ...]
    parameters: Mapping[str, Any]
    period: Period
    input_hash: str
    cells: FallbackCells | None
    calls: tuple[MovedCall, ...]
    coverage: float
    changes: int
    unfilled: tuple[EmptySlots, ...]
    violations: tuple[str, ...]
    services_reduced: tuple[str, ...]
    assumptions: tuple[str, ...]
    layer: str
    gap: float | None


def fallback_result(
    case: ScenarioCase, problem: RepairProblem, repair: Repair, input_hash: str
) -> FallbackResult:
    """A repair of a scenario's problem, ready to be stored."""
    snapshot = problem.snapshot
    return FallbackResult(
        scenario=case.scenario.value,
        subject=tuple(snapshot.person_ids[person] for person in case.subject),
        parameters=_plain(case.parameters),
        period=snapshot.period,
        input_hash=input_hash,
        cells=_cells(problem, repair),
        calls=_calls(problem, repair),
        coverage=coverage_of(problem, repair.service, repair.role),
        changes=int(changed(problem, repair.service, repair.role).sum()),
        unfilled=_empty_slots(problem, repair.unfilled),
        violations=_sentences(problem, repair.new_violations),
        services_reduced=tuple(snapshot.service_names[service] for service in case.services_reduced),
        assumptions=case.assumptions,
        layer=repair.layer.value,
        gap=repair.gap,
    )


def _plain(parameters: ScenarioParameters) -> dict[str, Any]:
    plain = asdict(parameters)
    plain["demand"] = dict(parameters.demand)
    plain["suspended"] = list(parameters.suspended)
    plain["dates"] = [day.isoformat() for day in parameters.dates]
    plain["shed_to"] = None if parameters.shed_to is None else parameters.shed_to.value
    return plain


def _cells(problem: RepairProblem, repair: Repair) -> FallbackCells | None:
    block, person = np.nonzero((repair.service != NOTHING).T)
    if not len(person):
        return None
    return FallbackCells(
        people=problem.snapshot.person_ids,
        services=problem.snapshot.service_ids,
        person=person.astype(np.int32),
        block=block.astype(np.int32),
        service=repair.service[person, block],
        role=repair.role[person, block],
    )


def _calls(problem: RepairProblem, repair: Repair) -> tuple[MovedCall, ...]:
    program, period = problem.program, problem.snapshot.period
    zone = ZoneInfo(program.timezone)
    moved: list[MovedCall] = []
    for move in repair.calls:
        shift = program.call_shifts[move.shift]
        last = _half_day(period, (shift.end - _MINUTE).astimezone(zone))
        moved.append(
            MovedCall(
                person=shift.person,
                start=shift.start,
                end=shift.end,
                to=None if move.to is None else program.people[move.to].id,
                first_block=_half_day(period, shift.start.astimezone(zone)),
                end_block=min(last + 1, period.blocks),
            )
        )
    return tuple(moved)


def _half_day(period: Period, local: datetime) -> int:
    """The half-day that a moment counts to; what comes before the morning begins, to the afternoon before."""
    minute = 60 * local.hour + local.minute
    return 2 * (local.date() - period.start).days - 1 + sum(minute >= at for at in HALF_DAY_STARTS_MINUTES)


def _empty_slots(problem: RepairProblem, unfilled: NDArray[np.int32]) -> tuple[EmptySlots, ...]:
    found: list[EmptySlots] = []
    for block, post in zip(*(rows.tolist() for rows in np.nonzero(unfilled.T)), strict=True):
        found.append(EmptySlots(_label(problem, post), block, int(unfilled[post, block])))
    return tuple(found)


def _label(problem: RepairProblem, post: int) -> str:
    if post < problem.real_posts:
        return problem.snapshot.post_label(post)
    return f"Supervision, {problem.snapshot.locations[int(problem.post_place[post])]}"


def _sentences(problem: RepairProblem, findings: Sequence[Finding]) -> tuple[str, ...]:
    snapshot = problem.snapshot
    pseudonym = dict(zip(snapshot.person_ids, snapshot.pseudonyms, strict=True))
    return tuple(
        f"{finding.rule}, {pseudonym[finding.person] if finding.person else finding.place}, from "
        f"{finding.window_start}: {finding.arithmetic}"
        for finding in findings
    )
