"""Tokens by step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from .._bernoulli import fixed_sizes
from .._schedule import Schedule
from ._style import (
    ACCENT,
    MARKED_POINTS,
    SHADE,
    named,
    on_axes,
    plain,
    shown_edges,
    styles,
    whole_numbers,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def schedule(
    schedule: Schedule, ax: Axes | None = None, *, others: Mapping[str, Schedule] | None = None
) -> Axes:
    """Draw how many tokens each step reveals.

    Parameters
    ----------
    schedule : Schedule
        What to draw, as bars.
    ax : matplotlib.axes.Axes, optional
        Where; a new figure by default.
    others : mapping of str to Schedule, optional
        Drawn as lines above the bars, by name.

    Returns
    -------
    matplotlib.axes.Axes
    """
    others = {} if others is None else named(others, "others")
    for name, one in (("schedule", schedule), *others.items()):
        fixed_sizes(one, name)
    ax = on_axes(ax)
    steps = np.arange(1, schedule.nfe + 1)
    look: dict[str, Any] = {"facecolor": SHADE, "edgecolor": ACCENT, "label": "this schedule"}
    # Gaps between bars help as long as there are few of them.
    if schedule.nfe <= MARKED_POINTS:
        ax.bar(steps, schedule.sizes, width=0.85, **look)
    else:
        edges = shown_edges(schedule.sizes)
        ax.stairs(schedule.sizes[edges[:-1]], edges + 0.5, fill=True, **look)
    for (name, other), (colour, dashes, _) in zip(others.items(), styles(len(others)), strict=True):
        edges = shown_edges(other.sizes)
        ax.stairs(
            other.sizes[edges[:-1]],
            edges + 0.5,
            baseline=None,
            color=colour,
            linestyle=dashes,
            linewidth=1.6,
            label=name,
        )
    drawn = [schedule, *others.values()]
    tallest = max(int(one.sizes.max()) for one in drawn)
    ax.set_xlim(0.5, max(one.nfe for one in drawn) + 0.5)
    ax.set_ylim(0, 1.08 * tallest)
    if others:
        ax.legend(frameon=False)
        ax.set_ylim(0, (1.1 + 0.13 * len(drawn)) * tallest)
    ax.set_xlabel("step")
    ax.set_ylabel("tokens revealed")
    whole_numbers(ax, "x")
    whole_numbers(ax, "y")
    return plain(ax)
