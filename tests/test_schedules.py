"""Schedules by rule and the best ones, against brute force, shortest paths and known numbers."""

import networkx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import reference
from unmask import CrossEntropyCurve, InformationCurve, Schedule
from unmask.schedules import cosine, frontier, optimal, uniform
from unmask.testing import curves

of = InformationCurve.from_conditional_entropies

#: Losses of a model, in any order.
some_losses = st.lists(st.floats(-1, 4) | st.integers(0, 3).map(float), min_size=1, max_size=9)


def best_by_enumeration(h):
    """Least excess with at most k steps, k = 1..n, over all schedules."""
    least = np.full(len(h) + 1, np.inf)
    for sizes in reference.compositions(len(h)):
        least[len(sizes)] = min(least[len(sizes)], reference.excess(h, sizes))
    return np.minimum.accumulate(least[1:])


def best_by_shortest_path(h, steps):
    """Least excess with at most so many steps: a path through layers of cut points."""
    n = len(h)
    graph = networkx.DiGraph()
    for layer in range(steps):
        for a in range(n):
            for b in range(a + 1, n + 1):
                weight = (b - a) * h[a] - sum(h[a:b])
                graph.add_edge((layer, a), (layer + 1, b), weight=weight)
        graph.add_edge((layer, n), (layer + 1, n), weight=0.0)
    return networkx.bellman_ford_path_length(graph, (0, 0), (steps, n))


# The optimum ----------------------------------------------------------------------------------


@given(curves(max_n=9))
def test_optimum_of_curves_by_enumeration(curve):
    slack = 1e-13 * (1 + curve.n * curve.h[0])
    best = best_by_enumeration(curve.h)
    assert frontier(curve).expected_kl == pytest.approx(best, abs=slack)
    for steps in range(1, curve.n + 1):
        schedule = optimal(curve, steps=steps)
        assert schedule.n == curve.n
        assert schedule.nfe <= steps
        assert curve.expected_kl(schedule) == pytest.approx(best[steps - 1], abs=slack)


@given(some_losses)
def test_optimum_of_losses_by_enumeration(losses):
    """Losses need not fall, and then more steps can hurt: at most k is what is asked."""
    curve = CrossEntropyCurve(losses)
    best = best_by_enumeration(losses)
    assert frontier(curve).excess == pytest.approx(best, abs=1e-12)
    for steps in range(1, curve.n + 1):
        schedule = optimal(curve, steps=steps)
        assert schedule.nfe <= steps
        assert reference.excess(losses, schedule.sizes) == pytest.approx(best[steps - 1], abs=1e-12)


@given(some_losses, st.data())
@settings(max_examples=40)
def test_optimum_is_a_shortest_path(losses, data):
    steps = data.draw(st.integers(1, len(losses)))
    found = reference.excess(losses, optimal(CrossEntropyCurve(losses), steps=steps).sizes)
    assert found == pytest.approx(best_by_shortest_path(losses, steps), abs=1e-12)


@given(curves(max_n=20), st.data())
def test_fewest_steps(curve, data):
    kl = frontier(curve).expected_kl
    k = data.draw(st.integers(1, curve.n))
    schedule = optimal(curve, max_kl=kl[k - 1])
    # No slack: an error that is exactly allowed is allowed.
    assert curve.expected_kl(schedule) <= kl[k - 1]
    assert schedule.nfe == 1 + np.argmax(kl <= kl[k - 1])
    assert curve.expected_kl(schedule) == kl[schedule.nfe - 1]


