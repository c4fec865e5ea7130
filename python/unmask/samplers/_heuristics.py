r"""Good plans where the best one is out of reach: splitting blocks, and moving tokens.

Splitting a block ``S`` that is revealed after ``A`` into ``S'`` and then ``S \ S'`` saves

    sum_{i in S \ S'} I(X_i; X_{S'} | X_A)

and leaves all other costs alone. A chain is split into every other token, and so is bisected from
the last step backwards. Where information comes at a cliff, no split that a single token changes
gains anything: random orders with the sizes of the best schedule for them are starts as well, and
no plan is left that costs more than these do on average.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from ._entropies import Costs, tokens

#: Gains below which nothing is gained, in nats.
NEGLIGIBLE = 1e-12

#: Random orders of each number of steps: at least, and until one is as good as the mean.
FEWEST_ORDERS, MOST_ORDERS = 8, 256

#: Sizes of the best schedule of so many steps for random orders, and its expected KL if known.
Sizes = Callable[[int], tuple[list[int], float | None]]


def plans(
    costs: Costs,
    n: int,
    steps: int,
    search: bool,
    sizes: Sizes | None,
    generator: np.random.Generator,
) -> Iterator[list[int]]:
    """Blocks, as masks, of plans of 1, 2, .. steps.

    Each splits one block of the plan before, or has random blocks of the sizes of a schedule; with
    `search` both are then improved by themselves.
    """
    blocks = [(1 << n) - 1]
    splits: dict[tuple[int, int], tuple[float, int]] = {}
    for k in range(1, steps + 1):
        starts = [_split(costs, blocks, splits)] if k > 1 else [blocks]
        goal = None
        if sizes is not None and 1 < k < n and costs.cost(starts[0]) > 0.0:
            wanted, goal = sizes(k)
            if len(wanted) == k:
                starts.append(_drawn(costs, wanted, goal, generator))
        if search:
            starts = [_improved(costs, start) for start in starts]
        blocks = min(starts, key=costs.cost)
        if goal is not None and costs.cost(blocks) > goal + NEGLIGIBLE:
            blocks = _improved(costs, blocks)
        yield blocks


def _drawn(
    costs: Costs, sizes: list[int], goal: float | None, generator: np.random.Generator
) -> list[int]:
    """The best of some random ordered partitions into blocks of these sizes."""
    best, least = [0], np.inf
    cuts = np.cumsum(sizes)[:-1]
    for drawn in range(MOST_ORDERS):
        parts = np.split(generator.permutation(sum(sizes)), cuts)
        blocks = [sum(1 << i for i in part.tolist()) for part in parts]
        cost = costs.cost(blocks)
        if cost < least:
            best, least = blocks, cost
        if drawn + 1 >= FEWEST_ORDERS and (goal is None or least <= goal + NEGLIGIBLE):
            break
    return best


def _split(
    costs: Costs, blocks: list[int], splits: dict[tuple[int, int], tuple[float, int]]
) -> list[int]:
    """Split the block where that gains most."""
    best, known = (-1.0, 0, 0), 0
    for b, block in enumerate(blocks):
        if block.bit_count() > 1:
            if (known, block) not in splits:
                splits[known, block] = _best_split(costs, known, block)
            gain, first = splits[known, block]
            if gain > best[0]:
                best = gain, b, first
        known |= block
    _, b, first = best
    return [*blocks[:b], first, blocks[b] ^ first, *blocks[b + 1 :]]


def _best_split(costs: Costs, known: int, block: int) -> tuple[float, int]:
    """Gain and first part of a split that no single token improves by changing sides."""
    if costs.block_cost(known, block) == 0.0:
        return 0.0, block & -block
    members = list(tokens(block))
    one, last = 1 << members[0], 1 << members[-1]
    starts = dict.fromkeys((sum(1 << i for i in members[1::2]), one, block ^ last))
    found = [_flipped(costs, known, block, start) for start in starts]
    return max(found, key=lambda split: split[0])


def _flipped(costs: Costs, known: int, block: int, first: int) -> tuple[float, int]:
    def gain(first: int) -> float:
        rest = block ^ first
        # What entropies that are estimated gain may be below zero, and is nothing then.
        return max(0.0, costs.apart(known, rest) - costs.apart(known | first, rest))

    best, improved = gain(first), True
    while improved:
        improved = False
        for i in tokens(block):
            other = first ^ 1 << i
            if other in (0, block):
                continue
            value = gain(other)
            if value > best + NEGLIGIBLE:
                best, first, improved = value, other, True
    return best, first


def _improved(costs: Costs, blocks: list[int]) -> list[int]:
    """Move a token to another block, or exchange two, while that lowers the divergence."""
    blocks = list(blocks)
    best, improved = costs.cost(blocks), True
    while improved and best > 0.0:
        improved = False
        for move in _moves(blocks):
            other = list(blocks)
            for block, mask in move:
                other[block] ^= mask
            if not all(other):
                continue
            value = costs.cost(other)
            if value < best - NEGLIGIBLE:
                blocks, best, improved = other, value, True
                break
    return blocks


def _moves(blocks: list[int]) -> Iterator[list[tuple[int, int]]]:
    """Bits to flip, by block: for each token and each other block, and for each pair of tokens."""
    for a, source in enumerate(blocks):
        for i in tokens(source):
            for b in range(len(blocks)):
                if a != b:
                    yield [(a, 1 << i), (b, 1 << i)]
    for a, first in enumerate(blocks):
        for b in range(a + 1, len(blocks)):
            for i in tokens(first):
                for j in tokens(blocks[b]):
                    yield [(a, 1 << i | 1 << j), (b, 1 << i | 1 << j)]
