"""Weights: one finite non-negative number a sample."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from ._array import load_npy
from ._error import ReadError
from ._lines import Line, read_lines
from ._number import LARGEST, number

Weights: TypeAlias = npt.NDArray[np.int64] | npt.NDArray[np.float64]


def read_weights(path: Path) -> Weights:
    """Read a file of weights: ``.npy``, or text with one number a line."""
    if path.suffix.lower() == ".npy":
        return weights_from_array(load_npy(path), str(path))
    lines = read_lines(path)
    if not lines:
        raise ReadError(f"{path}: expected one weight a line, found only comments and blank lines")
    return weights_from_fields(lines, path)


def weights_from_fields(fields: Iterable[Line], path: Path) -> Weights:
    """Turn numbered fields into weights; integers stay integers, for counts are exact."""
    values: list[int | float] = []
    for line, field in fields:
        value = number(field)
        if value is None or not 0 <= value < float("inf"):
            raise ReadError(
                f"{path}, line {line}: expected a finite non-negative weight, found {field!r}"
            )
        values.append(value)
    check_total(values, str(path))
    if all(isinstance(value, int) for value in values):
        return np.array(values, dtype=np.int64)
    return np.array(values, dtype=np.float64)


def weights_from_array(array: npt.NDArray[Any], where: str) -> Weights:
    """Turn an array into weights."""
    if array.ndim != 1:
        raise ReadError(f"{where}: expected weights of shape (N,), found shape {array.shape}")
    if array.dtype.kind not in "biuf":
        raise ReadError(f"{where}: expected real weights, found dtype {array.dtype}")
    bad = np.flatnonzero(~(np.isfinite(array) & (array >= 0)))
    if bad.size:
        raise ReadError(
            f"{where}: expected finite non-negative weights, found {array[bad[0]]} "
            f"at index {bad[0]}"
        )
    check_total(array.tolist(), where)
    if array.dtype.kind == "f":
        return array.astype(np.float64)
    return array.astype(np.int64)


def check_length(weights: Weights, expected: int, where: str, samples: str) -> None:
    """Refuse more or fewer weights than samples."""
    if len(weights) != expected:
        raise ReadError(
            f"{where}: expected {expected} weights, one for each sample of {samples}, "
            f"found {len(weights)}"
        )


def check_total(weights: Iterable[int | float], where: str) -> None:
    """Refuse weights whose sum says nothing, or leaves the range of their type."""
    total = sum(weights)
    largest = LARGEST if isinstance(total, int) else float("inf")
    if not 0 < total <= largest or total == float("inf"):
        raise ReadError(f"{where}: expected weights with a finite positive sum, found {total}")
