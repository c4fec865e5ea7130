"""What an optimum is compared with."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from .. import schedules
from .._curve import Curve
from .._information_curve import InformationCurve
from .._schedule import Schedule

#: Tolerances at which a rule that takes one is asked for a schedule.
TOLERANCES = 60

#: The smallest of them, by the total correlation or its dual.
SMALLEST = 1e-5

#: Up to so many tokens minimax schedules know the harmonic mass as well, and so many tokens times
#: lengths they are searched for: either takes a second.
HARMONIC_TOKENS, MINIMAX_WORK = 512, 1_000_000


def rules(curve: Curve, lengths: Iterable[int]) -> dict[str, list[Schedule]]:
    """Make the schedules in common use, and those of who knows little, at several lengths.

    Parameters
    ----------
    curve : InformationCurve or CrossEntropyCurve
        Of an information curve, the totals are what little is known.
    lengths : iterable of int
        Numbers of steps.

    Returns
    -------
    dict of str to list of Schedule
        ``uniform`` and ``cosine``; for an information curve also ``TC or DTC``, the published
        schedules for a tolerance, whichever is the shorter (Chen, Cong and Li, arXiv 2511.04647),
        and ``minimax``, which knows both and, up to 512 tokens, the harmonic mass. For more than
        some thousand tokens only some lengths of it.

    Examples
    --------
    >>> from unmask import InformationCurve
    >>> curve = InformationCurve.from_conditional_entropies([0.7, 0.2, 0.1, 0.1])
    >>> rules(curve, [1, 2])["uniform"]
    [Schedule([4]), Schedule([2, 2])]
    """
    n, lengths = curve.n, list(lengths)
    made = {
        "uniform": [schedules.uniform(n, steps) for steps in lengths],
        "cosine": [schedules.cosine(n, steps) for steps in lengths],
    }
    if not isinstance(curve, InformationCurve):
        return made
    tc, dtc = curve.total_correlation, curve.dual_total_correlation
    if min(tc, dtc) > 0:
        made["TC or DTC"] = _published(n, tc, dtc, max(lengths, default=1))
        known = {"total_correlation": tc, "dual_total_correlation": dtc}
        if n <= HARMONIC_TOKENS:
            known["harmonic_mass"] = curve.harmonic_mass
        thinned = lengths[:: max(1, n * len(lengths) // MINIMAX_WORK)]
        made["minimax"] = [schedules.minimax(n, steps=steps, **known) for steps in thinned]
    return made


def _published(n: int, tc: float, dtc: float, most: int) -> list[Schedule]:
    """Schedules for a range of tolerances, one of each length up to `most`."""
    found: dict[int, Schedule] = {}
    for tolerance in np.geomspace(min(tc, dtc), SMALLEST * min(tc, dtc), TOLERANCES):
        shorter = min(
            schedules.total_correlation(n, tc, tolerance),
            schedules.dual_total_correlation(n, dtc, tolerance),
            key=len,
        )
        if len(shorter) > most:
            break
        found[len(shorter)] = shorter
    return list(found.values())
