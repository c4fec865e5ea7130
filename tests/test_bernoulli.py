"""Random counts: exact expected KL, useful calls, the best levels, and conversions."""

import itertools
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize, stats

import reference
import unmask
from unmask import BernoulliSchedule, CrossEntropyCurve, InformationCurve, Schedule, schedules
from unmask.schedules import mdlm, optimal_levels
from unmask.testing import curves
from unmask.testing import schedules as some_schedules

of = InformationCurve.from_conditional_entropies

levels = st.lists(st.floats(0.01, 0.99), max_size=6, unique=True).map(
    lambda inner: [0.0, *sorted(inner), 1.0]
)


def by_definition(h, level):
    n, level = len(h), np.asarray(level)
    means = [stats.binom.pmf(np.arange(n), n - 1, a) @ h for a in level[:-1]]
    return n * float(np.diff(level) @ means) - sum(h)


# The expected KL ------------------------------------------------------------------------------


@given(curves(max_n=30), levels)
def test_expected_kl_by_definition(curve, level):
    found = curve.expected_kl(BernoulliSchedule(level))
    assert found == pytest.approx(
        by_definition(curve.h, level), abs=1e-12 * curve.n * (1e-3 + curve.h[0])
    )
    assert found >= -1e-13 * curve.n * curve.h[0]


def test_expected_kl_of_the_sampler_itself():
    """Over every way in which three tokens may fall to three steps, with its probability."""
    pmf = np.random.default_rng(0).dirichlet(np.ones(12)).reshape(2, 3, 2)
    level = [0.0, 0.2, 0.7, 1.0]
    total = 0.0
    for steps in itertools.product(range(3), repeat=3):
        blocks = [[i for i in range(3) if steps[i] == t] for t in range(3)]
        probability = np.prod([level[t + 1] - level[t] for t in steps])
        total += probability * reference.partition_kl(pmf, [block for block in blocks if block])
    curve = unmask.information_curve(unmask.distributions.Dense(pmf))
    assert curve.expected_kl(BernoulliSchedule(level)) == pytest.approx(total, rel=1e-12)


def test_one_step_reveals_everything():
    curve = of([3.0, 2.0, 0.5])
    assert curve.expected_kl(BernoulliSchedule([0, 1])) == curve.expected_kl(Schedule([3]))
    assert of([2.0]).expected_kl(BernoulliSchedule([0, 0.3, 1])) == 0


def test_losses_are_priced_too():
    curve = CrossEntropyCurve([1.0, 0.7, 0.8], entropy=2.0)
    schedule = BernoulliSchedule([0.0, 0.4, 1.0])
    want = by_definition(curve.h, schedule.levels) + sum(curve.h)
    assert curve.cost(schedule) == pytest.approx(want, rel=1e-14)
    assert curve.expected_kl(schedule) == pytest.approx(want - 2.0, rel=1e-14)
    with pytest.raises(ValueError, match="entropy: is not known"):
        CrossEntropyCurve([1.0, 0.7, 0.8]).expected_kl(schedule)


def test_a_hundred_thousand_tokens():
    n = 100_000
    curve = of(np.log(n - np.arange(n)))
    schedule = mdlm(n, 3)
    means = [
        stats.binom.pmf(np.arange(n), n - 1, a) @ (np.log(n - np.arange(n)))
        for a in schedule.levels[:-1]
    ]
    want = n * float(np.diff(schedule.levels) @ means) - curve.entropy
    assert curve.expected_kl(schedule) == pytest.approx(want, rel=1e-9)


@given(curves(max_n=30), st.data())
def test_fixed_sizes_cost_less(curve, data):
    """The frontier is convex, and random counts are a mixture of fixed ones."""
    schedule = BernoulliSchedule(data.draw(levels))
    frontier = schedules.frontier(curve).expected_kl
    calls = np.arange(1, curve.n + 1)
    bound = np.interp(schedule.expected_calls(curve.n), calls, frontier)
    assert curve.expected_kl(schedule) >= bound - 1e-12 * curve.n * (1e-3 + curve.h[0])


