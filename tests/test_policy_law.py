"""Exact laws of policies against their definition, the core's against the general one, limits."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import reference
import samplers_reference as naive
import unmask
from unmask import Schedule, _core
from unmask.distributions import Dense, MarkovChain, Product
from unmask.samplers import (
    Custom,
    EntropyBound,
    EntropySum,
    Factor,
    FixedOrder,
    SampledTopK,
    Speculative,
    Threshold,
    TopK,
    mixture_law,
    policy_law,
    speculative_law,
)
from unmask.samplers._policy_law import enumerated_law
from unmask.testing import distributions, pmfs, schedules

SHAPES = [(2, 2, 2, 2), (3, 1, 4, 2), (2, 3, 3), (2, 1), (5,)]

#: A policy, how many outcomes it has in words, and its definition.
DETERMINISTIC = [
    (TopK(1), naive.top_k(1)),
    (TopK(2, "margin"), naive.top_k(2, "margin")),
    (TopK(3, "entropy"), naive.top_k(3, "entropy")),
    (Threshold(0.6), naive.threshold(0.6)),
    (Factor(1.1), naive.factor(1.1)),
    (EntropyBound(0.5), naive.entropy_bound(0.5)),
]
RANDOM = [
    (EntropySum(0.6), naive.entropy_sum(0.6)),
    (EntropySum(0.0), naive.entropy_sum(0.0)),
    (SampledTopK(1), naive.sampled_top_k(1)),
    (SampledTopK(2), naive.sampled_top_k(2)),
]
#: Policies with random choices, and the same with all their branches in blocks.
ENUMERATED = [
    (EntropySum(budget), naive.EnumeratedEntropySum(budget)) for budget in (0.0, 0.4, 1.7)
] + [(SampledTopK(k), naive.EnumeratedSampledTopK(k)) for k in (1, 2, 3)]
CASES = [(policy, naive.drawn(choose)) for policy, choose in DETERMINISTIC] + RANDOM

FLIP = [[0.9, 0.1], [0.1, 0.9]]


def table(shape, seed=0, zeros=0.0):
    generator = np.random.default_rng([seed, *shape])
    pmf = generator.dirichlet(np.full(np.prod(shape), 0.5)).reshape(shape)
    pmf[generator.random(shape) < zeros] = 0.0
    return pmf / pmf.sum()


def at(policy, temperature):
    return type(policy)(
        **{
            name: getattr(policy, name)
            for name in policy.__dataclass_fields__
            if name != "temperature"
        },
        temperature=temperature,
    )


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize(("policy", "outcomes"), CASES, ids=[repr(case[0]) for case in CASES])
@pytest.mark.parametrize("temperature", [1.0, 0.4, 0.0])
def test_against_the_definition(shape, policy, outcomes, temperature):
    for zeros in (0.0, 0.4):
        pmf = table(shape, zeros=zeros)
        law = policy_law(Dense(pmf), at(policy, temperature))
        want, calls = naive.law(pmf, outcomes, temperature)
        np.testing.assert_allclose(law.pmf, want, rtol=1e-10, atol=1e-15)
        np.testing.assert_allclose(
            np.pad(law.call_distribution, (0, len(calls) - len(law.call_distribution))),
            calls,
            atol=1e-12,
        )


@given(
    st.data(),
    st.sampled_from([(policy, policy) for policy, _ in DETERMINISTIC] + ENUMERATED),
    st.sampled_from([1.0, 2.0, 0.0]),
)
@settings(max_examples=100)
def test_the_core_against_the_general_way(data, policies, temperature):
    law = data.draw(distributions(max_n=5, max_letters=3)).to_dense()
    policy, enumerated = (at(policy, temperature) for policy in policies)
    fast = policy_law(law, policy)
    pmf, calls = enumerated_law(law, enumerated, "uniform")
    np.testing.assert_allclose(fast.pmf.ravel(), pmf, rtol=1e-9, atol=1e-300)
    np.testing.assert_allclose(fast.call_distribution, calls, atol=1e-12)


@pytest.mark.parametrize("policy", [policy for policy, _ in DETERMINISTIC], ids=repr)
def test_kl_is_the_expected_total_correlation_of_what_is_revealed_together(policy):
    """An independent way: the path of each sequence, and entropies of what is left."""
    pmf = table((2, 3, 2, 2), seed=3)
    law = Dense(pmf)
    total = 0.0
    for x in itertools.product(*map(range, pmf.shape)):
        mask = np.ones(4, dtype=bool)
        while mask.any():
            rows = law.conditional_marginals(x, mask)
            chosen = policy.select(rows[None], mask[None])[0]
            part = pmf[tuple(slice(None) if m else c for m, c in zip(mask, x, strict=True))]
            places = [k for k, i in enumerate(np.flatnonzero(mask)) if chosen[i]]
            joint = reference.marginal(part / part.sum(), places).squeeze()
            tc = reference.totals(joint)[0] if joint.ndim > 1 else 0.0
            total += pmf[x] * tc
            mask = mask & ~chosen
    assert policy_law(law, policy).kl == pytest.approx(total, abs=1e-12)


@pytest.mark.parametrize("policies", ENUMERATED, ids=repr)
def test_random_choices_of_more_tokens(policies):
    for shape, temperature in [((2,) * 8, 1.0), ((3, 2, 4, 2, 3), 0.6)]:
        law = Dense(table(shape, seed=2, zeros=0.2))
        policy, enumerated = (at(policy, temperature) for policy in policies)
        fast = policy_law(law, policy)
        pmf, calls = enumerated_law(law, enumerated, "uniform")
        np.testing.assert_allclose(fast.pmf.ravel(), pmf, rtol=1e-10, atol=1e-15)
        np.testing.assert_allclose(fast.call_distribution, calls, atol=1e-12)


def test_threads_make_no_difference():
    law = Dense(table((2,) * 11))
    for policy in (
        TopK(1, "margin"),
        Threshold(0.8, temperature=0.7),
        EntropyBound(0.3),
        EntropySum(1.0),
        SampledTopK(2),
    ):
        one, two = (policy_law(law, policy, threads=t) for t in (1, 2))
        assert one.pmf.tobytes() == two.pmf.tobytes()
        assert one.call_distribution.tobytes() == two.call_distribution.tobytes()


# Limits -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "policy",
    [
        TopK(4),
        TopK(9, "entropy"),
        TopK(unmask.Schedule([4])),
        Threshold(0.0),
        Factor(np.inf),
        EntropyBound(np.inf),
        EntropySum(np.inf),
        SampledTopK(4),
        Custom(lambda marginals, mask: mask),
    ],
    ids=repr,
)
def test_everything_at_once_is_the_product_of_the_marginals(policy):
    pmf = table((3, 2, 2, 3))
    law = policy_law(Dense(pmf), policy)
    product = Product([reference.marginal(pmf, [i]).ravel() for i in range(4)])
    np.testing.assert_allclose(law.pmf, product.to_dense().pmf, atol=1e-15)
    assert law.expected_calls == pytest.approx(1)
    assert law.kl == pytest.approx(Dense(pmf).total_correlation(), abs=1e-12)


@pytest.mark.parametrize(
    "policy",
    [
        TopK(1),
        TopK(1, "margin"),
        TopK(unmask.Schedule([1, 1, 1, 1])),
        Threshold(1.0),
        Factor(0.0),
        EntropyBound(0.0),
        EntropySum(0.0),
        Custom(lambda marginals, mask: mask.argmax(axis=1)[:, None]),
    ],
    ids=repr,
)
def test_one_at_a_time_is_exact(policy):
    law = policy_law(Dense(table((3, 2, 2, 3))), policy)
    assert law.kl < 1e-15
    assert law.total_variation < 1e-12
    np.testing.assert_allclose(law.call_distribution, [0, 0, 0, 0, 1], atol=1e-12)


def test_certain_tokens_are_revealed_with_others():
    # Two equal bits and a constant.
    pmf = np.zeros((2, 2, 2))
    pmf[0, 0, 1] = pmf[1, 1, 1] = 0.5
    for policy, calls in [(Threshold(1.0), 3), (EntropyBound(0.0), 2), (EntropySum(0.0), 2)]:
        law = policy_law(Dense(pmf), policy)
        assert law.total_variation < 1e-15
        assert law.expected_calls == pytest.approx(calls)


def test_draws_that_are_kept_for_being_likely_are_no_longer_fair():
    pmf = table((2,) * 4, seed=1)
    assert policy_law(Dense(pmf), SampledTopK(1)).kl > 0.1
    for k in range(1, 5):
        cold, sure = (policy_law(Dense(pmf), P(k, temperature=0)) for P in (SampledTopK, TopK))
        np.testing.assert_allclose(cold.pmf, sure.pmf, atol=1e-15)
    assert cold.kl == np.inf
    assert 0 < cold.total_variation < 1


def test_sizes_of_a_schedule():
    law = policy_law(MarkovChain([0.5, 0.5], FLIP, 6), TopK(unmask.Schedule([1, 2, 3])))
    assert law.expected_calls == 3
    want = naive.law(
        law.target.pmf,
        naive.drawn(
            lambda rows, n: (
                naive.top_k(7 - len(rows))(rows, n)
                if len(rows) == 6
                else naive.top_k({5: 2, 3: 3}[len(rows)])(rows, n)
            )
        ),
    )[0]
    np.testing.assert_allclose(law.pmf, want, atol=1e-14)


@pytest.mark.parametrize(
    "policy",
    [
        TopK(2),
        TopK(1, "margin", temperature=0.5),
        TopK(2, "entropy"),
        Threshold(0.7),
        Factor(0.9),
        EntropyBound(0.4),
        EntropySum(0.8),
        SampledTopK(2, temperature=0.8),
    ],
    ids=repr,
)
def test_relabelling_positions_relabels_the_law(policy):
    pmf = table((2, 3, 2, 2), seed=5)
    law = policy_law(Dense(pmf), policy)
    for order in [(1, 0, 3, 2), (3, 2, 1, 0), (2, 3, 0, 1)]:
        other = policy_law(Dense(pmf.transpose(order)), policy)
        np.testing.assert_allclose(other.pmf, law.pmf.transpose(order), rtol=1e-10)
        np.testing.assert_allclose(other.call_distribution, law.call_distribution, atol=1e-12)


def test_ties_go_to_the_lower_position():
    law = policy_law(MarkovChain([0.5, 0.5], FLIP, 4), TopK(2))
    # First tokens 0 and 1, which are all alike; then the others given both.
    mu = law.target.pmf
    given = mu / mu.sum(axis=(2, 3), keepdims=True)
    third, fourth = given.sum(axis=3, keepdims=True), given.sum(axis=2, keepdims=True)
    np.testing.assert_allclose(law.pmf, 0.25 * third * fourth, atol=1e-15)


@given(st.data())
@settings(max_examples=40)
def test_a_fixed_order(data):
    pmf = data.draw(pmfs(max_n=4, max_letters=3))
    # Products of smaller ones are no longer numbers above zero.
    pmf = np.where(pmf < 1e-60, 0.0, pmf)
    pmf /= pmf.sum()
    order = data.draw(st.permutations(range(pmf.ndim)))
    sizes = data.draw(schedules(pmf.ndim))
    blocks = [order[a:b] for a, b in itertools.pairwise(sizes.cumulative)]
    law = policy_law(Dense(pmf), FixedOrder(blocks))
    assert law.kl == pytest.approx(reference.partition_kl(pmf, blocks), abs=1e-9)
    assert law.expected_calls == pytest.approx(len(blocks))


# Functions as policies, and mistakes -------------------------------------------------------------


def test_a_function_is_a_policy():
    pmf = table((2, 3, 2))

    def surest(marginals, mask):
        assert marginals.shape == (*mask.shape, 3)
        return np.where(mask, marginals.max(axis=2), -1).argmax(axis=1)[:, None]

    ours = policy_law(Dense(pmf), TopK(1, temperature=0.5))
    theirs = policy_law(Dense(pmf), Custom(surest, temperature=0.5))
    np.testing.assert_allclose(theirs.pmf, ours.pmf, atol=1e-15)
    assert policy_law(Dense(pmf), surest).kl < 1e-15


@pytest.mark.parametrize(
    ("function", "error", "match"),
    [
        (lambda p, mask: ~mask, ValueError, "policy: reveals nothing in state 0, where tokens"),
        (
            lambda p, mask: np.broadcast_to(np.arange(3) == 0, mask.shape),
            ValueError,
            "policy: reveals token 0 of state 0 twice",
        ),
        (lambda p, mask: np.zeros((len(mask), 1), int), ValueError, "token 0 of state 0 twice"),
        (lambda p, mask: np.zeros((len(mask), 2), int), ValueError, "twice in one call"),
        (lambda p, mask: np.full((len(mask), 1), 3), ValueError, r"positions outside 0\.\.2"),
        (lambda p, mask: [0], ValueError, r"positions of shape \(1,\), expected \(1, k\)"),
        (lambda p, mask: mask[0], ValueError, r"booleans of shape \(3,\), expected \(1, 3\)"),
        (lambda p, mask: p[..., 0], TypeError, "array of float64, expected booleans"),
    ],
)
def test_what_a_function_must_not_do(function, error, match):
    law = Dense(table((2, 2, 2)))
    with pytest.raises(error, match=match):
        policy_law(law, function)


def test_reveals_everything_once():
    everything = Custom(lambda p, mask: np.ones_like(mask))
    assert policy_law(Dense(table((2, 2))), everything).expected_calls == 1


@pytest.mark.parametrize(
    ("make", "error", "match"),
    [
        (lambda: TopK(0), ValueError, "top_k: is 0, expected at least 1"),
        (lambda: TopK(1.5), TypeError, "top_k: is 1.5, expected a whole number or a Schedule"),
        (lambda: TopK(1, "surprise"), ValueError, "score: is 'surprise'"),
        (lambda: Threshold(1.5), ValueError, r"threshold: is 1.5, expected 0\.\.1"),
        (lambda: Threshold(np.nan), ValueError, "threshold: is nan"),
        (lambda: Factor(-1), ValueError, "factor: is -1, expected at least 0"),
        (lambda: EntropyBound("much"), TypeError, "gamma: is 'much', expected a number"),
        (lambda: EntropySum(-0.1), ValueError, "budget: is -0.1"),
        (lambda: SampledTopK(-3), ValueError, "top_k: is -3"),
        (lambda: TopK(1, temperature=-1), ValueError, "temperature: is -1"),
        (lambda: TopK(1, temperature=np.inf), ValueError, "temperature: is inf, expected a finite"),
        (
            lambda: FixedOrder([[0], [0, 1]]),
            ValueError,
            "partition: is .* every position",
        ),
        (lambda: FixedOrder([[0], [2]]), ValueError, "every position from 0 once"),
        (lambda: FixedOrder([[0], []]), ValueError, "no empty block"),
        (lambda: FixedOrder([]), ValueError, "every position"),
        (lambda: FixedOrder(3), TypeError, "partition: is 3, expected blocks of positions"),
        (
            lambda: policy_law(Product([[1.0]]), FixedOrder([[0, 1]])),
            ValueError,
            "partition: has 2 positions, expected 1",
        ),
        (lambda: Custom(3), TypeError, "function: is a int, expected a callable"),
        (lambda: policy_law(np.ones(2) / 2, TopK(1)), TypeError, "distribution: is a ndarray"),
        (lambda: policy_law(Product([[1.0]]), TopK), TypeError, "policy: is the class TopK, expec"),
        (
            lambda: policy_law(Product([[1.0]]), unmask.Schedule([1])),
            TypeError,
            "policy: is a Schedule, whose law mixture_law computes",
        ),
        (
            lambda: policy_law(Product([[1.0]]), Speculative()),
            TypeError,
            "policy: is a Speculative, whose law speculative_law computes",
        ),
        (lambda: policy_law(Product([[1.0]]), 3), TypeError, "policy: is a int, expected a Policy"),
        (
            lambda: policy_law(Product([[1.0]]), TopK(1), on_impossible="x"),
            ValueError,
            "on_impossible: is 'x'",
        ),
        (
            lambda: policy_law(Product([[1.0]]), TopK(unmask.Schedule([1, 2]))),
            ValueError,
            "top_k: is a schedule for 3 tokens, expected one for 1",
        ),
    ],
)
def test_mistakes(make, error, match):
    with pytest.raises(error, match=match):
        make()


@pytest.mark.parametrize("policy", [TopK(2), SampledTopK(2), EntropySum(0.7)], ids=repr)
def test_impossible_evidence(policy):
    pmf = np.zeros((2, 2, 2))
    pmf[0, 0, 0] = pmf[1, 1, 1] = 0.5
    # Two equal bits are drawn independently of each other, then the third.
    law = policy_law(Dense(pmf), policy)
    assert law.kl == pytest.approx(np.log(2))
    assert law.total_variation == pytest.approx(0.5)
    with pytest.raises(ValueError, match=r"probability zero|cannot stand together"):
        policy_law(Dense(pmf), policy, on_impossible="raise")
    exact = type(policy)(1) if policy != EntropySum(0.7) else EntropySum(0.0)
    assert policy_law(Dense(pmf), exact, on_impossible="raise").total_variation < 1e-15


def test_too_large():
    chain = MarkovChain([0.5, 0.5], FLIP, 24)
    with pytest.raises(_core.WorkError, match=r"branches over .*simulate draws from this sampler"):
        policy_law(MarkovChain([0.5, 0.5], FLIP, 27), lambda p, mask: mask)
    for policy in (SampledTopK(10), EntropySum(1.0), SampledTopK(1, temperature=0.5)):
        with pytest.raises(MemoryError, match=r"random choices needs .* GiB.*; unmask.*simulate"):
            policy_law(chain, policy)
    for policy in (TopK(1), EntropySum(1.0)):
        with pytest.raises(MemoryError, match=r"GiB.*simulate draws"):
            policy_law(MarkovChain([0.5, 0.5], FLIP, 1000), policy)


@pytest.mark.parametrize("n", [40, 50, 1000])
def test_tables_that_are_too_large(n):
    """The message predicts memory and time, finite ones, and names what can be done instead."""
    chain = MarkovChain([0.5, 0.5], FLIP, n)
    for call in (
        lambda: policy_law(chain, TopK(4)),
        lambda: policy_law(chain, SampledTopK(4)),
        lambda: policy_law(chain, EntropySum(1.0)),
        lambda: speculative_law(chain),
        lambda: mixture_law(chain, Schedule([n])),
    ):
        with pytest.raises(
            (MemoryError, _core.WorkError), match=r"operations.* hours on one core.*simulate"
        ) as refused:
            call()
        assert "inf " not in str(refused.value)
    with pytest.raises(_core.WorkError, match=r"branches.*simulate") as refused:
        policy_law(chain, lambda marginals, mask: mask)
    assert "inf " not in str(refused.value)


def test_progress():
    for policy in (EntropySum(0.5), SampledTopK(2), FixedOrder([range(9)])):
        seen = []
        policy_law(Dense(table((2,) * 9)), policy, progress=seen.append)
        assert seen == sorted(seen)
        assert seen[-1] == 1.0


def test_what_policies_look_like():
    assert repr(TopK(2)) == "TopK(2)"
    assert repr(TopK(2, "margin", temperature=0)) == "TopK(2, score='margin', temperature=0)"
    assert TopK(2) == TopK(2) != TopK(3)
    assert len({TopK(2), TopK(2), SampledTopK(2)}) == 2


def test_what_underflows_is_not_impossible():
    table = Dense([[1.0, 0.0], [0.0, 1e-162]])
    assert policy_law(table, TopK(2)).kl < 1e-150
    assert policy_law(table, TopK(2, temperature=0.0)).kl == math.inf
