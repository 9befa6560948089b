"""``residency forecast`` as a coordinator runs it: how old the newest one is, its verdict, or all as JSON."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from typer.testing import CliRunner

from cli.main import app
from residency.errors import NotFoundError
from residency.importing.sample import sample_program
from residency.resilience.forecast import forecast
from residency.store.program_writer import import_program
from residency.store.utilization_forecasts import load_forecast_inputs, save_forecast


@pytest.fixture
def residency(database_url, tmp_path):
    """Runs the command in a thread of its own; gives its output, or raises what it raises."""
    environment = {
        "RESIDENCY_HOME": str(tmp_path / "home"),
        "RESIDENCY_DATABASE_URL": database_url,
        "RESIDENCY_TIMEZONE": "UTC",
    }

    async def run(*arguments):
        words = ["forecast", *arguments]
        result = await asyncio.to_thread(CliRunner().invoke, app, words, env=environment)
        if result.exception is not None:
            raise result.exception
        return result.stdout

    return run


async def test_the_newest_forecast_is_told_with_its_age(engine, residency):
    with pytest.raises(NotFoundError, match="residency run generate_utilization_forecast"):
        await residency()
    now = datetime.now(UTC)
    program = sample_program(29, 60, 1, now.date() - timedelta(days=14), "UTC")
    await import_program(engine, program, publish=True)
    loaded = await load_forecast_inputs(engine, now.date(), 90, "UTC")
    made = forecast(loaded.inputs)
    async with engine.begin() as connection:
        run = uuid4()
        for hours in (3, 2):
            await save_forecast(connection, made, at=now - timedelta(hours=hours), run_id=run)
    told = await residency()
    assert "2 hours ago" in told
    assert "of the next 90 days" in told
    assert "have no published schedule yet and are estimated" in told
    body = json.loads(await residency("--json"))
    assert body["forecast"] == made.model_dump(mode="json")
    assert body["age_minutes"] >= 120
