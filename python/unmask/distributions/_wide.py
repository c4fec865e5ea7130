"""Numbers that no product makes too small: a double and an exponent each.

Messages of an oracle are scaled as a whole, so that their largest entry never underflows. Entries
far below it may, and evidence to come may make all of the difference. Oracles therefore compute in
doubles and watch for entries that are `faint`: as long as there is none, every product of a few
entries is a normal double. Queries that meet one are answered again in these numbers, by the same
code.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from ._base import Floats, Mask

#: Entries below this share of the largest are faint: three of them make a normal double.
FAINT = 2.0**-300

#: Exponent of zero, far below all others. Two of them still make an integer of 64 bits.
NOTHING = -(1 << 60)

#: Exponents that differ by more than this are of numbers that do not matter to each other.
APART = 1 << 12

#: Bits of the bands into which the entries of a row are divided.
BAND = 300


class Wide:
    """Non-negative numbers ``values * 2 ** exponents``; values are zero or in ``[0.5, 1)``."""

    # Arrays leave products with these numbers to them.
    __array_ufunc__ = None

    def __init__(self, values: Floats, exponents: npt.NDArray[np.int64] | int = 0) -> None:
        self.values, shifts = np.frexp(values)
        self.exponents: npt.NDArray[np.int64] = np.where(
            self.values > 0.0, exponents + shifts.astype(np.int64), NOTHING
        )

    @classmethod
    def _made(cls, values: Floats, exponents: npt.NDArray[np.int64]) -> Wide:
        """From parts that are right as they are."""
        made = cls.__new__(cls)
        made.values, made.exponents = values, exponents
        return made

    def __len__(self) -> int:
        return len(self.values)

    def reshape(self, *shape: Any) -> Wide:
        """As of an array."""
        return self._made(self.values.reshape(*shape), self.exponents.reshape(*shape))

    def spread(self, shape: tuple[int, ...]) -> Wide:
        """As an array is broadcast."""
        parts = (np.broadcast_to(part, shape) for part in (self.values, self.exponents))
        return self._made(*parts)

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the array."""
        return self.values.shape

    def transpose(self, *axes: Any) -> Wide:
        """As of an array."""
        return self._made(self.values.transpose(*axes), self.exponents.transpose(*axes))

    def __getitem__(self, key: Any) -> Wide:
        return self._made(self.values[key], self.exponents[key])

    def __mul__(self, other: Wide | Floats) -> Wide:
        other = other if isinstance(other, Wide) else Wide(other)
        return Wide(self.values * other.values, self.exponents + other.exponents)

    __rmul__ = __mul__

    def __truediv__(self, other: Wide) -> Wide:
        """Quotients, zero where the other number is."""
        divisors = np.where(other.values > 0.0, other.values, np.inf)
        return Wide(self.values / divisors, self.exponents - other.exponents)

    def _below(self, top: npt.NDArray[np.int64]) -> Floats:
        """The numbers in units of ``2 ** top``; of those far below, zero, of those above, less."""
        units: Floats = np.ldexp(self.values, np.clip(self.exponents - top, -APART, 0))
        return units

    def sum(self, axis: int | tuple[int, ...]) -> Wide:
        """As of an array."""
        top = self.exponents.max(axis=axis, keepdims=True)
        return Wide(self._below(top).sum(axis=axis), top.squeeze(axis))

    def __matmul__(self, matrix: Floats) -> Wide:
        """Rows, shape (batch, S), times a matrix of doubles.

        By bands of magnitude, from the lowest: within one nothing underflows, and each entry
        forgets what is too far below what joins it.
        """
        top = self.exponents.max(axis=-1, keepdims=True)
        bands = np.where(self.values > 0.0, (top - self.exponents) // BAND, -1)
        present = np.unique(bands)[::-1]
        if len(present) > len(matrix) or faint(matrix[None]).any():
            return (self[:, :, None] * matrix).sum(axis=1)
        total, exponents = np.zeros((len(bands), matrix.shape[1])), np.zeros(1, dtype=np.int64)
        for band in present[present >= 0]:
            base = top - band * BAND
            part = np.where(bands == band, self._below(base), 0.0) @ matrix
            rest = np.ldexp(total, np.clip(exponents - base, -APART, 0))
            total = np.where(part > 0.0, part + rest, total)
            exponents = np.where(part > 0.0, base, exponents)
        return Wide(total, exponents)

    def log(self) -> Floats:
        """Logarithms; ``-inf`` of zero."""
        with np.errstate(divide="ignore"):
            logs: Floats = np.log(self.values) + self.exponents * math.log(2)
        return logs

    def doubles(self) -> Floats:
        """The numbers themselves, if doubles can hold them."""
        numbers: Floats = np.ldexp(self.values, np.maximum(self.exponents, -APART))
        return numbers

    def relative(self) -> Floats:
        """Doubles in units of about the largest number of each query, the first axis."""
        axes = tuple(range(1, self.values.ndim))
        return self._below(self.exponents.max(axis=axes, keepdims=True))


#: Numbers of either kind, and what makes them of doubles.
Numbers = TypeVar("Numbers", Floats, Wide)
Kind = Callable[[Floats], Any]


def doubles(numbers: Floats) -> Floats:
    """Numbers as they are."""
    return numbers


def answer(
    queries: npt.NDArray[np.intp], fill: Callable[[npt.NDArray[np.intp], Kind], Mask]
) -> None:
    """Answer queries in doubles, and again in wide numbers where something was faint.

    ``fill(queries, kind)`` writes the answers and returns which of them are lost.
    """
    lost = fill(queries, doubles)
    if lost.any():
        fill(queries[lost], Wide)


def faint(numbers: Floats | Wide) -> Mask:
    """Of which queries, the first axis, some number is positive and faint; of wide ones, none."""
    if isinstance(numbers, Wide):
        return np.zeros(len(numbers), dtype=bool)
    small: Mask = (numbers < FAINT) & (numbers > 0.0)
    found: Mask = np.any(small.reshape(len(numbers), -1), axis=1)
    return found


def normalised(numbers: Numbers) -> tuple[Numbers, Floats]:
    """Numbers in units of the largest of each query, the first axis, and logarithms of these.

    Zeros stay what they are. Wide numbers need no units.
    """
    if isinstance(numbers, Wide):
        return numbers, np.zeros(len(numbers))
    top = numbers.max(axis=tuple(range(1, numbers.ndim)), keepdims=True)
    with np.errstate(divide="ignore"):
        logs: Floats = np.log(top.reshape(len(numbers)))
    return numbers / np.where(top > 0.0, top, 1.0), logs


def quotients(numbers: Numbers, divisors: Numbers) -> Numbers:
    """Quotients, zero where the divisor is."""
    if isinstance(numbers, Wide) or isinstance(divisors, Wide):
        return numbers / divisors
    return numbers / np.where(divisors > 0.0, divisors, np.inf)


def spread(numbers: Numbers, shape: tuple[int, ...]) -> Numbers:
    """Numbers of another shape, as arrays are broadcast."""
    if isinstance(numbers, Wide):
        return numbers.spread(shape)
    return np.broadcast_to(numbers, shape)


def shares(numbers: Floats | Wide) -> Floats:
    """Numbers of each query, the first axis, divided by their sum; nan where all are zero."""
    units = numbers.relative() if isinstance(numbers, Wide) else numbers
    with np.errstate(invalid="ignore"):
        result: Floats = units / units.sum(axis=tuple(range(1, units.ndim)), keepdims=True)
    return result


def log_total(numbers: Floats | Wide) -> Floats:
    """Logarithm of the sum of the numbers of each query, the first axis."""
    flat = numbers.reshape(len(numbers), -1)
    if isinstance(flat, Wide):
        return flat.sum(axis=1).log()
    with np.errstate(divide="ignore"):
        logs: Floats = np.log(flat.sum(axis=1))
    return logs
