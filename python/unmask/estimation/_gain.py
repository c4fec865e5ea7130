"""What one schedule gains over another, and how sure that is."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar, overload

import numpy as np

from .. import _check
from .._bernoulli import BernoulliSchedule
from .._curve import Curve, Floats
from .._information_curve import InformationCurve
from .._schedule import Schedule
from .._student import t_quantile
from ._blocks import BlockCurves

#: What is compared: schedules, or one of them for each block.
P = TypeVar("P")


@dataclass(frozen=True, eq=False, repr=False)
class Gain(Generic[P]):
    """Difference in expected KL between two schedules; made by `gain`.

    Attributes
    ----------
    schedule, baseline : Schedule, BernoulliSchedule or tuple of Schedule
        What is compared; of blocks one for each.
    n : int
        Number of tokens.
    total : float
        Expected KL of the baseline less that of the schedule, in nats: positive where the schedule
        is better. The entropy of the data cancels.
    standard_error : float or None
        Of the total; ``None`` where the curve does not know the covariance of its losses.
    confidence : float
        Level of the interval.
    interval : tuple of float or None
        Confidence interval of the total, in nats: Student's t with as many degrees of freedom as
        the loss with the fewest sequences has, which is careful; of blocks those of Welch and
        Satterthwaite.
    blocks : tuple of Gain
        Of each block, which sum to the total; empty unless the curve is one of blocks.
    """

    schedule: P
    baseline: P
    n: int
    total: float
    standard_error: float | None
    confidence: float
    interval: tuple[float, float] | None
    blocks: tuple[Gain[Schedule], ...] = ()

    @property
    def per_token(self) -> float:
        """Total by number of tokens, in nats."""
        return self.total / self.n

    @property
    def interval_per_token(self) -> tuple[float, float] | None:
        """Interval by number of tokens, in nats."""
        if self.interval is None:
            return None
        low, high = self.interval
        return low / self.n, high / self.n

    @property
    def certain(self) -> bool | None:
        """Whether the sign of the total is beyond doubt at this level; ``None`` if unknown."""
        if self.interval is None:
            return None
        return self.schedule == self.baseline or not self.interval[0] <= 0.0 <= self.interval[1]

    def __repr__(self) -> str:
        of = f" over {len(self.blocks)} blocks" if self.blocks else ""
        if self.interval is None:
            return f"<Gain {self.total:.4g} nats{of}, {self.per_token:.3g} per token>"
        low, high = self.interval
        return (
            f"<Gain {self.total:.4g} nats{of} ({self.confidence:.0%}: {low:.4g} to {high:.4g}), "
            f"{self.per_token:.3g} per token>"
        )


@overload
def gain(
    curve: Curve, schedule: Schedule, baseline: Schedule, *, confidence: float = ...
) -> Gain[Schedule]: ...


@overload
def gain(
    curve: Curve,
    schedule: Schedule | BernoulliSchedule,
    baseline: Schedule | BernoulliSchedule,
    *,
    confidence: float = ...,
) -> Gain[Schedule | BernoulliSchedule]: ...


@overload
def gain(
    curve: BlockCurves,
    schedule: Schedule | Sequence[Schedule],
    baseline: Schedule | Sequence[Schedule],
    *,
    confidence: float = ...,
) -> Gain[tuple[Schedule, ...]]: ...


def gain(
    curve: Curve | BlockCurves, schedule: Any, baseline: Any, *, confidence: float = 0.95
) -> Gain[Any]:
    r"""Compare two schedules.

    The difference :math:`\sum_m c_m \ell_m` has coefficients that sum to zero: what all losses of
    a sequence share cancels, so that it is known better than either cost.

    Parameters
    ----------
    curve : CrossEntropyCurve, InformationCurve or BlockCurves
        What schedules are priced by.
    schedule, baseline : Schedule or BernoulliSchedule, or a sequence of a Schedule for each block
        For as many tokens; of blocks, one alone is for all of them. Fixed, or chosen without the
        data of the curve: of a schedule that was chosen by the curve the estimate is optimistic,
        see `recommend`.
    confidence : float
        Level of the interval, between 0 and 1.

    Returns
    -------
    Gain
        The total and, with blocks, that of each.

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
    confidence = _check.level(confidence, "confidence")
    if isinstance(curve, BlockCurves):
        return _over_blocks(
            curve, curve._each(schedule, "schedule"), curve._each(baseline, "baseline"), confidence
        )
    if not isinstance(curve, Curve):
        raise TypeError(
            f"curve: is a {type(curve).__name__}, expected a CrossEntropyCurve, an "
            "InformationCurve or BlockCurves"
        )
    total = -float(curve._excess(schedule) - curve._excess(baseline))
    covariance = covariance_of(curve)
    if covariance is None:
        return Gain(schedule, baseline, curve.n, total, None, confidence, None)
    weights = coefficients(baseline, curve.n) - coefficients(schedule, curve.n)
    error = math.sqrt(max(0.0, float(weights @ covariance @ weights)))
    ends = _interval(total, error, confidence, degrees_of(curve))
    return Gain(schedule, baseline, curve.n, total, error, confidence, ends)


