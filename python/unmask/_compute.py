"""The curve of a distribution, by the shortest way there is."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Literal, get_args

from . import _check, _core
from ._duration import duration
from ._information_curve import InformationCurve
from ._sampled_curve import DEFAULT_SAMPLES, predicted_seconds, sampled_curve
from .distributions import Distribution

if TYPE_CHECKING:
    from .distributions._base import Seed

Method = Literal["auto", "exact", "sampled"]

#: Seconds on one core, as predicted, above which nobody gets an exact curve without asking for it.
AUTO_SECONDS = 3600.0


def information_curve(
    distribution: Distribution,
    threads: int | None = None,
    *,
    method: Method = "auto",
    samples: int | None = None,
    seed: Seed = None,
    progress: Callable[[float], object] | None = None,
) -> InformationCurve:
    """Compute the information curve of a distribution.

    Parameters
    ----------
    distribution : Distribution
        A table, a sample, or any other distribution of this package.
    threads : int, optional
        Number of threads; see `unmask.set_num_threads` for the default. The result is the same,
        bit by bit, for any number. A sampled curve takes one.
    method : {"auto", "exact", "sampled"}
        ``"exact"`` takes the closed form, the polynomial algorithm or the enumeration that the
        distribution has. ``"sampled"`` estimates: without bias, with standard errors, by asking the
        oracle about random sequences. ``"auto"`` is exact where that is predicted to take an hour
        on one core at most, and says what sampling would take where it is not. ``curve.method``
        tells what was done.
    samples : int, optional
        Sequences at each subset size, one oracle call each, for ``method="sampled"``; 100 by
        default. Errors fall with its square root.
    seed : int or numpy.random.Generator, optional
        For ``method="sampled"``: the same seed gives the same curve.
    progress : callable, optional
        Called now and then with the fraction of the work done. An exception it raises ends the
        computation.

    Returns
    -------
    InformationCurve
        Absolute error of a few 1e-16 times the joint entropy, or times one if that is less, if
        exact; if sampled, see
        ``curve.standard_errors``, and ``curve.monotone()`` for the nearest curve that never
        increases.

    Raises
    ------
    ValueError, MemoryError
        If the work or the memory predicted is out of reach; nothing is started.
    KeyboardInterrupt
        On Ctrl-C, within 0.2 s.

    Notes
    -----
    A table over alphabets ``q_1 .. q_n`` takes ``prod (1 + q_i)`` terms; atoms of a sample take
    less where few of them share patterns. The cheaper way is taken, by predicted cost. Laws that
    are neither, and have no shorter way, are enumerated up to 1e11 terms, about a minute on one
    core; their ``to_dense()`` is a table as any other.

    A sampled point ``h_j`` is the mean, over sequences drawn from the distribution and ``j`` random
    tokens revealed, of the mean entropy of the conditional marginals of all masked tokens
    (their expectation given the evidence, rather than a score of the sequence itself:
    Rao-Blackwell). A sample with another estimator than the plug-in one has no such oracle, and its
    sampled curve is the plug-in one.

    Examples
    --------
    >>> import numpy as np
    >>> from unmask.distributions import Dense
    >>> cube = Dense(np.full((2, 2, 2), 1 / 8))
    >>> information_curve(cube).total_correlation
    0.0
    >>> information_curve(cube, method="sampled", samples=10, seed=0).h.round(4)
    array([0.6931, 0.6931, 0.6931])
    """
    if not isinstance(distribution, Distribution):
        raise TypeError(
            f"distribution: is a {type(distribution).__name__}, expected a Distribution such as "
            "unmask.distributions.Dense(pmf) or Empirical(samples)"
        )
    _check.choice(method, get_args(Method), "method")
    _core.require_threads(threads)
    distribution._require_curve()
    if method == "sampled":
        samples = DEFAULT_SAMPLES if samples is None else samples
        return sampled_curve(distribution, samples, seed, progress)
    for name, value in (("samples", samples), ("seed", seed)):
        if value is not None:
            raise ValueError(f"{name}: is {value!r}, expected none unless method='sampled'")
    try:
        if method == "auto":
            _require_patience(distribution._predicted_seconds())
        return distribution._information_curve(threads, progress)
    except (_core.WorkError, MemoryError) as error:
        if method == "exact":
            raise
        seconds = predicted_seconds(distribution, DEFAULT_SAMPLES)
        takes = "estimates it" if seconds is None else f"would take about {duration(seconds)}"
        # NumPy's own kind of MemoryError takes other arguments.
        kind = MemoryError if isinstance(error, MemoryError) else _core.WorkError
        raise kind(
            f"{error}; method='sampled' {takes} with samples={DEFAULT_SAMPLES} at each of "
            f"{distribution.n} subset sizes"
        ) from None


def _require_patience(seconds: float) -> None:
    """Refuse what takes long; what takes forever is refused with a better reason."""
    if AUTO_SECONDS < seconds < math.inf:
        raise _core.WorkError(
            f"the exact curve would take about {duration(seconds)} on one core, more than the "
            f"{duration(AUTO_SECONDS)} that method='auto' takes (method='exact' has no such limit)"
        )
