"""The worker that takes runs from every queue and starts each as a process of its own."""

import signal
from contextlib import suppress
from pathlib import Path
from threading import Event

import psutil

from residency.settings import Settings
from stack.environment import base_environment, client_environment, scripts_folder
from stack.prefect_api import POOL, prefect_api
from stack.process import Child, Program, wait_until

NAME = "worker"
WORKER = "residency-worker"
_START_SECONDS = 60.0
_FINISH_SECONDS = 10.0
_CRASH_SECONDS = 10.0


def launch_worker(settings: Settings, log: Path) -> Child:
    """Start the worker; it is not ready yet.

    On SIGINT it takes no new runs and ends when those under way have ended.
    """
    command = [str(scripts_folder() / "prefect"), "worker", "start", "--pool", POOL, "--type", "process"]
    command += ["--limit", str(settings.worker_limit), "--name", WORKER]
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
            stop_signal=signal.SIGINT,
        )
    )


def stop_worker(child: Child) -> None:
    """Let runs under way finish for a while, then ask them to end, then end them and the worker."""
    child.send(signal.SIGINT)
    if child.wait(_FINISH_SECONDS) is None:
        for process in psutil.Process(child.pid).children(recursive=True):
            with suppress(psutil.NoSuchProcess):
                # Prefect's engine reports the run as crashed and leaves.
                process.terminate()
        child.wait(_CRASH_SECONDS)
    child.stop(seconds=0)


def wait_for_worker(settings: Settings, child: Child, stop: Event | None = None) -> None:
    """Wait until the server has heard from this very worker.

    Raises:
        PartError: if it ends or is not heard of in time.
    """
    with prefect_api(settings) as api:
        # Compared with itself rather than with our clock, which need not be the server's.
        before = api.online_workers().get(WORKER)
        wait_until(lambda: api.online_workers().get(WORKER, before) != before, child, _START_SECONDS, stop)