@given(curves(max_n=30))
def test_frontier(curve):
    border = frontier(curve)
    assert border.expected_kl[0] == curve.expected_kl(Schedule([curve.n]))
    assert border.expected_kl[-1] == 0
    assert (np.diff(border.excess) <= 0).all()
    slack = 1e-14 * border.excess[0]
    assert (np.diff(border.excess, 2) >= -slack).all()  # convex
    assert border.steps.tolist() == list(range(1, curve.n + 1))
    assert list(border) == list(zip(border.steps, border.excess, strict=True))
    shorter = frontier(curve, max_steps=(curve.n + 1) // 2)
    assert shorter.excess.tolist() == border.excess[: len(shorter)].tolist()
    for steps in {1, (curve.n + 1) // 2, curve.n}:
        assert curve.expected_kl(border.schedule(steps)) == border.expected_kl[steps - 1]


@given(st.floats(0.01, 100), curves(max_n=8))
def test_the_optimum_does_not_depend_on_the_unit(unit, curve):
    scaled = of(curve.h * 2.0 ** np.round(np.log2(unit)))
    for steps in range(1, curve.n + 1):
        assert optimal(curve, steps=steps) == optimal(scaled, steps=steps)


def test_one_token():
    curve = of([0.5])
    assert optimal(curve, steps=1) == optimal(curve, max_kl=0) == Schedule([1])
    assert frontier(curve).expected_kl.tolist() == [0]


def test_losses_with_entropy():
    curve = CrossEntropyCurve([3.0, 1.0, 2.0], entropy=5.0)
    # One at a time costs 6 - 5 = 1; (1, 2) costs 3 + 2 - 5 = 0.
    assert optimal(curve, max_kl=0) == optimal(curve, steps=3) == Schedule([1, 2])
    assert frontier(curve).expected_kl.tolist() == [4.0, 0.0, 0.0]
    assert optimal(curve, max_kl=4) == Schedule([3])
    far = CrossEntropyCurve([3.0, 1.0, 2.0], entropy=1.0)
    with pytest.raises(ValueError, match=r"max_kl: is 3.5, and the least .* reached is 4\.0"):
        optimal(far, max_kl=3.5)
    unknown = CrossEntropyCurve([3.0, 1.0, 2.0])
    with pytest.raises(ValueError, match="entropy: is not known"):
        optimal(unknown, max_kl=1.0)
    with pytest.raises(ValueError, match="entropy: is not known"):
        _ = frontier(unknown).expected_kl
    assert frontier(unknown).excess.tolist() == [3.0, -1.0, -1.0]


def test_a_million_tokens():
    n = 10**6
    curve = of(np.where(np.arange(n) < 1234, 1.0, 0.0))
    assert optimal(curve, max_kl=0) == Schedule([1234, n - 1234])
    smooth = of(np.log(n - np.arange(n)))
    schedule = optimal(smooth, steps=1000)
    assert (schedule.n, schedule.nfe) == (n, 1000)
    assert smooth.expected_kl(schedule) < smooth.expected_kl(uniform(n, 1000))


# Known numbers --------------------------------------------------------------------------------

N = 256
AFTER = np.arange(N)  # tokens revealed
CLOSED_FORM = {
    "repeated bit": np.log(2) * (AFTER < 1),
    "parity": np.log(2) * (AFTER < N - 1),
    "MDS": np.log(257) * (AFTER < 32),
    "permutation": np.log(N - AFTER),
}


@pytest.mark.parametrize(
    ("name", "tc", "dtc"),
    [
        ("repeated bit", 176.753, 0.693),
        ("parity", 0.693, 176.753),
        ("MDS", 1242.993, 177.570),
        ("permutation", 252.308, 1167.257),
    ],
)
def test_totals_of_closed_forms(name, tc, dtc):
    curve = of(CLOSED_FORM[name])
    assert curve.total_correlation == pytest.approx(tc, abs=6e-4)
    assert curve.dual_total_correlation == pytest.approx(dtc, abs=6e-4)


@pytest.mark.parametrize(
    ("name", "max_kl", "steps"),
    [
        ("repeated bit", 0.5, 2),
        ("parity", 0.5, 2),
        ("MDS", 0.5, 2),
        ("permutation", 0.5, 175),
        ("repeated bit", 0.1, 2),
        ("parity", 0.1, 2),
        ("permutation", 0.1, 233),
    ],
)
def test_fewest_steps_of_closed_forms(name, max_kl, steps):
    curve = of(CLOSED_FORM[name])
    schedule = optimal(curve, max_kl=max_kl)
    assert schedule.nfe == steps
    assert curve.expected_kl(schedule) <= max_kl
    kl = frontier(curve, steps).expected_kl
    assert kl[-1] <= max_kl < kl[-2]


def fewest(curve, rule, max_kl=0.5):
    for steps in range(1, curve.n + 1):
        schedule = rule(curve.n, steps)
        if curve.expected_kl(schedule) <= max_kl:
            return schedule.nfe
    return None


@pytest.mark.parametrize(
    ("name", "larger_last", "larger_first", "by_cosine"),
    [
        ("repeated bit", 129, 256, 15),
        ("parity", 256, 129, None),
        ("MDS", 8, 8, 25),
        ("permutation", 256, 175, None),
    ],
)
def test_rules_on_closed_forms(name, larger_last, larger_first, by_cosine):
    curve = of(CLOSED_FORM[name])
    assert fewest(curve, lambda n, k: uniform(n, k, larger="last")) == larger_last
    assert fewest(curve, uniform) == larger_first
    assert fewest(curve, cosine) == by_cosine


def test_permutations_need_steps():
    """At least n / (1 + 2 eps log 2) of them."""
    for max_kl in (0.1, 0.5, 2.0):
        curve = of(CLOSED_FORM["permutation"])
        assert optimal(curve, max_kl=max_kl).nfe >= N / (1 + 2 * max_kl * np.log(2))


# Rules ----------------------------------------------------------------------------------------


@given(st.integers(1, 300).flatmap(lambda n: st.tuples(st.just(n), st.integers(1, n))))
def test_rules_lose_no_token(drawn):
    n, steps = drawn
    first, last = uniform(n, steps), uniform(n, steps, larger="last")
    for schedule in (first, last):
        assert (schedule.n, schedule.nfe) == (n, steps)
        assert np.ptp(schedule.sizes) <= 1
    assert (np.diff(first.sizes) <= 0).all()
    assert (np.diff(last.sizes) >= 0).all()
    slow = cosine(n, steps)
    assert slow.n == n
    assert slow.nfe <= steps
    exact = n * (1 - np.cos(np.pi / 2 * np.arange(steps + 1) / steps))
    near = np.abs(slow.cumulative[:, None] - exact[None, :]).min(axis=1)
    assert near.max() <= 0.5 + 1e-9


# Bad input ------------------------------------------------------------------------------------

CURVE = of([3.0, 2.0, 1.0])


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({}, ValueError, "steps, max_kl: expected exactly one"),
        ({"steps": 1, "max_kl": 1.0}, ValueError, "steps, max_kl: expected exactly one"),
        ({"steps": 0}, ValueError, r"steps: is 0, expected 1\.\.3"),
        ({"steps": -1}, ValueError, r"steps: is -1, expected 1\.\.3"),
        ({"steps": 4}, ValueError, r"steps: is 4, expected 1\.\.3"),
        ({"steps": 2**64}, ValueError, r"steps: is \d+, expected 1\.\.3"),
        ({"steps": 2.0}, TypeError, "steps: is a float, expected an integer"),
        ({"steps": "2"}, TypeError, "steps: is a str, expected an integer"),
        ({"max_kl": -0.1}, ValueError, "max_kl: is -0.1, expected a finite number of nats >= 0"),
        ({"max_kl": np.nan}, ValueError, "max_kl: is nan, expected a finite"),
        ({"max_kl": np.inf}, ValueError, "max_kl: is inf, expected a finite"),
        ({"max_kl": "0.5"}, TypeError, "max_kl: is '0.5', expected a number"),
        ({"max_kl": 1j}, TypeError, "max_kl: is 1j, expected a number"),
        ({"max_kl": [0.5]}, TypeError, r"max_kl: is \[0.5\], expected a number"),
    ],
)
def test_bad_questions(arguments, error, message):
    with pytest.raises(error, match=message):
        optimal(CURVE, **arguments)


