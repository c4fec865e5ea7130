"""Arguments: what was given, by name, and what was expected instead."""

from __future__ import annotations

import math
import operator
import sys
from typing import Any

import numpy as np
import numpy.typing as npt


def array(values: object, name: str) -> npt.NDArray[Any]:
    """Return any rectangular array; whoever asks looks at the type of its entries."""
    # Whoever has a masked array has loaded what tells; others need not.
    if "numpy.ma" in sys.modules and np.ma.is_masked(values):
        raise TypeError(f"{name}: has masked entries, expected an array without")
    try:
        return np.asarray(values)
    except (TypeError, ValueError, OverflowError) as error:
        raise type(error)(f"{name}: expected an array ({error})") from None


def generator(seed: int | np.random.Generator | None) -> np.random.Generator:
    """Return the generator of a seed."""
    try:
        return np.random.default_rng(seed)
    except (TypeError, ValueError) as error:
        kind = "an int of at least 0 or a numpy.random.Generator"
        raise type(error)(f"seed: is {seed!r}, expected {kind}") from None


def amount(value: object, name: str) -> float:
    """Return a finite number of nats, zero or more."""
    given = array(value, name)
    if given.ndim != 0 or given.dtype.kind not in "fiu":
        raise TypeError(f"{name}: is {value!r}, expected a number of nats")
    number = float(given)
    if not (math.isfinite(number) and number >= 0):
        raise ValueError(f"{name}: is {value}, expected a finite number of nats >= 0")
    return number


def integer(value: Any, name: str) -> int:
    """Return a whole number."""
    try:
        return operator.index(value)
    except TypeError:
        kind = type(value).__name__
        raise TypeError(f"{name}: is a {kind}, expected an integer") from None


def count(value: Any, name: str, unit: str) -> int:
    """Return a whole number of such units, at least one."""
    checked = integer(value, name)
    if checked < 1:
        raise ValueError(f"{name}: is {checked}, expected at least 1 {unit}")
    return checked


def proportion(value: object, name: str) -> float:
    """Return a number in [0, 1)."""
    given = array(value, name)
    if given.ndim != 0 or given.dtype.kind not in "fiu":
        raise TypeError(f"{name}: is {value!r}, expected a number")
    number = float(given)
    if not 0 <= number < 1:
        raise ValueError(f"{name}: is {value}, expected a number in [0, 1)")
    return number


def level(value: object, name: str) -> float:
    """Return a number in (0, 1)."""
    given = array(value, name)
    if given.ndim != 0 or given.dtype.kind not in "fiu":
        raise TypeError(f"{name}: is {value!r}, expected a number between 0 and 1")
    number = float(given)
    if not 0 < number < 1:
        raise ValueError(f"{name}: is {value}, expected a level between 0 and 1, such as 0.95")
    return number
