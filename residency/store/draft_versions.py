"""Drafts made of a fallback schedule: the published versions it touches, repaired where it is needed."""

import hashlib
from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from residency.errors import ConflictError, InvalidInputError
from residency.program.availability import absence_blocks, recovery_blocks
from residency.program.calendar import HALVES, Period, academic_year
from residency.program.records import Absence
from residency.program.vocabulary import EFFECTIVE_ABSENCE_STATUSES, NON_DUTY_KINDS, RECOVERY_DAYS
from residency.resilience.fallback_results import FallbackChange, StoredFallback
from residency.store.statements import statement
from residency.store.tables import AbsenceRow, AssignmentRow, BlockRow, ScheduleVersion, ServiceRow

_ALGORITHMS = {"immediate": "min_conflicts", "exact": "cp_sat"}
"""What a version calls the layers of the repair."""

_OF_LOSS = frozenset({"1_faculty_loss", "2_faculty_loss"})
"""Scenarios in which people are lost whom somebody named; in the others nobody can know who they are."""


async def draft_from_fallback(
    connection: AsyncConnection,
    fallback: StoredFallback,
    start: date,
    actor: str,
    *,
    whole_period: bool = False,
    stale_too: bool = False,
) -> UUID:
    """Make an unpublished version of a fallback, for somebody to look at and publish.

    It spans every published version that the fallback's days from ``start`` on touch, whole, so that
    publishing it leaves none of their days uncovered. It is their copy but for the half-days on which the
    fallback is needed. These are all from ``start`` on, except that of a single or double loss, where an
    effective absence of the lost is recorded on days when the published schedule counts on them, they are
    those in which any of them is away or recovering. What changes there has the source ``absence_repair`` and
    is not locked; what is locked, and is not the work of the lost, stays. A call shift that nobody can take
    stays with whom it was, for conflict detection to go on naming it.

    Args:
        connection: in the transaction of the activation.
        fallback: the fallback.
        start: the first day on which it applies.
        actor: who makes the draft.
        whole_period: whether it applies on all days from ``start`` on whatever absences are recorded.
        stale_too: whether a fallback may be used whose inputs have changed since.

    Returns:
        The draft's id; it is ``partial`` where slots or call stay empty.

    Raises:
        InvalidInputError: if ``start`` lies outside the fallback's days.
        ConflictError: if the fallback has no schedule, is out of date, or nothing is published on its days.
    """
    _refuse_unusable(fallback, start, stale_too=stale_too)
    published = await _published(connection, Period(max(start, fallback.period.start), fallback.period.end))
    if not published:
        raise ConflictError(f"nothing is published from {start} on that the fallback could be a repair of")
    spoken_for = _spoken_for(fallback.period, start, published.values())
    needed = spoken_for
    if fallback.scenario in _OF_LOSS and not whole_period:
        needed = await _needed_blocks(connection, fallback, spoken_for, list(published))
    blocks = np.flatnonzero(needed)
    draft = await _add_draft(connection, fallback, published, blocks)
    versions = list(published)
    await _lay_out(connection, fallback, blocks)
    made = await connection.exec_driver_sql(statement("draft_assignments_insert"), (draft, versions, actor))
    await connection.exec_driver_sql("DROP TABLE repaired_cells")
    await connection.exec_driver_sql(statement("draft_rotations_insert"), (draft, versions))
    moved = _moves(fallback, blocks)
    await connection.exec_driver_sql(statement("draft_call_shifts_insert"), (draft, versions, *moved))
    await connection.execute(
        update(ScheduleVersion).where(ScheduleVersion.id == draft).values(assignments_count=made.rowcount)
    )
    return draft


async def _lay_out(connection: AsyncConnection, fallback: StoredFallback, blocks: NDArray[np.int64]) -> None:
    """Make the temporary table of all the fallback's cells on some half-days."""
    await connection.exec_driver_sql(statement("repaired_cells_create"))
    await connection.exec_driver_sql(statement("repaired_cells_insert"), (fallback.id, blocks.tolist()))
    await connection.exec_driver_sql("ANALYZE repaired_cells")


async def fallback_changes(connection: AsyncConnection, fallback: StoredFallback) -> list[FallbackChange]:
    """What a fallback changes in the published schedule over its whole period, in order of time.

    People are named by their own ids. Without a schedule it changes nothing.

    Args:
        connection: inside a transaction, which may be rolled back.
        fallback: the fallback.
    """
    await _lay_out(connection, fallback, np.arange(fallback.period.blocks))
    found = (await connection.exec_driver_sql(statement("fallback_changes"))).all()
    await connection.exec_driver_sql("DROP TABLE repaired_cells")
    return [FallbackChange(*row) for row in found]


def _refuse_unusable(fallback: StoredFallback, start: date, *, stale_too: bool) -> None:
    if start not in Period(date.min, fallback.period.end):
        raise InvalidInputError(
            "start", start.isoformat(), f"a day up to {fallback.last_day}, the last that the fallback covers"
        )
    if fallback.is_usable or (stale_too and fallback.status == "stale"):
        return
    why = {
        "stale": "is stale: the schedule, the people or the absences have changed since it was computed",
        "draft": "has no schedule: none could be computed for its scenario",
    }.get(fallback.status, f"is {fallback.status}")
    raise ConflictError(f"fallback schedule {fallback.id} {why}; `residency fallbacks list` shows the others")


