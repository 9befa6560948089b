"""Commands for the alerts that wait for somebody."""

import asyncio
import json
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

import typer

from residency.settings import Settings


def register(app: typer.Typer) -> None:
    """Add ``alerts list`` and ``alerts acknowledge``."""
    group = typer.Typer(no_args_is_help=True, help="Resilience alerts that wait for an acknowledgement.")
    group.command("list")(list_open)
    group.command("acknowledge")(take)
    app.add_typer(group, name="alerts")


def list_open(
    as_json: Annotated[bool, typer.Option("--json", help="Print the alerts as JSON.")] = False,
) -> None:
    """List open alerts, worst first, with the instant at which each rises one level."""
    from residency.messaging.escalation import open_alerts
    from stack.database import program_database

    async def _read() -> list[dict[str, object]]:
        async with program_database(Settings()) as engine, engine.connect() as connection:
            return [asdict(alert) for alert in await open_alerts(connection)]

    alerts = asyncio.run(_read())
    if as_json:
        print(json.dumps(alerts, default=str, indent=2))
        return
    if not alerts:
        print("No alert is open.")
    for alert in alerts:
        due = alert["next_escalation_at"]
        rises = f", rises at {due:%Y-%m-%d %H:%M} UTC" if isinstance(due, datetime) else ""
        print(
            f"{alert['id']}  {alert['level']}: {alert['category']}, "
            f"raised {alert['occurrences']} times{rises}\n  {alert['message']}"
        )


def take(
    alert_id: Annotated[UUID, typer.Argument(help="The alert's id, as `residency alerts list` shows it.")],
    by: Annotated[str, typer.Option("--by", help="The user who takes it up.")],
) -> None:
    """Acknowledge an alert: somebody has taken it up, so it escalates no further."""
    from residency.messaging.escalation import acknowledge
    from stack.database import program_database

    async def _take() -> None:
        async with program_database(Settings()) as engine, engine.begin() as connection:
            await acknowledge(connection, alert_id, by, datetime.now(UTC))

    asyncio.run(_take())
    print(f"Alert {alert_id} is acknowledged by {by}.")
