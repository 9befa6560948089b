"""Examining a stored schedule before it is published, without changing anything."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from typing import Literal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from residency.acgme.findings import Force
from residency.acgme.record import Basis
from residency.acgme.rules import RuleSet, rule_set
from residency.acgme.schedule import ScheduleJudgement, judge_schedule
from residency.errors import InvalidInputError
from residency.program.calendar import Period
from residency.program.records import Program
from residency.program.vocabulary import ConflictType
from residency.quality.conflicts import SITE_CAP, detect_conflicts
from residency.quality.conflicts_results import Conflict
from residency.quality.schedule_validation import (
    FindingKey,
    FoundConflicts,
    Kept,
    ScheduleValidation,
    schedule_validation,
    told_conflict,
)
from residency.store.acgme_findings import STANDING, draft_of, list_findings
from residency.store.schedules import LoadedSchedule, load_schedule, read_schedule
from residency.store.versions import version_facts

LONGEST_DAYS = 3 * 366
"""A schedule is a year long; several years at once are asked for by mistake."""

Naming = Literal["id", "pseudonym"]
"""How people are shown: by the program's own ids inside the application, by pseudonym outside."""


async def validate_version(
    engine: AsyncEngine,
    version_id: UUID,
    timezone: str,
    rules: RuleSet | None = None,
    *,
    naming: Naming,
    conflicts: bool = True,
) -> ScheduleValidation:
    """What publishing a version would break, overrides that were given before considered.

    Args:
        engine: the program's database.
        version_id: the version, published or not.
        timezone: the site's IANA time zone.
        rules: the rule set that judges; the default one when None.
        naming: how people are shown.
        conflicts: whether conflicts are looked for as well.

    Raises:
        NotFoundError: if there is no version of that id.
    """
    rules = rules or rule_set()
    async with engine.connect() as connection:
        await connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        days = (await version_facts(connection, version_id)).days
        kept = await kept_findings(connection, version_id, rules)
        loaded = await read_schedule(connection, days, timezone, version_id)
    return await asyncio.to_thread(_validate, loaded, rules, naming, kept, conflicts)


async def validate_period(
    engine: AsyncEngine,
    period: Period,
    timezone: str,
    rules: RuleSet | None = None,
    *,
    naming: Naming,
    conflicts: bool = True,
) -> ScheduleValidation | None:
    """What the published schedule of a period breaks; None when no schedule is published for any of it.

    Raises:
        InvalidInputError: if the period is empty or longer than three years.
    """
    require_days(period)
    loaded = await load_schedule(engine, period, timezone)
    if not loaded.version_ids:
        return None
    return await asyncio.to_thread(_validate, loaded, rules or rule_set(), naming, {}, conflicts)


async def conflicts_of_period(
    engine: AsyncEngine,
    period: Period,
    timezone: str,
    *,
    types: Collection[ConflictType] | None = None,
    cap: float = SITE_CAP,
    naming: Naming,
) -> FoundConflicts | None:
    """The conflicts of the published schedule of a period; None when none is published for any of it.

    Raises:
        InvalidInputError: if the period is empty or longer than three years, or the cap is no share.
    """
    require_days(period)
    loaded = await load_schedule(engine, period, timezone)
    if not loaded.version_ids:
        return None
    found = await asyncio.to_thread(_conflicts, loaded, types, cap)
    names = names_of(loaded.program, naming)
    return FoundConflicts(
        version_ids=loaded.version_ids,
        start=loaded.snapshot.period.start,
        end=loaded.snapshot.period.end,
        conflicts=tuple(told_conflict(conflict, names) for conflict in found),
        caveat=loaded.caveat,
    )


def require_days(period: Period) -> None:
    """Refuse an empty period and one that nobody can mean.

    Raises:
        InvalidInputError: naming the field.
    """
    if not 0 < period.days <= LONGEST_DAYS:
        raise InvalidInputError(
            "end", period.end.isoformat(), f"a day after {period.start}, at most {LONGEST_DAYS} days later"
        )


def judge_loaded(loaded: LoadedSchedule, rules: RuleSet) -> ScheduleJudgement:
    """What the engine says of a loaded schedule, over the windows that end in its days."""
    days = loaded.snapshot.period
    return judge_schedule(loaded.program, loaded.snapshot, days, Basis.PLANNED, rules, covered=loaded.extents)


async def kept_findings(
    connection: AsyncConnection, version_id: UUID, rules: RuleSet
) -> dict[FindingKey, Kept]:
    """The findings of a version that are stored: its own while it is a draft, else those that stand."""
    draft_id = await draft_of(connection, version_id)
    stored = await list_findings(
        connection, draft_id=draft_id, basis=Basis.PLANNED, rule_set=rules.id, statuses=STANDING
    )
    return {
        each.finding.key: Kept(each.id, each.finding.arithmetic, each.overridden_reason)
        for each in stored
        if each.finding.force is Force.MUST
    }


def names_of(program: Program, naming: Naming) -> Mapping[str, str]:
    """How each person is shown, by id."""
    if naming == "id":
        return {person.id: person.id for person in program.people}
    return {person.id: person.pseudonym or person.id for person in program.people}


def _validate(
    loaded: LoadedSchedule,
    rules: RuleSet,
    naming: Naming,
    kept: Mapping[FindingKey, Kept],
    conflicts: bool,
) -> ScheduleValidation:
    return schedule_validation(
        judge_loaded(loaded, rules),
        _conflicts(loaded, None, SITE_CAP, rules) if conflicts else None,
        names_of(loaded.program, naming),
        period=loaded.snapshot.period,
        version_ids=loaded.version_ids,
        kept=kept,
        caveat=loaded.caveat,
    )


def _conflicts(
    loaded: LoadedSchedule,
    types: Collection[ConflictType] | None,
    cap: float,
    rules: RuleSet | None = None,
) -> Sequence[Conflict]:
    return detect_conflicts(
        loaded.program,
        loaded.snapshot,
        loaded.snapshot.period,
        types=types,
        cap=cap,
        rules=rules,
        covered=loaded.extents,
    )
