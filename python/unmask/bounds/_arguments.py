"""A curve, or just the numbers of it that a theorem needs."""

from __future__ import annotations

from .. import _check
from .._bernoulli import fixed_sizes
from .._information_curve import InformationCurve
from .._schedule import Schedule

#: Increases of ``h``, relative to the largest, that are rounding.
ROUNDING = 1e-9


def checked_schedule(schedule: object, curve: InformationCurve | None = None) -> Schedule:
    """Return a schedule for as many tokens as the curve has."""
    checked = fixed_sizes(schedule, "schedule")
    if curve is not None:
        check_information_curve(curve)
        if checked.n != curve.n:
            raise ValueError(
                f"schedule: its sizes sum to {checked.n}, expected n = {curve.n} of the curve"
            )
    return checked


def functional(curve: InformationCurve | None, name: str, given: float | None) -> float | None:
    """Return the bound that is given, or what the curve has; none if there is neither."""
    if curve is None:
        return None if given is None else _check.amount(given, name)
    if given is not None:
        raise ValueError(f"curve, {name}: expected not both")
    check_information_curve(curve)
    value = curve.z[-1] if name == "max_information" else getattr(curve, name)
    # Rounding, where the curve is flat.
    return max(float(value), 0.0)


def required(curve: InformationCurve | None, name: str, given: float | None) -> float:
    """Like `functional`, where there must be one."""
    checked = functional(curve, name, given)
    if checked is None:
        raise ValueError(f"curve, {name}: expected one of the two")
    return checked


def check_information_curve(curve: object) -> None:
    """Check for the curve of a distribution: functionals of losses bound nothing."""
    if not isinstance(curve, InformationCurve):
        raise TypeError(
            f"curve: is a {type(curve).__name__}, expected an InformationCurve: the total "
            "correlations of losses are not those of the data"
        )
    rise = curve.h[1:] - curve.h[:-1]
    if rise.size and rise.max() > ROUNDING * max(curve.h[0], curve.h.max()):
        at = int(rise.argmax())
        raise ValueError(
            f"curve: h increases from {curve.h[at]:.6g} to {curve.h[at + 1]:.6g} at {at + 1}, "
            "expected none of this, which no distribution does (curve.monotone() is the nearest)"
        )
