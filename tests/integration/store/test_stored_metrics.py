"""Measures in the database: one row an hour or day, and a retention that keeps each month's first."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest

from residency.program.calendar import Period
from residency.quality.results import (
    Compliance,
    Coverage,
    Fairness,
    PersonLoad,
    ScheduleMetrics,
    Stability,
    StatusLabel,
)
from residency.store.metrics_snapshots import (
    daily_metrics,
    day_bucket,
    delete_expired,
    find_metrics,
    hour_bucket,
    newest_metrics,
    save_metrics,
)
from residency.store.program_writer import import_program
from residency.store.tables import MetricsSnapshot

ZONE = "Pacific/Honolulu"
NOON = datetime(2026, 11, 23, 12, 17, 30, 5, tzinfo=UTC)
GOOD = StatusLabel.GOOD


def measured(fairness=0.93):
    return ScheduleMetrics(
        period_start=date(2026, 11, 23),
        period_end=date(2027, 2, 21),
        input_hash=f"hash {fairness}",
        status=GOOD,
        fairness=Fairness(load="hours", cohorts=(), overall=fairness, status=GOOD),
        other_fairness=(),
        people=(
            PersonLoad(
                person="R-A", cohort="PGY-1", fte=1, available=1, hours=600, night_hours=0, weekend_hours=0,
                holiday_hours=0, blocks=100, points=3, target_hours=700, percent_of_target=85.7,
            ),
        ),
        without_availability=("F-A",),
        coverage=Coverage(required=100, filled=97, overall=0.97, status=GOOD, by_service=(), by_slot=()),
        compliance=Compliance(
            rule_set="acgme-2017", checks=200, failed=2, violations=2, warnings=1, compliance=0.99,
            weighted=0.985, status=StatusLabel.WARNING,
        ),
        workload=None,
        stability=Stability(
            compared_days=90, added=1, removed=2, modified=3, churn=0.06, ripple=1.5, n1_score=0.2,
            new_violations=(("HOURS_80", "must", "R-A", "", "2026-11-23", "planned"),), major_change_on=None,
            days_since_major_change=None, stable=False, score=81.0, grade="F", status=StatusLabel.CRITICAL,
        ),
        warnings=("a warning",),
    )  # fmt: skip


class Measures:
    def __init__(self, engine):
        self.engine = engine

    async def save(self, kind="daily", bucket=None, at=NOON, metrics=None, version=None):
        async with self.engine.begin() as connection:
            return await save_metrics(
                connection,
                metrics or measured(),
                kind=kind,
                bucket_start=bucket or day_bucket(date(2026, 11, 23), ZONE),
                at=at,
                version_id=version,
                rule_set="acgme-2017",
                run_id=uuid4(),
            )

    async def read(self, function, *arguments, **wanted):
        async with self.engine.connect() as connection:
            return await function(connection, *arguments, **wanted)


@pytest.fixture
def measures(engine):
    return Measures(engine)


def test_an_instant_belongs_to_its_hour_and_a_day_begins_where_the_site_is():
    assert hour_bucket(NOON) == datetime(2026, 11, 23, 12, tzinfo=UTC)
    assert day_bucket(date(2026, 11, 23), ZONE) == datetime(2026, 11, 23, 10, tzinfo=UTC)


async def test_measures_come_back_without_the_figures_of_single_people(measures, store):
    await measures.save()
    (found,) = await measures.read(daily_metrics, Period.horizon(date(2026, 11, 23), 1), ZONE)
    assert found.metrics == measured().model_copy(update={"people": ()})
    assert (found.taken_at, found.rule_set, found.kind) == (NOON, "acgme-2017", "daily")
    row = MetricsSnapshot
    figures = (row.fairness, row.coverage, row.compliance, row.compliance_weighted, row.churn, row.ripple)
    assert await store.rows(row, *figures) == [(0.93, 0.97, 0.99, 0.985, 0.06, 1.5)]
    assert await store.rows(row, row.n1_score, row.stability_grade) == [(0.2, "F")]


async def test_an_empty_schedule_has_a_row_without_figures(measures):
    empty = measured().model_copy(
        update={
            "status": StatusLabel.NO_DATA, "fairness": None, "people": (), "coverage": None,
            "compliance": None, "stability": None, "period_end": date(2026, 11, 23),
        }
    )  # fmt: skip
    await measures.save(metrics=empty)
    assert (await measures.read(newest_metrics)).metrics == empty


async def test_an_hour_or_day_has_one_row_of_each_kind_and_the_later_measure_wins(measures):
    first = await measures.save(metrics=measured(0.8))
    later = await measures.save(metrics=measured(0.9), at=NOON + timedelta(minutes=1))
    late = await measures.save(metrics=measured(0.7), at=NOON - timedelta(minutes=1))
    hourly = await measures.save(kind="hourly", metrics=measured(0.6))
    assert first == later == late != hourly
    bucket = day_bucket(date(2026, 11, 23), ZONE)
    assert (await measures.read(find_metrics, "daily", bucket)).metrics.fairness.overall == 0.9
    assert (await measures.read(find_metrics, "hourly", bucket)).metrics.fairness.overall == 0.6
    assert await measures.read(find_metrics, "daily", bucket + timedelta(days=1)) is None


async def test_runs_at_the_same_time_leave_one_row(measures, store):
    saved = await asyncio.gather(*(measures.save() for _ in range(8)))
    assert len(set(saved)) == 1
    assert (await store.counts())["metrics_snapshots"] == 1


async def test_the_newest_measures_are_found_by_kind_and_before_an_hour(measures):
    days = [date(2026, 11, 20) + timedelta(days=each) for each in range(3)]
    for share, day in zip((0.7, 0.8, 0.9), days, strict=True):
        await measures.save(bucket=day_bucket(day, ZONE), metrics=measured(share))
    await measures.save(kind="hourly", bucket=hour_bucket(NOON), metrics=measured(0.5))

    async def fairness(**wanted):
        found = await measures.read(newest_metrics, **wanted)
        return found and found.metrics.fairness.overall

    assert await fairness() == 0.5
    assert await fairness(kind="daily") == 0.9
    assert await fairness(kind="daily", before=day_bucket(days[2], ZONE)) == 0.8
    assert await fairness(before=day_bucket(days[0], ZONE)) is None
    series = await measures.read(daily_metrics, Period(days[0], days[2]), ZONE)
    assert [each.metrics.fairness.overall for each in series] == [0.7, 0.8]


async def test_a_clean_up_keeps_the_recent_ones_and_the_first_day_of_each_month(
    measures, engine, store, program
):
    """Days are the site's: the first of a month begins at 10:00 UTC there."""
    version = (await import_program(engine, program, publish=True)).version_id
    days = [date(2025, 9, 28) + timedelta(days=each) for each in range(70)]
    for at, day in enumerate(days):
        await measures.save(bucket=day_bucket(day, ZONE), version=version if at % 2 else None)
        for hour in (8, 20):
            await measures.save(kind="hourly", bucket=day_bucket(day, ZONE) + timedelta(hours=hour))
    cutoff = day_bucket(date(2025, 11, 20), ZONE)
    done = await delete_expired(engine, cutoff, ZONE, batch=7)
    row = MetricsSnapshot
    left = await store.rows(row, row.bucket_start, order=[row.bucket_start])
    old = [bucket for (bucket,) in left if bucket < cutoff]
    firsts = [date(2025, 9, 28), date(2025, 10, 1), date(2025, 11, 1)]
    assert old == [day_bucket(day, ZONE) for day in firsts]
    recent = sum(day >= date(2025, 11, 20) for day in days)
    assert len(left) == 3 * recent + 3
    before = len(days) - recent
    assert done.by_kind == {"daily": before - 3, "hourly": 2 * before}
    assert done.by_run_status == {"none": done.deleted - before // 2 + 1, "success": before // 2 - 1}
    assert (done.kept, done.batches) == (3, -(-done.deleted // 7))
    assert (await store.counts())["schedule_versions"] == 1


async def test_a_clean_up_that_was_ended_half_way_is_finished_by_the_next(measures, engine, store):
    for day in range(20):
        await measures.save(bucket=day_bucket(date(2025, 9, 1) + timedelta(days=day), ZONE))
    cutoff = day_bucket(date(2025, 9, 15), ZONE)
    both = await asyncio.gather(*(delete_expired(engine, cutoff, ZONE, batch=3) for _ in range(2)))
    assert sum(done.deleted for done in both) == 13
    assert (await delete_expired(engine, cutoff, ZONE)).deleted == 0
    assert (await store.counts())["metrics_snapshots"] == 7
