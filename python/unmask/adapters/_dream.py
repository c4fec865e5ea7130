"""Dream: times whose ratios give the counts."""

from __future__ import annotations

from typing import Any

import numpy as np

from .._schedule import Schedule
from . import _shape


def dream(schedule: Schedule, *, like: object = None) -> Any:
    r"""Make the timesteps of Dream.

    Seen: ``generation_utils.py`` of Dream-org/Dream-v0 of 2025, and the copies in Fast-dLLM. Its
    loop reveals ``int(m (1 - s / t))`` of the ``m`` tokens still masked between the times ``t`` and
    ``s``, in float32, and all of them at the last step. Exact fractions fall on either side of an
    integer by rounding, and give wrong counts on most schedules. Half a token more makes every
    count right:

    .. math:: t_0 = 1, \quad t_{i+1} = t_i \Bigl(1 - \frac{k_i + 1/2}{m_i}\Bigr)

    with ``k_i`` tokens at step ``i``. Replace the line ``timesteps = torch.linspace(1, eps, ...)``
    in ``_sample`` and set ``steps=schedule.nfe``.

    The theory applies with ``temperature=1``, no ``top_p`` or ``top_k``, and an order that is
    random: ``alg="entropy"`` (or any other that counts) with a large ``alg_temp``, such as 1e6,
    under which positions are drawn uniformly without replacement. ``alg="origin"`` reveals each
    token by a coin instead: use ``schedule.mask_fractions`` there, and see `mdlm` for what it
    costs.

    Parameters
    ----------
    schedule : Schedule
        For as many tokens as every row has masked: Dream takes one count for the whole batch.
    like : torch.Tensor, optional
        Answer with a tensor on its device.

    Returns
    -------
    ndarray or torch.Tensor of float32, shape (k + 1,)
        From 1, falling, to 0.

    Raises
    ------
    ValueError
        If float32 cannot tell the counts apart, which happens above some millions of tokens.

    Examples
    --------
    >>> times = dream(Schedule([1, 2, 3]))
    >>> times
    array([1.   , 0.75 , 0.375, 0.   ], dtype=float32)
    >>> int(6 * (1 - times[1] / times[0])), int(5 * (1 - times[2] / times[1]))
    (1, 2)
    """
    sizes = _shape.checked(schedule).sizes[:-1]
    masked = (schedule.n - schedule.cumulative)[:-2]
    kept = np.cumprod(1 - (sizes + 0.5) / masked)
    times = np.concatenate(([1.0], kept, [0.0])).astype(np.float32)
    counts = masked.astype(np.float32) * (np.float32(1) - times[1:-1] / times[:-2])
    if not np.array_equal(counts.astype(np.int64), sizes):
        raise ValueError(
            f"schedule: has {schedule.n} tokens, expected so few that float32 tells their counts"
        )
    return _shape.alike(times, like)
