"""A schedule version's assignments as columns that can be laid beside those of another version."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from residency.program.calendar import Period
from residency.program.records import Program
from residency.quality.results import FindingKey

NONE = -1
"""Stands for no override and no cause in the columns."""


@dataclass(frozen=True, slots=True)
class VersionRows:
    """Assignments of one or several versions that do not overlap, one row an assignment, in any order.

    ``people``, ``services``, ``overrides`` and ``causes`` are the words that the columns ``person``,
    ``service``, ``override`` and ``cause`` index (ids, abbreviations, reasons and ``cause_id``s as text);
    ``override`` and ``cause`` are -1 where a row has none. ``day`` is ``datetime64[D]``, ``half`` 0 for AM
    and 1 for PM, ``role`` indexes ``residency.program.records.ROLES``. ``extents`` are the days that the
    versions cover, in order: a day outside was never planned, a day inside without rows is planned free.
    """

    extents: tuple[Period, ...]
    people: tuple[str, ...]
    services: tuple[str, ...]
    person: NDArray[np.int32]
    service: NDArray[np.int32]
    day: NDArray[np.datetime64]
    half: NDArray[np.int8]
    role: NDArray[np.int8]
    override: NDArray[np.int32]
    cause: NDArray[np.int32]
    overrides: tuple[str, ...] = ()
    causes: tuple[str, ...] = ()

    @classmethod
    def of(cls, program: Program, extents: Sequence[Period]) -> Self:
        """A program's assignments, which carry neither overrides nor causes."""
        rows = program.assignments
        none = np.full(len(rows), NONE, np.int32)
        return cls(
            extents=tuple(extents),
            people=tuple(person.id for person in program.people),
            services=tuple(service.abbreviation for service in program.services),
            person=rows.person,
            service=rows.service,
            day=rows.day,
            half=rows.half,
            role=rows.role,
            override=none,
            cause=none,
        )

    def __len__(self) -> int:
        """Number of assignments."""
        return len(self.person)

    def take(self, rows: NDArray[np.intp] | NDArray[np.bool_]) -> Self:
        """The given rows, in the order given."""
        return replace(
            self,
            person=self.person[rows],
            service=self.service[rows],
            day=self.day[rows],
            half=self.half[rows],
            role=self.role[rows],
            override=self.override[rows],
            cause=self.cause[rows],
        )


@dataclass(frozen=True, slots=True)
class PreviousSchedule:
    """What the published version before this one said.

    ``finding_keys`` are the keys of its violations (``Finding.key``) when it is judged by the same rule set
    over the same period as the new one.
    """

    rows: VersionRows
    finding_keys: frozenset[FindingKey]
