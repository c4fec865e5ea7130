"""Mixtures."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import TYPE_CHECKING, final

import numpy as np
import numpy.typing as npt

from .. import _core
from .._information_curve import InformationCurve
from ._base import Codes, Distribution, Floats, Mask
from ._checks import checked_distribution, checked_list, checked_probabilities
from ._dense import Dense

if TYPE_CHECKING:
    from ._empirical import Empirical


@final
class Mixture(Distribution):
    """A mixture of distributions over the same alphabets.

    Parameters
    ----------
    weights : array_like of float, shape (m,)
        Probabilities of the components; they must sum to one within 1e-6.
    components : sequence of Distribution, length m
        Over the same alphabets.

    Raises
    ------
    TypeError
        If a component is not a distribution, or `weights` are not real numbers.
    ValueError
        If there is no component, weights are not one a component, negative, or do not sum to one,
        or alphabets differ.

    Notes
    -----
    Oracle and score are exact: conditional marginals are those of the components, weighted by the
    posterior of the component given the revealed tokens, in log space. They cost as much as the
    oracles of the components and the log probabilities of the evidence. The curve is that of the
    joint table, to a few 1e-16 of the joint entropy, or sampled where there is none;
    ``DTC <= log m`` for a mixture of ``m`` products.

    Examples
    --------
    >>> from unmask.distributions import Dense
    >>> fair, loaded = Dense([[0.25, 0.25], [0.25, 0.25]]), Dense([[1.0, 0.0], [0.0, 0.0]])
    >>> either = Mixture([0.5, 0.5], [fair, loaded])
    >>> either.conditional_marginals([0, 0], [False, True])[1].round(4)
    array([0.8333, 0.1667])
    """

    def __init__(self, weights: npt.ArrayLike, components: Sequence[Distribution]) -> None:
        self._components = tuple(checked_list(components, "components", "distributions"))
        for k, component in enumerate(self._components):
            checked_distribution(component, f"components[{k}]")
            if component.alphabets != self._components[0].alphabets:
                raise ValueError(
                    f"components[{k}]: is {component!r}, expected the alphabets of components[0], "
                    f"{self._components[0]!r}"
                )
        self._weights = checked_probabilities(weights, "weights")
        if self._weights.shape != (len(self._components),):
            raise ValueError(
                f"weights: has shape {self._weights.shape}, expected ({len(self._components)},): "
                "one a component"
            )

    @property
    def weights(self) -> Floats:
        """Probabilities of the components, read-only."""
        return self._weights

    @property
    def components(self) -> tuple[Distribution, ...]:
        """The components."""
        return self._components

    @property
    def alphabets(self) -> tuple[Sequence[Hashable], ...]:
        """The letters of each token, those of the components."""
        return self._components[0].alphabets

    def _information_curve(
        self, threads: int | None, progress: Callable[[float], object] | None
    ) -> InformationCurve:
        curve = self._enumerated_curve(threads, progress)
        coverage = self._coverage(lambda law: law._support.coverage(threads))
        if coverage is None:
            return curve
        arrays = curve.mean_entropies, curve.h, curve.z
        return InformationCurve._made(*arrays, coverage, "plugin", curve.method)

    def _coverage(self, leaf: Callable[[Empirical], Floats]) -> Floats | None:
        # A draw is one of a component, and new if that has not shown it.
        coverages = [component._coverage(leaf) for component in self._components]
        if all(coverage is None for coverage in coverages):
            return None
        shares = [1.0 if coverage is None else coverage for coverage in coverages]
        total: Floats = sum(w * c for w, c in zip(self._weights, shares, strict=True))
        return total

    def to_dense(self) -> Dense:
        """Write the law out as a joint table; ``MemoryError`` if it does not fit in memory."""
        # The sum, and the table of a component beside it.
        _core.require_table(32.0, self.alphabet_sizes)
        table = np.zeros(self.alphabet_sizes)
        for weight, component in zip(self._weights.tolist(), self._components, strict=True):
            if weight > 0.0:
                table += weight * component.to_dense().pmf
        return Dense(table)

    def _joint(self, logs: list[Floats]) -> Floats:
        """Log probabilities of component and outcome, shape (m, batch)."""
        with np.errstate(divide="ignore"):
            return np.log(self._weights)[:, None] + np.stack(logs)

    def _log_prob(self, x: Codes) -> Floats:
        joint = self._joint([component._log_prob(x) for component in self._components])
        total: Floats = np.logaddexp.reduce(joint, axis=0)
        return total

    def _log_evidence(self, x: Codes, mask: Mask) -> Floats:
        joint = self._joint([law._log_evidence(x, mask) for law in self._components])
        total: Floats = np.logaddexp.reduce(joint, axis=0)
        return total

    def _sample(self, size: int, generator: np.random.Generator) -> Codes:
        which = generator.choice(len(self._weights), size=size, p=self._weights)
        x = np.empty((size, self.n), dtype=np.int64)
        for k, component in enumerate(self._components):
            rows = np.flatnonzero(which == k)
            x[rows] = component._sample(len(rows), generator)
        return x

    def _conditional_marginals(self, x: Codes, mask: Mask, marginals: Floats) -> Mask:
        joint = self._joint([law._log_evidence(x, mask) for law in self._components])
        total = np.logaddexp.reduce(joint, axis=0)
        possible: Mask = total > -np.inf
        for component, logs in zip(self._components, joint, strict=True):
            # A component that cannot have made the evidence need not, and may not, be asked.
            rows = np.flatnonzero(logs > -np.inf)
            if len(rows):
                part = np.zeros((len(rows), *marginals.shape[1:]))
                component._conditional_marginals(x[rows], mask[rows], part)
                posterior = np.exp(logs[rows] - total[rows])
                marginals[rows] += posterior[:, None, None] * part
        return possible
