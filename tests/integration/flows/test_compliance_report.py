"""The compliance report as a flow run on real servers: archived whole, stored once, told once, and rerun."""

import hashlib
import io
import json
from datetime import UTC, date, datetime, timedelta

import pytest
from openpyxl import load_workbook
from prefect import get_client
from prefect_aws.client_parameters import AwsClientParameters
from prefect_aws.credentials import AwsCredentials
from prefect_aws.s3 import S3Bucket
from pypdf import PdfReader
from sqlalchemy import insert, text

import flows.steps.generate_compliance_report as steps
from blocks.archive import DOCUMENT_NAME, ArchiveError, load_archive, put_file
from blocks.program_database import DOCUMENT_NAME as DATABASE
from blocks.program_database import ProgramDatabase
from flows.compliance.generate_compliance_report import generate_compliance_report
from flows.platform.task_run import TaskRunFrame
from residency.errors import InvalidInputError, NotFoundError
from residency.reports.compliance_body import ComplianceBody
from residency.store.acgme_findings import decide_finding
from residency.store.tables import (
    AcgmeFindingRow,
    ArchivedFile,
    ComplianceReportRow,
    DutyLogRow,
    Notification,
    OutboxMessage,
    PersonRow,
    TaskRun,
    UserRow,
)
from stack.credentials import s3_credentials
from stack.s3 import s3_client, s3_endpoint

MAIL = (OutboxMessage.topic == "email") & OutboxMessage.dedup_key.like("compliance_report:%")
"""Wishes that a report be mailed; a run that fails has mail of its own."""

quick = generate_compliance_report.with_options(retries=0)


@pytest.fixture
async def archive(store, scheduled):
    """The client of the store that the archive's block points at, with nothing in the archive."""
    keys = s3_credentials(store)
    credentials = AwsCredentials(
        aws_access_key_id=keys.access_key_id.get_secret_value(),
        aws_secret_access_key=keys.secret_access_key.get_secret_value(),
        region_name=store.s3_region,
        aws_client_parameters=AwsClientParameters(
            endpoint_url=s3_endpoint(store),
            config={"signature_version": "s3v4", "s3": {"addressing_style": "path"}},
        ),
    )
    block = S3Bucket(bucket_name=store.s3_bucket, credentials=credentials)
    await block.save(DOCUMENT_NAME, overwrite=True)
    client = s3_client(store)
    for key in keys_in(client, store):
        client.delete_object(Bucket=store.s3_bucket, Key=key)
    yield client
    async with get_client() as api:
        document = await api.read_block_document_by_name(DOCUMENT_NAME, "s3-bucket")
        await api.delete_block_document(document.id)


def keys_in(client, settings):
    listed = client.list_objects_v2(Bucket=settings.s3_bucket, Prefix="reports/")
    return [each["Key"] for each in listed.get("Contents", [])]


async def add_log(engine, person, start, hours):
    entry = {"activity_class": "patient_care", "setting": "in_house", "source": "test", "entered_by": "test"}
    async with engine.begin() as connection:
        await connection.execute(
            insert(DutyLogRow).values(
                person_id=person.id, starts_at=start, ends_at=start + timedelta(hours=hours), **entry
            )
        )


async def residents(rows, engine):
    return [row for row in await rows(engine, PersonRow) if row.type == "resident"]


async def test_a_report_is_archived_stored_told_and_shown(archive, store, scheduled, rows, artifact):
    people = await residents(rows, scheduled)
    friday = datetime.now(UTC).date() - timedelta(days=(datetime.now(UTC).weekday() - 4) % 7)
    begun = datetime(friday.year, friday.month, friday.day, 7, tzinfo=UTC) - timedelta(days=3)
    await add_log(scheduled, people[0], begun, 30)
    result = await quick()
    assert result["status"] in {"good", "warning", "critical"}
    data = result["data"]
    assert (data["period_end"], data["revision"]) == (friday.isoformat(), 1)
    assert date.fromisoformat(data["period_end"]) - date.fromisoformat(data["period_start"]) == timedelta(7)

    (report,) = await rows(scheduled, ComplianceReportRow)
    body = ComplianceBody.model_validate(report.body)
    assert body.planned.checks > 0
    assert body.logged.violations.total >= 1
    assert {line.rule for line in body.logged.findings} >= {"CONTINUOUS_24_4"}
    assert len(body.residents) == len(people)
    assert str(report.id) == data["report_id"]

    contents = {}
    for file in await rows(scheduled, ArchivedFile):
        bucket, _, key = file.location.removeprefix("s3://").partition("/")
        content = archive.get_object(Bucket=bucket, Key=key)["Body"].read()
        assert (hashlib.sha256(content).hexdigest(), len(content)) == (file.sha256, file.bytes)
        contents[file.format] = content
    assert set(contents) == {"pdf", "xlsx", "json"}
    assert {file["sha256"] for file in report.files} == {
        hashlib.sha256(each).hexdigest() for each in contents.values()
    }
    assert ComplianceBody.model_validate_json(contents["json"]) == body
    assert load_workbook(io.BytesIO(contents["xlsx"]))["Summary"]["B3"].value == body.period
    printed = "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(contents["pdf"])).pages)
    assert body.period in printed
    assert not [person.name for person in people if person.name in printed]

    page = (await artifact("compliance-report-weekly")).data
    assert "The plan" in page
    assert report.files[0]["sha256"] in page
    stored = await rows(scheduled, AcgmeFindingRow)
    assert {row.basis for row in stored} >= {"logged"}
    assert {row.detected_run for row in stored} == {report.run_id}


