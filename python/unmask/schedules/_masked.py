"""Rules that say what fraction is still masked at each time.

At step ``i`` of ``k`` a fraction ``m(i / k)`` is still masked, ``m`` falling from 1 to 0.
Cumulative counts are ``round(n (1 - m(i / k)))``, the last of them ``n``: no token is lost. Empty
steps are dropped, so that a schedule may be shorter than asked for.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .. import _check
from .._schedule import Schedule
from ._arguments import check_exact, checked_steps

Floats = npt.NDArray[np.float64]


def cosine(n: int, steps: int) -> Schedule:
    """Fraction still masked ``cos(pi t / 2)`` at time ``t``: small steps first.

    The rule of MaskGIT (Chang et al., arXiv 2202.04200).

    Parameters
    ----------
    n : int
        Number of tokens.
    steps : int
        Nominal number of steps, in ``1..n``; empty ones are dropped.

    Examples
    --------
    >>> cosine(16, 4)
    Schedule([1, 4, 5, 6])
    """
    n, times = _times(n, steps)
    return rounded(n, 1.0 - np.cos(np.pi / 2 * times))


def arccos(n: int, steps: int) -> Schedule:
    """Fraction still masked ``2 arccos(t) / pi`` at time ``t``: even steps, then large ones.

    Parameters
    ----------
    n : int
        Number of tokens.
    steps : int
        Nominal number of steps, in ``1..n``; empty ones are dropped.

    Examples
    --------
    >>> arccos(16, 4)
    Schedule([3, 2, 4, 7])
    """
    n, times = _times(n, steps)
    return rounded(n, 1.0 - 2.0 / np.pi * np.arccos(times))


def power(n: int, steps: int, exponent: float) -> Schedule:
    """Fraction still masked ``1 - t**exponent`` at time ``t``.

    Parameters
    ----------
    n : int
        Number of tokens.
    steps : int
        Nominal number of steps, in ``1..n``; empty ones are dropped.
    exponent : float
        Above 0. Small steps first above 1 (2 and 3 are the square and cubic rules of MaskGIT,
        arXiv 2202.04200), large steps first below.

    Examples
    --------
    >>> power(16, 4, 2)
    Schedule([1, 3, 5, 7])
    """
    n, times = _times(n, steps)
    return rounded(n, times ** _check.positive(exponent, "exponent"))


def geometric(n: int, steps: int, ratio: float) -> Schedule:
    """Each step `ratio` times as large as the one before.

    What is still masked decays exponentially if the ratio is below 1. So does it under the
    geometric noise of SEDD (Lou, Meng and Ermon, arXiv 2310.16834) while that is small, with
    ``ratio = (sigma_min / sigma_max)**(1 / steps)``.

    Parameters
    ----------
    n : int
        Number of tokens.
    steps : int
        Nominal number of steps, in ``1..n``; empty ones are dropped.
    ratio : float
        Above 0: small steps first above 1, large steps first below.

    Examples
    --------
    >>> geometric(15, 4, 2)
    Schedule([1, 2, 4, 8])
    """
    n, times = _times(n, steps)
    # (r^i - 1) / (r^k - 1); for r > 1 from the end, where nothing overflows.
    rate = np.log(_check.positive(ratio, "ratio")) * steps
    if rate == 0:
        return rounded(n, times)
    if rate < 0:
        return rounded(n, np.expm1(rate * times) / np.expm1(rate))
    return rounded(n, 1.0 - np.expm1(-rate * (1.0 - times)) / np.expm1(-rate))


def loglinear(n: int, steps: int) -> Schedule:
    """Fraction still masked ``1 - t`` at time ``t``: equal steps, by rounding.

    The log-linear noise of MDLM (Sahoo et al., arXiv 2406.07524) with fixed counts. Unlike in
    `uniform`, larger and smaller steps alternate where ``n`` is not a multiple of the steps.

    Parameters
    ----------
    n : int
        Number of tokens.
    steps : int
        Number of steps, in ``1..n``.


    Examples
    --------
    >>> loglinear(11, 4)
    Schedule([3, 3, 2, 3])
    """
    n, times = _times(n, steps)
    return rounded(n, times)


def beta(n: int, steps: int, a: float, b: float) -> Schedule:
    """Fraction revealed by time ``t`` the distribution function of ``Beta(a, b)``.

    The two-parameter family of arXiv 2509.13866. ``a > 1`` starts with small steps and ``b > 1``
    ends with them; ``a = b = 1`` is `loglinear`.

    Parameters
    ----------
    n : int
        Number of tokens.
    steps : int
        Nominal number of steps, in ``1..n``; empty ones are dropped.
    a, b : float
        Above 0.

    Raises
    ------
    ImportError
        If `scipy` is not installed (``pip install 'unmask[curves]'``).

    Examples
    --------
    >>> beta(16, 4, 2, 2)
    Schedule([2, 6, 6, 2])
    """
    n, times = _times(n, steps)
    a, b = _check.positive(a, "a"), _check.positive(b, "b")
    try:
        from scipy.special import betainc
    except ImportError as error:
        raise ImportError("beta() takes the package scipy: pip install 'unmask[curves]'") from error
    return rounded(n, betainc(a, b, times))


def rounded(n: int, revealed: Floats) -> Schedule:
    """Make a schedule of fractions revealed, from 0 to 1."""
    counts = np.rint(n * revealed).astype(np.int64)
    counts[-1] = n
    sizes = np.diff(counts)
    return Schedule(sizes[sizes > 0])


def _times(n: int, steps: int) -> tuple[int, Floats]:
    n, steps = checked_steps(n, steps)
    check_exact(n)
    return n, np.arange(steps + 1) / steps
