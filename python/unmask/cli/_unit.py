"""Nats inside, nats or bits outside."""

import math
from enum import StrEnum

import numpy as np
import numpy.typing as npt

#: So many nats are a matter of digits, and written as 0.
ROUNDING = 1e-14


class Unit(StrEnum):
    """What entropies and divergences are shown in.

    >>> Unit.BITS.of(math.log(2)), Unit.BITS.nats(1.0) == math.log(2)
    (1.0, True)
    """

    NATS = "nats"
    BITS = "bits"

    @property
    def in_nats(self) -> float:
        """The unit itself, in nats."""
        return math.log(2) if self is Unit.BITS else 1.0

    def of(self, nats: float) -> float:
        """Convert from nats."""
        return float(nats) / self.in_nats

    def nats(self, amount: float) -> float:
        """Convert to nats."""
        return amount * self.in_nats

    def listed(self, nats: npt.NDArray[np.float64]) -> list[float]:
        """Convert many from nats."""
        return [float(value) for value in nats / self.in_nats]

    def text(self, nats: float, digits: int = 6) -> str:
        """Convert and write out, without the unit."""
        return f"{0.0 if abs(nats) < ROUNDING else self.of(nats):.{digits}g}"
