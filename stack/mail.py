"""Where mail goes: an external relay, or the local sink as a part of the plant."""

import os
import smtplib
import sys
from pathlib import Path
from threading import Event
from urllib.parse import urlsplit

from residency.errors import ResidencyError
from residency.settings import Settings
from stack.environment import MARK
from stack.process import Child, Program, wait_until

NAME = "mail sink"
_START_SECONDS = 30.0
_TIMEOUT_SECONDS = 5.0
_SMTPS_PORT = 465
_SMTP_PORT = 25


class MailError(ResidencyError):
    """The mail server does not answer."""

    code = "mail"


def mail_place(settings: Settings) -> tuple[str, int]:
    """Host and port of the mail server."""
    if settings.smtp_url is None:
        return settings.loopback_host, settings.mail_port
    parts = urlsplit(settings.smtp_url.get_secret_value())
    usual = _SMTPS_PORT if parts.scheme == "smtps" else _SMTP_PORT
    return parts.hostname or "localhost", parts.port or usual


def launch_mail_sink(settings: Settings, log: Path) -> Child:
    """Start the sink; it is not ready yet."""
    host, port = mail_place(settings)
    command = [sys.executable, "-m", "stack.mail_sink", "--host", host, "--port", str(port)]
    return Child(
        Program(
            name=NAME,
            command=[*command, "--folder", str(settings.mail)],
            log=log,
            environment={"PATH": os.defpath, "PYTHONUNBUFFERED": "1", MARK: str(settings.home)},
            stop_seconds=5.0,
        )
    )


def wait_for_mail_sink(settings: Settings, child: Child, stop: Event | None = None) -> None:
    """Wait until it greets.

    Raises:
        PartError: if it ends or does not greet in time.
    """
    wait_until(lambda: mail_answers(settings), child, _START_SECONDS, stop)


def greet_mail_server(settings: Settings) -> str:
    """Say hello to the mail server; returns its greeting. No message is sent, nobody logs in.

    Raises:
        MailError: if it does not answer.
    """
    host, port = mail_place(settings)
    secure = settings.smtp_url is not None and settings.smtp_url.get_secret_value().startswith("smtps:")
    connect = smtplib.SMTP_SSL if secure else smtplib.SMTP
    try:
        with connect(host, port, timeout=_TIMEOUT_SECONDS) as client:
            client.ehlo()
            return (client.ehlo_resp or b"").decode(errors="replace").split("\n")[0]
    except (OSError, smtplib.SMTPException) as error:
        raise MailError(
            f"the mail server at {host}:{port} does not answer ({type(error).__name__}); "
            "start the sink with `residency up`, or check RESIDENCY_SMTP_URL"
        ) from error


def mail_answers(settings: Settings) -> bool:
    """Whether the mail server greets."""
    try:
        greet_mail_server(settings)
    except MailError:
        return False
    return True
