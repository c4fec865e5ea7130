"""The order of revealing that samples every Markov chain without error."""

from __future__ import annotations

from ..distributions._checks import checked_size
from ._partition import Partition


def bisection_partition(n: int, order: int = 1) -> Partition:
    """Order of revealing that samples every Markov chain without error.

    The middle ``order`` tokens of a stretch, one after the other, make its two halves independent;
    both are bisected at the same time.

    Parameters
    ----------
    n : int
        Number of tokens.
    order : int
        Order of the chain: number of tokens that the next one depends on.

    Returns
    -------
    tuple of tuples of int
        At most ``order * (ceil(log2(n / order)) + 1)`` blocks.

    Examples
    --------
    >>> bisection_partition(7)
    ((3,), (1, 5), (0, 2, 4, 6))
    """
    n, order = checked_size(n, "n"), checked_size(order, "order")
    blocks: list[tuple[int, ...]] = []
    stretches = [(0, n)]
    while stretches:
        # Where what separates a stretch begins, and how long it is.
        middles = [(a + max(b - a - order, 0) // 2, min(order, b - a)) for a, b in stretches]
        for k in range(order):
            block = tuple(first + k for first, length in middles if k < length)
            if block:
                blocks.append(block)
        halves = [
            half
            for (a, b), (first, length) in zip(stretches, middles, strict=True)
            for half in ((a, first), (first + length, b))
        ]
        stretches = [(a, b) for a, b in halves if a < b]
    return tuple(blocks)
