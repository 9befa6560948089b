"""The embedded PostgreSQL: its data folder, its roles and databases, its start and its end."""

import asyncio
import fcntl
import os
import shutil
import signal
import socket
import tempfile
import time
from collections.abc import Coroutine, Generator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from typing import Self

import psutil
from pydantic import SecretStr

from residency.store.roles import APP, READONLY
from stack.credentials import DATABASE, OWNER, PREFECT, SUPERUSER, Credentials
from stack.home import make_passable
from stack.postgres_databases import PostgresDataError, ensure_databases
from stack.postgres_programs import PostgresPrograms, find_programs
from stack.process import Child, PartError, Program, check_stop, run_to_end, wait_until
from stack.service_user import ServiceUser, service_user

NAME = "PostgreSQL"
_POLL_SECONDS = 0.05
_START_SECONDS = 60.0
_INITDB_SECONDS = 120.0
_BUILTIN_LOCALE_SINCE = 17

_CONFIGURATION = {
    "unix_socket_directories": "",
    "max_connections": "100",
    "shared_buffers": "128MB",
    "effective_cache_size": "1GB",
    "work_mem": "8MB",
    "maintenance_work_mem": "64MB",
    "wal_compression": "on",
    "jit": "off",
    "shared_preload_libraries": "pg_stat_statements",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %q%u@%d ",
    # Details repeat the row's values, and rows name people.
    "log_error_verbosity": "terse",
}


