"""Losses by number of revealed tokens, gathered as they come."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import numpy.typing as npt

from .. import _check
from ._arguments import whole
from ._fit import fitted
from ._queries import check_scale, checked_mask, checked_sequences, free_tokens, scores
from ._tensor import Codes, Floats

if TYPE_CHECKING:
    from .._cross_entropy_curve import CrossEntropyCurve

_FORMAT = "unmask losses 1"

#: What is kept of each masked sequence.
_COLUMNS = ("sequence", "revealed", "loss", "entropy", "weight")


class CurveAccumulator:
    """Gathers held-out losses of a masked model into its cross-entropy curve.

    Feed it in an evaluation loop (`update`) or from a log (`update_losses`). It keeps five numbers
    of each masked sequence. Accumulators of several processes are merged with ``+=``.

    Parameters
    ----------
    n : int
        Number of tokens, those of the prompt not among them.

    Examples
    --------
    >>> gathered = CurveAccumulator(3)
    >>> gathered.update_losses([0, 1, 2, 0, 1, 2], [1.0, 0.5, 0.4, 1.2, 0.7, 0.2])
    >>> gathered
    <CurveAccumulator n=3, 6 passes of 6 sequences>
    >>> gathered.curve().losses.round(3)
    array([1.1, 0.6, 0.3])
    """

    def __init__(self, n: int) -> None:
        self._n = whole(n, "n", 1)
        self._parts: list[tuple[npt.NDArray[Any], ...]] = []
        self._passes = 0
        self._next = 0

    @property
    def n(self) -> int:
        """Number of tokens."""
        return self._n

    @property
    def passes(self) -> int:
        """Masked sequences gathered."""
        return self._passes

    def update(
        self,
        x: npt.ArrayLike,
        mask: npt.ArrayLike,
        logits: Any,
        *,
        prompt: npt.ArrayLike | int | None = None,
        sequences: npt.ArrayLike | None = None,
        shift: bool = False,
        mask_token: int | None = None,
    ) -> None:
        """Gather one answer of the model.

        Parameters
        ----------
        x : array_like of int, shape (B, L)
            The true tokens.
        mask : array_like of bool, shape (B, L)
            ``True`` where the model did not see them. Given how many are masked, which ones should
            be uniformly random. Sequences with nothing masked are passed over.
        logits : array or tensor, shape (B, L, V)
            Logits or log-probabilities, or an output of a model with ``.logits``. Of a tensor on a
            device only the losses are copied.
        prompt : int or array_like of bool, shape (L,) or (B, L), optional
            Tokens that are always revealed, ``True``; or how many at the start. What is left of
            each sequence are ``n`` tokens.
        sequences : array_like of int, shape (B,), optional
            Which sequence it was, where the same one is scored with several masks: its losses are
            not independent. By default each is another.
        shift : bool
            Whether the answer to a token stands one place to the left, as in Dream.
        mask_token : int, optional
            To find out where `x` holds it instead of what it hides, and where it is still scored.

        Raises
        ------
        ValueError
            If shapes do not agree, a logit is not a number, a token of the prompt is masked, a
            token has probability zero or is not in the vocabulary, or the mask token is scored.
        """
        tokens = checked_sequences(x, "x")
        hidden = checked_mask(mask, tokens.shape)
        free = free_tokens(prompt, tokens.shape)
        if int(free[0].sum()) != self._n:
            raise ValueError(
                f"x: has {int(free[0].sum())} tokens besides the prompt, expected n = {self._n}"
            )
        found = scores(logits, tokens, hidden, free, shift=shift, mask_token=mask_token)
        if not self._passes and len(found.queries):
            check_scale(logits, hidden, shift=shift, mask_token=mask_token)
        names = self._names(sequences, len(tokens))[found.queries]
        self._add(names, found.revealed, found.losses, found.entropies, np.ones(len(found.queries)))

    def update_losses(
        self,
        revealed: npt.ArrayLike,
        nll: npt.ArrayLike,
        weight: npt.ArrayLike = 1.0,
        *,
        sequences: npt.ArrayLike | None = None,
        entropy: npt.ArrayLike | None = None,
    ) -> None:
        """Gather losses that were logged.

        Parameters
        ----------
        revealed : array_like of int, shape (k,)
            Revealed tokens, in ``0..n-1``.
        nll : array_like of float, shape (k,)
            Mean loss of a masked token in nats.
        weight : array_like of float, shape (k,) or ()
            How many sequences each is the mean of, or another weight.
        sequences : array_like of int, shape (k,), optional
            As in `update`.
        entropy : array_like of float, shape (k,), optional
            Mean entropy of the model's predictions for the masked tokens, in nats.

        Raises
        ------
        ValueError
            If a count is outside ``0..n-1``, a loss is negative or not finite, a weight not
            positive, or lengths differ.
        """
        counts = _check.array(revealed, "revealed")
        if counts.dtype.kind not in "iu":
            raise TypeError(f"revealed: has dtype {counts.dtype}, expected integers")
        if counts.ndim != 1:
            raise ValueError(f"revealed: has shape {counts.shape}, expected (k,)")
        outside = (counts < 0) | (counts >= self._n)
        if outside.any():
            index = int(np.argmax(outside))
            raise ValueError(
                f"revealed: entry {index} is {counts[index]}, expected 0..{self._n - 1}"
            )
        losses = _numbers(nll, "nll", counts.shape, least=0.0)
        weights = _numbers(weight, "weight", counts.shape, least=0.0)
        if (weights == 0).any():
            raise ValueError(f"weight: entry {int(np.argmin(weights))} is 0, expected more")
        entropies = (
            np.full(len(counts), np.nan)
            if entropy is None
            else _numbers(entropy, "entropy", counts.shape, least=0.0)
        )
        names = self._names(sequences, len(counts))
        self._add(names, counts.astype(np.int64), losses, entropies, weights)

    def merge(self, other: CurveAccumulator) -> Self:
        """Take over what another accumulator has gathered, of other sequences; returns itself."""
        if not isinstance(other, CurveAccumulator):
            raise TypeError(f"other: is a {type(other).__name__}, expected a CurveAccumulator")
        if other.n != self._n:
            raise ValueError(f"other: is for n = {other.n} tokens, expected {self._n}")
        names, *rest = other._table()
        self._add(names + self._next, *rest)
        return self

    def __iadd__(self, other: CurveAccumulator) -> Self:
        return self.merge(other)

    def curve(self, *, knots: int | None = None, calibrated: bool = False) -> CrossEntropyCurve:
        """Estimate the curve of what was gathered so far.

        At counts that were visited the estimate is unbiased: the mean loss, with hard and easy
        sequences made up for where a sequence was scored with several masks. Between them it is
        interpolated linearly, and beyond them constant.

        Parameters
        ----------
        knots : int, optional
            Fit a piecewise linear curve with so many nodes, at counts equally often visited. For
            losses at many counts, each from a few sequences: their noise would otherwise be taken
            for structure. What a curve bends between two nodes is lost.
        calibrated : bool
            Believe the model: take the entropies of its predictions in the place of its losses. If
            it is calibrated both have the same expectation, and entropies, which do not depend on
            the tokens that are masked, need several times fewer passes. `calibration` finds out.

        Returns
        -------
        CrossEntropyCurve
            With ``standard_errors``, ``skewness``, the losses as they most likely are as
            ``smoothed``, and ``covariance`` up to 4,096 tokens, unless some count was visited by
            one sequence only.

        Raises
        ------
        ValueError
            If nothing was gathered, or losses at more than 4,096 counts without `knots`, or
            entropies are not known.
        """
        if knots is not None:
            knots = whole(knots, "knots", 2)
        sequence, revealed, loss, entropy, weight = self._table()
        if calibrated:
            return fitted(self._n, sequence, revealed, self._known(entropy), weight, knots)
        known = None if np.isnan(entropy).any() else entropy
        return fitted(self._n, sequence, revealed, loss, weight, knots, known)

    def _calibration(self) -> CrossEntropyCurve:
        """Losses less entropies, at the counts and with the errors of a curve."""
        sequence, revealed, loss, entropy, weight = self._table()
        return fitted(self._n, sequence, revealed, loss - self._known(entropy), weight, None)

    @staticmethod
    def _known(entropy: Floats) -> Floats:
        if np.isnan(entropy).any():
            raise ValueError(
                "entropy: is not known of all losses, expected it from update() or "
                "update_losses(..., entropy=)"
            )
        return entropy

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write what was gathered to an ``.npz`` file; `load` reads it back bit by bit."""
        columns = zip(_COLUMNS, self._table(), strict=True)
        arrays: dict[str, Any] = {"format": _FORMAT, "n": self._n} | dict(columns)
        with open(path, "wb") as file:
            np.savez(file, **arrays)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Read what `save` has written.

        Raises
        ------
        FileNotFoundError
            If there is no such file.
        ValueError
            If it holds something else.
        """
        try:
            with open(path, "rb") as stream, np.load(stream, allow_pickle=False) as file:
                if str(file["format"]) != _FORMAT:
                    raise ValueError("format")
                loaded = cls(int(file["n"]))
                columns = [file[name] for name in _COLUMNS]
            if len(columns[0]):
                names, revealed, losses, entropies, weights = columns
                known = None if np.isnan(entropies).any() else entropies
                loaded.update_losses(revealed, losses, weights, sequences=names, entropy=known)
                loaded._parts = [tuple(columns)]
        except FileNotFoundError:
            raise
        except Exception as error:
            raise ValueError(f"{os.fspath(path)}: not a saved accumulator") from error
        return loaded

    def _names(self, sequences: npt.ArrayLike | None, count: int) -> Codes:
        if sequences is None:
            return np.arange(self._next, self._next + count)
        names = _check.array(sequences, "sequences")
        if names.dtype.kind not in "iu":
            raise TypeError(f"sequences: has dtype {names.dtype}, expected integers")
        if names.shape != (count,) or (count and names.min() < 0):
            raise ValueError(
                f"sequences: has shape {names.shape}, expected ({count},) with numbers >= 0"
            )
        return names.astype(np.int64)

    def _add(self, *columns: npt.NDArray[Any]) -> None:
        if len(columns[0]):
            self._parts.append(columns)
            self._passes += len(columns[0])
            self._next = max(self._next, int(columns[0].max()) + 1)

    def _table(self) -> tuple[Codes, Codes, Floats, Floats, Floats]:
        """All that was gathered, in the order of `_COLUMNS`."""
        if not self._parts:
            whole, real = np.zeros(0, dtype=np.int64), np.zeros(0)
            return whole, whole, real, real, real
        if len(self._parts) > 1:
            self._parts = [tuple(np.concatenate(c) for c in zip(*self._parts, strict=True))]
        sequence, revealed, loss, entropy, weight = self._parts[0]
        return sequence, revealed, loss, entropy, weight

    def __repr__(self) -> str:
        sequences = len(np.unique(self._table()[0]))
        return f"<CurveAccumulator n={self._n}, {self._passes} passes of {sequences} sequences>"


def _numbers(values: npt.ArrayLike, name: str, shape: tuple[int, ...], *, least: float) -> Floats:
    given = _check.array(values, name)
    if given.dtype.kind not in "fiu":
        raise TypeError(f"{name}: has dtype {given.dtype}, expected real numbers")
    try:
        numbers = np.array(np.broadcast_to(given, shape), dtype=np.float64)
    except ValueError:
        raise ValueError(f"{name}: has shape {given.shape}, expected {shape}") from None
    wrong = ~(np.isfinite(numbers) & (numbers >= least))
    if wrong.any():
        index = int(np.argmax(wrong))
        raise ValueError(
            f"{name}: entry {index} is {numbers[index]}, expected a finite number >= {least:g}"
        )
    return numbers
