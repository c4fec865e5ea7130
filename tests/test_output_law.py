import math
import pickle

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from unmask.distributions import Dense, MarkovChain
from unmask.samplers import OutputLaw
from unmask.testing import pmfs, shapes

PAIRS = shapes(max_n=4).flatmap(lambda shape: st.tuples(pmfs(shape), pmfs(shape)))


def divergences(mu, nu):
    """By definition, in fifty digits."""
    with mpmath.workdps(50):
        pairs = [(mpmath.mpf(float(p)), mpmath.mpf(float(q))) for p, q in zip(mu, nu, strict=True)]
        total_p, total_q = (mpmath.fsum(column) for column in zip(*pairs, strict=True))
        pairs = [(p / total_p, q / total_q) for p, q in pairs]
        kl = mpmath.fsum((p * mpmath.log(p / q) if q else mpmath.inf) for p, q in pairs if p)
        chi = mpmath.fsum((p - q) ** 2 / q if q else mpmath.inf for p, q in pairs if p or q)
        hellinger = mpmath.sqrt(
            mpmath.fsum((mpmath.sqrt(p) - mpmath.sqrt(q)) ** 2 for p, q in pairs) / 2
        )
        variation = mpmath.fsum(abs(p - q) for p, q in pairs) / 2
        return float(kl), float(chi), float(hellinger), float(variation)


@given(PAIRS)
def test_divergences_by_definition(pair):
    mu, nu = pair
    target = Dense(mu)
    law = OutputLaw(target, nu)
    kl, chi, hellinger, variation = divergences(target.pmf.ravel(), law.pmf.ravel())
    reverse = divergences(law.pmf.ravel(), target.pmf.ravel())[0]
    assert law.kl == pytest.approx(kl, rel=1e-12, abs=1e-16)
    assert law.reverse_kl == pytest.approx(reverse, rel=1e-12, abs=1e-16)
    assert law.chi_square == pytest.approx(chi, rel=1e-12, abs=1e-16)
    # Of first order in the rounding of the laws themselves.
    assert law.hellinger == pytest.approx(hellinger, rel=1e-12, abs=1e-15)
    assert law.total_variation == pytest.approx(variation, rel=1e-12, abs=1e-15)
    assert law.total_variation <= 1.0 + 1e-15
    assert law.kl <= math.log1p(law.chi_square) + 1e-15
    np.testing.assert_array_equal(law.to_dense().pmf.shape, mu.shape)


@pytest.mark.parametrize("shift", [1e-3, 1e-5, 1e-7])
def test_divergences_near_zero_keep_their_digits(shift):
    """Differencing entropies would leave noise of 1e-16: nothing of a divergence of 1e-14."""
    mu = np.array([0.3, 0.7])
    law = OutputLaw(Dense(mu), [0.3 + shift, 0.7 - shift])
    kl, chi, hellinger, variation = divergences(mu, law.pmf)
    # What the input itself, rounded to 1e-16, leaves certain.
    relative = 4e-16 / shift
    assert law.kl == pytest.approx(kl, rel=relative, abs=0)
    assert law.chi_square == pytest.approx(chi, rel=relative, abs=0)
    assert law.hellinger == pytest.approx(hellinger, rel=relative, abs=0)
    assert law.total_variation == pytest.approx(variation, rel=relative, abs=0)


def test_a_law_has_no_divergence_from_itself():
    target = MarkovChain([0.5, 0.5], [[0.9, 0.1], [0.1, 0.9]], 4).to_dense()
    same = OutputLaw(target, target.pmf)
    # The law is renormalised, which may round once.
    for second_order in (same.kl, same.reverse_kl, same.chi_square):
        assert 0.0 <= second_order <= 2.0**-104
    assert max(same.total_variation, same.hellinger) <= 2.0**-52


def test_infinite_where_mass_is_missing():
    law = OutputLaw(Dense([0.5, 0.5, 0.0]), [1.0, 0.0, 0.0])
    assert law.kl == math.inf
    assert law.chi_square == math.inf
    assert law.reverse_kl == pytest.approx(math.log(2))
    assert "KL inf, reverse KL 0.693147 nats, TV 0.5" in repr(law)


def test_calls():
    pair = Dense([0.5, 0.5])
    assert OutputLaw(pair, pair.pmf).expected_calls is None
    law = OutputLaw(pair, pair.pmf, call_distribution=[0.0, 0.25, 0.75])
    assert law.expected_calls == 1.75
    assert OutputLaw(pair, pair.pmf, expected_calls=3.5).expected_calls == 3.5
    copy = pickle.loads(pickle.dumps(law))
    np.testing.assert_array_equal(copy.pmf, law.pmf)
    assert copy.kl == law.kl
    for array in (law.pmf, copy.pmf, copy.call_distribution):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1.0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([0.5, 0.5], [0.5, 0.5]), "target: is a list"),
        ((Dense([0.5, 0.5]), [[0.5, 0.5]]), r"pmf: has shape \(1, 2\)"),
        ((Dense([0.5, 0.5]), [0.5, 0.4]), "pmf: sums to 0.9"),
        ((Dense([0.5, 0.5]), [1.5, -0.5]), "pmf: entry 1 is -0.5"),
        ((Dense([0.5, 0.5]), ["a", "b"]), "pmf: has dtype"),
    ],
)
def test_bad_input(arguments, message):
    with pytest.raises((TypeError, ValueError), match=message):
        OutputLaw(*arguments)


def test_bad_calls():
    pair = Dense([0.5, 0.5])
    with pytest.raises(ValueError, match="call_distribution: has shape"):
        OutputLaw(pair, pair.pmf, call_distribution=[[1.0]])
    with pytest.raises(ValueError, match="expected_calls"):
        OutputLaw(pair, pair.pmf, expected_calls=math.nan)
