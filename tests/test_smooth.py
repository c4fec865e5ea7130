"""Smoothed curves: against dense Bayes, where they must not smooth, and what they are good for."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from intervals import LAWS
from unmask import CrossEntropyCurve, distributions, information_curve, schedules
from unmask.estimation import CurveAccumulator, estimate_curve, recommend
from unmask.estimation._smooth import SCALES, _likeliest_scale, _noise, _shrinkage, _smoothing


def some_covariance(generator, size, scale=0.1):
    root = generator.normal(size=(size, size + 2)) * scale
    return root @ root.T


@given(st.integers(0, 2**32), st.integers(4, 9))
def test_smoothing_is_the_likeliest_curve_a_posteriori(seed, size):
    generator = np.random.default_rng(seed)
    noise = some_covariance(generator, size)
    values = np.exp(-np.arange(size) / 2) + generator.multivariate_normal(np.zeros(size), noise)
    smooth = _smoothing(values, noise)
    bends = np.zeros((size - 3, size))
    for row in range(size - 3):
        bends[row, row : row + 4] = [-1, 3, -3, 1]
    spread = bends @ noise @ bends.T
    scale = _likeliest_scale(bends @ values, spread, np.eye(size - 3))
    if scale == 0:
        # The quadratic that fits best by generalised least squares.
        basis = np.vander(np.arange(size), 3).astype(float)
        weights = np.linalg.solve(noise, basis)
        expected = basis @ np.linalg.solve(basis.T @ weights, weights.T @ values)
        np.testing.assert_allclose(smooth @ values, expected, rtol=1e-5, atol=1e-6)
        return
    precision = np.linalg.inv(noise)
    posterior = np.linalg.inv(precision + bends.T @ bends / scale)
    np.testing.assert_allclose(
        smooth @ values, posterior @ precision @ values, rtol=1e-5, atol=1e-6
    )
    np.testing.assert_allclose(smooth @ noise, posterior, rtol=1e-4, atol=1e-8)


@given(st.integers(0, 2**32), st.integers(1, 6))
def test_the_likeliest_scale_of_the_grid(seed, size):
    generator = np.random.default_rng(seed)
    noise, prior = some_covariance(generator, size), some_covariance(generator, size, 1.0)
    prior += np.eye(size)
    values = generator.normal(size=size)
    found = _likeliest_scale(values, noise, prior)
    root = np.linalg.cholesky(prior)
    vectors = np.linalg.eigh(np.linalg.inv(root) @ noise @ np.linalg.inv(root).T)[1]
    scales = ((vectors.T @ np.linalg.solve(root, values)) ** 2).max() * SCALES
    logs = [
        stats.multivariate_normal.logpdf(values, cov=scale * prior + noise, allow_singular=True)
        for scale in scales
    ]
    mine = stats.multivariate_normal.logpdf(values, cov=found * prior + noise, allow_singular=True)
    assert mine == pytest.approx(max(logs), abs=1e-6)


def test_a_gap_is_believed_as_far_as_it_is_seen():
    noise = 0.01**2 * (np.eye(6) + 1)
    believed = _shrinkage(np.full(6, 0.5), noise) @ np.full(6, 0.5)
    np.testing.assert_allclose(believed, 0.5, rtol=0.01)
    assert np.abs(_shrinkage(np.zeros(6), noise)).max() == 0
    # One of the size of its errors is drawn towards none.
    small = 0.01 * np.array([1.0, -1.2, 0.8, 1.1, -0.7, 0.2])
    assert np.linalg.norm(_shrinkage(small, noise) @ small) < 0.6 * np.linalg.norm(small)


def test_noise_has_full_rank():
    covariance = np.zeros((5, 5))
    covariance[1:, 1:] = 0.04  # of two sequences: all errors the same; the first is exact
    noise = _noise(covariance, np.full(5, 2))
    assert np.linalg.eigvalsh(noise).min() > 0
    np.testing.assert_array_equal(noise, noise.T)
    # It borrows from two neighbours and itself, with the weight of two of 1,001.
    borrowed = 2 / 1001 * 0.04 * 2 / 3
    assert _noise(covariance, np.full(5, 1000))[0, 0] == pytest.approx(borrowed)


def gathered_from(losses, size, noise, seed=0, entropies=None):
    generator = np.random.default_rng(seed)
    n = len(losses)
    drawn = (
        losses + noise * generator.normal(size=(size, n)) + noise * generator.normal(size=(size, 1))
    )
    names, revealed = np.indices((size, n)).reshape(2, -1)
    found = CurveAccumulator(n)
    found.update_losses(
        revealed,
        drawn.ravel(),
        sequences=names,
        entropy=None if entropies is None else np.broadcast_to(entropies, (size, n)).ravel(),
    )
    return found.curve()


def test_a_cliff_stays():
    losses = np.where(np.arange(16) < 9, 5.0, 3.0)
    curve = gathered_from(losses, 30, 0.3)
    drop = -np.diff(curve.smoothed.h)
    assert int(np.argmax(drop)) == 8
    assert drop[8] > 1.8
    assert recommend(curve, steps=2).schedule == schedules.optimal(
        CrossEntropyCurve(losses), steps=2
    )


def test_a_model_that_is_wrong_about_itself_is_not_believed():
    losses = 1 + np.exp(-np.arange(10) / 3)
    curve = gathered_from(losses, 100, 0.2, entropies=losses * 0.5)
    assert abs(curve.smoothed.h - losses).max() < 0.1
    # One that may be right is.
    curve = gathered_from(losses, 100, 0.2, entropies=losses)
    errors = abs(curve.smoothed.h - losses).max(), abs(curve.h - losses).max()
    assert errors[0] < 0.5 * errors[1]


def test_short_curves_and_exact_ones():
    """Too few counts to bend, and losses without noise: they stay as they are."""
    two = gathered_from(np.array([1.0, 0.5]), 10, 0.1)
    np.testing.assert_allclose(two.smoothed.h, two.h, rtol=1e-9)
    exact = gathered_from(np.array([2.0, 0.9, 0.7, 0.1, 0.0]), 10, 0.0)
    np.testing.assert_allclose(exact.smoothed.h, exact.h, atol=1e-12)
    single = CurveAccumulator(2)
    single.update_losses([0, 1], [1.0, 0.5])
    assert single.curve().smoothed is None


@pytest.mark.parametrize("name", LAWS)
def test_schedules_of_estimates_are_nearly_the_best(name):
    """By 300 calls of 32 sequences: within two per cent of the least excess, on average."""
    law = LAWS[name]()
    exact = information_curve(law)
    data = law.sample(9600, seed=2)
    chosen = {"smoothed": [], "as they are": []}
    for s in range(4):
        curve = estimate_curve(law, data, passes=9600, batch_size=960, seed=s, counts=range(law.n))
        for steps in (2, 3, 4, 6):
            best = exact.expected_kl(schedules.optimal(exact, steps=steps))
            for kind, plan in (
                ("smoothed", recommend(curve, steps=steps).schedule),
                ("as they are", schedules.optimal(curve, steps=steps)),
            ):
                chosen[kind].append(exact.expected_kl(plan) / best - 1)
    assert np.mean(chosen["smoothed"]) < 0.02
    assert np.mean(chosen["smoothed"]) < np.mean(chosen["as they are"])


@pytest.mark.parametrize("name", LAWS)
def test_a_few_sequences_mislead_several_times_less(name):
    """By 300 single sequences, losses alone."""
    law = LAWS[name]()
    exact = information_curve(law)
    lost = {"smoothed": 0.0, "as they are": 0.0}
    for s in range(40):
        curve = estimate_curve(law, law.sample(40, seed=s), passes=300, batch_size=300, seed=s)
        for steps in (2, 3, 4, 6):
            best = exact.expected_kl(schedules.optimal(exact, steps=steps))
            for kind, losses in (("smoothed", curve.smoothed), ("as they are", curve)):
                excess = exact.expected_kl(schedules.optimal(losses, steps=steps))
                lost[kind] += excess / best - 1
    assert lost["smoothed"] < 0.4 * lost["as they are"]


OTHERS = {
    "urn": distributions.Exchangeable.polya_urn([1, 1], 24),
    "magnet": distributions.Exchangeable.curie_weiss(20, 1.2),
    "chain": distributions.MarkovChain([0.5, 0.5], [[0.9, 0.1], [0.1, 0.9]], 48),
    "code": distributions.ReedSolomon(16, 6, 17),
    "blocks": distributions.Blocks([distributions.ZeroSum(4, 2), distributions.Repeated(4, 2)]),
}


@pytest.mark.parametrize("name", OTHERS)
def test_smoothing_does_no_harm(name):
    """Of curves that bend evenly, of cliffs and of steps: never a worse choice on the whole."""
    law = OTHERS[name]
    exact = information_curve(law)
    data = law.sample(500, seed=0)
    lost = {"smoothed": 0.0, "as they are": 0.0}
    for s in range(6):
        curve = estimate_curve(law, data, passes=300, batch_size=300, seed=s)
        for steps in (2, 4, 6):
            for kind, losses in (("smoothed", curve.smoothed), ("as they are", curve)):
                lost[kind] += exact.expected_kl(schedules.optimal(losses, steps=steps))
    assert lost["smoothed"] <= lost["as they are"] * (1 + 1e-9)
