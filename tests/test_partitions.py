import math

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import reference
import unmask
from unmask import Schedule, WorkError, information_curve
from unmask.distributions import (
    Blocks,
    Dense,
    Empirical,
    Exchangeable,
    LinearCode,
    MarkovChain,
    Paired,
    Permutation,
    Product,
    Repeated,
    ZeroSum,
    random_linear_code,
)
from unmask.samplers import (
    _entropies,
    _partition,
    bisection_partition,
    mixture_kl,
    partition_kl,
    planned_frontier,
    planned_partition,
    random_partition_kl,
)
from unmask.testing import pmfs, schedules

FLIP = [[0.9, 0.1], [0.1, 0.9]]
CHAIN = MarkovChain([0.5, 0.5], FLIP, 6)
SCHEDULED = pmfs(max_n=5, max_cells=96).flatmap(
    lambda pmf: st.tuples(st.just(pmf), schedules(pmf.ndim))
)


def some_table(n, seed=0):
    return Dense(np.random.default_rng(seed).dirichlet(np.full(2**n, 0.1)).reshape((2,) * n))


def every_partition(n):
    for sizes in reference.compositions(n):
        yield from reference.ordered_partitions(sizes)


@settings(max_examples=40)
@given(SCHEDULED)
def test_every_partition_by_definition(pair):
    pmf, schedule = pair
    law = Dense(pmf)
    want = [
        reference.partition_kl(pmf, blocks) for blocks in reference.ordered_partitions(schedule)
    ]
    orders = random_partition_kl(law, schedule)
    np.testing.assert_allclose(orders.values, np.sort(want), rtol=0, atol=1e-13)
    assert orders.enumerated
    assert orders.exact
    assert orders.mean == pytest.approx(np.mean(want), abs=1e-13)
    assert orders.variance == pytest.approx(np.var(want), abs=1e-13)
    assert orders.minimum == pytest.approx(min(want), abs=1e-13)
    assert orders.maximum == pytest.approx(max(want), abs=1e-13)
    assert partition_kl(law, orders.best) == pytest.approx(orders.minimum, abs=1e-14)
    assert partition_kl(law, orders.worst) == pytest.approx(orders.maximum, abs=1e-14)
    assert [len(block) for block in orders.best] == list(schedule)
    expected = information_curve(law).expected_kl(schedule)
    assert orders.mean == pytest.approx(expected, abs=1e-13)
    plan = planned_partition(law, steps=schedule.nfe)
    assert plan.kl <= orders.minimum + 1e-13
    assert mixture_kl(law, schedule) <= expected + 1e-13


@settings(max_examples=25)
@given(pmfs(max_n=5, max_cells=64))
def test_no_partition_is_better_than_the_plan(pmf):
    law = Dense(pmf)
    least = np.full(law.n, math.inf)
    for blocks in every_partition(law.n):
        k = len(blocks) - 1
        least[k] = min(least[k], reference.partition_kl(pmf, blocks))
    plans = planned_frontier(law)
    np.testing.assert_allclose(plans.kl, least, rtol=0, atol=1e-13)
    for k, plan in enumerate(plans.plans, start=1):
        assert plan.nfe == k
        assert plan.method == "exact"
        assert plan.kl == pytest.approx(partition_kl(law, plan.partition), abs=1e-14)
        assert planned_partition(law, steps=k) == plan
    assert plans.kl[-1] == 0.0
    assert (plans.price_of_random_order > -1e-13).all()
    heuristic = planned_frontier(law, method="local-search")
    greedy = planned_frontier(law, method="greedy")
    assert (plans.kl <= heuristic.kl + 1e-13).all()
    for some in (heuristic, greedy):
        for plan in some.plans:
            assert plan.kl == pytest.approx(partition_kl(law, plan.partition), abs=1e-14)
    # Two steps: moves start from the split, and only go down.
    assert heuristic.kl[:2] == pytest.approx(np.minimum(heuristic.kl, greedy.kl)[:2])


