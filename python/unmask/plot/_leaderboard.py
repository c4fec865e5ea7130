"""Samplers side by side."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ._layout import SMALL, column, finish, name_rows, text_size
from ._style import ACCENT, INK, ROUNDING, logarithmic, on_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ..samplers import Leaderboard

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
        Where axes are given that have no room for all, the last are left out.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> from unmask.distributions import ZeroSum
    >>> from unmask.samplers import leaderboard as judge
    >>> ax = leaderboard(judge(ZeroSum(4, 2), 2), Figure().subplots())
    >>> ax.get_xlabel()
    'KL (nats), TV (no unit)'
    """
    entries = list(board)
    if ax is None:
        ax = on_axes(None)
        ax.figure.set_size_inches(8, 1.3 + ROW_HEIGHT * len(entries))  # type: ignore[union-attr]
    entries = entries[: name_rows(ax, [_short(entry.name) for entry in entries])]
    kl, tv = "KL (nats)", "total variation (TV)"
    if board.samples is not None:
        kl, tv = "expected KL (nats)", "total variation, estimated"
    series: tuple[tuple[str, Sequence[float | None], str, str, str], ...] = (
        (kl, [entry.known_kl for entry in entries], "o", ACCENT, ACCENT),
        (tv, [entry.total_variation for entry in entries], "s", "none", INK),
    )
    known = [[(k, x) for k, x in enumerate(v) if x is not None] for _, v, *_ in series]
    shown = [x for values in known for _, x in values if ROUNDING < x < math.inf]
    low, high = (min(shown) / 3, max(shown) * 3) if shown else (1e-3, 1.0)
    edges: set[tuple[int, str]] = set()
    for (label, _, marker, face, edge), values in zip(series, known, strict=True):
        look: dict[str, Any] = {
            "linestyle": "none",
            "markerfacecolor": face,
            "markeredgecolor": edge,
            "zorder": 4,
        }
        inside = [(x, k) for k, x in values if ROUNDING < x < math.inf]
        xs, rows = [x for x, _ in inside], [k for _, k in inside]
        ax.plot(xs, rows, marker=marker, markersize=6, label=label, **look)
        for k, x in values:
            if ROUNDING < x < math.inf:
                continue
            at, arrow, text = (low, "<", "0") if x <= ROUNDING else (high, ">", "$\\infty$")
            ax.plot([at], [k], marker=arrow, markersize=7, clip_on=False, **look)
            edges.add((k, text))
    for k, text in edges:
        ax.annotate(
            text,
            (0 if text == "0" else 1, k),
            xycoords=ax.get_yaxis_transform(),
            xytext=(8 if text == "0" else -8, 0),
            textcoords="offset points",
            horizontalalignment="left" if text == "0" else "right",
            verticalalignment="center",
            fontsize=SMALL * text_size(ax),
        )
    logarithmic(ax, "x")
    ax.set_xlim(low, high)
    beside = column(ax, [f"{entry.expected_calls:.3g}" for entry in entries], "calls")
    ax.set_xlabel("KL (nats), TV (no unit)")
    finish(ax, "x", beside=beside).grid(axis="y", color="0.95", linewidth=0.8)
    return ax


def _short(name: str) -> str:
    """Of several names the first, and how many there are."""
    first, *others = name.split(" = ")
    return f"{first} (+{len(others)})" if others else first
