"""Keys of a sheet: each unique, and found by the rows of other sheets that point at them."""

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from residency.importing.parsing import ParsedSheet
from residency.importing.problems import Suggester


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys that one sheet defines, in row order."""

    place: str
    position: dict[str, int]
    suggester: Suggester

    @classmethod
    def of(cls, sheet: ParsedSheet[Any], field: str) -> "Keys":
        """The keys in a sheet's column, those of rows with other wrong cells included."""
        column = sheet.columns[field]
        keys = [column.values[code] for code in column.codes.tolist() if column.good[code]]
        position = {key: row for row, key in enumerate(dict.fromkeys(keys))}
        return cls(sheet.place, position, Suggester(tuple(position)))

    def check(self, sheet: ParsedSheet[Any], field: str) -> NDArray[np.int32]:
        """Where the keys in a column that points here stand; -1 for unknown ones, which are reported.

        Returns:
            Shape (rows of the sheet,).
        """
        column = sheet.columns[field]
        found = np.array([self.position.get(value, -1) for value in column.values], np.int32)
        unknown = (
            column.good & (found < 0) & np.array([value is not None for value in column.values], np.bool_)
        )
        if unknown.any():
            for index in np.flatnonzero(unknown[column.codes]).tolist():
                hint = self.suggester.hint(column.values[column.codes[index]])
                sheet.report(index, field, f"one that {self.place} lists{hint}")
        return found[column.codes] if len(found) else np.zeros(0, np.int32)


def report_repeats(
    sheet: ParsedSheet[Any],
    field: str,
    rows: Iterable[tuple[int, Hashable]],
    expected: Callable[[int], str],
) -> None:
    """Report every row whose key an earlier row has.

    Args:
        sheet: the sheet.
        field: the column to blame.
        rows: row indices with their keys; a key of None is no key.
        expected: what would be right, given the number of the row that has the key already.
    """
    first: dict[Hashable, int] = {}
    for index, key in rows:
        if key is not None and first.setdefault(key, index) != index:
            sheet.report(index, field, expected(int(sheet.rows[first[key]])))


def check_unique(
    sheet: ParsedSheet[Any], field: str, fold: Callable[[Any], Hashable] = lambda value: value
) -> None:
    """Report every row that repeats an earlier row's value in one column; empty cells are not values."""
    column = sheet.columns[field]
    rows = (
        (index, None if column.values[code] is None else fold(column.values[code]))
        for index, code in enumerate(column.codes.tolist())
        if column.good[code]
    )
    report_repeats(sheet, field, rows, lambda row: f"a value of its own; row {row} has it already")
