"""Whether a model means what it says, and where its curve goes the wrong way."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from .. import _check
from .._curve import Curve, Floats
from .._student import t_quantile
from ._accumulator import CurveAccumulator
from ._gain import covariance_of
from ._tensor import Codes


@dataclass(frozen=True, eq=False, repr=False)
class Calibration:
    """Held-out losses against the model's own entropies; made by `calibration`.

    Attributes
    ----------
    revealed : ndarray of int64, shape (k,)
        Counts that were visited.
    gaps : ndarray of float64, shape (k,)
        Mean loss less mean entropy of the predictions, in nats a token: what a calibrated model has
        none of. Positive where the model is too sure of itself.
    standard_errors : ndarray of float64, shape (k,), or None
        Of the gaps.
    confidence : float
        Level of the verdict.
    sequences : int or None
        Behind the gap that has fewest.
    """

    revealed: Codes
    gaps: Floats
    standard_errors: Floats | None
    confidence: float
    sequences: int | None

    @property
    def calibrated(self) -> bool | None:
        """Whether no gap is larger than noise would make the largest of them (Bonferroni).

        ``None`` where errors are not known. With little data everything is calibrated: look at how
        large the errors are.
        """
        if self.standard_errors is None:
            return None
        level = 1 - (1 - self.confidence) / (2 * len(self.gaps))
        degrees = None if self.sequences is None else max(1, self.sequences - 1)
        widths = t_quantile(level, degrees) * self.standard_errors
        return bool((np.abs(self.gaps) <= widths + 1e-12).all())

    def __repr__(self) -> str:
        worst = int(np.argmax(np.abs(self.gaps)))
        error = "" if self.standard_errors is None else f" +- {self.standard_errors[worst]:.2g}"
        verdict = {None: "", True: "calibrated, as far as can be told: ", False: "not calibrated: "}
        side = "too sure of itself" if self.gaps[worst] > 0 else "not sure enough"
        return (
            f"<Calibration {verdict[self.calibrated]}largest gap {self.gaps[worst]:.3g}{error} nats"
            f" with {self.revealed[worst]} tokens revealed ({side})>"
        )


def calibration(gathered: CurveAccumulator, *, confidence: float = 0.95) -> Calibration:
    """Compare the losses of a model with the entropies of its own predictions.

    Parameters
    ----------
    gathered : CurveAccumulator
        With entropies: from `estimate_curve` (``resume=``), or `CurveAccumulator.update`.
    confidence : float
        Level of the verdict.

    Returns
    -------
    Calibration
        One gap for each count that was visited.

    Raises
    ------
    ValueError
        If nothing was gathered, or entropies are not known of all losses.

    Examples
    --------
    >>> gathered = CurveAccumulator(2)
    >>> gathered.update_losses([0, 0, 1, 1], [0.9, 1.1, 0.5, 0.7], entropy=[1.0, 1.0, 0.1, 0.1])
    >>> calibration(gathered)
    <Calibration calibrated, as far as can be told: largest gap 0.5 +- 0.1 nats with 1 tokens \
revealed (too sure of itself)>
    """
    if not isinstance(gathered, CurveAccumulator):
        raise TypeError(
            f"gathered: is a {type(gathered).__name__}, expected a CurveAccumulator, such as was "
            "given to estimate_curve as resume="
        )
    confidence = _check.level(confidence, "confidence")
    curve = gathered._calibration()
    revealed = np.unique(gathered._table()[1])
    errors = curve.standard_errors
    return Calibration(
        revealed,
        curve.h[revealed],
        None if errors is None else np.asarray(errors)[revealed],
        confidence,
        curve.sequences,
    )


@dataclass(frozen=True)
class Rise:
    """A stretch over which the loss increases with the number of revealed tokens.

    Attributes
    ----------
    start, stop : int
        From the loss with ``start`` tokens revealed to that with ``stop``.
    size : float
        By so many nats a token.
    standard_error : float or None
        Of the size.
    """

    start: int
    stop: int
    size: float
    standard_error: float | None


def rises(curve: Curve) -> list[Rise]:
    """Find where a curve increases, which no curve of a distribution does (Han's inequality).

    Of an estimate noise makes many; a rise of several standard errors says that the model makes
    worse use of more tokens, for want of training there or of data like these.

    Parameters
    ----------
    curve : CrossEntropyCurve or InformationCurve

    Returns
    -------
    list of Rise
        Longest stretches of increase, from left to right.

    Examples
    --------
    >>> from unmask import CrossEntropyCurve
    >>> rises(CrossEntropyCurve([1.0, 0.5, 0.75, 1.25, 0.5]))
    [Rise(start=1, stop=3, size=0.75, standard_error=None)]
    """
    up = np.concatenate(([0], np.diff(curve.h) > 0, [0])).astype(np.int64)
    edges = np.diff(up)
    covariance = covariance_of(curve)
    found = []
    for start, stop in zip(np.flatnonzero(edges > 0), np.flatnonzero(edges < 0), strict=True):
        error = None
        if covariance is not None:
            both = covariance[np.ix_([start, stop], [start, stop])]
            error = math.sqrt(max(0.0, float(both[0, 0] + both[1, 1] - 2 * both[0, 1])))
        size = float(curve.h[stop] - curve.h[start])
        found.append(Rise(int(start), int(stop), size, error))
    return found
