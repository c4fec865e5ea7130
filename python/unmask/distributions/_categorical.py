"""Draws from rows of probabilities."""

from __future__ import annotations

import numpy as np

from ._base import Codes, Floats


def inverted(cumulative: Floats, size: int, generator: np.random.Generator) -> Codes:
    """Draw cells by their cumulative masses, of any total."""
    draws = generator.random(size) * cumulative[-1]
    # The cell that reaches the total closes the scale: rounding never selects an empty one.
    last = np.searchsorted(cumulative, cumulative[-1])
    cells: Codes = np.minimum(np.searchsorted(cumulative, draws, side="right"), last)
    return cells


def categorical(rows: Floats, generator: np.random.Generator) -> Codes:
    """Draw one letter from each row of probabilities, shape (..., q), by inversion."""
    cumulative = np.cumsum(rows, axis=-1)
    draws = generator.random(rows.shape[:-1]) * cumulative[..., -1]
    # A letter of probability zero spans no draw, not even at the ends of the scale.
    codes: Codes = (cumulative <= draws[..., None]).sum(axis=-1)
    last = rows.shape[-1] - 1 - np.argmax(rows[..., ::-1] > 0.0, axis=-1)
    bounded: Codes = np.minimum(codes, last)
    return bounded
