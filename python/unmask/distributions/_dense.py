"""A joint table."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any, Self, final

import numpy as np
import numpy.typing as npt

from .. import _check, _core
from .._information_curve import InformationCurve
from ._base import Codes, Distribution, Floats, Mask, query_blocks
from ._categorical import inverted
from ._checks import SUM_TOLERANCE

#: Cells that one block of oracle queries may gather.
GATHERED_CELLS = 1 << 22


@final
class Dense(Distribution):
    """A distribution given by its joint table.

    Parameters
    ----------
    pmf : array_like of float, shape (q_1, .., q_n)
        Probabilities, one axis a token. They must sum to one within 1e-6 and are renormalised.
    normalize : bool
        Accept any positive sum.

    Raises
    ------
    TypeError
        If `pmf` does not hold real numbers.
    ValueError
        If a cell is negative or not finite, the sum is off, or there is no axis or no letter.
    MemoryError
        If the table does not fit in memory; nothing was allocated.

    Examples
    --------
    >>> pair = Dense([[0.4, 0.1], [0.1, 0.4]])
    >>> pair.n, pair.alphabet_sizes
    (2, (2, 2))
    >>> pair.conditional_marginals([0, 0], [False, True])
    array([[1. , 0. ],
           [0.8, 0.2]])
    """

    def __init__(self, pmf: npt.ArrayLike, *, normalize: bool = False) -> None:
        given = _check.array(pmf, "pmf")
        if given.dtype.kind not in "fiub":
            raise TypeError(f"pmf: has dtype {given.dtype}, expected real numbers")
        if given.ndim == 0 or given.size == 0:
            raise ValueError(f"pmf: has shape {given.shape}, expected an axis a token, none empty")
        _core.require_table(16.0, given.shape, "pmf: this table")
        table = np.require(given, np.float64, ["C", "ALIGNED"])
        total = _core.table_total(table)
        if not _check.flag(normalize, "normalize") and not abs(total - 1.0) <= SUM_TOLERANCE:
            raise ValueError(
                f"pmf: sums to {total!r}, off by {total - 1.0:.3g}, expected 1 within "
                f"{SUM_TOLERANCE:g}; normalize=True divides by the sum"
            )
        if not (total > 0.0 and np.isfinite(total)):
            raise ValueError(f"pmf: sums to {total!r}, expected a positive finite sum")
        self._pmf: Floats = table / total
        self._pmf.flags.writeable = False

    def __getstate__(self) -> dict[str, Any]:
        return {"_pmf": self._pmf}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._pmf.flags.writeable = False

    @classmethod
    def from_dit(cls, distribution: Any) -> Self:
        """Take over a distribution of the package `dit`.

        Parameters
        ----------
        distribution : dit.Distribution
            With linear or logarithmic probabilities. The code of a letter is its place in the
            sorted alphabet of its variable.

        Raises
        ------
        ImportError
            If `dit` is not installed.
        TypeError
            If it is no joint distribution of the package.
        ValueError
            If probabilities do not sum to one.
        MemoryError
            If the table does not fit in memory; nothing was allocated.
        """
        if not isinstance(distribution, _dit("from_dit").Distribution):
            raise TypeError(
                f"distribution: is a {type(distribution).__name__}, expected a dit.Distribution"
            )
        linear = distribution.copy(base="linear")
        codes = [{letter: c for c, letter in enumerate(sorted(a))} for a in linear.alphabet]
        shape = tuple(map(len, codes))
        _core.require_table(24.0, shape, "distribution: its table")
        table = np.zeros(shape)
        for outcome, p in zip(linear.outcomes, linear.pmf, strict=True):
            table[tuple(code[letter] for code, letter in zip(codes, outcome, strict=True))] += p
        return cls(table)

    def to_dit(self) -> Any:
        """Make a `dit.Distribution` of the cells of positive probability; letters are codes.

        Raises
        ------
        ImportError
            If `dit` is not installed.
        """
        dit = _dit("to_dit")
        cells = np.nonzero(self._pmf > 0.0)
        outcomes = list(zip(*(codes.tolist() for codes in cells), strict=True))
        return dit.Distribution(outcomes, self._pmf[cells])

    @property
    def pmf(self) -> Floats:
        """The normalised table, read-only, shape (q_1, .., q_n)."""
        return self._pmf

    @cached_property
    def alphabets(self) -> tuple[range, ...]:
        """The letters of each token are its codes."""
        return tuple(range(q) for q in self._pmf.shape)

    def to_dense(self) -> Dense:
        """Return the law itself."""
        return self

    def entropy(self) -> float:
        """Joint entropy ``H(X)`` in nats; one pass over the table."""
        return _core.table_entropy(self._pmf)

    @cached_property
    def _totals(self) -> tuple[float, float, float]:
        return _core.table_totals(self._pmf)

    def total_correlation(self) -> float:
        """``TC = sum_i H(X_i) - H(X)`` in nats; ``O(n)`` passes over the table."""
        return self._totals[1]

    def dual_total_correlation(self) -> float:
        """``DTC = sum_i H(X_rest) - (n - 1) H(X)`` in nats; ``O(n)`` passes over the table."""
        return self._totals[2]

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
            Entry ``S`` belongs to the tokens ``i`` with ``S >> i & 1``. ``prod (1 + q_i)`` terms.

        Examples
        --------
        >>> Dense([[0.25, 0.25], [0.25, 0.25]]).subset_entropies().round(4)
        array([0.    , 0.6931, 0.6931, 1.3863])
        """
        return _core.table_subset_entropies(self._pmf, threads, progress)

    def _information_curve(
        self, threads: int | None, progress: Callable[[float], object] | None
    ) -> InformationCurve:
        arrays = _core.table_curve(self._pmf, threads, progress)
        return InformationCurve._made(*arrays, method="enumeration")

    def _predicted_seconds(self) -> float:
        return _core.table_seconds(self._pmf)

    def _log_prob(self, x: Codes) -> Floats:
        with np.errstate(divide="ignore"):
            probabilities: Floats = self._pmf[tuple(x.T)]
            return np.log(probabilities)

    @cached_property
    def _cumulative(self) -> Floats:
        return np.cumsum(self._pmf)

    def _sample(self, size: int, generator: np.random.Generator) -> Codes:
        cells = inverted(self._cumulative, size, generator)
        return np.stack(np.unravel_index(cells, self._pmf.shape), axis=1).astype(np.int64)

    def _conditional_marginals(self, x: Codes, mask: Mask, marginals: Floats) -> Mask:
        possible = np.ones(len(x), dtype=bool)
        patterns, which = _patterns(mask)
        for k, pattern in enumerate(patterns):
            queries = np.flatnonzero(which == k)
            revealed, hidden = np.flatnonzero(~pattern), np.flatnonzero(pattern)
            table = self._pmf.transpose([*revealed, *hidden])
            cells = max(1, int(np.prod(table.shape[len(revealed) :])))
            for some in query_blocks(len(queries), cells, GATHERED_CELLS):
                block = queries[some]
                evidence = x[block][:, revealed]
                # A single evidence, as of a large table, leaves a view of it.
                one = len(block) == 1 or not len(revealed)
                part = table[tuple(evidence[0])][None] if one else table[tuple(evidence.T)]
                rows = list(_single_marginals(part))
                mass = rows[0].sum(axis=1) if rows else part
                possible[block] = mass > 0.0
                with np.errstate(invalid="ignore"):
                    for token, row in zip(hidden, rows, strict=True):
                        marginals[block, token, : row.shape[1]] = row / mass[:, None]
        return possible

    def _log_evidence(self, x: Codes, mask: Mask) -> Floats:
        logs = np.empty(len(x))
        patterns, which = _patterns(mask)
        for k, pattern in enumerate(patterns):
            queries = np.flatnonzero(which == k)
            revealed, hidden = np.flatnonzero(~pattern), np.flatnonzero(pattern)
            marginal = self._pmf
            for token in hidden[::-1]:
                # One at a time: each sum is short, so that Ctrl-C is heard.
                marginal = marginal.sum(axis=token)
            with np.errstate(divide="ignore"):
                logs[queries] = np.log(marginal[tuple(x[queries][:, revealed].T)])
        return logs


