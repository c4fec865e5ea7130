"""Bounds on the cost of a schedule chosen by an estimate: they hold as often as they say."""

import pickle

import numpy as np
import pytest
from scipy import stats

import reference
import unmask
from unmask import CrossEntropyCurve, InformationCurve, Schedule, schedules
from unmask.schedules import RobustSchedule, robust
from unmask.schedules._robust import _Band, _least_over_band

of = InformationCurve.from_conditional_entropies

N = 16
TRUE = 0.5 + 1.5 * np.exp(-np.arange(N) / 3)


def sampled(h, errors, samples=None):
    means = np.concatenate(([0.0], np.cumsum(h)))
    return InformationCurve._made(
        means, h, h[0] - h, method="sampled", standard_errors=errors, samples=samples
    )


def share_covered(estimates, truth, steps, confidence):
    """How often the bound holds, and how often the estimate would have done."""
    by_bound = by_estimate = 0
    for curve in estimates:
        schedule = robust(curve, steps, confidence=confidence)
        cost = truth(schedule)
        by_bound += cost <= schedule.upper_bound
        by_estimate += cost <= schedule.estimate
    return by_bound / len(estimates), by_estimate / len(estimates)


@pytest.mark.parametrize("steps", [2, 5, 12])
def test_coverage_of_sampled_curves(steps):
    errors = np.where(np.arange(N) == 0, 0.0, 0.08)
    generator = np.random.default_rng(1)
    estimates = [
        sampled(TRUE + errors * generator.standard_normal(N), errors.copy()) for _ in range(300)
    ]
    bound, estimate = share_covered(estimates, of(TRUE).expected_kl, steps, 0.8)
    assert bound >= 0.8
    # What is chosen because it looks cheap is not as cheap as it looks.
    assert estimate < 0.5


@pytest.mark.parametrize("samples", [2, 3, 5])
def test_coverage_where_errors_are_hardly_known(samples):
    """Few sequences behind each point: the bound holds as often as it says, by Student's t."""
    confidence, repetitions = 0.95, 1000
    generator = np.random.default_rng(samples)
    truth = of(TRUE)
    bounds, bands = 0, {True: 0, False: 0}
    for _ in range(repetitions):
        off = np.where(np.arange(N) == 0, 0, 0.1) * generator.standard_normal((samples, N))
        h, errors = TRUE + off.mean(axis=0), off.std(axis=0, ddof=1) / np.sqrt(samples)
        curve = sampled(h, errors, samples)
        schedule = robust(curve, 5, confidence=confidence)
        bounds += truth.expected_kl(schedule) <= schedule.upper_bound
        for known in bands:
            band = _Band.of(sampled(h, errors, samples if known else None), confidence, seed=0)
            inside = (band.lower <= TRUE + 1e-9) & (band.upper + 1e-9 >= TRUE)
            bands[known] += inside.all() and band.total <= TRUE.sum()
    least = confidence - 3 * np.sqrt(confidence * (1 - confidence) / repetitions)
    assert bounds / repetitions >= least
    assert bands[True] / repetitions >= least
    assert bands[False] / repetitions < least  # by normal quantiles


def test_coverage_of_the_band_of_few_sequences_with_covariance():
    """All losses of a sequence at once: their errors are estimated from the same few."""
    confidence, repetitions, sequences = 0.9, 200, 4
    generator = np.random.default_rng(5)
    root = np.linalg.cholesky(correlated())
    held = 0
    for _ in range(repetitions):
        drawn = TRUE + np.sqrt(sequences) * generator.standard_normal((sequences, N)) @ root.T
        covariance = np.cov(drawn, rowvar=False) / sequences
        curve = CrossEntropyCurve(drawn.mean(axis=0), covariance=covariance, sequences=sequences)
        band = _Band.of(curve, confidence, seed=0)
        inside = (band.upper + 1e-12 >= TRUE) & (band.lower <= TRUE + 1e-12)
        held += inside.all() and band.total <= TRUE.sum()
    assert held / repetitions >= confidence - 3 * np.sqrt(confidence * 0.1 / repetitions)


