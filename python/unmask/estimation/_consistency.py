"""Whether the conditionals of a model are those of one joint law."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ..distributions import Distribution
from ._arguments import checked_seed, oracle_of, whole
from ._queries import Oracle, checked_sequences, free_tokens, scores_at
from ._tensor import Codes, Floats

if TYPE_CHECKING:
    from ..distributions._base import Seed


@dataclass(frozen=True, eq=False, repr=False)
class OrderInconsistency:
    """By how much the probability of two tokens depends on which is revealed first.

    Attributes
    ----------
    revealed : ndarray of int64, shape (pairs,)
        Tokens revealed before.
    discrepancies : ndarray of float64, shape (pairs,)
        Log-probability of the pair in one order less that in the other, in nats.
    """

    revealed: Codes
    discrepancies: Floats

    @property
    def root_mean_square(self) -> float:
        """Typical size of a discrepancy, in nats a pair."""
        return float(np.sqrt(np.mean(self.discrepancies**2)))

    def __repr__(self) -> str:
        return (
            f"<OrderInconsistency {self.root_mean_square:.3g} nats root mean square, at most "
            f"{np.abs(self.discrepancies).max():.3g}, over {len(self.discrepancies)} pairs>"
        )


def order_inconsistency(
    oracle: Oracle | Distribution,
    data: npt.ArrayLike,
    *,
    pairs: int = 64,
    batch_size: int = 16,
    seed: Seed = None,
    prompt: npt.ArrayLike | int | None = None,
    shift: bool = False,
    mask_token: int | None = None,
) -> OrderInconsistency:
    r"""Test the conditionals of a model for consistency.

    For random revealed tokens ``S`` and two masked ones,

    .. math:: \log q(x_i | x_S) + \log q(x_j | x_{S,i}) - \log q(x_j | x_S) - \log q(x_i | x_{S,j})

    is zero if all are conditionals of one law. If not, the law of what a sampler puts out depends
    on the order even one token at a time; prices of random-order schedules hold all the same.

    Parameters
    ----------
    oracle, data, seed, prompt, shift, mask_token
        As in `estimate_curve`.
    pairs : int
        Pairs of tokens, three passes each, with revealed counts spread evenly.
    batch_size : int
        Sequences of one call of the oracle, of which each pair takes three.

    Returns
    -------
    OrderInconsistency

    Raises
    ------
    ValueError
        As `estimate_curve`, and if there are fewer than two tokens.

    Examples
    --------
    >>> from unmask.distributions import HiddenMarkov
    >>> law = HiddenMarkov([0.5, 0.5], [[0.9, 0.1], [0.1, 0.9]], [[0.8, 0.2], [0.2, 0.8]], 6)
    >>> order_inconsistency(law, law.sample(9, seed=0), seed=0).root_mean_square < 1e-12
    True
    """
    tokens = checked_sequences(data, "data")
    free = free_tokens(prompt, tokens.shape)
    pairs, batch_size = whole(pairs, "pairs", 1), whole(batch_size, "batch_size", 1)
    n = int(free[0].sum())
    if n < 2:
        raise ValueError(f"data: has {n} token besides the prompt, expected at least 2")
    ask = oracle_of(oracle)
    generator = np.random.default_rng(checked_seed(seed))
    strata = (np.arange(pairs) + generator.random()) / pairs
    revealed: Codes = (strata * (n - 1)).astype(np.int64)
    found = np.empty(pairs)
    each = max(1, batch_size // 3)
    for start in range(0, pairs, each):
        counts = revealed[start : start + each]
        rows = generator.integers(len(tokens), size=len(counts))
        masks = np.zeros((3, len(counts), tokens.shape[1]), dtype=bool)
        first, second = np.empty(len(counts), np.int64), np.empty(len(counts), np.int64)
        for query, (row, count) in enumerate(zip(rows, counts, strict=True)):
            hidden = generator.permutation(np.flatnonzero(free[row]))[count:]
            masks[:, query, hidden] = True
            first[query], second[query] = hidden[:2]
        queries = np.arange(len(counts))
        masks[1, queries, first] = False
        masks[2, queries, second] = False
        truth, mask = np.tile(tokens[rows], (3, 1)), masks.reshape(-1, tokens.shape[1])
        given = np.where(mask, 0 if mask_token is None else mask_token, truth)
        where = np.concatenate([queries, queries, queries + len(counts), queries + 2 * len(counts)])
        which = np.concatenate([first, second, second, first])
        losses, _ = scores_at(ask(given, mask), truth, where, which, shift=shift)
        alone_first, alone_second, then_second, then_first = losses.reshape(4, -1)
        found[start : start + each] = alone_second + then_first - alone_first - then_second
    return OrderInconsistency(revealed, found)
