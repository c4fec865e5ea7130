"""Hidden Markov models."""

from __future__ import annotations

from collections.abc import Callable
from typing import final

import numpy as np
import numpy.typing as npt

from .._information_curve import InformationCurve
from ._base import Codes, Floats, Mask, query_blocks
from ._categorical import categorical
from ._checks import checked_probabilities, checked_size
from ._same_alphabet import SameAlphabet

#: Likelihoods that one block of oracle queries holds.
HELD_LIKELIHOODS = 1 << 23


@final
class HiddenMarkov(SameAlphabet):
    """Tokens emitted by a hidden Markov chain of `S` states.

    Parameters
    ----------
    initial : array_like of float, shape (S,)
        Law of the first state.
    transition : array_like of float, shape (S, S)
        Row ``s`` is the law of the state after ``s``.
    emission : array_like of float, shape (S, q)
        Row ``s`` is the law of a token in state ``s``.
    n : int
        Number of tokens, at least 1.

    Raises
    ------
    TypeError
        If an array does not hold real numbers, or `n` is not a whole number.
    ValueError
        If shapes do not fit, an entry is negative, a row does not sum to one within 1e-6 (which is
        divided out), or `n` is below 1.

    Notes
    -----
    Oracle and score are exact, by forward-backward with a sum rescaled to one at every token, so
    that nothing underflows: ``O(n S (S + q))`` a query (Rabiner, Proceedings of the IEEE 1989). The
    curve is that of the joint table, to a few 1e-16 of the joint entropy, or sampled where there is
    none.

    Examples
    --------
    >>> sticky = HiddenMarkov([0.5, 0.5], [[0.9, 0.1], [0.1, 0.9]], [[1, 0], [0, 1]], n=3)
    >>> sticky.conditional_marginals([0, 0, 0], [False, True, False])[1].round(4)
    array([0.9878, 0.0122])
    """

    def __init__(
        self,
        initial: npt.ArrayLike,
        transition: npt.ArrayLike,
        emission: npt.ArrayLike,
        n: int,
    ) -> None:
        self._initial = checked_probabilities(initial, "initial")
        self._transition = checked_probabilities(transition, "transition")
        self._emission = checked_probabilities(emission, "emission")
        if self._initial.ndim != 1:
            raise ValueError(f"initial: has shape {self._initial.shape}, expected (S,)")
        states = len(self._initial)
        if self._transition.shape != (states, states):
            raise ValueError(
                f"transition: has shape {self._transition.shape}, expected ({states}, {states}): "
                "a row and a column a state"
            )
        if self._emission.ndim != 2 or len(self._emission) != states:
            raise ValueError(
                f"emission: has shape {self._emission.shape}, expected ({states}, q): a row a state"
            )
        super().__init__(checked_size(n, "n"), self._emission.shape[1])

    @property
    def initial(self) -> Floats:
        """Law of the first state, read-only."""
        return self._initial

    @property
    def transition(self) -> Floats:
        """Laws of the next state, read-only."""
        return self._transition

    @property
    def emission(self) -> Floats:
        """Laws of a token by state, read-only."""
        return self._emission

    def _information_curve(
        self, threads: int | None, progress: Callable[[float], object] | None
    ) -> InformationCurve:
        return self._enumerated_curve(threads, progress)

    def _blocks(self, x: Codes) -> list[npt.NDArray[np.intp]]:
        return query_blocks(len(x), self._n * len(self._initial), HELD_LIKELIHOODS)

    def _forward(self, x: Codes, mask: Mask) -> tuple[Floats, Floats, Floats]:
        """Likelihoods of tokens by state, laws of states given the past, log evidence.

        The first two have shape (n, batch, S). Where the evidence is impossible, laws are zero.
        """
        likelihoods = self._emission.T[x.T]
        likelihoods[mask.T] = 1.0
        predicted = np.empty_like(likelihoods)
        predicted[0] = self._initial
        scales = np.empty((self._n, len(x)))
        for t in range(self._n):
            state = predicted[t] * likelihoods[t]
            scales[t] = state.sum(axis=1)
            if t + 1 < self._n:
                state /= np.where(scales[t] > 0.0, scales[t], 1.0)[:, None]
                np.matmul(state, self._transition, out=predicted[t + 1])
        with np.errstate(divide="ignore"):
            return likelihoods, predicted, np.log(scales).sum(axis=0)

    def _log_evidence(self, x: Codes, mask: Mask) -> Floats:
        logs = np.empty(len(x))
        for block in self._blocks(x):
            logs[block] = self._forward(x[block], mask[block])[2]
        return logs

    def _log_prob(self, x: Codes) -> Floats:
        return self._log_evidence(x, np.zeros(x.shape, dtype=bool))

    def _sample(self, size: int, generator: np.random.Generator) -> Codes:
        x = np.empty((size, self._n), dtype=np.int64)
        state = categorical(np.broadcast_to(self._initial, (size, len(self._initial))), generator)
        for t in range(self._n):
            if t:
                state = categorical(self._transition[state], generator)
            x[:, t] = categorical(self._emission[state], generator)
        return x

    def _conditional_marginals(self, x: Codes, mask: Mask, marginals: Floats) -> Mask:
        possible = np.ones(len(x), dtype=bool)
        for block in self._blocks(x):
            likelihoods, states, logs = self._forward(x[block], mask[block])
            possible[block] = logs > -np.inf
            future = np.ones_like(states[0])
            for t in reversed(range(self._n)):
                states[t] *= future
                future = (likelihoods[t] * future) @ self._transition.T
                # Evidence that is possible leaves some state possible, and the others may vanish.
                largest = future.max(axis=1, keepdims=True)
                future /= np.where(largest > 0.0, largest, 1.0)
            with np.errstate(invalid="ignore"):
                states /= states.sum(axis=2, keepdims=True)
            marginals[block] = (states @ self._emission).transpose(1, 0, 2)
        return possible
