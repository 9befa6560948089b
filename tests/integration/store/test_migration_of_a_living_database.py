"""A database that was at work before findings and metrics were kept is brought forward with all it holds."""

from datetime import UTC, date, datetime
from uuid import uuid4

from alembic import command
from sqlalchemy import select, text

from residency.acgme.rules import rule_set
from residency.audit.verification import check_audit_log
from residency.program.calendar import Period
from residency.quality.measuring import measure
from residency.quality.stability import ChangeDates
from residency.store.access import drop_views
from residency.store.acgme_findings import list_findings, save_findings
from residency.store.measured_schedules import load_measurement
from residency.store.migrate import _config, migrate
from residency.store.program_writer import import_program
from residency.store.revision import HEAD_REVISION
from residency.store.tables import Base

NEW = {
    "rotations",
    "hours_approvals",
    "acgme_findings",
    "metrics_snapshots",
    "conflict_alerts",
    "compliance_reports",
    "archived_files",
    "fallback_schedules",
    "fallback_activations",
    "crisis_requests",
    "crisis_activations",
    "load_shedding_decisions",
    "resilience_events",
    "utilization_forecasts",
}
WEEK = Period(date(2026, 7, 6), date(2026, 7, 13))


async def stepped_back(owner):
    """The schema as it was at 0005, its rows untouched."""
    async with owner.begin() as connection:
        await drop_views(connection)
        await connection.run_sync(lambda sync: command.downgrade(_config(sync), "0005"))


async def held(connection):
    """Every row of the tables that were there before."""
    found = {}
    for table in Base.metadata.sorted_tables:
        if table.name not in NEW | {"audit_pending"}:
            rows = (await connection.execute(select(table))).all()
            found[table.name] = sorted(map(str, rows))
    return found


async def test_what_was_there_stays_and_what_is_new_can_be_used(engine, owner, program):
    version = (await import_program(engine, program, publish=True)).version_id
    async with engine.connect() as connection:
        before = await held(connection)
    await stepped_back(owner)
    async with owner.connect() as connection:
        tables = set(await connection.scalars(text("SELECT relname FROM pg_class WHERE relkind = 'r'")))
        assert not tables & NEW
    assert await migrate(owner) == ("0005", HEAD_REVISION)
    async with engine.connect() as connection:
        assert await held(connection) == before
    # Call that ends six hours before the morning's work leaves too little rest.
    async with engine.begin() as connection:
        await connection.execute(
            text(
                "INSERT INTO call_shifts (version_id, person_id, starts_at, ends_at, kind, in_house) "
                "SELECT :version, id, '2026-07-06 19:00-10', '2026-07-07 01:00-10', 'overnight', true "
                "FROM people WHERE external_id = 'R1'"
            ),
            {"version": version},
        )
    loaded = await load_measurement(engine, WEEK, "Pacific/Honolulu")
    assert loaded.loaded.version_ids == (version,)
    found = measure(loaded.current, loaded.previous, rule_set(), ChangeDates(WEEK.start))
    async with engine.begin() as connection:
        saved = await save_findings(
            connection,
            found.judged.judgement,
            found.judged.fixed_only,
            version_id=version,
            run_id=uuid4(),
            at=datetime.now(UTC),
            period=WEEK,
        )
        assert len(await list_findings(connection)) == saved.opened > 0
    report = await check_audit_log(engine)
    assert report.faults == ()


async def test_migrating_twice_changes_nothing(engine, owner, program, store):
    await import_program(engine, program, publish=True)
    before = await store.contents()
    assert await migrate(owner) == (HEAD_REVISION, HEAD_REVISION)
    assert await store.contents() == before
