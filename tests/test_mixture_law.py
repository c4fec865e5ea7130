import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import reference
import unmask
from unmask import BernoulliSchedule, Schedule, information_curve
from unmask.distributions import Dense, MarkovChain, Product, Repeated
from unmask.samplers import mixture_kl, mixture_law
from unmask.testing import pmfs, schedules

CHAIN = MarkovChain([0.5, 0.5], [[0.9, 0.1], [0.1, 0.9]], 6)


def bernoulli(rising):
    return BernoulliSchedule([0.0, *rising])


def levels(max_steps):
    rises = st.lists(st.floats(0.01, 1.0), min_size=1, max_size=max_steps)
    return rises.map(lambda r: [*(np.cumsum(r)[:-1] / sum(r)), 1.0])


SCHEDULED = pmfs(max_n=5, max_cells=48).flatmap(
    lambda pmf: st.tuples(st.just(pmf), schedules(pmf.ndim))
)


def test_what_underflows_is_not_impossible():
    # The product of the marginals of the second sequence is 1e-324.
    law = mixture_law(Dense([[1.0, 0.0], [0.0, 1e-162]]), Schedule([2]))
    assert law.pmf[1, 1] == 5e-324
    assert law.kl == pytest.approx(1e-162 * math.log(1e162), rel=1e-2)
    assert law.chi_square > 0.0


@settings(max_examples=30)
@given(SCHEDULED)
def test_sizes_by_enumeration(pair):
    pmf, schedule = pair
    law = mixture_law(Dense(pmf), schedule)
    want = reference.output_law(pmf, reference.weighted_by_sizes(schedule))
    np.testing.assert_allclose(law.pmf, want, rtol=1e-12, atol=1e-15)
    assert law.expected_calls == schedule.nfe
    assert law.kl <= information_curve(Dense(pmf)).expected_kl(schedule) + 1e-12


@settings(max_examples=25)
@given(pmfs(max_n=4, max_cells=36), levels(3))
def test_levels_by_enumeration(pmf, rising):
    law = mixture_law(Dense(pmf), bernoulli(rising))
    want = reference.output_law(pmf, reference.weighted_by_levels(pmf.ndim, rising))
    np.testing.assert_allclose(law.pmf, want, rtol=1e-12, atol=1e-15)
    rises = np.diff([0.0, *rising])
    assert law.expected_calls == pytest.approx(sum(1 - (1 - rises) ** pmf.ndim), abs=1e-12)
    expected = information_curve(Dense(pmf)).expected_kl(BernoulliSchedule([0.0, *rising]))
    assert law.kl <= expected + 1e-12
    assert law.call_distribution[0] == pytest.approx(0.0, abs=1e-15)


def test_checked_values():
    schedule = Schedule([1, 2, 3])
    assert mixture_kl(CHAIN, schedule) == pytest.approx(0.06290606300600973, abs=1e-14)
    expected = information_curve(CHAIN).expected_kl(schedule)
    assert expected == pytest.approx(0.2212693424138873, abs=1e-14)


@settings(max_examples=30)
@given(pmfs())
def test_limits(pmf):
    law, n = Dense(pmf), pmf.ndim
    product_law = Product([pmf.sum(axis=tuple(j for j in range(n) if j != i)) for i in range(n)])
    for everything_at_once in (Schedule([n]), bernoulli([1.0])):
        got = mixture_law(law, everything_at_once)
        np.testing.assert_allclose(got.pmf, product_law.to_dense().pmf, rtol=1e-12, atol=1e-15)
    singly = mixture_law(law, Schedule([1] * n))
    assert singly.kl <= 1e-28
    assert singly.total_variation <= 1e-14


def test_many_small_steps_lose_little():
    """The divergence of a Bernoulli schedule falls to zero with the number of its levels."""
    chain = MarkovChain([0.5, 0.5], [[0.9, 0.1], [0.1, 0.9]], 4)
    kls = [mixture_kl(chain, bernoulli(list(np.arange(1, k + 1) / k))) for k in (1, 2, 8, 64, 512)]
    assert (np.diff(kls) < 0.0).all()
    assert kls[-1] < 1e-4


