"""Minimax schedules: shortest, within their guarantee, and by certificate."""

import math
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import minimax_oracle as oracle
from unmask import InformationCurve, Schedule, distributions, information_curve, schedules
from unmask.bounds import chen_cong_li_steps, worst_case_kl
from unmask.schedules import MinimaxSchedule, minimax
from unmask.testing import curves
from unmask.testing import schedules as some_schedules

of = InformationCurve.from_conditional_entropies

bounds = st.one_of(st.floats(0.05, 30), st.integers(1, 40).map(lambda x: x / 4))
knowns = st.dictionaries(st.sampled_from(oracle.FUNCTIONALS), bounds, min_size=1)


def of_curve(curve, names=oracle.FUNCTIONALS):
    known = {name: getattr(curve, name) for name in names if name != "max_information"}
    if "max_information" in names:
        known["max_information"] = float(curve.z[-1])
    return known


# The worst case -------------------------------------------------------------------------------


@given(st.integers(1, 24).flatmap(some_schedules), knowns)
def test_worst_case_is_the_linear_program(schedule, known):
    want = oracle.worst_case(schedule.sizes.tolist(), known)
    assert worst_case_kl(schedule, **known) == pytest.approx(want, rel=1e-9, abs=1e-12)


def test_loads_are_functionals_of_thresholds():
    n = 9
    for m in range(1, n):
        curve = of(np.where(np.arange(n) < m, 1.0, 0.0))
        for name, value in of_curve(curve).items():
            assert oracle.loads(n)[name][m - 1] == pytest.approx(value, rel=1e-14)
        for sizes in oracle.reference.compositions(n):
            assert oracle.errors(sizes)[m - 1] == curve.expected_kl(Schedule(sizes))


@given(st.integers(2, 40).flatmap(some_schedules), bounds)
def test_worst_case_of_one_bound_in_closed_form(schedule, bound):
    n, a, s = schedule.n, schedule.cumulative[:-1], schedule.sizes
    several = s > 1
    a, s = a[several], s[several]
    for name, rates in (
        ("total_correlation", (s - 1) / (n - a - 1)),
        ("dual_total_correlation", (s - 1) / (a + 1)),
        ("max_information", s - 1.0),
        ("harmonic_mass", n * (s - 1) / ((a + 1) * (n - a - 1))),
    ):
        worst = worst_case_kl(schedule, **{name: bound})
        assert worst == pytest.approx(bound * rates.max(initial=0.0), rel=1e-14)


@given(curves(max_n=30), st.data())
def test_no_curve_exceeds_the_worst_case(curve, data):
    schedule = data.draw(some_schedules(curve.n))
    names = data.draw(st.sets(st.sampled_from(oracle.FUNCTIONALS), min_size=1))
    slack = 1e-13 * curve.n * curve.h[0]
    worst = worst_case_kl(schedule, **of_curve(curve, names))
    assert curve.expected_kl(schedule) <= worst * (1 + 1e-12) + slack


def test_worst_case_of_many_tokens():
    """A hundred thousand, by weak duality: a feasible curve and feasible multipliers agree."""
    n = 100_000
    schedule = schedules.cosine(n, 1000)
    worst = worst_case_kl(schedule, total_correlation=300.0, dual_total_correlation=200.0)
    a, s = schedule.cumulative[:-1], schedule.sizes
    m = a + 1.0
    # Two thresholds carry it: the best pair, by all multipliers that make one of them tight.
    dense = [
        max((s - 1 - y * m) / (n - m)) * 300.0 + y * 200.0
        for y in np.linspace(0, max((s - 1) / m), 4001)
        if max((s - 1 - y * m) / (n - m)) >= 0
    ]
    assert worst <= min(dense)
    assert worst == pytest.approx(min(dense), rel=1e-3)


# The shortest ---------------------------------------------------------------------------------


