r"""Good plans where the best one is out of reach: splitting blocks, and moving tokens.

Splitting a block ``S`` that is revealed after ``A`` into ``S'`` and then ``S \ S'`` saves

    sum_{i in S \ S'} I(X_i; X_{S'} | X_A)

and leaves all other costs alone. A chain is split into every other token, and so is bisected from
the last step backwards.
"""

from __future__ import annotations

from collections.abc import Iterator

from ._entropies import Entropy, block_cost, cost_of, tokens

#: Gains below which nothing is gained, in nats.
NEGLIGIBLE = 1e-12


def plans(
    entropy: Entropy, n: int, steps: int, search: bool, max_kl: float | None
) -> Iterator[tuple[list[int], float]]:
    """Blocks, as masks, and divergence, of plans of 1, 2, .. steps, until one is good enough.

    Each splits one block of the plan before; with `search` it is then improved by itself.
    """
    blocks = [(1 << n) - 1]
    splits: dict[tuple[int, int], tuple[float, int]] = {}
    for k in range(1, steps + 1):
        if k > 1:
            blocks = _split(entropy, blocks, n, splits)
        if search:
            blocks = _improved(entropy, blocks, n)
        kl = cost_of(entropy, blocks, n)
        yield blocks, kl
        if max_kl is not None and kl <= max_kl:
            return


def _split(
    entropy: Entropy, blocks: list[int], n: int, splits: dict[tuple[int, int], tuple[float, int]]
) -> list[int]:
    """Split the block where that gains most."""
    best, known = (-1.0, 0, 0), 0
    for b, block in enumerate(blocks):
        if block.bit_count() > 1:
            if (known, block) not in splits:
                splits[known, block] = _best_split(entropy, known, block, n)
            gain, first = splits[known, block]
            if gain > best[0]:
                best = gain, b, first
        known |= block
    _, b, first = best
    return [*blocks[:b], first, blocks[b] ^ first, *blocks[b + 1 :]]


def _best_split(entropy: Entropy, known: int, block: int, n: int) -> tuple[float, int]:
    """Gain and first part of a split that no single token improves by changing sides."""
    whole = block_cost(entropy, known, block, n)
    if whole == 0.0:
        return 0.0, block & -block
    members = list(tokens(block))
    every_other = sum(1 << i for i in members[1::2])
    found = [_flipped(entropy, known, block, start) for start in (every_other, block & -block)]
    return max(found, key=lambda split: split[0])


def _flipped(entropy: Entropy, known: int, block: int, first: int) -> tuple[float, int]:
    def gain(first: int) -> float:
        after = known | first
        before, then = entropy(known), entropy(after)
        saved = 0.0
        for i in tokens(block ^ first):
            saved += (entropy(known | 1 << i) - before) - (entropy(after | 1 << i) - then)
        return saved

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


def _improved(entropy: Entropy, blocks: list[int], n: int) -> list[int]:
    """Move a token to another block, or exchange two, while that lowers the divergence."""
    blocks = list(blocks)
    best, improved = cost_of(entropy, blocks, n), True
    while improved and best > 0.0:
        improved = False
        for move in _moves(blocks):
            other = list(blocks)
            for block, mask in move:
                other[block] ^= mask
            if not all(other):
                continue
            value = cost_of(entropy, other, n)
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
