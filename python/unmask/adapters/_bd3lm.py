"""BD3-LM: blocks of tokens that are revealed by coins."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from .._bernoulli import BernoulliSchedule
from .._schedule import Schedule
from . import _shape

#: Starts and ends of more steps are too near to each other for float32.
MOST_STEPS = 2000


def bd3lm(schedule: Schedule | BernoulliSchedule) -> Callable[[Any], tuple[None, Any]]:
    """Make the noise of BD3-LM's sampler.

    Seen: ``_semi_ar_sampler`` in ``diffusion.py`` of kuleshov-group/bd3lms of 2025 (in copies of
    it). Its noise answers a time with a weight of the loss and the masked fraction. It takes ``K``
    steps for each block, of which step ``i`` starts at ``1 - i / (K - 1)`` and ends ``1 / K``
    earlier, which is not where the next one starts. The masked fraction is therefore made constant
    from each start up to the end of the step before::

        model.noise = unmask.adapters.bd3lm(schedule)
        # sampling.first_hitting=False, sampling.nucleus_p=1.0, and schedule.nfe steps

    **Counts are binomial**, as for `mdlm`. The theory applies in that form, block by block; the
    model was trained with noise of its own, and only looks at the masked fraction if it is
    conditioned on time.

    Parameters
    ----------
    schedule : Schedule or BernoulliSchedule
        For the tokens of one block.

    Returns
    -------
    callable
        ``noise(t)`` returns ``(None, masked fraction)`` of numbers, arrays or tensors.

    Raises
    ------
    ValueError
        If there are more than 2,000 steps: float32 does not tell their times.

    Examples
    --------
    >>> noise = bd3lm(Schedule([1, 1, 2]))
    >>> [(noise(t)[1], noise(t - 1 / 3)[1]) for t in (1, 0.5, 0)]
    [(1.0, 0.75), (0.75, 0.5), (0.5, 0.0)]
    """
    levels = _shape.bernoulli(schedule)
    steps, masked = levels.nfe, levels.mask_fractions
    if steps > MOST_STEPS:
        raise ValueError(f"schedule: has {steps} steps, expected at most {MOST_STEPS}")

    def fraction(times: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        # A start is a whole number of steps, an end falls 1 / K short of one.
        passed = (1 - times) * (steps - 1) if steps > 1 else 1 - times
        index = np.ceil(passed - 0.5 / steps).astype(np.int64)
        return masked[np.clip(index, 0, steps)]

    def noise(t: Any) -> tuple[None, Any]:
        return None, _shape.of_time(fraction, t, earliest=-1.0)

    return noise
