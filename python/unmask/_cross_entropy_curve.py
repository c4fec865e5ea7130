"""The loss curve of a trained model."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from . import _check
from ._bernoulli import BernoulliSchedule
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
    standard_errors : array_like of float, shape (n,), optional
        Of the losses, where they are estimates; taken from the covariance where only that is given.
    covariance : array_like of float, shape (n, n), optional
        Of the losses, in nats squared: what the error of a difference between schedules rests on.
    sequences : int, optional
        Independent sequences behind the loss that has fewest: how well the errors are known.

    Raises
    ------
    ValueError
        If shapes do not agree, or a value is not finite, or an error negative.

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
    h: Floats = field(init=False)

    _format: ClassVar[str] = "unmask cross-entropy curve 1"

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

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the curve to an ``.npz`` file; `load` reads it back bit by bit."""
        given = {name: value for name, value in self._given() if value is not None}
        arrays: dict[str, Any] = {"format": np.array(self._format)} | given
        with open(path, "wb") as file:
            np.savez(file, **arrays)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Read a curve that `save` has written.

        Raises
        ------
        FileNotFoundError
            If there is no such file.
        ValueError
            If it is not a saved curve.
        """
        try:
            with open(path, "rb") as stream, np.load(stream, allow_pickle=False) as file:
                arrays = {name: file[name] for name in file.files}
            if str(arrays.pop("format")) != cls._format:
                raise ValueError("format")
            sequences = arrays.pop("sequences", None)
            entropy = arrays.pop("entropy", None)
            return cls(
                **arrays,
                entropy=None if entropy is None else float(entropy),
                sequences=None if sequences is None else int(sequences),
            )
        except FileNotFoundError:
            raise
        except Exception as error:
            raise ValueError(f"{os.fspath(path)}: not a saved cross-entropy curve") from error

    def _given(self) -> list[tuple[str, npt.ArrayLike | None]]:
        """What the curve is made of, in the order of the arguments."""
        return [
            ("losses", self.losses),
            ("entropy", self.entropy),
            ("standard_errors", self.standard_errors),
            ("covariance", self.covariance),
            ("sequences", self.sequences),
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
