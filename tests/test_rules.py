"""Schedules by rule: no token lost, as published, and the published guarantees."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from unmask import InformationCurve, Schedule, bounds, schedules
from unmask.testing import curves

of = InformationCurve.from_conditional_entropies

N = 256
AFTER = np.arange(N)
CLOSED_FORM = {
    "repeated bit": np.log(2) * (AFTER < 1),
    "parity": np.log(2) * (AFTER < N - 1),
    "MDS": np.log(257) * (AFTER < 32),
    "permutation": np.log(N - AFTER),
}

tolerances = st.floats(0.01, 2.0)
tokens_and_steps = st.integers(1, 300).flatmap(lambda n: st.tuples(st.just(n), st.integers(1, n)))


def masked(n, steps, fraction):
    """Cumulative rounding, one step at a time."""
    sizes, before = [], 0
    for i in range(1, steps + 1):
        now = round(n * (1 - fraction(i / steps))) if i < steps else n
        if now > before:
            sizes.append(now - before)
        before = max(now, before)
    return Schedule(sizes)


# Fractions ------------------------------------------------------------------------------------


@given(tokens_and_steps, st.floats(0.05, 20))
def test_fractions_still_masked(drawn, shape):
    n, steps = drawn
    distribution = stats.beta(shape, 2.0)
    for schedule, fraction in (
        (schedules.cosine(n, steps), lambda t: math.cos(math.pi / 2 * t)),
        (schedules.arccos(n, steps), lambda t: 2 / math.pi * math.acos(t)),
        (schedules.power(n, steps, shape), lambda t: 1 - t**shape),
        (schedules.loglinear(n, steps), lambda t: 1 - t),
        (schedules.beta(n, steps, shape, 2.0), lambda t: distribution.sf(t)),
    ):
        assert schedule.n == n
        assert schedule.nfe <= steps
        exact = n * (1 - np.array([fraction(i / steps) for i in range(steps + 1)]))
        near = np.abs(schedule.cumulative[:, None] - exact[None, :]).min(axis=1)
        assert near.max() <= 0.5 + 1e-9


def test_fractions_at_known_places():
    assert schedules.arccos(90, 2).cumulative.tolist() == [0, 30, 90]
    assert schedules.cosine(90, 3).cumulative.tolist() == [0, 12, 45, 90]
    assert schedules.power(100, 2, 3) == masked(100, 2, lambda t: 1 - t**3)
    assert schedules.loglinear(7, 7) == Schedule([1] * 7)
    assert schedules.beta(100, 2, 2.0, 1.0).cumulative.tolist() == [0, 25, 100]
    assert schedules.beta(9, 4, 1, 1) == schedules.loglinear(9, 4)


@given(tokens_and_steps, st.floats(-300, 300).map(lambda exponent: 10.0**exponent))
def test_geometric_sizes(drawn, ratio):
    n, steps = drawn
    schedule = schedules.geometric(n, steps, ratio)
    assert schedule.n == n
    assert schedule.nfe <= steps
    backwards = schedules.geometric(n, steps, 1 / ratio).sizes[::-1]
    assert len(backwards) == pytest.approx(schedule.nfe, abs=1)
    if ratio == 1:
        assert schedule == schedules.loglinear(n, steps)


def test_geometric_at_known_places():
    assert schedules.geometric(31, 5, 2) == Schedule([1, 2, 4, 8, 16])
    assert schedules.geometric(40, 4, 1 / 3) == Schedule([27, 9, 3, 1])


# Bounds known ---------------------------------------------------------------------------------


def as_published(n, bound, max_kl):
    """With every round of the published loop, empty steps among them."""
    zeta = 1 + math.ceil(bound / max_kl)
    if zeta >= n + 1:
        return Schedule([1] * n)
    rounds = 2
    if zeta > 1:
        rounds += math.floor(math.log(n - zeta + 1) / math.log(1 / (1 - 1 / zeta)))
    nodes = [0]
    for _ in range(rounds):
        nodes.append(nodes[-1] + (n - nodes[-1]) // zeta)
    nodes += range(nodes[-1] + 1, n + 1)
    return Schedule([b - a for a, b in itertools.pairwise(nodes) if b > a])


@given(curves(max_n=60), tolerances, st.floats(1, 3))
def test_total_correlations_known(curve, share, slack):
    for known, rule in (
        (curve.total_correlation, schedules.total_correlation),
        (curve.dual_total_correlation, schedules.dual_total_correlation),
    ):
        bound = slack * known
        max_kl = share * max(known, 1e-9)
        schedule = rule(curve.n, bound, max_kl)
        assert schedule.n == curve.n
        assert curve.expected_kl(schedule) <= max_kl * (1 + 1e-12) + 1e-13 * curve.n * curve.h[0]
        assert schedule.nfe <= 2 + (1 + math.log(curve.n)) * (1 + math.ceil(bound / max_kl))
        published = as_published(curve.n, bound, max_kl)
        backwards = rule is schedules.dual_total_correlation
        assert schedule.sizes.tolist() == published.sizes.tolist()[:: -1 if backwards else 1]


@given(curves(max_n=60), tolerances)
def test_austin(curve, share):
    dtc = curve.dual_total_correlation
    max_kl = share * max(dtc, 1e-9)
    schedule = schedules.austin(curve.n, dtc, max_kl)
    assert schedule.n == curve.n
    assert curve.expected_kl(schedule) <= max_kl * (1 + 1e-12) + 1e-13 * curve.n * curve.h[0]
    assert schedule.nfe <= bounds.austin_steps(curve, max_kl=max_kl)


def random_curves(count, seed):
    """Smooth and rough ones, with cliffs and flat stretches."""
    rng = np.random.default_rng(seed)
    for _ in range(count):
        n = int(rng.integers(2, 120))
        drops = rng.exponential(size=n) ** rng.uniform(0.2, 6)
        drops *= rng.random(n) < rng.uniform(0.02, 1)
        yield of(rng.uniform(0, 2) * (rng.random() < 0.5) + np.cumsum(drops[::-1])[::-1] / n)


def test_the_guarantees_on_thousands_of_curves():
    rng = np.random.default_rng(1)
    for curve in random_curves(3000, seed=0):
        n, tc, dtc = curve.n, curve.total_correlation, curve.dual_total_correlation
        mass = curve.harmonic_mass
        max_kl = math.exp(rng.uniform(-4, 1)) * max(min(tc, dtc), 1e-9)
        promised = [
            (
                schedules.total_correlation(n, tc, max_kl),
                bounds.chen_cong_li_steps(n=n, total_correlation=tc, max_kl=max_kl),
            ),
            (
                schedules.dual_total_correlation(n, dtc, max_kl),
                bounds.chen_cong_li_steps(n=n, dual_total_correlation=dtc, max_kl=max_kl),
            ),
            (schedules.austin(n, dtc, max_kl), bounds.austin_steps(curve, max_kl=max_kl)),
        ]
        if mass > 0:
            odds = schedules.harmonic(n, rho=max_kl / mass)
            promised.append((odds, bounds.wainwright_steps(curve, max_kl=max_kl)))
        slack = 1e-13 * n * curve.h[0]
        for schedule, enough in promised:
            assert curve.expected_kl(schedule) <= max_kl * (1 + 1e-12) + slack
            assert schedule.nfe <= enough


@given(curves(max_n=40), tolerances)
def test_one_of_a_sweep_is_right(curve, share):
    q = math.exp(max(curve.h[0], 1e-9))
    smaller = min(curve.total_correlation, curve.dual_total_correlation)
    max_kl = share * max(smaller, 1e-9)
    grid = schedules.sweep(curve.n, max_kl, q)
    assert [s.nfe for s in grid] == sorted(s.nfe for s in grid)
    assert len(set(grid)) == len(grid)
    slack = 1e-13 * curve.n * curve.h[0]
    good = [s for s in grid if curve.expected_kl(s) <= max_kl * (1 + 1e-12) + slack]
    ratio = max(2 * smaller / max_kl, 2)
    assert good[0].nfe <= 2 + (1 + math.log(curve.n)) * (1 + math.ceil(ratio))


def test_a_sweep_doubles_the_bound():
    for exponent in range(-1, 5):
        assert schedules.total_correlation(32, 2.0**exponent, 0.5) in schedules.sweep(32, 0.5, 2)
    # Nothing exceeds n log q, and no bound makes a schedule longer than n.
    assert len(schedules.sweep(32, 50.0, 2)) == 2
    assert schedules.sweep(5, 1e-300, 2)[-1] == Schedule([1] * 5)
    assert schedules.sweep(5, 1e308, 2)[0] == Schedule([2, 1, 1, 1])


@pytest.mark.parametrize(
    ("name", "max_kl", "by_tc", "by_dtc"),
    [
        ("repeated bit", 0.5, 256, 15),
        ("parity", 0.5, 15, 256),
        ("MDS", 0.5, 256, 256),
        ("permutation", 0.5, 256, 256),
        ("repeated bit", 0.1, 256, 38),
        ("parity", 0.1, 38, 256),
    ],
)
def test_lengths_for_closed_forms(name, max_kl, by_tc, by_dtc):
    curve = of(CLOSED_FORM[name])
    tc, dtc = curve.total_correlation, curve.dual_total_correlation
    assert schedules.total_correlation(N, tc, max_kl).nfe == by_tc
    assert schedules.dual_total_correlation(N, dtc, max_kl).nfe == by_dtc


def test_lengths_for_bounds():
    assert schedules.total_correlation(256, 0.693, 0.5).nfe == 15
    for max_kl, steps in ((0.5, 112), (0.1, 386)):
        assert schedules.total_correlation(1024, 10, max_kl).nfe == steps
        assert schedules.dual_total_correlation(1024, 10, max_kl).nfe == steps
    assert schedules.dual_total_correlation(4096, 50, 1).nfe == 301


def test_extreme_bounds():
    for rule in (schedules.total_correlation, schedules.dual_total_correlation, schedules.austin):
        assert rule(7, 0, 1e-300) == Schedule([7])
        assert rule(7, 1e300, 1e-300) == Schedule([1] * 7)
        assert rule(1, 3.0, 0.5) == Schedule([1])
        assert rule(7, 1e-300, 1e300).nfe <= 3


# A curve known --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "steps"), [("repeated bit", 2), ("parity", 2), ("MDS", 2), ("permutation", 179)]
)
def test_square_root_on_closed_forms(name, steps):
    curve = of(CLOSED_FORM[name])
    within = (
        schedule.nfe
        for k in range(1, N + 1)
        if curve.expected_kl(schedule := schedules.square_root(curve, k)) <= 0.5
    )
    assert next(within) == steps


@given(curves(max_n=40), st.data())
def test_square_root_nodes(curve, data):
    steps = data.draw(st.integers(1, curve.n))
    schedule = schedules.square_root(curve, steps)
    assert schedule.n == curve.n
    assert schedule.nfe <= steps
    roots = np.cumsum(np.sqrt(np.maximum(-np.diff(curve.h), 0)))
    for node in schedule.cumulative[1:-1]:
        reached = steps * roots[node - 1] / roots[-1]
        before = steps * roots[node - 2] / roots[-1] if node > 1 else 0.0
        assert math.floor(reached + 1e-9) > before - 1e-9


def test_square_root_of_smooth_curves():
    """``(n / 2k) (integral of sqrt(F'))^2`` for many tokens per step, here 4/9 of (n/2k)."""
    n, steps = 100_000, 50
    curve = of(1 - (np.arange(n) / n) ** 3)
    error = curve.expected_kl(schedules.square_root(curve, steps))
    assert error == pytest.approx(n / (2 * steps) * 0.75, rel=0.03)
    assert error < curve.expected_kl(schedules.uniform(n, steps))
    assert error == pytest.approx(
        curve.expected_kl(schedules.optimal(curve, steps=steps)), rel=0.01
    )


# Odds and integer steps -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "steps"), [("repeated bit", 3), ("parity", 3), ("MDS", 6), ("permutation", 197)]
)
def test_odds_on_closed_forms(name, steps):
    """By the best growth for each curve, not the one that its harmonic mass prescribes."""
    curve = of(CLOSED_FORM[name])
    grown = (schedules.harmonic(N, rho=rho) for rho in np.geomspace(1e-3, 1e5, 3000))
    assert min(s.nfe for s in grown if curve.expected_kl(s) <= 0.5) == steps


@given(curves(max_n=80), st.floats(0.01, 30))
def test_odds_keep_their_guarantee(curve, rho):
    schedule = schedules.harmonic(curve.n, rho=rho)
    assert schedule.n == curve.n
    assert schedule.sizes[0] == schedule.sizes[-1] == 1
    assert schedule.nfe <= 3 + 2 * math.log(curve.n) / math.log1p(rho)
    slack = 1e-12 * curve.n * curve.h[0]
    assert curve.expected_kl(schedule) <= rho * curve.harmonic_mass * (1 + 1e-10) + slack


@given(st.integers(1, 200), st.data())
def test_odds_in_so_many_steps(n, data):
    steps = data.draw(st.integers(min(n, 3), n))
    schedule = schedules.harmonic(n, steps=steps)
    assert (schedule.n, schedule.nfe <= steps) == (n, True)


@pytest.mark.parametrize(
    ("name", "steps"), [("repeated bit", 2), ("parity", 2), ("MDS", 2), ("permutation", 175)]
)
def test_integer_steps_on_closed_forms(name, steps):
    """As few as the optimum takes, without dynamic programming."""
    curve = of(CLOSED_FORM[name])
    within = (
        schedule.nfe
        for k in range(1, N + 1)
        if curve.expected_kl(schedule := schedules.integer_steps(curve, k)) <= 0.5
    )
    assert next(within) == steps


@given(curves(max_n=40), st.data())
def test_integer_steps_lose_no_token(curve, data):
    steps = data.draw(st.integers(1, curve.n))
    schedule = schedules.integer_steps(curve, steps)
    assert (schedule.n, schedule.nfe <= steps) == (curve.n, True)
    alone = schedules.integer_steps(curve, curve.n)
    assert curve.expected_kl(alone) <= 1e-13 * curve.n * curve.h[0]


def test_integer_steps_of_smooth_curves():
    curve = of(np.log(5000 - np.arange(5000)))
    for steps in (1000, 2500, 4000):
        error = curve.expected_kl(schedules.integer_steps(curve, steps))
        least = curve.expected_kl(schedules.optimal(curve, steps=steps))
        assert least <= error <= 1.02 * least


# Bad input ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: schedules.power(5, 2, 0), ValueError, "exponent: is 0, expected a finite number"),
        (lambda: schedules.geometric(5, 2, -1.0), ValueError, "ratio: is -1.0, expected a finite"),
        (lambda: schedules.geometric(5, 2, "2"), TypeError, "ratio: is '2', expected a number"),
        (lambda: schedules.beta(5, 2, 0.0, 1.0), ValueError, "a: is 0.0, expected a finite"),
        (lambda: schedules.beta(5, 2, 1.0, np.inf), ValueError, "b: is inf, expected a finite"),
        (lambda: schedules.loglinear(5, 6), ValueError, r"steps: is 6, expected 1\.\.5"),
        (lambda: schedules.total_correlation(0, 1, 1), ValueError, "n: is 0, expected at least 1"),
        (lambda: schedules.total_correlation(5, -1, 1), ValueError, "bound: is -1, expected"),
        (lambda: schedules.dual_total_correlation(5, 1, 0), ValueError, "max_kl: is 0, expected"),
        (lambda: schedules.total_correlation(5, 1, -2.0), ValueError, "max_kl: is -2.0, expected"),
        (lambda: schedules.total_correlation(5.0, 1, 1), TypeError, "n: is a float, expected"),
        (lambda: schedules.austin(5, np.nan, 1), ValueError, "dtc: is nan, expected a finite"),
        (lambda: schedules.sweep(5, 0, 2), ValueError, "max_kl: is 0, expected"),
        (lambda: schedules.sweep(5, 1, 0.5), ValueError, "alphabet_size: is 0.5, expected at"),
        (lambda: schedules.harmonic(5), ValueError, "rho, steps: expected exactly one"),
        (lambda: schedules.harmonic(5, rho=1, steps=4), ValueError, "expected exactly one"),
        (lambda: schedules.harmonic(5, rho=0), ValueError, "rho: is 0, expected a finite number"),
        (lambda: schedules.harmonic(5, rho=-1.0), ValueError, "rho: is -1.0, expected a finite"),
        (lambda: schedules.harmonic(5, steps=2), ValueError, r"steps: is 2, expected 3\.\.5: the"),
        (lambda: schedules.harmonic(5, steps=6), ValueError, r"steps: is 6, expected 1\.\.5"),
        (lambda: schedules.harmonic(2**53, rho=1e-9), ValueError, "over 20000000 steps are needed"),
        (lambda: schedules.harmonic(2**53, steps=2**25), ValueError, r"expected 3\.\.20000000"),
        (lambda: schedules.harmonic(2**53, steps=2**53), MemoryError, "steps: a schedule of 9007"),
        (lambda: schedules.harmonic(2**53 + 1, rho=1), ValueError, r"expected at most 2\^53"),
        (lambda: schedules.integer_steps([1.0], 1), TypeError, "curve: is a list, expected"),
        (lambda: schedules.integer_steps(of([1.0]), 2), ValueError, r"expected 1\.\.1"),
        (lambda: schedules.square_root([1.0], 1), TypeError, "curve: is a list, expected"),
        (lambda: schedules.square_root(of([1.0, 0.5]), 3), ValueError, r"expected 1\.\.2"),
    ],
)
def test_bad_rules(call, error, message):
    with pytest.raises(error, match=message):
        call()
