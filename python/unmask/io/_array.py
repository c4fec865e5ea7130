"""Arrays that numpy saved: samples and joint tables."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

import numpy as np
import numpy.typing as npt

from ._error import ReadError
from ._number import LARGEST
from ._result import Samples, Table

Array = npt.NDArray[Any]
T = TypeVar("T")


def load_npy(path: Path) -> Array:
    """Load one array from a ``.npy`` file."""
    return load_with(path, b"\x93NUMPY", lambda file: np.load(file, allow_pickle=False))


def load_with(path: Path, magic: bytes, reader: Callable[[BinaryIO], T]) -> T:
    """Call `reader` on the open file, so that only `ReadError` tells of damage."""
    with path.open("rb") as file:
        start = file.read(len(magic))
        file.seek(0)
        if not start:
            raise ReadError(f"{path}: the file is empty")
        if start != magic:
            raise ReadError(
                f"{path}: expected a {path.suffix} file that numpy saved, which starts with "
                f"{magic!r}, found {start!r}"
            )
        try:
            return reader(file)
        except MemoryError:
            raise
        except Exception as error:  # numpy, zipfile and zlib raise a dozen types on damage
            if "allow_pickle" in str(error):
                raise ReadError(
                    f"{path}: expected numbers, found pickled objects, which are never loaded"
                ) from None
            raise ReadError(f"{path}: damaged or truncated ({error})") from error


def from_array(array: Array, kind: str, where: str, source: str) -> Samples | Table:
    """Take floats for a joint table and all else for samples, unless `kind` says otherwise."""
    if kind == "auto":
        kind = "table" if array.dtype.kind == "f" else "samples"
        if kind == "table" and _is_ambiguous(array):
            raise ReadError(
                f"{where}: floats that are all whole numbers may be samples or a table of counts; "
                "expected kind='samples' or kind='table'"
            )
    if kind == "table":
        return Table(_pmf(array, where), source)
    return Samples(_letters(array, where), None, source)


def _is_ambiguous(array: Array) -> bool:
    # A table of one certain outcome also holds whole numbers only; it sums to one.
    whole = bool(np.all(np.isfinite(array) & (array == np.trunc(array))))
    return array.ndim == 2 and array.size > 0 and whole and np.sum(array, dtype=float) != 1.0


def _letters(array: Array, where: str) -> Array:
    if array.ndim != 2:
        raise ReadError(
            f"{where}: expected samples of shape (N, n), found shape {array.shape}; a table of "
            "counts needs kind='table'"
        )
    if not array.size:
        raise ReadError(
            f"{where}: expected at least one sample and one variable, found shape {array.shape}"
        )
    kind = array.dtype.kind
    if kind == "U" and array.dtype.itemsize == np.dtype("U1").itemsize:
        _refuse(array == "", array, where, "single characters")
        return array.astype(np.dtype("U1"), order="C")
    if kind not in "biuf":
        raise ReadError(
            f"{where}: expected samples that are integers or single characters, "
            f"found dtype {array.dtype}"
        )
    if kind == "f":
        array = array.astype(np.float64)
        _refuse(~np.isfinite(array) | (array != np.trunc(array)), array, where, "whole numbers")
        # As a float, the bound 2**63 - 1 rounds up to 2**63, which is out of range.
        _refuse(np.abs(array) >= 2.0**63, array, where, "64-bit integers")
    if kind == "u":
        _refuse(array > LARGEST, array, where, "64-bit integers")
    return array.astype(np.int64, order="C")


def _pmf(array: Array, where: str) -> npt.NDArray[np.float64]:
    if array.dtype.kind not in "biuf":
        raise ReadError(f"{where}: expected a table of real numbers, found dtype {array.dtype}")
    if not array.ndim or not array.size:
        raise ReadError(
            f"{where}: expected a table with one axis a variable, none of them empty, "
            f"found shape {array.shape}"
        )
    pmf = array.astype(np.float64, order="C")
    _refuse(~(np.isfinite(pmf) & (pmf >= 0)), array, where, "finite non-negative masses")
    return pmf


def _refuse(bad: npt.NDArray[np.bool_], array: Array, where: str, expected: str) -> None:
    if bad.any():
        first = np.unravel_index(int(np.argmax(bad)), bad.shape)
        index = ", ".join(str(int(i)) for i in first)
        raise ReadError(f"{where}: expected {expected}, found {array[first]} at index [{index}]")