def _single_marginals(part: Floats) -> Iterator[Floats]:
    """Sums of tables of shape (batch, q_1, .., q_m) over all tokens but one: shape (batch, q_i).

    Every token is summed out once its own letters are, so that all sums are little more work than
    the first. Large tables are taken piece by piece, so that Ctrl-C is heard.
    """
    if part.ndim > 2 and part[0].size > GATHERED_CELLS:
        pieces = [list(_single_marginals(part[:, letter])) for letter in range(part.shape[1])]
        yield np.stack([rows[0].sum(axis=1) for rows in pieces], axis=1)
        for rows in zip(*pieces, strict=True):
            yield np.sum(rows, axis=0)
        return
    for q in part.shape[1:]:
        part = part.reshape(len(part), q, -1)
        yield part.sum(axis=2)
        part = part.sum(axis=1)


def outer(table: Floats, rows: Floats) -> Floats:
    """``table[c, s] * rows[s, a]``, shape (c, s, a), piece by piece so that Ctrl-C is heard."""
    product = np.empty((*table.shape, rows.shape[1]))
    pieces = -(-product.size // GATHERED_CELLS)
    for part, found in zip(
        np.array_split(table, pieces), np.array_split(product, pieces), strict=True
    ):
        if len(part) < rows.size:
            np.multiply(part[..., None], rows, out=found)
            continue
        # NumPy's loops are fast along long axes.
        for (s, a), factor in np.ndenumerate(rows):
            np.multiply(part[:, s], factor, out=found[:, s, a])
    return product


def _dit(method: str) -> Any:
    """Return the package `dit`."""
    try:
        import dit
    except ImportError as error:
        raise ImportError(f"{method}() takes the package dit: pip install dit") from error
    return dit


def _patterns(mask: Mask) -> tuple[Mask, npt.NDArray[np.intp]]:
    """Distinct masks, and which of them each query has."""
    if (mask == mask[:1]).all():
        return mask[:1], np.zeros(len(mask), dtype=np.intp)
    patterns, which = np.unique(mask, axis=0, return_inverse=True)
    return patterns, which.reshape(-1)