@settings(max_examples=60)
@given(st.integers(1, 7), knowns, st.floats(0.02, 1.2))
def test_none_is_shorter_by_enumeration(n, known, share):
    """The cost of all tokens at once is the largest there is."""
    max_kl = share * max(oracle.worst_case([n], known), 0.1)
    schedule = minimax(n, max_kl=max_kl, **known)
    assert schedule.nfe == oracle.shortest(n, known, max_kl)
    assert oracle.worst_case(schedule.sizes.tolist(), known) <= max_kl * (1 + 1e-9)


@pytest.mark.parametrize("n", [8, 9, 10, 11, 12])
@pytest.mark.parametrize(
    "known",
    [
        {"total_correlation": 2.0},
        {"dual_total_correlation": 1.3},
        {"harmonic_mass": 0.6},
        {"total_correlation": 2.0, "dual_total_correlation": 3.0},
        {"harmonic_mass": 0.6, "max_information": 0.7},
        {"total_correlation": 1.1, "dual_total_correlation": 2.9, "max_information": 0.5},
        {
            "total_correlation": 2.4,
            "dual_total_correlation": 2.2,
            "max_information": 0.6,
            "harmonic_mass": 0.9,
        },
    ],
    ids=lambda known: f"{len(known)} known",
)
def test_none_is_shorter_up_to_twelve_tokens(n, known):
    for max_kl in (0.1, 0.4, 1.0):
        schedule = minimax(n, max_kl=max_kl, **known)
        ones = [
            sizes for sizes in oracle.reference.compositions(n) if len(sizes) == schedule.nfe - 1
        ]
        worst = (worst_case_kl(Schedule(sizes), **known) for sizes in ones)
        assert min(worst, default=math.inf) > max_kl
        assert schedule.worst_case_kl <= max_kl * (1 + 1e-12)


@settings(max_examples=60)
@given(st.integers(1, 200), knowns, st.floats(0.01, 1))
def test_the_certificate(n, known, share):
    max_kl = share * worst_case_kl(Schedule([n]), **known) + 0.001
    schedule = minimax(n, max_kl=max_kl, **known)
    assert schedule.n == n
    assert schedule.proven
    assert schedule.known == known
    worst = schedule.worst_case_kl
    assert worst <= max_kl * (1 + 1e-12)
    assert worst == worst_case_kl(schedule, **known)
    # The budget, and each step of several tokens, paid.
    prices = schedule.multipliers
    assert set(prices) == set(known)
    assert all(price >= 0 for price in prices.values())
    assert sum(prices[k] * known[k] for k in known) == pytest.approx(worst, rel=1e-12)
    if n > 1:
        paid = sum(prices[name] * oracle.loads(n)[name] for name in known)
        assert (paid * (1 + 1e-12) >= oracle.errors(schedule.sizes.tolist())).all()
    # The least worst case in so many steps.
    again = minimax(n, steps=schedule.nfe, **known)
    assert again.nfe <= schedule.nfe
    assert again.worst_case_kl == pytest.approx(worst, rel=3e-9)


@settings(max_examples=40)
@given(st.integers(2, 400), knowns, st.floats(0.01, 1), st.integers(0, 10**6))
def test_no_multipliers_are_better(n, known, share, seed):
    """A thousand points of the simplex: the search misses none of them."""
    max_kl = share * worst_case_kl(Schedule([n]), **known)
    nfe = minimax(n, max_kl=max_kl, **known).nfe
    for spent in np.random.default_rng(seed).dirichlet(np.full(len(known), 0.7), size=60):
        prices = dict(zip(known, max_kl * spent / np.array(list(known.values())), strict=True))
        tried = oracle.longest_steps(n, [prices.get(name, 0.0) for name in oracle.FUNCTIONALS])
        assert nfe <= tried.nfe


