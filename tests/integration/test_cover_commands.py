"""``residency cover`` and ``residency simulate-absence`` as a chief runs them: sentences and exit codes."""

import asyncio
import os
import sys
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from residency.errors import InvalidInputError
from residency.importing.sample import sample_program
from residency.scheduling.absence_effects import absence_effects
from residency.scheduling.cover_results import CoverReport
from residency.store.absence_cases import UnpublishedDaysError, load_absence_case
from residency.store.program_writer import import_program
from residency.store.tables import AbsenceRow, AssignmentRow, ConflictAlert, OutboxMessage, ScheduleVersion

START = datetime.now(UTC).date() - timedelta(days=14)
FIRST, LAST = START + timedelta(days=21), START + timedelta(days=27)


@pytest.fixture
def residency(database_url, tmp_path):
    """Runs a command with the database and no server; gives exit code, output and errors."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("RESIDENCY_")} | {
        "RESIDENCY_HOME": str(tmp_path / "home"),
        "RESIDENCY_DATABASE_URL": database_url,
        "RESIDENCY_PREFECT_API_URL": "http://127.0.0.1:1/api",
        "RESIDENCY_TIMEZONE": "UTC",
        "COLUMNS": "160",
    }

    async def run(*arguments):
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", "from cli.main import run; run()", *map(str, arguments)),
            cwd=tmp_path,
            env=environment,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        output, errors = await process.communicate()
        return process.returncode, output.decode(), errors.decode()

    return run


@pytest.fixture
async def published(engine):
    program = sample_program(people=29, days=120, seed=1, start=START, timezone="UTC")
    await import_program(engine, program, publish=True)
    return program


async def counted(engine):
    tables = (AbsenceRow, AssignmentRow, ConflictAlert, OutboxMessage, ScheduleVersion)
    async with engine.connect() as connection:
        return [await connection.scalar(select(func.count()).select_from(table)) for table in tables]


async def test_who_can_cover_and_what_breaks_are_told_and_nothing_changes(residency, published, engine):
    before = await counted(engine)
    days = "--from", FIRST, "--to", LAST
    (code, said, errors), (json_code, printed, _) = await asyncio.gather(
        residency("cover", "F03", *days), residency("cover", "F03", *days, "--json")
    )
    assert (code, json_code, errors) == (0, 0, "")
    report = CoverReport.model_validate_json(printed)
    assert (report.person, report.start, report.last) == ("F03", FIRST, LAST)
    assert report.slots
    assert said.startswith(f"F03 is away, {FIRST:%a} {FIRST.day}")
    for sentence in [move.sentence for move in report.plan.moves]:
        assert sentence in said
    ids = {person.id for person in published.people}
    for slot in report.slots:
        told = [each.person for each in slot.substitutes]
        told += [person for group in slot.ruled_out for person in group.people]
        assert set(told) <= ids - {"F03"}
        assert slot.candidates + sum(len(group.people) for group in slot.ruled_out) == len(ids) - 1
        assert slot.what in said
    code, said, errors = await residency("simulate-absence", "F03", *days, "--type", "deployment")
    assert (code, errors) == (0, "")
    assert "Counted is the recovery owed until" in said
    assert "Utilization level" in said
    found = await load_absence_case(engine, "F03", FIRST, LAST, "UTC", naming="id")
    effects = absence_effects(found.case, naming="id")
    slots = [slot for slot in report.slots if "coverage" in slot.required_by]
    calls = [slot for slot in report.slots if slot.half is None]
    assert (effects.assigned_gap, effects.call_opened) == (len(slots), len(calls))
    assert report.version_ids == found.version_ids
    assert await counted(engine) == before


async def test_what_cannot_be_asked_is_misuse_with_a_clear_sentence(residency, published, engine):
    code, said, errors = await residency("cover", "F3", "--from", FIRST, "--to", LAST)
    assert (code, said) == (2, "")
    assert "nobody in the program has the id or pseudonym 'F3'; did you mean" in errors
    beyond = START + timedelta(days=400)
    told = f"for any day from {beyond} to {beyond}; published are {START} to "
    with pytest.raises(UnpublishedDaysError, match=told):
        await load_absence_case(engine, "F03", beyond, beyond, "UTC", naming="id")
    with pytest.raises(InvalidInputError, match="to: "):
        await load_absence_case(engine, "F03", LAST, FIRST, "UTC", naming="id")


async def test_with_nothing_published_the_way_out_is_named(engine):
    with pytest.raises(UnpublishedDaysError, match="none is published at all, see `residency publish`"):
        await load_absence_case(engine, "F03", FIRST, LAST, "UTC", naming="id")
