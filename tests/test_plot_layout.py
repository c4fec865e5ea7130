"""Pictures have room for their texts, and are told apart in grey, whatever is on them."""

import itertools
import math
from contextlib import contextmanager
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib import colors, pyplot
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.container import Container
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import StepPatch
from matplotlib.text import Text

import unmask
from unmask import CrossEntropyCurve, InformationCurve, plot, schedules
from unmask import bounds as proofs
from unmask.distributions import Empirical, HiddenMarkov
from unmask.samplers import Entry, Leaderboard

mpl.use("Agg")

SIZES = {"full": (6.4, 4.8), "half": (3.2, 2.4)}

EXAMPLES = Path(__file__).parents[1] / "examples"

LONG = "a rule whose name is far longer than anybody needs, and then some more of it"


def given(h):
    return InformationCurve.from_conditional_entropies(h)


def logs(n, unit=1.0):
    return given(unit * np.log(np.arange(n, 0, -1.0) + 1))


def sampled():
    law = HiddenMarkov([0.5, 0.5], [[0.95, 0.05], [0.05, 0.95]], [[0.8, 0.2], [0.2, 0.8]], 32)
    return unmask.information_curve(law, method="sampled", samples=8, seed=0)


def counted(estimator):
    bits = np.random.default_rng(0).integers(2, size=(30, 8))
    return unmask.information_curve(Empirical(bits, estimator=estimator))


CURVES = {
    "one token": lambda: given([0.7]),
    "two tokens": lambda: given([1.0, 0.2]),
    "500 tokens": lambda: logs(500),
    "100,000 tokens": lambda: logs(100_000),
    "huge": lambda: logs(30, 1e12),
    "tiny": lambda: logs(30, 1e-12),
    "flat": lambda: given(np.ones(12)),
    "nearly flat": lambda: given(1 - 1e-9 * np.arange(12)),
    "sampled": sampled,
    "too few samples": lambda: counted("plugin"),
    "another estimator": lambda: counted("miller-madow"),
    "losses": lambda: CrossEntropyCurve([2.7, 2.0, 1.5, 1.2, 1.2]),
    "losses that rise": lambda: CrossEntropyCurve([1.0, 1.1, 0.9, 1.4, 1.5]),
    "losses that only rise": lambda: CrossEntropyCurve([1.0, 1.1, 1.2]),
    "losses with errors": lambda: CrossEntropyCurve(
        [2.7, 2.0, 1.5, 1.2], entropy=6.0, standard_errors=[0.3, 0.2, 0.2, 0.5]
    ),
}


def fixed(curve):
    return schedules.optimal(curve, steps=min(4, curve.n))


def random(curve):
    return schedules.mdlm(curve.n, 6)


def long_names(n):
    """As many as there are looks, and more."""
    lengths = range(1, min(6, n) + 1)
    names = ["uniform", LONG, *(f"{k}: {LONG[k:]}" for k in range(6))]
    return {name: [schedules.uniform(n, k) for k in lengths] for name in names}


def draw_frontier(curve, ax):
    others = plot.rules(curve, [1, min(2, curve.n)])
    others["random counts"] = [schedules.mdlm(curve.n, k) for k in (2, 3, 9)]
    plot.frontier(schedules.frontier(curve, min(curve.n, 64)), ax, others=others)


PLOTS = {
    "curve": plot.curve,
    "staircase": lambda curve, ax: plot.staircase(curve, fixed(curve), ax),
    "staircase of random counts": lambda curve, ax: plot.staircase(curve, random(curve), ax),
    "frontier": draw_frontier,
    "frontier of long names": lambda curve, ax: plot.frontier(
        schedules.frontier(curve, min(curve.n, 8)), ax, others=long_names(curve.n)
    ),
    "schedule": lambda curve, ax: plot.schedule(fixed(curve), ax),
    "schedules of long names": lambda curve, ax: plot.schedule(
        random(curve), ax, others={name: few[-1] for name, few in long_names(curve.n).items()}
    ),
    "compare": lambda curve, figure: plot.compare(curve, fixed(curve), figure=figure),
    "compare random counts": lambda curve, figure: plot.compare(
        curve, random(curve), figure=figure
    ),
    "bounds": lambda curve, ax: plot.bounds(proofs.certificate(fixed(curve), curve), ax),
    "steps": lambda curve, ax: plot.bounds(
        proofs.certificate(fixed(curve), curve, alphabet_size=3), ax, unit="steps"
    ),
}

