"""The least error at every number of steps."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .. import _core
from .._curve import Curve
from .._schedule import Schedule, steps_text
from ._arguments import check_curve, checked_steps
from ._optimal import optimal


@dataclass(frozen=True, eq=False, repr=False)
class Frontier:
    """The least error at every number of steps; made by `frontier`.

    Attributes
    ----------
    curve : InformationCurve or CrossEntropyCurve
        What it belongs to.
    excess : ndarray of float64, shape (max_steps,)
        ``excess[k - 1]`` is what the best schedule of at most ``k`` steps costs above revealing one
        token at a time, in nats. For an `InformationCurve` that is its expected KL.
    """

    curve: Curve
    excess: npt.NDArray[np.float64]

    @property
    def steps(self) -> npt.NDArray[np.int64]:
        """Numbers of steps: ``1 .. max_steps``."""
        return np.arange(1, len(self.excess) + 1)

    @property
    def expected_kl(self) -> npt.NDArray[np.float64]:
        """Expected KL of the best schedule with at most ``k`` steps, ``k = 1 .. max_steps``."""
        return self.curve.excess_offset + self.excess

    def schedule(self, steps: int) -> Schedule:
        """Return the best schedule with at most so many steps."""
        return optimal(self.curve, steps=steps)

    def __len__(self) -> int:
        return len(self.excess)

    def __iter__(self) -> Iterator[tuple[int, float]]:
        """Pairs of a number of steps and its excess."""
        return zip(self.steps.tolist(), self.excess.tolist(), strict=True)

    def __repr__(self) -> str:
        return (
            f"<Frontier n={self.curve.n}, {steps_text(len(self))}: excess {self.excess[0]:.6g} to "
            f"{self.excess[-1]:.6g} nats>"
        )

    def _repr_html_(self) -> str:
        from .. import _html

        return _html.by_steps(repr(self), {"excess": self.excess})


def frontier(
    curve: Curve,
    max_steps: int | None = None,
    *,
    progress: Callable[[float], object] | None = None,
) -> Frontier:
    """Compute the error of the best schedule for every number of steps.

    Parameters
    ----------
    curve : InformationCurve or CrossEntropyCurve
        What the schedules are for.
    max_steps : int, optional
        Up to so many steps, in ``1..n``; ``n`` by default.
    progress : callable, optional
        Called now and then with the fraction of the work done.

    Returns
    -------
    Frontier
        ``O(n max_steps)`` time for a non-increasing curve, ``O(n)`` memory.

    Raises
    ------
    ValueError
        If `max_steps` is outside ``1..n``, or the work predicted is out of reach.

    Examples
    --------
    >>> from unmask import InformationCurve
    >>> curve = InformationCurve.from_conditional_entropies([1.0, 0.5, 0.25, 0.25])
    >>> frontier(curve).expected_kl
    array([2. , 0.5, 0. , 0. ])
    """
    check_curve(curve)
    _, max_steps = checked_steps(curve.n, curve.n if max_steps is None else max_steps, "max_steps")
    excess = _core.schedule_frontier(curve.h, max_steps, progress)
    excess.flags.writeable = False
    return Frontier(curve, excess)
