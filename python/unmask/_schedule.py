"""The unmasking schedule."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, Self

import numpy as np
import numpy.typing as npt

from . import _check

__all__ = ["Schedule"]

Empty = Literal["drop", "refuse"]

#: What the sizes, 64-bit integers, can sum to.
MAX_TOKENS = (1 << 63) - 1

#: Most steps that are listed in full.
LISTED_STEPS = 24


def steps_text(count: int) -> str:
    """``1 step``, ``2 steps``."""
    return f"{count} step{'s' if count != 1 else ''}"


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
        # Floats tell at once where exact sums of Python integers are not worth their time.
        if given.sum(dtype=np.float64) > MAX_TOKENS / 2 and sum(given.tolist()) > MAX_TOKENS:
            raise ValueError(f"sizes: sum to more than 2^63 - 1 = {MAX_TOKENS} tokens")
        checked = given.astype(np.int64)
        checked.flags.writeable = False
        object.__setattr__(self, "sizes", checked)

    @classmethod
    def from_counts(cls, counts: npt.ArrayLike, *, empty: Empty = "drop") -> Self:
        """Make the schedule of a sampler that reveals so many tokens at each step.

        Parameters
        ----------
        counts : array_like of int, shape (steps,)
            Tokens revealed at each step, in chronological order, zero or more: one row of LLaDA's
            ``get_num_transfer_tokens``, say. A torch tensor will do.
        empty : {"drop", "refuse"}
            What becomes of steps that reveal nothing. Their calls change nothing where the model is
            not told the time; count them yourself if they are made.

        Raises
        ------
        TypeError
            If `counts` are not integers.
        ValueError
            If a count is negative, or zero and zeros are refused, or nothing is revealed at all.

        Examples
        --------
        >>> Schedule.from_counts([3, 0, 2, 1, 0])
        Schedule([3, 2, 1])
        """
        _check.choice(empty, ("drop", "refuse"), "empty")
        given = _whole_numbers(counts, "counts")
        wrong = given < (1 if empty == "refuse" else 0)
        if wrong.any():
            step = int(np.argmax(wrong))
            raise ValueError(
                f"counts: step {step} reveals {given[step]} tokens, expected at least "
                f"{0 if empty == 'drop' else 1}"
            )
        if not given.any():
            raise ValueError("counts: no step reveals a token, expected at least one")
        return cls(given[given > 0])

    @classmethod
    def from_step_map(cls, step_map: npt.ArrayLike, *, empty: Empty = "drop") -> Self:
        """Make the schedule of one decoded sequence, told when each of its tokens was revealed.

        Parameters
        ----------
        step_map : array_like of int, shape (n,)
            For each token the step at which it was revealed, counted from 0. Leave out tokens that
            were given. A torch tensor will do.
        empty : {"drop", "refuse"}
            What becomes of steps below the last at which nothing was revealed; see `from_counts`.

        Raises
        ------
        TypeError
            If `step_map` are not integers.
        ValueError
            If a step is negative, or was empty and empty ones are refused.

        Examples
        --------
        >>> Schedule.from_step_map([2, 0, 0, 5, 2, 2])
        Schedule([2, 3, 1])
        """
        given = _whole_numbers(step_map, "step_map")
        if (given < 0).any():
            token = int(np.argmax(given < 0))
            raise ValueError(f"step_map: token {token} is {given[token]}, expected steps >= 0")
        steps, sizes = np.unique(given, return_counts=True)
        if empty == "refuse" and steps[-1] != len(steps) - 1:
            missing = int(np.argmax(steps != np.arange(len(steps))))
            raise ValueError(f"step_map: step {missing} reveals no token, expected at least 1")
        return cls.from_counts(sizes, empty=empty)

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
        if self.nfe <= LISTED_STEPS:
            return f"Schedule({self._listed()})"
        return f"<Schedule of {self.nfe} steps for n={self.n}: {self._listed()}>"

    def _listed(self) -> str:
        """The sizes, or the first and the last of many."""
        sizes = self.sizes.tolist()
        if len(sizes) <= LISTED_STEPS:
            return str(sizes)
        head, tail = ", ".join(map(str, sizes[:10])), ", ".join(map(str, sizes[-10:]))
        return f"[{head}, ..., {tail}]"

    def __reduce__(self) -> tuple[object, ...]:
        return Schedule, (self.sizes.tolist(),)

    def _repr_html_(self) -> str:
        from . import _html

        return _html.fragment(repr(self), _html.bars(self.sizes, ("step", "tokens revealed")))


def _whole_numbers(values: object, name: str) -> npt.NDArray[np.int64]:
    """A vector of whole numbers, not empty; lists, arrays and tensors alike."""
    given = _check.array(values.tolist() if hasattr(values, "tolist") else values, name)
    if given.ndim != 1 or given.size == 0:
        raise ValueError(f"{name}: has shape {given.shape}, expected one dimension, not empty")
    if given.dtype.kind not in "iu":
        raise TypeError(f"{name}: has dtype {given.dtype}, expected integers")
    return given
