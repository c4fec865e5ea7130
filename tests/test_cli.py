"""The command line, as people meet it."""

import doctest
import importlib
import json
import os
import pkgutil
import re
import subprocess
import sys
import sysconfig
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

import unmask
from unmask import _progress, cli, schedules
from unmask.cli import _source
from unmask.cli._draw import bars, sizes_text
from unmask.cli._plan import DEFAULT_MAX_KL

EXAMPLES = Path(__file__).parents[1] / "examples"
SPLICE, WORDS = str(EXAMPLES / "splice_sites.tsv"), str(EXAMPLES / "words5.tsv")
LN2 = np.log(2)

ENTRY = Path(sysconfig.get_path("scripts")) / ("unmask.exe" if os.name == "nt" else "unmask")
COLOURS = {"FORCE_COLOR", "COLUMNS", "LINES", "TTY_COMPATIBLE", "GITHUB_ACTIONS", "PY_COLORS"}
ENVIRONMENT = {key: value for key, value in os.environ.items() if key not in COLOURS}
ENVIRONMENT["PYTHONUTF8"] = "1"


def run(*arguments, code=0):
    """Run in this process."""
    env = dict.fromkeys(COLOURS - {"COLUMNS"}) | {"COLUMNS": "80"}
    result = CliRunner().invoke(cli.app, [str(a) for a in arguments], env=env)
    assert result.exit_code == code, (result.output, result.exception)
    assert "Traceback" not in result.output
    return result


def load_json(*arguments):
    result = run(*arguments, "--json")
    content = json.loads(result.stdout)
    assert result.stderr == "".join(f"WARNING: {warning}\n" for warning in content["warnings"])
    return content


def command(*arguments, **options):
    """Run the entry point in a process of its own, through pipes."""
    return subprocess.run(
        [ENTRY, *map(str, arguments)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        env=ENVIRONMENT,
        check=False,
        **options,
    )


@pytest.fixture
def small(tmp_path):
    """Too few samples of twelve fair bits."""
    path = tmp_path / "bits.npy"
    np.save(path, np.random.default_rng(0).integers(0, 2, size=(200, 12)))
    return path


@pytest.fixture
def pair(tmp_path):
    """A joint table: one bit, twice."""
    path = tmp_path / "pair.npy"
    np.save(path, np.array([[0.5, 0.0], [0.0, 0.5]]))
    return path


# The entry point --------------------------------------------------------------------------------


def test_the_entry_point_through_pipes():
    done = command("plan", SPLICE)
    assert (done.returncode, done.stderr) == (0, "")
    for text in ("6.75917", "0.483026", "0.637872", "298,479 (10,227 distinct)", "3, 2, 2, 2"):
        assert text in done.stdout
    assert "\x1b" not in done.stdout
    assert all(len(line) <= 80 and line == line.rstrip() for line in done.stdout.splitlines())


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--version"], 0),
        (["plan", "missing.tsv"], 1),
        (["plan", SPLICE, "--steps", "3", "--max-kl", "1"], 2),
        (["frobnicate"], 2),
        (["plan", SPLICE, "--steps", "three"], 2),
    ],
)
def test_exit_codes(arguments, code):
    done = command(*arguments)
    assert done.returncode == code
    assert "Traceback" not in done.stderr
    assert bool(done.stderr) == (code != 0)
    assert bool(done.stdout) == (code == 0)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="pipes of Unix")
def test_a_reader_that_goes_away_is_no_error():
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "w") as pipe:
        done = subprocess.run(
            [ENTRY, "curve", WORDS], stdout=pipe, stderr=subprocess.PIPE, env=ENVIRONMENT
        )
    assert done.stderr == b""


