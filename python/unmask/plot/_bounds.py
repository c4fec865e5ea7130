"""Bounds side by side."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal, get_args

from .. import _check
from ..bounds import Certificate
from ._style import ACCENT, FEW_POWERS, INK, matplotlib, on_axes, plain, require

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Unit = Literal["nats", "steps"]

#: Room on a logarithmic axis for what has no place on it (zero, infinity) and for numbers, by the
#: range of what has.
ROOM = 0.12


def bounds(certificate: Certificate, ax: Axes | None = None, *, unit: Unit = "nats") -> Axes:
    """Draw the bounds of a certificate beside the exact value, on a logarithmic axis.

    Parameters
    ----------
    certificate : Certificate
        What `unmask.bounds.certificate` returns.
    ax : matplotlib.axes.Axes, optional
        Where; a new figure by default.
    unit : {"nats", "steps"}
        Bounds on the expected KL of the schedule, or on the number of steps for as much.

    Returns
    -------
    matplotlib.axes.Axes
        Upper bounds have markers that point to the left, lower bounds to the right. Zero stands at
        the left end, infinity at the right. What does not apply is left out.

    Raises
    ------
    TypeError, ValueError
        If an argument is something else.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> import unmask
    >>> law = unmask.InformationCurve.from_conditional_entropies([0.7, 0.2, 0.1])
    >>> proof = unmask.bounds.certificate(unmask.Schedule([1, 2]), law)
    >>> unmask.plot.bounds(proof, Figure().subplots()).get_xlabel()
    'expected KL (nats)'
    """
    require(certificate, Certificate, "certificate")
    _check.choice(unit, get_args(Unit), "unit")
    ax = on_axes(ax)
    nats = unit == "nats"
    exact = certificate.expected_kl if nats else float(certificate.schedule.nfe)
    rows = [
        (bound.name, bound.kind, bound.value)
        for bound in certificate
        if bound.unit == unit and bound.value is not None and bound.kind in ("lower", "upper")
    ]
    placed = [value for _, _, value in rows if 0 < value < math.inf]
    placed += [exact] if exact > 0 else []
    low, high = (min(placed), max(placed)) if placed else (0.1, 1.0)
    margin = max(high / low, 2.0) ** ROOM
    left, right = low / margin, high * margin
    anchor = exact if exact > 0 else left
    for row, (_, kind, value) in enumerate(rows):
        at = left if value <= 0 else right if value == math.inf else value
        ax.plot([anchor, at], [row, row], color="0.8", linewidth=1.5, zorder=2)
        ax.plot(
            [at],
            [row],
            marker="<" if kind == "upper" else ">",
            color=ACCENT,
            markerfacecolor=ACCENT if kind == "upper" else "white",
            linestyle="none",
            markersize=7,
            zorder=4,
        )
        # Away from the line to the exact value.
        side = 1 if at >= anchor else -1
        ax.annotate(
            f"{value:.3g}" if nats or value == math.inf else f"{value:.0f}",
            (at, row),
            xytext=(8 * side, 0),
            textcoords="offset points",
            horizontalalignment="left" if side > 0 else "right",
            verticalalignment="center",
            fontsize="small",
            zorder=5,
        )
    written = f"{exact:.4g} nats" if nats else f"{exact:.0f} steps"
    ax.axvline(anchor, color=INK, linewidth=1.2, label=f"this schedule: {written}", zorder=3)
    ax.set_xscale("log")
    ax.set_xlim(left / margin**0.5, right * margin)
    if high < FEW_POWERS * low:
        ax.xaxis.set_major_locator(matplotlib("ticker").LogLocator(subs=(1, 2, 5)))
    ax.xaxis.set_major_formatter("{x:g}")
    ax.xaxis.set_minor_formatter("")
    ax.set_yticks(range(len(rows)), [name for name, _, _ in rows])
    ax.set_ylim(len(rows) - 0.4, -1.4)
    ax.set_xlabel("expected KL (nats)" if nats else "steps")
    ax.legend(frameon=False, fontsize="small", loc="upper right")
    return plain(ax, grid="x")
