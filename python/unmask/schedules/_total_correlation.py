"""The schedules of Chen, Cong and Li for a known bound on a total correlation."""

from __future__ import annotations

import math

import numpy as np

from .. import _check
from .._schedule import Schedule
from ._arguments import checked_max_kl, checked_tokens


def total_correlation(n: int, bound: float, max_kl: float) -> Schedule:
    r"""Shrinking steps for distributions of bounded total correlation.

    With :math:`\zeta = 1 + \lceil T / \epsilon \rceil`, step ``i`` reveals a fraction
    :math:`1/\zeta` of what is masked, rounded down, for
    :math:`\lfloor \log(n - \zeta + 1) / \log(1 / (1 - 1/\zeta)) \rfloor + 2` steps; what is left is
    revealed one by one. One token at a time if :math:`\zeta \geq n + 1` (Chen, Cong and Li,
    arXiv 2511.04647, as published).

    Parameters
    ----------
    n : int
        Number of tokens.
    bound : float
        Upper bound ``T`` on the total correlation, in nats.
    max_kl : float
        Expected KL that is allowed, in nats, above 0.

    Returns
    -------
    Schedule
        Expected KL at most `max_kl` for every distribution within the bound, in at most
        ``2 + (1 + log n)(1 + ceil(T / max_kl))`` steps.

    See Also
    --------
    minimax : The same guarantee in the fewest steps there can be.

    Examples
    --------
    >>> total_correlation(12, bound=1.0, max_kl=0.5)
    Schedule([4, 2, 2, 1, 1, 1, 1])
    """
    n = checked_tokens(n)
    ratio = _check.amount(bound, "bound") / checked_max_kl(max_kl)
    if ratio > n - 1:
        return Schedule(np.ones(n, dtype=np.int64))
    zeta = 1 + math.ceil(ratio)
    if zeta == 1:
        return Schedule([n])
    rounds = math.floor(math.log(n - zeta + 1) / -math.log1p(-1 / zeta)) + 2
    sizes = []
    left = n
    while left >= zeta and rounds > 0:
        sizes.append(left // zeta)
        left -= sizes[-1]
        rounds -= 1
    return Schedule(sizes + [1] * left)


def dual_total_correlation(n: int, bound: float, max_kl: float) -> Schedule:
    """Growing steps for distributions of bounded dual total correlation.

    The schedule of `total_correlation` in reverse (Chen, Cong and Li, arXiv 2511.04647).

    Parameters
    ----------
    n : int
        Number of tokens.
    bound : float
        Upper bound ``D`` on the dual total correlation, in nats.
    max_kl : float
        Expected KL that is allowed, in nats, above 0.

    Returns
    -------
    Schedule
        Expected KL at most `max_kl` for every distribution within the bound, in at most
        ``2 + (1 + log n)(1 + ceil(D / max_kl))`` steps.

    See Also
    --------
    minimax : The same guarantee in the fewest steps there can be.

    Examples
    --------
    >>> dual_total_correlation(12, bound=1.0, max_kl=0.5)
    Schedule([1, 1, 1, 1, 2, 2, 4])
    """
    return Schedule(total_correlation(n, bound, max_kl).sizes[::-1])


def sweep(n: int, max_kl: float, alphabet_size: float) -> list[Schedule]:
    r"""Schedules of which one is right, whatever the total correlations are.

    Bounds :math:`2^i` doubled from `max_kl` up to :math:`n \log q`, which nothing exceeds, each
    with its schedule of `total_correlation` and its schedule of `dual_total_correlation` (Chen,
    Cong and Li, arXiv 2511.04647): what to try where neither is known, at a cost of order
    ``log^2``.

    Parameters
    ----------
    n : int
        Number of tokens.
    max_kl : float
        Expected KL that is allowed, in nats, above 0.
    alphabet_size : float
        Letters ``q`` of a token, or the geometric mean of their numbers.

    Returns
    -------
    list of Schedule
        Without repetition, shorter ones first. At least one of them has expected KL at most
        `max_kl`, and takes no more steps than the bound on a total correlation that is too large
        by a factor of 2 makes it.

    Examples
    --------
    >>> [schedule.nfe for schedule in sweep(64, 0.5, alphabet_size=2)]
    [7, 7, 12, 12, 19, 19, 29, 29, 46, 46, 64]
    """
    n, max_kl = checked_tokens(n), checked_max_kl(max_kl)
    largest = n * math.log(_check.letters(alphabet_size, "alphabet_size"))
    found: dict[Schedule, None] = {}
    exponent = min(math.ceil(math.log2(max_kl)), 1023)
    while True:
        bound = 2.0**exponent
        for rule in (total_correlation, dual_total_correlation):
            found[rule(n, bound, max_kl)] = None
        if bound >= largest or bound / max_kl > n - 1:
            return sorted(found, key=len)
        exponent += 1
