"""Bayesian networks over discrete variables."""

from __future__ import annotations

import operator
import os
from collections.abc import Callable, Hashable, Sequence
from functools import cached_property
from typing import Any, Self, final

import numpy as np
import numpy.typing as npt

from .._information_curve import InformationCurve
from ._base import Codes, Distribution, Floats, Mask, query_blocks
from ._categorical import categorical
from ._checks import checked_list, checked_probabilities
from ._elimination import Buckets
from ._wide import Kind, answer

#: Cells of the tables that one block of oracle queries holds.
HELD_CELLS = 1 << 22

#: Sums of rows as near to one as this are not taken for those of rounded tables.
EXACT = 1e-14


@final
class BayesianNetwork(Distribution):
    """A directed acyclic graph of tokens, each with a table of its law given its parents.

    Parameters
    ----------
    parents : sequence of sequences of int, length n
        The parents of each token.
    tables : sequence of array_like, length n
        Table ``i`` has one axis for each parent of token ``i``, in the order of ``parents[i]``,
        and a last one for the token itself, whose entries sum to one within 1e-6.
    alphabets : sequence of sequences, optional
        The letters of each token; codes by default.
    names : sequence, optional
        The names of the tokens; their numbers by default.

    Raises
    ------
    TypeError
        If a table does not hold real numbers.
    ValueError
        If lengths or shapes do not fit, rows of a table do not sum to one, or there is a cycle.

    See Also
    --------
    from_pgmpy, from_bif : From a model of the package `pgmpy`, or a file that it reads.

    Notes
    -----
    Published tables are rounded. The law is the product of the tables as given, divided by its
    sum; sampling takes their rows one by one, which is the same up to that rounding.

    The oracle is exact: variable elimination (Zhang and Poole 1994) in an order that adds few edges
    (min-fill), as messages up and down the tree of buckets (Dechter 1999), so that one pass
    answers all masked tokens of a batch of queries, whatever they reveal. A query costs a few
    operations for each cell of the buckets, whose number is exponential in the induced width; what
    does not fit in memory is refused. Where evidence makes letters so unlikely beside others that
    doubles may lose them, they have exponents of their own, some five times slower. The curve is
    that of the joint table, to a few 1e-16 of the joint entropy, or sampled where there is none.

    Examples
    --------
    >>> rain = BayesianNetwork([[], [0]], [[0.8, 0.2], [[0.9, 0.1], [0.1, 0.9]]])
    >>> rain.conditional_marginals([0, 1], [True, False])[0].round(4)
    array([0.3077, 0.6923])
    """

    def __init__(
        self,
        parents: Sequence[Sequence[int]],
        tables: Sequence[npt.ArrayLike],
        *,
        alphabets: Sequence[Sequence[Hashable]] | None = None,
        names: Sequence[Hashable] | None = None,
    ) -> None:
        given = checked_list(tables, "tables", "tables")
        families = checked_list(parents, "parents", "lists of tokens, one a token")
        n = len(given)
        if len(families) != n:
            raise ValueError(f"tables: there are {n}, expected one a token, of {len(families)}")
        self._names = tuple(range(n)) if names is None else tuple(names)
        if len(self._names) != n:
            raise ValueError(f"names: there are {len(self._names)}, expected {n}, one a token")
        self._parents = tuple(map(_numbers, range(n), families))
        for i, family in enumerate(self._parents):
            if len(set(family)) < len(family) or not set(family) <= set(range(n)) - {i}:
                raise ValueError(f"parents[{i}]: is {family}, expected others of 0..{n - 1}, once")
        self._order = _topological(self._parents)
        self._tables = tuple(
            checked_probabilities(table, f"tables[{i}]", normalize=False)
            for i, table in enumerate(given)
        )
        sizes = [table.shape[-1] for table in self._tables]
        for i, (family, table) in enumerate(zip(self._parents, self._tables, strict=True)):
            shape = (*(sizes[p] for p in family), sizes[i])
            if table.shape != shape:
                raise ValueError(
                    f"tables[{i}]: has shape {table.shape}, expected {shape}: an axis a "
                    "parent and the token"
                )
        letters = [range(q) for q in sizes] if alphabets is None else list(map(tuple, alphabets))
        if [len(a) for a in letters] != sizes:
            raise ValueError(
                f"alphabets: have {[len(a) for a in letters]} letters, expected {sizes}"
            )
        self._alphabets: tuple[Sequence[Hashable], ...] = tuple(letters)

    @classmethod
    def from_pgmpy(cls, model: Any) -> Self:
        """Take over a discrete network of the package `pgmpy`.

        Parameters
        ----------
        model : pgmpy.models.DiscreteBayesianNetwork
            With a table for each node. Tokens are in the order of ``model.nodes``.

        Raises
        ------
        ImportError
            If `pgmpy` is not installed (``pip install 'unmask[networks]'``).
        TypeError
            If it is no such model.
        ValueError
            If a node has no table, or a table is none.
        """
        try:
            from pgmpy.models import DiscreteBayesianNetwork
        except ImportError as error:
            raise _missing_pgmpy("model", type(model).__name__) from error
        if not isinstance(model, DiscreteBayesianNetwork):
            raise TypeError(
                f"model: is a {type(model).__name__}, expected a "
                "pgmpy.models.DiscreteBayesianNetwork; from_bif reads files"
            )
        names = list(model.nodes())
        number = {name: i for i, name in enumerate(names)}
        parents, tables, alphabets = [], [], []
        for name in names:
            factor = model.get_cpds(name)
            if factor is None:
                raise ValueError(f"model: node {name!r} has no table, expected one a node")
            # The first axis is the variable, the others its evidence.
            variables = list(factor.variables)
            if variables[0] != name or not set(variables) <= set(names):
                raise ValueError(
                    f"model: the table of node {name!r} is over {variables}, expected the node "
                    "itself, then its parents"
                )
            parents.append([number[v] for v in variables[1:]])
            tables.append(np.moveaxis(np.asarray(factor.values, dtype=np.float64), 0, -1))
            alphabets.append(tuple(factor.state_names[name]))
        return cls(parents, tables, alphabets=alphabets, names=names)

    @classmethod
    def from_bif(cls, path: str | os.PathLike[str]) -> Self:
        """Read a network from a BIF file, through `pgmpy`.

        Raises
        ------
        OSError
            If there is no such file, or it cannot be read.
        ImportError
            If `pgmpy` is not installed (``pip install 'unmask[networks]'``).
        ValueError
            If it is not a network.
        """
        if not isinstance(path, str | os.PathLike):
            raise TypeError(f"path: is a {type(path).__name__}, expected the path of a file")
        try:
            from pgmpy.readwrite import BIFReader
        except ImportError as error:
            raise _missing_pgmpy("path", os.fspath(path)) from error
        try:
            with open(path, encoding="utf-8") as file:
                text = file.read()
            model = BIFReader(string=text).get_model()
            if not len(model):
                raise ValueError("it has no nodes")
        except OSError:
            raise
        except Exception as error:
            raise ValueError(f"{os.fspath(path)}: not a network in BIF ({error})") from error
        return cls.from_pgmpy(model)

    @property
    def alphabets(self) -> tuple[Sequence[Hashable], ...]:
        """The letters of each token: code ``c`` at position ``i`` is ``alphabets[i][c]``."""
        return self._alphabets

    @property
    def names(self) -> tuple[Hashable, ...]:
        """The names of the tokens."""
        return self._names

    @property
    def parents(self) -> tuple[tuple[int, ...], ...]:
        """The parents of each token."""
        return self._parents

    @property
    def tables(self) -> tuple[Floats, ...]:
        """Law of each token given its parents, read-only."""
        return self._tables

    def _information_curve(
        self, threads: int | None, progress: Callable[[float], object] | None
    ) -> InformationCurve:
        return self._enumerated_curve(threads, progress)

    def _log_prob(self, x: Codes) -> Floats:
        logs = np.full(len(x), -self._log_total)
        with np.errstate(divide="ignore"):
            for i, (family, table) in enumerate(zip(self._parents, self._tables, strict=True)):
                logs += np.log(table[tuple(x[:, [*family, i]].T)])
        return logs

    def _sample(self, size: int, generator: np.random.Generator) -> Codes:
        x = np.empty((size, self.n), dtype=np.int64)
        for i in self._order:
            rows = self._tables[i][tuple(x[:, list(self._parents[i])].T)]
            x[:, i] = categorical(np.broadcast_to(rows, (size, rows.shape[-1])), generator)
        return x

    @cached_property
    def _buckets(self) -> Buckets:
        return Buckets(self._parents, self._tables)

    @cached_property
    def _log_total(self) -> float:
        """Logarithm of the sum of the product of the tables: 0 but for their rounding."""
        if all(np.abs(table.sum(axis=-1) - 1.0).max() <= EXACT for table in self._tables):
            return 0.0
        nothing = np.zeros((1, self.n), dtype=np.int64)
        return float(self._log_sums(nothing, nothing == 0)[0])

    def _blocks(self, x: Codes) -> list[npt.NDArray[np.intp]]:
        return query_blocks(len(x), self._buckets.cells, HELD_CELLS)

    def _log_sums(self, x: Codes, mask: Mask) -> Floats:
        """Logarithm of what the product of the tables sums to, given the revealed tokens."""
        logs = np.empty(len(x))

        def fill(queries: npt.NDArray[np.intp], kind: Kind) -> Mask:
            collected = self._buckets.collect(x[queries], mask[queries], kind)
            logs[queries] = collected.logs
            return collected.lost

        for block in self._blocks(x):
            answer(block, fill)
        return logs

    def _log_evidence(self, x: Codes, mask: Mask) -> Floats:
        return self._log_sums(x, mask) - self._log_total

    def _conditional_marginals(self, x: Codes, mask: Mask, marginals: Floats) -> Mask:
        possible = np.ones(len(x), dtype=bool)

        def fill(queries: npt.NDArray[np.intp], kind: Kind) -> Mask:
            collected = self._buckets.collect(x[queries], mask[queries], kind)
            possible[queries] = collected.logs > -np.inf
            for i, law in self._buckets.distribute(collected):
                marginals[queries, i, : law.shape[1]] = law
            return collected.lost

        for block in self._blocks(x):
            answer(block, fill)
        return possible


def _numbers(i: int, family: Sequence[int]) -> tuple[int, ...]:
    """Return the parents of token `i` as numbers."""
    try:
        return tuple(operator.index(p) for p in family)
    except TypeError:
        raise TypeError(f"parents[{i}]: is {family!r}, expected numbers of tokens") from None


def _missing_pgmpy(name: str, value: str) -> ImportError:
    return ImportError(
        f"{name}: {value} takes the package pgmpy, expected it installed: "
        "pip install 'unmask[networks]'"
    )


def _topological(parents: Sequence[Sequence[int]]) -> list[int]:
    """Tokens, parents first."""
    order: list[int] = []
    left = set(range(len(parents)))
    while left:
        ready = sorted(i for i in left if left.isdisjoint(parents[i]))
        if not ready:
            raise ValueError(f"parents: tokens {sorted(left)} hold a cycle, expected none")
        order += ready
        left.difference_update(ready)
    return order
