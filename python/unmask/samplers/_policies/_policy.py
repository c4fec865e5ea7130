"""What all policies have in common."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import MISSING, dataclass, field, fields
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ...distributions._base import Codes, Floats, Mask
from ...distributions._categorical import categorical
from ._arguments import bounded
from ._marginals import joint_law, tempered

if TYPE_CHECKING:
    #: Some of the states, the tokens that they reveal, and with what probability which letters:
    #: shape (states, product of the alphabet sizes of the tokens).
    Branch = tuple[npt.NDArray[np.intp], tuple[int, ...], Floats]


@dataclass(frozen=True, repr=False)
class Policy(ABC):
    """Which masked tokens are revealed, and what they become.

    Parameters
    ----------
    temperature : float
        Letters are drawn from ``p^(1/temperature)``, normalised, where ``p`` is the marginal of the
        token; at 0 the likeliest letter is taken, the first of several.
    """

    temperature: float = field(default=1.0, kw_only=True)

    def __post_init__(self) -> None:
        if not np.isfinite(bounded(self.temperature, "temperature", math.inf)):
            raise ValueError(f"temperature: is {self.temperature}, expected a finite number >= 0")

    def __repr__(self) -> str:
        """Parameters first; what has its default is left out."""
        ordered = sorted(fields(self), key=lambda f: f.kw_only is True)
        given = [(f, getattr(self, f.name)) for f in ordered]
        shown = [
            f"{f.name}={value!r}" if f.kw_only or f.default is not MISSING else repr(value)
            for f, value in given
            if f.default is MISSING or value != f.default
        ]
        return f"{type(self).__name__}({', '.join(shown)})"

    def _check_n(self, n: int) -> None:  # noqa: B027 (most policies fit any law)
        """Refuse what does not fit laws of `n` tokens."""

    def _rule(self, n: int) -> tuple[str, float, list[int]] | None:
        """Name, parameter and numbers of tokens by which the core knows the policy, if it does."""
        return None

    @abstractmethod
    def _draw(
        self, marginals: Floats, mask: Mask, generator: np.random.Generator
    ) -> tuple[Mask, Codes]:
        """What one call reveals: where, shape (batch, n), and in C order which letters."""


@dataclass(frozen=True, repr=False)
class DeterministicPolicy(Policy):
    """A policy whose choice of positions is a function of the marginals alone."""

    @abstractmethod
    def select(self, marginals: Floats, mask: Mask) -> Mask:
        """Choose the tokens that are revealed.

        Parameters
        ----------
        marginals : ndarray of float64, shape (batch, n, q)
            Law of each token given the revealed ones.
        mask : ndarray of bool, shape (batch, n)
            ``True`` where masked; at least once in each row.

        Returns
        -------
        ndarray of bool, shape (batch, n)
            Masked tokens, at least one in each row.
        """

    def _draw(
        self, marginals: Floats, mask: Mask, generator: np.random.Generator
    ) -> tuple[Mask, Codes]:
        chosen = self.select(marginals, mask)
        return chosen, categorical(tempered(marginals[chosen], self.temperature), generator)

    def _branches(self, marginals: Floats, mask: Mask, sizes: Sequence[int]) -> Iterator[Branch]:
        """All that one call may reveal, for states that share the mask of shape (n,)."""
        chosen = self.select(marginals, np.broadcast_to(mask, marginals.shape[:2]))
        patterns, which = np.unique(chosen, axis=0, return_inverse=True)
        for k, pattern in enumerate(patterns):
            rows = np.flatnonzero(which.reshape(-1) == k)
            tokens = tuple(np.flatnonzero(pattern).tolist())
            yield rows, tokens, joint_law(marginals[rows], tokens, sizes, self.temperature)
