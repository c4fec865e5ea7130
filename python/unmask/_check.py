"""Arguments: what was given, by name, and what was expected instead."""

from __future__ import annotations

import math
import operator
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from . import _core

#: Whole numbers up to this are exact as doubles.
EXACT = 1 << 53

#: Whole numbers up to half of this, and their sums, are 64-bit integers.
LARGEST = 1 << 62


def array(values: object, name: str) -> npt.NDArray[Any]:
    """Return any rectangular array; whoever asks looks at the type of its entries."""
    # Whoever has a masked array has loaded what tells; others need not.
    if "numpy.ma" in sys.modules and np.ma.is_masked(values):
        raise TypeError(f"{name}: has masked entries, expected an array without")
    try:
        return np.asarray(values)
    except (TypeError, ValueError, OverflowError) as error:
        raise type(error)(f"{name}: expected an array ({error})") from None


def memory(what: str, bytes_each: float, *counts: int) -> None:
    """Refuse what does not fit in memory: so many bytes each, as many as the product of counts."""
    # No machine has as much as the largest numbers that a double holds.
    entries = float(min(math.prod(counts), 10**300))
    _core.require_memory(what, bytes_each * entries, entries)


def generator(seed: int | np.random.Generator | None) -> np.random.Generator:
    """Return the generator of a seed."""
    try:
        return np.random.default_rng(seed)
    except (TypeError, ValueError) as error:
        kind = "an int of at least 0 or a numpy.random.Generator"
        raise type(error)(f"seed: is {seed!r}, expected {kind}") from None


def choice(value: object, choices: tuple[str, ...], name: str) -> None:
    """Check for one of some words."""
    if not (isinstance(value, str) and value in choices):
        raise ValueError(f"{name}: is {value!r}, expected {' or '.join(map(repr, choices))}")


def flag(value: object, name: str) -> bool:
    """Return True or False."""
    if not isinstance(value, (bool, np.bool_)):
        raise TypeError(f"{name}: is {value!r}, expected True or False")
    return bool(value)


def path(value: str | os.PathLike[str], name: str) -> Path:
    """Return the name of a file."""
    if not isinstance(value, (str, os.PathLike)):
        raise TypeError(f"{name}: is a {type(value).__name__}, expected the name of a file")
    return Path(value)


def number(value: object, name: str, kind: str = "number") -> float:
    """Return a finite number."""
    given = array(value, name)
    if given.ndim != 0 or given.dtype.kind not in "fiu":
        raise TypeError(f"{name}: is {value!r}, expected a {kind}")
    if not math.isfinite(given):
        raise ValueError(f"{name}: is {value}, expected a finite {kind}")
    return float(given)


def amount(value: object, name: str) -> float:
    """Return a finite number of nats, zero or more."""
    checked = number(value, name, "number of nats")
    if checked < 0:
        raise ValueError(f"{name}: is {value}, expected a finite number of nats >= 0")
    return checked


def positive(value: object, name: str, kind: str = "number") -> float:
    """Return a finite number above zero."""
    checked = number(value, name, kind)
    if checked <= 0:
        raise ValueError(f"{name}: is {value}, expected a finite {kind} > 0")
    return checked


def letters(value: object, name: str) -> float:
    """Return a number of letters, which may be a mean of several."""
    checked = number(value, name, "number of letters")
    if checked < 1:
        raise ValueError(f"{name}: is {value}, expected at least 1 letter")
    return checked


def integer(value: Any, name: str) -> int:
    """Return a whole number."""
    try:
        return operator.index(value)
    except TypeError:
        kind = type(value).__name__
        raise TypeError(f"{name}: is a {kind}, expected an integer") from None


def size(
    value: Any,
    name: str,
    least: int = 1,
    most: int | None = None,
    why: str = "",
    *,
    limit: int = EXACT,
) -> int:
    """Return a whole number in ``least .. most``; `why` says more about the range.

    Without an end of its own, a range ends at `limit`, which no machine has room for.
    """
    checked = integer(value, name)
    if most is None and checked > limit:
        raise ValueError(f"{name}: is {checked}, expected at most 2^{limit.bit_length() - 1}")
    if checked < least or (most is not None and checked > most):
        expected = f"at least {least}" if most is None else f"{least}..{most}"
        raise ValueError(f"{name}: is {checked}, expected {expected}{why}")
    return checked


def count(value: Any, name: str, unit: str, *, limit: int = EXACT) -> int:
    """Return a whole number of such units, at least one."""
    return size(value, name, why=f" {unit}", limit=limit)


def proportion(value: object, name: str) -> float:
    """Return a number in [0, 1)."""
    checked = number(value, name)
    if not 0 <= checked < 1:
        raise ValueError(f"{name}: is {value}, expected a number in [0, 1)")
    return checked


def level(value: object, name: str) -> float:
    """Return a number in (0, 1)."""
    checked = number(value, name)
    if not 0 < checked < 1:
        raise ValueError(f"{name}: is {value}, expected a level between 0 and 1, such as 0.95")
    return checked
