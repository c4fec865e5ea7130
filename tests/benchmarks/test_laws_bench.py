"""Codes, oracles and sampled curves: ``pytest tests/benchmarks --benchmark-enable``.

Sizes are those that the package promises; in the normal run each law is tried once and small.
"""

import numpy as np
import pytest
from timing import fastest

from unmask import information_curve
from unmask.distributions import (
    HiddenMarkov,
    LinearCode,
    Mixture,
    Product,
    ReedSolomon,
    random_linear_code,
)


def rng():
    return np.random.default_rng(0)


def some_chain(states: int, n: int) -> HiddenMarkov:
    draw = rng()
    return HiddenMarkov(
        draw.dirichlet(np.ones(states)),
        draw.dirichlet(np.ones(states), states),
        draw.dirichlet(np.ones(4), states),
        n,
    )


def queries(law, size):
    x = law.sample(size, seed=0)
    return x, rng().random(x.shape) < 0.5


def test_mean_ranks(benchmark, sized):
    """All 2^30 sets of columns in under ten seconds on two cores."""
    n = sized(30, 12)
    code = random_linear_code(n, n // 2, 2, seed=0)
    benchmark.extra_info["subsets"] = 2**n
    curve = benchmark.pedantic(information_curve, (code,), rounds=2)
    assert curve.n == n


def test_mean_ranks_over_three_letters(benchmark, sized):
    benchmark(information_curve, random_linear_code(*sized((16, 8), (6, 3)), 3, seed=0))


def test_ranks_of_a_long_code_of_low_rank(benchmark, sized):
    benchmark(information_curve, LinearCode(np.ones((1, sized(120, 12)), dtype=int), 2))


def test_closed_form(benchmark, sized):
    """A million tokens in milliseconds."""
    benchmark(information_curve, ReedSolomon(sized(1_000_000, 1000), 100, 1_000_003))


def test_reed_solomon_oracle(benchmark, sized):
    law = ReedSolomon(*sized((256, 32, 257), (16, 4, 17)))
    benchmark(law.conditional_marginals, *queries(law, 64))


def test_hidden_markov_oracle(benchmark, sized):
    """64 queries of 1,024 tokens, 32 states: about 0.1 s."""
    states, n = sized((32, 1024), (4, 16))
    law = some_chain(states, n)
    asked = queries(law, 64)
    benchmark(law.conditional_marginals, *asked)
    transition, state = rng().random((states, states)), rng().random((64, states))

    def products() -> None:
        for _ in range(2 * n):
            state @ transition

    taken = fastest(lambda: law.conditional_marginals(*asked), 5)
    # What forward-backward cannot do without, alone.
    benchmark.extra_info["multiple of the matrix products"] = taken / fastest(products, 5)


def test_mixture_of_products_oracle(benchmark, sized):
    m, n = sized((32, 1024), (3, 16))
    parts = [Product(rng().dirichlet(np.ones(4), n)) for _ in range(m)]
    law = Mixture(np.full(m, 1 / m), parts)
    benchmark(law.conditional_marginals, *queries(law, 16))


@pytest.mark.parametrize("samples", [2, 100])
def test_sampled_curve(benchmark, sized, samples):
    law = some_chain(8, sized(128, 8))
    options = {"method": "sampled", "samples": samples, "seed": 0}
    benchmark.pedantic(lambda: information_curve(law, **options), rounds=1)
