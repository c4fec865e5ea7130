r"""What a plan costs, where entropies are out of reach and the oracle is exact: by samples.

With ``x`` drawn from the law :math:`\mu`, the log ratio

    r(x) = log mu(x) - sum_t sum_{i in S_t} log mu(x_i | x_{S_<t})

has the mean ``KL(mu || nu^S)``. All plans are compared on the same samples, so that what they have
in common cancels; of a plan without error every ratio is zero.
"""

from __future__ import annotations

import math
import time
from functools import lru_cache

import numpy as np

from ..distributions import Distribution
from ..distributions._base import Floats, query_blocks
from ._entropies import ROUNDING, Costs, tokens

#: Marginal probabilities that a batch of queries fills in.
ANSWERED = 1 << 22

#: Log probabilities of conditionals that are remembered: 256 MB.
REMEMBERED = 1 << 25


class SampledCosts(Costs):
    """Costs by the mean log probabilities of samples; one oracle call for each set of tokens."""

    def __init__(
        self, distribution: Distribution, samples: int, generator: np.random.Generator
    ) -> None:
        self._law = distribution
        self._x = distribution.sample(samples, seed=generator)
        self._logs = distribution.log_prob(self._x)
        scale = max(1.0, float(np.abs(self._logs).max()))
        self._rounding = ROUNDING * scale * (2 + 2 * distribution.n)
        self._losses = lru_cache(max(2, REMEMBERED // self._x.size))(self._asked)
        self._means = lru_cache(None)(lambda known: self._losses(known).mean(axis=0))
        self._evidence = lru_cache(None)(self._asked_evidence)

    def _mask(self, known: int) -> np.typing.NDArray[np.bool_]:
        return np.array([not known >> i & 1 for i in range(self._law.n)])

    def _asked(self, known: int) -> Floats:
        """Minus log probability of each token given the known ones, shape (samples, n)."""
        n, letters = self._law.n, max(self._law.alphabet_sizes)
        losses = np.empty((len(self._x), n))
        mask = self._mask(known)
        for rows in query_blocks(len(losses), n * letters, ANSWERED):
            x = self._x[rows]
            marginals = self._law.conditional_marginals(x, mask)
            losses[rows] = -np.log(np.take_along_axis(marginals, x[..., None], axis=2)[..., 0])
        return losses

    def _asked_evidence(self, known: int) -> float:
        mask = np.broadcast_to(self._mask(known), self._x.shape)
        return -float(self._law._log_evidence(np.where(mask, 0, self._x), mask).mean())

    def apart(self, known: int, block: int) -> float:
        """As in the base class."""
        return float(self._means(known)[list(tokens(block))].sum())

    def block_cost(self, known: int, block: int) -> float:
        """As in the base class; never below zero."""
        cost = self.apart(known, block) - self._evidence(known | block) + self._evidence(known)
        return cost if cost > self._rounding else 0.0

    def cost(self, blocks: list[int]) -> float:
        """As in the base class; never below zero."""
        known, costs = 0, [float(self._logs.mean())]
        for block in blocks:
            costs.append(self.apart(known, block))
            known |= block
        cost = math.fsum(costs)
        return cost if cost > self._rounding else 0.0

    def estimate(self, blocks: list[int]) -> tuple[float, float]:
        """KL divergence without bias, and its standard error; zeros where every ratio is zero."""
        known, ratios = 0, self._logs.copy()
        for block in blocks:
            ratios += self._losses(known)[:, list(tokens(block))].sum(axis=1)
            known |= block
        if np.abs(ratios).max() <= self._rounding:
            return 0.0, 0.0
        return float(ratios.mean()), float(ratios.std(ddof=1) / math.sqrt(len(ratios)))

    def seconds(self) -> float:
        """How long an oracle call about all samples takes, by one with half the tokens known."""
        start = time.perf_counter()
        self._asked((1 << self._law.n // 2) - 1)
        return time.perf_counter() - start
