"""The schedule as an object."""

import copy
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from unmask import Schedule

some_sizes = st.lists(st.integers(1, 1000), min_size=1, max_size=40)


@given(some_sizes)
def test_what_derives_from_the_sizes(sizes):
    schedule = Schedule(sizes)
    n, k = sum(sizes), len(sizes)
    assert schedule.sizes.dtype == np.int64
    assert list(schedule) == sizes
    assert (schedule.n, schedule.nfe, len(schedule)) == (n, k, k)
    assert schedule.tokens_per_forward == n / k
    assert schedule.cumulative.tolist() == [sum(sizes[:t]) for t in range(k + 1)]
    masked = [(n - sum(sizes[:t])) / n for t in range(k + 1)]
    assert schedule.mask_fractions == pytest.approx(masked, abs=1e-15)
    assert schedule.mask_fractions[0] == 1
    assert schedule.mask_fractions[-1] == 0


@given(some_sizes, some_sizes)
def test_equality_is_that_of_the_sizes(one, other):
    a, b = Schedule(one), Schedule(tuple(one))
    assert a == b
    assert hash(a) == hash(b)
    assert (a == Schedule(other)) == (one == other)
    assert a != one


@given(some_sizes)
def test_copies(sizes):
    schedule = Schedule(sizes)
    for twin in (
        pickle.loads(pickle.dumps(schedule)),
        copy.copy(schedule),
        copy.deepcopy(schedule),
    ):
        assert twin == schedule
        assert not twin.sizes.flags.writeable


@pytest.mark.parametrize(
    "sizes",
    [
        (1, 2, 3),
        range(1, 4),
        iter([1, 2, 3]),
        np.array([1, 2, 3], dtype=np.uint8),
        np.array([1, 2, 3], dtype=">i4"),
        np.array([3, 2, 1])[::-1],
        np.array([1, 0, 2, 0, 3, 0])[::2],
    ],
)
def test_any_integers_in_a_row(sizes):
    assert Schedule(sizes).sizes.tolist() == [1, 2, 3]


def test_the_sizes_are_its_own():
    given_sizes = np.array([1, 2, 3])
    schedule = Schedule(given_sizes)
    given_sizes[0] = 9
    assert schedule.n == 6
    with pytest.raises(ValueError, match="read-only"):
        schedule.sizes[0] = 9
    with pytest.raises(AttributeError):
        schedule.sizes = given_sizes


def test_large_sums():
    assert Schedule([2**62, 2**62 - 1]).n == 2**63 - 1
    assert Schedule(np.array([255, 255], dtype=np.uint8)).n == 510


@pytest.mark.parametrize(
    ("sizes", "error", "message"),
    [
        ([], ValueError, r"sizes: has shape \(0,\), expected one step or more"),
        ([[1, 2]], ValueError, r"sizes: has shape \(1, 2\)"),
        (5, ValueError, r"sizes: has shape \(\)"),
        (None, ValueError, r"sizes: has shape \(\)"),
        ([1, 0, 2], ValueError, "sizes: step 1 reveals 0 tokens, expected at least 1"),
        ([1, -3], ValueError, "sizes: step 1 reveals -3 tokens"),
        ([1.0, 2.0], TypeError, "sizes: has dtype float64, expected integers"),
        ([True, True], TypeError, "sizes: has dtype bool, expected integers"),
        ("12", TypeError, "sizes: has dtype <U1, expected integers"),
        ([1, None], TypeError, "sizes: has dtype object, expected integers"),
        ([1, 2j], TypeError, "sizes: has dtype complex128"),
        ([[1], [2, 3]], ValueError, "sizes: expected an array"),
        ([2**64], TypeError, "sizes: has dtype object"),
        (np.array([2**63], dtype=np.uint64), ValueError, r"sizes: sum to more than 2\^63"),
        ([2**62, 2**62], ValueError, r"sizes: sum to more than 2\^63"),
    ],
)
def test_refused(sizes, error, message):
    with pytest.raises(error, match=message):
        Schedule(sizes)


def test_repr():
    assert eval(repr(Schedule([1, 2, 3]))) == Schedule([1, 2, 3])
    long = repr(Schedule([3] * 1000))
    assert "1000 steps" in long
    assert "n=3000" in long
    assert len(long) < 200
