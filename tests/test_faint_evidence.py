"""Oracles where states become so unlikely beside others that doubles lose them, and then matter."""

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from test_hidden_markov import some_chain
from test_networks import some_network
from unmask.distributions import (
    BayesianNetwork,
    HiddenMarkov,
    MarkovChain,
    Mixture,
    Product,
)

COINS = [[0.999, 0.001], [0.001, 0.999]]


def forward_backward(law, x, mask):
    """Log evidence and marginals of one query of a hidden Markov chain, with 30 digits."""
    with mpmath.workdps(30):
        initial, transition, emission = (
            np.vectorize(mpmath.mpf, otypes=[object])(a)
            for a in (law.initial, law.transition, law.emission)
        )
        one = np.full(len(initial), mpmath.mpf(1), dtype=object)
        likelihoods = [one if m else emission[:, a] for a, m in zip(x, mask, strict=True)]
        states = [initial]
        for likelihood in likelihoods[:-1]:
            states.append((states[-1] * likelihood) @ transition)
        evidence = (states[-1] * likelihoods[-1]).sum()
        marginals, future = [], one
        for state, likelihood in zip(states[::-1], likelihoods[::-1], strict=True):
            marginals.append((state * future) @ emission / evidence)
            future = transition @ (likelihood * future)
        return float(mpmath.log(evidence)), np.array(marginals[::-1]).astype(np.float64)


class TestHiddenMarkov:
    def test_half_zeros_half_ones(self):
        # Either coin was thrown 400 times, and both are as likely.
        law = HiddenMarkov([0.5, 0.5], np.eye(2), COINS, 401)
        x = np.repeat([0, 1, 0], [200, 200, 1])
        mask = np.arange(401) == 400
        np.testing.assert_allclose(law.conditional_marginals(x, mask)[-1], 0.5, rtol=1e-13)

    def test_the_last_token_excludes_the_likely_state(self):
        emission = [[0.999, 0.0005, 0.0005], [0.001, 0.999, 0.0]]
        law = HiddenMarkov([0.5, 0.5], np.eye(2), emission, 202)
        x, mask = np.repeat([1, 2, 0], [200, 1, 1]), np.arange(202) == 100
        want = np.log(0.5) + 201 * np.log(0.0005) + np.log(0.999)
        assert law.log_prob(x) == pytest.approx(want, rel=1e-14)
        answer = law.conditional_marginals(x, mask)[100]
        np.testing.assert_allclose(answer, emission[0], rtol=1e-13)

    @settings(deadline=None, max_examples=20)
    @given(st.integers(0, 2**32), st.sampled_from([1.0, 0.1, 0.01]))
    def test_states_that_stay_are_a_mixture(self, seed, concentration):
        generator = np.random.default_rng(seed)
        weights = generator.dirichlet(np.ones(4))
        emission = generator.dirichlet(np.full(3, concentration), 4)
        law = HiddenMarkov(weights, np.eye(4), emission, 500)
        mixture = Mixture(weights, [Product([row] * 500) for row in emission])
        # As improbable a sequence as not: runs of what each state likes.
        x = np.stack([emission.argmax(axis=1).repeat(125), law.sample(1, seed=generator)[0]])
        mask = generator.random(x.shape) < 0.2
        got, want = (
            one.conditional_marginals(x, mask, on_impossible="uniform") for one in (law, mixture)
        )
        np.testing.assert_allclose(got, want, rtol=1e-10, atol=1e-13)
        for one, other in (
            (law.log_prob(x), mixture.log_prob(x)),
            (law._log_evidence(x, mask), mixture._log_evidence(x, mask)),
        ):
            np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-12)

    @pytest.mark.parametrize("stay", [1e-8, 1e-200, 1 - 1e-12])
    def test_states_that_are_left_for_good(self, stay):
        transition = [[stay, 1 - stay, 0.0], [0.0, stay, 1 - stay], [0.0, 0.0, 1.0]]
        emission = [[0.9, 0.1, 0.0], [0.1, 0.9, 0.0], [1e-9, 1e-3, 1 - 1e-3 - 1e-9]]
        law = HiddenMarkov([0.5, 0.3, 0.2], transition, emission, 90)
        generator = np.random.default_rng(0)
        x = generator.integers(0, 2, size=(4, 90))
        x[1] = 0
        x[2, 60:] = 2
        mask = generator.random(x.shape) < 0.4
        mask[3] = np.arange(90) != 80
        answers, logs = law.conditional_marginals(x, mask), law._log_evidence(x, mask)
        for query in range(4):
            log, marginals = forward_backward(law, x[query], mask[query])
            assert logs[query] == pytest.approx(log, rel=1e-13)
            hidden = mask[query]
            np.testing.assert_allclose(
                answers[query, hidden], marginals[hidden], rtol=1e-10, atol=1e-300
            )

    @settings(deadline=None, max_examples=20)
    @given(st.integers(1, 4), st.integers(1, 12), st.integers(0, 99), st.booleans())
    def test_both_kinds_of_numbers_agree(self, states, n, seed, sparse):
        law, wide = (some_chain(states, 3, n, seed, sparse) for _ in range(2))
        wide.__dict__["_faint"] = True
        assert_same(law, wide, seed)


