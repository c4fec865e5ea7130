"""The best order of revealing, and what it saves against a random one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from .. import _check, _core
from .._compute import information_curve
from .._schedule import Schedule
from ..distributions import Distribution, MarkovChain
from ..distributions._checks import checked_size
from ..schedules import frontier
from . import _entropies, _heuristics
from ._arguments import require_distribution
from ._partition import Partition, named

Floats = npt.NDArray[np.float64]
#: Entropies that a search may look at: minutes.
MAX_SEARCH = 1e10

#: Steps that a search takes until a plan is good enough, where their number is not given.
TYPICAL_STEPS = 16

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
    """

    partition: Partition
    kl: float
    method: str

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
        return self.method == "exact" or self.kl == 0.0

    def __repr__(self) -> str:
        shown = ", ".join("{" + ", ".join(map(str, block)) + "}" for block in self.partition)
        shown = shown if len(shown) <= 120 else f"{shown[:117]}..."
        return f"<PlannedPartition {shown}: KL {self.kl:.6g} nats, {self.method}>"


@dataclass(frozen=True, eq=False, repr=False)
class PlannedFrontier:
    """The planned divergence at every number of steps; made by `planned_frontier`.

    Attributes
    ----------
    plans : tuple of PlannedPartition
        ``plans[k - 1]`` has ``k`` steps.
    random_kl : ndarray of float64, shape (max_steps,), or None
        Expected KL of the best random-order schedule of as many steps; None if the information
        curve is out of reach.
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
        """What the best random-order schedule costs above the plan, in nats, by steps."""
        return None if self.random_kl is None else self.random_kl - self.kl

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
            f"<PlannedFrontier {len(self)} steps: KL {self.plans[0].kl:.6g} to "
            f"{self.plans[-1].kl:.6g} nats, {self.plans[-1].method}>"
        )


def planned_partition(
    distribution: Distribution,
    *,
    steps: int | None = None,
    max_kl: float | None = None,
    method: PlanMethod = "auto",
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
        ``"exact"`` is the best of all, by dynamic programming over subsets. ``"bisection"`` is for
        Markov chains. ``"greedy"`` splits one block after the other, always where that gains most;
        ``"local-search"`` then moves and exchanges tokens while that helps: both give good
        plans, not the best. ``"auto"`` is exact up to 20 tokens; beyond, bisection where it
        applies, and otherwise local search, or greedy where that would take too long.
    threads : int, optional
        Number of threads, for the exact plan. The result is the same, bit by bit, for any number.
    progress : callable, optional
        Called now and then with the fraction of the work done, for the exact plan.

    Returns
    -------
    PlannedPartition
        With exactly so many blocks, for `steps`.

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

    Examples
    --------
    >>> from unmask.distributions import MarkovChain
    >>> chain = MarkovChain([0.5, 0.5], [[0.9, 0.1], [0.1, 0.9]], 6)
    >>> planned_partition(chain, max_kl=0.0)
    <PlannedPartition {3}, {1, 5}, {0, 2, 4}: KL 0 nats, exact>
    >>> long = MarkovChain([0.5, 0.5], [[0.9, 0.1], [0.1, 0.9]], 1000)
    >>> planned_partition(long, max_kl=0.0).nfe
    10
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
    chosen = _chosen(distribution, steps, method)
    if chosen == "bisection":
        return _bisected(distribution, steps)
    plans = _plans(distribution, steps or n, chosen, max_kl, threads, progress)
    if max_kl is None:
        return plans[-1]
    # One token at a time is exact, so that there is such a plan.
    return next(plan for plan in plans if plan.kl <= max_kl)


def planned_frontier(
    distribution: Distribution,
    max_steps: int | None = None,
    *,
    method: PlanMethod = "auto",
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
    method, threads, progress
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
    chosen = _chosen(distribution, steps, method)
    if chosen == "bisection":
        if method == "bisection":
            raise ValueError("method: 'bisection' has one number of steps, expected another method")
        chosen = "local-search"
    plans = _plans(distribution, steps, chosen, None, threads, progress)
    try:
        curve = information_curve(distribution, threads=threads)
    except (ValueError, MemoryError):
        return PlannedFrontier(plans, None)
    return PlannedFrontier(plans, frontier(curve, steps).expected_kl)


def bisection_partition(n: int, order: int = 1) -> Partition:
    """Order of revealing that samples every Markov chain without error.

    The middle ``order`` tokens of a stretch, one after the other, make its two halves independent;
    both are bisected at the same time.

    Parameters
    ----------
    n : int
        Number of tokens.
    order : int
        Order of the chain: number of tokens that the next one depends on.

    Returns
    -------
    tuple of tuples of int
        At most ``order * (ceil(log2(n / order)) + 1)`` blocks.

    Examples
    --------
    >>> bisection_partition(7)
    ((3,), (1, 5), (0, 2, 4, 6))
    """
    n, order = checked_size(n, "n"), checked_size(order, "order")
    blocks: list[tuple[int, ...]] = []
    stretches = [(0, n)]
    while stretches:
        # Where what separates a stretch begins, and how long it is.
        middles = [(a + max(b - a - order, 0) // 2, min(order, b - a)) for a, b in stretches]
        for k in range(order):
            block = tuple(first + k for first, length in middles if k < length)
            if block:
                blocks.append(block)
        halves = [
            half
            for (a, b), (first, length) in zip(stretches, middles, strict=True)
            for half in ((a, first), (first + length, b))
        ]
        stretches = [(a, b) for a, b in halves if a < b]
    return tuple(blocks)


def _chosen(distribution: Distribution, steps: int | None, method: str) -> str:
    """The method that is used."""
    if method not in get_args(PlanMethod):
        raise ValueError(f"method: is {method!r}, expected one of {get_args(PlanMethod)}")
    chain = distribution if isinstance(distribution, MarkovChain) else None
    if method == "bisection" and chain is None:
        kind = type(distribution).__name__
        raise ValueError(f"method: 'bisection' is for a MarkovChain, and this is a {kind}")
    if method != "auto":
        return method
    if distribution.n <= EXACT_TOKENS and _entropies.enumerable(distribution):
        return "exact"
    if chain is not None and steps in (None, _bisection_steps(chain)):
        return "bisection"
    return "local-search" if _search(distribution.n, steps) <= MAX_SEARCH else "greedy"


def _search(n: int, steps: int | None, method: str = "local-search") -> float:
    """Entropies that a search looks at, about, as seen on chains."""
    steps = min(n, TYPICAL_STEPS) if steps is None else steps
    return float(n) ** 4 * steps if method == "local-search" else 50.0 * float(n) ** 3 * steps


def _require_search(method: str, n: int, steps: int) -> None:
    """Refuse to start a search that would take too long."""
    predicted = _search(n, steps, method)
    if predicted > MAX_SEARCH:
        raise _core.WorkError(
            f"steps: a {method} plan of {steps} steps for {n} tokens would look at about "
            f"{predicted:.1e} entropies, above {MAX_SEARCH:.0e}; expected fewer steps, or for a "
            "chain as many as method='bisection' takes"
        )


def _bisection_steps(chain: MarkovChain) -> int:
    return len(bisection_partition(chain.n, chain.order))


def _bisected(distribution: Distribution, steps: int | None) -> PlannedPartition:
    assert isinstance(distribution, MarkovChain)
    partition = bisection_partition(distribution.n, distribution.order)
    if steps not in (None, len(partition)):
        raise ValueError(f"steps: is {steps}, expected {len(partition)} for method='bisection'")
    # Tokens of one block are independent given those before: that is the Markov property.
    return PlannedPartition(partition, 0.0, "bisection")


def _plans(
    distribution: Distribution,
    steps: int,
    method: str,
    max_kl: float | None,
    threads: int | None,
    progress: Callable[[float], object] | None,
) -> tuple[PlannedPartition, ...]:
    """Plans of 1, 2, .. steps; heuristic ones only until one is good enough."""
    n = distribution.n
    if method != "exact":
        _require_search(method, n, steps if max_kl is None else min(steps, TYPICAL_STEPS))
        entropy = _entropies.entropy_of(distribution)
        found = _heuristics.plans(entropy, n, steps, method == "local-search", max_kl)
        return tuple(PlannedPartition(named(masks), kl, method) for masks, kl in found)
    try:
        _core.partition_planned_require(n, steps)
        entropies = distribution.subset_entropies(threads=threads)
        kl, partitions = _core.partition_planned(entropies, steps, threads, progress)
    except (_core.WorkError, MemoryError) as error:
        raise type(error)(
            f"{error}; method='local-search' finds a good plan, not the best, at any size"
        ) from None
    pairs = zip(partitions, kl.tolist(), strict=True)
    return tuple(PlannedPartition(named(masks), value, method) for masks, value in pairs)
