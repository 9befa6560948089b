"""The fairness trend and the version diff as flow runs on a real server and database."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import numpy as np
import pytest
from sqlalchemy import select

from flows.metrics.compute_version_diff import compute_version_diff
from flows.metrics.generate_fairness_trend_report import generate_fairness_trend_report
from flows.metrics.snapshot_metrics import snapshot_metrics
from residency.errors import InvalidInputError, NotFoundError
from residency.importing.sample import sample_program
from residency.quality.change_results import FairnessTrend, VersionDiff
from residency.store.metrics_snapshots import day_bucket, newest_metrics, save_metrics
from residency.store.program_writer import import_program
from residency.store.tables import MetricsSnapshot, PersonRow, ScheduleVersion, TaskRun

WEEK = timedelta(days=7)


def monday(weeks_ago):
    today = datetime.now(UTC).date()
    return today - timedelta(days=today.weekday()) - weeks_ago * WEEK


async def with_daily_fairness(engine, of_week):
    """Daily snapshots from Monday to Wednesday of some weeks ago, all but fairness as today's."""
    await snapshot_metrics(kind="daily")
    async with engine.begin() as connection:
        today = await newest_metrics(connection)
        for weeks_ago, value in of_week.items():
            shared = today.metrics.fairness.model_copy(update={"overall": value})
            for offset in (-0.02, 0, 0.02):
                day = monday(weeks_ago) + timedelta(days=1 + round(offset * 50))
                await save_metrics(
                    connection,
                    today.metrics.model_copy(
                        update={"fairness": shared.model_copy(update={"overall": value + offset})}
                    ),
                    kind="daily",
                    bucket_start=day_bucket(day, "UTC"),
                    at=today.taken_at,
                    version_id=None,
                    rule_set="acgme-2017",
                    run_id=None,
                )


async def test_a_declining_trend_names_its_anomalies_and_who_could_hand_over_what(scheduled, rows, artifact):
    values = dict(zip(range(12, 0, -1), [0.9] * 6 + [0.8, 0.8, 0.7, 0.7, 0.7, 0.8], strict=True))
    await with_daily_fairness(scheduled, values)
    before = await rows(scheduled, MetricsSnapshot)
    result = await generate_fairness_trend_report()
    trend = FairnessTrend.model_validate(result["data"]["trend"])
    assert [week.value for week in trend.weeks] == pytest.approx(list(values.values()))
    assert [week.week_start for week in trend.weeks] == [monday(weeks_ago) for weeks_ago in values]
    assert (result["status"], trend.trend) == ("declining", "declining")
    assert trend.anomalies == (monday(4), monday(3), monday(2))
    assert trend.rebalance
    assert result["data"]["recomputed_weeks"] == []
    assert result["warnings"] == []
    assert len(await rows(scheduled, MetricsSnapshot)) == len(before)
    page = await artifact("fairness-trend")
    assert "Declining" in page.data
    for move in trend.moves:
        assert move.from_person in page.data
    assert "data:image/svg+xml;base64," in page.data


async def test_weeks_without_a_snapshot_are_computed_from_the_schedule_and_said_to_be(scheduled, rows):
    """The sample schedule begins two weeks ago: the days of three earlier weeks look ahead into it."""
    result = await generate_fairness_trend_report(weeks_back=4)
    trend = FairnessTrend.model_validate(result["data"]["trend"])
    assert all(0 < week.value <= 1 for week in trend.weeks)
    assert result["data"]["recomputed_weeks"] == [monday(back).isoformat() for back in (4, 3, 2, 1)]
    assert "4 of the 4 weeks have no daily snapshot" in result["warnings"][0]
    assert await rows(scheduled, MetricsSnapshot) == []


async def test_without_a_schedule_there_is_not_enough_to_tell_a_trend(plant, artifact):
    result = await generate_fairness_trend_report()
    assert result["status"] == "insufficient_data"
    assert "Not enough data" in (await artifact("fairness-trend")).data


@pytest.fixture
async def versions(scheduled):
    """The published sample program and a draft of its first 60 days in which one person is off for a week."""
    start = datetime.now(UTC).date() - timedelta(days=14)
    program = sample_program(people=29, days=120, seed=1, start=start, timezone="UTC")
    rows = program.assignments
    day = rows.day - np.datetime64(start)
    person = program.people[int(rows.person[0])]
    gone = (rows.person == rows.person[0]) & (day.astype(int) >= 14) & (day.astype(int) < 21)
    kept = rows.take(~gone & (day.astype(int) < 60))
    draft = replace(program, assignments=kept, coverage=tuple(r for r in program.coverage if r.day is None))
    outcome = await import_program(scheduled, draft, publish=False)
    async with scheduled.connect() as connection:
        published = await connection.scalar(
            select(ScheduleVersion.id).where(ScheduleVersion.publication == "published")
        )
        pseudonym = await connection.scalar(
            select(PersonRow.pseudonym).where(PersonRow.external_id == person.id)
        )
    return published, outcome.version_id, pseudonym, int(gone.sum())


async def test_a_diff_tells_what_changed_for_whom(versions, scheduled, rows, artifact):
    published, draft, pseudonym, gone = versions
    result = await compute_version_diff(version_a=published, version_b=draft)
    diff = VersionDiff.model_validate(result["data"])
    assert (diff.added, diff.removed, diff.changed) == (0, gone, 0)
    assert diff.people[0].person == pseudonym
    assert diff.people[0].removed == gone
    assert (diff.version_a, diff.version_b) == (str(published), str(draft))
    assert result["status"] == diff.assessment
    page = (await artifact("version-diff")).data
    assert pseudonym in page
    (run,) = await rows(scheduled, TaskRun)
    assert run.result["data"] == result["data"]
    back = await compute_version_diff(version_a=draft, version_b=published)
    reverse = VersionDiff.model_validate(back["data"])
    assert (reverse.added, reverse.removed) == (gone, 0)
    assert (reverse.fairness_delta, reverse.coverage_delta) == (-diff.fairness_delta, -diff.coverage_delta)
    assert (reverse.new_findings, reverse.cured_findings) == (diff.cured_findings, diff.new_findings)


async def test_a_version_compared_with_itself_is_an_empty_diff(versions, artifact):
    published, *_ = versions
    result = await compute_version_diff(version_a=published, version_b=published)
    assert (result["status"], result["data"]["people"]) == ("unchanged", [])
    assert "Both versions say the same" in (await artifact("version-diff")).data


async def test_versions_that_cannot_be_compared_are_refused(versions, scheduled, rows):
    published, *_ = versions
    unknown = uuid4()
    for pair in ((published, unknown), (unknown, published), (unknown, unknown)):
        with pytest.raises(NotFoundError, match=str(unknown)):
            await compute_version_diff(version_a=pair[0], version_b=pair[1])
    later = sample_program(people=29, days=7, seed=1, start=monday(-60), timezone="UTC")
    far = (await import_program(scheduled, later, publish=False)).version_id
    with pytest.raises(InvalidInputError, match="version_b"):
        await compute_version_diff(version_a=published, version_b=far)
    failed = await rows(scheduled, TaskRun)
    assert {run.error_class for run in failed} == {"not_found", "invalid_input"}
