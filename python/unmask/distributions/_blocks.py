"""Independent groups of tokens."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Hashable, Iterable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, final

import numpy as np

from .. import _check, _core
from .._information_curve import InformationCurve
from ._base import Codes, Distribution, Floats, Mask
from ._checks import checked_distribution, checked_list
from ._paired import common_estimator, least, lesser

if TYPE_CHECKING:
    from ._empirical import Empirical


@final
class Blocks(Distribution):
    """Independent groups of tokens, one after the other.

    Of ``j`` random revealed tokens a hypergeometric number lies in the group of the token asked
    about, and the others tell nothing: curves compose in polynomial time, by sums of non-negative
    terms.

    Parameters
    ----------
    blocks : sequence of Distribution
        The same object may stand at several places: its curve is then computed once, and queries
        about all its places are answered together.

    Raises
    ------
    TypeError, ValueError
        If there is no block, or one is not a distribution.

    Notes
    -----
    ``O(n)`` times the sum of ``min(n_b, 40 sqrt(n_b))`` over the different blocks, beside their own
    curves. Error: a few 1e-16 of each value, beside theirs.

    Examples
    --------
    >>> from unmask.distributions import Repeated, ZeroSum
    >>> law = Blocks([Repeated(4, 2)] * 3 + [ZeroSum(4, 2)])
    >>> law.n
    16
    >>> float(round(law.total_correlation() / np.log(2), 9))
    10.0
    """

    def __init__(self, blocks: Sequence[Distribution]) -> None:
        blocks = checked_list(blocks, "blocks", "distributions")
        for b, block in enumerate(blocks):
            checked_distribution(block, f"blocks[{b}]")
        _check.memory("blocks: their tokens", 24.0, sum(block.n for block in blocks))
        starts = np.cumsum([0, *(block.n for block in blocks)])
        places: dict[int, list[int]] = {}
        for b, block in enumerate(blocks):
            places.setdefault(id(block), []).append(b)
        self._blocks = tuple(blocks)
        #: Different blocks, and the tokens of each of their places, shape (places, n_b).
        self._kinds = [
            (blocks[at[0]], starts[at][:, None] + np.arange(blocks[at[0]].n))
            for at in places.values()
        ]

    @cached_property
    def alphabets(self) -> tuple[Sequence[Hashable], ...]:
        """The alphabets of the blocks, one after the other."""
        return tuple(itertools.chain.from_iterable(block.alphabets for block in self._blocks))

    @property
    def blocks(self) -> tuple[Distribution, ...]:
        """The groups."""
        return self._blocks

    def _information_curve(
        self, threads: int | None, progress: Callable[[float], object] | None
    ) -> InformationCurve:
        curves = [block._exact_curve(threads, None) for block, _ in self._kinds]
        kinds = [
            (len(places), curve.h, curve.z)
            for (_, places), curve in zip(self._kinds, curves, strict=True)
        ]
        arrays = _core.blocks_curve(kinds, threads, progress)
        # Enumeration of blocks, each of bounded size, is polynomial in the number of tokens.
        method = lesser("polynomial", *(curve.method for curve in curves))
        method = "polynomial" if method == "enumeration" else method
        coverage = self._composed([curve.coverage for curve in curves])
        return InformationCurve._made(*arrays, coverage, common_estimator(*curves), method)

    def _composed(self, coverages: Iterable[Floats | None]) -> Floats | None:
        """Mean coverage of what of a subset lies in a block, of the worst one; from their own."""
        return least(*(c if c is None else _core.means_within(c, self.n) for c in coverages))

    def _coverage(self, leaf: Callable[[Empirical], Floats]) -> Floats | None:
        return self._composed(block._coverage(leaf) for block, _ in self._kinds)

    def _log_prob(self, x: Codes) -> Floats:
        total = np.zeros(len(x))
        for block, tokens in self._kinds:
            parts = block._log_prob(x[:, tokens].reshape(len(x) * len(tokens), block.n))
            total += parts.reshape(len(x), len(tokens)).sum(axis=1)
        return total

    def _log_evidence(self, x: Codes, mask: Mask) -> Floats:
        total = np.zeros(len(x))
        for block, tokens in self._kinds:
            queries = (len(x) * len(tokens), block.n)
            parts = block._log_evidence(
                x[:, tokens].reshape(queries), mask[:, tokens].reshape(queries)
            )
            total += parts.reshape(len(x), len(tokens)).sum(axis=1)
        return total

    def _sample(self, size: int, generator: np.random.Generator) -> Codes:
        x = np.empty((size, self.n), dtype=np.int64)
        for block, tokens in self._kinds:
            draws = block._sample(size * len(tokens), generator)
            x[:, tokens] = draws.reshape(size, *tokens.shape)
        return x

    def _conditional_marginals(self, x: Codes, mask: Mask, marginals: Floats) -> Mask:
        possible = np.ones(len(x), dtype=bool)
        for block, tokens in self._kinds:
            q = max(block.alphabet_sizes)
            queries = (len(x) * len(tokens), block.n)
            rows = np.zeros((*queries, q))
            answered = block._conditional_marginals(
                x[:, tokens].reshape(queries), mask[:, tokens].reshape(queries), rows
            )
            possible &= answered.reshape(len(x), len(tokens)).all(axis=1)
            marginals[:, tokens, :q] = rows.reshape(len(x), *tokens.shape, q)
        return possible