def test_an_encoding_without_blocks(tmp_path):
    env = ENVIRONMENT | {"PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii"}
    done = subprocess.run([ENTRY, "plan", WORDS], capture_output=True, env=env, check=True)
    assert b"6.05468" in done.stdout
    assert done.stdout.isascii()


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="needs a pseudo-terminal")
def test_warnings_have_a_frame_on_a_terminal(small):
    import pty

    ours, theirs = pty.openpty()
    env = ENVIRONMENT | {"TERM": "xterm", "COLUMNS": "80"}
    with subprocess.Popen(
        [ENTRY, "plan", small], stdout=subprocess.PIPE, stderr=theirs, env=env
    ) as process:
        os.close(theirs)
        output = process.stdout.read()
        shown = b""
        try:
            while part := os.read(ours, 4096):
                shown += part
        except OSError:  # the end of a terminal, on Linux
            pass
    os.close(ours)
    assert "─ WARNING ─" in shown.decode() or "WARNING" in shown.decode()
    assert "╭" in shown.decode()
    assert b"WARNING" not in output


def test_importing_the_package_is_light():
    heavy = {"typer", "rich", "matplotlib"}
    script = f"import sys, unmask; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.stdout == "[]\n"


def test_version():
    assert run("--version").stdout == f"unmask {unmask.__version__}\n"


@pytest.mark.parametrize("name", ["plan", "curve", "compare", "audit"])
def test_help_has_an_example(name):
    assert f"Example: unmask {name} examples/" in run(name, "--help").stdout


def test_no_arguments_show_the_commands():
    result = run(code=2)
    assert all(name in result.output for name in ("plan", "curve", "compare", "audit"))


# plan -------------------------------------------------------------------------------------------


def test_plan_as_json_agrees_with_the_library():
    found = load_json("plan", SPLICE)
    law = unmask.io.load(SPLICE)
    curve = unmask.information_curve(law)
    assert found["unit"] == "nats"
    assert (found["n"], found["samples"], found["distinct_samples"]) == (9, 298479, 10227)
    assert found["entropy"] == curve.entropy == pytest.approx(6.75917, abs=5e-6)
    assert found["total_correlation"] == pytest.approx(0.48303, abs=5e-6)
    assert found["dual_total_correlation"] == pytest.approx(0.63787, abs=5e-6)
    assert found["alphabet_sizes"] == list(law.alphabet_sizes)
    assert found["goal"] == {"steps": None, "max_kl": DEFAULT_MAX_KL, "default": True}
    best = schedules.optimal(curve, max_kl=DEFAULT_MAX_KL)
    assert found["schedule"]["sizes"] == best.sizes.tolist()
    assert found["schedule"]["expected_kl"] == curve.expected_kl(best)
    assert found["schedule"]["expected_kl_per_token"] == curve.expected_kl(best) / 9
    bound = np.sqrt(curve.expected_kl(best) / 2)
    assert found["schedule"]["total_variation_bound"] == pytest.approx(bound)
    assert found["coverage"] == curve.coverage.tolist()
    assert found["reliable_until"] == 9
    assert found["warnings"] == found["notes"] == []
    frontier = schedules.frontier(curve).expected_kl
    assert [row["steps"] for row in found["frontier"]] == [1, 2, 4, 8, 9]
    for row in found["frontier"]:
        assert row["expected_kl"] == pytest.approx(frontier[row["steps"] - 1], abs=1e-14)
    half = unmask.half_sample_comparison(law).half
    assert found["half_sample"]["dual_total_correlation"] == half.dual_total_correlation
    rules = {row["name"]: row["sizes"] for row in found["comparison"]}
    assert rules == {
        "uniform, larger first": [3, 2, 2, 2],
        "uniform, larger last": [2, 2, 2, 3],
        "cosine": schedules.cosine(9, 4).sizes.tolist(),
    }


def test_steps_are_kept_to():
    found = load_json("plan", SPLICE, "--steps", 3)
    assert found["schedule"]["sizes"] == [4, 3, 2]
    assert found["goal"] == {"steps": 3, "max_kl": None, "default": False}
    assert found["frontier"] is None
    assert "Best schedule with 3 steps" in run("plan", SPLICE, "--steps", 3).stdout


def test_max_kl_is_kept_to():
    found = load_json("plan", SPLICE, "--max-kl", 0.05)
    assert found["schedule"]["steps"] == 6
    assert found["schedule"]["expected_kl"] <= 0.05
    assert "at most 0.05 nats: 6 steps" in run("plan", SPLICE, "--max-kl", 0.05).stdout


