"""The law that a random-order sampler puts out."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from .. import _core
from .._bernoulli import BernoulliSchedule
from .._schedule import Schedule
from ..distributions import Distribution
from ..distributions._base import OnImpossible
from ._arguments import require_distribution, require_sizes, simulated_instead
from ._law import OutputLaw, covering

Floats = npt.NDArray[np.float64]

#: Tokens up to which subsets are enumerated at all.
MOST_TOKENS = 30


def mixture_law(
    distribution: Distribution,
    schedule: Schedule | BernoulliSchedule,
    *,
    on_impossible: OnImpossible = "uniform",
    threads: int | None = None,
    progress: Callable[[float], object] | None = None,
) -> OutputLaw:
    r"""Compute the exact law of the random-order sampler: the mixture over its random orders.

    Each step reveals random positions, every token drawn from its conditional marginal given what
    was revealed before the step. The expected KL of a schedule averages over ordered partitions;
    what is really sampled is their mixture, and its divergence is at most that, often far less.

    Parameters
    ----------
    distribution : Distribution
        What the oracle answers for; written out as a table.
    schedule : Schedule or BernoulliSchedule
        Step sizes; or reveal levels: each token, independently of the others, is revealed by step
        ``t`` with probability ``levels[t]``.
    on_impossible : {"uniform", "raise"}
        What the oracle does where tokens that were drawn in one step have probability zero
        together. That has no influence on any divergence, only on where the mass outside the
        target's support ends up.
    threads : int, optional
        Number of threads. The result is the same, bit by bit, for any number.
    progress : callable, optional
        Called now and then with the fraction of the work done.

    Returns
    -------
    OutputLaw
        With the distribution of the number of calls that reveal something.

    Raises
    ------
    TypeError, ValueError
        If the schedule is none, or for another number of tokens; if evidence is impossible and
        `on_impossible` says so.
    ValueError, MemoryError
        If work or memory are out of reach, with the prediction; nothing is started.
    KeyboardInterrupt
        On Ctrl-C, within 0.2 s.

    Notes
    -----
    Dynamic programming over the states ``(A, x_A)``, "the tokens A are revealed, with values x_A",
    which all ordered partitions share. With ``e_b`` the number of values of all subsets of ``b``
    tokens, sizes take :math:`\sum_t e_{N_t} \binom{N_t}{s_t}` products, and ``k`` levels
    :math:`(k - 2) \prod_i (1 + 2 q_i)`; memory is that of the states of two sizes, or three times
    :math:`\prod_i (1 + q_i)`.

    Examples
    --------
    >>> from unmask import Schedule
    >>> from unmask.distributions import MarkovChain
    >>> chain = MarkovChain([0.5, 0.5], [[0.9, 0.1], [0.1, 0.9]], 6)
    >>> mixture_law(chain, Schedule([1, 2, 3]))
    <OutputLaw n=6: KL 0.0629061, reverse KL 0.0982778 nats, TV 0.123391, 3 expected calls>
    """
    require_distribution(distribution)
    if on_impossible not in ("raise", "uniform"):
        raise ValueError(f"on_impossible: is {on_impossible!r}, expected 'raise' or 'uniform'")
    n = distribution.n
    steps: list[int] | list[float]
    if isinstance(schedule, Schedule):
        require_sizes(schedule, n)
        steps = schedule.sizes.tolist()
        calls = np.zeros(schedule.nfe + 1)
        calls[-1] = 1.0
    elif isinstance(schedule, BernoulliSchedule):
        if schedule.n not in (None, n):
            raise ValueError(
                f"schedule: is for {schedule.n} tokens, expected n = {n} of the distribution"
            )
        steps = schedule.levels[1:].tolist()
        calls = _calls(schedule, n)
    else:
        raise TypeError(
            f"schedule: is a {type(schedule).__name__}, expected a Schedule or a BernoulliSchedule"
        )
    with simulated_instead():
        if n > MOST_TOKENS:
            # The table alone tells what that would take.
            _core.require_table(16.0, distribution.alphabet_sizes)
            raise _core.WorkError(
                f"distribution: has {n} tokens, expected at most {MOST_TOKENS} for an exact law"
            )
        _core.mixture_require(distribution.alphabet_sizes, steps)
        target = distribution.to_dense()
        law = _core.mixture(target.pmf, steps, on_impossible == "uniform", threads, progress)
    return OutputLaw(target, covering(law, target), call_distribution=calls)


def mixture_kl(
    distribution: Distribution,
    schedule: Schedule | BernoulliSchedule,
    *,
    threads: int | None = None,
    progress: Callable[[float], object] | None = None,
) -> float:
    """Compute the KL divergence of a distribution from what the random-order sampler puts out.

    Parameters
    ----------
    distribution, schedule, threads, progress
        As for `mixture_law`.

    Returns
    -------
    float
        In nats; at most the expected KL of the schedule.

    Examples
    --------
    >>> import unmask
    >>> from unmask.distributions import MarkovChain
    >>> chain = MarkovChain([0.5, 0.5], [[0.9, 0.1], [0.1, 0.9]], 6)
    >>> schedule = unmask.Schedule([1, 2, 3])
    >>> round(mixture_kl(chain, schedule), 12)
    0.062906063006
    >>> round(unmask.information_curve(chain).expected_kl(schedule), 12)
    0.221269342414
    """
    return mixture_law(distribution, schedule, threads=threads, progress=progress).kl


def _calls(schedule: BernoulliSchedule, n: int) -> Floats:
    """Distribution of the number of steps that reveal a token; shape (k + 1,)."""
    levels = schedule.levels
    # masked[m, c]: m tokens are masked after c steps that revealed something.
    masked = np.zeros((n + 1, len(levels)))
    masked[n, 0] = 1.0
    for before, level in pairwise(levels.tolist()):
        chance = (level - before) / (1.0 - before)
        after = np.zeros_like(masked)
        for m in range(n + 1):
            drawn = _binomial(m, chance)
            after[m] += masked[m] * drawn[0]
            for d in range(1, m + 1):
                after[m - d, 1:] += masked[m, :-1] * drawn[d]
        masked = after
    calls: Floats = masked[0]
    return calls


def _binomial(m: int, chance: float) -> Floats:
    """Law of the number of successes in m trials, by adding one trial after the other."""
    law = np.ones(1)
    for _ in range(m):
        law = np.append(law * (1.0 - chance), 0.0) + np.append(0.0, law * chance)
    return law
