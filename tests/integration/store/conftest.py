"""A small program, schedules to write, and a look into the database behind the store."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from sqlalchemy import func, select, text

from residency.program.calendar import CalendarDay
from residency.program.canonical import canonical
from residency.program.records import (
    Absence,
    Assignments,
    CallShift,
    CoverageRequirement,
    DutyLog,
    Person,
    PgyLevel,
    Program,
    Service,
    User,
)
from residency.program.vocabulary import (
    AbsenceType,
    CallKind,
    DayType,
    Half,
    PersonType,
    ServiceKind,
    UserRole,
)
from residency.store.access import CLOSED
from residency.store.database import open_engine
from residency.store.program_loader import load_program
from residency.store.tables import Base

ZONE = "Pacific/Honolulu"
MONDAY = date(2026, 7, 6)


class Store:
    """A database as the tests look into it."""

    tables = tuple(table for table in Base.metadata.sorted_tables if table.name not in CLOSED)

    def __init__(self, engine):
        self.engine = engine

    async def load(self, timezone=ZONE, **wanted):
        async with self.engine.connect() as connection:
            return (await load_program(connection, timezone, **wanted)).program

    async def counts(self):
        """Rows of each table but the audit log, which only grows."""
        async with self.engine.connect() as connection:
            return {
                table.name: (await connection.execute(select(func.count()).select_from(table))).scalar_one()
                for table in self.tables
                if not table.name.startswith("audit_")
            }

    async def contents(self):
        """Every row of every table as text, so that any change shows."""
        async with self.engine.connect() as connection:
            return {
                table.name: sorted(map(str, await connection.execute(select(table)))) for table in self.tables
            }

    async def rows(self, table, *columns, order=None):
        async with self.engine.connect() as connection:
            found = await connection.execute(
                select(*columns).select_from(table).order_by(*(order or columns))
            )
            return [tuple(row) for row in found]


@pytest.fixture
def store(engine):
    return Store(engine)


@pytest.fixture
async def empty_tables(postgres, database):
    """A function that empties all tables as only a superuser can, who switches the triggers off."""
    emptied = ", ".join(table.name for table in Store.tables if table.name != "audit_head")

    async def empty():
        async with opened.begin() as connection:
            await connection.execute(text("SET LOCAL session_replication_role = replica"))
            await connection.execute(text(f"TRUNCATE {emptied}"))

    async with open_engine(postgres.superuser_url(database), pool_size=1) as opened:
        yield empty


@pytest.fixture(scope="session")
def schedule():
    """Assignments from (person, service, day, half) rows."""
    return schedule_of


def schedule_of(*rows):
    person, service, day, half = zip(*rows, strict=True)
    count = len(rows)
    return Assignments(
        person=np.array(person, np.int32),
        service=np.array(service, np.int32),
        day=np.array(day, "datetime64[D]"),
        half=np.array(half, np.int8),
        role=np.zeros(count, np.int8),
        source=np.ones(count, np.int8),
        locked=np.ones(count, np.bool_),
    )


@pytest.fixture
def program():
    """Two people, two services, one week."""
    return canonical(
        Program(
            timezone=ZONE,
            people=(
                Person("F1", "Attending", PersonType.FACULTY, email="f1@example.org", pseudonym="F-A"),
                Person("R1", "Resident", PersonType.RESIDENT, email="r1@example.org", pseudonym="R-A"),
            ),
            pgy_levels=(PgyLevel("R1", 2026, 2),),
            services=(
                Service("C", "Clinic", ServiceKind.OUTPATIENT, needs_supervision=True, load_category=3),
                Service("W", "Ward", ServiceKind.INPATIENT, load_category=1, inpatient=True),
            ),
            coverage=(
                CoverageRequirement("C", Half.AM, 1, weekday=0, maximum=2),
                CoverageRequirement("W", Half.AM, 1, weekday=1, valid_to=date(2026, 12, 31)),
                CoverageRequirement("W", Half.PM, 2, day=date(2026, 7, 10)),
            ),
            assignments=schedule_of(
                *((row, row, MONDAY + timedelta(days=day), 0) for row in (0, 1) for day in range(5))
            ),
            call_shifts=(
                CallShift(
                    "F1",
                    datetime(2026, 7, 7, 5, tzinfo=UTC),
                    datetime(2026, 7, 7, 17, tzinfo=UTC),
                    CallKind.OVERNIGHT,
                    in_house=True,
                ),
            ),
            absences=(Absence("R1", date(2026, 7, 9), date(2026, 7, 10), AbsenceType.SICK),),
            duty_logs=(
                DutyLog("R1", datetime(2026, 7, 6, 17, tzinfo=UTC), datetime(2026, 7, 7, 4, tzinfo=UTC)),
            ),
            users=(User("boss", "boss@example.org", UserRole.ADMIN, "F1"),),
            calendar=(
                CalendarDay(date(2026, 7, 3), DayType.FEDERAL_HOLIDAY, "Independence Day", date(2026, 7, 4)),
            ),
        )
    )
