"""What every distribution can do, and the rules that are decided once."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt

from .. import _check, _core

if TYPE_CHECKING:
    # Not evaluated when imported: numpy's generators take a third of the time that numpy does.
    Seed = int | np.random.Generator | None

    from .._compute import Method
    from .._information_curve import InformationCurve
    from ._dense import Dense
    from ._empirical import Empirical

#: Terms up to which laws that are no tables are enumerated as such: about a minute on one core.
ENUMERATED_TERMS = 1e11

#: What a token of a curve takes: its three arrays, and what a formula makes them of.
CURVE_BYTES = 64.0

#: Cells of a joint table that are scored at the same time.
SCORED_CELLS = 1 << 18

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
OnImpossible = Literal["raise", "uniform"]

#: Tokens that are drawn at a time: some hundredths of a second.
DRAWN_TOKENS = 1 << 20

#: Sequences that are drawn at a time all the same, however long.
LEAST_DRAWS = 1 << 12


class Distribution(ABC):
    """A law on sequences of ``n`` tokens, token ``i`` out of an alphabet of its own.

    A distribution answers what a masked model is asked (`conditional_marginals`), scores
    (`log_prob`), samples, and knows its totals. It is immutable.
    """

    @property
    @abstractmethod
    def alphabets(self) -> tuple[Sequence[Hashable], ...]:
        """The letters of each token: code ``c`` at position ``i`` is ``alphabets[i][c]``."""

    @property
    def n(self) -> int:
        """Number of tokens."""
        return len(self.alphabets)

    @cached_property
    def alphabet_sizes(self) -> tuple[int, ...]:
        """Number of letters of each token."""
        return tuple(len(letters) for letters in self.alphabets)

    def entropy(self) -> float:
        """Joint entropy ``H(X)`` in nats; takes the whole curve, once for all totals."""
        return self._curve.entropy

    def total_correlation(self) -> float:
        """``TC = sum_i H(X_i) - H(X)`` in nats; takes the whole curve, once for all totals."""
        return self._curve.total_correlation

    def dual_total_correlation(self) -> float:
        """``DTC = H(X) - sum_i H(X_i | all others)`` in nats; takes the whole curve, once."""
        return self._curve.dual_total_correlation

    def information_curve(
        self,
        *,
        method: Method = "auto",
        samples: int | None = None,
        seed: Seed = None,
        threads: int | None = None,
        progress: Callable[[float], object] | None = None,
    ) -> InformationCurve:
        """Compute the information curve: `unmask.information_curve` of this distribution.

        Parameters
        ----------
        method, samples, seed, threads, progress
            As there.

        Returns
        -------
        InformationCurve
            In the time that the distribution's own page states.
        """
        from .._compute import information_curve

        return information_curve(
            self, method=method, samples=samples, seed=seed, threads=threads, progress=progress
        )

    @cached_property
    def _curve(self) -> InformationCurve:
        """The curve, for totals that have no shorter way."""
        return self._exact_curve(None, None)

    def to_dense(self) -> Dense:
        """Write the law out as a joint table.

        Returns
        -------
        Dense
            ``prod q_i`` cells, each scored: `log_prob` of as many sequences.

        Raises
        ------
        MemoryError
            If the table does not fit in memory; nothing was allocated.
        """
        from ._dense import Dense

        sizes = self.alphabet_sizes
        # The table, and a normalised one.
        _core.require_table(16.0, sizes)
        table = np.empty(math.prod(sizes))
        for start in range(0, len(table), SCORED_CELLS):
            cells = np.arange(start, min(start + SCORED_CELLS, len(table)))
            codes = np.stack(np.unravel_index(cells, sizes), axis=1)
            table[cells] = np.exp(self._log_prob(codes))
        return Dense(table.reshape(sizes))

    def subset_entropies(
        self,
        *,
        threads: int | None = None,
        progress: Callable[[float], object] | None = None,
    ) -> Floats:
        """Entropy of every marginal, in nats.

        Parameters
        ----------
        threads, progress
            As in `unmask.information_curve`.

        Returns
        -------
        ndarray of float64, shape (2**n,)
            Entry ``S`` belongs to the tokens ``i`` with ``S >> i & 1``. By the joint table:
            ``prod (1 + q_i)`` terms.

        Raises
        ------
        ValueError, MemoryError
            If the work or the memory predicted is out of reach; nothing is started.
        """
        return self.to_dense().subset_entropies(threads=threads, progress=progress)

    def _exact_curve(
        self, threads: int | None, progress: Callable[[float], object] | None
    ) -> InformationCurve:
        """The curve, by the way that the law has, unless it does not fit in memory."""
        self._require_curve()
        return self._information_curve(threads, progress)

    def _require_curve(self) -> None:
        """Refuse curves that do not fit in memory, however they are found."""
        _check.memory(f"distribution: a curve of {self.n} tokens", CURVE_BYTES, self.n)

    @abstractmethod
    def _information_curve(
        self, threads: int | None, progress: Callable[[float], object] | None
    ) -> InformationCurve:
        """What `unmask.information_curve` returns."""

    def _predicted_seconds(self) -> float:
        """What the exact curve is predicted to take on one core, where that may be long; or 0."""
        return 0.0

    def _enumerated_curve(
        self, threads: int | None, progress: Callable[[float], object] | None
    ) -> InformationCurve:
        """The curve of the joint table; for laws that have no shorter way.

        Refuses before the table is made what would take too long with it: there is the sampled
        curve, and whoever has more patience the table.
        """
        _core.require_work(math.prod(1.0 + q for q in self.alphabet_sizes), ENUMERATED_TERMS)
        return self.to_dense()._information_curve(threads, progress)

    def _coverage(self, leaf: Callable[[Empirical], Floats]) -> Floats | None:
        """Good-Turing coverage by subset size, if samples are behind the law; ``leaf`` finds it.

        Laws made of laws override it.
        """
        return None

    @abstractmethod
    def _log_prob(self, x: Codes) -> Floats:
        """Log probability of checked codes of shape (batch, n)."""

    @abstractmethod
    def _sample(self, size: int, generator: np.random.Generator) -> Codes:
        """Draw ``size`` sequences."""

    @abstractmethod
    def _conditional_marginals(self, x: Codes, mask: Mask, marginals: Floats) -> Mask:
        """Fill in the masked rows of ``marginals``, shape (batch, n, max q), zeros so far.

        ``x`` holds 0 where ``mask`` is set. Returns where, shape (batch,), the evidence is
        possible; the rows of other queries may hold anything.
        """

    def _marginals_at(
        self, x: Codes, mask: Mask, tokens: Codes, on_impossible: OnImpossible
    ) -> Floats:
        """Law of some masked tokens of each query, shape (batch, k): shape (batch, k, max q).

        Laws that need not answer for all tokens at once override it.
        """
        marginals = self.conditional_marginals(x, mask, on_impossible=on_impossible)
        return marginals[np.arange(len(x))[:, None], tokens]

    def _log_evidence(self, x: Codes, mask: Mask) -> Floats:
        """Log probability of the revealed tokens, shape (batch,); ``-inf`` if impossible.

        Arguments as for `_conditional_marginals`. The chain rule: one oracle call a token. Laws
        that have a shorter way override it.
        """
        logs = np.zeros(len(x))
        letters = max(self.alphabet_sizes)
        hidden = np.ones_like(mask)
        queries = np.arange(len(x))
        for i in np.flatnonzero(~mask.all(axis=0)):
            marginals = np.zeros((len(queries), self.n, letters))
            before = np.where(hidden[queries], 0, x[queries])
            self._conditional_marginals(before, hidden[queries], marginals)
            revealed = ~mask[queries, i]
            with np.errstate(divide="ignore"):
                steps = np.log(marginals[np.arange(len(queries)), i, x[queries, i]])
            logs[queries] += np.where(revealed, steps, 0.0)
            hidden[queries, i] = mask[queries, i]
            # What is impossible stays so, and must not be asked about again.
            queries = queries[logs[queries] > -np.inf]
            if not len(queries):
                break
        return logs

    def log_prob(self, x: npt.ArrayLike) -> Floats:
        """Log probability of sequences.

        Parameters
        ----------
        x : array_like of int, shape (..., n)
            Codes.

        Returns
        -------
        ndarray of float64, shape (...)
            In nats; ``-inf`` for impossible sequences.

        Raises
        ------
        TypeError, ValueError
            If `x` are not codes of this distribution.
        """
        codes = self._checked_codes(x)
        return self._log_prob(codes.reshape(-1, self.n)).reshape(codes.shape[:-1])

    def sample(self, size: int, *, seed: Seed = None) -> Codes:
        """Draw independent sequences.

        Parameters
        ----------
        size : int
            How many.
        seed : int or numpy.random.Generator, optional
            The same seed gives the same sequences.

        Returns
        -------
        ndarray of int64, shape (size, n)
            Codes.

        Raises
        ------
        TypeError, ValueError
            If `size` is not a whole number of at least 0, or `seed` is none.
        MemoryError
            If the sequences do not fit in memory; nothing was allocated.
        """
        size = _check.size(size, "size", 0)
        _check.memory(f"size: a sample of {size} sequences", 8.0, size, self.n)
        generator = _check.generator(seed)
        # Piece by piece, so that Ctrl-C is heard in between.
        rows = max(LEAST_DRAWS, DRAWN_TOKENS // self.n)
        if size <= rows:
            return self._sample(size, generator)
        codes = np.empty((size, self.n), dtype=np.int64)
        for start in range(0, size, rows):
            part = codes[start : start + rows]
            part[:] = self._sample(len(part), generator)
        return codes

    def conditional_marginals(
        self,
        x: npt.ArrayLike,
        mask: npt.ArrayLike,
        *,
        on_impossible: OnImpossible = "raise",
    ) -> Floats:
        """Law of each masked token given the revealed ones: the conditional marginal oracle.

        Parameters
        ----------
        x : array_like of int, shape (..., n)
            Codes; what stands at masked positions is not looked at.
        mask : array_like of bool, shape (..., n)
            ``True`` where masked. Shapes of `x` and `mask` are broadcast.
        on_impossible : {"raise", "uniform"}
            What to do where the revealed tokens have probability zero: raise, or answer uniformly
            over each alphabet (as a model does, which cannot know).

        Returns
        -------
        ndarray of float64, shape (..., n, max(alphabet_sizes))
            Rows sum to one. Rows of revealed tokens are one-hot. Letters that a token does not
            have get zero. What a query takes stands on the distribution's own page.

        Raises
        ------
        TypeError, ValueError
            If `x` are not codes, `mask` is not boolean, or evidence is impossible.
        MemoryError
            If the answer does not fit in memory; nothing was allocated.
        """
        if on_impossible not in ("raise", "uniform"):
            raise ValueError(f"on_impossible: is {on_impossible!r}, expected 'raise' or 'uniform'")
        hidden = _check.array(mask, "mask")
        if hidden.dtype != np.bool_:
            raise TypeError(f"mask: has dtype {hidden.dtype}, expected bool (True = masked)")
        codes = _check.array(x, "x")
        try:
            shape = np.broadcast_shapes(codes.shape, hidden.shape)
        except ValueError:
            raise ValueError(
                f"mask: has shape {hidden.shape}, expected one that broadcasts with that of x, "
                f"{codes.shape}"
            ) from None
        hidden = np.broadcast_to(hidden, shape)
        if np.issubdtype(codes.dtype, np.integer):
            codes = np.where(hidden, 0, np.broadcast_to(codes, shape))
        codes = self._checked_codes(codes).reshape(-1, self.n)
        hidden = hidden.reshape(-1, self.n)

        letters = max(self.alphabet_sizes)
        answer = (len(codes), self.n, letters)
        _check.memory(f"x: an answer of shape {answer}", 8.0, *answer)
        marginals = np.zeros(answer)
        possible = self._conditional_marginals(codes, hidden, marginals)
        if not possible.all():
            if on_impossible == "raise":
                query = int(np.argmin(possible))
                raise ValueError(
                    f"x: the revealed tokens of query {query} have probability zero; "
                    "on_impossible='uniform' answers all the same"
                )
            for i, q in enumerate(self.alphabet_sizes):
                marginals[~possible, i] = 0.0
                marginals[~possible, i, :q] = 1.0 / q
        rows, tokens = np.nonzero(~hidden)
        marginals[rows, tokens] = 0.0
        marginals[rows, tokens, codes[rows, tokens]] = 1.0
        return marginals.reshape(*shape, letters)

    def _checked_codes(self, x: npt.ArrayLike) -> Codes:
        """Codes of this distribution, shape (..., n)."""
        codes = _check.array(x, "x")
        if not np.issubdtype(codes.dtype, np.integer):
            raise TypeError(f"x: has dtype {codes.dtype}, expected integer codes")
        if codes.ndim == 0 or codes.shape[-1] != self.n:
            raise ValueError(f"x: has shape {codes.shape}, expected (..., {self.n})")
        outside = (codes < 0) | (codes >= np.array(self.alphabet_sizes))
        if outside.any():
            where = tuple(int(i) for i in np.argwhere(outside)[0])
            raise ValueError(
                f"x: code {codes[where]} at {where} is not in the alphabet of token {where[-1]}, "
                f"expected 0..{self.alphabet_sizes[where[-1]] - 1}"
            )
        return codes.astype(np.int64, copy=False)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} n={self.n}, alphabets {_summary(self.alphabet_sizes)}>"


def query_blocks(queries: int, each: int, held: int) -> list[npt.NDArray[np.intp]]:
    """Numbers of queries in blocks, of which each holds about `held` entries, `each` a query."""
    if not queries:
        return []
    blocks = -(-queries * each // held)
    return np.array_split(np.arange(queries), max(1, min(queries, blocks)))


def _summary(sizes: Sequence[int]) -> str:
    """Alphabet sizes in few words: ``2^20`` or ``4, 4, 1``."""
    if len(set(sizes)) == 1:
        return f"{sizes[0]}^{len(sizes)}"
    shown = ", ".join(map(str, sizes[:12]))
    return shown if len(sizes) <= 12 else f"{shown}, ..."
