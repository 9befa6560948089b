"""Assignments as columns in and out of PostgreSQL by binary COPY: no row becomes a Python object."""

import io
import struct
from collections.abc import Sequence
from datetime import date
from typing import Any, Protocol, cast
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from residency.program.calendar import HALVES
from residency.program.records import ROLES, SOURCES, Assignments
from residency.store.statements import statement
from residency.store.tables import BlockRow

_SIGNATURE = b"PGCOPY\n\xff\r\n\x00" + struct.pack(">ii", 0, 0)
_TRAILER = struct.pack(">h", -1)
_EPOCH = np.datetime64("2000-01-01", "D")
"""Day 0 of PostgreSQL's dates."""

_WRITTEN = (
    ("block_id", "V16"),
    ("person_id", "V16"),
    ("service_id", "V16"),
    ("role", ">i2"),
    ("source", ">i2"),
    ("locked", "?"),
)
_READ = (
    ("person_id", "V16"),
    ("service_id", "V16"),
    ("day", ">i4"),
    ("half", ">i2"),
    ("role", ">i2"),
    ("source", ">i2"),
    ("locked", "?"),
)


def _row(fields: Sequence[tuple[str, str]]) -> np.dtype[np.void]:
    """One tuple of COPY's binary format: the number of fields, then each field's length and value."""
    sized = [pair for name, kind in fields for pair in ((f"{name}_bytes", ">i4"), (name, kind))]
    return np.dtype([("fields", ">i2"), *sized])


class _Copying(Protocol):
    """What of asyncpg's connection, which bears no types, is used here."""

    async def copy_to_table(
        self,
        table_name: str,
        *,
        source: io.BytesIO,
        columns: Sequence[str],
        format: str,  # noqa: A002 - asyncpg's name
    ) -> str: ...

    async def copy_from_query(
        self,
        query: str,
        *args: object,
        output: io.BytesIO,
        format: str,  # noqa: A002 - asyncpg's name
    ) -> str: ...


async def _driver(connection: AsyncConnection) -> _Copying:
    raw = await connection.get_raw_connection()
    return cast("_Copying", raw.driver_connection)


async def insert_assignments(
    connection: AsyncConnection,
    version_id: UUID,
    rows: Assignments,
    people: Sequence[UUID],
    services: Sequence[UUID],
    actor: str,
) -> None:
    """Make assignments of a version: copied into a temporary table, then checked and inserted as one set.

    Their ids are looked up here, so that no plan of the database's can be a slow one.

    Args:
        connection: inside a transaction in which a statement has run.
        version_id: the version.
        rows: the assignments.
        people: ids, which the person codes index.
        services: ids, which the service codes index.
        actor: who makes them.
    """
    if not len(rows):
        return
    first, last = rows.day.min(), rows.day.max()
    block = 2 * (rows.day - first).astype(np.int64) + rows.half
    block_ids = await _block_ids(connection, first.astype(date), last.astype(date))
    columns = {
        "block_id": block_ids[block],
        "person_id": _as_bytes(people)[rows.person],
        "service_id": _as_bytes(services)[rows.service],
        "role": rows.role,
        "source": rows.source,
        "locked": rows.locked,
    }
    table = np.zeros(len(rows), _row(_WRITTEN))
    table["fields"] = len(_WRITTEN)
    for name, kind in _WRITTEN:
        table[f"{name}_bytes"] = np.dtype(kind).itemsize
        table[name] = columns[name]
    await connection.exec_driver_sql(statement("staged_assignments_create"))
    driver = await _driver(connection)
    source = io.BytesIO(_SIGNATURE + table.tobytes() + _TRAILER)
    await driver.copy_to_table("staged_assignments", source=source, columns=list(columns), format="binary")
    words = [str(role) for role in ROLES], [str(source) for source in SOURCES]
    await connection.exec_driver_sql(statement("staged_assignments_insert"), (version_id, *words, actor))


async def _block_ids(connection: AsyncConnection, first: date, last: date) -> NDArray[np.void]:
    """The ids of all half-days from one day to another, as bytes, in order; the calendar has no gaps."""
    wanted = (
        select(BlockRow.id).where(BlockRow.date.between(first, last)).order_by(BlockRow.date, BlockRow.half)
    )
    return _as_bytes((await connection.execute(wanted)).scalars().all())


def _as_bytes(ids: Sequence[UUID]) -> NDArray[np.void]:
    """Ids as PostgreSQL's binary format has them, shape (ids,)."""
    return np.frombuffer(b"".join(id_.bytes for id_ in ids), "V16")


async def fetch_assignments(
    connection: AsyncConnection,
    versions: Sequence[UUID],
    people: Sequence[UUID],
    services: Sequence[UUID],
    start: date | None,
    end: date | None,
) -> Assignments:
    """The assignments of some versions on the days ``[start, end)``, ordered by day, half and person.

    Put in order here: PostgreSQL, with hundreds of thousands of rows, would sort them on its disk.

    Args:
        connection: inside a transaction in which a statement has run.
        versions: version ids.
        people: ids, in the order that person codes shall index; assignments of others are left out.
        services: ids, in the order that service codes shall index; the same.
        start: the first day, None for no limit.
        end: the day after the last, None for no limit.
    """
    driver = await _driver(connection)
    target = io.BytesIO()
    await driver.copy_from_query(
        statement("assignments_columns"),
        list(versions),
        [str(half) for half in HALVES],
        [str(role) for role in ROLES],
        [str(source) for source in SOURCES],
        start,
        end,
        output=target,
        format="binary",
    )
    layout = _row(_READ)
    rows = (target.getbuffer().nbytes - len(_SIGNATURE) - len(_TRAILER)) // layout.itemsize
    table = np.frombuffer(target.getbuffer(), layout, offset=len(_SIGNATURE), count=rows)
    person, service = _codes(table["person_id"], people), _codes(table["service_id"], services)
    order = np.lexsort((person, table["half"], table["day"]))
    order = order[((person >= 0) & (service >= 0))[order]]
    table = table[order]
    return Assignments(
        person=person[order],
        service=service[order],
        day=_EPOCH + _column(table, "day", np.int64).astype("timedelta64[D]"),
        half=_column(table, "half", np.int8),
        role=_column(table, "role", np.int8),
        source=_column(table, "source", np.int8),
        locked=_column(table, "locked", np.bool_),
    )


def _codes(column: NDArray[np.void], ids: Sequence[UUID]) -> NDArray[np.int32]:
    """Where each id of a column stands among the given ones, -1 where it does not; shape as the column."""
    if not ids:
        return np.full(len(column), -1, np.int32)
    known, asked = _as_bytes(ids).view("S16"), np.ascontiguousarray(column).view("S16")
    order = np.argsort(known)
    place = order[np.minimum(np.searchsorted(known[order], asked), len(ids) - 1)]
    return np.where(known[place] == asked, place, -1).astype(np.int32)


def _column(table: NDArray[Any], name: str, dtype: Any) -> NDArray[Any]:  # noqa: ANN401 - dtypes are untyped
    return np.ascontiguousarray(table[name]).astype(dtype)
