"""Hypothesis strategies for tables, samples, distributions, curves and schedules.

For property tests of code that uses this package. Needs the extra ``unmask[test]``.

>>> from hypothesis import given
>>> import unmask
>>> @given(distributions())
... def han_inequality(distribution):
...     h = unmask.information_curve(distribution).h
...     assert (h[1:] <= h[:-1] + 1e-12).all()
>>> han_inequality()
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ._information_curve import InformationCurve
from ._schedule import Schedule
from .distributions import Dense, Distribution, Empirical

try:
    from hypothesis import strategies as st
    from hypothesis.extra import numpy as hnp
except ImportError as error:
    raise ImportError(
        "unmask.testing needs hypothesis, which comes with: pip install 'unmask[test]'"
    ) from error

__all__ = ["curves", "distributions", "pmfs", "samples", "schedules", "shapes"]

#: Cells and increments before any scaling: ties and zeros, ordinary numbers, very small ones.
_WEIGHTS = st.one_of(
    st.integers(0, 3).map(float),
    st.floats(1e-3, 1.0),
    st.integers(-250, -3).map(lambda exponent: 10.0**exponent),
)


@st.composite
def shapes(
    draw: st.DrawFn, *, max_n: int = 5, max_letters: int = 4, max_cells: int = 256
) -> tuple[int, ...]:
    """Alphabet sizes of 1 to `max_n` tokens, mixed, alphabets of one letter included.

    Parameters
    ----------
    max_n : int
        Most tokens.
    max_letters : int
        Most letters of a token.
    max_cells : int
        Largest product of the sizes.

    Returns
    -------
    SearchStrategy of tuple of int
        Shapes of joint tables.
    """
    sizes: list[int] = []
    cells = 1
    for _ in range(draw(st.integers(1, max_n))):
        sizes.append(draw(st.integers(1, min(max_letters, max_cells // cells))))
        cells *= sizes[-1]
    return tuple(sizes)


@st.composite
def pmfs(
    draw: st.DrawFn,
    shape: tuple[int, ...] | None = None,
    *,
    max_n: int = 5,
    max_letters: int = 4,
    max_cells: int = 256,
) -> npt.NDArray[np.float64]:
    """Joint tables, with zeros, ties and very small probabilities among them.

    Parameters
    ----------
    shape : tuple of int, optional
        Alphabet sizes; by default those of `shapes` with the other arguments.
    max_n, max_letters, max_cells : int
        As in `shapes`.

    Returns
    -------
    SearchStrategy of ndarray of float64
        Tables that sum to one, one axis a token.
    """
    if shape is None:
        shape = draw(shapes(max_n=max_n, max_letters=max_letters, max_cells=max_cells))
    weights = draw(hnp.arrays(np.float64, shape, elements=_WEIGHTS))
    # One cell is ordinary, so that there is mass to divide by.
    weights[draw(st.tuples(*(st.integers(0, q - 1) for q in shape)))] += 1.0
    pmf: npt.NDArray[np.float64] = weights / weights.sum()
    return pmf


@st.composite
def samples(
    draw: st.DrawFn,
    n: int | None = None,
    *,
    max_n: int = 5,
    max_letters: int = 4,
    max_size: int = 20,
) -> npt.NDArray[np.int64]:
    """Samples as arrays of codes, repeated and constant columns among them.

    Parameters
    ----------
    n : int, optional
        Number of tokens; by default 1 to `max_n`.
    max_n : int
        Most tokens.
    max_letters : int
        Most letters of a token.
    max_size : int
        Most sequences.

    Returns
    -------
    SearchStrategy of ndarray of int64, shape (N, n)
        One sequence or more, one a row.
    """
    if n is None:
        n = draw(st.integers(1, max_n))
    size = draw(st.integers(1, max_size))
    codes = st.integers(0, max_letters - 1)
    rows: npt.NDArray[np.int64] = draw(hnp.arrays(np.int64, (size, n), elements=codes))
    return rows


def distributions(
    *, max_n: int = 5, max_letters: int = 4, max_cells: int = 256, max_size: int = 20
) -> st.SearchStrategy[Distribution]:
    """Distributions of every kind: tables, and samples counted or weighted.

    Parameters
    ----------
    max_n, max_letters, max_cells : int
        As in `shapes`.
    max_size : int
        Most sequences of a sample.

    Returns
    -------
    SearchStrategy of Distribution
    """
    tables = pmfs(max_n=max_n, max_letters=max_letters, max_cells=max_cells)
    rows = samples(max_n=max_n, max_letters=max_letters, max_size=max_size)
    return st.one_of(tables.map(Dense), rows.map(Empirical), rows.flatmap(_weighted))


def _weighted(rows: npt.NDArray[np.int64]) -> st.SearchStrategy[Empirical]:
    weights = hnp.arrays(np.float64, len(rows), elements=st.floats(1e-3, 10.0))
    return weights.map(lambda drawn: Empirical(rows, drawn))


@st.composite
def curves(draw: st.DrawFn, n: int | None = None, *, max_n: int = 12) -> InformationCurve:
    """Information curves: non-negative, non-increasing conditional entropies.

    Every such curve is approached by distributions (Chen, He, Jiang and Wang, ISIT 2009), so that
    what holds for all of them holds for all distributions.

    Parameters
    ----------
    n : int, optional
        Number of tokens; by default 1 to `max_n`.
    max_n : int
        Most tokens.

    Returns
    -------
    SearchStrategy of InformationCurve
        Plateaus, cliffs and very small increments among them.
    """
    if n is None:
        n = draw(st.integers(1, max_n))
    drops = draw(hnp.arrays(np.float64, n, elements=_WEIGHTS))
    return InformationCurve.from_conditional_entropies(np.cumsum(drops)[::-1])


@st.composite
def schedules(draw: st.DrawFn, n: int) -> Schedule:
    """Schedules for `n` tokens.

    Parameters
    ----------
    n : int
        Number of tokens.

    Returns
    -------
    SearchStrategy of Schedule
        From everything at once to one token at a time.
    """
    ends = draw(st.sets(st.integers(1, n - 1), max_size=n - 1)) if n > 1 else set()
    return Schedule(np.diff([0, *sorted(ends), n]))
