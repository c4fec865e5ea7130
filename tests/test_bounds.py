"""Bounds: never on the wrong side, as stated, and silent where they do not apply."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import unmask
from unmask import CrossEntropyCurve, InformationCurve, Schedule, bounds, schedules
from unmask.testing import curves, distributions
from unmask.testing import schedules as some_schedules

of = InformationCurve.from_conditional_entropies


@st.composite
def scheduled(draw, max_n=30):
    curve = draw(curves(max_n=max_n))
    return curve, draw(some_schedules(curve.n))


def slack(curve):
    return 1e-12 * curve.n * curve.h[0]


# Upper bounds ---------------------------------------------------------------------------------


@given(scheduled())
def test_upper_bounds_are_above(drawn):
    curve, schedule = drawn
    exact = curve.expected_kl(schedule) - slack(curve)
    assert exact <= bounds.worst_case_kl(schedule, curve) * (1 + 1e-12)
    assert exact <= bounds.largest_step_kl(schedule, curve)
    assert bounds.largest_step_kl(schedule, curve) <= bounds.li_cai_kl(schedule, curve) + slack(
        curve
    )
    # No fewer letters than the entropy asks for: next to one the exponential has few digits.
    letters = math.nextafter(math.exp(curve.h[0]), math.inf)
    assert exact <= bounds.worst_order_kl(schedule, letters)
    closed = Schedule([*schedule.sizes[:-1], *[1] * schedule.sizes[-1]])
    odds = bounds.wainwright_kl(closed, curve)
    assert curve.expected_kl(closed) - slack(curve) <= odds
    assert odds <= bounds.wainwright_kl(closed, harmonic_mass=curve.harmonic_mass) + slack(curve)


@given(scheduled())
def test_numbers_do_as_well_as_the_curve(drawn):
    curve, schedule = drawn
    tc, dtc = curve.total_correlation, curve.dual_total_correlation
    both = bounds.li_cai_kl(schedule, total_correlation=tc, dual_total_correlation=dtc)
    assert both == bounds.li_cai_kl(schedule, curve)
    by_number = bounds.largest_step_kl(schedule, max_information=float(curve.z[-1]))
    assert by_number == bounds.largest_step_kl(schedule, curve)
    by_numbers = bounds.worst_case_kl(
        schedule,
        total_correlation=tc,
        dual_total_correlation=dtc,
        max_information=float(curve.z[-1]),
        harmonic_mass=curve.harmonic_mass,
    )
    assert by_numbers == bounds.worst_case_kl(schedule, curve)


@given(scheduled(12))
def test_odds_as_stated(drawn):
    curve, schedule = drawn
    n, psi = curve.n, lambda x: x / (1 - x) if x < 1 else math.inf
    total = 0.0
    for a, b in zip(schedule.cumulative[:-1], schedule.cumulative[1:], strict=True):
        mass = sum(m * (n - m) / n * (curve.z[m] - curve.z[m - 1]) for m in range(a + 1, b))
        if mass > 0:
            total += (psi(b / n) / psi((a + 1) / n) - 1) * mass
    if math.isinf(total):
        with pytest.raises(ValueError, match=r"its last step reveals .* the odds become infinite"):
            bounds.wainwright_kl(schedule, curve)
    else:
        assert bounds.wainwright_kl(schedule, curve) == pytest.approx(total, abs=slack(curve))


@given(st.integers(1, 400), st.floats(0.01, 20), st.floats(0.01, 5))
def test_odds_of_the_harmonic_schedule(n, rho, mass):
    schedule = schedules.harmonic(n, rho=rho)
    assert bounds.wainwright_kl(schedule, harmonic_mass=mass) <= rho * mass * (1 + 1e-9)
    assert schedule.nfe <= bounds.wainwright_steps(n=n, max_kl=rho * mass, harmonic_mass=mass)


@settings(max_examples=30)
@given(distributions(max_n=4), st.data())
def test_any_order_of_any_law(law, data):
    schedule = data.draw(some_schedules(law.n))
    curve = unmask.information_curve(law)
    q = max(law.alphabet_sizes)
    assert curve.expected_kl(schedule) <= bounds.worst_order_kl(schedule, q) + 1e-12


def test_any_order_is_attained():
    law = unmask.distributions.Repeated(6, 3)
    curve = unmask.information_curve(law)
    assert bounds.worst_order_kl(Schedule([6]), 3) == pytest.approx(
        curve.expected_kl(Schedule([6]))
    )


@given(curves(max_n=60), st.floats(0.02, 2))
def test_enough_steps_are_enough(curve, share):
    max_kl = share * max(curve.total_correlation, curve.dual_total_correlation, 1e-6)
    least = bounds.least_steps(curve, max_kl)
    assert least <= bounds.chen_cong_li_steps(curve, max_kl=max_kl)
    assert least <= bounds.austin_steps(curve, max_kl=max_kl)
    assert least <= bounds.wainwright_steps(curve, max_kl=max_kl)


# Lower bounds ---------------------------------------------------------------------------------


@given(scheduled())
def test_nothing_is_below_the_least(drawn):
    curve, schedule = drawn
    assert bounds.least_kl(curve, schedule.nfe) <= curve.expected_kl(schedule) + slack(curve)
    exact = max(curve.expected_kl(schedule), 0.0)
    assert bounds.least_steps(curve, exact) <= schedule.nfe


def test_the_logarithm_is_needed():
    assert bounds.logarithmic_steps(2048, 0.05) == 13
    assert bounds.logarithmic_steps(2048, 0.05, max_kl=0.005) == 59
    # The constant is about a tenth.
    for n in (512, 2048, 8192):
        assert bounds.logarithmic_steps(n, 0.08) > 0.05 * math.log(n) / 0.08
    with pytest.raises(ValueError, match=r"eps: is 0\.5, expected"):
        bounds.logarithmic_steps(2048, 0.5)
    with pytest.raises(ValueError, match="max_kl: is 0, expected"):
        bounds.logarithmic_steps(2048, 0.05, max_kl=0)


@given(st.integers(1, 300), st.floats(0, 1))
def test_permutations_need_steps(n, share):
    curve = unmask.information_curve(unmask.distributions.Permutation(n))
    max_kl = max(share * curve.total_correlation, 1e-3)
    assert bounds.least_steps(curve, max_kl) >= bounds.permutation_steps(n, max_kl)


def test_one_step_is_enough_for_two_tokens():
    # One step costs log 2; the formula alone would ask for 1.02 of them.
    assert bounds.permutation_steps(2, 0.6932) == 1.0
    assert bounds.permutation_steps(2, 0.6931) > 1.0


def test_unknown_laws():
    assert bounds.unknown_law_calls(1025) == 32
    with pytest.raises(ValueError, match="n: is 0"):
        bounds.unknown_law_calls(0)


# The certificate ------------------------------------------------------------------------------


@settings(max_examples=60)
@given(scheduled())
def test_certificates_hold(drawn):
    curve, schedule = drawn
    proof = bounds.certificate(schedule, curve, alphabet_size=1e6)
    exact = proof.expected_kl
    assert exact == curve.expected_kl(schedule) == proof["exact"].value
    assert len({bound.name for bound in proof}) == len(proof) == len(list(proof))
    least = proof["least for this curve"].value
    assert least is not None
    for bound in proof:
        assert (bound.value is None) == bool(bound.reason)
        if bound.value is None:
            continue
        if bound.unit == "nats":
            if bound.kind == "upper" and bound.name != "any order":
                assert exact <= bound.value * (1 + 1e-12) + slack(curve)
            if bound.kind == "lower":
                assert bound.value <= exact + slack(curve)
        elif bound.kind == "upper":
            assert least <= bound.value


def test_certificates_are_read():
    curve = of(np.log(64 - np.arange(64)))
    proof = bounds.certificate(schedules.uniform(64, 32), curve)
    text = repr(proof)
    for bound in proof:
        assert bound.name in text
        assert (bound.reason or bound.source) in text
    assert proof["odds"].value is None
    assert "its last step reveals 2 tokens, expected 1" in proof["odds"].reason
    assert proof["any order"].reason == "alphabet_size: is not given"
    assert "does not apply" in text
    with pytest.raises(KeyError, match="'oods' is not one of: exact, least in these steps"):
        proof["oods"]
    with pytest.raises(AttributeError):
        proof.expected_kl = 0.0
    few = bounds.certificate(schedules.uniform(64, 32), curve, alphabet_size=2)["any order"]
    assert few.value is None
    assert few.reason.startswith("alphabet_size: is 2, expected letters for tokens of 4.15888 nats")
    letters = bounds.certificate(schedules.uniform(64, 32), curve, alphabet_size=64)["any order"]
    assert letters.value == pytest.approx(32 * math.log(64))
    free = bounds.certificate(Schedule([1] * 64), curve)
    assert free.expected_kl == free["worst case, all"].value == 0
    assert free["Chen-Cong-Li"].reason == "max_kl: is 0.0, expected a finite number of nats > 0"


# Bad input ------------------------------------------------------------------------------------

CURVE = of([3.0, 2.0, 1.0])
STEPS = Schedule([1, 2])


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: bounds.worst_case_kl(STEPS), ValueError, "none is given, expected at least one"),
        (lambda: bounds.worst_case_kl([1, 2], CURVE), TypeError, "schedule: is a list, expected"),
        (lambda: bounds.worst_case_kl(STEPS, total_correlation=-1), ValueError, "is -1, expected"),
        (lambda: bounds.worst_case_kl(STEPS, tc=1), TypeError, "unexpected keyword argument 'tc'"),
        (
            lambda: bounds.worst_case_kl(STEPS, CURVE, harmonic_mass=1),
            ValueError,
            "curve, harmonic_mass: expected not both",
        ),
        (
            lambda: bounds.worst_case_kl(Schedule([1]), CURVE),
            ValueError,
            "schedule: its sizes sum to 1, expected n = 3",
        ),
        (
            lambda: bounds.li_cai_kl(STEPS, total_correlation=1.0),
            ValueError,
            "curve, dual_total_correlation: expected one of the two",
        ),
        (lambda: bounds.largest_step_kl(STEPS), ValueError, "curve, max_information: expected one"),
        (lambda: bounds.worst_order_kl(STEPS, 0.5), ValueError, "alphabet_size: is 0.5, expected"),
        (lambda: bounds.wainwright_kl(STEPS), ValueError, "curve, harmonic_mass: expected one"),
        (
            lambda: bounds.wainwright_kl(STEPS, harmonic_mass=1),
            ValueError,
            "its last step reveals 2 tokens, expected 1: the odds become infinite",
        ),
        (
            lambda: bounds.chen_cong_li_steps(max_kl=1, total_correlation=1),
            ValueError,
            "curve, n: expected one of the two",
        ),
        (lambda: bounds.chen_cong_li_steps(max_kl=1, n=3), ValueError, "expected one of the three"),
        (lambda: bounds.chen_cong_li_steps(CURVE, max_kl=0), ValueError, "max_kl: is 0, expected"),
        (lambda: bounds.austin_steps(CURVE, max_kl=1, n=3), ValueError, "curve, n: expected not"),
        (lambda: bounds.certificate(STEPS, [1.0]), TypeError, "curve: is a list, expected an Info"),
        (
            lambda: bounds.certificate(STEPS, CrossEntropyCurve([1.0, 1.0, 1.0])),
            TypeError,
            "expected an InformationCurve: the total correlations of losses are not",
        ),
        (
            lambda: bounds.certificate(STEPS, of([1.0, 0.5, 0.7])),
            ValueError,
            "curve: h increases from 0.5 to 0.7 at 2",
        ),
    ],
)
def test_bad_questions(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_certificates_say_what_the_curve_is():
    bits = np.random.default_rng(0).integers(0, 2, (200, 6))
    bits[:, 3:] = bits[:, :3]
    schedule = Schedule([2, 4])
    law = unmask.distributions.Empirical(bits)
    plugin = bounds.certificate(schedule, unmask.information_curve(law))
    assert plugin["exact"].kind == "exact"
    assert "of the curve of the sample itself" in plugin["exact"].source
    sampled = unmask.information_curve(law, method="sampled", samples=50, seed=0).monotone()
    proof = bounds.certificate(schedule, sampled)
    assert proof["estimate"].kind == "estimate"
    assert proof["estimate"].value == proof.expected_kl == sampled.expected_kl(schedule)
    assert "of a sampled curve" in proof["estimate"].source
    assert "~ " in repr(proof)
    assert "\u2248" in proof._repr_html_()
    with pytest.raises(KeyError):
        proof["exact"]


def test_numbers_of_steps_are_whole_and_no_more_than_the_tokens():
    curve = of([1.0, 0.9, 0.5, 0.4, 0.1, 0.1, 0.05, 0.0])
    for sizes in ([2, 6], [8], [1, 1, 1, 5], [1, 2, 2, 3]):
        proof = bounds.certificate(Schedule(sizes), curve)
        for bound in proof:
            if bound.unit == "steps" and bound.value is not None:
                assert bound.value == int(bound.value)
                assert 1 <= bound.value <= 8
        enough = bounds.austin_steps(curve, max_kl=proof.expected_kl)
        assert proof["Austin"].value == min(8, math.floor(enough))
        # Whoever has as many steps as are enough has as many as are needed.
        needed = proof["least for this curve"].value
        for name in ("minimax, TC and DTC", "Chen-Cong-Li", "Austin", "odds, steps"):
            assert proof[name].value is None or proof[name].value >= needed


def test_random_counts_are_pointed_to_their_sizes():
    curve = of([1.0, 0.5, 0.25, 0.25])
    random = unmask.BernoulliSchedule([0, 0.25, 1], n=4)
    for call in (
        lambda: bounds.certificate(random, curve),
        lambda: bounds.worst_case_kl(random, total_correlation=1.0),
    ):
        with pytest.raises(
            TypeError, match=r"schedule: is a BernoulliSchedule, .* to_schedule\(\)"
        ):
            call()


@pytest.mark.parametrize("wrong", [None, 3, "curve", [1.0, 0.5], Schedule([1, 3])])
def test_what_is_no_curve_is_named(wrong):
    schedule = Schedule([1, 3])
    for call in (
        lambda: bounds.certificate(schedule, wrong),
        lambda: bounds.least_kl(wrong, 2),
        lambda: bounds.least_steps(wrong, 0.5),
    ):
        with pytest.raises(TypeError, match="curve: is a"):
            call()
    if wrong is not None:
        for call in (
            lambda: bounds.chen_cong_li_steps(wrong, max_kl=0.5),
            lambda: bounds.largest_step_kl(schedule, wrong),
            lambda: bounds.li_cai_kl(schedule, wrong),
            lambda: bounds.wainwright_kl(schedule, wrong),
        ):
            with pytest.raises(TypeError, match="curve: is a"):
                call()
