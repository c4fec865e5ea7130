"""What notebooks show."""

import re
import subprocess
import sys
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given

from unmask import CrossEntropyCurve, InformationCurve, Schedule, bounds, schedules, testing
from unmask.distributions import MarkovChain
from unmask.samplers import PlannedFrontier, planned_frontier

SVG = "{http://www.w3.org/2000/svg}"
CURVE = InformationCurve.from_conditional_entropies([1.0, 0.6, 0.5, 0.25, 0.0])
SHOWN = [
    CURVE,
    InformationCurve.from_conditional_entropies(np.zeros(3)),
    InformationCurve.from_conditional_entropies([1.0]),
    InformationCurve.from_conditional_entropies(np.linspace(1, 0, 100_000)),
    CrossEntropyCurve([1.0, 0.5, 0.7]),
    Schedule([1, 3, 2]),
    Schedule(np.ones(5000, dtype=int)),
    schedules.mdlm(5, 3),
    schedules.frontier(CURVE),
    schedules.frontier(InformationCurve.from_conditional_entropies(np.ones(4))),
    schedules.frontier(CrossEntropyCurve([1.0, 0.7, 0.8, 0.9])),
    schedules.frontier(CrossEntropyCurve([1.0, 1.1, 1.2])),
    planned_frontier(MarkovChain([0.5, 0.5], [[0.9, 0.1], [0.1, 0.9]], 6)),
]


def points(tree):
    (polyline,) = tree.iter(f"{SVG}polyline")
    return np.array([pair.split(",") for pair in polyline.get("points").split()], dtype=float)


@pytest.mark.parametrize("shown", SHOWN, ids=lambda one: type(one).__name__)
def test_it_is_well_formed_small_and_says_what_repr_says(shown):
    html = shown._repr_html_()
    tree = ElementTree.fromstring(html)
    assert tree.find("strong").text == repr(shown).strip("<>")
    assert len(html) < 25_000
    for svg in tree.iter(f"{SVG}svg"):
        xy = points(svg)
        assert (xy >= 0).all()
        assert (xy <= [int(svg.get("width")), int(svg.get("height"))]).all()


def test_a_curve_is_drawn_to_scale():
    tree = ElementTree.fromstring(CURVE._repr_html_())
    xy = points(tree)
    floor = xy[0, 1]
    heights = (floor - xy[1:-1:2, 1]) / (floor - xy[:, 1].min())
    np.testing.assert_allclose(heights, CURVE.z / CURVE.z[-1], atol=0.01)
    np.testing.assert_allclose(np.diff(xy[::2, 0]), np.diff(xy[::2, 0])[0], atol=0.11)
    texts = [text.text for text in tree.iter(f"{SVG}text")]
    assert texts == ["0", "1", "0", "5", "Z (nats) by tokens unmasked"]


@given(testing.curves())
def test_a_frontier_lists_what_it_draws(curve):
    frontier = schedules.frontier(curve)
    tree = ElementTree.fromstring(frontier._repr_html_())
    steps, excess = ([cell.text for cell in row] for row in tree.iter("tr"))
    assert steps[:2] == ["steps", "1"]
    assert excess[1] == f"{frontier.excess[0]:.4g}"
    assert len(steps) == 1 + curve.n.bit_length()


def test_a_planned_frontier_stands_beside_random_orders():
    frontier = planned_frontier(MarkovChain([0.5, 0.5], [[0.9, 0.1], [0.1, 0.9]], 6))
    tree = ElementTree.fromstring(frontier._repr_html_())
    steps, plans, random = ([cell.text for cell in row] for row in tree.iter("tr"))
    assert steps == ["steps", "1", "2", "4"]
    assert plans == ["KL (nats)", *(f"{frontier.kl[k]:.4g}" for k in (0, 1, 3))]
    assert random == ["random order (nats)", *(f"{frontier.random_kl[k]:.4g}" for k in (0, 1, 3))]
    assert len(points(tree)) == np.sum(frontier.kl > 1e-12 * frontier.kl[0]) > 1
    without = PlannedFrontier(frontier.plans, None)._repr_html_()
    assert len(list(ElementTree.fromstring(without).iter("tr"))) == 2


def test_what_has_one_step_is_no_plural():
    curve = InformationCurve.from_conditional_entropies([1.0])
    assert "1 step:" in repr(schedules.frontier(curve))
    shown = (
        schedules.frontier(curve),
        bounds.certificate(Schedule([5]), CURVE),
        schedules.minimax(5, steps=1, total_correlation=1.0),
    )
    texts = [repr(one) + one._repr_html_() for one in shown]
    assert not any(re.search(r"(?<![\d.])1 steps", text) for text in texts)


def test_a_certificate_lists_its_bounds():
    proof = bounds.certificate(Schedule([1, 3, 1]), CURVE)
    tree = ElementTree.fromstring(proof._repr_html_())
    head, *rows = ([cell.text or "" for cell in row] for row in tree.iter("tr"))
    assert head == ["", "bound", "theorem"]
    assert [row[1] for row in rows] == [bound.name for bound in proof]
    for row, bound in zip(rows, proof, strict=True):
        if bound.value is None:
            assert row[::2] == ["", bound.reason]
        else:
            assert row[0].split()[1:] == [f"{bound.value:.6g}", bound.unit]
            assert row[2] == bound.source
    assert any(bound.value is None for bound in proof)


def test_nothing_is_imported_for_it():
    code = (
        "import sys, unmask; unmask.Schedule([1, 2])._repr_html_(); "
        "sys.exit('matplotlib' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
