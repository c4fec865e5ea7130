"""Pictures, by what is on them."""

import math
import sys

import matplotlib as mpl
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib import pyplot
from matplotlib.figure import Figure

import unmask
from unmask import (
    BernoulliSchedule,
    CrossEntropyCurve,
    InformationCurve,
    Schedule,
    bounds,
    plot,
    schedules,
)
from unmask.distributions import MarkovChain
from unmask.plot._style import MARKED_POINTS, MOST_STAIRS
from unmask.schedules import Frontier

mpl.use("Agg")

RANDOM = schedules.mdlm(5, 2)


@pytest.fixture
def ax():
    return Figure().subplots()


@pytest.fixture
def curve():
    return InformationCurve.from_conditional_entropies([1.0, 0.6, 0.5, 0.2, 0.1])


def labels(ax) -> list[str]:
    return [text.get_text() for text in ax.get_legend().get_texts()]


def test_the_curve_stands_on_its_tokens(curve, ax):
    assert plot.curve(curve, ax) is ax
    (stairs,) = ax.patches
    values, edges, _ = stairs.get_data()
    np.testing.assert_array_equal(values, curve.z)
    np.testing.assert_array_equal(edges, range(6))
    assert "(nats)" in ax.get_ylabel()
    assert ax.get_ylim()[1] > curve.z[-1]


@pytest.mark.parametrize("sizes", [[5], [1, 4], [2, 2, 1], [1] * 5])
def test_the_shade_has_the_area_of_the_expected_kl(curve, ax, sizes):
    schedule = Schedule(sizes)
    plot.staircase(curve, schedule, ax)
    line, shade, stairs = ax.patches
    values, edges, baseline = shade.get_data()
    area = np.sum((values - baseline) * np.diff(edges))
    assert area == pytest.approx(curve.expected_kl(schedule), abs=1e-12)
    np.testing.assert_array_equal(stairs.get_data().edges, schedule.cumulative)
    np.testing.assert_array_equal(line.get_data().values, curve.z)
    assert labels(ax)[0] == "$Z_j$"
    assert "nats" in labels(ax)[1]
    assert labels(ax)[2] == f"schedule, {len(sizes)} step{'s' * (len(sizes) > 1)}"


@pytest.mark.parametrize("levels", [[0, 1], [0, 0.3, 1], [0, 0.1, 0.11, 0.9, 1]])
def test_random_counts_stand_under_the_bernstein_polynomial(curve, ax, levels):
    schedule = BernoulliSchedule(levels)
    plot.staircase(curve, schedule, ax)
    (shade,) = ax.collections
    corners = shade.get_paths()[0].vertices
    x, y = corners[:, 0], corners[:, 1]
    # Shoelace formula.
    area = abs(np.sum(x * np.roll(y, -1) - y * np.roll(x, -1))) / 2
    assert area == pytest.approx(curve.expected_kl(schedule), rel=1e-5)
    line, stairs = ax.patches
    np.testing.assert_array_equal(line.get_data().values, curve.z)
    np.testing.assert_allclose(stairs.get_data().edges, 5 * schedule.levels)
    smooth = dict(ax.lines[-1].get_xydata())
    for a, level in zip(levels, stairs.get_data().values, strict=False):
        weights = [math.comb(4, m) * a**m * (1 - a) ** (4 - m) for m in range(5)]
        assert level == pytest.approx(np.dot(weights, curve.z), abs=1e-14)
        assert smooth[5 * a] == level
    assert ax.get_xlabel() == "expected tokens unmasked"


