"""Permutations."""

from __future__ import annotations

from collections.abc import Callable
from typing import final

import numpy as np

from .._information_curve import InformationCurve
from ._base import Codes, Floats, Mask
from ._checks import checked_size
from ._closed import direct
from ._same_alphabet import SameAlphabet


@final
class Permutation(SameAlphabet):
    """A uniformly random permutation of ``n`` letters.

    ``Z_j = log n - log(n - j + 1)`` in closed form, to a few 1e-16 of itself.

    Parameters
    ----------
    n : int
        Number of tokens and of letters, at least 1.

    Raises
    ------
    TypeError, ValueError
        If `n` is not a whole number of at least 1.

    Examples
    --------
    >>> law = Permutation(3)
    >>> law.conditional_marginals([2, 0, 0], [False, True, True])
    array([[0. , 0. , 1. ],
           [0.5, 0.5, 0. ],
           [0.5, 0.5, 0. ]])
    """

    def __init__(self, n: int) -> None:
        n = checked_size(n, "n")
        super().__init__(n, n)

    def _information_curve(
        self, threads: int | None, progress: Callable[[float], object] | None
    ) -> InformationCurve:
        revealed = np.arange(self._n, dtype=np.float64)
        masked = self._n - revealed
        return direct(np.log(masked), np.log1p(revealed / masked))

    def _log_prob(self, x: Codes) -> Floats:
        return self._log_evidence(x, np.zeros(x.shape, dtype=bool))

    def _log_evidence(self, x: Codes, mask: Mask) -> Floats:
        # log n (n - 1) .. , one factor for each revealed token.
        logs = np.cumsum([0.0, *np.log(np.arange(self._n, 0, -1))])
        twice = (self._seen(x, mask) > 1).any(axis=1)
        return np.where(twice, -np.inf, -logs[(~mask).sum(axis=1)])

    def _seen(self, x: Codes, mask: Mask) -> Codes:
        """How often each letter was revealed."""
        seen = np.zeros((len(x), self._n), dtype=np.int64)
        rows, tokens = np.nonzero(~mask)
        np.add.at(seen, (rows, x[rows, tokens]), 1)
        return seen

    def _sample(self, size: int, generator: np.random.Generator) -> Codes:
        return generator.permuted(np.tile(np.arange(self._n), (size, 1)), axis=1)

    def _conditional_marginals(self, x: Codes, mask: Mask, marginals: Floats) -> Mask:
        seen = self._seen(x, mask)
        free = (seen == 0).astype(np.float64)
        marginals[:] = (free / np.maximum(free.sum(axis=1, keepdims=True), 1.0))[:, None]
        possible: Mask = np.all(seen <= 1, axis=1)
        return possible
