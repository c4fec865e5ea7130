"""What ``unmask plan`` and ``unmask compare`` find out, without a word about how it is shown."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import schedules
from .._information_curve import InformationCurve
from .._schedule import Schedule
from ._ladder import ladder
from ._unit import Unit

#: Expected KL, in nats, of the schedule that is recommended to those who do not say what they want.
DEFAULT_MAX_KL = 0.1

#: An expected KL may be negative by so many nats for want of digits.
ROUNDING = 1e-12

#: Rules of thumb that a schedule is compared with.
RULES = ("uniform, larger first", "uniform, larger last", "cosine")

#: More tokens than this would keep people waiting for minimax schedules.
MINIMAX_TOKENS = 1 << 17


@dataclass(frozen=True)
class Priced:
    """A schedule and its expected KL in nats."""

    name: str
    schedule: Schedule
    expected_kl: float
    standard_error: float | None = None  #: of a sampled curve, for a schedule chosen before

    @property
    def per_token(self) -> float:
        """Expected KL by token, in nats."""
        return self.expected_kl / self.schedule.n

    @property
    def total_variation_bound(self) -> float | None:
        """Largest total variation distance that the expected KL allows, by Pinsker's inequality.

        ``None`` where an estimate contradicts itself so far that the expected KL is negative.
        """
        if self.expected_kl < -ROUNDING:
            return None
        return min(1.0, math.sqrt(max(0.0, self.expected_kl) / 2))

    def as_json(self, unit: Unit) -> dict[str, Any]:
        """Return all of it, the schedule in full."""
        return {
            "name": self.name,
            "steps": self.schedule.nfe,
            "sizes": self.schedule.sizes.tolist(),
            "expected_kl": unit.of(self.expected_kl),
            "standard_error": None if self.standard_error is None else unit.of(self.standard_error),
            "expected_kl_per_token": unit.of(self.per_token),
            "total_variation_bound": self.total_variation_bound,
        }


@dataclass(frozen=True)
class Plan:
    """The schedule recommended, what it is compared with, and the frontier it is chosen from."""

    steps: int | None
    max_kl: float | None
    best: Priced
    others: list[Priced]
    frontier: list[Priced] | None

    @property
    def by_default(self) -> bool:
        """Whether the goal is ours, for want of another."""
        return self.frontier is not None


def make_plan(curve: InformationCurve, steps: int | None, max_kl: float | None) -> Plan:
    """Find the best schedule for a goal; ``max_kl`` is in nats."""
    by_default = steps is None and max_kl is None
    if by_default:
        max_kl = DEFAULT_MAX_KL
    best = priced("optimal", curve, schedules.optimal(curve, steps=steps, max_kl=max_kl))
    frontier = None
    if by_default:
        lengths = sorted({*ladder(curve.n), best.schedule.nfe})
        # Not every number of steps need be worth its price if an estimated curve is not monotone.
        found = {row.schedule.nfe: row for row in (best_of(curve, k) for k in lengths)}
        frontier = list(found.values())
    return Plan(steps, max_kl, best, rules_of_thumb(curve, best.schedule.nfe), frontier)


def best_of(curve: InformationCurve, steps: int) -> Priced:
    """Find the best schedule of at most so many steps."""
    return priced("optimal", curve, schedules.optimal(curve, steps=steps))


def rules_of_thumb(curve: InformationCurve, steps: int) -> list[Priced]:
    """Price what is in common use, in the order of `RULES`."""
    made = (
        schedules.uniform(curve.n, steps, larger="first"),
        schedules.uniform(curve.n, steps, larger="last"),
        schedules.cosine(curve.n, steps),
    )
    return [priced(name, curve, schedule) for name, schedule in zip(RULES, made, strict=True)]


def compared(curve: InformationCurve, steps: int) -> list[Priced]:
    """Price the best schedule, what is in common use, and what reads the curve."""
    made = {
        "arccos": schedules.arccos(curve.n, steps),
        "square root": schedules.square_root(curve, steps),
    }
    tc, dtc = curve.total_correlation, curve.dual_total_correlation
    if min(tc, dtc) > 0 and curve.n <= MINIMAX_TOKENS:
        made["minimax"] = schedules.minimax(
            curve.n, steps=steps, total_correlation=tc, dual_total_correlation=dtc
        )
    informed = [priced(name, curve, schedule) for name, schedule in made.items()]
    return [best_of(curve, steps), *rules_of_thumb(curve, steps), *informed]


def priced(name: str, curve: InformationCurve, schedule: Schedule) -> Priced:
    """Price a schedule.

    ``sum_t s_t h_{N_{t-1}} - sum_j h_j`` is linear in the points of the curve, which a sampled one
    has drawn independently.
    """
    error = None
    if curve.standard_errors is not None:
        factors = np.full(curve.n, -1.0)
        factors[schedule.cumulative[:-1]] += schedule.sizes
        error = float(np.linalg.norm(factors * curve.standard_errors))
    return Priced(name, schedule, curve.expected_kl(schedule), error)
