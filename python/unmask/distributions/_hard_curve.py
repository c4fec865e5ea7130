"""The curve that needs many steps."""

from __future__ import annotations

import math

import numpy as np

from .. import _check
from .._information_curve import InformationCurve
from ._base import CURVE_BYTES
from ._checks import checked_number, checked_size
from ._closed import direct


def HardCurve(n: int, eps: float) -> InformationCurve:  # noqa: N802
    r"""Make the curve that shows that the factor ``log n`` in the number of steps is needed.

    With :math:`f(l) = (1 + \epsilon)^{-i} / (4 \log n)` for ``l`` in the block
    :math:`[(1 + \epsilon)^i, (1 + \epsilon)^{i+1})`, the curve is
    :math:`Z_j = f(n + 1 - j) - f(n)`: every schedule with expected KL of order ``eps`` takes of
    order ``log(n) / eps`` steps (Chen, Cong and Li, arXiv 2511.04647). Some distribution comes as
    close to it as one likes (Chen, He, Jiang and Wang, ISIT 2009), but none is at hand, so that
    this is a curve and not a `Distribution`; it is made like one, hence the name.

    Parameters
    ----------
    n : int
        Number of tokens, at least 2.
    eps : float
        Order of the expected KL in nats, with ``(2/n) log(2/eps) <= eps <= 1/log n``: outside of
        this the bound does not hold.

    Returns
    -------
    InformationCurve
        In closed form, O(n), to a few 1e-16 of itself. Information alone is prescribed; the least
        entropies that go with it are given, ``h[n-1] = 0``.

    Raises
    ------
    TypeError, ValueError
        If `n` or `eps` is out of range.
    MemoryError
        If the curve does not fit in memory; nothing was allocated.

    Examples
    --------
    >>> import unmask
    >>> curve = HardCurve(2048, 0.05)
    >>> unmask.schedules.optimal(curve, max_kl=0.05).nfe
    13
    >>> unmask.schedules.optimal(curve, max_kl=0.005).nfe
    59
    """
    n = checked_size(n, "n", 2)
    eps = checked_number(eps, "eps")
    low, high = 2 / n * math.log(2 / max(eps, 1e-300)), 1 / math.log(n)
    if not low <= eps <= high:
        raise ValueError(
            f"eps: is {eps}, expected (2/n) log(2/eps) = {low:.6g} <= eps <= 1/log n = {high:.6g}"
        )
    _check.memory(f"n: a curve of {n} tokens", CURVE_BYTES, n)
    places = np.arange(n, 0, -1, dtype=np.float64)
    blocks = np.floor(np.log(places) / math.log1p(eps))
    values = np.exp(-blocks * math.log1p(eps)) / (4 * math.log(n))
    return direct(values[-1] - values, values - values[0])
