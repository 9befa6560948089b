"""Collecting everything that is wrong with a bundle, in the order in which a reader walks through it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches

from residency.errors import InvalidBundleError, Problem

_SUGGESTIONS = 100
"""Unknown names for which a nearest known one is searched; the search is slow among thousands."""


@dataclass
class ProblemLog:
    """The problems found so far, each with its place in reading order."""

    _found: list[tuple[int, int, int, Problem]] = field(default_factory=list[tuple[int, int, int, Problem]])

    def add(self, problem: Problem, sheet: int = 0, row: int = 0, column: int = 0) -> None:
        """Note a problem; ``sheet``, ``row`` and ``column`` are its place in reading order."""
        self._found.append((sheet, row, column, problem))

    def raise_if_any(self, path: str) -> None:
        """Refuse the bundle at ``path`` if anything is wrong with it.

        Raises:
            InvalidBundleError: with every problem, in reading order.
        """
        if self._found:
            found = sorted(self._found, key=lambda entry: entry[:3])
            raise InvalidBundleError(path, [problem for *_, problem in found])


@dataclass
class Suggester:
    """Names the known word that an unknown one resembles."""

    known: Sequence[str]
    _asked: dict[str, str] = field(default_factory=dict[str, str])

    def hint(self, word: str) -> str:
        """``; did you mean 'R01'?`` or nothing."""
        if word not in self._asked:
            if len(self._asked) >= _SUGGESTIONS:
                return ""
            self._asked[word] = _nearest(word, self.known)
        return self._asked[word]


def _nearest(word: str, known: Iterable[str]) -> str:
    folded = {name.casefold(): name for name in known}
    matches = get_close_matches(word.casefold(), folded, n=1)
    return f"; did you mean {folded[matches[0]]!r}?" if matches else ""
