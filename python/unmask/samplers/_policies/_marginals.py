"""Scores of marginals, and what is drawn from them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from ...distributions._base import Floats

#: What scores are counted in: rounding in the last digits makes no tie and breaks none.
UNIT = 2.0**-40


def in_units(values: npt.ArrayLike) -> Floats:
    """Whole multiples of `UNIT`."""
    rounded: Floats = np.rint(np.asarray(values) / UNIT)
    return rounded


def entropies(marginals: Floats) -> Floats:
    """Entropy of each row, in units."""
    logs = np.log(marginals, out=np.zeros_like(marginals), where=marginals > 0.0)
    return in_units(-(marginals * logs).sum(axis=-1))


def tempered(marginals: Floats, temperature: float) -> Floats:
    """``p^(1/temperature)``, normalised; at 0 the likeliest letter, the first of several."""
    if temperature == 1.0:
        return marginals
    top = marginals.max(axis=-1, keepdims=True)
    if temperature == 0.0:
        best = np.argmax(marginals >= top - UNIT, axis=-1)
        sure: Floats = (np.arange(marginals.shape[-1]) == best[..., None]).astype(np.float64)
        return sure
    powers: Floats = (marginals / top) ** (1.0 / temperature)
    powers /= powers.sum(axis=-1, keepdims=True)
    return powers


def joint_law(
    marginals: Floats, tokens: Sequence[int], sizes: Sequence[int], temperature: float
) -> Floats:
    """Joint law of independent draws, shape (batch, product of sizes), in C order."""
    joint: Floats = np.ones((len(marginals), 1))
    for i in tokens:
        row = tempered(marginals[:, i, : sizes[i]], temperature)
        joint = (joint[:, :, None] * row[:, None, :]).reshape(len(marginals), -1)
    return joint
