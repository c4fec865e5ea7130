"""Schedules by rule, and the best ones.

Every function returns a `Schedule`: step sizes in the order in which they happen, each at least
1, with sum ``n``. Argument names: ``n`` tokens, ``steps`` function evaluations, ``max_kl`` the
largest expected KL divergence in nats.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from . import _check, _core
from ._curve import Curve
from ._schedule import Schedule

__all__ = ["Frontier", "cosine", "frontier", "optimal", "uniform"]


def uniform(n: int, steps: int, *, larger: Literal["first", "last"] = "first") -> Schedule:
    """Equal steps, as equal as integers allow.

    Parameters
    ----------
    n : int
        Number of tokens.
    steps : int
        Number of steps, in ``1..n``.
    larger : {"first", "last"}
        Where ``n`` is not a multiple of ``steps``: whether the larger steps come first (the rule
        of LLaDA's sampler) or last.

    Examples
    --------
    >>> uniform(10, 4)
    Schedule([3, 3, 2, 2])
    >>> uniform(10, 4, larger="last")
    Schedule([2, 2, 3, 3])
    """
    n, steps = _checked_steps(n, steps)
    if larger not in ("first", "last"):
        raise ValueError(f"larger: is {larger!r}, expected 'first' or 'last'")
    size, rest = divmod(n, steps)
    sizes = np.full(steps, size)
    sizes[:rest] += 1
    return Schedule(sizes if larger == "first" else sizes[::-1])


def cosine(n: int, steps: int) -> Schedule:
    """Fraction still masked ``cos(pi t / 2)`` at time ``t`` (MaskGIT): small steps first.

    Cumulative counts are ``round(n (1 - cos(pi i / 2 steps)))``; empty steps are dropped, so that
    the schedule may be shorter than asked for.

    Parameters
    ----------
    n : int
        Number of tokens.
    steps : int
        Nominal number of steps, in ``1..n``.

    Examples
    --------
    >>> cosine(16, 4)
    Schedule([1, 4, 5, 6])
    """
    n, steps = _checked_steps(n, steps)
    times = np.arange(steps + 1) / steps
    revealed = np.rint(n * (1.0 - np.cos(np.pi / 2 * times))).astype(np.int64)
    revealed[-1] = n
    sizes = np.diff(revealed)
    return Schedule(sizes[sizes > 0])


def optimal(curve: Curve, *, steps: int | None = None, max_kl: float | None = None) -> Schedule:
    r"""Find the best random-order schedule for a curve.

    Give exactly one of `steps` and `max_kl`.

    Parameters
    ----------
    curve : InformationCurve or CrossEntropyCurve
        What the schedule is for.
    steps : int
        At most so many steps, in ``1..n``: the schedule with the least expected KL.
    max_kl : float
        Expected KL of at most so many nats: the schedule with the fewest steps, and among those
        the one with the least expected KL. A `CrossEntropyCurve` needs its entropy for this.

    Returns
    -------
    Schedule
        No random-order schedule does better (dynamic programming over
        ``sum_t s_t h_{N_{t-1}}``).

    Raises
    ------
    ValueError
        If neither or both are given, `steps` is outside ``1..n``, `max_kl` is negative or out of
        reach, or the work predicted is.

    Notes
    -----
    For a non-increasing curve the least error is convex in the number of steps, and a price for
    each step finds one schedule in ``O(n log n)``. Otherwise ``O(n steps log n)``.

    Examples
    --------
    >>> from unmask import InformationCurve
    >>> curve = InformationCurve.from_conditional_entropies([0.7, 0.0, 0.0, 0.0])
    >>> optimal(curve, max_kl=0)
    Schedule([1, 3])
    >>> optimal(curve, steps=3)
    Schedule([1, 1, 2])
    """
    _check_curve(curve)
    if (steps is None) == (max_kl is None):
        raise ValueError("steps, max_kl: expected exactly one of the two")
    if steps is not None:
        _, steps = _checked_steps(curve.n, steps)
        return Schedule(_core.schedule_with_steps(curve.h, steps))
    max_excess = _check.amount(max_kl, "max_kl") - curve.excess_offset
    best = Schedule(_core.schedule_with_steps(curve.h, curve.n))
    if curve._excess(best) > max_excess:
        raise ValueError(
            f"max_kl: is {max_kl}, and the least that can be reached is {curve.expected_kl(best)!r}"
        )
    return Schedule(_core.schedule_with_tolerance(curve.h, max_excess))


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
            f"<Frontier n={self.curve.n}, {len(self)} steps: excess {self.excess[0]:.6g} to "
            f"{self.excess[-1]:.6g} nats>"
        )


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
    _check_curve(curve)
    _, max_steps = _checked_steps(curve.n, curve.n if max_steps is None else max_steps, "max_steps")
    excess = _core.schedule_frontier(curve.h, max_steps, progress)
    excess.flags.writeable = False
    return Frontier(curve, excess)


def _check_curve(curve: object) -> None:
    if not isinstance(curve, Curve):
        raise TypeError(
            f"curve: is a {type(curve).__name__}, expected an InformationCurve or a "
            "CrossEntropyCurve"
        )


def _checked_steps(n: int, steps: int, name: str = "steps") -> tuple[int, int]:
    """Whole numbers with ``1 <= steps <= n``."""
    checked = []
    for argument, value in (("n", n), (name, steps)):
        try:
            checked.append(operator.index(value))
        except TypeError:
            kind = type(value).__name__
            raise TypeError(f"{argument}: is a {kind}, expected an integer") from None
    n, steps = checked
    if n < 1:
        raise ValueError(f"n: is {n}, expected at least 1 token")
    if not 1 <= steps <= n:
        raise ValueError(f"{name}: is {steps}, expected 1..{n}")
    return n, steps
