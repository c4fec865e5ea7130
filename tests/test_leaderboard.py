"""All samplers side by side, each as its own function computes it."""

import json
import math
import sys

import numpy as np
import pytest
from matplotlib.figure import Figure

from unmask import _core, information_curve, plot, schedules
from unmask.distributions import Dense, MarkovChain, Product, Repeated
from unmask.samplers import (
    EntropyBound,
    EntropySum,
    Factor,
    Leaderboard,
    Threshold,
    _contestants,
    _judges,
    leaderboard,
    mixture_law,
    planned_partition,
    policy_law,
    speculative_law,
)

#: The function has the name of its module.
_leaderboard_module = sys.modules["unmask.samplers._leaderboard"]

FLIP = [[0.9, 0.1], [0.1, 0.9]]
CHAIN = MarkovChain([0.5, 0.5], FLIP, 6)


@pytest.fixture(scope="module")
def board():
    return leaderboard(CHAIN, 3)


def test_entries_are_what_the_functions_compute(board):
    curve = information_curve(CHAIN)
    assert {entry.kind for entry in board} == {"schedule", "policy", "planned order", "speculative"}
    for entry in board:
        if entry.kind == "schedule":
            law = mixture_law(CHAIN, entry.sampler)
            assert entry.expected_kl == pytest.approx(curve.expected_kl(entry.sampler))
            assert entry.kl <= entry.expected_kl + 1e-12
        elif entry.kind == "speculative":
            law = speculative_law(CHAIN)
        else:
            law = policy_law(CHAIN, entry.sampler)
            assert entry.expected_kl is None
        assert entry.kl == law.kl
        assert entry.reverse_kl == law.reverse_kl
        assert entry.total_variation == law.total_variation
        assert entry.expected_calls == law.expected_calls


def test_checked_values(board):
    cosine = board["cosine"]
    assert cosine.sampler == schedules.cosine(6, 3)
    optimal = board["optimal"]
    assert optimal.sampler.sizes.tolist() == [1, 2, 3]
    assert optimal.kl == pytest.approx(0.06290606300600973, abs=1e-12)
    assert optimal.expected_kl == pytest.approx(0.2212693424138873, abs=1e-12)
    assert board["planned order"].kl < 1e-12
    assert board["planned order"].kl == pytest.approx(
        planned_partition(CHAIN, steps=3).kl, abs=1e-12
    )
    assert board["speculative"].kl < 1e-12
    cold = board["confidence, temperature 0"]
    assert cold.kl == math.inf
    assert cold.reverse_kl < math.inf
    assert 0 < cold.total_variation < 1


def test_order_names_and_looks(board):
    kl = [entry.kl for entry in board]
    assert kl == sorted(kl)
    assert kl[-1] == math.inf
    assert len(board) == len(board.entries) == len(board.as_dicts())
    # Every rule is there, once.
    names = [name for entry in board for name in entry.name.split(" = ")]
    assert len(set(names)) == len(names)
    for name in ("optimal", "uniform, larger last", "cosine", "minimax", "random counts, optimal"):
        assert board[name].kind == "schedule"
    samplers = [entry.sampler for entry in board if entry.kind == "schedule"]
    assert len(set(samplers)) == len(samplers)
    with pytest.raises(KeyError, match="guess"):
        board["guess"]
    text = repr(board)
    assert text.count("\n") == len(board)
    assert "inf" in text
    assert "e-1" not in text
    html = board._repr_html_()
    assert html.count("<tr>") == len(board) + 1
    assert "<td>speculative</td><td>3.876</td><td>0</td><td>0</td>" in html
    assert repr(Leaderboard(2, 1, ())) == "<Leaderboard n=2, 1 step: calls, KL (nats), TV>"
    assert json.loads(json.dumps(board.as_dicts()))[0]["kl"] == board.entries[0].kl
    assert board["cosine"].as_dict()["sampler"] == [1, 2, 3]


@pytest.mark.parametrize(
    ("make", "slow", "fast"),
    [(Threshold, 1.0, 0.0), (Factor, 0.0, 7.0), (EntropyBound, 0.0, 5.0), (EntropySum, 0.0, 5.0)],
)
@pytest.mark.parametrize("steps", [1, 2, 4, 6])
def test_tuning_finds_what_a_fine_grid_finds(make, slow, fast, steps):
    dense = Dense(np.random.default_rng(steps).dirichlet(np.full(48, 0.4)).reshape(2, 3, 2, 2, 2))
    judge = _judges.Exact(dense, information_curve(dense))
    found = _contestants.tuned(make, slow, fast, min(steps, 5), judge)
    parameter = next(
        getattr(found, f) for f in ("threshold", "factor", "gamma", "budget") if hasattr(found, f)
    )
    assert float(f"{parameter:.4g}") == parameter
    near = abs(policy_law(dense, found).expected_calls - min(steps, 5))
    grid = np.linspace(slow, fast, 60 if make is not EntropySum else 12)
    best = min(abs(policy_law(dense, make(p)).expected_calls - min(steps, 5)) for p in grid)
    # Few values are tried where each is dear.
    assert near <= best + (0.35 if make is EntropySum else 0.15)


def test_one_call_and_all_calls():
    once = leaderboard(CHAIN, 1)
    tc = CHAIN.total_correlation()
    for entry in once:
        if entry.expected_calls == pytest.approx(1) and math.isfinite(entry.kl):
            assert entry.kl == pytest.approx(tc, abs=1e-10)
    slow = leaderboard(CHAIN, 6)
    exact = [entry.name for entry in slow if entry.kl < 1e-12]
    assert "optimal" in exact[0].split(" = ") or "speculative" in exact
    for name in ("confidence", "margin", "entropy", "threshold 1", "factor 0", "gamma 0"):
        assert slow[name].kl < 1e-12
    assert slow["sampled confidence"].kl > 0.01


