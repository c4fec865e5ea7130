"""Arrays of whoever asks, and tokens shared out among steps."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from .. import _check
from .._bernoulli import BernoulliSchedule
from .._schedule import Schedule


def checked(schedule: object) -> Schedule:
    """Return the schedule, if it is one."""
    if not isinstance(schedule, Schedule):
        raise TypeError(f"schedule: is a {type(schedule).__name__}, expected a Schedule")
    return schedule


def bernoulli(schedule: object) -> BernoulliSchedule:
    """Return the schedule of random counts with these means, or that is given."""
    if isinstance(schedule, BernoulliSchedule):
        return schedule
    return BernoulliSchedule.from_schedule(checked(schedule))


def is_tensor(value: object) -> bool:
    """Whether this is a tensor of torch, which is imported if it is."""
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(value, torch.Tensor)


def alike(values: npt.NDArray[Any], like: object) -> Any:
    """Return `values` as a tensor on the device of `like`, if that is a tensor."""
    if not is_tensor(like):
        return values
    torch = sys.modules["torch"]
    return torch.as_tensor(values, device=like.device)  # type: ignore[attr-defined]


def of_time(
    function: Callable[[npt.NDArray[np.float64]], npt.NDArray[Any]], t: Any, earliest: float = 0.0
) -> Any:
    """Apply a function of times up to 1 to a number, an array or a tensor, and answer in kind."""
    given = t.detach().cpu().numpy() if is_tensor(t) else _check.array(t, "t")
    if given.dtype.kind not in "fiu":
        raise TypeError(f"t: has dtype {given.dtype}, expected times")
    times = given.astype(np.float64)
    inside = (times >= earliest) & (times <= 1)
    if not inside.all():
        outside = times[~inside].flat[0]
        raise ValueError(f"t: holds {outside}, expected times in [{earliest:g}, 1]")
    values = function(times)
    if is_tensor(t):
        kind = given.dtype if given.dtype.kind == "f" else np.dtype(np.float32)
        return alike(values.astype(kind), t)
    return float(values) if given.ndim == 0 else values


def shared_out(schedule: Schedule, masked: int) -> npt.NDArray[np.int64]:
    """Share `masked` tokens out among the steps in proportion, by largest remainder.

    Each step gets ``floor(masked s_t / n)``; the tokens left over go one each to the steps with the
    largest remainders, the earlier of equals first. A step may get none.
    """
    n = schedule.n
    if masked == n:
        return schedule.sizes
    quotas = [divmod(masked * size, n) for size in schedule]
    counts = np.array([quotient for quotient, _ in quotas], dtype=np.int64)
    by_remainder = sorted(range(len(quotas)), key=lambda step: -quotas[step][1])
    counts[by_remainder[: masked - int(counts.sum())]] += 1
    return counts
