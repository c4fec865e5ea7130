"""Tokens by step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from .._bernoulli import BernoulliSchedule
from .._curve import Floats
from .._schedule import Schedule
from ._layout import finish
from ._style import (
    ACCENT,
    MARKED_POINTS,
    SHADE,
    named,
    on_axes,
    require,
    shown_edges,
    styles,
    whole_numbers,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def schedule(
    schedule: Schedule | BernoulliSchedule,
    ax: Axes | None = None,
    *,
    others: Mapping[str, Schedule | BernoulliSchedule] | None = None,
) -> Axes:
    """Draw how many tokens each step reveals, on average where counts are random.

    Parameters
    ----------
    schedule : Schedule or BernoulliSchedule
        What to draw, as bars.
    ax : matplotlib.axes.Axes, optional
        Where; a new figure by default.
    others : mapping of str to Schedule or BernoulliSchedule, optional
        Drawn as lines above the bars, by name.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    TypeError
        If something else is to be drawn.
    ValueError
        If random counts are not for a number of tokens.
    """
    others = {} if others is None else named(others, "others")
    sizes = _sizes(schedule, "schedule")
    beside = {name: _sizes(other, name) for name, other in others.items()}
    ax = on_axes(ax)
    steps = np.arange(1, schedule.nfe + 1)
    look: dict[str, Any] = {"facecolor": SHADE, "edgecolor": ACCENT, "label": "this schedule"}
    # Gaps between bars help as long as there are few of them.
    if schedule.nfe <= MARKED_POINTS:
        ax.bar(steps, sizes, width=0.85, **look)
    else:
        edges = shown_edges(sizes)
        ax.stairs(sizes[edges[:-1]], edges + 0.5, fill=True, **look)
    for (name, other), (colour, dashes, _) in zip(beside.items(), styles(len(beside)), strict=True):
        edges = shown_edges(other)
        ax.stairs(
            other[edges[:-1]],
            edges + 0.5,
            baseline=None,
            color=colour,
            linestyle=dashes,
            linewidth=1.6,
            label=name,
        )
    drawn = [sizes, *beside.values()]
    ax.set_xlim(0.5, max(map(len, drawn)) + 0.5)
    ax.set_ylim(0, 1.08 * max(float(one.max()) for one in drawn))
    ax.set_xlabel("step")
    fixed = all(isinstance(one, Schedule) for one in (schedule, *others.values()))
    ax.set_ylabel("tokens revealed" if fixed else "expected tokens revealed")
    whole_numbers(ax, "x")
    if fixed:
        whole_numbers(ax, "y")
    return finish(ax, legend_from=2)


def _sizes(schedule: Schedule | BernoulliSchedule, name: str) -> Floats:
    """Tokens by step, expected ones where counts are random."""
    require(schedule, (Schedule, BernoulliSchedule), name)
    if isinstance(schedule, Schedule):
        return schedule.sizes.astype(np.float64)
    if schedule.n is None:
        raise ValueError(f"{name}: is for any number of tokens, expected BernoulliSchedule(.., n=)")
    sizes: Floats = schedule.n * np.diff(schedule.levels)
    return sizes
