"""A law that answers questions and counts them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ..distributions import Distribution
from ..distributions._base import Floats

__all__ = ["BudgetError", "Oracle"]


class BudgetError(RuntimeError):
    """More calls were made than allowed."""


class Oracle:
    """The conditional marginals of a hidden law, one query a call.

    Evidence of probability zero is answered uniformly, as a model does that cannot know. Were it an
    error, bisection on the size of random evidence would find a cliff in ``log n`` calls.

    Parameters
    ----------
    law : Distribution
        What answers. Samplers ought not to look at it.
    q : int
        What everybody knows of the game: the size of the field of the hidden code.
    budget : int
        Calls allowed.
    generator : numpy.random.Generator
        Randomness for whoever asks, so that runs can be repeated.

    Attributes
    ----------
    calls : int
        Calls made so far.
    """

    def __init__(
        self, law: Distribution, *, q: int, budget: int, generator: np.random.Generator
    ) -> None:
        self._law = law
        self.q = q
        self.budget = budget
        self.generator = generator
        self.calls = 0

    @property
    def n(self) -> int:
        """Number of tokens."""
        return self._law.n

    @property
    def left(self) -> int:
        """Calls that may still be made."""
        return self.budget - self.calls

    def __call__(self, x: npt.ArrayLike, mask: npt.ArrayLike) -> Floats:
        """Answer one query, and count it.

        Parameters
        ----------
        x : array_like of int, shape (n,)
            Codes; what stands at masked positions is not looked at.
        mask : array_like of bool, shape (n,)
            ``True`` where masked.

        Returns
        -------
        ndarray of float64, shape (n, q)
            As of `Distribution.conditional_marginals`.

        Raises
        ------
        BudgetError
            If no call is left.
        ValueError
            If several queries are asked at once.
        """
        if np.ndim(x) != 1 or np.ndim(mask) != 1:
            raise ValueError(
                f"x, mask: have shapes {np.shape(x)} and {np.shape(mask)}, expected one query, "
                f"({self.n},)"
            )
        if not self.left:
            raise BudgetError(f"budget: is {self.budget} calls, and all of them were made")
        self.calls += 1
        return self._law.conditional_marginals(x, mask, on_impossible="uniform")

    def __repr__(self) -> str:
        return f"<Oracle n={self.n}, q={self.q}: {self.calls} of {self.budget} calls made>"
