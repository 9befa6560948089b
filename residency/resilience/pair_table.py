"""The losses of pairs, kept as columns and read as rows, so that there may be millions of them."""

import operator
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, cast, overload

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

_CHUNK = 1 << 14


class PairLoss(BaseModel):
    """What losing two people together does, as increases over the base."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    a: str
    b: str
    assigned_gap: int
    reassigned_gap: int
    supervision_deficit: int

    @property
    def fatal(self) -> bool:
        """Whether a slot stays empty for good or a resident without an attending."""
        return self.reassigned_gap > 0 or self.supervision_deficit > 0


@dataclass(frozen=True, slots=True, eq=False)
class PairTable(Sequence[PairLoss]):
    """Pairs and their three numbers, a sequence of :class:`PairLoss` rows that are made when they are read.

    Attributes:
        labels: what people are called.
        a: shape (M,), index into ``labels`` of each pair's first person.
        b: shape (M,), of the second.
        numbers: shape (3, M): assigned gap, reassigned gap, supervision deficit.
    """

    labels: tuple[str, ...]
    a: NDArray[np.int32]
    b: NDArray[np.int32]
    numbers: NDArray[np.int32]

    @classmethod
    def of(cls, rows: Sequence[PairLoss]) -> "PairTable":
        """The table of some rows."""
        labels = tuple(dict.fromkeys(label for row in rows for label in (row.a, row.b)))
        place = {label: number for number, label in enumerate(labels)}
        numbers = [(row.assigned_gap, row.reassigned_gap, row.supervision_deficit) for row in rows]
        return cls(
            labels,
            np.array([place[row.a] for row in rows], np.int32),
            np.array([place[row.b] for row in rows], np.int32),
            np.array(numbers, np.int32).reshape(-1, 3).T,
        )

    @property
    def fatal(self) -> "PairTable":
        """The pairs that leave a slot empty for good or a resident without an attending."""
        return self.where((self.numbers[1] > 0) | (self.numbers[2] > 0))

    def where(self, rows: slice | NDArray[np.bool_]) -> "PairTable":
        """The table of some rows, in the same order."""
        return PairTable(self.labels, self.a[rows], self.b[rows], self.numbers[:, rows])

    def __len__(self) -> int:
        return len(self.a)

    @overload
    def __getitem__(self, index: int) -> PairLoss: ...
    @overload
    def __getitem__(self, index: slice) -> "PairTable": ...
    def __getitem__(self, index: int | slice) -> "PairLoss | PairTable":
        if isinstance(index, slice):
            return self.where(index)
        row = range(len(self))[index]
        return next(self._rows(row, row + 1))

    def __iter__(self) -> Iterator[PairLoss]:
        for first in range(0, len(self), _CHUNK):
            yield from self._rows(first, min(first + _CHUNK, len(self)))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sequence):
            return NotImplemented
        rows = cast("Sequence[object]", other)
        return len(self) == len(rows) and all(map(operator.eq, self, rows))

    def __hash__(self) -> int:
        return hash((len(self), self.numbers.tobytes()))

    def _plain_rows(self, first: int, stop: int) -> Iterator[dict[str, Any]]:
        here = slice(first, stop)
        a: list[int] = self.a[here].tolist()
        b: list[int] = self.b[here].tolist()
        numbers: list[list[int]] = self.numbers[:, here].tolist()
        for one, other, assigned, reassigned, supervision in zip(a, b, *numbers, strict=True):
            yield {
                "a": self.labels[one],
                "b": self.labels[other],
                "assigned_gap": assigned,
                "reassigned_gap": reassigned,
                "supervision_deficit": supervision,
            }

    def _rows(self, first: int, stop: int) -> Iterator[PairLoss]:
        return (PairLoss.model_construct(**row) for row in self._plain_rows(first, stop))

    def _plain(self) -> list[dict[str, Any]]:
        return list(self._plain_rows(0, len(self)))

    @classmethod
    def __get_pydantic_core_schema__(cls, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        """A list of rows in JSON; the table itself, or any list of rows, when it is validated."""
        rows = core_schema.no_info_after_validator_function(cls.of, handler.generate_schema(list[PairLoss]))
        return core_schema.json_or_python_schema(
            json_schema=rows,
            python_schema=core_schema.union_schema([core_schema.is_instance_schema(cls), rows]),
            serialization=core_schema.plain_serializer_function_ser_schema(
                cls._plain, return_schema=core_schema.list_schema(core_schema.any_schema())
            ),
        )
