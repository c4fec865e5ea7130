"""Tests of samples that hold their level, and intervals that hold what they are about."""

import math
import sys

import numpy as np
import pytest
from scipy import optimize, special, stats

from unmask import schedules
from unmask.distributions import Dense, MarkovChain, Permutation, Product, Repeated, ZeroSum
from unmask.samplers import (
    Estimate,
    OutputLaw,
    Threshold,
    audit,
    mixture_law,
    policy_law,
    simulate,
)
from unmask.samplers._divergence_bounds import merged_kl
from unmask.samplers._letters import letters, pairs

FLIP = [[0.9, 0.1], [0.1, 0.9]]
CHAIN = MarkovChain([0.5, 0.5], FLIP, 6)
LONG = MarkovChain([0.5, 0.5], FLIP, 24)


def some_law(seed):
    return Dense(np.random.default_rng(seed).dirichlet(np.full(18, 2.0)).reshape(3, 2, 3))


def test_chi_square_against_scipy():
    law = some_law(0)
    x = law.sample(3000, seed=1)
    found = audit(x, law)
    counts = np.zeros(law.pmf.shape)
    np.add.at(counts, tuple(x.T), 1)
    assert (law.pmf * 3000 >= 5).all()
    want = stats.chisquare(counts.ravel(), law.pmf.ravel() * 3000)
    assert found.test == "chi-square"
    assert found.degrees == 17
    assert found.statistic == pytest.approx(want.statistic)
    assert found.p_value == pytest.approx(want.pvalue)
    assert found.total_variation.value == pytest.approx(0.5 * np.abs(counts / 3000 - law.pmf).sum())


def test_likelihood_against_scipy():
    x = simulate(LONG, schedules.uniform(24, 18), 300, seed=2).samples
    found = audit(x, LONG, seed=3)
    fresh = LONG.log_prob(LONG.sample(10_000, seed=3)).round(9)
    want = stats.ks_2samp(LONG.log_prob(x).round(9), fresh, method="asymp")
    assert [test.name for test in found.tests] == ["letters", "pairs", "likelihood"]
    assert found.test == "likelihood"
    assert found.statistic == pytest.approx(want.statistic)
    # scipy rounds the effective size to a whole number.
    assert found.tests[-1].p_value == pytest.approx(want.pvalue, rel=0.15)
    assert found.p_value == 3 * found.tests[-1].p_value


RARE = MarkovChain([0.98, 0.02], [[0.98, 0.02], [0.5, 0.5]], 40)


@pytest.mark.parametrize(
    ("law", "size", "rounds"),
    [
        (CHAIN, 1000, 200),
        (CHAIN, 200, 200),
        (LONG, 100, 100),
        (RARE, 200, 200),
        (Permutation(7), 100, 200),
    ],
)
def test_right_samplers_are_rejected_as_often_as_the_level_says(law, size, rounds):
    p = [
        audit(law.sample(size, seed=s), law, seed=10_000 + s, level=0.1).p_value
        for s in range(rounds)
    ]
    # Beyond this a right level would get once in ten thousand seeds.
    most = stats.binom.isf(1e-4, rounds, 0.1) / rounds
    assert np.mean(np.array(p) < 0.1) <= most
    assert len({audit(law.sample(size, seed=0), law).p_value for _ in range(2)}) == 1


def test_wrong_samplers_are_rejected():
    for law, size in ((CHAIN, 2000), (LONG, 200)):
        hasty = simulate(law, schedules.uniform(law.n, 3), size, seed=0)
        found = audit(hasty.samples, law)
        assert found.rejected
        assert found.p_value < 1e-6
        assert found.total_variation.low > 0.05
    assert "rejected at level 0.01, likelihood test" in repr(found)
    assert audit(hasty, law) == found
    assert not audit(CHAIN.sample(2000, seed=0), CHAIN).rejected


def test_intervals_hold_the_exact_divergences():
    mu, nu = some_law(1), some_law(2)
    exact, rounds = OutputLaw(mu, nu.pmf), 150
    held = np.zeros(3)
    for seed in range(rounds):
        found = audit(nu.sample(2000, seed=seed), mu, confidence=0.9)
        for k, name in enumerate(("total_variation", "kl", "reverse_kl")):
            estimate = getattr(found, name)
            held[k] += estimate.low <= getattr(exact, name) <= estimate.high
            assert estimate.low <= estimate.value <= estimate.high
    # Normal approximations may be off by a little.
    assert (held / rounds >= 0.84).all()
    # This one holds for certain.
    assert held[0] / rounds >= 0.9