def test_random_counts_are_drawn_as_their_means(curve, ax):
    plot.schedule(BernoulliSchedule([0, 0.3, 1], n=10), ax, others={"fixed": Schedule([9, 1])})
    assert [bar.get_height() for bar in ax.patches[:2]] == pytest.approx([3, 7])
    assert ax.get_ylabel() == "expected tokens revealed"
    with pytest.raises(ValueError, match="loose: is for any number of tokens"):
        plot.schedule(Schedule([5]), ax, others={"loose": BernoulliSchedule([0, 0.5, 1])})
    figure = plot.compare(curve, BernoulliSchedule([0, 0.2, 0.5, 1]))
    assert len(figure.axes) == 3
    ring = figure.axes[1].lines[-1]
    assert ring.get_xdata() == [3]
    assert ring.get_ydata() == [curve.expected_kl(BernoulliSchedule([0, 0.2, 0.5, 1]))]
    # More steps than tokens.
    plot.compare(curve, schedules.mdlm(5, 9)).canvas.draw()


@pytest.mark.parametrize("sizes", [[150_000, 50_000], [1] * 200_000])
def test_a_hundred_thousand_tokens_keep_their_cliffs(ax, sizes):
    h = np.ones(200_000)
    h[150_000:], h[-1] = 0.5, 0.0
    cliffs = InformationCurve.from_conditional_entropies(h)
    plot.staircase(cliffs, Schedule(sizes), ax)
    line, shade, stairs = ax.patches
    values, edges, _ = line.get_data()
    assert len(edges) < 3 * MOST_STAIRS
    assert (edges[0], edges[-1]) == (0, 200_000)
    assert values.tolist() == cliffs.z[edges[:-1].astype(int)].tolist()
    assert {0, 150_000, 199_999} <= set(edges[:-1])
    # The shade is drawn between the same places, with the schedule's among them.
    assert set(stairs.get_data().edges) <= set(shade.get_data().edges)
    if len(sizes) == 2:
        values, edges, baseline = shade.get_data()
        assert np.sum((values - baseline) * np.diff(edges)) == pytest.approx(0.5)
    plot.schedule(Schedule(sizes), ax := Figure().subplots())
    assert len(ax.patches) <= 2
    ax.figure.canvas.draw()


def test_a_staircase_for_other_tokens_is_refused(curve, ax):
    with pytest.raises(ValueError, match="n = 5"):
        plot.staircase(curve, Schedule([1, 2]), ax)


@pytest.mark.parametrize("sizes", [[4, 2, 1], [1] * 100, [7]])
def test_a_schedule_shows_every_step(ax, sizes):
    assert plot.schedule(Schedule(sizes), ax) is ax
    if len(sizes) <= MARKED_POINTS:
        assert [bar.get_height() for bar in ax.patches] == sizes
    else:
        np.testing.assert_array_equal(ax.patches[0].get_data().values, sizes)
    assert ax.get_xlim() == (0.5, len(sizes) + 0.5)
    assert ax.get_xlabel() == "step"


def test_other_schedules_stand_beside_the_bars(ax):
    others = {"uniform": Schedule([3, 3, 2]), "all": Schedule([8])}
    plot.schedule(Schedule([1, 3, 4]), ax, others=others)
    assert labels(ax) == ["uniform", "all", "this schedule"]
    bars = [patch for patch in ax.patches if hasattr(patch, "get_height")]
    assert [bar.get_height() for bar in bars] == [1, 3, 4]
    lines = [patch for patch in ax.patches if not hasattr(patch, "get_height")]
    assert [line.get_data().values.tolist() for line in lines] == [[3, 3, 2], [8]]
    assert lines[0].get_linestyle() != lines[1].get_linestyle()
    assert ax.get_ylim()[1] > 8


