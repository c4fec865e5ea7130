"""Samplers side by side."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ._style import ACCENT, INK, ROUNDING, matplotlib, on_axes, plain

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ..samplers import Leaderboard

#: Longer names are cut, so that room is left for what is measured.
NAME_ROOM = 34

#: Height of a row in inches, where the figure is ours.
ROW_HEIGHT = 0.3


def leaderboard(board: Leaderboard, ax: Axes | None = None) -> Axes:
    """Draw the KL and the total variation of samplers, one a line, the best on top.

    Parameters
    ----------
    board : Leaderboard
        What `unmask.samplers.leaderboard` returns.
    ax : matplotlib.axes.Axes, optional
        Where; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes
        Discs are the KL in nats, squares the total variation, on one logarithmic axis. What is
        zero is an arrow on the left edge, what is infinite one on the right. Expected numbers of
        calls are at the right. Where laws were estimated, discs are the KL averaged over orders.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> from unmask.distributions import ZeroSum
    >>> from unmask.samplers import leaderboard as judge
    >>> ax = leaderboard(judge(ZeroSum(4, 2), 2), Figure().subplots())
    >>> ax.get_xlabel()
    'divergence from the data'
    """
    entries = list(board)
    if ax is None:
        ax = on_axes(None)
        ax.figure.set_size_inches(8, 1.3 + ROW_HEIGHT * len(entries))  # type: ignore[union-attr]
    kl, tv = "KL (nats)", "total variation"
    if board.samples is not None:
        kl, tv = "expected KL (nats)", f"{tv}, estimated"
    series: tuple[tuple[str, Sequence[float | None], str, str, str], ...] = (
        (kl, [entry.known_kl for entry in entries], "o", ACCENT, ACCENT),
        (tv, [entry.total_variation for entry in entries], "s", "none", INK),
    )
    known = [[(k, x) for k, x in enumerate(v) if x is not None] for _, v, *_ in series]
    shown = [x for values in known for _, x in values if ROUNDING < x < math.inf]
    low, high = (min(shown) / 3, max(shown) * 3) if shown else (1e-3, 1.0)
    for (label, _, marker, face, edge), values in zip(series, known, strict=True):
        inside = [(x, k) for k, x in values if ROUNDING < x < math.inf]
        ax.plot(
            [x for x, _ in inside],
            [k for _, k in inside],
            linestyle="none",
            marker=marker,
            markersize=6,
            markerfacecolor=face,
            markeredgecolor=edge,
            label=label,
            zorder=4,
        )
        for k, x in values:
            if ROUNDING < x < math.inf:
                continue
            zero = x <= ROUNDING
            border = low if zero else high
            ax.plot(
                [border],
                [k],
                linestyle="none",
                marker="<" if zero else ">",
                markersize=7,
                markerfacecolor=face,
                markeredgecolor=edge,
                clip_on=False,
                zorder=4,
            )
            ax.annotate(
                "0" if zero else "$\\infty$",
                (border, k),
                xytext=(9 if zero else -9, 0),
                textcoords="offset points",
                ha="left" if zero else "right",
                va="center",
                fontsize="small",
            )
    ax.set_xscale("log")
    ax.set_xlim(low, high)
    ax.set_ylim(max(1, len(entries)) - 0.5, -0.5)
    ax.set_yticks(range(len(entries)), [_short(entry.name) for entry in entries])
    ax.tick_params(axis="y", length=0)
    ax.xaxis.set_major_locator(matplotlib("ticker").LogLocator(numticks=8))
    for k, entry in enumerate(entries):
        ax.text(
            1.03,
            k,
            f"{entry.expected_calls:.3g}",
            transform=ax.get_yaxis_transform(),
            ha="left",
            va="center",
            fontsize="small",
        )
    ax.text(1.03, 1.01, "calls", transform=ax.transAxes, ha="left", va="bottom", fontsize="small")
    ax.set_xlabel("divergence from the data")
    ax.legend(
        loc="lower left",
        bbox_to_anchor=(0.0, 1.0),
        ncols=2,
        frameon=False,
        fontsize="small",
        borderaxespad=0.2,
    )
    plain(ax, "x").grid(axis="y", color="0.95", linewidth=0.8)
    return ax


def _short(name: str) -> str:
    """A name that leaves room: of several the first, and how many there are."""
    first, *others = name.split(" = ")
    text = f"{first} (+{len(others)})" if others else first
    return text if len(text) <= NAME_ROOM else f"{text[: NAME_ROOM - 3]}..."
