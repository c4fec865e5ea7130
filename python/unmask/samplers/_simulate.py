"""Simulated samplers: any number of tokens, any oracle."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from .. import _check
from .._bernoulli import BernoulliSchedule
from .._schedule import Schedule
from ..distributions import Distribution
from ..distributions._base import Codes, Floats, Mask, OnImpossible, query_blocks
from ..distributions._categorical import categorical
from ..distributions._checks import checked_size
from ._policies import Policy, as_policy
from ._speculative import Speculative

if TYPE_CHECKING:
    from ..distributions._base import Seed
    from ._policy_law import PolicyLike

    Oracle = Distribution | Callable[[Codes, Mask], npt.ArrayLike]

#: Marginal probabilities that are held at a time.
HELD_ENTRIES = 1 << 22

#: Largest deviation of a row of a model from one that is taken for its rounding (single precision).
ROW_TOLERANCE = 1e-4


@dataclass(frozen=True, eq=False, repr=False)
class Simulation:
    """What a sampler put out; made by `simulate`.

    Attributes
    ----------
    samples : ndarray of int64, shape (size, n)
        Codes, one sequence a row.
    calls : ndarray of int64, shape (size,)
        Oracle calls that each of them took.
    """

    samples: Codes
    calls: npt.NDArray[np.int64]

    @property
    def expected_calls(self) -> float:
        """Mean number of calls; NaN without samples."""
        return float(self.calls.mean()) if len(self.calls) else math.nan

    @property
    def expected_calls_error(self) -> float:
        """Standard error of that mean; NaN with fewer than two samples."""
        size = len(self.calls)
        return float(self.calls.std(ddof=1) / math.sqrt(size)) if size > 1 else math.nan

    def __repr__(self) -> str:
        size, n = self.samples.shape
        return (
            f"<Simulation of {size} samples, n={n}: {self.expected_calls:.6g} +- "
            f"{self.expected_calls_error:.2g} calls>"
        )


def simulate(
    oracle: Oracle,
    sampler: Schedule | BernoulliSchedule | Speculative | PolicyLike,
    size: int,
    *,
    seed: Seed = None,
    n: int | None = None,
    on_impossible: OnImpossible = "uniform",
    progress: Callable[[float], object] | None = None,
) -> Simulation:
    """Run a sampler, for any number of tokens.

    Parameters
    ----------
    oracle : Distribution or callable
        What answers. A function is called with codes ``x`` (0 where masked), int64 of shape
        (batch, n), and ``mask``, bool of the same shape, ``True`` where masked. It returns the
        marginal law of each token, shape (batch, n, q); rows of tokens that are not masked are not
        looked at.
    sampler : Schedule, BernoulliSchedule, Policy, Speculative or callable
        What asks. A schedule reveals random positions, and a step of random counts that reveals
        nothing is no call; a function of ``(marginals, mask)`` is a
        policy as in `Custom`.
    size : int
        How many samples.
    seed : int or numpy.random.Generator, optional
        The same seed gives the same samples.
    n : int, optional
        Number of tokens, where neither a distribution nor a schedule tells.
    on_impossible : {"uniform", "raise"}
        What a distribution answers where what was revealed cannot stand together, as in
        `policy_law`.
    progress : callable, optional
        Called now and then with the fraction of the work done.

    Returns
    -------
    Simulation

    Raises
    ------
    TypeError, ValueError
        If an argument does not fit, the oracle returns marginals of another shape, that are not
        finite numbers >= 0 or do not sum to one (within 1e-4), or evidence is impossible and
        `on_impossible` is ``"raise"``.

    Examples
    --------
    >>> import unmask
    >>> chain = unmask.distributions.MarkovChain([0.5, 0.5], [[0.9, 0.1], [0.1, 0.9]], 64)
    >>> run = simulate(chain, unmask.schedules.uniform(64, 8), 100, seed=0)
    >>> run.samples.shape, run.expected_calls
    ((100, 64), 8.0)
    >>> simulate(chain, unmask.samplers.Threshold(0.8), 100, seed=0)
    <Simulation of 100 samples, n=64: 33 +- 0 calls>
    >>> coins = lambda x, mask: np.full((*x.shape, 2), 0.5)
    >>> simulate(coins, unmask.samplers.TopK(4), 3, seed=0, n=10).calls
    array([3, 3, 3])
    """
    size = checked_size(size, "size", 0)
    if not isinstance(sampler, Schedule | BernoulliSchedule | Speculative):
        sampler = as_policy(sampler, "sampler", "a Schedule, a BernoulliSchedule, a Speculative, ")
    n = _tokens(oracle, sampler, n)
    if on_impossible not in ("raise", "uniform"):
        raise ValueError(f"on_impossible: is {on_impossible!r}, expected 'raise' or 'uniform'")
    ask = _Asked(oracle, n, on_impossible)
    generator = _check.generator(seed)
    x, calls = np.zeros((size, n), dtype=np.int64), np.zeros(size, dtype=np.int64)
    letters = max(oracle.alphabet_sizes) if isinstance(oracle, Distribution) else 2
    blocks = query_blocks(size, n * letters, HELD_ENTRIES) if size else []
    done = 0.0
    for block in blocks:

        def report(fraction: float, done: float = done, share: float = len(block) / size) -> None:
            if progress is not None:
                progress(min(1.0, done + share * fraction))

        if isinstance(sampler, Schedule):
            x[block], calls[block] = _scheduled(ask, sampler, len(block), generator, report)
        elif isinstance(sampler, BernoulliSchedule):
            x[block], calls[block] = _by_levels(ask, sampler, len(block), generator, report)
        elif isinstance(sampler, Speculative):
            x[block], calls[block] = _verified(ask, sampler, len(block), generator, report)
        else:
            x[block], calls[block] = _adaptive(ask, sampler, len(block), generator, report)
        done += len(block) / size
    if progress is not None:
        progress(1.0)
    x.flags.writeable = calls.flags.writeable = False
    return Simulation(x, calls)


class _Asked:
    """An oracle whose answers are checked."""

    def __init__(self, oracle: Oracle, n: int, on_impossible: OnImpossible) -> None:
        self.oracle, self.n, self.on_impossible = oracle, n, on_impossible

    def at(self, x: Codes, mask: Mask, tokens: Codes) -> Floats:
        """Marginals of some masked tokens of each query, shape (batch, k)."""
        if isinstance(self.oracle, Distribution):
            return self.oracle._marginals_at(x, mask, tokens, self.on_impossible)
        return self(x, mask)[np.arange(len(x))[:, None], tokens]

    def __call__(self, x: Codes, mask: Mask) -> Floats:
        """Marginals, shape (batch, n, q); those of revealed tokens may be anything."""
        if isinstance(self.oracle, Distribution):
            return self.oracle.conditional_marginals(x, mask, on_impossible=self.on_impossible)
        given = _check.array(self.oracle(x.copy(), mask.copy()), "oracle")
        if given.dtype.kind not in "fiub":
            raise TypeError(f"oracle: returned an array of {given.dtype}, expected real numbers")
        if given.ndim != 3 or given.shape[:2] != x.shape or not given.shape[2]:
            shape = ", ".join(map(str, x.shape))
            raise ValueError(f"oracle: returned shape {given.shape}, expected ({shape}, q)")
        marginals: Floats = np.where(mask[..., None], given, 0.0).astype(np.float64, copy=False)
        # NaN fails every comparison.
        bad = np.argwhere(~((marginals >= 0.0) & (marginals < np.inf)))
        if len(bad):
            query, token, letter = bad[0].tolist()
            raise ValueError(
                f"oracle: returned {marginals[query, token, letter]} for letter {letter} of token "
                f"{token} of query {query}, expected a finite probability >= 0"
            )
        totals = marginals.sum(axis=2)
        off = np.argwhere(mask & (np.abs(totals - 1.0) > ROW_TOLERANCE))
        if len(off):
            query, token = off[0].tolist()
            raise ValueError(
                f"oracle: the row of token {token} of query {query} sums to "
                f"{totals[query, token]:.9g}, expected 1 within {ROW_TOLERANCE:g}"
            )
        return marginals / np.where(mask, totals, 1.0)[..., None]


def _tokens(
    oracle: Oracle, sampler: Schedule | BernoulliSchedule | Speculative | Policy, n: int | None
) -> int:
    """How many tokens there are, which all who know must agree upon."""
    known = {}
    if isinstance(oracle, Distribution):
        known["oracle"] = oracle.n
    elif not callable(oracle):
        kind = type(oracle).__name__
        raise TypeError(f"oracle: is a {kind}, expected a Distribution or a callable (x, mask)")
    if isinstance(sampler, Schedule | BernoulliSchedule) and sampler.n is not None:
        known["sampler"] = sampler.n
    if n is not None:
        known["n"] = checked_size(n, "n")
    if not known:
        raise ValueError("n: expected the number of tokens, which a function does not tell")
    (first, tokens), *others = known.items()
    for name, other in others:
        if other != tokens:
            raise ValueError(f"{name}: is for {other} tokens, expected {tokens} as for {first}")
    if isinstance(sampler, Policy):
        sampler._check_n(tokens)
    elif isinstance(sampler, Speculative):
        sampler._order(tokens)
    return tokens


def _scheduled(
    ask: _Asked,
    schedule: Schedule,
    size: int,
    generator: np.random.Generator,
    report: Callable[[float], None],
) -> tuple[Codes, int]:
    """Reveal random positions, so many a step."""
    x, mask = np.zeros((size, ask.n), dtype=np.int64), np.ones((size, ask.n), dtype=bool)
    order = np.argsort(generator.random((size, ask.n)), axis=1)
    rows = np.arange(size)[:, None]
    for start, step in zip(schedule.cumulative, schedule, strict=False):
        tokens = order[:, start : start + step]
        x[rows, tokens] = categorical(ask.at(x, mask, tokens), generator)
        mask[rows, tokens] = False
        report(float(start + step) / ask.n)
    return x, schedule.nfe


def _by_levels(
    ask: _Asked,
    schedule: BernoulliSchedule,
    size: int,
    generator: np.random.Generator,
    report: Callable[[float], None],
) -> tuple[Codes, npt.NDArray[np.int64]]:
    """Reveal each token at a random step of its own."""
    x, mask = np.zeros((size, ask.n), dtype=np.int64), np.ones((size, ask.n), dtype=bool)
    calls = np.zeros(size, dtype=np.int64)
    step = np.searchsorted(schedule.levels[1:], generator.random((size, ask.n)), side="right")
    for k in range(schedule.nfe):
        chosen = step == k
        going = np.flatnonzero(chosen.any(axis=1))
        if len(going):
            which, tokens = np.nonzero(chosen[going])
            marginals = ask(x[going], mask[going])[which, tokens]
            x[going[which], tokens] = categorical(marginals, generator)
            mask[going[which], tokens] = False
            calls[going] += 1
        report((k + 1) / schedule.nfe)
    return x, calls


def _adaptive(
    ask: _Asked,
    policy: Policy,
    size: int,
    generator: np.random.Generator,
    report: Callable[[float], None],
) -> tuple[Codes, npt.NDArray[np.int64]]:
    """Reveal what a policy chooses."""
    x, mask = np.zeros((size, ask.n), dtype=np.int64), np.ones((size, ask.n), dtype=bool)
    calls = np.zeros(size, dtype=np.int64)
    going = np.arange(size)
    while len(going):
        hidden = mask[going]
        chosen, codes = policy._draw(ask(x[going], hidden), hidden, generator)
        which, tokens = np.nonzero(chosen)
        x[going[which], tokens] = codes
        mask[going[which], tokens] = False
        calls[going] += 1
        going = np.flatnonzero(mask.any(axis=1))
        report(1.0 - float(mask.mean()))
    return x, calls


def _verified(
    ask: _Asked,
    speculative: Speculative,
    size: int,
    generator: np.random.Generator,
    report: Callable[[float], None],
) -> tuple[Codes, npt.NDArray[np.int64]]:
    """Draft and verify. The chain of conditionals of a draft counts as one call."""
    n = ask.n
    order = np.array(speculative._order(n))
    x, mask = np.zeros((size, n), dtype=np.int64), np.ones((size, n), dtype=bool)
    # How much of the order is revealed.
    known, calls = np.zeros(size, dtype=np.int64), np.zeros(size, dtype=np.int64)
    while (drafting := np.flatnonzero(known < n)).size:
        q = ask(x[drafting], mask[drafting])
        draft = np.zeros((len(drafting), n), dtype=np.int64)
        hidden = mask[drafting]
        draft[hidden] = categorical(q[hidden], generator)
        calls[drafting] += 1 + (known[drafting] < n - 1)
        going = np.arange(len(drafting))
        first = True
        while len(going):
            rows = drafting[going]
            tokens = order[known[rows]]
            letters, before = draft[going, tokens], q[going, tokens]
            if first:
                accepted = np.ones(len(going), dtype=bool)
            else:
                after = ask(x[rows], mask[rows])[np.arange(len(rows)), tokens]
                at = np.arange(len(rows)), letters
                excess = np.maximum(after - before, 0.0)
                accepted = generator.random(len(rows)) * before[at] < after[at]
                # Where the laws differ by rounding alone there is nothing else to draw.
                accepted |= ~excess.any(axis=1)
                letters = np.where(accepted, letters, 0)
                letters[~accepted] = categorical(excess[~accepted], generator)
            x[rows, tokens], mask[rows, tokens] = letters, False
            known[rows] += 1
            going = going[accepted & (known[rows] < n)]
            first = False
        report(1.0 - float(mask.mean()))
    return x, calls
