"""Half of a sample against all of it."""

import numpy as np
import pytest
from hypothesis import given, settings

from unmask import half_sample_comparison, information_curve
from unmask.distributions import Dense, Empirical
from unmask.testing import samples


@given(samples(max_size=30))
@settings(max_examples=50)
def test_the_half_is_a_half(rows):
    rows = np.vstack([rows, rows[:1]])
    law = Empirical(rows)
    halves = half_sample_comparison(law, seed=1)
    assert halves.whole.h.tobytes() == information_curve(law).h.tobytes()
    assert halves.half.n == law.n
    assert halves.half.entropy <= np.log(len(rows) // 2) + 1e-12
    # One sample of N//2 is a share of whole N//2-ths.
    share = halves.half.coverage * (len(rows) // 2) * 5040
    assert share[-1] == pytest.approx(round(share[-1]), abs=1e-6)
    assert halves.max_difference == np.abs(halves.whole.z - halves.half.z).max()


def test_seeds():
    law = Empirical(np.random.default_rng(0).integers(0, 3, (101, 4)))
    one, same, other = (half_sample_comparison(law, seed=s) for s in (1, 1, 2))
    assert one.half.z.tolist() == same.half.z.tolist()
    assert one.half.z.tolist() != other.half.z.tolist()
    generator = np.random.default_rng(1)
    assert half_sample_comparison(law, seed=generator).half.z.tolist() == one.half.z.tolist()


def test_draws_without_replacement():
    law = Empirical(np.arange(50)[:, None])
    half = half_sample_comparison(law).half
    assert half.entropy == pytest.approx(np.log(25), rel=1e-14)


def test_a_converged_sample_and_one_that_is_not():
    generator = np.random.default_rng(5)
    enough = Empirical(generator.integers(0, 2, (20_000, 4)))
    scarce = Empirical(generator.integers(0, 4, (50, 6)))
    assert half_sample_comparison(enough).max_difference < 0.01
    assert half_sample_comparison(scarce).max_difference > 0.1


@pytest.mark.parametrize("name", ["plugin", "miller-madow", "chao-shen"])
def test_the_estimator_is_kept(name):
    law = Empirical(np.random.default_rng(0).integers(0, 2, (40, 3)), estimator=name)
    halves = half_sample_comparison(law)
    assert halves.half.estimator == halves.whole.estimator == name
    assert "TC" in repr(halves)


def test_refused():
    with pytest.raises(TypeError, match="distribution: is a Dense, expected an Empirical"):
        half_sample_comparison(Dense([0.5, 0.5]))
    with pytest.raises(TypeError, match="seed: is 'x', expected an int"):
        half_sample_comparison(Empirical([[0], [1]]), seed="x")
    with pytest.raises(ValueError, match="weights: not all whole, expected counts"):
        half_sample_comparison(Empirical([[0], [1]], [0.5, 1]))
    for weights in ([1], [1e300]):
        with pytest.raises(ValueError, match=r"weights: sum to .* samples, expected 2 or more"):
            half_sample_comparison(Empirical([[0]], weights))
    for weights in ([10**9 - 1], [10**9]):  # drawn without replacement, or each by itself
        assert half_sample_comparison(Empirical([[0]], weights)).max_difference == 0
