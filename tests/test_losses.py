"""Losses that were logged: the table, and ``unmask plan --losses``."""

import json

import numpy as np
import pytest
from typer.testing import CliRunner

from unmask import CrossEntropyCurve, Schedule, cli, schedules
from unmask.distributions import HiddenMarkov
from unmask.estimation import CurveAccumulator, estimate_curve, gain, read_losses
from unmask.io import ReadError

LOSSES = [2.9, 2.1, 1.9, 1.8, 1.75, 1.74]


def run(*arguments, code=0):
    result = CliRunner().invoke(cli.app, ["plan", *map(str, arguments)], env={"COLUMNS": "90"})
    assert result.exit_code == code, (result.output, result.exception)
    assert "Traceback" not in result.output
    return result


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "losses.csv"
    path.write_text("revealed,loss\n" + "".join(f"{m},{loss}\n" for m, loss in enumerate(LOSSES)))
    return path


@pytest.mark.parametrize(
    "text",
    [
        "0,2.9\n1,2.1\n3,1.8",
        "# of a model\nrevealed\tloss\n0\t2.9\n1\t2.1\n3\t1.8\n",
        "count loss\r\n0 2.9\r\n1 2.1\r\n3 1.8\r\n",
        "mask_ratio, loss\n1, 2.9\n0.75, 2.1\n0.25, 1.8\n",
        "1.0 2.9 7\n0.75 2.1 8\n0.25 1.8 9\n",
        "num_revealed,loss\n0,2.9\n1,2.1\n3,1.8\n",
    ],
)
def test_tables(tmp_path, text):
    path = tmp_path / "losses.txt"
    path.write_text(text)
    curve = read_losses(path, 4).curve()
    np.testing.assert_allclose(curve.h, [2.9, 2.1, 1.95, 1.8])
    assert curve.covariance is None


def test_weights_and_repeated_counts(tmp_path):
    path = tmp_path / "losses.csv"
    path.write_text("revealed,loss,sequences\n0,2,1\n0,3,3\n1,1,1\n1,1.5,1\n")
    curve = read_losses(path).curve()
    np.testing.assert_allclose(curve.h, [2.75, 1.25])
    assert curve.sequences == 2
    assert (np.asarray(curve.standard_errors) > 0).all()


@pytest.mark.parametrize(
    ("text", "tokens", "match"),
    [
        ("", None, "the file is empty"),
        ("revealed,loss\n", None, "expected lines with a number of revealed tokens"),
        ("0,1\n1,x\n", None, r"line 2: is '1', 'x', expected a number"),
        ("0,1\n1\n", None, r"line 2: is '1', expected"),
        ("0,1,2,3\n", None, r"line 1: is '0', '1', '2', '3', expected"),
        ("0.5,1\n", None, "holds mask ratios, expected the number of tokens"),
        ("mask_ratio,loss\n1,1\n0,2\n", 4, r"line 3: 0 is no ratio of masked tokens"),
        ("revealed,loss\n0,1\n0.5,2\n", 4, r"line 3: 0.5 is no number of revealed tokens"),
        ("0,1\n-1,2\n", 4, "line 2: -1 is no number of revealed"),
        ("0,1\n7,2\n", 4, r"revealed: entry 1 is 7, expected 0\.\.3"),
        ("0,1\n2,-2\n", 4, "nll: entry 1 is -2"),
        ("0,1\n2,nan\n", 4, "nll: entry 1 is nan"),
    ],
)
def test_bad_tables(tmp_path, text, tokens, match):
    path = tmp_path / "losses.csv"
    path.write_text(text)
    with pytest.raises(ReadError, match=match):
        read_losses(path, tokens)


