"""The worker that takes runs from every queue and starts each as a process of its own."""

import signal
import time
from contextlib import suppress
from pathlib import Path
from socket import gethostname
from threading import Event

import psutil

from residency.settings import Settings
from stack.environment import base_environment, client_environment, scripts_folder
from stack.prefect_api import POOL, PrefectApiError, prefect_api
from stack.process import Child, Program, wait_until

NAME = "worker"
_START_SECONDS = 60.0
_CRASH_SECONDS = 10.0
_REPORT_SECONDS = 1.0
_POLL_SECONDS = 0.1


def launch_worker(settings: Settings, log: Path) -> Child:
    """Start the worker; it is not ready yet."""
    command = [str(scripts_folder() / "prefect"), "worker", "start", "--pool", POOL]
    command += ["--type", settings.work_pool_type]
    command += ["--limit", str(settings.worker_limit), "--name", worker_name(settings)]
    return Child(
        Program(
            name=NAME,
            command=command,
            log=log,
            environment={
                **base_environment(settings),
                **client_environment(settings),
                # Prefect asks for work every 10 s unless told otherwise, and people wait for their verdicts.
                "PREFECT_WORKER_QUERY_SECONDS": "0.5",
            },
            stop_seconds=10.0,
        )
    )


def worker_name(settings: Settings) -> str:
    """The worker's name: with this machine's on a server that workers of other machines may share."""
    return "residency-worker" if settings.prefect_api_url is None else f"residency-worker-{gethostname()}"


def stop_worker(child: Child) -> None:
    """End the runs under way, each of which reports that it crashed, and then the worker.

    The runs go first: a worker that is told to end leaves at once, and without it and the server nobody
    would report them; they would count as running for ever and keep their deployment's only slot.
    """
    deadline = time.monotonic() + _CRASH_SECONDS
    asked: set[int] = set()
    while child.exit_code is None and (runs := _runs(child)) and time.monotonic() < deadline:
        for run in runs:
            if run.pid not in asked:
                asked.add(run.pid)
                _end(run, signal.SIGTERM)
        time.sleep(_POLL_SECONDS)
    for run in _runs(child):
        _end(run, signal.SIGKILL)
    if asked:
        # For the worker to tell the server about those that could not.
        time.sleep(_REPORT_SECONDS)
    child.stop()


def _runs(child: Child) -> list[psutil.Process]:
    """The processes of the runs under way."""
    try:
        return psutil.Process(child.pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def _end(process: psutil.Process, number: signal.Signals) -> None:
    with suppress(psutil.NoSuchProcess):
        process.send_signal(number)


def wait_for_worker(settings: Settings, child: Child, stop: Event | None = None) -> None:
    """Wait until the server has heard from this very worker.

    Raises:
        PartError: if it ends or is not heard of in time.
    """
    with prefect_api(settings) as api:
        # Compared with itself rather than with our clock, which need not be the server's.
        name = worker_name(settings)
        before = api.online_workers().get(name)
        wait_until(lambda: api.online_workers().get(name, before) != before, child, _START_SECONDS, stop)


def worker_answers(settings: Settings) -> bool:
    """Whether the server hears from the worker; a server that does not answer says nothing against it."""
    try:
        with prefect_api(settings) as api:
            return worker_name(settings) in api.online_workers()
    except PrefectApiError:
        return True
