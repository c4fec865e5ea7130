r"""Quantiles of Student's t: how many estimated standard errors hold a mean.

With :math:`t = \sqrt\nu \tan\theta` the probability of exceeding ``t`` is that share of
:math:`\int_0^{\pi/2} \cos^{\nu-1}` that lies beyond ``theta``, for any number of degrees of
freedom, whole or not.
"""

from __future__ import annotations

import math
from functools import cache
from statistics import NormalDist

import numpy as np

from ._curve import Floats

#: Degrees of freedom from which the expansion of Cornish and Fisher is good to 1e-9.
MANY = 200.0

#: Nodes of the quadrature.
NODES = 64

#: Halvings of the angle.
HALVINGS = 60


def t_quantile(level: float, degrees: float | None) -> float:
    """Return the quantile of Student's t, normal if `degrees` is ``None``.

    Parameters
    ----------
    level : float
        At least 1/2, below 1.
    degrees : float, optional
        Degrees of freedom, at least 1.

    Returns
    -------
    float
        To 1e-8 of itself.
    """
    z = NormalDist().inv_cdf(level)
    if degrees is None:
        return z
    if degrees >= MANY:
        terms = (
            (z**3 + z) / 4,
            (5 * z**5 + 16 * z**3 + 3 * z) / 96,
            (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
            (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160,
        )
        return z + math.fsum(term / degrees**power for power, term in enumerate(terms, start=1))
    if degrees == 1:
        return math.tan(math.pi * (level - 0.5))
    # Measured from the tail, where cos(theta) is small: theta = pi/2 - phi.
    tail = (1.0 - level) * math.sqrt(math.pi) * math.gamma(degrees / 2)
    tail /= math.gamma((degrees + 1) / 2)
    low, high = 0.0, math.pi / 2
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        if _power_of_sine(middle, degrees - 1) < tail:
            low = middle
        else:
            high = middle
    return math.sqrt(degrees) / math.tan((low + high) / 2)


@cache
def _quadrature() -> tuple[Floats, Floats]:
    """Made when first asked for: the package is imported faster without."""
    return np.polynomial.legendre.leggauss(NODES)


def _power_of_sine(phi: float, power: float) -> float:
    """Integral of ``sin^power`` from 0: smooth after ``x = phi u^2`` for powers that are not."""
    nodes, weights = _quadrature()
    u = (nodes + 1) / 2
    return float(weights @ (np.sin(phi * u**2) ** power * u)) * phi
