"""Jump Your Steps: a list of cumulative counts."""

from __future__ import annotations

from .._schedule import Schedule
from . import _shape


def jys(schedule: Schedule) -> list[int]:
    """Make a sampling schedule for the code of Jump Your Steps.

    Seen: sony/jys of 2025 (Park et al., arXiv 2410.07761), ``eval.py`` and its sampling functions:
    a list of indices into ``linspace(0, length, src_nfe + 1)``, of which the one with
    ``tgt_nfe + 1`` entries is taken from the file. Save ``[jys(schedule)]`` with ``torch.save`` and
    give its path, with ``src_nfe`` the number of tokens, ``tgt_nfe = schedule.nfe`` and the
    scheduler ``gillespie``, which reveals exactly so many tokens at each step.

    The theory applies where waiting times do not depend on the token, that is, where the model's
    probabilities sum to one (absorbing noise); they do not quite for SEDD, whose scores are not
    normalised, and more certain positions then come first.

    Parameters
    ----------
    schedule : Schedule
        What to follow.

    Returns
    -------
    list of int
        ``[0, .., n]``, of length ``schedule.nfe + 1``.

    Examples
    --------
    >>> jys(Schedule([1, 2, 3]))
    [0, 1, 3, 6]
    """
    return [int(count) for count in _shape.checked(schedule).cumulative]
