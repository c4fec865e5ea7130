"""Diffusers: block refinement."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import numpy as np

from .. import _check
from .._schedule import Schedule
from . import _shape


def block_refinement(schedule: Schedule, *, rescale: bool = False) -> Callable[[int, int], Any]:
    """Make the ``get_num_transfer_tokens`` of the ``BlockRefinementScheduler`` of diffusers.

    Seen: diffusers 0.42.1, ``schedulers/scheduling_block_refinement.py``. Put it in place before
    the timesteps are set::

        scheduler.get_num_transfer_tokens = unmask.adapters.block_refinement(schedule)
        scheduler.set_timesteps(schedule.nfe, block_length=schedule.n)
        scheduler.step(..., temperature=1.0, sampling_method="multinomial",
                       threshold=2.0, editing_threshold=None)

    With a threshold below 1 every token that is more confident is committed as well, and the counts
    are not the schedule's. The scheduler commits the most confident tokens, so that the order is
    not random and the theory does not apply, unless confidences are replaced by random numbers. The
    counts belong to the mask-filling mode; the uniform corruption mode (no mask token) has a rule
    of its own and does not ask.

    Parameters
    ----------
    schedule : Schedule
        For the tokens of one block.
    rescale : bool
        Whether blocks of another length get their tokens in the same proportions, by largest
        remainder. An error if not.

    Returns
    -------
    callable
        ``f(block_length, num_inference_steps)`` returns a ``torch.LongTensor`` of shape
        (num_inference_steps,). It raises `ValueError` if the block has not the tokens of the
        schedule (and `rescale` is not set) or less than its steps; further steps get zeros. Torch
        is imported when called.

    Examples
    --------
    >>> rule = block_refinement(Schedule([8, 8, 16]))
    >>> rule(32, 2)
    Traceback (most recent call last):
        ...
    ValueError: num_inference_steps: is 2, expected the 3 of the schedule or more
    """
    block = _shape.checked(schedule)

    def get_num_transfer_tokens(block_length: int, num_inference_steps: int) -> Any:
        length = _check.integer(block_length, "block_length")
        steps = _check.integer(num_inference_steps, "num_inference_steps")
        if length != block.n and not rescale:
            raise ValueError(
                f"block_length: is {length}, expected the {block.n} of the schedule, "
                "or rescale=True"
            )
        if steps < block.nfe:
            raise ValueError(
                f"num_inference_steps: is {steps}, expected the {block.nfe} of the schedule or more"
            )
        counts = np.zeros(steps, dtype=np.int64)
        counts[: block.nfe] = _shape.shared_out(block, length)
        try:
            torch = importlib.import_module("torch")
        except ImportError as error:
            raise ImportError("block_refinement() takes the package torch, as diffusers") from error
        return torch.as_tensor(counts)

    return get_num_transfer_tokens