@dataclass
class EmbeddedPostgres:
    """One PostgreSQL server with the roles and databases of this package.

    Args:
        folder: the data folder, made at the first start; its parent exists.
        port: TCP port; there is no Unix socket.
        credentials: passwords of the superuser, the two owners, the application and the readers.
        host: a loopback address.
        log: where the server's output goes.
        programs: folder of PostgreSQL's programs, found by itself when None.
        system_user: who it runs as when this process is root.
        environment: variables that the server gets besides its own.
        durable: False trades safety against a power cut for speed, for throw-away servers.
    """

    folder: Path
    port: int
    credentials: Credentials
    log: Path
    host: str = "127.0.0.1"
    programs: Path | None = None
    system_user: str = "residency"
    environment: Mapping[str, str] = field(default_factory=dict[str, str])
    durable: bool = True
    child: Child | None = field(default=None, init=False)
    version: str = field(default="", init=False)
    user: ServiceUser | None = field(default=None, init=False)

    @classmethod
    @contextmanager
    def temporary(cls, *, durable: bool = False) -> Generator[Self, None, None]:
        """A running throw-away server on a free port in a folder that is removed with it."""
        root = Path(tempfile.mkdtemp(prefix="residency-postgres-"))
        root.chmod(0o711)
        server = cls(
            root / "data", _free_port(), Credentials.generated(), root / "postgres.log", durable=durable
        )
        try:
            server.start()
            yield server
        finally:
            server.stop()
            shutil.rmtree(root)

    @property
    def owner_url(self) -> str:
        """The program's database as its owner; bears the password."""
        return self._url(OWNER, self.credentials.owner_password, DATABASE)

    @property
    def app_url(self) -> str:
        """The program's database as the application; bears the password."""
        return self._url(APP, self.credentials.app_password, DATABASE)

    @property
    def readonly_url(self) -> str:
        """The program's database as those who read its views alone; bears the password."""
        return self._url(READONLY, self.credentials.readonly_password, DATABASE)

    @property
    def prefect_url(self) -> str:
        """The Prefect server's database as its owner; bears the password."""
        return self._url(PREFECT, self.credentials.prefect_password, PREFECT)

    def superuser_url(self, database: str = "postgres") -> str:
        """Any database as the superuser; bears the password."""
        return self._url(SUPERUSER, self.credentials.postgres_password, database)

    def _url(self, user: str, password: SecretStr, database: str) -> str:
        return f"postgresql://{user}:{password.get_secret_value()}@{self.host}:{self.port}/{database}"

    def start(self, stop: Event | None = None) -> Child:
        """Start the server and see to its data folder, roles and databases.

        Args:
            stop: ends the start when set.

        Raises:
            PartError: if a program fails or is not ready in time, with the end of its log.
            PostgresDataError: if the data folder is not this server's.
            StopRequestedError: if ``stop`` was set; what was started is ended.
        """
        self.user = user = service_user(self.system_user)
        programs = find_programs(self.programs, user)
        self.version = programs.version
        make_passable(self.folder.parent)
        with _sole_use(self.folder, stop) as lock:
            if not (self.folder / "PG_VERSION").exists():
                self._initialize(programs, user, lock, stop)
            self._check_data(programs, user)
            # Nobody else is here, so the lock is of a server that is gone. PostgreSQL would take any living
            # process with the number in it for that server, and numbers come back soon in a container.
            (self.folder / "postmaster.pid").unlink(missing_ok=True)
            self.child = child = Child(self._server(programs, user, lock))
        try:
            wait_until(self._accepts_connections, child, _START_SECONDS, stop)
            _run_apart(ensure_databases(self.superuser_url, self.credentials, self.folder))
        except BaseException:
            self.stop()
            raise
        return child

    def stop(self) -> None:
        """End the server: open transactions are rolled back, committed work is flushed."""
        if self.child is not None:
            self.child.stop()
            self.child = None

    def _server(self, programs: PostgresPrograms, user: ServiceUser | None, lock: int) -> Program:
        configuration = {
            "listen_addresses": self.host,
            "port": str(self.port),
            **_CONFIGURATION,
            "fsync": "on" if self.durable else "off",
        }
        options = [word for name, value in configuration.items() for word in ("-c", f"{name}={value}")]
        return Program(
            name=NAME,
            command=[str(programs.folder / "postgres"), "-D", str(self.folder), *options],
            log=self.log,
            environment=self._environment(),
            user=user,
            stop_signal=signal.SIGINT,
            force_signal=signal.SIGQUIT,
            death_signal=signal.SIGINT,
            pass_descriptors=(lock,),
        )

    def _environment(self) -> dict[str, str]:
        return {"PATH": os.defpath, "LANG": "C", "TZ": "UTC", **self.environment}

    def _initialize(
        self, programs: PostgresPrograms, user: ServiceUser | None, lock: int, stop: Event | None
    ) -> None:
        """Make the data folder aside and move it into place when whole: a killed start leaves none."""
        aside = self.folder.with_name(f".{self.folder.name}.new")
        if aside.exists():
            shutil.rmtree(aside)
        aside.mkdir(mode=0o700)
        password = os.memfd_create("password")
        try:
            os.write(password, self.credentials.postgres_password.get_secret_value().encode())
            if user is not None:
                os.chown(aside, user.uid, user.gid)
                os.fchown(password, user.uid, user.gid)
            locale = (
                ("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
                if programs.major >= _BUILTIN_LOCALE_SINCE
                else ("--locale=C.UTF-8",)
            )
            program = Program(
                name="initdb",
                command=[
                    str(programs.folder / "initdb"),
                    *("-D", str(aside), "-U", SUPERUSER, "--data-checksums", "--encoding=UTF8", *locale),
                    *("--auth=scram-sha-256", f"--pwfile=/proc/self/fd/{password}"),
                    *(() if self.durable else ("--no-sync",)),
                ],
                log=self.log,
                environment=self._environment(),
                user=user,
                death_signal=signal.SIGKILL,
                pass_descriptors=(password, lock),
            )
            run_to_end(program, _INITDB_SECONDS, stop)
        finally:
            os.close(password)
        aside.rename(self.folder)

    def _check_data(self, programs: PostgresPrograms, user: ServiceUser | None) -> None:
        made_by = (self.folder / "PG_VERSION").read_text().strip()
        if made_by != str(programs.major):
            raise PostgresDataError(
                f"{self.folder} was made by PostgreSQL {made_by}, but the programs in {programs.folder} are "
                f"{programs.version}; set RESIDENCY_POSTGRES_BIN to those of version {made_by}"
            )
        owner = self.folder.stat().st_uid
        expected = os.geteuid() if user is None else user.uid
        if owner != expected:
            raise PostgresDataError(
                f"{self.folder} belongs to user id {owner}, but PostgreSQL would run as {expected}; "
                "run this as the user who made it, or set RESIDENCY_SERVICE_USER to its owner"
            )

    def _accepts_connections(self) -> bool:
        """Whether the server says in its lock file that it is ready."""
        try:
            lines = (self.folder / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return False
        ready = len(lines) > 7 and lines[7].strip() == "ready"
        return ready and self.child is not None and int(lines[0]) == self.child.pid


def wait_for_forgotten_server(folder: Path, stop: Event | None = None) -> None:
    """End the server that a killed plant left in this data folder, if any, and wait for its end.

    Raises:
        PartError: if it does not end.
        StopRequestedError: if ``stop`` was set meanwhile.
    """
    if folder.parent.exists():
        with _sole_use(folder, stop):
            return


@contextmanager
def _sole_use(folder: Path, stop: Event | None) -> Generator[int, None, None]:
    """Wait until no process of an earlier start is left, ending its server, and keep others out.

    Yields:
        A descriptor that the programs started here inherit: the lock is free again when the last of
        them is gone, whatever became of the process that started them.

    Raises:
        PartError: if an earlier server does not end.
    """
    flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
    descriptor = os.open(folder.with_name(f".{folder.name}.lock"), flags, 0o600)
    deadline = time.monotonic() + _START_SECONDS
    asked = False
    try:
        while not _locked(descriptor):
            check_stop(stop)
            if not asked and (server := _forgotten_server(folder)):
                server.send_signal(signal.SIGINT)
                asked = True
            if time.monotonic() > deadline:
                raise PartError(f"an earlier PostgreSQL in {folder} does not end; end it by hand")
            time.sleep(_POLL_SECONDS)
        yield descriptor
    finally:
        os.close(descriptor)


def _forgotten_server(folder: Path) -> psutil.Process | None:
    """The server that an earlier plant left behind in this folder."""
    try:
        number = (folder / "postmaster.pid").read_text().split("\n", 1)[0]
        server = psutil.Process(int(number))
        ours = str(folder) in server.cmdline()
    except (FileNotFoundError, ValueError, psutil.NoSuchProcess):
        return None
    return server if ours else None


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _run_apart(work: Coroutine[None, None, None]) -> None:
    """Run a coroutine to its end from code that may itself be called inside an event loop."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, work).result()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
