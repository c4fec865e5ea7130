"""The curve."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._cross_entropy_curve import CrossEntropyCurve
from .._curve import Curve, Floats
from .._information_curve import InformationCurve
from ._layout import finish
from ._style import INK, on_axes, shown_edges, whole_numbers

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Standard errors to either side of an estimate.
BAND = 2.0


def curve(curve: InformationCurve | CrossEntropyCurve, ax: Axes | None = None) -> Axes:
    """Draw the information curve ``Z_j``, or the losses of a model, token by token.

    The area under an information curve is the total correlation, the area between it and its
    largest value is the dual total correlation. A band of two standard errors is drawn around an
    estimate that has them, and hatching where a sample is too small to be trusted (see
    `InformationCurve.reliable_until`).

    Parameters
    ----------
    curve : InformationCurve or CrossEntropyCurve
        What to draw; ``Z_j`` stands on the interval from ``j - 1`` to ``j``.
    ax : matplotlib.axes.Axes, optional
        Where; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> import unmask
    >>> law = unmask.InformationCurve.from_conditional_entropies([0.7, 0.2, 0.1])
    >>> unmask.plot.curve(law, Figure().subplots()).get_ylabel()
    'information $Z_j$ (nats)'
    """
    values = heights(curve)
    ax = on_axes(ax)
    edges = shown_edges(values)
    shown = values[edges[:-1]]
    label = "$Z_j$" if isinstance(curve, InformationCurve) else "loss"
    ax.stairs(shown, edges, baseline=None, color=INK, linewidth=1.8, label=label)
    low, high = min(0.0, float(values.min())), float(values.max())
    errors = getattr(curve, "standard_errors", None)
    if errors is not None:
        band = BAND * errors
        ax.stairs(
            shown + band[edges[:-1]],
            edges,
            baseline=shown - band[edges[:-1]],
            fill=True,
            color="0.3",
            alpha=0.5,
            linewidth=0,
            zorder=0.95,
            label=f"{BAND:g} standard errors",
        )
        low = min(low, float((values - band).min()))
        high = max(high, float((values + band).max()))
    ax.set_xlim(0, curve.n)
    ax.set_ylim(low, high + 0.08 * (high - low) if high > low else 1.0)
    ax.set_xlabel("tokens unmasked")
    ax.set_ylabel("loss of a masked token (nats)")
    if isinstance(curve, InformationCurve):
        ax.set_xlabel("tokens unmasked, $j$")
        ax.set_ylabel("information $Z_j$ (nats)")
        ax.axhline(values[-1], color="0.6", linewidth=1, linestyle=(0, (1, 2)), zorder=0)
        if curve.reliable_until < curve.n:
            ax.axvspan(
                curve.reliable_until,
                curve.n,
                facecolor="none",
                edgecolor="0.75",
                hatch="//",
                linewidth=0,
                zorder=0,
                label="sample too small",
            )
    whole_numbers(ax, "x")
    return finish(ax, legend_from=2)


def price(curve: Curve, *, absolute: bool = False) -> str:
    """What a schedule costs, by name; `absolute` where the entropy is taken off if it is known."""
    known = absolute and getattr(curve, "entropy", None) is not None
    known = known or isinstance(curve, InformationCurve)
    name = "expected KL" if known else "cost above single steps"
    # The curve of a sample itself is exact.
    of_sample = getattr(curve, "estimator", None) in (None, "plugin")
    exact = of_sample and getattr(curve, "standard_errors", None) is None
    return name if exact else f"estimated {name}"


def heights(curve: Curve) -> Floats:
    """What is drawn: information where there is some, losses where there are none but these."""
    if isinstance(curve, InformationCurve):
        return curve.z
    if isinstance(curve, CrossEntropyCurve):
        return curve.h
    raise TypeError(
        f"curve: is a {type(curve).__name__}, expected an InformationCurve or a CrossEntropyCurve"
    )
