"""Policies that reveal the first tokens in the order of a score."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ...distributions._base import Floats, Mask
from ._policy import DeterministicPolicy


@dataclass(frozen=True, repr=False)
class Ranked(DeterministicPolicy):
    """Reveals the first of the masked tokens in the order of a score."""

    @abstractmethod
    def _scores(self, marginals: Floats) -> Floats:
        """The larger, the earlier, in units; shape (batch, n)."""

    @abstractmethod
    def _admitted(self, scores: Floats, masked: npt.NDArray[np.intp], n: int) -> Floats | Mask:
        """Whether each place is revealed, given the scores in falling order; ``True`` first."""

    def select(self, marginals: Floats, mask: Mask) -> Mask:
        """Choose the tokens that are revealed; see `DeterministicPolicy.select`."""
        self._check_n(mask.shape[1])
        scores = np.where(mask, self._scores(marginals), -np.inf)
        order = np.argsort(-scores, axis=1, kind="stable")
        masked = mask.sum(axis=1)
        admitted = self._admitted(np.take_along_axis(scores, order, axis=1), masked, mask.shape[1])
        # The first place not admitted ends the prefix; there is at least one token.
        prefix = np.logical_and.accumulate(admitted, axis=1)
        prefix[:, 0] = True
        chosen = np.zeros_like(mask)
        np.put_along_axis(chosen, order, prefix, axis=1)
        return chosen & mask
