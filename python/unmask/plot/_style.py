"""What all pictures have in common."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib import import_module
from itertools import cycle, islice
from typing import TYPE_CHECKING, Any, Literal, cast

import numpy as np
import numpy.typing as npt

from .._bernoulli import BernoulliSchedule
from .._schedule import Schedule

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Dark for what matters most, light for areas.
INK, ACCENT, SHADE = "0.1", "#1f5f99", "#bcd3e6"

#: What is drawn beside the optimum takes the next of each. In grey, dashes and markers tell; where
#: these begin anew, colours have gone from dark to light or back.
COLOURS = ["0.3", "0.6", "#8a4500", "#55a878"]
DASHES: list[Any] = ["--", ":", "-.", (0, (6, 1, 1, 1, 1, 1)), (0, (2, 1))]
MARKERS = ["s", "^", "D", "v", "P", "X", "h"]

#: Up to so many points get a marker each, bars a gap; more would run into one another.
MARKED_POINTS = 40

#: More stairs than this are finer than any picture, and take matplotlib long.
MOST_STAIRS = 4000

#: Divergences below this share of the largest are rounding, which a logarithmic axis would blow up.
ROUNDING = 1e-12


def matplotlib(module: str) -> Any:
    """Import a module of matplotlib, or say how to get it."""
    try:
        return import_module(f"matplotlib.{module}")
    except ImportError as error:
        raise ImportError(
            "drawing needs matplotlib: pip install 'unmask[plot]'", name="matplotlib"
        ) from error


def on_axes(ax: Axes | None) -> Axes:
    """The axes given, or those of a new figure."""
    if ax is not None:
        if not isinstance(ax, matplotlib("axes").Axes):
            raise TypeError(f"ax: is a {type(ax).__name__}, expected matplotlib Axes")
        return cast("Axes", ax)
    made: Axes = matplotlib("pyplot").subplots(layout="constrained")[1]
    return made


def require(value: object, kind: type | tuple[type, ...], name: str) -> None:
    """Refuse what is not of a kind."""
    if not isinstance(value, kind):
        kinds = kind if isinstance(kind, tuple) else (kind,)
        expected = " or a ".join(one.__name__ for one in kinds)
        raise TypeError(f"{name}: is a {type(value).__name__}, expected a {expected}")


def named(several: object, name: str) -> Mapping[str, Any]:
    """Return what has names."""
    if not isinstance(several, Mapping):
        raise TypeError(f"{name}: is a {type(several).__name__}, expected a mapping of names")
    return several


def families(others: object, name: str) -> dict[str, list[Schedule | BernoulliSchedule]]:
    """Return schedules of either kind by the names of their rules; None is none."""
    found: dict[str, list[Schedule | BernoulliSchedule]] = {}
    for rule, several in ({} if others is None else named(others, name)).items():
        if not isinstance(several, Iterable):
            kind = type(several).__name__
            raise TypeError(f"{name}, {rule}: is a {kind}, expected several schedules")
        found[rule] = list(several)
        for one in found[rule]:
            if not isinstance(one, (Schedule, BernoulliSchedule)):
                kind = type(one).__name__
                raise TypeError(f"{name}, {rule}: has a {kind}, expected schedules")
    return found


def whole_numbers(ax: Axes, axis: Literal["x", "y"]) -> None:
    """Put ticks at whole numbers."""
    locator = matplotlib("ticker").MaxNLocator("auto", integer=True, min_n_ticks=1)
    (ax.xaxis if axis == "x" else ax.yaxis).set_major_locator(locator)


def logarithmic(ax: Axes, axis: Literal["x", "y"]) -> None:
    """Make an axis logarithmic, with plain numbers at its ticks."""
    (ax.set_xscale if axis == "x" else ax.set_yscale)("log")
    scale = ax.xaxis if axis == "x" else ax.yaxis
    # Beside each other, 0.0001 and 1e-07 take more than other numbers.
    widths = 1.33 if axis == "x" else 1.0
    scale.set_major_locator(import_module("._ticks", __package__).LogTicks(widths))
    scale.set_major_formatter("{x:g}")
    scale.set_minor_formatter("")


def styles(count: int) -> list[tuple[str, Any, str]]:
    """Colour, dashes and marker for so many things beside the optimum."""
    looks = zip(cycle(COLOURS), cycle(DASHES), cycle(MARKERS), strict=False)
    return list(islice(looks, count))


def shown_edges(values: npt.NDArray[Any], kept: npt.ArrayLike = ()) -> npt.NDArray[np.int64]:
    """Places between which to draw values that stand on unit intervals, from 0 to their number.

    All of them as long as there are few. Otherwise about `MOST_STAIRS`, half of them evenly spread
    and half wherever the values have changed by as much as elsewhere, so that no cliff is lost; and
    those that are to be kept.
    """
    n = len(values)
    if n <= MOST_STAIRS:
        return np.arange(n + 1)
    changed = np.cumsum(np.abs(np.diff(values)))
    levels = np.linspace(0, changed[-1], MOST_STAIRS // 2)
    cliffs = 1 + np.searchsorted(changed, levels[1:])
    even = np.linspace(0, n, MOST_STAIRS // 2).round().astype(np.int64)
    return np.unique(np.concatenate([even, cliffs, np.asarray(kept, dtype=np.int64)]))
