"""What our health check costs as a flow run, against an empty flow on the same worker.

Usage: ``python -m benchmarks.flow_overhead [--runs N]``. Both are deployed to one pool and queue with one
command, and run one at a time, in turn. Wall time is from the creation of the run to its end as the API gives
them; CPU is that of the run's processes, which the worker accounts for when they have ended.
"""

import argparse
import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import psutil

from benchmarks.plant import temporary_plant

_OURS = "periodic_health_check"
_EMPTY = "empty_flow"
_ENTRYPOINT = "benchmarks.empty_flow.empty_flow"
_WORKER_NAME = "residency-worker"
_RATIO_WANTED = 1.25
_SECONDS_WANTED = 4.0
_DEADLINE_SECONDS = 120.0
_POLL_SECONDS = 0.25
_UNDER_WAY = frozenset({"SCHEDULED", "PENDING", "RUNNING"})


@dataclass(frozen=True, slots=True)
class Measured:
    """One run, all in seconds: ``wall`` is the sum of the three next ones."""

    wall: float
    picked_up: float
    started: float
    ran: float
    cpu: float


class Server:
    """The Prefect API of the plant, and the worker whose children the runs are."""

    def __init__(self, api: httpx.Client, worker: psutil.Process) -> None:
        self._api = api
        self._worker = worker

    def deployment(self, name: str) -> Mapping[str, Any]:
        """A deployment as the API describes it."""
        return self._ask("GET", f"/deployments/name/{name}/{name}")

    def deploy_empty(self, like: Mapping[str, Any]) -> None:
        """Deploy the empty flow to the queue of another deployment, run by the same command."""
        flow = self._ask("POST", "/flows/", {"name": _EMPTY})
        deployment = {
            "name": _EMPTY,
            "flow_id": flow["id"],
            "entrypoint": _ENTRYPOINT,
            "work_pool_name": like["work_pool_name"],
            "work_queue_name": like["work_queue_name"],
            "job_variables": like["job_variables"],
            "pull_steps": like["pull_steps"],
        }
        self._ask("POST", "/deployments/", deployment)

    def hold_schedules(self) -> None:
        """Let no schedule start a run in between, and wait until none is under way."""
        for deployment in self._ask("POST", "/deployments/filter", {}):
            for schedule in deployment["schedules"]:
                path = f"/deployments/{deployment['id']}/schedules/{schedule['id']}"
                self._ask("PATCH", path, {"active": False})
        busy = {"flow_runs": {"state": {"type": {"any_": ["PENDING", "RUNNING"]}}}}
        _wait_for(lambda: not self._ask("POST", "/flow_runs/filter", busy), "the runs under way to end")

    def measure(self, deployment: str) -> Measured:
        """Run a deployment once.

        Raises:
            RuntimeError: if it does not complete.
        """
        before = self._cpu_of_ended_runs()
        created = self._ask(
            "POST", f"/deployments/{deployment}/create_flow_run", {"state": {"type": "SCHEDULED"}}
        )
        path = f"/flow_runs/{created['id']}"
        _wait_for(
            lambda: self._ask("GET", path)["state"]["type"] not in {"SCHEDULED", "PENDING", "RUNNING"},
            "a run",
        )
        _wait_for(lambda: not self._worker.children(), "the run's process to end")
        run = self._ask("GET", path)
        if run["state"]["type"] != "COMPLETED":
            raise RuntimeError(f"{run['name']} ended as {run['state']['name']}: {run['state']['message']}")
        states = self._ask("GET", f"/flow_run_states/?flow_run_id={created['id']}")
        first = {state["type"]: _instant(state["timestamp"]) for state in reversed(states)}
        marks = [_instant(run["created"]), first["PENDING"], first["RUNNING"], _instant(run["end_time"])]
        picked_up, started, ran = ((later - earlier).total_seconds() for earlier, later in pairwise(marks))
        return Measured(
            wall=(marks[-1] - marks[0]).total_seconds(),
            picked_up=picked_up,
            started=started,
            ran=ran,
            cpu=self._cpu_of_ended_runs() - before,
        )

    def _cpu_of_ended_runs(self) -> float:
        times = self._worker.cpu_times()
        return times.children_user + times.children_system

    def _ask(self, method: str, path: str, body: object = None) -> Any:  # noqa: ANN401 - the shape is Prefect's
        answer = self._api.request(method, path, json=body)
        answer.raise_for_status()
        return answer.json() if answer.content else None


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _wait_for(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + _DEADLINE_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {_DEADLINE_SECONDS:.0f} s for {what}")
        time.sleep(_POLL_SECONDS)


def _worker_of(home: Path) -> psutil.Process:
    for process in psutil.process_iter():
        try:
            words = process.cmdline()
            ours = process.environ().get("RESIDENCY_HOME") == str(home)
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
        if ours and _WORKER_NAME in words and "worker" in words:
            return process
    raise RuntimeError(f"no worker runs for {home}")


def measured_in_turn(runs: int) -> dict[str, list[Measured]]:
    """Measure both flows on a plant of their own, one warm-up of each and then in turn."""
    with temporary_plant() as plant, httpx.Client(base_url=plant.api, timeout=30, trust_env=False) as api:
        server = Server(api, _worker_of(plant.home))
        server.hold_schedules()
        ours = server.deployment(_OURS)
        server.deploy_empty(ours)
        deployments = {_EMPTY: server.deployment(_EMPTY)["id"], _OURS: ours["id"]}
        for deployment in deployments.values():
            server.measure(deployment)
        found: dict[str, list[Measured]] = {name: [] for name in deployments}
        for _ in range(runs):
            for name, deployment in deployments.items():
                found[name].append(server.measure(deployment))
        return found


def _rows(found: Mapping[str, Sequence[Measured]]) -> Iterator[str]:
    columns = {
        "created to Completed": "wall",
        "  picked up": "picked_up",
        "  process started": "started",
        "  ran": "ran",
        "CPU of the run": "cpu",
    }
    yield f"{'median (slowest), seconds':28}{'empty flow':>18}{'health check':>18}{'ratio':>9}"
    for title, column in columns.items():
        medians: list[float] = []
        cells = ""
        for name in (_EMPTY, _OURS):
            values = [getattr(each, column) for each in found[name]]
            medians.append(statistics.median(values))
            cells += f"{f'{medians[-1]:.2f} ({max(values):.2f})':>18}"
        yield f"{title:28}{cells}{medians[1] / medians[0]:>8.2f}x"


def main() -> None:
    """Measure, print the table and say what was wanted."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--runs", type=int, default=12, help="runs of each flow (12)")
    runs = parser.parse_args().runs
    found = measured_in_turn(runs)
    print(f"{runs} runs of each, in turn, after one warm-up of each")
    print("\n".join(_rows(found)))
    print(f"wanted: at most {_RATIO_WANTED}x, and under {_SECONDS_WANTED:.0f} s on two quiet cores")


if __name__ == "__main__":
    main()
