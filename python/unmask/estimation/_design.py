"""Which sequences are masked where.

Each sequence gets one random order of its tokens and is scored with the same numbers of them
revealed, from its start: nested sets, and the same sequence at all counts, so that what makes it
hard or easy cancels from differences between counts. All is a function of the seed and of the
number of the pass: whoever goes on where another stopped gets what one would have got.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from .. import _check
from ._tensor import Codes

#: Counts visited by the square root of the number of passes: more would leave too few sequences for
#: each, fewer too wide gaps. 300 passes are 25 sequences at 12 counts.
COUNTS = 0.7


@dataclass(frozen=True)
class Design:
    """Nested masks.

    Attributes
    ----------
    n : int
        Tokens that are masked or revealed.
    sequences : int
        Sequences at hand.
    grid : ndarray of int64
        Counts that are visited.
    seed : int
    """

    n: int
    sequences: int
    grid: Codes
    seed: int

    def sequence(self, group: int) -> int:
        """Which sequence, each once before any is taken again."""
        epoch, place = divmod(group, self.sequences)
        return int(_shuffled(self.seed, epoch, self.sequences)[place])

    def ranks(self, group: int) -> Codes:
        """When each token is revealed, 0 first."""
        return np.random.default_rng([self.seed, 0, group]).permutation(self.n)


@lru_cache(maxsize=4)
def _shuffled(seed: int, epoch: int, count: int) -> Codes:
    return np.random.default_rng([seed, 1, epoch]).permutation(count)


def grid_of(n: int, passes: int, counts: npt.ArrayLike | None) -> Codes:
    """Counts to visit: as given, or as many as the passes are good for.

    They are closer together where few tokens are revealed: there losses fall fastest, and a pass,
    which scores many, tells most.
    """
    if counts is None:
        size = min(n, max(2, round(COUNTS * math.sqrt(passes))))
        if size == n:
            return np.arange(n)
        angles = np.linspace(0.0, np.pi / 2, size)
        return np.unique(np.rint((n - 1) * (1 - np.cos(angles))).astype(np.int64))
    given = _check.array(counts, "counts")
    if given.dtype.kind not in "iu" or given.ndim != 1 or not given.size:
        raise TypeError(
            f"counts: has dtype {given.dtype} and shape {given.shape}, expected integers, (k,)"
        )
    if given.min() < 0 or given.max() >= n:
        raise ValueError(f"counts: is {given.min()}..{given.max()}, expected within 0..{n - 1}")
    return np.unique(given).astype(np.int64)
