"""Run as a program: the plant of one home, kept up until SIGTERM or SIGINT."""

import argparse
import os
import signal
import sys
from contextlib import suppress
from datetime import UTC, datetime
from threading import Event
from types import FrameType

from residency.errors import ResidencyError
from residency.settings import Settings
from stack.credentials import credentials_path, load_or_create_credentials
from stack.environment import MARK
from stack.home import (
    clear_partial_writes,
    clear_temporary_folder,
    make_private,
    postgres_folder,
    prepare_home,
)
from stack.logs import rotate
from stack.parts import external_parts, log_keys, plan
from stack.plant_state import PartState, PlantEvent, PlantState, plant_lock, write_state
from stack.ports import check_ports, check_prefect_database
from stack.postgres import wait_for_forgotten_server
from stack.process import RELEASE, StopRequestedError, end_marked, outlive_parent
from stack.reset import finish_reset
from stack.service_user import service_user
from stack.storage import StorageError, require_room, shortage, storage_told
from stack.supervisor import Supervisor

_LEFTOVER_SECONDS = 15.0


class Plant:
    """One start of all parts, from the check of the ports to the end of the last process.

    Args:
        settings: which parts, where.
        report: descriptor of a pipe to whoever started the plant.
        stop: ends the plant when set.
    """

    def __init__(self, settings: Settings, report: int, stop: Event) -> None:
        self._settings = settings
        self._report = report
        self._stop = stop
        self._state = "starting"
        self._since = datetime.now(UTC)
        self._supervisor: Supervisor | None = None

    def run(self) -> int:
        """Run until told to stop; the exit code is 0 when that is how it ended."""
        try:
            with storage_told(self._settings.home):
                prepare_home(self._settings)
                with plant_lock(self._settings, self._stop):
                    return self._run_alone()
        except StopRequestedError:
            return 0
        except ResidencyError as error:
            self._tell(PlantEvent(kind="error", text=str(error)))
            return 1

    def release(self) -> None:
        """Live on without whoever started this, and tell them so."""
        outlive_parent()
        self._tell(PlantEvent(kind="released"))

    def _run_alone(self) -> int:
        settings = self._settings
        check_prefect_database(settings)
        finish_reset(settings)
        require_room(settings)
        clear_partial_writes(settings)
        for key in log_keys():
            rotate(settings.logs / f"{key}.log")
        self._clear_leftovers()
        clear_temporary_folder(settings)
        check_ports(settings)
        if make_private(credentials_path(settings)):
            self._say(f"{credentials_path(settings)} could be read by others; its mode is 0600 again")
        supervisor = Supervisor(
            plan(settings, load_or_create_credentials(settings)),
            self._say,
            self._describe,
            self._stop,
            lambda: shortage(settings),
        )
        self._supervisor = supervisor
        try:
            supervisor.start()
            self._state = "ready"
            self._describe()
            self._tell(PlantEvent(kind="ready"))
            supervisor.watch()
        except StopRequestedError:
            self._say("Stopping in the middle of the start")
        finally:
            self._state = "stopping"
            self._describe()
            supervisor.end()
            end_marked(MARK, str(settings.home))
        return 0

    def _clear_leftovers(self) -> None:
        """End what a killed plant of this home left behind; its parts were told to end when it died."""
        end_marked(MARK, str(self._settings.home), _LEFTOVER_SECONDS)
        if self._settings.database_url is None:
            folder = postgres_folder(self._settings, service_user(self._settings.service_user))
            wait_for_forgotten_server(folder, self._stop)

    def _say(self, sentence: str) -> None:
        self._tell(PlantEvent(kind="progress", text=sentence))

    def _tell(self, event: PlantEvent) -> None:
        """Write to the log, and to whoever started the plant as long as they listen."""
        line = f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} {event.text or event.kind}\n"
        # A log that the disk has no room for must not end the plant; doctor tells of the disk.
        with suppress(OSError):
            os.write(sys.stdout.fileno(), line.encode())
        with suppress(BrokenPipeError):
            os.write(self._report, (event.model_dump_json() + "\n").encode())

    def _describe(self) -> None:
        """Bring the run file up to date."""
        if self._supervisor is None:
            return
        parts = [
            PartState(
                key=part.key,
                name=part.name,
                state=part.state,
                address=part.address,
                pid=part.child.pid if part.child else None,
                since=datetime.fromtimestamp(part.child.started, UTC) if part.child else None,
            )
            for part in self._supervisor.parts
        ]
        parts += [
            PartState(key=key, name=name, state="external", address=address)
            for key, (name, address) in external_parts(self._settings).items()
        ]
        state = PlantState.model_validate(
            {
                "pid": os.getpid(),
                "state": self._state,
                "since": self._since,
                "ui_url": self._settings.prefect_ui_url,
                "parts": parts,
            }
        )
        try:
            with storage_told(self._settings.home):
                write_state(self._settings, state)
        except StorageError as error:
            # The parts live on; only what `residency status` shows stays behind.
            self._say(str(error))


def main() -> None:
    """Run the plant of the configured home; its output is its log."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--report", type=int, required=True, help="descriptor that events are written to")
    given = parser.parse_args()
    stop = Event()

    def ask_to_stop(_: int, __: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, ask_to_stop)
    plant = Plant(Settings(), given.report, stop)
    signal.signal(RELEASE, lambda _, __: plant.release())
    sys.exit(plant.run())


if __name__ == "__main__":
    main()
