"""The command ``unmask``: from a file to a schedule, and to what it costs.

Exit codes: 0 for success, 1 where the data or the request cannot be served, 2 for a command line
that is not understood, 130 after Ctrl-C.
"""

import contextlib
import io
import signal
import sys

from ._app import app as app

__all__ = ["app", "main"]


def main() -> None:
    """Run the command line."""
    if hasattr(signal, "SIGPIPE"):
        # End like other filters when the reader of a pipe goes away (`unmask curve x | head`).
        with contextlib.suppress(ValueError):  # not the main thread
            signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A narrow encoding costs a letter, not the answer.
        sys.stdout.reconfigure(errors="replace")
    app(prog_name="unmask")
