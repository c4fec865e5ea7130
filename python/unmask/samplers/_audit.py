"""Is this the law that the sampler claims? From its samples alone."""

from __future__ import annotations

import math
from dataclasses import dataclass
from importlib import import_module
from statistics import NormalDist
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from .. import _check
from ..distributions import Dense, Distribution
from ..distributions._base import Codes, Floats
from ._estimate import Estimate
from ._simulate import Simulation

if TYPE_CHECKING:
    from ..distributions._base import Seed

#: Sequences up to which the claimed law is written out.
MAX_SEQUENCES = 1 << 20

#: Cells are counted together until so many samples are expected in each, and must hold so much of
#: the law alone.
EXPECTED_COUNT, COMMON_MASS = 5.0, 0.5

#: Fresh samples, at least, that a likelihood is compared with.
FRESH = 10_000


@dataclass(frozen=True, repr=False)
class Audit:
    """What samples say about a claimed law; made by `audit`.

    Attributes
    ----------
    size : int
        Number of samples.
    test : {"chi-square", "likelihood", "support"}
        Counts of sequences against their expectation, rare ones together; or log probabilities of
        the samples against those of as many fresh ones (Kolmogorov and Smirnov); or no test,
        because the claimed law excludes some of the samples.
    statistic : float
        Chi-square, or the largest distance of the distribution functions; the number of excluded
        samples.
    degrees : int or None
        Of freedom, of a chi-square.
    p_value : float
        How often a right sampler looks at least so wrong.
    level : float
        Below this the claim is rejected.
    confidence : float
        Of each of the intervals.
    total_variation : Estimate
        Distance of the sampler from the claimed law. The value is that of the observed frequencies,
        which is too large on average; the interval holds for any sampler and any size. Where only
        likelihoods were compared it is a lower bound.
    kl : Estimate or None
        ``KL(claimed || sampler)``, unless there are sequences that were hardly seen; the interval
        is a normal approximation.
    reverse_kl : Estimate or None
        ``KL(sampler || claimed)``, unless most sequences are rare; the interval is a normal
        approximation. Infinite for excluded samples.
    """

    size: int
    test: Literal["chi-square", "likelihood", "support"]
    statistic: float
    degrees: int | None
    p_value: float
    level: float
    confidence: float
    total_variation: Estimate
    kl: Estimate | None
    reverse_kl: Estimate | None

    @property
    def rejected(self) -> bool:
        """Whether the samples speak against the claim, at this level."""
        return self.p_value < self.level

    def __repr__(self) -> str:
        verdict = "rejected" if self.rejected else "not rejected"
        known = [("TV", self.total_variation), ("KL", self.kl), ("reverse KL", self.reverse_kl)]
        shown = ", ".join(f"{name} {value}" for name, value in known if value is not None)
        return (
            f"<Audit of {self.size} samples: {verdict} at level {self.level:g}, {self.test} test, "
            f"p = {self.p_value:.4g}; {shown}>"
        )


