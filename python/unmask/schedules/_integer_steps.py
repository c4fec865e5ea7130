"""Steps of a few tokens, by the local slope of a curve."""

from __future__ import annotations

import numpy as np

from .. import _core
from .._curve import Curve
from .._schedule import Schedule
from ._arguments import check_curve, checked_steps


def integer_steps(curve: Curve, steps: int) -> Schedule:
    r"""Choose an integer for the tokens of a step by the slope of the curve there.

    Where the curve grows by ``d`` nats a token and a step costs :math:`\lambda` nats, the best
    number of tokens ``s`` is the integer with
    :math:`2 \lambda / (s (s+1)) \le d \le 2 \lambda / (s (s-1))` (Lavenant and Zanella,
    arXiv 2510.25544, for boundedly many tokens per step). Here the price is the least for which
    there are few enough steps, and a step is no longer than that integer anywhere inside it, so
    that it does not run over a cliff behind a plateau.

    Parameters
    ----------
    curve : InformationCurve or CrossEntropyCurve
        What the schedule is for. Where an estimate increases in ``h`` the slope counts as 0.
    steps : int
        At most so many steps, in ``1..n``.

    See Also
    --------
    square_root : For many tokens per step.
    optimal : The best schedule, at any number of steps.

    Examples
    --------
    >>> import numpy as np
    >>> from unmask import InformationCurve
    >>> curve = InformationCurve.from_conditional_entropies(1 - (np.arange(12) / 12) ** 3)
    >>> integer_steps(curve, 6)
    Schedule([4, 2, 2, 2, 1, 1])
    """
    check_curve(curve)
    _, steps = checked_steps(curve.n, steps)
    return Schedule(_core.integer_steps(-np.diff(curve.h), steps))