# Useful calls ---------------------------------------------------------------------------------


@given(levels, st.integers(1, 6))
def test_expected_calls_by_enumeration(level, n):
    mass = np.diff(level)
    total = sum(
        len(set(steps)) * np.prod([mass[t] for t in steps])
        for steps in itertools.product(range(len(mass)), repeat=min(n, 3))
    )
    assert BernoulliSchedule(level).expected_calls(min(n, 3)) == pytest.approx(total, rel=1e-12)


def test_expected_calls():
    assert BernoulliSchedule([0, 1]).expected_calls(7) == 1
    assert mdlm(4, 10**6).expected_calls() == pytest.approx(4, rel=1e-5)
    assert mdlm(4, 2).expected_calls() == 2 * (1 - 2**-4)


# The best levels ------------------------------------------------------------------------------


@settings(max_examples=40)
@given(curves(max_n=60), st.integers(1, 12))
def test_never_worse_than_levels_in_common_use(curve, steps):
    best = optimal_levels(curve, steps)
    assert best.n == curve.n
    assert best.nfe <= steps
    least = curve.expected_kl(best)
    slack = 1e-14 * curve.n * curve.h[0]
    quarter = np.pi / 2 * np.arange(steps + 1) / steps
    for other in (
        mdlm(curve.n, steps),
        mdlm(curve.n, steps, "cosine"),
        BernoulliSchedule([*(1 - np.cos(quarter[:-1])), 1.0]),
        BernoulliSchedule.from_schedule(schedules.optimal(curve, steps=min(steps, curve.n))),
    ):
        assert least <= curve.expected_kl(other) + slack


@settings(max_examples=15)
@given(curves(max_n=12), st.integers(2, 4), st.integers(0, 1000))
def test_no_local_search_finds_better(curve, steps, seed):
    least = curve.expected_kl(optimal_levels(curve, steps))
    generator = np.random.default_rng(seed)

    def cost(logits):
        parts = np.exp(logits - logits.max())
        level = np.concatenate(([0.0], np.cumsum(parts / parts.sum())))
        return by_definition(curve.h, level)

    for _ in range(3):
        start = generator.normal(size=steps)
        found = optimize.minimize(cost, start, method="Nelder-Mead", options={"maxiter": 300})
        assert least <= found.fun + 1e-9 * curve.n * (1e-3 + curve.h[0])


def test_best_levels_of_losses():
    losses = 1 + 0.3 * np.cos(np.arange(40) / 3)
    curve = CrossEntropyCurve(losses)
    for steps in (1, 2, 5, 9):
        least = curve.cost(optimal_levels(curve, steps))
        assert least <= curve.cost(mdlm(40, steps)) + 1e-12
        assert least <= curve.cost(mdlm(40, steps, "cosine")) + 1e-12


def test_threads_do_not_matter():
    curve = of(np.log(2000 - np.arange(2000)))
    one, two = (optimal_levels(curve, 20, threads=threads) for threads in (1, 2))
    assert one == two
    seen = []
    optimal_levels(curve, 20, progress=seen.append)
    assert seen[-1] == 1.0


# Levels in common use, conversions, the object --------------------------------------------------


def test_noise():
    assert mdlm(8, 4).levels.tolist() == [0, 0.25, 0.5, 0.75, 1]
    cosine = mdlm(8, 6, noise="cosine")
    assert cosine.levels[2] == pytest.approx(0.5)
    assert cosine.levels[-1] == 1
    # The forward process keeps cos(pi t / 2) of the tokens; generation runs backwards.
    assert cosine.levels == pytest.approx(np.cos(np.pi / 2 * (1 - np.arange(7) / 6)))


