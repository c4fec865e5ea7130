"""The best order of revealing, and what it saves against a random one."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np
import numpy.typing as npt

from .. import _check, _core
from .._compute import information_curve
from .._schedule import Schedule, steps_text
from ..distributions import Distribution, MarkovChain
from ..distributions._checks import checked_size
from ..schedules import frontier, optimal
from . import _entropies, _search
from ._arguments import require_distribution
from ._bisection import bisection_partition
from ._partition import Partition, named

if TYPE_CHECKING:
    from ..distributions._base import Seed

Floats = npt.NDArray[np.float64]
#: Differences of divergences that are none, relative to that of one step or to one nat.
ROUNDING = 1e-13

PlanMethod = Literal["auto", "exact", "bisection", "greedy", "local-search"]

#: Tokens up to which the exact plan is made without being asked for: under a minute.
EXACT_TOKENS = 20


@dataclass(frozen=True, repr=False)
class PlannedPartition:
    """An ordered partition with the divergence of the sampler that follows it.

    Attributes
    ----------
    partition : tuple of tuples of int
        Blocks of tokens, first revealed first.
    kl : float
        In nats.
    method : {"exact", "bisection", "greedy", "local-search"}
        How it was found. ``"exact"`` has the least divergence of all ordered partitions of so many
        steps; the others are good ones, as proven only where ``kl`` is zero.
    standard_error : float
        Of `kl`, where it is an estimate from samples; otherwise zero.
    """

    partition: Partition
    kl: float
    method: str
    standard_error: float = 0.0

    @property
    def nfe(self) -> int:
        """Number of function evaluations, which is the number of steps."""
        return len(self.partition)

    @property
    def schedule(self) -> Schedule:
        """Sizes of the blocks."""
        return Schedule([len(block) for block in self.partition])

    @property
    def is_optimal(self) -> bool:
        """Whether no ordered partition of so many steps is known to be better: exact, or zero."""
        return self.method == "exact" or self.kl == self.standard_error == 0.0

    def __repr__(self) -> str:
        shown = ", ".join("{" + ", ".join(map(str, block)) + "}" for block in self.partition)
        shown = shown if len(shown) <= 120 else f"{shown[:117]}..."
        error = f" +- {self.standard_error:.2g}" if self.standard_error else ""
        return f"<PlannedPartition {shown}: KL {self.kl:.6g}{error} nats, {self.method}>"


@dataclass(frozen=True, eq=False, repr=False)
class PlannedFrontier:
    """The planned divergence at every number of steps; made by `planned_frontier`.

    Attributes
    ----------
    plans : tuple of PlannedPartition
        ``plans[k - 1]`` has ``k`` steps.
    random_kl : ndarray of float64, shape (max_steps,), or None
        Expected KL of the best random-order schedule of as many steps; None if the exact
        information curve is out of reach.
    """

    plans: tuple[PlannedPartition, ...]
    random_kl: Floats | None

    @property
    def steps(self) -> npt.NDArray[np.int64]:
        """Numbers of steps: ``1 .. max_steps``."""
        return np.arange(1, len(self.plans) + 1)

    @property
    def kl(self) -> Floats:
        """Divergence of each plan, in nats."""
        return np.array([plan.kl for plan in self.plans])

    @property
    def price_of_random_order(self) -> Floats | None:
        """What the best random-order schedule costs above the plan, in nats, by steps.

        Rounding of the two counts as zero.
        """
        if self.random_kl is None:
            return None
        price = self.random_kl - self.kl
        return np.where(np.abs(price) <= ROUNDING * max(1.0, self.random_kl[0]), 0.0, price)

    def plan(self, *, steps: int | None = None, max_kl: float | None = None) -> PlannedPartition:
        """Return the plan of so many steps, or the shortest one of at most so many nats."""
        if (steps is None) == (max_kl is None):
            raise ValueError("expected one of steps= and max_kl=")
        if steps is not None:
            steps = checked_size(steps, "steps")
            if steps > len(self.plans):
                raise ValueError(f"steps: is {steps}, expected at most {len(self.plans)}")
            return self.plans[steps - 1]
        limit = _check.amount(max_kl, "max_kl")
        good = [plan for plan in self.plans if plan.kl <= limit]
        if not good:
            raise ValueError(
                f"max_kl: is {limit}, expected at least {self.kl.min():.6g} for plans of up to "
                f"{len(self.plans)} steps"
            )
        return good[0]

    def __len__(self) -> int:
        return len(self.plans)

    def __repr__(self) -> str:
        return (
            f"<PlannedFrontier {steps_text(len(self))}: KL {self.plans[0].kl:.6g} to "
            f"{self.plans[-1].kl:.6g} nats, {self.plans[-1].method}>"
        )

    def _repr_html_(self) -> str:
        from .. import _html

        costs = {"KL": self.kl}
        if self.random_kl is not None:
            costs["random order"] = self.random_kl
        return _html.by_steps(repr(self), costs)


def planned_partition(
    distribution: Distribution,
    *,
    steps: int | None = None,
    max_kl: float | None = None,
    method: PlanMethod = "auto",
    samples: int = 1000,
    seed: Seed = 0,
    threads: int | None = None,
    progress: Callable[[float], object] | None = None,
) -> PlannedPartition:
    r"""Find the order of revealing with the least KL divergence.

    A plan is an ordered partition that is fixed before sampling begins. It can need exponentially
    fewer steps than a random order: a Markov chain of order ``m`` is sampled without error in
    ``m (ceil(log2(n / m)) + 1)`` steps by bisection, where random orders need a number that is
    proportional to ``n``.

    Parameters
    ----------
    distribution : Distribution
        What is sampled from.
    steps : int, optional
        Number of blocks, in ``1..n``.
    max_kl : float, optional
        Largest divergence in nats; the shortest plan is returned. Give this or `steps`.
    method : {"auto", "exact", "bisection", "greedy", "local-search"}
        ``"exact"`` is the best of all, by dynamic programming over subsets; or over sizes, at any
        length, for laws of which subsets of one size all have one entropy. ``"bisection"`` is for
        Markov chains; further steps split its blocks. ``"greedy"`` splits one block after the
        other, always where that gains most, and starts afresh from the best of some random orders
        where that is better; ``"local-search"`` then moves and exchanges tokens while that helps:
        both give good plans, not the best. ``"auto"`` is exact up to 20 tokens and for laws of
        sizes; beyond, a chain is bisected where there are steps enough, or nothing shorter can be
        looked for, and all else is searched, greedily where local search would take too long.
    samples : int
        Sequences that a search compares plans on, and as many others that the divergence of what
        it found is estimated from, where neither entropies of single subsets nor those of all are
        within reach: for mixtures, hidden Markov models, chains of higher order, networks.
    seed : int or numpy.random.Generator, optional
        For those sequences, and for the random orders that searches start from.
    threads : int, optional
        Number of threads, for the exact plan. The result is the same, bit by bit, for any number.
    progress : callable, optional
        Called now and then with the fraction of the work done.

    Returns
    -------
    PlannedPartition
        With exactly so many blocks, for `steps`. Its divergence is exact unless it has a
        ``standard_error``, and for `max_kl` it is the estimate that is at most so many nats.

    Raises
    ------
    TypeError, ValueError
        If not one of `steps` and `max_kl` is given, `steps` is not in ``1..n``, or the method does
        not apply.
    ValueError, MemoryError
        If work or memory are out of reach, with the prediction and an alternative.
    KeyboardInterrupt
        On Ctrl-C, within 0.2 s, while subsets are enumerated.

    Notes
    -----
    With ``F_k(B)`` the least divergence of ``k`` blocks that make up ``B``,
    :math:`F_k(B) = \min_{A \subset B} F_{k-1}(A) + w(A, B)`: the ``3**n`` pairs of subsets are
    visited once, each for all ``k``. Memory is ``8 * 2**n`` bytes for each step (rounded up to a
    multiple of 8 steps) and for the entropies: about 0.2 GB at ``n = 20``.

    Searches end with no plan that costs more than the best schedule for random orders does on
    average, where the curve is within reach. They take about ``2 n**2`` entropies a step
    (``"greedy"``) or ``n**4 / 200`` (``"local-search"``).

    Estimates are means of the log ratio of law and sampler over sequences drawn from the law, one
    oracle call a step: without bias, and zero of a plan without error.

    Examples
    --------
    >>> from unmask.distributions import MarkovChain
    >>> chain = MarkovChain([0.5, 0.5], [[0.9, 0.1], [0.1, 0.9]], 7)
    >>> planned_partition(chain, max_kl=0.0)
    <PlannedPartition {3}, {1, 5}, {0, 2, 4, 6}: KL 0 nats, exact>
    >>> long = MarkovChain([0.5, 0.5], [[0.9, 0.1], [0.1, 0.9]], 1000)
    >>> planned_partition(long, max_kl=0.0).nfe
    10
    >>> from unmask.distributions import ZeroSum
    >>> planned_partition(ZeroSum(1000, 2), max_kl=0.0).nfe
    2
    """
    require_distribution(distribution)
    n = distribution.n
    if (steps is None) == (max_kl is None):
        raise ValueError("expected one of steps= and max_kl=")
    if steps is not None:
        steps = checked_size(steps, "steps")
        if steps > n:
            raise ValueError(f"steps: is {steps}, expected at most n = {n}")
    if max_kl is not None:
        max_kl = _check.amount(max_kl, "max_kl")
    samples = checked_size(samples, "samples", 2)
    chosen = _chosen(distribution, steps, method, max_kl)
    if chosen == "bisection":
        return _bisected(distribution, steps)
    plans: Iterator[PlannedPartition]
    if chosen != "exact":
        found = _search.plans(distribution, steps, max_kl, chosen, samples, seed, progress)
        plans = (PlannedPartition(named(b), kl, chosen, error) for b, kl, error in found)
    elif not _entropies.by_size(distribution):
        plans = _exact(distribution, steps or n, threads, progress)
    elif steps is not None:
        plans = _of_sizes(distribution, (steps,))
    else:
        fewest = optimal(information_curve(distribution), max_kl=max_kl).nfe
        plans = _of_sizes(distribution, range(fewest, n + 1))
    if max_kl is None:
        return deque(plans, maxlen=1)[0]
    # One token at a time is exact, so that there is such a plan.
    plan = next(plan for plan in plans if plan.kl <= max_kl)
    return _bisected(distribution, None) if _late(distribution, plan, method) else plan


def planned_frontier(
    distribution: Distribution,
    max_steps: int | None = None,
    *,
    method: PlanMethod = "auto",
    samples: int = 1000,
    seed: Seed = 0,
    threads: int | None = None,
    progress: Callable[[float], object] | None = None,
) -> PlannedFrontier:
    """Find the best plan for every number of steps, and what random order costs above it.

    Parameters
    ----------
    distribution : Distribution
        What is sampled from.
    max_steps : int, optional
        Up to so many steps; ``n`` by default.
    method, samples, seed, threads, progress
        As for `planned_partition`; bisection has no frontier.

    Returns
    -------
    PlannedFrontier
        Together with the expected KL of the best random-order schedules.

    Raises
    ------
    TypeError, ValueError, MemoryError, KeyboardInterrupt
        As `planned_partition`.

    Examples
    --------
    >>> from unmask.distributions import MarkovChain
    >>> chain = MarkovChain([0.5, 0.5], [[0.9, 0.1], [0.1, 0.9]], 6)
    >>> plans = planned_frontier(chain)
    >>> plans.kl.round(4)
    array([1.8403, 0.1996, 0.    , 0.    , 0.    , 0.    ])
    >>> plans.price_of_random_order.round(4)
    array([0.    , 0.3347, 0.2213, 0.0954, 0.0319, 0.    ])
    """
    require_distribution(distribution)
    n = distribution.n
    steps = n if max_steps is None else checked_size(max_steps, "max_steps")
    if steps > n:
        raise ValueError(f"max_steps: is {steps}, expected at most n = {n}")
    samples = checked_size(samples, "samples", 2)
    if method == "bisection":
        raise ValueError("method: 'bisection' has no frontier, expected another method")
    chosen = _chosen(distribution, steps, method, None)
    if chosen == "bisection":
        chosen = _search.affordable(distribution, steps)
    plans: Iterable[PlannedPartition]
    if chosen != "exact":
        found = _search.plans(distribution, steps, None, chosen, samples, seed, progress)
        plans = (PlannedPartition(named(b), kl, chosen, error) for b, kl, error in found)
    elif _entropies.by_size(distribution):
        plans = _of_sizes(distribution, range(1, steps + 1))
    else:
        plans = _exact(distribution, steps, threads, progress)
    made = tuple(
        _bisected(distribution, plan.nfe) if _late(distribution, plan, method) else plan
        for plan in plans
    )
    try:
        curve = information_curve(distribution, threads=threads)
    except (ValueError, MemoryError):
        return PlannedFrontier(made, None)
    return PlannedFrontier(made, frontier(curve, steps).expected_kl)


def _chosen(
    distribution: Distribution, steps: int | None, method: str, max_kl: float | None
) -> str:
    """The method that is used."""
    if method not in get_args(PlanMethod):
        raise ValueError(f"method: is {method!r}, expected one of {get_args(PlanMethod)}")
    chain = distribution if isinstance(distribution, MarkovChain) else None
    if method == "bisection" and chain is None:
        kind = type(distribution).__name__
        raise ValueError(f"method: 'bisection' is for a MarkovChain, and this is a {kind}")
    if method != "auto":
        return method
    few = distribution.n <= EXACT_TOKENS and _entropies.enumerable(distribution)
    if few or _entropies.by_size(distribution):
        return "exact"
    if chain is not None:
        if steps is not None and steps >= _bisection_steps(chain):
            return "bisection"
        if max_kl is not None and (max_kl == 0.0 or not _search.possible(distribution)):
            return "bisection"
    return _search.affordable(distribution, steps)


def _bisection_steps(chain: MarkovChain) -> int:
    return len(bisection_partition(chain.n, chain.order))


def _late(distribution: Distribution, plan: PlannedPartition, method: str) -> bool:
    """Whether a search that was not asked for found less than bisection does in so many steps."""
    if method != "auto" or not isinstance(distribution, MarkovChain) or plan.is_optimal:
        return False
    return plan.nfe >= _bisection_steps(distribution)


def _bisected(distribution: Distribution, steps: int | None) -> PlannedPartition:
    assert isinstance(distribution, MarkovChain)
    partition = list(bisection_partition(distribution.n, distribution.order))
    if steps is not None and steps < len(partition):
        raise ValueError(
            f"steps: is {steps}, expected at least {len(partition)} for method='bisection'"
        )
    while steps is not None and len(partition) < steps:
        largest = max(range(len(partition)), key=lambda b: len(partition[b]))
        block = partition[largest]
        partition[largest : largest + 1] = [block[:1], block[1:]]
    # Tokens of one block are independent given those before: that is the Markov property.
    return PlannedPartition(tuple(partition), 0.0, "bisection")


def _exact(
    distribution: Distribution,
    steps: int,
    threads: int | None,
    progress: Callable[[float], object] | None,
) -> Iterator[PlannedPartition]:
    """Plans of 1, 2, .. steps that are the best of all."""
    try:
        _core.partition_planned_require(distribution.n, steps)
        entropies = distribution.subset_entropies(threads=threads)
        kl, partitions = _core.partition_planned(entropies, steps, threads, progress)
    except (_core.WorkError, MemoryError) as error:
        kind = MemoryError if isinstance(error, MemoryError) else _core.WorkError
        raise kind(
            f"{error}; method='local-search' and 'greedy' find good plans, not the best, of many "
            "more tokens"
        ) from None
    for masks, value in zip(partitions, kl.tolist(), strict=True):
        yield PlannedPartition(named(masks), value, "exact")


def _of_sizes(distribution: Distribution, lengths: Iterable[int]) -> Iterator[PlannedPartition]:
    """Plans of so many steps that are the best of all, where only the sizes of blocks matter.

    Any partition then costs what its sizes cost on average: the best schedule is the best plan.
    """
    costs, curve = _entropies.exact_costs(distribution), information_curve(distribution)
    for k in lengths:
        sizes = optimal(curve, steps=k).sizes.tolist()
        while len(sizes) < k:
            # Steps that gain nothing: splitting a block never costs anything.
            largest = sizes.index(max(sizes))
            sizes[largest : largest + 1] = [1, sizes[largest] - 1]
        cuts = [0, *accumulate(sizes)]
        masks = [(1 << b) - (1 << a) for a, b in pairwise(cuts)]
        yield PlannedPartition(named(masks), costs.cost(masks), "exact")