def test_a_curve_knows_its_samples(tmp_path):
    law = unmask.distributions.Exchangeable.polya_urn([1, 1], 8)
    curve = unmask.information_curve(law, method="sampled", samples=3, seed=5)
    curve.save(tmp_path / "curve.npz")
    for other in (InformationCurve.load(tmp_path / "curve.npz"), pickle.loads(pickle.dumps(curve))):
        assert other.samples == 3
        assert robust(other, 4).upper_bound == robust(curve, 4).upper_bound
    assert curve.monotone().samples == 3
    plain = sampled(curve.h.copy(), np.array(curve.standard_errors))
    assert robust(plain, 4).upper_bound < robust(curve, 4).upper_bound
    assert unmask.information_curve(law).samples is None


def correlated():
    """Errors of neighbours are alike, and grow."""
    scale = 0.02 + 0.05 * np.arange(N) / N
    return scale[:, None] * scale * 0.8 ** np.abs(np.subtract.outer(np.arange(N), np.arange(N)))


@pytest.mark.parametrize("entropy", [None, float(TRUE.sum()) - 0.3])
def test_coverage_of_losses_with_covariance(entropy):
    covariance = correlated()
    losses = TRUE + 0.05 * np.sin(np.arange(N))
    truth = CrossEntropyCurve(losses, entropy=entropy)
    cost = truth._excess if entropy is None else truth.expected_kl
    generator = np.random.default_rng(2)
    drawn = generator.multivariate_normal(losses, covariance, size=80)
    estimates = [CrossEntropyCurve(row, entropy=entropy, covariance=covariance) for row in drawn]
    bound, estimate = share_covered(estimates, cost, 4, 0.8)
    assert bound >= 0.8
    assert estimate < 0.6
    assert robust(estimates[0], 4).quantity == ("excess" if entropy is None else "expected KL")


def test_coverage_of_the_band_itself():
    """Of all points and the sum at once, near the confidence: a bound could not use less."""
    covariance = correlated()
    # Its width does not depend on the estimate.
    band = _Band.of(CrossEntropyCurve(TRUE, covariance=covariance), 0.8, seed=0)
    off = np.random.default_rng(3).multivariate_normal(np.zeros(N), covariance, size=20_000)
    held = (np.abs(off) <= band.upper - TRUE).all(axis=1)
    held &= np.abs(off.sum(axis=1)) <= TRUE.sum() - band.total
    assert 0.795 <= held.mean() <= 0.825


def test_sidak_where_errors_are_independent():
    errors = np.full(N, 0.1)
    band = _Band.of(sampled(TRUE, errors), 0.9, seed=0)
    width = stats.norm.ppf((1 + 0.9 ** (1 / (N + 1))) / 2)
    assert band.upper == pytest.approx(TRUE + width * errors, rel=1e-9)
    assert TRUE.sum() - band.total == pytest.approx(width * 0.1 * np.sqrt(N), rel=1e-9)


def test_few_sequences_widen_the_band():
    covariance = correlated()
    many = _Band.of(CrossEntropyCurve(TRUE, covariance=covariance), 0.9, 0)
    few = _Band.of(CrossEntropyCurve(TRUE, covariance=covariance, sequences=6), 0.9, 0)
    assert (few.upper > many.upper).all()


# The minimum ----------------------------------------------------------------------------------


