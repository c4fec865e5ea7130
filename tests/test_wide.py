"""Numbers with exponents of their own, against fractions."""

from fractions import Fraction

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unmask.distributions._wide import FAINT, Wide, faint, log_total, normalised, shares

#: Bits of the spread: within a double, at its edge, far outside.
SPREADS = st.sampled_from([0, 200, 1000, 5000])


def some(shape, spread, seed):
    """Numbers, some zero, of exponents spread over so many bits, and the fractions they are."""
    generator = np.random.default_rng(seed)
    values = generator.random(shape) * (generator.random(shape) < 0.8)
    exponents = generator.integers(-spread, spread + 1, size=shape)
    numbers = Wide(values, exponents)
    return numbers, exact(numbers)


def exact(numbers):
    pairs = zip(numbers.values.ravel(), numbers.exponents.ravel().tolist(), strict=True)
    whole = [Fraction(float(v)) * Fraction(2) ** e if v else Fraction(0) for v, e in pairs]
    return np.array(whole, dtype=object).reshape(numbers.values.shape)


def logarithm(number):
    if not number:
        return -np.inf
    return float(mpmath.log(mpmath.mpf(number.numerator) / number.denominator))


def assert_equal(numbers, want, terms=1):
    got = exact(numbers)
    assert got.shape == want.shape
    for a, b in zip(got.ravel(), want.ravel(), strict=True):
        assert abs(a - b) <= terms * b * Fraction(2) ** -52


@settings(deadline=None, max_examples=60)
@given(SPREADS, st.integers(0, 2**32))
def test_arithmetic(spread, seed):
    (a, x), (b, y) = some((3, 4), spread, seed), some((3, 4), spread, seed + 1)
    assert_equal(a * b, x * y)
    assert_equal(a * b.values, x * exact(Wide(b.values)))
    assert_equal(b.values * a, x * exact(Wide(b.values)))
    assert_equal(a / b, np.where(y > 0, x / np.where(y > 0, y, Fraction(1)), Fraction(0)))
    assert_equal(a.sum(axis=1), x.sum(axis=1), 4)
    assert_equal(a.reshape(3, 2, 2).sum(axis=(1, 2)), x.sum(axis=1), 4)
    assert_equal(a[:, None] * b[:, :, None], x[:, None] * y[:, :, None])
    assert_equal(a.transpose(1, 0), x.T)


@settings(deadline=None, max_examples=60)
@given(SPREADS, st.sampled_from([1.0, 1e-40, 1e-200]), st.integers(2, 6), st.integers(0, 2**32))
def test_rows_times_a_matrix(spread, tiny, states, seed):
    generator = np.random.default_rng(seed)
    a, x = some((3, states), spread, seed)
    matrix = generator.random((states, 4)) * tiny ** generator.integers(0, 2, size=(states, 4))
    matrix *= generator.random(matrix.shape) < 0.7
    assert_equal(a @ matrix, x @ exact(Wide(matrix)), 2 * states)


@settings(deadline=None, max_examples=30)
@given(SPREADS, st.integers(0, 2**32))
def test_logarithms_and_shares(spread, seed):
    a, x = some((2, 5), spread, seed)
    for logs, row in zip(a.log(), x, strict=True):
        for log, number in zip(logs, row, strict=True):
            assert log == pytest.approx(logarithm(number), rel=1e-14, abs=1e-15)
    for row, share in zip(x, shares(a), strict=True):
        want = [float(number / sum(row)) for number in row] if sum(row) else [np.nan] * 5
        np.testing.assert_allclose(share, want, rtol=1e-14, atol=1e-300)
    for log, row in zip(log_total(a), x, strict=True):
        assert log == pytest.approx(logarithm(sum(row)), rel=1e-14, abs=1e-15)


def test_faint():
    rows = np.array([[1.0, 0.0], [1.0, FAINT], [1.0, FAINT / 2], [1.0, 5e-324]])
    assert faint(rows).tolist() == [False, False, True, True]
    assert not faint(Wide(rows)).any()


def test_units():
    rows = np.array([[4.0, 1.0], [0.0, 0.0]])
    units, logs = normalised(rows)
    assert units.tolist() == [[1.0, 0.25], [0.0, 0.0]]
    assert logs.tolist() == [np.log(4.0), -np.inf]
    wide, logs = normalised(Wide(rows))
    assert wide.doubles().tolist() == rows.tolist()
    assert logs.tolist() == [0.0, 0.0]
