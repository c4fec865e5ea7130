"""Curves of blocks that are revealed from left to right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .. import schedules
from .._cross_entropy_curve import CrossEntropyCurve
from .._schedule import Schedule
from ._arguments import whole

#: Operations that sharing out steps among blocks may take: seconds.
MOST_WORK = 1e9


@dataclass(frozen=True, eq=False, repr=False)
class BlockCurves:
    """Curves of blocks of equal length, revealed from left to right; made by `estimate_curve`.

    Inside a block the order is random. Expected KL adds up over blocks (chain rule), so that each
    has a schedule of its own.

    Attributes
    ----------
    curves : tuple of CrossEntropyCurve
        One for each block: losses of its tokens, with earlier blocks revealed and later ones
        masked. Estimates of different blocks are independent.
    """

    curves: tuple[CrossEntropyCurve, ...]

    @property
    def n(self) -> int:
        """Number of tokens of all blocks."""
        return len(self.curves) * self.block_length

    @property
    def block_length(self) -> int:
        """Number of tokens of a block."""
        return self.curves[0].n

    @property
    def shared(self) -> CrossEntropyCurve:
        """Mean curve of the blocks: its best schedule is the best that all of them can share."""
        count = len(self.curves)
        losses = np.mean([curve.h for curve in self.curves], axis=0)
        if any(curve.covariance is None for curve in self.curves):
            return CrossEntropyCurve(losses)
        total = sum(np.asarray(curve.covariance) for curve in self.curves)
        fewest = min(curve.sequences or 2 for curve in self.curves)
        smoothed = self.smoothed
        return CrossEntropyCurve(
            losses,
            covariance=total / count**2,
            sequences=fewest,
            smoothed=None if smoothed is None else smoothed.shared,
        )

    @property
    def smoothed(self) -> BlockCurves | None:
        """Losses of all blocks as they most likely are; ``None`` where that is not known."""
        curves = tuple(curve.smoothed for curve in self.curves if curve.smoothed is not None)
        return BlockCurves(curves) if len(curves) == len(self.curves) else None

    def _each(
        self, plan: Schedule | Sequence[Schedule], name: str = "plan"
    ) -> tuple[Schedule, ...]:
        """Return one schedule for each block."""
        if not isinstance(plan, (Schedule, Sequence)):
            kind = type(plan).__name__
            raise TypeError(f"{name}: is a {kind}, expected a Schedule, or one for each block")
        plans = (plan,) * len(self.curves) if isinstance(plan, Schedule) else tuple(plan)
        if len(plans) != len(self.curves):
            raise ValueError(f"{name}: has {len(plans)} schedules, expected {len(self.curves)}")
        return plans

    def cost(self, plan: Schedule | Sequence[Schedule]) -> float:
        """Sum of the losses of all blocks in nats: the expected KL plus the entropy of the data.

        Parameters
        ----------
        plan : Schedule or sequence of Schedule
            One for all blocks, or one for each.
        """
        pairs = zip(self.curves, self._each(plan), strict=True)
        return sum(curve.cost(one) for curve, one in pairs)

    def optimal(self, steps: int) -> list[Schedule]:
        """Find the best schedules of at most so many steps in all, one for each block.

        Parameters
        ----------
        steps : int
            At least one for each block, at most one for each token.

        Raises
        ------
        ValueError
            If `steps` is out of range.
        """
        blocks, length = len(self.curves), self.block_length
        steps = whole(steps, "steps", 1)
        if not blocks <= steps <= self.n:
            raise ValueError(f"steps: is {steps}, expected {blocks}..{self.n}")
        if blocks * steps * min(length, steps) > MOST_WORK:
            raise ValueError(
                f"steps: is {steps}, too many to share out among {blocks} blocks; expected one "
                "schedule for all, schedules.optimal(shared, steps=...)"
            )
        # Least cost of the blocks so far by steps spent, and what the last of them took of it.
        least = np.array([0.0] + [np.inf] * steps)
        taken = []
        for curve in self.curves:
            costs = schedules.frontier(curve, min(length, steps)).excess + curve.h.sum()
            ways = np.full((len(costs), steps + 1), np.inf)
            for k, cost in enumerate(costs, start=1):
                ways[k - 1, k:] = least[: steps + 1 - k] + cost
            taken.append(ways.argmin(axis=0) + 1)
            least = ways.min(axis=0)
        left = int(least.argmin())
        found = []
        for curve, share in zip(self.curves[::-1], taken[::-1], strict=True):
            found.append(schedules.optimal(curve, steps=int(share[left])))
            left -= int(share[left])
        return found[::-1]

    def __repr__(self) -> str:
        return f"<BlockCurves of {len(self.curves)} blocks of {self.block_length} tokens>"
