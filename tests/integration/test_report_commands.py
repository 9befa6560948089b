"""``residency reports``: what was reported, and its files as they were archived."""

import asyncio
import hashlib
import json
from datetime import UTC, date, datetime
from uuid import uuid4

import pytest
from typer.testing import CliRunner

from cli.main import app
from residency.acgme.rules import rule_set
from residency.errors import ConflictError, NotFoundError
from residency.importing.sample import sample_program
from residency.program.calendar import Period
from residency.reports.compliance import ReportFacts, ReportOccasion, compliance_body
from residency.reports.compliance_body import ReportKind
from residency.reports.compliance_files import render_files
from residency.store.compliance_reports import NewReport, ReportFile, index_files, save_report

WEEK = Period(date(2026, 11, 13), date(2026, 11, 20))
AT = datetime(2026, 11, 20, 17, tzinfo=UTC)


@pytest.fixture
async def report(engine):
    """A stored report with its archive index; gives its id and files."""
    program = sample_program(people=29, days=28, seed=1, start=WEEK.start, timezone="UTC")
    occasion = ReportOccasion(ReportKind.WEEKLY, WEEK, 1, AT)
    body = compliance_body(occasion, ReportFacts(rule_set(), program, None, None, None))
    files = render_files(body)
    said = NewReport("weekly", WEEK, ("acgme-2017",), body.model_dump(mode="json"), "hash")
    async with engine.begin() as connection:
        stored = await save_report(connection, said, at=AT, run_id=uuid4())
        index = [ReportFile(f.format, f.sha256, len(f.content), f"s3://archive/r.{f.format}") for f in files]
        await index_files(connection, stored.id, index, at=AT)
    return stored.id, {file.format: file for file in files}


@pytest.fixture
def residency(database_url, tmp_path, monkeypatch):
    """Runs a command against the database; an error of ours is raised, as the command line would tell it."""
    for name, value in {"HOME": str(tmp_path), "DATABASE_URL": database_url, "TIMEZONE": "UTC"}.items():
        monkeypatch.setenv(f"RESIDENCY_{name}", value)
    monkeypatch.setenv("RESIDENCY_PREFECT_API_URL", "http://127.0.0.1:1/api")

    async def run(*words):
        # In a thread, because a command runs a loop of its own.
        command = [str(word) for word in words]
        told = await asyncio.to_thread(CliRunner().invoke, app, command, catch_exceptions=False)
        return told.output

    return run


async def test_reports_are_listed_with_their_verdict(residency, report):
    assert await residency("reports", "list") == (
        f"{report[0]}  Fri 13 Nov to Thu 19 Nov 2026, revision 1: Nothing could be judged.\n"
    )
    assert await residency("reports", "list", "--kind", "monthly") == "There is no monthly report yet.\n"
    (told,) = json.loads(await residency("reports", "list", "--json"))
    assert (told["id"], told["start"], told["end"]) == (str(report[0]), "2026-11-13", "2026-11-20")
    assert told["files"] == {form: f"s3://archive/r.{form}" for form in ("pdf", "xlsx", "json")}


@pytest.mark.parametrize("form", ["pdf", "xlsx", "json"])
async def test_a_file_is_saved_as_it_was_archived_and_never_over_another(residency, report, tmp_path, form):
    report_id, files = report
    target = tmp_path / f"report.{form}"
    words = ("reports", "save", report_id, target, "--format", form)
    said = await residency(*words)
    assert target.read_bytes() == files[form].content
    assert said == f"Wrote {target}, {len(files[form].content)} bytes with SHA-256 {files[form].sha256}.\n"
    target.write_text("mine")
    with pytest.raises(ConflictError, match="is there already"):
        await residency(*words)
    assert target.read_text() == "mine"


async def test_a_report_that_would_be_printed_otherwise_is_not_passed_off_as_the_archived_one(
    residency, report, engine, tmp_path
):
    async with engine.begin() as connection:
        other = ReportFile("pdf", hashlib.sha256(b"other").hexdigest(), 5, "s3://archive/other.pdf")
        await index_files(connection, report[0], [other], at=AT)
    with pytest.raises(ConflictError, match=r"the archived one is s3://archive/other.pdf"):
        await residency("reports", "save", report[0], tmp_path / "report.pdf")
    with pytest.raises(ConflictError, match=r"otherwise than it was archived$"):
        await residency("reports", "save", report[0], tmp_path / "r.json", "--format", "json")
    assert list(tmp_path.glob("r*.*")) == []


async def test_an_unknown_report_is_told(residency, tmp_path):
    with pytest.raises(NotFoundError, match="no compliance report"):
        await residency("reports", "save", uuid4(), tmp_path / "r.pdf")
