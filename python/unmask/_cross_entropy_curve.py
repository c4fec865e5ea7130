"""The loss curve of a trained model."""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from . import _check
from ._bernoulli import BernoulliSchedule
from ._curve import Curve, Floats, frozen_floats
from ._schedule import Schedule
from ._student import t_quantile

__all__ = ["CrossEntropyCurve"]

#: An entropy above the sum of the losses by so many standard errors of it is not that of the data.
DOUBTFUL = 3.0

#: What summing many losses may lose, relative to their sum.
ROUNDING = 1e-9

#: Before the names of the arrays of the smoothed curve, in a file.
_SMOOTHED = "smoothed_"


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
    standard_errors : array_like of float, shape (n,), optional
        Of the losses, where they are estimates; taken from the covariance where only that is given.
    covariance : array_like of float, shape (n, n), optional
        Of the losses, in nats squared: what the error of a difference between schedules rests on.
    sequences : int, optional
        Independent sequences behind the loss that has fewest: how well the errors are known.
    skewness : array_like of float, shape (n,), optional
        Of the errors of the losses: a mean of few skewed losses is not normal, see `interval`.
    smoothed : CrossEntropyCurve, optional
        The losses as they most likely are, where these are estimates: nearer to the truth, though
        not unbiased, with errors a posteriori, which with few sequences are too small. What
        `unmask.estimation.recommend` chooses a schedule by.

    Raises
    ------
    ValueError
        If shapes do not agree, or a value is not finite, or an error negative.

    Warns
    -----
    UserWarning
        If `entropy` is above the sum of the losses, by more than three standard errors where these
        are known: no model goes below the entropy of the data.

    See Also
    --------
    unmask.estimation.estimate_curve : Losses of a model on data.

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
    standard_errors: npt.ArrayLike | None = None
    covariance: npt.ArrayLike | None = None
    sequences: int | None = None
    skewness: npt.ArrayLike | None = None
    smoothed: CrossEntropyCurve | None = None
    h: Floats = field(init=False)

    _format: ClassVar[str] = "unmask cross-entropy curve 1"
    _saved: ClassVar[str] = "cross-entropy curve"

    def __post_init__(self) -> None:
        losses = frozen_floats(self.losses, "losses")
        object.__setattr__(self, "losses", losses)
        object.__setattr__(self, "h", losses)
        if self.entropy is not None:
            object.__setattr__(self, "entropy", _check.amount(self.entropy, "entropy"))
        if self.covariance is not None:
            object.__setattr__(self, "covariance", _checked_covariance(self.covariance, self.n))
        if self.standard_errors is not None:
            errors = frozen_floats(self.standard_errors, "standard_errors")
            if len(errors) != self.n or (errors < 0).any():
                raise ValueError(
                    f"standard_errors: has shape {errors.shape} and least {errors.min()}, expected "
                    f"({self.n},) and none negative"
                )
            object.__setattr__(self, "standard_errors", errors)
        elif self.covariance is not None:
            errors = np.sqrt(np.diagonal(self.covariance))
            errors.flags.writeable = False
            object.__setattr__(self, "standard_errors", errors)
        if self.sequences is not None:
            object.__setattr__(
                self, "sequences", _check.count(self.sequences, "sequences", "sequence")
            )
        if self.skewness is not None:
            skewness = frozen_floats(self.skewness, "skewness")
            if len(skewness) != self.n:
                raise ValueError(f"skewness: has shape {skewness.shape}, expected ({self.n},)")
            object.__setattr__(self, "skewness", skewness)
        if self.entropy is not None:
            self._doubt(self.entropy)
        if self.smoothed is not None:
            if not isinstance(self.smoothed, CrossEntropyCurve):
                kind = type(self.smoothed).__name__
                raise TypeError(f"smoothed: is a {kind}, expected a CrossEntropyCurve")
            if self.smoothed.n != self.n:
                raise ValueError(
                    f"smoothed: is for n = {self.smoothed.n} tokens, expected {self.n}"
                )

    def _doubt(self, entropy: float) -> None:
        """Say so where the entropy is more than any model's losses could leave it."""
        total = float(np.sum(self.h))
        error = 0.0
        if self.covariance is not None:
            error = math.sqrt(max(0.0, float(np.sum(self.covariance))))
        elif self.standard_errors is not None:
            error = float(np.sum(self.standard_errors))
        if entropy > total + DOUBTFUL * error + ROUNDING * max(1.0, total):
            warnings.warn(
                f"entropy: is {entropy:.6g} nats, more than the {total:.6g} to which the losses "
                "sum. No model goes below the entropy of its data: it is not that of these data, "
                "and expected KL comes out negative",
                stacklevel=4,
            )

    @property
    def excess_offset(self) -> float:
        """Expected KL of revealing one token at a time, in nats."""
        if self.entropy is None:
            raise ValueError(
                "entropy: is not known, expected the joint entropy of the data for an absolute KL"
            )
        return float(np.sum(self.h)) - self.entropy

    def cost(self, schedule: Schedule | BernoulliSchedule) -> float:
        """``sum_t s_t l_{N_{t-1}}`` in nats: the expected KL plus the entropy of the data."""
        return self._excess(schedule) + float(np.sum(self.h))

    def interval(self, confidence: float = 0.95) -> tuple[Floats, Floats]:
        """Confidence interval of each loss by itself, in nats.

        Parameters
        ----------
        confidence : float
            Probability, in (0, 1), with which it holds the loss.

        Returns
        -------
        low, high : ndarray of float64, shape (n,)
            Student's t with one degree of freedom fewer than there are `sequences`. Losses are
            skewed, and the mean of a few that are all small looks sure of itself: where the
            `skewness` is known it is transformed away (Hall 1992, J. R. Stat. Soc. B 54, 221),
            which makes the upper end the farther one.

        Raises
        ------
        ValueError
            If the losses have no standard errors, or `confidence` is out of range.

        Examples
        --------
        >>> curve = CrossEntropyCurve([1.0, 0.5], standard_errors=[0.1, 0.1], sequences=20)
        >>> curve.interval()[0].round(3)
        array([0.791, 0.291])
        """
        confidence = _check.level(confidence, "confidence")
        if self.standard_errors is None:
            raise ValueError("standard_errors: are not known, expected those of an estimated curve")
        if self.sequences == 1:
            raise ValueError("sequences: is 1, expected at least 2, of which errors can be known")
        errors = np.asarray(self.standard_errors)
        degrees = None if self.sequences is None else self.sequences - 1
        width = t_quantile((1 + confidence) / 2, degrees)
        skewness = np.zeros(self.n) if self.skewness is None else np.asarray(self.skewness)
        low, high = (self.h - errors * _unskewed(end, skewness) for end in (width, -width))
        return low, high

    @classmethod
    def _of(cls, arrays: dict[str, Any]) -> Self:
        inner = {name: arrays.pop(name) for name in list(arrays) if name.startswith(_SMOOTHED)}
        smoothed = None
        if inner:
            smoothed = cls._of({name.removeprefix(_SMOOTHED): a for name, a in inner.items()})
        sequences, entropy = arrays.pop("sequences", None), arrays.pop("entropy", None)
        return cls(
            **arrays,
            entropy=None if entropy is None else float(entropy),
            sequences=None if sequences is None else int(sequences),
            smoothed=smoothed,
        )

    def _arrays(self) -> dict[str, Any]:
        arrays: dict[str, Any] = {
            name: value for name, value in self._given() if value is not None and name != "smoothed"
        }
        if self.smoothed is not None:
            of_it = self.smoothed._arrays().items()
            arrays |= {f"{_SMOOTHED}{name}": value for name, value in of_it}
        return arrays

    def _scaled(self, scale: float) -> CrossEntropyCurve:
        """Return the same losses in another unit, without entropy."""

        def times(values: npt.ArrayLike | None, by: float) -> Floats | None:
            return None if values is None else np.asarray(values) * by

        return CrossEntropyCurve(
            self.h * scale,
            None,
            times(self.standard_errors, scale),
            times(self.covariance, scale**2),
            self.sequences,
            self.skewness,
            None if self.smoothed is None else self.smoothed._scaled(scale),
        )

    def _given(self) -> list[tuple[str, Any]]:
        """What the curve is made of, in the order of the arguments."""
        return [
            ("losses", self.losses),
            ("entropy", self.entropy),
            ("standard_errors", self.standard_errors),
            ("covariance", self.covariance),
            ("sequences", self.sequences),
            ("skewness", self.skewness),
            ("smoothed", self.smoothed),
        ]

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), tuple(value for _, value in self._given())

    def __repr__(self) -> str:
        known = "" if self.entropy is None else f", H={self.entropy:.6g}"
        if self.standard_errors is not None:
            known += f", standard errors up to {np.max(self.standard_errors):.2g}"
        return f"<CrossEntropyCurve n={self.n}, sum of losses {np.sum(self.h):.6g} nats{known}>"

    def _repr_html_(self) -> str:
        from . import _html

        return _html.fragment(repr(self), _html.bars(self.h, ("tokens unmasked", "loss (nats)")))