#: A panel is made for a page.
PANEL = {"full": (8.0, 9.8), "half": (4.0, 4.9)}


def picture(kind, curve, size) -> Figure:
    if kind.startswith("compare"):
        return PLOTS[kind](curve, Figure(figsize=PANEL[size]))
    figure = Figure(figsize=SIZES[size])
    PLOTS[kind](curve, figure.subplots())
    return figure


@contextmanager
def recorded(texts):
    """Note the texts that are drawn indeed: ticks out of view, say, are not."""
    draw = Text.draw

    def noting(text, renderer, *args, **kwargs):
        if text.get_visible() and text.get_text().strip():
            texts[text] = None
        return draw(text, renderer, *args, **kwargs)

    Text.draw = noting
    try:
        yield
    finally:
        Text.draw = draw


def problems(figure) -> list[str]:
    """What is cut, overlaps or is hidden, as it is rendered."""
    texts = {}
    canvas = FigureCanvasAgg(figure)
    with recorded(texts):
        canvas.draw()
    renderer = canvas.get_renderer()
    boxes = {text: text.get_window_extent(renderer) for text in texts}
    frame = figure.bbox.padded(0.5)
    found = [
        f"{text.get_text()!r} is cut"
        for text, box in boxes.items()
        if not (frame.x0 <= box.x0 and box.x1 <= frame.x1)
        or not (frame.y0 <= box.y0 and box.y1 <= frame.y1)
    ]
    found += [
        f"{one.get_text()!r} overlaps {other.get_text()!r}"
        for (one, a), (other, b) in itertools.combinations(boxes.items(), 2)
        if a.padded(-0.5).overlaps(b.padded(-0.5))
    ]
    for ax in figure.axes:
        if ax.bbox.height < 0.15 * min(figure.bbox.size) or ax.bbox.width < 0.2 * figure.bbox.width:
            found.append(f"axes of {ax.get_xlabel()!r} have no room")
        legend = ax.get_legend()
        if legend is not None:
            box = legend.get_window_extent(renderer)
            if box.padded(-0.5).overlaps(ax.bbox):
                found.append("the legend lies on the data")
            if box.x0 < frame.x0 or box.x1 > frame.x1 or box.y0 < frame.y0:
                found.append("the legend is cut")
        for axis in (ax.xaxis, ax.yaxis):
            if (
                sum(
                    bool(label.get_text()) and label in boxes
                    for label in axis.get_ticklabels(which="both")
                )
                < 1
            ):
                found.append(f"no tick of {axis.get_label_text()!r} has a label")
        for line in ax.lines:
            if line.get_transform() == ax.transData:
                seen = ax.viewLim.padded(1e-9).contains
                found += [
                    f"{line.get_label()!r} leaves the axes"
                    for x, y in line.get_xydata()
                    if math.isfinite(x + y) and not seen(x, y)
                ][:1]
    return found


#: What a panel adds to its parts shows on these.
PANELS = ("one token", "500 tokens", "tiny", "sampled", "too few samples", "losses that rise")


def applies(kind, name) -> bool:
    if kind in ("bounds", "steps"):
        return "loss" not in name and name not in ("sampled", "another estimator")
    return name in PANELS or not kind.startswith("compare")


