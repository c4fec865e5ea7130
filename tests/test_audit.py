"""Tests of samples that hold their level, and intervals that hold what they are about."""

import math
import sys

import numpy as np
import pytest
from scipy import stats

from unmask import schedules
from unmask.distributions import Dense, MarkovChain, Product, Repeated, ZeroSum
from unmask.samplers import Estimate, OutputLaw, Threshold, audit, policy_law, simulate

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
    assert found.test == "likelihood"
    assert found.statistic == pytest.approx(want.statistic)
    # scipy rounds the effective size to a whole number.
    assert found.p_value == pytest.approx(want.pvalue, rel=0.15)
    assert found.kl is None
    assert found.reverse_kl is None


@pytest.mark.parametrize(("law", "size", "rounds"), [(CHAIN, 1000, 200), (LONG, 100, 40)])
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
    assert (found.test, found.degrees) == ("chi-square", 2)
    # So few that they are counted with a common one.
    assert audit(law.sample(30, seed=0), law).degrees == 1
    assert audit(law.sample(8, seed=0), law).test == "likelihood"
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
