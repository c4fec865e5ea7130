"""The schedule to use, and whether the data are enough to say so."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Generic, overload

import numpy as np

from .. import schedules
from .._cross_entropy_curve import CrossEntropyCurve
from .._curve import Curve, Floats
from .._progress import Progress, reported
from .._schedule import Schedule
from ._blocks import BlockCurves
from ._gain import Gain, P, covariance_of, gain

if TYPE_CHECKING:
    from ..distributions._base import Seed

#: Curves drawn around the estimate.
DRAWS = 200

#: Directions in which drawn curves differ. Estimates at fewer counts vary in no more.
DIRECTIONS = 256


@dataclass(frozen=True, eq=False, repr=False)
class Recommendation(Generic[P]):
    """The best schedule for an estimated curve, and what is known about it; made by `recommend`.

    Attributes
    ----------
    schedule : Schedule or tuple of Schedule
        The best one of at most so many steps for the losses as they most likely are; of blocks one
        for each.
    gains : mapping of str to Gain
        Over the rules in common use, by name, for the losses as estimated: see `optimism`.
    optimism : float or None
        By how much the gains are too large on average, in nats, as the schedule was chosen by the
        same losses that price it. ``None`` where the covariance of the losses is not known.
    regret : float or None
        By how much the schedule costs more on average than the one that would be best if the
        losses were known, in nats.
    """

    schedule: P
    gains: Mapping[str, Gain[P]]
    optimism: float | None
    regret: float | None

    @property
    def enough(self) -> bool | None:
        """Whether the data tell this schedule from each of the rules, optimism deducted.

        ``None`` where the covariance of the losses is not known.
        """
        verdicts = [self._better(one) for one in self.gains.values()]
        return None if None in verdicts else all(verdicts)

    def _better(self, one: Gain[P]) -> bool | None:
        if one.interval is None or self.optimism is None:
            return None
        return one.schedule == one.baseline or one.interval[0] > self.optimism

    def __repr__(self) -> str:
        plans: Any = self.schedule
        if isinstance(plans, Schedule):
            lines = [f"Recommendation: {plans!r}"]
        else:
            lines = [f"Recommendation for {len(plans)} blocks:"]
            lines += [f"  block {index}: {plan!r}" for index, plan in _told_apart(plans)]
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


@overload
def recommend(
    curve: CrossEntropyCurve,
    *,
    steps: int,
    confidence: float = ...,
    seed: Seed = ...,
    progress: Progress = ...,
) -> Recommendation[Schedule]: ...


@overload
def recommend(
    curve: BlockCurves,
    *,
    steps: int,
    confidence: float = ...,
    seed: Seed = ...,
    progress: Progress = ...,
) -> Recommendation[tuple[Schedule, ...]]: ...


def recommend(
    curve: CrossEntropyCurve | BlockCurves,
    *,
    steps: int,
    confidence: float = 0.95,
    seed: Seed = 0,
    progress: Progress = True,
) -> Recommendation[Any]:
    """Find the best schedule for a model, and what it gains over the rules in common use.

    Parameters
    ----------
    curve : CrossEntropyCurve or BlockCurves
        With covariance, from `estimate_curve` or `CurveAccumulator`, to know about errors.
    steps : int
        At most so many steps, in ``1..n``; of blocks in all, at least one for each.
    confidence : float
        Level of the intervals of the gains.
    seed : int or numpy.random.Generator, optional
        For `optimism` and `regret`.
    progress : bool or callable
        ``True`` shows a bar, on a terminal and where it takes longer than half a second; a callable
        is called now and then with the fraction of the work done, which is that of 200 schedules.

    Returns
    -------
    Recommendation
        The schedule is the optimum of ``curve.smoothed``, where there is one: noise in the losses
        misleads it several times less. It is priced by the losses themselves. Compared are uniform
        steps with the larger ones first or last, and cosine, at the same number of steps, which
        they share out evenly among blocks.

    Raises
    ------
    ValueError
        If `steps` is outside ``1..n``.

    Notes
    -----
    Optimism and regret are those of the parametric bootstrap: 200 curves are drawn from the normal
    law with the estimate as mean and its covariance, and a schedule is chosen for each. What it
    gains over the recommended one on the curve that chose it, less what it gains on the estimate,
    is optimism; what it loses on the estimate is regret, to within a factor of about two. The
    estimate is ``curve.smoothed`` where there is one: in the linear normal model of its making, the
    errors of a curve and of its smoothed one covary as the smoothed one varies, so that losses that
    are not smoothed price the schedule with the same optimism.

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
    if not isinstance(curve, (Curve, BlockCurves)):
        raise TypeError(
            f"curve: is a {type(curve).__name__}, expected a CrossEntropyCurve or BlockCurves"
        )
    likely = getattr(curve, "smoothed", None) or curve
    best = _optimal(likely, steps)
    rules: dict[str, Callable[[int, int], Schedule]] = {
        "uniform, larger first": lambda n, k: schedules.uniform(n, k, larger="first"),
        "uniform, larger last": lambda n, k: schedules.uniform(n, k, larger="last"),
        "cosine": schedules.cosine,
    }
    gains: dict[str, Gain[Any]] = {}
    for name, rule in rules.items():
        if isinstance(curve, BlockCurves):
            shares = schedules.uniform(steps, len(curve.curves), larger="first").sizes
            plan = tuple(rule(curve.block_length, int(share)) for share in shares)
            gains[name] = gain(curve, best, plan, confidence=confidence)
        else:
            gains[name] = gain(curve, best, rule(curve.n, steps), confidence=confidence)
    with reported(progress, "schedules") as report:
        optimism, regret = _doubts(likely, best, steps, np.random.default_rng(seed), report)
    return Recommendation(best, MappingProxyType(gains), optimism, regret)


def _optimal(curve: Curve | BlockCurves, steps: int) -> Any:
    """Schedule, or one for each block."""
    if isinstance(curve, BlockCurves):
        return tuple(curve.optimal(steps))
    return schedules.optimal(curve, steps=steps)


def _told_apart(plans: tuple[Schedule, ...]) -> Iterator[tuple[str, Schedule]]:
    """Schedules and the blocks that have them, neighbours with the same one together."""
    start = 0
    for index in range(1, len(plans) + 1):
        if index == len(plans) or plans[index] != plans[start]:
            yield f"{start}" if index == start + 1 else f"{start}..{index - 1}", plans[start]
            start = index


def _doubts(
    curve: Curve | BlockCurves,
    best: Schedule | tuple[Schedule, ...],
    steps: int,
    generator: np.random.Generator,
    progress: Callable[[float], object] | None,
) -> tuple[float | None, float | None]:
    """Optimism and regret."""
    parts: tuple[Curve, ...] = curve.curves if isinstance(curve, BlockCurves) else (curve,)
    roots = []
    for one in parts:
        covariance = covariance_of(one)
        if covariance is None:
            return None, None
        roots.append(_root(covariance, generator))

    def relative(one: Curve | BlockCurves, plan: Any) -> float:
        return one.cost(plan) if isinstance(one, BlockCurves) else one._excess(plan)

    optimism, regret = [], []
    for draw in range(DRAWS):
        drawn = tuple(
            CrossEntropyCurve(one.h + root @ generator.normal(size=root.shape[1]))
            for one, root in zip(parts, roots, strict=True)
        )
        other = BlockCurves(drawn) if isinstance(curve, BlockCurves) else drawn[0]
        chosen = _optimal(other, steps)
        regret.append(relative(curve, chosen) - relative(curve, best))
        optimism.append(relative(other, best) - relative(other, chosen) + regret[-1])
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
