"""Losses that somebody logged in a table."""

from __future__ import annotations

import csv
import os
from pathlib import Path

import numpy as np

from ..io._error import ReadError
from ..io._lines import read_lines
from ..io._number import number
from ._accumulator import CurveAccumulator

#: Names of a first column that holds counts, even if all are 0 or 1.
COUNTS = ("revealed", "count", "m", "unmasked", "tokens")

#: Parts of the names of a first column that holds mask ratios, whatever they are.
RATIOS = ("mask ", "masked", "mask_", "ratio", "fraction", "rate", "percent")


def read_losses(path: str | os.PathLike[str], tokens: int | None = None) -> CurveAccumulator:
    """Read a table of losses by number of revealed tokens, or by mask ratio.

    Two columns, or three, separated by commas, tabs or blanks, with names above them or without:
    the number of revealed tokens or the ratio of masked ones, the mean loss of a masked token in
    nats, and how many sequences it is the mean of (one, if there is no third column). A ratio ``r``
    stands for ``round(n (1 - r))`` revealed tokens. Numbers in the first column are counts if they
    are whole and not all 0 or 1, or if its name is one of revealed, count, m, unmasked, tokens.

    Parameters
    ----------
    path : path-like
        The table; lines that start with ``#`` are passed over.
    tokens : int, optional
        Number of tokens ``n``; by default one more than the largest count. Ratios need it.

    Returns
    -------
    CurveAccumulator
        Lines count as different sequences: errors are known where counts are repeated.

    Raises
    ------
    ReadError
        If the file is not such a table, or ratios come without `tokens`; it names the line.
    """
    path = Path(path)
    lines = read_lines(path)
    rows = [(line, _cells(text)) for line, text in lines]
    name = None
    if rows and all(number(cell) is None for cell in rows[0][1]):
        name = rows[0][1][0].strip().lower()
        rows = rows[1:]
    if not rows:
        raise ReadError(f"{path}: expected lines with a number of revealed tokens and a loss")
    width = len(rows[0][1])
    table = np.array([_numbers(row, line, width, path) for line, row in rows])
    first = table[:, 0]
    whole = (first == np.rint(first)).all()
    # No ratio is above one, but a percentage may be called one.
    ratio = name is not None and any(word in name for word in RATIOS)
    counts = name in COUNTS or bool(whole and np.any((first != 0) & (first != 1)) and not ratio)
    if counts:
        if not whole or first.min() < 0:
            worst = int(np.argmax((first != np.rint(first)) | (first < 0)))
            raise ReadError(
                f"{path}, line {rows[worst][0]}: {first[worst]:g} is no number of revealed tokens"
            )
        gathered = CurveAccumulator(int(first.max()) + 1 if tokens is None else tokens)
        revealed = first.astype(np.int64)
    else:
        if tokens is None:
            raise ReadError(f"{path}: holds mask ratios, expected the number of tokens with them")
        outside = ~((first > 0) & (first <= 1))
        if outside.any():
            worst = int(np.argmax(outside))
            raise ReadError(
                f"{path}, line {rows[worst][0]}: {first[worst]:g} is no ratio of masked tokens, "
                "expected more than 0 and at most 1"
            )
        gathered = CurveAccumulator(tokens)
        # At least one token is masked, or there would be no loss.
        revealed = np.minimum(np.rint(gathered.n * (1 - first)), gathered.n - 1).astype(np.int64)
    try:
        gathered.update_losses(revealed, table[:, 1], table[:, 2] if width > 2 else 1.0)
    except ValueError as error:
        raise ReadError(f"{path}: {error}") from None
    return gathered


def _cells(text: str) -> list[str]:
    if "," in text or "\t" in text:
        return next(csv.reader([text], delimiter="\t" if "\t" in text else ","))
    return text.split()


def _numbers(cells: list[str], line: int, width: int, path: Path) -> list[float]:
    values = [number(cell.strip()) for cell in cells]
    if len(cells) != width or not 2 <= width <= 3 or None in values:
        raise ReadError(
            f"{path}, line {line}: is {', '.join(map(repr, cells))}, expected a number of revealed "
            "tokens or a mask ratio, a loss, and perhaps a number of sequences"
        )
    return [float(value) for value in values if value is not None]
