"""Tokens that add up to zero."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import final

import numpy as np

from .._information_curve import InformationCurve
from ._base import Codes, Floats, Mask
from ._closed import direct
from ._same_alphabet import SameAlphabet


@final
class ZeroSum(SameAlphabet):
    """Uniform on the sequences whose sum is 0 modulo ``q``; even parity at ``q = 2``.

    Any ``n - 1`` tokens are independent, and together they tell the last one: ``Z_n = log q`` and
    ``Z_j = 0`` before, in closed form; exact but for the rounding of the logarithm.

    Parameters
    ----------
    n : int
        Number of tokens, at least 1.
    q : int
        Number of letters, at least 1.

    Raises
    ------
    TypeError, ValueError
        If either is not a whole number of at least 1.

    Examples
    --------
    >>> import unmask
    >>> parity = ZeroSum(256, 2)
    >>> round(parity.total_correlation(), 3)
    0.693
    >>> unmask.schedules.optimal(unmask.information_curve(parity), max_kl=0.5)
    Schedule([255, 1])
    """

    def _information_curve(
        self, threads: int | None, progress: Callable[[float], object] | None
    ) -> InformationCurve:
        h = np.full(self._n, math.log(self._q))
        h[-1] = 0.0
        return direct(h, h[0] - h)

    def _log_prob(self, x: Codes) -> Floats:
        return self._log_evidence(x, np.zeros(x.shape, dtype=bool))

    def _log_evidence(self, x: Codes, mask: Mask) -> Floats:
        masked, missing = self._left(x, mask)
        free = np.minimum(self._n - masked, self._n - 1)
        return np.where((masked > 0) | (missing == 0), -math.log(self._q) * free, -np.inf)

    def _left(self, x: Codes, mask: Mask) -> tuple[Codes, Codes]:
        """Number of masked tokens, and what they add up to."""
        missing: Codes = -np.where(mask, 0, x).sum(axis=1) % self._q
        return mask.sum(axis=1), missing

    def _sample(self, size: int, generator: np.random.Generator) -> Codes:
        x = generator.integers(self._q, size=(size, self._n))
        x[:, -1] = -x[:, :-1].sum(axis=1) % self._q
        return x

    def _conditional_marginals(self, x: Codes, mask: Mask, marginals: Floats) -> Mask:
        masked, missing = self._left(x, mask)
        marginals[masked > 1] = 1.0 / self._q
        last = np.flatnonzero(masked == 1)
        marginals[last, :, missing[last]] = 1.0
        possible: Mask = (masked > 0) | (missing == 0)
        return possible