@given(st.integers(1, 300), st.floats(0.05, 50), st.floats(0.05, 50), st.floats(0.02, 3))
def test_never_longer_than_published(n, tc, dtc, max_kl):
    by_tc = minimax(n, max_kl=max_kl, total_correlation=tc)
    by_dtc = minimax(n, max_kl=max_kl, dual_total_correlation=dtc)
    both = minimax(n, max_kl=max_kl, total_correlation=tc, dual_total_correlation=dtc)
    assert by_tc.nfe <= schedules.total_correlation(n, tc, max_kl).nfe
    assert by_dtc.nfe <= schedules.dual_total_correlation(n, dtc, max_kl).nfe
    assert by_dtc.nfe <= schedules.austin(n, dtc, max_kl).nfe
    assert both.nfe <= min(by_tc.nfe, by_dtc.nfe)
    most = chen_cong_li_steps(n=n, max_kl=max_kl, total_correlation=tc, dual_total_correlation=dtc)
    assert both.nfe <= most


@given(st.integers(1, 300), st.floats(0.05, 5), st.floats(0.05, 2))
def test_never_longer_than_odds(n, mass, rho):
    known = minimax(n, max_kl=rho * mass, harmonic_mass=mass)
    assert known.nfe <= schedules.harmonic(n, rho=rho).nfe


@given(st.integers(1, 200), st.floats(0.1, 5), st.integers(1, 12))
def test_equal_steps_are_minimax_for_the_largest_information(n, most, size):
    schedule = minimax(n, max_kl=most * (size - 1) + most / 2, max_information=most)
    assert schedule.nfe == math.ceil(n / size)


@settings(max_examples=200)
@given(curves(max_n=80), st.sets(st.sampled_from(oracle.FUNCTIONALS), min_size=1), st.data())
def test_the_guarantee_on_curves(curve, names, data):
    known = {
        name: value * data.draw(st.floats(1, 2)) for name, value in of_curve(curve, names).items()
    }
    max_kl = data.draw(st.floats(0.02, 1)) * max(curve.expected_kl(Schedule([curve.n])), 1e-6)
    schedule = minimax(curve.n, max_kl=max_kl, **known)
    slack = 1e-13 * curve.n * curve.h[0]
    assert curve.expected_kl(schedule) <= max_kl * (1 + 1e-12) + slack


def test_the_guarantee_on_thousands_of_curves():
    generator = np.random.default_rng(0)
    for _ in range(40):
        n = int(generator.integers(2, 200))
        tc, dtc = generator.uniform(0.2, 20, size=2)
        schedule = minimax(n, max_kl=0.5, total_correlation=tc, dual_total_correlation=dtc)
        level = np.arange(1, n)
        # Few thresholds, scaled up to the nearer bound.
        for _ in range(100):
            chosen = generator.integers(1, n, size=generator.integers(1, 5))
            drops = np.bincount(chosen, generator.exponential(size=len(chosen)), minlength=n)[1:]
            drops *= min(tc / ((n - level) @ drops), dtc / (level @ drops))
            curve = of(np.append(np.cumsum(drops[::-1])[::-1], 0.0))
            assert curve.expected_kl(schedule) <= 0.5 * (1 + 1e-10)


FAMILIES = {
    "permutation": distributions.Permutation(48),
    "repeated token": distributions.Repeated(48, 3),
    "zero sum": distributions.ZeroSum(48, 3),
    "Reed-Solomon": distributions.ReedSolomon(48, 12, 53),
    "chain": distributions.MarkovChain([0.5, 0.5], [[0.9, 0.1], [0.1, 0.9]], 48),
    "urn": distributions.Exchangeable.polya_urn([1, 2], 48),
    "Curie-Weiss": distributions.Exchangeable.curie_weiss(48, 1.2),
    "one-hot": distributions.Exchangeable.one_hot(48),
}


