"""Scores of tokens, read off the logits where they are.

A model answers with a tensor of its own framework, large, and perhaps on another device. Nothing is
imported for it: what is needed is asked of the object itself. Tensors with the methods of PyTorch,
and arrays of the array API standard that index as those of numpy do (JAX), are reduced where they
are, a few rows at a time, and only a few numbers a token come over; whatever else has ``__array__``
or ``__dlpack__`` becomes an array of numpy first.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]

#: Entries of the logits that are copied and converted at a time.
HELD = 1 << 20

#: Log-probabilities below have probability zero in any format, and times zero they are zero.
LEAST_LOG = -1e4


def unwrapped(answer: Any) -> Any:
    """Take the logits out of the output of a model, and make sure that they can be indexed."""
    if isinstance(answer, Mapping) and "logits" in answer:
        answer = answer["logits"]
    elif hasattr(answer, "logits"):
        answer = answer.logits
    if _torch_like(answer) or hasattr(answer, "__array_namespace__"):
        return answer
    if hasattr(answer, "__array__"):
        return np.asarray(answer)
    if hasattr(answer, "__dlpack__"):
        return np.from_dlpack(answer)
    raise TypeError(
        f"logits: is a {type(answer).__name__}, expected an array, a tensor, or an output of a "
        "model with .logits"
    )


def score(logits: Any, rows: Codes, positions: Codes, targets: Codes) -> tuple[Floats, Floats]:
    """Score tokens by the logits at given places.

    Parameters
    ----------
    logits : array or tensor, shape (B, n, V)
        Logits or log-probabilities: rows are normalised here.
    rows, positions, targets : ndarray of int64, shape (M,)
        Token ``targets[k]`` is scored by ``logits[rows[k], positions[k]]``.

    Returns
    -------
    losses : ndarray of float64, shape (M,)
        ``-log q(target)`` in nats; infinite where impossible, NaN where the logits are not numbers.
    entropies : ndarray of float64, shape (M,)
        Entropy of ``q`` in nats.
    """
    losses, entropies = np.empty(len(rows)), np.empty(len(rows))
    reduce = _reduced_tensor if _torch_like(logits) else _reduced_array
    held = max(1, HELD // logits.shape[-1])
    for start in range(0, len(rows), held):
        part = slice(start, start + held)
        losses[part], entropies[part] = reduce(logits, rows[part], positions[part], targets[part])
    return losses, entropies


def fetch(logits: Any, rows: Codes, positions: Codes) -> Floats:
    """Bring rows of the logits over, as they are."""
    if _torch_like(logits):
        return _from_tensor(logits.detach()[rows, positions])
    space = logits.__array_namespace__()
    return np.asarray(logits[space.asarray(rows), space.asarray(positions), ...], dtype=np.float64)


def _torch_like(answer: Any) -> bool:
    return all(hasattr(answer, name) for name in ("detach", "logsumexp", "element_size", "cpu"))


def _from_tensor(tensor: Any) -> Floats:
    return np.asarray(tensor.cpu().double().numpy(), dtype=np.float64)


def _reduced_tensor(
    logits: Any, rows: Codes, positions: Codes, targets: Codes
) -> tuple[Floats, Floats]:
    """By the methods of PyTorch's tensors."""
    held = logits.detach()[rows, positions]
    if held.element_size() < 4:  # sums of many need more
        held = held.float()
    logs = held - held.logsumexp(-1)[:, None]
    losses = -logs[np.arange(len(rows)), targets]
    logs = logs.clamp(min=LEAST_LOG)
    entropies = -(logs.exp() * logs).sum(-1)
    return _from_tensor(losses), _from_tensor(entropies)


def _reduced_array(
    logits: Any, rows: Codes, positions: Codes, targets: Codes
) -> tuple[Floats, Floats]:
    """By the functions of the array API standard."""
    space = logits.__array_namespace__()
    held = logits[space.asarray(rows), space.asarray(positions), ...]
    floating = space.isdtype(held.dtype, "real floating")
    if not floating or space.finfo(held.dtype).bits < 32:  # sums of many need more
        held = space.astype(held, space.float32)
    if space is np:
        held = held.astype(np.float64, copy=False)
    with np.errstate(invalid="ignore"):  # infinite logits; the answer is NaN and found later
        held = held - space.max(held, axis=-1, keepdims=True)
    wanted = held[space.arange(len(rows)), space.asarray(targets)]
    held = space.maximum(held, space.asarray(LEAST_LOG, dtype=held.dtype))
    weights = space.exp(held)
    totals = space.sum(weights, axis=-1)
    weights *= held
    logs = space.log(totals)
    losses, entropies = logs - wanted, logs - space.sum(weights, axis=-1) / totals
    return np.asarray(losses, dtype=np.float64), np.asarray(entropies, dtype=np.float64)
