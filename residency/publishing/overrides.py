"""Overrides of findings as people give them: words of a command, or rows of a CSV file."""

import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, cast
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints, ValidationError

from residency.errors import InvalidInputError
from residency.importing.cells import Expected, ReadingContext
from residency.importing.parsing import parse_sheet
from residency.importing.problems import ProblemLog
from residency.importing.references import check_unique
from residency.importing.sheets import SheetRow
from residency.importing.tables import TextTable, read_csv

_LONGEST_REASON = 2000
_FORM = "FINDING_ID=REASON, such as 0b9c...=agreed with the programme director"


def _legible(reason: str) -> str:
    """Without what no database keeps and no page shows: control characters and halves of characters."""
    if any(unicodedata.category(character) in {"Cc", "Cs"} for character in reason):
        raise ValueError("control characters")
    return reason


Reason = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=_LONGEST_REASON),
    AfterValidator(_legible),
    Expected(f"a reason in words on one line, at most {_LONGEST_REASON} characters"),
]


class Override(BaseModel):
    """A finding in spite of which a version may be published, and why."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    finding: UUID
    reason: Reason


class _OverrideLine(SheetRow):
    finding: Annotated[UUID, Expected("the id of a finding, as `residency publish` lists them")]
    reason: Reason


def read_overrides(words: Sequence[str], file: Path | None = None) -> tuple[Override, ...]:
    """Overrides from ``FINDING_ID=REASON`` words and from a CSV file with the columns ``finding,reason``.

    Raises:
        InvalidInputError: for a word of another form, a finding named twice, or a file that is not there.
        InvalidBundleError: listing everything that is wrong with the file, row by row.
    """
    given = [_override(word) for word in words]
    given += _from_file(file) if file else []
    seen: set[UUID] = set()
    for each in given:
        if each.finding in seen:
            raise InvalidInputError("override", str(each.finding), "each finding once")
        seen.add(each.finding)
    return tuple(given)


def _override(word: str) -> Override:
    finding, _, reason = word.partition("=")
    try:
        return Override.model_validate({"finding": finding.strip(), "reason": reason})
    except ValidationError as error:
        raise InvalidInputError("override", word[:200], _FORM) from error


def _from_file(file: Path) -> list[Override]:
    log = ProblemLog()
    table = read_csv(file, log)
    log.raise_if_any(str(file))
    readable = cast("TextTable", table)  # what could not be read was a problem
    sheet = parse_sheet(readable, _OverrideLine, 1, ReadingContext(ZoneInfo("UTC")), log)
    check_unique(sheet, "finding")
    log.raise_if_any(str(file))
    return [Override(finding=line.finding, reason=line.reason) for _, line in sheet.lines()]
