"""Policies that are given by a function."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ... import _check
from ...distributions._base import Floats, Mask
from ._policy import DeterministicPolicy, Policy


@dataclass(frozen=True, repr=False)
class Custom(DeterministicPolicy):
    """A policy given by a function.

    Parameters
    ----------
    function : callable
        Called with marginals, shape (batch, n, q), and mask, shape (batch, n), ``True`` where
        masked. Returns a boolean array of that shape, ``True`` where a token is revealed, or
        integers of shape (batch, k): the ``k`` positions that each state reveals.
    temperature : float
        As in `Policy`.

    Examples
    --------
    >>> leftmost = Custom(lambda marginals, mask: mask.argmax(axis=1)[:, None])
    >>> leftmost.select(np.full((1, 2, 2), 0.5), np.array([[True, True]]))
    array([[ True, False]])
    """

    function: Callable[[Floats, Mask], npt.ArrayLike]

    def __post_init__(self) -> None:
        super().__post_init__()
        if not callable(self.function):
            kind = type(self.function).__name__
            raise TypeError(f"function: is a {kind}, expected a callable (marginals, mask)")

    def select(self, marginals: Floats, mask: Mask) -> Mask:
        """Choose the tokens that are revealed.

        Raises
        ------
        TypeError, ValueError
            If the function returns something else, reveals nothing, or a token twice.
        """
        given = _check.array(self.function(marginals, mask), "policy")
        if given.dtype.kind == "b":
            if given.shape != mask.shape:
                raise ValueError(
                    f"policy: returned booleans of shape {given.shape}, expected {mask.shape}"
                )
            chosen: Mask = given
        elif given.dtype.kind in "iu":
            chosen = _at_positions(given, mask)
        else:
            raise TypeError(
                f"policy: returned an array of {given.dtype}, expected booleans, or the positions "
                "to reveal"
            )
        twice = np.argwhere(chosen & ~mask)
        if len(twice):
            state, token = twice[0].tolist()
            raise ValueError(
                f"policy: reveals token {token} of state {state} twice, expected masked tokens"
            )
        if not chosen.any(axis=1).all():
            state = int(np.argmin(chosen.any(axis=1)))
            raise ValueError(
                f"policy: reveals nothing in state {state}, where tokens "
                f"{np.flatnonzero(mask[state]).tolist()} are masked, expected at least one of them"
            )
        return chosen


def as_policy(policy: object, name: str = "policy", others: str = "") -> Policy:
    """Return a policy; a function of marginals and mask becomes one."""
    if isinstance(policy, Policy):
        return policy
    if callable(policy) and not isinstance(policy, type):
        return Custom(policy)
    if isinstance(policy, type):
        raise TypeError(f"{name}: is the class {policy.__name__}, expected one with parameters")
    kind = type(policy).__name__
    raise TypeError(
        f"{name}: is a {kind}, expected {others}a Policy or a callable (marginals, mask)"
    )


def _at_positions(positions: npt.NDArray[np.integer], mask: Mask) -> Mask:
    """Where the given positions, shape (batch, k), stand."""
    batch, n = mask.shape
    if positions.ndim != 2 or len(positions) != batch:
        raise ValueError(
            f"policy: returned positions of shape {positions.shape}, expected ({batch}, k)"
        )
    if ((positions < 0) | (positions >= n)).any():
        raise ValueError(f"policy: returned positions outside 0..{n - 1}")
    counts = np.zeros(mask.shape, dtype=np.int64)
    np.add.at(counts, (np.arange(batch)[:, None], positions), 1)
    if (counts > 1).any():
        state, token = np.argwhere(counts > 1)[0].tolist()
        raise ValueError(f"policy: reveals token {token} of state {state} twice in one call")
    return counts > 0
