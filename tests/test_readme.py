"""What the README shows is what happens."""

import doctest
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()


def test_the_output_of_plan():
    shown = README.split("$ unmask plan examples/splice_sites.tsv\n")[1].split("\n```")[0]
    environment = {**os.environ, "COLUMNS": "80"}
    command = [sys.executable, "-m", "unmask", "plan", "examples/splice_sites.tsv"]
    run = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    assert run.stdout.rstrip() == shown.rstrip()
    assert run.stderr == ""


def test_the_session(monkeypatch):
    monkeypatch.chdir(ROOT)
    examples = doctest.DocTestParser().get_doctest(README, {}, "README.md", "README.md", 0)
    assert examples.examples
    runner = doctest.DocTestRunner()
    runner.run(examples)
    assert runner.summarize().failed == 0


@pytest.mark.parametrize("name", ["examples/README.md", "examples/splice_sites.png"])
def test_links(name):
    assert f"]({name})" in README
    assert (ROOT / name).exists()
