"""What ``unmask plan --losses`` finds out about a trained model."""

from __future__ import annotations

import warnings
import zipfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from .. import schedules
from .._cross_entropy_curve import CrossEntropyCurve
from .._schedule import Schedule
from ..distributions._base import Codes
from ..estimation import CurveAccumulator, Recommendation, read_losses, recommend, rises
from ._ladder import ladder
from ._plan import DEFAULT_MAX_KL
from ._unit import Unit

#: A rise of the losses by so many standard errors is hardly noise.
DOUBTFUL = 3.0


@dataclass(frozen=True)
class LossPlan:
    """The schedule recommended for a model, and what it is compared with."""

    path: Path
    curve: CrossEntropyCurve
    counts: Codes  #: numbers of revealed tokens at which losses are known
    steps: int | None
    max_kl: float | None  #: expected KL in nats; above one token at a time if by default
    advice: Recommendation[Schedule]
    frontier: list[Schedule] | None

    @property
    def absolute(self) -> bool:
        """Whether divergences are known, and not only how they differ."""
        return self.curve.entropy is not None

    def divergence(self, schedule: Schedule) -> float:
        """Expected KL in nats, or what of it is above that of one token at a time."""
        likely = _likely(self.curve)
        return (likely if self.absolute else _relative(likely)).expected_kl(schedule)

    def warnings(self) -> list[str]:
        """What must not be overlooked."""
        found = []
        if len(self.counts) < self.curve.n:
            found.append(
                f"losses are known at {len(self.counts)} of {self.curve.n} counts; the others lie "
                "on straight lines between them."
            )
        first, last = int(self.counts[0]), int(self.counts[-1])
        if first > 0:
            found.append(
                f"NOTHING IS KNOWN below {first} revealed tokens: the losses there are those "
                "at that count, and steps that begin there rest on nothing."
            )
        if last < self.curve.n - 1:
            found.append(
                f"NOTHING IS KNOWN above {last} revealed tokens: the losses there are those "
                "at that count, so that large steps seem to cost nothing."
            )
        certain = [
            one
            for one in rises(self.curve)
            if one.standard_error is not None and one.size > DOUBTFUL * one.standard_error
        ]
        if certain:
            worst = max(certain, key=lambda one: one.size)
            found.append(
                f"losses rise with the number of revealed tokens, by {worst.size:.3g} nats from "
                f"{worst.start} to {worst.stop} of them: the model makes worse use of more."
            )
        if self.absolute and self.divergence(Schedule(np.ones(self.curve.n, dtype=int))) < 0:
            found.append(
                "the losses of one token at a time sum to less than the entropy, which no model "
                "does: the entropy is too large, or the losses are not of the same data."
            )
        if self.advice.enough is False:
            found.append("the data are not enough to tell this schedule from every other.")
        return found

    def as_json(self, unit: Unit) -> dict[str, Any]:
        """Return all of it."""
        curve = self.curve
        errors = curve.standard_errors
        return {
            "file": str(self.path),
            "unit": unit.value,
            "kind": "losses",
            "n": curve.n,
            "counts": len(self.counts),
            "losses": unit.listed(curve.h),
            "smoothed": curve.smoothed and unit.listed(curve.smoothed.h),
            "standard_errors": None if errors is None else unit.listed(np.asarray(errors)),
            "entropy": None if curve.entropy is None else unit.of(curve.entropy),
            "goal": {
                "steps": self.steps,
                "max_kl": None if self.max_kl is None else unit.of(self.max_kl),
                "default": self.frontier is not None,
            },
            "schedule": self._schedule(self.advice.schedule, unit),
            "comparison": [
                {
                    "name": name,
                    **self._schedule(one.baseline, unit),
                    "gain": unit.of(one.total),
                    "gain_interval": one.interval and [unit.of(end) for end in one.interval],
                }
                for name, one in self.advice.gains.items()
            ],
            "enough": self.advice.enough,
            "frontier": self.frontier
            and [self._schedule(schedule, unit) for schedule in self.frontier],
            "warnings": self.warnings(),
        }

    def _schedule(self, schedule: Schedule, unit: Unit) -> dict[str, Any]:
        known = self.absolute
        return {
            "steps": schedule.nfe,
            "sizes": schedule.sizes.tolist(),
            "expected_kl": unit.of(_likely(self.curve).expected_kl(schedule)) if known else None,
            "excess": unit.of(_relative(_likely(self.curve)).expected_kl(schedule)),
        }


def plan_losses(
    path: Path,
    tokens: int | None,
    entropy: float | None,
    unit: Unit,
    steps: int | None,
    max_kl: float | None,
) -> LossPlan:
    """Read losses in a unit and find the best schedule for a goal in nats."""
    if max_kl is not None and entropy is None:
        raise ValueError("--max-kl: needs --entropy, without which only differences are known")
    curve, counts = _curve(path, tokens, entropy, unit)
    likely = _likely(curve)
    by_default = steps is None and max_kl is None
    frontier = None
    if by_default:
        max_kl = DEFAULT_MAX_KL
        steps_needed = schedules.optimal(_relative(likely), max_kl=max_kl).nfe
        lengths = sorted({*ladder(curve.n), steps_needed})
        found = {one.nfe: one for one in (schedules.optimal(likely, steps=k) for k in lengths)}
        frontier = list(found.values())
    else:
        steps_needed = schedules.optimal(likely, steps=steps, max_kl=max_kl).nfe
    advice = recommend(curve, steps=steps_needed)
    return LossPlan(path, curve, counts, steps, max_kl, advice, frontier)


def _curve(
    path: Path, tokens: int | None, entropy: float | None, unit: Unit
) -> tuple[CrossEntropyCurve, Codes]:
    """Losses in nats, and the counts at which they are known."""
    if path.is_file() and zipfile.is_zipfile(path):
        if tokens is not None:
            raise ValueError(f"--tokens: does not apply to {path}, which knows")
        try:
            found = CurveAccumulator.load(path).curve()
        except ValueError:
            found = CrossEntropyCurve.load(path)
        known, scale = np.arange(found.n), 1.0
    else:
        try:
            gathered = read_losses(path, tokens)
        except ValueError as error:
            raise ValueError(
                str(error).replace("the number of tokens with them", "--tokens N")
            ) from None
        found, scale = gathered.curve(), unit.in_nats
        known = np.unique(gathered._table()[1])
    known_entropy = found.entropy if entropy is None else unit.nats(entropy)
    return _with_entropy(found._scaled(scale), known_entropy), known


def _with_entropy(curve: CrossEntropyCurve, entropy: float | None) -> CrossEntropyCurve:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # said among the warnings of the plan
        return replace(curve, entropy=entropy)


def _likely(curve: CrossEntropyCurve) -> CrossEntropyCurve:
    """The losses that schedules are chosen by, and priced in tables: as they most likely are."""
    return curve if curve.smoothed is None else _with_entropy(curve.smoothed, curve.entropy)


def _relative(curve: CrossEntropyCurve) -> CrossEntropyCurve:
    """The same losses, priced above one token at a time."""
    return replace(curve, entropy=float(np.sum(curve.h)))
