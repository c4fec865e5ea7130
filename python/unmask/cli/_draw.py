"""Drawing with characters, and schedules in few words."""

from collections.abc import Sequence

import numpy as np

from .._schedule import Schedule

BLOCKS = " ▁▂▃▄▅▆▇█"

#: Size of the drawing in characters; a token is drawn at most so wide.
WIDTH, HEIGHT, WIDEST_TOKEN = 60, 5, 6


def bars(values: Sequence[float]) -> list[str]:
    """Draw non-negative values as bars; lines from top to bottom.

    >>> bars([0.0, 1.0])[-1]
    '      ██████'
    """
    heights = np.maximum(np.asarray(values, dtype=np.float64), 0.0)
    width = max(1, min(WIDEST_TOKEN, WIDTH // len(heights)))
    if len(heights) > WIDTH:
        heights = heights[np.linspace(0, len(heights) - 1, WIDTH).round().astype(int)]
    largest = heights.max() or 1.0
    eighths = np.rint(heights / largest * HEIGHT * 8).astype(int)
    return [
        "".join(BLOCKS[min(8, max(0, eighth - 8 * row))] * width for eighth in eighths.tolist())
        for row in reversed(range(HEIGHT))
    ]


def sizes_text(schedule: Schedule, room: int) -> str:
    """Write out step sizes, in runs if there are many.

    >>> sizes_text(Schedule([3, 2, 2]), 20)
    '3, 2, 2'
    >>> sizes_text(Schedule([1] * 50 + [7] * 20 + [9]), 20)
    '1 x50, 7 x20, 9'
    """
    sizes = schedule.sizes
    if 3 * len(sizes) <= room + 2:  # none is shorter than "1, "
        text = ", ".join(map(str, sizes.tolist()))
        if len(text) <= room:
            return text
    starts = np.flatnonzero(np.diff(sizes, prepend=-1))
    counts = np.diff(starts, append=len(sizes))
    text, ellipsis = "", ", ..."
    for size, count in zip(sizes[starts].tolist(), counts.tolist(), strict=True):
        run = f"{size} x{count}" if count > 1 else f"{size}"
        longer = f"{text}, {run}" if text else run
        if len(longer) > room - len(ellipsis) and text:
            done = len(longer) <= room and starts[-1] + count == len(sizes) and size == sizes[-1]
            return longer if done else text + ellipsis
        text = longer
    return text
