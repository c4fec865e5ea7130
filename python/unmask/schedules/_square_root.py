"""The square-root rule of Lavenant and Zanella."""

from __future__ import annotations

import numpy as np

from .._curve import Curve
from .._schedule import Schedule
from ._arguments import check_curve, checked_steps

#: Rounding of a cumulative sum, relative to its total: a node is where a quantile is reached, and
#: quantiles often fall on sums exactly.
ROUNDING = 1e-13


def square_root(curve: Curve, steps: int) -> Schedule:
    r"""Nodes at equal quantiles of the square root of the increments of a curve.

    ``N_t`` is the least ``l`` at which :math:`\sum_{i \le l} \sqrt{Z_{i+1} - Z_i}` reaches
    ``t / k`` of its total. For many tokens per step and :math:`Z_j \approx F(j / n)` the
    expected KL is :math:`(n / 2k) (\int \sqrt{F'})^2`, which no schedule improves in the limit,
    against :math:`(n / 2k) F(1)` for equal steps (Lavenant and Zanella, arXiv 2510.25544).

    Parameters
    ----------
    curve : InformationCurve or CrossEntropyCurve
        What the schedule is for. Where an estimate increases in ``h`` the increment counts as 0.
    steps : int
        Nominal number of steps, in ``1..n``; empty ones are dropped.

    See Also
    --------
    integer_steps : For few tokens per step.
    optimal : The best schedule, at any number of steps.

    Examples
    --------
    >>> import numpy as np
    >>> from unmask import InformationCurve
    >>> curve = InformationCurve.from_conditional_entropies(1 - (np.arange(12) / 12) ** 3)
    >>> square_root(curve, 4)
    Schedule([6, 2, 2, 2])
    """
    check_curve(curve)
    n, steps = checked_steps(curve.n, steps)
    roots = np.cumsum(np.sqrt(np.maximum(-np.diff(curve.h), 0.0)))
    if n == 1 or roots[-1] == 0:
        return Schedule([n])
    quantiles = np.arange(1, steps) / steps * roots[-1]
    nodes = 1 + np.searchsorted(roots, quantiles - ROUNDING * roots[-1])
    return Schedule(np.diff(np.unique(np.concatenate(([0], nodes, [n])))))
