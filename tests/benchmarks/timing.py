"""Times taken within one run, for ratios."""

import time
from collections.abc import Callable


def fastest(job: Callable[[], object], rounds: int) -> float:
    """Least time in seconds of so many runs."""
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        job()
        times.append(time.perf_counter() - start)
    return min(times)
