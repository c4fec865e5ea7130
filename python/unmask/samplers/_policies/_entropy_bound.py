"""Tokens whose entropies sum to little."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ...distributions._base import Floats, Mask
from ._arguments import bounded
from ._marginals import entropies, in_units
from ._ranked import Ranked


@dataclass(frozen=True, repr=False)
class EntropyBound(Ranked):
    """The longest prefix in order of entropy with ``sum H - max H <= gamma`` (EB-sampler).

    Source: arXiv 2505.24857.

    Parameters
    ----------
    gamma : float
        In nats, at least 0, where what is certain is revealed and one token more; `inf` for
        everything at once.
    temperature : float
        As in `Policy`.

    Examples
    --------
    >>> marginals = np.array([[[0.6, 0.4], [0.1, 0.9], [0.5, 0.5]]])
    >>> EntropyBound(0.4).select(marginals, np.ones((1, 3), dtype=bool))
    array([[ True,  True, False]])
    """

    gamma: float

    def __post_init__(self) -> None:
        super().__post_init__()
        bounded(self.gamma, "gamma", math.inf)

    def _rule(self, n: int) -> tuple[str, float, list[int]]:
        return "gamma", float(self.gamma), []

    def _scores(self, marginals: Floats) -> Floats:
        return -entropies(marginals)

    def _admitted(self, scores: Floats, masked: npt.NDArray[np.intp], n: int) -> Mask:
        sums = np.cumsum(np.where(np.isfinite(scores), -scores, 0.0), axis=1)
        # Of a prefix the last token has the largest entropy.
        others = np.concatenate((np.zeros((len(sums), 1)), sums[:, :-1]), axis=1)
        admitted: Mask = others <= in_units(self.gamma)
        return admitted