def _over_blocks(
    curves: BlockCurves,
    plans: tuple[Schedule, ...],
    baselines: tuple[Schedule, ...],
    confidence: float,
) -> Gain[tuple[Schedule, ...]]:
    """Sum over blocks, whose estimates are independent."""
    parts = tuple(
        gain(curve, plan, baseline, confidence=confidence)
        for curve, plan, baseline in zip(curves.curves, plans, baselines, strict=True)
    )
    total = math.fsum(part.total for part in parts)
    variances = [part.standard_error**2 for part in parts if part.standard_error is not None]
    if len(variances) < len(parts):
        return Gain(plans, baselines, curves.n, total, None, confidence, None, parts)
    known = [degrees_of(curve) for curve in curves.curves]
    spread = [v**2 / degrees for v, degrees in zip(variances, known, strict=True) if degrees]
    variance = math.fsum(variances)
    degrees = variance**2 / math.fsum(spread) if any(spread) else None
    error = math.sqrt(variance)
    ends = _interval(total, error, confidence, degrees)
    return Gain(plans, baselines, curves.n, total, error, confidence, ends, parts)


def _interval(
    total: float, error: float, confidence: float, degrees: float | None
) -> tuple[float, float]:
    width = error * t_quantile((1 + confidence) / 2, degrees)
    return total - width, total + width


def degrees_of(curve: Curve) -> int | None:
    """Degrees of freedom of its errors: one fewer than sequences behind the loss with fewest."""
    name = "samples" if isinstance(curve, InformationCurve) else "sequences"
    sequences: int | None = getattr(curve, name, None)
    return None if sequences is None else max(1, sequences - 1)


def covariance_of(curve: Curve) -> Floats | None:
    """Covariance of the losses of a curve, if it knows."""
    if isinstance(curve, InformationCurve) and curve.standard_errors is not None:
        return np.diag(curve.standard_errors**2)  # points are sampled independently
    covariance = getattr(curve, "covariance", None)
    return None if covariance is None else np.asarray(covariance)


def coefficients(schedule: Schedule | BernoulliSchedule, n: int) -> Floats:
    """By what the losses are multiplied in the cost of a schedule, shape (n,)."""
    weights = np.zeros(n)
    if isinstance(schedule, Schedule):
        weights[schedule.cumulative[:-1]] = schedule.sizes
        return weights
    # Of random counts each loss by how likely so many of the other tokens are to be revealed.
    others, chosen = n - 1, np.arange(n)
    whole = math.lgamma(n)
    ways = np.array([whole - math.lgamma(m + 1) - math.lgamma(n - m) for m in range(n)])
    for level, rise in zip(schedule.levels, np.diff(schedule.levels), strict=False):
        if level == 0:
            weights[0] += n * rise
        else:
            logs = ways + chosen * math.log(level) + (others - chosen) * math.log1p(-level)
            weights += n * rise * np.exp(logs)
    return weights
