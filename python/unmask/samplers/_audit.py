"""Is this the law that the sampler claims? From its samples alone."""

from __future__ import annotations

import math
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from .. import _check
from ..distributions import Dense, Distribution
from ..distributions._base import Codes, Floats
from ._arguments import checked_chance, normal_quantile
from ._divergence_bounds import by_events, merged_kl, strongest
from ._estimate import Estimate
from ._letters import Events, letters, pairs
from ._simulate import Simulation

if TYPE_CHECKING:
    from ..distributions._base import Seed

Letters = Literal["letters", "pairs"]

#: Sequences up to which the claimed law is written out.
MAX_SEQUENCES = 1 << 20

#: Cells are counted together until so many samples are expected in each, and must hold so much of
#: the law alone.
EXPECTED_COUNT, COMMON_MASS = 5.0, 0.5

#: Fresh samples, at least, that a likelihood is compared with.
FRESH = 10_000


@dataclass(frozen=True)
class AuditTest:
    """One of the tests of an `Audit`.

    Attributes
    ----------
    name : {"chi-square", "likelihood", "letters", "pairs", "support"}
        Counts of sequences against their expectation, rare ones together; log probabilities of the
        samples against those of fresh ones (Kolmogorov and Smirnov); counts of each letter of each
        token, and of pairs of letters of some pairs of tokens (binomial tails, exact at any size);
        or no test, because the claimed law excludes some of the samples.
    statistic : float
        Chi-square; the largest distance of the distribution functions; how far the share of samples
        with the least likely letter or pair is from the claim; or the number of excluded samples.
    degrees : int or None
        Of freedom, of a chi-square.
    p_value : float
        How often a right sampler looks at least so wrong in this test, in all letters or pairs
        together (Bonferroni).
    tokens : tuple of int
        Where the least likely letter or pair is.
    """

    name: Literal["chi-square", "likelihood", "letters", "pairs", "support"]
    statistic: float
    degrees: int | None
    p_value: float
    tokens: tuple[int, ...] = ()


