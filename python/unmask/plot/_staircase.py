"""A schedule under its curve."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .. import _core
from .._bernoulli import BernoulliSchedule
from .._cross_entropy_curve import CrossEntropyCurve
from .._curve import Floats
from .._information_curve import InformationCurve
from .._schedule import Schedule, steps_text
from ._curve import curve as draw_curve
from ._curve import heights, price
from ._layout import finish
from ._style import ACCENT, INK, MOST_STAIRS, SHADE, on_axes, require, shown_edges

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Points of a smooth curve.
SMOOTH = MOST_STAIRS // 2


def staircase(
    curve: InformationCurve | CrossEntropyCurve,
    schedule: Schedule | BernoulliSchedule,
    ax: Axes | None = None,
) -> Axes:
    """Draw the curve, the staircase of a schedule, and the error between them.

    A step prices all its tokens at what the first of them has. For an information curve the area of
    the shade is the expected KL. For losses it is what the schedule costs above revealing one token
    at a time (where losses rise, it counts as negative).

    Where counts are random, a step prices its tokens at the Bernstein polynomial of the curve, the
    mean over the count revealed before it. The shade lies between that polynomial and the stairs,
    and its area is the expected KL again.

    Parameters
    ----------
    curve : InformationCurve or CrossEntropyCurve
        What is read.
    schedule : Schedule or BernoulliSchedule
        What reads it, for as many tokens.
    ax : matplotlib.axes.Axes, optional
        Where; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    TypeError
        If the curve or the schedule is something else.
    ValueError
        If the schedule is for another number of tokens.
    """
    require(schedule, (Schedule, BernoulliSchedule), "schedule")
    values, excess = heights(curve), curve._excess(schedule)
    ax = on_axes(ax)
    draw_curve(curve, ax)
    error = f"{price(curve)}: {excess:.4g} nats"
    if isinstance(schedule, Schedule):
        nodes, levels = _fixed(values, schedule, ax, error)
    else:
        nodes, levels = _random(values, schedule, ax, error)
        ax.set_xlabel("expected tokens unmasked")
    ax.stairs(
        levels,
        nodes,
        baseline=None,
        color=ACCENT,
        linewidth=1.5,
        linestyle="--",
        label=f"schedule, {steps_text(schedule.nfe)}",
        zorder=3,
    )
    return finish(ax)


def _fixed(values: Floats, schedule: Schedule, ax: Axes, error: str) -> tuple[Floats, Floats]:
    """Shade the error of fixed sizes, and return the stairs: their edges and heights."""
    nodes = schedule.cumulative
    levels = np.repeat(values[nodes[:-1]], schedule.sizes)
    steps = nodes if schedule.nfe <= MOST_STAIRS else shown_edges(levels)
    edges = shown_edges(values, steps)
    ax.stairs(
        values[edges[:-1]],
        edges,
        baseline=levels[edges[:-1]],
        fill=True,
        color=SHADE,
        linewidth=0,
        label=error,
        zorder=0.9,
    )
    return steps.astype(np.float64), levels[steps[:-1]]


def _random(
    values: Floats, schedule: BernoulliSchedule, ax: Axes, error: str
) -> tuple[Floats, Floats]:
    """Draw the mean over random counts, shade what is paid above it, and return the stairs."""
    n, fractions = len(values), schedule.levels
    levels = _core.bernstein(values, fractions[:-1])
    kept = shown_edges(levels)
    fractions, levels = fractions[kept], levels[kept[:-1]]
    smooth = np.union1d(np.linspace(0, 1, SMOOTH + 1), fractions)
    means = _core.bernstein(values, smooth)
    ax.plot(
        n * smooth, means, color=INK, linewidth=1, linestyle="-.", label="its Bernstein polynomial"
    )
    # Between two places the stairs are level.
    step = np.searchsorted(fractions, smooth[:-1], side="right") - 1
    ax.fill_between(
        n * np.repeat(smooth, 2)[1:-1],
        np.repeat(means, 2)[1:-1],
        np.repeat(levels[step], 2),
        color=SHADE,
        linewidth=0,
        label=error,
        zorder=0.9,
    )
    return n * fractions, levels
