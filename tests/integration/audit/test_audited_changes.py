"""Whoever changes an audited row, and however, stands in the log with what the row was and became."""

from datetime import date
from uuid import UUID, uuid4

import pytest
from sqlalchemy import delete, func, insert, literal, select, text, update
from sqlalchemy.exc import DBAPIError

from residency.audit.actions import record_action
from residency.importing.sample import sample_program
from residency.store.database import open_engine
from residency.store.program_writer import import_program
from residency.store.tables import (
    AssignmentRow,
    Base,
    PersonRow,
    ScheduleVersion,
    ServiceRow,
    UserRow,
)
from residency.store.tables.audit import ACTIONS, AUDITED

ZONE = "Pacific/Honolulu"


@pytest.fixture
async def filled(engine):
    """A database with a published program of three weeks; its log so far is of the import."""
    program = sample_program(20, 21, 1, date(2026, 11, 9), ZONE)
    await import_program(engine, program, publish=True)
    return program


async def run(engine, *statements):
    async with engine.begin() as connection:
        for statement in statements:
            await connection.execute(statement if not isinstance(statement, str) else text(statement))


def user(name):
    return insert(UserRow).values(username=name, email=name, role="admin")


async def test_an_import_is_written_row_by_row_and_gives_the_tables_back(filled, engine, log):
    report = await log.require_whole()
    assert report.entries > len(filled.assignments) > 300
    replayed = await log.replayed()
    assert replayed == await log.stored()
    assert len(replayed["assignments"]) == len(filled.assignments)
    assert {table for table, rows in replayed.items() if rows} >= {"people", "services", "call_shifts"}


async def test_the_log_tells_who_was_connected_and_who_they_say_they_are(database_url, log):
    run_id = uuid4()
    async with open_engine(database_url) as nobody:
        await run(nobody, user("u"))
    async with open_engine(database_url, actor="coordinator", reason="called in sick") as person:
        await run(person, update(UserRow).values(email="v@example.org"))
    async with open_engine(database_url, actor="sync_users", run_id=run_id) as task:
        await run(task, update(UserRow).values(email="w@example.org"))
    entries = await log.entries()
    assert [(e.actor, e.actor_kind, e.reason, e.run_id) for e in entries] == [
        ("residency_app", "system", None, None),
        ("coordinator", "user", "called in sick", None),
        ("sync_users", "task", None, run_id),
    ]
    assert {(e.database_role, e.remote_addr, e.origin) for e in entries} == {
        ("residency_app", "127.0.0.1", "trigger")
    }


async def test_an_application_may_say_whom_it_serves_with_each_transaction(engine, log):
    said = (
        "SET LOCAL residency.actor = 'dr. who'",
        "SET LOCAL residency.actor_kind = 'user'",
        "SET LOCAL residency.remote_addr = '192.0.2.7'",
    )
    await run(engine, *said, "SELECT audit_record('login', 'users', '7')")
    await run(engine, "SELECT audit_record('login', 'users', '8')")
    first, second = await log.entries()
    assert (first.actor, first.remote_addr, first.action) == ("dr. who", "192.0.2.7", "login")
    assert (second.actor, second.remote_addr) == ("residency_app", "127.0.0.1")


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("actor_kind = 'god'", "residency.actor_kind is 'god', expected user, task or system"),
        ("actor_kind = 'task'", "task without residency.run_id"),
        ("run_id = 'one'", "residency.run_id is 'one', expected a uuid"),
    ],
)
async def test_who_says_what_cannot_be_writes_nothing(engine, log, setting, said):
    with pytest.raises(DBAPIError, match=said):
        await run(engine, f"SET LOCAL residency.{setting}", "SELECT audit_record('login', 'users', '7')")
    assert await log.entries() == []


async def test_an_update_keeps_both_images_and_one_that_changes_nothing_writes_nothing(filled, engine, log):
    last = await log.last()
    await run(engine, "UPDATE people SET name = name, fte = 1 WHERE fte = 1")
    await run(engine, update(PersonRow).where(PersonRow.id == uuid4()).values(name="nobody"))
    assert await log.last() == last
    async with engine.connect() as connection:
        person = (await connection.execute(select(PersonRow.__table__).limit(1))).one()
    await run(engine, update(PersonRow).where(PersonRow.id == person.id).values(fte=0.5, email=None))
    (entry,) = await log.entries(since=last)
    assert (entry.action, entry.entity_type, entry.entity_id) == ("update", "people", str(person.id))
    assert (entry.before["email"], entry.before["fte"]) == (person.email, 1.0)
    assert ("email" in entry.after, entry.after["fte"]) == (False, 0.5)
    changed = {name for name in entry.before if entry.before.get(name) != entry.after.get(name)}
    assert changed == {"email", "fte", "updated_at"}