def test_an_estimate_shows_how_far_it_can_be_trusted(ax):
    chain = MarkovChain([0.5, 0.5], [[0.9, 0.1], [0.1, 0.9]], 6)
    sampled = unmask.information_curve(chain, method="sampled", samples=20, seed=0)
    plot.curve(sampled, ax)
    assert labels(ax) == ["$Z_j$", "2 standard errors"]
    assert sampled.expected_kl(Schedule([6])) != 0
    for draw in (
        lambda: plot.staircase(sampled, Schedule([6])).get_legend().get_texts()[-2].get_text(),
        lambda: plot.frontier(schedules.frontier(sampled)).get_ylabel(),
    ):
        assert draw().startswith("estimated expected KL")
    pyplot.close("all")
    _, band = ax.patches
    values, _, baseline = band.get_data()
    np.testing.assert_allclose(values - baseline, 4 * sampled.standard_errors)
    bits = np.random.default_rng(0).integers(2, size=(30, 8))
    small = unmask.information_curve(unmask.distributions.Empirical(bits))
    plot.staircase(small, Schedule([4, 4]), ax := Figure().subplots())
    assert labels(ax)[1] == "sample too small"
    assert ax.patches[1].get_hatch()
    assert ax.patches[1].get_x() == small.reliable_until < 8


@pytest.mark.parametrize("entropy", [None, 2.0])
def test_losses_of_a_model_are_drawn_as_losses(ax, entropy):
    losses = CrossEntropyCurve([1.0, 0.6, 0.7, 0.4], entropy=entropy)
    schedule = Schedule([1, 3])
    plot.staircase(losses, schedule, ax)
    values, edges, baseline = ax.patches[1].get_data()
    np.testing.assert_array_equal(values, losses.h)
    area = np.sum((baseline - values) * np.diff(edges))
    assert area == pytest.approx(losses.cost(schedule) - losses.h.sum())
    assert ax.get_ylabel() == "loss of a masked token (nats)"
    figure = plot.compare(losses, schedule)
    frontier = figure.axes[1]
    if entropy is None:
        assert frontier.get_ylabel().split() == ["cost", "above", "single", "steps", "(nats)"]
    else:
        assert frontier.get_ylabel() == "expected KL (nats)"
        np.testing.assert_allclose(
            frontier.lines[0].get_ydata()[0], losses.expected_kl(Schedule([4]))
        )
    figure.canvas.draw()


def test_the_frontier_has_logarithmic_axes_and_others_beside_it(curve, ax):
    best = schedules.frontier(curve)
    others = {"uniform": [schedules.uniform(5, k) for k in (4, 2)], "none": []}
    plot.frontier(best, ax, others=others)
    assert (ax.get_xscale(), ax.get_yscale()) == ("log", "log")
    assert labels(ax) == ["optimal (zero from 5 steps)", "uniform", "none"]
    optimum, uniform, none = ax.lines
    np.testing.assert_array_equal(optimum.get_xdata(), [1, 2, 3, 4])
    np.testing.assert_array_equal(optimum.get_ydata(), best.expected_kl[:4])
    np.testing.assert_array_equal(uniform.get_xdata(), [2, 4])
    assert len(none.get_xdata()) == 0
    assert optimum.get_marker() != uniform.get_marker()
    assert uniform.get_linestyle() == "None"  # nothing is known of 3 steps
    plot.frontier(best, ax, others={"uniform": [schedules.uniform(5, k) for k in (2, 3)]})
    assert ax.lines[-1].get_linestyle() == "--"


def test_nothing_to_learn_is_drawn_all_the_same(ax):
    product = InformationCurve.from_conditional_entropies(np.ones(300))
    plot.frontier(schedules.frontier(product, 4), ax)
    assert ax.get_yscale() == "linear"
    np.testing.assert_array_equal(ax.lines[0].get_ydata(), np.zeros(4))
    plot.compare(product, Schedule([300])).canvas.draw()


def test_the_rules_are_what_they_say(curve):
    rules = plot.rules(curve, [1, 2, 5])
    assert rules["uniform"] == [schedules.uniform(5, k) for k in (1, 2, 5)]
    assert rules["cosine"] == [schedules.cosine(5, k) for k in (1, 2, 5)]
    chain = unmask.information_curve(MarkovChain([0.5, 0.5], [[0.9, 0.1], [0.1, 0.9]], 64))
    published = plot.rules(chain, [64])["TC or DTC"]
    assert len({len(one) for one in published}) == len(published) > 5
    tc, dtc = chain.total_correlation, chain.dual_total_correlation
    best = schedules.frontier(chain).expected_kl
    for one in published:
        assert one.n == 64
        assert chain.expected_kl(one) >= best[one.nfe - 1] - 1e-12
        assert chain.expected_kl(one) <= min(tc, dtc)


