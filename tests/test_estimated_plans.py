"""Orders of laws whose entropies are sums, or come from samples alone."""

import math

import numpy as np
import pytest
from scipy import stats

import reference
import unmask
from unmask import Schedule, information_curve
from unmask.distributions import (
    Blocks,
    HiddenMarkov,
    MarkovChain,
    Mixture,
    Paired,
    Product,
    Repeated,
    ZeroSum,
)
from unmask.samplers import (
    _heuristics,
    bisection_partition,
    partition_kl,
    planned_frontier,
    planned_partition,
    random_partition_kl,
)
from unmask.samplers._sampled_costs import SampledCosts

FLIP = [[0.9, 0.1], [0.1, 0.9]]
CHAIN = MarkovChain([0.5, 0.5], FLIP, 6)
HIDDEN = HiddenMarkov([0.5, 0.5], FLIP, [[0.95, 0.05], [0.1, 0.9]], 26)
SECOND = MarkovChain(
    [[0.3, 0.2], [0.1, 0.4]], [[[0.9, 0.1], [0.3, 0.7]], [[0.2, 0.8], [0.6, 0.4]]], 26
)


@pytest.mark.parametrize(
    "law",
    [Product([[0.3, 0.7]] * 60), Blocks([CHAIN] * 10), Paired(ZeroSum(40, 2), Repeated(40, 2))],
    ids=lambda law: type(law).__name__,
)
def test_sums_of_entropies_are_known_at_any_length(law):
    first, last = range(law.n // 2), range(law.n // 2, law.n)
    alone = partition_kl(law, [range(law.n)])
    assert alone == pytest.approx(law.total_correlation(), abs=1e-9)
    assert partition_kl(law, [first, last]) <= alone + 1e-9
    assert partition_kl(law, [[i] for i in range(law.n)]) == 0.0
    schedule = Schedule([law.n // 2, law.n - law.n // 2])
    orders = random_partition_kl(law, schedule, samples=200, seed=0)
    want = information_curve(law).expected_kl(schedule)
    assert abs(orders.mean - want) <= 4 * orders.standard_error + 1e-9
    assert planned_partition(law, steps=2).kl <= want + 1e-9


def test_estimates_of_single_orders_hold_the_exact_ones():
    blocks, rounds = [[0], [1, 2], [3, 4, 5]], 200
    exact, held = partition_kl(CHAIN, blocks), 0
    for seed in range(rounds):
        found = partition_kl(CHAIN, blocks, samples=400, confidence=0.9, seed=seed)
        held += found.low <= exact <= found.high
    # Below this, right intervals would be seen once in ten thousand seeds.
    assert held / rounds >= stats.binom.ppf(1e-4, rounds, 0.9) / rounds
    # Without error there is none to be estimated.
    found = partition_kl(CHAIN, [[3], [1, 5], [0, 2, 4]], samples=50, seed=0)
    assert (found.low, found.value, found.high) == (0.0, 0.0, 0.0)
    assert partition_kl(SECOND, bisection_partition(26, 2), samples=20, seed=0).high == 0.0


@pytest.mark.parametrize("law", [HIDDEN, SECOND], ids=["hidden", "second order"])
def test_plans_of_laws_without_entropies_are_estimated(law):
    plans = planned_frontier(law, 6, samples=250, method="greedy")
    assert plans.random_kl is None
    for k, plan in enumerate(plans.plans, start=1):
        assert plan.nfe == k
        assert plan.standard_error > 0.0
        assert not plan.is_optimal
        assert "+-" in repr(plan)
        again = partition_kl(law, plan.partition, samples=4000, seed=1)
        error = math.hypot(plan.standard_error, (again.high - again.low) / 4)
        assert abs(plan.kl - again.value) < 4 * error
    # Random orders of as many steps cost several times as much.
    curve = information_curve(law, method="sampled", samples=200, seed=0).monotone()
    random = unmask.schedules.frontier(curve, 6).expected_kl
    assert plans.kl[5] < 0.5 * random[5]
    assert planned_partition(law, steps=6, samples=250) == plans.plans[5]
    good = planned_partition(law, max_kl=1.0, samples=250, method="greedy")
    assert good == next(plan for plan in plans.plans if plan.kl <= 1.0)


def test_an_estimated_search_is_about_as_good_as_one_that_knows():
    few = HiddenMarkov([0.5, 0.5], FLIP, [[0.95, 0.05], [0.1, 0.9]], 10)
    exact = planned_frontier(few, 4).kl
    generator = np.random.default_rng(0)
    costs = SampledCosts(few, 2000, generator)
    for search in (False, True):
        made = list(_heuristics.plans(costs, 10, 4, search, None, generator))
        kl = np.array([reference_cost(few, masks) for masks in made])
        assert (kl >= exact - 1e-12).all()
        assert (kl <= exact + 0.15).all()
        # What the search thinks of them is not far from the truth.
        thought = np.array([costs.cost(masks) for masks in made])
        np.testing.assert_allclose(thought, kl, rtol=0, atol=0.1)
        apart = [costs.block_cost(0, made[1][0]), costs.block_cost(made[1][0], made[1][1])]
        assert sum(apart) == pytest.approx(costs.cost(made[1]), abs=1e-9)


def reference_cost(law, masks):
    blocks = [[i for i in range(law.n) if mask >> i & 1] for mask in masks]
    return reference.partition_kl(law.to_dense().pmf, blocks)


def test_what_has_no_entropies_says_what_to_do_instead():
    halves = [range(20), range(20, 40)]
    long = HiddenMarkov(HIDDEN.initial, HIDDEN.transition, HIDDEN.emission, 40)
    second = MarkovChain(SECOND.initial, SECOND.transition, 40)
    for law in (long, second, Mixture([0.5, 0.5], [Product([[0.1, 0.9]] * 40)] * 2)):
        with pytest.raises((MemoryError, ValueError), match="samples=1000 estimates it"):
            partition_kl(law, halves)
        with pytest.raises(ValueError, match=r"'sampled'.* estimates the mean"):
            random_partition_kl(law, Schedule([20, 20]))
    with pytest.raises(ValueError, match="would ask the oracle about all samples"):
        planned_partition(long, steps=8, method="local-search", samples=1_000_000)
    with pytest.raises(ValueError, match="samples: is 1, expected at least 2"):
        planned_partition(long, steps=8, samples=1)
    with pytest.raises(ValueError, match=r"confidence: is 1\.0"):
        partition_kl(long, halves, samples=10, confidence=1.0)
