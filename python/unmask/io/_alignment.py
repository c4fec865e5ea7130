"""Alignments in FASTA, A2M and A3M format, parsed by Biopython."""

from collections.abc import Mapping
from importlib import import_module
from io import StringIO
from pathlib import Path
from string import ascii_lowercase, ascii_uppercase
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from ._error import ReadError
from ._lines import read_lines
from ._text import characters

INSERTS = frozenset({".a2m", ".a3m"})
SUFFIXES = INSERTS | {".fa", ".fasta", ".faa", ".fna", ".afa"}

# Both gap characters become '-': Pfam writes '.' where others insert and '-' where this one lacks.
_FASTA: Mapping[int, int | None] = str.maketrans(ascii_lowercase + ".", ascii_uppercase + "-")
_MATCHES: Mapping[int, int | None] = str.maketrans("", "", ascii_lowercase + ".")

_PROTEIN = "ACDEFGHIKLMNPQRSTVWY"
_NUCLEOTIDE_CODES = frozenset("ACGTUNRYSWKMBDHVX")

Letters = npt.NDArray[Any]


class Record(NamedTuple):
    """One sequence and where it stands in the file."""

    where: str
    sequence: str


def read_alignment(
    path: Path, suffix: str, gaps: str
) -> tuple[npt.NDArray[np.str_], npt.NDArray[np.bool_]]:
    """Return the letters of the alignment, and which of its records they come from."""
    records = _records(path, _MATCHES if suffix in INSERTS else _FASTA)
    width = len(records[0].sequence)
    for record in records:
        if len(record.sequence) != width:
            raise ReadError(
                f"{record.where}: expected {width} {_unit(suffix)}, as in the first record, found "
                f"{len(record.sequence)}"
            )
    if not width:
        raise ReadError(f"{path}: expected at least one of its {_unit(suffix)}, found none")
    letters = characters([record.sequence for record in records])
    gap = letters == "-"
    rows = np.ones(len(records), dtype=np.bool_)
    columns = np.ones(width, dtype=np.bool_)
    if gap.any():
        if gaps == "error":
            raise ReadError(_describe(gap, records, path))
        if gaps == "drop-columns":
            columns = ~gap.any(axis=0)
        if gaps == "drop-rows":
            rows = ~gap.any(axis=1)
        if not (rows.any() and columns.any()):
            raise ReadError(f"{path}: gaps={gaps!r} leaves nothing: gaps are everywhere")
        letters = letters[np.ix_(rows, columns)]
    _check_letters(letters, np.flatnonzero(rows), np.flatnonzero(columns), records)
    return letters, rows


def _records(path: Path, table: Mapping[int, int | None]) -> list[Record]:
    try:
        parse = import_module("Bio.SeqIO.FastaIO").SimpleFastaParser
    except ImportError as error:
        raise ImportError(
            f"reading the alignment {path} needs Biopython: pip install 'unmask[bio]'", name="Bio"
        ) from error
    lines = read_lines(path)
    if not lines:
        raise ReadError(f"{path}: expected FASTA records, found only comments and blank lines")
    if not lines[0][1].startswith(">"):
        raise ReadError(
            f"{path}, line {lines[0][0]}: expected '>' and the name of a record, "
            f"found {lines[0][1][:40]!r}"
        )
    heads = [number for number, text in lines if text.startswith(">")]
    parsed = parse(StringIO("".join(f"{text}\n" for _, text in lines)))
    return [
        Record(
            f"{path}, record {index} ({title.partition(' ')[0]!r}, line {line})",
            sequence.translate(table),
        )
        for index, (line, (title, sequence)) in enumerate(zip(heads, parsed, strict=True), 1)
    ]


def _unit(suffix: str) -> str:
    return "match columns (upper case and '-')" if suffix in INSERTS else "columns"


def _describe(gap: npt.NDArray[np.bool_], records: list[Record], path: Path) -> str:
    row, column = divmod(int(gap.argmax()), gap.shape[1])
    return (
        f"{path}: found {gap.sum()} gaps in {gap.any(axis=1).sum()} of {gap.shape[0]} records and "
        f"{gap.any(axis=0).sum()} of {gap.shape[1]} columns, the first at column {column + 1} of "
        f"{records[row].where.removeprefix(f'{path}, ')}; expected gaps='symbol' (a gap is one "
        "more letter), 'drop-columns' or 'drop-rows'"
    )


def _check_letters(
    letters: Letters,
    rows: npt.NDArray[np.intp],
    columns: npt.NDArray[np.intp],
    records: list[Record],
) -> None:
    codes, counts = np.unique(letters.view(np.uint32), return_counts=True)
    count = dict(zip(map(chr, codes.tolist()), counts.tolist(), strict=True))
    count.pop("-", None)
    name, alphabet = _alphabet(count)
    if strange := sorted(count.keys() - set(alphabet)):
        row, column = np.argwhere(np.isin(letters, strange))[0]
        others = ", ".join(f"{letter!r} {count[letter]} times" for letter in strange)
        raise ReadError(
            f"{records[rows[row]].where}, column {columns[column] + 1}: expected one of the {name} "
            f"letters {alphabet}, found {str(letters[row, column])!r} (in all, {others})"
        )


def _alphabet(count: dict[str, int]) -> tuple[str, str]:
    """Guess what the letters stand for, from how often each occurs.

    Ambiguity codes of nucleotides are letters of proteins, so the set of letters does not decide.

    >>> _alphabet({"A": 5, "C": 3, "G": 4, "U": 4, "N": 1})
    ('RNA', 'ACGU')
    >>> _alphabet({"A": 5, "G": 3, "K": 4, "S": 4})
    ('protein', 'ACDEFGHIKLMNPQRSTVWY')
    """
    plain = sum(count.get(letter, 0) for letter in "ACGTUN")
    if count.keys() <= _NUCLEOTIDE_CODES and 10 * plain >= 9 * sum(count.values()):
        uracil = count.get("U", 0) > count.get("T", 0)
        return ("RNA", "ACGU") if uracil else ("DNA", "ACGT")
    return "protein", _PROTEIN
