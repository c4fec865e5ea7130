r"""How often letters, and pairs of letters, should be seen in samples, and how often they were.

What the claimed law says about one token is an answer of its oracle, and about a pair of tokens the
answers for each letter of the first. The count of a letter, or of a pair of letters, is then
binomial: its tail is exact at any size, and so is the interval of Clopper and Pearson.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..distributions import Distribution
from ..distributions._base import Codes, Floats, query_blocks

#: Marginal probabilities that the oracle is asked for, and pairs of letters that are counted.
MAX_ASKED, MAX_COUNTED = 1 << 27, 1 << 21

#: Marginal probabilities that a batch of queries fills in.
ANSWERED = 1 << 22


@dataclass(frozen=True)
class Events:
    """Letters at tokens; shapes (m,), and (m, 1) or (m, 2) for the tokens.

    The probability that the law claims, and in how many of `size` samples it happened.
    """

    tokens: Codes
    claimed: Floats
    counts: Floats
    size: int

    def p_values(self, special: Any) -> Floats:
        """How often a count is so far off to either side at least, if the claim is right."""
        size, count, p = self.size, self.counts, self.claimed
        with np.errstate(invalid="ignore"):
            above = np.where(count > 0, special.betainc(count, size - count + 1, p), 1.0)
            below = np.where(count < size, special.betainc(size - count, count + 1, 1 - p), 1.0)
        both: Floats = np.minimum(1.0, 2.0 * np.minimum(above, below))
        return both

    def intervals(self, error: float, special: Any) -> tuple[Floats, Floats]:
        """What the sampler's probabilities may be, all of them but for this chance of error."""
        size, count, tail = self.size, self.counts, error / (2.0 * len(self.counts))
        with np.errstate(invalid="ignore"):
            low = np.where(count > 0, special.betaincinv(count, size - count + 1, tail), 0.0)
            high = np.where(
                count < size, special.betaincinv(count + 1, size - count, 1 - tail), 1.0
            )
        return low, high


def letters(x: Codes, distribution: Distribution) -> Events:
    """Each letter of each token."""
    size, n = x.shape
    claimed = _alone(distribution)
    counts = np.zeros(claimed.shape)
    for i in range(n):
        counts[i] = np.bincount(x[:, i], minlength=claimed.shape[1])
    token, letter = _different(np.array(distribution.alphabet_sizes))
    return Events(token[:, None], claimed[token, letter], counts[token, letter], size)


def pairs(x: Codes, distribution: Distribution, generator: np.random.Generator) -> Events | None:
    """Each pair of letters of neighbours, and of each token and a random one beside.

    Of some tokens only, where that would take too long; None for a single token.
    """
    size, n = x.shape
    if n < 2:
        return None
    sizes, alone = np.array(distribution.alphabet_sizes), _alone(distribution)
    q = alone.shape[1]
    firsts = np.arange(n)
    most = max(1, int(min(MAX_ASKED / (n * q * q), MAX_COUNTED / (2 * q * q))))
    if most < n:
        firsts = np.sort(generator.choice(n, most, replace=False))
    neighbours = np.where(firsts + 1 < n, firsts + 1, firsts - 1)
    others = (firsts + generator.integers(1, n, len(firsts))) % n
    found: list[tuple[Codes, Floats, Floats]] = []
    for rows in query_blocks(len(firsts), n * q * q, ANSWERED):
        known = np.repeat(firsts[rows], sizes[firsts[rows]])
        starts = np.cumsum(sizes[firsts[rows]]) - sizes[firsts[rows]]
        codes, mask = np.zeros((len(known), n), dtype=np.int64), np.ones((len(known), n), bool)
        given = np.arange(len(known)) - np.repeat(starts, sizes[firsts[rows]])
        codes[np.arange(len(known)), known] = given
        mask[np.arange(len(known)), known] = False
        answers = distribution.conditional_marginals(codes, mask, on_impossible="uniform")
        answers *= alone[known, given][:, None, None]
        for k, i in enumerate(firsts[rows].tolist()):
            for j in {int(neighbours[rows][k]), int(others[rows][k])}:
                claimed = answers[starts[k] : starts[k] + sizes[i], j, : sizes[j]].ravel()
                cells = x[:, i] * sizes[j] + x[:, j]
                counts = np.bincount(cells, minlength=len(claimed)).astype(np.float64)
                found.append((np.tile([i, j], (len(claimed), 1)), claimed, counts))
    tokens, claimed, counts = (np.concatenate(parts) for parts in zip(*found, strict=True))
    return Events(tokens, np.minimum(claimed, 1.0), counts, size)


def _alone(distribution: Distribution) -> Floats:
    """Law of each token by itself, shape (n, max q)."""
    n = distribution.n
    everything = np.ones(n, dtype=bool)
    return distribution.conditional_marginals(np.zeros(n, dtype=np.int64), everything)


def _different(sizes: Codes) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Tokens and letters whose counts say something else: one of two letters will do."""
    shown = np.where(sizes <= 2, sizes - 1, sizes)
    token, letter = np.nonzero(np.arange(max(1, int(shown.max()))) < shown[:, None])
    return token, letter