def test_a_stuck_token_is_found():
    """Likelihoods do not see it, though half of the mass is gone."""
    chain = MarkovChain([0.5, 0.5], FLIP, 64)
    x = chain.sample(2000, seed=0).copy()
    assert not audit(x, chain).rejected
    # The other letter everywhere is as likely.
    x ^= x[:, :1]
    found = audit(x, chain)
    assert found.tests[-1].name == "likelihood"
    assert found.tests[-1].p_value > 0.01
    assert found.rejected
    assert (found.test, found.tokens) == ("letters", (0,))
    assert found.p_value < 1e-100
    assert 0.45 < found.total_variation.low <= 0.5
    assert found.total_variation.high == 1.0
    # Half of the law is never put out.
    assert found.kl.low > 1.0
    assert found.kl.high == math.inf
    # The mass of the sampler is twice that of the claim.
    assert 0.6 < found.reverse_kl.low <= math.log(2)
    assert "letters test of 0, p = 0;" in repr(found)


def test_a_broken_pair_is_found():
    """All letters are right, each by itself, and so are likelihoods of coins."""
    coins = Product([[0.5, 0.5]] * 50)
    x = coins.sample(1000, seed=0).copy()
    x[:, 31] = x[:, 30]
    found = audit(x, coins)
    assert found.rejected
    assert (found.test, set(found.tokens)) == ("pairs", {30, 31})
    # Of the four pairs of letters two are left.
    assert 0.2 < found.total_variation.low <= 0.5
    assert found.kl.low > 0.2


@pytest.mark.parametrize("law", [some_law(0), Dense(np.ones((2, 1, 3)) / 6)], ids=["", "coins"])
def test_letters_and_pairs_against_the_table(law):
    x = law.sample(300, seed=1)
    alone, together = letters(x, law), pairs(x, law, np.random.default_rng(0))
    for events in (alone, together):
        assert len(events.counts)
        for tokens in {tuple(row) for row in events.tokens.tolist()}:
            here = [k for k, row in enumerate(events.tokens.tolist()) if tuple(row) == tokens]
            others = tuple(set(range(law.n)) - set(tokens))
            want = law.pmf.sum(axis=others)
            want = (want if list(tokens) == sorted(tokens) else want.T).ravel()
            seen = np.zeros([law.alphabet_sizes[i] for i in tokens])
            np.add.at(seen, tuple(x[:, i] for i in tokens), 1)
            # Of two letters one is enough.
            shown = slice(len(here))
            np.testing.assert_allclose(events.claimed[here], want[shown], atol=1e-14)
            np.testing.assert_array_equal(events.counts[here], seen.ravel()[shown])
        below = stats.binom.cdf(events.counts, 300, events.claimed)
        above = stats.binom.sf(events.counts - 1, 300, events.claimed)
        np.testing.assert_allclose(
            events.p_values(special), np.minimum(1, 2 * np.minimum(below, above)), rtol=1e-9
        )
        low, high = events.intervals(0.1, special)
        for k, count in enumerate(events.counts.astype(int).tolist()):
            exact = stats.binomtest(count, 300).proportion_ci(1 - 0.1 / len(low), "exact")
            assert (low[k], high[k]) == pytest.approx((exact.low, exact.high), rel=1e-9)
    # Neighbours are looked at, all of them.
    assert {(0, 1), (1, 2)} <= {tuple(sorted(row)) for row in together.tokens.tolist()}


def test_only_some_pairs_of_many_tokens(monkeypatch):
    monkeypatch.setattr("unmask.samplers._letters.MAX_COUNTED", 40)
    monkeypatch.setattr("unmask.samplers._letters.ANSWERED", 200)
    found = pairs(LONG.sample(50, seed=0), LONG, np.random.default_rng(0))
    assert len({row[0] for row in found.tokens.tolist()}) == 5
    assert pairs(np.zeros((3, 1), dtype=int), Product([[0.5, 0.5]]), None) is None


def test_there_is_always_a_bound_of_the_divergence():
    """Also where some sequences were hardly seen, or never are."""
    generator, bounded = np.random.default_rng(5), 0
    for seed in range(60):
        mu, nu = (Dense(generator.dirichlet(np.ones(16)).reshape((2,) * 4)) for _ in range(2))
        found = audit(nu.sample(1000, seed=seed), mu)
        assert 0.0 <= found.kl.low <= found.kl.value <= found.kl.high
        assert found.kl.low <= OutputLaw(mu, nu.pmf).kl
        bounded += found.kl.low > 0.1
    assert bounded > 50
    # Never seen: the divergence is infinite, which samples cannot show, but it is large.
    never = audit([[0, 0]] * 1000, Dense([[0.5, 0.25], [0.25, 0.0]]))
    assert never.kl.low > 1.5
    assert never.kl.high == math.inf


