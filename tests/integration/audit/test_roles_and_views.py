"""What each role may do and see: the application no more than its work asks, readers no person."""

import re
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import DBAPIError

from residency.audit.actions import record_action
from residency.errors import DatabaseNotReadyError
from residency.importing.sample import sample_program
from residency.messaging.alerts import AlertRequest, raise_alert
from residency.program.calendar import Period
from residency.program.vocabulary import AlertLevel
from residency.store.access import WITHOUT_VIEW, drop_views, grant_access
from residency.store.database import open_engine
from residency.store.migrate import migrate
from residency.store.program_writer import import_program
from residency.store.revision import require_current_schema
from residency.store.snapshots import load_snapshot
from residency.store.tables import Base, PersonRow, UserRow
from residency.store.tables.audit import AUDITED
from stack.postgres import EmbeddedPostgres

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "database-roles.md"
SHOWN_IN_PART = {
    ("audit_log", "entity_id"): "the row's id where the entry is of a row",
    ("audit_log", "before"): "which columns changed",
    ("audit_log", "after"): "which columns changed",
}
"""Personal columns that a view reads and does not show."""

SINCE_THE_AUDIT_LOG = (
    "rotations",
    "hours_approvals",
    "acgme_findings",
    "metrics_snapshots",
    "conflict_alerts",
    "archived_files",
    "compliance_reports",
    "fallback_schedules",
    "fallback_activations",
    "crisis_requests",
    "crisis_activations",
    "load_shedding_decisions",
    "resilience_events",
    "utilization_forecasts",
)
"""Tables of later migrations."""

FORBIDDEN_TO_ALL = (
    "UPDATE audit_log SET actor = 'x'",
    "DELETE FROM audit_log",
    "TRUNCATE audit_log",
    "TRUNCATE audit_head",
    "DELETE FROM audit_head",
    *(f"TRUNCATE {table} CASCADE" for table in AUDITED),
)
FORBIDDEN_TO_APP = (
    *FORBIDDEN_TO_ALL,
    "INSERT INTO audit_log (seq) VALUES (1)",
    "SELECT * FROM audit_pending",
    "INSERT INTO audit_pending (opens) VALUES (false)",
    "DELETE FROM audit_pending",
    "UPDATE audit_head SET seq = 0",
    "SELECT * FROM audit_head FOR UPDATE",
    "CREATE TABLE own (id int)",
    "ALTER TABLE people DROP COLUMN email",
    "ALTER TABLE people DISABLE TRIGGER audit_update",
    "DROP TRIGGER audit_update ON people",
    "CREATE TRIGGER own BEFORE INSERT ON people EXECUTE FUNCTION suppress_redundant_updates_trigger()",
    "CREATE OR REPLACE FUNCTION audit_rows() RETURNS trigger LANGUAGE sql AS ''",
    "DROP TABLE people",
    "UPDATE alembic_version SET version_num = '0001'",
    "SET session_replication_role = replica",
    "SET ROLE residency_owner",
    "SELECT audit_context()",
    "CREATE SCHEMA own",
    "SELECT * FROM readonly.people",
    "DELETE FROM schedule_versions",
    "DELETE FROM acgme_findings",
    "DELETE FROM compliance_reports",
    "DELETE FROM archived_files",
    "DELETE FROM crisis_activations",
    "DELETE FROM crisis_requests",
    "DELETE FROM fallback_activations",
    "DELETE FROM load_shedding_decisions",
    "DELETE FROM resilience_events",
)


async def refused(engine, statement):
    with pytest.raises(DBAPIError) as error:
        async with engine.begin() as connection:
            await connection.execute(text(statement))
    return error.value.orig.sqlstate


async def test_the_application_is_refused_what_is_not_its_work(engine):
    for statement in FORBIDDEN_TO_APP:
        assert await refused(engine, statement) == "42501", statement


async def test_the_owner_is_kept_from_bending_the_log_by_accident(owner):
    for statement in FORBIDDEN_TO_ALL:
        assert await refused(owner, statement) == "42501", statement


async def test_no_function_of_ours_acts_for_its_owner_with_a_search_path_of_the_caller(owner):
    async with owner.connect() as connection:
        found = await connection.execute(
            text(
                "SELECT proname, proconfig::text FROM pg_proc "
                "WHERE prosecdef AND pronamespace = 'public'::regnamespace"
            )
        )
        functions = dict(found.tuples().all())
    assert set(functions) == {"audit_rows", "audit_seal", "audit_record"}
    assert all("search_path=pg_catalog, pg_temp" in settings for settings in functions.values())


async def test_a_table_of_the_callers_own_takes_no_entry_in_place_of_the_log(engine, log):
    async with engine.begin() as connection:
        for statement in (
            "CREATE TEMPORARY TABLE audit_pending (LIKE public.audit_log) ON COMMIT DROP",
            "CREATE TEMPORARY TABLE audit_log (LIKE public.audit_log) ON COMMIT DROP",
            "CREATE TEMPORARY TABLE audit_head (LIKE public.audit_head) ON COMMIT DROP",
            "SET LOCAL search_path = pg_temp, public",
            "INSERT INTO users (username, email, role) VALUES ('a', 'a', 'admin')",
        ):
            await connection.execute(text(statement))
    assert [entry.action for entry in await log.entries()] == ["insert"]
    await log.require_whole()


