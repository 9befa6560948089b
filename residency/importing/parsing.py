"""Understanding a sheet's cells column by column: each distinct text once, each error at its row."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Generic, TypeVar, Union, get_args, get_origin

import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from residency.errors import Problem
from residency.importing.cells import Expected, ReadingContext
from residency.importing.problems import ProblemLog, Suggester
from residency.importing.sheets import SheetRow, columns
from residency.importing.tables import TextColumn, TextTable

Row = TypeVar("Row", bound=SheetRow)


@dataclass(frozen=True, slots=True)
class CellType:
    """How cells of one column are understood, and in words what is right."""

    adapter: TypeAdapter[Any]
    expected: str
    words: tuple[str, ...] = ()
    """The allowed words of an enumeration."""


@dataclass(frozen=True, slots=True)
class ParsedColumn:
    """A column of N cells: ``values`` are what the distinct texts mean, ``codes``, shape (N,), says where.

    ``good`` tells which distinct texts could be understood; another's value is meaningless.
    """

    codes: NDArray[np.int32]
    texts: tuple[str, ...]
    values: tuple[Any, ...]
    good: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class ParsedSheet(Generic[Row]):
    """One sheet, understood; ``columns`` are keyed by the row model's field names."""

    model: type[Row]
    position: int
    place: str
    rows: NDArray[np.int64]
    columns: dict[str, ParsedColumn]
    log: ProblemLog

    def __len__(self) -> int:
        """Number of rows."""
        return len(self.rows)

    @property
    def good(self) -> NDArray[np.bool_]:
        """Which rows have no cell that could not be understood; shape (N,)."""
        good = np.ones(len(self), np.bool_)
        for column in self.columns.values():
            good &= column.good[column.codes]
        return good

    def lines(self) -> Iterator[tuple[int, Row]]:
        """Each well-understood row with its index."""
        indices = np.flatnonzero(self.good)
        if not len(indices):
            return
        cells = [
            [column.values[code] for code in column.codes[indices].tolist()]
            for column in self.columns.values()
        ]
        for index, values in zip(indices.tolist(), zip(*cells, strict=True), strict=True):
            yield index, self.model.model_construct(**dict(zip(self.columns, values, strict=True)))

    def report(self, index: int, field: str, expected: str, value: str | None = None) -> None:
        """Note that a cell is wrong; ``value`` is the cell's own text unless given."""
        names = columns(self.model)
        column = self.columns[field]
        shown = column.texts[int(column.codes[index])] if value is None else value
        header = next(name for name, of in names.items() if of == field)
        row = int(self.rows[index])
        problem = Problem(f"{self.place} row {row}", header, shown, expected)
        self.log.add(problem, self.position, row, list(names).index(header))


def parse_sheet(
    table: TextTable, model: type[Row], position: int, context: ReadingContext, log: ProblemLog
) -> ParsedSheet[Row]:
    """Understand every cell of a sheet; what cannot be understood goes into ``log``.

    Args:
        table: the sheet as text.
        model: its row model.
        position: the sheet's place in reading order.
        context: the time zone of local times.
        log: where problems go.
    """
    sheet = ParsedSheet(model, position, table.place, table.rows, {}, log)
    given = _given_columns(table, model, position, log)
    for header, name in columns(model).items():
        field = model.model_fields[name]
        text = given.get(header)
        if text is None:
            text = TextColumn(np.zeros(len(table.rows), np.int32), ("",))
            if field.is_required():
                wrong = f"lacks the column {header}"
                log.add(Problem(f"{table.place} row 1", "", wrong, _column_list(model)), position)
                sheet.columns[name] = ParsedColumn(text.codes, text.texts, (None,), np.zeros(1, np.bool_))
                continue
        sheet.columns[name] = _parse_column(sheet, name, field, text, context)
    return sheet


def empty_sheet(model: type[Row], position: int, place: str, log: ProblemLog) -> ParsedSheet[Row]:
    """A sheet that the bundle does not hold."""
    nothing = ParsedColumn(np.zeros(0, np.int32), (), (), np.zeros(0, np.bool_))
    return ParsedSheet(
        model, position, place, np.zeros(0, np.int64), dict.fromkeys(model.model_fields, nothing), log
    )


def _given_columns(
    table: TextTable, model: type[SheetRow], position: int, log: ProblemLog
) -> dict[str, TextColumn]:
    known = columns(model)
    suggester = Suggester(tuple(known))
    given: dict[str, TextColumn] = {}
    if len(table.header) == 1 and any(mark in table.header[0] for mark in ";\t"):
        place = f"{table.place} row 1"
        log.add(Problem(place, "", "is not separated by commas", "cells separated by commas"), position)
        return given
    for header, column in zip(table.header, table.columns, strict=True):
        if not header and not any(column.texts):
            continue
        if header not in known:
            wrong = f"has the unknown column {header!r}"
            expected = _column_list(model) + suggester.hint(header)
        elif header in given:
            wrong, expected = f"has the column {header} twice", "each column once"
        else:
            given[header] = column
            continue
        log.add(Problem(f"{table.place} row 1", "", wrong, expected), position)
    return given


def _column_list(model: type[SheetRow]) -> str:
    return "columns out of " + ", ".join(columns(model))


def _parse_column(
    sheet: ParsedSheet[Any], name: str, field: FieldInfo, text: TextColumn, context: ReadingContext
) -> ParsedColumn:
    cell_type = cell_type_of(sheet.model, name)
    values: list[Any] = []
    wrong: dict[int, str] = {}
    for code, cell in enumerate(text.texts):
        value: Any = None
        if cell:
            try:
                value = cell_type.adapter.validate_python(cell, context=context)
            except ValidationError as error:
                wrong[code] = _expected(cell_type, cell, error)
        elif field.is_required():
            wrong[code] = cell_type.expected
        else:
            value = field.get_default()
        values.append(value)
    good = np.ones(len(text.texts), np.bool_)
    good[list(wrong)] = False
    sheet.columns[name] = column = ParsedColumn(text.codes, text.texts, tuple(values), good)
    if wrong:
        for index in np.flatnonzero(~good[text.codes]).tolist():
            sheet.report(index, name, wrong[int(text.codes[index])])
    return column


def _expected(cell_type: CellType, cell: str, error: ValidationError) -> str:
    first = error.errors(include_url=False)[0]
    if first["type"] == "cell":
        return first["msg"]
    if cell_type.words:
        return cell_type.expected + Suggester(cell_type.words).hint(cell)
    return cell_type.expected


@cache
def cell_type_of(model: type[SheetRow], name: str) -> CellType:
    """How the cells of one column are understood."""
    field = model.model_fields[name]
    annotation: Any = field.annotation
    if get_origin(annotation) in {Union, UnionType}:
        annotation = next(kind for kind in get_args(annotation) if kind is not NoneType)
    metadata: list[Any] = list(field.metadata)
    if get_origin(annotation) is Annotated:
        annotation, *inner = get_args(annotation)
        metadata = inner + metadata
    words = tuple(str(word) for word in annotation) if _is_enumeration(annotation) else ()
    said = [entry.text for entry in metadata if isinstance(entry, Expected)]
    expected = said[0] if said else "one of " + ", ".join(words)
    rules = tuple(entry for entry in metadata if not isinstance(entry, Expected))
    whole: Any = Annotated[(annotation, *rules)] if rules else annotation
    return CellType(TypeAdapter(whole), expected, words)


def _is_enumeration(annotation: object) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, StrEnum)
