"""The strategies give what they promise, and reach the corners."""

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import find, given
from hypothesis import strategies as st

from unmask import Schedule
from unmask.distributions import Dense, Empirical
from unmask.testing import curves, distributions, pmfs, samples, schedules, shapes


@given(shapes(max_n=4, max_letters=3, max_cells=20))
def test_shapes(shape):
    assert 1 <= len(shape) <= 4
    assert all(1 <= q <= 3 for q in shape)
    assert np.prod(shape) <= 20


@given(pmfs(max_n=3))
def test_pmfs(pmf):
    assert pmf.dtype == np.float64
    assert pmf.min() >= 0
    assert abs(pmf.sum() - 1) < 1e-14


@given(pmfs((2, 1, 3)))
def test_pmfs_of_a_shape(pmf):
    assert pmf.shape == (2, 1, 3)


@given(samples(3, max_letters=2, max_size=5))
def test_samples(rows):
    assert rows.ndim == 2
    assert 1 <= rows.shape[0] <= 5
    assert rows.shape[1] == 3
    assert set(rows.ravel()) <= {0, 1}


@given(st.integers(1, 9).flatmap(lambda n: st.tuples(curves(n), schedules(n), st.just(n))))
def test_curves_and_schedules(drawn):
    curve, schedule, n = drawn
    assert curve.n == schedule.n == n
    assert (np.diff(curve.z) >= 0).all()
    assert curve.h.min() >= 0


@pytest.mark.parametrize(
    ("strategy", "wanted"),
    [
        (pmfs(max_n=3), lambda p: 0 < p[p > 0].min() < 1e-200),
        (pmfs(max_n=3), lambda p: (p == 0).any() and p.ndim > 1),
        (pmfs(max_n=3), lambda p: p.shape == (1,)),
        (distributions(max_n=3), lambda d: isinstance(d, Dense)),
        (distributions(max_n=3), lambda d: isinstance(d, Empirical) and d.counted),
        (distributions(max_n=3), lambda d: isinstance(d, Empirical) and not d.counted),
        (curves(), lambda c: c.n > 3 and c.z[-1] == 0 < c.entropy),
        (schedules(5), lambda s: s == Schedule([5])),
        (schedules(5), lambda s: s == Schedule([1] * 5)),
    ],
)
def test_corners_are_reached(strategy, wanted):
    assert wanted(find(strategy, wanted))


def test_without_hypothesis_the_extra_is_named():
    code = "import sys; sys.modules['hypothesis'] = None; import unmask; import unmask.testing"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert run.returncode != 0
    assert "ImportError" in run.stderr
    assert "unmask[test]" in run.stderr
