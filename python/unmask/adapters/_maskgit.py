"""MaskGIT and Halton-MaskGIT: tokens of an image."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from .._schedule import Schedule
from . import _shape


def maskgit(schedule: Schedule, *, rescale: bool = False) -> Callable[..., Any]:
    """Make a drop-in for the ``mask_schedule.schedule(ratio, total_unknown, method)`` of MaskGIT.

    Seen: ``libml/parallel_decode.py`` of google-research/maskgit of 2022, and its ports. After step
    ``j`` of ``K`` it keeps ``floor(total * schedule(j / K))`` tokens masked, at least one and at
    most one less than before. Half a token more keeps the floor away from rounding::

        mask_schedule.schedule = unmask.adapters.maskgit(schedule)
        parallel_decode.decode(..., num_iter=schedule.nfe, choice_temperature=1e6)

    Tokens are drawn at temperature 1. The theory applies with a large ``choice_temperature``, such
    as 1e6, which makes the choice of positions uniform; with the usual 4.5 it prefers confident
    ones.

    Parameters
    ----------
    schedule : Schedule
        For all tokens of an image.
    rescale : bool
        Whether images with another number of unknown tokens than the schedule has (editing,
        inpainting) get them in the same proportions, by largest remainder. An error if not.

    Returns
    -------
    callable
        ``f(ratio, total_unknown=n, method=None)`` returns the fraction to stay masked after the
        step that ends at `ratio`, a number or a scalar of any array library, under `jax.jit` as
        well; one for each image where `total_unknown` is one for each and not that of the schedule.
        `method` is accepted and not used.

    Raises
    ------
    ValueError
        By the callable: if `total_unknown` is another number than the schedule has, and `rescale`
        is not set. Under `jax.jit` it cannot be seen: such images get the floor of their share.

    Examples
    --------
    >>> rule = maskgit(Schedule([1, 2, 3]))
    >>> [int(6 * rule(step / 3)) for step in (1, 2, 3)]
    [5, 3, 0]
    """
    steps = _shape.checked(schedule).nfe
    halfway = (np.arange(steps) + 0.5) / steps

    def fraction(ratio: Any, total_unknown: Any = None, method: Any = None) -> Any:
        if _shape.is_tensor(ratio):
            kept = fraction(ratio.tolist(), total_unknown)
            return _shape.alike(np.array(kept, dtype=np.float32), ratio)
        start, drops = _start_and_drops(schedule, total_unknown, rescale)
        kept = start - ((ratio > halfway) * drops).sum(-1)
        return float(kept) if isinstance(ratio, float | int) and np.ndim(kept) == 0 else kept

    return fraction


def _start_and_drops(
    schedule: Schedule, total_unknown: Any, rescale: bool
) -> tuple[Any, npt.NDArray[np.float64]]:
    """One and half a token, and by what the fraction falls at each step; for each image."""
    totals = _seen(total_unknown)
    other = None if totals is None else totals[totals != schedule.n]
    if totals is None or other is None or not other.size:
        return 1 + 0.5 / schedule.n, schedule.sizes / schedule.n
    if not rescale:
        raise ValueError(
            f"total_unknown: is {other[0]}, expected the {schedule.n} tokens of the schedule, or "
            "rescale=True"
        )
    if other.min() < 1:
        raise ValueError(f"total_unknown: is {other.min()}, expected at least 1")
    shares = np.array([_shape.shared_out(schedule, int(total)) for total in totals.flat])
    drops = shares.reshape(*totals.shape, schedule.nfe) / totals[..., None]
    return 1 + 0.5 / totals, drops


def _seen(total_unknown: Any) -> npt.NDArray[np.int64] | None:
    """Return the numbers of tokens, or nothing where none are given or they are being traced."""
    if total_unknown is None:
        return None
    if _shape.is_tensor(total_unknown):
        total_unknown = total_unknown.tolist()
    try:
        totals = np.asarray(total_unknown)
    except TypeError:  # as that of jax.jit is
        return None
    if totals.dtype.kind not in "iu":
        raise TypeError(f"total_unknown: has dtype {totals.dtype}, expected integers")
    return totals.astype(np.int64)


def halton(schedule: Schedule, *, like: object = None) -> npt.NDArray[np.int32]:
    """Make the tokens known after each step, for Halton-MaskGIT.

    Seen: ``Sampler/halton_sampler.py`` of valeoai/Halton-MaskGIT of 2025, which computes
    ``r = max(index + 1, int(r * size ** 2))`` at each step and reveals the first ``r`` positions of
    a Halton sequence. Put ``r = int(counts[index])`` in place of it, with
    ``step=schedule.nfe``, ``w=0``, ``top_k=-1`` and both temperatures 1.

    The order is not uniformly random: a Halton sequence spreads revealed tokens over the image
    (``randomize=True`` only chooses where it starts), so that the theory does not apply; the curve
    of a planned order would be needed. The counts are those of the schedule.

    Parameters
    ----------
    schedule : Schedule
        For all tokens of an image.
    like : torch.Tensor, optional
        Answer with a tensor on its device.

    Returns
    -------
    ndarray or torch.Tensor of int32, shape (k,)
        Tokens known after each step, the last one all of them.

    Raises
    ------
    ValueError
        If there are 2^31 tokens or more.

    Examples
    --------
    >>> halton(Schedule([1, 2, 3]))
    array([1, 3, 6], dtype=int32)
    """
    if _shape.checked(schedule).n > np.iinfo(np.int32).max:
        raise ValueError(f"schedule: has {schedule.n} tokens, expected less than 2^31")
    counts: npt.NDArray[np.int32] = _shape.alike(schedule.cumulative[1:].astype(np.int32), like)
    return counts
