"""A weighted list of samples."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from functools import cached_property
from typing import Any, Literal, final, get_args

import numpy as np
import numpy.typing as npt

from .. import _check, _core
from .._information_curve import InformationCurve
from ._base import Codes, Distribution, Floats, Mask, query_blocks
from ._categorical import inverted
from ._dense import Dense

Estimator = Literal["plugin", "miller-madow", "chao-shen"]

#: Most letters of a token.
MAX_LETTERS = 1 << 16

#: Pairs of a query and an atom that the oracle compares at a time.
COMPARED_PAIRS = 1 << 24


@final
class Empirical(Distribution):
    """The empirical law of a sample: atoms with weights.

    Parameters
    ----------
    samples : array_like, shape (N, n)
        One sequence a row. Integers in ``0 .. 65535`` are codes as they stand, and token ``i`` has
        the alphabet ``0 .. max``. Anything else (negative or larger integers, strings) are
        letters: the alphabet of a token is its sorted distinct letters, and `alphabets` tells
        which code is which. Equal rows are merged.
    weights : array_like of float, shape (N,), optional
        Finite numbers >= 0: counts of the rows, or probabilities. All 1 by default.
    estimator : {"plugin", "miller-madow", "chao-shen"}
        How entropies of the source are estimated from counts, for curve, entropy and total
        correlations. ``"plugin"`` takes the sample for the source: it is exact for the sample and
        biased downwards for the source. ``"miller-madow"`` adds ``(support - 1) / 2N`` to each
        entropy; ``"chao-shen"`` corrects for coverage. The last two need whole counts, and the
        curve they give need not be monotone. Oracle, score and sampling are those of the sample.

    Raises
    ------
    TypeError
        If samples or weights are of another kind.
    ValueError
        If shapes are wrong, there is no sample, an alphabet has more than 65536 letters, or a
        weight is negative or not finite.

    Examples
    --------
    >>> law = Empirical([[0, 0], [1, 1], [1, 1]])
    >>> law.atoms, law.weights
    (array([[0, 0],
           [1, 1]]), array([1., 2.]))
    >>> signs = Empirical([[-1, 1], [1, -1]])
    >>> signs.alphabets
    ((-1, 1), (-1, 1))
    """

    def __init__(
        self,
        samples: npt.ArrayLike,
        weights: npt.ArrayLike | None = None,
        *,
        estimator: Estimator = "plugin",
    ) -> None:
        _check.choice(estimator, get_args(Estimator), "estimator")
        letters = _check.array(samples, "samples")
        if letters.ndim != 2 or 0 in letters.shape:
            raise ValueError(
                f"samples: has shape {letters.shape}, expected (N, n): a sequence a row, not empty"
            )
        if letters.dtype.kind not in "iubUS":
            raise TypeError(f"samples: has dtype {letters.dtype}, expected integers or letters")
        if weights is None:
            counts: npt.NDArray[Any] = np.ones(len(letters))
        else:
            counts = _check.array(weights, "weights")
            if counts.dtype.kind not in "fiub":
                raise TypeError(f"weights: has dtype {counts.dtype}, expected real numbers")
            if counts.shape != (len(letters),):
                raise ValueError(
                    f"weights: has shape {counts.shape}, expected ({len(letters)},): one a sample"
                )
        columns = [_encoded(letters[:, i], i) for i in range(letters.shape[1])]
        codes = np.stack([codes for codes, _ in columns], axis=1)
        self._alphabets = tuple(alphabet for _, alphabet in columns)
        self._support = _core.Support(
            np.ascontiguousarray(codes), np.require(counts, np.float64, ["C", "ALIGNED"])
        )
        self._atoms = codes[self._support.first_rows].astype(np.int64)
        self._atoms.flags.writeable = False
        self._weights = self._support.weights
        self._weights.flags.writeable = False
        self._estimator: Estimator = estimator
        with np.errstate(over="ignore"):
            total = self._weights.sum()
        if not np.isfinite(total):
            raise ValueError(f"weights: sum to {total}, expected a finite sum")
        if estimator != "plugin" and not self.counted:
            raise ValueError(f"weights: not all whole, expected counts for estimator={estimator!r}")

    def __getstate__(self) -> dict[str, Any]:
        state = {name: self.__dict__[name] for name in ("_alphabets", "_estimator")}
        return state | {"_atoms": self._atoms, "_weights": self._weights}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._support = _core.Support(self._atoms.astype(np.uint16), self._weights)
        self._atoms.flags.writeable = False
        self._weights.flags.writeable = False

    @property
    def alphabets(self) -> tuple[Sequence[Hashable], ...]:
        """The letters of each token: code ``c`` at position ``i`` is ``alphabets[i][c]``."""
        return self._alphabets

    @property
    def atoms(self) -> Codes:
        """Distinct sequences of positive weight, in order of first appearance; shape (K, n)."""
        return self._atoms

    @property
    def weights(self) -> Floats:
        """Weight of each atom as given, summed over equal rows; shape (K,)."""
        return self._weights

    @property
    def estimator(self) -> Estimator:
        """How entropies are estimated."""
        return self._estimator

    @cached_property
    def counted(self) -> bool:
        """Whether all weights are whole, so that they can be counts."""
        return bool((self._weights == np.floor(self._weights)).all())

    @cached_property
    def total_weight(self) -> float:
        """Sum of the weights: the sample size, if they are counts."""
        return float(self._weights.sum())

    @cached_property
    def _weight_of(self) -> dict[bytes, float]:
        """Weight of an atom by the bytes of its codes."""
        pairs = zip(self._atoms, self._weights.tolist(), strict=True)
        return {row.tobytes(): weight for row, weight in pairs}

    @cached_property
    def _totals(self) -> tuple[float, float, float]:
        if self._estimator == "plugin":
            return self._support.totals()
        curve = self._curve
        return curve.entropy, curve.total_correlation, curve.dual_total_correlation

    def entropy(self) -> float:
        """Joint entropy ``H(X)`` in nats."""
        return self._totals[0]

    def total_correlation(self) -> float:
        """``TC = sum_i H(X_i) - H(X)`` in nats.

        ``O(n K)`` for the plug-in value of ``K`` atoms; the other estimators take the whole curve.
        """
        return self._totals[1]

    def dual_total_correlation(self) -> float:
        """``DTC = sum_i H(X_rest) - (n - 1) H(X)`` in nats.

        ``O(n^2 K)`` for the plug-in value of ``K`` atoms; the other estimators take the whole
        curve.
        """
        return self._totals[2]

    def to_dense(self) -> Dense:
        """Write the empirical law out as a joint table.

        Raises
        ------
        MemoryError
            If the table does not fit in memory; nothing was allocated.
        """
        _core.require_table(24.0, self.alphabet_sizes)
        table = np.zeros(self.alphabet_sizes)
        table[tuple(self._atoms.T)] = self._weights / self.total_weight
        return Dense(table)

    def subset_entropies(
        self,
        *,
        threads: int | None = None,
        progress: Callable[[float], object] | None = None,
    ) -> Floats:
        """Plug-in entropy of every marginal, in nats.

        Returns
        -------
        ndarray of float64, shape (2**n,)
            Entry ``S`` belongs to the tokens ``i`` with ``S >> i & 1``.

        Raises
        ------
        ValueError
            If the estimator is not the plug-in one.
        """
        if self._estimator != "plugin":
            raise ValueError(f"estimator: is {self._estimator!r}, expected 'plugin' for subsets")
        return self._support.subset_entropies(threads, progress)

    def _information_curve(
        self, threads: int | None, progress: Callable[[float], object] | None
    ) -> InformationCurve:
        means, h, z = self._support.curve(self._estimator, threads, progress)
        coverage = self._support.coverage(threads) if self.counted else None
        return InformationCurve._made(means, h, z, coverage, self._estimator, "enumeration")

    def _predicted_seconds(self) -> float:
        return self._support.predicted_seconds(self._estimator)

    def _coverage(self, leaf: Callable[[Empirical], Floats]) -> Floats | None:
        return leaf(self) if self.counted else None

    def _log_prob(self, x: Codes) -> Floats:
        rows = np.ascontiguousarray(x)
        weights = np.array([self._weight_of.get(row.tobytes(), 0.0) for row in rows])
        with np.errstate(divide="ignore"):
            return np.log(weights / self.total_weight)

    @cached_property
    def _cumulative(self) -> Floats:
        return np.cumsum(self._weights)

    def _sample(self, size: int, generator: np.random.Generator) -> Codes:
        return self._atoms[inverted(self._cumulative, size, generator)]

    def _conditional_marginals(self, x: Codes, mask: Mask, marginals: Floats) -> Mask:
        possible = np.ones(len(x), dtype=bool)
        for block in query_blocks(len(x), len(self._atoms), COMPARED_PAIRS):
            agree = np.ones((len(block), len(self._atoms)), dtype=bool)
            for i in range(self.n):
                same = x[block, i, None] == self._atoms[None, :, i]
                agree &= same | mask[block, i, None]
            weights = agree * self._weights
            mass = weights.sum(axis=1)
            possible[block] = mass > 0.0
            with np.errstate(invalid="ignore"):
                weights /= mass[:, None]
            for i, q in enumerate(self.alphabet_sizes):
                hidden = np.flatnonzero(mask[block, i])
                if len(hidden):
                    # One histogram a query, made as one: query by letter.
                    cells = np.arange(len(hidden))[:, None] * q + self._atoms[:, i]
                    row = np.bincount(
                        cells.ravel(), weights[hidden].ravel(), minlength=len(hidden) * q
                    )
                    marginals[block[hidden], i, :q] = row.reshape(-1, q)
        return possible


def _encoded(
    column: npt.NDArray[np.generic], i: int
) -> tuple[npt.NDArray[np.uint16], Sequence[Hashable]]:
    """Codes of a column of letters, and its alphabet."""
    if column.dtype.kind in "iub" and column.min() >= 0 and column.max() < MAX_LETTERS:
        return column.astype(np.uint16), range(int(column.max()) + 1)
    alphabet, codes = np.unique(column, return_inverse=True)
    if len(alphabet) > MAX_LETTERS:
        raise ValueError(
            f"samples: token {i} has {len(alphabet)} letters, expected at most {MAX_LETTERS}"
        )
    return codes.astype(np.uint16), tuple(alphabet.tolist())