def test_bits_are_nats_divided():
    nats = load_json("plan", SPLICE, "--steps", 2)
    bits = load_json("plan", SPLICE, "--steps", 2, "--unit", "bits")
    assert bits["unit"] == "bits"
    for key in ("entropy", "total_correlation", "dual_total_correlation"):
        assert bits[key] == pytest.approx(nats[key] / LN2, rel=1e-15)
        assert bits["half_sample"][key] == pytest.approx(nats["half_sample"][key] / LN2)
    one, other = bits["schedule"], nats["schedule"]
    assert one["expected_kl"] == pytest.approx(other["expected_kl"] / LN2, rel=1e-15)
    assert one["total_variation_bound"] == other["total_variation_bound"]
    text = run("plan", SPLICE, "--unit", "bits").stdout
    assert "9.75142 bits" in text
    assert "0.1443 bits = 0.1 nats" in text


def test_max_kl_is_read_in_the_unit(pair):
    assert load_json("plan", pair, "--max-kl", 1, "--unit", "bits")["schedule"]["sizes"] == [2]
    assert load_json("plan", pair, "--max-kl", 0.9, "--unit", "bits")["schedule"]["steps"] == 2
    assert load_json("plan", pair, "--max-kl", 0.9)["schedule"]["sizes"] == [2]
    goal = load_json("plan", pair, "--max-kl", 0.9, "--unit", "bits")["goal"]
    assert goal["max_kl"] == pytest.approx(0.9)


def test_pinsker_is_capped():
    assert load_json("plan", WORDS, "--steps", 1)["schedule"]["total_variation_bound"] == 1.0


def test_cosine_shows_its_real_steps(tmp_path):
    saved = tmp_path / "permutation.npz"
    h = np.log(np.arange(64, 0, -1.0))
    unmask.InformationCurve.from_conditional_entropies(h).save(saved)
    found = load_json("plan", saved, "--steps", 60)
    cosine = found["comparison"][-1]
    assert cosine["steps"] == schedules.cosine(64, 60).nfe < 60
    text = run("plan", saved, "--steps", 60).stdout
    assert "Cosine has fewer steps" in text
    assert all(len(line) <= 80 for line in text.splitlines())
    compared = run("compare", saved, "--steps", "60").stdout
    assert f"[{cosine['steps']}]" in compared


def test_the_meaning_is_told():
    text = " ".join(run("plan", SPLICE).stdout.split())
    for words in ("random order", "ordered partition", "at most", "plug-in", "Pinsker", "mixture"):
        assert words in text


# Honesty ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["plan", "curve", "compare"])
def test_undersampling_is_told(small, name):
    reliable = unmask.information_curve(unmask.io.load(small)).reliable_until
    assert 0 < reliable < 12
    result = run(name, small)
    assert result.stderr.startswith("WARNING: ")
    assert "WARNING" not in result.stdout
    assert f"up to subsets of {reliable} tokens" in result.stderr
    assert "artefact of the sample size" in result.stderr
    assert (f"NOT RELIABLE beyond {reliable} of 12 tokens" in result.stdout) == (name == "plan")
    found = load_json(name, small)
    assert result.stderr == f"WARNING: {found['warnings'][0]}\n"
    assert found["reliable_until"] == reliable


def test_how_much_of_a_schedule_is_an_artefact(small):
    (warning,) = load_json("plan", small, "--steps", 12)["warnings"]
    reliable = unmask.information_curve(unmask.io.load(small)).reliable_until
    assert f"concerns {12 - reliable} of the 12 steps" in warning
    (warning,) = load_json("plan", small, "--steps", 1)["warnings"]
    assert "expected KL does not hold" in warning


def test_nothing_can_be_trusted(tmp_path):
    path = tmp_path / "distinct.csv"
    path.write_text("\n".join(f"{i},{i}" for i in range(50)))
    assert "No part of the curve can be trusted" in run("plan", path).stderr


