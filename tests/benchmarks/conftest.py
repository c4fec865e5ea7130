"""Benchmarks run only when asked for: ``pytest tests/benchmarks --benchmark-enable``.

Those that have a small size, too, are tried once with it in the normal run.
"""

import pytest


@pytest.fixture
def sized(benchmark):
    """Choose between the size to measure and one that only has to run."""
    return lambda large, small: small if benchmark.disabled else large


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("benchmark_disable") and not config.getoption("benchmark_enable"):
        skip = pytest.mark.skip(reason="benchmarks need --benchmark-enable")
        for item in items:
            if "benchmarks" in item.path.parts and "sized" not in getattr(item, "fixturenames", ()):
                item.add_marker(skip)
