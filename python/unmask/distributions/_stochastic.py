"""Checks of probability vectors and stochastic matrices."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ._base import Floats

#: Largest deviation of a sum of probabilities from one that is taken for rounding.
SUM_TOLERANCE = 1e-6


def checked_rows(values: npt.ArrayLike, name: str, *, normalize: bool = True) -> Floats:
    """Read-only probabilities whose last axis sums to one, renormalised unless told otherwise.

    Raises
    ------
    TypeError
        If `values` are not real numbers.
    ValueError
        If an entry is negative or not finite, or a row does not sum to one within 1e-6.
    """
    try:
        given = np.asarray(values)
    except ValueError as error:
        raise ValueError(f"{name}: expected an array ({error})") from None
    if given.dtype.kind not in "fiub":
        raise TypeError(f"{name}: has dtype {given.dtype}, expected real numbers")
    if given.ndim == 0 or given.size == 0:
        raise ValueError(f"{name}: has shape {given.shape}, expected rows that are not empty")
    rows = given.astype(np.float64)
    bad = ~(np.isfinite(rows) & (rows >= 0.0))
    if bad.any():
        where = tuple(int(i) for i in np.argwhere(bad)[0])
        raise ValueError(f"{name}: entry {where} is {rows[where]}, expected finite numbers >= 0")
    totals = rows.sum(axis=-1)
    off = abs(totals - 1.0) > SUM_TOLERANCE
    if off.any():
        row = tuple(int(i) for i in np.argwhere(off)[0])
        which = f"row {row} sums" if row else "sums"
        raise ValueError(f"{name}: {which} to {totals[row]}, expected 1 within {SUM_TOLERANCE:g}")
    if normalize:
        rows /= totals[..., None]
    rows.flags.writeable = False
    return rows


def drawn(rows: Floats, generator: np.random.Generator) -> npt.NDArray[np.int64]:
    """One letter from each row of probabilities, shape (..., q)."""
    cumulative = np.cumsum(rows, axis=-1)
    thresholds = generator.random(rows.shape[:-1]) * cumulative[..., -1]
    # Strictly above: a letter of probability zero is never drawn.
    letters: npt.NDArray[np.int64] = np.argmax(cumulative > thresholds[..., None], axis=-1)
    return letters
