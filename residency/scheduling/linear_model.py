"""A linear model over integer variables, built of arrays and judged without a solver."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

UNLIMITED = 1 << 62
"""Upper bound of a row without one; ``-UNLIMITED`` likewise for a lower bound."""


@dataclass(frozen=True, slots=True)
class ModelArrays:
    """A model as it stands: N variables, R rows, each row a run of ``indices`` and ``coefficients``.

    Attributes:
        lower: (N,) least value of each variable.
        upper: (N,) greatest value.
        starts: (R + 1,) where each row's terms begin; the last entry is the number of terms.
        indices: (terms,) variable of each term.
        coefficients: (terms,).
        row_lower: (R,) least value of each row's sum, ``-UNLIMITED`` without one.
        row_upper: (R,) greatest value, ``UNLIMITED`` without one.
        cost: (N,) objective coefficient of each variable.
    """

    lower: NDArray[np.int64]
    upper: NDArray[np.int64]
    starts: NDArray[np.int64]
    indices: NDArray[np.int64]
    coefficients: NDArray[np.int64]
    row_lower: NDArray[np.int64]
    row_upper: NDArray[np.int64]
    cost: NDArray[np.int64]


class LinearModel:
    """Minimise a linear cost over integer variables within bounds, subject to linear rows.

    Everything is whole numbers. A variable may stand in a row or the cost more than once: its
    coefficients add up.
    """

    def __init__(self) -> None:
        self._lower: list[NDArray[np.int64]] = []
        self._upper: list[NDArray[np.int64]] = []
        self._lengths: list[NDArray[np.int64]] = []
        self._indices: list[NDArray[np.int64]] = []
        self._coefficients: list[NDArray[np.int64]] = []
        self._row_lower: list[NDArray[np.int64]] = []
        self._row_upper: list[NDArray[np.int64]] = []
        self._cost: list[tuple[NDArray[np.int64], NDArray[np.int64]]] = []
        self._constant = 0
        self._arrays: ModelArrays | None = None
        self._variables = 0
        self._rows = 0

    @property
    def variables(self) -> int:
        """Number of variables."""
        return self._variables

    @property
    def rows(self) -> int:
        """Number of rows."""
        return self._rows

    @property
    def constant(self) -> int:
        """Part of the cost that no variable changes."""
        return self._constant

    def add_variables(self, count: int, lower: ArrayLike = 0, upper: ArrayLike = 1) -> NDArray[np.int64]:
        """Add ``count`` variables with bounds of shape (count,) or one for all; returns their indices.

        Raises:
            ValueError: a lower bound exceeds its upper one.
        """
        low, high = _filled(lower, count), _filled(upper, count)
        if (low > high).any():
            first = int(np.argmax(low > high))
            message = f"bounds of variable {first} of {count}: {low[first]} exceeds {high[first]}"
            raise ValueError(message)
        self._arrays = None
        self._lower.append(low)
        self._upper.append(high)
        self._variables += count
        return np.arange(self._variables - count, self._variables, dtype=np.int64)

    def add_row(
        self,
        indices: ArrayLike,
        coefficients: ArrayLike = 1,
        lower: int = -UNLIMITED,
        upper: int = UNLIMITED,
    ) -> None:
        """Require ``lower <= sum(coefficients * variables) <= upper``; coefficients (W,) or one for all."""
        terms = np.asarray(indices, np.int64).reshape(1, -1)
        self.add_rows(terms, coefficients, lower, upper)

    def add_rows(
        self,
        indices: ArrayLike,
        coefficients: ArrayLike = 1,
        lower: ArrayLike = -UNLIMITED,
        upper: ArrayLike = UNLIMITED,
        starts: ArrayLike | None = None,
    ) -> None:
        """Add R rows at once.

        Args:
            indices: (R, W) variables of each row; with ``starts`` (terms,), row after row.
            coefficients: broadcast to the shape of ``indices``.
            lower: least value of each row, (R,) or one for all.
            upper: greatest value, likewise.
            starts: (R + 1,) where each row begins in ``indices``, for rows of different lengths.

        Raises:
            ValueError: the shapes contradict each other or a variable is not in the model.
        """
        terms = np.asarray(indices, np.int64)
        factors = np.broadcast_to(np.asarray(coefficients, np.int64), terms.shape)
        if starts is None:
            count, width = terms.shape
            lengths = np.full(count, width, np.int64)
        else:
            lengths = np.diff(np.asarray(starts, np.int64))
            count = len(lengths)
        if int(lengths.sum()) != terms.size or (lengths < 0).any():
            message = f"rows of {int(lengths.sum())} terms do not fit {terms.size} indices"
            raise ValueError(message)
        unknown = terms[(terms < 0) | (terms >= self._variables)]
        if unknown.size:
            message = f"a row names variable {unknown[0]}, the model has {self._variables}"
            raise ValueError(message)
        self._arrays = None
        self._lengths.append(lengths)
        self._indices.append(terms.ravel())
        self._coefficients.append(factors.ravel())
        self._row_lower.append(_filled(lower, count))
        self._row_upper.append(_filled(upper, count))
        self._rows += count

    def minimize(self, indices: ArrayLike, coefficients: ArrayLike = 1, constant: int = 0) -> None:
        """Add ``sum(coefficients * variables) + constant`` to the cost."""
        terms = np.asarray(indices, np.int64)
        factors = np.broadcast_to(np.asarray(coefficients, np.int64), terms.shape)
        self._arrays = None
        self._cost.append((terms.ravel(), factors.ravel()))
        self._constant += constant

    def scale_cost(self, factor: int) -> None:
        """Multiply the cost so far, its constant too."""
        self._arrays = None
        self._cost = [(terms, factors * factor) for terms, factors in self._cost]
        self._constant *= factor

    def arrays(self) -> ModelArrays:
        """The model as it stands; later additions do not change what was returned."""
        if self._arrays is None:
            self._arrays = self._joined_arrays()
        return self._arrays

    def _joined_arrays(self) -> ModelArrays:
        cost = np.zeros(self._variables, np.int64)
        for terms, factors in self._cost:
            np.add.at(cost, terms, factors)
        lengths = _joined(self._lengths)
        return ModelArrays(
            lower=_joined(self._lower),
            upper=_joined(self._upper),
            starts=np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths)]),
            indices=_joined(self._indices),
            coefficients=_joined(self._coefficients),
            row_lower=_joined(self._row_lower),
            row_upper=_joined(self._row_upper),
            cost=cost,
        )

    def cost_of(self, values: NDArray[np.int64]) -> int:
        """Cost of an assignment of shape (N,)."""
        return int(self.arrays().cost @ values) + self._constant

    def broken_by(self, values: NDArray[np.int64]) -> str | None:
        """What an assignment of shape (N,) breaks first, in words; None when it is a solution."""
        if values.shape != (self._variables,):
            return f"{values.size} values do not fit {self._variables} variables"
        model = self.arrays()
        outside = (values < model.lower) | (values > model.upper)
        if outside.any():
            first = int(np.argmax(outside))
            allowed = f"{model.lower[first]}..{model.upper[first]}"
            return f"variable {first} is {values[first]}, allowed is {allowed}"
        row = np.repeat(np.arange(self._rows), np.diff(model.starts))
        sums = np.zeros(self._rows, np.int64)
        np.add.at(sums, row, model.coefficients * values[model.indices])
        wrong = (sums < model.row_lower) | (sums > model.row_upper)
        if wrong.any():
            first = int(np.argmax(wrong))
            allowed = f"{model.row_lower[first]}..{model.row_upper[first]}"
            return f"row {first} is {sums[first]}, allowed is {allowed}"
        return None


def _filled(value: ArrayLike, count: int) -> NDArray[np.int64]:
    return np.broadcast_to(np.asarray(value, np.int64), (count,)).copy()


def _joined(parts: list[NDArray[np.int64]]) -> NDArray[np.int64]:
    return np.concatenate(parts) if parts else np.zeros(0, np.int64)
