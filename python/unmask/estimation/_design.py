"""Which sequences are masked where.

Each sequence gets one random order of its tokens and is scored with several prefixes of it
revealed: nested sets, and the same sequence at all of them, so that what makes it hard or easy
cancels from differences between counts. The counts of a sequence are spread evenly, one in each of
as many strata, and over sequences each count of the grid is visited equally often. All is a
function of the seed and of the number of the pass: whoever goes on where another stopped gets what
one would have got.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from ._tensor import Codes

#: Passes of one sequence. More of them share its effect, fewer leave more sequences to average.
DEPTH = 12

#: Sequences that should be behind each count of the grid.
VISITS = 8

#: Steps of the golden ratio spread numbers evenly over the unit interval however many there are.
GOLDEN = (5**0.5 - 1) / 2


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

    @property
    def depth(self) -> int:
        """Passes of one sequence."""
        return min(DEPTH, len(self.grid))

    def sequence(self, group: int) -> int:
        """Which sequence, each once before any is taken again."""
        epoch, place = divmod(group, self.sequences)
        return int(_shuffled(self.seed, epoch, self.sequences)[place])

    def ranks(self, group: int) -> Codes:
        """When each token is revealed, 0 first."""
        return np.random.default_rng([self.seed, 0, group]).permutation(self.n)

    def count(self, number: int) -> int:
        """Tokens revealed in a pass."""
        group, stratum = divmod(number, self.depth)
        offset = (np.random.default_rng([self.seed, 2]).random() + group * GOLDEN) % 1.0
        place = int((stratum + offset) * len(self.grid) / self.depth)
        return int(self.grid[min(place, len(self.grid) - 1)])


def grid_of(n: int, passes: int) -> Codes:
    """Counts to visit: all of them if passes suffice, otherwise some, denser towards both ends."""
    size = min(n, max(2, passes // VISITS))
    if size == n:
        return np.arange(n)
    angles = np.linspace(0.0, np.pi, size)
    return np.unique(np.rint((n - 1) * (1 - np.cos(angles)) / 2).astype(np.int64))


@lru_cache(maxsize=4)
def _shuffled(seed: int, epoch: int, count: int) -> Codes:
    return np.random.default_rng([seed, 1, epoch]).permutation(count)
