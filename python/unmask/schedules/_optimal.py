"""The best schedule for a curve."""

from __future__ import annotations

from .. import _check, _core
from .._curve import Curve
from .._schedule import Schedule
from ._arguments import check_curve, checked_steps


def optimal(curve: Curve, *, steps: int | None = None, max_kl: float | None = None) -> Schedule:
    r"""Find the best random-order schedule for a curve.

    Give exactly one of `steps` and `max_kl`.

    Parameters
    ----------
    curve : InformationCurve or CrossEntropyCurve
        What the schedule is for.
    steps : int
        So many steps, in ``1..n``: the schedule with the least expected KL. Exactly so many if the
        curve never increases, as another step then never hurts; otherwise at most so many.
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
        If neither or both are given, `steps` is outside ``1..n``, or `max_kl` is negative or out of
        reach.

    Notes
    -----
    The least error is convex in the number of steps, so a price for each step finds one schedule,
    in ``O(n)`` for each price tried and some twelve of these as a rule. A curve that increases is
    replaced by its running minimum, which is not dearer for any number of steps, and the steps are
    then moved to where the curve is as low as that: ``O(n)`` more.

    Examples
    --------
    >>> from unmask import InformationCurve
    >>> curve = InformationCurve.from_conditional_entropies([0.7, 0.0, 0.0, 0.0])
    >>> optimal(curve, max_kl=0)
    Schedule([1, 3])
    >>> optimal(curve, steps=3)
    Schedule([1, 1, 2])
    """
    check_curve(curve)
    if (steps is None) == (max_kl is None):
        raise ValueError("steps, max_kl: expected exactly one of the two")
    if steps is not None:
        _, steps = checked_steps(curve.n, steps)
        return Schedule(_core.schedule_with_steps(curve.h, steps))
    max_excess = _check.amount(max_kl, "max_kl") - curve.excess_offset
    best = Schedule(_core.schedule_with_steps(curve.h, curve.n))
    if curve._excess(best) > max_excess:
        raise ValueError(
            f"max_kl: is {max_kl}, and the least that can be reached is {curve.expected_kl(best)!r}"
        )
    return Schedule(_core.schedule_with_tolerance(curve.h, max_excess))
