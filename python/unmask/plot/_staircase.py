"""A schedule under its curve."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .._bernoulli import fixed_sizes
from .._cross_entropy_curve import CrossEntropyCurve
from .._information_curve import InformationCurve
from .._schedule import Schedule
from ._curve import curve as draw_curve
from ._curve import heights
from ._style import ACCENT, MOST_STAIRS, SHADE, on_axes, shown_edges, steps_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Height of the axes above the curve, for the legend, by the height of the curve.
HEADROOM = 0.3


def staircase(
    curve: InformationCurve | CrossEntropyCurve, schedule: Schedule, ax: Axes | None = None
) -> Axes:
    """Draw the curve, the staircase of a schedule, and the error between them.

    A step prices all its tokens at what the first of them has. For an information curve the area of
    the shade is the expected KL. For losses it is what the schedule costs above revealing one token
    at a time (where losses rise, it counts as negative).

    Parameters
    ----------
    curve : InformationCurve or CrossEntropyCurve
        What is read.
    schedule : Schedule
        What reads it, for as many tokens.
    ax : matplotlib.axes.Axes, optional
        Where; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ValueError
        If the schedule is for another number of tokens.
    """
    schedule = fixed_sizes(schedule, "schedule")
    values, excess = heights(curve), curve._excess(schedule)
    ax = on_axes(ax)
    nodes = schedule.cumulative
    levels = np.repeat(values[nodes[:-1]], schedule.sizes)
    steps = nodes if schedule.nfe <= MOST_STAIRS else shown_edges(levels)
    edges = shown_edges(values, steps)
    name = "expected KL" if isinstance(curve, InformationCurve) else "cost above single steps"
    ax.stairs(
        values[edges[:-1]],
        edges,
        baseline=levels[edges[:-1]],
        fill=True,
        color=SHADE,
        linewidth=0,
        label=f"{name}: {excess:.4g} nats",
    )
    ax.stairs(
        levels[steps[:-1]],
        steps,
        baseline=None,
        color=ACCENT,
        linewidth=1.5,
        linestyle="--",
        label=f"schedule, {steps_text(schedule.nfe)}",
        zorder=3,
    )
    draw_curve(curve, ax)
    handles, labels = ax.get_legend_handles_labels()
    # From the curve down to the shade, then what else the curve has.
    order = [2, 1, 0, *range(3, len(handles))]
    ax.legend(
        [handles[i] for i in order],
        [labels[i] for i in order],
        # Information grows towards the right, losses fall.
        loc="upper left" if isinstance(curve, InformationCurve) else "upper right",
        frameon=False,
    )
    low, high = ax.get_ylim()
    ax.set_ylim(low, low + (1 + HEADROOM) * (high - low))
    return ax
