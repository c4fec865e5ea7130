r"""The schedule with the least guaranteed cost where the curve is an estimate.

Let each point of the curve, and the sum of all, lie within ``c`` standard errors of its estimate,
all of them at once, with probability at least ``confidence``. Then *every* schedule costs at most

.. math:: \sum_t s_t u_{N_{t-1}} - H_- \qquad\text{and}\qquad
    \sum_t \Bigl( (s_t - 1)\, u_{N_{t-1}} - \sum_{j = N_{t-1} + 1}^{N_t - 1} l_j \Bigr)

where ``l`` and ``u`` are the ends of the band and :math:`H_-` is the lower end for the sum, or the
entropy itself where that is known. As this holds for all schedules at once it holds for the one
that is chosen by looking at it. True curves never increase, so for an `InformationCurve` the upper
ends are replaced by the least so far, and the lower ends by the largest to come.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from .. import _check, _core
from .._cross_entropy_curve import CrossEntropyCurve
from .._curve import Curve
from .._information_curve import InformationCurve
from .._schedule import Schedule, steps_text
from .._student import t_quantile
from ._arguments import check_curve, checked_steps

Floats = npt.NDArray[np.float64]

#: Draws of a curve's error, of which a quantile is taken.
DRAWS = 8000

#: Standard errors of a simulated quantile's level by which it is set higher.
SIMULATION_MARGIN = 2.0

#: Tokens up to which the errors of a curve are simulated.
MOST_SIMULATED = 1024

#: Tokens up to which a table of all steps is made.
MOST_PLANNED = 2048

#: Operations of the dynamic programming over bands that are accepted.
MAX_WORK = 4e9


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class RobustSchedule(Schedule):
    """A schedule with an upper confidence bound on what it costs; made by `robust`.

    Equal to any `Schedule` of the same sizes.

    Attributes
    ----------
    sizes : ndarray of int64, shape (k,)
        Step sizes in chronological order.
    upper_bound : float
        What the schedule costs at most, with probability at least `confidence`, in nats.
    estimate : float
        What it costs by the estimated curve: too low on average, where it was chosen by it.
    confidence : float
        Of the bound, the choice of the schedule accounted for.
    quantity : str
        What is bounded: ``"expected KL"``, or, for losses of a model on data of unknown entropy,
        the ``"excess"`` over revealing one token at a time.
    """

    upper_bound: float
    estimate: float
    confidence: float
    quantity: str

    def __init__(
        self,
        sizes: npt.ArrayLike,
        upper_bound: float,
        estimate: float,
        confidence: float,
        quantity: str,
    ) -> None:
        Schedule.__init__(self, sizes)
        object.__setattr__(self, "upper_bound", upper_bound)
        object.__setattr__(self, "estimate", estimate)
        object.__setattr__(self, "confidence", confidence)
        object.__setattr__(self, "quantity", quantity)

    def __repr__(self) -> str:
        return (
            f"<RobustSchedule of {steps_text(self.nfe)} for n={self.n}: {self._listed()}, "
            f"{self.quantity} at most {self.upper_bound:.6g} nats at confidence "
            f"{self.confidence:g}>"
        )

    def __reduce__(self) -> tuple[object, ...]:
        bound = self.upper_bound, self.estimate, self.confidence, self.quantity
        return type(self), (self.sizes, *bound)


def robust(curve: Curve, steps: int, *, confidence: float = 0.95, seed: int = 0) -> RobustSchedule:
    r"""Find the schedule with the smallest upper confidence bound on its expected KL.

    Parameters
    ----------
    curve : InformationCurve or CrossEntropyCurve
        With standard errors: sampled by `unmask.information_curve`, or estimated by
        `unmask.estimation`. A covariance is used where there is one; points of a sampled
        `InformationCurve` are independent; otherwise nothing is assumed of how errors depend.
    steps : int
        At most so many steps, in ``1..n``.
    confidence : float
        Probability, in (0, 1), with which the bound holds. Errors are taken to be normal, or
        Student's where the curve says how many sequences are behind it.
    seed : int
        Of the simulation of the curve's errors, where there is a covariance.

    Returns
    -------
    RobustSchedule
        A `Schedule` with the bound. It holds for all schedules at once, and so for this one,
        although it was chosen by its bound. The sum of the curve, the entropy, is bounded too.
        For a `CrossEntropyCurve` without entropy the excess over one token at a time is bounded.

    Raises
    ------
    ValueError
        If the curve has no standard errors, or `steps` or `confidence` is out of range.

    Notes
    -----
    The half-width ``c`` is Sidak's, right for errors that depend in any way, or the simulated
    quantile of the largest standardised error, if that is less. The bounds of the module are
    minimised by dynamic programming, in ``O(n^2 steps)``; where that is more than some seconds, the
    second of them is only evaluated, for the optima of the first and of the estimate.

    See Also
    --------
    optimal : The best schedule where the curve is exact.
    unmask.estimation.recommend : How many steps are worth it, for losses of a model.

    Examples
    --------
    >>> import unmask
    >>> from unmask.distributions import Repeated
    >>> bits = Repeated(12, 2)
    >>> curve = unmask.information_curve(bits, method="sampled", samples=50, seed=0)
    >>> schedule = robust(curve, 2)
    >>> schedule == unmask.schedules.optimal(unmask.information_curve(bits), steps=2)
    True
    >>> round(schedule.upper_bound, 6)
    0.0
    """
    check_curve(curve)
    n, steps = checked_steps(curve.n, steps)
    confidence = _check.level(confidence, "confidence")
    seed = _check.integer(seed, "seed")
    band = _Band.of(curve, confidence, seed)
    candidates = [
        _core.schedule_with_steps(band.upper, steps),
        _core.schedule_with_steps(curve.h, steps),
    ]
    if band.sums_to_total and n <= MOST_PLANNED and float(n) * n * steps <= MAX_WORK:
        candidates.append(_least_over_band(band, steps))
    bound, sizes = min(((band.bound(sizes), sizes) for sizes in candidates), key=lambda c: c[0])
    schedule = Schedule(sizes)
    total = band.total if band.total_known else float(np.sum(curve.h))
    estimate = curve._excess(schedule) + float(np.sum(curve.h)) - total
    return RobustSchedule(sizes, bound, estimate, confidence, band.quantity)


@dataclass(frozen=True)
class _Band:
    """Ends of a simultaneous confidence band, and of the sum that is subtracted."""

    upper: Floats
    lower: Floats
    #: What is subtracted, at its lower end.
    total: float
    total_known: bool
    #: Whether what is subtracted is the sum of the curve itself.
    sums_to_total: bool
    quantity: str

    @classmethod
    def of(cls, curve: Curve, confidence: float, seed: int) -> _Band:
        errors, covariance, sequences = _errors(curve)
        known = isinstance(curve, CrossEntropyCurve) and curve.entropy is not None
        if known:
            spread = 0.0
        elif covariance is None:
            # No two errors can agree more than by being the same.
            spread = float(np.sum(errors))
        else:
            spread = math.sqrt(max(float(np.sum(covariance)), 0.0))
        width = _width(errors, covariance, spread, confidence, sequences, seed)
        upper, lower = curve.h + width * errors, curve.h - width * errors
        if isinstance(curve, InformationCurve):
            upper = np.minimum.accumulate(upper)
            lower = np.maximum.accumulate(np.maximum(lower, 0.0)[::-1])[::-1]
        if known:
            assert isinstance(curve, CrossEntropyCurve)
            assert curve.entropy is not None
            total = curve.entropy
        else:
            total = float(np.sum(curve.h)) - width * spread
        is_kl = known or isinstance(curve, InformationCurve)
        quantity = "expected KL" if is_kl else "excess"
        return cls(upper, np.ascontiguousarray(lower), total, known, not known, quantity)

    def bound(self, sizes: npt.NDArray[np.int64]) -> float:
        """The less of the two bounds on a schedule."""
        starts = np.cumsum(sizes) - sizes
        by_sum = float(sizes @ self.upper[starts]) - self.total
        if not self.sums_to_total:
            return by_sum
        rest = float(np.sum(self.lower)) - float(np.sum(self.lower[starts]))
        return min(by_sum, float((sizes - 1) @ self.upper[starts]) - rest)


def _errors(curve: Curve) -> tuple[Floats, Floats | None, int | None]:
    """Standard errors; variances, covariances or nothing; and the number of sequences."""
    given = getattr(curve, "standard_errors", None)
    if given is None:
        raise ValueError(
            "curve: has no standard errors, expected a sampled or an estimated curve (optimal is "
            "for curves that are exact)"
        )
    errors = np.asarray(given, dtype=np.float64)
    if isinstance(curve, InformationCurve):
        covariance = errors**2 if curve.method == "sampled" else None
        sequences = curve.samples
    else:
        given = getattr(curve, "covariance", None)
        covariance = None if given is None else np.asarray(given, dtype=np.float64)
        sequences = getattr(curve, "sequences", None)
    if sequences == 1:
        raise ValueError(
            "curve: has a single sequence behind a point, expected two or more, of which the error "
            "can be known"
        )
    return errors, covariance, sequences


def _width(
    errors: Floats,
    covariance: Floats | None,
    spread: float,
    confidence: float,
    sequences: int | None,
    seed: int,
) -> float:
    """Standard errors that no point of the curve is off by, nor its sum."""
    uncertain = errors > 0
    functionals = int(uncertain.sum()) + (spread > 0)
    if functionals == 0:
        return 0.0
    # Sidak (1967): intervals of normal variables are nowhere less likely to hold together than if
    # they were independent.
    level = (1.0 + confidence ** (1.0 / functionals)) / 2.0
    normal = NormalDist().inv_cdf(level)
    width = normal
    if covariance is not None and covariance.ndim == 2 and len(errors) <= MOST_SIMULATED:
        width = min(width, _simulated(errors, covariance, spread, confidence, seed))
    if sequences is not None:
        # Errors that are themselves estimated: Student's t. Sidak's inequality holds given the
        # standard errors, and on average too as long as these do not shrink where others grow.
        width *= t_quantile(level, sequences - 1) / normal
    return width


def _simulated(
    errors: Floats, covariance: Floats, spread: float, confidence: float, seed: int
) -> float:
    """Quantile of the largest standardised error of a curve and its sum."""
    values, vectors = np.linalg.eigh(covariance)
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    noise = np.random.default_rng(seed).standard_normal((DRAWS, len(errors))) @ root.T
    uncertain = errors > 0
    largest = np.max(np.abs(noise[:, uncertain]) / errors[uncertain], axis=1, initial=0.0)
    if spread > 0:
        largest = np.maximum(largest, np.abs(noise.sum(axis=1)) / spread)
    margin = SIMULATION_MARGIN * math.sqrt(confidence * (1 - confidence) / DRAWS)
    return float(np.quantile(largest, min(confidence + margin, 1.0), method="higher"))


def _least_over_band(band: _Band, steps: int) -> npt.NDArray[np.int64]:
    """Sizes that minimise the second bound: dynamic programming over layers of steps."""
    n = len(band.upper)
    below = np.concatenate(([0.0], np.cumsum(band.lower)))
    a, b = np.arange(n)[:, None], np.arange(n + 1)[None, :]
    cost = np.where(b > a, (b - a - 1) * band.upper[:, None] - (below[b] - below[a + 1]), np.inf)
    reached = np.full(n + 1, np.inf)
    reached[0] = 0.0
    origins, ends = [], []
    for _ in range(steps):
        through = reached[:-1, None] + cost
        origin = np.argmin(through, axis=0)
        reached = through[origin, np.arange(n + 1)]
        origins.append(origin)
        ends.append(reached[n])
    nodes = [n]
    for layer in range(int(np.argmin(ends)), -1, -1):
        nodes.append(int(origins[layer][nodes[-1]]))
    return np.diff(nodes[::-1])
