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
from ._weights import weights_from_fields

_COUNTS = {"count", "counts", "weight", "weights"}


def samples_from_csv(lines: Sequence[Line], path: Path, delimiter: str) -> Samples:
    """Read one sample a row; the first row may be a header, which may end in a column of counts."""
    values = array("q")
    width = count = 0
    counts: list[Line] | None = None
    for line, text in lines:
        row = _split(text, line, path, delimiter)
        if not width:
            width = len(row)
            if _is_header(row, line, path):
                if width > 1 and row[-1].strip().lower() in _COUNTS:
                    counts = []
                continue
        if len(row) != width:
            raise ReadError(
                f"{path}, line {line}: expected {width} cells, as in line {lines[0][0]}, "
                f"found {len(row)}"
            )
        if counts is not None:
            counts.append((line, row.pop().strip()))
        values.extend([_integer(cell, line, column, path) for column, cell in enumerate(row, 1)])
        count += 1
    if not count:
        raise ReadError(f"{path}: expected rows of integers, found none")
    weights = None if counts is None else weights_from_fields(counts, path)
    return Samples(np.array(values, dtype=np.int64).reshape(count, -1), weights, str(path))


def holds_counts(lines: Sequence[Line]) -> bool:
    r"""Tell ``sequence<TAB>count`` from two columns of integers.

    >>> holds_counts([(1, "ACG\t3")]), holds_counts([(1, "word\tcount"), (2, "01\t3")])
    (True, True)
    >>> holds_counts([(1, "10\t3")]), holds_counts([(1, "x1\tx2"), (2, "0\t1")])
    (False, False)

    Nobody writes an integer with a zero in front, so that this is a sequence:

    >>> holds_counts([(1, "10\t3"), (2, "01\t5")])
    True
    """
    first, *below = [text.split("\t") for _, text in lines[:2]] or [[""]]
    if len(first) != 2:
        return False
    if below and number(first[0]) is None and number(first[1]) is None:
        return first[1].strip().lower() in _COUNTS or whole(below[0][0]) is None
    cells = (text.split("\t")[0].strip() for _, text in lines)
    padded = (len(cell) > 1 and cell[0] == "0" and cell.isdigit() for cell in cells)
    return whole(first[0]) is None or any(padded)


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
