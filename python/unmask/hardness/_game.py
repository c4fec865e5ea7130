"""How often a sampler fails that must find the cliff."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from .. import _check
from ..bounds import unknown_law_calls
from ..distributions import Distribution, Paired, ReedSolomon
from ..distributions._base import Codes
from ..distributions._checks import checked_size
from ._oracle import BudgetError, Oracle
from ._planted import hidden

if TYPE_CHECKING:
    from ..distributions._base import Seed

__all__ = ["Game", "least_failure", "play"]


def least_failure(n: int, q: int, calls: float) -> float:
    r"""Share of codes that every sampler misses that makes so few calls.

    .. math:: E_k E_C \, TV \ge 1 - \frac{q \, \mathrm{calls} + 1}{(q - 1)(n - 1)}

    for ``k`` uniform in ``1 .. n - 1`` and ``C`` a randomly shifted code of dimension ``k``.

    Parameters
    ----------
    n : int
        Number of tokens.
    q : int
        Size of the field, at least `n`.
    calls : float
        Expected number of calls when the law is uniform.

    Returns
    -------
    float
        Least mean probability of an output outside of the code, which is at most the mean total
        variation distance; 0 where nothing is known.

    Notes
    -----
    Run the sampler on a code and on the uniform law with the same randomness. Evidence of ``m``
    tokens from the uniform run was made up without the code, so that it is a part of one of its
    words with probability ``q**(k - m)`` for ``m >= k``, and only then do the answers differ: each
    call tells the runs apart for at most ``q / (q - 1)`` of the ``n - 1`` dimensions. Where they
    are not told apart, the output is in the code with probability ``q**(k - n)``. This is the
    argument of Chen, Cong and Li, arXiv 2511.04647, who state it for total variation 1/16 and fewer
    than about ``n / 32`` calls, see `unmask.bounds.unknown_law_calls`.

    Examples
    --------
    >>> round(least_failure(n=64, q=67, calls=2), 3)
    0.968
    """
    n, q = checked_size(n, "n", 2), checked_size(q, "q", 2)
    if q < n:
        raise ValueError(f"q: is {q}, expected at least n = {n}, a point of the field a token")
    checked = _check.number(calls, "calls")
    if checked < 0:
        raise ValueError(f"calls: is {calls}, expected at least 0")
    return max(0.0, 1 - (q * checked + 1) / ((q - 1) * (n - 1)))


@dataclass(frozen=True, eq=False, repr=False)
class Game:
    """What `play` has measured.

    Attributes
    ----------
    n, q, budget : int
        Tokens, size of the field, calls allowed.
    dimensions : ndarray of int64, shape (trials,)
        The hidden dimension in each run on a code, each of ``1 .. n - 1`` as often as the others
        but for one.
    missed : ndarray of bool, shape (trials,)
        Whether the output of that run was no word of the code, or the budget was exceeded.
    calls : ndarray of int64, shape (trials,)
        Calls in each run on a code.
    uniform_calls : ndarray of int64, shape (trials,)
        Calls in each run on the uniform law.
    uniform_distance : float
        An unbiased estimate of a lower bound on the total variation distance from the uniform
        law: half of the runs choose an event (the letters that one token shows too often, or the
        words seen), and the other half says how much more likely that is than it should be. Of a
        sampler that makes no such mistake it is 0 but for noise of about ``trials ** -0.5``. Runs
        beyond the budget count in full.
    """

    n: int
    q: int
    budget: int
    dimensions: npt.NDArray[np.int64]
    missed: npt.NDArray[np.bool_]
    calls: npt.NDArray[np.int64]
    uniform_calls: npt.NDArray[np.int64]
    uniform_distance: float

    @property
    def trials(self) -> int:
        """Runs on codes, and as many on the uniform law."""
        return len(self.missed)

    @property
    def failure_rate(self) -> float:
        """Share of codes missed: at most the total variation distance, on average over codes."""
        return float(self.missed.mean())

    @property
    def standard_error(self) -> float:
        """Standard error of `failure_rate`, at most: dimensions are spread evenly."""
        return math.sqrt(self.failure_rate * (1 - self.failure_rate) / self.trials)

    @property
    def wall(self) -> float:
        """Number of calls on the uniform law below which failure is proved in the paper."""
        return unknown_law_calls(self.n)

    @property
    def least_failure(self) -> float:
        """What no sampler beats with as many calls on the uniform law; see `least_failure`."""
        return least_failure(self.n, self.q, float(self.uniform_calls.mean()))

    def __repr__(self) -> str:
        return (
            f"<Game n={self.n}, q={self.q}, budget {self.budget} (wall at {self.wall:.3g}): "
            f"{self.failure_rate:.1%} of {self.trials} codes missed, +-{self.standard_error:.1%}; "
            f"calls on the uniform law: {self.uniform_calls.mean():.3g}>"
        )


def play(
    sampler: Callable[..., npt.ArrayLike],
    n: int,
    q: int,
    budget: int,
    trials: int = 200,
    seed: Seed = 0,
    *,
    informed: bool = False,
    base: Distribution | None = None,
) -> Game:
    """Measure how often a sampler fails that knows the family of laws, but not which one it is.

    In each trial the sampler runs twice: on a randomly shifted Reed-Solomon code of random
    dimension, where an output outside of the code is a failure, and on the uniform law, where calls
    and the distance from uniform are measured.

    Parameters
    ----------
    sampler : callable
        ``sampler(oracle)`` returns codes of shape ``(n,)``. All it has is the `Oracle`, which also
        holds a generator of random numbers. `uniform_steps`, `adaptive_probing` and
        `doubling_guess` are examples.
    n : int
        Number of tokens, at least 2.
    q : int
        Size of the field: a prime, or a power of two, at least `n`.
    budget : int
        Calls allowed in a run, at least 1. A run that asks for more is a failure.
    trials : int, optional
        Runs on codes, and as many on the uniform law.
    seed : int or numpy.random.Generator, optional
        The same seed gives the same game.
    informed : bool, optional
        Call ``sampler(oracle, k)`` instead, and tell it the dimension (``n`` for the uniform law).
    base : Distribution, optional
        Plant the code on top of this law, see `planted`. Of the output, the planted part counts.

    Returns
    -------
    Game

    Raises
    ------
    TypeError, ValueError
        If an argument is out of range, or `sampler` returns something else than codes.

    Notes
    -----
    An oracle call takes ``O(k n + n q)``.

    Examples
    --------
    >>> from unmask.hardness import doubling_guess
    >>> play(doubling_guess, n=32, q=37, budget=4, trials=50)  # doctest: +ELLIPSIS
    <Game n=32, q=37, budget 4 (wall at 0.969): ... of 50 codes missed, ...>
    """
    if not callable(sampler):
        raise TypeError(f"sampler: is a {type(sampler).__name__}, expected a function of an oracle")
    n, budget = checked_size(n, "n", 2), checked_size(budget, "budget", 1)
    trials = checked_size(trials, "trials", 1)
    if base is not None and not isinstance(base, Distribution):
        raise TypeError(f"base: is a {type(base).__name__}, expected a Distribution")
    if base is not None and base.n != n:
        raise ValueError(f"base: has {base.n} tokens, expected n = {n}")
    q, informed = checked_size(q, "q", n, why=" (n)"), _check.flag(informed, "informed")
    _check_players(sampler, informed)
    generator = _check.generator(seed)

    def with_base(code: ReedSolomon) -> Distribution:
        return code if base is None else Paired(base, code)

    def run(law: Distribution, k: int) -> tuple[Codes | None, int]:
        """The hidden part of what the sampler puts out, None beyond the budget, and its calls."""
        oracle = Oracle(law, q=q, budget=budget, generator=generator)
        try:
            output = sampler(oracle, k) if informed else sampler(oracle)
        except BudgetError:
            return None, oracle.calls
        return law._checked_codes(_one_word(output, n)) % q, oracle.calls

    dimensions = generator.permutation(np.resize(np.arange(1, n), trials))
    missed = np.ones(trials, dtype=bool)
    calls, uniform_calls = np.zeros((2, trials), dtype=np.int64)
    words = []
    uniform = with_base(hidden(n, n, q, generator))
    for trial, k in enumerate(dimensions.tolist()):
        code = hidden(n, k, q, generator)
        word, calls[trial] = run(with_base(code), k)
        missed[trial] = word is None or code.log_prob(word) == -np.inf
        word, uniform_calls[trial] = run(uniform, n)
        if word is not None:
            words.append(word)
    kept = len(words) / trials
    distance = 1 - kept + kept * (_excess_of_an_event(np.array(words), q) if len(words) > 1 else 0)
    for array in (dimensions, missed, calls, uniform_calls):
        array.flags.writeable = False
    return Game(n, q, budget, dimensions, missed, calls, uniform_calls, distance)


def _check_players(sampler: Callable[..., object], informed: bool) -> None:
    """Check that the sampler takes what it will be given, where its signature tells."""
    try:
        signature = inspect.signature(sampler)
    except (TypeError, ValueError):
        return
    given = ("oracle", "k") if informed else ("oracle",)
    try:
        signature.bind(*given)
    except TypeError:
        raise TypeError(
            f"sampler: takes {signature}, expected to be called as sampler({', '.join(given)}) "
            f"with informed={informed}"
        ) from None


def _one_word(output: npt.ArrayLike, n: int) -> npt.NDArray[Any]:
    word = _check.array(output, "output of the sampler")
    if word.shape != (n,):
        raise ValueError(f"sampler: returned shape {word.shape}, expected codes of shape ({n},)")
    return word


def _excess_of_an_event(words: Codes, q: int) -> float:
    """How much more often than it should half of the words show what the other half suggests."""
    chosen, judged = np.array_split(words, 2)
    counts = np.array([np.bincount(column, minlength=q) for column in chosen.T])
    excess = counts / len(chosen) - 1 / q
    token = int(np.argmax(np.maximum(excess, 0).sum(axis=1)))
    letters = excess[token] > 0
    seen = {word.tobytes() for word in chosen}
    if 1 - len(seen) / len(chosen) > excess[token, letters].sum():
        repeated = np.mean([word.tobytes() in seen for word in judged])
        return float(repeated - len(seen) * float(q) ** -words.shape[1])
    return float(letters[judged[:, token]].mean() - letters.sum() / q)
