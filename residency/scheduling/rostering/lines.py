"""The lines of an instance's text, sorted into its sections."""

from dataclasses import dataclass

from residency.errors import Problem

SECTIONS = (
    "SECTION_HORIZON",
    "SECTION_SHIFTS",
    "SECTION_STAFF",
    "SECTION_DAYS_OFF",
    "SECTION_SHIFT_ON_REQUESTS",
    "SECTION_SHIFT_OFF_REQUESTS",
    "SECTION_COVER",
)


@dataclass(frozen=True, slots=True)
class Line:
    """One line that says something: its number, from 1, and its fields, which commas separate."""

    number: int
    fields: tuple[str, ...]

    @property
    def place(self) -> str:
        """What errors call it."""
        return f"line {self.number}"


Sections = dict[str, list[Line]]
"""Every section's lines, in the order of the file."""


def sections_of(text: str) -> tuple[Sections, list[Problem]]:
    """Sort lines into sections; comments begin with #, blank lines say nothing.

    Also returns what is wrong with the sections themselves: unknown, repeated or missing ones, and lines
    before the first.
    """
    sections: Sections = {}
    problems: list[Problem] = []
    current: list[Line] | None = None
    for number, raw in enumerate(text.splitlines(), 1):
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        if line.startswith("SECTION_"):
            if line in sections or line not in SECTIONS:
                expected = f"each of these once: {', '.join(SECTIONS)}"
                problems.append(Problem(f"line {number}", "", f"begins {line[:60]!r}", expected))
            current = sections.setdefault(line, [])
        elif current is None:
            problems.append(
                Problem(f"line {number}", "", "stands before any section", "SECTION_HORIZON first")
            )
        else:
            current.append(Line(number, tuple(field.strip() for field in line.split(","))))
    missing = [each for each in SECTIONS if each not in sections]
    if missing:
        problems.append(Problem("the text", "", f"has no {', '.join(missing)}", "all seven sections"))
    return sections, problems
