"""Pictures of curves, schedules and frontiers, drawn by matplotlib.

Every function draws on the axes given, or on a new figure, and returns the axes; `plan` puts three
of them on one figure. Matplotlib is imported when something is drawn: ``pip install
'unmask[plot]'``. Entropies and divergences are in nats. Lines differ in dash and marker, not only
in colour, so that they can be told apart in grey.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np

from . import schedules
from ._information_curve import InformationCurve
from ._schedule import Schedule

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["curve", "frontier", "plan", "schedule", "staircase"]

#: Dark for what matters most, light for areas.
INK, ACCENT, SHADE = "0.1", "#1f5f99", "#bcd3e6"

#: Colour, dashes and marker of what is drawn beside the optimum.
OTHERS = [("0.25", "--", "s"), ("0.45", ":", "^"), ("0.55", "-.", "D"), ("0.65", "--", "v")]

#: Up to so many points get a marker each; more would run into one another.
MARKED_POINTS = 40

#: Divergences below this share of the largest are rounding, which a logarithmic axis would blow up.
ROUNDING = 1e-12

#: Steps that the frontier of `plan` shows at least, and the work (tokens times steps) that it may
#: cost: about a second.
FRONTIER_STEPS, FRONTIER_WORK = 64, 10**9

#: Values that span less than this ratio have labels between the powers of ten.
FEW_POWERS = 50.0

#: Numbers of steps at which `plan` prices other rules.
COMPARED_LENGTHS = 100


def curve(curve: InformationCurve, ax: Axes | None = None) -> Axes:
    """Draw the information curve ``Z_j`` as a function of ``j``.

    The area under it is the total correlation, the area between it and its largest value is the
    dual total correlation.

    Parameters
    ----------
    curve : InformationCurve
        What to draw; ``Z_j`` stands on the interval from ``j - 1`` to ``j``.
    ax : matplotlib.axes.Axes, optional
        Where; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> import unmask
    >>> law = unmask.InformationCurve.from_conditional_entropies([0.7, 0.2, 0.1])
    >>> unmask.plot.curve(law, Figure().subplots()).get_ylabel()
    'information $Z_j$ (nats)'
    """
    return _draw_curve(curve, _axes(ax))


def staircase(curve: InformationCurve, schedule: Schedule, ax: Axes | None = None) -> Axes:
    """Draw the curve, the staircase of a schedule, and the error between them.

    A step prices all its tokens at the information that the first of them has, so that the area of
    the shade is the expected KL.

    Parameters
    ----------
    curve : InformationCurve
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
    divergence = curve.expected_kl(schedule)
    ax = _axes(ax)
    starts = schedule.cumulative[:-1]
    levels = curve.z[starts]
    ax.stairs(
        curve.z,
        np.arange(curve.n + 1),
        baseline=np.repeat(levels, schedule.sizes),
        fill=True,
        color=SHADE,
        linewidth=0,
        label=f"expected KL: {divergence:.4g} nats",
    )
    ax.stairs(
        levels,
        schedule.cumulative,
        baseline=None,
        color=ACCENT,
        linewidth=1.5,
        linestyle="--",
        label=f"schedule, {schedule.nfe} step{'s' if schedule.nfe > 1 else ''}",
        zorder=3,
    )
    _draw_curve(curve, ax)
    handles, labels = ax.get_legend_handles_labels()
    ax.legend(handles[::-1], labels[::-1], loc="upper left", frameon=False)
    # The legend stands above the curve, which only grows towards the right.
    low, high = ax.get_ylim()
    ax.set_ylim(low, low + 1.3 * (high - low))
    return ax


def schedule(schedule: Schedule, ax: Axes | None = None) -> Axes:
    """Draw how many tokens each step reveals.

    Parameters
    ----------
    schedule : Schedule
        What to draw.
    ax : matplotlib.axes.Axes, optional
        Where; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes
    """
    return _draw_schedule(schedule, _axes(ax))


def frontier(
    frontier: schedules.Frontier,
    ax: Axes | None = None,
    *,
    others: Mapping[str, Iterable[Schedule]] | None = None,
) -> Axes:
    """Draw the least expected KL by number of steps, both on logarithmic axes.

    Parameters
    ----------
    frontier : Frontier
        What `unmask.schedules.frontier` returns.
    ax : matplotlib.axes.Axes, optional
        Where; a new figure by default.
    others : mapping of str to iterables of Schedule, optional
        What to compare with: a name and schedules of several lengths.

    Returns
    -------
    matplotlib.axes.Axes
        Divergences of zero have no place on a logarithmic axis: the legend tells from which number
        of steps on the optimum is zero.
    """
    return _draw_frontier(frontier, _axes(ax), others or {})


