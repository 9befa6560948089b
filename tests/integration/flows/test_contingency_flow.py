"""The contingency analysis as a flow run on a real server and database: what it stores and publishes."""

from datetime import date

from flows.resilience.periodic_health_check import periodic_health_check
from flows.resilience.run_contingency_analysis import run_contingency_analysis
from residency.importing.sample import sample_program
from residency.store.resilience_results import newest_contingency
from residency.store.tables import (
    Notification,
    OutboxMessage,
    TaskRun,
    VulnerabilityReportRow,
)


async def test_without_a_published_schedule_the_analysis_shows_no_former_report(plant, rows, artifact):
    result = await run_contingency_analysis()
    assert result["status"] == "no_data"
    assert await rows(plant, VulnerabilityReportRow) == []
    assert "No data" in (await artifact("contingency-analysis")).data


async def test_a_report_asked_for_by_hand_changes_no_standing_verdict(scheduled, deployed, rows):
    usual = await run_contingency_analysis()
    await run_contingency_analysis(days_ahead=2)
    async with scheduled.connect() as connection:
        newest = await newest_contingency(connection)
    assert newest.report.input_hash == usual["input_hash"]
    standing = {report.standing: report for report in await rows(scheduled, VulnerabilityReportRow)}
    assert standing[True].superseded_by is None
    alerts = await rows(scheduled, OutboxMessage, OutboxMessage.dedup_key.like("contingency:%"))
    assert all(str(standing[False].run_id) not in alert.dedup_key for alert in alerts)


async def test_the_contingency_analysis_stores_a_report_that_supersedes_the_last(
    scheduled, deployed, rows, artifact
):
    first = await run_contingency_analysis()
    second = await run_contingency_analysis()
    older, newer = sorted(await rows(scheduled, VulnerabilityReportRow), key=lambda report: report.at)
    assert (older.superseded_by, newer.superseded_by) == (newer.id, None)
    assert first["input_hash"] == second["input_hash"]
    assert newer.n1 == second["data"]["n1"]
    page = (await artifact("contingency-analysis")).data
    pseudonyms = {loss["person"] for loss in newer.n1}
    assert any(pseudonym in page for pseudonym in pseudonyms)
    assert "data:image/svg+xml;base64," in page


async def test_pages_results_and_messages_name_no_person(scheduled, deployed, rows, artifact):
    program = sample_program(people=29, days=7, seed=1, start=date(2026, 1, 5), timezone="UTC")
    await run_contingency_analysis(days_ahead=21)
    await periodic_health_check()
    seen = [(await artifact(key)).data for key in ("contingency-analysis", "health-check")]
    seen += [
        str(row) for table in (TaskRun, OutboxMessage, Notification) for row in await rows(scheduled, table)
    ]
    for person in program.people:
        for text in seen:
            assert person.name not in text
            assert person.email is None or person.email not in text