def test_checked_values():
    orders = random_partition_kl(CHAIN, Schedule([1, 2, 3]))
    assert len(orders.values) == 60
    assert orders.mean == pytest.approx(0.2212693424138873, abs=1e-14)
    assert orders.minimum == 0.0
    assert orders.maximum == pytest.approx(0.5231850050647131, abs=1e-14)
    assert planned_partition(CHAIN, steps=3).kl == 0.0
    assert planned_partition(CHAIN, max_kl=0.0).nfe == 3


def test_the_plan_is_a_shortest_path():
    """Independent oracle: networkx on the graph of all subsets, a copy of it for each step."""
    law = some_table(6, seed=4)
    entropies, everything = law.subset_entropies(), 2**6 - 1
    graph = nx.DiGraph()
    for b in range(1, everything + 1):
        a = b
        while a:
            a = (a - 1) & b
            gains = (entropies[a | 1 << i] - entropies[a] for i in range(6) if (b & ~a) >> i & 1)
            cost = sum(gains) - (entropies[b] - entropies[a])
            for k in range(6):
                graph.add_edge((a, k), (b, k + 1), weight=max(cost, 0.0))
    lengths = nx.single_source_dijkstra_path_length(graph, (0, 0))
    want = [lengths[everything, k] for k in range(1, 7)]
    np.testing.assert_allclose(planned_frontier(law).kl, want, rtol=0, atol=1e-13)


@settings(max_examples=20)
@given(pmfs(max_n=5, max_cells=64), st.randoms(use_true_random=False))
def test_relabelling_positions_relabels_the_plan(pmf, random):
    order = list(range(pmf.ndim))
    random.shuffle(order)
    law, relabelled = Dense(pmf), Dense(pmf.transpose(order))
    plans, others = planned_frontier(law), planned_frontier(relabelled)
    np.testing.assert_allclose(plans.kl, others.kl, rtol=0, atol=1e-13)
    for plan in others.plans:
        back = [[order[i] for i in block] for block in plan.partition]
        assert partition_kl(law, back) == pytest.approx(plan.kl, abs=1e-13)


@pytest.mark.parametrize("order", [1, 2, 3])
def test_bisection(order):
    for n in [*range(1, 70), 255, 256, 257, 1000]:
        blocks = bisection_partition(n, order)
        assert sorted(i for block in blocks for i in block) == list(range(n))
        if n >= order:
            assert len(blocks) <= order * (math.ceil(math.log2(n / order)) + 1)


@pytest.mark.parametrize(("order", "n"), [(1, 9), (2, 9), (3, 11), (3, 3)])
def test_bisection_is_free_of_error(order, n):
    generator = np.random.default_rng(order)
    transition = generator.dirichlet(np.ones(2), (n - order, *(2,) * order))
    chain = MarkovChain(generator.dirichlet(np.ones(2**order)).reshape((2,) * order), transition, n)
    plan = planned_partition(chain, max_kl=0.0, method="bisection")
    assert plan.is_optimal
    assert partition_kl(chain, plan.partition) == 0.0
    assert reference.partition_kl(
        chain.to_dense().pmf, [list(block) for block in plan.partition]
    ) == pytest.approx(0.0, abs=1e-13)
    assert partition_kl(chain, [range(n)]) == pytest.approx(chain.total_correlation(), abs=1e-12)


@pytest.mark.parametrize("order", [1, 2])
def test_more_steps_than_bisection_takes(order):
    generator = np.random.default_rng(order)
    step = generator.dirichlet(np.ones(2), (2,) * order)
    chain = MarkovChain(np.full((2,) * order, 0.5**order), step, 400)
    fewest = len(bisection_partition(400, order))
    for steps in (fewest, fewest + 1, 399, 400):
        plan = planned_partition(chain, steps=steps)
        assert (plan.method, plan.nfe, plan.kl) == ("bisection", steps, 0.0)
        assert partition_kl(chain, plan.partition, samples=5, seed=0).high == 0.0


