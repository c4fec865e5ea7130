"""One token, written many times."""

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
class Repeated(SameAlphabet):
    """All tokens equal, their common letter uniform.

    One revealed token tells all: ``Z_j = log q`` for ``j >= 2``, in closed form; exact but for the
    rounding of the logarithm.

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
    >>> bit = Repeated(256, 2)
    >>> round(bit.dual_total_correlation(), 3)
    0.693
    >>> unmask.schedules.optimal(unmask.information_curve(bit), max_kl=0.5)
    Schedule([1, 255])
    """

    def _information_curve(
        self, threads: int | None, progress: Callable[[float], object] | None
    ) -> InformationCurve:
        h = np.zeros(self._n)
        h[0] = math.log(self._q)
        return direct(h, h[0] - h)

    def _log_prob(self, x: Codes) -> Floats:
        return self._log_evidence(x, np.zeros(x.shape, dtype=bool))

    def _log_evidence(self, x: Codes, mask: Mask) -> Floats:
        low, high = self._extremes(x, mask)
        return np.where(low < high, -np.inf, np.where(low > high, 0.0, -math.log(self._q)))

    def _sample(self, size: int, generator: np.random.Generator) -> Codes:
        return np.repeat(generator.integers(self._q, size=(size, 1)), self._n, axis=1)

    def _extremes(self, x: Codes, mask: Mask) -> tuple[Codes, Codes]:
        """Least and largest revealed letter: equal, or crossed where nothing is revealed."""
        return np.where(mask, self._q, x).min(axis=1), np.where(mask, -1, x).max(axis=1)

    def _conditional_marginals(self, x: Codes, mask: Mask, marginals: Floats) -> Mask:
        low, high = self._extremes(x, mask)
        known = low <= high
        marginals[~known] = 1.0 / self._q
        marginals[known, :, high[known]] = 1.0
        possible: Mask = low >= high
        return possible