@pytest.mark.parametrize("name", FAMILIES)
def test_the_guarantee_on_families(name):
    curve = information_curve(FAMILIES[name])
    n, known = curve.n, of_curve(curve)
    tc, dtc = known["total_correlation"], known["dual_total_correlation"]
    for max_kl in (0.05, 0.5, 3.0):
        all_known = minimax(n, max_kl=max_kl, **known)
        both = minimax(n, max_kl=max_kl, total_correlation=tc, dual_total_correlation=dtc)
        rules = [
            schedules.total_correlation(n, tc, max_kl),
            schedules.dual_total_correlation(n, dtc, max_kl),
            schedules.austin(n, dtc, max_kl),
        ]
        odds = schedules.harmonic(n, rho=max_kl / curve.harmonic_mass)
        for schedule in (all_known, both, odds, *rules):
            assert curve.expected_kl(schedule) <= max_kl * (1 + 1e-10)
        best = schedules.optimal(curve, max_kl=max_kl)
        assert best.nfe <= all_known.nfe <= both.nfe <= min(rule.nfe for rule in rules)
        assert all_known.nfe <= odds.nfe


# Known numbers --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("n", "known", "max_kl", "steps", "published"),
    [
        (256, {"total_correlation": 0.693}, 0.5, 6, 15),
        (1024, {"total_correlation": 10, "dual_total_correlation": 10}, 0.5, 40, 112),
        (1024, {"total_correlation": 10, "dual_total_correlation": 10}, 0.1, 171, 386),
        (4096, {"total_correlation": 100, "dual_total_correlation": 50}, 1.0, 136, 301),
    ],
)
def test_fewer_steps_than_published(n, known, max_kl, steps, published):
    schedule = minimax(n, max_kl=max_kl, **known)
    assert schedule.nfe == steps
    assert schedule.worst_case_kl <= max_kl
    assert oracle.worst_case(schedule.sizes.tolist(), known) <= max_kl * (1 + 1e-9)
    rules = {
        "total_correlation": schedules.total_correlation,
        "dual_total_correlation": schedules.dual_total_correlation,
    }
    assert min(rules[name](n, known[name], max_kl).nfe for name in known) == published


def test_a_grid_of_multipliers_misses_the_shortest():
    """The number of steps is not unimodal in the multipliers."""
    n, tc, dtc, max_kl = 1024, 10.0, 10.0, 0.1
    lengths = [
        oracle.longest_steps(n, (share * max_kl / tc, (1 - share) * max_kl / dtc, 0, 0)).nfe
        for share in np.linspace(0, 1, 40)
    ]
    shortest = minimax(n, max_kl=max_kl, total_correlation=tc, dual_total_correlation=dtc).nfe
    assert shortest < min(lengths)
    turns = np.sign(np.diff(lengths))
    turns = turns[turns != 0]
    assert (np.diff(turns) != 0).sum() > 1


def test_lengths_that_land_on_integers():
    # Three tenths over one tenth is three: four tokens may go at once, then two.
    assert minimax(4, max_kl=0.1, total_correlation=0.3).nfe < 4
    for parts in range(1, 30):
        whole = minimax(30, max_kl=1.0, total_correlation=float(parts))
        tenths = minimax(30, max_kl=0.1, total_correlation=parts / 10)
        assert whole == tenths
        assert tenths.worst_case_kl <= 0.1 * (1 + 1e-12)


@settings(max_examples=40)
@given(st.integers(2, 200), st.floats(0.1, 10), st.floats(0.1, 10), st.floats(0.05, 1))
def test_redundant_bounds_do_no_harm(n, tc, dtc, max_kl):
    both = minimax(n, max_kl=max_kl, total_correlation=tc, dual_total_correlation=dtc)
    loose = minimax(
        n,
        max_kl=max_kl,
        total_correlation=tc,
        dual_total_correlation=dtc,
        harmonic_mass=min(tc, dtc),
        max_information=(tc + dtc) / n,
    )
    assert both == loose
    assert loose.worst_case_kl == pytest.approx(both.worst_case_kl, rel=3e-9)


# The object -----------------------------------------------------------------------------------