async def test_officers_are_told_once_for_each_report_and_rerun_makes_a_revision(archive, scheduled, rows):
    first, second = await quick(), await quick()
    assert (first["data"]["revision"], second["data"]["revision"]) == (1, 2)
    assert first["input_hash"] == second["input_hash"]
    old, new = sorted(await rows(scheduled, ComplianceReportRow), key=lambda row: row.revision)
    assert (old.superseded_by, new.superseded_by) == (new.id, None)
    assert len(await rows(scheduled, ArchivedFile)) == 6
    told = await rows(scheduled, Notification, Notification.type == "compliance_alert")
    wishes = await rows(scheduled, OutboxMessage, MAIL)
    assert len(told) == len(wishes) == first["data"]["notified"] + second["data"]["notified"] == 2
    assert {row.dedup_key for row in told} == {f"compliance_report:{row.id}" for row in (old, new)}
    assert old.sent_to == [str(told[0].recipient_id)]
    names = [person.name for person in await rows(scheduled, PersonRow)]
    assert not [name for name in names for row in told if name in row.body]


async def test_a_run_that_ends_between_upload_and_commit_is_run_again_and_tells_once(
    archive, store, scheduled, rows, monkeypatch
):
    real = steps.index_files

    async def ended(*_, **__):
        raise ConnectionError("the worker was killed")

    monkeypatch.setattr(steps, "index_files", ended)
    with pytest.raises(ConnectionError):
        await quick()
    orphans = keys_in(archive, store)
    assert len(orphans) == 3
    assert await rows(scheduled, ComplianceReportRow) == []
    assert await rows(scheduled, AcgmeFindingRow) == []
    assert await rows(scheduled, OutboxMessage, MAIL) == []
    monkeypatch.setattr(steps, "index_files", real)
    result = await quick()
    assert result["data"]["revision"] == 1
    assert len(await rows(scheduled, OutboxMessage, MAIL)) == 1


async def test_an_attempt_after_the_commit_stores_and_tells_nothing_more(
    archive, scheduled, rows, monkeypatch
):
    real, tried = steps.publish_report, []

    async def fails_once(run, stored):
        tried.append(stored.id)
        if len(tried) == 1:
            raise ConnectionError("the worker was killed")
        return await real(run, stored)

    monkeypatch.setattr(steps, "publish_report", fails_once)
    again = generate_compliance_report.with_options(retries=1, retry_delay_seconds=0)
    result = await again()
    assert len(tried) == 2
    assert tried[0] == tried[1]
    (report,) = await rows(scheduled, ComplianceReportRow)
    assert str(report.id) == result["data"]["report_id"]
    assert len(await rows(scheduled, OutboxMessage, MAIL)) == 1
    (run,) = await rows(scheduled, TaskRun)
    assert (run.state, run.attempt) == ("SUCCESS", 2)


async def test_a_revision_that_another_run_took_is_not_stored_twice(archive, scheduled, rows, monkeypatch):
    await quick()

    async def outdated(*_):
        return 1

    monkeypatch.setattr(steps, "next_revision", outdated)
    with pytest.raises(steps.RevisionTakenError, match="another run has stored revision 1"):
        await quick()
    assert len(await rows(scheduled, ComplianceReportRow)) == 1


async def test_without_an_officer_the_report_is_stored_and_the_run_says_so(archive, scheduled, rows):
    async with scheduled.begin() as connection:
        await connection.execute(text("UPDATE users SET is_active = false WHERE role = 'admin'"))
    result = await quick()
    assert result["data"]["notified"] == 0
    assert any("no active user has the role admin" in warning for warning in result["warnings"])
    assert len(await rows(scheduled, ComplianceReportRow)) == 1
    assert await rows(scheduled, OutboxMessage, MAIL) == []


