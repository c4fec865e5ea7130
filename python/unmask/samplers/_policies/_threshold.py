"""All tokens that are sure enough."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ...distributions._base import Floats, Mask
from ._arguments import bounded
from ._marginals import in_units
from ._ranked import Ranked


@dataclass(frozen=True, repr=False)
class Threshold(Ranked):
    """All tokens whose confidence is at least `threshold`, or the surest one (Fast-dLLM).

    Source: arXiv 2505.22618.

    Parameters
    ----------
    threshold : float
        In 0..1. At 0 everything is revealed at once, at 1 what is certain or else one token.
    temperature : float
        As in `Policy`.

    Examples
    --------
    >>> marginals = np.array([[[0.6, 0.4], [0.1, 0.9], [0.5, 0.5]]])
    >>> Threshold(0.55).select(marginals, np.ones((1, 3), dtype=bool))
    array([[ True,  True, False]])
    """

    threshold: float

    def __post_init__(self) -> None:
        super().__post_init__()
        bounded(self.threshold, "threshold", 1.0)

    def _rule(self, n: int) -> tuple[str, float, list[int]]:
        return "threshold", float(self.threshold), []

    def _scores(self, marginals: Floats) -> Floats:
        return in_units(marginals.max(axis=-1))

    def _admitted(self, scores: Floats, masked: npt.NDArray[np.intp], n: int) -> Mask:
        admitted: Mask = scores >= in_units(self.threshold)
        return admitted
