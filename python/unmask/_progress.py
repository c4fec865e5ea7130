"""A progress bar, for those who wait at a terminal."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress as Bar

#: What is called with the fraction of the work done; or whether a bar is shown.
Progress = bool | Callable[[float], object] | None

#: Work shorter than this has no bar.
PATIENCE_SECONDS = 0.5


@contextmanager
def progress_bar(label: str) -> Iterator[Callable[[float], None] | None]:
    """Yield what to call with the fraction done; ``None`` where stderr is no terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    started = time.monotonic()
    bar: Bar | None = None

    def report(fraction: float) -> None:
        nonlocal bar
        if bar is None:
            if time.monotonic() - started < PATIENCE_SECONDS:
                return
            from rich.console import Console
            from rich.progress import Progress as Bar

            bar = Bar(console=Console(stderr=True), transient=True)
            bar.add_task(label, total=1.0)
            bar.start()
        bar.update(bar.task_ids[0], completed=fraction)

    try:
        yield report
    finally:
        if bar is not None:
            bar.stop()


@contextmanager
def reported(progress: Progress, label: str) -> Iterator[Callable[[float], object] | None]:
    """Yield what to call with the fraction done, for an argument ``progress``.

    A callable is taken as it is; ``True`` shows a bar on a terminal.
    """
    if callable(progress):
        yield progress
    elif progress is None or isinstance(progress, bool):
        if progress:
            with progress_bar(label) as report:
                yield report
        else:
            yield None
    else:
        kind = type(progress).__name__
        raise TypeError(f"progress: is a {kind}, expected True, False or a callable")
