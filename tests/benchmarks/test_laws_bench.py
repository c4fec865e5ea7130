"""Times of oracles and curves that have a target."""

import numpy as np
import pytest

from unmask import information_curve
from unmask.distributions import HiddenMarkov, LinearCode, ReedSolomon, random_linear_code


def some_chain(states: int, n: int) -> HiddenMarkov:
    generator = np.random.default_rng(0)
    return HiddenMarkov(
        generator.dirichlet(np.ones(states)),
        generator.dirichlet(np.ones(states), states),
        generator.dirichlet(np.ones(4), states),
        n,
    )


@pytest.mark.parametrize("n", [20, 30])
def test_mean_ranks(benchmark, n):
    """n = 30: 2^30 subsets in under ten seconds on two cores."""
    if benchmark.disabled and n > 20:
        pytest.skip("takes seconds")
    code = random_linear_code(n, n // 2, 2, seed=0)
    benchmark.extra_info["subsets"] = 2**n
    curve = benchmark.pedantic(information_curve, (code,), rounds=1 if n > 20 else 5)
    assert curve.n == n


def test_mean_ranks_over_three_letters(benchmark):
    benchmark(information_curve, random_linear_code(16, 8, 3, seed=0))


def test_ranks_of_a_long_code_of_low_rank(benchmark):
    benchmark(information_curve, LinearCode(np.ones((1, 120), dtype=int), 2))


def test_closed_form(benchmark):
    """A million tokens in milliseconds."""
    law = ReedSolomon(1_000_000, 1000, 1_000_003)
    benchmark(information_curve, law)


def test_reed_solomon_oracle(benchmark):
    law = ReedSolomon(256, 32, 257)
    x = law.sample(64, seed=0)
    mask = np.random.default_rng(0).random(x.shape) < 0.5
    benchmark(law.conditional_marginals, x, mask)


def test_hidden_markov_oracle(benchmark):
    """64 queries of 1,024 tokens, 32 states: about 0.1 s."""
    law = some_chain(32, 1024)
    x = law.sample(64, seed=0)
    mask = np.random.default_rng(0).random(x.shape) < 0.5
    benchmark(law.conditional_marginals, x, mask)


def test_hidden_markov_arithmetic(benchmark):
    """The matrix products that forward-backward cannot do without, alone."""
    generator = np.random.default_rng(0)
    transition, state = generator.random((32, 32)), generator.random((64, 32))

    def products() -> None:
        for _ in range(2 * 1024):
            state @ transition

    benchmark(products)
