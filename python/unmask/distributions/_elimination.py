"""Variable elimination in a network of tables, for a batch of queries at once.

Messages up and down the tree of buckets (Dechter 1999) of an elimination order that adds few edges
(min-fill): one pass answers all masked tokens of every query, whatever each reveals.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .. import _check
from ._base import Codes, Floats, Mask
from ._wide import (
    Kind,
    Wide,
    faint,
    log_total,
    normalised,
    quotients,
    shares,
    spread,
)

#: More cells than any machine has.
MOST_CELLS = 1 << 62


@dataclass
class Collected:
    """What evidence says: the state of a pass through the tree, for each query."""

    #: Buckets with all messages from below.
    beliefs: dict[int, Any]
    #: Messages of buckets.
    messages: dict[int, Any]
    #: Logarithm of the evidence.
    logs: Floats
    #: Queries of which something is faint.
    lost: Mask


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
        _check.memory("tables: variable elimination in this network", 48.0, self.cells)
        # Every table goes to the bucket of the first of its tokens.
        wide: dict[int, Wide] = {}
        for i, (family, table) in enumerate(zip(parents, tables, strict=True)):
            scope = [*family, i]
            home = min(scope, key=place.__getitem__)
            wide[home] = wide.get(home, Wide(np.ones(1))) * self._axes(table[None], scope, home)
        self.wide_potentials = wide
        self.potentials = {home: potential.doubles() for home, potential in wide.items()}
        lost = (faint(potential).any() for potential in (*tables, *self.potentials.values()))
        #: Whether products of some tables are none that a double can hold.
        self.faint = any(lost)

    def _axes(self, array: Any, scope: Sequence[int], home: int) -> Any:
        """An array over `scope` with the axes of the bucket of `home`, length 1 where missing."""
        where = [j for j in self.scopes[home] if j in scope]
        array = array.transpose(0, *(1 + list(scope).index(j) for j in where))
        shape = [self.sizes[j] if j in scope else 1 for j in self.scopes[home]]
        return array.reshape(len(array), *shape)

    def collect(self, x: Codes, mask: Mask, kind: Kind) -> Collected:
        """Evidence, and the messages that it sends up the tree; computed in numbers of a kind."""
        beliefs: dict[int, Any] = {}
        messages: dict[int, Any] = {}
        logs, lost = np.zeros(len(x)), np.full(len(x), self.faint)
        potentials = self.wide_potentials if kind is Wide else self.potentials
        for i in self.order:
            seen = mask[:, i, None] | (x[:, i, None] == np.arange(self.sizes[i]))
            belief = kind(self._axes(seen.astype(np.float64), [i], i))
            if i in potentials:
                belief = belief * potentials[i]
            for below in [j for j in messages if self.above[j] == i]:
                belief = belief * self._axes(messages[below], self.scopes[below][1:], i)
                lost |= faint(belief)
            shape = (len(x), *(self.sizes[j] for j in self.scopes[i]))
            beliefs[i] = spread(belief, shape)
            messages[i], scale = normalised(beliefs[i].sum(axis=1))
            lost |= faint(messages[i])
            logs += scale
            if self.above[i] is None:
                logs += log_total(messages[i])
        return Collected(beliefs, messages, logs, lost)

    def distribute(self, collected: Collected) -> Iterator[tuple[int, Floats]]:
        """Law of each token given the evidence; beliefs become those of the whole network."""
        beliefs, messages = collected.beliefs, collected.messages
        for i in reversed(self.order):
            above = self.above[i]
            if above is not None:
                # What is above the bucket is its belief without what came from here.
                scope = self.scopes[i][1:]
                axes = [k for k, j in enumerate(self.scopes[above], 1) if j not in scope]
                outer = quotients(beliefs[above].sum(axis=tuple(axes)), messages[i])
                beliefs[i] = beliefs[i] * outer[:, None]
            beliefs[i], _ = normalised(beliefs[i])
            collected.lost |= faint(beliefs[i])
            yield i, shares(beliefs[i].reshape(*beliefs[i].shape[:2], -1).sum(axis=2))


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
