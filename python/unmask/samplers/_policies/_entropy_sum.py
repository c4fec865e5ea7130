"""Tokens in random order, up to a budget of entropy."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from ...distributions._base import Codes, Floats, Mask
from ...distributions._categorical import categorical
from ._arguments import bounded
from ._marginals import entropies, in_units, joint_law, tempered
from ._policy import Policy

if TYPE_CHECKING:
    from ._policy import Branch


@dataclass(frozen=True, repr=False)
class EntropySum(Policy):
    """Tokens in random order until their summed entropy exceeds `budget`, the last one included.

    Whether an order goes on never depends on what comes later in it, so one order for all calls is
    the same as a new one for each.

    Parameters
    ----------
    budget : float
        In nats, at least 0; `inf` for everything at once.
    temperature : float
        As in `Policy`.
    """

    budget: float

    def __post_init__(self) -> None:
        super().__post_init__()
        bounded(self.budget, "budget", math.inf)

    def _draw(
        self, marginals: Floats, mask: Mask, generator: np.random.Generator
    ) -> tuple[Mask, Codes]:
        order = np.argsort(np.where(mask, generator.random(mask.shape), np.inf), axis=1)
        sums = np.cumsum(np.take_along_axis(entropies(marginals) * mask, order, axis=1), axis=1)
        within = sums <= in_units(self.budget)
        goes_on = np.concatenate((np.ones((len(sums), 1), dtype=bool), within[:, :-1]), axis=1)
        chosen = np.zeros_like(mask)
        np.put_along_axis(chosen, order, goes_on, axis=1)
        chosen &= mask
        return chosen, categorical(tempered(marginals[chosen], self.temperature), generator)

    def _branches(self, marginals: Floats, mask: Mask, sizes: Sequence[int]) -> Iterator[Branch]:
        masked, limit = np.flatnonzero(mask).tolist(), in_units(self.budget)
        entropy, m = entropies(marginals), len(masked)
        for size in range(1, m + 1):
            # Of all orders, the share that starts with these tokens and this one of them last.
            share = 1.0 / (size * math.comb(m, size))
            for tokens in combinations(masked, size):
                each = entropy[:, tokens]
                total = each.sum(axis=1)
                last = (total[:, None] - each <= limit).sum(axis=1) * share
                chance = np.where(total > limit, last, 1.0 if size == m else 0.0)
                rows = np.flatnonzero(chance)
                if len(rows):
                    joint = joint_law(marginals[rows], tokens, sizes, self.temperature)
                    yield rows, tokens, chance[rows, None] * joint
