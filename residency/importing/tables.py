"""Sheets as text, straight from CSV files or a workbook, before anything is understood."""

import csv
import io
import zipfile
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from residency.errors import InvalidInputError, Problem, ResidencyError
from residency.importing.problems import ProblemLog

WORKBOOK_SUFFIX = ".xlsx"
FORMULA_STARTS = ("=", "+", "-", "@", "'")
"""First characters that a spreadsheet takes for a formula; in CSV such a text is written after one ``'``."""


@dataclass(frozen=True, slots=True)
class TextColumn:
    """A column of N cells: ``texts`` lists what occurs in it, ``codes``, shape (N,), says where."""

    codes: NDArray[np.int32]
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TextTable:
    """One sheet as text.

    ``place`` is how messages name it, ``rows`` are row numbers as a spreadsheet shows them (header = 1),
    shape (N,), and ``columns`` are N cells each, in the order of ``header``.
    """

    place: str
    header: tuple[str, ...]
    columns: tuple[TextColumn, ...]
    rows: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class TextBundle:
    """The sheets of a folder or workbook as text; one that could not be read is None."""

    tables: dict[str, TextTable | None]
    place: str
    """How messages name a sheet: a pattern with its name for ``{}``."""


def read_tables(path: Path, log: ProblemLog) -> TextBundle:
    """Every sheet of a folder of CSV files or of one workbook.

    A file that cannot be read as text goes into ``log``, and so does one without a header.

    Raises:
        InvalidInputError: if ``path`` is neither a folder nor a workbook.
    """
    if path.is_dir():
        files = sorted(file for file in path.glob("*.csv") if file.is_file())
        return TextBundle({file.stem: read_csv(file, log) for file in files}, "{}.csv")
    if not path.exists():
        raise InvalidInputError("path", str(path), "a folder of CSV files or a workbook that exists")
    if path.suffix.lower() != WORKBOOK_SUFFIX or not zipfile.is_zipfile(path):
        raise InvalidInputError("path", str(path), f"a folder of CSV files or an {WORKBOOK_SUFFIX} workbook")
    return TextBundle(_workbook_tables(path, log), "sheet {}")


def read_csv(file: Path, log: ProblemLog) -> TextTable | None:
    """One CSV file as text; None when it cannot be read as such, which goes into ``log``.

    Raises:
        InvalidInputError: if there is no such file, or it may not be read.
    """
    try:
        content = file.read_bytes()
    except OSError as error:
        expected = f"a file that can be read ({error.strerror})"
        raise InvalidInputError("path", str(file), expected) from error
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = content.count(b"\n", 0, error.start) + 1
        wrong = f"is not UTF-8 text (byte {content[error.start]:#04x})"
        log.add(Problem(f"{file.name} row {row}", "", wrong, "a CSV file saved as UTF-8"))
        return None
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    records: list[list[str]] = []
    try:
        for record in reader:
            records.append(record)  # noqa: PERF402 - what was read before an error tells its row
    except csv.Error as error:
        wrong = f"is not CSV ({error})"
        log.add(Problem(f"{file.name} row {len(records) + 1}", "", wrong, "quotes in pairs around a cell"))
        return None
    return _table(file.name, records, _csv_text, log)


def _workbook_tables(path: Path, log: ProblemLog) -> dict[str, TextTable | None]:
    from openpyxl import load_workbook  # slow to import

    tables: dict[str, TextTable | None] = {}
    try:
        with closing(load_workbook(path, read_only=True, data_only=True)) as workbook:
            for sheet in workbook.worksheets:
                sheet.reset_dimensions()
                rows = sheet.iter_rows(values_only=True)
                records = [[_cell_text(cell) for cell in record] for record in rows]
                name = sheet.title.strip()
                if name in tables:
                    raise InvalidInputError("sheet", name, "each sheet once; this one is there twice")
                tables[name] = _table(f"sheet {name}", records, _plain_text, log)
    except (ResidencyError, OSError):
        raise
    except Exception as error:
        # A damaged workbook breaks the reader anywhere inside, each time in another way.
        raise InvalidInputError(
            "path", str(path), f"an {WORKBOOK_SUFFIX} workbook of plain sheets"
        ) from error
    return tables


def _cell_text(cell: object) -> str:
    """A workbook's native value as the text that a CSV file would hold."""
    match cell:
        case None:
            return ""
        case bool():
            return "true" if cell else "false"
        case float() if cell.is_integer():
            return str(int(cell))
        case float():
            return repr(round(cell, 9))
        case datetime():
            instant = (cell + timedelta(milliseconds=500)).replace(microsecond=0)
            return instant.isoformat() if instant.time() != time() else instant.date().isoformat()
        case date() | time():
            return cell.isoformat()
        case _:
            return str(cell)


def _csv_text(cell: str) -> str:
    text = _plain_text(cell)
    return text[1:] if text[:1] == "'" and text[1:].startswith(FORMULA_STARTS) else text


def _plain_text(cell: str) -> str:
    return cell.strip().replace("\r\n", "\n").replace("\r", "\n")


def _table(
    place: str, records: Sequence[Sequence[str]], clean: Callable[[str], str], log: ProblemLog
) -> TextTable | None:
    if not records or not "".join(records[0]).strip():
        log.add(Problem(place, "", "is empty", "a first row with the columns' names"))
        return None
    header = tuple(_plain_text(cell) for cell in records[0])
    width = len(header)
    kept: list[Sequence[str]] = []
    numbers: list[int] = []
    for number, record in enumerate(records[1:], start=2):
        if not "".join(record).strip():
            continue
        if len(record) != width:
            if "".join(record[width:]).strip():
                wrong = f"has {len(record)} cells"
                log.add(Problem(f"{place} row {number}", "", wrong, f"{width} cells as in the header"))
            record = [*record[:width], *("" for _ in range(width - len(record)))]
        kept.append(record)
        numbers.append(number)
    cells = list(zip(*kept, strict=True)) if kept else [() for _ in header]
    columns = tuple(_factorised(column, clean) for column in cells)
    return TextTable(place, header, columns, np.array(numbers, np.int64))


def _factorised(cells: Sequence[str], clean: Callable[[str], str]) -> TextColumn:
    position: dict[str, int] = {}
    codes = np.fromiter((position.setdefault(cell, len(position)) for cell in cells), np.int32, len(cells))
    return TextColumn(codes, tuple(clean(text) for text in position))
