"""Benchmarks run only when asked for: ``pytest tests/benchmarks --benchmark-enable``."""

import pytest


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("benchmark_disable"):
        skip = pytest.mark.skip(reason="benchmarks need --benchmark-enable")
        for item in items:
            if "benchmarks" in item.path.parts:
                item.add_marker(skip)
