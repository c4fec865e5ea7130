"""The command ``unmask audit``, as people meet it."""

import json
import math

import numpy as np
import pytest
from typer.testing import CliRunner

from unmask import cli
from unmask.distributions import Dense, MarkovChain
from unmask.samplers import leaderboard

CHAIN = MarkovChain([0.5, 0.5], [[0.9, 0.1], [0.1, 0.9]], 4)


def run(*arguments, code=0):
    result = CliRunner().invoke(cli.app, ["audit", *map(str, arguments)], env={"COLUMNS": "80"})
    assert result.exit_code == code, (result.output, result.exception)
    assert "Traceback" not in result.output
    return result


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "chain.npy"
    np.save(path, CHAIN.to_dense().pmf)
    return path


def test_the_table(file):
    shown = run(file, "--steps", 2).stdout
    board = leaderboard(Dense(np.load(file)), 2)
    body = shown.split("expected KL\n")[1]
    for entry in board:
        assert entry.name.split(" = ")[0] in body
    lines = body.splitlines()
    speculative = next(line for line in lines if line.startswith("speculative"))
    assert speculative.split()[2:] == ["0", "0"]
    cold = next(line for line in lines if line.startswith("confidence, temperature 0"))
    assert cold.split()[4] == "inf"
    assert "A KL is infinite where a sampler never puts out what the file holds." in shown
    assert all(len(line) <= 80 for line in shown.splitlines())


def test_json(file):
    content = json.loads(run(file, "--steps", 2, "--json", "--unit", "bits").stdout)
    board = leaderboard(Dense(np.load(file)), 2)
    assert content["steps"] == 2
    assert content["omitted"] == []
    assert [row["name"] for row in content["leaderboard"]] == [entry.name for entry in board]
    for row, entry in zip(content["leaderboard"], board, strict=True):
        assert row["total_variation"] == entry.total_variation
        assert row["expected_calls"] == entry.expected_calls
        for name in ("kl", "reverse_kl", "expected_kl"):
            value = getattr(entry, name)
            if value is None:
                assert row[name] is None
            elif math.isinf(value):
                assert row[name] == "inf"
            else:
                assert row[name] == pytest.approx(value / math.log(2))
    assert "inf" in [row["kl"] for row in content["leaderboard"]]


def test_plot_and_samples(tmp_path):
    path = tmp_path / "samples.txt"
    rows = CHAIN.sample(300, seed=0)
    path.write_text("".join("".join("ab"[c] for c in row) + "\n" for row in rows))
    picture = tmp_path / "board.png"
    shown = run(path, "--steps", 3, "--plot", picture).stdout
    assert "300 (" in shown
    assert picture.stat().st_size > 10_000


def test_long_sequences_are_judged_by_samples(tmp_path):
    path = tmp_path / "long.npy"
    np.save(path, np.random.default_rng(0).integers(0, 2, size=(30, 21)))
    shown = run(path, "--steps", 2, "--as", "samples").stdout
    assert "too many sequences to enumerate: these are estimates, from 2000 samples" in " ".join(
        shown.split()
    )
    assert all(len(line) <= 80 for line in shown.splitlines())
    line = next(line for line in shown.splitlines() if line.startswith("speculative"))
    assert ".." in line
    content = json.loads(run(path, "--steps", 2, "--as", "samples", "--json").stdout)
    assert content["samples"] == 2000
    row = next(row for row in content["leaderboard"] if row["name"] == "planned order")
    low, high = row["total_variation_interval"]
    assert low <= row["total_variation"] <= high
    assert row["kl"] > 0


def test_undersampling_is_told(tmp_path):
    path = tmp_path / "bits.npy"
    np.save(path, np.random.default_rng(0).integers(0, 2, size=(40, 8)))
    result = run(path, "--steps", 4, "--as", "samples")
    assert result.stderr.startswith("WARNING: the sample is too small")
    (warning,) = json.loads(run(path, "--steps", 4, "--as", "samples", "--json").stdout)["warnings"]
    assert result.stderr == f"WARNING: {warning}\n"


def test_mistakes(file, tmp_path):
    assert "--steps: is 5, expected 1..4" in run(file, "--steps", 5, code=1).stderr
    run(file, code=2)
    run(file, "--steps", 0, code=2)
    assert "No such file" in run(tmp_path / "x.npy", "--steps", 2, code=1).stderr
    curve = tmp_path / "curve.npz"
    CHAIN.to_dense()._curve.save(curve)
    told = run(curve, "--steps", 2, code=1).stderr
    assert "is a saved curve, expected samples or a joint table" in told
