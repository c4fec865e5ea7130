"""Arguments that the rules share."""

from __future__ import annotations

import math

from .. import _check
from .._curve import Curve


def checked_tokens(n: int) -> int:
    """At least one token."""
    return _check.count(n, "n", "token")


def check_exact(n: int) -> None:
    """Whether doubles hold all numbers up to `n`."""
    if n > 1 << 53:
        raise ValueError(f"n: is {n}, expected at most 2^53")


def checked_steps(n: int, steps: int, name: str = "steps") -> tuple[int, int]:
    """Whole numbers with ``1 <= steps <= n``."""
    n, steps = checked_tokens(n), _check.integer(steps, name)
    if not 1 <= steps <= n:
        raise ValueError(f"{name}: is {steps}, expected 1..{n}")
    return n, steps


def checked_max_kl(max_kl: float) -> float:
    """A tolerance that is not zero: what is known by bounds alone is never known to be free."""
    checked = _check.amount(max_kl, "max_kl")
    if checked == 0:
        raise ValueError("max_kl: is 0, expected a finite number of nats > 0")
    return checked


def positive(value: float, name: str) -> float:
    """A finite number above zero."""
    given = _check.array(value, name)
    if given.ndim != 0 or given.dtype.kind not in "fiu":
        raise TypeError(f"{name}: is {value!r}, expected a number")
    number = float(given)
    if not (math.isfinite(number) and number > 0):
        raise ValueError(f"{name}: is {value}, expected a finite number > 0")
    return number


def check_curve(curve: object) -> None:
    """Either kind of curve."""
    if not isinstance(curve, Curve):
        raise TypeError(
            f"curve: is a {type(curve).__name__}, expected an InformationCurve or a "
            "CrossEntropyCurve"
        )
