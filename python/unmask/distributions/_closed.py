"""Curves that are given by a formula."""

from __future__ import annotations

from .. import _core
from .._information_curve import InformationCurve
from ._base import Floats

__all__ = ["direct"]


def direct(
    h: Floats,
    z: Floats,
    method: str = "closed form",
    coverage: Floats | None = None,
    estimator: str | None = None,
) -> InformationCurve:
    """Make a curve of ``h`` and ``z`` that were found without differences of large sums."""
    return InformationCurve._made(_core.mean_entropies(h), h, z, coverage, estimator, method)
