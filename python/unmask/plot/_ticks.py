"""Ticks of logarithmic axes. Imports matplotlib."""

from __future__ import annotations

import math
from collections.abc import Sequence

from matplotlib.ticker import Locator, MaxNLocator

#: The most ticks that are wanted, the fewest that must fit, and the fewest that show a scale.
MOST, FITTING, FEWEST = 9, 3, 2


class LogTicks(Locator):
    """Ticks no closer together than their labels are wide, and no fewer than two.

    At 1, 2 and 5 times the powers of ten; where these are too many at powers of ten, maybe not all,
    or at every second of the former; over a range with only one of them at even distances.

    Labels take `widths` times the room that matplotlib counts with.
    """

    def __init__(self, widths: float = 1.0) -> None:
        self.widths = widths

    def __call__(self) -> Sequence[float]:
        """Ticks for what is in view."""
        low, high = self.axis.get_view_interval()  # type: ignore[union-attr]
        return self.tick_values(low, high)

    def tick_values(self, vmin: float, vmax: float) -> Sequence[float]:
        """Ticks between two positive numbers."""
        low, high = sorted((vmin, vmax))
        most = MOST
        if self.axis is not None:
            most = max(FITTING, min(MOST, int(self.axis.get_tick_space() / self.widths)))
        powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
        places = [
            (3 * p + i, float(f"{digit}e{p}")) for p in powers for i, digit in enumerate("125")
        ]
        places = [(place, tick) for place, tick in places if low <= tick <= high]
        if len(places) < FEWEST:
            return MaxNLocator(most - 1).tick_values(low, high)
        # Every third is a power of ten.
        tens = [place for place, _ in places if place % 3 == 0]
        start = tens[0] if tens else places[0][0]
        second = (2,) if len(tens) < FITTING else ()
        for stride in (1, *second, *range(3, len(places) + 3, 3)):
            ticks = [tick for place, tick in places if (place - start) % stride == 0]
            if len(ticks) <= most:
                break
        return ticks