def test_a_curve_that_is_not_monotone_is_told(small):
    result = run("plan", small, "--estimator", "chao-shen")
    assert "not monotone" in result.stderr
    assert "Chao-Shen" in result.stdout
    found = load_json("plan", small, "--estimator", "chao-shen")
    negative = [row for row in found["frontier"] if row["expected_kl"] < -1e-12]
    assert negative
    assert all(row["total_variation_bound"] is None for row in negative)


def test_weights_that_are_no_counts_leave_coverage_open(tmp_path):
    path, weights = tmp_path / "bits.txt", tmp_path / "weights.txt"
    path.write_text("00\n01\n11\n")
    weights.write_text("0.5\n0.25\n0.25\n")
    found = load_json("plan", path, "--weights", weights)
    assert (found["coverage"], found["reliable_until"], found["half_sample"]) == (None,) * 3
    assert "cannot be told" in found["notes"][0]
    assert found["entropy"] == pytest.approx(1.5 * LN2)
    text = run("plan", path, "--weights", weights, "--save", tmp_path / "curve.npz").stdout
    assert "unknown" in text
    assert "weighing 1 (3 distinct)" in text
    saved = load_json("plan", tmp_path / "curve.npz")
    assert saved["reliable_until"] is None
    assert "cannot be told" in saved["notes"][0]


def test_long_curves_are_not_computed_twice(monkeypatch):
    monkeypatch.setattr(_source, "HALF_SAMPLE_SECONDS", -1.0)
    found = load_json("plan", SPLICE)
    assert found["half_sample"] is None
    assert "half of the samples" in found["notes"][0]


@pytest.mark.parametrize(
    ("count", "note"), [("1", "single sample"), (str(1 << 60), "too large to be exact")]
)
def test_samples_that_have_no_half(tmp_path, count, note):
    path = tmp_path / "counts.tsv"
    path.write_text(f"sequence\tcount\nAB\t{count}\n")
    found = load_json("plan", path)
    assert found["half_sample"] is None
    assert note in found["notes"][0]


def test_half_of_very_many_samples(tmp_path):
    path = tmp_path / "counts.tsv"
    path.write_text("sequence\tcount\nAB\t3000000000\nBA\t1000000000\n")
    half = load_json("plan", path)["half_sample"]
    assert half["entropy"] == pytest.approx(-0.75 * np.log(0.75) - 0.25 * np.log(0.25), abs=1e-3)


# Input options ----------------------------------------------------------------------------------


def test_tables_and_samples_of_whole_numbers(tmp_path):
    path = tmp_path / "counts.npy"
    np.save(path, np.array([[3, 1], [1, 3]]))
    samples = load_json("plan", path, "--as", "samples")
    table = load_json("plan", path, "--as", "table", "--normalize")
    assert (samples["kind"], table["kind"]) == ("samples", "table")
    assert table["reliable_until"] == 2
    assert table["entropy"] == pytest.approx(np.log(8) - 0.75 * np.log(3))
    error = run("plan", path, "--as", "table", code=1).stderr
    assert error.startswith("error: ")
    assert "--normalize" in error


def test_gaps_and_their_options(tmp_path):
    pytest.importorskip("Bio")
    path = tmp_path / "x.fasta"
    path.write_text(">a\nAC-\n>b\nACG\n>c\nGCG\n>d\nGAG\n")
    error = run("plan", path, code=1).stderr
    assert "--gaps symbol" in error
    lengths = {}
    for gaps in ("symbol", "drop-columns", "drop-rows"):
        found = load_json("plan", path, "--gaps", gaps)
        lengths[gaps] = (found["n"], found["samples"])
    assert lengths == {"symbol": (3, 4), "drop-columns": (2, 4), "drop-rows": (3, 3)}


@pytest.mark.parametrize("estimator", ["plugin", "miller-madow", "chao-shen"])
def test_estimators(estimator):
    found = load_json("plan", SPLICE, "--estimator", estimator)
    law = unmask.io.load(SPLICE, estimator=estimator)
    assert found["estimator"] == estimator
    assert found["entropy"] == unmask.information_curve(law).entropy


def test_threads_change_nothing():
    assert load_json("plan", SPLICE, "--threads", 1) == load_json("plan", SPLICE, "--threads", 3)


