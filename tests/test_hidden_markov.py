import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from families import check_family, check_sampling
from unmask.distributions import HiddenMarkov


def some_chain(states, letters, n, seed, sparse=False):
    generator = np.random.default_rng(seed)

    def rows(*shape):
        values = generator.random(shape)
        if sparse:
            values *= generator.random(shape) < 0.5
            values[..., 0] += values.sum(axis=-1) == 0
        return values / values.sum(axis=-1, keepdims=True)

    return HiddenMarkov(rows(states), rows(states, states), rows(states, letters), n)


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 4), st.integers(1, 3), st.integers(1, 5), st.integers(0, 99), st.booleans())
def test_is_its_table(states, letters, n, seed, sparse):
    check_family(some_chain(states, letters, n, seed, sparse))


def test_samples():
    check_sampling(some_chain(3, 2, 5, 0))
    check_sampling(some_chain(3, 3, 4, 1, sparse=True))


def test_long_sequences_do_not_underflow():
    law = some_chain(8, 4, 2000, 0)
    x = law.sample(3, seed=1)
    scores = law.log_prob(x)
    assert np.isfinite(scores).all()
    assert (scores < -1000).all()
    # The chain rule, on the last token.
    mask = np.zeros((3, 2000), dtype=bool)
    mask[:, -1] = True
    last = law.conditional_marginals(x, mask)[np.arange(3), -1, x[:, -1]]
    np.testing.assert_allclose(law._log_evidence(x, mask) + np.log(last), scores, rtol=1e-12)


def test_blocks_of_queries_agree(monkeypatch):
    law = some_chain(4, 3, 20, 0)
    x, mask = law.sample(30, seed=0), np.random.default_rng(0).random((30, 20)) < 0.5
    want = law.conditional_marginals(x, mask)
    monkeypatch.setattr("unmask.distributions._hidden_markov.HELD_LIKELIHOODS", 100)
    np.testing.assert_allclose(law.conditional_marginals(x, mask), want, atol=1e-15)


def test_keeps_what_it_was_given():
    law = HiddenMarkov([1.0], [[1.0]], [[0.25, 0.75]], 2)
    assert law.initial.tolist() == [1.0]
    assert law.transition.tolist() == [[1.0]]
    assert law.emission.tolist() == [[0.25, 0.75]]
    assert not law.emission.flags.writeable


GOOD = {"initial": [0.5, 0.5], "transition": np.eye(2), "emission": np.eye(2), "n": 3}


@pytest.mark.parametrize(
    ("name", "value", "match"),
    [
        ("initial", [0.5, 0.4], "initial: sums to 0.9"),
        ("initial", [[1.0]], r"initial: has shape \(1, 1\)"),
        ("initial", [1.5, -0.5], "initial: entry"),
        ("transition", [[1, 0], [0.5, 0.4]], r"transition: row 1 sums to 0.9"),
        ("transition", np.eye(3), "transition: has shape"),
        ("emission", np.eye(3), "emission: has shape"),
        ("emission", [[np.nan, 1], [1, 0]], "emission: entry"),
        ("n", 0, "n: is 0"),
    ],
)
def test_bad_input(name, value, match):
    with pytest.raises(ValueError, match=match):
        HiddenMarkov(**{**GOOD, name: value})


def test_bad_types():
    with pytest.raises(TypeError, match="initial: has dtype"):
        HiddenMarkov(**{**GOOD, "initial": ["a", "b"]})
    with pytest.raises(TypeError, match=r"n: is a float, expected an integer"):
        HiddenMarkov(**{**GOOD, "n": 2.5})


def test_impossible_evidence():
    law = HiddenMarkov([1, 0], np.eye(2), np.eye(2), 3)
    with pytest.raises(ValueError, match="probability zero"):
        law.conditional_marginals([1, 0, 0], [False, True, True])
