"""Checks of what policies are given."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from ... import _check
from ..._schedule import Schedule


def bounded(value: object, name: str, most: float) -> float:
    """Return a number in ``0 .. most``, infinity included."""
    given = _check.array(value, name)
    if given.ndim != 0 or given.dtype.kind not in "fiu":
        raise TypeError(f"{name}: is {value!r}, expected a number")
    if not 0.0 <= given <= most:
        limits = "at least 0" if most == math.inf else f"0..{most:g}"
        raise ValueError(f"{name}: is {value}, expected {limits}")
    return float(given)


def check_top_k(top_k: object) -> None:
    if isinstance(top_k, Schedule):
        return
    if not isinstance(top_k, int | np.integer) or isinstance(top_k, bool):
        raise TypeError(f"top_k: is {top_k!r}, expected a whole number or a Schedule")
    if top_k < 1:
        raise ValueError(f"top_k: is {top_k}, expected at least 1 token a call")


def counts_by_revealed(top_k: int | Schedule, n: int) -> npt.NDArray[np.int64]:
    """How many tokens are revealed when so many are, ``0 .. n - 1``."""
    if not isinstance(top_k, Schedule):
        return np.full(n, top_k)
    if top_k.n != n:
        raise ValueError(f"top_k: is a schedule for {top_k.n} tokens, expected one for {n}")
    return np.repeat(top_k.cumulative[1:], top_k.sizes) - np.arange(n)
