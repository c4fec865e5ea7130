"""Curves by sampling, for laws whose oracle is exact and whose curve is out of reach."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from . import _check
from ._curve import Floats
from ._information_curve import InformationCurve
from .distributions import Distribution, Empirical
from .distributions._checks import checked_size

if TYPE_CHECKING:
    from .distributions._base import Codes, Seed

#: Probabilities that one batch of oracle queries fills in.
ANSWERED = 1 << 22

#: Largest answer to a query that is waited for, to predict the time of a curve.
TIMED_ANSWER = 1 << 15

#: Sequences at each subset size, unless told otherwise.
DEFAULT_SAMPLES = 100

#: Random orders whose prefixes tell the coverage of a sample.
COVERAGE_ORDERS = 16


def sampled_curve(
    distribution: Distribution,
    samples: int,
    seed: Seed,
    progress: Callable[[float], object] | None,
) -> InformationCurve:
    """Unbiased estimate of the curve: see `unmask.information_curve`.

    At size ``j``, for ``x`` drawn from the law and ``j`` random tokens revealed, the mean entropy
    of the conditional marginals of all masked tokens has expectation ``h_j``. Sequences are drawn
    afresh for each size, so that points are independent. ``h_0`` takes one query and is exact.
    """
    samples = checked_size(samples, "samples", 2, why=", for standard errors")
    generator = _check.generator(seed)
    n = distribution.n
    h, errors = np.zeros(n), np.zeros(n)
    for j in range(n):
        # Nothing is random where nothing is revealed.
        count = samples if j else 1
        means = np.concatenate(
            [
                _mean_entropies(distribution, j, size, generator)
                for size in _batches(distribution, count)
            ]
        )
        h[j] = means.mean()
        errors[j] = means.std(ddof=1) / math.sqrt(count) if j else 0.0
        if progress is not None:
            progress((j + 1) / n)
    entropies = np.concatenate(([0.0], np.cumsum(h)))
    # The oracle is that of the samples behind the law, and the curve no better than they are.
    coverage = distribution._coverage(lambda law: _sampled_coverage(law, generator))
    sampled = coverage is not None or isinstance(distribution, Empirical)
    estimator = "plugin" if sampled else None
    return InformationCurve._made(
        entropies, h, h[0] - h, coverage, estimator, "sampled", errors, samples
    )


def _sampled_coverage(law: Empirical, generator: np.random.Generator) -> Floats:
    """Good-Turing coverage by subset size: the mean over the prefixes of some random orders."""
    atoms, weights = law.atoms, law.weights
    coverage = np.zeros(law.n + 1)
    for _ in range(COVERAGE_ORDERS):
        patterns = np.zeros(len(atoms), dtype=np.int64)
        order = generator.permutation(law.n)
        for j in range(law.n + 1):
            if j and len(atoms) > patterns.max() + 1:  # some are not told apart yet
                column = atoms[:, order[j - 1]]
                _, patterns = np.unique(
                    patterns * (int(column.max()) + 1) + column, return_inverse=True
                )
            singletons = (np.bincount(patterns, weights) == 1).sum()
            coverage[j] += 1.0 - singletons / weights.sum()
    return coverage / COVERAGE_ORDERS


def predicted_seconds(distribution: Distribution, samples: int) -> float | None:
    """How long `sampled_curve` takes, about, by a batch of queries with half the tokens revealed.

    None for laws of so many tokens that the queries would take long themselves.
    """
    n = distribution.n
    if n > TIMED_ANSWER or n * max(distribution.alphabet_sizes) > TIMED_ANSWER:
        return None
    generator = np.random.default_rng(0)
    start = time.perf_counter()
    queries = _batches(distribution, samples)[0]
    _mean_entropies(distribution, n // 2, queries, generator)
    return (time.perf_counter() - start) / queries * samples * n


def _batches(distribution: Distribution, count: int) -> list[int]:
    """Sizes of batches that keep answers small."""
    answer = distribution.n * max(distribution.alphabet_sizes)
    batch = max(1, ANSWERED // answer)
    return [min(batch, count - start) for start in range(0, count, batch)]


def _mean_entropies(
    distribution: Distribution, j: int, size: int, generator: np.random.Generator
) -> Floats:
    """Mean entropy of the masked tokens of each of `size` sequences, `j` random tokens revealed."""
    n = distribution.n
    x: Codes = distribution.sample(size, seed=generator)
    order = generator.permuted(np.tile(np.arange(n), (size, 1)), axis=1)
    marginals = distribution.conditional_marginals(x, order >= j)
    # Revealed tokens have one-hot rows, and no entropy.
    terms = np.log(marginals, out=np.zeros_like(marginals), where=marginals > 0.0)
    terms *= marginals
    total: Floats = np.maximum(-terms.sum(axis=(1, 2)), 0.0)
    return total / (n - j)
