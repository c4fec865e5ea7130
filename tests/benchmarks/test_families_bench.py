"""Curves in polynomial time: ``pytest tests/benchmarks --benchmark-enable``.

Sizes are those that the package promises; in the normal run each law is tried once and small.
"""

import numpy as np
import pytest
from timing import fastest

import unmask
from unmask import _core
from unmask.distributions import (
    Blocks,
    Dense,
    Exchangeable,
    MarkovChain,
    Permutation,
    Repeated,
    ZeroSum,
)


def rng():
    return np.random.default_rng(0)


def curve_once(benchmark, law, **options):
    return benchmark.pedantic(
        lambda: unmask.information_curve(law, **options), rounds=1 if law.n > 50_000 else 3
    )


@pytest.mark.parametrize("threads", [1, 2])
def test_exchangeable(benchmark, sized, threads):
    n = sized(100_000, 500)
    law = Exchangeable(rng().dirichlet(np.ones(n + 1)))
    table = np.full(1 << 14, 2.0**-14)
    curve_once(benchmark, law, threads=threads)
    taken = fastest(lambda: unmask.information_curve(law, threads=threads), 1)
    # One entropy term for each count at each size, as fast as the kernel goes on one core.
    term = (
        fastest(lambda: _core.table_entropy(table, 1), 20 if benchmark.disabled else 2000) / 2**14
    )
    benchmark.extra_info["multiple of the kernel's time"] = taken / (n * n / 2 * term)


def test_three_letters(benchmark, sized):
    n = sized(500, 20)
    curve_once(benchmark, Exchangeable.polya_urn([1.0, 2.0, 3.0], n))


def stationary(q):
    transition = 0.5 * rng().dirichlet(np.ones(q), q) + 0.5 * np.eye(q)
    initial = np.linalg.matrix_power(transition, 2000)[0]
    return initial / initial.sum(), transition


def test_stationary_chain(benchmark, sized):
    law = MarkovChain(*stationary(4), sized(1_000_000, 1000))
    assert law.is_stationary
    curve_once(benchmark, law)


def test_stationary_chain_that_forgets_slowly(benchmark, sized):
    curve_once(benchmark, MarkovChain([0.25] * 4, np.eye(4), sized(1_000_000, 1000)))


def test_chain_that_becomes_stationary(benchmark, sized):
    transition = stationary(4)[1]
    law = MarkovChain([1.0, 0.0, 0.0, 0.0], transition, sized(1_000_000, 1000))
    assert not law.is_stationary
    curve_once(benchmark, law)


@pytest.mark.parametrize("stay", [0.0, 0.999])
def test_chain_that_is_not_stationary(benchmark, sized, stay):
    n = sized(2000, 50)
    steps = (1 - stay) * rng().dirichlet(np.ones(8), (n - 1, 8)) + stay * np.eye(8)
    curve_once(benchmark, MarkovChain(np.full(8, 1 / 8), steps, n))


def test_blocks(benchmark, sized):
    count, tokens = sized((1000, 12), (20, 6))
    kinds = [Dense(rng().dirichlet(np.ones(1 << tokens)).reshape((2,) * tokens)) for _ in range(3)]
    curve_once(benchmark, Blocks([kinds[b % 3] for b in range(count)]))


@pytest.mark.parametrize("make", [Permutation, lambda n: Repeated(n, 2), lambda n: ZeroSum(n, 2)])
def test_closed_forms(benchmark, sized, make):
    curve_once(benchmark, make(sized(1_000_000, 1000)))
