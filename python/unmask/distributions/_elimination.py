"""Variable elimination in a network of tables, for a batch of queries at once.

Messages up and down the tree of buckets (Dechter 1999) of an elimination order that adds few edges
(min-fill): one pass answers all masked tokens of every query, whatever each reveals.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from .. import _core
from ._base import Codes, Floats, Mask

#: More cells than any machine has.
MOST_CELLS = 1 << 62


class Buckets:
    """The tree of buckets of an elimination order.

    The bucket of a token holds the product of what is left when it is eliminated: an axis for the
    token and for each of its neighbours then, which are eliminated later. Summing the token out
    gives the message to the bucket of the first of these. Evidence enters as zeros, so that the
    tree is the same for all queries; arrays have the query as their first axis.
    """

    def __init__(self, parents: Sequence[Sequence[int]], tables: Sequence[Floats]) -> None:
        self.sizes = [table.shape[-1] for table in tables]
        self.order, scopes = _min_fill(
            [{i, *family} for i, family in enumerate(parents)], self.sizes
        )
        place = {i: k for k, i in enumerate(self.order)}
        # Axes of a bucket are in the order of elimination, its own token first.
        self.scopes = {i: sorted(scopes[i], key=place.__getitem__) for i in self.order}
        self.above = {i: scope[1] if len(scope) > 1 else None for i, scope in self.scopes.items()}
        cells = sum(math.prod(self.sizes[j] for j in scope) for scope in self.scopes.values())
        #: Of all buckets, for one query.
        self.cells = min(cells, MOST_CELLS)
        _core.require_table(16.0, (self.cells,))
        # Every table goes to the bucket of the first of its tokens.
        self.potentials: dict[int, Floats] = {}
        for i, (family, table) in enumerate(zip(parents, tables, strict=True)):
            scope = [*family, i]
            home = min(scope, key=place.__getitem__)
            self.potentials[home] = self.potentials.get(home, np.ones(1)) * self._spread(
                table[None], scope, home
            )

    def _spread(self, array: Floats, scope: Sequence[int], home: int) -> Floats:
        """An array over `scope` with the axes of the bucket of `home`, length 1 where missing."""
        where = [j for j in self.scopes[home] if j in scope]
        array = array.transpose(0, *(1 + list(scope).index(j) for j in where))
        shape = [self.sizes[j] if j in scope else 1 for j in self.scopes[home]]
        return array.reshape(len(array), *shape)

    def collect(self, x: Codes, mask: Mask) -> tuple[dict[int, Floats], dict[int, Floats], Floats]:
        """Buckets with all messages from below, these messages, and the log evidence."""
        beliefs: dict[int, Floats] = {}
        messages: dict[int, Floats] = {}
        logs = np.zeros(len(x))
        for i in self.order:
            seen = mask[:, i, None] | (x[:, i, None] == np.arange(self.sizes[i]))
            belief = self._spread(seen.astype(np.float64), [i], i)
            if i in self.potentials:
                belief = belief * self.potentials[i]
            for below in [j for j in messages if self.above[j] == i]:
                belief = belief * self._spread(messages[below], self.scopes[below][1:], i)
            shape = (len(x), *(self.sizes[j] for j in self.scopes[i]))
            beliefs[i] = np.broadcast_to(belief, shape)
            message = beliefs[i].sum(axis=1)
            scale = message.reshape(len(x), -1).max(axis=1)
            with np.errstate(divide="ignore"):
                logs += np.log(scale)
            scale = np.where(scale > 0.0, scale, 1.0)
            messages[i] = message / scale.reshape(-1, *(1,) * (message.ndim - 1))
        return beliefs, messages, logs

    def distribute(
        self, beliefs: dict[int, Floats], messages: dict[int, Floats]
    ) -> list[tuple[int, Floats]]:
        """Law of each token given the evidence; beliefs become those of the whole network."""
        laws = []
        with np.errstate(divide="ignore", invalid="ignore"):
            for i in reversed(self.order):
                above = self.above[i]
                if above is not None:
                    # What is above the bucket is its belief without what came from here.
                    scope = self.scopes[i][1:]
                    axes = [k for k, j in enumerate(self.scopes[above], 1) if j not in scope]
                    outer = beliefs[above].sum(axis=tuple(axes))
                    outer = np.where(messages[i] > 0.0, outer / messages[i], 0.0)
                    beliefs[i] = beliefs[i] * outer[:, None]
                law = beliefs[i].reshape(*beliefs[i].shape[:2], -1).sum(axis=2)
                total = law.sum(axis=1)
                beliefs[i] = beliefs[i] / total.reshape(-1, *(1,) * (beliefs[i].ndim - 1))
                laws.append((i, law / total[:, None]))
        return laws


def _min_fill(
    families: Sequence[set[int]], sizes: Sequence[int]
) -> tuple[list[int], dict[int, set[int]]]:
    """An elimination order and the scopes of buckets: least new edges first, then least cells."""
    neighbours: dict[int, set[int]] = {i: set() for i in range(len(families))}
    for family in families:
        for i in family:
            neighbours[i] |= family - {i}
    order, scopes = [], {}

    def cost(i: int) -> tuple[int, float, int]:
        around = neighbours[i]
        missing = sum(len(around - neighbours[j]) - 1 for j in around)
        return missing, float(np.prod([float(sizes[j]) for j in around])), i

    while neighbours:
        i = min(neighbours, key=cost)
        around = neighbours.pop(i)
        for j in around:
            neighbours[j] |= around - {j}
            neighbours[j].discard(i)
        order.append(i)
        scopes[i] = {i, *around}
    return order, scopes