@given(st.integers(1, 40).flatmap(some_schedules))
def test_conversion_and_back(schedule):
    random = BernoulliSchedule.from_schedule(schedule)
    assert random.n == schedule.n
    assert random.to_schedule() == schedule
    assert random.mask_fractions == pytest.approx(schedule.mask_fractions)


@given(levels, st.integers(1, 100))
def test_rounded_counts(level, n):
    schedule = BernoulliSchedule(level).to_schedule(n)
    assert schedule.n == n
    exact = n * np.asarray(level)
    near = np.abs(schedule.cumulative[:, None] - exact[None, :]).min(axis=1)
    assert near.max() <= 0.5


def test_the_object():
    schedule = BernoulliSchedule([0, 0.5, 1], n=3)
    assert (schedule.nfe, len(schedule), list(schedule)) == (2, 2, [0, 0.5, 1])
    assert repr(schedule) == "BernoulliSchedule([0.0, 0.5, 1.0], n=3)"
    assert "of 100 steps, n=9: [0, 0.01," in repr(mdlm(9, 100))
    again = pickle.loads(pickle.dumps(schedule))
    assert again == schedule
    assert hash(again) == hash(schedule)
    assert schedule != BernoulliSchedule([0, 0.5, 1])
    assert schedule != Schedule([1, 2])
    with pytest.raises(ValueError, match="read-only"):
        schedule.levels[0] = 0.5
    with pytest.raises(AttributeError):
        schedule.n = 4


CURVE = of([3.0, 2.0, 1.0])


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: BernoulliSchedule([0.0]), ValueError, "expected one step or more"),
        (lambda: BernoulliSchedule([[0, 1]]), ValueError, "levels: has shape"),
        (lambda: BernoulliSchedule(["a", "b"]), TypeError, "levels: has dtype"),
        (lambda: BernoulliSchedule([0.1, 1]), ValueError, "levels: entry 0 is 0.1, expected 0"),
        (lambda: BernoulliSchedule([0, 0.9]), ValueError, "levels: entry -1 is 0.9, expected 1"),
        (
            lambda: BernoulliSchedule([0, 0.6, 0.4, 1]),
            ValueError,
            r"levels: go from 0\.6 to 0\.4 at step 1, expected to rise",
        ),
        (lambda: BernoulliSchedule([0, 0.5, 0.5, 1]), ValueError, "expected to rise"),
        (lambda: BernoulliSchedule([0, np.nan, 1]), ValueError, "expected to rise"),
        (lambda: BernoulliSchedule([0, 1], n=0), ValueError, "n: is 0, expected at least 1 token"),
        (lambda: BernoulliSchedule([0, 1]).expected_calls(), ValueError, "n: is not known"),
        (lambda: BernoulliSchedule([0, 1], n=3).to_schedule(4), ValueError, "n: is 4, expected n"),
        (lambda: BernoulliSchedule.from_schedule([1]), TypeError, "schedule: is a list, expected"),
        (lambda: mdlm(5, 0), ValueError, "steps: is 0, expected at least 1 step"),
        (lambda: mdlm(5, 2.0), TypeError, "steps: is a float, expected an integer"),
        (
            lambda: mdlm(5, 2, noise="linear"),
            ValueError,
            "noise: is 'linear', expected 'loglinear'",
        ),
        (lambda: optimal_levels([1.0], 2), TypeError, "curve: is a list, expected"),
        (
            lambda: optimal_levels(CURVE, 10**9),
            ValueError,
            r"steps: is 1000000000, expected 1\.\.6",
        ),
        (lambda: optimal_levels(CURVE, 0), ValueError, "steps: is 0, expected at least 1"),
        (lambda: CURVE.expected_kl(mdlm(4, 2)), ValueError, "schedule: is for 4 tokens, expected"),
        (
            lambda: CURVE.expected_kl([1, 2]),
            TypeError,
            "expected a Schedule or a BernoulliSchedule",
        ),
    ],
)
def test_bad_input(call, error, message):
    with pytest.raises(error, match=message):
        call()
