"""What the README shows is what happens."""

import doctest
import os
import re
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

import unmask
from unmask import schedules

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


def test_the_first_picture():
    script = runpy.run_path(str(ROOT / "examples" / "frontier.py"))
    curve = unmask.information_curve(script["law"]())
    totals = {
        name: getattr(curve, name)
        for name in ("total_correlation", "dual_total_correlation", "harmonic_mass")
    }

    def first(rule):
        return next(k for k in range(1, curve.n + 1) if curve.expected_kl(rule(k)) <= 0.5)

    steps = [
        schedules.optimal(curve, max_kl=0.5).nfe,
        first(lambda k: schedules.minimax(curve.n, steps=k, **totals)),
        first(lambda k: schedules.uniform(curve.n, k)),
        schedules.total_correlation(curve.n, curve.total_correlation, max_kl=0.5).nfe,
    ]
    caption = README.split("*Drawn by")[1].split("*")[0]
    assert steps == [
        int(number) for number in re.findall(r"(\d+) (?:equal )?(?:steps|of)", caption)
    ]
    left, right = script["picture"]().axes
    assert "schedule, 8 steps" in [text.get_text() for text in left.get_legend().get_texts()]
    names = [text.get_text() for text in right.get_legend().get_texts()]
    assert names == ["optimal", "uniform", "cosine", "TC or DTC", "minimax"]


@pytest.mark.parametrize(
    "name",
    [
        "examples/README.md",
        "examples/antibody/README.md",
        "examples/splice_sites.png",
        "examples/frontier.png",
        "examples/frontier.py",
    ],
)
def test_links(name):
    assert f"]({name})" in README
    assert (ROOT / name).exists()
