"""From the name of a file to its reader."""

from dataclasses import replace
from os import PathLike
from pathlib import Path
from typing import Literal, TypeAlias, get_args

import numpy as np
import numpy.typing as npt

from .. import _check
from ._alignment import SUFFIXES, read_alignment
from ._archive import read_npz
from ._array import from_array, load_npy
from ._csv import holds_counts, samples_from_csv
from ._error import ReadError
from ._lines import read_lines
from ._result import Samples, Table
from ._text import samples_from_text
from ._weights import check_length, check_total, read_weights

Kind: TypeAlias = Literal["auto", "samples", "table"]
Gaps: TypeAlias = Literal["error", "symbol", "drop-columns", "drop-rows"]


def read(
    path: str | PathLike[str],
    *,
    kind: Kind = "auto",
    weights: str | PathLike[str] | None = None,
    gaps: Gaps = "error",
) -> Samples | Table:
    r"""Read samples or a joint table from a file.

    Parameters
    ----------
    path
        The file; the end of its name tells the format (see `unmask.io`).
    kind
        ``"samples"`` or ``"table"`` for arrays whose type of numbers does not tell which: integers
        that are a table of counts, floats that are samples. Text is always samples.
    weights
        A file with one finite non-negative number a sample: ``.npy``, or text with one a line.
    gaps
        What to do about ``-`` and ``.`` in an alignment: take them for one more letter, ``-``
        (``"symbol"``), leave out the columns or the records that have any (``"drop-columns"``,
        ``"drop-rows"``; `weights` then still has one number for every record of the file), or
        refuse (``"error"``). Elsewhere ``-`` is a letter like any other.

    Returns
    -------
    Samples or Table
        Letters exactly as the file has them; alignments in upper case.

    Raises
    ------
    ReadError
        If the content is not what the format calls for.
    OSError
        If the file is missing, is a directory or may not be read.
    ImportError
        If an alignment is to be read without Biopython.
    ValueError
        If the arguments do not fit each other or the format.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from unmask.io import read
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "sites.txt")
    ...     _ = path.write_text("GUAAG\t12\nGUGAG\t7\n")
    ...     samples = read(path)
    >>> samples.letters
    array([['G', 'U', 'A', 'A', 'G'],
           ['G', 'U', 'G', 'A', 'G']], dtype='<U1')
    >>> samples.weights
    array([12,  7])
    """
    _check.choice(kind, get_args(Kind), "kind")
    _check.choice(gaps, get_args(Gaps), "gaps")
    path = _check.path(path, "path")
    suffix = Path(path.name.lower().removesuffix(".gz")).suffix
    if gaps != "error" and suffix not in SUFFIXES:
        raise ValueError(
            f"gaps: expected 'error' for {path}, which is not an alignment "
            f"({', '.join(sorted(SUFFIXES))}), found {gaps!r}"
        )
    result: Samples | Table
    rows = None
    if suffix in {".npy", ".npz"}:
        result = _read_array(path, suffix, kind)
    elif kind == "table":
        raise ValueError(f"kind: expected 'auto' or 'samples' for {path}, which is text")
    elif suffix in SUFFIXES:
        letters, rows = read_alignment(path, suffix, gaps)
        result = Samples(letters, None, str(path))
    else:
        result = _read_text(path, suffix)
    return result if weights is None else _weigh(result, _check.path(weights, "weights"), rows)


def _read_array(path: Path, suffix: str, kind: Kind) -> Samples | Table:
    if path.suffix.lower() == ".gz":
        raise ReadError(f"{path}: expected an array without gzip; numpy.savez_compressed packs it")
    if suffix == ".npz":
        return read_npz(path, kind)
    return from_array(load_npy(path), kind, str(path), str(path))


def _read_text(path: Path, suffix: str) -> Samples:
    lines = read_lines(path)
    if suffix == ".csv":
        return samples_from_csv(lines, path, ",")
    if suffix == ".tsv" and not holds_counts(lines):
        return samples_from_csv(lines, path, "\t")
    return samples_from_text(lines, path)


def _weigh(result: Samples | Table, path: Path, rows: npt.NDArray[np.bool_] | None) -> Samples:
    """Attach a file of weights; `rows` are the records that were kept of an alignment."""
    if isinstance(result, Table):
        raise ValueError(f"weights: expected None for {result.source}, which is a table")
    if result.weights is not None:
        raise ValueError(f"weights: expected None for {result.source}, which has its own weights")
    weights = read_weights(path)
    expected = len(result.letters if rows is None else rows)
    check_length(weights, expected, str(path), result.source)
    if rows is not None:
        weights = weights[rows]
        check_total(weights.tolist(), f"{path} (for the records without gaps)")
    return replace(result, weights=weights)
