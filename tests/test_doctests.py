"""Every example in a docstring is run."""

import doctest
import importlib
import pkgutil

import pytest

import unmask

MODULES = ["unmask", *(m.name for m in pkgutil.walk_packages(unmask.__path__, "unmask."))]


@pytest.mark.parametrize("name", [name for name in MODULES if not name.endswith("._core")])
def test_examples(name):
    outcome = doctest.testmod(importlib.import_module(name))
    assert outcome.failed == 0


def test_examples_are_found():
    finder = doctest.DocTestFinder(exclude_empty=True)
    for item in (unmask, unmask.Schedule, unmask.InformationCurve, unmask.information_curve):
        assert any(test.examples for test in finder.find(item)), item
