"""A schedule of four weeks that breaks three binding rules, and one that breaks none."""

import asyncio
import os
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from io import StringIO

import numpy as np
import pytest
from sqlalchemy import select

from cli.main import run
from residency.program.records import ROLE_CODES, Absence, Assignments, Person, PgyLevel, Program, Service
from residency.program.vocabulary import AbsenceType, CoverageRole, PersonType, ServiceKind
from residency.publishing.publication import publish_checked
from residency.store.program_writer import import_program

ZONE = "Pacific/Honolulu"
START = date(2026, 7, 30)
"""The Thursday on which a block of four weeks begins."""

WARD, CLINIC, PRECEPTING = 0, 1, 2
RESIDENT, JUNIOR, ATTENDING = 0, 1, 2


def _program(rows, absences=()):
    person, service, offset, half, role = (np.array(column) for column in zip(*rows, strict=True))
    return Program(
        ZONE,
        people=(
            Person("R1", "Resident Secret", PersonType.RESIDENT, pseudonym="R-1"),
            Person("R2", "Junior Secret", PersonType.RESIDENT, pseudonym="R-2"),
            Person("F1", "Attending Secret", PersonType.FACULTY, pseudonym="F-1"),
        ),
        pgy_levels=(PgyLevel("R1", 2026, 3), PgyLevel("R2", 2026, 2)),
        services=(
            Service("W", "Ward", ServiceKind.INPATIENT, inpatient=True),
            Service("C", "Clinic", ServiceKind.OUTPATIENT, needs_supervision=True),
            Service("AT", "Precepting", ServiceKind.OUTPATIENT),
        ),
        assignments=Assignments(
            person=person.astype(np.int32),
            service=service.astype(np.int32),
            day=np.datetime64(START, "D") + offset,
            half=half.astype(np.int8),
            role=role.astype(np.int8),
            source=np.ones(len(rows), np.int8),
            locked=np.zeros(len(rows), np.bool_),
        ),
        absences=tuple(absences),
    )


def _rows(ward_days, without_attending=()):
    rows = [(RESIDENT, WARD, day, half, 0) for day in ward_days for half in (0, 1)]
    for day in range(28):
        if (START + timedelta(days=day)).weekday() < 5:
            rows.append((JUNIOR, CLINIC, day, 0, 0))
            if day not in without_attending:
                rows.append((ATTENDING, PRECEPTING, day, 0, ROLE_CODES[CoverageRole.SUPERVISING]))
    return rows


@pytest.fixture
def broken():
    """R1 works 84 hours a week without a free day, and R2 has no attending on the second day."""
    absent = Absence("F1", START + timedelta(days=5), START + timedelta(days=5), AbsenceType.TDY)
    return _program(_rows(range(28), without_attending={1}), [absent])


@pytest.fixture
def sound():
    """R1 works five days a week, and everybody is supervised."""
    return _program(_rows([day for day in range(28) if day % 7 < 5]))


@pytest.fixture
def moved():
    """A function that moves a program's schedule by whole days."""

    def move(program, days):
        rows = program.assignments
        return replace(program, assignments=replace(rows, day=rows.day + np.timedelta64(days, "D")))

    return move


@pytest.fixture
async def draft(engine, broken):
    """The version of the broken schedule, not published; the attending's absence leaves a fourth gap."""
    return (await import_program(engine, broken, publish=False)).version_id


@pytest.fixture
def publish(engine):
    """A function that tries to publish a version."""

    async def attempt(version_id, *overrides, **options):
        given = {"actor": "coordinator", "now": datetime.now(UTC), **options}
        return await publish_checked(engine, version_id, ZONE, overrides=overrides, **given)

    return attempt


@pytest.fixture
def rows(engine):
    """A function that reads some columns of a table."""

    async def read(*columns, where=True):
        async with engine.connect() as connection:
            return [tuple(row) for row in await connection.execute(select(*columns).where(where))]

    return read


@pytest.fixture
def residency(database_url, tmp_path, monkeypatch):
    """Runs a command in a folder of its own, in this process; gives exit code, output and errors."""
    for name in [name for name in os.environ if name.startswith("RESIDENCY_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("RESIDENCY_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("RESIDENCY_DATABASE_URL", database_url)
    monkeypatch.setenv("RESIDENCY_TIMEZONE", ZONE)
    monkeypatch.chdir(tmp_path)

    def called():
        try:
            run()
        except SystemExit as ended:
            return ended.code or 0
        return 0

    async def command(*arguments):
        monkeypatch.setattr(sys, "argv", ["residency", *map(str, arguments)])
        output, errors = StringIO(), StringIO()
        with redirect_stdout(output), redirect_stderr(errors):
            # A command has an event loop of its own, which this thread's loop would not let it start.
            code = await asyncio.to_thread(called)
        assert "Secret" not in output.getvalue() + errors.getvalue()
        return code, output.getvalue(), errors.getvalue()

    return command
