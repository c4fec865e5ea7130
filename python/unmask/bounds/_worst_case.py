"""The worst case of a schedule over everything that agrees with what is known."""

from __future__ import annotations

from .. import _core
from .._information_curve import InformationCurve
from .._knowns import FUNCTIONALS, checked_knowns, per_functional
from .._schedule import Schedule
from ._arguments import checked_schedule, functional


def worst_case_kl(
    schedule: Schedule,
    curve: InformationCurve | None = None,
    *,
    total_correlation: float | None = None,
    dual_total_correlation: float | None = None,
    max_information: float | None = None,
    harmonic_mass: float | None = None,
) -> float:
    r"""Largest expected KL of a schedule over every distribution within the bounds, in nats.

    The optimum of a linear program over curves (see `unmask.schedules.minimax`): every rising curve
    is approached by some distribution (Chen, He, Jiang and Wang, ISIT 2009), so that a worst case
    over curves is one over distributions. Any one bound alone allows

    * ``T max (s-1)/(n-a-1)`` for total correlation ``T``,
    * ``D max (s-1)/(a+1)`` for dual total correlation ``D``,
    * ``z (max s - 1)`` for largest information ``z``,
    * ``G max n (s-1)/((a+1)(n-a-1))`` for harmonic mass ``G``,

    each over steps of ``s >= 2`` tokens after ``a``; several together allow less.

    Parameters
    ----------
    schedule : Schedule
        What is asked about.
    curve : InformationCurve, optional
        Whose four functionals are the bounds. Or, instead of it, some of:
    total_correlation, dual_total_correlation, max_information, harmonic_mass : float, optional
        Upper bounds in nats, as in `unmask.schedules.minimax`; at least one.

    Returns
    -------
    float
        Attained, or approached, by some distribution over a large enough alphabet.
        ``O(steps)`` time and memory for each of some ten iterations: about a millisecond for
        ``n = 100,000``.

    Raises
    ------
    ValueError
        If nothing is known, or a bound is negative.

    Examples
    --------
    >>> from unmask.schedules import uniform
    >>> worst_case_kl(uniform(64, 8), total_correlation=1.0)
    1.0
    >>> worst_case_kl(uniform(64, 8), total_correlation=1.0, dual_total_correlation=1.0)
    0.21875
    """
    schedule = checked_schedule(schedule, curve)
    given = (total_correlation, dual_total_correlation, max_information, harmonic_mass)
    known = checked_knowns(
        **{
            name: functional(curve, name, bound)
            for name, bound in zip(FUNCTIONALS, given, strict=True)
        }
    )
    return _core.schedule_worst_case(per_functional(known), schedule.sizes)[0]
