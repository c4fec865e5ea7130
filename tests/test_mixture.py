import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from families import check_family, check_sampling
from unmask import information_curve
from unmask.distributions import (
    Dense,
    Empirical,
    HiddenMarkov,
    Ising,
    LinearCode,
    Mixture,
    ReedSolomon,
)


def some_table(shape, seed):
    table = np.random.default_rng(seed).random(shape)
    table *= np.random.default_rng(seed + 1).random(shape) < 0.7
    table.flat[0] += 0.1
    return Dense(table, normalize=True)


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 3), st.lists(st.integers(1, 3), min_size=1, max_size=4), st.integers(0, 99))
def test_mixtures_of_tables(m, shape, seed):
    weights = np.random.default_rng(seed).dirichlet(np.ones(m))
    law = Mixture(weights, [some_table(tuple(shape), seed + k) for k in range(m)])
    check_family(law)


def test_mixtures_of_all_kinds():
    parts = [
        LinearCode([[1, 1, 0, 0], [0, 1, 1, 1]], 2),
        HiddenMarkov([0.5, 0.5], [[0.9, 0.1], [0.2, 0.8]], [[0.7, 0.3], [0, 1]], 4),
        some_table((2, 2, 2, 2), 0),
        Mixture([0.5, 0.5], [LinearCode([[1, 1, 1, 1]], 2), some_table((2,) * 4, 1)]),
    ]
    law = Mixture([0.4, 0.3, 0.2, 0.1], parts)
    check_family(law)
    check_sampling(law)
    assert law.components == tuple(parts)
    np.testing.assert_allclose(law.weights, [0.4, 0.3, 0.2, 0.1])


def test_the_chain_rule_is_the_default_evidence():
    law = Empirical([[0, 1, 2], [1, 1, 0], [0, 0, 1], [0, 1, 1]], [1, 2, 3, 4])
    check_family(law)
    check_family(Mixture([0.3, 0.7], [law, law]))


def test_a_component_of_weight_zero_does_not_count():
    pair = [Dense([[1.0, 0.0], [0.0, 0.0]]), Dense([[0.25, 0.25], [0.25, 0.25]])]
    law = Mixture([1.0, 0.0], pair)
    check_family(law)
    with pytest.raises(ValueError, match="probability zero"):
        law.conditional_marginals([1, 0], [False, True])


def test_evidence_far_below_the_smallest_double():
    n = 3000
    chains = [HiddenMarkov([1.0], [[1.0]], [[p, 1 - p]], n) for p in (0.5, 0.4)]
    law = Mixture([0.5, 0.5], chains)
    x = np.arange(n) % 2
    mask = np.zeros(n, dtype=bool)
    mask[0] = True
    # 2999 tokens: 1500 ones, 1499 zeros.
    ratio = np.exp(1499 * np.log(0.4 / 0.5) + 1500 * np.log(0.6 / 0.5))
    want = (0.5 + ratio * 0.4) / (1 + ratio)
    np.testing.assert_allclose(law.conditional_marginals(x, mask)[0, 0], want, rtol=1e-12)
    assert np.isfinite(law.log_prob(x))


@pytest.mark.parametrize(
    ("weights", "components", "error", "match"),
    [
        ([], [], ValueError, "components: is empty"),
        ([1.0], [3], TypeError, r"components\[0\]: is a int"),
        ([1.0], Dense([0.5, 0.5]), TypeError, "components: is a Dense, expected a sequence"),
        ([0.5, 0.6], [Dense([0.5, 0.5])] * 2, ValueError, "weights: sums to 1.1"),
        ([1.0], [Dense([0.5, 0.5])] * 2, ValueError, r"weights: has shape \(1,\)"),
        ([1.5, -0.5], [Dense([0.5, 0.5])] * 2, ValueError, "weights: entry"),
        (
            [0.5, 0.5],
            [Dense([0.5, 0.5]), Dense([1.0])],
            ValueError,
            r"components\[1\]: is .*expected the alphabets of",
        ),
    ],
)
def test_bad_mixtures(weights, components, error, match):
    with pytest.raises(error, match=match):
        Mixture(weights, components)


def test_large_mixtures_say_what_sampling_costs():
    law = Mixture([0.5, 0.5], [ReedSolomon(64, 8, 67), ReedSolomon(64, 16, 67)])
    with pytest.raises(ValueError, match="method='sampled' would take about"):
        information_curve(law)


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 5), st.integers(0, 99))
def test_ising_is_its_formula(n, seed):
    generator = np.random.default_rng(seed)
    couplings = generator.normal(size=(n, n))
    couplings += couplings.T
    fields = generator.normal(size=n)
    law = Ising(couplings, fields)
    check_family(law)
    codes = np.indices((2,) * n).reshape(n, -1).T
    spins = 2 * codes - 1
    energy = 0.5 * np.einsum("bi,ij,bj->b", spins, couplings * (1 - np.eye(n)), spins)
    energy += spins @ fields
    difference = law.log_prob(codes) - energy
    np.testing.assert_allclose(difference, difference[0], atol=1e-12)


def test_ising_samples():
    check_sampling(Ising([[0, 0.5, 0.0], [0.5, 0, -1.0], [0.0, -1.0, 0]], [0.1, 0.0, -0.3]))
    assert Ising([[0.0]]).alphabets == ((-1, 1),)


@pytest.mark.parametrize(
    ("couplings", "fields", "error", "match"),
    [
        ([[0, 1], [2, 0]], None, ValueError, r"entry \(0, 1\) is 1.0 and \(1, 0\) is 2.0"),
        ([[0, 1]], None, ValueError, "couplings: has shape"),
        ([[np.inf]], None, ValueError, "couplings: entry"),
        ([["a"]], None, TypeError, "couplings: has dtype"),
        ([[0.0]], [1.0, 2.0], ValueError, "fields: has shape"),
        ([[0, 1], [2]], None, ValueError, "couplings: expected an array"),
        (
            [[0, 1e308], [1e308, 0]],
            [1e308, 1e308],
            ValueError,
            r"couplings: the largest is 1e\+308",
        ),
    ],
)
def test_bad_ising(couplings, fields, error, match):
    with pytest.raises(error, match=match):
        Ising(couplings, fields)


def test_large_ising_is_refused():
    with pytest.raises(MemoryError):
        Ising(np.zeros((60, 60)))
