"""Compositions: how often each letter occurs in a sequence, and in how many ways."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from .. import _check
from ._base import Codes

#: Where it has more digits than a double, sums of logarithms lose none that a double could show.
Wide = np.longdouble


def compositions(n: int, q: int) -> Codes:
    """All ways to write ``n`` as an ordered sum of ``q`` counts, in C order, shape (.., q)."""
    # Beside the table of the law: the counts, twice while they grow, and four wide columns.
    share = (16.0 * (q + 1) + 4 * np.dtype(Wide).itemsize) / math.factorial(q - 1)
    what = f"n: the counts of {q} letters among {n} tokens"
    _check.memory(what, 24.0 + share, *(n + 1,) * (q - 1))
    rest = np.array([n])
    counts = np.zeros((1, 0), dtype=np.int64)
    for _ in range(q - 1):
        ends = np.cumsum(rest + 1)
        row = np.repeat(np.arange(len(rest)), rest + 1)
        count = np.arange(ends[-1]) - (ends - rest - 1)[row]
        counts = np.column_stack((counts[row], count))
        rest = rest[row] - count
    all_of_them: Codes = np.column_stack((rest, counts))
    return all_of_them


def log_factorials(n: int) -> npt.NDArray[np.longdouble]:
    """``log k!`` for ``k = 0 .. n``."""
    return np.concatenate(([Wide(0)], np.cumsum(np.log(np.arange(1, n + 1, dtype=Wide)))))


def log_ways(n: int, counts: Codes) -> npt.NDArray[np.longdouble]:
    """Log number of arrangements of compositions of ``n``."""
    table = log_factorials(n)
    ways: npt.NDArray[np.longdouble] = np.full(len(counts), table[n])
    for column in counts.T:
        ways -= table[column]
    return ways
