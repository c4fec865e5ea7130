"""Markov chains."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any, final

import numpy as np
import numpy.typing as npt

from .. import _core
from .._information_curve import InformationCurve
from ._base import Codes, Floats, Mask, OnImpossible, query_blocks
from ._categorical import categorical
from ._checks import checked_probabilities, checked_size
from ._dense import Dense, outer
from ._same_alphabet import SameAlphabet
from ._wide import Kind, answer, faint, log_total, normalised, shares

#: Entries of powers of a transition that are kept: 128 MB.
HELD_POWERS = 1 << 24

#: Largest change of the initial law by one step that is taken for rounding.
STATIONARY = 1e-12

#: Numbers that one block of oracle queries holds.
HELD_MESSAGES = 1 << 23


@final
class MarkovChain(SameAlphabet):
    r"""A Markov chain of any order, homogeneous or not.

    Parameters
    ----------
    initial : array_like of float, shape ``(q,) * m``
        Law of the first token, or joint law of the first ``m``. The number of axes is the order.
    transition : array_like of float, shape ``(q,) * (m + 1)`` or ``(n - m, *(q,) * (m + 1))``
        ``transition[a, b]`` is the probability of letter ``b`` after ``a``; at order ``m`` the
        ``m`` leading axes are the letters before, oldest first. One for all steps, or a stack with
        one for each step.
    n : int
        Number of tokens, at least the order.

    Raises
    ------
    TypeError, ValueError
        If a row is not stochastic (within 1e-6, which is divided out), a shape does not fit, or
        `n` is below the order.

    Notes
    -----
    The curve of a chain of first order needs the information of all pairs of tokens. A homogeneous
    chain whose initial law is invariant (within 1e-12) has one for each distance, and time
    ``O(q**3 D + n log n)`` where ``D`` is the distance at which information vanishes; otherwise
    there are up to ``n**2 / 2`` pairs of ``O(q**3)`` each, cut off where information vanishes: what
    is cut is below 1e-18 of the smallest value. The error of ``Z`` is about 1e-13 of each value and
    1e-15 of ``Z_n``; smaller steps are levelled. Chains of higher order have no such formula (their
    tuples of ``m`` letters are a chain of first order, but have another curve): theirs is that of
    the joint table, or sampled where there is none. A query takes ``O(n q**(m + 1))`` by forward
    and backward messages.

    Examples
    --------
    >>> import unmask
    >>> chain = MarkovChain([0.5, 0.5], [[0.9, 0.1], [0.1, 0.9]], 6)
    >>> curve = unmask.information_curve(chain)
    >>> round(curve.expected_kl(unmask.Schedule([1, 2, 3])), 12)
    0.221269342414
    >>> chain.conditional_marginals([0] * 6, [False, True, False, True, True, True])[1]
    array([0.98780488, 0.01219512])
    """

    def __init__(self, initial: npt.ArrayLike, transition: npt.ArrayLike, n: int) -> None:
        start = checked_probabilities(initial, "initial", None)
        order, q = start.ndim, start.shape[0]
        if start.shape != (q,) * order:
            raise ValueError(f"initial: has shape {start.shape}, expected (q,) * order")
        n = checked_size(n, "n", order)
        steps = checked_probabilities(transition, "transition")
        one = (q,) * (order + 1)
        stack = (n - order, *one)
        if steps.shape not in (one, stack):
            raise ValueError(
                f"transition: has shape {steps.shape}, expected {one} for all steps or {stack} "
                f"for each, as initial has shape {start.shape} and n = {n}"
            )
        super().__init__(n, q)
        self._initial, self._transition = start, steps
        self._order = order
        self._homogeneous = steps.ndim == order + 1

    @property
    def initial(self) -> Floats:
        """Law of the first tokens, read-only."""
        return self._initial

    @property
    def transition(self) -> Floats:
        """Transition probabilities, read-only."""
        return self._transition

    @property
    def order(self) -> int:
        """Number of tokens that the next one depends on."""
        return self._order

    @cached_property
    def is_stationary(self) -> bool:
        """Whether any stretch of tokens has the same law as any other."""
        if not self._homogeneous:
            return False
        joint = self._initial[..., None] * self._transition
        return bool(np.abs(joint.sum(axis=0) - self._initial).max() <= STATIONARY)

    def _information_curve(
        self, threads: int | None, progress: Callable[[float], object] | None
    ) -> InformationCurve:
        if self._order > 1:
            return self._enumerated_curve(threads, progress)
        arrays = _core.markov_curve(
            self._initial, self._transition, self._n, self.is_stationary, threads, progress
        )
        return InformationCurve._made(*arrays, method="polynomial")

    def _step(self, t: int) -> Floats:
        """Transition to token ``t + order``, with contexts in C order: shape (q**m, q)."""
        step = self._transition if self._homogeneous else self._transition[t]
        return step.reshape(-1, self._q)

    def to_dense(self) -> Dense:
        """Write the law out as a joint table; ``MemoryError`` if it does not fit in memory."""
        _core.require_table(16.0, self.alphabet_sizes)
        table = self._initial.reshape(1, -1)
        for t in range(self._n - self._order):
            # Contexts are the last letters, the fastest to change.
            table = outer(table.reshape(-1, self._q**self._order), self._step(t))
        return Dense(table.reshape(self.alphabet_sizes))

    def _log_prob(self, x: Codes) -> Floats:
        m, steps = self._order, self._n - self._order
        window = tuple(x[:, k : k + steps] for k in range(m + 1))
        if not self._homogeneous:
            window = (np.arange(steps), *window)
        with np.errstate(divide="ignore"):
            first: Floats = np.log(self._initial[tuple(x[:, :m].T)])
            total: Floats = first + np.log(self._transition[window]).sum(axis=1)
            return total

    def _sample(self, size: int, generator: np.random.Generator) -> Codes:
        x = np.empty((size, self._n), dtype=np.int64)
        flat = np.broadcast_to(self._initial.reshape(-1), (size, self._initial.size))
        context = categorical(flat, generator)
        x[:, : self._order] = np.stack(np.unravel_index(context, self._initial.shape), axis=1)
        for t in range(self._n - self._order):
            letter = categorical(self._step(t)[context], generator)
            x[:, t + self._order] = letter
            context = context * self._q % self._initial.size + letter
        return x

    def _blocks(self, x: Codes) -> list[npt.NDArray[np.intp]]:
        return query_blocks(len(x), self._n * self._q**self._order, HELD_MESSAGES)

    @cached_property
    def _faint(self) -> bool:
        """Whether a product of a few probabilities may be none that a double can hold."""
        return any(faint(law[None]).any() for law in (self._initial, self._transition))

    def _forward(self, x: Codes, mask: Mask, kind: Kind) -> tuple[Floats, list[Any], Floats, Mask]:
        """What tokens may be, contexts given the past and present, log evidence, what is lost.

        The first two have shapes (batch, n, q) and (batch, q**m) for each context.
        """
        m, q, steps = self._order, self._q, self._n - self._order
        batch, contexts, rest = len(x), q**m, q ** (m - 1)
        lost = np.full(batch, self._faint)
        # What each token may be: everything if masked, its letter otherwise.
        allowed = np.where(mask[..., None], 1.0, np.arange(q) == x[..., None])
        start = np.broadcast_to(self._initial, (batch, *self._initial.shape))
        for k in range(m):
            shape = [batch] + [1] * m
            shape[1 + k] = q
            start = start * allowed[:, k].reshape(shape)
        message, logs = normalised(kind(start.reshape(batch, contexts)))
        forward = [message]
        for t in range(steps):
            lost |= faint(message)
            # The oldest letter of the context is forgotten, the next one joins.
            joint = (message[:, :, None] * self._step(t)).reshape(batch, q, contexts).sum(axis=1)
            joint = joint.reshape(batch, rest, q) * allowed[:, None, t + m]
            message, scale = normalised(joint.reshape(batch, contexts))
            logs += scale
            forward.append(message)
        return allowed, forward, logs + log_total(message), lost

    def _log_evidence(self, x: Codes, mask: Mask) -> Floats:
        logs = np.empty(len(x))

        def fill(queries: npt.NDArray[np.intp], kind: Kind) -> Mask:
            _, _, logs[queries], lost = self._forward(x[queries], mask[queries], kind)
            return lost

        for block in self._blocks(x):
            answer(block, fill)
        return logs

    def _conditional_marginals(self, x: Codes, mask: Mask, marginals: Floats) -> Mask:
        possible = np.ones(len(x), dtype=bool)

        def fill(queries: npt.NDArray[np.intp], kind: Kind) -> Mask:
            allowed, forward, logs, lost = self._forward(x[queries], mask[queries], kind)
            possible[queries] = logs > -np.inf
            marginals[queries] = self._smoothed(allowed, forward, kind, lost)
            return lost

        for block in self._blocks(x):
            answer(block, fill)
        return possible

    def _smoothed(self, allowed: Floats, forward: list[Any], kind: Kind, lost: Mask) -> Floats:
        """Laws of tokens given the past and the future, shape (batch, n, q)."""
        m, q = self._order, self._q
        batch, contexts, rest = len(allowed), q**m, q ** (m - 1)
        marginals = np.empty((batch, self._n, q))
        backward = kind(np.ones((batch, contexts)))
        for t in range(self._n - m, 0, -1):
            joint = shares(forward[t] * backward).reshape(batch, rest, q)
            marginals[:, t + m - 1] = joint.sum(axis=1)
            ahead = backward.reshape(batch, 1, rest, q) * allowed[:, None, None, t + m - 1]
            ahead = ahead * self._step(t - 1).reshape(1, q, rest, q)
            backward, _ = normalised(ahead.sum(axis=3).reshape(batch, contexts))
            lost |= faint(backward)
        joint = shares(forward[0] * backward).reshape(batch, *(q,) * m)
        for k in range(m):
            others = tuple(axis for axis in range(1, m + 1) if axis != 1 + k)
            marginals[:, k] = joint.sum(axis=others)
        return marginals

    @cached_property
    def _powers(self) -> tuple[Floats, Floats] | None:
        """Laws of a token ``0 .. n - 1`` places after a letter, and of each token.

        ``None`` where some letter may be impossible, or they are too many to keep.
        """
        positive = self._initial.min() > 0.0 and self._transition.min() > 0.0
        if not (positive and self._homogeneous and self._order == 1) or self._faint:
            return None
        if self._n * self._q**2 > HELD_POWERS:
            return None
        powers = np.empty((self._n, self._q, self._q))
        powers[0] = np.eye(self._q)
        for d in range(1, self._n):
            powers[d] = powers[d - 1] @ self._transition
        return powers, self._initial @ powers

    def _marginals_at(
        self, x: Codes, mask: Mask, tokens: Codes, on_impossible: OnImpossible
    ) -> Floats:
        """As in the base class: given the nearest revealed tokens nothing else matters."""
        if self._powers is None:
            return super()._marginals_at(x, mask, tokens, on_impossible)
        powers, alone = self._powers
        n, rows, places = self._n, np.arange(len(x))[:, None], np.arange(self._n)
        before = np.maximum.accumulate(np.where(mask, -1, places), axis=1)[rows, tokens]
        nearest = np.minimum.accumulate(np.where(mask, n, places)[:, ::-1], axis=1)[:, ::-1]
        after = nearest[rows, tokens]
        left = powers[np.minimum(tokens - before, n - 1), x[rows, before]]
        right = powers[np.minimum(after, n - 1) - tokens, :, x[rows, np.minimum(after, n - 1)]]
        left = np.where((before >= 0)[..., None], left, alone[tokens])
        joint: Floats = left * np.where((after < n)[..., None], right, 1.0)
        joint /= joint.sum(axis=-1, keepdims=True)
        return joint