def test_a_minimax_schedule_is_a_schedule():
    schedule = minimax(256, max_kl=0.5, total_correlation=0.693)
    assert isinstance(schedule, Schedule)
    assert schedule == Schedule(schedule.sizes)
    assert Schedule(schedule.sizes) == schedule
    assert hash(schedule) == hash(Schedule(schedule.sizes))
    assert "worst-case KL 0.462 nats" in repr(schedule)
    again = pickle.loads(pickle.dumps(schedule))
    assert isinstance(again, MinimaxSchedule)
    assert again == schedule
    assert (again.known, again.multipliers) == (schedule.known, schedule.multipliers)
    assert (again.worst_case_kl, again.proven) == (schedule.worst_case_kl, True)
    with pytest.raises(AttributeError):
        schedule.proven = False
    with pytest.raises(TypeError):
        schedule.multipliers["total_correlation"] = 0.0


def test_independence_is_known():
    for name in oracle.FUNCTIONALS:
        schedule = minimax(9, max_kl=0.1, **{name: 0.0})
        assert schedule == Schedule([9])
        assert schedule.worst_case_kl == 0
        assert minimax(9, steps=4, **{name: 0}) == Schedule([9])
    assert minimax(1, max_kl=0.1, total_correlation=3.0) == Schedule([1])
    ones = minimax(9, steps=9, total_correlation=1.0)
    assert (ones, ones.worst_case_kl) == (Schedule([1] * 9), 0.0)


def test_numbers_far_apart():
    tiny = minimax(50, max_kl=1e-300, total_correlation=1e300, max_information=1e-300)
    assert tiny.worst_case_kl <= 1e-300
    assert minimax(50, max_kl=1e300, total_correlation=1e-300, harmonic_mass=1.0).nfe == 1
    far = minimax(2**53, max_kl=1.0, total_correlation=1.0)
    assert (far.n, far.nfe) == (2**53, 1)
    even = minimax(2**53, steps=3000, max_information=1.0)
    assert (even.n, even.nfe) == (2**53, 3000)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"max_kl": 1.0}, ValueError, "total_correlation, .*: none is given, expected at least"),
        ({"total_correlation": 1.0}, ValueError, "steps, max_kl: expected exactly one"),
        ({"total_correlation": 1, "max_kl": 1, "steps": 2}, ValueError, "expected exactly one"),
        ({"total_correlation": 1, "max_kl": 0}, ValueError, "max_kl: is 0, expected a finite"),
        ({"total_correlation": 1, "max_kl": -1}, ValueError, "max_kl: is -1, expected a finite"),
        ({"total_correlation": 1, "max_kl": np.inf}, ValueError, "max_kl: is inf, expected"),
        ({"total_correlation": -1, "max_kl": 1}, ValueError, "total_correlation: is -1, expected"),
        ({"harmonic_mass": np.nan, "max_kl": 1}, ValueError, "harmonic_mass: is nan, expected"),
        ({"max_information": "1", "max_kl": 1}, TypeError, "max_information: is '1', expected"),
        ({"dual_total_correlation": 1, "steps": 10}, ValueError, r"steps: is 10, expected 1\.\.9"),
        ({"dual_total_correlation": 1, "steps": 0}, ValueError, r"steps: is 0, expected 1\.\.9"),
        ({"tc": 1, "max_kl": 1}, TypeError, "unexpected keyword argument 'tc'"),
    ],
)
def test_bad_questions(arguments, error, message):
    with pytest.raises(error, match=message):
        minimax(9, **arguments)


def test_bad_numbers_of_tokens():
    with pytest.raises(ValueError, match="n: is 0, expected at least 1 token"):
        minimax(0, max_kl=1, total_correlation=1)
    with pytest.raises(ValueError, match=r"expected at most 2\^53"):
        minimax(2**53 + 1, max_kl=1, total_correlation=1)
    with pytest.raises(TypeError, match="n: is a float, expected an integer"):
        minimax(4.0, max_kl=1, total_correlation=1)
    with pytest.raises(ValueError, match="over 20000000 steps are needed"):
        minimax(2**50, max_kl=1, total_correlation=1e30)