async def test_deleting_a_draft_keeps_every_assignment_it_had(filled, engine, log):
    draft = uuid4()
    columns = ("block_id", "person_id", "service_id", "role", "source", "created_by")
    copied = select(literal(draft), *(AssignmentRow.__table__.c[each] for each in columns))
    await run(
        engine,
        insert(ScheduleVersion).values(
            id=draft,
            academic_year=2026,
            start_date=date(2026, 11, 9),
            end_date=date(2026, 11, 30),
            algorithm="manual",
            run_status="success",
            input_hash="0",
        ),
        insert(AssignmentRow).from_select(["version_id", *columns], copied, include_defaults=False),
    )
    async with engine.connect() as connection:
        had = await connection.scalar(
            select(func.count()).select_from(AssignmentRow).where(AssignmentRow.version_id == draft)
        )
    last = await log.last()
    await run(engine, delete(AssignmentRow).where(AssignmentRow.version_id == draft))
    entries = await log.entries(since=last)
    assert len(entries) == had == len(filled.assignments)
    assert {(e.action, e.before["version_id"], e.after) for e in entries} == {("delete", str(draft), None)}
    assert len({e.at for e in entries}) == 1
    await log.require_whole()
    assert await log.replayed() == await log.stored()


async def test_secrets_stay_out_and_changes_of_access_have_a_name(engine, log):
    await run(
        engine,
        user("u").values(password_hash="argon2-one"),  # noqa: S106 -- a made-up one
        update(UserRow).values(password_hash="argon2-two"),  # noqa: S106 -- a made-up one
        update(UserRow).values(role="coordinator"),
        update(UserRow).values(is_active=False, last_login_at=func.now()),
        update(UserRow).values(last_login_at=func.now() + text("interval '1 hour'")),
        update(UserRow).values(email="v@example.org"),
        update(UserRow).values(password_hash=None),
    )
    entries = await log.entries()
    assert [entry.action for entry in entries] == [
        "insert",
        "access_change",
        "access_change",
        "access_change",
        "login",
        "update",
        "access_change",
    ]
    assert "argon2" not in str(entries)
    hidden = [(e.before or {}).get("password_hash") for e in entries]
    shown = [e.after.get("password_hash") for e in entries]
    assert hidden == [None] + ["(hidden)"] * 6
    assert shown == ["(hidden)", "(hidden, changed)", *["(hidden)"] * 4, None]


async def test_nested_json_is_kept_to_the_last_null(filled, engine, log):
    last = await log.last()
    nested = {"why": None, "costs": [None, {"a": None}], "share": 0.1}
    await run(engine, update(ScheduleVersion).values(config=nested, published_by=None))
    (entry,) = await log.entries(since=last)
    assert entry.after["config"] == nested
    assert "published_by" not in entry.after
    await log.require_whole()


async def test_an_override_has_a_name(filled, engine, log):
    last = await log.last()
    one = AssignmentRow.id == select(AssignmentRow.id).limit(1).scalar_subquery()
    await run(engine, update(AssignmentRow).where(one).values(override_reason="no one else", override_by="x"))
    (entry,) = await log.entries(since=last)
    assert (entry.action, entry.after["override_reason"]) == ("override", "no one else")


async def test_a_changed_id_is_one_row_gone_and_one_row_come(engine, log):
    await run(
        engine, "INSERT INTO users (username, email, role) VALUES ('a', 'a', 'admin'), ('b', 'b', 'admin')"
    )
    last = await log.last()
    await run(engine, "UPDATE users SET id = gen_random_uuid(), email = 'c' WHERE username = 'a'")
    entries = await log.entries(since=last)
    assert sorted(entry.action for entry in entries) == ["delete", "insert"]
    assert await log.replayed() == await log.stored()


