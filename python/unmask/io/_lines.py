"""Text files as numbered lines: decompressed, decoded, without comments."""

import codecs
import gzip
import zlib
from pathlib import Path
from typing import TypeAlias

from ._error import ReadError

Line: TypeAlias = tuple[int, str]
"""A line's number in the file, from 1, and its text without the line end."""


def read_lines(path: Path) -> list[Line]:
    """Return the lines of `path` that say something.

    Only line feeds and carriage returns end a line: the other separators that `str.splitlines`
    knows may be symbols of a sample. For the same reason spaces are never stripped.
    """
    data = path.read_bytes()
    if not data:
        raise ReadError(f"{path}: the file is empty")
    text = _decode(path, _decompress(path, data))
    numbered = enumerate(text.split("\n"), start=1)
    return [(number, line) for number, line in numbered if line and not line.startswith("#")]


def _decompress(path: Path, data: bytes) -> bytes:
    if path.suffix.lower() != ".gz":
        return data
    try:
        return gzip.decompress(data)
    except EOFError:
        raise ReadError(f"{path}: the gzip stream is truncated") from None
    except (gzip.BadGzipFile, zlib.error) as error:
        raise ReadError(f"{path}: expected a gzip stream ({error})") from None


def _decode(path: Path, data: bytes) -> str:
    # Spreadsheets put a byte-order mark before the first line, where it would pass for a letter.
    data = data.removeprefix(codecs.BOM_UTF8)
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        number = _unify(data[: error.start].decode()).count("\n") + 1
        raise ReadError(
            f"{path}, line {number}: expected UTF-8 text, found byte 0x{data[error.start]:02x}"
        ) from None
    text = _unify(text)
    if "\0" in text:
        # UTF-16 text and small binary files decode without complaint.
        number = text[: text.index("\0")].count("\n") + 1
        raise ReadError(f"{path}, line {number}: expected UTF-8 text, found a NUL byte")
    return text


def _unify(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")
