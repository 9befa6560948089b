"""Scalable pictures from a few shapes: escaped text, no outside reference, fit for dark and light pages."""

import re
from base64 import b64encode
from collections.abc import Sequence
from html import escape as escape_markup

WIDTH = 960
"""Width of every picture's coordinate system; pages scale it down to about 570 to 960 pixels."""

INK = "#1f2937"
MUTED = "#5b6675"
PAPER = "#ffffff"
LINE = "#d5dbe3"

_FONTS = "Inter, 'Segoe UI', Roboto, 'Helvetica Neue', 'Liberation Sans', 'DejaVu Sans', Arial, sans-serif"
_BREAKS = re.compile(r"[\t\n\r]")
_FORBIDDEN = re.compile(r"[^\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_WIDE = 56  # mean width of a character in these fonts, in hundredths of the font size


def clean(text: str) -> str:
    """Text as one line of XML character data: markup escaped, what XML forbids visibly replaced."""
    one_line = _BREAKS.sub(" ", text)
    return escape_markup(_FORBIDDEN.sub("\N{REPLACEMENT CHARACTER}", one_line), quote=True)


def width_of(text: str, size: float) -> float:
    """About how wide a line of text is at a font size."""
    return len(text) * size * _WIDE / 100


def shorten(text: str, width: float, size: float) -> str:
    """Text cut with an ellipsis so that it fits a width at a font size."""
    room = max(1, int(100 * width // (size * _WIDE)))
    return text if len(text) <= room else text[: room - 1].rstrip() + "\N{HORIZONTAL ELLIPSIS}"


def rect(
    x: float, y: float, width: float, height: float, fill: str, *, radius: float = 0, extra: str = ""
) -> str:
    """A rectangle; ``extra`` is more attributes, written by this package and never foreign."""
    corner = f' rx="{radius:g}"' if radius else ""
    more = f" {extra}" if extra else ""
    return f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" fill="{fill}"{corner}{more}/>'


def line(x1: float, y1: float, x2: float, y2: float, stroke: str, *, dashed: bool = False) -> str:
    """A thin line."""
    dash = ' stroke-dasharray="4 3"' if dashed else ""
    return f'<line x1="{x1:g}" y1="{y1:g}" x2="{x2:g}" y2="{y2:g}" stroke="{stroke}"{dash}/>'


def ring(x: float, y: float, radius: float, stroke: str) -> str:
    """A thick circle around a point."""
    return f'<circle cx="{x:g}" cy="{y:g}" r="{radius:g}" fill="none" stroke="{stroke}" stroke-width="3"/>'


def disc(x: float, y: float, radius: float, fill: str, *, opacity: float = 1) -> str:
    """A filled circle with a thin edge of paper, so that neighbours stay apart."""
    faint = f' fill-opacity="{opacity:g}"' if opacity < 1 else ""
    return (
        f'<circle cx="{x:g}" cy="{y:g}" r="{radius:g}" fill="{fill}"{faint} stroke="{PAPER}" '
        'stroke-width="1"/>'
    )


def path(points: Sequence[tuple[float, float]], stroke: str, *, width: float = 2.5, dashes: str = "") -> str:
    """A line through points; ``dashes`` is a pattern of lengths, such as ``6 4``."""
    through = " ".join(f"{x:.5g},{y:.5g}" for x, y in points)
    dash = f' stroke-dasharray="{dashes}"' if dashes else ""
    return (
        f'<polyline points="{through}" fill="none" stroke="{stroke}" stroke-width="{width:g}" '
        f'stroke-linejoin="round" stroke-linecap="round"{dash}/>'
    )


def text(
    x: float,
    y: float,
    content: str,
    *,
    size: float = 15,
    fill: str = INK,
    anchor: str = "start",
    bold: bool = False,
    turned: float = 0,
) -> str:
    """One line of text with its baseline at ``y``, turned by degrees around its start."""
    weight = ' font-weight="700"' if bold else ""
    side = f' text-anchor="{anchor}"' if anchor != "start" else ""
    turn = f' transform="rotate({turned:g} {x:g} {y:g})"' if turned else ""
    return (
        f'<text x="{x:g}" y="{y:g}" font-size="{size:g}" fill="{fill}"{side}{weight}{turn}>'
        f"{clean(content)}</text>"
    )


def hatch(name: str, fill: str, stroke: str) -> str:
    """A definition of diagonal hatching, used as ``fill="url(#name)"``."""
    return (
        f'<pattern id="{name}" width="8" height="8" patternUnits="userSpaceOnUse" '
        f'patternTransform="rotate(45)"><rect width="8" height="8" fill="{fill}"/>'
        f'<line x1="0" y1="0" x2="0" y2="8" stroke="{stroke}" stroke-width="5"/></pattern>'
    )


def document(height: float, title: str, shapes: Sequence[str], *, definitions: str = "") -> str:
    """A whole picture on its own paper, so that the page's theme does not matter."""
    paper = rect(0.5, 0.5, WIDTH - 1, height - 1, PAPER, radius=10, extra=f'stroke="{LINE}"')
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height:g}" '
        f'viewBox="0 0 {WIDTH} {height:g}" role="img" font-family="{_FONTS}">'
        f"<title>{clean(title)}</title><defs>{definitions}</defs>{paper}{''.join(shapes)}</svg>"
    )


def data_uri(svg: str) -> str:
    """The picture as an address that needs no server."""
    return "data:image/svg+xml;base64," + b64encode(svg.encode()).decode("ascii")
