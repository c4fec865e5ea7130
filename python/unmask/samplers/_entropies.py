"""Entropies of single subsets: what a plan costs, where not all subsets can be enumerated."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from functools import cache, lru_cache, singledispatch
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from .. import _core
from ..distributions import (
    Blocks,
    Dense,
    Distribution,
    Empirical,
    Exchangeable,
    LinearCode,
    MarkovChain,
    Paired,
    Permutation,
    Product,
    ReedSolomon,
    Repeated,
    ZeroSum,
)

#: Entropy in nats of the tokens in a bit mask (token ``i`` is bit ``i``).
Entropy = Callable[[int], float]

Floats = npt.NDArray[np.float64]

#: Subset terms up to which all entropies are enumerated at once: seconds.
ENUMERATED_TERMS = 1e10

#: Tokens up to which all entropies are held at once.
ENUMERATED_TOKENS = 22

#: Costs of blocks that are remembered.
REMEMBERED = 1 << 18

#: Time that an entropy takes, roughly: for each sequence of a sample, each cell of a table, each
#: token of anything else.
SECONDS_PER_ATOM, SECONDS_PER_CELL, SECONDS_PER_TOKEN = 1e-6, 2e-9, 2e-7

#: Error of one entropy, relative to the joint entropy or to one, whichever is larger.
ROUNDING = 4e-16


def tokens(mask: int) -> Iterator[int]:
    """Tokens of a bit mask, in increasing order."""
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


def enumerable(distribution: Distribution) -> bool:
    """Whether the entropies of all subsets are a matter of seconds."""
    terms = math.prod(1.0 + q for q in distribution.alphabet_sizes if q > 1)
    return distribution.n <= ENUMERATED_TOKENS and terms <= ENUMERATED_TERMS


class Costs(ABC):
    """What revealing costs, by entropies that are known or estimated; tokens are bit masks."""

    @abstractmethod
    def apart(self, known: int, block: int) -> float:
        """Return the sum over ``i`` in the block of ``H(X_i | X_known)``, in nats."""

    @abstractmethod
    def block_cost(self, known: int, block: int) -> float:
        """Conditional total correlation of a block given the known tokens; rounding is nothing."""

    @abstractmethod
    def cost(self, blocks: list[int]) -> float:
        """KL divergence of an ordered partition into these blocks, in nats."""


class ExactCosts(Costs):
    """Costs by entropies that are known."""

    def __init__(self, entropy: Entropy, n: int) -> None:
        self.entropy = entropy
        self._scale = ROUNDING * max(entropy((1 << n) - 1), 1.0)
        # Searches change a block or two of a plan: the costs of the others were just asked for.
        self._block_cost = lru_cache(REMEMBERED)(self._of_block)

    def apart(self, known: int, block: int) -> float:
        """As in the base class."""
        before = self.entropy(known)
        return math.fsum(self.entropy(known | 1 << i) - before for i in tokens(block))

    def block_cost(self, known: int, block: int) -> float:
        """As in the base class."""
        return self._block_cost(known, block)

    def _of_block(self, known: int, block: int) -> float:
        before = self.entropy(known)
        gains = [self.entropy(known | 1 << i) - before for i in tokens(block)]
        cost = math.fsum([*gains, before, -self.entropy(known | block)])
        return cost if cost > self._scale * (2 + 2 * len(gains)) else 0.0

    def cost(self, blocks: list[int]) -> float:
        """As in the base class."""
        known, costs = 0, []
        for block in blocks:
            costs.append(self.block_cost(known, block))
            known |= block
        return math.fsum(costs)


def exact_costs(distribution: Distribution) -> ExactCosts:
    """Costs by entropies that are computed as they are asked for, each once.

    Raises `WorkError` or `MemoryError` for a law that has no entropies but those of its table, if
    that is out of reach.
    """
    return ExactCosts(cache(_entropy(distribution)), distribution.n)


def seconds(distribution: Distribution) -> float:
    """Time that one entropy takes, roughly, where subsets are not enumerated."""
    if isinstance(distribution, Empirical):
        return SECONDS_PER_ATOM * len(distribution.atoms)
    if isinstance(distribution, Dense):
        return SECONDS_PER_CELL * distribution.pmf.size
    return SECONDS_PER_TOKEN * distribution.n


def listed(entropies: Floats) -> Entropy:
    """Entropies that are known for all subsets."""
    return lambda mask: float(entropies[mask])


def single(distribution: Distribution) -> bool:
    """Whether single subsets have entropies that take no table but their own."""
    if enumerable(distribution):
        return True
    if isinstance(distribution, Blocks):
        return all(map(single, distribution.blocks))
    if isinstance(distribution, Paired):
        return all(map(single, distribution.parts))
    if isinstance(distribution, MarkovChain):
        return distribution.order == 1
    return _entropy.dispatch(type(distribution)) is not _entropy.dispatch(object)


def by_size(distribution: Distribution) -> bool:
    """Whether subsets of one size all have the same entropy, so that only sizes matter."""
    if isinstance(distribution, Paired):
        return all(map(by_size, distribution.parts))
    return isinstance(distribution, (Exchangeable, Permutation, Repeated, ReedSolomon, ZeroSum))


@singledispatch
def _entropy(distribution: Distribution) -> Entropy:
    if enumerable(distribution):
        return listed(distribution.subset_entropies())
    return _entropy(distribution.to_dense())


@_entropy.register
def _(distribution: Dense) -> Entropy:
    pmf = distribution.pmf

    def entropy(mask: int) -> float:
        others = tuple(i for i in range(pmf.ndim) if not mask >> i & 1)
        return _core.table_entropy(np.ascontiguousarray(pmf.sum(axis=others)))

    return entropy


@_entropy.register
def _(distribution: Empirical) -> Entropy:
    atoms, shares = distribution.atoms, distribution.weights / distribution.total_weight

    def entropy(mask: int) -> float:
        columns = np.ascontiguousarray(atoms[:, list(tokens(mask))])
        _, pattern = np.unique(columns, axis=0, return_inverse=True)
        masses: Floats = np.bincount(pattern.reshape(-1), shares).astype(np.float64)
        return _core.table_entropy(masses)

    return entropy


@_entropy.register
def _(distribution: MarkovChain) -> Entropy:
    if distribution.order > 1:
        return _entropy.dispatch(Distribution)(distribution)
    steps = [distribution._step(t) for t in range(distribution.n - 1)]
    laws = [distribution.initial]
    for step in steps:
        laws.append(laws[-1] @ step)
    single = [_core.table_entropy(law) for law in laws]
    stationary = distribution.is_stationary

    @cache
    def power(a: int, b: int) -> Floats:
        middle = (a + b) // 2
        return steps[a] if middle == a else power(a, middle) @ power(middle, b)

    @cache
    def conditional(a: int, b: int) -> float:
        return _core.table_entropy(laws[a][:, None] * power(a, b)) - single[a]

    def entropy(mask: int) -> float:
        known = list(tokens(mask))
        if not known:
            return 0.0
        pairs = ((0, b - a) if stationary else (a, b) for a, b in pairwise(known))
        return math.fsum([single[known[0]], *(conditional(a, b) for a, b in pairs)])

    return entropy


@_entropy.register
def _(distribution: Product) -> Entropy:
    single = [_core.table_entropy(law) for law in distribution.marginals]
    return lambda mask: math.fsum(single[i] for i in tokens(mask))


@_entropy.register
def _(distribution: Blocks) -> Entropy:
    # Of each kind of block once, however many places it has.
    parts = {id(block): cache(_entropy(block)) for block in distribution.blocks}
    places, start = [], 0
    for block in distribution.blocks:
        places.append((start, (1 << block.n) - 1, parts[id(block)]))
        start += block.n
    return lambda mask: math.fsum(part(mask >> start & all_) for start, all_, part in places)


@_entropy.register
def _(distribution: Paired) -> Entropy:
    first, second = map(_entropy, distribution.parts)
    return lambda mask: first(mask) + second(mask)


@_entropy.register
def _(distribution: LinearCode) -> Entropy:
    n = distribution.n
    word = np.zeros((1, n), dtype=np.int64)

    def entropy(mask: int) -> float:
        hidden = np.array([[not mask >> i & 1 for i in range(n)]])
        # All that is possible is equally likely, and the zero word is possible.
        return -float(distribution._log_evidence(word, hidden)[0])

    return entropy


@_entropy.register(Exchangeable)
@_entropy.register(Permutation)
@_entropy.register(Repeated)
@_entropy.register(ReedSolomon)
@_entropy.register(ZeroSum)
def _(distribution: Distribution) -> Entropy:
    means = distribution._curve.mean_entropies
    return lambda mask: float(means[mask.bit_count()])
