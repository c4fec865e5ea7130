"""What no schedule can do."""

from __future__ import annotations

import math

from .._curve import Curve
from ..schedules import optimal
from ..schedules._arguments import check_curve, checked_max_kl, checked_tokens
from ._arguments import ROUNDING


def least_kl(curve: Curve, steps: int) -> float:
    """Least expected KL of any random-order schedule of so many steps, in nats.

    The optimum itself, by dynamic programming over the left Riemann error (Chen, Cong and Li,
    arXiv 2511.04647): see `unmask.schedules.optimal`.

    Parameters
    ----------
    curve : InformationCurve or CrossEntropyCurve
        Whose schedules are meant. A `CrossEntropyCurve` needs its entropy for this.
    steps : int
        At most so many, in ``1..n``.

    Examples
    --------
    >>> from unmask import InformationCurve
    >>> least_kl(InformationCurve.from_conditional_entropies([1.0, 0.5, 0.25, 0.25]), 2)
    0.5
    """
    check_curve(curve)
    return curve.expected_kl(optimal(curve, steps=steps))


def least_steps(curve: Curve, max_kl: float) -> int:
    """Fewest steps of any random-order schedule with expected KL at most `max_kl`.

    The optimum itself, by dynamic programming over the left Riemann error (Chen, Cong and Li,
    arXiv 2511.04647): see `unmask.schedules.optimal`.

    Parameters
    ----------
    curve : InformationCurve or CrossEntropyCurve
        Whose schedules are meant. A `CrossEntropyCurve` needs its entropy for this.
    max_kl : float
        Expected KL that is allowed, in nats.

    Examples
    --------
    >>> from unmask import InformationCurve
    >>> least_steps(InformationCurve.from_conditional_entropies([1.0, 0.5, 0.25, 0.25]), 0.5)
    2
    """
    return optimal(curve, max_kl=max_kl).nfe


def logarithmic_steps(n: int, eps: float, max_kl: float | None = None) -> int:
    r"""Steps that some distribution of total correlation of order 1 needs.

    The fewest for `unmask.distributions.HardCurve`, exactly: of order ``log(n) / eps`` for an
    expected KL of order `eps`, so that the factor ``log n`` in `chen_cong_li_steps` is needed
    (Chen, Cong and Li, arXiv 2511.04647).

    Parameters
    ----------
    n : int
        Number of tokens, at least 2.
    eps : float
        Order of the expected KL in nats, with ``(2/n) log(2/eps) <= eps <= 1/log n``: outside of
        this the bound does not hold.
    max_kl : float, optional
        Expected KL that is allowed, in nats, above 0; `eps` by default.

    Examples
    --------
    >>> logarithmic_steps(2048, 0.05), logarithmic_steps(2048, 0.05, max_kl=0.005)
    (13, 59)
    """
    from ..distributions import HardCurve

    curve = HardCurve(n, eps)
    return least_steps(curve, checked_max_kl(eps if max_kl is None else max_kl))


def permutation_steps(n: int, max_kl: float) -> float:
    r"""Steps that a uniform permutation needs: :math:`n / (1 + 2 \epsilon \log 2)`.

    The curve is :math:`Z_j = \log n - \log(n - j + 1)`, and no random-order schedule of fewer steps
    has an expected KL of at most :math:`\epsilon` (Chen, Cong and Li, arXiv 2511.04647). Order does
    not matter here, so that no planned one is shorter either.

    Parameters
    ----------
    n : int
        Number of tokens.
    max_kl : float
        Expected KL that is allowed, in nats, above 0.

    Returns
    -------
    float
        At most 1 where :math:`\epsilon \ge n \log n - \log n!`, for which one step is enough.

    Examples
    --------
    >>> round(permutation_steps(256, 0.5), 2)
    151.2
    """
    n, max_kl = checked_tokens(n), checked_max_kl(max_kl)
    needed = n / (1 + 2 * max_kl * math.log(2))
    one_step = n * math.log(n) - math.lgamma(n + 1)
    return min(needed, 1.0) if max_kl >= one_step * (1 - ROUNDING) else needed


def unknown_law_calls(n: int) -> float:
    r"""Oracle calls without which a sampler fails on some law that it does not know: ``(n-1)/32``.

    The law is uniform on :math:`F_q^n`, or uniform on a random affine Reed-Solomon code of unknown
    dimension. Every conditional is uniform until as many tokens are revealed as the dimension, and
    then everything is determined: a cliff at an unknown place, of which one call sees one. A
    sampler that makes fewer calls than this on the uniform law is at least 1/16 from some code in
    total variation, on average, although two steps are enough for who knows the dimension (Chen,
    Cong and Li, arXiv 2511.04647).

    Parameters
    ----------
    n : int
        Number of tokens.

    Examples
    --------
    >>> unknown_law_calls(257)
    8.0
    """
    return (checked_tokens(n) - 1) / 32
