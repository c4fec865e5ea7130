"""What every sampler is asked about."""

from __future__ import annotations

from statistics import NormalDist

from .. import _check
from .._schedule import Schedule
from ..distributions import Distribution

#: What to do where enumeration is out of reach.
ELSE = "unmask.samplers.simulate draws from this sampler at any size"


def require_distribution(distribution: object) -> None:
    """Refuse what is no distribution."""
    if not isinstance(distribution, Distribution):
        kind = type(distribution).__name__
        raise TypeError(
            f"distribution: is a {kind}, expected a Distribution such as "
            "unmask.distributions.Dense(pmf) or Empirical(samples)"
        )


def require_sizes(schedule: Schedule, n: int) -> None:
    """Refuse a schedule for another number of tokens than ``n``."""
    if schedule.n != n:
        raise ValueError(
            f"schedule: its sizes sum to {schedule.n}, expected n = {n} of the distribution"
        )


def checked_chance(value: object, name: str) -> float:
    """Return a probability that is neither 0 nor 1."""
    chance = _check.amount(value, name)
    if not 0.0 < chance < 1.0:
        raise ValueError(f"{name}: is {value}, expected a probability between 0 and 1")
    return chance


def normal_quantile(confidence: object) -> float:
    """Standard errors, to each side, that hold a normal estimate with this confidence."""
    return NormalDist().inv_cdf(0.5 + checked_chance(confidence, "confidence") / 2.0)
