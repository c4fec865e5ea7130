"""MDLM and other ancestral samplers: each token is revealed by a coin of its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from .. import _check
from .._bernoulli import BernoulliSchedule
from .._schedule import Schedule
from . import _shape


@dataclass(frozen=True)
class NoiseSchedule:
    """Masked fraction by time, as the noise of MDLM and SEDD gives it.

    Made by `mdlm`. Times are numbers, arrays or torch tensors, and so are the answers.

    Attributes
    ----------
    schedule : BernoulliSchedule
        What it makes a sampler do.
    sampling_eps : float
        Time at which the sampler stops.
    floor : float
        Least fraction revealed, which keeps the noise finite.
    """

    schedule: BernoulliSchedule
    sampling_eps: float
    floor: float

    def mask_fraction(self, t: Any) -> Any:
        """Fraction masked at time `t`: that before step ``j`` at ``1 - j (1 - eps) / K``."""
        return _shape.of_time(self._mask_fraction, t)

    def total_noise(self, t: Any) -> Any:
        """``-log(1 - mask fraction)`` at time `t`; infinite at 1 if the floor is 0."""
        return _shape.of_time(self._total, t)

    def rate_noise(self, t: Any) -> Any:
        """Slope of `total_noise` at time `t`."""
        return _shape.of_time(self._rate, t)

    def __call__(self, t: Any) -> tuple[Any, Any]:
        """Return total noise and its rate at time `t`."""
        return self.total_noise(t), self.rate_noise(t)

    forward = __call__

    @property
    def _knots(self) -> npt.NDArray[np.float64]:
        steps = self.schedule.nfe
        return np.linspace(self.sampling_eps, 1.0, steps + 1)

    def _mask_fraction(self, times: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        fractions = np.interp(times, self._knots, self.schedule.mask_fractions[::-1])
        return np.minimum(fractions, 1 - self.floor)

    def _total(self, times: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        with np.errstate(divide="ignore"):
            return -np.log1p(-self._mask_fraction(times))

    def _rate(self, times: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        knots = self._knots
        slopes = np.diff(self.schedule.levels)[::-1] / np.diff(knots)
        piece = np.searchsorted(knots, times, side="right") - 1
        slope = np.where(piece < 0, 0.0, slopes[np.clip(piece, 0, len(slopes) - 1)])
        with np.errstate(divide="ignore"):
            return slope / (1 - self._mask_fraction(times))


def mdlm(
    schedule: Schedule | BernoulliSchedule, *, sampling_eps: float = 1e-5, floor: float = 0.0
) -> NoiseSchedule:
    r"""Make a noise schedule for MDLM, SEDD, ReMDM and others of that design.

    Seen: ``noise_schedule.py`` and ``diffusion.py`` of kuleshov-group/mdlm of 2024, whose interface
    ReMDM kept and which is that of SEDD. The sampler steps through
    ``linspace(1, eps, K + 1)`` and lets a masked token be revealed between ``t`` and ``s`` with
    probability ``(f(t) - f(s)) / f(t)``, where ``f = 1 - exp(-total)`` is the masked fraction::

        model.noise = unmask.adapters.mdlm(schedule)
        model.sample(num_steps=schedule.nfe)          # sampling.predictor: ddpm

    **Counts are binomial**, not those of the schedule: step ``t`` reveals ``s_t`` tokens in the
    mean. What is sampled is the `BernoulliSchedule` of the answer, and
    ``curve.expected_kl(noise.schedule)`` its expected KL, which is another one and usually larger;
    `unmask.schedules.optimal_levels` finds the best levels for a curve. ``ddpm_cache`` takes the
    times themselves for the masked fraction and does not ask the noise: pass it the fractions
    instead of times.

    The theory (in that form) applies as these samplers draw at temperature 1 in random order; a
    last call that takes the most likely token (``noise_removal``) finds nothing masked.

    Parameters
    ----------
    schedule : Schedule or BernoulliSchedule
        Its `nfe` must be the number of steps of the sampler.
    sampling_eps : float
        Time at which the sampler stops, in [0, 1): 1e-5 in MDLM and SEDD.
    floor : float
        Least fraction revealed, in [0, 1). With 0 the total noise at time 1 is infinite, which is
        exact, and right for networks that do not look at it (MDLM without time conditioning). SEDD
        does: 1e-3 is the value it was trained with.

    Returns
    -------
    NoiseSchedule
        With ``total_noise(t)``, ``rate_noise(t)`` and a call that returns both.

    Examples
    --------
    >>> import numpy as np
    >>> noise = mdlm(Schedule([1, 2, 3]), sampling_eps=0.0)
    >>> noise.mask_fraction(np.array([1, 2 / 3, 1 / 3, 0]))
    array([1.        , 0.83333333, 0.5       , 0.        ])
    >>> noise.total_noise(1 / 3)
    0.6931471805599453
    >>> noise.schedule
    BernoulliSchedule([0.0, 0.166667, 0.5, 1.0], n=6)
    """
    return NoiseSchedule(
        _shape.bernoulli(schedule),
        _check.proportion(sampling_eps, "sampling_eps"),
        _check.proportion(floor, "floor"),
    )
