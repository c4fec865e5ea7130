"""Error against steps."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from .._bernoulli import BernoulliSchedule
from .._cross_entropy_curve import CrossEntropyCurve
from .._curve import Floats
from .._schedule import Schedule, steps_text
from ..schedules import Frontier
from ._curve import price
from ._layout import finish
from ._style import (
    ACCENT,
    MARKED_POINTS,
    ROUNDING,
    families,
    logarithmic,
    on_axes,
    require,
    styles,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Integers = npt.NDArray[np.int64]

#: Markers on a line of many points are so far apart, by the diagonal of the axes.
MARKER_GAP = 0.09


def frontier(
    frontier: Frontier,
    ax: Axes | None = None,
    *,
    others: Mapping[str, Iterable[Schedule | BernoulliSchedule]] | None = None,
) -> Axes:
    """Draw the least expected KL by number of steps, both on logarithmic axes.

    Parameters
    ----------
    frontier : Frontier
        What `unmask.schedules.frontier` returns.
    ax : matplotlib.axes.Axes, optional
        Where; a new figure by default.
    others : mapping of str to iterables of Schedule or BernoulliSchedule, optional
        What to compare with: a name and schedules of several lengths, see `rules`. Of those of one
        length the best is drawn.

    Returns
    -------
    matplotlib.axes.Axes
        Zero and less (which estimates, and losses that rise, can have) have no place on a
        logarithmic axis: the legend tells from which number of steps on the optimum is there. Of
        losses whose entropy is not known, what is drawn is the cost above revealing one token at a
        time.
    """
    require(frontier, Frontier, "frontier")
    ax, curve = on_axes(ax), frontier.curve
    relative = isinstance(curve, CrossEntropyCurve) and curve.entropy is None
    offset = 0.0 if relative else curve.excess_offset
    drawn = [("optimal", frontier.steps, offset + frontier.excess, (ACCENT, "-", "o"))]
    rules_by_name = families(others, "others")
    for (name, rules), style in zip(rules_by_name.items(), styles(len(rules_by_name)), strict=True):
        best: dict[int, float] = {}
        for rule in rules:
            best[rule.nfe] = min(offset + curve._excess(rule), best.get(rule.nfe, np.inf))
        lengths = np.array(sorted(best), dtype=np.int64)
        drawn.append((name, lengths, np.array([best[k] for k in lengths.tolist()]), style))
    largest = max((float(np.max(kl, initial=0.0)) for _, _, kl, _ in drawn), default=0.0)
    for position, (name, steps, kl, (colour, dashes, marker)) in enumerate(drawn):
        shown = (kl > ROUNDING * largest) if largest > 0 else np.ones(len(kl), dtype=bool)
        if position == 0 and not shown.all():
            name += _off_the_axis(steps[~shown], kl[~shown], ROUNDING * largest)
        # A line across lengths that nobody priced may pass below the optimum.
        close = np.max(np.diff(steps[shown]), initial=0) <= 1 or shown.sum() > MARKED_POINTS
        ax.plot(
            steps[shown],
            kl[shown],
            color=colour,
            linestyle=dashes if close else "none",
            linewidth=1.8 if position == 0 else 1.3,
            marker=marker,
            markevery=None if shown.sum() <= MARKED_POINTS else MARKER_GAP,
            # Hollow around what is full, where two rules agree.
            markersize=4.5 if position == 0 else 6.5,
            markerfacecolor=colour if position == 0 else "none",
            label=name,
            zorder=4 if position == 0 else 3,
        )
    ax.set_xscale("log", base=2)
    if largest > 0:
        logarithmic(ax, "y")
    most = max(int(np.max(steps, initial=1)) for _, steps, _, _ in drawn)
    ax.set_xlim(0.9, 1.15 * most)
    ax.xaxis.set_major_formatter("{x:g}")
    ax.set_xlabel("steps")
    ax.set_ylabel(f"{price(curve, absolute=True)} (nats)")
    return finish(ax)


def _off_the_axis(steps: Integers, kl: Floats, rounding: float) -> str:
    """From where on, and on which side, what has no place on a logarithmic axis is."""
    where = "zero" if kl.min() >= -rounding else "below 0" if kl[0] < -rounding else "0 or less"
    return f" ({where} from {steps_text(steps[0])})"
