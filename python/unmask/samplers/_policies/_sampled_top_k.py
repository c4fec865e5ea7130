"""So many of the surest draws."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..._schedule import Schedule
from ...distributions._base import Codes, Floats, Mask
from ...distributions._categorical import categorical
from ._arguments import check_top_k, counts_by_revealed
from ._marginals import in_units, tempered
from ._policy import Policy


@dataclass(frozen=True, repr=False)
class SampledTopK(Policy):
    """Letters are drawn for all masked tokens, and the `top_k` surest *draws* are kept (LLaDA).

    A draw is as sure as its letter is likely, by the marginal that no temperature has changed.

    Parameters
    ----------
    top_k : int or Schedule
        As in `TopK`.
    temperature : float
        As in `Policy`; at 0 the policy is `TopK`.
    """

    top_k: int | Schedule

    def __post_init__(self) -> None:
        super().__post_init__()
        check_top_k(self.top_k)

    def _check_n(self, n: int) -> None:
        counts_by_revealed(self.top_k, n)

    def _rule(self, n: int) -> tuple[str, float, list[int]]:
        return "sampled", 0.0, counts_by_revealed(self.top_k, n).tolist()

    def _draw(
        self, marginals: Floats, mask: Mask, generator: np.random.Generator
    ) -> tuple[Mask, Codes]:
        codes = np.zeros(mask.shape, dtype=np.int64)
        codes[mask] = categorical(tempered(marginals[mask], self.temperature), generator)
        drawn = np.take_along_axis(marginals, codes[..., None], axis=2)[..., 0]
        order = np.argsort(-np.where(mask, in_units(drawn), -np.inf), axis=1, kind="stable")
        n = mask.shape[1]
        counts = counts_by_revealed(self.top_k, n)[n - mask.sum(axis=1)]
        chosen = np.zeros_like(mask)
        np.put_along_axis(chosen, order, np.arange(n) < counts[:, None], axis=1)
        chosen &= mask
        return chosen, codes[chosen]
