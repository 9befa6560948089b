"""A mail server that delivers nothing: every message becomes a private file with a time-ordered name."""

import argparse
import asyncio
import secrets
import signal
from datetime import UTC, datetime
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

from stack.home import write_private

_MAXIMUM_BYTES = 50_000_000


class Sink:
    """Keeps each message, with its envelope as two headers in front, in a file of its own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    # N802: the name is aiosmtpd's.
    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Store one message; it is on disk when the sender hears that it was accepted."""
        content = envelope.original_content or b""
        sender = envelope.mail_from or "<>"
        heads = f"X-Envelope-From: {sender}\r\nX-Envelope-To: {', '.join(envelope.rcpt_tos)}\r\n"
        stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
        name = f"{stamp}-{secrets.token_hex(4)}.eml"
        await asyncio.to_thread(write_private, self._folder / name, heads.encode() + content)
        return "250 Message kept"


async def serve(host: str, port: int, folder: Path) -> None:
    """Accept messages until SIGTERM or SIGINT."""
    folder.mkdir(mode=0o700, exist_ok=True)
    loop = asyncio.get_running_loop()
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    sink = Sink(folder)
    server = await loop.create_server(
        lambda: SMTP(sink, data_size_limit=_MAXIMUM_BYTES, enable_SMTPUTF8=True, hostname="localhost"),
        host,
        port,
    )
    print(f"keeping mail for {host}:{port} in {folder}", flush=True)
    async with server:
        await stopped.wait()


def main() -> None:
    """Run the sink; the plant starts it as a program of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--folder", type=Path, required=True)
    given = parser.parse_args()
    asyncio.run(serve(given.host, given.port, given.folder))


if __name__ == "__main__":
    main()