def audit(
    samples: npt.ArrayLike | Simulation,
    distribution: Distribution,
    *,
    level: float = 0.01,
    confidence: float = 0.95,
    seed: Seed = 0,
) -> Audit:
    r"""Test whether samples have the law that is claimed, and estimate how far they are from it.

    Parameters
    ----------
    samples : array_like of int, shape (size, n), or Simulation
        Codes, independent of each other; or what `simulate` returned.
    distribution : Distribution
        The claim.
    level : float
        Chance with which a right sampler is rejected, in (0, 1).
    confidence : float
        Chance with which each interval holds what it is about, in (0, 1).
    seed : int or numpy.random.Generator, optional
        For the fresh samples that likelihoods are compared with.

    Returns
    -------
    Audit

    Raises
    ------
    TypeError, ValueError
        If the samples are not codes of the distribution, or fewer than two.
    ImportError
        If scipy is not installed: ``pip install 'unmask[curves]'``.

    Notes
    -----
    Chi-square is used where the law can be written out (up to 2^20 sequences) and at least half of
    it lies in sequences of which five samples or more are expected. Otherwise log probabilities are
    compared: that sees whether samples are too likely or too rare, not everything that could be
    wrong.

    The observed total variation exceeds the true one by at most
    :math:`\frac12 \sqrt{(c - 1)/N}` on average over ``c`` cells, and by McDiarmid's inequality is
    within :math:`\sqrt{\ln(2/\delta)/2N}` of that average. The lower limit merges rare cells first.

    Examples
    --------
    >>> import unmask
    >>> chain = unmask.distributions.MarkovChain([0.5, 0.5], [[0.9, 0.1], [0.1, 0.9]], 6)
    >>> audit(chain.sample(5000, seed=1), chain).rejected
    False
    >>> hasty = unmask.samplers.simulate(chain, unmask.Schedule([3, 3]), 5000, seed=1)
    >>> audit(hasty, chain).rejected
    True
    """
    if not isinstance(distribution, Distribution):
        kind = type(distribution).__name__
        raise TypeError(f"distribution: is a {kind}, expected a Distribution")
    if isinstance(samples, Simulation):
        samples = samples.samples
    x = _checked_samples(samples, distribution)
    for value, name in ((level, "level"), (confidence, "confidence")):
        if not 0.0 < _check.amount(value, name) < 1.0:
            raise ValueError(f"{name}: is {value}, expected a probability between 0 and 1")
    special = _special()
    logs = distribution.log_prob(x)
    excluded = int((logs == -np.inf).sum())
    table = None
    if math.prod(map(float, distribution.alphabet_sizes)) <= MAX_SEQUENCES:
        table = distribution.to_dense()
    groups = None if table is None else _groups(table, len(x))
    test: Literal["chi-square", "likelihood", "support"]
    kl = reverse_kl = degrees = None
    if table is not None and groups is not None:
        test = "chi-square"
        statistic, degrees, p = _chi_square(x, table, groups, special)
        tv, kl, reverse_kl = _by_counts(x, table, groups, confidence)
    else:
        test = "likelihood"
        statistic, p, tv = _by_likelihood(logs, distribution, confidence, seed, special)
    if excluded:
        test, statistic, degrees, p = "support", float(excluded), None, 0.0
        reverse_kl = Estimate(math.inf, math.inf, math.inf)
    return Audit(len(x), test, statistic, degrees, p, level, confidence, tv, kl, reverse_kl)


def _checked_samples(samples: npt.ArrayLike, distribution: Distribution) -> Codes:
    given = _check.array(samples, "samples")
    if given.ndim != 2 or given.shape[1] != distribution.n or len(given) < 2:
        raise ValueError(
            f"samples: have shape {given.shape}, expected (size, {distribution.n}) with two "
            "samples or more"
        )
    return distribution._checked_codes(given)


def _special() -> Any:
    try:
        return import_module("scipy.special")
    except ImportError as error:
        raise ImportError(
            "audit() takes the package scipy: pip install 'unmask[curves]'", name="scipy"
        ) from error


def _groups(table: Dense, size: int) -> npt.NDArray[np.intp] | None:
    """Group of each sequence: common ones alone, rare ones together in group 0.

    ``None`` where that would leave too little to look at.
    """
    p = table.pmf.ravel()
    common = p * size >= EXPECTED_COUNT
    groups = np.where(common, np.cumsum(common), 0)
    rest = float(p[~common].sum())
    if 0.0 < rest * size < EXPECTED_COUNT:
        # Rare ones are too few even together: they join the rarest that is common.
        groups[groups == 0] = groups[np.argmin(np.where(common, p, np.inf))]
        groups -= 1
    elif rest == 0.0:
        groups = np.maximum(groups - 1, 0)
    return groups if float(p[common].sum()) >= COMMON_MASS else None


def _cells(x: Codes, table: Dense) -> Floats:
    """How often each sequence was seen."""
    sizes = table.alphabet_sizes
    places = np.ravel_multi_index(tuple(x.T), sizes)
    return np.bincount(places, minlength=math.prod(sizes)).astype(np.float64)


