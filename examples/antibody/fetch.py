"""Fetch the wheels of the example from PyPI, without what they depend on.

Run as a script it fetches those named, or all; nothing of them is installed or imported.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

#: Where wheels are kept: ``UNMASK_CACHE``, or a folder of the user's.
CACHE = Path(os.environ.get("UNMASK_CACHE", Path.home() / ".cache" / "unmask"))


@dataclass(frozen=True)
class Wheel:
    """One file of PyPI."""

    name: str
    version: str
    sha256: str

    @property
    def path(self) -> Path:
        """Where it is kept."""
        return CACHE / f"{self.name}-{self.version}-py3-none-any.whl"


#: The language model and its weights: MIT licence.
SAPIENS = Wheel(
    "sapiens", "1.0.3", "afc82b1ea323d7d156d98ca9b39453889289c0f21a559fbd0a4ef825004de9b8"
)
#: 50,000 human heavy chains among its reference scores: CC BY-NC-SA 4.0.
ABNATIV = Wheel(
    "abnativ", "2.0.9", "85582a5e801430b110d3770d6d76e9e8e6958b7378a83b531cda0d1a7cb77756"
)

#: A language model of reactions and its weights: MIT licence.
RXNMAPPER = Wheel(
    "rxnmapper", "0.4.3", "27876a4286881aafd286fd6f24a6a56a4ca6ba22d68e035a0ea120106c541ba5"
)


def fetch(wheel: Wheel, *, seconds: float = 300.0) -> Path:
    """Return the path of a wheel, fetched if it is not there, and that of exactly these bytes.

    Raises
    ------
    OSError
        If it cannot be had, or is not what it was.
    """
    if not wheel.path.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-input"]
        command += ["--retries", "1", "--timeout", "10", "--only-binary", ":all:"]
        command += ["--dest", str(CACHE), f"{wheel.name}=={wheel.version}"]
        try:
            subprocess.run(command, check=True, capture_output=True, text=True, timeout=seconds)
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
            lines = (str(error.stderr or "").strip() or "no answer in time").splitlines()
            raise OSError(f"{wheel.name} {wheel.version} cannot be fetched: {lines[-1]}") from None
    if hashlib.sha256(wheel.path.read_bytes()).hexdigest() != wheel.sha256:
        raise OSError(f"{wheel.path} is not the wheel of {wheel.name} {wheel.version} on PyPI")
    return wheel.path


if __name__ == "__main__":
    wheels = {wheel.name: wheel for wheel in (SAPIENS, ABNATIV, RXNMAPPER)}
    for name in sys.argv[1:] or wheels:
        if name not in wheels:
            sys.exit(f"{name}: is none of {', '.join(wheels)}")
        print(fetch(wheels[name]))