def test_the_best_schedule_of_a_table(table):
    shown = run(table, "--losses", "--steps", 3).stdout
    best = schedules.optimal(CrossEntropyCurve(LOSSES), steps=3)
    assert f"step sizes: {', '.join(map(str, best))}" in shown
    found = json.loads(run(table, "--losses", "--steps", 3, "--json").stdout)
    assert found["schedule"]["sizes"] == list(best)
    assert found["schedule"]["expected_kl"] is None
    curve = CrossEntropyCurve(LOSSES)
    excess = curve.cost(best) - sum(LOSSES)
    np.testing.assert_allclose(found["schedule"]["excess"], excess)
    for row in found["comparison"]:
        expected = curve.cost(Schedule(row["sizes"])) - curve.cost(best)
        np.testing.assert_allclose(row["gain"], expected, atol=1e-12)
    assert found["enough"] is None
    assert found["frontier"] is None
    assert found["losses"] == LOSSES


def test_what_is_copied_from_the_nearest_count_is_told(tmp_path):
    path = tmp_path / "losses.csv"
    path.write_text("revealed,loss\n1,1.9\n3,0.7\n")
    warnings = run(path, "--losses", "--tokens", "8", "--steps", "4").stderr
    assert "NOTHING IS KNOWN below 1 revealed tokens" in warnings
    assert "NOTHING IS KNOWN above 3 revealed tokens" in warnings


def test_by_default_close_to_one_token_at_a_time(table):
    found = json.loads(run(table, "--losses", "--json").stdout)
    assert found["goal"] == {"steps": None, "max_kl": 0.1, "default": True}
    assert found["schedule"]["excess"] <= 0.1
    fewer = [row for row in found["frontier"] if row["steps"] < found["schedule"]["steps"]]
    assert all(row["excess"] > 0.1 for row in fewer)
    assert fewer
    shown = run(table, "--losses")
    assert "within 0.1 nats of one token at a time" in shown.stdout
    assert "<- recommended" in shown.stdout
    assert shown.stderr == ""


def test_with_the_entropy(table):
    options = (table, "--losses", "--entropy", 12, "--max-kl", 1)
    found = json.loads(run(*options, "--json").stdout)
    curve = CrossEntropyCurve(LOSSES, entropy=12.0)
    best = schedules.optimal(curve, max_kl=1.0)
    assert found["schedule"]["sizes"] == list(best)
    np.testing.assert_allclose(found["schedule"]["expected_kl"], curve.expected_kl(best))
    bits = json.loads(
        run(*options[:2], "--entropy", 12, "--max-kl", 1, "--unit", "bits", "--json").stdout
    )
    assert bits["schedule"]["sizes"] == list(best)  # losses, entropy and goal are all in bits
    np.testing.assert_allclose(bits["losses"], LOSSES)
    np.testing.assert_allclose(bits["schedule"]["expected_kl"], curve.expected_kl(best))
    assert "sum to less than the entropy" in run(table, "--losses", "--entropy", 20).stderr


def test_what_was_saved(tmp_path):
    law = HiddenMarkov([0.5, 0.5], [[0.9, 0.1], [0.1, 0.9]], [[0.95, 0.05], [0.05, 0.95]], 8)
    gathered = CurveAccumulator(8)
    curve = estimate_curve(law, law.sample(300, seed=0), passes=400, seed=0, resume=gathered)
    gathered.save(tmp_path / "losses.npz")
    options = ("--losses", "--steps", 3, "--json", "--save", tmp_path / "curve.npz")
    found = json.loads(run(tmp_path / "losses.npz", *options).stdout)
    saved = CrossEntropyCurve.load(tmp_path / "curve.npz")
    np.testing.assert_array_equal(saved.h, curve.h)
    np.testing.assert_array_equal(saved.covariance, curve.covariance)
    row = found["comparison"][0]
    expected = gain(curve, Schedule(found["schedule"]["sizes"]), Schedule(row["sizes"]))
    np.testing.assert_allclose(row["gain_interval"], expected.interval)
    shown = run(tmp_path / "curve.npz", "--losses", "--steps", 3).stdout
    assert "gain at 95%" in shown
    assert "its gains are too large by about" in shown
    few = CurveAccumulator(8)
    few.update_losses([0, 0, 7, 7, 3, 3], [0.7, 0.6, 0.3, 0.2, 0.9, 0.91])
    few.save(tmp_path / "few.npz")
    warned = run(tmp_path / "few.npz", "--losses", "--steps", 3).stderr
    assert "losses rise with the number of revealed tokens" in warned
    assert "not enough to tell" in warned


