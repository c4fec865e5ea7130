r"""From losses of single sequences to the curve, and how far it can be trusted.

A pass over sequence ``g`` with ``m`` tokens revealed has loss :math:`L_{gm}` with expectation
:math:`\ell_m`, whatever the sequence, as long as it and its order of revealing are random. Every
linear estimate whose weights depend on the design alone, and give :math:`\ell` back from it, is
therefore unbiased. Taken is the best one if the loss were :math:`\ell_m` plus an effect of the
sequence plus noise (generalised least squares; the ratio of the two variances is estimated from the
data): sequences are hard or easy, and what two counts owe to that cancels from their difference.
If every sequence is seen at every count, the estimate is the mean.

The covariance does not rest on that model. It is the sum of squares of what each sequence
contributed, with the correction for leverage of Bell and McCaffrey (CR2), which is exact under the
model and, for the mean, the sample covariance. Sums of cubes give the skewness: losses are skewed,
and a mean of 25 of them is not normal yet.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from .._cross_entropy_curve import CrossEntropyCurve
from ._smooth import MOST_SMOOTHED, smoothed
from ._tensor import Codes, Floats

#: Entries of the small matrices of sequences that are held at a time.
HELD = 1 << 20

#: Counts at which losses can be fitted, and tokens of which a covariance is kept: 128 MB.
MOST = 4096

#: Numbers that sequences contribute to the curve, up to which they are kept: 128 MB.
MOST_CONTRIBUTIONS = 1 << 24

#: Directions of a sequence that it alone determines say nothing about noise.
LEVERAGE = 1e-9


@dataclass(frozen=True)
class Fit:
    """An estimate at the nodes of the curve."""

    values: Floats  #: in nats, shape (k,)
    covariance: Floats | None  #: unless a node has a single sequence
    #: What each sequence contributed to the error, (G, k): the covariance is the sum of squares.
    contributions: Floats | None
    seen: Codes  #: sequences behind each node


def fitted(
    n: int,
    sequence: Codes,
    revealed: Codes,
    loss: Floats,
    weight: Floats,
    knots: int | None = None,
    entropy: Floats | None = None,
) -> CrossEntropyCurve:
    """Estimate the curve.

    Losses at counts that were not visited are interpolated linearly between their neighbours, and
    are those of the nearest one at the ends. With ``knots``, the curve is the piecewise linear
    function with so many nodes that fits best. With ``entropy`` of the predictions the smoothed
    curve leans on them.
    """
    if not len(loss):
        raise ValueError("curve: nothing was gathered, expected losses at one count or more")
    nodes = _nodes(revealed, knots)
    if len(nodes) > MOST:
        raise ValueError(
            f"knots: losses were gathered at {len(nodes)} counts, expected at most {MOST} or "
            "knots= to fit as many"
        )

    def fit(values: Floats) -> Fit:
        return _Problem(n, nodes, sequence, revealed, values, weight).solve()

    found = fit(loss)
    curve = _Line(n, nodes)
    if found.covariance is None:
        return CrossEntropyCurve(curve.values(found.values))
    parts = None if entropy is None else (fit(entropy), fit(loss - entropy))
    smooth = None
    if len(nodes) <= MOST_SMOOTHED:
        likely, covariance = smoothed(found, parts)
        smooth = CrossEntropyCurve(curve.values(likely), **curve.errors(covariance))
    return CrossEntropyCurve(
        curve.values(found.values),
        **curve.errors(found.covariance),
        sequences=int(found.seen.min()),
        skewness=curve.skewness(found),
        smoothed=smooth,
    )


class _Line:
    """The piecewise linear curve through nodes, and what errors at these become."""

    def __init__(self, n: int, nodes: Codes) -> None:
        self.n = n
        self.left, self.right, self.share = _between(np.arange(n), nodes)

    def values(self, given: Floats) -> Floats:
        """At all counts; of the last axis."""
        line: Floats = given[..., self.left] * (1 - self.share)
        line += given[..., self.right] * self.share
        return line

    def errors(self, covariance: Floats) -> dict[str, Any]:
        """Standard errors, and the covariance where it is not too large to be kept."""
        half = self.values(covariance)
        own = np.arange(self.n)
        variance = half[self.left, own] * (1 - self.share) + half[self.right, own] * self.share
        errors = np.sqrt(np.maximum(variance, 0.0))  # rounding
        if self.n > MOST:
            return {"standard_errors": errors}
        whole = half[self.left] * (1 - self.share)[:, None]
        whole += half[self.right] * self.share[:, None]
        # Symmetric but for rounding.
        whole = (whole + whole.T) / 2
        np.fill_diagonal(whole, errors**2)
        return {"standard_errors": errors, "covariance": whole}

    def skewness(self, found: Fit) -> Floats | None:
        """Of the errors; none where there are so many sequences that it does not matter."""
        parts = found.contributions
        if parts is None or len(parts) * self.n > MOST_CONTRIBUTIONS:
            return None
        parts = self.values(parts)
        second, third = (parts**2).sum(axis=0), (parts**3).sum(axis=0)
        crude = np.divide(third, second**1.5, out=np.zeros(self.n), where=second > 0)
        seen = found.seen[np.stack([self.left, self.right])].min(axis=0)
        # The factor that makes the skewness of a normal sample unbiased. Of three it is noise.
        unbiased: Floats = crude * np.sqrt(seen * (seen - 1)) / np.maximum(seen - 2, 1)
        return np.where(seen > 3, unbiased, 0.0)


class _Problem:
    """Records by sequence, and the nodes of the curve between which each lies."""

    def __init__(
        self, n: int, nodes: Codes, sequence: Codes, revealed: Codes, loss: Floats, weight: Floats
    ) -> None:
        self.nodes = nodes
        # What a sequence was asked twice counts once, with the mean answer.
        group = np.unique(sequence, return_inverse=True)[1]
        keys, record = np.unique(group * n + revealed, return_inverse=True)
        group, revealed = np.divmod(keys, n)
        weights = np.bincount(record, weight)
        left, right, share = _between(revealed, nodes)
        self.group = group
        self.weight = weights
        self.loss = np.bincount(record, weight * loss) / weights
        self.index = np.stack([left, right], axis=1)
        self.value = np.stack([1 - share, share], axis=1)
        if not share.any():
            self.index, self.value = self.index[:, :1], self.value[:, :1]
        self.sizes = np.bincount(group)
        self.starts = np.concatenate(([0], np.cumsum(self.sizes)))[:-1]
        seen = np.zeros(len(nodes), dtype=np.int64)
        for column, value in zip(self.index.T, self.value.T, strict=True):
            seen += np.bincount(column[value > 0], minlength=len(nodes))
        self.seen = seen

    def solve(self) -> Fit:
        """Losses at the nodes and their errors; none where a node has a single sequence."""
        ratio = 0.0
        if (self.sizes > 1).any():
            ratio = self._ratio(self._estimate(0.0)[0])
        losses, inverse = self._estimate(ratio)
        if self.seen.min() < 2:
            return Fit(losses, None, None, self.seen)
        count = len(self.nodes)
        scatter = np.zeros((count, count))
        keep = len(self.sizes) * count <= MOST_CONTRIBUTIONS
        contributions = np.zeros((len(self.sizes), count)) if keep else None
        for groups, index, parts in self._parts(losses, inverse, ratio):
            np.add.at(scatter, _pairs(index), parts[:, :, None] * parts[:, None, :])
            if contributions is not None:
                np.add.at(contributions, (groups[:, None], index), parts)
        if contributions is not None:
            contributions = contributions @ inverse
        return Fit(losses, inverse @ scatter @ inverse, contributions, self.seen)

    def _estimate(self, ratio: float) -> tuple[Floats, Floats]:
        """Solution of the normal equations, and the inverse of their matrix."""
        count = len(self.nodes)
        matrix, vector = np.zeros((count, count)), np.zeros(count)
        for records, whitening in self._batches(ratio):
            index, basis = self._whitened(records, whitening)
            losses = np.einsum("gij,gj->gi", whitening, self.loss[records])
            np.add.at(matrix, _pairs(index), np.einsum("gie,gif->gef", basis, basis))
            np.add.at(vector, index, np.einsum("gie,gi->ge", basis, losses))
        inverse = np.asarray(np.linalg.inv(matrix), dtype=np.float64)
        return inverse @ vector, inverse

    def _ratio(self, losses: Floats) -> float:
        """Variance of the effect of a sequence by that of noise, by moments of the residuals."""
        residuals = self._residuals(losses)
        weights = self.weight
        within = np.bincount(self.group, weights * residuals) ** 2
        own = np.bincount(self.group, (weights * residuals) ** 2)
        pairs = np.bincount(self.group, weights) ** 2 - np.bincount(self.group, weights**2)
        shared = max(0.0, float((within - own).sum() / pairs.sum()))
        total = float((weights * residuals**2).sum() / weights.sum())
        noise = max(total - shared, total * 1e-3)
        return shared / noise if noise > 0 else 0.0

    def _parts(
        self, losses: Floats, inverse: Floats, ratio: float
    ) -> Iterator[tuple[Codes, Codes, Floats]]:
        """Sequences, the nodes they touch, and what they contribute to the normal equations."""
        residuals = self._residuals(losses)
        for records, whitening in self._batches(ratio):
            index, basis = self._whitened(records, whitening)
            hat = basis @ inverse[_pairs(index)] @ basis.transpose(0, 2, 1)
            values, vectors = np.linalg.eigh(np.eye(hat.shape[1]) - hat)
            scale = np.where(values > LEVERAGE, np.maximum(values, LEVERAGE) ** -0.5, 0.0)
            white = np.einsum("gij,gj->gi", whitening, residuals[records])
            white = np.einsum("gji,gj->gi", vectors, white) * scale
            white = np.einsum("gij,gj->gi", vectors, white)
            yield self.group[records[:, 0]], index, np.einsum("gie,gi->ge", basis, white)

    def _residuals(self, losses: Floats) -> Floats:
        residuals: Floats = self.loss - (losses[self.index] * self.value).sum(axis=1)
        return residuals

    def _batches(self, ratio: float) -> Iterator[tuple[Codes, Floats]]:
        """Records of sequences that have as many, (g, r), and what whitens them, (g, r, r)."""
        for size in np.unique(self.sizes):
            starts = self.starts[self.sizes == size]
            width = max(1, HELD // (size * self.index.shape[1]) ** 2)
            for first in range(0, len(starts), width):
                records = starts[first : first + width, None] + np.arange(size)
                root = np.sqrt(self.weight[records])
                mass = (root**2).sum(axis=1)
                shrink = (1 - 1 / np.sqrt(1 + ratio * mass)) / mass
                whitening = np.eye(size) - shrink[:, None, None] * root[:, :, None] * root[:, None]
                yield records, whitening * root[:, None, :]

    def _whitened(self, records: Codes, whitening: Floats) -> tuple[Codes, Floats]:
        """Nodes that sequences touch, (g, e), and the basis there, (g, r, e)."""
        touched = self.index.shape[1]
        index = self.index[records].reshape(len(records), -1)
        value = self.value[records].reshape(len(records), 1, -1)
        return index, np.repeat(whitening, touched, axis=2) * value


def _nodes(revealed: Codes, knots: int | None) -> Codes:
    """Counts at which the curve is free: those visited, or some of them, equally often visited."""
    visited = np.unique(revealed)
    if knots is None or len(visited) <= knots:
        return visited
    ranks = np.linspace(0, len(revealed) - 1, knots).round().astype(np.int64)
    return np.unique(np.sort(revealed)[ranks])


def _between(counts: Codes, nodes: Codes) -> tuple[Codes, Codes, Floats]:
    """Neighbours among the nodes, and the share of the right one."""
    right = np.clip(np.searchsorted(nodes, counts), 0, len(nodes) - 1)
    left = np.where((nodes[right] == counts) | (right == 0), right, right - 1)
    gap = nodes[right] - nodes[left]
    offset = np.clip(counts, nodes[0], nodes[-1]) - nodes[left]
    return left, right, np.divide(offset, gap, out=np.zeros(len(counts)), where=gap > 0)


def _pairs(index: Codes) -> tuple[Codes, Codes]:
    return index[:, :, None], index[:, None, :]
