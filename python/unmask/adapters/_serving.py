"""Servers: settings of each step as plain numbers."""

from __future__ import annotations

from typing import TypedDict

from .._schedule import Schedule
from . import _shape

#: No probability is as high, so that no token is committed for its confidence.
NEVER_CONFIDENT = 2.0


class StepSettings(TypedDict):
    """Settings of one denoising step."""

    num_transfer: int
    commit_confidence_threshold: float


def serving(schedule: Schedule) -> list[StepSettings]:
    """Make the settings of each step for servers.

    Seen: vllm-project/dllm-plugin of 2026, ``remasking/llada2_default.py``, whose
    ``remasking_config`` takes ``num_transfer`` for one step and ``commit_confidence_threshold``;
    with a threshold of 2 no token is committed for its confidence, and exactly `num_transfer` are.
    The algorithms that ship with SGLang (``LowConfidence`` and ``JointThreshold`` in its
    documentation of 2026) take thresholds and no counts: an algorithm of one's own, derived from
    its ``DllmAlgorithm``, can take these.

    The plugin takes the most likely token at the most confident positions, so that the theory does
    not apply to its default policy; the counts are those of the schedule.

    Parameters
    ----------
    schedule : Schedule
        For the tokens of one block (32 in LLaDA 2).

    Returns
    -------
    list of dict
        One for each step, of Python numbers, as JSON and YAML take them.

    Examples
    --------
    >>> serving(Schedule([8, 24]))[0]
    {'num_transfer': 8, 'commit_confidence_threshold': 2.0}
    """
    return [
        {"num_transfer": size, "commit_confidence_threshold": NEVER_CONFIDENT}
        for size in _shape.checked(schedule)
    ]