def test_a_saved_curve_is_planned_from(tmp_path):
    saved, again = tmp_path / "curve.npz", tmp_path / "again.npz"
    first = load_json("plan", SPLICE, "--save", saved)
    assert unmask.InformationCurve.load(saved).entropy == first["entropy"]
    second = load_json("plan", saved, "--save", again)
    for key in ("schedule", "comparison", "frontier", "coverage", "entropy", "warnings"):
        assert first[key] == second[key]
    assert second["kind"] == "curve"
    assert again.read_bytes() == saved.read_bytes()
    assert "plug-in" in run("plan", saved).stdout


@pytest.mark.parametrize(
    "option",
    [
        ["--weights", SPLICE],
        ["--as", "table"],
        ["--gaps", "symbol"],
        ["--estimator", "chao-shen"],
        ["--normalize"],
    ],
)
def test_options_that_do_not_apply_to_a_saved_curve(tmp_path, option):
    saved = tmp_path / "curve.npz"
    run("curve", WORDS, "--save", saved)
    error = run("plan", saved, *option, code=1).stderr
    assert error.startswith(f"error: {option[0]}: does not apply")


# curve and compare ------------------------------------------------------------------------------


@pytest.mark.parametrize("unit", ["nats", "bits"])
def test_curve_as_json_agrees_with_the_library(unit):
    found = load_json("curve", WORDS, "--unit", unit)
    curve = unmask.information_curve(unmask.io.load(WORDS))
    scale = LN2 if unit == "bits" else 1.0
    for key in ("h", "z", "mean_entropies"):
        np.testing.assert_array_equal(found[key], getattr(curve, key) / scale)
    assert found["unit"] == unit


def test_a_curve_is_a_table():
    lines = run("curve", WORDS).stdout.splitlines()
    rows = [line.split() for line in lines if line[:1].isdigit()]
    assert rows[0] == ["0", "2.63582", "0", "1.0000"]
    assert rows[-1] == ["5", "2.51708", "6.05468", "1.0000"]
    assert len(rows) == 6


def test_long_curves_are_abbreviated(tmp_path):
    saved = tmp_path / "curve.npz"
    unmask.InformationCurve.from_conditional_entropies(np.linspace(2, 0, 100)).save(saved)
    text = run("curve", saved).stdout
    assert "71 rows are left out; --json has them all." in text
    assert len(load_json("curve", saved)["h"]) == 100


@pytest.mark.parametrize("steps", [["--steps", "2,3,9"], ["--steps", "2", "--steps", "3,9,2"]])
def test_comparisons_agree_with_the_library(steps):
    found = load_json("compare", SPLICE, *steps)
    curve = unmask.information_curve(unmask.io.load(SPLICE))
    assert found["steps"] == [2, 3, 9]
    rows = {row["name"]: row["schedules"] for row in found["comparison"]}
    rules = ["uniform, larger first", "uniform, larger last", "cosine", "arccos", "square root"]
    assert list(rows) == ["optimal", *rules, "minimax"]
    known = {name: getattr(curve, name) for name in ("total_correlation", "dual_total_correlation")}
    for i, k in enumerate([2, 3, 9]):
        expected = [
            schedules.optimal(curve, steps=k),
            schedules.uniform(9, k),
            schedules.uniform(9, k, larger="last"),
            schedules.cosine(9, k),
            schedules.arccos(9, k),
            schedules.square_root(curve, k),
            schedules.minimax(9, steps=k, **known),
        ]
        for row, schedule in zip(rows.values(), expected, strict=True):
            assert row[i]["sizes"] == schedule.sizes.tolist()
            assert row[i]["expected_kl"] == curve.expected_kl(schedule)
            assert row[i]["steps"] == schedule.nfe


def test_comparisons_fit_into_eighty_columns(tmp_path):
    assert load_json("compare", SPLICE)["steps"] == [1, 2, 4, 8, 9]
    saved = tmp_path / "curve.npz"
    h = np.log(np.arange(5000, 0, -1.0))
    unmask.InformationCurve.from_conditional_entropies(h).save(saved)
    text = run("compare", saved).stdout
    assert "…" not in text
    assert all(len(line) <= 80 for line in text.splitlines())


