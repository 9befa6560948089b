"""The printed form of a compliance report: an archival PDF typeset with fonts of its own."""

import json
import re
import unicodedata
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any, cast

from residency.reports.compliance_body import ComplianceBody

_TEMPLATE = Path(__file__).parent / "compliance_print"
_STANDARD = "a-2a"
"""PDF/A for archives, with the structure that screen readers need."""

_LONG_WORD = re.compile(r"\S{25,}")
_PIECE = 20
_BREAK = "\N{ZERO WIDTH SPACE}"
_FORMATTING = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def render_pdf(body: ComplianceBody) -> bytes:
    """The report as PDF/A-2a, the same bytes for the same content.

    Nothing is read but the template of this package, no font of the machine and nothing of the network.
    """
    import typst  # eighty megabytes that only this needs

    content = json.dumps(_printable(body.model_dump(mode="json")), ensure_ascii=False, sort_keys=True)
    return typst.compile(
        _TEMPLATE / "main.typ",
        root=_TEMPLATE,
        ignore_system_fonts=True,
        format="pdf",
        sys_inputs={"body": content},
        pdf_standards=_STANDARD,
        timestamp=int((body.made_at - _EPOCH).total_seconds()),
    )


def _printable(value: object) -> object:
    """The same JSON with every text such that it can be set: see :func:`printable_text`."""
    if isinstance(value, str):
        return printable_text(value)
    if isinstance(value, list):
        return [_printable(item) for item in cast("list[object]", value)]
    if isinstance(value, dict):
        return {key: _printable(item) for key, item in cast("dict[str, Any]", value).items()}
    return value


def printable_text(text: str) -> str:
    """Text whose letters the fonts have and whose words fit a column.

    Of letters without a picture, and of invisible ones, which could turn a line around, the number is shown
    (``[U+1F600]``); words of more than 24 letters may be broken every 20.
    """
    shown = text
    if not text.isascii() or not text.isprintable():
        shown = "".join(letter if _has_picture(letter) else f"[U+{ord(letter):04X}]" for letter in text)
    return _LONG_WORD.sub(_breakable, shown)


def _breakable(match: re.Match[str]) -> str:
    word = match.group()
    return _BREAK.join(word[start : start + _PIECE] for start in range(0, len(word), _PIECE))


@cache
def _has_picture(letter: str) -> bool:
    """Whether the archival standard lets typst set a letter, which asks for a font that has it."""
    if " " <= letter <= "~":
        return True
    if unicodedata.category(letter) in _FORMATTING:
        return False
    import typst

    try:
        typst.compile(
            b"#sys.inputs.letter",
            ignore_system_fonts=True,
            format="pdf",
            sys_inputs={"letter": letter},
            pdf_standards=_STANDARD,
        )
    except typst.TypstError:
        return False
    return True
