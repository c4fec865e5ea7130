"""Good plans where the best one is out of reach, against exact ones and random orders."""

import numpy as np
import pytest
from hypothesis import given, settings

from unmask.distributions import (
    Blocks,
    Dense,
    Empirical,
    Exchangeable,
    MarkovChain,
    Paired,
    Permutation,
    ReedSolomon,
    Repeated,
    ZeroSum,
    random_linear_code,
)
from unmask.samplers import partition_kl, planned_frontier, planned_partition
from unmask.testing import pmfs

FLIP = [[0.9, 0.1], [0.1, 0.9]]


def hasty_price(law, method, steps=None):
    """What the best random-order schedule costs above the plan, where that is least."""
    plans = planned_frontier(law, steps, method=method)
    for plan in plans.plans:
        assert plan.method == method
        assert plan.kl == pytest.approx(partition_kl(law, plan.partition), abs=1e-11)
    return plans.price_of_random_order.min()


@pytest.mark.parametrize("method", ["greedy", "local-search"])
@settings(max_examples=25, deadline=None)
@given(pmf=pmfs(max_n=5, max_cells=64))
def test_searches_are_never_worse_than_random_orders(method, pmf):
    assert hasty_price(Dense(pmf), method) > -1e-12


def some_blocks():
    generator = np.random.default_rng(7)
    tables = generator.dirichlet(np.full(64, 0.1), 4)
    return Blocks([Dense(table.reshape((2,) * 6)) for table in tables])


MANY = {
    "parity": ZeroSum(21, 2),
    "more parity": ZeroSum(24, 3),
    "permutation": Permutation(40),
    "one hot": Exchangeable(np.arange(31) == 1),
    "urn": Exchangeable.polya_urn([0.3, 0.2], 30),
    "reed-solomon": ReedSolomon(24, 10, 29),
    "chain": MarkovChain([0.5, 0.5], FLIP, 26),
    "uneven chain": MarkovChain([0.9, 0.1], [[0.99, 0.01], [0.3, 0.7]], 24),
    "samples": Empirical(np.random.default_rng(2).integers(2, size=(12, 24))),
    "cliffs": Blocks([ZeroSum(12, 2), Repeated(5, 3), ZeroSum(8, 2)]),
    "blocks": some_blocks(),
    "code": random_linear_code(22, 11, 2, seed=3),
}


@pytest.mark.parametrize("method", ["greedy", "local-search"])
@pytest.mark.parametrize("law", MANY.values(), ids=MANY)
def test_searches_of_many_tokens_are_never_worse_than_random_orders(law, method):
    assert hasty_price(law, method, 12) > -1e-10


@pytest.mark.parametrize("n", [21, 24, 300])
def test_a_cliff_takes_two_steps(n):
    law = ZeroSum(n, 2)
    plan = planned_partition(law, max_kl=0.0)
    assert (plan.nfe, plan.kl, plan.method) == (2, 0.0, "exact")
    assert [len(block) for block in plan.partition] == [n - 1, 1]
    if n < 30:
        assert planned_partition(law, max_kl=0.0, method="greedy").nfe == 2


@pytest.mark.parametrize(
    "law",
    [Permutation(6), Exchangeable.polya_urn([0.3, 0.2], 7), Paired(Repeated(5, 2), ZeroSum(5, 2))],
    ids=["permutation", "urn", "paired"],
)
def test_plans_of_sizes_against_all_subsets(law):
    """Laws that do not care about order: the best schedule is the best plan."""
    plans, listed = planned_frontier(law), planned_frontier(law.to_dense())
    np.testing.assert_allclose(plans.kl, listed.kl, rtol=0, atol=1e-12)
    assert [plan.nfe for plan in plans.plans] == list(range(1, law.n + 1))
    assert {plan.method for plan in plans.plans} == {"exact"}
    np.testing.assert_allclose(plans.price_of_random_order, 0.0, atol=1e-12)
    assert planned_partition(law, steps=3) == plans.plans[2]
    assert planned_partition(law, max_kl=0.01) == plans.plan(max_kl=0.01)
