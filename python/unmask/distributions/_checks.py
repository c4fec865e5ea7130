"""Arguments of distributions: checked once, with errors that name them."""

from __future__ import annotations

import operator
from typing import SupportsIndex

import numpy as np
import numpy.typing as npt

from ._base import Floats

#: Largest deviation of a sum of probabilities from one that is taken for rounding.
SUM_TOLERANCE = 1e-6


def checked_size(value: SupportsIndex, name: str, least: int = 1) -> int:
    """Return a whole number that is at least `least`."""
    try:
        size = operator.index(value)
    except TypeError:
        raise TypeError(f"{name}: is {value!r}, expected a whole number") from None
    if size < least:
        raise ValueError(f"{name}: is {size}, expected at least {least}")
    return size


def checked_floats(value: npt.ArrayLike, name: str) -> Floats:
    """Return finite float64 numbers of any shape, C-contiguous, in an array of their own."""
    try:
        array = np.array(value, order="C")
    except ValueError as error:
        raise ValueError(f"{name}: expected an array of numbers ({error})") from None
    if array.dtype.kind not in "fiub":
        raise TypeError(f"{name}: has dtype {array.dtype}, expected real numbers")
    floats: Floats = array.astype(np.float64)
    if not np.isfinite(floats).all():
        where = _index(np.argwhere(~np.isfinite(floats))[0])
        raise ValueError(f"{name}: entry {where} is {floats[where]}, expected finite numbers")
    return floats


def checked_probabilities(value: npt.ArrayLike, name: str, axes: int | None = 1) -> Floats:
    """Return probabilities that sum to one over the last `axes` axes, all of them if None.

    Sums within 1e-6 of one are divided out.
    """
    floats = checked_floats(value, name)
    axes = floats.ndim if axes is None else axes
    if floats.ndim < max(axes, 1) or 0 in floats.shape[floats.ndim - axes :]:
        raise ValueError(f"{name}: has shape {floats.shape}, expected probabilities")
    if (floats < 0).any():
        where = _index(np.argwhere(floats < 0)[0])
        raise ValueError(f"{name}: entry {where} is {floats[where]}, expected probabilities >= 0")
    summed = tuple(range(floats.ndim - axes, floats.ndim))
    totals = np.asarray(floats.sum(axis=summed, keepdims=True))
    off = np.argwhere(np.abs(totals - 1.0) > SUM_TOLERANCE)
    if len(off):
        row = "" if axes == floats.ndim else f"row {_index(off[0][:-axes])} "
        raise ValueError(
            f"{name}: {row}sums to {totals[tuple(off[0])]:.9g}, expected 1 within {SUM_TOLERANCE:g}"
        )
    floats /= totals
    floats.flags.writeable = False
    return floats


def _index(where: npt.NDArray[np.int64]) -> int | tuple[int, ...]:
    """Index as a person writes it."""
    index = tuple(int(i) for i in where)
    return index[0] if len(index) == 1 else index
