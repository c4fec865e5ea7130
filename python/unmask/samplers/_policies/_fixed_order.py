"""An order that is known beforehand."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from ...distributions._base import Floats, Mask
from ._policy import DeterministicPolicy


@dataclass(frozen=True, repr=False)
class FixedOrder(DeterministicPolicy):
    """The blocks of an ordered partition, one a call, whatever the marginals.

    Parameters
    ----------
    partition : sequence of iterables of int
        Every position once, as `planned_partition` finds it.
    temperature : float
        As in `Policy`.

    Examples
    --------
    >>> FixedOrder([[1], [0, 2]]).select(np.full((1, 3, 2), 0.5), np.array([[True, False, True]]))
    array([[ True, False,  True]])
    """

    partition: Sequence[Iterable[int]]

    def __post_init__(self) -> None:
        super().__post_init__()
        try:
            blocks = tuple(tuple(operator.index(i) for i in block) for block in self.partition)
        except TypeError:
            raise TypeError(
                f"partition: is {self.partition!r}, expected blocks of positions"
            ) from None
        positions = sorted(i for block in blocks for i in block)
        if not all(blocks) or not blocks or positions != list(range(len(positions))):
            raise ValueError(
                f"partition: is {blocks}, expected every position from 0 once, and no empty block"
            )
        object.__setattr__(self, "partition", blocks)

    def _check_n(self, n: int) -> None:
        positions = sum(len(tuple(block)) for block in self.partition)
        if positions != n:
            raise ValueError(f"partition: has {positions} positions, expected {n}")

    def select(self, marginals: Floats, mask: Mask) -> Mask:
        """Choose the tokens that are revealed; see `DeterministicPolicy.select`."""
        self._check_n(mask.shape[1])
        block = np.zeros(mask.shape[1], dtype=np.int64)
        for k, positions in enumerate(self.partition):
            block[list(positions)] = k
        following = np.where(mask, block, len(self.partition)).min(axis=1)
        chosen: Mask = mask & (block == following[:, None])
        return chosen
