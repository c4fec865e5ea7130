"""Numbers that come from samples."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Estimate:
    """A number from samples, and an interval that holds what it is about with some confidence.

    Attributes
    ----------
    value, low, high : float
        In nats for divergences; `high` may be infinite.
    """

    value: float
    low: float
    high: float

    def __repr__(self) -> str:
        return f"{self.value:.4g} [{self.low:.4g}, {self.high:.4g}]"