def test_laws_without_dependence_and_with_nothing_else():
    for entry in leaderboard(Product([[0.3, 0.7], [0.2, 0.3, 0.5], [1.0]]), 2):
        if "temperature" not in entry.name and "sampled" not in entry.name:
            assert entry.kl < 1e-12
    repeated = leaderboard(Repeated(5, 3), 2)
    assert repeated["optimal"].kl < 1e-12
    assert repeated["planned order"].kl < 1e-12


@pytest.mark.parametrize("steps", [2, 4, 5, 9])
def test_rules_with_a_tolerance_take_at_most_so_many_steps(steps):
    chain = MarkovChain([0.5, 0.5], FLIP, 9)
    curve = information_curve(chain)
    tc, dtc = curve.total_correlation, curve.dual_total_correlation
    made = {
        "TC": lambda e: schedules.total_correlation(9, tc, e),
        "DTC": lambda e: schedules.dual_total_correlation(9, dtc, e),
        "Austin": lambda e: schedules.austin(9, dtc, e),
    }
    found = dict(_contestants.rules(curve, steps))
    for rule, make in made.items():
        (name,) = [name for name in found if name.split()[0] == rule]
        schedule, tolerance = found[name], float(name.split()[1])
        assert schedule == make(tolerance)
        fewest = min(make(e).nfe for e in (tc, dtc, 9 * tc, 9 * dtc))
        assert schedule.nfe <= max(steps, fewest)
        # A little less tolerance takes more.
        assert make(tolerance / 1.5).nfe > max(steps, fewest) or schedule.nfe == 9


def test_beyond_enumeration_laws_are_estimated(monkeypatch):
    exact = leaderboard(CHAIN, 3)
    monkeypatch.setattr(_leaderboard_module, "MAX_SEQUENCES", 1)
    board = leaderboard(CHAIN, 3, samples=4000, seed=1)
    assert board.samples == 4000
    assert exact.samples is None
    assert board.omitted == ()
    fixed = {e.name: e for e in exact if e.kind == "schedule" or e.name.startswith("conf")}
    assert {e.name for e in board} >= set(fixed)
    for entry in board:
        found = entry.audit.total_variation
        assert found.low <= entry.total_variation <= found.high
        if entry.name in fixed:
            law = fixed[entry.name]
            assert found.low <= law.total_variation <= found.high
            assert entry.expected_kl == law.expected_kl
            assert entry.expected_calls == pytest.approx(law.expected_calls, abs=0.05)
            assert entry.kl is None
    assert board["speculative"].kl == 0.0
    assert board["planned order"].kl == pytest.approx(exact["planned order"].kl, abs=1e-12)
    assert board["optimal"].known_kl == pytest.approx(0.2212693424138873)
    again = leaderboard(CHAIN, 3, samples=4000, seed=1)
    assert repr(again) == repr(board)
    assert "estimates from 4,000 samples" in repr(board)
    assert board._repr_html_().count("<th>interval</th>") == 1
    ax = plot.leaderboard(board)
    assert ax.get_legend_handles_labels()[1] == ["expected KL (nats)", "total variation, estimated"]
    json.dumps(board.as_dicts())


def test_what_is_too_dear_is_left_out(monkeypatch):
    monkeypatch.setattr(_judges, "MAX_TUNED_OPERATIONS", 1.0)
    board = leaderboard(CHAIN, 3)
    (left,) = [reason for name, reason in board.omitted if name == "entropy sum"]
    assert "operations, above 1e+00" in left
    assert not any("entropy sum" in entry.name for entry in board)


def test_mistakes():
    for steps, error, match in [
        (0, ValueError, "steps: is 0, expected at least 1"),
        (7, ValueError, r"steps: is 7, expected 1\.\.6"),
        (2.5, TypeError, "steps: is a float, expected an integer"),
    ]:
        with pytest.raises(error, match=match):
            leaderboard(CHAIN, steps)
    with pytest.raises(TypeError, match="distribution: is a list"):
        leaderboard([1.0], 1)
    with pytest.raises(ValueError, match="samples: is 99, expected at least 100"):
        leaderboard(CHAIN, 3, samples=99)
    with pytest.raises(_core.WorkError, match=r"samples: .* would take about .* hours"):
        leaderboard(MarkovChain([0.5, 0.5], FLIP, 30), 3, samples=10**9)


def test_progress():
    seen = []
    leaderboard(MarkovChain([0.5, 0.5], FLIP, 3), 2, progress=seen.append)
    assert seen == sorted(seen)
    assert seen[0] == 0.0
    assert seen[-1] == 1.0


def test_picture(board, tmp_path):
    ax = plot.leaderboard(board)
    assert [label.get_text().split(" (+")[0] for label in ax.get_yticklabels()] == [
        entry.name.split(" = ")[0] for entry in board
    ]
    assert ax.get_xscale() == "log"
    texts = [text.get_text() for text in ax.texts]
    assert "0" in texts
    assert r"$\infty$" in texts
    drawn = np.concatenate([line.get_xdata() for line in ax.lines])
    for entry in board:
        if 1e-12 < entry.kl < math.inf:
            assert np.isclose(drawn, entry.kl, rtol=1e-12).any()
    ax.figure.savefig(tmp_path / "board.png")
    # Nothing to see, and names that are too long.
    empty = plot.leaderboard(Leaderboard(2, 1, ()), Figure().subplots())
    assert len(empty.get_yticklabels()) == 0
