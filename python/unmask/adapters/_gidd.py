"""GIDD: ascending times."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import _check
from .._bernoulli import BernoulliSchedule
from .._schedule import Schedule
from . import _shape


def gidd(schedule: Schedule | BernoulliSchedule, *, t_eps: float = 0.0, like: object = None) -> Any:
    """Make the times of GIDD's sampler.

    Seen: ``sampling.py`` of dvruette/gidd of 2025 (in copies of it). Its loop is
    ``for i = N - 1 .. 0: z = step(z, ts[i], ts[max(0, i - 1)])``: the first step starts at
    ``ts[N - 1]``, and the last one stays at ``ts[0]`` and changes nothing. So run it with
    ``num_denoising_steps = schedule.nfe + 1`` and these times in place of its ``ts``: it makes the
    steps of the schedule and one idle call.

    The theory applies to a model with masks alone (``p_uniform = 0``), where the time is the
    masked fraction, with ``min_p=0``. **Counts are binomial**, as for `mdlm`.

    Parameters
    ----------
    schedule : Schedule or BernoulliSchedule
        What to follow.
    t_eps : float
        Times are kept within ``[t_eps, 1 - t_eps]``, in [0, 0.5). The sampler's own default, 1e-4,
        leaves that share of the tokens masked.
    like : torch.Tensor, optional
        Answer with a tensor on its device.

    Returns
    -------
    ndarray or torch.Tensor of float32, shape (k + 1, 1)
        Masked fractions, ascending from 0 (everything known) to 1.

    Examples
    --------
    >>> gidd(Schedule([1, 1, 2])).ravel()
    array([0.  , 0.5 , 0.75, 1.  ], dtype=float32)
    """
    margin = _check.proportion(t_eps, "t_eps")
    if margin >= 0.5:
        raise ValueError(f"t_eps: is {t_eps}, expected a number in [0, 0.5)")
    fractions = _shape.bernoulli(schedule).mask_fractions[::-1]
    times = np.clip(fractions, margin, 1 - margin).astype(np.float32)
    return _shape.alike(times[:, None], like)