class TestMarkovChain:
    def test_a_letter_that_nobody_expects(self):
        chain = MarkovChain([0.5, 0.5], [[1e-3, 0.999], [0.0, 1.0]], 300)
        x, mask = np.zeros(300, dtype=int), np.arange(300) < 299
        # The last token has not changed: none has.
        assert (chain.conditional_marginals(x, mask)[:, 0] == 1.0).all()
        want = np.log(0.5) + 299 * np.log(1e-3)
        assert chain._log_evidence(x[None], mask[None])[0] == pytest.approx(want, rel=1e-14)

    @pytest.mark.parametrize("tiny", [1e-20, 1e-200])
    def test_against_many_digits(self, tiny):
        transition = [[tiny, 1 - tiny, 0.0], [0.0, 0.5, 0.5], [tiny, tiny, 1 - 2 * tiny]]
        initial = [0.2, 0.5, 0.3]
        chain = MarkovChain(initial, transition, 60)
        twin = HiddenMarkov(initial, transition, np.eye(3), 60)
        mask = np.ones((3, 60), dtype=bool)
        x = np.zeros((3, 60), dtype=int)
        mask[0, 50] = mask[1, [5, 40]] = mask[2, ::6] = False
        x[1, 40] = 1
        x[2, ::12] = 2
        answers, logs = chain.conditional_marginals(x, mask), chain._log_evidence(x, mask)
        for query in range(3):
            log, marginals = forward_backward(twin, x[query], mask[query])
            assert logs[query] == pytest.approx(log, rel=1e-13)
            hidden = mask[query]
            np.testing.assert_allclose(
                answers[query, hidden], marginals[hidden], rtol=1e-10, atol=1e-300
            )

    def test_a_higher_order_that_looks_back_no_further(self):
        one = MarkovChain([0.5, 0.5], [[1e-9, 1 - 1e-9], [0.0, 1.0]], 80)
        two = MarkovChain(one.initial[:, None] * one.transition, np.stack([one.transition] * 2), 80)
        x, mask = np.zeros(80, dtype=int), np.arange(80) != 70
        answers = [law.conditional_marginals(x, mask) for law in (one, two)]
        np.testing.assert_allclose(*answers, rtol=1e-13)
        logs = [law._log_evidence(x[None], mask[None]) for law in (one, two)]
        np.testing.assert_allclose(*logs, rtol=1e-13)

    @settings(deadline=None, max_examples=20)
    @given(st.integers(1, 3), st.integers(1, 3), st.integers(0, 8), st.integers(0, 2**32))
    def test_both_kinds_of_numbers_agree(self, order, q, more, seed):
        generator = np.random.default_rng(seed)
        initial = generator.dirichlet(np.ones(q**order)).reshape((q,) * order)
        transition = generator.dirichlet(np.ones(q), (q,) * order)
        law, wide = (MarkovChain(initial, transition, order + more) for _ in range(2))
        wide.__dict__["_faint"] = True
        assert_same(law, wide, seed)


