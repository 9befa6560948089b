"""Loading and measuring the schedule that a flow of the metrics family looks at."""

import asyncio
from datetime import date, timedelta
from uuid import UUID

from prefect import task
from prefect.cache_policies import NO_CACHE

from flows.platform.progress import progress_bar
from flows.platform.task_run import TaskRunFrame
from residency.acgme.rules import rule_set
from residency.errors import InvalidInputError
from residency.program.calendar import Period
from residency.quality.measuring import MeasuredSchedule, measure
from residency.quality.stability import ChangeDates
from residency.store.measured_schedules import LoadedMeasurement, load_measurement

USUAL_DAYS = 90
MOST_DAYS = 366


def measured_period(run: TaskRunFrame, start: date | None, end: date | None) -> Period:
    """The days asked for; what is not asked for is today, and 90 days from the first.

    Raises:
        InvalidInputError: if there is no day, or more than a year.
    """
    first = start or run.today
    period = Period(first, end or first + timedelta(days=USUAL_DAYS))
    if not 1 <= period.days <= MOST_DAYS:
        raise InvalidInputError(
            "end", period.end.isoformat(), f"a date 1 to {MOST_DAYS} days after {period.start.isoformat()}"
        )
    return period


@task(name="load schedule and the one before", cache_policy=NO_CACHE)
async def load_both(run: TaskRunFrame, period: Period, version_id: UUID | None = None) -> LoadedMeasurement:
    """The schedule of a period and what was published before it.

    Days without a schedule are not judged, and the run says so among its warnings.
    """
    found = await load_measurement(run.engine, period, run.timezone, version_id)
    if not found.loaded.version_ids:
        run.warnings.append(f"no published schedule covers the {period.days} days from {period.start}")
    elif found.loaded.caveat:
        run.warnings.append(found.loaded.caveat)
    return found


@task(name="measure schedule", cache_policy=NO_CACHE)
async def measure_schedule(run: TaskRunFrame, found: LoadedMeasurement) -> MeasuredSchedule:
    """Judge and measure in a thread that ends with the run's deadline; the warnings become the run's."""
    dates = ChangeDates(run.today, found.published_on, found.last_major_change)
    async with progress_bar("Measuring the schedule") as progress:
        measured = await asyncio.to_thread(
            measure, found.current, found.previous, rule_set(), dates, tuple(run.warnings), progress
        )
    run.warnings[:] = measured.metrics.warnings
    return measured
