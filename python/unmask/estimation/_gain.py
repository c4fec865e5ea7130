"""What one schedule gains over another, and how sure that is."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from .._curve import Curve, Floats
from .._schedule import Schedule


@dataclass(frozen=True, eq=False, repr=False)
class Gain:
    """Difference in expected KL between two schedules; made by `gain`.

    Attributes
    ----------
    schedule, baseline : Schedule
        What is compared.
    total : float
        Expected KL of the baseline less that of the schedule, in nats: positive where the schedule
        is better. The entropy of the data cancels.
    standard_error : float or None
        Of the total; ``None`` where the curve does not know the covariance of its losses.
    confidence : float
        Level of the interval.
    interval : tuple of float or None
        Confidence interval of the total, in nats: Student's t with as many degrees of freedom as
        the loss with the fewest sequences has, which is careful.
    """

    schedule: Schedule
    baseline: Schedule
    total: float
    standard_error: float | None
    confidence: float
    interval: tuple[float, float] | None

    @property
    def per_token(self) -> float:
        """Total by number of tokens, in nats."""
        return self.total / self.schedule.n

    @property
    def interval_per_token(self) -> tuple[float, float] | None:
        """Interval by number of tokens, in nats."""
        if self.interval is None:
            return None
        low, high = self.interval
        return low / self.schedule.n, high / self.schedule.n

    @property
    def certain(self) -> bool | None:
        """Whether the sign of the total is beyond doubt at this level; ``None`` if unknown."""
        if self.interval is None:
            return None
        return self.schedule == self.baseline or not self.interval[0] <= 0.0 <= self.interval[1]

    def __repr__(self) -> str:
        if self.interval is None:
            return f"<Gain {self.total:.4g} nats, {self.per_token:.3g} per token>"
        low, high = self.interval
        return (
            f"<Gain {self.total:.4g} nats ({self.confidence:.0%}: {low:.4g} to {high:.4g}), "
            f"{self.per_token:.3g} per token>"
        )


def gain(curve: Curve, schedule: Schedule, baseline: Schedule, *, confidence: float = 0.95) -> Gain:
    r"""Compare two schedules.

    The difference :math:`\sum_m c_m \ell_m` has coefficients that sum to zero: what all losses of
    a sequence share cancels, so that it is known better than either cost.

    Parameters
    ----------
    curve : CrossEntropyCurve or InformationCurve
        What schedules are priced by.
    schedule, baseline : Schedule
        For as many tokens. Fixed, or chosen without the data of the curve: of a schedule that was
        chosen by the curve the estimate is optimistic, see `recommend`.
    confidence : float
        Level of the interval, between 0 and 1.

    Returns
    -------
    Gain

    Raises
    ------
    ValueError
        If a schedule is for another number of tokens, or the level is not between 0 and 1.

    Examples
    --------
    >>> from unmask import CrossEntropyCurve
    >>> curve = CrossEntropyCurve([1.0, 0.6, 0.5, 0.5], covariance=0.01 * np.eye(4), sequences=9)
    >>> gain(curve, Schedule([1, 3]), Schedule([2, 2]))
    <Gain 0.2 nats (95%: -0.6628 to 1.063), 0.05 per token>
    """
    total = -float(curve._excess(schedule) - curve._excess(baseline))
    if not 0 < confidence < 1:
        raise ValueError(f"confidence: is {confidence}, expected a level between 0 and 1")
    covariance = covariance_of(curve)
    if covariance is None:
        return Gain(schedule, baseline, total, None, confidence, None)
    weights = coefficients(baseline) - coefficients(schedule)
    error = math.sqrt(max(0.0, float(weights @ covariance @ weights)))
    width = error * t_quantile((1 + confidence) / 2, getattr(curve, "sequences", None))
    return Gain(schedule, baseline, total, error, confidence, (total - width, total + width))


def covariance_of(curve: Curve) -> Floats | None:
    """Covariance of the losses of a curve, if it knows."""
    covariance = getattr(curve, "covariance", None)
    return None if covariance is None else np.asarray(covariance)


def coefficients(schedule: Schedule) -> Floats:
    """By what the losses are multiplied in the cost of a schedule, shape (n,)."""
    weights = np.zeros(schedule.n)
    weights[schedule.cumulative[:-1]] = schedule.sizes
    return weights


def t_quantile(level: float, sequences: int | None) -> float:
    """Quantile of Student's t with one degree of freedom fewer than there are sequences.

    Exact for one and two degrees of freedom; otherwise the expansion of Cornish and Fisher, good to
    one per cent for three, and 1e-4 from ten on. Normal if `sequences` is not known.
    """
    z = NormalDist().inv_cdf(level)
    if sequences is None:
        return z
    degrees = max(1, sequences - 1)
    if degrees == 1:
        return math.tan(math.pi * (level - 0.5))
    if degrees == 2:
        return (2 * level - 1) * math.sqrt(2 / (4 * level * (1 - level)))
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160,
    )
    return z + math.fsum(term / degrees**power for power, term in enumerate(terms, start=1))