@pytest.fixture(scope="module")
def curves():
    return {name: make() for name, make in CURVES.items()}


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(
    ("kind", "name"),
    [(kind, name) for kind in PLOTS for name in CURVES if applies(kind, name)],
)
def test_every_text_has_room(curves, kind, name, size):
    assert problems(picture(kind, curves[name], size)) == []


@pytest.mark.parametrize("name", ["splice_sites", "words5"])
def test_files_have_room(name):
    curve = unmask.information_curve(unmask.io.load(EXAMPLES / f"{name}.tsv"))
    assert problems(plot.compare(curve, schedules.optimal(curve, steps=3))) == []


def board(entries):
    """Samplers of long names, perfect ones and hopeless ones among them."""
    rows = [
        Entry(f"{k} {LONG}", "schedule", unmask.Schedule([2, 2]), 1e4 / 3, kl, kl, tv)
        for k, (kl, tv) in enumerate(
            [(0.0, 0.0), (1e-9, 1e-5), *[(0.5 * k, 0.1) for k in range(1, 30)], (math.inf, 1.0)]
        )
    ]
    return Leaderboard(4, 2, tuple(rows[:entries] + rows[-1:]))


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("entries", [0, 1, 3, 31])
def test_a_leaderboard_has_room(entries, size):
    figure = Figure(figsize=SIZES[size])
    ax = plot.leaderboard(board(entries), figure.subplots())
    assert problems(figure) == []
    names = [label.get_text() for label in ax.get_yticklabels()]
    if entries == 31:
        left_out = 32 - (len(names) - 1)
        assert names[-1] == f"and {left_out} more"
    else:
        assert len(names) == entries + 1
    if size == "full" and entries == 3:
        ax = plot.leaderboard(board(31))
        assert problems(ax.figure) == []
        assert len(ax.get_yticklabels()) == 32
        pyplot.close("all")


def test_the_check_sees_what_is_cut_and_what_overlaps():
    figure = Figure()
    ax = figure.subplots()
    ax.plot([1, 2], label="line")
    ax.legend(loc="center")
    ax.text(0.5, 1.5, "one")
    ax.text(0.5, 1.5, "other")
    ax.set_ylabel("far too long " * 9)
    ax.set_ylim(1.2, 2)
    found = " ".join(problems(figure))
    assert "'one' overlaps 'other'" in found
    assert "far too long ' is cut" in found
    assert "the legend lies on the data" in found
    assert "'line' leaves the axes" in found


def look(handle) -> tuple[tuple, float]:
    """What an entry of a legend is in grey: its form, and how light it is."""
    if isinstance(handle, Line2D):
        hollow = colors.to_rgba(handle.get_markerfacecolor())[3] == 0
        form = ("line", str(handle._dash_pattern), handle.get_marker(), hollow)
        return form, lightness(handle.get_color())
    if isinstance(handle, Container):
        handle = handle.patches[0]
    if isinstance(handle, StepPatch) and not handle.get_fill():
        return ("stairs", str(handle._dash_pattern)), lightness(handle.get_edgecolor())
    face = np.reshape(handle.get_facecolor(), -1)[:4]
    return ("area", handle.get_hatch()), lightness(face)


def lightness(colour) -> float:
    """On white paper."""
    *rgb, alpha = colors.to_rgba(colour)
    return 1 - alpha + alpha * float(np.dot(rgb, [0.299, 0.587, 0.114]))


@pytest.mark.parametrize("kind", PLOTS)
def test_nothing_is_told_apart_by_its_hue_alone(curves, kind):
    for name in ("too few samples", "two tokens", "losses with errors"):
        if not applies(kind, name):
            continue
        for ax in picture(kind, curves[name], "full").axes:
            handles, names = ax.get_legend_handles_labels()
            entries = zip(names, map(look, handles), strict=True)
            for (one, (form, light)), (other, (form_2, light_2)) in itertools.combinations(
                entries, 2
            ):
                assert form != form_2 or abs(light - light_2) > 0.15, (one, other)
