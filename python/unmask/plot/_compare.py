"""Everything on one figure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import numpy as np

from .. import bounds, schedules
from .._bernoulli import BernoulliSchedule
from .._cross_entropy_curve import CrossEntropyCurve
from .._information_curve import InformationCurve
from .._schedule import Schedule
from ._bounds import bounds as draw_bounds
from ._curve import heights
from ._frontier import frontier
from ._layout import finish, lay_out
from ._rules import rules
from ._schedule import schedule as draw_schedule
from ._staircase import staircase
from ._style import INK, MARKED_POINTS, ROUNDING, families, matplotlib, require

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Steps that the frontier shows at least, and the work (tokens times steps) that it may cost: about
#: a second.
FRONTIER_STEPS, FRONTIER_WORK = 64, 10**9

#: Numbers of steps at which other rules are priced. Close enough together that a line between two
#: of them does not pass below the optimum.
COMPARED_LENGTHS = 100

#: Heights in inches, of which the figure is 8 wide.
MAIN_HEIGHT, BOUNDS_HEIGHT = 6.8, 3.0


def compare(
    curve: InformationCurve | CrossEntropyCurve,
    schedule: Schedule | BernoulliSchedule,
    *,
    others: Mapping[str, Iterable[Schedule | BernoulliSchedule]] | None = None,
    figure: Figure | None = None,
) -> Figure:
    """Draw the staircase, the frontier, the tokens by step and the bounds on one figure.

    Parameters
    ----------
    curve : InformationCurve or CrossEntropyCurve
        What the schedule is for.
    schedule : Schedule or BernoulliSchedule
        The schedule to show.
    others : mapping of str to iterables of Schedule or BernoulliSchedule, optional
        What to show beside the frontier; by default `rules` at many lengths.
    figure : matplotlib.figure.Figure, optional
        An empty one to draw on; by default one that is not registered with pyplot: save it by its
        ``savefig``.

    Returns
    -------
    matplotlib.figure.Figure
        Without bounds for losses, for estimates that contradict Han's inequality, and for random
        counts.

    Raises
    ------
    TypeError
        If the curve or the schedule is something else.
    ValueError
        If the schedule is for another number of tokens.

    Examples
    --------
    >>> import unmask
    >>> law = unmask.InformationCurve.from_conditional_entropies([0.7, 0.2, 0.1])
    >>> figure = unmask.plot.compare(law, unmask.Schedule([1, 2]))
    >>> [ax.get_xlabel() for ax in figure.axes]
    ['tokens unmasked, $j$', 'steps', 'step', 'expected KL (nats)']
    """
    heights(curve)
    require(schedule, (Schedule, BernoulliSchedule), "schedule")
    cost = curve._excess(schedule)
    if isinstance(schedule, BernoulliSchedule):
        schedule = BernoulliSchedule(schedule.levels, curve.n)
    proof = _certified(curve, schedule)
    matplotlib("pyplot")
    if figure is not None:
        require(figure, matplotlib("figure").FigureBase, "figure")
    else:
        height = MAIN_HEIGHT + (BOUNDS_HEIGHT if proof is not None else 0)
        figure = matplotlib("figure").Figure(figsize=(8, height))
    lay_out(figure)
    # Apart, so that the names of the bounds do not push the other pictures aside.
    ratios = [MAIN_HEIGHT, BOUNDS_HEIGHT][: 1 if proof is None else 2]
    parts = figure.subfigures(len(ratios), height_ratios=ratios, squeeze=False)[:, 0]
    axes = parts[0].subplot_mosaic([["curve", "curve"], ["frontier", "schedule"]])
    staircase(curve, schedule, axes["curve"])

    if others is None:
        most = max(FRONTIER_STEPS, 4 * schedule.nfe)
        most = max(1, min(curve.n, most, FRONTIER_WORK // curve.n))
        others = rules(
            curve, np.unique(np.geomspace(1, most, COMPARED_LENGTHS).round()).astype(int)
        )
    else:
        others = families(others, "others")
        longest = max((one.nfe for several in others.values() for one in several), default=1)
        most = max(schedule.nfe, longest)
    best = schedules.frontier(curve, min(most, max(1, FRONTIER_WORK // curve.n)))
    frontier(best, axes["frontier"], others=others)
    if not (isinstance(curve, CrossEntropyCurve) and curve.entropy is None):
        cost += curve.excess_offset
    _ring(axes["frontier"], schedule.nfe, cost, ROUNDING * float(best.excess[0]))
    beside = {}
    if schedule.nfe <= MARKED_POINTS:
        steps = min(schedule.nfe, curve.n)
        beside = {
            "uniform": schedules.uniform(curve.n, steps),
            "cosine": schedules.cosine(curve.n, steps),
        }
    draw_schedule(schedule, axes["schedule"], others=beside)
    if proof is not None:
        draw_bounds(proof, parts[1].subplots())
    return figure


def _ring(ax: Axes, steps: int, cost: float, rounding: float) -> None:
    """A ring around a schedule on the frontier: at the edge if its cost has no place there."""
    placed = cost > rounding or ax.get_yscale() == "linear"
    ax.plot(
        [steps],
        [cost if placed else 0],
        transform=ax.transData if placed else ax.get_xaxis_transform(),
        marker="o",
        markersize=11,
        markerfacecolor="none",
        markeredgecolor=INK,
        markeredgewidth=1.3,
        linestyle="none",
        label="this schedule"
        if placed
        else f"this schedule: {cost if cost < -rounding else 0:.3g}",
        clip_on=False,
        zorder=5,
    )
    left, right = ax.get_xlim()
    ax.set_xlim(left, max(right, 1.15 * steps))
    finish(ax)


def _certified(
    curve: InformationCurve | CrossEntropyCurve, schedule: Schedule | BernoulliSchedule
) -> bounds.Certificate | None:
    """The certificate, where the curve could be that of a distribution."""
    if not isinstance(schedule, Schedule):
        return None
    monotone = (np.diff(curve.h) <= ROUNDING * curve.h[0]).all()
    if not (isinstance(curve, InformationCurve) and monotone):
        return None
    return bounds.certificate(schedule, curve)
