"""``residency fallbacks`` as a coordinator runs it: sentences and JSON."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import numpy as np
import pytest
from typer.testing import CliRunner

from cli.main import app
from residency.errors import NotFoundError
from residency.importing.sample import sample_program
from residency.program.calendar import HALVES, Period
from residency.scheduling.fallback_results import EmptySlots, FallbackCells, FallbackResult
from residency.store.fallback_schedules import mark_stale, save_fallback
from residency.store.program_writer import import_program

TODAY = datetime.now(UTC).date()
DAYS = Period.horizon(TODAY, 7)


@pytest.fixture
def residency(database_url, tmp_path):
    """Runs a command in a thread of its own; gives its output, or raises what the command raises."""
    environment = {
        "RESIDENCY_HOME": str(tmp_path / "home"),
        "RESIDENCY_DATABASE_URL": database_url,
        "RESIDENCY_TIMEZONE": "UTC",
        "COLUMNS": "200",
    }

    async def run(*arguments):
        words = ["fallbacks", *map(str, arguments)]
        result = await asyncio.to_thread(CliRunner().invoke, app, words, env=environment)
        if result.exception is not None:
            raise result.exception
        return result.stdout

    return run


@pytest.fixture
async def program(engine):
    program = sample_program(people=29, days=28, seed=1, start=TODAY - timedelta(days=7), timezone="UTC")
    await import_program(engine, program, publish=True)
    return program


def fallback_without(program, lost):
    """The published schedule without the work of one person, whose slots nobody takes."""
    rows = program.assignments
    day = (rows.day - np.datetime64(DAYS.start, "D")).astype(int)
    kept = (day >= 0) & (day < DAYS.days) & (rows.person != lost)
    cells = FallbackCells(
        tuple(person.id for person in program.people),
        tuple(service.abbreviation for service in program.services),
        rows.person[kept],
        (2 * day + rows.half)[kept].astype(np.int32),
        rows.service[kept],
        rows.role[kept],
    )
    gone = (day >= 0) & (day < DAYS.days) & (rows.person == lost)
    return gone, FallbackResult(
        scenario="1_faculty_loss",
        subject=(program.people[lost].id,),
        parameters={},
        period=DAYS,
        input_hash="as published",
        cells=cells,
        calls=(),
        coverage=0.7634,
        changes=int(gone.sum()),
        unfilled=(EmptySlots("Clinic", 2, 1),),
        violations=(),
        services_reduced=(),
        assumptions=("Whoever is lost is lost for the whole period.",),
        layer="immediate",
        gap=None,
    )


async def test_nothing_is_prepared_and_nobody_is_told_otherwise(residency, program):
    said = await residency("list")
    assert said.startswith("No fallback schedule stands ready")
    with pytest.raises(NotFoundError, match="there is no fallback schedule"):
        await residency("show", uuid4())


async def test_a_fallback_is_listed_and_its_moves_are_shown_day_by_day(residency, program, engine):
    busy = np.bincount(program.assignments.person).argmax()
    gone, fallback = fallback_without(program, int(busy))
    person = program.people[busy]
    async with engine.begin() as connection:
        stored = await save_fallback(connection, fallback, at=datetime.now(UTC), run_id=None)
    said = await residency("list")
    assert said.startswith("Less than 80 % of the slots can be covered in case of: one faculty member lost.")
    row = next(line for line in said.splitlines() if str(stored) in line)
    assert all(word in row for word in (person.id, "76 %", str(int(gone.sum())), "not proven", "ready"))
    assert person.name not in said

    said = await residency("show", stored)
    assert f"One faculty member lost ({person.id})" in said
    assert "Empty: " in said
    body = await residency("show", stored, "--json")
    shown = json.loads(body)
    moves = {(move["person"], move["day"], move["half"]): move["after"] for move in shown["moves"]}
    rows = program.assignments
    assert moves == {
        (person.id, str(day), HALVES[half].value): None
        for day, half in zip(rows.day[gone], rows.half[gone], strict=True)
    }
    assert shown["people"] == [person.id]
    first = shown["moves"][0]
    assert f"{first['half']} {person.id}: nothing instead of {first['before']}" in said

    async with engine.begin() as connection:
        await mark_stale(connection, [stored], datetime.now(UTC))
    assert (await residency("list")).startswith("No fallback schedule stands ready")
    body = await residency("list", "--all", "--json")
    assert [each["status"] for each in json.loads(body)] == ["stale"]
    assert "stale" in await residency("list", "--all")
    assert "It is out of date" in await residency("show", stored)