def test_minimax_schedules_are_as_good_as_they_promise():
    chain = unmask.information_curve(MarkovChain([0.5, 0.5], [[0.9, 0.1], [0.1, 0.9]], 64))
    lengths = [1, 2, 5, 20]
    made = plot.rules(chain, lengths)["minimax"]
    assert [len(one) for one in made] == lengths
    for one in made:
        assert chain.expected_kl(one) <= one.worst_case_kl * (1 + 1e-12)
    # Of many tokens only some lengths.
    long = InformationCurve.from_conditional_entropies(np.linspace(1, 0.5, 250_000))
    assert 0 < len(plot.rules(long, range(1, 11))["minimax"]) < 10


def test_bounds_stand_on_their_side_of_the_exact_value(ax):
    chain = unmask.information_curve(MarkovChain([0.5, 0.5], [[0.9, 0.1], [0.1, 0.9]], 32))
    proof = bounds.certificate(Schedule([1, 8, 8, 8, 6, 1]), chain, alphabet_size=2)
    for unit in ("nats", "steps"):
        plot.bounds(proof, ax := Figure().subplots(), unit=unit)
        shown = [one for one in proof if one.unit == unit and one.kind in ("lower", "upper")]
        assert [text.get_text() for text in ax.get_yticklabels()] == [one.name for one in shown]
        assert unit in ax.get_xlabel()
        marked = [line for line in ax.lines if line.get_marker() in "<>"]
        for one, line in zip(shown, marked, strict=True):
            assert line.get_xdata()[0] == one.value
            assert line.get_marker() == ("<" if one.kind == "upper" else ">")
        (exact,) = [line for line in ax.lines if line.get_label().startswith("this schedule")]
        assert exact.get_xdata()[0] == (proof.expected_kl if unit == "nats" else 6)
        assert all(ax.get_xlim()[0] < line.get_xdata()[0] < ax.get_xlim()[1] for line in marked)


def test_bounds_without_a_place_on_the_axis_stand_at_its_ends(ax):
    flat = InformationCurve.from_conditional_entropies(np.ones(8))
    plot.bounds(bounds.certificate(Schedule([4, 4]), flat), ax)
    low, high = ax.get_xlim()
    marked = [line for line in ax.lines if line.get_marker() in "<>"]
    assert all(low < line.get_xdata()[0] < high for line in marked)
    assert {text.get_text() for text in ax.texts} <= {"nats", "0", "inf"}
    ax.figure.canvas.draw()


def test_bounds_of_something_else_are_refused(curve, ax):
    with pytest.raises(TypeError, match="is a Schedule, expected a Certificate"):
        plot.bounds(Schedule([1]), ax)
    with pytest.raises(ValueError, match="unit: is 'bits'"):
        plot.bounds(bounds.certificate(Schedule([5]), curve), ax, unit="bits")


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda curve, ax: plot.curve([1, 2], ax), "curve: is a list"),
        (lambda curve, ax: plot.staircase(curve, [5], ax), "a Schedule or a BernoulliSchedule"),
        (lambda curve, ax: plot.schedule([5], ax), "schedule: is a list"),
        (lambda curve, ax: plot.schedule(Schedule([5]), ax, others={"a": [5]}), "a: is a list"),
        (lambda curve, ax: plot.frontier(curve, ax), "frontier: is a InformationCurve"),
        (lambda curve, ax: plot.compare(curve, [5]), "schedule: is a list"),
        (lambda curve, ax: plot.compare(5, Schedule([5])), "curve: is a int"),
    ],
)
def test_what_cannot_be_drawn_is_named(curve, ax, draw, message):
    with pytest.raises(TypeError, match=message):
        draw(curve, ax)
    assert not ax.has_data()