def test_searches_of_chains_end_with_the_bisection():
    chain = MarkovChain([0.5, 0.5], FLIP, 24)
    plans = planned_frontier(chain, 12)
    assert (plans.kl[4:] == 0.0).all()
    assert (plans.kl[:4] > 0.0).all()
    assert [plan.nfe for plan in plans.plans] == list(range(1, 13))
    # The shortest plan that is good enough, not the one without error.
    good = planned_partition(chain, max_kl=0.5)
    assert good == plans.plan(max_kl=0.5)
    assert good.nfe == 3
    assert planned_partition(chain, max_kl=0.0).method == "bisection"


def test_long_chains():
    chain = MarkovChain([0.5, 0.5], FLIP, 1024)
    plan = planned_partition(chain, max_kl=0.0)
    assert (plan.method, plan.nfe, plan.kl) == ("bisection", 11, 0.0)
    assert planned_partition(chain, steps=11).method == "bisection"
    # Revealed in the order of the chain, in two halves of every other token.
    information = 1 - information_curve(MarkovChain([0.5, 0.5], FLIP, 2)).z[1]
    assert information < 1.0
    halves = [range(0, 1024, 2), range(1, 1024, 2)]
    pairs = MarkovChain([0.5, 0.5], np.linalg.matrix_power(FLIP, 2), 512)
    assert partition_kl(chain, halves) == pytest.approx(pairs.total_correlation(), abs=1e-9)


@pytest.mark.parametrize("method", ["greedy", "local-search"])
def test_heuristics_find_the_bisection(method):
    chain = MarkovChain([0.5, 0.5], FLIP, 32)
    plans = planned_frontier(chain, 7, method=method)
    assert plans.plans[5].kl < 1e-3
    assert plans.plans[0].kl == pytest.approx(chain.total_correlation(), abs=1e-12)
    assert (np.diff(plans.kl) <= 0.0).all()
    assert plans.plans[6].is_optimal
    assert not plans.plans[4].is_optimal
    assert planned_partition(chain, max_kl=1e-3, method=method) == plans.plans[5]
    assert (plans.price_of_random_order[1:] > 0.1).all()


def test_search_improves_on_greedy():
    law = some_table(8)
    exact = planned_frontier(law).kl
    greedy = planned_frontier(law, method="greedy").kl
    searched = planned_frontier(law, method="local-search").kl
    assert searched.sum() < greedy.sum()
    assert (exact <= searched + 1e-13).all()


LAWS = [
    MarkovChain([0.3, 0.7], [[0.9, 0.1], [0.4, 0.6]], 5),
    MarkovChain([0.5, 0.5], FLIP, 5),
    MarkovChain([[0.3, 0.2], [0.1, 0.4]], [[[0.9, 0.1], [0.4, 0.6]]] * 2, 5),
    Empirical(np.random.default_rng(0).integers(3, size=(40, 5)), np.arange(40) + 0.5),
    random_linear_code(5, 3, 3, seed=1),
    Exchangeable.polya_urn([1.0, 2.0], 5),
    Permutation(4),
    Repeated(5, 3),
    Product([[0.2, 0.8], [0.5, 0.3, 0.2], [1.0], [0.5, 0.5]]),
    Blocks([Repeated(2, 2), MarkovChain([0.5, 0.5], FLIP, 2), Dense([[0.1, 0.2], [0.3, 0.4]])]),
    Paired(MarkovChain([0.3, 0.7], [[0.9, 0.1], [0.4, 0.6]], 4), ZeroSum(4, 2)),
]


@pytest.mark.parametrize("law", LAWS, ids=lambda law: type(law).__name__)
def test_entropies_of_single_subsets(law):
    """The way to long sequences, against the table."""
    from unmask.samplers._entropies import _entropy

    pmf = law.to_dense().pmf
    for entropy in (_entropy.dispatch(type(law))(law), _entropy.dispatch(Dense)(law.to_dense())):
        got = [entropy(mask) for mask in range(2**law.n)]
        np.testing.assert_allclose(got, reference.subset_entropies(pmf), rtol=0, atol=1e-13)
    blocks = [[2], [0, 1], list(range(3, law.n))]
    assert partition_kl(law, blocks) == pytest.approx(
        reference.partition_kl(pmf, blocks), abs=1e-12
    )


