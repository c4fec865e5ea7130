"""Independent tokens."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import final

import numpy as np
import numpy.typing as npt

from .. import _core
from .._information_curve import InformationCurve
from ._base import Codes, Distribution, Floats, Mask
from ._categorical import categorical
from ._checks import checked_list, checked_probabilities
from ._closed import direct
from ._dense import Dense, outer


@final
class Product(Distribution):
    """Independent tokens, each with a law of its own.

    The curve is flat, ``Z = 0`` exactly: everything may be revealed at once. ``h`` is right to a
    few 1e-16 of itself.

    Parameters
    ----------
    marginals : sequence of array_like of float
        The law of each token; alphabets may differ. Sums within 1e-6 of one are divided out.

    Raises
    ------
    TypeError, ValueError
        If there is no token, or a law has a negative entry or does not sum to one.

    Examples
    --------
    >>> law = Product([[0.5, 0.5], [0.2, 0.3, 0.5]])
    >>> law.n, law.alphabet_sizes
    (2, (2, 3))
    >>> law.total_correlation()
    0.0
    """

    def __init__(self, marginals: Sequence[npt.ArrayLike]) -> None:
        given = checked_list(marginals, "marginals", "laws of tokens")
        laws = [checked_probabilities(p, f"marginals[{i}]", None) for i, p in enumerate(given)]
        for i, law in enumerate(laws):
            if law.ndim != 1:
                raise ValueError(f"marginals[{i}]: has shape {law.shape}, expected one dimension")
        self._sizes = tuple(len(law) for law in laws)
        self._table: Floats = np.zeros((len(laws), max(self._sizes)))
        for row, law in zip(self._table, laws, strict=True):
            row[: len(law)] = law
        self._table.flags.writeable = False

    @cached_property
    def alphabets(self) -> tuple[range, ...]:
        """The letters of each token are its codes."""
        return tuple(range(q) for q in self._sizes)

    @property
    def marginals(self) -> tuple[Floats, ...]:
        """The law of each token, read-only."""
        return tuple(row[:q] for row, q in zip(self._table, self._sizes, strict=True))

    def _information_curve(
        self, threads: int | None, progress: Callable[[float], object] | None
    ) -> InformationCurve:
        entropy = _core.table_entropy(self._table)
        return direct(np.full(self.n, entropy / self.n), np.zeros(self.n))

    def to_dense(self) -> Dense:
        """Write the law out as a joint table; ``MemoryError`` if it does not fit in memory."""
        _core.require_table(16.0, self.alphabet_sizes)
        table = np.ones((1, 1))
        for law in self.marginals:
            table = outer(table.reshape(-1, 1), law[None])
        return Dense(table.reshape(self.alphabet_sizes))

    def _log_prob(self, x: Codes) -> Floats:
        return self._log_evidence(x, np.zeros(x.shape, dtype=bool))

    def _log_evidence(self, x: Codes, mask: Mask) -> Floats:
        with np.errstate(divide="ignore"):
            logs: Floats = np.log(self._table)
        total: Floats = np.where(mask, 0.0, logs[np.arange(self.n), x]).sum(axis=1)
        return total

    def _sample(self, size: int, generator: np.random.Generator) -> Codes:
        draws = [categorical(np.tile(row, (size, 1)), generator) for row in self._table]
        return np.stack(draws, axis=1)

    def _conditional_marginals(self, x: Codes, mask: Mask, marginals: Floats) -> Mask:
        marginals[:] = self._table
        possible: Mask = np.all(mask | (self._table[np.arange(self.n), x] > 0.0), axis=1)
        return possible
