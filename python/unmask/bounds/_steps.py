"""Steps that are enough."""

from __future__ import annotations

import math

from .._information_curve import InformationCurve
from ..schedules._arguments import checked_max_kl, checked_tokens
from ._arguments import check_information_curve, functional, required


def chen_cong_li_steps(
    curve: InformationCurve | None = None,
    *,
    max_kl: float,
    n: int | None = None,
    total_correlation: float | None = None,
    dual_total_correlation: float | None = None,
) -> float:
    r"""Steps that are enough for who knows a total correlation.

    :math:`2 + (1 + \log n)(1 + \lceil \min(T, D) / \epsilon \rceil)` (Chen, Cong and Li,
    arXiv 2511.04647), by `unmask.schedules.total_correlation` or its dual.

    Parameters
    ----------
    curve : InformationCurve, optional
        Or, instead of it, `n` and one of the total correlations or both.
    max_kl : float
        Expected KL that is allowed, in nats, above 0.
    n : int, optional
        Number of tokens.
    total_correlation, dual_total_correlation : float, optional
        Upper bounds in nats.

    Raises
    ------
    ValueError
        If there is neither a curve nor the numbers, or they are out of range.

    Examples
    --------
    >>> round(chen_cong_li_steps(n=256, max_kl=0.5, total_correlation=0.693), 3)
    21.636
    """
    n = _tokens(curve, n)
    given = (
        functional(curve, "total_correlation", total_correlation),
        functional(curve, "dual_total_correlation", dual_total_correlation),
    )
    known = [bound for bound in given if bound is not None]
    if not known:
        raise ValueError(
            "curve, total_correlation, dual_total_correlation: expected one of the three"
        )
    return 2 + (1 + math.log(n)) * (1 + math.ceil(_ratio(min(known), max_kl)))


def austin_steps(
    curve: InformationCurve | None = None,
    *,
    max_kl: float,
    n: int | None = None,
    dual_total_correlation: float | None = None,
) -> float:
    r"""Steps that are enough for `unmask.schedules.austin`.

    :math:`1 + 2 \sqrt{n D / \epsilon}` (after Austin, arXiv 1809.10272).

    Parameters
    ----------
    curve : InformationCurve, optional
        Or, instead of it, `n` and the dual total correlation.
    max_kl : float
        Expected KL that is allowed, in nats, above 0.
    n : int, optional
        Number of tokens.
    dual_total_correlation : float, optional
        Upper bound in nats.

    Raises
    ------
    ValueError
        If there is neither a curve nor the numbers, or they are out of range.

    Examples
    --------
    >>> round(austin_steps(n=200, max_kl=0.5, dual_total_correlation=1.0), 9)
    41.0
    """
    bound = required(curve, "dual_total_correlation", dual_total_correlation)
    return 1 + 2 * math.sqrt(_tokens(curve, n)) * math.sqrt(_ratio(bound, max_kl))


def wainwright_steps(
    curve: InformationCurve | None = None,
    *,
    max_kl: float,
    n: int | None = None,
    harmonic_mass: float | None = None,
) -> float:
    r"""Steps that are enough for `unmask.schedules.harmonic`.

    :math:`3 + 2 \log n / \log(1 + \epsilon / H^*)` (Wainwright, arXiv 2608.13520).

    Parameters
    ----------
    curve : InformationCurve, optional
        Or, instead of it, `n` and the harmonic mass.
    max_kl : float
        Expected KL that is allowed, in nats, above 0.
    n : int, optional
        Number of tokens.
    harmonic_mass : float, optional
        Upper bound in nats.

    Raises
    ------
    ValueError
        If there is neither a curve nor the numbers, or they are out of range.

    Examples
    --------
    >>> round(wainwright_steps(n=256, max_kl=0.5, harmonic_mass=0.5), 9)
    19.0
    """
    bound = required(curve, "harmonic_mass", harmonic_mass)
    n = _tokens(curve, n)
    if bound == 0 or n == 1:
        checked_max_kl(max_kl)
        return 3.0
    rho = checked_max_kl(max_kl) / bound
    return 3 + 2 * math.log(n) / math.log1p(rho) if rho > 0 else math.inf


def _tokens(curve: InformationCurve | None, n: int | None) -> int:
    if curve is not None:
        if n is not None:
            raise ValueError("curve, n: expected not both")
        check_information_curve(curve)
        return curve.n
    if n is None:
        raise ValueError("curve, n: expected one of the two")
    return checked_tokens(n)


def _ratio(bound: float, max_kl: float) -> float:
    """Finite, however small the tolerance."""
    return min(bound / checked_max_kl(max_kl), 1e300)
