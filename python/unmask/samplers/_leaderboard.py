"""All samplers that people run, side by side: what they put out, and for how many calls."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

from .. import _core
from .._compute import information_curve
from ..distributions import Distribution
from ..distributions._checks import checked_size
from ._board import Kind, Leaderboard, Sampler
from ._contestants import distinct, parameter_of, policies, random_counts, rules, useful
from ._judges import Exact, Judge, Simulated
from ._planned import planned_partition
from ._policies import FixedOrder, Policy
from ._speculative import Speculative

if TYPE_CHECKING:
    from ..distributions._base import Seed

#: Sequences up to which everything is enumerated.
MAX_SEQUENCES = 1 << 20


def leaderboard(
    distribution: Distribution,
    steps: int,
    *,
    samples: int = 2000,
    seed: Seed = 0,
    threads: int | None = None,
    progress: Callable[[float], object] | None = None,
) -> Leaderboard:
    """Judge schedules, policies, planned orders and speculative decoding by their output laws.

    Parameters
    ----------
    distribution : Distribution
        The oracle that all of them ask, and what their output is compared with.
    steps : int
        Calls, in ``1..n``. Schedules have so many steps (fewer where a rule drops empty ones; those
        with a tolerance get the least one that takes at most so many, which their name reports);
        top-k policies reveal as many tokens a call as the uniform schedule; other policies get the
        parameter whose expected number of calls is nearest. That number jumps with the parameter,
        and is reported.
    samples : int
        Where there are too many sequences to enumerate (2^20), laws are estimated from so many
        samples each, and total variations come with an interval.
    seed : int or numpy.random.Generator, optional
        For these samples.
    threads : int, optional
        As in `unmask.information_curve`.
    progress : callable, optional
        Called now and then with the fraction of the work done.

    Returns
    -------
    Leaderboard

    Raises
    ------
    TypeError, ValueError
        If an argument does not fit, or the simulation is predicted to take hours.
    ImportError
        If laws are estimated and scipy is not installed: ``pip install 'unmask[curves]'``.

    Notes
    -----
    An estimated total variation is that of the log probabilities of the samples, a lower bound, as
    in `audit`: it sees what is impossible, too likely or too rare, not all that could be wrong.

    Temperatures are 1 but where an entry says otherwise: at temperature 0 the KL is infinite unless
    the distribution is a single sequence.

    Examples
    --------
    >>> from unmask.distributions import MarkovChain
    >>> chain = MarkovChain([0.5, 0.5], [[0.9, 0.1], [0.1, 0.9]], 6)
    >>> board = leaderboard(chain, 3)
    >>> entry = board["uniform, larger first"]
    >>> entry.sampler, round(entry.kl, 4), round(entry.expected_kl, 4)
    (Schedule([2, 2, 2]), 0.1413, 0.3199)
    >>> board["speculative"].kl < 1e-12, board["confidence, temperature 0"].kl
    (True, inf)
    """
    if not isinstance(distribution, Distribution):
        kind = type(distribution).__name__
        raise TypeError(f"distribution: is a {kind}, expected a Distribution")
    n, steps, samples = (
        distribution.n,
        checked_size(steps, "steps"),
        checked_size(samples, "samples", 100),
    )
    if steps > n:
        raise ValueError(f"steps: is {steps}, expected 1..{n}")
    curve = information_curve(distribution, threads=threads)
    judge: Judge = (
        Exact(distribution.to_dense(), curve, threads)
        if enumerable(distribution)
        else Simulated(distribution, curve, steps, samples, seed)
    )
    jobs: list[tuple[str, Kind, Callable[[], Sampler]]] = []
    for name, schedule in distinct(rules(curve, steps)):
        jobs.append((name, "schedule", lambda schedule=schedule: schedule))  # type: ignore[misc]
    for name, levels in random_counts(curve):
        jobs.append((name, "schedule", lambda levels=levels: useful(levels, steps)))  # type: ignore[misc]
    jobs += [(name, "policy", make) for name, make in policies(distribution, steps, judge)]
    jobs.append(("planned order", "planned order", lambda: _planned(distribution, steps, threads)))
    jobs.append(("speculative", "speculative", Speculative))

    entries, omitted = [], []
    for done, (name, kind, make) in enumerate(jobs):
        if progress is not None:
            progress(done / len(jobs))
        try:
            sampler = make()
            parameter = parameter_of(sampler)
            entries.append(judge.entry(f"{name} {parameter}" if parameter else name, kind, sampler))
        except (_core.WorkError, MemoryError) as error:
            omitted.append((name, str(error)))
    if progress is not None:
        progress(1.0)
    entries.sort(key=judge.rank)
    return Leaderboard(n, steps, tuple(entries), tuple(omitted), judge.samples)


def _planned(distribution: Distribution, steps: int, threads: int | None) -> Policy:
    """The ordered partition of least KL."""
    return FixedOrder(planned_partition(distribution, steps=steps, threads=threads).partition)


def enumerable(distribution: Distribution) -> bool:
    """Whether sequences are few enough for all samplers to be judged exactly."""
    return math.prod(map(float, distribution.alphabet_sizes)) <= MAX_SEQUENCES
