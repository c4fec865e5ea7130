"""Hidden Markov models."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any, final

import numpy as np
import numpy.typing as npt

from .. import _core
from .._information_curve import InformationCurve
from ._base import Codes, Floats, Mask, query_blocks
from ._categorical import categorical
from ._checks import checked_probabilities, checked_size
from ._dense import Dense
from ._same_alphabet import SameAlphabet
from ._wide import Kind, answer, faint, log_total, normalised, shares

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
    Oracle and score are exact, by forward-backward: ``O(n S (S + q))`` a query (Rabiner,
    Proceedings of the IEEE 1989). Messages are rescaled at every token. Where a state becomes so
    unlikely beside another that doubles may lose it, and evidence to come may still decide for it,
    states have exponents of their own, some ten times slower. The curve is that of the joint
    table, to a few 1e-16 of the joint entropy, or sampled where there is none.

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

    def to_dense(self) -> Dense:
        """Write the law out as a joint table; ``MemoryError`` if it does not fit in memory."""
        states, letters = self._emission.shape
        # The table, a normalised one, and that of the state beside all letters but one.
        _core.require_table(16.0 + 8.0 * (states + 1) / letters, self.alphabet_sizes)
        # From a state to a letter and the next state, and the law of letters and the next state.
        steps = (self._emission[..., None] * self._transition[:, None, :]).reshape(states, -1)
        table = self._initial[None]
        for _ in range(self._n - 1):
            table = (table @ steps).reshape(-1, states)
        return Dense((table @ self._emission).reshape(self.alphabet_sizes))

    def _blocks(self, x: Codes) -> list[npt.NDArray[np.intp]]:
        return query_blocks(len(x), self._n * len(self._initial), HELD_LIKELIHOODS)

    @cached_property
    def _faint(self) -> bool:
        """Whether a product of a few probabilities may be none that a double can hold."""
        laws = (self._initial, self._transition, self._emission)
        return any(faint(law[None]).any() for law in laws)

    def _forward(self, x: Codes, mask: Mask, kind: Kind) -> tuple[Floats, list[Any], Floats, Mask]:
        """Likelihoods of tokens by state, states given the past, log evidence, what is lost.

        The first two have shapes (n, batch, S) and (batch, S) for each token.
        """
        likelihoods = self._emission.T[x.T]
        likelihoods[mask.T] = 1.0
        logs, lost = np.zeros(len(x)), np.full(len(x), self._faint)
        state, predicted = kind(np.tile(self._initial, (len(x), 1))), []
        for t in range(self._n):
            if t:
                state = state @ self._transition
            predicted.append(state)
            state, scale = normalised(state * likelihoods[t])
            logs += scale
            lost |= faint(state)
        return likelihoods, predicted, logs + log_total(state), lost

    def _log_evidence(self, x: Codes, mask: Mask) -> Floats:
        logs = np.empty(len(x))

        def fill(queries: npt.NDArray[np.intp], kind: Kind) -> Mask:
            _, _, logs[queries], lost = self._forward(x[queries], mask[queries], kind)
            return lost

        for block in self._blocks(x):
            answer(block, fill)
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

        def fill(queries: npt.NDArray[np.intp], kind: Kind) -> Mask:
            likelihoods, states, logs, lost = self._forward(x[queries], mask[queries], kind)
            possible[queries] = logs > -np.inf
            future = kind(np.ones((len(queries), len(self._initial))))
            for t in reversed(range(self._n)):
                marginals[queries, t] = shares(states[t] * future) @ self._emission
                future, _ = normalised((future * likelihoods[t]) @ self._transition.T)
                lost |= faint(future)
            return lost

        for block in self._blocks(x):
            answer(block, fill)
        return possible
