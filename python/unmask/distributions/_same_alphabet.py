"""Laws whose tokens all have the same letters."""

from __future__ import annotations

from functools import cached_property

from .. import _check
from ._base import Distribution
from ._checks import checked_size


class SameAlphabet(Distribution):
    """A law on ``n`` tokens out of the letters ``0 .. q - 1``, which are their own codes."""

    def __init__(self, n: int, q: int) -> None:
        self._n = checked_size(n, "n")
        self._q = checked_size(q, "q")
        # Its alphabets, and their sizes.
        _check.memory(f"n: a law of {self._n} tokens", 16.0, self._n)

    @property
    def n(self) -> int:
        """Number of tokens."""
        return self._n

    @cached_property
    def alphabets(self) -> tuple[range, ...]:
        """The letters of each token are its codes."""
        return (range(self._q),) * self._n

    @cached_property
    def alphabet_sizes(self) -> tuple[int, ...]:
        """Number of letters of each token."""
        return (self._q,) * self._n
