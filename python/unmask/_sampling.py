"""How far a sample carries: half of the data against all of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from . import _check
from ._compute import information_curve
from ._information_curve import InformationCurve
from .distributions import Empirical

if TYPE_CHECKING:
    from .distributions._base import Seed

__all__ = ["HalfSampleComparison", "half_sample", "half_sample_comparison"]

#: Largest total that numpy draws from without replacement.
HYPERGEOMETRIC_LIMIT = 10**9

#: Samples whose counts numpy's integers no longer hold.
MAX_SIZE = 2.0**62


@dataclass(frozen=True, eq=False)
class HalfSampleComparison:
    """Curves of a sample and of a random half of it; made by `half_sample_comparison`.

    Where the two differ, the sample has not converged: the source differs from the whole sample by
    about as much again.

    Attributes
    ----------
    whole : InformationCurve
        Of all samples.
    half : InformationCurve
        Of half of them, drawn without replacement.
    """

    whole: InformationCurve
    half: InformationCurve

    @property
    def max_difference(self) -> float:
        """Largest difference between the two curves ``Z``, in nats."""
        return float(np.max(np.abs(self.whole.z - self.half.z)))

    def __repr__(self) -> str:
        return (
            f"<HalfSampleComparison TC {self.half.total_correlation:.4g} -> "
            f"{self.whole.total_correlation:.4g}, DTC {self.half.dual_total_correlation:.4g} -> "
            f"{self.whole.dual_total_correlation:.4g} nats>"
        )


def half_sample_comparison(
    distribution: Empirical, *, seed: Seed = 0, threads: int | None = None
) -> HalfSampleComparison:
    """Compare the curve of a sample with that of a random half.

    Parameters
    ----------
    distribution : Empirical
        With whole counts, two samples or more.
    seed : int or numpy.random.Generator, optional
        Which half.
    threads : int, optional
        As in `unmask.information_curve`.

    Raises
    ------
    TypeError
        If `distribution` is not a sample.
    ValueError
        If its weights are not counts, or it is a single sample.

    Examples
    --------
    >>> import numpy as np
    >>> bits = np.random.default_rng(0).integers(0, 2, size=(1000, 4))
    >>> half_sample_comparison(Empirical(bits)).max_difference < 0.05
    True
    """
    half = half_sample(distribution, seed=seed)
    return HalfSampleComparison(
        information_curve(distribution, threads=threads), information_curve(half, threads=threads)
    )


def half_sample(distribution: Empirical, *, seed: Seed = 0) -> Empirical:
    """Draw half of a sample without replacement; arguments as in `half_sample_comparison`."""
    if not isinstance(distribution, Empirical):
        raise TypeError(f"distribution: is a {type(distribution).__name__}, expected an Empirical")
    if not distribution.counted:
        raise ValueError("weights: not all whole, expected counts to take half of them")
    size = distribution.total_weight
    if not 2 <= size < MAX_SIZE:
        raise ValueError(
            f"weights: sum to {size:.17g} samples, expected 2 or more and fewer than {MAX_SIZE:g} "
            "to take half of them"
        )
    counts = distribution.weights.astype(np.int64)
    generator = _check.generator(seed)
    if counts.sum() < HYPERGEOMETRIC_LIMIT:
        kept = generator.multivariate_hypergeometric(counts, counts.sum() // 2, method="marginals")
    else:  # each sample or not: half of them but for a share of 1e-5
        kept = generator.binomial(counts, 0.5)
    return Empirical(distribution.atoms, kept, estimator=distribution.estimator)
