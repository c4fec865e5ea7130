"""Tokens whose joint doubt is small."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ...distributions._base import Floats, Mask
from ._arguments import bounded
from ._marginals import in_units
from ._ranked import Ranked


@dataclass(frozen=True, repr=False)
class Factor(Ranked):
    """The longest prefix, surest first, with ``(m + 1) (1 - c_m) < factor`` (Fast-dLLM).

    ``c_m`` is the confidence of the ``m``-th token of the prefix. At least one token. Source: arXiv
    2505.22618.

    Parameters
    ----------
    factor : float
        At least 0, where one token is revealed at a time; `inf` for everything at once.
    temperature : float
        As in `Policy`.

    Examples
    --------
    >>> marginals = np.array([[[0.6, 0.4], [0.1, 0.9], [0.5, 0.5]]])
    >>> Factor(1.3).select(marginals, np.ones((1, 3), dtype=bool))
    array([[ True,  True, False]])
    """

    factor: float

    def __post_init__(self) -> None:
        super().__post_init__()
        bounded(self.factor, "factor", math.inf)

    def _rule(self, n: int) -> tuple[str, float, list[int]]:
        return "factor", float(self.factor), []

    def _scores(self, marginals: Floats) -> Floats:
        return in_units(marginals.max(axis=-1))

    def _admitted(self, scores: Floats, masked: npt.NDArray[np.intp], n: int) -> Mask:
        doubts = (np.arange(n) + 2) * (in_units(1.0) - scores)
        admitted: Mask = doubts < in_units(self.factor)
        return admitted