async def columns_of(connection, schema):
    found = await connection.execute(
        text(
            "SELECT table_name, column_name, data_type FROM information_schema.columns "
            "WHERE table_schema = :schema ORDER BY 1, 2"
        ),
        {"schema": schema},
    )
    columns = {}
    for table, column, kind in found:
        columns.setdefault(table, {})[column] = "text" if kind == "character varying" else kind
    return columns


async def test_every_table_has_a_view_with_all_its_columns_or_a_reason_for_none(owner):
    async with owner.connect() as connection:
        tables, views = await columns_of(connection, "public"), await columns_of(connection, "readonly")
    assert set(tables) == {*Base.metadata.tables, "alembic_version"}
    assert set(tables) - set(views) == set(WITHOUT_VIEW)
    assert views == {table: columns for table, columns in tables.items() if table not in WITHOUT_VIEW}


async def test_no_view_reads_a_column_that_is_personal(owner):
    """What a view depends on is what PostgreSQL itself wrote down when the view was made."""
    async with owner.connect() as connection:
        found = await connection.execute(
            text(
                "SELECT DISTINCT refobjid::regclass::text, attname FROM pg_depend "
                "JOIN pg_rewrite ON pg_rewrite.oid = objid AND classid = 'pg_rewrite'::regclass "
                "JOIN pg_class AS view ON view.oid = ev_class "
                "JOIN pg_attribute ON attrelid = refobjid AND attnum = refobjsubid "
                "WHERE view.relnamespace = 'readonly'::regnamespace AND refobjid <> view.oid"
            )
        )
        read = set(found.tuples().all())
    personal = {
        (table.name, column.name)
        for table in Base.metadata.sorted_tables
        for column in table.columns
        if column.info.get("personal")
    }
    assert ("people", "pseudonym") in read
    assert ("people", "name") in personal
    assert read & personal == set(SHOWN_IN_PART)


@pytest.fixture
async def peopled(engine):
    """A program whose every person, user and free text bears a mark that must not get out."""
    program = sample_program(20, 21, 1, date(2026, 11, 9), "UTC")
    await import_program(engine, program, publish=True, actor="CANARY importer")
    marks = {
        "people": ("name", "external_id", "email"),
        "users": ("username", "email", "password_hash"),
        "services": ("archived_by",),
        "assignments": ("override_reason", "override_by", "notes", "created_by"),
        "absences": ("replacement_activity", "reviewed_by", "created_by"),
        "duty_logs": ("reason", "entered_by"),
        "schedule_versions": ("published_by",),
    }
    async with engine.begin() as connection:
        await connection.execute(text("SET LOCAL residency.actor = 'CANARY actor'"))
        await connection.execute(text("SET LOCAL residency.reason = 'CANARY reason'"))
        for table, columns in marks.items():
            each = Base.metadata.tables[table]
            values = {name: "CANARY " + each.c.id.cast(PersonRow.name.type) for name in columns}
            await connection.execute(update(each).values(values))
        await connection.execute(text('UPDATE assignments SET explain = \'{"CANARY": "CANARY"}\''))
        await record_action(connection, "export", "bundle", "CANARY", details={"CANARY": "CANARY"})
        await raise_alert(
            connection,
            AlertRequest(level=AlertLevel.CRITICAL, category="test", message="F-A is alone."),
            key="CANARY",
            raised_by="CANARY",
            now=program.call_shifts[0].start,
            webhook_configured=True,
        )
        await connection.execute(text("UPDATE notifications SET subject = 'CANARY', body = 'CANARY'"))
        await connection.execute(text('UPDATE outbox SET payload = \'{"to": "CANARY"}\''))
        await connection.execute(text("UPDATE deliveries SET error = 'CANARY', message_id = 'CANARY'"))
    return program


async def test_readers_see_everything_but_the_people(peopled, engine, readonly_url):
    shown = {}
    async with open_engine(readonly_url) as reader, reader.connect() as connection:
        for table in Base.metadata.sorted_tables:
            if table.name not in WITHOUT_VIEW:
                rows = (await connection.execute(select(table))).all()
                shown[table.name] = [str(row) for row in rows]
    async with engine.connect() as connection:
        everything = [str(row) for row in (await connection.execute(select(UserRow.__table__))).all()]
    assert "CANARY" in str(everything)
    assert {table for table, rows in shown.items() if "CANARY" in str(rows)} == set()
    assert {table for table, rows in shown.items() if rows} >= {
        "people",
        "users",
        "notifications",
        "audit_log",
    }
    assert any("'pseudonym'" in row or "'name'" in row for row in shown["audit_log"])


