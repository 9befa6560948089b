"""What a utilization forecast reads from the database, and the forecasts that were made."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from residency.program.calendar import Period
from residency.resilience.forecast_inputs import HISTORY_WEEKS, ForecastInputs
from residency.resilience.forecast_results import UtilizationForecast
from residency.store.program_loader import load_program
from residency.store.tables import AbsenceRow, BlockRow, UtilizationForecastRow

USUAL_DAYS = 90
"""A forecast of this many days is the one that others go by."""

_APART = {"days", "anticipated", "recommendations"}


@dataclass(frozen=True, slots=True)
class LoadedForecastInputs:
    """The inputs of a forecast, None when no published schedule covers any of its days.

    ``calendar_ends`` is the first day ahead whose day type nobody has entered, so that a holiday on it is
    not known; None when all are known.
    """

    inputs: ForecastInputs | None
    calendar_ends: date | None


async def load_forecast_inputs(
    engine: AsyncEngine, today: date, days: int, timezone: str
) -> LoadedForecastInputs:
    """The program of the days ahead and of the weeks before, from one consistent picture of the database.

    Args:
        engine: the program's database.
        today: the first day ahead.
        days: how many days ahead.
        timezone: the site's IANA time zone.
    """
    ahead = Period.horizon(today, days)
    wide = Period(today - timedelta(weeks=HISTORY_WEEKS), ahead.end)
    async with engine.connect() as connection:
        await connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        loaded = await load_program(connection, timezone, wide)
        last = await connection.scalar(select(func.max(BlockRow.date)))
    covered = [days for days in loaded.covered if days.start < ahead.end and days.end > ahead.start]
    if not covered:
        return LoadedForecastInputs(None, None)
    ends = None if last is None or last >= ahead.end - timedelta(days=1) else max(last, today) + timedelta(1)
    return LoadedForecastInputs(ForecastInputs.of(loaded.program, today, days, loaded.covered), ends)


async def save_forecast(
    connection: AsyncConnection, forecast: UtilizationForecast, *, at: datetime, run_id: UUID
) -> UUID:
    """Store a forecast, every day of it, once for each run."""
    body = forecast.model_dump(mode="json")
    values: dict[str, Any] = {
        "at": at,
        "period_start": forecast.period_start,
        "period_end": forecast.period_end,
        "days": body["days"],
        "high_risk_days": forecast.high_risk_days,
        "anticipated_scenario": {"days": body["anticipated"]},
        "recommendations": body["recommendations"],
        "details": {name: value for name, value in body.items() if name not in _APART},
        "input_hash": forecast.input_hash,
    }
    stored = await connection.execute(
        insert(UtilizationForecastRow)
        .values(run_id=run_id, **values)
        .on_conflict_do_update(index_elements=[UtilizationForecastRow.run_id], set_=values)
        .returning(UtilizationForecastRow.id)
    )
    return stored.scalar_one()


@dataclass(frozen=True, slots=True)
class StoredForecast:
    """A stored forecast and the instant it was made."""

    at: datetime
    forecast: UtilizationForecast


async def newest_forecast(connection: AsyncConnection) -> StoredForecast | None:
    """The newest forecast of the usual length, or None before the first."""
    table = UtilizationForecastRow
    row = (
        await connection.execute(
            select(table.__table__)
            .where(table.period_end - table.period_start == USUAL_DAYS)
            .order_by(table.at.desc())
            .limit(1)
        )
    ).first()
    if row is None:
        return None
    body = {
        **row.details,
        "days": row.days,
        "anticipated": row.anticipated_scenario["days"],
        "recommendations": row.recommendations,
    }
    return StoredForecast(row.at, UtilizationForecast.model_validate(body))


async def unforecast_absences(connection: AsyncConnection) -> datetime | None:
    """The instant of the newest change of an absence, if no forecast of the usual length was made since."""
    table = UtilizationForecastRow
    made = (
        select(func.max(table.at))
        .where(table.period_end - table.period_start == USUAL_DAYS)
        .scalar_subquery()
    )
    changed = func.max(AbsenceRow.updated_at)
    found = select(changed).having(func.coalesce(changed > made, changed.is_not(None)))
    return (await connection.execute(found)).scalar()
