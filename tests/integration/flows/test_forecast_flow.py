"""The utilization forecast as a flow run: what asks for it, what it stores, shows and alarms about."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import text

from flows.resilience.generate_utilization_forecast import generate_utilization_forecast
from flows.resilience.send_resilience_alert import send_resilience_alert
from flows.steps import generate_utilization_forecast as steps
from residency.importing.sample import sample_program
from residency.messaging.forecast_requests import request_forecast_of_absences
from residency.publishing.importing import import_announced
from residency.store.tables import OutboxMessage, ResilienceAlert, UtilizationForecastRow
from residency.store.utilization_forecasts import newest_forecast

WISHES = OutboxMessage.payload["flow"].astext == "generate_utilization_forecast"
ALERTS = OutboxMessage.dedup_key.like("utilization_forecast:%")


async def test_a_changed_absence_leads_to_a_forecast_of_known_and_estimated_days(
    plant, rows, artifact, monkeypatch
):
    start = datetime.now(UTC).date() - timedelta(days=14)
    program = sample_program(people=29, days=60, seed=1, start=start, timezone="UTC")
    for _ in range(2):
        await import_announced(plant, program, publish=True)
    assert len(await rows(plant, OutboxMessage, WISHES)) == 1

    result = await generate_utilization_forecast()
    (stored,) = await rows(plant, UtilizationForecastRow)
    data = result["data"]
    assert result["status"] == "high_risk"
    assert [day["known"] for day in stored.days] == [True] * 46 + [False] * 44
    assert stored.days == data["days"]
    assert stored.high_risk_days == data["high_risk_days"] > steps.ALARMING_DAYS
    assert len(stored.anticipated_scenario["days"]) == 90
    assert stored.input_hash == result["input_hash"]
    async with plant.connect() as connection:
        newest = await newest_forecast(connection)
    assert newest.forecast.model_dump(mode="json") == data
    page = (await artifact("utilization-forecast")).data
    assert page.index("overloaded") < page.index("data:image/svg+xml;base64,") < page.index("The worst days")
    assert "44 days have no published schedule yet" in page
    assert not any(person.name in page or f" {person.id} " in page for person in program.people)

    (wish,) = await rows(plant, OutboxMessage, ALERTS)
    alarm = await send_resilience_alert(**wish.payload["parameters"])
    assert alarm["status"] == "raised"

    async with plant.begin() as connection:
        assert not await request_forecast_of_absences(connection)
        await connection.execute(
            text("UPDATE absences SET status = 'cancelled', updated_at = now() WHERE status = 'approved'")
        )
        for _ in range(2):
            assert await request_forecast_of_absences(connection)
    assert len(await rows(plant, OutboxMessage, WISHES)) == 2

    monkeypatch.setattr(steps, "ALARMING_DAYS", 90)
    await generate_utilization_forecast(days_ahead=7)
    (alert,) = await rows(plant, ResilienceAlert)
    assert alert.status == "open"
    again = await generate_utilization_forecast()
    assert again["status"] == "ok"
    assert again["data"]["high_risk_days"] < data["high_risk_days"]
    (alert,) = await rows(plant, ResilienceAlert)
    assert alert.status == "resolved"
    async with plant.connect() as connection:
        assert len((await newest_forecast(connection)).forecast.days) == 90
        assert not await request_forecast_of_absences(connection)


async def test_without_a_published_schedule_nothing_is_forecast(plant, rows, artifact):
    result = await generate_utilization_forecast()
    assert result["status"] == "no_data"
    assert "no published schedule covers the 90 days" in result["warnings"][0]
    assert await rows(plant, UtilizationForecastRow) == []
    assert await rows(plant, OutboxMessage) == []
    assert "No data" in (await artifact("utilization-forecast")).data
