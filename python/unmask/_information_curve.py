"""The information curve of a distribution."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from ._curve import Curve, Floats, frozen_floats

#: Good-Turing coverage below which the entropies of a sample are not to be trusted: one draw in
#: ten would show something that the sample has not.
RELIABLE_COVERAGE = 0.9

#: What arrays of a saved curve may differ by that say the same, in units of one and the entropy.
AGREEMENT = 1e-9


@dataclass(frozen=True, eq=False, repr=False)
class InformationCurve(Curve):
    r"""The information curve of a distribution (also called information profile).

    With :math:`\bar H_j` the mean of :math:`H(X_S)` over the subsets of size ``j``,

    * ``h[j]`` :math:`= \bar H_{j+1} - \bar H_j` is the mean entropy of a random masked token when
      ``j`` random others are revealed;
    * ``z[j - 1]`` :math:`= Z_j = h_0 - h_{j-1}` is the mean information between them.

    All in nats. Made by `information_curve`, `from_conditional_entropies` or `load`.

    Attributes
    ----------
    h : ndarray of float64, shape (n,)
        Conditional entropies, non-increasing for a true distribution (Han's inequality).
    z : ndarray of float64, shape (n,)
        ``Z_1 .. Z_n`` of Chen, Cong and Li, arXiv 2511.04647; ``z[0]`` is 0.
    mean_entropies : ndarray of float64, shape (n + 1,)
        From 0 to the joint entropy.
    coverage : ndarray of float64, shape (n + 1,), or None
        Good-Turing coverage by subset size, if the curve comes from counted samples.
    estimator : str or None
        How entropies were estimated, if the curve comes from samples.
    method : str
        How the curve was found: ``"enumeration"`` of the subset lattice, ``"given"`` by the user,
        ``"closed form"``, ``"polynomial"`` or ``"sampled"``.
    standard_errors : ndarray of float64, shape (n,), or None
        Standard errors of ``h`` if the curve was sampled. Those of ``z`` are the same, as ``h[0]``
        is exact.
    samples : int or None
        Sequences behind each point if the curve was sampled: how well the errors are known.

    Examples
    --------
    >>> from unmask import Schedule
    >>> curve = InformationCurve.from_conditional_entropies([0.625, 0.25, 0.125])
    >>> curve.n, curve.entropy
    (3, 1.0)
    >>> curve.expected_kl(Schedule([1, 2]))
    0.125
    """

    h: Floats
    z: Floats
    mean_entropies: Floats
    coverage: Floats | None = None
    estimator: str | None = None
    method: str = "given"
    standard_errors: Floats | None = None
    samples: int | None = None

    _format: ClassVar[str] = "unmask information curve 1"
    _saved: ClassVar[str] = "information curve"

    @classmethod
    def from_conditional_entropies(cls, h: npt.ArrayLike) -> Self:
        """Make a curve of conditional entropies ``h_0 .. h_{n-1}`` in nats.

        Parameters
        ----------
        h : array_like of float, shape (n,)
            Mean entropy of a random masked token when j random others are revealed. It need not be
            monotone (estimates are not), only non-negative.

        Raises
        ------
        ValueError
            If an entry is negative or not finite.
        """
        checked = frozen_floats(h, "h")
        if (checked < 0).any():
            index = int(np.argmax(checked < 0))
            raise ValueError(f"h: entry {index} is {checked[index]}, expected entropies >= 0")
        means = np.concatenate(([0.0], np.cumsum(checked)))
        return cls._made(means, checked, checked[0] - checked)

    @classmethod
    def _made(
        cls,
        mean_entropies: Floats,
        h: Floats,
        z: Floats,
        coverage: Floats | None = None,
        estimator: str | None = None,
        method: str = "given",
        standard_errors: Floats | None = None,
        samples: int | None = None,
    ) -> Self:
        """From arrays that are right by construction."""
        for array in (mean_entropies, h, z, coverage, standard_errors):
            if array is not None:
                array.flags.writeable = False
        return cls(h, z, mean_entropies, coverage, estimator, method, standard_errors, samples)

    @property
    def excess_offset(self) -> float:
        """Expected KL of revealing one token at a time: none."""
        return 0.0

    @property
    def entropy(self) -> float:
        """Joint entropy ``H(X)`` in nats."""
        return float(self.mean_entropies[-1])

    @cached_property
    def total_correlation(self) -> float:
        """``TC = sum_j Z_j`` in nats: the area under the curve."""
        return float(np.sum(self.z))

    @cached_property
    def dual_total_correlation(self) -> float:
        """``DTC = sum_l l (Z_{l+1} - Z_l)`` in nats: the area between the curve and its cap."""
        return float(np.sum(np.arange(1, self.n) * np.diff(self.z)))

    @property
    def o_information(self) -> float:
        """``TC - DTC`` in nats: positive where redundancy prevails, negative where synergy does."""
        steps = np.arange(1, self.n)
        return float(np.sum((self.n - 2 * steps) * np.diff(self.z)))

    @cached_property
    def harmonic_mass(self) -> float:
        """``H* = sum_l l (n - l) / n (Z_{l+1} - Z_l)`` in nats (Wainwright, arXiv 2608.13520)."""
        steps = np.arange(1, self.n)
        return float(np.sum(steps * (self.n - steps) / self.n * np.diff(self.z)))

    @property
    def reliable_until(self) -> int:
        """Largest subset size up to which the curve can be trusted.

        For a curve from counted samples: the largest ``j`` such that the Good-Turing coverage is at
        least 0.9 at every size up to ``j``, that is, at most one draw in ten would show a pattern
        of ``j`` tokens that the sample does not hold. Past it the entropies saturate at the
        logarithm of the sample size and say nothing about the source. ``n`` where the
        curve does not come from counted samples. A curve made of others is as reliable as the worst
        of them: of `Blocks`, the mean coverage of the part of a subset that lies in a block counts;
        of a `Mixture`, the mean coverage of its components.
        """
        if self.coverage is None:
            return self.n
        low = self.coverage < RELIABLE_COVERAGE
        return max(int(np.argmax(low)) - 1, 0) if low.any() else self.n

    def monotone(self) -> Self:
        """Return the nearest curve that never increases, in least squares of ``h``.

        True curves never increase (Han's inequality); estimates do. The projection is at least as
        near to the truth as the estimate is, but no longer unbiased. ``standard_errors`` stay those
        of the estimate.

        Raises
        ------
        ImportError
            If `scipy` is not installed (``pip install 'unmask[curves]'``).

        Examples
        --------
        >>> InformationCurve.from_conditional_entropies([0.7, 0.1, 0.2]).monotone().h
        array([0.7 , 0.15, 0.15])
        """
        try:
            from scipy.optimize import isotonic_regression
        except ImportError as error:
            raise ImportError(
                "monotone() takes the package scipy: pip install 'unmask[curves]'"
            ) from error
        # Found backwards, so that it is a view with a negative stride.
        h: Floats = np.ascontiguousarray(isotonic_regression(self.h, increasing=False).x)
        return self._made(
            np.concatenate(([0.0], np.cumsum(h))),
            h,
            h[0] - h,
            self.coverage,
            self.estimator,
            self.method,
            self.standard_errors,
            self.samples,
        )

    def _arrays(self) -> dict[str, Any]:
        arrays: dict[str, Any] = {
            "mean_entropies": self.mean_entropies,
            "h": self.h,
            "z": self.z,
            "method": self.method,
            "coverage": self.coverage,
            "standard_errors": self.standard_errors,
            "samples": self.samples,
            "estimator": self.estimator,
        }
        return {name: value for name, value in arrays.items() if value is not None}

    @classmethod
    def _of(cls, arrays: dict[str, Any]) -> Self:
        h = frozen_floats(arrays["h"], "h")
        z = frozen_floats(arrays["z"], "z")
        means = frozen_floats(arrays["mean_entropies"], "mean_entropies")
        coverage, errors = (
            frozen_floats(arrays[name], name) if name in arrays else None
            for name in ("coverage", "standard_errors")
        )
        if not (len(h) == len(z) == len(means) - 1 == len(h if errors is None else errors)):
            raise ValueError("lengths differ")
        if coverage is not None and len(coverage) != len(means):
            raise ValueError("lengths differ")
        estimator = str(arrays["estimator"]) if "estimator" in arrays else None
        # The other estimators may take entropies below what they found for fewer tokens.
        if (h < 0).any() and estimator in (None, "plugin"):
            raise ValueError("conditional entropies below zero")
        scale = 1.0 + np.abs(h).sum()
        sums = np.concatenate(([0.0], np.cumsum(h)))
        if max(np.abs(h[0] - h - z).max(), np.abs(sums - means).max()) > AGREEMENT * scale:
            raise ValueError("h, z and mean_entropies contradict each other")
        method = str(arrays["method"])
        samples = int(arrays["samples"]) if "samples" in arrays else None
        return cls._made(means, h, z, coverage, estimator, method, errors, samples)

    def __reduce__(self) -> tuple[object, ...]:
        return self._made, (
            self.mean_entropies,
            self.h,
            self.z,
            self.coverage,
            self.estimator,
            self.method,
            self.standard_errors,
            self.samples,
        )

    def __repr__(self) -> str:
        source = "" if self.estimator is None else f", {self.estimator} estimate"
        if self.method == "sampled":
            source += ", sampled"
        return (
            f"<InformationCurve n={self.n}, H={self.entropy:.6g}, TC={self.total_correlation:.6g},"
            f" DTC={self.dual_total_correlation:.6g} nats{source}>"
        )

    def _repr_html_(self) -> str:
        from . import _html

        return _html.fragment(repr(self), _html.bars(self.z, ("tokens unmasked", "Z (nats)")))
