r"""The shortest schedule for what is known, with the proof that none is shorter.

An information curve is a sum of thresholds :math:`c\, 1[j > m]`, ``m = 1 .. n-1``, and every
such sum is approached by distributions (Chen, He, Jiang and Wang, ISIT 2009). Of a threshold the
total correlation is ``c (n - m)``, the dual total correlation ``c m``, the largest information
:math:`Z_n` ``c`` and the harmonic mass ``c m (n - m) / n``; a step that reveals tokens
``a+1 .. b`` pays ``c (b - m)`` for it if ``a < m < b`` and nothing otherwise. All of it is linear
in the heights :math:`w_m` of the thresholds, so the worst case of a schedule over everything
within the bounds ``T, D, z, G`` is a linear program, with the dual

.. math::

    \min\ \lambda T + \mu D + \nu z + \eta G \quad\text{over}\quad
    \lambda (n - m) + \mu m + \nu + \eta\, m (n - m) / n \ge b - m
    \quad\text{for every step}\ a < m < b .

The left side minus the right side is concave in ``m``. It is not negative at ``m = b``, where the
right side vanishes; so it is not negative anywhere in the step if it is not at ``m = a + 1``. A
schedule therefore has worst case at most :math:`\epsilon` if and only if some multipliers within
the budget, :math:`\lambda T + \mu D + \nu z + \eta G \le \epsilon`, pay for each step:

.. math::

    s \le 1 + \lfloor \lambda (n - a - 1) + \mu (a + 1) + \nu
        + \eta\, (a + 1)(n - a - 1) / n \rfloor .

For given multipliers the longest steps are best, because a step that starts later may end later.
What is left is a search over a simplex of at most four multipliers, by branch and bound. With one
bound known nothing is left: for ``T`` alone these are the steps of
`unmask.schedules.total_correlation` without what rounding loses there, for ``z`` alone equal steps.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from .. import _core
from .._knowns import FUNCTIONALS, checked_knowns, per_functional
from .._schedule import Schedule, steps_text
from ._arguments import check_exact, checked_max_kl, checked_steps, checked_tokens


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class MinimaxSchedule(Schedule):
    """A schedule with the certificate of its worst case; made by `minimax`.

    Equal to any `Schedule` of the same sizes.

    Attributes
    ----------
    sizes : ndarray of int64, shape (k,)
        Step sizes in chronological order.
    known : mapping of str to float
        The bounds that were given, in nats, by name.
    multipliers : mapping of str to float
        For each bound what one nat of it costs. Multiplied by the bounds they sum to the worst
        case; and they pay for every step, in the inequality above.
    worst_case_kl : float
        Largest expected KL over all distributions within the bounds, in nats.
    proven : bool
        Whether the search was exhaustive, so that no schedule is shorter. It gives up after about
        twenty seconds, which takes three bounds or more and thousands of steps.
    """

    known: Mapping[str, float]
    multipliers: Mapping[str, float]
    worst_case_kl: float
    proven: bool

    def __init__(
        self,
        sizes: npt.ArrayLike,
        known: Mapping[str, float],
        multipliers: Mapping[str, float],
        worst_case_kl: float,
        proven: bool,
    ) -> None:
        Schedule.__init__(self, sizes)
        object.__setattr__(self, "known", MappingProxyType(dict(known)))
        object.__setattr__(self, "multipliers", MappingProxyType(dict(multipliers)))
        object.__setattr__(self, "worst_case_kl", worst_case_kl)
        object.__setattr__(self, "proven", proven)

    def __repr__(self) -> str:
        return (
            f"<MinimaxSchedule of {steps_text(self.nfe)} for n={self.n}: {self._listed()}, "
            f"worst-case KL {self.worst_case_kl:.6g} nats>"
        )

    def __reduce__(self) -> tuple[object, ...]:
        fields = self.sizes, dict(self.known), dict(self.multipliers)
        return type(self), (*fields, self.worst_case_kl, self.proven)


def minimax(
    n: int,
    *,
    max_kl: float | None = None,
    steps: int | None = None,
    total_correlation: float | None = None,
    dual_total_correlation: float | None = None,
    max_information: float | None = None,
    harmonic_mass: float | None = None,
) -> MinimaxSchedule:
    r"""Find the provably shortest schedule for what is known of a distribution.

    Give exactly one of `max_kl` and `steps`, and at least one bound. More bounds never make a
    schedule longer; one that is loose or implied by the others does no harm.

    Parameters
    ----------
    n : int
        Number of tokens.
    max_kl : float
        Expected KL that is allowed, in nats, above 0: the fewest steps, and among those the least
        worst case.
    steps : int
        At most so many steps, in ``1..n``: the least worst case.
    total_correlation : float, optional
        Upper bound on ``TC`` in nats.
    dual_total_correlation : float, optional
        Upper bound on ``DTC`` in nats.
    max_information : float, optional
        Upper bound on :math:`Z_n` in nats, the mean information between one token and all others;
        ``log q`` always is one.
    harmonic_mass : float, optional
        Upper bound on :math:`H^* = \sum_l l (n - l)/n\, (Z_{l+1} - Z_l)` in nats (Wainwright,
        arXiv 2608.13520), which neither ``TC`` nor ``DTC`` is below.

    Returns
    -------
    MinimaxSchedule
        A `Schedule` with its worst case and the multipliers that prove it. For *every* distribution
        within the bounds, over any alphabets, the expected KL is at most the worst case; and no
        schedule with this guarantee has fewer steps. With a fixed alphabet the guarantee stands
        but a shorter schedule may exist.

    Raises
    ------
    ValueError
        If no bound is given, one is negative, not exactly one of `max_kl` and `steps` is given, or
        it is out of range.

    Notes
    -----
    A search over the multipliers of a linear program; see the module. Milliseconds for two bounds
    and ``n = 100,000``. Lengths are rounded down and often land on integers: worst cases are at
    most ``max_kl (1 + 1e-12)``, by the linear program solved for the schedule itself, and least to
    within one part in ``1e9``.

    See Also
    --------
    unmask.bounds.worst_case_kl : The same linear program for any schedule.

    Examples
    --------
    >>> schedule = minimax(256, max_kl=0.5, total_correlation=0.693)
    >>> schedule
    <MinimaxSchedule of 6 steps for n=256: [171, 57, 19, 6, 2, 1], worst-case KL 0.462 nats>
    >>> schedule.multipliers["total_correlation"] * 0.693 == schedule.worst_case_kl
    True
    >>> minimax(1024, max_kl=0.5, total_correlation=10, dual_total_correlation=10).nfe
    40
    """
    n = checked_tokens(n)
    check_exact(n)
    known = checked_knowns(
        total_correlation=total_correlation,
        dual_total_correlation=dual_total_correlation,
        max_information=max_information,
        harmonic_mass=harmonic_mass,
    )
    bounds = per_functional(known)
    if (steps is None) == (max_kl is None):
        raise ValueError("steps, max_kl: expected exactly one of the two")
    if steps is not None:
        found = _core.minimax_with_steps(n, bounds, checked_steps(n, steps)[1])
    else:
        assert max_kl is not None
        found = _core.minimax_with_tolerance(n, bounds, checked_max_kl(max_kl))
    sizes, worst, multipliers, proven = found
    priced = dict(zip(FUNCTIONALS, multipliers, strict=True))
    return MinimaxSchedule(
        np.asarray(sizes), known, {name: priced[name] for name in known}, worst, proven
    )
