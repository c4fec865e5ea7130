"""A progress bar, for those who wait at a terminal."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress

#: Work shorter than this has no bar.
PATIENCE_SECONDS = 0.5


@contextmanager
def progress_bar(label: str) -> Iterator[Callable[[float], None] | None]:
    """Yield what to call with the fraction done; ``None`` where stderr is no terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    started = time.monotonic()
    bar: Progress | None = None

    def report(fraction: float) -> None:
        nonlocal bar
        if bar is None:
            if time.monotonic() - started < PATIENCE_SECONDS:
                return
            from rich.console import Console
            from rich.progress import Progress

            bar = Progress(console=Console(stderr=True), transient=True)
            bar.add_task(label, total=1.0)
            bar.start()
        bar.update(bar.task_ids[0], completed=fraction)

    try:
        yield report
    finally:
        if bar is not None:
            bar.stop()
