"""Equal-length lines, one sample a line, with or without counts."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ._error import ReadError
from ._lines import Line
from ._number import number
from ._result import Samples
from ._weights import Weights, weights_from_fields

#: What stands between values, and is hardly a letter in every second place of every sample.
SEPARATORS = ",; "


def samples_from_text(lines: Sequence[Line], path: Path) -> Samples:
    """Read ``sequence`` or ``sequence<TAB>count`` lines; the first line decides which."""
    if not lines:
        raise ReadError(f"{path}: expected one sample a line, found only comments and blank lines")
    if lines[0][1].startswith(">"):
        # Read as text, the names of the records could become samples.
        raise ReadError(
            f"{path}, line {lines[0][0]}: a first line with '>' is FASTA; expected a file name "
            "that ends in .fasta"
        )
    weighted = "\t" in lines[0][1]
    fields = [_fields(line, weighted, path) for line in lines]
    if weighted and is_header(fields[0][1]):
        lines, fields = lines[1:], fields[1:]
        if not fields:
            raise ReadError(f"{path}: expected samples after the header line, found none")
    numbers = [line for line, _ in lines]
    sequences = [sequence for sequence, _ in fields]
    _check_lengths(numbers, sequences, path)
    weights: Weights | None = None
    if weighted:
        weights = weights_from_fields(
            [(line, count) for line, (_, count) in zip(numbers, fields, strict=True)], path
        )
    letters = characters(sequences)
    between = letters[:, 1::2]
    odd = letters.shape[1] % 2 == 1
    if odd and between.size and between[0, 0] in SEPARATORS and (between == between[0, 0]).all():
        raise ReadError(
            f"{path}: every second character is {str(between[0, 0])!r}; expected sequences "
            "without separators, or integers in a file whose name ends in .csv"
        )
    return Samples(letters, weights, str(path))


def is_header(count: str) -> bool:
    """Tell a column's name from a count.

    A misspelt number must not pass for a header, or the sample beside it would vanish.

    >>> is_header("count"), is_header("12"), is_header("l2"), is_header("nan"), is_header("")
    (True, False, False, False, False)
    """
    return bool(count) and number(count) is None and not any(map(str.isdigit, count))


def characters(sequences: Sequence[str]) -> npt.NDArray[np.str_]:
    """Lay equal-length strings out as a matrix of characters.

    >>> characters(["AB", "CD"])
    array([['A', 'B'],
           ['C', 'D']], dtype='<U1')
    """
    packed = np.frombuffer("".join(sequences).encode("utf-32-le"), dtype="<U1")
    return packed.reshape(len(sequences), -1).astype(np.dtype("U1"))


def _fields(line: Line, weighted: bool, path: Path) -> tuple[str, str]:
    where, text = line
    sequence, *counts = text.split("\t")
    if len(counts) != weighted:
        expected = "one sequence, one tab and one count" if weighted else "one sequence and no tab"
        raise ReadError(
            f"{path}, line {where}: expected {expected}, as in the first line, found "
            f"{len(counts)} tabs"
        )
    return sequence, counts[0] if weighted else ""


def _check_lengths(numbers: list[int], sequences: list[str], path: Path) -> None:
    length = len(sequences[0])
    if not length:
        raise ReadError(f"{path}, line {numbers[0]}: expected a sequence before the tab")
    for line, sequence in zip(numbers, sequences, strict=True):
        if len(sequence) != length:
            raise ReadError(
                f"{path}, line {line}: expected {length} characters, as in line {numbers[0]}, "
                f"found {len(sequence)}"
                + (" (spaces at the end count)" if sequence.endswith(" ") else "")
            )
