"""Files that the commands write."""

import os
from pathlib import Path
from typing import Any

#: Pictures are fine enough for print.
DOTS_PER_INCH = 150


def check_output(path: Path, source: Path, *, image: bool) -> None:
    """Find out what speaks against writing a file before the work is done, not after it."""
    if path.is_dir():
        raise IsADirectoryError(21, os.strerror(21), str(path))
    if not path.parent.is_dir():
        raise FileNotFoundError(2, "no such folder to write to", str(path))
    if path.exists() and source.exists() and path.samefile(source):
        raise ValueError(f"{path}: is the input, which would be overwritten")
    if not image:
        return
    try:
        from matplotlib.backend_bases import FigureCanvasBase
    except ImportError as error:
        raise ImportError("--plot needs matplotlib: pip install 'unmask[plot]'") from error
    known = FigureCanvasBase.get_supported_filetypes()
    if path.suffix.removeprefix(".").lower() not in known:
        names = ", ".join(f".{name}" for name in sorted(known))
        raise ValueError(f"{path}: expected the name of a picture, which ends in one of {names}")


def save_figure(figure: Any, path: Path) -> None:
    """Write a picture."""
    figure.savefig(path, dpi=DOTS_PER_INCH)
