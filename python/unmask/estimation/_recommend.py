"""The schedule to use, and whether the data are enough to say so."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from .. import schedules
from .._cross_entropy_curve import CrossEntropyCurve
from .._curve import Floats
from .._schedule import Schedule
from ._gain import Gain, covariance_of, gain

if TYPE_CHECKING:
    from ..distributions._base import Seed

#: Curves drawn around the estimate.
DRAWS = 200

#: Directions in which drawn curves differ. Estimates at fewer counts vary in no more.
DIRECTIONS = 256


@dataclass(frozen=True, eq=False, repr=False)
class Recommendation:
    """The best schedule for an estimated curve, and what is known about it; made by `recommend`.

    Attributes
    ----------
    schedule : Schedule
        The best one of at most so many steps for the losses as estimated.
    gains : mapping of str to Gain
        Over the rules in common use, by name. They are those of the estimate: see `optimism`.
    optimism : float or None
        By how much the gains are too large on average, in nats, as the schedule was chosen by the
        same losses that price it. ``None`` where the covariance of the losses is not known.
    regret : float or None
        By how much the schedule costs more on average than the one that would be best if the
        losses were known, in nats.
    """

    schedule: Schedule
    gains: Mapping[str, Gain]
    optimism: float | None
    regret: float | None

    @property
    def enough(self) -> bool | None:
        """Whether the data tell this schedule from each of the rules, optimism deducted.

        ``None`` where the covariance of the losses is not known.
        """
        verdicts = [self._better(one) for one in self.gains.values()]
        return None if None in verdicts else all(verdicts)

    def _better(self, one: Gain) -> bool | None:
        if one.interval is None or self.optimism is None:
            return None
        return one.schedule == one.baseline or one.interval[0] > self.optimism

    def __repr__(self) -> str:
        lines = [f"Recommendation: {self.schedule!r}"]
        for name, one in self.gains.items():
            line = f"  gains {one.total:.4g} nats over {name}"
            if one.schedule == one.baseline:
                line = f"  is the same as {name}"
            elif one.interval is not None:
                low, high = one.interval
                verdict = "" if self._better(one) else ": not enough data to tell"
                line += f" ({one.confidence:.0%}: {low:.4g} to {high:.4g}){verdict}"
            lines.append(line)
        if self.optimism is not None:
            lines.append(
                f"  of which {self.optimism:.1g} nats are optimism; the best schedule for the true "
                f"losses is better by {self.regret:.1g}"
            )
        return "\n".join(lines)


def recommend(
    curve: CrossEntropyCurve,
    *,
    steps: int,
    confidence: float = 0.95,
    seed: Seed = 0,
    progress: Callable[[float], object] | None = None,
) -> Recommendation:
    """Find the best schedule for a model, and what it gains over the rules in common use.

    Parameters
    ----------
    curve : CrossEntropyCurve
        With covariance, from `estimate_curve` or `CurveAccumulator`, to know about errors.
    steps : int
        At most so many steps, in ``1..n``.
    confidence : float
        Level of the intervals of the gains.
    seed : int or numpy.random.Generator, optional
        For `optimism` and `regret`.
    progress : callable, optional
        Called now and then with the fraction of the work done, which is that of 200 schedules.

    Returns
    -------
    Recommendation
        Compared are uniform steps with the larger ones first or last, and cosine, at the same
        number of steps.

    Raises
    ------
    ValueError
        If `steps` is outside ``1..n``.

    Notes
    -----
    Optimism and regret are those of the parametric bootstrap: 200 curves are drawn from the normal
    law with the estimate as mean and its covariance, and a schedule is chosen for each. What it
    gains over the recommended one on the curve that chose it, less what it gains on the estimate,
    is optimism; what it loses on the estimate is regret, to within a factor of about two.

    Examples
    --------
    >>> losses = [1.0, 0.6, 0.5, 0.5]
    >>> curve = CrossEntropyCurve(losses, covariance=1e-3 * np.eye(4), sequences=99)
    >>> recommend(curve, steps=2)
    Recommendation: Schedule([1, 3])
      gains 0.2 nats over uniform, larger first (95%: -0.03481 to 0.4348): not enough data to tell
      gains 0.2 nats over uniform, larger last (95%: -0.03481 to 0.4348): not enough data to tell
      is the same as cosine
      of which 0.007 nats are optimism; the best schedule for the true losses is better by 0.006
    """
    best = schedules.optimal(curve, steps=steps)
    rules = {
        "uniform, larger first": schedules.uniform(curve.n, steps, larger="first"),
        "uniform, larger last": schedules.uniform(curve.n, steps, larger="last"),
        "cosine": schedules.cosine(curve.n, steps),
    }
    gains = {name: gain(curve, best, rule, confidence=confidence) for name, rule in rules.items()}
    optimism, regret = _doubts(curve, best, steps, np.random.default_rng(seed), progress)
    return Recommendation(best, MappingProxyType(gains), optimism, regret)


def _doubts(
    curve: CrossEntropyCurve,
    best: Schedule,
    steps: int,
    generator: np.random.Generator,
    progress: Callable[[float], object] | None,
) -> tuple[float | None, float | None]:
    """Optimism and regret."""
    covariance = covariance_of(curve)
    if covariance is None:
        return None, None
    root = _root(covariance, generator)
    optimism, regret = [], []
    for draw in range(DRAWS):
        drawn = CrossEntropyCurve(curve.h + root @ generator.normal(size=root.shape[1]))
        chosen = schedules.optimal(drawn, steps=steps)
        regret.append(curve.cost(chosen) - curve.cost(best))
        optimism.append(drawn.cost(best) - drawn.cost(chosen) + regret[-1])
        if progress is not None:
            progress((draw + 1) / DRAWS)
    return float(np.mean(optimism)), float(np.mean(regret))


def _root(covariance: Floats, generator: np.random.Generator) -> Floats:
    """A matrix of few columns whose square is the covariance, or nearly."""
    n = len(covariance)
    basis = np.eye(n)
    if n > DIRECTIONS:
        basis = np.linalg.qr(covariance @ generator.normal(size=(n, DIRECTIONS)))[0]
    values, vectors = np.linalg.eigh(basis.T @ covariance @ basis)
    root: Floats = basis @ vectors * np.sqrt(np.maximum(values, 0.0))
    return root
