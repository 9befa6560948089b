"""What the doctor asks the Prefect server: worker, deployments, coming runs, the block of our database."""

from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from typing import Any

from pydantic import SecretStr

from residency.settings import Settings
from stack.apply.checkout import declared_names
from stack.database_checks import url_place, version_at
from stack.machine_checks import DoctorError
from stack.prefect_api import POOL, prefect_api

_BLOCK = "program-database/residency"
_FRESH = timedelta(minutes=2)
"""Prefect makes the first runs of a new deployment some seconds later."""

_LATE = timedelta(minutes=10)
_COMING = 200


def server_version(settings: Settings) -> str:
    """The server's version, refused when it is not of our client's series.

    Raises:
        PrefectApiError: if it does not answer.
        DoctorError: if its version and the client's do not fit.
    """
    with prefect_api(settings) as api:
        theirs = api.version()
    ours = version("prefect")
    if theirs.split(".")[:2] != ours.split(".")[:2]:
        raise DoctorError(
            f"the Prefect server is {theirs} and this installation is {ours}; install the same series on both"
        )
    return theirs


def check_worker(settings: Settings) -> str:
    """Who serves the pool, and when each was last heard of."""
    with prefect_api(settings) as api:
        workers = api.online_workers()
        pool: Any = api.ask("GET", f"/work_pools/{POOL}", missing=None)
    if not workers:
        raise DoctorError(
            f"no worker serves work pool {POOL}, so runs wait; start it with `residency up`, "
            "or see `residency logs worker`"
        )
    now = datetime.now(UTC)
    heard = [
        f"{name} (heard of {max((now - at).total_seconds(), 0):.0f} s ago)"
        for name, at in sorted(workers.items())
    ]
    paused = "; the pool is paused by somebody" if pool and pool["is_paused"] else ""
    return f"{', '.join(heard)} on work pool {POOL}{paused}"


def check_flows(settings: Settings) -> str:
    """Every flow of prefect.yaml is deployed."""
    with prefect_api(settings) as api:
        missing = declared_names() - api.deployment_names()
    if missing:
        raise DoctorError(f"not deployed: {', '.join(sorted(missing))}; restart with `residency up`")
    return f"all {len(declared_names())} are deployed"


def check_schedules(settings: Settings) -> str:
    """Every schedule that nobody paused has its next run made, and no run waits for long.

    Raises:
        DoctorError: if the server has stopped to make runs, or nobody takes those that are due.
    """
    now = datetime.now(UTC)
    with prefect_api(settings) as api:
        stored = api.pages("/deployments/filter", {})
        deployments = [each for each in stored if each["name"] in declared_names()]
        waiting = {"state": {"type": {"any_": ["SCHEDULED"]}}}
        coming: Any = {
            each["id"]: api.ask(
                "POST",
                "/flow_runs/filter",
                {
                    "limit": 1,
                    "sort": "EXPECTED_START_TIME_ASC",
                    "flow_runs": {**waiting, "deployment_id": {"any_": [each["id"]]}},
                },
            )
            for each in deployments
            if _is_active(each)
        }
    silent = [each["name"] for each in deployments if each["id"] in coming and not coming[each["id"]]]
    fresh = {each["name"] for each in deployments if now - _instant(each["updated"]) < _FRESH}
    if stuck := sorted(set(silent) - fresh):
        raise DoctorError(
            f"no coming run exists of {', '.join(stuck)}, so the server makes none any more; "
            "restart it with `residency down` and `residency up`"
        )
    due = [(run[0]["name"], now - _instant(run[0]["expected_start_time"])) for run in coming.values() if run]
    if late := [f"{name} ({since.total_seconds() / 60:.0f} min)" for name, since in due if since > _LATE]:
        raise DoctorError(f"due and not started: {', '.join(sorted(late))}; see `residency logs worker`")
    return _coming_sentence(len(coming), [-since for _, since in due], sorted(silent), _paused(deployments))


def check_block(settings: Settings) -> str:
    """The block that flows read opens the database.

    Raises:
        DoctorError: if the block is missing, or names a database that does not open.
    """
    slug, _, name = _BLOCK.partition("/")
    with prefect_api(settings) as api:
        document: Any = api.ask(
            "GET", f"/block_types/slug/{slug}/block_documents/name/{name}?include_secrets=true", missing=None
        )
    if document is None:
        raise DoctorError(
            f"block {_BLOCK} does not exist, so no flow can run; make it with `residency apply`"
        )
    url = str(document["data"]["url"])
    return f"{_BLOCK} opens {url_place(url)}, PostgreSQL {version_at(SecretStr(url))}"


def _is_active(deployment: Any) -> bool:  # noqa: ANN401 -- the shape is Prefect's
    return not deployment["paused"] and any(schedule["active"] for schedule in deployment["schedules"])


def _paused(deployments: list[Any]) -> list[str]:
    """Names of deployments whose schedules somebody has paused."""
    return sorted(
        each["name"]
        for each in deployments
        if each["schedules"] and (each["paused"] or not all(plan["active"] for plan in each["schedules"]))
    )


def _coming_sentence(count: int, waits: list[timedelta], silent: list[str], paused: list[str]) -> str:
    if not count:
        sentence = "nothing is scheduled"
    elif waits:
        soonest = max(min(waits).total_seconds(), 0) / 60
        sentence = f"{count} flows are scheduled, the next run is in {soonest:.0f} min"
    else:
        sentence = f"{count} flows are scheduled"
    sentence += f"; just deployed, their first runs are being made: {', '.join(silent)}" if silent else ""
    return sentence + (f"; paused by somebody: {', '.join(paused)}" if paused else "")


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)
