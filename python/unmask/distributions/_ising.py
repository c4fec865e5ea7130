"""Ising models."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import final

import numpy as np
import numpy.typing as npt

from .. import _core
from .._information_curve import InformationCurve
from ._base import Codes, Distribution, Floats, Mask
from ._checks import checked_floats
from ._dense import Dense


@final
class Ising(Distribution):
    r"""An Ising model of a few spins, by its joint table.

    .. math:: p(s) \propto \exp\Big(\sum_{i<j} J_{ij} s_i s_j + \sum_i h_i s_i\Big)

    Code 0 stands for spin -1 and code 1 for spin +1.

    Parameters
    ----------
    couplings : array_like of float, shape (n, n)
        ``J``, symmetric; the diagonal does not matter.
    fields : array_like of float, shape (n,), optional
        ``h``; zero by default.

    Raises
    ------
    TypeError
        If an array does not hold real numbers.
    ValueError
        If shapes do not fit, an entry is not finite, or `couplings` is not symmetric.
    MemoryError
        If the table of ``2 ** n`` cells does not fit in memory; nothing was allocated.

    Notes
    -----
    The curve is that of the joint table, to a few 1e-16 of the joint entropy.

    Examples
    --------
    >>> pair = Ising([[0.0, 1.0], [1.0, 0.0]])
    >>> pair.conditional_marginals([1, 0], [False, True])[1].round(4)
    array([0.1192, 0.8808])
    """

    def __init__(self, couplings: npt.ArrayLike, fields: npt.ArrayLike | None = None) -> None:
        matrix = checked_floats(couplings, "couplings")
        if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1] or not matrix.size:
            raise ValueError(f"couplings: has shape {matrix.shape}, expected (n, n), n at least 1")
        if not np.array_equal(matrix, matrix.T):
            i, j = (int(k) for k in np.argwhere(matrix != matrix.T)[0])
            raise ValueError(
                f"couplings: entry ({i}, {j}) is {matrix[i, j]} and ({j}, {i}) is {matrix[j, i]}, "
                "expected a symmetric matrix"
            )
        n = len(matrix)
        field = np.zeros(n) if fields is None else checked_floats(fields, "fields")
        if field.shape != (n,):
            raise ValueError(f"fields: has shape {field.shape}, expected ({n},): one a spin")
        _core.require_table(32.0, (2,) * n, "couplings: the table of these spins")
        weights = np.zeros((2,) * n)
        spins = [np.array([-1.0, 1.0]).reshape((2,) + (1,) * (n - 1 - i)) for i in range(n)]
        with np.errstate(over="ignore", invalid="ignore"):
            for i in range(n):
                weights += field[i] * spins[i]
                for j in range(i + 1, n):
                    weights += matrix[i, j] * (spins[i] * spins[j])
            weights -= weights.max()
        if not np.isfinite(weights).all():
            raise ValueError(
                f"couplings: the largest is {abs(matrix).max()}, expected energies below 1e308"
            )
        np.exp(weights, out=weights)
        self._dense = Dense(weights, normalize=True)

    @cached_property
    def alphabets(self) -> tuple[tuple[int, int], ...]:
        """The letters of each token are the spins -1 and +1."""
        return ((-1, 1),) * self._dense.n

    def to_dense(self) -> Dense:
        """Return the joint table."""
        return self._dense

    def entropy(self) -> float:
        """Joint entropy ``H(X)`` in nats; one pass over the table."""
        return self._dense.entropy()

    def total_correlation(self) -> float:
        """``TC = sum_i H(X_i) - H(X)`` in nats; ``O(n)`` passes over the table."""
        return self._dense.total_correlation()

    def dual_total_correlation(self) -> float:
        """``DTC = H(X) - sum_i H(X_i | all others)`` in nats; ``O(n)`` passes over the table."""
        return self._dense.dual_total_correlation()

    def _information_curve(
        self, threads: int | None, progress: Callable[[float], object] | None
    ) -> InformationCurve:
        return self._dense._information_curve(threads, progress)

    def _log_prob(self, x: Codes) -> Floats:
        return self._dense._log_prob(x)

    def _log_evidence(self, x: Codes, mask: Mask) -> Floats:
        return self._dense._log_evidence(x, mask)

    def _sample(self, size: int, generator: np.random.Generator) -> Codes:
        return self._dense._sample(size, generator)

    def _conditional_marginals(self, x: Codes, mask: Mask, marginals: Floats) -> Mask:
        return self._dense._conditional_marginals(x, mask, marginals)
