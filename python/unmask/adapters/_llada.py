"""LLaDA and the samplers that follow it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import cycle
from typing import Any

import numpy as np

from .. import _check
from .._schedule import Schedule
from . import _shape


def llada(
    schedule: Schedule | Iterable[Schedule], *, rescale: bool = False
) -> Callable[[Any, int], Any]:
    """Make a drop-in for the ``get_num_transfer_tokens(mask_index, steps)`` of LLaDA.

    Also that of Fast-dLLM, dInfer and the LLaDA wrapper of OpenCompass, which took the function
    over. Seen: ``generate.py`` of ML-GSAI/LLaDA, commit 41760b9 of 2025, and ``llada/generate.py``
    of Fast-dLLM of the same year. Replace the name in the module of the sampler::

        generate.get_num_transfer_tokens = unmask.adapters.llada(schedule)
        generate.generate(model, prompt, steps=schedule.nfe, temperature=1.0,
                          remasking="random", gen_length=schedule.n, block_length=schedule.n)

    The theory applies with ``remasking="random"``, ``temperature=1`` and ``cfg_scale=0``, and in
    Fast-dLLM with neither ``threshold`` nor ``factor``, which replace the counts. With
    ``"low_confidence"`` the counts are the same and the order is not random.

    Parameters
    ----------
    schedule : Schedule or sequence of Schedule
        For the tokens of one block. Of several, one is taken by each call in turn, as the sampler
        calls once for each block from the left; after the last it starts over.
    rescale : bool
        Whether rows with another number of masked tokens than the schedule has (prompts, padding,
        infilling) get their tokens in the same proportions, by largest remainder. An error if not.

    Returns
    -------
    callable
        ``f(mask_index, steps)`` with `mask_index` of shape (B, L), true where masked, returns int64
        of shape (B, steps): tokens to reveal at each step. Rows sum to their masked tokens. A torch
        tensor on the device of `mask_index` if that is one, else an ndarray. Fewer steps in the
        schedule than `steps` are filled up with zeros at the end, which the samplers accept, and
        spend a call on: set ``steps=schedule.nfe``.

    Raises
    ------
    ValueError
        By the callable: if a row has another number of masked tokens and `rescale` is not set, if
        `steps` is less than the schedule has, or if `mask_index` is not of two dimensions.

    Examples
    --------
    >>> import numpy as np
    >>> counts = llada(Schedule([1, 2, 3]))
    >>> counts(np.ones((2, 6), dtype=bool), 4)
    array([[1, 2, 3, 0],
           [1, 2, 3, 0]])
    >>> llada(Schedule([1, 2, 3]), rescale=True)(np.ones((1, 9), dtype=bool), 3)
    array([[2, 3, 4]])
    """
    several = isinstance(schedule, Iterable) and not isinstance(schedule, Schedule)
    blocks = list(schedule) if several else [schedule]
    if not blocks:
        raise ValueError("schedule: is empty, expected one Schedule or more")
    if several:
        for index, block in enumerate(blocks):
            if not isinstance(block, Schedule):
                raise TypeError(
                    f"schedule: item {index} is a {type(block).__name__}, expected a Schedule for "
                    "each block; of step sizes make one, unmask.Schedule(sizes)"
                )
    turns = cycle([_shape.checked(block) for block in blocks])

    def get_num_transfer_tokens(mask_index: Any, steps: int) -> Any:
        mask = (
            mask_index if _shape.is_tensor(mask_index) else _check.array(mask_index, "mask_index")
        )
        if mask.ndim != 2:
            raise ValueError(f"mask_index: has shape {tuple(mask.shape)}, expected (rows, tokens)")
        if not str(mask.dtype).endswith("bool"):
            raise TypeError(
                "mask_index: expected booleans, True where masked, such as x == mask_id; found "
                f"{mask.dtype}"
            )
        block, steps = next(turns), _check.integer(steps, "steps")
        if steps < block.nfe:
            raise ValueError(f"steps: is {steps}, expected the {block.nfe} of the schedule or more")
        rows = [int(row) for row in (mask != 0).sum(1).tolist()]
        if not rescale and any(row != block.n for row in rows):
            row = next(row for row in rows if row != block.n)
            raise ValueError(
                f"mask_index: a row has {row} masked tokens, expected the {block.n} of the "
                "schedule, or rescale=True"
            )
        shares = {row: _shape.shared_out(block, row) for row in set(rows)}
        counts = np.zeros((len(rows), steps), dtype=np.int64)
        for index, row in enumerate(rows):
            counts[index, : block.nfe] = shares[row]
        return _shape.alike(counts, mask_index)

    return get_num_transfer_tokens
