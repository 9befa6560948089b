"""What the mail sink kept: messages listed newest first, and one shown whole."""

from collections.abc import Sequence
from email import policy
from email.message import EmailMessage
from email.parser import BytesHeaderParser, BytesParser
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from residency.errors import NotFoundError


class MessageHead(BaseModel):
    """One message in the list; ``number`` 1 is the newest."""

    model_config = ConfigDict(frozen=True)

    number: int
    date: str
    to: str
    subject: str
    path: Path


def list_messages(folder: Path, limit: int | None = None) -> Sequence[MessageHead]:
    """The newest messages first; none when nothing was sent yet."""
    parser = BytesHeaderParser(policy=policy.default)
    heads: list[MessageHead] = []
    for number, path in enumerate(_newest_first(folder)[:limit], start=1):
        with path.open("rb") as file:
            message = parser.parse(file)
        heads.append(
            MessageHead(
                number=number,
                date=str(message["Date"] or path.name.split("-")[0]),
                to=str(message["To"] or message["X-Envelope-To"] or ""),
                subject=str(message["Subject"] or ""),
                path=path,
            )
        )
    return heads


def show_message(folder: Path, number: int) -> str:
    """Headers and text of one message.

    Raises:
        NotFoundError: if there is no message with that number.
    """
    paths = _newest_first(folder)
    if not 1 <= number <= len(paths):
        have = f"there are {len(paths)}, numbered from 1" if paths else "none was kept yet"
        raise NotFoundError(f"there is no message {number}; {have}")
    message = BytesParser(EmailMessage, policy=policy.default).parsebytes(paths[number - 1].read_bytes())
    heads = [f"{name}: {message[name]}" for name in ("Date", "From", "To", "Subject") if message[name]]
    return "\n".join(heads) + "\n\n" + _text(message)


def _newest_first(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.eml"), key=lambda path: path.name, reverse=True)


def _text(message: EmailMessage) -> str:
    body = message.get_body(("plain", "html"))
    text = "" if body is None else str(body.get_content()).replace("\r\n", "\n")
    attached = [part.get_filename() or part.get_content_type() for part in message.iter_attachments()]
    return text + "".join(f"\n[attachment: {name}]" for name in attached)