class TestBayesianNetwork:
    @pytest.mark.parametrize("children", [100, 216, 400])
    def test_as_many_for_as_against(self, children):
        law = BayesianNetwork([[]] + [[0]] * children, [[0.5, 0.5]] + [COINS] * children)
        x = np.repeat([0, 0, 1], [1, children // 2, children // 2])
        mask = np.arange(children + 1) == 0
        np.testing.assert_allclose(law.conditional_marginals(x, mask)[0], 0.5, rtol=1e-12)
        mask[1] = True
        answers = law.conditional_marginals(x, mask)
        np.testing.assert_allclose(answers[0], COINS[1], rtol=1e-12)
        np.testing.assert_allclose(answers[1], [0.002 * 0.999, 1 - 0.002 * 0.999], rtol=1e-12)

    @settings(deadline=None, max_examples=10)
    @given(st.integers(0, 2**32), st.sampled_from([1.0, 0.1, 0.01]))
    def test_one_parent_is_a_mixture(self, seed, concentration):
        generator = np.random.default_rng(seed)
        weights = generator.dirichlet(np.ones(3))
        tables = generator.dirichlet(np.full(2, concentration), (200, 3))
        law = BayesianNetwork([[]] + [[0]] * 200, [weights, *tables])
        # Of the parent masked, the children are a mixture of products.
        parts = [Product(tables[:, k]) for k in range(3)]
        mixture = Mixture(weights, parts)
        x = np.stack([law.sample(1, seed=generator)[0], generator.integers(0, 2, size=201)])
        x[:, 0] = 0
        mask = generator.random(x.shape) < 0.1
        mask[:, 0] = True
        options = {"on_impossible": "uniform"}
        np.testing.assert_allclose(
            law.conditional_marginals(x, mask, **options)[:, 1:, :2],
            mixture.conditional_marginals(x[:, 1:], mask[:, 1:], **options),
            rtol=1e-10,
            atol=1e-13,
        )
        np.testing.assert_allclose(
            law._log_evidence(x, mask),
            mixture._log_evidence(x[:, 1:], mask[:, 1:]),
            rtol=1e-12,
            atol=1e-12,
        )

    def test_tables_whose_product_no_double_holds(self):
        law = BayesianNetwork(
            [[], [0], [1]],
            [[1.0, 1e-200], [[1.0, 0.0], [1.0, 1e-200]], [[1.0, 0.0], [1.0, 1e-200]]],
        )
        x, mask = [0, 0, 1], [True, True, False]
        np.testing.assert_array_equal(law.conditional_marginals(x, mask)[:2, 1], 1.0)
        log = law._log_evidence(np.array([x]), np.array([mask]))[0]
        assert log == pytest.approx(-600 * np.log(10), rel=1e-14)

    def test_a_chain_is_a_chain(self):
        matrix = [[1e-9, 1 - 1e-9], [0.0, 1.0]]
        chain = MarkovChain([0.5, 0.5], matrix, 80)
        law = BayesianNetwork([[]] + [[t] for t in range(79)], [[0.5, 0.5]] + [matrix] * 79)
        x, mask = np.zeros(80, dtype=int), np.arange(80) != 70
        answers = [one.conditional_marginals(x, mask) for one in (law, chain)]
        np.testing.assert_allclose(*answers, rtol=1e-12)

    @settings(deadline=None, max_examples=20)
    @given(st.integers(1, 7), st.integers(0, 999), st.booleans())
    def test_both_kinds_of_numbers_agree(self, n, seed, zeros):
        law, wide = (some_network(n, seed, zeros) for _ in range(2))
        wide._buckets.faint = True
        assert_same(law, wide, seed)


def assert_same(law, other, seed):
    """Answers of the same law by two routes; `other` takes the wide one for every query."""
    generator = np.random.default_rng(seed)
    x = np.stack([generator.integers(q, size=20) for q in law.alphabet_sizes], axis=1)
    mask = generator.random(x.shape) < 0.6
    answers = [one.conditional_marginals(x, mask, on_impossible="uniform") for one in (law, other)]
    np.testing.assert_allclose(*answers, rtol=1e-13, atol=1e-300)
    logs = [one._log_evidence(x, mask) for one in (law, other)]
    np.testing.assert_allclose(*logs, rtol=1e-13, atol=1e-13)
