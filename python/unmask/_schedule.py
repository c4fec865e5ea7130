"""The unmasking schedule."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from . import _check

__all__ = ["Schedule"]

#: What the sizes, 64-bit integers, can sum to.
MAX_TOKENS = (1 << 63) - 1


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Schedule:
    """How many tokens are revealed at each step.

    Parameters
    ----------
    sizes : array_like of int, shape (k,)
        Step sizes in chronological order: ``sizes[0]`` tokens are revealed while everything is
        masked. Each is at least 1; their sum is the number of tokens ``n``.

    Raises
    ------
    TypeError
        If `sizes` are not integers.
    ValueError
        If there is no step, or a step reveals nothing.

    Examples
    --------
    >>> schedule = Schedule([1, 2, 3])
    >>> schedule.n, schedule.nfe, schedule.tokens_per_forward
    (6, 3, 2.0)
    >>> schedule.cumulative
    array([0, 1, 3, 6])
    >>> schedule.mask_fractions
    array([1.        , 0.83333333, 0.5       , 0.        ])
    """

    sizes: npt.NDArray[np.int64]

    def __init__(self, sizes: npt.ArrayLike | Iterable[int]) -> None:
        several = isinstance(sizes, Iterable) and not isinstance(sizes, np.ndarray)
        given = _check.array(list(sizes) if several else sizes, "sizes")  # type: ignore[arg-type]
        if given.ndim != 1 or given.size == 0:
            raise ValueError(f"sizes: has shape {given.shape}, expected one step or more")
        if not np.issubdtype(given.dtype, np.integer):
            raise TypeError(f"sizes: has dtype {given.dtype}, expected integers")
        if (given < 1).any():
            step = int(np.argmax(given < 1))
            raise ValueError(
                f"sizes: step {step} reveals {given[step]} tokens, expected at least 1"
            )
        if sum(given.tolist()) > MAX_TOKENS:
            raise ValueError(f"sizes: sum to more than 2^63 - 1 = {MAX_TOKENS} tokens")
        checked = given.astype(np.int64)
        checked.flags.writeable = False
        object.__setattr__(self, "sizes", checked)

    @property
    def n(self) -> int:
        """Number of tokens."""
        return int(self.sizes.sum())

    @property
    def nfe(self) -> int:
        """Number of function evaluations, which is the number of steps."""
        return len(self.sizes)

    @property
    def cumulative(self) -> npt.NDArray[np.int64]:
        """Tokens revealed before each step and at the end; shape (k + 1,), from 0 to n."""
        return np.concatenate(([0], np.cumsum(self.sizes)))

    @property
    def mask_fractions(self) -> npt.NDArray[np.float64]:
        """Fraction still masked before each step and at the end; shape (k + 1,), from 1 to 0."""
        return 1.0 - self.cumulative / self.n

    @property
    def tokens_per_forward(self) -> float:
        """Mean number of tokens revealed by one function evaluation."""
        return self.n / self.nfe

    def __len__(self) -> int:
        return self.nfe

    def __iter__(self) -> Iterator[int]:
        return iter(self.sizes.tolist())

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Schedule):
            return NotImplemented
        return np.array_equal(self.sizes, other.sizes)

    def __hash__(self) -> int:
        return hash(self.sizes.tobytes())

    def __repr__(self) -> str:
        sizes = self.sizes.tolist()
        if len(sizes) <= 24:
            return f"Schedule({sizes})"
        head, tail = ", ".join(map(str, sizes[:10])), ", ".join(map(str, sizes[-10:]))
        return f"<Schedule of {self.nfe} steps for n={self.n}: [{head}, ..., {tail}]>"

    def __reduce__(self) -> tuple[type[Schedule], tuple[list[int]]]:
        return Schedule, (self.sizes.tolist(),)
