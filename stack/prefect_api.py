"""The few questions the plant asks Prefect's HTTP API without the second that importing Prefect takes."""

import os
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import httpx
from tenacity import Retrying, retry_if_result, stop_after_attempt, wait_random_exponential

from residency.errors import ResidencyError
from residency.settings import Settings

POOL = "residency"
_TIMEOUT_SECONDS = 10.0
_UNAUTHORIZED = 401
_NOT_FOUND = 404
_PAGE = 200
_UNREACHABLE = (httpx.TransportError, httpx.InvalidURL)
_BUSY = frozenset({429, 502, 503})
"""What a server answers that has done nothing, because its database was locked or it has too much to do."""

_PATIENTLY = Retrying(
    retry=retry_if_result(lambda answer: answer.status_code in _BUSY),
    wait=wait_random_exponential(multiplier=0.2, max=3),
    stop=stop_after_attempt(7),
    retry_error_callback=lambda state: state.outcome and state.outcome.result(),
)


class PrefectApiError(ResidencyError):
    """The Prefect server does not answer, or refuses us."""

    code = "prefect_api"


class PrefectApi:
    """A connection to one Prefect API."""

    def __init__(self, client: httpx.Client, url: str) -> None:
        self._client = client
        self._url = url

    def is_healthy(self) -> bool:
        """Whether the server is up; False also when nothing listens yet."""
        try:
            return self._client.get("/health").is_success
        except _UNREACHABLE:
            return False

    def version(self) -> str:
        """The server's version."""
        return str(self.ask("GET", "/admin/version"))

    def deployment_names(self) -> frozenset[str]:
        """Names of the deployments that exist."""
        return frozenset(str(deployment["name"]) for deployment in self.pages("/deployments/filter", {}))

    def queue_names(self) -> frozenset[str]:
        """Names of the queues of our work pool; none when there is no pool."""
        queues = self.ask("POST", f"/work_pools/{POOL}/queues/filter", {"limit": 200}, missing=())
        return frozenset(str(queue["name"]) for queue in queues)

    def block_exists(self, block_type: str, document: str) -> bool:
        """Whether a block document is stored."""
        path = f"/block_types/slug/{block_type}/block_documents/name/{document}"
        return self.ask("GET", path, missing=None) is not None

    def online_workers(self) -> Mapping[str, datetime]:
        """The last heartbeat of each worker of our pool that counts as online."""
        workers: Sequence[Any] = self.ask("POST", f"/work_pools/{POOL}/workers/filter", {}, missing=())
        return {
            str(worker["name"]): datetime.fromisoformat(worker["last_heartbeat_time"])
            for worker in workers
            if worker["status"] == "ONLINE" and worker["last_heartbeat_time"]
        }

    def runs_of_pool(self, *states: str) -> Sequence[tuple[str, str]]:
        """Id and state type of each flow run of our pool that is in one of these state types."""
        runs = self.ask(
            "POST",
            "/flow_runs/filter",
            {
                "limit": 200,
                "flow_runs": {"state": {"type": {"any_": states}}},
                "work_pools": {"name": {"any_": [POOL]}},
            },
        )
        return [(str(run["id"]), str(run["state_type"])) for run in runs]

    def unfinished_runs(self, runs: Sequence[str]) -> Sequence[str]:
        """Those of some flow runs, by id, that exist and are in no terminal state."""
        alive = ("SCHEDULED", "PENDING", "RUNNING", "PAUSED", "CANCELLING")
        wanted = {"id": {"any_": list(runs)}, "state": {"type": {"any_": alive}}}
        return [str(run["id"]) for run in self.pages("/flow_runs/filter", {"flow_runs": wanted})]

    def set_run_state(self, run: str, state: str, message: str) -> None:
        """Put a flow run into a state, whatever the server's rules say about the step."""
        self.ask(
            "POST",
            f"/flow_runs/{run}/set_state",
            {"force": True, "state": {"type": state, "message": message}},
        )

    def free_deployment_slots(self) -> None:
        """Free the slots of deployments that let one run at a time; to be called while none runs.

        A run that was killed between taking its slot and saying so would hold it for minutes.
        """
        for limit in self.ask("POST", "/v2/concurrency_limits/filter", {"limit": 200}):
            if limit["name"].startswith("deployment:") and limit["active_slots"]:
                self.ask("PATCH", f"/v2/concurrency_limits/{limit['id']}", {"active_slots": 0})

    def pages(self, path: str, body: Mapping[str, object]) -> list[Any]:
        """Everything that a filter finds, page by page."""
        found: list[Any] = []
        while True:
            page = self.ask("POST", path, {**body, "limit": _PAGE, "offset": len(found)})
            found += page
            if len(page) < _PAGE:
                return found

    # ANN401: the answer's shape is Prefect's.
    def ask(self, method: str, path: str, body: object = None, **missing: Any) -> Any:  # noqa: ANN401
        """One request; its answer, or ``missing`` when that is given and nothing is there.

        Raises:
            PrefectApiError: if the server does not answer, refuses us or the request.
        """
        try:
            answer = _PATIENTLY(self._client.request, method, path, json=body)
        except _UNREACHABLE as error:
            raise PrefectApiError(
                f"the Prefect server at {self._url} does not answer ({type(error).__name__}); "
                "start it with `residency up`, or check RESIDENCY_PREFECT_API_URL"
            ) from error
        if answer.status_code == _NOT_FOUND and missing:
            return missing["missing"]
        if answer.status_code == _UNAUTHORIZED:
            raise PrefectApiError(
                f"the Prefect server at {self._url} refuses us; check RESIDENCY_PREFECT_AUTH_STRING, "
                "or PREFECT_API_KEY on Prefect Cloud"
            )
        if not answer.is_success:
            raise PrefectApiError(
                f"the Prefect server at {self._url} answered {answer.status_code} to {path}{_reason(answer)}"
            )
        return answer.json() if answer.content else None


def _reason(answer: httpx.Response) -> str:
    """The server's own sentence when it gives one; never what it repeats of the request, for its secrets."""
    try:
        detail = answer.json().get("detail")
    except (ValueError, AttributeError):
        return ""
    return f": {detail}" if isinstance(detail, str) else ""


@contextmanager
def prefect_api(settings: Settings) -> Generator[PrefectApi, None, None]:
    """A connection to the configured Prefect API, closed at the end."""
    auth = None
    if settings.prefect_auth_string is not None:
        user, _, password = settings.prefect_auth_string.get_secret_value().partition(":")
        auth = httpx.BasicAuth(user, password)
    headers: dict[str, str] = {}
    if auth is None and settings.prefect_api_url is not None and "PREFECT_API_KEY" in os.environ:
        headers["Authorization"] = f"Bearer {os.environ['PREFECT_API_KEY']}"
    with httpx.Client(
        base_url=settings.prefect_url, auth=auth, headers=headers, timeout=_TIMEOUT_SECONDS, trust_env=False
    ) as client:
        yield PrefectApi(client, settings.prefect_url)
