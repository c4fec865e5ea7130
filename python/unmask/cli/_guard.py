"""What a person sees when something cannot be done: one line, no traceback."""

import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import typer

#: How the library names an argument, and how the command line does.
_WORDS = [
    (r"\bkind='(\w+)'", r"--as \1"),
    (r"\bgaps='([\w-]+)'", r"--gaps \1"),
    (r"\bestimator='([\w-]+)'", r"--estimator \1"),
    (r"\bmethod='(\w+)'", r"--method \1"),
    (r"\bsamples=(\d+)", r"--samples \1"),
    (r"\bmonotone\(\) takes", "--method sampled takes"),
    (r"\bnormalize=True\b", "--normalize"),
    (r"^(weights|normalize): expected (?:None|False) for ", r"--\1: does not apply to "),
    (r"^kind: ", "--as: "),
    (r"^pmf: ", "the table: "),
    (r"^(threads: .*) or None$", r"\1"),
    (r"\bnll: ", "loss: "),
    (r"^max_kl: ", "--max-kl: "),
    (r"^(gaps|estimator|normalize|threads|steps): ", r"--\1: "),
]


@contextmanager
def guarded() -> Iterator[None]:
    """Turn the exceptions of a mistake into a message and an exit code."""
    try:
        yield
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        raise typer.Exit(130) from None
    except (ValueError, OSError, MemoryError, ImportError) as error:
        print(f"error: {explained(error)}", file=sys.stderr)
        raise typer.Exit(1) from None


def explained(error: Exception) -> str:
    """Say what an exception says, in the words of the command line.

    >>> explained(ValueError("gaps: expected 'error' for x.txt"))
    "--gaps: expected 'error' for x.txt"
    >>> explained(FileNotFoundError(2, "No such file or directory", "x.txt"))
    'x.txt: No such file or directory'
    """
    if isinstance(error, OSError) and error.strerror and error.filename is not None:
        return f"{os.fsdecode(error.filename)}: {error.strerror}"
    message = str(error)
    for pattern, replacement in _WORDS:
        message = re.sub(pattern, replacement, message)
    return message or ("out of memory" if isinstance(error, MemoryError) else repr(error))
