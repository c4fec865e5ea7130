"""Uniform laws on linear codes."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise
from math import comb, log
from typing import TYPE_CHECKING, final

import numpy as np
import numpy.typing as npt

from .. import _check, _core
from .._information_curve import InformationCurve
from ._base import Codes, Floats, Mask, query_blocks
from ._checks import checked_codes, checked_size
from ._field import Field
from ._same_alphabet import SameAlphabet

if TYPE_CHECKING:
    from ._base import Seed

#: Tokens up to which sums of ranks fit in 128 bits.
MAX_TOKENS = 120

#: Entries of the systems of equations that one block of oracle queries holds.
SOLVED_ENTRIES = 1 << 22


@final
class LinearCode(SameAlphabet):
    r"""The uniform law on the words of a linear code over a finite field.

    :math:`H(X_S) = \mathrm{rank}(G_S) \log q` for the generator matrix :math:`G`: a masked token is
    either determined by the revealed ones or uniform.

    Parameters
    ----------
    generator : array_like of int, shape (k, n)
        Words that span the code, one a row; they need not be independent.
    q : int
        Size of the field: a prime, or a power of two through the package ``galois``
        (``pip install 'unmask[codes]'``).

    Raises
    ------
    TypeError
        If `generator` does not hold integers or `q` is none.
    ValueError
        If the shape is wrong, an entry is outside ``0 .. q - 1``, or there is no such field.
    ImportError
        If `q` is a power of two above two and ``galois`` is not installed.

    Notes
    -----
    The curve is the mean rank of random columns, exact but for one rounding of each value: its
    totals are integers. Subsets are walked
    depth first, columns dropped and kept in turn, and a branch ends when the rank can no longer
    change: fewer than ``C(n, k)`` branchings, and far fewer at ``q = 2``, where the last columns
    are looked up. Up to 120 tokens. The oracle solves linear equations, ``O(k^2 n)`` a query.

    The entropy, ``TC = (n - z - k) log q`` for ``z`` columns of zeros and
    ``DTC = (k - l) log q`` for ``l`` columns on which no other depends, need no enumeration.

    Examples
    --------
    >>> parity = LinearCode([[1, 0, 1], [0, 1, 1]], q=2)
    >>> parity.dimension
    2
    >>> parity.conditional_marginals([1, 0, 0], [False, False, True])[2]
    array([0., 1.])
    """

    def __init__(self, generator: npt.ArrayLike, q: int) -> None:
        self._field = Field(q)
        matrix = checked_codes(generator, "generator", self.q)
        if matrix.ndim != 2 or matrix.shape[1] == 0:
            raise ValueError(f"generator: has shape {matrix.shape}, expected (k, n), n at least 1")
        super().__init__(matrix.shape[1], self.q)
        reduced = matrix[None]
        pivots = self._field.reduce(reduced, np.ones((1, matrix.shape[1]), dtype=bool))
        # A basis: the rows that have a pivot, in order of pivots.
        order = np.argsort(pivots[0])
        self._basis: Codes = reduced[0][order[np.sort(pivots[0]) >= 0]]
        self._basis.flags.writeable = False

    @property
    def q(self) -> int:
        """Size of the field."""
        return self._field.q

    @property
    def generator(self) -> Codes:
        """A basis of the code in reduced row echelon form, read-only, shape (dimension, n)."""
        return self._basis

    @property
    def dimension(self) -> int:
        """Dimension of the code: it has ``q ** dimension`` words."""
        return len(self._basis)

    def entropy(self) -> float:
        """Joint entropy ``H(X)`` in nats; O(1)."""
        return self.dimension * log(self.q)

    def total_correlation(self) -> float:
        """``TC = sum_i H(X_i) - H(X)`` in nats; O(k n)."""
        return (int(self._basis.any(axis=0).sum()) - self.dimension) * log(self.q)

    def dual_total_correlation(self) -> float:
        """``DTC = H(X) - sum_i H(X_i | all others)`` in nats; O(k n)."""
        # Nothing depends on a column if the word that is one there and zero elsewhere is in the
        # code: then it is a row of the reduced basis.
        free = int(((self._basis != 0).sum(axis=1) == 1).sum())
        return (self.dimension - free) * log(self.q)

    def _information_curve(
        self, threads: int | None, progress: Callable[[float], object] | None
    ) -> InformationCurve:
        if self.n > MAX_TOKENS:
            raise _core.WorkError(
                f"generator: has {self.n} columns, expected at most {MAX_TOKENS} for exact ranks"
            )
        powers = self._field.powers
        totals = _core.code_rank_totals(
            self._basis.astype(np.uint64),
            self.q,
            None if powers is None else powers.astype(np.uint64),
            threads,
            progress,
        )
        n, unit = self.n, log(self.q)
        means = [Fraction(total, comb(n, j)) for j, total in enumerate(totals)]
        steps = [after - before for before, after in pairwise(means)]
        return InformationCurve._made(
            np.array([unit * float(mean) for mean in means]),
            np.array([unit * float(step) for step in steps]),
            np.array([unit * float(steps[0] - step) for step in steps]),
            method="enumeration",
        )

    def _log_prob(self, x: Codes) -> Floats:
        message = x[:, np.argmax(self._basis != 0, axis=1)]
        word = (self._field.combine(message, self._basis) == x).all(axis=1)
        return np.where(word, -self.entropy(), -np.inf)

    def _sample(self, size: int, generator: np.random.Generator) -> Codes:
        message = generator.integers(self.q, size=(size, self.dimension))
        return self._field.combine(message, self._basis)

    def _solved(self, mask: Mask) -> tuple[Codes, Codes]:
        """Bases reduced on the revealed tokens, one a mask, and their pivots."""
        bases = np.repeat(self._basis[None], len(mask), axis=0)
        return bases, self._field.reduce(bases, ~mask)

    def _words(self, x: Codes, bases: Codes, pivots: Codes) -> Codes:
        """A word that agrees with `x` wherever a word can, for each query."""
        message = np.where(pivots >= 0, np.take_along_axis(x, pivots, axis=1), 0)
        words = np.zeros_like(x)
        for k in range(self.dimension):
            words = self._field.add(words, self._field.multiply(message[:, k, None], bases[:, k]))
        return words

    def _blocks(self, mask: Mask) -> list[npt.NDArray[np.intp]]:
        return query_blocks(len(mask), self.n * max(1, self.dimension), SOLVED_ENTRIES)

    def _log_evidence(self, x: Codes, mask: Mask) -> Floats:
        logs = np.empty(len(x))
        for block in self._blocks(mask):
            bases, pivots = self._solved(mask[block])
            words = self._words(x[block], bases, pivots)
            possible = ((words == x[block]) | mask[block]).all(axis=1)
            rank = (pivots >= 0).sum(axis=1)
            logs[block] = np.where(possible, -rank * log(self.q), -np.inf)
        return logs

    def _conditional_marginals(self, x: Codes, mask: Mask, marginals: Floats) -> Mask:
        possible = np.ones(len(x), dtype=bool)
        for block in self._blocks(mask):
            bases, pivots = self._solved(mask[block])
            words = self._words(x[block], bases, pivots)
            possible[block] = ((words == x[block]) | mask[block]).all(axis=1)
            # What is still open are the words that vanish on all revealed tokens.
            still_open = ((bases != 0) & (pivots < 0)[:, :, None]).any(axis=1)
            rows = np.where(still_open[:, :, None], 1.0 / self.q, np.zeros(self.q))
            query, token = np.nonzero(~still_open)
            rows[query, token, words[query, token]] = 1.0
            marginals[block] = rows
        return possible


def random_linear_code(n: int, k: int, q: int, seed: Seed = None) -> LinearCode:
    """Draw a linear code: the span of `k` independent uniform words.

    Parameters
    ----------
    n : int
        Number of tokens, at least 1.
    k : int
        Number of words, ``0 .. n``; the dimension is less with a small probability.
    q : int
        Size of the field, as for `LinearCode`.
    seed : int or numpy.random.Generator, optional
        The same seed gives the same code.

    Raises
    ------
    TypeError, ValueError
        If `n`, `k` or `q` is not a whole number or out of range.
    ImportError
        As for `LinearCode`.

    Examples
    --------
    >>> random_linear_code(12, 6, 3, seed=0).dimension
    6
    """
    n = checked_size(n, "n")
    k = checked_size(k, "k", 0, n, " (n)")
    q = Field(q).q
    return LinearCode(_check.generator(seed).integers(q, size=(k, n)), q)
