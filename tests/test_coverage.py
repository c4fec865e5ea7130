"""Laws made of samples are no better known than the samples."""

from itertools import combinations

import numpy as np
import pytest

import reference
from unmask import information_curve
from unmask.distributions import Blocks, Empirical, Mixture, Paired, Product


def some_sample(count, n, seed, letters=2):
    return Empirical(np.random.default_rng(seed).integers(letters, size=(count, n)))


def rows(law):
    return np.repeat(law.atoms, law.weights.astype(int), axis=0)


def covered(law, kept):
    """One minus the share of samples that nothing else agrees with on the tokens `kept`."""
    counts = reference.counts(rows(law), kept)
    return 1.0 - (counts == 1).sum() / counts.sum()


def test_wrapping_does_not_make_it_better():
    sample = some_sample(300, 14, 0)
    curve = information_curve(sample)
    assert curve.reliable_until == 7
    coin = Product([[0.5, 0.5]] * 14)
    for law in (
        Blocks([sample]),
        Paired(sample, coin),
        Paired(coin, sample),
        Mixture([1.0], [sample]),
        Blocks([Paired(coin, Mixture([1.0], [Blocks([sample])]))]),
    ):
        made = information_curve(law)
        np.testing.assert_allclose(made.coverage, curve.coverage, rtol=1e-13)
        assert made.reliable_until == 7
        assert made.estimator == "plugin"
        assert not made.coverage.flags.writeable


def test_blocks_are_covered_as_the_worst_of_them():
    one, two = some_sample(6, 4, 1), some_sample(9, 3, 2)
    law = Blocks([one, Product([[0.5, 0.5]] * 2), two, one])
    first, second = range(4), range(6, 9)

    def mean(sample, places):
        def inside(kept):
            return [k - places[0] for k in kept if k in places]

        subsets = (combinations(range(law.n), j) for j in range(law.n + 1))
        return [np.mean([covered(sample, inside(kept)) for kept in some]) for some in subsets]

    want = np.minimum(mean(one, first), mean(two, second))
    np.testing.assert_allclose(information_curve(law).coverage, want, atol=1e-14)


def test_pairs_are_covered_as_the_worse_of_them():
    one, two = some_sample(40, 6, 1), some_sample(40, 6, 2, letters=3)
    curves = [information_curve(law) for law in (one, two)]
    want = np.minimum(*(curve.coverage for curve in curves))
    np.testing.assert_array_equal(information_curve(Paired(one, two)).coverage, want)


def test_mixtures_are_covered_as_a_draw_is():
    one, two = some_sample(30, 5, 1), some_sample(9, 5, 2)
    coins = Product([[0.5, 0.5]] * 5)
    law = Mixture([0.5, 0.3, 0.2], [one, two, coins])
    want = [
        0.5 * np.mean([covered(one, kept) for kept in combinations(range(5), j)])
        + 0.3 * np.mean([covered(two, kept) for kept in combinations(range(5), j)])
        + 0.2
        for j in range(6)
    ]
    np.testing.assert_allclose(information_curve(law).coverage, want, rtol=1e-14)


def test_sampled_curves_too():
    sample = some_sample(100, 14, 0)
    for law in (Blocks([sample] * 2), Paired(sample, sample), Mixture([1.0], [sample])):
        curve = information_curve(law, method="sampled", samples=2, seed=0)
        exact = information_curve(Blocks([sample] * 2) if law.n == 28 else sample)
        assert abs(curve.reliable_until - exact.reliable_until) <= 1
        assert curve.estimator == "plugin"


@pytest.mark.parametrize("method", ["exact", "sampled"])
def test_what_is_known_or_not_counted_has_none(method):
    coins, weighed = Product([[0.5, 0.5]] * 2), Empirical([[0, 1], [1, 1]], [0.25, 0.75])
    for law in (
        Blocks([coins, weighed]),
        Paired(coins, weighed),
        Mixture([0.5, 0.5], [coins, coins]),
    ):
        curve = information_curve(law, method=method)
        assert curve.coverage is None
        assert curve.reliable_until == law.n
