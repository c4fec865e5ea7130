"""Tokens in random order, up to a budget of entropy."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ...distributions._base import Codes, Floats, Mask
from ...distributions._categorical import categorical
from ._arguments import bounded
from ._marginals import entropies, in_units, tempered
from ._policy import Policy


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

    def _rule(self, n: int) -> tuple[str, float, list[int]]:
        return "budget", float(self.budget), []

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
