"""Writing bundles: a program as CSV files, or an empty documented bundle to fill in, whole or not at all."""

import csv
import shutil
import tempfile
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path

from residency.errors import InvalidInputError
from residency.importing.documentation import bundle_documentation
from residency.importing.lines import sheet_columns
from residency.importing.sheets import SHEETS, CalendarLine, columns
from residency.importing.tables import FORMULA_STARTS
from residency.program.canonical import canonical
from residency.program.records import Program

README = "README.md"
_BUNDLE_FILES = frozenset({README, *(f"{sheet.name}.csv" for sheet in SHEETS)})


def write_bundle(program: Program, directory: Path, *, replace: bool = False) -> None:
    """Write a program as a folder of CSV files, from which the same program can be read.

    The files are written beside the folder, which then takes its place at once.

    Args:
        program: what to write.
        directory: a new or empty folder.
        replace: whether a bundle that is already there may be replaced.

    Raises:
        InvalidInputError: if the folder holds something that must not be replaced, or if an item of a list
            holds the character that separates items.
    """
    require_target(directory, replace=replace)
    ordered = canonical(program)
    with _taking_place_of(directory) as aside:
        for sheet in SHEETS:
            _write_csv(
                aside / f"{sheet.name}.csv", list(columns(sheet.row)), sheet_columns(ordered, sheet.row)
            )


def write_template(directory: Path, *, replace: bool = False) -> None:
    """Write an empty bundle, every sheet with its header, and a README that explains every column.

    Raises:
        InvalidInputError: if the folder holds something that must not be replaced.
    """
    require_target(directory, replace=replace)
    with _taking_place_of(directory) as aside:
        for sheet in SHEETS:
            # A calendar sheet, even an empty one, would replace the federal holidays.
            if sheet.row is not CalendarLine:
                _write_csv(aside / f"{sheet.name}.csv", list(columns(sheet.row)), [])
        (aside / README).write_text(bundle_documentation(), encoding="utf-8")


def require_target(directory: Path, *, replace: bool) -> None:
    """Refuse a folder that a bundle must not be written to.

    Raises:
        InvalidInputError: if it is not a folder, holds anything but a bundle, or holds a bundle that may
            not be replaced.
    """
    if not directory.exists():
        return
    if not directory.is_dir():
        raise InvalidInputError("directory", str(directory), "a new or empty folder, this is a file")
    held = sorted(entry.name for entry in directory.iterdir())
    foreign = [name for name in held if name not in _BUNDLE_FILES]
    if foreign:
        expected = f"a new or empty folder; this one holds {foreign[0]}, which is no part of a bundle"
        raise InvalidInputError("directory", str(directory), expected)
    if held and not replace:
        expected = "a new or empty folder; to replace the bundle that is in it, add --replace"
        raise InvalidInputError("directory", str(directory), expected)


@contextmanager
def _taking_place_of(directory: Path) -> Generator[Path]:
    """A folder to write to that becomes ``directory`` at the end, or vanishes if anything fails."""
    target = directory.absolute()
    target.parent.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    former = aside.with_name(f"{aside.name}.former")
    try:
        yield aside
        try:
            if target.exists():
                target.rename(former)
            aside.rename(target)
        except OSError as error:
            expected = f"a folder that can be replaced ({error.strerror})"
            raise InvalidInputError("directory", str(directory), expected) from error
    finally:
        if former.exists() and not target.exists():
            former.rename(target)
        for leftover in (aside, former):
            if leftover.exists():
                shutil.rmtree(leftover)


def _write_csv(file: Path, header: list[str], cells: Sequence[Sequence[str]]) -> None:
    escaped = (map(_escaped, column) for column in cells)
    with file.open("x", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(zip(*escaped, strict=True))


def _escaped(cell: str) -> str:
    return f"'{cell}" if cell.startswith(FORMULA_STARTS) else cell