def test_a_picture(table, tmp_path):
    run(table, "--losses", "--plot", tmp_path / "plan.png")
    assert (tmp_path / "plan.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("options", "code", "match"),
    [
        (["--losses", "--max-kl", "1"], 1, "--max-kl: needs --entropy"),
        (["--losses", "--steps", "7"], 1, "--steps: is 7, expected 1..6"),
        (["--tokens", "7"], 2, "expected only with --losses"),
        (["--losses", "--as", "table"], 2, "does not go with"),
        (["--losses", "--tokens", "3"], 1, "revealed: entry 3 is 3"),
        (["--losses", "--max-kl", "0.1", "--entropy", "1"], 1, "--max-kl: is 0.1, and the least"),
    ],
)
def test_mistakes(table, options, code, match):
    assert match in run(table, *options, code=code).stderr.replace("\n", " ")


def test_ratios_without_tokens(tmp_path):
    path = tmp_path / "ratios.txt"
    path.write_text("0.5 1.0\n1.0 2.0\n")
    message = run(path, "--losses", code=1).stderr
    assert "holds mask ratios, expected --tokens N" in message
    assert "Traceback" not in message
    shown = run(path, "--losses", "--tokens", 10, "--steps", 2)
    assert "known at 2 of 10 counts" in shown.stdout
    assert "straight lines" in shown.stderr
    assert "Traceback" not in run(tmp_path / "missing.csv", "--losses", code=1).output


def test_saved_losses_name_the_option(table, tmp_path):
    path = tmp_path / "losses.npz"
    run(table, "--losses", "--save", path)
    assert "which --losses of unmask plan reads" in run(path, code=1).stderr


@pytest.mark.parametrize("unit", ["nats", "bits"])
def test_several_lines_a_count_are_smoothed(tmp_path, unit):
    """Schedules are chosen and priced by the smoothed losses, gains are of those in the table."""
    generator = np.random.default_rng(0)
    revealed = generator.integers(0, 24, 400)
    losses = 1 + np.exp(-revealed / 5) + generator.gamma(2, 0.2, 400)
    path = tmp_path / "losses.csv"
    path.write_text("".join(f"{m},{loss}\n" for m, loss in zip(revealed, losses, strict=True)))
    scale = np.log(2) if unit == "bits" else 1.0
    shown = json.loads(run(path, "--losses", "--unit", unit, "--json").stdout)
    curve = read_losses(path).curve()
    np.testing.assert_allclose(shown["losses"], curve.h)
    np.testing.assert_allclose(shown["smoothed"], curve.smoothed.h)
    best = Schedule(shown["schedule"]["sizes"])
    assert best == schedules.optimal(curve.smoothed, steps=best.nfe)
    ones = Schedule([1] * 24)
    excess = curve.smoothed.cost(best) - curve.smoothed.cost(ones)
    assert shown["schedule"]["excess"] == pytest.approx(excess)
    assert excess * scale <= 0.1
    fewer = schedules.optimal(curve.smoothed, steps=best.nfe - 1)
    assert (curve.smoothed.cost(fewer) - curve.smoothed.cost(ones)) * scale > 0.1
    costs = [row["excess"] for row in shown["frontier"]]
    assert costs == sorted(costs, reverse=True)
    for row in shown["comparison"]:
        found = gain(curve, best, Schedule(row["sizes"]))
        assert (row["gain"], *row["gain_interval"]) == pytest.approx((found.total, *found.interval))
    assert "losses as they most likely are" in " ".join(run(path, "--losses").stdout.split())
