"""Saving and finding fallback schedules: one row for each state of the inputs of a scenario."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from residency.errors import NotFoundError
from residency.program.calendar import Period
from residency.program.records import ROLES
from residency.resilience.fallback_results import StoredFallback
from residency.scheduling.fallback_results import EmptySlots, FallbackCells, FallbackResult, MovedCall
from residency.store.tables import FallbackScheduleRow, PersonRow, ServiceRow


async def save_fallback(
    connection: AsyncConnection, fallback: FallbackResult, *, at: datetime, run_id: UUID | None
) -> UUID:
    """Store a fallback, in place of one of the same scenario, subject and inputs.

    One that is active stays as it is. Without assignments it is stored as a draft, which is never ready.

    Returns:
        The row's id.

    Raises:
        NotFoundError: if it names a person or service that the database does not know.
    """
    people = await _ids(connection, PersonRow.external_id, PersonRow.id, _people_of(fallback))
    named = fallback.cells.services if fallback.cells else ()
    services = await _ids(connection, ServiceRow.abbreviation, ServiceRow.id, named)
    key = {
        "scenario": fallback.scenario,
        "subject": sorted(people[person] for person in fallback.subject),
        "input_hash": fallback.input_hash,
    }
    values = {
        "parameters": dict(fallback.parameters),
        "period_start": fallback.period.start,
        "period_end": fallback.period.end,
        "valid_from": fallback.period.start,
        "valid_until": fallback.period.end,
        "assignments": _columns(fallback.cells, people, services) if fallback.cells else None,
        "call_moves": [_move(call, people) for call in fallback.calls],
        "coverage": fallback.coverage,
        "changes": fallback.changes,
        "unfilled_slots": sum(empty.slots for empty in fallback.unfilled),
        "unfilled": [_empty(empty, fallback.period) for empty in fallback.unfilled],
        "violations": list(fallback.violations),
        "services_reduced": list(fallback.services_reduced),
        "assumptions": list(fallback.assumptions),
        "layer": fallback.layer,
        "gap": fallback.gap,
        "status": "ready" if fallback.cells else "draft",
        "computed_at": at,
        "stale_since": None,
        "run_id": run_id,
    }
    table = FallbackScheduleRow
    again = {**values, "revision": table.revision + 1, "updated_at": func.now()}
    stored = await connection.execute(
        insert(table)
        .values(**key, **values)
        .on_conflict_do_update(
            index_elements=[table.scenario, table.subject, table.input_hash],
            set_=again,
            where=table.status != "active",
        )
        .returning(table.id)
    )
    row = stored.first()
    if row is not None:
        return row.id
    active = [getattr(table, name) == value for name, value in key.items()]
    return (await connection.execute(select(table.id).where(*active))).scalar_one()


def _people_of(fallback: FallbackResult) -> set[str]:
    named = {*fallback.subject, *(fallback.cells.people if fallback.cells else ())}
    takers = {call.to for call in fallback.calls if call.to is not None}
    return named | takers | {call.person for call in fallback.calls}


async def _ids(connection: AsyncConnection, key: Any, id_: Any, wanted: Collection[str]) -> dict[str, UUID]:  # noqa: ANN401 - columns of any table
    """Row ids by the people's or services' own ids."""
    found: dict[str, UUID] = dict(
        (await connection.execute(select(key, id_).where(key.in_(wanted)))).tuples().all()
    )
    if missing := sorted(set(wanted) - found.keys()):
        raise NotFoundError(f"the database knows no {key.class_.__tablename__} {', '.join(missing)}")
    return found


def _columns(cells: FallbackCells, people: Mapping[str, UUID], services: Mapping[str, UUID]) -> Any:  # noqa: ANN401 - JSON
    return {
        "people": [str(people[each]) for each in cells.people],
        "services": [str(services[each]) for each in cells.services],
        "roles": [str(role) for role in ROLES],
        "person": cells.person.tolist(),
        "block": cells.block.tolist(),
        "service": cells.service.tolist(),
        "role": cells.role.tolist(),
    }


def _move(call: MovedCall, people: Mapping[str, UUID]) -> dict[str, Any]:
    return {
        "person": str(people[call.person]),
        "starts_at": call.start.isoformat(),
        "ends_at": call.end.isoformat(),
        "to": None if call.to is None else str(people[call.to]),
        "blocks": [call.first_block, call.end_block],
    }


def _empty(empty: EmptySlots, period: Period) -> dict[str, Any]:
    day, half = period.day(empty.block), period.half(empty.block)
    return {"post": empty.post, "date": day.isoformat(), "half": half.value, "slots": empty.slots}


_WITHOUT_CELLS = [
    column for column in FallbackScheduleRow.__table__.columns if column.name not in {"assignments", "run_id"}
]


async def list_fallbacks(
    connection: AsyncConnection,
    *,
    statuses: Sequence[str] = (),
    valid_on: date | None = None,
    scenario: str | None = None,
) -> list[StoredFallback]:
    """Fallbacks by scenario, within it the lowest coverage first.

    Args:
        connection: an open connection.
        statuses: which to list; empty for all.
        valid_on: only those that speak of this day.
        scenario: only those of this scenario.
    """
    table = FallbackScheduleRow
    wanted = select(*_WITHOUT_CELLS).order_by(
        table.scenario, table.coverage, table.changes.desc(), table.computed_at.desc(), table.id
    )
    if statuses:
        wanted = wanted.where(table.status.in_(statuses))
    if valid_on is not None:
        wanted = wanted.where(table.valid_from <= valid_on, table.valid_until > valid_on)
    if scenario is not None:
        wanted = wanted.where(table.scenario == scenario)
    rows = (await connection.execute(wanted)).all()
    return await _stored(connection, rows)


async def find_fallback(
    connection: AsyncConnection, scenario: str, subject: Collection[str], *, valid_on: date
) -> StoredFallback | None:
    """The ready fallback of a scenario for exactly these people, the one that stays valid longest.

    Args:
        connection: an open connection.
        scenario: its name.
        subject: the lost people's own ids; empty for a scenario that names nobody.
        valid_on: a day that it has to speak of.

    Raises:
        NotFoundError: if the database does not know one of the people.
    """
    table = FallbackScheduleRow
    people = await _ids(connection, PersonRow.external_id, PersonRow.id, subject)
    wanted = (
        select(*_WITHOUT_CELLS)
        .where(table.scenario == scenario, table.subject == sorted(people.values()))
        .where(table.status == "ready", table.valid_from <= valid_on, table.valid_until > valid_on)
        .order_by(table.valid_until.desc(), table.computed_at.desc())
        .limit(1)
    )
    rows = (await connection.execute(wanted)).all()
    return next(iter(await _stored(connection, rows)), None)


async def load_fallback(connection: AsyncConnection, fallback_id: UUID) -> StoredFallback:
    """One fallback.

    Raises:
        NotFoundError: if there is none of that id.
    """
    wanted = select(*_WITHOUT_CELLS).where(FallbackScheduleRow.id == fallback_id)
    rows = (await connection.execute(wanted)).all()
    if not rows:
        raise NotFoundError(
            f"there is no fallback schedule {fallback_id}; `residency fallbacks list` lists them"
        )
    return (await _stored(connection, rows))[0]


async def _stored(connection: AsyncConnection, rows: Sequence[Row[Any]]) -> list[StoredFallback]:
    subjects = {person for row in rows for person in row.subject}
    wanted = select(PersonRow.id, PersonRow.external_id, PersonRow.pseudonym).where(
        PersonRow.id.in_(subjects)
    )
    known = {row.id: row for row in await connection.execute(wanted)}
    return [
        StoredFallback(
            id=row.id,
            scenario=row.scenario,
            subject=tuple(row.subject),
            people=tuple(known[person].external_id for person in row.subject),
            pseudonyms=tuple(known[person].pseudonym or known[person].external_id for person in row.subject),
            parameters=row.parameters,
            revision=row.revision,
            period=Period(row.period_start, row.period_end),
            valid_from=row.valid_from,
            valid_until=row.valid_until,
            input_hash=row.input_hash,
            coverage=row.coverage,
            changes=row.changes,
            unfilled_slots=row.unfilled_slots,
            unfilled=tuple(row.unfilled),
            call_moves=tuple(row.call_moves),
            violations=tuple(row.violations),
            services_reduced=tuple(row.services_reduced),
            assumptions=tuple(row.assumptions),
            layer=row.layer,
            gap=row.gap,
            status=row.status,
            computed_at=row.computed_at,
            stale_since=row.stale_since,
        )
        for row in rows
    ]


async def mark_stale(connection: AsyncConnection, fallback_ids: Collection[UUID], at: datetime) -> int:
    """Note that the inputs of ready fallbacks have changed.

    Returns:
        How many became stale; those that are active, or stale already, stay what they are.
    """
    table = FallbackScheduleRow
    marked = await connection.execute(
        update(table)
        .where(table.id.in_(fallback_ids), table.status == "ready")
        .values(status="stale", stale_since=at, updated_at=func.now())
    )
    return marked.rowcount


async def fallback_days_left(connection: AsyncConnection, today: date) -> int | None:
    """How many more days, today included, the newest ready or active fallback speaks of.

    Returns:
        0 where the last one has run out or is stale, None where none was ever computed.
    """
    table = FallbackScheduleRow
    usable = table.status.in_(("ready", "active"))
    found = await connection.execute(
        select(func.max(table.valid_until).filter(usable), func.count()).where(table.status != "draft")
    )
    until, known = found.one()
    if not known:
        return None
    return max((until - today).days, 0) if until is not None else 0


async def count_stale(connection: AsyncConnection, today: date) -> int:
    """How many fallbacks of days to come are out of date and not yet computed anew."""
    table = FallbackScheduleRow
    wanted = select(func.count()).where(table.status == "stale", table.valid_until > today)
    return (await connection.execute(wanted)).scalar_one()


async def retire(connection: AsyncConnection, fallback_ids: Collection[UUID]) -> int:
    """Retire fallbacks that newer ones replace; those in force stay. Gives how many were retired."""
    table = FallbackScheduleRow
    retired = await connection.execute(
        update(table)
        .where(table.id.in_(fallback_ids), table.status.in_(("ready", "stale", "draft")))
        .values(status="retired", updated_at=func.now())
    )
    return retired.rowcount
