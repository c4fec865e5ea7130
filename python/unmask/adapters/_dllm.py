"""Dllm: a scheduler of the kept fraction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from .._schedule import Schedule
from . import _shape

#: What dllm adds to the masked fraction in the weight of its loss.
WEIGHT_OFFSET = 1e-6


@dataclass(frozen=True)
class AlphaScheduler:
    """Fraction of tokens revealed by time, with the methods of dllm's ``BaseAlphaScheduler``.

    Made by `dllm`. ``alpha((K - j) / K)`` is the fraction revealed by the first ``j`` of ``K``
    steps, linear in between. Times are numbers, arrays or torch tensors, and so are the answers.

    Attributes
    ----------
    schedule : Schedule
        Where it comes from.
    """

    schedule: Schedule

    def alpha(self, t: Any) -> Any:
        """Fraction revealed at time `t`, from 1 at 0 to 0 at 1."""
        return _shape.of_time(self._alpha, t)

    __call__ = alpha

    def alpha_derivative(self, t: Any) -> Any:
        """Slope of `alpha` at time `t`; at a step, that towards time 1 (towards 0 at 1 itself)."""
        slopes = -self.schedule.sizes[::-1] * (self.schedule.nfe / self.schedule.n)
        last = self.schedule.nfe - 1
        return _shape.of_time(
            lambda times: slopes[np.minimum((times * (last + 1)).astype(np.int64), last)], t
        )

    def reverse_mask_prob(self, s: Any, t: Any) -> Any:
        """Probability that what is masked at time `t` still is at the earlier time `s`."""
        earlier = s < t
        if not (earlier if isinstance(earlier, bool) else earlier.all()):
            raise ValueError(f"s, t: are {s} and {t}, expected s < t")
        return (1 - self.alpha(s)) / (1 - self.alpha(t))

    def weight(self, t: Any) -> Any:
        """Weight of the loss at time `t`."""
        return -self.alpha_derivative(t) / (1 - self.alpha(t) + WEIGHT_OFFSET)

    def _alpha(self, times: np.ndarray[Any, np.dtype[np.float64]]) -> Any:
        revealed = self.schedule.cumulative[::-1] / self.schedule.n
        return np.interp(times, np.arange(len(revealed)) / self.schedule.nfe, revealed)


def dllm(schedule: Schedule) -> AlphaScheduler:
    """Make a scheduler for the samplers of dllm.

    Seen: ZHZisZZ/dllm, ``core/schedulers/alpha.py`` and ``core/samplers`` of late 2025. Its
    ``get_num_transfer_tokens`` takes ``round(m (1 - reverse_mask_prob(s, t)))`` of the ``m`` tokens
    still masked, and drops steps that reveal nothing, so that it makes exactly the calls of the
    schedule::

        sampler = MDLMSampler(model=model, tokenizer=tokenizer,
                              scheduler=unmask.adapters.dllm(schedule))
        sampler.sample(inputs, steps=schedule.nfe, max_new_tokens=schedule.n,
                       block_size=schedule.n, temperature=1.0, remasking="random")

    The theory applies with ``remasking="random"``, ``temperature=1``, ``cfg_scale=0`` and
    ``stochastic_transfer=False`` (with True, counts are binomial: see `mdlm`). Rows with another
    number of masked tokens than the schedule get ``round`` of their share at each step, by that
    rule; no function of time alone could refuse them.

    Parameters
    ----------
    schedule : Schedule
        For the tokens of one block; `steps` of the sampler must be ``schedule.nfe`` for each block.

    Returns
    -------
    AlphaScheduler
        Exact counts for rows of ``schedule.n`` masked tokens. Its methods compute in float64; in
        the float32 of dllm's own base class counts stay exact up to about a million tokens.

    Examples
    --------
    >>> scheduler = dllm(Schedule([1, 2, 3]))
    >>> [scheduler.alpha(t) for t in (1.0, 2 / 3, 1 / 3, 0.0)]
    [0.0, 0.16666666666666666, 0.5, 1.0]
    """
    return AlphaScheduler(_shape.checked(schedule))
