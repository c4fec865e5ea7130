"""What a file holds: samples, or a joint table."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Samples:
    """Samples of `n` discrete variables, one a row.

    Parameters
    ----------
    letters
        Array of shape ``(N, n)``: single characters (dtype ``U1``) or ``int64``.
    weights
        One non-negative number a row (``int64`` if all are written as integers, else
        ``float64``), or ``None`` when every row counts once.
    source
        The file, as it was named.
    """

    letters: npt.NDArray[Any]
    weights: npt.NDArray[np.int64] | npt.NDArray[np.float64] | None
    source: str

    def __repr__(self) -> str:
        rows, variables = self.letters.shape
        total = "" if self.weights is None else f", weighing {self.weights.sum():.15g} in all"
        return f"Samples({rows} x {variables} {self.letters.dtype}{total}, from {self.source!r})"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Table:
    """A joint table: entry ``[x_1, .., x_n]`` is the mass of that outcome.

    Parameters
    ----------
    pmf
        ``float64`` array of shape ``(q_1, .., q_n)``, finite and non-negative. Whether it sums to
        one is left to the distribution made from it.
    source
        The file, as it was named.
    """

    pmf: npt.NDArray[np.float64]
    source: str

    def __repr__(self) -> str:
        shape = " x ".join(map(str, self.pmf.shape))
        return f"Table({shape}, from {self.source!r})"
