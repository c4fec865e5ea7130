"""Intervals of estimated curves hold the truth as often as they say: 500 repetitions each."""

import dataclasses

import numpy as np
import pytest

from intervals import LAWS, assert_covers, covers
from unmask import CrossEntropyCurve, information_curve, schedules
from unmask.estimation import CurveAccumulator, estimate_curve, gain

REPETITIONS = 500
LEVEL = 0.95


@pytest.fixture(scope="module", params=LAWS)
def repeated(request):
    """Curve of a law, and estimates of it: by losses and by entropies each time."""
    law = LAWS[request.param]()
    runs = []
    for s in range(REPETITIONS):
        gathered = CurveAccumulator(law.n)
        data = law.sample(100, seed=10_000 + s)
        estimate_curve(law, data, passes=300, batch_size=300, seed=s, resume=gathered)
        runs.append({known: gathered.curve(calibrated=known) for known in (False, True)})
    return information_curve(law), runs


def held_by(curves, exact):
    """Which losses are held in each repetition, but for those that are known exactly."""
    open_to_doubt = np.max([curve.standard_errors for curve in curves], axis=0) > 1e-9
    return np.array([covers(curve, exact, LEVEL) for curve in curves])[:, open_to_doubt]


@pytest.mark.parametrize("calibrated", [False, True])
def test_coverage_of_losses(repeated, calibrated):
    exact, runs = repeated
    curves = [run[calibrated] for run in runs]
    assert_covers(held_by(curves, exact.h), LEVEL)
    off = np.array([curve.h - exact.h for curve in curves])
    error = np.std(off, axis=0) / np.sqrt(REPETITIONS)
    assert (abs(np.mean(off, axis=0)) <= 4 * error + 1e-9).all()


@pytest.mark.parametrize("calibrated", [False, True])
def test_coverage_of_gains(repeated, calibrated):
    exact, runs = repeated
    one, two = schedules.optimal(exact, steps=4), schedules.uniform(exact.n, 4)
    truth = exact.expected_kl(two) - exact.expected_kl(one)
    intervals = np.array([gain(run[calibrated], one, two).interval for run in runs])
    assert_covers((intervals[:, :1] <= truth) & (truth <= intervals[:, 1:]), LEVEL)


def test_coverage_takes_more_than_standard_errors(repeated):
    """Losses are skewed: Student's t alone does not hold them as often as it says."""
    exact, runs = repeated
    plain = [dataclasses.replace(run[False], skewness=None) for run in runs]
    with pytest.raises(AssertionError):
        assert_covers(held_by(plain, exact.h), LEVEL)


def test_skewness_widens_on_the_far_side():
    given = {"standard_errors": [0.1, 0.1, 0.1], "sequences": 25}
    low, high = CrossEntropyCurve([1.0, 1.0, 1.0], skewness=[-0.5, 0.0, 0.5], **given).interval()
    below, above = 1 - low, high - 1
    assert below[0] > above[0]
    assert below[1] == pytest.approx(above[1])
    assert below[2] < above[2]
    # What is as skewed the other way has the same interval the other way round.
    assert (below[0], above[0]) == pytest.approx((above[2], below[2]))
    plain = CrossEntropyCurve([1.0, 1.0, 1.0], **given).interval()
    assert (plain[0][1], plain[1][1]) == (low[1], high[1])


def test_skewness_of_complete_sequences():
    """The sample skewness, unbiased for normal samples, of the mean of each loss."""
    from scipy import stats

    losses = np.random.default_rng(0).exponential(size=(12, 3))
    names, revealed = np.indices((12, 3)).reshape(2, -1)
    gathered = CurveAccumulator(3)
    gathered.update_losses(revealed, losses.ravel(), sequences=names)
    expected = stats.skew(losses, axis=0, bias=False) / np.sqrt(12)
    np.testing.assert_allclose(gathered.curve().skewness, expected, rtol=1e-9)


@pytest.mark.parametrize(
    ("given", "confidence", "error", "message"),
    [
        ({}, 0.95, ValueError, "standard_errors: are not known"),
        ({"sequences": 1}, 0.95, ValueError, "sequences: is 1, expected at least 2"),
        ({}, 1.0, ValueError, "confidence: is 1.0, expected a level between 0 and 1"),
        ({}, "x", TypeError, "confidence: is 'x'"),
    ],
)
def test_no_interval(given, confidence, error, message):
    errors = {"standard_errors": [0.1, 0.1]} if given else {}
    with pytest.raises(error, match=message):
        CrossEntropyCurve([1.0, 0.5], **errors, **given).interval(confidence)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"sequences": 0}, "sequences: is 0, expected at least 1"),
        ({"skewness": [0.1]}, r"skewness: has shape \(1,\), expected \(2,\)"),
        ({"smoothed": CrossEntropyCurve([1.0])}, "smoothed: is for n = 1 tokens, expected 2"),
        ({"smoothed": 3}, "smoothed: is a int, expected a CrossEntropyCurve"),
    ],
)
def test_what_does_not_fit_a_curve(given, message):
    with pytest.raises((ValueError, TypeError), match=message):
        CrossEntropyCurve([1.0, 0.5], **given)
