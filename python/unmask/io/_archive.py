"""Archives that numpy saved: several arrays under names."""

from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from ._array import from_array, load_with
from ._error import ReadError
from ._result import Samples, Table
from ._weights import check_length, weights_from_array

_KEYS = {"samples": "samples", "table": "pmf"}


def read_npz(path: Path, kind: str) -> Samples | Table:
    """Read a ``.npz`` file: one array of any name, or ``samples``, ``weights`` and ``pmf``."""
    arrays = load_with(path, b"PK", _load_all)
    keys = set(arrays)
    if len(keys) == 1 and keys != {"weights"}:
        (key,) = keys
        if kind == "auto":  # a telling name says more than the type of the numbers
            kind = {"samples": "samples", "pmf": "table"}.get(key, kind)
        return from_array(arrays[key], kind, f"{path}, array {key!r}", str(path))

    # Exactly these combinations: a misspelt name must not be passed over.
    found = ", ".join(map(repr, arrays)) or "none"
    if keys not in ({"samples", "weights"}, {"samples", "pmf"}, {"samples", "weights", "pmf"}):
        raise ReadError(
            f"{path}: expected one array, or 'samples' with 'weights', 'pmf' or both, found {found}"
        )
    if kind == "auto" and "pmf" in keys:
        raise ReadError(f"{path}: holds samples and a table; expected kind='samples' or 'table'")
    key = _KEYS.get(kind, "samples")
    if key not in keys:
        raise ReadError(f"{path}: expected an array {key!r} for kind={kind!r}, found {found}")
    kind = "table" if key == "pmf" else "samples"
    result = from_array(arrays[key], kind, f"{path}, array {key!r}", str(path))
    if isinstance(result, Samples) and "weights" in keys:
        where = f"{path}, array 'weights'"
        weights = weights_from_array(arrays["weights"], where)
        check_length(weights, len(result.letters), where, f"{path}, array 'samples'")
        return replace(result, weights=weights)
    return result


def _load_all(file: BinaryIO) -> dict[str, npt.NDArray[Any]]:
    with np.load(file, allow_pickle=False) as archive:
        arrays = dict(archive.items())
    for name, array in arrays.items():
        if not isinstance(array, np.ndarray):  # numpy hands over foreign members as bytes
            raise ValueError(f"{name!r} is not an array")
    return arrays
