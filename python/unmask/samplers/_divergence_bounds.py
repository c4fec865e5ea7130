r"""Lower bounds of divergences from samples, by events that both laws give a probability.

Whatever merges outcomes brings laws nearer (data processing), in total variation and in both KL
divergences: an event of which one law has the probability ``p`` and the other ``q`` proves

    KL >= p ln(p / q) + (1 - p) ln((1 - p) / (1 - q)),

and a partition into cells the KL divergence of the laws of the cell.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from ..distributions._base import Floats
from ._estimate import Estimate

#: Halvings that leave nothing of an interval of doubles.
HALVINGS = 200


class Bounds(NamedTuple):
    """Lower bounds, and what the observed frequencies say themselves; shapes (m,)."""

    total_variation: tuple[Floats, Floats]
    kl: tuple[Floats, Floats]
    reverse_kl: tuple[Floats, Floats]


def by_events(
    claimed: tuple[Floats, Floats, Floats], seen: tuple[Floats, Floats, Floats]
) -> Bounds:
    """What events prove, whose probabilities are about so large, and within limits for certain."""
    (p, least_p, most_p), (q, least_q, most_q) = claimed, seen
    # The nearest that both may be; the same where the limits overlap.
    near_p = np.where(most_p < least_q, most_p, np.where(least_p > most_q, least_p, p))
    near_q = np.where(most_p < least_q, least_q, np.where(least_p > most_q, most_q, p))
    return Bounds(
        (np.abs(near_p - near_q), np.abs(p - q)),
        (_binary_kl(near_p, near_q), _binary_kl(p, q)),
        (_binary_kl(near_q, near_p), _binary_kl(q, p)),
    )


def strongest(pairs: list[tuple[Floats, Floats]], most: float) -> Estimate:
    """The largest lower bound, with what was observed there; the latter alone if none is left."""
    low, plain = (np.concatenate(parts) for parts in zip(*pairs, strict=True))
    best = int(np.lexsort((plain, low))[-1])
    if low[best] == 0.0:
        # What was observed is off by chance, and by more so the more events there are.
        plain = pairs[-1][1]
        return Estimate(float(plain.max()), 0.0, most)
    return Estimate(max(float(low[best]), float(plain[best])), float(low[best]), most)


def merged_kl(claimed: Floats, counts: Floats, confidence: float) -> Estimate:
    r"""``KL(claimed || sampler)`` of cells, at least, at any size; half a count more in each cell.

    With ``c`` cells and ``N`` samples, :math:`P(KL(seen || sampler) \ge x/N) \le e^{-x} (e x /
    (c - 1))^{c - 1}` for ``x > c - 1`` (Agrawal, arXiv 1904.02291). Of all laws of the sampler that
    this leaves, the nearest to the claim is a mixture of the claim and what was seen.
    """
    size, cells = float(counts.sum()), len(counts)
    smoothed = (counts + 0.5) / (size + 0.5 * cells)
    value = max(0.0, _kl(claimed, smoothed))
    if cells == 1:
        return Estimate(0.0, 0.0, math.inf)
    seen, radius = counts / size, _radius(cells - 1, 1.0 - confidence) / size

    def mixed(share: float) -> Floats:
        return (1.0 - share) * claimed + share * seen

    # Shares of what was seen: the more, the farther from the claim and the nearer to the samples.
    low, high = 0.0, 1.0
    if _kl(seen, claimed) <= radius:
        return Estimate(value, 0.0, math.inf)
    for _ in range(HALVINGS):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if _kl(seen, mixed(middle)) > radius else (low, middle)
    least = max(0.0, _kl(claimed, mixed(low)))
    return Estimate(max(value, least), least, math.inf)


def _radius(degrees: int, error: float) -> float:
    """The ``x > degrees`` whose tail bound is the error."""
    low, high = float(degrees), 2.0 * (degrees + math.log(1.0 / error)) + 10.0 * degrees
    for _ in range(HALVINGS):
        x = 0.5 * (low + high)
        tail = degrees * (1.0 + math.log(x / degrees)) - x
        low, high = (x, high) if tail > math.log(error) else (low, x)
    return high


def _kl(p: Floats, q: Floats) -> float:
    support = p > 0.0
    with np.errstate(divide="ignore"):
        return float((p[support] * np.log(p[support] / q[support])).sum())


def _binary_kl(p: Floats, q: Floats) -> Floats:
    """KL divergence of coins; infinite where only `q` is sure."""
    with np.errstate(divide="ignore", invalid="ignore"):
        heads = np.where(p > 0.0, p * np.log(p / q), 0.0)
        tails = np.where(p < 1.0, (1.0 - p) * np.log((1.0 - p) / (1.0 - q)), 0.0)
        both: Floats = np.where(p == q, 0.0, np.maximum(0.0, heads + tails))
        return both
