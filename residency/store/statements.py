"""Named SQL statements: one file each under ``sql/``, with ``$1`` for the first parameter."""

from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).parent / "sql"


@cache
def statement(name: str) -> str:
    """The SQL of a statement."""
    return (_FOLDER / f"{name}.sql").read_text(encoding="utf-8")