def plan(curve: InformationCurve, schedule: Schedule) -> Figure:
    """Draw the staircase, the frontier and the schedule on one figure.

    Parameters
    ----------
    curve : InformationCurve
        What the schedule is for.
    schedule : Schedule
        The schedule to show.

    Returns
    -------
    matplotlib.figure.Figure
        Not registered with pyplot: save it by its ``savefig``.

    Examples
    --------
    >>> import unmask
    >>> law = unmask.InformationCurve.from_conditional_entropies([0.7, 0.2, 0.1])
    >>> figure = unmask.plot.plan(law, unmask.Schedule([1, 2]))
    >>> [ax.get_xlabel() for ax in figure.axes]
    ['tokens unmasked, $j$', 'steps', 'step']
    """
    _matplotlib("pyplot")
    figure: Figure = _matplotlib("figure").Figure(figsize=(8, 6.4), layout="constrained")
    axes = figure.subplot_mosaic([["curve", "curve"], ["frontier", "schedule"]])
    staircase(curve, schedule, axes["curve"])

    most = max(FRONTIER_STEPS, 4 * schedule.nfe)
    most = max(1, min(curve.n, most, FRONTIER_WORK // curve.n))
    # Close enough together that a line between two of them does not pass below the optimum.
    lengths = np.unique(np.geomspace(1, most, COMPARED_LENGTHS).round().astype(int)).tolist()
    best = schedules.frontier(curve, most)
    rules = {
        "uniform": [schedules.uniform(curve.n, steps) for steps in lengths],
        "cosine": [schedules.cosine(curve.n, steps) for steps in lengths],
    }
    _draw_frontier(best, axes["frontier"], rules)
    divergence = curve.expected_kl(schedule)
    if divergence > ROUNDING * float(best.expected_kl[0]):
        axes["frontier"].plot(
            [schedule.nfe],
            [divergence],
            marker="o",
            markersize=11,
            markerfacecolor="none",
            markeredgecolor=INK,
            markeredgewidth=1.3,
            linestyle="none",
            label="this schedule",
            zorder=5,
        )
        axes["frontier"].legend(frameon=False, fontsize="small", loc="lower left")
    _draw_schedule(schedule, axes["schedule"])
    return figure


def _draw_curve(curve: InformationCurve, ax: Axes) -> Axes:
    ax.stairs(
        curve.z, np.arange(curve.n + 1), baseline=None, color=INK, linewidth=1.8, label="$Z_j$"
    )
    ax.axhline(curve.z[-1], color="0.6", linewidth=1, linestyle=(0, (1, 2)), zorder=0)
    ax.set_xlim(0, curve.n)
    low, high = min(0.0, float(curve.z.min())), float(curve.z.max())
    ax.set_ylim(low, 1.08 * high if high > low else 1.0)
    ax.set_xlabel("tokens unmasked, $j$")
    ax.set_ylabel("information $Z_j$ (nats)")
    _whole_numbers(ax, "x")
    return _plain(ax)


def _draw_schedule(schedule: Schedule, ax: Axes) -> Axes:
    # Gaps between bars help as long as there are few of them.
    gap = 0.15 if schedule.nfe <= MARKED_POINTS else 0.0
    steps = np.arange(1, schedule.nfe + 1)
    if gap:
        ax.bar(steps, schedule.sizes, width=1 - gap, color=ACCENT)
    else:
        edges = np.arange(schedule.nfe + 1) + 0.5
        ax.stairs(schedule.sizes, edges, fill=True, color=ACCENT)
    ax.set_xlim(0.5, schedule.nfe + 0.5)
    ax.set_ylim(0, 1.08 * int(schedule.sizes.max()))
    ax.set_xlabel("step")
    ax.set_ylabel("tokens revealed")
    _whole_numbers(ax, "x")
    _whole_numbers(ax, "y")
    return _plain(ax)


def _draw_frontier(
    frontier: schedules.Frontier, ax: Axes, others: Mapping[str, Iterable[Schedule]]
) -> Axes:
    drawn = [("optimal", frontier.steps, frontier.expected_kl, (ACCENT, "-", "o"))]
    for position, (name, rules) in enumerate(others.items()):
        listed = sorted(rules, key=len)
        divergences = np.array([frontier.curve.expected_kl(rule) for rule in listed])
        style = OTHERS[position % len(OTHERS)]
        drawn.append((name, np.array([rule.nfe for rule in listed]), divergences, style))
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
            marker=marker if shown.sum() <= MARKED_POINTS else None,
            markersize=4.5,
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
    ax.set_ylabel("expected KL (nats)")
    ax.legend(frameon=False, fontsize="small")
    return _plain(ax)


def _matplotlib(module: str) -> Any:
    """Import a module of matplotlib, or say how to get it."""
    try:
        return import_module(f"matplotlib.{module}")
    except ImportError as error:
        raise ImportError(
            "drawing needs matplotlib: pip install 'unmask[plot]'", name="matplotlib"
        ) from error


def _axes(ax: Axes | None) -> Axes:
    """The axes given, or those of a new figure."""
    if ax is not None:
        return ax
    made: Axes = _matplotlib("pyplot").subplots(layout="constrained")[1]
    return made


def _whole_numbers(ax: Axes, axis: str) -> None:
    """Put ticks at whole numbers."""
    locator = _matplotlib("ticker").MaxNLocator(integer=True, min_n_ticks=1)
    (ax.xaxis if axis == "x" else ax.yaxis).set_major_locator(locator)


def _plain(ax: Axes) -> Axes:
    """Take away what carries no information."""
    ax.spines[["top", "right"]].set_visible(False)
    ax.grid(axis="y", color="0.9", linewidth=0.8)
    ax.set_axisbelow(True)
    return ax