# Pictures ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["plan", "curve", "compare"])
@pytest.mark.parametrize("suffix", ["png", "svg"])
def test_pictures_are_written_over_what_was_there(tmp_path, name, suffix):
    image = tmp_path / f"out.{suffix}"
    image.write_text("old")
    run(name, WORDS, "--plot", image)
    start = image.read_bytes()[:8]
    assert start == b"\x89PNG\r\n\x1a\n" if suffix == "png" else start.startswith(b"<?xml")


def test_without_matplotlib_the_extra_is_named(tmp_path, monkeypatch):
    for module in ("matplotlib", "matplotlib.backend_bases"):
        monkeypatch.setitem(sys.modules, module, None)
    error = run("plan", WORDS, "--plot", tmp_path / "x.png", code=1).stderr
    assert "pip install 'unmask[plot]'" in error


# Mistakes ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["plan", "missing.tsv"], "error: missing.tsv: No such file"),
        (["plan", EXAMPLES], "irectory"),
        (["plan", SPLICE, "--steps", "10"], "error: --steps: is 10, expected 1..9"),
        (["compare", SPLICE, "--steps", "4,10"], "error: --steps: is 10, expected 1..9"),
        (["plan", SPLICE, "--max-kl", "inf"], "error: --max-kl: is inf"),
        (["plan", SPLICE, "--gaps", "symbol"], "error: --gaps: expected"),
        (["plan", SPLICE, "--as", "table"], "error: --as: expected"),
        (["plan", SPLICE, "--normalize"], "error: --normalize: does not apply"),
        (["plan", SPLICE, "--weights", SPLICE], "error: --weights: does not apply"),
        (["plan", SPLICE, "--threads", "100000"], "error: --threads: is 100000"),
        (["plan", SPLICE, "--plot", "missing/x.png"], "error: missing/x.png: no such folder"),
        (["plan", SPLICE, "--save", "missing/x.npz"], "error: missing/x.npz: no such folder"),
        (["plan", SPLICE, "--save", str(EXAMPLES)], "Is a directory"),
        (["plan", SPLICE, "--save", SPLICE], "is the input"),
        (["plan", SPLICE, "--plot", "x.docx"], "expected the name of a picture"),
    ],
)
def test_mistakes_are_told_in_one_line(arguments, words):
    result = run(*arguments, code=1)
    assert result.stdout == ""
    assert words in result.stderr
    assert result.stderr.startswith("error: ")
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ["plan"],
        ["plan", SPLICE, "--steps", "0"],
        ["plan", SPLICE, "--max-kl", "-1"],
        ["plan", SPLICE, "--steps", "3", "--max-kl", "0.1"],
        ["plan", SPLICE, "--unit", "bytes"],
        ["plan", SPLICE, "--estimator", "best"],
        ["plan", SPLICE, "--threads", "0"],
        ["compare", SPLICE, "--steps", "3,x"],
        ["compare", SPLICE, "--steps", "0"],
        ["compare", SPLICE, "--steps", ""],
        ["plan", SPLICE, SPLICE],
        ["plan", SPLICE, "--colour"],
    ],
)
def test_usage_errors(arguments):
    result = run(*arguments, code=2)
    assert result.stdout == ""
    assert "error: " not in result.stderr


@pytest.mark.parametrize("content", [b"", b"PK\x05\x06" + bytes(18), b"PK\x03\x04garbage"])
def test_damaged_archives(tmp_path, content):
    path = tmp_path / "x.npz"
    path.write_bytes(content)
    assert run("plan", path, code=1).stderr.startswith("error: ")


def test_a_damaged_curve(tmp_path):
    path = tmp_path / "x.npz"
    np.savez(path, format="another", mean_entropies=[0.0])
    assert "not a saved information curve" in run("plan", path, code=1).stderr


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (KeyboardInterrupt(), 130, "interrupted"),
        (MemoryError(), 1, "error: out of memory"),
        (ImportError("needs x"), 1, "error: needs x"),
        (OSError("odd"), 1, "error: odd"),
    ],
)
def test_what_the_library_raises(monkeypatch, error, code, words):
    def fail(*_, **__):
        raise error

    monkeypatch.setattr(_source, "load_source", fail)
    assert words in run("plan", SPLICE, code=code).stderr


