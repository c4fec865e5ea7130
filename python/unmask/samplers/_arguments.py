"""What every sampler is asked about."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import NormalDist

from .. import _check, _core
from .._schedule import Schedule
from ..distributions import Distribution

#: What to do where an exact law is out of reach.
ELSE = "unmask.samplers.simulate draws from this sampler at any size"


@contextmanager
def simulated_instead() -> Iterator[None]:
    """Where work or memory are out of reach, say what can be done all the same."""
    try:
        yield
    except (_core.WorkError, MemoryError) as error:
        # NumPy's own kind of MemoryError takes other arguments.
        kind = MemoryError if isinstance(error, MemoryError) else _core.WorkError
        raise kind(f"{error}; {ELSE}") from None


def about(number: float) -> str:
    """A prediction in few digits; what is too large for a float is more than the largest."""
    return f"about {number:.1e}" if number < math.inf else "more than 1e308"


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
