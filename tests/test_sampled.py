import copy
import pickle
import sys

import numpy as np
import pytest

from unmask import InformationCurve, WorkError, _core, information_curve, schedules
from unmask.distributions import (
    Blocks,
    Dense,
    Empirical,
    HiddenMarkov,
    LinearCode,
    Mixture,
    Paired,
    random_linear_code,
)


def some_chain(n):
    return HiddenMarkov(
        [0.5, 0.3, 0.2],
        [[0.8, 0.1, 0.1], [0.1, 0.8, 0.1], [0.2, 0.2, 0.6]],
        [[0.9, 0.1, 0.0], [0.1, 0.8, 0.1], [0.0, 0.1, 0.9]],
        n,
    )


@pytest.mark.parametrize(
    "law",
    [some_chain(6), random_linear_code(8, 4, 2, seed=0), Mixture([0.3, 0.7], [some_chain(5)] * 2)],
    ids=["hidden Markov", "code", "mixture"],
)
def test_unbiased_with_errors_that_cover(law):
    exact = information_curve(law)
    assert exact.standard_errors is None
    runs = [information_curve(law, method="sampled", samples=40, seed=s) for s in range(60)]
    h = np.stack([run.h for run in runs])
    errors = np.stack([run.standard_errors for run in runs])
    # The first point is exact.
    np.testing.assert_allclose(h[:, 0], exact.h[0], rtol=1e-12)
    np.testing.assert_array_equal(errors[:, 0], 0.0)
    spread = h.std(axis=0, ddof=1)
    # No bias, up to the error of the mean of all runs.
    assert (abs(h.mean(axis=0) - exact.h) <= 4 * spread / np.sqrt(len(runs)) + 1e-12).all()
    # Stated errors are as large as the observed ones.
    random = spread > 1e-9
    np.testing.assert_allclose(errors.mean(axis=0)[random], spread[random], rtol=0.4)
    covered = (abs(h - exact.h) <= 2 * errors + 1e-12).mean()
    assert 0.9 <= covered <= 1.0


def test_more_samples_less_error():
    law = some_chain(6)
    few, many = (
        information_curve(law, method="sampled", samples=s, seed=0).standard_errors.sum()
        for s in (50, 800)
    )
    assert 2.5 < few / many < 6


def test_deterministic_laws_have_no_error():
    curve = information_curve(Dense(np.eye(3) / 3), method="sampled", samples=5, seed=0)
    np.testing.assert_allclose(curve.h, [np.log(3), 0.0], atol=1e-15)
    np.testing.assert_allclose(curve.standard_errors, 0.0, atol=1e-15)


def test_method_tells_what_was_done():
    law = some_chain(4)
    assert information_curve(law).method == "enumeration"
    assert information_curve(law, method="exact").method == "enumeration"
    sampled = information_curve(law, method="sampled", samples=3, seed=0)
    assert sampled.method == "sampled"
    assert "sampled" in repr(sampled)
    again = information_curve(law, method="sampled", samples=3, seed=np.random.default_rng(0))
    np.testing.assert_array_equal(sampled.h, again.h)


def test_the_limit_of_enumeration():
    with pytest.raises(_core.WorkError, match=r"about 4\.7e11 operations.*the limit is 1e11"):
        information_curve(HiddenMarkov([1.0], [[1.0]], [[0.2] * 5], 15), method="exact")
    _core.require_work(4.7e11)


def test_out_of_reach_says_what_sampling_costs():
    law = some_chain(200)
    with pytest.raises(_core.WorkError, match=r"about .* s with samples=100 at each of 200"):
        information_curve(law)
    with pytest.raises(_core.WorkError) as caught:
        information_curve(law, method="exact")
    assert "sampled" not in str(caught.value)
    curve = information_curve(law, method="sampled", samples=2, seed=0)
    assert curve.n == 200


def test_batches_agree(monkeypatch):
    law = LinearCode(np.ones((1, 6), dtype=int), 2)
    monkeypatch.setattr("unmask._sampled_curve.ANSWERED", 30)
    curve = information_curve(law, method="sampled", samples=7, seed=0)
    np.testing.assert_allclose(curve.z, information_curve(law).z, atol=1e-15)