async def test_a_calculation_runs_on_the_views_as_on_the_tables(peopled, engine, readonly_url):
    period = Period.horizon(date(2026, 11, 9), 21)
    direct = (await load_snapshot(engine, period, "UTC")).snapshot
    async with open_engine(readonly_url) as reader:
        await require_current_schema(reader)
        seen = (await load_snapshot(reader, period, "UTC")).snapshot
    assert sorted(seen.pseudonyms) == sorted(direct.pseudonyms)
    assert seen.assigned.sum() == direct.assigned.sum() > 0
    assert sorted(seen.available.sum(axis=1)) == sorted(direct.available.sum(axis=1))
    assert "CANARY" not in str(seen)


FORBIDDEN_TO_READERS = (
    "SELECT * FROM public.people",
    "SELECT name FROM public.people",
    "SELECT * FROM public.audit_log",
    "SELECT * FROM public.alembic_version",
    "UPDATE people SET type = 'faculty'",
    "DELETE FROM readonly.audit_head",
    "CREATE TABLE own (id int)",
    "SELECT public.audit_record('login', 'users', '7')",
)


async def test_readers_reach_no_table_and_change_nothing(readonly_url):
    """Nor when they leave the read-only transactions that are only their default."""
    async with open_engine(readonly_url) as reader:
        for statement in FORBIDDEN_TO_READERS:
            async with reader.connect() as connection:
                await connection.execute(text("SET TRANSACTION READ WRITE"))
                with pytest.raises(DBAPIError) as error:
                    await connection.execute(text(statement))
            assert error.value.orig.sqlstate == "42501", statement
        assert await refused(reader, "CREATE TEMPORARY TABLE own (id int)") in {"42501", "25006"}


async def test_rights_and_views_are_made_again_as_often_as_wanted(owner, engine, log):
    for _ in range(2):
        async with owner.begin() as connection:
            await drop_views(connection)
            await grant_access(connection)
    async with engine.begin() as connection:
        await connection.execute(text("INSERT INTO users (username, email, role) VALUES ('a', 'a', 'admin')"))
    assert len(await log.entries()) == 1
    assert await refused(engine, "DELETE FROM audit_log") == "42501"


async def test_a_database_of_an_earlier_version_is_brought_forward_and_audited(owner, engine, log):
    """Its rows stay, and from then on each change of them is written."""
    async with engine.begin() as connection:
        await connection.execute(text("INSERT INTO users (username, email, role) VALUES ('a', 'a', 'admin')"))
    async with owner.begin() as connection:
        await connection.execute(text("DROP SCHEMA readonly CASCADE"))
        for function in ("audit_rows()", "audit_seal()", "audit_refuse()"):
            await connection.execute(text(f"DROP FUNCTION {function} CASCADE"))
        for table in ("audit_log", "audit_pending", "audit_head", *SINCE_THE_AUDIT_LOG):
            await connection.execute(text(f"DROP TABLE {table} CASCADE"))
        await connection.execute(text("UPDATE alembic_version SET version_num = '0004'"))
    before, after = await migrate(owner)
    assert (before, after >= "0005") == ("0004", True)
    async with engine.begin() as connection:
        await connection.execute(text("UPDATE users SET email = 'b'"))
    assert [(entry.before["email"], entry.after["email"]) for entry in await log.entries()] == [("a", "b")]
    await log.require_whole()


async def test_missing_roles_are_asked_of_an_administrator_before_anything_is_changed():
    with EmbeddedPostgres.temporary() as server:
        async with open_engine(server.superuser_url("residency")) as administrator:
            async with administrator.begin() as connection:
                for role in ("residency_app", "residency_readonly"):
                    await connection.execute(text(f"DROP OWNED BY {role}"))
                    await connection.execute(text(f"DROP ROLE {role}"))
            async with open_engine(server.owner_url) as owner:
                with pytest.raises(DatabaseNotReadyError, match="an administrator of the") as asked:
                    await migrate(owner)
                async with owner.connect() as connection:
                    assert (await connection.execute(text("SELECT to_regclass('people')"))).scalar() is None
                wanted = re.search(r"server runs: (.*); then migrate", str(asked.value)).group(1).split("; ")
                assert set(wanted) <= set(PAGE.read_text().replace(";", "").splitlines())
                async with administrator.begin() as connection:
                    for statement in wanted:
                        await connection.execute(text(statement))
                assert (await migrate(owner))[0] is None
                async with owner.connect() as connection:
                    admitted = text(
                        "SELECT has_database_privilege('residency_app', current_database(), 'TEMPORARY')"
                    )
                    assert await connection.scalar(admitted)


def test_the_page_on_roles_tells_of_every_table():
    page = PAGE.read_text()
    for table in Base.metadata.sorted_tables:
        assert f"`{table.name}`" in page, table.name
        for column in table.columns:
            if column.info.get("personal") and table.name not in WITHOUT_VIEW:
                line = next(line for line in page.splitlines() if line.startswith(f"| `{table.name}`"))
                assert f"`{column.name}`" in line, (table.name, column.name)
