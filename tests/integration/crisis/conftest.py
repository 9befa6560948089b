"""A published program with users who may and may not decide, and ways to lose people and to look at rows."""

import asyncio
import os
import sys
from collections import Counter
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from io import StringIO

import pytest
from sqlalchemy import func, select, update

from cli.main import run
from residency.crisis.activation import approve_request
from residency.crisis.asking import CrisisAsk, CrisisWord
from residency.crisis.requests import file_request
from residency.importing.sample import sample_program
from residency.program.records import User
from residency.program.vocabulary import PersonType, UserRole
from residency.store.access import CLOSED
from residency.store.program_writer import import_program
from residency.store.tables import AbsenceRow, Base, PersonRow, UserRow

ZONE = "UTC"


def today():
    return datetime.now(UTC).date()


@pytest.fixture(scope="session")
def program():
    """Six weeks around today, without absences, so that the tests alone say who is lost."""
    start = today() - timedelta(days=7)
    made = sample_program(people=20, days=42, seed=4, start=start, timezone=ZONE)
    faculty = [person.id for person in made.people if person.type is PersonType.FACULTY]
    roles = {
        "Chief": (UserRole.ADMIN, faculty[0]),
        "chief.private": (UserRole.COORDINATOR, faculty[0]),
        "coordinator": (UserRole.COORDINATOR, None),
        "deputy": (UserRole.COORDINATOR, None),
        "doctor": (UserRole.FACULTY, faculty[1]),
        "gone": (UserRole.ADMIN, None),
    }
    users = tuple(User(name, f"{name}@example.org", role, person) for name, (role, person) in roles.items())
    return replace(made, users=users, absences=(), calendar=())


@pytest.fixture
async def published(engine, program):
    """The database with the program published, and one user who may sign in no more."""
    version = (await import_program(engine, program, publish=True, actor="test")).version_id
    async with engine.begin() as connection:
        await connection.execute(update(UserRow).where(UserRow.username == "gone").values(is_active=False))
    return version


@pytest.fixture(scope="session")
def busy(program):
    """The faculty with most duty in the days from today."""
    days = {today() + timedelta(days=offset) for offset in range(7)}
    faculty = {row for row, person in enumerate(program.people) if person.type is PersonType.FACULTY}
    rows = zip(program.assignments.person.tolist(), program.assignments.day.tolist(), strict=True)
    worked = Counter(person for person, day in rows if person in faculty and day in days)
    return [program.people[row].id for row, _ in worked.most_common()]


@pytest.fixture
def lose(engine):
    """A function that records an effective absence from today on."""

    async def away(person, days=5, status="approved"):
        async with engine.begin() as connection:
            who = await connection.scalar(select(PersonRow.id).where(PersonRow.external_id == person))
            absence = {
                "person_id": who,
                "start_date": today(),
                "end_date": today() + timedelta(days=days - 1),
                "type": "emergency_leave",
                "status": status,
                "away_from_program": False,
                "created_by": "test",
            }
            await connection.execute(AbsenceRow.__table__.insert().values(absence))

    return away


@pytest.fixture
def ask(engine):
    """A function that files a request for a crisis; gives the request."""

    async def file(level="critical", *, key="k", by="coordinator", **others):
        fallback = others.pop("fallback_id", None)
        reason = others.pop("reason", "Two attendings are ill.")
        word = CrisisWord(level, others.pop("severity", None), others.pop("to_critical", False))
        wanted = CrisisAsk(word, reason, by, key, fallback)
        others.setdefault("now", datetime.now(UTC))
        return (await file_request(engine, wanted, **others)).request

    return file


@pytest.fixture
def approve(engine):
    """A function that approves a request."""

    async def decide(request, by="Chief", **others):
        given = {"now": datetime.now(UTC), "timezone": ZONE, **others}
        return await approve_request(engine, request.id, by=by, **given)

    return decide


@pytest.fixture
def rows(engine):
    """A function that reads a table's rows, oldest first."""

    async def read(table, *where):
        async with engine.connect() as connection:
            found = select(table.__table__).where(*where).order_by(table.__table__.c.created_at)
            return (await connection.execute(found)).all()

    return read


@pytest.fixture
def counts(engine):
    """A function that counts the rows of every table, the audit log's included."""
    tables = [table for table in Base.metadata.sorted_tables if table.name not in CLOSED]

    async def count():
        async with engine.connect() as connection:
            return {
                table.name: await connection.scalar(select(func.count()).select_from(table))
                for table in tables
            }

    return count


@pytest.fixture
def residency(database_url, tmp_path, monkeypatch):
    """Runs a command in this process, with no Prefect server to be found; gives exit code, output, errors."""
    for name in [name for name in os.environ if name.startswith("RESIDENCY_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("RESIDENCY_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("RESIDENCY_DATABASE_URL", database_url)
    monkeypatch.setenv("RESIDENCY_PREFECT_API_URL", "http://127.0.0.1:9/api")
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
        return code, output.getvalue(), errors.getvalue()

    return command


@pytest.fixture
def first_day() -> date:
    return today()
