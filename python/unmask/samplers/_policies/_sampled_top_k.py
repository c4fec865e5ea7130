"""So many of the surest draws."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from ..._schedule import Schedule
from ...distributions._base import Codes, Floats, Mask
from ...distributions._categorical import categorical
from ._arguments import check_top_k, counts_by_revealed
from ._marginals import in_units, joint_law, tempered
from ._policy import Policy

if TYPE_CHECKING:
    from ._policy import Branch


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

    def _branches(self, marginals: Floats, mask: Mask, sizes: Sequence[int]) -> Iterator[Branch]:
        n, masked = len(mask), np.flatnonzero(mask).tolist()
        count = min(int(counts_by_revealed(self.top_k, n)[n - len(masked)]), len(masked))
        draws = tempered(marginals, self.temperature)
        # No two draws are equally sure: the lower position is before the other.
        ranks = in_units(marginals) * n + np.arange(n)[::-1, None]
        everything = np.arange(len(marginals))
        for tokens in combinations(masked, count):
            joint = joint_law(marginals, tokens, sizes, self.temperature)
            letters = np.indices([sizes[i] for i in tokens]).reshape(count, -1)
            least = ranks[:, np.array(tokens)[:, None], letters].min(axis=1)
            for j in set(masked).difference(tokens):
                later = ranks[:, j, None, : sizes[j]] < least[..., None]
                joint = joint * (later * draws[:, j, None, : sizes[j]]).sum(axis=2)
            yield everything, tokens, joint