def test_numpy_numbers_are_numbers():
    assert optimal(CURVE, steps=np.int32(3)) == Schedule([1, 1, 1])
    assert optimal(CURVE, max_kl=np.float32(100)) == optimal(CURVE, max_kl=100) == Schedule([3])


def test_bad_rules():
    for rule in (uniform, cosine):
        with pytest.raises(ValueError, match="n: is 0, expected at least 1"):
            rule(0, 1)
        with pytest.raises(ValueError, match=r"steps: is 6, expected 1\.\.5"):
            rule(5, 6)
        with pytest.raises(ValueError, match=r"steps: is 0, expected 1\.\.5"):
            rule(5, 0)
        with pytest.raises(TypeError, match="steps: is a float, expected an integer"):
            rule(5, 2.0)
        with pytest.raises(TypeError, match="n: is a NoneType, expected an integer"):
            rule(None, 2)
    with pytest.raises(ValueError, match="larger: is 'middle', expected 'first' or 'last'"):
        uniform(5, 2, larger="middle")


def test_bad_frontiers():
    for steps in (0, 4):
        with pytest.raises(ValueError, match=rf"max_steps: is {steps}, expected 1\.\.3"):
            frontier(CURVE, steps)
    with pytest.raises(TypeError, match="max_steps: is a float"):
        frontier(CURVE, 2.0)
    with pytest.raises(TypeError, match="curve: is a list, expected an InformationCurve"):
        frontier([1.0, 0.5])
    with pytest.raises(TypeError, match="curve: is a ndarray, expected an InformationCurve"):
        optimal(CURVE.h, steps=1)


def test_a_frontier_out_of_reach_is_refused():
    large = of(np.ones(10**6))
    with pytest.raises(ValueError, match=r"the frontier needs about 1\.0e12 operations"):
        frontier(large, 10**6)
    with pytest.raises(ValueError, match=r"the frontier needs about 1\.0e12 operations"):
        frontier(large)


def test_frontiers_are_frozen():
    border = frontier(CURVE)
    with pytest.raises(ValueError, match="read-only"):
        border.excess[0] = 0
    assert "3 steps" in repr(border)
    assert len(border) == 3