def test_the_bound_is_the_smallest_there_is():
    generator = np.random.default_rng(4)
    for n in (1, 2, 5, 8):
        errors = generator.uniform(0.01, 0.2, size=n)
        curve = sampled(np.sort(generator.uniform(1, 2, size=n))[::-1].copy(), errors)
        band = _Band.of(curve, 0.9, seed=0)
        for steps in range(1, n + 1):
            found = robust(curve, steps, confidence=0.9)
            every = [s for s in reference.compositions(n) if len(s) <= steps]
            least = min(band.bound(np.array(sizes)) for sizes in every)
            assert found.upper_bound == pytest.approx(least, abs=1e-12)
            assert found.nfe <= steps
            # The second bound alone, worst over the box, corner by corner.
            sizes = _least_over_band(band, steps)
            starts = np.cumsum(sizes) - sizes
            weights = np.full(n, -1.0)
            weights[starts] += sizes
            worst = np.where(weights > 0, band.upper, band.lower) @ weights
            if found.upper_bound < worst - 1e-12:
                by_sum = found.sizes @ band.upper[np.cumsum(found.sizes) - found.sizes]
                assert found.upper_bound == pytest.approx(by_sum - band.total, abs=1e-12)


def test_one_token_at_a_time_costs_nothing():
    errors = np.full(N, 0.1)
    assert robust(sampled(TRUE, errors), N).upper_bound == 0
    schedule = robust(CrossEntropyCurve(TRUE, standard_errors=errors), N)
    assert (schedule.upper_bound, schedule.quantity) == (0.0, "excess")


def test_exact_points_give_the_optimum():
    curve = sampled(TRUE, np.zeros(N))
    for steps in (1, 4, 9):
        schedule = robust(curve, steps)
        assert schedule == schedules.optimal(of(TRUE), steps=steps)
        assert schedule.upper_bound == pytest.approx(of(TRUE).expected_kl(schedule), abs=1e-12)
        assert schedule.estimate == pytest.approx(schedule.upper_bound, abs=1e-12)


def test_a_law_that_was_sampled():
    law = unmask.distributions.Exchangeable.polya_urn([1, 1], 20)
    exact = unmask.information_curve(law)
    curve = unmask.information_curve(law, method="sampled", samples=60, seed=5)
    schedule = robust(curve, 5, confidence=0.99)
    assert exact.expected_kl(schedule) <= schedule.upper_bound + 1e-12


# The object -----------------------------------------------------------------------------------


def test_a_robust_schedule_is_a_schedule():
    curve = sampled(TRUE, np.full(N, 0.1))
    schedule = robust(curve, 4)
    assert schedule == Schedule(schedule.sizes)
    assert schedule == robust(curve, 4)
    assert f"expected KL at most {schedule.upper_bound:.6g} nats at confidence 0.95" in repr(
        schedule
    )
    again = pickle.loads(pickle.dumps(schedule))
    assert isinstance(again, RobustSchedule)
    assert (again, again.upper_bound) == (schedule, schedule.upper_bound)
    assert robust(curve, 4, confidence=0.99).upper_bound > schedule.upper_bound
    with pytest.raises(AttributeError):
        schedule.upper_bound = 0.0


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda: robust(of(TRUE), 4),
            ValueError,
            "curve: has no standard errors, expected a",
        ),
        (lambda: robust(CrossEntropyCurve(TRUE), 4), ValueError, "curve: has no standard errors"),
        (
            lambda: robust(CrossEntropyCurve(TRUE, standard_errors=TRUE, sequences=1), 4),
            ValueError,
            "curve: has a single sequence behind a point, expected two or more",
        ),
        (lambda: robust([1.0], 1), TypeError, "curve: is a list, expected"),
        (lambda: robust(sampled(TRUE, TRUE), 0), ValueError, r"steps: is 0, expected 1\.\.16"),
        (
            lambda: robust(sampled(TRUE, TRUE), 2, confidence=1),
            ValueError,
            "confidence: is 1, expected a level between 0 and 1, such as",
        ),
        (lambda: robust(sampled(TRUE, TRUE), 2, confidence=0), ValueError, "confidence: is 0, exp"),
        (lambda: robust(sampled(TRUE, TRUE), 2, confidence="x"), TypeError, "confidence: is 'x'"),
        (lambda: robust(sampled(TRUE, TRUE), 2, seed=0.5), TypeError, "seed: is a float, expected"),
    ],
)
def test_bad_questions(call, error, message):
    with pytest.raises(error, match=message):
        call()
