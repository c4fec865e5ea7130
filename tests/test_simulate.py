"""Simulated samplers against their exact laws, and oracles that misbehave."""

import numpy as np
import pytest
from scipy import stats

from unmask import BernoulliSchedule, Schedule, schedules
from unmask.distributions import Dense, MarkovChain, Product, Repeated
from unmask.samplers import (
    Custom,
    EntropyBound,
    EntropySum,
    Factor,
    FixedOrder,
    SampledTopK,
    Speculative,
    Threshold,
    TopK,
    _simulate,
    mixture_law,
    policy_law,
    simulate,
    speculative_law,
)

FLIP = [[0.9, 0.1], [0.1, 0.9]]
CHAIN = MarkovChain([0.5, 0.5], FLIP, 6)


def p_value(counts, pmf):
    """Chi-square with rare cells counted together."""
    expected = pmf * counts.sum()
    assert counts[pmf == 0].sum() == 0
    common = expected >= 5
    observed = np.append(counts[common], counts[~common].sum())
    expected = np.append(expected[common], expected[~common].sum())
    keep = expected > 0
    return stats.chisquare(observed[keep], expected[keep]).pvalue if keep.sum() > 1 else 1.0


def cells(samples, shape):
    counts = np.zeros(shape)
    np.add.at(counts, tuple(samples.T), 1)
    return counts


@pytest.mark.parametrize(
    "policy",
    [
        TopK(2),
        TopK(Schedule([1, 2, 3]), "margin"),
        TopK(2, "entropy", temperature=0.6),
        Threshold(0.75),
        Factor(0.7, temperature=1.5),
        EntropyBound(0.5),
        FixedOrder([[3], [0, 5], [1, 2, 4]]),
        EntropySum(0.9),
        EntropySum(0.2, temperature=0.7),
        SampledTopK(2),
        SampledTopK(3, temperature=0.5),
        Custom(lambda marginals, mask: mask & (mask.cumsum(axis=1) <= 2)),
        Speculative(),
        Speculative([5, 2, 0, 1, 3, 4]),
    ],
    ids=repr,
)
def test_against_the_exact_law(policy):
    pmf = np.random.default_rng(1).dirichlet(np.full(96, 0.3)).reshape(2, 2, 3, 2, 2, 2)
    dense = Dense(pmf)
    exact = (
        speculative_law(dense, policy.order)
        if isinstance(policy, Speculative)
        else policy_law(dense, policy)
    )
    run = simulate(dense, policy, 10_000, seed=3)
    assert p_value(cells(run.samples, pmf.shape), exact.pmf) > 1e-3
    calls = np.bincount(run.calls, minlength=7)
    assert p_value(calls, exact.call_distribution.clip(0, 1).round(12)) > 1e-3
    assert abs(run.expected_calls - exact.expected_calls) <= 4 * run.expected_calls_error + 1e-9


def test_schedules_draw_from_the_mixture_over_orders():
    pmf = np.random.default_rng(2).dirichlet(np.full(8, 0.5)).reshape(2, 2, 2)
    law = Dense(pmf)
    # One token first, whichever, then the two others independently.
    mixture = np.zeros(pmf.shape)
    for first in range(3):
        one = pmf.sum(axis=tuple(i for i in range(3) if i != first), keepdims=True)
        second, third = (i for i in range(3) if i != first)
        mixture += (
            pmf.sum(axis=third, keepdims=True) * pmf.sum(axis=second, keepdims=True) / one / 3
        )
    run = simulate(law, Schedule([1, 2]), 30_000, seed=0)
    assert p_value(cells(run.samples, pmf.shape), mixture) > 1e-3
    assert set(run.calls.tolist()) == {2}
    every = simulate(law, schedules.uniform(3, 3), 30_000, seed=0)
    assert p_value(cells(every.samples, pmf.shape), pmf) > 1e-3


def test_random_counts():
    pmf = np.random.default_rng(4).dirichlet(np.full(16, 0.5)).reshape(2, 2, 2, 2)
    for schedule in (schedules.mdlm(4, 3), BernoulliSchedule([0, 0.1, 0.2, 0.9, 1])):
        exact = mixture_law(Dense(pmf), schedule)
        run = simulate(Dense(pmf), schedule, 20_000, seed=0)
        assert p_value(cells(run.samples, pmf.shape), exact.pmf) > 1e-3
        calls = np.bincount(run.calls, minlength=len(exact.call_distribution))
        assert p_value(calls, exact.call_distribution) > 1e-3
        assert abs(run.expected_calls - schedule.expected_calls(4)) < 4 * run.expected_calls_error


