"""Every port the plant will bind, and the check that all of them are free before anything starts."""

import os
import socket
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from residency.errors import InvalidInputError, ResidencyError
from residency.settings import Settings

_SOCKETS = Path("/tmp")  # noqa: S108 -- SeaweedFS's choice
_LINGERS_SECONDS = 2.0
_PAUSE_SECONDS = 0.1

GRPC_OFFSET = 10_000
"""SeaweedFS adds this to each of its ports for gRPC."""


@dataclass(frozen=True, slots=True)
class Port:
    """One port, what it is for, and the setting that moves it."""

    number: int
    host: str
    purpose: str
    setting: str


@dataclass(frozen=True, slots=True)
class S3Ports:
    """The ports of SeaweedFS, all derived from the one that clients use."""

    s3: int

    @property
    def master(self) -> int:
        """Keeps the list of volumes."""
        return self.s3 + 1

    @property
    def volume(self) -> int:
        """Keeps the bytes."""
        return self.s3 + 2

    @property
    def filer(self) -> int:
        """Keeps the names."""
        return self.s3 + 3

    @property
    def admin(self) -> int:
        """Runs its upkeep."""
        return self.s3 + 4


class PortsBusyError(ResidencyError):
    """Ports that the plant needs are taken; nothing was started."""

    code = "ports_busy"


def needed_ports(settings: Settings) -> tuple[Port, ...]:
    """The ports of the embedded parts that these settings ask for, in the order of start."""
    ports: list[Port] = []
    inner = settings.loopback_host
    if settings.database_url is None:
        ports.append(Port(settings.postgres_port, inner, "PostgreSQL", "RESIDENCY_POSTGRES_PORT"))
    if settings.s3_endpoint_url is None:
        s3 = S3Ports(settings.s3_port)
        ports.append(Port(s3.s3, inner, "the S3 store", "RESIDENCY_S3_PORT"))
        inside = {"master": s3.master, "volumes": s3.volume, "filer": s3.filer, "admin": s3.admin}
        numbered = [(f"the S3 store ({name})", number) for name, number in inside.items()]
        numbered += [
            (f"{purpose.removesuffix(')')}, gRPC)", number + GRPC_OFFSET) for purpose, number in numbered
        ]
        numbered.append(("the S3 store (gRPC)", s3.s3 + GRPC_OFFSET))
        ports += [Port(number, inner, purpose, "RESIDENCY_S3_PORT") for purpose, number in numbered]
    if settings.smtp_url is None:
        ports.append(Port(settings.mail_port, inner, "the mail sink", "RESIDENCY_MAIL_PORT"))
    if settings.prefect_api_url is None:
        ports.append(
            Port(settings.prefect_port, settings.bind_host, "the Prefect server", "RESIDENCY_PREFECT_PORT")
        )
    return tuple(ports)


def check_prefect_database(settings: Settings) -> None:
    """Refuse to start a Prefect server that has no database of its own to work on.

    Raises:
        InvalidInputError: if the program's database is external and Prefect's is not named.
    """
    if settings.database_url and not settings.prefect_api_url and not settings.prefect_database_url:
        raise InvalidInputError(
            "RESIDENCY_PREFECT_DATABASE_URL",
            "",
            "a database for the Prefect server, because RESIDENCY_DATABASE_URL is external; or set "
            "RESIDENCY_PREFECT_API_URL to a Prefect server that already runs",
        )


def check_ports(settings: Settings) -> None:
    """Refuse to start when any needed port is taken or asked for twice.

    Raises:
        PortsBusyError: naming every such port with the setting that moves it.
    """
    ports = needed_ports(settings)
    lines = _clashes(ports)
    busy, holders = _busy(ports)
    lines += [
        f"port {port.number} for {port.purpose} is in use{holders.get(port.number, '')}; set {port.setting}"
        for port in busy
    ]
    lines += [] if settings.s3_endpoint_url else _foreign_sockets(settings.s3_port)
    if lines:
        raise PortsBusyError("nothing was started:\n" + "\n".join(f"  {line}" for line in lines))


def _busy(ports: Sequence[Port]) -> tuple[list[Port], dict[int, str]]:
    """The ports that are taken, and by whom.

    A process that was killed may hold its ports for a moment after nobody sees it any more; what no process
    is seen to listen on is asked about again until then.
    """
    begun = time.monotonic()
    while True:
        busy = [port for port in ports if not _is_free(port)]
        holders = _listeners() if busy else {}
        unseen = any(port.number not in holders for port in busy)
        if not unseen or time.monotonic() - begun > _LINGERS_SECONDS:
            return busy, holders
        time.sleep(_PAUSE_SECONDS)


def _foreign_sockets(s3_port: int) -> list[str]:
    """SeaweedFS's sockets that a killed one of another user left, which only that user can remove.

    SeaweedFS names them by port in a folder that cannot be set.
    """
    if os.geteuid() == 0:
        return []
    found = [(path, number) for path, number in _sockets(s3_port) if path.stat().st_uid != os.geteuid()]
    return [
        f"{path} of user id {path.stat().st_uid} keeps the S3 store from port {number}; "
        "have it removed, or set RESIDENCY_S3_PORT"
        for path, number in found
    ]


def own_sockets(settings: Settings) -> list[Path]:
    """SeaweedFS's sockets that nobody serves any more and that this user may remove."""
    if settings.s3_endpoint_url is not None:
        return []
    return [
        path
        for path, number in _sockets(settings.s3_port)
        if path.lstat().st_uid == os.geteuid()
        and _is_free(Port(number, settings.loopback_host, "the S3 store", "RESIDENCY_S3_PORT"))
    ]


def _sockets(s3_port: int) -> list[tuple[Path, int]]:
    """SeaweedFS's sockets in the system's folder, with the port that each is named by."""
    numbers = range(s3_port + GRPC_OFFSET, s3_port + GRPC_OFFSET + 5)
    return [
        (path, number)
        for number in numbers
        for path in sorted(_SOCKETS.glob(f"seaweedfs-*-grpc-{number}.sock"))
    ]


def _clashes(ports: tuple[Port, ...]) -> list[str]:
    by_number: defaultdict[int, list[Port]] = defaultdict(list)
    for port in ports:
        by_number[port.number].append(port)
    return [
        f"port {number} is asked for by {' and '.join(port.purpose for port in same)}; "
        f"set {' or '.join(sorted({port.setting for port in same}))}"
        for number, same in by_number.items()
        if len(same) > 1
    ]


def _is_free(port: Port) -> bool:
    with socket.socket() as probe:
        # As servers do, so that a connection of the last run that lingers does not count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((port.host, port.number))
        except OSError:
            return False
    return True


def _listeners() -> dict[int, str]:
    """For each listening port whose process we may see, a phrase that names the process."""
    phrases: dict[int, str] = {}
    for connection in psutil.net_connections("tcp"):
        address = connection.laddr
        if connection.status != psutil.CONN_LISTEN or connection.pid is None or not address:
            continue
        try:
            name = psutil.Process(connection.pid).name()
        except psutil.NoSuchProcess:
            continue
        phrases[address.port] = f" by {name} (pid {connection.pid})"
    return phrases
