"""Commands that start flows and print their latest results."""

import asyncio
import json
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from residency.errors import InvalidInputError, NotFoundError
from residency.settings import Settings


def register(app: typer.Typer) -> None:
    """Add ``run``, ``health``, ``contingency`` and ``forecast``."""
    app.command("run")(run)
    app.command("health")(health)
    app.command("contingency")(contingency)
    app.command("forecast")(forecast)


def run(
    flow: Annotated[str, typer.Argument(help="Name of the flow, such as periodic_health_check.")],
    param: Annotated[
        list[str] | None, typer.Option("--param", help="A parameter as name=value; may be repeated.")
    ] = None,
    wait: Annotated[bool, typer.Option("--wait", help="Follow the run until it ends.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the outcome as JSON.")] = False,
) -> None:
    """Start a flow's deployment; with --wait follow its states and log lines."""
    from stack.prefect_server import use_prefect

    settings = Settings()
    given = _parameters(param or [])
    # Prefect reads its settings when it is imported, so they are put in place first.
    use_prefect(settings)
    from stack.flow_runs import follow, start

    async def _run() -> int:
        started = await start(flow, given)
        url = f"{settings.prefect_ui_url}/runs/flow-run/{started.id}"
        if not wait:
            _print(as_json, {"run_id": str(started.id), "name": started.name, "url": url})
            if not as_json:
                print(f"Started {started.name}. Watch it at {url}")
            return 0
        ended = await follow(settings, started.id, None if as_json else print)
        _print(
            as_json,
            {
                "run_id": str(started.id),
                "name": ended.name,
                "url": url,
                "state": ended.state,
                "message": ended.message,
                "result": ended.result,
            },
        )
        if not as_json:
            print(f"{ended.name}: {ended.state}. {ended.message}".strip())
        return 0 if ended.succeeded else 1

    code = asyncio.run(_run())
    if code:
        raise typer.Exit(code)


def _parameters(pairs: list[str]) -> dict[str, Any]:
    """``name=value`` pairs as parameters; values are JSON where they parse as JSON, else text."""
    parameters: dict[str, Any] = {}
    for pair in pairs:
        name, separator, value = pair.partition("=")
        if not separator or not name:
            raise InvalidInputError("--param", pair, "name=value, such as horizon_days=14")
        try:
            parameters[name] = json.loads(value)
        except json.JSONDecodeError:
            parameters[name] = value
    return parameters


def _print(as_json: bool, body: dict[str, Any]) -> None:
    if as_json:
        print(json.dumps(body, indent=2))


def health(
    as_json: Annotated[bool, typer.Option("--json", help="Print the whole result as JSON.")] = False,
) -> None:
    """Print the newest health check and its age."""
    from residency.reports.verdicts import health_sentences
    from residency.store.resilience_results import StoredHealth, newest_health
    from stack.database import program_database

    async def newest() -> StoredHealth | None:
        async with program_database(Settings()) as engine, engine.connect() as connection:
            return await newest_health(connection)

    stored = asyncio.run(newest())
    if stored is None:
        raise NotFoundError("no health check has been made yet; run `residency run periodic_health_check`")
    _show(as_json, "health_check", stored.at, stored.assessment.model_dump(mode="json"))
    if not as_json:
        print("\n".join(health_sentences(stored.assessment)))


def contingency(
    as_json: Annotated[bool, typer.Option("--json", help="Print the whole report as JSON.")] = False,
) -> None:
    """Print the newest contingency report and its age; people appear by pseudonym."""
    from residency.reports.verdicts import contingency_sentences
    from residency.store.resilience_results import StoredContingency, newest_contingency
    from stack.database import program_database

    async def newest() -> StoredContingency | None:
        async with program_database(Settings()) as engine, engine.connect() as connection:
            return await newest_contingency(connection)

    stored = asyncio.run(newest())
    if stored is None:
        raise NotFoundError(
            "no contingency analysis has been made yet; run `residency run run_contingency_analysis`"
        )
    _show(as_json, "contingency", stored.at, stored.report.model_dump(mode="json"))
    if not as_json:
        print("\n".join(contingency_sentences(stored.report)))


def forecast(
    as_json: Annotated[bool, typer.Option("--json", help="Print the whole forecast as JSON.")] = False,
) -> None:
    """Print the newest utilization forecast and its age, with what to do."""
    from residency.reports.forecast_page import forecast_sentences
    from residency.store.utilization_forecasts import StoredForecast, newest_forecast
    from stack.database import program_database

    async def newest() -> StoredForecast | None:
        async with program_database(Settings()) as engine, engine.connect() as connection:
            return await newest_forecast(connection)

    stored = asyncio.run(newest())
    if stored is None:
        raise NotFoundError(
            "no utilization forecast has been made yet; run `residency run generate_utilization_forecast`"
        )
    _show(as_json, "forecast", stored.at, stored.forecast.model_dump(mode="json"))
    if not as_json:
        print("\n".join([*forecast_sentences(stored.forecast), *stored.forecast.recommendations]))


def _show(as_json: bool, kind: str, at: datetime, result: dict[str, Any]) -> None:
    age = datetime.now(UTC) - at
    minutes = int(age.total_seconds() // 60)
    if as_json:
        print(json.dumps({"at": at.isoformat(), "age_minutes": minutes, kind: result}, indent=2))
        return
    stale = (
        ", older than the quarter of an hour between checks"
        if kind == "health_check" and minutes > 30
        else ""
    )
    print(f"From {at:%Y-%m-%d %H:%M} UTC, {_age(minutes)} ago{stale}.")


def _age(minutes: int) -> str:
    if minutes < 120:
        return "1 minute" if minutes == 1 else f"{minutes} minutes"
    hours = minutes // 60
    return f"{hours} hours" if hours < 48 else f"{hours // 24} days"