def test_long_sequences_and_seeds():
    chain = MarkovChain([0.5, 0.5], FLIP, 100)
    runs = [simulate(chain, schedules.uniform(100, 10), 30, seed=s) for s in (1, 1, 2)]
    assert runs[0].samples.tobytes() == runs[1].samples.tobytes() != runs[2].samples.tobytes()
    # With as many steps as tokens the chain itself, whose neighbours differ one time in ten.
    exact = simulate(chain, EntropyBound(0.0), 40, seed=0).samples
    assert 0.08 < np.mean(exact[:, 1:] != exact[:, :-1]) < 0.12
    hasty = simulate(chain, Threshold(0.5), 40, seed=0)
    assert hasty.expected_calls == 1
    assert 0.4 < np.mean(hasty.samples[:, 1:] != hasty.samples[:, :-1]) < 0.6
    with pytest.raises(ValueError, match="read-only"):
        hasty.samples[0, 0] = 1


def test_blocks_make_a_sample_of_the_same_law(monkeypatch):
    monkeypatch.setattr(_simulate, "HELD_ENTRIES", 12_000)
    seen = []
    run = simulate(CHAIN, TopK(2), 20_000, seed=0, progress=seen.append)
    assert p_value(cells(run.samples, (2,) * 6), policy_law(CHAIN, TopK(2)).pmf) > 1e-3
    assert seen == sorted(seen)
    assert seen[-1] == 1.0
    assert len(seen) > 30


def test_functions_as_oracles():
    asked = []

    def oracle(x, mask):
        asked.append((x.copy(), mask.copy()))
        assert (x[mask] == 0).all()
        x[:] = 99  # what is handed out is a copy
        marginals = np.full((*x.shape, 3), np.nan, dtype=np.float32)
        marginals[mask] = [0.2, 0.5, 0.3]
        return marginals

    run = simulate(oracle, schedules.uniform(8, 3), 4000, seed=0)
    assert len(asked) == 3
    assert [int((~mask[0]).sum()) for _, mask in asked] == [0, 3, 6]
    assert p_value(np.bincount(run.samples.ravel()), np.array([0.2, 0.5, 0.3])) > 1e-3
    run = simulate(lambda x, mask: np.full((*x.shape, 2), 0.5), Threshold(0.6), 5, seed=0, n=4)
    assert run.calls.tolist() == [4] * 5
    # A function asks the chain: the same samples as the chain itself.
    through = simulate(
        lambda x, mask: CHAIN.conditional_marginals(x, mask), TopK(1), 50, seed=5, n=6
    )
    assert through.samples.tolist() == simulate(CHAIN, TopK(1), 50, seed=5).samples.tolist()


def test_no_samples():
    run = simulate(CHAIN, TopK(1), 0)
    assert run.samples.shape == (0, 6)
    assert np.isnan(run.expected_calls)
    assert np.isnan(simulate(CHAIN, TopK(1), 1).expected_calls_error)
    assert repr(simulate(CHAIN, TopK(3), 5)) == "<Simulation of 5 samples, n=6: 2 +- 0 calls>"


@pytest.mark.parametrize("sampler", [Schedule([2, 2]), TopK(2), Speculative()], ids=repr)
def test_impossible_evidence(sampler):
    law = Repeated(4, 2)
    run = simulate(law, sampler, 400, seed=0)
    wrong = (run.samples[:, 0] != run.samples[:, 1]).any()
    assert wrong != isinstance(sampler, Speculative)
    if wrong:
        with pytest.raises(ValueError, match="have probability zero"):
            simulate(law, sampler, 400, seed=0, on_impossible="raise")