def test_random_counts_stand_beside_the_frontier(curve, ax):
    others = {"random counts": [RANDOM, schedules.mdlm(5, 3)]}
    plot.frontier(schedules.frontier(curve), ax, others=others)
    np.testing.assert_array_equal(ax.lines[1].get_xdata(), [2, 3])
    assert ax.lines[1].get_ydata()[0] == curve.expected_kl(RANDOM)


def test_estimates_that_contradict_themselves_have_no_bounds(curve):
    rising = InformationCurve.from_conditional_entropies([1.0, 0.5, 0.7])
    assert len(plot.compare(rising, Schedule([1, 2])).axes) == 3
    assert len(plot.compare(curve, Schedule([1, 4])).axes) == 4


def test_a_comparison_shows_what_it_is_given(curve):
    figure = Figure()
    others = {"mine": iter([Schedule([1, 4]), Schedule([1, 2, 2])])}
    assert plot.compare(curve, Schedule([2, 3]), others=others, figure=figure) is figure
    assert labels(figure.axes[1]) == ["optimal", "mine", "this schedule"]
    ring = figure.axes[1].lines[-1]
    assert ring.get_xydata().tolist() == [[2, curve.expected_kl(Schedule([2, 3]))]]
    assert labels(figure.axes[2]) == ["uniform", "cosine", "this schedule"]