def test_unexpected_exceptions_are_not_hidden(monkeypatch):
    def fail(*_, **__):
        raise ZeroDivisionError

    monkeypatch.setattr(_source, "load_source", fail)
    assert isinstance(CliRunner().invoke(cli.app, ["plan", SPLICE]).exception, ZeroDivisionError)


def test_names_in_brackets_are_no_markup(tmp_path):
    path = tmp_path / "[red]x[blue].txt"
    path.write_text("00\n11\n")
    assert "[red]x[blue].txt" in run("plan", path).stdout.replace("\n", "")


# Progress and drawing ---------------------------------------------------------------------------


class Terminal:
    """A stderr that says it is a terminal."""

    encoding = "utf-8"

    def __init__(self):
        self.text = ""

    def isatty(self):
        return True

    def write(self, text):
        self.text += text
        return len(text)

    def flush(self):
        pass


def test_no_progress_without_a_terminal():
    with _progress.progress_bar("work") as report:
        assert report is None


@pytest.mark.parametrize(("patience", "shown"), [(0.0, True), (60.0, False)])
def test_progress_appears_when_the_work_is_long(monkeypatch, patience, shown):
    for name in COLOURS | {"NO_COLOR"}:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(_progress, "PATIENCE_SECONDS", patience)
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    with _progress.progress_bar("work") as report:
        report(0.25)
        report(1.0)
    assert ("work" in terminal.text) == shown


def test_bars_follow_the_values():
    lines = bars([0.0, 0.5, 1.0])
    assert lines[0] == " " * 12 + "█" * 6
    assert lines[-1] == " " * 6 + "█" * 12
    assert {line.strip() for line in bars([0.0, 0.0])} == {""}
    assert {len(line) for line in bars(list(range(1000)))} == {60}


@pytest.mark.parametrize("room", [12, 18, 40])
def test_sizes_keep_to_their_room(room):
    generator = np.random.default_rng(0)
    for sizes in ([3], [1] * 500, generator.integers(1, 40, 30), [2, 2, 3], [5] * 9 + [4] * 9):
        text = sizes_text(unmask.Schedule(sizes), room)
        assert len(text) <= room
        assert text.startswith(str(sizes[0]))
    assert sizes_text(unmask.Schedule([2, 2, 3]), 18) == "2, 2, 3"


@pytest.mark.parametrize("module", sorted(m.name for m in pkgutil.iter_modules(cli.__path__)))
def test_docstrings_tell_the_truth(module):
    assert doctest.testmod(importlib.import_module(f"unmask.cli.{module}")).failed == 0


def test_sampled_curves(tmp_path):
    saved = tmp_path / "curve.npz"
    asked = ("--method", "sampled", "--samples", 30, "--seed", 5)
    found = json.loads(run("plan", WORDS, *asked, "--steps", 3, "--json", "--save", saved).stdout)
    estimate = unmask.information_curve(unmask.io.load(WORDS), method="sampled", samples=30, seed=5)
    assert unmask.InformationCurve.load(saved).h.tolist() == estimate.h.tolist()
    assert found["method"] == "sampled"
    assert found["standard_errors"] == estimate.standard_errors.tolist()
    schedule = unmask.schedules.optimal(estimate.monotone(), steps=3)
    best = found["schedule"]
    assert best["sizes"] == schedule.sizes.tolist()
    assert best["expected_kl"] == estimate.monotone().expected_kl(schedule)
    # The excess is linear in the points: moving each by its error moves it by its share.
    shares = [
        unmask.CrossEntropyCurve(estimate.h + bump).cost(schedule)
        - (estimate.h + bump).sum()
        - unmask.CrossEntropyCurve(estimate.h).cost(schedule)
        + estimate.h.sum()
        for bump in np.diag(estimate.standard_errors)
    ]
    assert best["standard_error"] == pytest.approx(np.linalg.norm(shares))
    # The estimate is what is saved, so that the same schedule comes from it.
    again = json.loads(run("plan", saved, "--steps", 3, "--json").stdout)
    assert again["schedule"] == best
    curve = json.loads(run("curve", WORDS, *asked, "--json").stdout)
    assert curve["h"] == estimate.h.tolist()
    for command in (("plan", WORDS), ("curve", WORDS), ("compare", WORDS, "--steps", "2")):
        text = run(*command, *asked).stdout
        assert "sampled; standard errors up to" in text
    assert "+-" in run("plan", WORDS, *asked).stdout


