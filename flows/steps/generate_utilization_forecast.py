"""Steps of ``generate_utilization_forecast``: reading, forecasting, storing and publishing one forecast."""

import asyncio
from uuid import UUID

from prefect import task
from prefect.artifacts import acreate_markdown_artifact
from prefect.cache_policies import NO_CACHE
from prefect.logging import get_run_logger

from flows.platform.events import announce
from flows.platform.task_run import TaskRunFrame
from residency.messaging.escalation import resolve_category
from residency.messaging.outbox import FlowRunRequest, request_flow_run
from residency.program.vocabulary import AlertLevel
from residency.reports.forecast_page import forecast_sentences, render_forecast, render_no_forecast
from residency.resilience.forecast import forecast
from residency.resilience.forecast_inputs import ForecastInputs
from residency.resilience.forecast_results import UtilizationForecast
from residency.store.utilization_forecasts import USUAL_DAYS, load_forecast_inputs, save_forecast

ALARMING_DAYS = 5
"""More high-risk days than this are worth an alert."""

_ARTIFACT, _CATEGORY = "utilization-forecast", "utilization_forecast"


@task(name="load days ahead and weeks before", cache_policy=NO_CACHE)
async def load(run: TaskRunFrame, days_ahead: int) -> ForecastInputs | None:
    """The inputs; None, with a warning, when no published schedule covers any of the days."""
    loaded = await load_forecast_inputs(run.engine, run.today, days_ahead, run.timezone)
    if loaded.inputs is None:
        run.warnings.append(f"no published schedule covers the {days_ahead} days from {run.today}")
    if loaded.calendar_ends:
        run.warnings.append(
            f"the calendar ends before {loaded.calendar_ends}; holidays from then on are not known"
        )
    return loaded.inputs


@task(name="forecast utilization", cache_policy=NO_CACHE)
async def look_ahead(run: TaskRunFrame, inputs: ForecastInputs) -> UtilizationForecast:
    """The forecast, in the log and with the run's warnings in it."""
    found = await asyncio.to_thread(forecast, inputs)
    found = found.model_copy(update={"warnings": (*run.warnings, *found.warnings)})
    run.warnings[:] = found.warnings
    for sentence in forecast_sentences(found):
        get_run_logger().info(sentence)
    return found


@task(name="store forecast", cache_policy=NO_CACHE)
async def store(run: TaskRunFrame, found: UtilizationForecast) -> UUID:
    """Store the forecast and, when it is of the usual length, the alert that it calls for or ends."""
    async with run.engine.begin() as connection:
        forecast_id = await save_forecast(connection, found, at=run.now, run_id=run.run_id)
        if len(found.days) != USUAL_DAYS:
            return forecast_id
        if found.high_risk_days <= ALARMING_DAYS:
            await resolve_category(connection, _CATEGORY)
            return forecast_id
        key = f"{_CATEGORY}:{run.run_id}"
        parameters = {
            "level": AlertLevel.WARNING,
            "category": _CATEGORY,
            "message": " ".join([*forecast_sentences(found), *found.recommendations])[:2000],
            "details": {"forecast_id": str(forecast_id), "high_risk_days": found.high_risk_days},
            "idempotency_key": key,
        }
        alert = FlowRunRequest(flow="send_resilience_alert", parameters=parameters, dedup_key=key)
        await request_flow_run(connection, alert)
    return forecast_id


@task(name="publish that there is nothing to forecast", cache_policy=NO_CACHE)
async def publish_nothing(why: str) -> None:
    """Take the place of a former forecast in the Prefect UI, which would look as if it still held."""
    await acreate_markdown_artifact(key=_ARTIFACT, markdown=render_no_forecast(why), description=why)


@task(name="publish forecast", cache_policy=NO_CACHE)
async def publish(run: TaskRunFrame, found: UtilizationForecast) -> None:
    """Show the forecast in the Prefect UI and announce it as an event."""
    await acreate_markdown_artifact(
        key=_ARTIFACT,
        markdown=render_forecast(found, at=run.now, timezone=run.timezone),
        description=forecast_sentences(found)[0],
    )
    announce(
        "utilization_forecast.completed",
        _ARTIFACT,
        {
            "days": len(found.days),
            "high_risk_days": found.high_risk_days,
            "anticipated_high_risk_days": found.anticipated_high_risk_days,
        },
        run.run_id,
    )
