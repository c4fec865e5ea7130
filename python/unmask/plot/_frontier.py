"""Error against steps."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import numpy as np

from .._bernoulli import BernoulliSchedule
from .._cross_entropy_curve import CrossEntropyCurve
from .._schedule import Schedule
from ..schedules import Frontier
from ._style import (
    ACCENT,
    FEW_POWERS,
    MARKED_POINTS,
    ROUNDING,
    families,
    on_axes,
    plain,
    require,
    styles,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

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
        What to compare with: a name and schedules of several lengths, see `rules`.

    Returns
    -------
    matplotlib.axes.Axes
        Divergences of zero have no place on a logarithmic axis: the legend tells from which number
        of steps on the optimum is zero. Of losses whose entropy is not known, what is drawn is the
        cost above revealing one token at a time.
    """
    require(frontier, Frontier, "frontier")
    ax, curve = on_axes(ax), frontier.curve
    relative = isinstance(curve, CrossEntropyCurve) and curve.entropy is None
    offset = 0.0 if relative else curve.excess_offset
    rules_by_name = families(others, "others")
    drawn = [("optimal", frontier.steps, offset + frontier.excess, (ACCENT, "-", "o"))]
    for (name, rules), style in zip(rules_by_name.items(), styles(len(rules_by_name)), strict=True):
        listed = sorted(rules, key=len)
        cost = np.array([offset + curve._excess(rule) for rule in listed])
        drawn.append((name, np.array([rule.nfe for rule in listed]), cost, style))
    largest = max((float(np.max(kl, initial=0.0)) for _, _, kl, _ in drawn), default=0.0)
    for position, (name, steps, kl, (colour, dashes, marker)) in enumerate(drawn):
        shown = (kl > ROUNDING * largest) if largest > 0 else np.ones(len(kl), dtype=bool)
        zero = np.flatnonzero(~shown)
        if position == 0 and len(zero):
            name = f"{name} (zero from {steps[zero[0]]} steps)"
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
        ax.set_yscale("log")
        shown_kl = np.concatenate([kl[kl > ROUNDING * largest] for _, _, kl, _ in drawn])
        few = shown_kl.max() < FEW_POWERS * shown_kl.min()
        ax.yaxis.set_major_formatter("{x:g}")
        ax.yaxis.set_minor_formatter(lambda y, _: f"{y:g}" if few and f"{y:e}"[0] in "25" else "")
    most = max(int(np.max(steps, initial=1)) for _, steps, _, _ in drawn)
    ax.set_xlim(0.9, 1.15 * most)
    ax.xaxis.set_major_formatter("{x:g}")
    ax.set_xlabel("steps")
    ax.set_ylabel("cost above single steps (nats)" if relative else "expected KL (nats)")
    ax.legend(frameon=False, fontsize="small")
    return plain(ax)
