"""Any-subset speculative decoding: parallel drafts, verified by the same oracle."""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .. import _core
from ..distributions import Distribution
from ..distributions._base import Floats
from ._arguments import simulated_instead
from ._law import OutputLaw


@dataclass(frozen=True)
class Speculative:
    """Drafts all masked tokens at once and keeps those that the joint law confirms.

    One call drafts every masked token from its marginal ``q``, one more evaluates the chain of
    conditionals ``p`` of the draft in a fixed order. Token by token, a draft is accepted with
    probability ``min(1, p / q)``; the first that is not is drawn again from the positive part of
    ``p - q``, and what follows it is masked again. The first token of a draft is always accepted,
    so that an iteration reveals two tokens or more; the last token alone needs no verification, and
    there are never more calls than tokens. The output law is the target (Guo and Ermon, arXiv
    2504.20456).

    Parameters
    ----------
    order : sequence of int, optional
        The order in which drafts are verified, a permutation of the positions; left to right by
        default.
    """

    order: tuple[int, ...] | None = None

    def __init__(self, order: Sequence[int] | None = None) -> None:
        try:
            checked = None if order is None else tuple(operator.index(i) for i in order)
        except TypeError:
            raise TypeError(f"order: is {order!r}, expected positions") from None
        if checked is not None and sorted(checked) != list(range(len(checked))):
            raise ValueError(f"order: is {checked}, expected a permutation of the positions")
        object.__setattr__(self, "order", checked)

    def _order(self, n: int) -> list[int]:
        """The order for `n` tokens."""
        if self.order is None:
            return list(range(n))
        if len(self.order) != n:
            raise ValueError(f"order: has {len(self.order)} positions, expected {n}")
        return list(self.order)


def speculative_law(distribution: Distribution, order: Sequence[int] | None = None) -> OutputLaw:
    r"""Compute the law of any-subset speculative decoding, and how many calls it takes.

    Parameters
    ----------
    distribution : Distribution
        The oracle, and the law that the output is compared with.
    order : sequence of int, optional
        As in `Speculative`.

    Returns
    -------
    OutputLaw
        With the distribution of the number of calls; drafts and verifications are one each.

    Raises
    ------
    TypeError, ValueError
        If `order` is no permutation, or the work predicted is out of reach.
    MemoryError
        If the table does not fit in memory.

    Notes
    -----
    Whatever was rejected, a prefix of the order is revealed. From prefix ``m`` the law of what is
    revealed next is a product of ``min(p, q)``, closed by a positive part of ``p - q``:
    ``O(n^3 prod q_i)`` in all.

    Examples
    --------
    >>> import unmask
    >>> chain = unmask.distributions.MarkovChain([0.5, 0.5], [[0.9, 0.1], [0.1, 0.9]], 6)
    >>> law = speculative_law(chain)
    >>> law.kl < 1e-15, round(law.expected_calls, 4)
    (True, 3.8756)
    """
    if not isinstance(distribution, Distribution):
        kind = type(distribution).__name__
        raise TypeError(f"distribution: is a {kind}, expected a Distribution")
    n = distribution.n
    axes = Speculative(order)._order(n)
    with simulated_instead():
        # Iterations, prefixes and tokens after them.
        _core.require_work(n**3 / 4 * math.prod(map(float, distribution.alphabet_sizes)))
        dense = distribution.to_dense()
    table = dense.pmf.transpose(axes)
    sizes = table.shape
    prefixes = [int(np.prod(sizes[:m])) for m in range(n + 1)]
    joint = [table.reshape(prefixes[m], -1).sum(axis=1) for m in range(n + 1)]
    drafts = {
        (m, j): _rows(_pair(table, prefixes[m], prefixes[j], sizes[j]), joint[m])
        for m in range(n)
        for j in range(m, n)
    }
    chain = [_rows(joint[j + 1].reshape(-1, sizes[j]), joint[j]) for j in range(n)]

    pmf, calls = np.zeros(table.size), np.zeros(n + 1)
    starts: dict[int, Floats] = {0: np.ones(1)}
    iteration = 0
    while starts:
        iteration += 1
        following: dict[int, Floats] = {}
        for m, weight in starts.items():
            count = 2 * iteration - (m == n - 1)
            accepted = weight
            for j in range(m, n):
                p = chain[j].reshape(prefixes[m], -1, sizes[j])
                q = p if j == m else drafts[m, j][:, None, :]
                before = accepted.reshape(prefixes[m], -1, 1)
                again = (before * np.maximum(p - q, 0.0)).ravel()
                accepted = (before * np.minimum(p, q)).ravel()
                if j + 1 == n:
                    last = again + accepted
                    pmf += last
                    calls[count] += last.sum()
                elif again.any():
                    following[j + 1] = following.get(j + 1, 0.0) + again
        starts = following
    law = pmf.reshape(sizes).transpose(np.argsort(axes))
    return OutputLaw(dense, law, call_distribution=calls)


def _pair(table: Floats, prefixes: int, before: int, letters: int) -> Floats:
    """Joint law of a prefix and one token after it."""
    joint: Floats = table.reshape(prefixes, before // prefixes, letters, -1).sum(axis=(1, 3))
    return joint


def _rows(joint: Floats, mass: Floats) -> Floats:
    """Laws given what has this mass; zero where that is impossible."""
    return np.divide(joint, mass[:, None], out=np.zeros_like(joint), where=mass[:, None] > 0.0)