def test_sampling_is_offered_where_enumeration_is_refused(tmp_path):
    bits = np.random.default_rng(0).integers(0, 2, size=(4000, 40))
    long, wide = tmp_path / "long.npy", tmp_path / "wide.npy"
    np.save(long, bits)
    np.save(wide, bits[:80].repeat(2, axis=1)[:, :70])
    refused = run("plan", long, code=1).stderr
    assert re.search(r"exact curve would take about \d+ hours on one core", refused)
    assert "more than the 60 minutes that --method auto takes" in refused
    for file in (long, wide):
        refused = run("plan", file, code=1).stderr
        assert re.search(r"--method sampled would take about .* with --samples 100", refused)
        assert "predicted" not in refused
    assert (
        "sampled; standard errors"
        in run("plan", wide, "--method", "sampled", "--samples", 5).stdout
    )


def test_long_work_is_announced(monkeypatch, capsys):
    from unmask.cli._computation import Computation

    law = unmask.distributions.Dense(np.full((2, 2), 0.25))
    for seconds, threads, said in (
        (9.0, 1, ""),
        (120.0, 1, "curve: predicted to take about 2 minutes on one thread\n"),
        (120.0, 4, "curve: predicted to take about 30 s on 4 threads\n"),
    ):
        monkeypatch.setattr(type(law), "_predicted_seconds", lambda self, s=seconds: s)
        Computation(threads=threads).curve(law, "curve")
        assert capsys.readouterr().err == said


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("plan", WORDS, "--samples", 10), "--samples"),
        (("curve", WORDS, "--seed", 1), "--seed"),
        (("compare", WORDS, "--method", "exact", "--seed", 1), "--seed"),
        (("plan", WORDS, "--losses", "--method", "sampled"), "--losses"),
    ],
)
def test_options_of_sampling_that_would_do_nothing(arguments, word):
    assert word in run(*arguments, code=2).stderr


def test_saved_curves_are_not_computed_again(tmp_path):
    saved = tmp_path / "curve.npz"
    run("curve", WORDS, "--save", saved)
    refused = run("plan", saved, "--method", "sampled", code=1).stderr
    assert refused == f"error: --method: does not apply to {saved}, which is a saved curve\n"


def test_mistakes_in_the_words_of_the_command_line(tmp_path):
    table, losses = tmp_path / "table.npy", tmp_path / "losses.csv"
    np.save(table, np.full((2, 2), 0.5))
    losses.write_text("revealed,loss\n0,1.0\n1,nan\n")
    assert run("plan", table, code=1).stderr == (
        "error: the table: sums to 2.0, off by 1, expected 1 within 1e-06; --normalize divides by "
        "the sum\n"
    )
    refused = run("plan", table, "--normalize", "--threads", 99999, code=1).stderr
    assert refused.startswith("error: --threads: is 99999, expected 1..")
    assert "None" not in refused
    assert "loss: entry 1 is nan" in run("plan", losses, "--losses", code=1).stderr
    assert "saved" not in run("audit", "--help").stdout


@pytest.mark.parametrize("command", ["plan", "compare"])
def test_a_question_without_an_answer_leaves_nothing(command, tmp_path):
    kept = tmp_path / "curve.npz"
    kept.write_bytes(b"kept")
    result = run(command, SPLICE, "--steps", "10", "--save", kept, code=1)
    assert "--steps: is 10, expected 1..9" in result.stderr
    assert kept.read_bytes() == b"kept"
