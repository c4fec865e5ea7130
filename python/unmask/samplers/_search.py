"""Searches for good plans: which entropies they look at, how long that takes, where they start."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import numpy as np

from .. import _check, _core
from .._compute import information_curve
from ..distributions import Dense, Distribution, Empirical
from ..distributions._base import ENUMERATED_TERMS
from ..schedules import frontier
from . import _entropies, _heuristics
from ._sampled_costs import SampledCosts

if TYPE_CHECKING:
    from ..distributions._base import Seed

#: Tokens, of sets whose entropies a search looks at, up to which it is begun: minutes.
MAX_WORK = 1e10

#: Seconds of oracle calls, up to which a search by samples is begun.
MAX_SECONDS = 900.0

#: Samples that an oracle call is timed with.
TIMED_SAMPLES = 200

#: Steps that a search takes until a plan is good enough, where their number is not given.
TYPICAL_STEPS = 16

#: Cells of a table that are summed in the time that one token takes.
CELLS_A_TOKEN = 32


def affordable(distribution: Distribution, steps: int | None) -> str:
    """The search that is made where none is asked for."""
    if not _entropies.single(distribution):
        return "greedy"
    return "local-search" if _work(distribution, steps, "local-search") <= MAX_WORK else "greedy"


def possible(distribution: Distribution) -> bool:
    """Whether a search for a good plan of few steps is begun."""
    if not _entropies.single(distribution):
        return False
    return _work(distribution, None, "greedy") <= MAX_WORK


def plans(
    distribution: Distribution,
    steps: int | None,
    max_kl: float | None,
    method: str,
    samples: int,
    seed: Seed,
    progress: Callable[[float], object] | None,
) -> Iterator[tuple[list[int], float, float]]:
    """Blocks, as masks, divergence and its standard error, of plans of 1, 2, .. steps.

    Until one is good enough, if `max_kl` tells what that is. Divergences that are estimated are
    those of other samples than the search has seen.
    """
    n, generator = distribution.n, _check.generator(seed)
    if _entropies.single(distribution):
        _require_work(distribution, steps, method)
        costs: _entropies.Costs = _entropies.exact_costs(distribution)
        fresh = None
    else:
        _require_seconds(distribution, steps, method, samples)
        costs = SampledCosts(distribution, samples, generator)
        fresh = SampledCosts(distribution, samples, generator)
    many = n if steps is None else steps
    # Nothing is to be gained where all tokens are independent.
    sizes = None if costs.cost([(1 << n) - 1]) == 0.0 else _sizes(distribution, many, generator)
    search = method == "local-search"
    for k, masks in enumerate(_heuristics.plans(costs, n, many, search, sizes, generator), start=1):
        kl, error = (costs.cost(masks), 0.0) if fresh is None else fresh.estimate(masks)
        if progress is not None:
            progress(k / many)
        yield masks, max(0.0, kl), error
        if max_kl is not None and kl <= max_kl:
            return


def _sizes(
    distribution: Distribution, steps: int, generator: np.random.Generator
) -> _heuristics.Sizes:
    """Sizes of the best schedules for random orders; from a sampled curve if there is no other."""
    try:
        if isinstance(distribution, Dense):
            # Tables have a curve at any price.
            terms = math.prod(1.0 + q for q in distribution.alphabet_sizes)
            _core.require_work(terms, ENUMERATED_TERMS)
        curve, exact = information_curve(distribution), True
    except (_core.WorkError, MemoryError):
        curve = information_curve(distribution, method="sampled", seed=generator).monotone()
        exact = False
    best = frontier(curve, steps)

    def sizes(k: int) -> tuple[list[int], float | None]:
        goal = float(best.expected_kl[k - 1]) if exact else None
        return best.schedule(k).sizes.tolist(), goal

    return sizes


def _work(distribution: Distribution, steps: int | None, method: str) -> float:
    """Tokens of the sets whose entropies a search looks at, about, as seen on chains."""
    n = float(distribution.n)
    count = min(n, TYPICAL_STEPS) if steps is None else steps
    if _entropies.enumerable(distribution):
        each = 1.0
    elif isinstance(distribution, Dense):
        each = math.prod(map(float, distribution.alphabet_sizes)) / CELLS_A_TOKEN
    elif isinstance(distribution, Empirical):
        each = n * len(distribution.atoms)
    else:
        each = n
    return each * count * (n**4 / 200.0 if method == "local-search" else 2.0 * n**2)


def _require_work(distribution: Distribution, steps: int | None, method: str) -> None:
    """Refuse to start a search that would take too long."""
    predicted = _work(distribution, steps, method)
    if predicted > MAX_WORK:
        many = "" if steps is None else f" of {steps} steps"
        raise _core.WorkError(
            f"steps: a {method} plan{many} for {distribution.n} tokens would look at entropies of "
            f"about {predicted:.1e} tokens, above {MAX_WORK:.0e}; expected fewer steps, or for a "
            "chain as many as method='bisection' takes"
        )


def _require_seconds(
    distribution: Distribution, steps: int | None, method: str, samples: int
) -> None:
    """Refuse to start a search by samples that would take too long."""
    n = distribution.n
    count = min(n, TYPICAL_STEPS) if steps is None else steps
    calls = n**3 * count / 10 if method == "local-search" else n**2 + 4 * count**2
    timed = min(samples, TIMED_SAMPLES)
    costs = SampledCosts(distribution, timed, np.random.default_rng(0))
    predicted = calls * costs.seconds() * samples / timed
    if predicted > MAX_SECONDS:
        raise _core.WorkError(
            f"steps: a {method} plan of {count} steps for {n} tokens would ask the oracle about "
            f"all samples {calls:.1e} times, about {predicted:.1e} s, above {MAX_SECONDS:g}; "
            "expected fewer steps or samples, or method='greedy'"
        )
