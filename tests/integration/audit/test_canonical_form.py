"""The database and the package write the same canonical JSON, whatever stands in the values."""

import asyncio
from datetime import UTC, date, datetime
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from residency.audit.actions import record_action
from residency.audit.chain import canonical_json, parse_json
from residency.audit.verification import check_audit_log
from residency.importing.sample import sample_program
from residency.store.database import open_engine
from residency.store.program_writer import import_program

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
NASTY = [
    "",
    "\\",
    '"',
    "\n\r\t\b\f",
    "\x01\x1f\x7f",
    "é",
    "日本",
    "\U0001f9ea",
    "\u2028\ufeff",
    "/",
    "null",
    "%s $1",
]
texts = st.sampled_from(NASTY) | st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)
numbers = st.integers(-(10**30), 10**30).map(Decimal) | st.builds(
    lambda digits, exponent: Decimal(digits).scaleb(exponent),
    st.integers(-(10**12), 10**12),
    st.integers(-40, 40),
)
values = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)


def written(value):
    """JSON as somebody might write it: exponents, escapes and spaces of their own."""
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, list):
        return "[" + ",".join(map(written, value)) + "]"
    if isinstance(value, dict):
        return "{ " + ",".join(f"{canonical_json(key)}:{written(item)}" for key, item in value.items()) + "}"
    return canonical_json(value)


async def test_any_value_has_one_form_in_the_database_and_here(engine, log):
    drawn = []

    @settings(max_examples=300, deadline=None, database=None)
    @given(value=values, actor=texts, reason=texts, entity=texts)
    def draw(value, actor, reason, entity):
        drawn.append((value, actor, reason, entity))

    await asyncio.to_thread(draw)
    said = text(
        "SELECT set_config('residency.actor', :actor, true), set_config('residency.reason', :reason, true)"
    )
    async with engine.begin() as connection:
        for value, actor, reason, entity in drawn:
            await connection.execute(said, {"actor": actor, "reason": reason})
            await connection.exec_driver_sql(
                "SELECT audit_record('execute', 'test', $1, NULL, $2::text::jsonb, $3::text::jsonb)",
                (entity, written(value), written({"value": value})),
            )
    report = await log.require_whole()
    assert report.entries == len(drawn) >= 300
    async with engine.connect() as connection:
        shown = (
            await connection.execute(text("SELECT before::text, after::text FROM audit_log ORDER BY seq"))
        ).all()
    for (value, *_), (before, after) in zip(drawn, shown, strict=True):
        assert before == canonical_json(value) == canonical_json(parse_json(before))
        assert after == canonical_json({"value": value}) == canonical_json(parse_json(after))
    entries = await log.entries()
    assert {entry.actor for entry in entries} >= {actor for _, actor, _, _ in drawn if actor}
    assert {entry.reason for entry in entries} - {None} == {reason for _, _, reason, _ in drawn if reason}


async def test_names_in_any_script_survive_the_way_of_a_connection(database_url, log):
    async with (
        open_engine(database_url, actor='Zoë "日本" \\', reason="Ōlelo's") as engine,
        engine.begin() as one,
    ):
        await record_action(one, "export", "bundle", "x", details={"rows": 3})
    (entry,) = await log.entries()
    assert (entry.actor, entry.actor_kind, entry.reason) == ('Zoë "日本" \\', "user", "Ōlelo's")
    assert (entry.action, entry.entity_type, entry.entity_id) == ("export", "bundle", "x")
    assert (entry.origin, entry.before, entry.after) == ("application", None, {"rows": 3})
    await log.require_whole()


async def test_a_row_looks_the_same_whatever_the_session_shows(engine, log):
    """Time zones, digits and date styles of a session change neither the log nor its hashes."""
    odd = ("timezone = 'Asia/Kolkata'", "extra_float_digits = -15", "datestyle = 'German, DMY'")
    program = sample_program(20, 14, 1, date(2026, 11, 9), "UTC")
    await import_program(engine, program, publish=True)
    last = await log.last()
    async with engine.begin() as connection:
        for setting in odd:
            await connection.execute(text(f"SET LOCAL {setting}"))
        changed = text("UPDATE assignments SET confidence = 0.1::float8 + 0.2::float8, updated_at = :at")
        await connection.execute(changed, {"at": NOON})
    entries = await log.entries(since=last)
    assert len(entries) == len(program.assignments)
    assert {entry.after["updated_at"] for entry in entries} == {"2026-11-23T12:00:00+00:00"}
    assert {entry.after["confidence"] for entry in entries} == {0.1 + 0.2}
    await log.require_whole()
    assert await log.replayed() == await log.stored()


async def test_what_was_altered_by_force_is_found(postgres, database, engine, log):
    async with engine.begin() as connection:
        for number in range(5):
            await record_action(connection, "execute", "test", str(number))
    whole = await log.require_whole()
    async with open_engine(postgres.superuser_url(database)) as superuser:
        for force in (
            "UPDATE audit_log SET actor = 'somebody else' WHERE seq = 2",
            "DELETE FROM audit_log WHERE seq = 4",
            "DELETE FROM audit_log WHERE seq = 5",
        ):
            async with superuser.begin() as connection:
                await connection.execute(text("SET LOCAL session_replication_role = replica"))
                await connection.execute(text(force))
    report = await check_audit_log(engine, whole.head)
    assert [(fault.kind, fault.seq) for fault in report.faults] == [
        ("altered", 2),
        ("truncated", 5),
        ("other_history", 5),
    ]
