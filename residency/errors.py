"""The few errors this package raises on purpose, each with the way out in its message."""

from collections.abc import Sequence
from dataclasses import dataclass


class ResidencyError(Exception):
    """Something the reader of the message can mend; the base of every error raised on purpose."""

    code = "error"


@dataclass(frozen=True, slots=True)
class Problem:
    """One wrong value, located as closely as its source allows.

    ``place`` is a file and row (``people.csv row 3``) or a parameter's owner (``parameters``). Without a
    ``field`` the whole place is wrong and ``value`` says how (``has no rows``).
    """

    place: str
    field: str
    value: str
    expected: str

    def __str__(self) -> str:
        """One sentence: where, which field, what stands there, what would be right."""
        if not self.field:
            return f"{self.place} {self.value}; expected {self.expected}"
        shown = f"{self.value!r}" if self.value else "empty"
        return f"{self.place}, column {self.field}: {shown} is not valid; expected {self.expected}"


_LISTED = 200
"""Problems that an error message spells out; the rest are counted."""


class InvalidInputError(ResidencyError):
    """Input that can never succeed as it stands; nothing was changed and a retry would not help."""

    code = "invalid_input"

    def __init__(self, field: str, value: object, expected: str) -> None:
        self.field = field
        self.value = value
        self.expected = expected
        super().__init__(f"{field}: {value!r} is not valid; expected {expected}")


class InvalidBundleError(ResidencyError):
    """A bundle with wrong rows: every problem is kept, the first 200 are printed, nothing was loaded."""

    code = "invalid_input"

    def __init__(self, path: str, problems: Sequence[Problem]) -> None:
        self.path = path
        self.problems = tuple(problems)
        count = len(self.problems)
        noun = "problem" if count == 1 else "problems"
        lines = [f"  {problem}" for problem in self.problems[:_LISTED]]
        if count > _LISTED:
            lines.append(f"  and {count - _LISTED} more")
        super().__init__("\n".join([f"{path} has {count} {noun}; nothing was loaded:", *lines]))


class NotFoundError(ResidencyError):
    """An id or name that nothing answers to."""

    code = "not_found"


class ConflictError(ResidencyError):
    """A request that contradicts what is already stored or under way."""

    code = "conflict"


class DatabaseNotReadyError(ResidencyError):
    """The database does not answer, or its schema is not the one this code was written for."""

    code = "database_not_ready"


class DatabaseUnreachableError(DatabaseNotReadyError):
    """The database does not answer at all; trying again may help."""

    code = "database_unreachable"


class DatabaseStatementError(ResidencyError):
    """The database refused a statement; the values in it are not repeated, they may name people."""

    code = "database_statement"
