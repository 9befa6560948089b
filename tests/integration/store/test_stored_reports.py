"""Compliance reports in the database: revisions that supersede and never overwrite, and the files' index."""

import asyncio
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest

from residency.errors import DatabaseStatementError, NotFoundError
from residency.program.calendar import Period
from residency.store.compliance_reports import (
    NewReport,
    ReportFile,
    find_report,
    index_files,
    newest_reports,
    note_recipients,
    save_report,
)
from residency.store.database import open_engine
from residency.store.tables import ArchivedFile, ComplianceReportRow

AT = datetime(2026, 11, 20, 17, tzinfo=UTC)
WEEK = Period(date(2026, 11, 13), date(2026, 11, 20))
REPORT = NewReport("weekly", WEEK, ("acgme-2017",), {"summary": {"violations": 2}}, "hash")
FILES = (
    ReportFile("pdf", "a" * 64, 120_000, "s3://archive/one.pdf"),
    ReportFile("json", "b" * 64, 4_000, "s3://archive/one.json"),
)


async def saved(engine, report=REPORT, run=None):
    async with engine.begin() as connection:
        return await save_report(connection, report, at=AT, run_id=run or uuid4())


async def test_a_report_comes_back_with_its_files_and_recipients(engine):
    run = uuid4()
    made = await saved(engine, run=run)
    async with engine.begin() as connection:
        await index_files(connection, made.id, FILES, at=AT)
        await note_recipients(connection, made.id, ["officer@example.org"])
        found = await find_report(connection, made.id)
    assert found == replace(made, files=FILES, sent_to=("officer@example.org",))
    assert (found.kind, found.period, found.rule_sets) == ("weekly", WEEK, ("acgme-2017",))
    assert (found.body, found.revision, found.run_id) == ({"summary": {"violations": 2}}, 1, run)


async def test_a_rerun_makes_a_revision_and_the_old_one_stays(engine, store):
    first = await saved(engine)
    other_week = await saved(
        engine, replace(REPORT, period=Period(WEEK.start - timedelta(days=7), WEEK.start))
    )
    monthly = await saved(engine, replace(REPORT, kind="monthly"))
    second = await saved(engine, replace(REPORT, body={"summary": {"violations": 1}}))
    assert (first.revision, second.revision, other_week.revision, monthly.revision) == (1, 2, 1, 1)
    row = ComplianceReportRow
    stored = dict(await store.rows(row, row.id, row.superseded_by, order=[row.created_at]))
    assert stored == {first.id: second.id, other_week.id: None, monthly.id: None, second.id: None}


async def test_a_second_attempt_of_a_run_makes_no_second_revision(engine, store):
    run = uuid4()
    first = await saved(engine, run=run)
    async with engine.begin() as connection:
        await index_files(connection, first.id, FILES, at=AT)
    before = await store.contents()
    again = await saved(engine, replace(REPORT, body={"other": True}), run=run)
    async with engine.begin() as connection:
        await index_files(connection, again.id, FILES, at=AT + timedelta(minutes=5))
    assert (again.id, again.body) == (first.id, REPORT.body)
    assert await store.contents() == before


async def test_runs_at_the_same_time_number_their_revisions_one_after_the_other(engine):
    made = await asyncio.gather(*(saved(engine) for _ in range(8)))
    assert sorted(each.revision for each in made) == list(range(1, 9))
    async with engine.connect() as connection:
        (newest,) = await newest_reports(connection, "weekly", 10)
    assert newest.revision == 8


async def test_the_newest_reports_of_a_kind_come_in_their_newest_revision(engine):
    weeks = [WEEK.start + timedelta(days=7 * week) for week in range(5)]
    for start in (weeks[2], weeks[0], weeks[4], weeks[1], weeks[3], weeks[2]):
        await saved(engine, replace(REPORT, period=Period(start, start + timedelta(days=7))))
    await saved(engine, replace(REPORT, kind="monthly"))
    async with engine.connect() as connection:
        three = await newest_reports(connection, "weekly", 3)
        earlier = await newest_reports(connection, "weekly", 9, before=weeks[3])
    assert [(each.period.start, each.revision) for each in three] == [
        (weeks[4], 1),
        (weeks[3], 1),
        (weeks[2], 2),
    ]
    assert [each.period.start for each in earlier] == [weeks[2], weeks[1], weeks[0]]


async def test_an_unknown_report_is_not_found(engine):
    async with engine.begin() as connection:
        for asked in (
            find_report(connection, uuid4()),
            index_files(connection, uuid4(), (), at=AT),
            note_recipients(connection, uuid4(), ()),
        ):
            with pytest.raises(NotFoundError, match="no compliance report"):
                await asked


async def test_the_index_takes_only_real_files_with_a_whole_checksum(database_url, engine):
    made = await saved(engine)
    for wrong in (replace(FILES[0], sha256="A" * 64), replace(FILES[0], bytes=0)):
        with pytest.raises(DatabaseStatementError, match="archived_files"):
            async with open_engine(database_url) as opened, opened.begin() as connection:
                await index_files(connection, made.id, [wrong], at=AT)


async def test_a_file_made_anew_takes_the_place_of_the_former_in_the_index(engine, store):
    made = await saved(engine)
    async with engine.begin() as connection:
        await index_files(connection, made.id, FILES, at=AT)
        await index_files(connection, made.id, [replace(FILES[0], sha256="c" * 64)], at=AT)
        assert [file.sha256 for file in (await find_report(connection, made.id)).files] == ["c" * 64]
    indexed = await store.rows(ArchivedFile, ArchivedFile.format, ArchivedFile.sha256)
    assert indexed == [("json", "b" * 64), ("pdf", "c" * 64)]
