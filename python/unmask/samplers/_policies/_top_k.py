"""So many of the surest tokens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from ..._schedule import Schedule
from ...distributions._base import Floats, Mask
from ._arguments import check_top_k, counts_by_revealed
from ._marginals import entropies, in_units
from ._ranked import Ranked

Score = Literal["confidence", "margin", "entropy"]


@dataclass(frozen=True, repr=False)
class TopK(Ranked):
    """The surest `top_k` tokens (MaskGIT, LLaDA).

    Parameters
    ----------
    top_k : int or Schedule
        How many in each call, fewer at the end; or the sizes of a schedule, one a call.
    score : {"confidence", "margin", "entropy"}
        Surest: largest probability of a letter, largest lead over the second, or least entropy.
    temperature : float
        As in `Policy`.

    Examples
    --------
    >>> marginals = np.array([[[0.6, 0.4], [0.1, 0.9], [0.5, 0.5]]])
    >>> TopK(2).select(marginals, np.ones((1, 3), dtype=bool))
    array([[ True,  True, False]])
    """

    top_k: int | Schedule
    score: Score = "confidence"

    def __post_init__(self) -> None:
        super().__post_init__()
        check_top_k(self.top_k)
        if self.score not in get_args(Score):
            raise ValueError(
                f"score: is {self.score!r}, expected 'confidence', 'margin' or 'entropy'"
            )

    def _check_n(self, n: int) -> None:
        counts_by_revealed(self.top_k, n)

    def _rule(self, n: int) -> tuple[str, float, list[int]]:
        return self.score, 0.0, counts_by_revealed(self.top_k, n).tolist()

    def _scores(self, marginals: Floats) -> Floats:
        if self.score == "entropy":
            return -entropies(marginals)
        if self.score == "confidence" or marginals.shape[-1] == 1:
            return in_units(marginals.max(axis=-1))
        top = np.partition(marginals, -2, axis=-1)
        return in_units(top[..., -1] - top[..., -2])

    def _admitted(self, scores: Floats, masked: npt.NDArray[np.intp], n: int) -> Mask:
        counts = counts_by_revealed(self.top_k, n)[n - masked]
        admitted: Mask = np.arange(n) < counts[:, None]
        return admitted
