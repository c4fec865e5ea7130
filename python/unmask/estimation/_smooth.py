r"""The curve as it most likely is: what to choose a schedule by.

An unbiased estimate is what a schedule has to be priced by, but among many schedules that cost
nearly the same it lets noise choose. Two things more are known of most models, none for certain:

* they are nearly calibrated: the loss :math:`\ell` is the entropy ``e`` of the predictions, which
  varies much less, plus a gap ``d``, about the same at all counts. A priori
  :math:`d \sim N(0, \tau K)`, with correlations :math:`K` of 0.95;
* their curves bend slowly. A priori third differences between nodes are :math:`N(0, \tau)`.

Both :math:`\tau` are fitted by maximum likelihood (empirical Bayes, as in James and Stein 1961 and
in the smoother of Whittaker 1923), so that the data overrule what they disprove: where the gap is
beyond doubt it is taken as it is, and so is a cliff. Both estimates are then linear,

.. math:: \hat\ell = M (e + A d), \quad A = \tau K (\tau K + C_d)^{-1}, \quad
    M = 1 - C D^T (\tau + D C D^T)^{-1} D

with ``D`` taking third differences. The sample covariance of few sequences is singular, and would
pin the curve down in directions at random; the noise ``C`` therefore has variances that borrow from
their neighbours, and correlations that fall geometrically with the distance between nodes. The
covariance of the result is that a posteriori if both :math:`\tau` were known; with few sequences,
of which they are not, it is too small.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ._tensor import Codes, Floats

if TYPE_CHECKING:
    from ._fit import Fit

#: Nodes up to which a curve is smoothed: about a second.
MOST_SMOOTHED = 512

#: Order of the differences that are small.
ORDER = 3

#: Correlation between gaps at different counts, a priori.
ALIKE = 0.95

#: Variances borrow from so many neighbours on either side, as much as two more sequences would say.
NEIGHBOURS, BORROWED = 2, 2

#: Least noise, by its mean: what is exact must not make matrices singular.
LEAST_NOISE = 1e-9

#: Scales that are tried, by the largest that can be the likeliest.
SCALES = np.concatenate(([0.0], np.logspace(-10, 1, 67)))


def smoothed(loss: Fit, parts: tuple[Fit, Fit] | None) -> tuple[Floats, Floats]:
    """Losses as they most likely are, and their covariance a posteriori.

    Parameters
    ----------
    loss : Fit
        With covariance.
    parts : tuple of Fit, optional
        The entropy of the predictions, and by how much the loss exceeds it.
    """
    assert loss.covariance is not None
    values, noise = loss.values, _noise(loss.covariance, loss.seen)
    if parts is not None:
        entropy, gap = parts
        assert gap.covariance is not None
        # Of very many sequences contributions are not kept, and there is nothing to shrink.
        if entropy.contributions is not None and gap.contributions is not None:
            doubt = _noise(gap.covariance, gap.seen)
            shrink = _shrinkage(gap.values, doubt)
            values = entropy.values + shrink @ gap.values
            each = entropy.contributions + gap.contributions @ shrink.T
            # What is not believed of the gap may still be there: A C_d is its covariance a
            # posteriori, of which the contributions hold A C_d A'.
            left = shrink @ doubt
            left -= left @ shrink.T
            noise = _noise(each.T @ each, loss.seen) + (left + left.T) / 2
    smooth = _smoothing(values, noise)
    covariance = smooth @ noise
    return smooth @ values, (covariance + covariance.T) / 2


def _noise(covariance: Floats, seen: Codes) -> Floats:
    """A covariance of full rank in the place of that of few sequences."""
    variance = np.maximum(np.diagonal(covariance), 0.0)  # rounding
    apart = np.abs(np.subtract.outer(np.arange(len(variance)), np.arange(len(variance))))
    near = apart <= NEIGHBOURS
    around = near @ variance / near.sum(axis=1)
    pooled = ((seen - 1) * variance + BORROWED * around) / (seen - 1 + BORROWED)
    pooled = np.maximum(pooled, LEAST_NOISE * pooled.mean())
    products = np.sqrt(variance[1:] * variance[:-1]).sum()
    likeness = np.diagonal(covariance, 1).sum() / products if products > 0 else 0.0
    errors = np.sqrt(pooled)
    noise: Floats = errors[:, None] * errors * np.clip(likeness, 0.0, 0.999) ** apart
    return noise


def _shrinkage(gap: Floats, noise: Floats) -> Floats:
    """Matrix A: how much of the gap is believed."""
    if not noise.any():
        return np.eye(len(gap))
    prior = np.full_like(noise, ALIKE)
    np.fill_diagonal(prior, 1.0)
    wide = _likeliest_scale(gap, noise, prior) * prior
    return np.asarray(np.linalg.solve(wide + noise, wide).T, dtype=np.float64)


def _smoothing(values: Floats, noise: Floats) -> Floats:
    """Matrix M: how much of its third differences the curve keeps."""
    identity = np.eye(len(values))
    if len(values) <= ORDER or not noise.any():
        return identity
    bends = np.diff(identity, ORDER, axis=0)
    spread = bends @ noise @ bends.T
    prior = np.eye(len(bends))
    scale = _likeliest_scale(bends @ values, spread, prior)
    return identity - noise @ bends.T @ np.linalg.solve(scale * prior + spread, bends)


def _likeliest_scale(values: Floats, noise: Floats, prior: Floats) -> float:
    """The likeliest ``tau`` if values are N(0, tau prior + noise), of a grid."""
    root = np.linalg.cholesky(prior)
    white = np.linalg.solve(root, np.linalg.solve(root, noise).T)
    variances, vectors = np.linalg.eigh((white + white.T) / 2)
    squares = (vectors.T @ np.linalg.solve(root, values)) ** 2
    scales = squares.max() * SCALES
    total = scales[:, None] + np.maximum(variances, 1e-300)
    likelihood = -(np.log(total) + squares / total).sum(axis=1)
    return float(scales[int(np.argmax(likelihood))])
