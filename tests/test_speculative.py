"""Any-subset speculative decoding: the target itself, by enumeration of drafts and rejections."""

from itertools import permutations, product

import numpy as np
import pytest
from hypothesis import given, settings

from reference import conditional_marginal
from unmask.distributions import Dense, MarkovChain, Product, ZeroSum
from unmask.samplers import Speculative, speculative_law
from unmask.testing import distributions

SHAPES = [(2, 2, 2, 2), (3, 1, 2, 2), (2, 3, 3), (2, 2), (4,)]


def table(shape, seed=0):
    generator = np.random.default_rng([seed, *shape])
    pmf = generator.dirichlet(np.full(np.prod(shape), 0.5)).reshape(shape)
    pmf[generator.random(shape) < 0.3] = 0.0
    return pmf / pmf.sum()


def every_branch(pmf, order):
    """All drafts, and for each all places of the first rejection and all letters drawn instead."""
    n = pmf.ndim
    law, calls = np.zeros(pmf.shape), np.zeros(n + 1)

    def row(x, mask, i):
        return conditional_marginal(pmf, x, mask, i)

    def iterate(x, known, count, weight):
        if weight == 0:
            return
        if known == n:
            law[tuple(x)] += weight
            calls[count] += weight
            return
        mask = np.ones(n, dtype=bool)
        mask[order[:known]] = False
        rest = order[known:]
        q = {i: row(x, mask, i) for i in rest}
        count += 1 if len(rest) == 1 else 2
        for letters in product(*(range(pmf.shape[i]) for i in rest)):
            drafted = weight * np.prod([q[i][c] for i, c in zip(rest, letters, strict=True)])
            if drafted == 0:
                continue
            seen, y, chance = mask.copy(), list(x), drafted
            for place, (i, c) in enumerate(zip(rest, letters, strict=True)):
                p = row(y, seen, i)
                keep = min(1.0, p[c] / q[i][c])
                if keep < 1 - 1e-14:
                    excess = np.maximum(p - q[i], 0)
                    for other in range(pmf.shape[i]):
                        z = list(y)
                        z[i] = other
                        lost = chance * (1 - keep) * excess[other] / excess.sum()
                        iterate(z, known + place + 1, count, lost)
                chance *= keep
                y[i] = c
                seen[i] = False
                if chance == 0:
                    break
            else:
                iterate(y, n, count, chance)

    iterate([0] * n, 0, 0, 1.0)
    return law, calls


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_every_draft_and_every_rejection(shape):
    pmf = table(shape)
    for order in list(permutations(range(len(shape))))[::5]:
        law = speculative_law(Dense(pmf), order)
        want, calls = every_branch(pmf, list(order))
        np.testing.assert_allclose(want, pmf, atol=1e-12)
        np.testing.assert_allclose(law.pmf, pmf, atol=1e-14)
        assert law.kl < 1e-15
        np.testing.assert_allclose(law.call_distribution, calls, atol=1e-12)


@given(distributions(max_n=5))
@settings(max_examples=50)
def test_the_target_in_no_more_calls_than_tokens(law):
    out = speculative_law(law)
    assert out.total_variation < 1e-13
    assert out.expected_calls <= law.n * (1 + 1e-12)


def test_numbers_of_calls():
    # Independent tokens are confirmed at once.
    assert speculative_law(Product([[0.3, 0.7]] * 5)).expected_calls == pytest.approx(2)
    assert speculative_law(Product([[0.3, 0.7]])).expected_calls == 1
    # A parity fails at the last token alone, half of the time, which then is drawn again.
    assert speculative_law(ZeroSum(5, 2)).expected_calls == pytest.approx(2)
    # A bit that is repeated: the second token is wrong half of the time, then all is known.
    pmf = np.zeros((2, 2, 2, 2))
    pmf[0, 0, 0, 0] = pmf[1, 1, 1, 1] = 0.5
    law = speculative_law(Dense(pmf))
    # Wrong at the second token: two more calls. Wrong at the third: the last alone.
    np.testing.assert_allclose(law.call_distribution, [0, 0, 0.25, 0.25, 0.5])


def test_relabelling_positions():
    pmf = table((2, 3, 2, 2), seed=4)
    law = speculative_law(Dense(pmf), [1, 3, 0, 2])
    other = speculative_law(Dense(pmf.transpose(1, 3, 0, 2)))
    np.testing.assert_allclose(other.pmf, law.pmf.transpose(1, 3, 0, 2), atol=1e-15)
    np.testing.assert_allclose(other.call_distribution, law.call_distribution, atol=1e-14)


def test_mistakes():
    law = MarkovChain([0.5, 0.5], [[0.9, 0.1], [0.1, 0.9]], 3)
    for order, error, match in [
        ([0, 0, 1], ValueError, r"order: is \(0, 0, 1\), expected a permutation"),
        ([0, 1], ValueError, "order: has 2 positions, expected 3"),
        ("abc", TypeError, "order: is 'abc', expected positions"),
        (3, TypeError, "order: is 3"),
    ]:
        with pytest.raises(error, match=match):
            speculative_law(law, order)
    with pytest.raises(TypeError, match="distribution: is a list"):
        speculative_law([0.5, 0.5])
    assert Speculative([1, 0]) == Speculative((1, 0)) != Speculative()
