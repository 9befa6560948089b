"""Whether what is deployed is what this checkout and these settings say, so that a start can skip it."""

import hashlib
from pathlib import Path

from residency.settings import Settings
from stack.credentials import database_url
from stack.home import run_folder, write_private
from stack.prefect_api import PrefectApi

REPOSITORY = Path(__file__).resolve().parent.parent
"""The checkout: prefect.yaml and the flows."""

_BLOCK_TYPE = "program-database"
_BLOCK_DOCUMENT = "residency"


def is_deployed(settings: Settings, api: PrefectApi) -> bool:
    """Whether the last deployment was of the same files and settings and is still on the server.

    Raises:
        PrefectApiError: if the server does not answer.
    """
    return (
        is_unchanged(settings)
        and api.deployment_names() >= declared_names()
        and bool(api.queue_names())
        and api.block_exists(_BLOCK_TYPE, _BLOCK_DOCUMENT)
    )


def is_unchanged(settings: Settings) -> bool:
    """Whether the last deployment was of the same files and settings."""
    stamp = _stamp(settings)
    return stamp.exists() and stamp.read_text().strip() == fingerprint(settings)


def remember_deployed(settings: Settings) -> None:
    """Note that everything is deployed as it now stands."""
    write_private(_stamp(settings), fingerprint(settings) + "\n")


def fingerprint(settings: Settings) -> str:
    """A hash of all that deployments and block are made from."""
    digest = hashlib.sha256()
    files = [REPOSITORY / "prefect.yaml", REPOSITORY / "stack" / "deploy.py"]
    files += [path for room in ("flows", "blocks") for path in (REPOSITORY / room).rglob("*.py")]
    for path in sorted(files):
        digest.update(str(path.relative_to(REPOSITORY)).encode() + b"\0" + path.read_bytes() + b"\0")
    webhook = settings.alert_webhook_url
    for value in (
        str(REPOSITORY),
        settings.prefect_url,
        settings.timezone,
        database_url(settings).get_secret_value(),
        webhook.get_secret_value() if webhook else "",
    ):
        digest.update(value.encode() + b"\0")
    return digest.hexdigest()


def _stamp(settings: Settings) -> Path:
    return run_folder(settings) / "deployed"


def declared_names() -> frozenset[str]:
    """Names of the deployments in prefect.yaml."""
    import yaml

    plan = yaml.safe_load((REPOSITORY / "prefect.yaml").read_text())
    return frozenset(str(deployment["name"]) for deployment in plan["deployments"])
