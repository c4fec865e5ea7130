"""Laws and plans against their enumeration in NumPy, at the largest size that both finish."""

from itertools import combinations, pairwise

import numpy as np
import pytest
from timing import fastest

import unmask
from unmask.distributions import Dense
from unmask.samplers import mixture_law, planned_frontier


def table(n):
    return Dense(np.random.default_rng(n).dirichlet(np.full(2**n, 0.3)).reshape((2,) * n))


def mixture_by_partitions(pmf, sizes):
    """Mean over all ordered partitions of the products of conditionals, all cells at once."""
    n, marginals = pmf.ndim, {}

    def marginal(kept):
        if kept not in marginals:
            others = tuple(i for i in range(n) if i not in kept)
            marginals[kept] = pmf.sum(axis=others, keepdims=True)
        return marginals[kept]

    def descend(known, left, sizes, law):
        if not sizes:
            return law, 1
        total, count = 0.0, 0
        for block in combinations(sorted(left), sizes[0]):
            after = law
            for i in block:
                after = after * (marginal(known | {i}) / marginal(known))
            terms, number = descend(known | set(block), left - set(block), sizes[1:], after)
            total, count = total + terms, count + number
        return total, count

    total, count = descend(frozenset(), frozenset(range(n)), sizes, np.ones(pmf.shape))
    return total / count


def mixture_by_subsets(pmf, levels):
    """All pairs of subsets of every step, and all values of a pair at once."""
    n = pmf.ndim
    everything = frozenset(range(n))
    subsets = [frozenset(c) for k in range(n + 1) for c in combinations(range(n), k)]
    marginal = {kept: pmf.sum(axis=tuple(everything - kept), keepdims=True) for kept in subsets}
    states = {frozenset(): np.ones((1,) * n)}
    for before, level in pairwise(levels):
        chance = (level - before) / (1.0 - before)
        after = {}
        for known, weight in states.items():
            left = everything - known
            for drawn in (d for d in subsets if d <= left):
                stay = (1.0 - chance) ** (len(left) - len(drawn))
                if stay == 0.0:
                    continue
                moved = weight * (stay * chance ** len(drawn))
                for i in drawn:
                    moved = moved * (marginal[known | {i}] / marginal[known])
                reached = known | drawn
                after[reached] = after.get(reached, 0.0) + moved
        states = after
    return states[everything]


def frontier_by_layers(entropies, n):
    """One layer a step, all sources of a subset at once."""
    gains = np.zeros((2**n, n))
    masks = np.arange(2**n)
    for i in range(n):
        gains[:, i] = entropies[masks | 1 << i] - entropies
    layer = np.full(2**n, np.inf)
    layer[0] = 0.0
    values = []
    for _ in range(n):
        after = np.full(2**n, np.inf)
        for b in range(1, 2**n):
            tokens = [i for i in range(n) if b >> i & 1]
            sources = np.zeros(1, dtype=np.int64)
            for i in tokens:
                sources = np.concatenate([sources, sources | 1 << i])
            sources = sources[:-1]
            drawn = (~sources[:, None] >> np.array(tokens)) & 1
            costs = layer[sources] + (gains[sources][:, tokens] * drawn).sum(axis=1)
            after[b] = costs.min()
        layer = after
        values.append(layer[-1] - entropies[-1])
    return np.array(values)


def compare(benchmark, ours, theirs):
    their_time, our_time = fastest(theirs, 1), fastest(ours, 3)
    benchmark.extra_info["times faster"] = round(their_time / our_time, 1)
    print(f"\nours {our_time:.4g} s, NumPy {their_time:.4g} s: {their_time / our_time:.0f}x")
    benchmark.pedantic(ours, rounds=1)


def test_mixture_against_numpy(benchmark, sized):
    """Wanted: at least 50 times faster."""
    sizes = sized([4, 4, 4], [2, 2, 1])
    law, schedule = table(sum(sizes)), unmask.Schedule(sizes)
    np.testing.assert_allclose(
        mixture_law(law, schedule).pmf, mixture_by_partitions(law.pmf, sizes), rtol=1e-11
    )
    compare(
        benchmark,
        lambda: mixture_law(law, schedule),
        lambda: mixture_by_partitions(law.pmf, sizes),
    )


def test_plans_against_numpy(benchmark, sized):
    """Wanted: at least 50 times faster."""
    n = sized(13, 5)
    law = table(n)
    entropies = law.subset_entropies()
    np.testing.assert_allclose(
        planned_frontier(law).kl, frontier_by_layers(entropies, n), rtol=0, atol=1e-13
    )
    compare(
        benchmark,
        lambda: planned_frontier(law),
        lambda: frontier_by_layers(law.subset_entropies(), n),
    )


@pytest.mark.parametrize("n", [12, 14, 16])
@pytest.mark.parametrize("steps", [3, 8])
def test_mixture(benchmark, sized, n, steps):
    """Wanted on two cores: 0.1 s for 12 tokens, a second for 14, twenty for 16."""
    n = sized(n, 5)
    law, schedule = table(n), unmask.schedules.uniform(n, min(steps, n))
    benchmark.pedantic(lambda: mixture_law(law, schedule), rounds=1)


def test_mixture_of_levels_against_numpy(benchmark, sized):
    """Wanted: at least 50 times faster."""
    law, levels = table(sized(10, 4)), np.arange(5) / 4
    schedule = unmask.BernoulliSchedule(levels)
    np.testing.assert_allclose(
        mixture_law(law, schedule).pmf, mixture_by_subsets(law.pmf, levels), rtol=1e-11
    )
    compare(
        benchmark,
        lambda: mixture_law(law, schedule),
        lambda: mixture_by_subsets(law.pmf, levels),
    )


@pytest.mark.parametrize("n", [12, 14])
def test_mixture_of_levels(benchmark, sized, n):
    law, schedule = table(sized(n, 5)), unmask.BernoulliSchedule(np.arange(5) / 4)
    benchmark.pedantic(lambda: mixture_law(law, schedule), rounds=1)


@pytest.mark.parametrize("n", [16, 18, 20])
def test_plans(benchmark, sized, n):
    """Wanted on two cores: about a second for 16 tokens, ten for 18, a minute for 20."""
    law = table(sized(n, 5))
    benchmark.pedantic(lambda: planned_frontier(law), rounds=1)
