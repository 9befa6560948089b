"""Markdown that shows foreign text as it is: escaping, tables, lists and embedded pictures."""

import re
from collections.abc import Sequence

from residency.reports.svg import data_uri

_SPECIAL = re.compile(
    r"[\\`*_{}\[\]<>|#!~&$^=@]"
    r"|\.(?=[^\s\d])|(?<=[wW])\.(?=\d)"  # www.example.org would become a link
    r"|(?<!\d):(?=\S)|:(?=[^\s\d])"  # so would https://, and :smile: an emoji; 06:15 may stay
    r"|^[-+]|^\d+[.)]"  # a list inside a list item
)
_BREAKS = re.compile(r"[\s\x00-\x1f\x7f-\x9f]+")


def escape(text: str) -> str:
    """Foreign text (a service's name, a pseudonym) as inert inline Markdown.

    Every character that some Markdown dialect gives a meaning is escaped with a backslash, so that it never
    forms markup, a table border, raw HTML or an automatic link; line breaks become spaces. Both of Prefect's
    user interfaces show the character itself, in tables too, where the older one shows character references
    as they are written.
    """
    one_line = _BREAKS.sub(" ", text).strip()
    return _SPECIAL.sub(lambda match: f"{match.group()[:-1]}\\{match.group()[-1]}", one_line)


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table; a header that ends in ``>`` marks a right-aligned column. Cells are Markdown already."""
    titles = [title.removesuffix(">") for title in header]
    borders = ["---:" if title.endswith(">") else "---" for title in header]
    return "\n".join(f"| {' | '.join(row)} |" for row in [titles, borders, *rows])


def bullets(items: Sequence[str]) -> str:
    """A list of foreign sentences."""
    return "\n".join(f"- {escape(item)}" for item in items)


def image(alt: str, svg: str) -> str:
    """A picture carried inside the page."""
    return f"![{escape(alt)}]({data_uri(svg)})"


def page(parts: Sequence[str]) -> str:
    """The non-empty parts, one blank line between them."""
    return "\n\n".join(part for part in parts if part) + "\n"
