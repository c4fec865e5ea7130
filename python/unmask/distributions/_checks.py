"""Arguments of distributions: checked once, with errors that name them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from .. import _check
from ._base import Distribution, Floats

T = TypeVar("T")

#: Largest deviation of a sum of probabilities from one that is taken for rounding.
SUM_TOLERANCE = 1e-6

checked_size = _check.size
checked_number = _check.number


def checked_list(values: Iterable[T], name: str, kind: str) -> list[T]:
    """Return the items of an iterable, one or more; `kind` says of what."""
    try:
        items = list(values)
    except TypeError:
        raise TypeError(
            f"{name}: is a {type(values).__name__}, expected a sequence of {kind}"
        ) from None
    if not items:
        raise ValueError(f"{name}: is empty, expected a sequence of {kind}, at least one")
    return items


def checked_distribution(value: object, name: str) -> Distribution:
    """Return a distribution."""
    if not isinstance(value, Distribution):
        raise TypeError(f"{name}: is a {type(value).__name__}, expected a Distribution")
    return value


def checked_floats(value: npt.ArrayLike, name: str) -> Floats:
    """Return finite float64 numbers of any shape, C-contiguous, in an array of their own."""
    given = _check.array(value, name)
    if given.dtype.kind not in "fiub":
        raise TypeError(f"{name}: has dtype {given.dtype}, expected real numbers")
    floats: Floats = np.array(given, dtype=np.float64, order="C")
    if not np.isfinite(floats).all():
        where = index(np.argwhere(~np.isfinite(floats))[0])
        raise ValueError(f"{name}: entry {where} is {floats[where]}, expected finite numbers")
    return floats


def checked_probabilities(
    value: npt.ArrayLike, name: str, axes: int | None = 1, *, normalize: bool = True
) -> Floats:
    """Return probabilities that sum to one over the last `axes` axes, all of them if None.

    Sums within 1e-6 of one are divided out unless told otherwise. Read-only.
    """
    floats = checked_floats(value, name)
    axes = floats.ndim if axes is None else axes
    if floats.ndim < max(axes, 1) or 0 in floats.shape[floats.ndim - axes :]:
        raise ValueError(
            f"{name}: has shape {floats.shape}, expected an array of probabilities, not empty"
        )
    if (floats < 0).any():
        where = index(np.argwhere(floats < 0)[0])
        raise ValueError(f"{name}: entry {where} is {floats[where]}, expected probabilities >= 0")
    summed = tuple(range(floats.ndim - axes, floats.ndim))
    totals = np.asarray(floats.sum(axis=summed, keepdims=True))
    off = np.argwhere(np.abs(totals - 1.0) > SUM_TOLERANCE)
    if len(off):
        row = "" if axes == floats.ndim else f"row {index(off[0][:-axes])} "
        raise ValueError(
            f"{name}: {row}sums to {totals[tuple(off[0])]:.9g}, expected 1 within {SUM_TOLERANCE:g}"
        )
    if normalize:
        floats /= totals
    floats.flags.writeable = False
    return floats


def checked_codes(value: npt.ArrayLike, name: str, letters: int) -> npt.NDArray[np.int64]:
    """Return integers in ``0 .. letters - 1``, in an array of their own, of any type if empty."""
    given = _check.array(value, name)
    if given.size and given.dtype.kind not in "iub":
        raise TypeError(f"{name}: has dtype {given.dtype}, expected integers")
    outside = (given < 0) | (given >= letters)
    if outside.any():
        where = index(np.argwhere(outside)[0])
        raise ValueError(f"{name}: entry {where} is {given[where]}, expected 0..{letters - 1}")
    return given.astype(np.int64)


def index(where: npt.NDArray[np.int64]) -> int | tuple[int, ...]:
    """Index as a person writes it."""
    place = tuple(int(i) for i in where)
    return place[0] if len(place) == 1 else place
