"""Assignments as columns in and out of PostgreSQL by binary COPY: no row becomes a Python object."""

import io
import struct
from collections.abc import Sequence
from datetime import date
from typing import Any, Protocol, cast
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.ext.asyncio import AsyncConnection

from residency.program.calendar import HALVES
from residency.program.records import ROLES, SOURCES, Assignments
from residency.store.statements import statement

_SIGNATURE = b"PGCOPY\n\xff\r\n\x00" + struct.pack(">ii", 0, 0)
_TRAILER = struct.pack(">h", -1)
_EPOCH = np.datetime64("2000-01-01", "D")
"""Day 0 of PostgreSQL's dates."""

_FIELDS = (
    ("person", ">i4"),
    ("service", ">i4"),
    ("day", ">i4"),
    ("half", ">i2"),
    ("role", ">i2"),
    ("source", ">i2"),
    ("locked", "?"),
)
_ROW = np.dtype(
    [
        ("fields", ">i2"),
        *(pair for name, kind in _FIELDS for pair in ((f"{name}_bytes", ">i4"), (name, kind))),
    ]
)
"""One tuple of COPY's binary format: the number of fields, then each field's length and value."""


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


async def stage_assignments(connection: AsyncConnection, rows: Assignments) -> None:
    """Put assignments into the temporary table ``staged_assignments``, which ends with the transaction.

    Args:
        connection: inside a transaction in which a statement has run.
        rows: person and service codes are kept as they are.
    """
    table = np.zeros(len(rows), _ROW)
    table["fields"] = len(_FIELDS)
    for name, kind in _FIELDS:
        table[f"{name}_bytes"] = np.dtype(kind).itemsize
        table[name] = (rows.day - _EPOCH).astype(np.int64) if name == "day" else getattr(rows, name)
    await connection.exec_driver_sql(statement("staged_assignments_create"))
    driver = await _driver(connection)
    source = io.BytesIO(_SIGNATURE + table.tobytes() + _TRAILER)
    await driver.copy_to_table(
        "staged_assignments", source=source, columns=[name for name, _ in _FIELDS], format="binary"
    )
    await connection.exec_driver_sql("ANALYZE staged_assignments")


async def insert_staged_assignments(
    connection: AsyncConnection, version_id: UUID, people: Sequence[str], services: Sequence[str], actor: str
) -> None:
    """Make the staged rows assignments of a version.

    Args:
        connection: the one that staged them.
        version_id: the version.
        people: external ids, which the staged person codes index.
        services: abbreviations, which the staged service codes index.
        actor: who makes them.
    """
    words = (
        [str(half) for half in HALVES],
        [str(role) for role in ROLES],
        [str(source) for source in SOURCES],
    )
    await connection.exec_driver_sql(
        statement("staged_assignments_insert"), (version_id, list(people), list(services), *words, actor)
    )


async def fetch_assignments(
    connection: AsyncConnection,
    versions: Sequence[UUID],
    people: Sequence[UUID],
    services: Sequence[UUID],
    start: date | None,
    end: date | None,
) -> Assignments:
    """The assignments of some versions on the days ``[start, end)``, ordered by day, half and person.

    Args:
        connection: inside a transaction in which a statement has run.
        versions: version ids.
        people: ids, in the order that person codes shall index.
        services: ids, in the order that service codes shall index.
        start: the first day, None for no limit.
        end: the day after the last, None for no limit.
    """
    driver = await _driver(connection)
    target = io.BytesIO()
    await driver.copy_from_query(
        statement("assignments_columns"),
        list(versions),
        list(people),
        list(services),
        [str(half) for half in HALVES],
        [str(role) for role in ROLES],
        [str(source) for source in SOURCES],
        start,
        end,
        output=target,
        format="binary",
    )
    table = np.frombuffer(
        target.getbuffer(), _ROW, offset=len(_SIGNATURE), count=_row_count(target.getbuffer().nbytes)
    )
    return Assignments(
        person=_column(table, "person", np.int32),
        service=_column(table, "service", np.int32),
        day=_EPOCH + _column(table, "day", np.int64).astype("timedelta64[D]"),
        half=_column(table, "half", np.int8),
        role=_column(table, "role", np.int8),
        source=_column(table, "source", np.int8),
        locked=_column(table, "locked", np.bool_),
    )


def _row_count(length: int) -> int:
    return (length - len(_SIGNATURE) - len(_TRAILER)) // _ROW.itemsize


def _column(table: NDArray[Any], name: str, dtype: Any) -> NDArray[Any]:  # noqa: ANN401 - dtypes are untyped
    return np.ascontiguousarray(table[name]).astype(dtype)
