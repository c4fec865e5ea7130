"""What notebooks show: small tables, and pictures drawn as SVG without any other package.

Lines take the colour of the text around them, so that they are seen on light and dark pages.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["bars", "by_steps", "fragment", "line", "table"]

#: Size of a picture and of the margin that its labels stand in, in pixels.
WIDTH, HEIGHT, LEFT, BOTTOM, TOP = 360, 150, 60, 30, 8

#: More points than pixels show nothing more.
MOST_POINTS = 400

#: Costs below this share of the largest are rounding.
ROUNDING = 1e-12

_TEXT = 'fill="currentColor" stroke="none" font-family="sans-serif" font-size="11"'


def fragment(title: str, *parts: str) -> str:
    """Put parts below a title, for which the ``repr`` of what is shown will do."""
    return f"<div><strong>{escape(title.strip('<>'))}</strong><br/>{''.join(parts)}</div>"


def table(rows: Iterable[Sequence[str]], headings: Sequence[str] = ()) -> str:
    """Write rows of text as a table.

    >>> table([["H", "1 < 2"]])
    '<table><tr><td>H</td><td>1 &lt; 2</td></tr></table>'
    """
    head = "".join(f"<th>{escape(heading)}</th>" for heading in headings)
    lines = [head] if head else []
    lines += ["".join(f"<td>{escape(cell)}</td>" for cell in row) for row in rows]
    return f"<table>{''.join(f'<tr>{row}</tr>' for row in lines)}</table>"


def bars(values: npt.NDArray[Any], labels: tuple[str, str]) -> str:
    """Draw a staircase over equal intervals from 0, filled to the axis; label both axes.

    >>> bars(np.array([1, 3]), ("step", "tokens")).startswith("<svg")
    True
    """
    heights = values
    edges = np.arange(len(heights) + 1, dtype=np.float64)
    if len(heights) > MOST_POINTS:
        edges = np.unique(np.linspace(0, len(heights), MOST_POINTS + 1).round())
        heights = heights[edges[:-1].astype(int)]
    low, high = min(0.0, float(heights.min())), max(0.0, float(heights.max()))
    x = np.repeat(edges, 2)
    y = np.concatenate(([0.0], np.repeat(heights, 2), [0.0]))
    return _picture(x, y, (0.0, edges[-1]), (low, high), labels, fill=True)


def line(x: npt.NDArray[Any], y: npt.NDArray[Any], labels: tuple[str, str]) -> str:
    """Draw positive numbers against positive numbers, both on logarithmic axes."""
    if len(x) > MOST_POINTS:
        kept = np.unique(np.geomspace(1, len(x), MOST_POINTS).round().astype(int)) - 1
        x, y = x[kept], y[kept]
    ends = (float(x.min()), float(x.max())), (float(y.min()), float(y.max()))
    return _picture(np.log(x), np.log(y), *ends, labels, fill=False)


def by_steps(title: str, costs: dict[str, npt.NDArray[np.float64]]) -> str:
    """Show costs in nats of 1, 2, .. steps: a picture of the first, and all in a table.

    The picture is logarithmic and leaves out what is not above zero, or only by rounding.
    """
    name, first = next(iter(costs.items()))
    steps = np.arange(1, len(first) + 1)
    shown = first > ROUNDING * max(0.0, float(first.max()))
    pictures = []
    if shown.sum() > 1:
        labels = ("steps, both logarithmic", f"{name} (nats)")
        pictures.append(line(steps[shown], first[shown], labels))
    lengths = [1 << power for power in range(len(first).bit_length())]
    rows = [["steps", *map(str, lengths)]]
    rows += [
        [f"{name} (nats)", *(f"{cost[k - 1]:.4g}" for k in lengths)] for name, cost in costs.items()
    ]
    return fragment(title, *pictures, table(rows))


def _picture(
    x: npt.NDArray[np.float64],
    y: npt.NDArray[np.float64],
    horizontal: tuple[float, float],
    vertical: tuple[float, float],
    labels: tuple[str, str],
    *,
    fill: bool,
) -> str:
    """Draw a line through points, with the ends of both axes in numbers."""
    right, floor = WIDTH - 8, HEIGHT - BOTTOM
    across = LEFT + _scaled(x) * (right - LEFT)
    down = floor - _scaled(y) * (floor - TOP)
    points = " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(across, down, strict=True))
    shade = 'fill="currentColor" fill-opacity="0.15"' if fill else 'fill="none"'
    texts = [
        (LEFT - 4, floor, "end", f"{vertical[0]:.3g}"),
        (LEFT - 4, TOP + 8, "end", f"{vertical[1]:.3g}"),
        (LEFT, HEIGHT - 16, "start", f"{horizontal[0]:.6g}"),
        (right, HEIGHT - 16, "end", f"{horizontal[1]:.6g}"),
        ((LEFT + right) / 2, HEIGHT - 4, "middle", f"{labels[1]} by {labels[0]}"),
    ]
    written = "".join(
        f'<text x="{a:g}" y="{b:g}" text-anchor="{anchor}" {_TEXT}>{escape(text)}</text>'
        for a, b, anchor, text in texts
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" '
        f'role="img" aria-label="{escape(labels[1])} by {escape(labels[0])}" '
        'stroke="currentColor">'
        f'<polyline points="{points}" {shade} stroke-width="1.5"/>'
        f'<path d="M{LEFT} {TOP}V{floor}H{right}" fill="none" stroke-width="0.7"/>{written}</svg>'
    )


def _scaled(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """From 0 to 1; all 0 where all are the same."""
    low, span = values.min(), np.ptp(values)
    scaled: npt.NDArray[np.float64] = (values - low) / (span if span > 0 else 1.0)
    return scaled
