"""Bounds side by side."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal, get_args

from .. import _check
from .._schedule import steps_text
from ..bounds import Certificate
from ._layout import column, finish, name_rows
from ._style import ACCENT, INK, logarithmic, on_axes, require

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Unit = Literal["nats", "steps"]

#: Room on a logarithmic axis for what has no place on it (zero, infinity), by the range of what
#: has.
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
        Upper bounds have markers that point to the left, lower bounds to the right; their values
        are at the right. Zero stands at the left end, infinity at the right. What does not apply is
        left out, and on small axes the last rows are, where there is no room for them.

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
    written = f"{exact:.4g} nats" if nats else steps_text(round(exact))
    if nats and any(bound.kind == "estimate" for bound in certificate):
        written += ", estimated"
    label = f"this schedule: {written}"
    ax.axvline(anchor, color=INK, linewidth=1.2, label=label, zorder=3)
    kinds: set[str] = set()
    rows = rows[: name_rows(ax, [name for name, _, _ in rows])]
    for row, (_, kind, value) in enumerate(rows):
        at = left if value <= 0 else right if value == math.inf else value
        ax.plot([anchor, at], [row, row], color="0.8", linewidth=1.5, zorder=2)
        upper = kind == "upper"
        ax.plot(
            [at],
            [row],
            marker="<" if upper else ">",
            color=ACCENT,
            markerfacecolor=ACCENT if upper else "white",
            linestyle="none",
            markersize=7,
            label=None if kind in kinds else f"{kind} bound",
            zorder=4,
        )
        kinds.add(kind)
    logarithmic(ax, "x")
    ax.set_xlim(left / margin**0.5, right * margin**0.5)
    ax.set_xlabel("expected KL (nats)" if nats else "steps")
    values = [f"{value:.3g}" if nats or value == math.inf else f"{value:.0f}" for *_, value in rows]
    return finish(ax, "x", beside=column(ax, values, unit))
