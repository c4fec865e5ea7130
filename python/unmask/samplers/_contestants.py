"""Which samplers are judged side by side, all at about the same number of calls."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import numpy as np

from .. import schedules
from .._bernoulli import BernoulliSchedule
from .._information_curve import InformationCurve
from .._schedule import Schedule
from ..distributions import Distribution
from ._policies import EntropyBound, EntropySum, Factor, Policy, SampledTopK, Threshold, TopK

if TYPE_CHECKING:
    from ._judges import Judge

#: Tolerances at which a schedule that takes one is asked for its length.
TOLERANCES = 80


def rules(curve: InformationCurve, steps: int) -> Iterator[tuple[str, Schedule]]:
    """Rules in common use, those for who knows little, and the best."""
    n, tc, dtc = curve.n, curve.total_correlation, curve.dual_total_correlation
    yield "optimal", schedules.optimal(curve, steps=steps)
    yield "uniform, larger first", schedules.uniform(n, steps)
    yield "uniform, larger last", schedules.uniform(n, steps, larger="last")
    yield "cosine", schedules.cosine(n, steps)
    yield "arccos", schedules.arccos(n, steps)
    yield "log-linear", schedules.loglinear(n, steps)
    yield "power 2", schedules.power(n, steps, 2.0)
    yield "geometric 0.5", schedules.geometric(n, steps, 0.5)
    yield "beta 2, 2", schedules.beta(n, steps, 2.0, 2.0)
    yield "square root", schedules.square_root(curve, steps)
    yield "integer steps", schedules.integer_steps(curve, steps)
    if steps >= min(n, 3):
        # Its first and last tokens come alone.
        yield "harmonic", schedules.harmonic(n, steps=steps)
    if min(tc, dtc) > 0.0:
        yield _within("TC", lambda e: schedules.total_correlation(n, tc, e), n * tc, steps)
        yield _within("DTC", lambda e: schedules.dual_total_correlation(n, dtc, e), n * dtc, steps)
        yield _within("Austin", lambda e: schedules.austin(n, dtc, e), n * dtc, steps)
        known = {"total_correlation": tc, "dual_total_correlation": dtc}
        yield "minimax", schedules.minimax(n, steps=steps, **known)


def _within(
    name: str, make: Callable[[float], Schedule], most: float, steps: int
) -> tuple[str, Schedule]:
    """The rule with the least tolerance that takes at most so many steps, or the fewest it can."""
    found: tuple[str, Schedule] | None = None
    for tolerance in np.geomspace(most, 1e-6 * most, TOLERANCES):
        shown = f"{tolerance:.4g}"
        schedule = make(float(shown))
        if found is not None and schedule.nfe > max(steps, found[1].nfe):
            break
        found = f"{name} {shown}", schedule
    assert found is not None
    return found


def random_counts(
    curve: InformationCurve,
) -> Iterator[tuple[str, Callable[[int], BernoulliSchedule]]]:
    """Random counts: the ancestral samplers."""
    yield "random counts, log-linear", lambda k: schedules.mdlm(curve.n, k)
    yield "random counts, cosine", lambda k: schedules.mdlm(curve.n, k, "cosine")
    yield "random counts, optimal", lambda k: schedules.optimal_levels(curve, k)


def useful(make: Callable[[int], BernoulliSchedule], steps: int) -> BernoulliSchedule:
    """Levels of which about so many reveal something."""
    made = [make(k) for k in range(steps, 2 * steps + 1)]
    return min(made, key=lambda levels: abs(levels.expected_calls() - steps))


def distinct(named: Iterator[tuple[str, Schedule]]) -> list[tuple[str, Schedule]]:
    """Each schedule once, under all its names."""
    names: dict[Schedule, str] = {}
    for name, made in named:
        # Without what some rules prove about theirs.
        schedule = Schedule(made.sizes)
        names[schedule] = f"{names[schedule]} = {name}" if schedule in names else name
    return [(name, schedule) for schedule, name in names.items()]


def policies(
    distribution: Distribution, steps: int, judge: Judge
) -> Iterator[tuple[str, Callable[[], Policy]]]:
    """Policies that take about so many calls."""
    n = distribution.n
    sizes = schedules.uniform(n, steps)
    yield "confidence", lambda: TopK(sizes)
    yield "margin", lambda: TopK(sizes, "margin")
    yield "entropy", lambda: TopK(sizes, "entropy")
    yield "confidence, temperature 0", lambda: TopK(sizes, temperature=0.0)
    yield "sampled confidence", lambda: SampledTopK(sizes)
    # No entropy is larger than that of all tokens drawn uniformly.
    most = float(sum(math.log(q) for q in distribution.alphabet_sizes)) + 1.0
    yield "threshold", lambda: tuned(Threshold, 1.0, 0.0, steps, judge)
    yield "factor", lambda: tuned(Factor, 0.0, n + 1.0, steps, judge)
    yield "gamma", lambda: tuned(EntropyBound, 0.0, most, steps, judge)
    yield "entropy sum", lambda: tuned(EntropySum, 0.0, most, steps, judge)


def tuned(
    make: Callable[[float], Policy], slow: float, fast: float, steps: int, judge: Judge
) -> Policy:
    """The policy whose expected number of calls is nearest, by its parameter.

    Most calls are expected at `slow`, fewest at `fast`. The number jumps, and need not fall all the
    way: a coarse look at the whole range comes first, then the interval that holds the goal is
    halved. Parameters have four digits, so that what is shown is what was used.
    """
    coarse, fine = judge.trials(make(slow))
    known: dict[float, float] = {}

    def expected(parameter: float) -> float:
        if parameter not in known:
            known[parameter] = judge.calls(make(parameter))
        return known[parameter]

    grid = [float(f"{p:.4g}") for p in np.linspace(slow, fast, coarse)]
    within = [expected(parameter) <= steps for parameter in grid]
    below = max(1, within.index(True) if any(within) else coarse - 1)
    a, b = grid[below - 1], grid[below]
    for _ in range(fine):
        middle = float(f"{(a + b) / 2:.4g}")
        if middle in (a, b) or expected(middle) == steps:
            break
        a, b = (middle, b) if expected(middle) > steps else (a, middle)
    # The slower of two that are equally near, and the rounder.
    best = min(known, key=lambda p: (abs(round(known[p] - steps, 9)), -known[p], len(f"{p:.4g}")))
    return make(best)


def parameter_of(sampler: object) -> str:
    """The parameter of a tuned policy, as it is shown."""
    for kind, name in (
        (Threshold, "threshold"),
        (Factor, "factor"),
        (EntropyBound, "gamma"),
        (EntropySum, "budget"),
    ):
        if isinstance(sampler, kind):
            return f"{getattr(sampler, name):.4g}"
    return ""
