"""Two sequences side by side."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Hashable
from functools import cached_property
from typing import TYPE_CHECKING, final

import numpy as np

from .._information_curve import InformationCurve
from ._base import Codes, Distribution, Floats, Mask
from ._checks import checked_distribution
from ._closed import direct

if TYPE_CHECKING:
    from ._empirical import Empirical

#: Ways to find a curve, from the most explicit; a curve made of two is as explicit as the lesser.
METHODS = ("closed form", "polynomial", "enumeration")


@final
class Paired(Distribution):
    """Tuple tokens ``(X_i, Y_i)`` of two independent sequences.

    The curves add. A code stands for the pair ``code = x * q_y + y``.

    Parameters
    ----------
    first, second : Distribution
        For as many tokens each.

    Raises
    ------
    TypeError, ValueError
        If they are not distributions or differ in length.

    Notes
    -----
    As fast as the two curves are, and with their errors.

    Examples
    --------
    >>> from unmask.distributions import Repeated, ZeroSum
    >>> both = Paired(Repeated(5, 2), ZeroSum(5, 3))
    >>> both.alphabet_sizes
    (6, 6, 6, 6, 6)
    >>> both.alphabets[0][4]
    (1, 1)
    """

    def __init__(self, first: Distribution, second: Distribution) -> None:
        first = checked_distribution(first, "first")
        second = checked_distribution(second, "second")
        if first.n != second.n:
            raise ValueError(f"second: has {second.n} tokens, expected as many as first, {first.n}")
        self._first, self._second = first, second
        self._inner = np.array(second.alphabet_sizes, dtype=np.int64)

    @cached_property
    def alphabets(self) -> tuple[tuple[tuple[Hashable, Hashable], ...], ...]:
        """The pairs of letters of each token."""
        both = zip(self._first.alphabets, self._second.alphabets, strict=True)
        return tuple(tuple(itertools.product(a, b)) for a, b in both)

    @cached_property
    def alphabet_sizes(self) -> tuple[int, ...]:
        """Number of pairs of letters of each token."""
        both = zip(self._first.alphabet_sizes, self._second.alphabet_sizes, strict=True)
        return tuple(a * b for a, b in both)

    @property
    def parts(self) -> tuple[Distribution, Distribution]:
        """The two sequences."""
        return self._first, self._second

    def _information_curve(
        self, threads: int | None, progress: Callable[[float], object] | None
    ) -> InformationCurve:
        a = self._first._exact_curve(threads, progress)
        b = self._second._exact_curve(threads, progress)
        method, coverage = lesser(a.method, b.method), least(a.coverage, b.coverage)
        return direct(a.h + b.h, a.z + b.z, method, coverage, common_estimator(a, b))

    def _coverage(self, leaf: Callable[[Empirical], Floats]) -> Floats | None:
        return least(self._first._coverage(leaf), self._second._coverage(leaf))

    def _log_prob(self, x: Codes) -> Floats:
        return self._first._log_prob(x // self._inner) + self._second._log_prob(x % self._inner)

    def _log_evidence(self, x: Codes, mask: Mask) -> Floats:
        first = self._first._log_evidence(x // self._inner, mask)
        return first + self._second._log_evidence(x % self._inner, mask)

    def _sample(self, size: int, generator: np.random.Generator) -> Codes:
        x = self._first._sample(size, generator)
        return x * self._inner + self._second._sample(size, generator)

    def _conditional_marginals(self, x: Codes, mask: Mask, marginals: Floats) -> Mask:
        parts = []
        possible = np.ones(len(x), dtype=bool)
        for law, codes in ((self._first, x // self._inner), (self._second, x % self._inner)):
            rows = np.zeros((*x.shape, max(law.alphabet_sizes)))
            possible &= law._conditional_marginals(codes, mask, rows)
            parts.append(rows)
        for q in np.unique(self._inner):
            tokens = np.flatnonzero(self._inner == q)
            outer = parts[0][:, tokens, :, None] * parts[1][:, tokens, None, :q]
            cells = outer.shape[2] * int(q)
            pairs = outer.reshape(len(x), len(tokens), cells)[:, :, : marginals.shape[2]]
            marginals[:, tokens, : pairs.shape[2]] = pairs
        return possible


def common_estimator(*curves: InformationCurve) -> str | None:
    """How entropies of samples among the parts were estimated; the first way, if there are more."""
    return next((one.estimator for one in curves if one.estimator is not None), None)


def least(*coverages: Floats | None) -> Floats | None:
    """Coverage of what is made of parts: that of the worst of those that come from samples."""
    known = [coverage for coverage in coverages if coverage is not None]
    return np.minimum.reduce(known) if known else None


def lesser(*methods: str) -> str:
    """Return the method of a curve made of curves found by these."""
    others = [method for method in methods if method not in METHODS]
    return others[0] if others else max(methods, key=METHODS.index)
