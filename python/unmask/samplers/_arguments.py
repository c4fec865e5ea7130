"""What every sampler is asked about."""

from __future__ import annotations

from .._schedule import Schedule
from ..distributions import Distribution


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
