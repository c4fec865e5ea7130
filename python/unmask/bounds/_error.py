"""Bounds on the expected KL by the size of the largest step, or the number of steps."""

from __future__ import annotations

import math

from .. import _check
from .._information_curve import InformationCurve
from .._schedule import Schedule
from ._arguments import checked_schedule, required


def li_cai_kl(
    schedule: Schedule,
    curve: InformationCurve | None = None,
    *,
    total_correlation: float | None = None,
    dual_total_correlation: float | None = None,
) -> float:
    r"""Bound the expected KL by the largest step and both total correlations.

    :math:`(2^{\lceil \log_2 s_{\max} \rceil} - 1)(TC + DTC) / n` (Li and Cai, arXiv 2505.21400).
    As ``TC + DTC = n Z_n``, `largest_step_kl` is never more.

    Parameters
    ----------
    schedule : Schedule
        What is asked about.
    curve : InformationCurve, optional
        Or, instead of it, both of:
    total_correlation, dual_total_correlation : float, optional
        Upper bounds in nats.

    Raises
    ------
    ValueError
        If there is neither a curve nor both numbers, or a number is negative.

    Examples
    --------
    >>> from unmask.schedules import uniform
    >>> li_cai_kl(uniform(12, 4), total_correlation=2.0, dual_total_correlation=1.0)
    0.75
    """
    schedule = checked_schedule(schedule, curve)
    both = required(curve, "total_correlation", total_correlation)
    both += required(curve, "dual_total_correlation", dual_total_correlation)
    largest = int(schedule.sizes.max())
    return ((1 << (largest - 1).bit_length()) - 1) * both / schedule.n


def largest_step_kl(
    schedule: Schedule,
    curve: InformationCurve | None = None,
    *,
    max_information: float | None = None,
) -> float:
    r"""Bound the expected KL by the largest step: :math:`(s_{\max} - 1) Z_n`.

    A step of ``s`` tokens pays at most ``s - 1`` times what the curve grows by meanwhile. With
    ``Z_n <= log q`` it holds for any distribution. See Li and Cai, arXiv 2505.21400.

    Parameters
    ----------
    schedule : Schedule
        What is asked about.
    curve : InformationCurve, optional
        Or, instead of it:
    max_information : float, optional
        Upper bound on :math:`Z_n`, in nats.

    Raises
    ------
    ValueError
        If there is neither a curve nor the number, or it is negative.

    Examples
    --------
    >>> from unmask.schedules import uniform
    >>> largest_step_kl(uniform(12, 4), max_information=0.25)
    0.5
    """
    schedule = checked_schedule(schedule, curve)
    return int(schedule.sizes.max() - 1) * required(curve, "max_information", max_information)


def worst_order_kl(schedule: Schedule, alphabet_size: float) -> float:
    r"""Bound the KL of any ordered partition of any distribution: :math:`(n - k) \log q`.

    By the chain rule of entropy: each step draws its first token right, and no other token can cost
    more than ``log q``. It holds whatever the order, chosen or random, and not for the mean over
    orders alone.

    Parameters
    ----------
    schedule : Schedule
        Of ``k`` steps.
    alphabet_size : float
        Letters ``q`` of a token: the largest number of them where alphabets differ.

    Examples
    --------
    >>> from unmask import Schedule
    >>> round(worst_order_kl(Schedule([2, 3]), alphabet_size=2), 4)
    2.0794
    """
    schedule = checked_schedule(schedule)
    letters = _check.letters(alphabet_size, "alphabet_size")
    return (schedule.n - schedule.nfe) * math.log(letters)
