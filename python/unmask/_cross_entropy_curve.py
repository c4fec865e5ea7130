"""The loss curve of a trained model."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from . import _check
from ._curve import Curve, Floats, frozen_floats
from ._schedule import Schedule

__all__ = ["CrossEntropyCurve"]


@dataclass(frozen=True, eq=False, repr=False)
class CrossEntropyCurve(Curve):
    r"""Held-out loss of a trained model by number of revealed tokens.

    With :math:`\ell_m = E[-\log q(X_i | X_S)]` over random ``S`` of size ``m`` and ``i`` outside
    it, the sampler that draws from the model ``q`` has expected KL
    :math:`\sum_t s_t \ell_{N_{t-1}} - H(X)` exactly, so that the best schedule for the model is the
    one that minimises the sum. Losses need not be monotone. As they do not sum to the entropy of
    the data, absolute divergences exist only where ``entropy`` is given.

    Parameters
    ----------
    losses : array_like of float, shape (n,)
        Mean loss of a masked token in nats, by number of revealed tokens.
    entropy : float, optional
        Joint entropy of the data in nats.

    Examples
    --------
    >>> curve = CrossEntropyCurve([1.0, 0.6, 0.5, 0.5])
    >>> curve.cost(Schedule([1, 3]))
    2.8
    >>> curve.expected_kl(Schedule([1, 3]))
    Traceback (most recent call last):
        ...
    ValueError: entropy: is not known, expected the joint entropy of the data for an absolute KL
    """

    losses: npt.ArrayLike
    entropy: float | None = None
    h: Floats = field(init=False)

    def __post_init__(self) -> None:
        losses = frozen_floats(self.losses, "losses")
        object.__setattr__(self, "losses", losses)
        object.__setattr__(self, "h", losses)
        if self.entropy is not None:
            object.__setattr__(self, "entropy", _check.amount(self.entropy, "entropy"))

    @property
    def excess_offset(self) -> float:
        """Expected KL of revealing one token at a time, in nats."""
        if self.entropy is None:
            raise ValueError(
                "entropy: is not known, expected the joint entropy of the data for an absolute KL"
            )
        return float(np.sum(self.h)) - self.entropy

    def cost(self, schedule: Schedule) -> float:
        """``sum_t s_t l_{N_{t-1}}`` in nats: the expected KL plus the entropy of the data."""
        return self._excess(schedule) + float(np.sum(self.h))

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.losses, self.entropy)

    def __repr__(self) -> str:
        known = "" if self.entropy is None else f", H={self.entropy:.6g}"
        return f"<CrossEntropyCurve n={self.n}, sum of losses {np.sum(self.h):.6g} nats{known}>"
