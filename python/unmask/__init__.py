"""Exact information curves and optimal unmasking schedules for masked diffusion models.

A masked diffusion model reveals many tokens per call. The expected divergence that this costs is
the left Riemann error of one function of the data, its *information curve* (Chen, Cong and Li,
arXiv 2511.04647). This package computes that curve exactly, the cost of any schedule, and the best
schedule. Entropies and divergences are in nats.

>>> import numpy as np
>>> import unmask
>>> pair = unmask.distributions.Dense(np.array([[0.5, 0.0], [0.0, 0.5]]))
>>> curve = unmask.information_curve(pair)
>>> round(curve.total_correlation, 4)
0.6931
>>> unmask.schedules.optimal(curve, max_kl=0.1)
Schedule([1, 1])
"""

import importlib
from typing import TYPE_CHECKING, Any

from . import distributions as distributions
from . import io as io
from . import schedules as schedules
from ._bernoulli import BernoulliSchedule as BernoulliSchedule
from ._compute import information_curve as information_curve
from ._core import WorkError as WorkError
from ._core import num_threads as num_threads
from ._core import set_num_threads as set_num_threads
from ._cross_entropy_curve import CrossEntropyCurve as CrossEntropyCurve
from ._information_curve import InformationCurve as InformationCurve
from ._sampling import HalfSampleComparison as HalfSampleComparison
from ._sampling import half_sample_comparison as half_sample_comparison
from ._schedule import Schedule as Schedule

if TYPE_CHECKING:
    from . import adapters as adapters
    from . import bounds as bounds
    from . import estimation as estimation
    from . import hardness as hardness
    from . import plot as plot
    from . import samplers as samplers

__version__ = "0.1.0"

#: Parts that not everyone needs, imported when first asked for: importing the package stays fast.
_LATER = frozenset({"adapters", "bounds", "estimation", "hardness", "plot", "samplers"})


def __getattr__(name: str) -> Any:
    if name in _LATER:
        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_LATER})