@settings(max_examples=25)
@given(SCHEDULED, st.randoms(use_true_random=False))
def test_relabelling_positions_relabels_the_law(pair, random):
    pmf, schedule = pair
    order = list(range(pmf.ndim))
    random.shuffle(order)
    for steps in (schedule, bernoulli([0.25, 0.75, 1.0])):
        law = mixture_law(Dense(pmf), steps).pmf
        relabelled = mixture_law(Dense(pmf.transpose(order)), steps).pmf
        np.testing.assert_allclose(relabelled, law.transpose(order), rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("shape", [(2,) * 10, (3, 2, 4, 1, 2, 3, 2)])
def test_against_simulation(shape):
    """Larger tables, by drawing from the sampler itself: chi-square at a level a seed passes."""
    from scipy import stats

    generator = np.random.default_rng(3)
    law = Dense(generator.dirichlet(np.full(math.prod(shape), 0.3)).reshape(shape))
    n, size = law.n, 20_000
    for steps in (Schedule([2, n - 3, 1]), bernoulli([0.3, 0.6, 1.0])):
        x = np.zeros((size, n), dtype=np.int64)
        hidden = np.ones((size, n), dtype=bool)
        if isinstance(steps, Schedule):
            order = generator.permuted(np.broadcast_to(np.arange(n), (size, n)), axis=1)
            when = np.searchsorted(steps.cumulative, order, side="right") - 1
        else:
            when = np.searchsorted(steps.levels[1:], generator.random((size, n)), side="right")
        for step in range(3):
            marginals = law.conditional_marginals(x, hidden, on_impossible="uniform")
            draws = (marginals.cumsum(axis=2) < generator.random((size, n, 1))).sum(axis=2)
            now = when == step
            x[now] = draws[now]
            hidden &= ~now
        exact = mixture_law(law, steps).pmf.ravel()
        counts = np.bincount(np.ravel_multi_index(tuple(x.T), shape), minlength=len(exact))
        common = exact * size >= 5
        observed = np.append(counts[common], counts[~common].sum())
        expected = np.append(exact[common], exact[~common].sum()) * size
        keep = expected > 0
        assert stats.chisquare(observed[keep], expected[keep]).pvalue > 1e-4


def test_same_bits_for_any_number_of_threads():
    pmf = np.random.default_rng(0).dirichlet(np.ones(2**9)).reshape((2,) * 9)
    for steps in (Schedule([3, 4, 2]), bernoulli([0.3, 0.6, 0.8, 1.0])):
        laws = [mixture_law(Dense(pmf), steps, threads=threads).pmf for threads in (1, 2, 3)]
        np.testing.assert_array_equal(laws[0], laws[1])
        np.testing.assert_array_equal(laws[0], laws[2])


def test_impossible_evidence():
    """Two equal bits drawn at once differ half of the time."""
    law = Repeated(3, 2)
    with pytest.raises(ValueError, match="probability zero together"):
        mixture_law(law, Schedule([2, 1]), on_impossible="raise")
    got = mixture_law(law, Schedule([2, 1]))
    assert got.kl == pytest.approx(math.log(2), abs=1e-15)
    assert got.reverse_kl == math.inf
    # Nothing is asked once everything is revealed.
    assert mixture_law(law, Schedule([1, 2]), on_impossible="raise").kl < 1e-30


def test_progress():
    pmf = np.random.default_rng(0).dirichlet(np.ones(2**11)).reshape((2,) * 11)
    seen = []
    mixture_law(Dense(pmf), Schedule([3, 5, 3]), progress=seen.append)
    assert seen[-1] == 1.0
    with pytest.raises(RuntimeError, match="enough"):
        mixture_law(Dense(pmf), bernoulli(list(np.arange(1, 9) / 8)), progress=_stop)


def _stop(fraction):
    raise RuntimeError("enough")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([0.5, 0.5], Schedule([1])), "distribution: is a list"),
        ((CHAIN, [1, 2, 3]), "schedule: is a list, expected a Schedule"),
        ((CHAIN, Schedule([1, 2])), "schedule: its sizes sum to 3, expected n = 6"),
        ((CHAIN, BernoulliSchedule([0, 0.5, 1], n=5)), "schedule: is for 5 tokens, expected n = 6"),
    ],
)
def test_bad_input(arguments, message):
    with pytest.raises((TypeError, ValueError), match=message):
        mixture_law(*arguments)


def test_bad_options():
    with pytest.raises(ValueError, match="on_impossible: is 'guess'"):
        mixture_law(CHAIN, Schedule([6]), on_impossible="guess")
    with pytest.raises(ValueError, match="threads: is 0"):
        mixture_law(CHAIN, Schedule([6]), threads=0)


@pytest.mark.parametrize("n", [28, 31, 2000])
def test_refuses_before_it_starts(n):
    """The prediction comes before the table; the message names what can be done instead."""
    chain = MarkovChain([0.5, 0.5], [[0.9, 0.1], [0.1, 0.9]], n)
    for steps in (unmask.schedules.uniform(n, 4), bernoulli([0.25, 0.5, 1.0])):
        with pytest.raises((MemoryError, ValueError), match="simulate draws from this sampler"):
            mixture_law(chain, steps)
