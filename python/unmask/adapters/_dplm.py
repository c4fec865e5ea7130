"""DPLM: the share of tokens that stay masked."""

from __future__ import annotations

from collections.abc import Callable

from .. import _check
from .._schedule import Schedule
from . import _shape


def dplm(schedule: Schedule) -> Callable[[int, int], float]:
    """Make the denoising rate of DPLM.

    Seen: bytedance/dplm, ``models/dplm/dplm.py``, of 2025. ``_reparam_decoding`` computes
    ``rate = 1 - t / max_step`` and keeps ``(length * rate).long()`` tokens masked after step ``t``,
    in the precision of the scores. Put ``rate = rate_of(t, max_step)`` in place of it, with
    ``max_iter=schedule.nfe``; half a token more makes the counts exact in float32 up to a few
    million tokens (half precision scores would not tell 1,000 from 1,001).

    The theory does not apply as it is: DPLM masks the *least confident* of all tokens again, also
    such as it had revealed. It does with random scores that are drawn once, as then the order is
    random and nothing is masked twice; with ``sampling_strategy="gumbel_argmax"`` tokens are drawn
    at temperature 1, and ``disable_resample=True`` keeps them.

    Parameters
    ----------
    schedule : Schedule
        For all residues of the sequence, without its begin and end tokens.

    Returns
    -------
    callable
        ``f(t, max_step)`` returns the rate after step `t` in ``1 .. max_step`` as a float. It
        raises `ValueError` unless `max_step` is the number of steps of the schedule.

    Examples
    --------
    >>> rate = dplm(Schedule([1, 2, 3]))
    >>> [int(6 * rate(t, 3)) for t in (1, 2, 3)]
    [5, 3, 0]
    """
    steps, tokens = _shape.checked(schedule).nfe, schedule.n
    masked = (tokens - schedule.cumulative).tolist()

    def rate(t: int, max_step: int) -> float:
        step = _check.integer(t, "t")
        if max_step != steps:
            raise ValueError(f"max_step: is {max_step}, expected the {steps} of the schedule")
        if not 1 <= step <= steps:
            raise ValueError(f"t: is {t}, expected 1..{steps}")
        return float((masked[step] + 0.5) / tokens)

    return rate