async def test_every_way_to_write_is_seen(filled, engine, log):
    """COPY, MERGE, upsert, several tables in one statement, and what a foreign key does by itself."""
    people = await log.stored()
    async with engine.begin() as connection:
        await connection.execute(text("SELECT 1"))
        driver = (await connection.get_raw_connection()).driver_connection
        await driver.copy_records_to_table(
            "users",
            records=[("copied", "copied@example.org", "admin")],
            columns=["username", "email", "role"],
        )
    await run(
        engine,
        "INSERT INTO users (username, email, role) VALUES ('copied', 'x', 'admin'), ('new', 'y', 'admin') "
        "ON CONFLICT (username) DO UPDATE SET email = excluded.email",
        "MERGE INTO users USING (VALUES ('new'), ('merged')) AS given (name) ON username = name "
        "WHEN MATCHED THEN UPDATE SET role = 'coordinator' "
        "WHEN NOT MATCHED THEN INSERT (username, email, role) VALUES (name, name, 'admin')",
        "WITH made AS (INSERT INTO people (external_id, name, type, pseudonym) "
        "VALUES ('Z', 'Z', 'faculty', 'F-Z') RETURNING id) "
        "UPDATE users SET person_id = made.id FROM made WHERE username = 'new'",
    )
    await run(engine, delete(PersonRow).where(PersonRow.external_id == "Z"))
    newest = (await log.entries())[-2:]
    assert {(entry.entity_type, entry.action) for entry in newest} == {
        ("people", "delete"),
        ("users", "update"),
    }
    assert await log.replayed() == await log.stored() != people
    await log.require_whole()


async def test_what_is_rolled_back_was_never_written(engine, log):
    async with engine.connect() as connection:
        await connection.execute(user("a"))
        await connection.rollback()
        async with connection.begin():
            await connection.execute(
                text("INSERT INTO users (username, email, role) VALUES ('b', 'b', 'admin')")
            )
            savepoint = await connection.begin_nested()
            await connection.execute(text("UPDATE users SET email = 'gone'"))
            await savepoint.rollback()
            await connection.execute(text("UPDATE users SET email = 'kept'"))
    assert [(e.seq, e.action, e.after["email"]) for e in await log.entries()] == [
        (1, "insert", "b"),
        (2, "update", "kept"),
    ]
    await log.require_whole()


async def test_entries_sealed_early_by_the_application_are_followed_by_the_rest(engine, log):
    await run(
        engine,
        user("a"),
        "SET CONSTRAINTS ALL IMMEDIATE",
        "UPDATE users SET email = 'b'",
        "SET CONSTRAINTS ALL DEFERRED",
        "UPDATE users SET email = 'c'",
        "SELECT audit_record('export', 'users', 'all')",
    )
    assert [e.action for e in await log.entries()] == ["insert", "update", "update", "export"]
    await log.require_whole()


async def test_an_application_cannot_tell_of_changes_of_rows(engine, log):
    for action in ("insert", "update", "delete"):
        with pytest.raises(DBAPIError, match=f"audit_record takes no {action}"):
            await run(engine, f"SELECT audit_record('{action}', 'people', '7')")
    with pytest.raises(DBAPIError, match="ck_audit_log_action"):
        await run(engine, "SELECT audit_record('invented', 'people', '7')")
    async with engine.begin() as connection:
        for action in ACTIONS[3:]:
            await record_action(connection, action, "test", "7", reason="because")
    assert [(e.action, e.origin, e.reason) for e in await log.entries()] == [
        (action, "application", "because") for action in ACTIONS[3:]
    ]


async def test_every_table_that_names_people_or_their_work_is_audited(owner):
    """The triggers are there, and no foreign key is checked late, behind the head of the chain."""
    async with owner.connect() as connection:
        found = await connection.execute(
            text(
                "SELECT tgrelid::regclass::text AS name, count(*) FROM pg_trigger "
                "WHERE tgname ~ '^audit_' AND tgenabled = 'O' GROUP BY 1"
            )
        )
        counts = dict(found.tuples().all())
        late = await connection.scalar(
            text("SELECT count(*) FROM pg_constraint WHERE contype = 'f' AND condeferrable")
        )
    assert {name: count for name, count in counts.items() if not name.startswith("audit_")} == dict.fromkeys(
        AUDITED, 4
    )
    assert late == 0
    assert all("id" in Base.metadata.tables[table].c for table in AUDITED)


async def test_services_and_ids_stay_readable(filled, log):
    """The log speaks of a row by its table and id, so that its whole history is one look-up."""
    entries = [entry for entry in await log.entries() if entry.entity_type == ServiceRow.__tablename__]
    assert all(UUID(entry.entity_id) == UUID(entry.after["id"]) for entry in entries)
