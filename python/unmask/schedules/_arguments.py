"""Arguments that the rules share."""

from __future__ import annotations

from .. import _check
from .._curve import Curve

#: What a step of a schedule takes: its size, and what a rule makes it of.
SCHEDULE_BYTES = 32.0


def checked_tokens(n: int) -> int:
    """At least one token."""
    return _check.count(n, "n", "token", limit=_check.LARGEST)


def check_exact(n: int) -> None:
    """Whether doubles hold all numbers up to `n`."""
    if n > _check.EXACT:
        raise ValueError(f"n: is {n}, expected at most 2^53")


def checked_steps(n: int, steps: int, name: str = "steps") -> tuple[int, int]:
    """Whole numbers with ``1 <= steps <= n``."""
    n, steps = checked_tokens(n), _check.integer(steps, name)
    if not 1 <= steps <= n:
        raise ValueError(f"{name}: is {steps}, expected 1..{n}")
    _check.memory(f"{name}: a schedule of {steps} steps", SCHEDULE_BYTES, steps)
    return n, steps


def checked_max_kl(max_kl: float) -> float:
    """A tolerance that is not zero: what is known by bounds alone is never known to be free."""
    return _check.positive(max_kl, "max_kl", "number of nats")


def check_curve(curve: object) -> None:
    """Either kind of curve."""
    if not isinstance(curve, Curve):
        raise TypeError(
            f"curve: is a {type(curve).__name__}, expected an InformationCurve or a "
            "CrossEntropyCurve"
        )
