"""Weights of a torch checkpoint, without torch and without trust.

Up to version 1.5, torch saved a file of five pickles (a magic number, a protocol number, facts
about the machine, the object, the keys of its storages) followed by each storage: its length as a
64-bit integer and its numbers. A tensor in the object is a call of ``_rebuild_tensor_v2`` with a
storage, an offset, a shape and strides.

A pickle may call whatever it names. Here it may name what is in `ALLOWED`, all of it harmless and
defined here or in `collections`; anything else is refused before it is called.
"""

from __future__ import annotations

import argparse
import collections
import io
import pickle
import struct
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

MAGIC = 0x1950A86A20F9469CFC6C
PROTOCOL = 1001


@dataclass
class Storage:
    """Numbers on disk, known by their key until they are read."""

    key: str
    dtype: np.dtype
    size: int
    data: np.ndarray | None = None


@dataclass
class Tensor:
    """A view of a storage."""

    storage: Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]

    def array(self) -> np.ndarray:
        """Return the numbers as an array of their own."""
        reach = self.offset + sum(
            (length - 1) * stride for length, stride in zip(self.shape, self.strides, strict=True)
        )
        if self.storage.data is None or min(self.shape, default=1) < 1 or self.offset < 0:
            raise ValueError(f"checkpoint: the tensor of shape {self.shape} has no numbers")
        if min(self.strides, default=0) < 0 or reach >= len(self.storage.data):
            raise ValueError(f"checkpoint: the tensor of shape {self.shape} ends past its storage")
        width = self.storage.data.itemsize
        view = np.lib.stride_tricks.as_strided(
            self.storage.data[self.offset :],
            self.shape,
            tuple(stride * width for stride in self.strides),
        )
        return view.copy()


def _tensor(
    storage: Storage, offset: int, shape: tuple[int, ...], strides: tuple[int, ...], *_: Any
) -> Tensor:
    return Tensor(storage, offset, tuple(shape), tuple(strides))


ALLOWED: dict[tuple[str, str], Any] = {
    ("argparse", "Namespace"): argparse.Namespace,
    ("collections", "OrderedDict"): collections.OrderedDict,
    ("torch", "DoubleStorage"): np.dtype("<f8"),
    ("torch", "FloatStorage"): np.dtype("<f4"),
    ("torch", "HalfStorage"): np.dtype("<f2"),
    ("torch", "LongStorage"): np.dtype("<i8"),
    ("torch._utils", "_rebuild_tensor_v2"): _tensor,
}


class Unpickler(pickle.Unpickler):
    """Reads what `ALLOWED` names and nothing else."""

    def __init__(self, file: BinaryIO) -> None:
        super().__init__(file)
        self.storages: dict[str, Storage] = {}

    def find_class(self, module: str, name: str) -> Any:
        """Return what a name stands for."""
        if (module, name) not in ALLOWED:
            raise pickle.UnpicklingError(f"checkpoint: names {module}.{name}, which is not allowed")
        return ALLOWED[module, name]

    def persistent_load(self, pid: Any) -> Storage:
        """Return the storage that a reference stands for."""
        kind, dtype, key, _device, size, *view = pid
        if kind != "storage" or not isinstance(dtype, np.dtype) or any(view):
            raise pickle.UnpicklingError(f"checkpoint: refers to {pid!r}, expected a storage")
        return self.storages.setdefault(key, Storage(key, dtype, size))


def read(path: str | Path) -> dict[str, Any]:
    """Read a checkpoint of that format; tensors are `Tensor`, to be made arrays by ``array()``."""
    return _read(io.BytesIO(Path(path).read_bytes()), str(path))


def read_from_wheel(wheel: str | Path, member: str) -> dict[str, Any]:
    """Read a checkpoint inside a wheel, without unpacking it."""
    with zipfile.ZipFile(wheel) as archive:
        return _read(io.BytesIO(archive.read(member)), member)


def _read(file: BinaryIO, name: str) -> dict[str, Any]:
    if Unpickler(file).load() != MAGIC or Unpickler(file).load() != PROTOCOL:
        raise ValueError(f"{name}: is not a torch checkpoint of the old format")
    if not Unpickler(file).load()["little_endian"]:
        raise ValueError(f"{name}: was written on a big-endian machine")
    reader = Unpickler(file)
    content = reader.load()
    for key in Unpickler(file).load():
        storage = reader.storages[key]
        (size,) = struct.unpack("<q", file.read(8))
        data = file.read(max(size, 0) * storage.dtype.itemsize)
        if size != storage.size or len(data) != size * storage.dtype.itemsize:
            raise ValueError(f"{name}: is cut short")
        storage.data = np.frombuffer(data, storage.dtype)
    return content
