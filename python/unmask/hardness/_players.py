"""Samplers that know the game but not the law.

Each takes an `Oracle` and returns codes of shape ``(n,)``. `two_steps` is told the dimension.
"""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Iterable, Iterator

import numpy as np

from .. import schedules
from .._schedule import Schedule
from ..distributions._base import Codes, Floats
from ..distributions._categorical import categorical
from ._oracle import Oracle

__all__ = ["adaptive_probing", "doubling_guess", "two_steps", "uniform_steps"]


def uniform_steps(oracle: Oracle) -> Codes:
    """Reveal random tokens in equal steps, one for each call allowed."""
    return _reveal(oracle, schedules.uniform(oracle.n, min(oracle.n, oracle.left)))


def adaptive_probing(oracle: Oracle) -> Codes:
    """Ask about made-up evidence in the middle of the largest gap that is left, until it shows."""
    return _probe(oracle, _middles(oracle.n))


def doubling_guess(oracle: Oracle) -> Codes:
    """Guess the place of the cliff: 1, 2, 4, ..., then 3, 6, ..., then 5, 10, ..."""
    return _probe(oracle, _doublings(oracle.n))


def two_steps(oracle: Oracle, k: int) -> Codes:
    """Reveal `k` random tokens, then the others: two calls suffice for whoever knows `k`."""
    return _reveal(oracle, Schedule([k, oracle.n - k] if k < oracle.n else [k]))


def _reveal(oracle: Oracle, schedule: Schedule) -> Codes:
    """Follow a schedule in random order."""
    x = np.zeros(oracle.n, dtype=np.int64)
    mask = np.ones(oracle.n, dtype=bool)
    order = oracle.generator.permutation(oracle.n)
    for tokens in np.split(order, schedule.cumulative[1:-1]):
        marginals = oracle(x, mask)
        x[tokens] = categorical(marginals[tokens], oracle.generator)
        mask[tokens] = False
    return x


def _probe(oracle: Oracle, sizes: Iterable[int]) -> Codes:
    """Make up evidence of these sizes until an answer shows that the rest is determined."""
    masked = np.ones(oracle.n, dtype=bool)
    start = oracle(np.zeros(oracle.n, dtype=np.int64), masked)
    for size in itertools.islice(sizes, oracle.left):
        x = categorical(start, oracle.generator)
        mask = masked.copy()
        mask[oracle.generator.permutation(oracle.n)[:size]] = False
        answer = oracle(x, mask)
        if np.mean(_entropies(start) - _entropies(answer), where=mask) > np.log(oracle.q) / 2:
            return categorical(answer, oracle.generator)
    return categorical(start, oracle.generator)


def _entropies(rows: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        terms: Floats = np.where(rows > 0, -rows * np.log(rows), 0.0)
    entropies: Floats = terms.sum(axis=-1)
    return entropies


def _middles(n: int) -> Iterator[int]:
    """Each of ``1 .. n - 1``, the middle of the oldest largest gap first.

    >>> list(_middles(8))
    [4, 2, 6, 1, 3, 5, 7]
    """
    gaps = deque([(0, n)])
    while gaps:
        low, high = gaps.popleft()
        if high - low > 1:
            middle = (low + high) // 2
            yield middle
            gaps += [(low, middle), (middle, high)]


def _doublings(n: int) -> Iterator[int]:
    """Each of ``1 .. n - 1``: odd numbers, each followed by its doublings.

    >>> list(_doublings(8))
    [1, 2, 4, 3, 6, 5, 7]
    """
    for odd in range(1, n, 2):
        size = odd
        while size < n:
            yield size
            size *= 2
