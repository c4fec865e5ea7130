"""Exact laws of policies against NumPy, and simulated samplers."""

import itertools

import numpy as np
import pytest
from timing import fastest

import samplers_reference
from unmask import schedules
from unmask.distributions import Dense, MarkovChain
from unmask.samplers import (
    EntropyBound,
    EntropySum,
    SampledTopK,
    Threshold,
    TopK,
    policy_law,
    simulate,
    speculative_law,
)
from unmask.samplers._policy_law import enumerated_law


def table(n):
    pmf = np.random.default_rng(n).dirichlet(np.ones(2**n))
    return Dense(pmf.reshape((2,) * n))


def state_by_state(pmf, choose):
    """What one writes in NumPy: one state after the other, its marginals by sums over axes."""
    law = np.zeros(pmf.shape)

    def go_on(masked, part, cell, weight):
        if not masked:
            law[cell] += weight
            return
        axes = range(part.ndim)
        rows = np.array([part.sum(axis=tuple(a for a in axes if a != b)) for b in axes])
        rows /= rows.sum(axis=1, keepdims=True)
        places = choose(rows)
        rest = [token for place, token in enumerate(masked) if place not in places]
        for letters in itertools.product(range(2), repeat=len(places)):
            chance = weight * np.prod(rows[places, letters])
            if chance > 0:
                following, index = list(cell), [slice(None)] * part.ndim
                for place, letter in zip(places, letters, strict=True):
                    following[masked[place]] = letter
                    index[place] = letter
                go_on(rest, part[tuple(index)], tuple(following), chance)

    go_on(list(range(pmf.ndim)), pmf, (0,) * pmf.ndim, 1.0)
    return law


def sure(rows):
    confidence = rows.max(axis=1)
    chosen = np.flatnonzero(confidence >= 0.6).tolist()
    return chosen or [int(np.argmax(confidence))]


def test_policy_law_against_numpy(benchmark, sized):
    """Wanted: at least 50 times faster than state by state."""
    law = table(sized(16, 6))
    ours = policy_law(law, Threshold(0.6))
    np.testing.assert_allclose(ours.pmf, state_by_state(law.pmf, sure), rtol=1e-9)
    if benchmark.enabled:
        theirs = fastest(lambda: state_by_state(law.pmf, sure), 3)
        blocks = fastest(lambda: enumerated_law(law, Threshold(0.6), "uniform"), 2)
        own = fastest(lambda: policy_law(law, Threshold(0.6), threads=1), 9)
        benchmark.extra_info["times faster"] = round(theirs / own, 1)
        benchmark.extra_info["times faster than in blocks"] = round(blocks / own, 1)
        print(f"\nours {own:.4g} s; NumPy state by state {theirs / own:.0f}x, {blocks / own:.0f}x")
    benchmark.pedantic(policy_law, (law, Threshold(0.6)), rounds=1)


@pytest.mark.parametrize(
    "policy",
    [
        samplers_reference.EnumeratedEntropySum(1.0),
        samplers_reference.EnumeratedSampledTopK(1),
        samplers_reference.EnumeratedSampledTopK(3),
    ],
    ids=repr,
)
def test_random_choices_against_numpy(benchmark, sized, policy):
    """States and branches in blocks, which is as fast as NumPy gets."""
    law = table(sized(10, 5))
    ours = policy_law(law, policy)
    pmf, _ = enumerated_law(law, policy, "uniform")
    np.testing.assert_allclose(ours.pmf.ravel(), pmf, rtol=1e-9)
    if benchmark.enabled:
        theirs = fastest(lambda: enumerated_law(law, policy, "uniform"), 3)
        own = fastest(lambda: policy_law(law, policy, threads=1), 9)
        benchmark.extra_info["times faster"] = round(theirs / own, 1)
        print(f"\nours {own:.4g} s; NumPy in blocks {theirs / own:.0f}x")
    benchmark.pedantic(policy_law, (law, policy), rounds=1)


@pytest.mark.parametrize(
    "policy",
    [TopK(1), Threshold(0.6), EntropyBound(0.5), SampledTopK(4), EntropySum(4.0)],
    ids=repr,
)
def test_policy_law(benchmark, sized, policy):
    """Wanted at n = 16: seconds."""
    benchmark.pedantic(policy_law, (table(sized(16, 6)), policy), rounds=1)


def test_speculative_law(benchmark, sized):
    benchmark.pedantic(speculative_law, (table(sized(16, 6)),), rounds=1)


def test_simulated_chain(benchmark, sized):
    """1,000 samples of 1,024 tokens in 64 steps; wanted: seconds."""
    n, size = sized(1024, 32), sized(1000, 10)
    chain = MarkovChain([0.5, 0.5], [[0.9, 0.1], [0.1, 0.9]], n)
    schedule = schedules.uniform(n, n // 16)
    run = benchmark.pedantic(simulate, (chain, schedule, size), {"seed": 0}, rounds=1)
    assert run.samples.shape == (size, n)
