"""How the commands compute a curve."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .. import _core
from .._compute import AUTO_SECONDS, Method, information_curve
from .._duration import duration
from .._information_curve import InformationCurve
from .._progress import progress_bar

if TYPE_CHECKING:
    from ..distributions import Distribution

#: Work that is predicted to take less is not announced.
PATIENCE_SECONDS = 10.0


@dataclass(frozen=True)
class Computation:
    """What was asked for."""

    method: Method = "auto"
    samples: int | None = None
    seed: int = 0
    threads: int | None = None

    @property
    def by_default(self) -> bool:
        """Whether nothing was asked for."""
        return self.method == "auto"

    def curve(self, law: Distribution, label: str) -> InformationCurve:
        """Compute the curve, and show how far it is."""
        sampled = self.method == "sampled"
        if not sampled:
            self._announce(law, label)
        with progress_bar(label) as progress:
            return information_curve(
                law,
                method=self.method,
                samples=self.samples,
                seed=self.seed if sampled else None,
                threads=self.threads,
                progress=progress,
            )

    def _announce(self, law: Distribution, label: str) -> None:
        """Say how long it will take, where that is long and is not refused at once."""
        seconds = law._predicted_seconds()
        most = AUTO_SECONDS if self.method == "auto" else sys.float_info.max
        if PATIENCE_SECONDS < seconds <= most:
            threads = self.threads or _core.num_threads()
            on = "one thread" if threads == 1 else f"{threads} threads"
            about = duration(seconds / threads)
            print(f"{label}: predicted to take about {about} on {on}", file=sys.stderr)
