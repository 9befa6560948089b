"""The fallback that a crisis uses: one that is named or fits and still holds, else one made at once."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from residency.acgme.rules import rule_set
from residency.crisis.circumstances import Choice, choose_fallback
from residency.crisis.situation import Situation
from residency.errors import ConflictError
from residency.program.calendar import Period
from residency.resilience.fallback_results import StoredFallback
from residency.scheduling.fallbacks import FallbackResult, fallback_of
from residency.scheduling.outdated import outdated
from residency.scheduling.problem import RepairProblem
from residency.scheduling.repair import repair
from residency.scheduling.scenarios import Scenario, loss_case, plan_scenarios
from residency.store.fallback_schedules import list_fallbacks, load_fallback, save_fallback
from residency.store.schedules import LoadedSchedule, read_schedule

ON_THE_SPOT_DAYS = 28
"""Days from today that a fallback made on the spot is for: an averaging window of the duty-hours rules."""

_LOSSES = frozenset({Scenario.ONE_FACULTY_LOSS, Scenario.TWO_FACULTY_LOSS})
_USABLE = ("ready", "active")


@dataclass(frozen=True, slots=True)
class Keeping:
    """When and by which run a fallback that is made on the spot is stored."""

    at: datetime
    run_id: UUID | None


@dataclass(frozen=True, slots=True)
class FallbackFigures:
    """What a plan shows of a fallback, stored or not."""

    id: UUID | None
    scenario: str
    coverage: float
    changes: int
    unfilled_slots: int
    violations: int
    period: Period


@dataclass(frozen=True, slots=True)
class Prepared:
    """The fallback to use; ``stored`` is None where there is none, or it was only tried out."""

    scenario: str | None
    figures: FallbackFigures | None = None
    stored: StoredFallback | None = None
    made: bool = False
    notes: tuple[str, ...] = ()


async def prepare_fallback(
    connection: AsyncConnection,
    situation: Situation,
    fallback_id: UUID | None,
    timezone: str,
    *,
    keeping: Keeping | None = None,
) -> Prepared:
    """Find the fallback that a crisis uses, or make it.

    One that was prepared is used only while its inputs are what they were: its hash is computed anew. One
    that does not hold any more is said and not used.

    Args:
        connection: inside a REPEATABLE READ transaction.
        situation: what is met.
        fallback_id: the fallback that somebody named, None for the one that fits.
        timezone: the site's IANA time zone.
        keeping: how one that is made on the spot is stored; None to store nothing.

    Raises:
        NotFoundError: if there is no fallback of that id.
        ConflictError: if the one that is named cannot be used.
    """
    if fallback_id is not None:
        named = await load_fallback(connection, fallback_id)
        return await _named(connection, named, situation, timezone)
    choice = choose_fallback(situation.circumstances)
    if choice is None or not situation.is_published:
        return Prepared(choice.scenario if choice else None)
    notes: list[str] = []
    for each in await _candidates(connection, choice, situation):
        if await _still_holds(connection, each, timezone):
            return _usable(each, notes)
        notes.append(
            f"The prepared fallback {each.id} is out of date, for something that it depends on has changed, "
            "and was not used."
        )
    return await _made(connection, choice, situation, timezone, notes, keeping)


async def _named(
    connection: AsyncConnection, fallback: StoredFallback, situation: Situation, timezone: str
) -> Prepared:
    """The fallback that somebody named, which nobody else takes the place of."""
    today = situation.period.start
    if fallback.status not in _USABLE or today not in Period(fallback.valid_from, fallback.valid_until):
        raise ConflictError(
            f"fallback schedule {fallback.id} is {fallback.status}, for {fallback.valid_from} to "
            f"{fallback.last_day}, and cannot be used today; `residency fallbacks list` shows the others"
        )
    if not await _still_holds(connection, fallback, timezone):
        raise ConflictError(
            f"fallback schedule {fallback.id} is out of date: the schedule, the people or the absences have "
            "changed since it was computed; leave it out, and one that fits is found or made"
        )
    return _usable(fallback, ())


async def _candidates(
    connection: AsyncConnection, choice: Choice, situation: Situation
) -> list[StoredFallback]:
    """Fallbacks of a scenario, ready for today and about the right people, longest valid first."""
    found = await list_fallbacks(
        connection, statuses=_USABLE, valid_on=situation.period.start, scenario=choice.scenario
    )
    fitting = [each for each in found if choice.subject is None or set(each.people) == set(choice.subject)]
    return sorted(fitting, key=lambda each: (each.valid_until, each.computed_at), reverse=True)


async def _still_holds(connection: AsyncConnection, fallback: StoredFallback, timezone: str) -> bool:
    """Whether the inputs of a fallback are what they were when it was computed."""
    loaded = await read_schedule(connection, fallback.period, timezone)
    former = await asyncio.to_thread(
        outdated, [fallback], loaded.program, loaded.snapshot, rule_set(), loaded.extents
    )
    return not former


async def _made(
    connection: AsyncConnection,
    choice: Choice,
    situation: Situation,
    timezone: str,
    notes: Sequence[str],
    keeping: Keeping | None,
) -> Prepared:
    """The immediate repair for a choice, stored where that is wanted."""
    period = Period.horizon(situation.period.start, ON_THE_SPOT_DAYS)
    loaded = await read_schedule(connection, period, timezone)
    result = await asyncio.to_thread(_repaired, loaded, choice)
    if keeping is None:
        figures = FallbackFigures(
            id=None,
            scenario=choice.scenario,
            coverage=result.coverage,
            changes=result.changes,
            unfilled_slots=sum(each.slots for each in result.unfilled),
            violations=len(result.violations),
            period=result.period,
        )
        return Prepared(choice.scenario, figures, made=True, notes=tuple(notes))
    stored_id = await save_fallback(connection, result, at=keeping.at, run_id=keeping.run_id)
    stored = await load_fallback(connection, stored_id)
    return Prepared(choice.scenario, _figures(stored), stored, made=True, notes=tuple(notes))


def _repaired(loaded: LoadedSchedule, choice: Choice) -> FallbackResult:
    """The immediate repair of what a scenario makes of a schedule: of a loss, that of the choice's people."""
    program, snapshot = loaded.program, loaded.snapshot
    if choice.scenario in _LOSSES and choice.subject is not None:
        rows = [snapshot.person_ids.index(person) for person in choice.subject]
        case = loss_case(program, snapshot, rows)
    else:
        (case,) = plan_scenarios(program, snapshot, scenarios=[choice.scenario])
    problem = RepairProblem.of(program, snapshot, case.disruption, rule_set(), loaded.extents)
    return fallback_of(case, problem, repair(problem))


def _usable(fallback: StoredFallback, notes: Sequence[str]) -> Prepared:
    return Prepared(fallback.scenario, _figures(fallback), fallback, notes=tuple(notes))


def _figures(fallback: StoredFallback) -> FallbackFigures:
    return FallbackFigures(
        id=fallback.id,
        scenario=fallback.scenario,
        coverage=fallback.coverage,
        changes=fallback.changes,
        unfilled_slots=fallback.unfilled_slots,
        violations=len(fallback.violations),
        period=fallback.period,
    )