@pytest.mark.parametrize("n", [1, 2, 5, 300])
def test_a_comparison_has_four_parts(n, tmp_path):
    curve = InformationCurve.from_conditional_entropies(np.log(np.arange(n, 0, -1.0)))
    schedule = schedules.optimal(curve, steps=-(-n // 3))
    figure = plot.compare(curve, schedule)
    assert len(figure.axes) == 4
    figure.savefig(tmp_path / "plan.png")
    image = mpl.image.imread(tmp_path / "plan.png")
    assert image.shape[0] > 300
    assert image.std() > 0.05


def test_negative_costs_are_not_called_zero(ax):
    losses = CrossEntropyCurve([1.0, 1.2, 0.4, 0.6])
    best = schedules.frontier(losses)
    assert best.excess[2] < 0 < best.excess[0]
    first = 1 + int(np.argmax(best.excess < 0))
    plot.frontier(best, ax)
    assert labels(ax) == [f"optimal (below 0 from {first} steps)"]
    assert ax.lines[0].get_xdata().tolist() == list(range(1, first))
    # What has no place stands at the edge, with its number.
    shown = best.schedule(3)
    panel = plot.compare(losses, shown).axes[1]
    assert labels(panel)[-1] == f"this schedule: {losses.cost(shown) - losses.h.sum():.3g}"
    ring = panel.lines[-1]
    assert ring.get_xydata().tolist() == [[shown.nfe, 0]]
    assert ring.get_transform() == panel.get_xaxis_transform()


@pytest.mark.parametrize(
    ("losses", "said"),
    [
        ([1.0, 0.5, 0.6], "below 0 from 2 steps"),
        ([1.0, 0.5, 0.5], "zero from 2 steps"),
        ([1.0, 0.5], "zero from 2 steps"),
    ],
)
def test_the_legend_says_what_has_no_place(ax, losses, said):
    plot.frontier(schedules.frontier(CrossEntropyCurve(losses)), ax)
    assert labels(ax) == [f"optimal ({said})"]


def test_zero_then_less(ax):
    best = Frontier(CrossEntropyCurve([1.0, 1.0, 1.0]), np.array([1.0, 0.0, -0.5]))
    plot.frontier(best, ax)
    assert labels(ax) == ["optimal (0 or less from 2 steps)"]


def test_of_several_schedules_of_one_length_the_best_is_drawn(curve, ax):
    rivals = [Schedule([4, 1]), Schedule([1, 4]), Schedule([5])]
    plot.frontier(schedules.frontier(curve), ax, others={"some": rivals})
    assert ax.lines[1].get_xdata().tolist() == [1, 2]
    assert ax.lines[1].get_ydata()[1] == min(map(curve.expected_kl, rivals[:2]))


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [
        (0.9, 60, [1, 2, 5, 10, 20, 50]),
        (1e-9, 1e3, [1e-9, 1e-7, 1e-5, 1e-3, 0.1, 10, 1e3]),
        (0.02, 90, [0.1, 1, 10]),
        (0.3, 30, [0.5, 1, 2, 5, 10, 20]),
        (0.62, 0.81, [0.625, 0.65, 0.675, 0.7, 0.725, 0.75, 0.775, 0.8]),
    ],
)
def test_logarithmic_axes_have_round_ticks(low, high, ticks):
    from unmask.plot._ticks import LogTicks

    found = [tick for tick in LogTicks().tick_values(low, high) if low <= tick <= high]
    np.testing.assert_allclose(found, ticks)


@settings(max_examples=200)
@given(st.floats(-250, 250), st.floats(0.01, 300))
def test_logarithmic_axes_have_two_ticks_and_not_too_many(low, decades):
    from unmask.plot._ticks import MOST, LogTicks

    low, high = 10.0**low, 10.0 ** min(low + decades, 300.0)
    ticks = [tick for tick in LogTicks().tick_values(low, high) if low <= tick <= high]
    assert 2 <= len(ticks) <= MOST + 1


def test_one_step_is_no_plural(curve, ax):
    proof = bounds.certificate(Schedule([5]), curve)
    plot.bounds(proof, ax, unit="steps")
    assert labels(ax)[0] == "this schedule: 1 step"


def test_bounds_of_an_estimate_say_so(ax):
    bits = np.random.default_rng(0).integers(2, size=(300, 4))
    law = unmask.distributions.Empirical(bits, estimator="miller-madow")
    proof = bounds.certificate(Schedule([2, 2]), unmask.information_curve(law).monotone())
    assert labels(plot.bounds(proof, ax))[0].endswith("nats, estimated")
    plot.bounds(proof, ax := Figure().subplots(), unit="steps")
    assert labels(ax)[0] == "this schedule: 2 steps"


def test_a_layout_that_is_set_stays(curve):
    figure = Figure(layout="tight")
    engine = figure.get_layout_engine()
    plot.curve(curve, figure.subplots())
    assert figure.get_layout_engine() is engine


def test_drawing_twice_changes_no_text(curve):
    figure = Figure(figsize=(2.4, 1.8))
    ax = figure.subplots()
    plot.staircase(curve, Schedule([2, 3]), ax)
    before = (ax.get_ylabel(), ax.yaxis.label.get_size())
    plot.curve(curve, ax)
    assert (ax.get_ylabel(), ax.yaxis.label.get_size()) == before


def test_new_figures_are_made_where_none_is_given(curve):
    from matplotlib import pyplot

    drawn = [
        plot.curve(curve),
        plot.staircase(curve, Schedule([2, 3])),
        plot.schedule(Schedule([2, 3])),
        plot.frontier(schedules.frontier(curve)),
    ]
    assert len({id(ax.figure) for ax in drawn}) == 4
    pyplot.close("all")


def test_without_matplotlib_the_extra_is_named(curve, monkeypatch):
    for module in ("matplotlib", "matplotlib.pyplot", "matplotlib.figure"):
        monkeypatch.setitem(sys.modules, module, None)
    for draw in (lambda: plot.curve(curve), lambda: plot.compare(curve, Schedule([5]))):
        with pytest.raises(ImportError, match=r"pip install 'unmask\[plot\]'"):
            draw()
