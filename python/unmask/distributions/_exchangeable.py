"""Laws that do not care about order."""

from __future__ import annotations

import functools
from collections.abc import Callable
from functools import cached_property
from typing import Any, Self, final

import numpy as np
import numpy.typing as npt

from .. import _check, _core
from .._information_curve import InformationCurve
from ._base import Codes, Floats, Mask
from ._checks import checked_floats, checked_number, checked_probabilities, checked_size
from ._compositions import Wide, compositions, log_factorials, log_ways
from ._same_alphabet import SameAlphabet

#: Cells of compositions by queries that are held at the same time.
QUERIED_CELLS = 1 << 20


@final
class Exchangeable(SameAlphabet):
    r"""A law that is the same in every order of its tokens.

    All that matters is how often each letter occurs: given that, every arrangement is equally
    likely.

    Parameters
    ----------
    count_pmf : array_like of float, shape (n + 1,) or (n + 1,) * (q - 1)
        Binary tokens: ``count_pmf[c]`` is the probability of ``c`` ones. ``q`` letters:
        ``count_pmf[c_1, .., c_{q-1}]`` is that of ``c_a`` times the letter ``a``, letter 0 taking
        the rest. The sum must be one within 1e-6 and is divided out.

    Raises
    ------
    TypeError, ValueError
        If the axes differ in length or leave no token, an entry is negative, counts above ``n``
        have positive probability, or the sum is off.
    MemoryError
        If the curve needs more memory than there is.

    Notes
    -----
    The curve takes ``n**2 / 2`` terms for binary tokens and ``C(n + q, q)`` for ``q`` letters, by
    thinning the law of the counts token by token:
    :math:`h_j = H(C_{j+1}) - H(C_j) + E H(C_{j+1} / (j+1))` with entropies of counts that are at
    most ``(q - 1) log(n + 1)``, not of sequences. Absolute error of ``h`` and ``Z``: a few 1e-15
    times ``1 + log n``; smaller steps are taken for rounding and levelled. A query takes ``O(n)``
    for binary tokens.

    Examples
    --------
    >>> import unmask
    >>> pair = Exchangeable([0.25, 0.5, 0.25])
    >>> pair.total_correlation()
    0.0
    >>> round(Exchangeable.one_hot(100).entropy(), 6) == round(float(np.log(100)), 6)
    True
    """

    def __init__(self, count_pmf: npt.ArrayLike) -> None:
        pmf = checked_probabilities(count_pmf, "count_pmf", None)
        n = pmf.shape[0] - 1
        if n < 1 or set(pmf.shape) != {n + 1}:
            raise ValueError(
                f"count_pmf: has shape {pmf.shape}, expected (n + 1,) * (q - 1) with n >= 1"
            )
        super().__init__(n, pmf.ndim + 1)
        self._pmf = pmf
        sums = functools.reduce(np.add, np.ogrid[(slice(n + 1),) * pmf.ndim])
        beyond = np.argwhere((sums > n) & (pmf > 0.0))
        if len(beyond):
            where = tuple(int(c) for c in beyond[0])
            raise ValueError(
                f"count_pmf: entry {where} is {pmf[where]}, expected 0 as these counts "
                f"sum to more than n = {n}"
            )

    @classmethod
    def iid_mixture(cls, weights: npt.ArrayLike, probs: npt.ArrayLike, n: int) -> Self:
        """Draw one of several coins or dice, then throw it ``n`` times.

        Parameters
        ----------
        weights : array_like of float, shape (m,)
            Probability of each; sum one.
        probs : array_like of float, shape (m,) or (m, q)
            Probability of a one, or of each letter.
        n : int
            Number of tokens.

        Raises
        ------
        TypeError, ValueError
            If weights or letters do not sum to one, shapes do not fit, or a probability is outside
            of 0..1.

        Examples
        --------
        >>> law = Exchangeable.iid_mixture([0.5, 0.5], [0.1, 0.9], 64)
        >>> bool(law.dual_total_correlation() <= np.log(2))
        True
        """
        w = checked_probabilities(weights, "weights")
        p = checked_floats(probs, "probs")
        if p.ndim == 1:
            if ((p < 0) | (p > 1)).any():
                raise ValueError(f"probs: is {p}, expected probabilities in 0..1")
            p = np.column_stack((1.0 - p, p))
        p = checked_probabilities(p, "probs")
        if w.ndim != 1 or p.ndim != 2 or len(p) != len(w) or p.shape[1] < 2:
            raise ValueError(
                f"probs: has shape {np.shape(probs)}, expected ({len(w)},) or ({len(w)}, q) "
                "as weights has"
            )
        n = checked_size(n, "n")
        counts = compositions(n, p.shape[1])
        total = np.full(len(counts), -np.inf, dtype=Wide)
        with np.errstate(divide="ignore", invalid="ignore"):
            for weight, letters in zip(np.log(w.astype(Wide)), np.log(p.astype(Wide)), strict=True):
                part = np.full(len(counts), weight)
                for count, letter in zip(counts.T, letters, strict=True):
                    part += np.where(count == 0, 0.0, count * letter)
                total = np.logaddexp(total, part)
        return cls._of_log(n, counts, total + log_ways(n, counts))

    @classmethod
    def polya_urn(cls, counts: npt.ArrayLike, n: int, *, added: float = 1.0) -> Self:
        """Draw balls from an urn; each goes back with ``added`` more of its colour.

        The beta-binomial law for two colours, the Dirichlet-multinomial law for more.

        Parameters
        ----------
        counts : array_like of float, shape (q,)
            Balls of each colour at the start, each positive.
        n : int
            Number of draws.
        added : float
            Balls added after each draw, positive.

        Raises
        ------
        TypeError, ValueError
            If there are fewer than two colours, or a number is not positive.

        Examples
        --------
        >>> float(Exchangeable.polya_urn([1, 1], 10).log_prob([0] * 10).round(6))
        -2.397895
        """
        balls = checked_floats(counts, "counts")
        if balls.ndim != 1 or len(balls) < 2 or (balls <= 0).any():
            raise ValueError(f"counts: is {counts!r}, expected two or more positive numbers")
        added = checked_number(added, "added")
        if added <= 0:
            raise ValueError(f"added: is {added}, expected a positive number")
        n = checked_size(n, "n")
        drawings = compositions(n, len(balls))
        drawn = np.arange(n, dtype=Wide)
        log_weights = log_ways(n, drawings)
        for colour, count in zip(drawings.T, balls, strict=True):
            rising = np.concatenate(([Wide(0)], np.cumsum(np.log(count + added * drawn))))
            log_weights = log_weights + rising[colour]
        return cls._of_log(n, drawings, log_weights)

    @classmethod
    def curie_weiss(cls, n: int, beta: float, field: float = 0.0) -> Self:
        r"""Make the mean-field model of a magnet.

        ``P(x)`` is proportional to :math:`\exp(\beta M^2 / 2n + b M)` with the field ``b`` and the
        magnetisation :math:`M = \sum_i (2 x_i - 1)`.

        Parameters
        ----------
        n : int
            Number of spins.
        beta : float
            Inverse temperature; the model orders above 1.
        field : float
            External field, in units of the temperature.

        Raises
        ------
        TypeError, ValueError
            If a number is not finite or `n` is below 1.

        Examples
        --------
        >>> Exchangeable.curie_weiss(50, 0.0).total_correlation()
        0.0
        """
        n = checked_size(n, "n")
        beta, field = checked_number(beta, "beta"), checked_number(field, "field")
        counts = compositions(n, 2)
        magnet = (2 * counts[:, 1] - n).astype(Wide)
        energy = Wide(beta) * magnet**2 / (2 * n) + Wide(field) * magnet
        return cls._of_log(n, counts, energy + log_ways(n, counts))

    @classmethod
    def one_hot(cls, n: int) -> Self:
        """Make exactly one of ``n`` tokens a one, each equally likely.

        Examples
        --------
        >>> Exchangeable.one_hot(4).conditional_marginals([0] * 4, [False, True, True, True])[1]
        array([0.66666667, 0.33333333])
        """
        return cls._certain(checked_size(n, "n"), 1)

    @classmethod
    def balanced(cls, n: int) -> Self:
        """Make all strings with as many ones as zeros equally likely.

        Raises
        ------
        TypeError, ValueError
            If `n` is odd or below 2.

        Examples
        --------
        >>> round(float(np.exp(Exchangeable.balanced(4).entropy())), 9)
        6.0
        """
        n = checked_size(n, "n", 2)
        if n % 2:
            raise ValueError(f"n: is {n}, expected an even number")
        return cls._certain(n, n // 2)

    @classmethod
    def noisy_repeated_bit(cls, n: int, flip: float) -> Self:
        """Write one fair bit ``n`` times, and flip each copy with probability `flip`.

        Raises
        ------
        TypeError, ValueError
            If `flip` is outside of 0..1 or `n` below 1.

        Examples
        --------
        >>> round(Exchangeable.noisy_repeated_bit(20, 0.0).total_correlation(), 6)
        13.169796
        """
        flip = checked_number(flip, "flip")
        if not 0.0 <= flip <= 1.0:
            raise ValueError(f"flip: is {flip}, expected a probability in 0..1")
        return cls.iid_mixture([0.5, 0.5], [[1.0 - flip, flip], [flip, 1.0 - flip]], n)

    @classmethod
    def _certain(cls, n: int, ones: int) -> Self:
        """Exactly so many ones."""
        _check.memory(f"n: the counts of {n} tokens", 24.0, n + 1)
        pmf = np.zeros(n + 1)
        pmf[ones] = 1.0
        return cls(pmf)

    @classmethod
    def _of_log(cls, n: int, counts: Codes, log_weights: npt.NDArray[Any]) -> Self:
        """From unnormalised log weights of all compositions."""
        weights = np.exp(log_weights - log_weights.max())
        pmf = np.zeros((n + 1,) * (counts.shape[1] - 1))
        pmf[tuple(counts[:, 1:].T)] = (weights / weights.sum()).astype(np.float64)
        return cls(pmf)

    @property
    def count_pmf(self) -> Floats:
        """Probabilities of the counts of letters 1 and up, read-only."""
        return self._pmf

    @cached_property
    def _log_factorials(self) -> npt.NDArray[np.longdouble]:
        return log_factorials(self._n)

    @cached_property
    def _counts(self) -> Codes:
        """Compositions that occur, letter 0 first, shape (.., q)."""
        counts = np.argwhere(self._pmf > 0.0)
        return np.column_stack((self._n - counts.sum(axis=1), counts))

    @cached_property
    def _each(self) -> Floats:
        """Log probability of each sequence of a composition."""
        log_probs = np.log(self._pmf[tuple(self._counts[:, 1:].T)].astype(Wide))
        each: Floats = (log_probs - log_ways(self._n, self._counts)).astype(np.float64)
        return each

    def _information_curve(
        self, threads: int | None, progress: Callable[[float], object] | None
    ) -> InformationCurve:
        arrays = _core.exchangeable_curve(self._pmf, threads, progress)
        return InformationCurve._made(*arrays, method="polynomial")

    def _log_prob(self, x: Codes) -> Floats:
        tally = np.stack([(x == a).sum(axis=1) for a in range(self._q)], axis=1)
        table = np.full(self._pmf.shape, -np.inf)
        table[tuple(self._counts[:, 1:].T)] = self._each
        result: Floats = table[tuple(tally[:, 1:].T)]
        return result

    def _sample(self, size: int, generator: np.random.Generator) -> Codes:
        probabilities = self._pmf[tuple(self._counts[:, 1:].T)]
        which = generator.choice(len(self._counts), size, p=probabilities / probabilities.sum())
        ends = np.cumsum(self._counts[which], axis=1)
        x: Codes = (np.arange(self._n)[:, None] >= ends[:, None, :]).sum(axis=2)
        return generator.permuted(x, axis=1)

    def _log_evidence(self, x: Codes, mask: Mask) -> Floats:
        return self._answers(x, mask)[1]

    def _conditional_marginals(self, x: Codes, mask: Mask, marginals: Floats) -> Mask:
        letters, logs = self._answers(x, mask)
        marginals[:] = letters[:, None]
        possible: Mask = logs > -np.inf
        return possible

    def _answers(self, x: Codes, mask: Mask) -> tuple[Floats, Floats]:
        """Law of a masked letter and log evidence of each query."""
        revealed = np.stack([(~mask & (x == a)).sum(axis=1) for a in range(self._q)], axis=1)
        # Queries that have revealed the same letters have the same answer.
        tallies, which = np.unique(revealed, axis=0, return_inverse=True)
        letters, logs = np.zeros((len(tallies), self._q)), np.zeros(len(tallies))
        each = max(1, QUERIED_CELLS // len(self._counts))
        for first in range(0, len(tallies), each):
            block = slice(first, first + each)
            letters[block], logs[block] = self._next_letter(tallies[block])
        which = which.reshape(-1)
        return letters[which], logs[which]

    def _next_letter(self, tallies: Codes) -> tuple[Floats, Floats]:
        """Law of a masked letter given how often each was revealed, and the log of that chance."""
        left = self._counts[None] - tallies[:, None]
        fits = (left >= 0).all(axis=2)
        left = np.maximum(left, 0)
        # Of all arrangements of a composition, those that agree with the revealed tokens.
        table = self._log_factorials
        arrangements = table[left.sum(axis=2)] - table[left].sum(axis=2)
        log_weights = np.where(fits, arrangements + self._each, -np.inf)
        top = log_weights.max(axis=1, keepdims=True)
        weights = np.exp(log_weights - np.where(np.isfinite(top), top, 0.0))
        total = weights.sum(axis=1, keepdims=True)
        masked = np.maximum(self._n - tallies.sum(axis=1, keepdims=True), 1)
        mean = (weights[..., None] * left).sum(axis=1) / masked
        with np.errstate(divide="ignore"):
            logs: Floats = (top + np.log(total)).astype(np.float64)[:, 0]
        return (mean / np.where(total > 0, total, 1.0)).astype(np.float64), logs
