"""The two-stage schedule of Austin."""

from __future__ import annotations

import math

import numpy as np

from .. import _check
from .._schedule import Schedule
from ._arguments import checked_max_kl, checked_tokens


def austin(n: int, dtc: float, max_kl: float) -> Schedule:
    r"""One token at a time, then equal steps, for bounded dual total correlation.

    With :math:`\delta^2 = \sqrt{D \epsilon / n}`, the first
    :math:`\lfloor D / \delta^2 \rfloor` tokens one by one, then
    :math:`1 + \lfloor \epsilon / \delta^2 \rfloor` at a time: past the first stage no token can add
    more than :math:`\delta^2` to what is known of another (after Austin, arXiv 1809.10272).

    Parameters
    ----------
    n : int
        Number of tokens.
    dtc : float
        Upper bound ``D`` on the dual total correlation, in nats.
    max_kl : float
        Expected KL that is allowed, in nats, above 0.

    Returns
    -------
    Schedule
        Expected KL at most `max_kl` for every distribution within the bound, in about
        ``2 sqrt(n D / max_kl)`` steps.

    See Also
    --------
    minimax : The same guarantee in the fewest steps there can be.

    Examples
    --------
    >>> austin(20, dtc=0.5, max_kl=1.0)
    Schedule([1, 1, 1, 7, 7, 3])
    """
    n, bound = checked_tokens(n), _check.amount(dtc, "dtc")
    max_kl = checked_max_kl(max_kl)
    # Quotients first: neither product nor quotient of these overflows.
    ratio = math.sqrt(bound) / math.sqrt(max_kl)
    if ratio == 0:
        return Schedule([n])
    root = math.sqrt(n)
    single = min(math.floor(min(ratio * root, n)), n)
    size = 1 + math.floor(min(root / ratio, n))
    several, rest = divmod(n - single, size)
    sizes = np.concatenate((np.ones(single), np.full(several, size), [rest])).astype(np.int64)
    return Schedule(sizes[sizes > 0])
