"""Reed-Solomon codes."""

from __future__ import annotations

from collections.abc import Callable
from math import log
from typing import final

import numpy as np
import numpy.typing as npt

from .._information_curve import InformationCurve
from ._base import Codes, Floats, Mask
from ._checks import checked_codes, checked_size
from ._field import Field
from ._same_alphabet import SameAlphabet


@final
class ReedSolomon(SameAlphabet):
    r"""The uniform law on a Reed-Solomon code, or on a shift of it.

    A word holds the values of a polynomial of degree below ``k`` at the points ``0 .. n - 1`` of
    the field. Any ``k`` tokens are uniform and determine all others, so that
    :math:`Z_j = \log q \, 1[j > k]`: the hard case of Chen, Cong and Li, arXiv 2511.04647.

    Parameters
    ----------
    n : int
        Number of tokens, at most `q`.
    k : int
        Dimension, ``1 .. n``.
    q : int
        Size of the field: a prime, or a power of two through the package ``galois``
        (``pip install 'unmask[codes]'``).
    shift : array_like of int, shape (n,), optional
        Added to every word.

    Raises
    ------
    TypeError
        If `n`, `k` or `q` is not a whole number, or `shift` does not hold them.
    ValueError
        If `n`, `k`, `q` or `shift` is out of range.
    ImportError
        If `q` is a power of two above two and ``galois`` is not installed.

    Notes
    -----
    The curve is a closed form, exact but for the rounding of the logarithm. The oracle interpolates
    (Newton): ``O(k n)`` a query.

    Examples
    --------
    >>> from unmask import information_curve
    >>> code = ReedSolomon(n=4, k=2, q=5)
    >>> information_curve(code).z.round(4)
    array([0.    , 0.    , 1.6094, 1.6094])
    >>> code.conditional_marginals([1, 2, 0, 0], [False, False, True, True])[2]
    array([0., 0., 0., 1., 0.])
    """

    def __init__(self, n: int, k: int, q: int, shift: npt.ArrayLike | None = None) -> None:
        self._field = Field(q)
        n = checked_size(n, "n", 1, self.q, " (q, a point of the field a token)")
        super().__init__(n, self.q)
        self._k = checked_size(k, "k", 1, n, " (n)")
        zeros = np.zeros(n, dtype=np.int64)
        self._shift = zeros if shift is None else checked_codes(shift, "shift", self.q)
        if self._shift.shape != (n,):
            raise ValueError(f"shift: has shape {self._shift.shape}, expected ({n},)")
        self._shift.flags.writeable = False

    @property
    def q(self) -> int:
        """Size of the field."""
        return self._field.q

    @property
    def dimension(self) -> int:
        """Dimension ``k`` of the code."""
        return self._k

    @property
    def shift(self) -> Codes:
        """What is added to every word, read-only."""
        return self._shift

    def _information_curve(
        self, threads: int | None, progress: Callable[[float], object] | None
    ) -> InformationCurve:
        unit, j = log(self.q), np.arange(self._n + 1)
        return InformationCurve._made(
            unit * np.minimum(j, self._k),
            np.where(j[:-1] < self._k, unit, 0.0),
            np.where(j[1:] > self._k, unit, 0.0),
            method="closed form",
        )

    def _values(self, points: Codes, coefficients: Codes) -> Codes:
        """Values of Newton polynomials everywhere, without the shift; shapes (batch, k)."""
        values = np.zeros((len(points), self._n), dtype=np.int64)
        everywhere = np.arange(self._n)
        for k in reversed(range(self._k)):
            factors = self._field.subtract(everywhere, points[:, k, None])
            values = self._field.multiply(values, factors)
            values = self._field.add(values, coefficients[:, k, None])
        return values

    def _interpolated(self, x: Codes, points: Codes) -> Codes:
        """The words that agree with `x` at `k` points each; shapes (batch, n) and (batch, k)."""
        if not len(x):
            return x
        field = self._field
        table = field.subtract(np.take_along_axis(x, points, axis=1), self._shift[points])
        # Divided differences in place.
        for order in range(1, self._k):
            gaps = field.subtract(points[:, order:], points[:, :-order])
            steps = field.subtract(table[:, order:], table[:, order - 1 : -1])
            table[:, order:] = field.multiply(steps, field.invert(gaps))
        return field.add(self._values(points, table), self._shift)

    def _log_prob(self, x: Codes) -> Floats:
        return self._log_evidence(x, np.zeros(x.shape, dtype=bool))

    def _sample(self, size: int, generator: np.random.Generator) -> Codes:
        coefficients = generator.integers(self.q, size=(size, self._k))
        # Newton polynomials at one point repeated: powers of the variable.
        words = self._values(np.zeros((size, self._k), dtype=np.int64), coefficients)
        return self._field.add(words, self._shift)

    def _determined(self, x: Codes, mask: Mask) -> tuple[npt.NDArray[np.intp], Codes, Mask]:
        """Queries that reveal at least `k` tokens, their words, and whether these agree."""
        known = np.flatnonzero((~mask).sum(axis=1) >= self._k)
        points = np.argsort(mask[known], axis=1, kind="stable")[:, : self._k]
        words = self._interpolated(x[known], points)
        return known, words, ((words == x[known]) | mask[known]).all(axis=1)

    def _log_evidence(self, x: Codes, mask: Mask) -> Floats:
        logs: Floats = -np.minimum((~mask).sum(axis=1), self._k) * log(self.q)
        known, _, agree = self._determined(x, mask)
        logs[known[~agree]] = -np.inf
        return logs

    def _conditional_marginals(self, x: Codes, mask: Mask, marginals: Floats) -> Mask:
        possible = np.ones(len(x), dtype=bool)
        known, words, agree = self._determined(x, mask)
        possible[known] = agree
        marginals[...] = 1.0 / self.q
        marginals[known] = 0.0
        query, token = np.indices(words.shape)
        marginals[known[query], token, words] = 1.0
        return possible
