"""Levels of random counts: those in common use, and the best."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, get_args

import numpy as np

from .. import _check, _core
from .._bernoulli import BernoulliSchedule
from .._curve import Curve
from ._arguments import check_curve, checked_tokens

Noise = Literal["loglinear", "cosine"]


def mdlm(n: int, steps: int, noise: Noise = "loglinear") -> BernoulliSchedule:
    """Levels of the ancestral sampler of MDLM (Sahoo et al., arXiv 2406.07524).

    Times are equally spaced. Log-linear noise reveals equal fractions; the cosine noise of MDLM has
    revealed ``sin(pi t / 2)`` by time ``t`` of generation, most of it early (unlike the rule of
    MaskGIT, `cosine`, which has revealed ``1 - cos(pi t / 2)``).

    Parameters
    ----------
    n : int
        Number of tokens.
    steps : int
        Number of steps, at least 1; more than `n` is usual, and most of them reveal nothing.
    noise : {"loglinear", "cosine"}
        Noise of the forward process.

    Returns
    -------
    BernoulliSchedule
        The limits ``eps`` of the noise and of time, which keep a thousandth of the tokens or less
        for the last step, are taken to be 0.

    Examples
    --------
    >>> mdlm(1024, 4)
    BernoulliSchedule([0.0, 0.25, 0.5, 0.75, 1.0], n=1024)
    >>> round(mdlm(1024, 5000).expected_calls(), 1)
    926.0
    """
    n, steps = checked_tokens(n), _check.count(steps, "steps", "step")
    _check.choice(noise, get_args(Noise), "noise")
    levels = np.arange(steps + 1) / steps
    if noise == "cosine":
        levels = np.sin(np.pi / 2 * levels)
        levels[-1] = 1.0
    return BernoulliSchedule(levels, n)


def optimal_levels(
    curve: Curve,
    steps: int,
    *,
    threads: int | None = None,
    progress: Callable[[float], object] | None = None,
) -> BernoulliSchedule:
    """Find levels of random counts with the least expected KL.

    Parameters
    ----------
    curve : InformationCurve or CrossEntropyCurve
        What the schedule is for.
    steps : int
        At most so many steps, at least 1.
    threads : int, optional
        Number of threads; see `unmask.set_num_threads` for the default. The result is the same,
        bit by bit, for any number.
    progress : callable, optional
        Called now and then with the fraction of the work done.

    Returns
    -------
    BernoulliSchedule
        Never worse than `mdlm` with either noise, or the levels of `cosine`. Levels are optimal on
        a grid of 8 cells a token (2^18 at most) and refined from there by Newton's method; no proof
        is given that none off the grid are better.

    Raises
    ------
    ValueError
        If `steps` is below 1.

    Notes
    -----
    ``O(n sqrt(n))`` for the Bernstein polynomial of the curve on the grid. Given its counts a
    sampler of random counts is one of fixed sizes, and the frontier of these is convex: so fixed
    sizes, by `optimal`, never cost more at the same number of useful calls.

    Examples
    --------
    >>> import numpy as np
    >>> from unmask import InformationCurve
    >>> curve = InformationCurve.from_conditional_entropies(1 - np.arange(32) / 32)
    >>> best = optimal_levels(curve, 4)
    >>> best
    BernoulliSchedule([0.0, 0.25, 0.5, 0.75, 1.0], n=32)
    """
    check_curve(curve)
    steps = _check.count(steps, "steps", "step")
    return BernoulliSchedule(_core.bernoulli_levels(curve.h, steps, threads, progress), curve.n)