async def test_the_role_that_the_block_names_is_told_and_no_other(archive, scheduled, database_url, rows):
    block = ProgramDatabase(url=database_url, timezone="UTC", compliance_role="coordinator")
    await block.save(DATABASE, overwrite=True)
    await quick()
    told = await rows(scheduled, Notification, Notification.type == "compliance_alert")
    (officer,) = await rows(scheduled, UserRow, UserRow.role == "coordinator")
    assert [row.recipient_id for row in told] == [officer.id]
    block.compliance_role = "janitor"
    await block.save(DATABASE, overwrite=True)
    with pytest.raises(
        InvalidInputError, match="compliance_role: 'janitor' is not valid; expected one of admin"
    ):
        await generate_compliance_report()
    assert len(await rows(scheduled, ComplianceReportRow)) == 1


async def test_a_justified_finding_is_shown_as_such_while_its_arithmetic_holds(archive, scheduled, rows):
    people = await residents(rows, scheduled)
    monday = datetime.now(UTC).date() - timedelta(days=datetime.now(UTC).weekday() + 7)
    begun = datetime(monday.year, monday.month, monday.day, 7, tzinfo=UTC)
    days = {"start": monday, "end": monday + timedelta(days=7)}
    await add_log(scheduled, people[0], begun, 30)
    first = await quick(**days)
    assert first["data"]["logged_violations"] >= 1
    reason = f"{people[0].name} stayed with a patient"
    (found,) = await rows(scheduled, AcgmeFindingRow, AcgmeFindingRow.rule == "CONTINUOUS_24_4")
    async with scheduled.begin() as connection:
        await decide_finding(connection, found.id, "justified", reason, "admin", datetime.now(UTC))
    await quick(**days)
    newest = max(await rows(scheduled, ComplianceReportRow), key=lambda row: row.revision)
    body = ComplianceBody.model_validate(newest.body)
    (line,) = [line for line in body.logged.findings if line.rule == "CONTINUOUS_24_4"]
    assert line.status == "justified"
    assert line.reason == f"{people[0].pseudonym} stayed with a patient"
    assert body.logged.violations.justified == 1
    assert people[0].name not in json.dumps(newest.body)


async def test_a_month_is_the_one_before_the_first_even_where_it_is_still_yesterday(
    archive, scheduled, database_url, rows, monkeypatch
):
    await ProgramDatabase(url=database_url, timezone="Pacific/Honolulu").save(DATABASE, overwrite=True)
    this_month = datetime.now(UTC).replace(day=1, hour=9, minute=0, second=0, microsecond=0)
    first = (this_month + timedelta(days=32)).replace(day=1)
    monkeypatch.setattr(TaskRunFrame, "answers_for", first)
    result = await quick(kind="monthly")
    days = result["data"]["period_start"], result["data"]["period_end"]
    assert days == (this_month.date().isoformat(), first.date().isoformat())
    (report,) = await rows(scheduled, ComplianceReportRow)
    assert report.kind == "monthly"
    assert "before its period was over" in " ".join(report.body["caveats"])


async def test_without_schedule_and_logs_there_is_no_report(archive, scheduled, rows, artifact):
    result = await quick(start=date(2001, 1, 1), end=date(2001, 1, 8))
    assert result["status"] == "no_data"
    assert "no published schedule covers the 7 days from 2001-01-01" in result["warnings"]
    assert await rows(scheduled, ComplianceReportRow) == []
    assert "No data" in (await artifact("compliance-report-weekly")).data


async def test_wrong_days_end_the_run_at_once(plant, rows):
    with pytest.raises(InvalidInputError, match="end: None is not valid"):
        await generate_compliance_report(start=date(2026, 11, 1))
    (run,) = await rows(plant, TaskRun)
    assert (run.attempt, run.error_class) == (1, "invalid_input")


async def test_without_the_block_the_run_says_how_to_make_it(scheduled, rows):
    with pytest.raises(NotFoundError, match="`residency apply`"):
        await generate_compliance_report()
    assert await rows(scheduled, ComplianceReportRow) == []


async def test_the_archive_overwrites_nothing_and_reads_back_what_it_was_given(archive, store):
    block = await load_archive()
    place = "reports/test.json"
    assert put_file(block, place, b"one", "application/json") == f"s3://{store.s3_bucket}/{place}"
    assert put_file(block, place, b"one", "application/json") == f"s3://{store.s3_bucket}/{place}"
    with pytest.raises(ArchiveError, match="holds other bytes"):
        put_file(block, place, b"two", "application/json")
    assert archive.get_object(Bucket=store.s3_bucket, Key=place)["Body"].read() == b"one"
    block.bucket_name = "no-such-bucket"
    with pytest.raises(ArchiveError, match="the archive answered"):
        put_file(block, place, b"one", "application/json")
    block.credentials.aws_client_parameters.endpoint_url = "http://127.0.0.1:1"
    with pytest.raises(ArchiveError, match="does not answer: EndpointConnectionError"):
        put_file(block, place, b"one", "application/json")
