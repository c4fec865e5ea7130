"""Equal steps."""

from __future__ import annotations

from typing import Literal

import numpy as np

from .. import _check
from .._schedule import Schedule
from ._arguments import checked_steps


def uniform(n: int, steps: int, *, larger: Literal["first", "last"] = "first") -> Schedule:
    """Equal steps, as equal as integers allow.

    Parameters
    ----------
    n : int
        Number of tokens.
    steps : int
        Number of steps, in ``1..n``.
    larger : {"first", "last"}
        Where ``n`` is not a multiple of ``steps``: whether the larger steps come first (the rule
        of LLaDA's sampler) or last.

    Examples
    --------
    >>> uniform(10, 4)
    Schedule([3, 3, 2, 2])
    >>> uniform(10, 4, larger="last")
    Schedule([2, 2, 3, 3])
    """
    n, steps = checked_steps(n, steps)
    _check.choice(larger, ("first", "last"), "larger")
    size, rest = divmod(n, steps)
    sizes = np.full(steps, size)
    sizes[:rest] += 1
    return Schedule(sizes if larger == "first" else sizes[::-1])
