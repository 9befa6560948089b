"""The Prefect server on our PostgreSQL, and the environment of everything that talks to it."""

import os
from pathlib import Path
from threading import Event

from residency.errors import ResidencyError
from residency.settings import Settings
from stack.credentials import Credentials, prefect_database_url
from stack.environment import base_environment, client_environment, scripts_folder
from stack.prefect_api import prefect_api
from stack.process import Child, Program, wait_until

NAME = "Prefect server"
_START_SECONDS = 180.0


def launch_prefect_server(settings: Settings, credentials: Credentials, log: Path) -> Child:
    """Start the server; it is not ready yet."""
    command = [str(scripts_folder() / "prefect"), "server", "start"]
    command += ["--host", settings.bind_host, "--port", str(settings.prefect_port)]
    return Child(
        Program(
            name=NAME,
            command=command,
            log=log,
            environment=server_environment(settings, credentials),
            stop_seconds=20.0,
        )
    )


def wait_for_prefect_server(settings: Settings, child: Child, stop: Event | None = None) -> None:
    """Wait until the API is healthy; the first start also makes its tables.

    Raises:
        PartError: if it ends or is not healthy in time.
    """
    with prefect_api(settings) as api:
        wait_until(api.is_healthy, child, _START_SECONDS, stop)


def prefect_answers(settings: Settings) -> bool:
    """Whether the API answers; its database is not asked, whose absence is not the server's fault."""
    with prefect_api(settings) as api:
        return api.is_healthy()


def server_environment(settings: Settings, credentials: Credentials) -> dict[str, str]:
    """Variables of the server: its database, its key, its address for browsers, nothing sent home."""
    variables = {
        **base_environment(settings),
        **client_environment(settings),
        "PREFECT_SERVER_DATABASE_CONNECTION_URL": prefect_database_url(settings).get_secret_value(),
        "PREFECT_SERVER_ENCRYPTION_KEY": credentials.prefect_encryption_key.get_secret_value(),
        # A browser elsewhere reaches the API where it reached the page.
        "PREFECT_SERVER_UI_API_URL": settings.prefect_url if _is_local(settings) else "/api",
        "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
        "PREFECT_SERVER_METRICS_ENABLED": "true",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        # How long a run waits before it asks again for the slot that a run of the same flow holds.
        "PREFECT_SERVER_DEPLOYMENTS_CONCURRENCY_SLOT_WAIT_SECONDS": "2",
        # Who holds a deployment's slot is kept on disk: held in memory, a kill of the server would cancel the
        # runs under way, because their claims to their slots could not be renewed any more.
        "PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE": "prefect.server.concurrency.lease_storage.filesystem",
        "PREFECT_SERVER_LOGGING_LEVEL": "WARNING",
    }
    if settings.prefect_auth_string is not None:
        variables["PREFECT_SERVER_API_AUTH_STRING"] = settings.prefect_auth_string.get_secret_value()
    return variables


def use_prefect(settings: Settings) -> None:
    """Make this process a client of our server; call it before Prefect is imported.

    Raises:
        ResidencyError: if no server is named and none was ever set up here.
    """
    if settings.prefect_api_url is None and not settings.home.exists():
        raise ResidencyError(f"nothing has been set up in {settings.home} yet; run `residency up` first")
    for name in [name for name in os.environ if name.startswith("PREFECT_") and name != "PREFECT_API_KEY"]:
        del os.environ[name]
    os.environ.update(client_environment(settings))


def _is_local(settings: Settings) -> bool:
    return settings.bind_host == settings.loopback_host