def _unskewed(width: float, skewness: Floats) -> Floats:
    """Standard errors off at which the transformed error is ``width``, Hall's cubic inverted."""
    skewed = np.abs(skewness) > 1e-9
    safe = np.where(skewed, skewness, 1.0)
    cubic = 3 / safe * (np.cbrt(1 + safe * (width - safe / 6)) - 1)
    found: Floats = np.where(skewed, cubic, width)
    return found


def _checked_covariance(covariance: npt.ArrayLike, n: int) -> Floats:
    """A read-only symmetric matrix with variances on the diagonal."""
    given = _check.array(covariance, "covariance")
    if given.dtype.kind not in "fiub":
        raise TypeError(f"covariance: has dtype {given.dtype}, expected real numbers")
    if given.shape != (n, n):
        raise ValueError(f"covariance: has shape {given.shape}, expected ({n}, {n})")
    matrix = np.array(given, dtype=np.float64)
    if not np.isfinite(matrix).all() or (np.diagonal(matrix) < 0).any():
        raise ValueError("covariance: expected finite numbers, and variances >= 0")
    # Exactly symmetric ones, as estimates are, need no second look.
    if not np.array_equal(matrix, matrix.T) and not np.allclose(
        matrix, matrix.T, rtol=1e-9, atol=1e-12 * np.abs(matrix).max()
    ):
        raise ValueError("covariance: expected a symmetric matrix")
    matrix.flags.writeable = False
    return matrix
