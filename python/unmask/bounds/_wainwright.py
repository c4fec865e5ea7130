"""The growth of the odds of being revealed bounds the expected KL."""

from __future__ import annotations

import numpy as np

from .. import _check
from .._information_curve import InformationCurve
from .._schedule import Schedule
from ._arguments import check_information_curve, checked_schedule


def wainwright_kl(
    schedule: Schedule,
    curve: InformationCurve | None = None,
    *,
    harmonic_mass: float | None = None,
) -> float:
    r"""Bound the expected KL by how fast the odds of being revealed grow.

    .. math:: \sum_t \Bigl(\frac{\psi(b_t / n)}{\psi((a_t + 1) / n)} - 1\Bigr) H^*(a_t, b_t),
        \qquad \psi(x) = \frac{x}{1 - x},
        \qquad H^*(a, b) = \sum_{l=a+1}^{b-1} \frac{l (n - l)}{n} (Z_{l+1} - Z_l)

    for steps from :math:`a_t` to :math:`b_t` tokens (Wainwright, arXiv 2608.13520, for sets of
    fixed size). With the harmonic mass alone: its product with the largest growth.

    Parameters
    ----------
    schedule : Schedule
        What is asked about.
    curve : InformationCurve, optional
        Or, instead of it:
    harmonic_mass : float, optional
        Upper bound on :math:`H^*(0, n)`, in nats.

    Raises
    ------
    ValueError
        If the last step reveals several tokens and the curve may still grow meanwhile: the odds
        become infinite. If there is neither a curve nor the number, or it is negative.

    Examples
    --------
    >>> from unmask.schedules import harmonic
    >>> bound = wainwright_kl(harmonic(100, rho=0.5), harmonic_mass=2.0)
    >>> bound <= 0.5 * 2.0
    True
    """
    schedule = checked_schedule(schedule, curve)
    if (curve is None) == (harmonic_mass is None):
        raise ValueError("curve, harmonic_mass: expected one of the two")
    n = schedule.n
    nodes = schedule.cumulative
    # Steps of one token add nothing, the last of them by the convention inf * 0 = 0.
    several = schedule.sizes > 1
    start, end = nodes[:-1][several], nodes[1:][several]
    if harmonic_mass is not None:
        mass = np.full(len(start), _check.amount(harmonic_mass, "harmonic_mass"))
    else:
        check_information_curve(curve)
        assert curve is not None
        level = np.arange(1, n)
        drops = np.maximum(curve.z[1:] - curve.z[:-1], 0.0)
        total = np.concatenate(([0.0], np.cumsum(level * (n - level) / n * drops)))
        mass = total[end - 1] - total[start]
    if len(end) and end[-1] == n:
        if mass[-1] > 0:
            raise ValueError(
                f"schedule: its last step reveals {schedule.sizes[-1]} tokens, expected 1: the "
                "odds become infinite, and Wainwright's bound with them"
            )
        start, end, mass = start[:-1], end[:-1], mass[:-1]
    # psi(b/n) / psi((a+1)/n) - 1 = (b - a - 1) n / ((n - b)(a + 1))
    growth = (end - start - 1) * float(n) / ((n - end) * (start + 1.0))
    if harmonic_mass is not None:
        return float(np.max(growth, initial=0.0) * np.max(mass, initial=0.0))
    return float(np.sum(growth * mass))