def test_sampled_orders():
    law, schedule = some_table(8), Schedule([1, 3, 4])
    exact = random_partition_kl(law, schedule)
    assert len(exact.values) == 280
    assert (exact.standard_error, exact.variance_standard_error) == (0.0, 0.0)
    drawn = random_partition_kl(law, schedule, samples=4000, seed=1)
    again = random_partition_kl(law, schedule, samples=4000, seed=1)
    np.testing.assert_array_equal(drawn.values, again.values)
    assert not drawn.enumerated
    # Moments and extremes do not come from the sample.
    assert (drawn.mean, drawn.variance) == (exact.mean, exact.variance)
    shares, edges, errors = drawn.histogram(12)
    want, _, none = exact.histogram(edges)
    assert not none.any()
    assert shares.sum() == pytest.approx(1.0)
    assert (np.abs(shares - want) <= 4 * np.maximum(errors, 1 / 4000)).all()


def test_orders_beyond_enumeration():
    chain, schedule = MarkovChain([0.5, 0.5], FLIP, 40), Schedule([5, 10, 25])
    orders = random_partition_kl(chain, schedule, samples=400, seed=0)
    assert not orders.exact
    assert not orders.enumerated
    mean = information_curve(chain).expected_kl(schedule)
    assert abs(orders.mean - mean) < 4 * orders.standard_error
    assert 0 < orders.standard_error < 0.1 * mean
    assert 0 < orders.variance_standard_error < orders.variance
    assert orders.minimum == partition_kl(chain, orders.best)
    assert orders.maximum == orders.values[-1]
    assert "+-" in repr(orders)
    again = random_partition_kl(chain, schedule, samples=400, seed=0)
    np.testing.assert_array_equal(orders.values, again.values)


def test_how_many_orders_are_drawn(monkeypatch):
    """As many as a minute allows, and none where that is hopeless."""
    chain, schedule = MarkovChain([0.5, 0.5], FLIP, 40), unmask.schedules.uniform(40, 8)
    seen = []
    monkeypatch.setattr(_partition, "DEFAULT_SAMPLES", 150)
    assert len(random_partition_kl(chain, schedule, progress=seen.append).values) == 150
    assert seen == sorted(seen)
    assert seen[0] == 0.0
    assert seen[-1] == 1.0
    each = (40 + 2 * 8) * _entropies.seconds(chain)
    monkeypatch.setattr(_partition, "DEFAULT_SECONDS", 130.5 * each)
    assert len(random_partition_kl(chain, schedule).values) == 130
    monkeypatch.setattr(_partition, "DEFAULT_SECONDS", each)
    assert len(random_partition_kl(chain, schedule).values) == 100
    long = MarkovChain([0.5, 0.5], FLIP, 1024)
    with pytest.raises(WorkError, match=r"samples: 10000000 ordered partitions take .* hours"):
        random_partition_kl(long, unmask.schedules.uniform(1024, 64), samples=10**7)
    assert _entropies.seconds(long) > _entropies.seconds(chain)
    small, large = (Empirical(np.eye(n, dtype=int)) for n in (24, 48))
    assert _entropies.seconds(large) > _entropies.seconds(small)
    assert _entropies.seconds(some_table(12)) > _entropies.seconds(some_table(8))


def test_same_bits_for_any_number_of_threads():
    law = some_table(10)
    plans = [planned_frontier(law, threads=threads) for threads in (1, 2, 3)]
    orders = [random_partition_kl(law, Schedule([3, 3, 4]), threads=t) for t in (1, 2, 3)]
    for plan, order in zip(plans, orders, strict=True):
        np.testing.assert_array_equal(plan.kl, plans[0].kl)
        assert plan.plans == plans[0].plans
        assert (order.mean, order.variance) == (orders[0].mean, orders[0].variance)