@dataclass(frozen=True, repr=False)
class Audit:
    """What samples say about a claimed law; made by `audit`.

    Attributes
    ----------
    size : int
        Number of samples.
    tests : tuple of AuditTest
        All that were made.
    level : float
        Below this the claim is rejected.
    confidence : float
        Of each of the intervals.
    total_variation : Estimate
        Distance of the sampler from the claimed law. The value is that of the observed frequencies,
        which is too large on average; the interval holds for any sampler and any size. Where
        sequences are too many to be counted it is a lower bound.
    kl : Estimate
        ``KL(claimed || sampler)``. Where all sequences were seen often enough the interval is a
        normal approximation. Otherwise it is a lower bound, from sequences that are counted
        together or from letters and likelihoods, which holds for any sampler and any size; nothing
        then bounds the divergence from above.
    reverse_kl : Estimate
        ``KL(sampler || claimed)``: a normal approximation where most of the law is in common
        sequences, otherwise a lower bound. Infinite for excluded samples.
    """

    size: int
    tests: tuple[AuditTest, ...]
    level: float
    confidence: float
    total_variation: Estimate
    kl: Estimate
    reverse_kl: Estimate

    @property
    def p_value(self) -> float:
        """How often a right sampler looks at least so wrong in any of the tests (Bonferroni)."""
        return min(1.0, len(self.tests) * self._decisive.p_value)

    @property
    def test(self) -> str:
        """Name of the test that speaks most against the claim."""
        return self._decisive.name

    @property
    def statistic(self) -> float:
        """Statistic of that test."""
        return self._decisive.statistic

    @property
    def degrees(self) -> int | None:
        """Degrees of freedom of that test."""
        return self._decisive.degrees

    @property
    def tokens(self) -> tuple[int, ...]:
        """Tokens that this test is about; none where it is about whole sequences."""
        return self._decisive.tokens

    @property
    def _decisive(self) -> AuditTest:
        return min(self.tests, key=lambda test: test.p_value)

    @property
    def rejected(self) -> bool:
        """Whether the samples speak against the claim, at this level."""
        return self.p_value < self.level

    def __repr__(self) -> str:
        verdict = "rejected" if self.rejected else "not rejected"
        where = f" of {', '.join(map(str, self.tokens))}" if self.tokens else ""
        return (
            f"<Audit of {self.size} samples: {verdict} at level {self.level:g}, {self.test} test"
            f"{where}, p = {self.p_value:.4g}; TV {self.total_variation}, KL {self.kl}, reverse KL "
            f"{self.reverse_kl}>"
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
        For the fresh samples that likelihoods are compared with, and the pairs that are looked at.

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
    compared: that sees whether samples are too likely or too rare. Unless all sequences are counted
    apart, letters of tokens, of neighbours and of random pairs are counted as well: what is wrong
    with three tokens or more together, and leaves likelihoods alone, is not seen. The laws of
    letters are what the oracle answers, and their tests are exact. The claim is rejected if one of
    ``t`` tests has a p-value below ``level / t``.

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
    checked_chance(level, "level")
    checked_chance(confidence, "confidence")
    special = _special()
    logs = distribution.log_prob(x)
    table = groups = None
    if math.prod(map(float, distribution.alphabet_sizes)) <= MAX_SEQUENCES:
        table = distribution.to_dense()
        groups = _groups(table, len(x))
    tests: list[AuditTest] = []
    events: dict[Letters, Events] = {}
    if table is None or groups is None or _merges(table, groups):
        generator = _check.generator(seed)
        named: dict[Letters, Events | None] = {
            "letters": letters(x, distribution),
            "pairs": pairs(x, distribution, generator),
        }
        # Tokens of one letter leave nothing to be wrong about.
        events = {name: found for name, found in named.items() if found and len(found.counts)}
        tests = [_of_letters(name, found, special) for name, found in events.items()]
    if table is not None and groups is not None:
        tests.append(_chi_square(x, table, groups, special))
        estimates = _by_counts(x, table, groups, confidence)
    else:
        drawn = distribution.sample(max(len(x), FRESH), seed=seed)
        fresh = distribution.log_prob(drawn)
        tests.append(_likelihood(logs, fresh, special))
        estimates = _by_events(list(events.values()), logs, fresh, confidence, special)
    tv, kl, reverse_kl = estimates
    excluded = int((logs == -np.inf).sum())
    if excluded:
        tests = [AuditTest("support", float(excluded), None, 0.0)]
        reverse_kl = Estimate(math.inf, math.inf, math.inf)
    return Audit(len(x), tuple(tests), level, confidence, tv, kl, reverse_kl)


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


def _merges(table: Dense, groups: npt.NDArray[np.intp]) -> bool:
    """Whether sequences that are possible are counted together."""
    return int((table.pmf > 0.0).sum()) > int(groups.max()) + 1


def _of_letters(name: Letters, events: Events, special: Any) -> AuditTest:
    p = events.p_values(special)
    worst = int(p.argmin())
    off = abs(float(events.counts[worst]) / events.size - float(events.claimed[worst]))
    together = min(1.0, len(p) * float(p[worst]))
    return AuditTest(name, off, None, together, tuple(events.tokens[worst].tolist()))


def _cells(x: Codes, table: Dense) -> Floats:
    """How often each sequence was seen."""
    sizes = table.alphabet_sizes
    places = np.ravel_multi_index(tuple(x.T), sizes)
    return np.bincount(places, minlength=math.prod(sizes)).astype(np.float64)


def _chi_square(x: Codes, table: Dense, groups: npt.NDArray[np.intp], special: Any) -> AuditTest:
    """Counts of groups of sequences against their expectation."""
    seen = np.bincount(groups, _cells(x, table))
    expected = np.bincount(groups, table.pmf.ravel()) * len(x)
    statistic = float(((seen - expected) ** 2 / expected).sum())
    degrees = len(expected) - 1
    # A single group leaves nothing to be wrong about.
    p = float(special.chdtrc(degrees, statistic)) if degrees else 1.0
    return AuditTest("chi-square", statistic, degrees, p)


def _by_counts(
    x: Codes, table: Dense, groups: npt.NDArray[np.intp], confidence: float
) -> tuple[Estimate, Estimate, Estimate]:
    """Total variation, KL and reverse KL of the observed frequencies."""
    size, p, counts = len(x), table.pmf.ravel(), _cells(x, table)
    seen = counts / size
    tail = math.sqrt(math.log(2.0 / (1.0 - confidence)) / (2.0 * size))

    distance = 0.5 * float(np.abs(seen - p).sum())
    together = np.bincount(groups, counts).astype(np.float64)
    merged, claimed = together / size, np.bincount(groups, p).astype(np.float64)
    excess = 0.5 * math.sqrt((len(claimed) - 1) / size)
    least = 0.5 * float(np.abs(merged - claimed).sum()) - excess - tail
    tv = Estimate(distance, max(0.0, least), min(1.0, distance + tail))

    z = normal_quantile(confidence)
    support, known = p > 0.0, seen > 0.0
    kl, reverse_kl = (
        merged_kl(claimed, together, confidence),
        Estimate(math.inf, 0.0, math.inf),
    )
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


def _likelihood(logs: Floats, fresh: Floats, special: Any) -> AuditTest:
    """Distance of the distribution functions of log probabilities."""
    below, claimed = _distributions(logs, fresh)
    distance, size = float(np.abs(below - claimed).max()), len(logs) * len(fresh)
    p = float(special.kolmogorov(distance * math.sqrt(size / (len(logs) + len(fresh)))))
    return AuditTest("likelihood", distance, None, p)


def _distributions(logs: Floats, fresh: Floats) -> tuple[Floats, Floats]:
    """Share of the samples, and of the fresh ones, below each log probability that was seen."""
    # Log probabilities that are equal but for rounding must not be told apart.
    given, drawn = np.round(np.sort(logs), 9), np.round(np.sort(fresh), 9)
    at = np.concatenate((given, drawn))
    below: Floats = np.searchsorted(given, at, side="right") / len(given)
    claimed: Floats = np.searchsorted(drawn, at, side="right") / len(drawn)
    return below, claimed


def _by_events(
    events: list[Events], logs: Floats, fresh: Floats, confidence: float, special: Any
) -> tuple[Estimate, Estimate, Estimate]:
    """Lower bounds of total variation, KL and reverse KL from letters and log probabilities."""
    # Every kind of event gets its share of the error.
    error = (1.0 - confidence) / (len(events) + 1)
    bounds = []
    for kind in events:
        p, (low, high) = kind.claimed, kind.intervals(error, special)
        seen = (kind.counts + 0.5) / (kind.size + 1.0)
        bounds.append(by_events((p, p, p), (seen, low, high)))
    # Dvoretzky, Kiefer and Wolfowitz, for both samples.
    limits = [
        ((share * size + 0.5) / (size + 1.0), np.maximum(share - tail, 0.0), share + tail)
        for share, size in zip(_distributions(logs, fresh), (len(logs), len(fresh)), strict=True)
        for tail in (math.sqrt(math.log(4.0 / error) / (2.0 * size)),)
    ]
    seen_limits, claimed_limits = ((m, low, np.minimum(high, 1.0)) for m, low, high in limits)
    bounds.append(by_events(claimed_limits, seen_limits))
    tv, kl, reverse_kl = (list(kind) for kind in zip(*bounds, strict=True))
    return strongest(tv, 1.0), strongest(kl, math.inf), strongest(reverse_kl, math.inf)