@pytest.mark.parametrize(
    ("oracle", "error", "match"),
    [
        (
            lambda x, mask: np.full(x.shape, 0.5),
            ValueError,
            r"shape \(2, 3\), expected \(2, 3, q\)",
        ),
        (
            lambda x, mask: np.full((1, 3, 2), 0.5),
            ValueError,
            r"shape \(1, 3, 2\), expected \(2, 3",
        ),
        (
            lambda x, mask: np.full((*x.shape, 2), np.nan),
            ValueError,
            "returned nan for letter 0 of",
        ),
        (lambda x, mask: np.full((*x.shape, 2), np.inf), ValueError, "returned inf for letter 0"),
        (lambda x, mask: np.full((*x.shape, 2), -0.5), ValueError, "returned -0.5 for letter 0"),
        (lambda x, mask: np.full((*x.shape, 3), 0.5), ValueError, "row of token 0 of query 0 sums"),
        (lambda x, mask: np.full((*x.shape, 2), "a"), TypeError, "array of <U1, expected real"),
        (lambda x, mask: None, TypeError, "array of object"),
    ],
)
def test_oracles_that_misbehave(oracle, error, match):
    for sampler in (Schedule([1, 2]), TopK(1), Speculative()):
        with pytest.raises(error, match=f"oracle: .*{match}"):
            simulate(oracle, sampler, 2, seed=0, n=3)


@pytest.mark.parametrize(
    ("arguments", "error", "match"),
    [
        (
            (CHAIN, Schedule([1, 2]), 3),
            ValueError,
            "sampler: is for 3 tokens, expected 6 as for or",
        ),
        ((CHAIN, TopK(Schedule([1, 2])), 3), ValueError, "top_k: is a schedule for 3 tokens"),
        ((CHAIN, Speculative([1, 0]), 3), ValueError, "order: has 2 positions, expected 6"),
        ((CHAIN, TopK(1), -1), ValueError, "size: is -1, expected at least 0"),
        ((CHAIN, TopK(1), 1.5), TypeError, r"size: is a float, expected an integer"),
        ((CHAIN, 3, 3), TypeError, "sampler: is a int, expected a Schedule, a BernoulliSchedule"),
        ((3, TopK(1), 3), TypeError, "oracle: is a int, expected a Distribution or a callable"),
        ((lambda x, mask: x, TopK(1), 3), ValueError, "n: expected the number of tokens"),
    ],
)
def test_mistakes(arguments, error, match):
    with pytest.raises(error, match=match):
        simulate(*arguments)
    with pytest.raises(ValueError, match="n: is for 5 tokens, expected 6"):
        simulate(CHAIN, TopK(1), 3, n=5)
    with pytest.raises(ValueError, match="on_impossible: is 'x'"):
        simulate(CHAIN, TopK(1), 3, on_impossible="x")


def test_policies_that_reveal_nothing_or_twice():
    law = Product([[0.5, 0.5]] * 3)
    with pytest.raises(ValueError, match="reveals nothing in state 0"):
        simulate(law, lambda p, mask: np.zeros_like(mask), 2)
    with pytest.raises(ValueError, match="reveals token 0 of state 0 twice"):
        simulate(law, lambda p, mask: np.zeros((len(mask), 1), dtype=int), 2)


@pytest.mark.parametrize(
    "law",
    [
        MarkovChain([0.2, 0.3, 0.5], [[0.7, 0.2, 0.1], [0.3, 0.3, 0.4], [0.1, 0.1, 0.8]], 12),
        MarkovChain([1.0, 0.0], FLIP, 12),
        MarkovChain(np.full((2, 2), 0.25), np.full((2, 2, 2), 0.5), 12),
        MarkovChain([1.0], [[1.0]], 12),
    ],
    ids=repr,
)
def test_some_tokens_of_a_chain_are_those_of_all(law):
    generator = np.random.default_rng(0)
    x = law.sample(300, seed=1)
    order = np.argsort(generator.random(x.shape), axis=1)
    for hidden in (1, 3, 8, 12):
        mask = np.zeros(x.shape, dtype=bool)
        np.put_along_axis(mask, order[:, :hidden], True, axis=1)
        tokens = order[:, : max(1, hidden - 1)]
        given = np.where(mask, 99, x) % law.alphabet_sizes[0]
        got = law._marginals_at(given, mask, tokens, "raise")
        want = law.conditional_marginals(x, mask)[np.arange(300)[:, None], tokens]
        np.testing.assert_allclose(got, want, atol=1e-12)