def test_frontier_answers_both_questions():
    plans = planned_frontier(CHAIN)
    np.testing.assert_array_equal(plans.steps, np.arange(1, 7))
    assert plans.plan(steps=2) == plans.plans[1]
    assert plans.plan(max_kl=0.2).nfe == 2
    assert plans.plan(max_kl=0.1).nfe == 3
    assert plans.plan(steps=3).schedule == Schedule([1, 2, 3])
    best = unmask.schedules.frontier(information_curve(CHAIN))
    np.testing.assert_array_equal(plans.random_kl, best.expected_kl)
    for problem in ({}, {"steps": 1, "max_kl": 0.0}, {"steps": 0}, {"steps": 7}, {"max_kl": -1.0}):
        with pytest.raises(ValueError, match=r"steps|max_kl"):
            plans.plan(**problem)
    with pytest.raises(ValueError, match=r"max_kl: is 0\.1, expected at least 0\.199"):
        planned_frontier(CHAIN, 2).plan(max_kl=0.1)


@pytest.mark.parametrize(
    ("partition", "message"),
    [
        ([[0], [1, 2]], "partition: misses 3, 4, 5"),
        ([[0, 1, 2], [2, 3, 4, 5]], "partition: token 2 is in block 0 and in block 1"),
        ([[0, 0], [1, 2, 3, 4, 5]], "partition: token 0 is in block 0 and in block 0"),
        ([range(6), []], "partition: block 1 is"),
        ([[0, 6]], "partition: block 0 has token 6, expected 0..5"),
        ([[-1]], "partition: block 0 has token -1"),
        ([[0.0, 1.0]], "expected whole numbers"),
        ([0, 1, 2], "partition: block 0 is 0"),
        ("012345", "partition: is a str"),
        (3, "partition: is a int"),
        ([], "partition: misses"),
    ],
)
def test_bad_partitions(partition, message):
    with pytest.raises((TypeError, ValueError), match=message):
        partition_kl(CHAIN, partition)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: partition_kl([0.5, 0.5], [[0]]), "distribution: is a list"),
        (lambda: planned_partition(CHAIN), "one of steps= and max_kl="),
        (lambda: planned_partition(CHAIN, steps=1, max_kl=1.0), "one of steps= and max_kl="),
        (lambda: planned_partition(CHAIN, steps=0), "steps: is 0"),
        (lambda: planned_partition(CHAIN, steps=7), "steps: is 7, expected at most n = 6"),
        (lambda: planned_partition(CHAIN, steps=1.5), "steps: is a float, expected an integer"),
        (lambda: planned_partition(CHAIN, max_kl=math.nan), "max_kl: is nan"),
        (lambda: planned_partition(CHAIN, steps=2, method="best"), "method: is 'best'"),
        (
            lambda: planned_partition(CHAIN, steps=2, method="bisection"),
            "steps: is 2, expected at least 3",
        ),
        (lambda: planned_partition(some_table(3), steps=2, method="bisection"), "MarkovChain"),
        (lambda: planned_frontier(CHAIN, 7), "max_steps: is 7"),
        (lambda: planned_frontier(CHAIN, method="bisection"), "method: 'bisection'"),
        (lambda: planned_frontier(CHAIN, threads=0), "threads: is 0"),
        (lambda: random_partition_kl(CHAIN, [1, 5]), "schedule: is a list"),
        (lambda: random_partition_kl(CHAIN, Schedule([7])), "sum to 7, expected n = 6"),
        (lambda: random_partition_kl(CHAIN, Schedule([6]), samples=1), "samples: is 1"),
        (lambda: bisection_partition(0), "n: is 0"),
        (lambda: bisection_partition(4, 0), "order: is 0"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises((TypeError, ValueError), match=message):
        call()


def test_an_exact_plan_of_many_tokens_is_refused():
    code = LinearCode(np.ones((1, 30), dtype=int), 2)
    with pytest.raises((MemoryError, ValueError), match="'local-search' and 'greedy' find good"):
        planned_partition(code, steps=2, method="exact")
    assert planned_partition(code, steps=2).kl == 0.0


@pytest.mark.parametrize("method", ["auto", "greedy", "local-search"])
def test_searches_that_take_too_long_are_refused(method):
    chain = MarkovChain([0.5, 0.5], [[0.9, 0.1], [0.1, 0.9]], 1024)
    with pytest.raises(ValueError, match=r"plan of 5 steps for 1024 tokens would look at"):
        planned_partition(chain, steps=5, method=method)
