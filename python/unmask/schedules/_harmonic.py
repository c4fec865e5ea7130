"""Steps in geometric progression of odds."""

from __future__ import annotations

from .. import _check, _core
from .._schedule import Schedule
from ._arguments import check_exact, checked_steps, checked_tokens


def harmonic(n: int, *, rho: float | None = None, steps: int | None = None) -> Schedule:
    r"""Steps that multiply the odds of being revealed by ``1 + rho``, knowing nothing.

    With the odds :math:`\psi(t) = t / (1 - t)`: one token; then from ``a`` to the largest
    ``b <= n - 1`` with :math:`\psi(b/n) \le (1 + \rho)\, \psi((a+1)/n)`, at least one token; the
    last token alone (Wainwright, arXiv 2608.13520). Give exactly one of `rho` and `steps`.

    Parameters
    ----------
    n : int
        Number of tokens.
    rho : float
        Above 0. The expected KL is at most ``rho`` times the harmonic mass of the curve, which
        neither its total correlation nor its dual total correlation is below.
    steps : int
        At most so many steps, from 3 (or ``n``, if that is less) to ``n``: the least `rho`.

    Returns
    -------
    Schedule
        At most ``3 + 2 log n / log(1 + rho)`` steps.

    Raises
    ------
    ValueError
        If neither or both are given, or out of range.

    See Also
    --------
    minimax : Shorter, with the same guarantee, for a known ``harmonic_mass``.

    Examples
    --------
    >>> harmonic(20, rho=1)
    Schedule([1, 2, 3, 4, 4, 3, 1, 1, 1])
    >>> harmonic(20, steps=5)
    Schedule([1, 6, 8, 4, 1])
    """
    n = checked_tokens(n)
    check_exact(n)
    if (rho is None) == (steps is None):
        raise ValueError("rho, steps: expected exactly one of the two")
    if rho is not None:
        return Schedule(_core.odds_with_growth(n, _check.positive(rho, "rho")))
    assert steps is not None
    _, steps = checked_steps(n, steps)
    least = min(n, 3)
    if steps < least:
        raise ValueError(
            f"steps: is {steps}, expected {least}..{n}: the first and the last token come alone"
        )
    return Schedule(_core.odds_with_steps(n, steps))
