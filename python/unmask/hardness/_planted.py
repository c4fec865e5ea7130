"""The same cliff on top of any law."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from .. import _check
from .._compute import information_curve
from .._information_curve import InformationCurve
from ..distributions import Distribution, Paired, ReedSolomon

if TYPE_CHECKING:
    from ..distributions._base import Seed

__all__ = ["planted", "planted_curve"]


def hidden(n: int, k: int, q: int, generator: np.random.Generator) -> ReedSolomon:
    """Draw a code of dimension `k` shifted at random; for ``k = n`` that is the uniform law."""
    q = _check.size(q, "q", n, why=" (n, a point of the field a token)")
    return ReedSolomon(n, k, q, shift=generator.integers(q, size=n))


def planted(base: Distribution, k: int, q: int, *, seed: Seed = None) -> Paired:
    r"""Pair every token of a law with one of a hidden code.

    Tokens are pairs ``(X_i, Y_i)``, ``X`` from `base` and ``Y`` uniform on a randomly shifted
    Reed-Solomon code, independent of ``X``. Curves add: :math:`\log q \, 1[j > k]` on top of that
    of `base`. With ``k = n`` the second part is uniform and nothing is planted. Telling the two
    apart takes as many calls as without `base`, so that no curve is a safe one (Chen, Cong and Li,
    arXiv 2511.04647).

    Parameters
    ----------
    base : Distribution
        For ``n`` tokens.
    k : int
        Where the cliff is, ``1 .. n``.
    q : int
        Size of the field: a prime, or a power of two, at least ``n``.
    seed : int or numpy.random.Generator, optional
        Of the shift.

    Raises
    ------
    TypeError, ValueError
        If `base` is no distribution, or `k` or `q` is out of range.

    Examples
    --------
    >>> from unmask import information_curve
    >>> from unmask.distributions import Repeated
    >>> information_curve(planted(Repeated(4, 2), k=2, q=5, seed=0)).z.round(4)
    array([0.    , 0.6931, 2.3026, 2.3026])
    """
    if not isinstance(base, Distribution):
        raise TypeError(f"base: is a {type(base).__name__}, expected a Distribution")
    return Paired(base, hidden(base.n, k, q, _check.generator(seed)))


def planted_curve(base: InformationCurve, k: int, q: int) -> InformationCurve:
    """Put a cliff on top of a curve; arguments as of `planted`.

    A schedule for `base` with one step more, which ends at `k`, costs no more than it did.

    Examples
    --------
    >>> from unmask import InformationCurve
    >>> base = InformationCurve.from_conditional_entropies([0.5, 0.5, 0.25])
    >>> planted_curve(base, k=2, q=3).z.round(4)
    array([0.    , 0.    , 1.3486])
    """
    if not isinstance(base, InformationCurve):
        raise TypeError(f"base: is a {type(base).__name__}, expected an InformationCurve")
    cliff = information_curve(ReedSolomon(base.n, k, q))
    sums = {name: getattr(base, name) + getattr(cliff, name) for name in SUMMED}
    for array in sums.values():
        array.flags.writeable = False
    return replace(base, **sums)


#: What of two curves adds.
SUMMED = ("h", "z", "mean_entropies")
