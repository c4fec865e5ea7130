"""The exact law of what a sampler puts out, beside the law that it was meant to put out."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from .. import _check
from ..distributions import Dense, Distribution
from ..distributions._checks import checked_probabilities

Floats = npt.NDArray[np.float64]

#: The smallest probability that is not zero.
SMALLEST = 5e-324


@dataclass(frozen=True, eq=False, repr=False)
class OutputLaw:
    r"""The law :math:`\nu` of a sampler's output against its target :math:`\mu`.

    Divergences are in nats and infinite (``inf``) where one law has mass that the other has not.
    They are sums of terms that are not negative and vanish to second order where the laws agree, so
    that divergences near zero are not lost in rounding.

    Parameters
    ----------
    target : Distribution
        What the sampler was meant to draw from.
    pmf : array_like of float, shape (q_1, .., q_n)
        What it draws from. Must sum to one within 1e-6 and is renormalised.
    expected_calls : float, optional
        Expected number of oracle calls that reveal something; follows from `call_distribution`
        where that is given.
    call_distribution : array_like of float, shape (c + 1,), optional
        Probability of each number of such calls, from 0.

    Raises
    ------
    TypeError
        If `target` is not a distribution, or an array does not hold real numbers.
    ValueError
        If `pmf` has another shape than the table of the target, or probabilities are negative, not
        finite, or do not sum to one.
    MemoryError
        If the target does not fit in memory as a table.

    Examples
    --------
    >>> pair = Dense([[0.4, 0.1], [0.1, 0.4]])
    >>> law = OutputLaw(pair, [[0.25, 0.25], [0.25, 0.25]], call_distribution=[0.0, 1.0])
    >>> law
    <OutputLaw n=2: KL 0.192745, reverse KL 0.223144 nats, TV 0.3, 1 expected calls>
    >>> OutputLaw(pair, pair.pmf).kl
    0.0
    """

    target: Dense
    pmf: Floats
    expected_calls: float | None
    call_distribution: Floats | None

    def __init__(
        self,
        target: Distribution,
        pmf: npt.ArrayLike,
        *,
        expected_calls: float | None = None,
        call_distribution: npt.ArrayLike | None = None,
    ) -> None:
        if not isinstance(target, Distribution):
            raise TypeError(f"target: is a {type(target).__name__}, expected a Distribution")
        law = checked_probabilities(pmf, "pmf", None)
        if law.shape != target.alphabet_sizes:
            raise ValueError(
                f"pmf: has shape {law.shape}, expected that of the target, {target.alphabet_sizes}"
            )
        calls = None
        if call_distribution is not None:
            calls = checked_probabilities(call_distribution, "call_distribution")
            if calls.ndim != 1:
                raise ValueError(
                    f"call_distribution: has shape {calls.shape}, expected one dimension"
                )
            if expected_calls is None:
                expected_calls = float(np.arange(len(calls)) @ calls)
        if expected_calls is not None:
            expected_calls = _check.amount(expected_calls, "expected_calls")
        object.__setattr__(self, "target", target.to_dense())
        object.__setattr__(self, "pmf", law)
        object.__setattr__(self, "expected_calls", expected_calls)
        object.__setattr__(self, "call_distribution", calls)

    @property
    def n(self) -> int:
        """Number of tokens."""
        return self.pmf.ndim

    def to_dense(self) -> Dense:
        """Return the output law as a distribution."""
        return Dense(self.pmf)

    @cached_property
    def kl(self) -> float:
        r""":math:`KL(\mu \| \nu)`: of the target from the output, in nats."""
        return _kl(self.target.pmf, self.pmf)

    @cached_property
    def reverse_kl(self) -> float:
        r""":math:`KL(\nu \| \mu)`: of the output from the target, in nats."""
        return _kl(self.pmf, self.target.pmf)

    @cached_property
    def total_variation(self) -> float:
        r""":math:`\frac12 \sum_x |\mu(x) - \nu(x)|`, in [0, 1]."""
        return 0.5 * float(np.abs(self.target.pmf - self.pmf).sum())

    @cached_property
    def hellinger(self) -> float:
        r"""Distance :math:`\sqrt{\frac12 \sum_x (\sqrt{\mu(x)} - \sqrt{\nu(x)})^2}`, in [0, 1]."""
        mu, nu = self.target.pmf, self.pmf
        roots = np.sqrt(mu) + np.sqrt(nu)
        differences = np.divide(mu - nu, roots, out=np.zeros_like(nu), where=roots > 0.0)
        return math.sqrt(0.5 * float(np.square(differences).sum()))

    @cached_property
    def chi_square(self) -> float:
        r""":math:`\sum_x (\mu(x) - \nu(x))^2 / \nu(x)`; the KL is at most its ``log1p``."""
        mu, nu = self.target.pmf, self.pmf
        if (mu[nu == 0.0] > 0.0).any():
            return math.inf
        with np.errstate(over="ignore"):
            ratios = np.divide(mu - nu, nu, out=np.zeros_like(nu), where=nu > 0.0)
            return float((ratios * (mu - nu)).sum())

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        for array in (self.pmf, self.call_distribution):
            if array is not None:
                array.flags.writeable = False

    def __repr__(self) -> str:
        calls = "" if self.expected_calls is None else f", {self.expected_calls:.6g} expected calls"
        return (
            f"<OutputLaw n={self.n}: KL {self.kl:.6g}, reverse KL {self.reverse_kl:.6g} nats, "
            f"TV {self.total_variation:.6g}{calls}>"
        )


def covering(law: npt.ArrayLike, target: Dense) -> Floats:
    """The law of a sampler that can put out whatever its target can.

    Where that has no probability, it has underflowed, and the smallest float stands for it: a KL
    that took it for zero would be infinite. The target's own probability ``p`` is small there, at
    most ``5e-324^(1/n)``: no marginal along the way is below ``p``.
    """
    pmf = np.array(law, dtype=np.float64).reshape(target.alphabet_sizes)
    np.maximum(pmf, SMALLEST, out=pmf, where=target.pmf > 0.0)
    return pmf


def _kl(p: Floats, q: Floats) -> float:
    """``sum p ln(p / q) - p + q``: every term is at least zero, and nothing where p = q."""
    p, q = p.ravel(), q.ravel()
    support = p > 0.0
    if (q[support] == 0.0).any():
        return math.inf
    rest = float(q[~support].sum())
    p, q = p[support], q[support]
    # Near each other, p (u - log1p(u)) with q = p (1 + u); elsewhere u could overflow.
    near = np.abs(q - p) <= 0.5 * p
    u = (q[near] - p[near]) / p[near]
    terms = np.concatenate(
        (
            p[near] * (u - np.log1p(u)),
            p[~near] * (np.log(p[~near]) - np.log(q[~near])) + (q[~near] - p[~near]),
        )
    )
    return max(float(terms.sum()) + rest, 0.0)