def test_bounds_of_merged_cells_are_the_best_that_hold():
    """Independent oracle: the nearest law that the concentration inequality leaves, by scipy."""
    generator = np.random.default_rng(1)
    claimed = generator.dirichlet(np.full(5, 2.0))
    counts = np.array([3.0, 0.0, 40.0, 27.0, 10.0])
    found = merged_kl(claimed, counts, 0.9)
    seen, size, degrees = counts / 80, 80.0, 4

    def kl(p, q):
        return float(special.rel_entr(p, q).sum())

    radius = optimize.brentq(
        lambda x: degrees * (1 + math.log(x / degrees)) - x - math.log(0.1), degrees + 1e-9, 100
    )
    best = optimize.minimize(
        lambda nu: kl(claimed, nu / nu.sum()),
        np.full(5, 0.2),
        bounds=[(1e-6, 1.0)] * 5,
        constraints={"type": "ineq", "fun": lambda nu: radius / size - kl(seen, nu / nu.sum())},
        method="SLSQP",
    )
    assert best.success
    assert found.low == pytest.approx(best.fun, abs=1e-5)
    assert merged_kl(claimed, 1000 * claimed, 0.9).low == 0.0
    assert merged_kl(np.ones(1), np.array([9.0]), 0.9) == Estimate(0.0, 0.0, math.inf)


@pytest.mark.parametrize("size", [60, 150])
def test_bounds_hold_where_sequences_are_not_counted(size):
    chain = MarkovChain([0.5, 0.5], FLIP, 12)
    exact = mixture_law(chain, schedules.uniform(12, 2))
    sampler, rounds, held = exact.to_dense(), 60, np.zeros(3)
    names = ("total_variation", "kl", "reverse_kl")
    for seed in range(rounds):
        found = audit(sampler.sample(size, seed=seed), chain, confidence=0.8)
        assert found.tests[-1].name == "likelihood"
        for k, name in enumerate(names):
            estimate = getattr(found, name)
            assert 0.0 <= estimate.low <= estimate.value <= estimate.high
            held[k] += estimate.low <= getattr(exact, name)
    assert (held / rounds >= 0.8).all()


def test_estimates_close_in_on_the_exact_law_of_a_policy():
    exact = policy_law(CHAIN, Threshold(0.8))
    run = simulate(CHAIN, Threshold(0.8), 100_000, seed=0)
    found = audit(run.samples, CHAIN)
    assert found.total_variation.low <= exact.total_variation <= found.total_variation.high
    assert found.total_variation.value == pytest.approx(exact.total_variation, abs=0.01)
    assert found.reverse_kl.low <= exact.reverse_kl <= found.reverse_kl.high
    assert found.reverse_kl.value == pytest.approx(exact.reverse_kl, abs=0.02)
    # Against its own law nothing is left.
    right = audit(run.samples, exact.to_dense())
    assert not right.rejected
    assert right.total_variation.low == 0


def test_excluded_samples():
    law = ZeroSum(4, 2)
    found = audit([[0, 0, 0, 0], [1, 1, 0, 0], [1, 0, 0, 0]], law)
    assert (found.test, found.statistic, found.p_value) == ("support", 1.0, 0.0)
    assert found.rejected
    assert found.reverse_kl == Estimate(math.inf, math.inf, math.inf)
    # Also where the law is not written out.
    wrong = Repeated(40, 2)
    assert audit([[0] * 40, [0] * 39 + [1]], wrong).test == "support"
    assert not audit(wrong.sample(200, seed=0), wrong).rejected


def test_rare_sequences_are_counted_together():
    pmf = np.full((2, 50), 0.1 / 98)
    pmf[0, 0], pmf[0, 1] = 0.6, 0.3
    law = Dense(pmf)
    found = audit(law.sample(200, seed=0), law)
    assert [test.name for test in found.tests] == ["letters", "pairs", "chi-square"]
    assert found.tests[-1].degrees == 2
    # So few that they are counted with a common one.
    assert audit(law.sample(30, seed=0), law).tests[-1].degrees == 1
    assert audit(law.sample(8, seed=0), law).tests[-1].name == "likelihood"
    one = Product([[1.0], [1.0]])
    assert audit([[0, 0], [0, 0]], one).p_value == 1.0


def test_mistakes(monkeypatch):
    for samples, match in [
        ([0] * 6, r"samples: have shape \(6,\), expected \(size, 6\)"),
        ([[0] * 5] * 3, r"samples: have shape \(3, 5\)"),
        ([[0] * 6], "two samples or more"),
        ([[2] * 6] * 2, r"code 2 at \(0, 0\) is not in the alphabet"),
    ]:
        with pytest.raises(ValueError, match=match):
            audit(samples, CHAIN)
    with pytest.raises(TypeError, match="expected integer codes"):
        audit(np.zeros((2, 6)), CHAIN)
    with pytest.raises(TypeError, match="distribution: is a list"):
        audit([[0]], [1.0])
    for bad in ({"level": 0}, {"level": 1.0}, {"confidence": 2}):
        with pytest.raises(ValueError, match=f"{next(iter(bad))}: is .*between 0 and 1"):
            audit([[0] * 6] * 2, CHAIN, **bad)
    monkeypatch.setitem(sys.modules, "scipy.special", None)
    with pytest.raises(ImportError, match=r"audit\(\) takes the package scipy"):
        audit([[0] * 6] * 2, CHAIN)
