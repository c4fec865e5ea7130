"""What a model was asked: sequences, what is masked in them, and what is never masked."""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from .. import _check
from ._tensor import Codes, Floats, fetch, score, unwrapped

Mask = npt.NDArray[np.bool_]

#: What is called with token ids and what is masked, both of shape (B, L), for logits (B, L, V).
Oracle = Callable[[Codes, Mask], Any]

#: Rows of the first answer that are looked at for whether they are probabilities.
LOOKED_AT = 8

#: Probability of the mask token that is small enough not to matter: losses are too large by it.
MASK_SHARE = 1e-4


@dataclass(frozen=True)
class Scores:
    """Mean scores of the tokens scored in each query that has any."""

    queries: Codes  #: which, shape (k,)
    revealed: Codes  #: free tokens that were revealed in it
    losses: Floats  #: mean loss in nats
    entropies: Floats  #: mean entropy of the model's predictions in nats


def checked_sequences(x: npt.ArrayLike, name: str) -> Codes:
    """Token ids of sequences of equal length, shape (N, L)."""
    try:
        given = np.asarray(x)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name}: expected sequences of equal length ({error})") from None
    if given.dtype == object:
        raise ValueError(f"{name}: expected sequences of integers, all of the same length")
    if given.dtype.kind not in "iu":
        raise TypeError(f"{name}: has dtype {given.dtype}, expected integer token ids")
    if given.ndim != 2 or 0 in given.shape:
        raise ValueError(f"{name}: has shape {given.shape}, expected (sequences, tokens)")
    if given.min() < 0:
        row, position = np.argwhere(given < 0)[0]
        raise ValueError(
            f"{name}: token id {given[row, position]} at {(int(row), int(position))}, expected "
            "ids >= 0"
        )
    return given.astype(np.int64, copy=False)


def checked_mask(mask: Any, shape: tuple[int, int], name: str = "mask") -> Mask:
    """Booleans that broadcast to the shape of the sequences."""
    given = _check.array(mask, name)
    if given.dtype != np.bool_:
        raise TypeError(f"{name}: has dtype {given.dtype}, expected bool")
    try:
        return np.broadcast_to(given, shape)
    except ValueError:
        raise ValueError(f"{name}: has shape {given.shape}, expected {shape}") from None


def free_tokens(prompt: Any, shape: tuple[int, int]) -> Mask:
    """Where tokens are not of the prompt: shape (N, L), as many in each sequence."""
    if prompt is None:
        return np.ones(shape, dtype=bool)
    if isinstance(prompt, (bool, np.bool_)) or np.ndim(prompt) > 0:
        free = ~checked_mask(prompt, shape, "prompt")
    else:
        try:
            first = operator.index(prompt)
        except TypeError:
            kind = type(prompt).__name__
            raise TypeError(
                f"prompt: is a {kind}, expected a number of tokens or booleans"
            ) from None
        if not 0 <= first < shape[1]:
            raise ValueError(f"prompt: is {first} tokens, expected 0..{shape[1] - 1}")
        free = np.broadcast_to(np.arange(shape[1]) >= first, shape)
    counts = free.sum(axis=1)
    if (counts != counts[0]).any() or counts[0] == 0:
        row = int(np.argmax(counts != counts[0])) if counts[0] else 0
        raise ValueError(
            f"prompt: leaves {counts[row]} tokens of sequence {row}, expected as many as in "
            "sequence 0 of which the curve is estimated"
            if counts[0]
            else "prompt: leaves no token of sequence 0 to be estimated"
        )
    return free


def scores(
    logits: Any,
    x: Codes,
    mask: Mask,
    free: Mask,
    *,
    shift: bool = False,
    scored: Mask | None = None,
    mask_token: int | None = None,
) -> Scores:
    """Score what is masked.

    ``scored`` is where losses are taken, all that is masked by default; revealed tokens are counted
    where it is set or was not masked.
    """
    wrong = mask & ~free
    if wrong.any():
        row, position = (int(i) for i in np.argwhere(wrong)[0])
        raise ValueError(
            f"mask: the token of the prompt at {(row, position)} is masked, expected it revealed"
        )
    among = free if scored is None else free & scored
    rows, positions = np.nonzero(mask & among)
    if mask_token is not None and (x[rows, positions] == mask_token).any():
        worst = int(np.argmax(x[rows, positions] == mask_token))
        raise ValueError(
            f"x: the token at {(int(rows[worst]), int(positions[worst]))} is the mask token "
            f"{mask_token}, expected what it hides: it would be scored"
        )
    losses, entropies = scores_at(logits, x, rows, positions, shift=shift)
    masked = np.bincount(rows, minlength=len(x))
    queries = np.flatnonzero(masked)
    return Scores(
        queries,
        (among.sum(axis=1) - masked)[queries],
        np.bincount(rows, losses, minlength=len(x))[queries] / masked[queries],
        np.bincount(rows, entropies, minlength=len(x))[queries] / masked[queries],
    )


def scores_at(
    logits: Any, x: Codes, rows: Codes, positions: Codes, *, shift: bool
) -> tuple[Floats, Floats]:
    """Losses of the tokens at given places, and entropies of the predictions there, in nats."""
    logits = unwrapped(logits)
    shape = tuple(logits.shape)
    if len(shape) != 3 or shape[:2] != x.shape:
        raise ValueError(f"logits: have shape {shape}, expected ({x.shape[0]}, {x.shape[1]}, V)")
    targets = x[rows, positions]
    if len(targets) and targets.max() >= shape[2]:
        worst = int(np.argmax(targets))
        raise ValueError(
            f"logits: have a vocabulary of {shape[2]}, smaller than token id {targets[worst]} at "
            f"{(int(rows[worst]), int(positions[worst]))}"
        )
    # The answer to a token of a model that is shifted stands one place to the left.
    places = np.maximum(positions - 1, 0) if shift else positions
    losses, entropies = score(logits, rows, places, targets)
    if not np.isfinite(losses).all():
        worst = int(np.argmin(np.isfinite(losses)))
        where = (int(rows[worst]), int(positions[worst]))
        if np.isnan(losses[worst]):
            raise ValueError(f"logits: are not numbers at {where}, NaN or infinite")
        raise ValueError(
            f"logits: give token {targets[worst]} at {where} probability zero, so that its loss "
            "is infinite; expected every token of the data to be possible"
        )
    return losses, entropies


def check_scale(logits: Any, mask: Mask, *, shift: bool, mask_token: int | None) -> None:
    """Find out from the first answer whether it is on the scale that is expected."""
    logits = unwrapped(logits)
    rows, positions = (places[:LOOKED_AT] for places in np.nonzero(mask))
    looked_at = fetch(logits, rows, np.maximum(positions - 1, 0) if shift else positions)
    if looked_at.shape[-1] > 1 and (
        (looked_at >= 0).all() and (abs(looked_at.sum(axis=-1) - 1) < 1e-3).all()
    ):
        raise ValueError("logits: are probabilities, expected log-probabilities or logits")
    if mask_token is None or mask_token >= looked_at.shape[-1]:
        return
    looked_at -= looked_at.max(axis=-1, keepdims=True)
    weights = np.exp(looked_at)
    share = float((weights[:, mask_token] / weights.sum(axis=-1)).mean())
    if share > MASK_SHARE:
        raise ValueError(
            f"logits: the mask token {mask_token} is still scored, with probability {share:.2g}; "
            "expected none: set its logit to -inf"
        )