def _chi_square(
    x: Codes, table: Dense, groups: npt.NDArray[np.intp], special: Any
) -> tuple[float, int, float]:
    """Statistic, degrees of freedom and p-value."""
    seen = np.bincount(groups, _cells(x, table))
    expected = np.bincount(groups, table.pmf.ravel()) * len(x)
    statistic = float(((seen - expected) ** 2 / expected).sum())
    degrees = len(expected) - 1
    # A single group leaves nothing to be wrong about.
    return statistic, degrees, float(special.chdtrc(degrees, statistic)) if degrees else 1.0


def _by_counts(
    x: Codes, table: Dense, groups: npt.NDArray[np.intp], confidence: float
) -> tuple[Estimate, Estimate | None, Estimate | None]:
    """Total variation, KL and reverse KL of the observed frequencies."""
    size, p, counts = len(x), table.pmf.ravel(), _cells(x, table)
    seen = counts / size
    tail = math.sqrt(math.log(2.0 / (1.0 - confidence)) / (2.0 * size))

    distance = 0.5 * float(np.abs(seen - p).sum())
    merged, claimed = np.bincount(groups, seen), np.bincount(groups, p)
    excess = 0.5 * math.sqrt((len(claimed) - 1) / size)
    least = 0.5 * float(np.abs(merged - claimed).sum()) - excess - tail
    tv = Estimate(distance, max(0.0, least), min(1.0, distance + tail))

    z = NormalDist().inv_cdf(0.5 + confidence / 2.0)
    support, known = p > 0.0, seen > 0.0
    kl = reverse_kl = None
    if (counts[support] >= EXPECTED_COUNT).all():
        mu, nu = p[support], seen[support]
        plain = float((mu * np.log(mu / nu)).sum())
        bias = float((mu * (1.0 - nu) / nu).sum()) / (2.0 * size)
        spread = max(0.0, float((mu**2 / nu).sum()) - 1.0)
        kl = _normal(plain, bias, spread, len(mu), size, z)
    if (p[known] > 0.0).all():
        ratios = np.log(seen[known] / p[known])
        plain = float((seen[known] * ratios).sum())
        bias = (int(known.sum()) - 1) / (2.0 * size)
        spread = float((seen[known] * ratios**2).sum()) - plain**2
        reverse_kl = _normal(plain, bias, spread, int(known.sum()), size, z)
    return tv, kl, reverse_kl


def _normal(plain: float, bias: float, spread: float, cells: int, size: int, z: float) -> Estimate:
    """A divergence without its bias of first order; its variance to second order in 1 / size."""
    value = max(0.0, plain - bias)
    error = math.sqrt(max(0.0, spread) / size + (cells - 1) / (2.0 * size**2))
    return Estimate(value, max(0.0, plain - bias - z * error), value + z * error)


def _by_likelihood(
    logs: Floats, distribution: Distribution, confidence: float, seed: Seed, special: Any
) -> tuple[float, float, Estimate]:
    """Distance of the distribution functions of log probabilities, p-value, total variation."""
    size = max(len(logs), FRESH)
    fresh = np.sort(distribution.log_prob(distribution.sample(size, seed=seed)))
    given = np.sort(logs)
    # Log probabilities that are equal but for rounding must not be told apart.
    given, fresh = np.round(given, 9), np.round(fresh, 9)
    at = np.concatenate((given, fresh))
    below = np.searchsorted(given, at, side="right") / len(given)
    claimed = np.searchsorted(fresh, at, side="right") / size
    distance = float(np.abs(below - claimed).max())
    p = float(special.kolmogorov(distance * math.sqrt(len(given) * size / (len(given) + size))))
    # Dvoretzky, Kiefer and Wolfowitz, for both samples.
    logarithm = math.log(4.0 / (1.0 - confidence)) / 2.0
    tail = math.sqrt(logarithm / len(given)) + math.sqrt(logarithm / size)
    return distance, p, Estimate(distance, max(0.0, distance - tail), 1.0)