async def _published(connection: AsyncConnection, days: Period) -> dict[UUID, Period]:
    """The published versions that speak of some days, in order."""
    table = ScheduleVersion
    wanted = (
        select(table.id, table.start_date, table.end_date)
        .where(table.publication == "published", table.start_date < days.end, table.end_date > days.start)
        .order_by(table.start_date)
    )
    return {id_: Period(start, end) for id_, start, end in await connection.execute(wanted)}


def _spoken_for(period: Period, start: date, published: Collection[Period]) -> NDArray[np.bool_]:
    """The half-days of a period from a day on that a published version speaks for, shape (B,)."""
    days = [period.start + timedelta(days=number) for number in range(period.days)]
    spoken_for = [day >= start and any(day in each for each in published) for day in days]
    return np.repeat(np.array(spoken_for, np.bool_), 2)


async def _needed_blocks(
    connection: AsyncConnection,
    fallback: StoredFallback,
    spoken_for: NDArray[np.bool_],
    published: Collection[UUID],
) -> NDArray[np.bool_]:
    """The half-days, of those that the draft speaks for, on which a loss is recorded; all where none is.

    A recorded loss is an effective absence of somebody whom the published schedule counts on meanwhile. Leave
    that the schedule was made around is none, so that it hides no loss that nobody has recorded yet.
    """
    period = fallback.period
    away = {person: np.zeros(period.blocks, np.bool_) for person in fallback.subject}
    for person, absence in await _absences(connection, fallback.subject, period):
        first, end = absence_blocks(period, absence)
        away[person][max(first, 0) : max(end + recovery_blocks(absence), 0)] = True
    needed = np.array(list(away.values())).any(axis=0) & spoken_for
    counted_on = select(AssignmentRow.person_id, BlockRow.date, BlockRow.half).where(
        AssignmentRow.version_id.in_(published),
        AssignmentRow.person_id.in_(fallback.subject),
        AssignmentRow.block_id == BlockRow.id,
        AssignmentRow.service_id == ServiceRow.id,
        ServiceRow.kind.not_in(NON_DUTY_KINDS),
        BlockRow.date >= period.start,
        BlockRow.date < period.end,
    )
    for person, day, half in await connection.execute(counted_on):
        block = 2 * (day - period.start).days + HALVES.index(half)
        if needed[block] and away[person][block]:
            return needed
    return spoken_for


async def _absences(
    connection: AsyncConnection, people: Sequence[UUID], period: Period
) -> list[tuple[UUID, Absence]]:
    """The effective absences of some people that reach into a period, with their recovery."""
    table = AbsenceRow
    recovery = timedelta(days=max(RECOVERY_DAYS.values()))
    wanted = select(table.__table__).where(
        table.person_id.in_(people),
        table.status.in_(EFFECTIVE_ABSENCE_STATUSES),
        table.start_date < period.end,
        table.end_date >= period.start - recovery,
    )
    return [
        (
            row.person_id,
            Absence(
                person=str(row.person_id),
                start_date=row.start_date,
                end_date=row.end_date,
                type=row.type,
                status=row.status,
                start_half=row.start_half,
                end_half=row.end_half,
            ),
        )
        for row in await connection.execute(wanted)
    ]


async def _add_draft(
    connection: AsyncConnection,
    fallback: StoredFallback,
    published: dict[UUID, Period],
    blocks: NDArray[np.int64],
) -> UUID:
    first, last = fallback.period.day(int(blocks[0])), fallback.period.day(int(blocks[-1]))
    needed = {
        (fallback.period.day(block).isoformat(), fallback.period.half(block).value)
        for block in blocks.tolist()
    }
    empty = sum(each["slots"] for each in fallback.unfilled if (each["date"], each["half"]) in needed)
    unstaffed = sum(move["to"] is None and _applies(move["blocks"], blocks) for move in fallback.call_moves)
    config = {
        "fallback_id": str(fallback.id),
        "revision": fallback.revision,
        "scenario": fallback.scenario,
        "first_day": first.isoformat(),
        "last_day": last.isoformat(),
        "half_days": len(blocks),
        "unfilled_slots": empty,
        "unstaffed_calls": unstaffed,
        "versions": [str(version) for version in published],
    }
    start = min(days.start for days in published.values())
    digest = hashlib.sha256(f"{sorted(config.items())} {blocks.tolist()}".encode()).hexdigest()
    made = await connection.execute(
        insert(ScheduleVersion)
        .values(
            academic_year=academic_year(start),
            start_date=start,
            end_date=max(days.end for days in published.values()),
            algorithm=_ALGORITHMS[fallback.layer],
            run_status="partial" if empty or unstaffed else "success",
            parent_version_id=next(iter(published)),
            config=config,
            input_hash=digest,
        )
        .returning(ScheduleVersion.id)
    )
    return made.scalar_one()


def _applies(touched: Sequence[int], blocks: NDArray[np.int64]) -> bool:
    """Whether a fallback applies on any of the half-days ``[touched[0], touched[1])``."""
    return bool(((blocks >= touched[0]) & (blocks < touched[1])).any())


def _moves(
    fallback: StoredFallback, blocks: NDArray[np.int64]
) -> tuple[list[UUID], list[datetime], list[datetime], list[UUID]]:
    """Holders, starts, ends and takers of the call that moves."""
    moves = [
        move for move in fallback.call_moves if move["to"] is not None and _applies(move["blocks"], blocks)
    ]
    return (
        [UUID(move["person"]) for move in moves],
        [datetime.fromisoformat(move["starts_at"]) for move in moves],
        [datetime.fromisoformat(move["ends_at"]) for move in moves],
        [UUID(move["to"]) for move in moves],
    )
