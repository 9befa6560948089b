"""Programs in and out of a real database: whole, once, and the same afterwards."""

import asyncio
import time
from collections import Counter
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given, settings

from residency.errors import InvalidInputError
from residency.importing.bundle import read_program
from residency.importing.sample import sample_program
from residency.importing.writing import write_bundle
from residency.program.extent import first_academic_year
from residency.program.records import Person
from residency.program.vocabulary import PersonType
from residency.settings import Settings
from residency.store.program_writer import import_program
from residency.store.tables import PersonRow

ZONE = "Pacific/Honolulu"
MONDAY = date(2026, 7, 6)


async def test_what_was_imported_comes_back(engine, store, program, as_rows):
    outcome = await import_program(engine, program, publish=True)
    assert (outcome.created, outcome.published, outcome.superseded) == (True, True, ())
    assert (outcome.people, outcome.services, outcome.assignments) == (2, 2, 10)
    assert as_rows(await store.load()) == as_rows(program)


async def test_any_program_comes_back(engine, store, empty_tables, named_programs, as_rows):
    """Imported into empty tables, loaded and imported again: the same program and not one row touched."""
    imported = 0

    async def there_and_back(program):
        await empty_tables()
        if first_academic_year(program) is None:
            with pytest.raises(InvalidInputError):
                await import_program(engine, program, publish=True)
            assert set((await store.counts()).values()) == {0}
            return 0
        outcome = await import_program(engine, program, publish=True)
        loaded = await store.load(program.timezone)
        assert as_rows(loaded) == as_rows(program)
        before = await store.contents()
        again = await import_program(engine, loaded, publish=True)
        assert (again.created, again.version_id) == (False, outcome.version_id)
        assert await store.contents() == before
        return 1

    drawn = []

    @settings(max_examples=40, deadline=None, database=None)
    @given(program=named_programs)
    def draw(program):
        drawn.append(program)

    await asyncio.to_thread(draw)
    for program in drawn:
        imported += await there_and_back(program)
    assert imported > 15


async def test_importing_twice_changes_no_row(engine, store, program):
    first = await import_program(engine, program, publish=True)
    before = await store.contents()
    second = await import_program(engine, program, publish=True)
    assert (second.version_id, second.created, second.published) == (first.version_id, False, True)
    assert await store.contents() == before


async def test_the_sample_survives_the_way_through_database_and_files(engine, store, tmp_path, as_rows):
    sample = sample_program(29, 120, 1, date(2026, 11, 9), ZONE)
    await import_program(engine, sample, publish=True)
    exported = await store.load()
    assert as_rows(exported, without={"people"}) == as_rows(sample, without={"people"})
    assert [replace(person, pseudonym=None) for person in exported.people] == list(sample.people)
    write_bundle(exported, tmp_path / "bundle")
    read = read_program(tmp_path / "bundle", Settings(timezone=ZONE, _env_file=None))
    assert as_rows(read) == as_rows(exported)
    before = await store.counts()
    again = await import_program(engine, read, publish=True)
    assert not again.created
    assert await store.counts() == before


async def test_pseudonyms_are_random_unique_and_kept_for_ever(engine, store):
    sample = sample_program(29, 14, 1, date(2026, 11, 9), ZONE)
    await import_program(engine, sample, publish=False)
    first = {person.id: person.pseudonym for person in (await store.load()).people}
    assert len(set(first.values())) == 29
    assert {(key[0], name[:2]) for key, name in first.items()} == {("F", "F-"), ("R", "R-")}
    assert all(len(name) == 6 for name in first.values())
    later = sample_program(29, 14, 2, date(2026, 11, 9), ZONE)
    await import_program(engine, later, publish=False)
    assert {person.id: person.pseudonym for person in (await store.load()).people} == first
    named = replace(later, people=(replace(later.people[0], pseudonym="CHOSEN"), *later.people[1:]))
    await import_program(engine, named, publish=False)
    after = {person.id: person.pseudonym for person in (await store.load()).people}
    assert after == first | {later.people[0].id: "CHOSEN"}


async def test_people_are_told_apart_by_id_in_any_script(engine, store, schedule, program):
    ids = ["Z", "a", "Ä", "ß", "z", "日", "0"]
    staff = tuple(Person(key, key, PersonType.FACULTY) for key in ids)
    many = replace(
        program,
        people=staff,
        pgy_levels=(),
        assignments=schedule(*((row, 0, MONDAY + timedelta(days=row), 0) for row in range(len(ids)))),
        call_shifts=(),
        absences=(),
        duty_logs=(),
        users=(),
    )
    await import_program(engine, many, publish=True)
    after = await store.load()
    placed = {
        after.people[row].id: day
        for row, day in zip(after.assignments.person, after.assignments.day.tolist(), strict=True)
    }
    assert placed == {key: MONDAY + timedelta(days=row) for row, key in enumerate(ids)}
    assert Counter(await store.rows(PersonRow, PersonRow.external_id)) == Counter((key,) for key in ids)


async def test_a_hundred_thousand_assignments_load_in_seconds(engine, store):
    program = sample_program(200, 365, 1, date(2026, 11, 9), ZONE)
    assert len(program.assignments) > 100_000
    begun = time.perf_counter()
    await import_program(engine, program, publish=True)
    imported = time.perf_counter()
    assert imported - begun < 20
    loaded = await store.load()
    assert time.perf_counter() - imported < 3
    assert len(loaded.assignments) == len(program.assignments)
