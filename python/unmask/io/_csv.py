"""Rows of integers separated by commas or tabs."""

import csv
from array import array
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ._error import ReadError
from ._lines import Line
from ._number import number, whole
from ._result import Samples

_COUNTS = {"count", "counts", "weight", "weights"}


def samples_from_csv(lines: Sequence[Line], path: Path, delimiter: str) -> Samples:
    """Read one sample a row; the first row may be a header."""
    values = array("q")
    width = count = 0
    for line, text in lines:
        row = _split(text, line, path, delimiter)
        if not width:
            width = len(row)
            if _is_header(row, line, path):
                continue
        if len(row) != width:
            raise ReadError(
                f"{path}, line {line}: expected {width} cells, as in line {lines[0][0]}, "
                f"found {len(row)}"
            )
        values.extend([_integer(cell, line, column, path) for column, cell in enumerate(row, 1)])
        count += 1
    if not count:
        raise ReadError(f"{path}: expected rows of integers, found none")
    return Samples(np.array(values, dtype=np.int64).reshape(count, width), None, str(path))


def holds_counts(lines: Sequence[Line]) -> bool:
    r"""Tell ``sequence<TAB>count`` from two columns of integers.

    >>> holds_counts([(1, "ACG\t3")]), holds_counts([(1, "word\tcount"), (2, "01\t3")])
    (True, True)
    >>> holds_counts([(1, "01\t3")]), holds_counts([(1, "x1\tx2"), (2, "0\t1")])
    (False, False)
    """
    first, *below = [text.split("\t") for _, text in lines[:2]] or [[""]]
    if len(first) != 2:
        return False
    if below and number(first[0]) is None and number(first[1]) is None:
        return first[1].strip().lower() in _COUNTS or whole(below[0][0]) is None
    return whole(first[0]) is None


def _split(text: str, line: int, path: Path, delimiter: str) -> list[str]:
    try:
        # One line at a time: no integer spans two, and an open quote must not swallow the rest.
        return next(csv.reader([text], delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise ReadError(
            f"{path}, line {line}: expected integers separated by {delimiter!r} ({error})"
        ) from None


def _is_header(row: list[str], line: int, path: Path) -> bool:
    if any(number(cell) is not None for cell in row):
        return False
    if len(row) > 1 and not row[0]:
        raise ReadError(
            f"{path}, line {line}: the first column has no name, which marks a row index; expected "
            "only columns that are variables"
        )
    return True


def _integer(cell: str, line: int, column: int, path: Path) -> int:
    value = whole(cell)
    if value is None:
        raise ReadError(
            f"{path}, line {line}, column {column}: expected a 64-bit integer, found {cell!r}"
        )
    return value