def test_monotone_projection():
    law = some_chain(8)
    raw = information_curve(law, method="sampled", samples=10, seed=0)
    smooth, exact = raw.monotone(), information_curve(law)
    assert (np.diff(raw.h) > 0).any()
    assert (np.diff(smooth.h) <= 0).all()
    assert (np.diff(smooth.z) >= 0).all()
    assert smooth.z[0] == 0
    assert abs(smooth.entropy - raw.entropy) < 1e-12
    assert np.linalg.norm(smooth.h - exact.h) <= np.linalg.norm(raw.h - exact.h)
    np.testing.assert_array_equal(smooth.standard_errors, raw.standard_errors)
    assert smooth.method == "sampled"
    np.testing.assert_array_equal(exact.monotone().h, exact.h)
    assert schedules.optimal(smooth, steps=3).nfe == 3
    assert smooth.expected_kl(schedules.optimal(smooth, max_kl=0.01)) <= 0.01


def test_monotone_needs_scipy(monkeypatch):
    curve = InformationCurve.from_conditional_entropies([0.1, 0.2])
    monkeypatch.setitem(sys.modules, "scipy.optimize", None)
    with pytest.raises(ImportError, match=r"unmask\[curves\]"):
        curve.monotone()


def test_round_trips(tmp_path):
    curve = information_curve(some_chain(5), method="sampled", samples=4, seed=0)
    curve.save(tmp_path / "curve.npz")
    others = [
        InformationCurve.load(tmp_path / "curve.npz"),
        pickle.loads(pickle.dumps(curve)),
        copy.deepcopy(curve),
    ]
    for other in others:
        assert other.method == "sampled"
        np.testing.assert_array_equal(other.h, curve.h)
        np.testing.assert_array_equal(other.standard_errors, curve.standard_errors)
        assert not other.standard_errors.flags.writeable


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"method": "guess"}, "method: is 'guess'"),
        ({"samples": 10}, "samples: is 10, expected none unless"),
        ({"seed": 0, "method": "exact"}, "seed: is 0, expected none unless"),
        ({"samples": 1, "method": "sampled"}, "samples: is 1, expected at least 2"),
        ({"seed": -1, "method": "sampled"}, "seed: is -1, expected an int of at least 0"),
    ],
)
def test_bad_input(options, match):
    with pytest.raises(ValueError, match=match):
        information_curve(Dense([0.5, 0.5]), **options)


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"samples": 10.5}, r"samples: is a float, expected an integer"),
        ({"seed": "a"}, "seed: is 'a', expected an int"),
    ],
)
def test_bad_types(options, match):
    with pytest.raises(TypeError, match=match):
        information_curve(Dense([0.5, 0.5]), method="sampled", **options)


def test_progress():
    seen = []
    law = some_chain(4)
    information_curve(law, method="sampled", samples=2, seed=0, progress=seen.append)
    assert seen == [0.25, 0.5, 0.75, 1.0]


def test_a_sampled_curve_is_no_better_than_the_sample():
    rows = np.random.default_rng(0).integers(0, 4, (50, 12))
    law = Empirical(rows)
    exact = information_curve(law)
    sampled = information_curve(law, method="sampled", samples=20, seed=0)
    assert sampled.estimator == exact.estimator == "plugin"
    np.testing.assert_allclose(sampled.coverage, exact.coverage, atol=0.1)
    assert sampled.coverage[[0, -1]] == pytest.approx(exact.coverage[[0, -1]])
    assert abs(sampled.reliable_until - exact.reliable_until) <= 1
    weighted = Empirical(rows, np.full(50, 0.5))
    assert information_curve(weighted, method="sampled", samples=2, seed=0).coverage is None


def test_long_samples_say_what_sampling_costs():
    law = Empirical(np.random.default_rng(0).integers(0, 2, (20, 70)))
    with pytest.raises(WorkError, match=r"70 coordinates vary, .* method='sampled' would take"):
        information_curve(law)


@pytest.mark.parametrize("compound", [lambda law: Blocks([law, law]), lambda law: Paired(law, law)])
def test_compounds_of_samples_say_that_they_are_estimates(compound):
    law = Empirical(np.random.default_rng(0).integers(0, 2, (20, 3)))
    assert information_curve(compound(law)).estimator == "plugin"
    assert information_curve(compound(law.to_dense())).estimator is None
