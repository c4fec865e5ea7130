"""What a fixed order of revealing costs, and how much random orders differ."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, overload

import numpy as np
import numpy.typing as npt

from .. import _check, _core
from .._schedule import Schedule
from ..distributions import Dense, Distribution
from ..distributions._checks import checked_size
from . import _entropies
from ._arguments import about, normal_quantile, require_distribution, require_sizes
from ._estimate import Estimate
from ._sampled_costs import SampledCosts

if TYPE_CHECKING:
    from ..distributions._base import Seed

Floats = npt.NDArray[np.float64]

#: An ordered partition: blocks of tokens, in the order in which they are revealed.
Partition = tuple[tuple[int, ...], ...]

#: Ordered partitions that are listed one by one: about a second.
LISTED = 1_000_000

#: Cells of tables that entropies are summed from: minutes.
MAX_CELLS = 1e11

#: Ordered partitions drawn where there are more; fewer, but not below the second number, where that
#: is predicted to take longer than so many seconds.
DEFAULT_SAMPLES, LEAST_SAMPLES, DEFAULT_SECONDS = 10_000, 100, 60.0

#: Predicted seconds beyond which nothing is drawn: half a day.
MAX_SECONDS = 43_200.0


@overload
def partition_kl(
    distribution: Distribution, partition: Sequence[Iterable[int]], *, samples: None = None
) -> float: ...


@overload
def partition_kl(
    distribution: Distribution,
    partition: Sequence[Iterable[int]],
    *,
    samples: int,
    confidence: float = 0.95,
    seed: Seed = None,
) -> Estimate: ...


def partition_kl(
    distribution: Distribution,
    partition: Sequence[Iterable[int]],
    *,
    samples: int | None = None,
    confidence: float = 0.95,
    seed: Seed = None,
) -> float | Estimate:
    r"""Compute the KL divergence of the sampler that reveals these blocks in this order.

    .. math:: KL(\mu \| \nu^S) = \sum_t \sum_{i \in S_t} H(X_i | X_{S_{<t}}) - H(X)

    Parameters
    ----------
    distribution : Distribution
        What is sampled from.
    partition : sequence of iterables of int
        Blocks of tokens (from 0), first revealed first; each token is in one block.
    samples : int, optional
        Estimate from so many sequences drawn from the distribution, at any length: by the mean of
        the log ratio of the law and the sampler, without bias, one oracle call a step.
    confidence : float
        Chance with which the interval of an estimate holds the divergence, by a normal
        approximation, in (0, 1).
    seed : int or numpy.random.Generator, optional
        The same seed gives the same estimate.

    Returns
    -------
    float or Estimate
        In nats. What is below the rounding of the entropies counts as zero.

    Raises
    ------
    TypeError, ValueError
        If a token is missed, repeated or none, or a block is empty.
    WorkError, MemoryError
        If entropies need a table that is out of reach, with the prediction.

    Notes
    -----
    Takes one entropy for each token and each step. Those of samples, independent tokens, chains of
    first order, linear codes, laws that do not care about order, and blocks and pairs of such laws
    are known at any length, others come from the joint table.

    Examples
    --------
    >>> from unmask.distributions import MarkovChain
    >>> chain = MarkovChain([0.5, 0.5], [[0.9, 0.1], [0.1, 0.9]], 6)
    >>> round(partition_kl(chain, [[0], [1, 2], [3, 4, 5]]), 12)
    0.523185005065
    >>> partition_kl(chain, [[3], [1, 5], [0, 2, 4]])
    0.0
    >>> partition_kl(chain, [[0], [1, 2], [3, 4, 5]], samples=1000, seed=0)
    0.4959 [0.4312, 0.5606]
    """
    require_distribution(distribution)
    n = distribution.n
    blocks = checked_partition(partition, n)
    if samples is not None:
        return _estimated(distribution, blocks, samples, confidence, seed)
    try:
        if not _entropies.single(distribution):
            cells = math.prod(map(float, distribution.alphabet_sizes))
            _core.require_work(cells * (n + len(blocks)), MAX_CELLS)
        return _entropies.exact_costs(distribution).cost(blocks)
    except (_core.WorkError, MemoryError) as error:
        kind = MemoryError if isinstance(error, MemoryError) else _core.WorkError
        raise kind(f"{error}; samples=1000 estimates it at any length") from None


def _estimated(
    distribution: Distribution, blocks: list[int], samples: int, confidence: float, seed: Seed
) -> Estimate:
    samples = checked_size(samples, "samples", 2)
    z = normal_quantile(confidence)
    costs = SampledCosts(distribution, samples, _check.generator(seed))
    value, error = costs.estimate(blocks)
    return Estimate(value, max(0.0, value - z * error), max(0.0, value + z * error))


@dataclass(frozen=True, eq=False, repr=False)
class PartitionKL:
    """Divergences over the random ordered partitions of a schedule; made by `random_partition_kl`.

    Attributes
    ----------
    schedule : Schedule
        Sizes of the blocks.
    mean : float
        In nats: the expected KL of the schedule.
    variance : float
        In squared nats.
    minimum, maximum : float
        Extremes; those of the sample if not `exact`.
    best, worst : tuple of tuples of int
        Partitions that have them.
    values : ndarray of float64
        Divergence of each ordered partition, ascending; or of a random sample of them.
    exact : bool
        Whether mean, variance and extremes are those over all ordered partitions.
    enumerated : bool
        Whether `values` are those of all ordered partitions.
    """

    schedule: Schedule
    mean: float
    variance: float
    minimum: float
    maximum: float
    best: Partition
    worst: Partition
    values: Floats
    exact: bool
    enumerated: bool

    @property
    def standard_error(self) -> float:
        """Standard error of the mean; zero if it is exact."""
        return 0.0 if self.exact else math.sqrt(self.variance / len(self.values))

    @property
    def variance_standard_error(self) -> float:
        """Standard error of the variance, from the fourth moment; zero if it is exact."""
        if self.exact:
            return 0.0
        squares = np.square(self.values - self.values.mean())
        return math.sqrt(float(squares.var()) / len(self.values))

    def histogram(
        self, bins: int | npt.ArrayLike = 20
    ) -> tuple[Floats, npt.NDArray[np.float64], Floats]:
        """Share of the ordered partitions by divergence.

        Parameters
        ----------
        bins : int or array_like of float
            Number of equal bins, or their edges, as for `numpy.histogram`.

        Returns
        -------
        shares : ndarray of float64, shape (bins,)
            They sum to one if the edges enclose all values.
        edges : ndarray of float64, shape (bins + 1,)
            In nats.
        standard_errors : ndarray of float64, shape (bins,)
            Of the shares; zeros if all partitions were enumerated.
        """
        counts, edges = np.histogram(self.values, bins)
        shares = counts / len(self.values)
        errors = np.sqrt(shares * (1.0 - shares) / len(self.values))
        return shares, edges.astype(np.float64), errors * (not self.enumerated)

    def __repr__(self) -> str:
        what = "all" if self.enumerated else "sampled"
        error = "" if self.exact else f" +- {self.standard_error:.2g}"
        return (
            f"<PartitionKL {self.schedule}: mean {self.mean:.6g}{error}, standard deviation "
            f"{math.sqrt(self.variance):.6g}, {self.minimum:.6g} to {self.maximum:.6g} nats, "
            f"{len(self.values):,} {what}>"
        )


def random_partition_kl(
    distribution: Distribution,
    schedule: Schedule,
    *,
    samples: int | None = None,
    seed: Seed = None,
    threads: int | None = None,
    progress: Callable[[float], object] | None = None,
) -> PartitionKL:
    r"""Compute how the divergence varies over the random ordered partitions of a schedule.

    Parameters
    ----------
    distribution : Distribution
        What is sampled from.
    schedule : Schedule
        Sizes of the blocks.
    samples : int, optional
        Ordered partitions to draw for ``values``. By default all are listed if there are at most a
        million, and 10,000 drawn otherwise; fewer, at least 100, where subsets cannot be enumerated
        and that is predicted to take more than a minute.
    seed : int or numpy.random.Generator, optional
        The same seed draws the same partitions.
    threads : int, optional
        Number of threads. The result is the same, bit by bit, for any number.
    progress : callable, optional
        Called now and then with the fraction of the work done.

    Returns
    -------
    PartitionKL
        Mean, variance and extremes are exact where the entropies of all subsets can be enumerated
        (up to 22 tokens, if their table allows), and those of the sample, with standard errors,
        beyond.

    Raises
    ------
    TypeError, ValueError
        If the schedule is for another number of tokens.
    ValueError, MemoryError
        If work or memory are out of reach, with the prediction; nothing is started.
    KeyboardInterrupt
        On Ctrl-C.

    Notes
    -----
    Exact moments and extremes are dynamic programs over the pairs of subsets of successive sizes:
    :math:`\sum_t \binom{n}{N_t} \binom{N_t}{s_t}` costs.

    Examples
    --------
    >>> from unmask import Schedule
    >>> from unmask.distributions import MarkovChain
    >>> chain = MarkovChain([0.5, 0.5], [[0.9, 0.1], [0.1, 0.9]], 6)
    >>> orders = random_partition_kl(chain, Schedule([1, 2, 3]))
    >>> len(orders.values), orders.minimum, round(orders.maximum, 12), round(orders.mean, 12)
    (60, 0.0, 0.523185005065, 0.221269342414)
    >>> partition_kl(chain, orders.best)
    0.0
    """
    require_distribution(distribution)
    if not isinstance(schedule, Schedule):
        raise TypeError(f"schedule: is a {type(schedule).__name__}, expected a Schedule")
    n, sizes = distribution.n, schedule.sizes.tolist()
    require_sizes(schedule, n)
    if samples is not None:
        samples = checked_size(samples, "samples", 2)
    if not _entropies.enumerable(distribution):
        size = samples or _affordable(distribution, schedule)
        _require_single(distribution, schedule, size)
        return _sampled(distribution, schedule, size, seed, progress)
    entropies = distribution.subset_entropies(threads=threads)
    mean, variance, best, worst = _core.partition_moments(entropies, sizes, threads, progress)
    listed = samples is None and _count(sizes) <= LISTED
    if listed:
        values = _core.partition_values(entropies, sizes, progress)
    else:
        values = _drawn(entropies, schedule, samples or DEFAULT_SAMPLES, seed)
    values.flags.writeable = False
    costs = _entropies.ExactCosts(_entropies.listed(entropies), n)
    least, greatest = costs.cost(best), costs.cost(worst)
    return PartitionKL(
        schedule, mean, variance, least, greatest, named(best), named(worst), values, True, listed
    )


def _require_single(distribution: Distribution, schedule: Schedule, samples: int) -> None:
    """Refuse what has no entropies of single subsets, or none that are soon computed."""
    other = (
        "unmask.information_curve(distribution, method='sampled').expected_kl(schedule) estimates "
        "the mean, and partition_kl(..., samples=1000) the divergence of one order"
    )
    cells = math.prod(map(float, distribution.alphabet_sizes))
    if not _entropies.single(distribution):
        kind = type(distribution).__name__
        raise _core.WorkError(
            f"distribution: is a {kind} of {about(cells)} sequences, expected at most "
            f"{_entropies.ENUMERATED_TOKENS} tokens for a law whose entropies come from its table; "
            f"{other}"
        )
    if isinstance(distribution, Dense):
        try:
            _core.require_work(samples * distribution.n * cells, MAX_CELLS)
        except _core.WorkError as error:
            raise _core.WorkError(f"{error}; {other}") from None
    seconds = samples * _seconds(distribution, schedule)
    if seconds > MAX_SECONDS:
        raise _core.WorkError(
            f"samples: {samples} ordered partitions take about {seconds / 3600:.2g} hours, "
            f"expected at most {MAX_SECONDS / 3600:.0f}; {other}"
        )


def checked_partition(partition: Sequence[Iterable[int]], n: int) -> list[int]:
    """Return the blocks of an ordered partition of ``range(n)`` as bit masks."""
    if isinstance(partition, (str, bytes)) or not isinstance(partition, Iterable):
        kind = type(partition).__name__
        raise TypeError(f"partition: is a {kind}, expected a sequence of blocks of tokens")
    masks: list[int] = []
    where: dict[int, int] = {}
    for b, block in enumerate(partition):
        several: Any = list(block) if isinstance(block, Iterable) else block
        given = _check.array(several, f"partition[{b}]")
        if given.ndim != 1 or given.size == 0:
            raise ValueError(f"partition: block {b} is {block!r}, expected one token or more")
        if given.dtype.kind not in "iu":
            raise TypeError(f"partition: block {b} is {block!r}, expected whole numbers")
        mask = 0
        for i in given.tolist():
            if not 0 <= i < n:
                raise ValueError(f"partition: block {b} has token {i}, expected 0..{n - 1}")
            if i in where:
                raise ValueError(f"partition: token {i} is in block {where[i]} and in block {b}")
            where[i] = b
            mask |= 1 << i
        masks.append(mask)
    missed = [i for i in range(n) if i not in where]
    if missed:
        shown = ", ".join(map(str, missed[:8])) + (", ..." if len(missed) > 8 else "")
        raise ValueError(f"partition: misses {shown}, expected all tokens 0..{n - 1}")
    return masks


def named(masks: Iterable[int]) -> Partition:
    """Blocks of tokens from bit masks."""
    return tuple(tuple(_entropies.tokens(mask)) for mask in masks)


def _count(sizes: list[int]) -> int:
    """Number of ordered partitions into blocks of these sizes."""
    ways = math.factorial(sum(sizes))
    for size in sizes:
        ways //= math.factorial(size)
    return ways


def _drawn(entropies: Floats, schedule: Schedule, samples: int, seed: Seed) -> Floats:
    """Divergences of random ordered partitions, ascending."""
    generator = _check.generator(seed)
    n = schedule.n
    orders = generator.permuted(np.broadcast_to(np.arange(n), (samples, n)), axis=1)
    bits = np.left_shift(1, orders)
    known = np.zeros(samples, dtype=np.int64)
    total = np.full(samples, -entropies[-1])
    for first, last in zip(schedule.cumulative, schedule.cumulative[1:], strict=False):
        block = bits[:, first:last]
        total += (entropies[known[:, None] | block] - entropies[known][:, None]).sum(axis=1)
        known |= block.sum(axis=1)
    return np.sort(np.maximum(total, 0.0))


def _seconds(distribution: Distribution, schedule: Schedule) -> float:
    """Time that the divergence of one order takes, roughly: some entropies."""
    return (distribution.n + 2 * schedule.nfe) * _entropies.seconds(distribution)


def _affordable(distribution: Distribution, schedule: Schedule) -> int:
    """How many ordered partitions are drawn by default."""
    few = int(DEFAULT_SECONDS / _seconds(distribution, schedule))
    return min(max(few, LEAST_SAMPLES), DEFAULT_SAMPLES)


def _sampled(
    distribution: Distribution,
    schedule: Schedule,
    samples: int,
    seed: Seed,
    progress: Callable[[float], object] | None,
) -> PartitionKL:
    """Everything from random ordered partitions, where subsets are too many."""
    generator = _check.generator(seed)
    costs = _entropies.exact_costs(distribution)
    n, cuts = schedule.n, schedule.cumulative[1:-1]
    drawn = []
    for done in range(samples):
        if progress is not None:
            progress(done / samples)
        blocks = np.split(generator.permutation(n), cuts)
        masks = [sum(1 << i for i in block.tolist()) for block in blocks]
        drawn.append((costs.cost(masks), masks))
    if progress is not None:
        progress(1.0)
    values = np.array([value for value, _ in drawn])
    best, worst = drawn[int(values.argmin())], drawn[int(values.argmax())]
    ascending = np.sort(values)
    ascending.flags.writeable = False
    return PartitionKL(
        schedule,
        float(values.mean()),
        float(values.var(ddof=1)),
        best[0],
        worst[0],
        named(best[1]),
        named(worst[1]),
        ascending,
        False,
        False,
    )
