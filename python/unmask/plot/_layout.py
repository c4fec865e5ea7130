"""Room for every text, on axes of any size.

Texts are measured, in points, before anything is drawn. Legends stand below their axes, where there
is no data. On small axes texts are smaller; what still has no room is cut short or left out, and
says so. Axes of figures without a layout of their own get matplotlib's constrained layout, which
makes margins as wide as what stands in them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from ._style import matplotlib

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Texts have their full size where at least so many points are free in both directions, and are
#: scaled down to this fraction where there are less.
FULL, LEAST = 225.0, 0.65

#: What axes take of the figure unless margins are set, where the rest is for the texts around them;
#: and what they may take together, where margins are as wide as what stands in them.
USUAL_SHARE, OWN_SHARE = 0.775, 0.95

#: On screens letters move to whole pixels, which makes small texts so much wider at most.
HINTED = 1.08

#: Legends and ticks are so much smaller than labels. Lines of text, and lines of legends, are so
#: high by the size of the text.
SMALL, LINE, LEGEND_LINE = 0.9, 1.25, 1.5

#: Points between axes and a column beside them.
APART = 6.0

#: Parts of a legend, by the size of its text.
HANDLE, GAP, BETWEEN = 2.2, 0.6, 1.5

#: Names of rows take at most so much of the width.
NAMES = 0.45


def room(ax: Axes) -> tuple[float, float]:
    """Width and height of the axes and the texts around them, in points; about."""
    figure, spec = ax.figure, ax.get_subplotspec()
    box = ax.get_position() if spec is None else spec.get_position(figure)  # type: ignore[arg-type]
    points = 72 / figure.dpi * OWN_SHARE / USUAL_SHARE
    return box.width * figure.bbox.width * points, box.height * figure.bbox.height * points


def text_size(ax: Axes) -> float:
    """Size of labels, in points."""
    full = matplotlib("font_manager").FontProperties(size="medium").get_size_in_points()
    return float(full) * min(1.0, max(LEAST, min(room(ax)) / FULL))


def text_width(text: str, size: float) -> float:
    """Width of a text in points."""
    font = matplotlib("font_manager").FontProperties(size=size)
    width: float = matplotlib("textpath").text_to_path.get_text_width_height_descent(
        text, font, ismath="$" in text
    )[0]
    return HINTED * width


def shortened(text: str, width: float, size: float) -> str:
    """The beginning of a text that is too wide."""
    whole = text_width(text, size)
    if whole <= width or "$" in text:  # formulas are short, and do not bear cutting
        return text
    length = int(len(text) * width / whole)
    while length > 1 and text_width(f"{text[:length]}...", size) > width:
        length -= 1
    return f"{text[:length].rstrip()}..."


def name_rows(ax: Axes, names: Sequence[str]) -> int:
    """Name rows from the top down, as many as there is room for, and return how many."""
    size = text_size(ax)
    width, height = room(ax)
    most = max(2, int((height / (LINE * size) - 6) / SMALL))
    shown = len(names) if len(names) <= most else most - 1
    texts = [shortened(name, NAMES * width, size) for name in names[:shown]]
    texts += [f"and {len(names) - shown} more"] if shown < len(names) else []
    ax.set_yticks(range(len(texts)), texts)
    ax.set_ylim(max(1, len(texts)) - 0.4, -0.6)
    ax.tick_params(axis="y", length=0)
    return shown


def column(ax: Axes, texts: Sequence[str], heading: str) -> float:
    """Write a text to the right of each row and a heading above them, and return their width."""
    size = SMALL * text_size(ax)
    for row, text in ((None, heading), *enumerate(texts)):
        ax.annotate(
            text,
            (1, 1 if row is None else row),
            xycoords="axes fraction" if row is None else ax.get_yaxis_transform(),
            xytext=(APART, 2 if row is None else 0),
            textcoords="offset points",
            horizontalalignment="left",
            verticalalignment="bottom" if row is None else "center",
            fontsize=size,
        )
    return APART + max(text_width(text, size) for text in (heading, *texts))


def lay_out(figure: Figure) -> None:
    """Have margins made as wide as what stands in them, unless another layout is set."""
    if figure.get_layout_engine() is None:
        figure.set_layout_engine("constrained")


def finish(
    ax: Axes, grid: Literal["x", "y"] = "y", *, legend_from: int = 1, beside: float = 0.0
) -> Axes:
    """Take away what carries no information, and make room for what does.

    A legend is drawn if it has at least `legend_from` entries; to its right, so many points are
    left to what stands `beside` the axes. Doing so twice changes nothing.
    """
    ax.spines[["top", "right"]].set_visible(False)
    ax.grid(axis=grid, color="0.9", linewidth=0.8)
    ax.set_axisbelow(True)
    if isinstance(figure := ax.figure, matplotlib("figure").Figure):
        lay_out(figure)
    size = text_size(ax)
    ax.xaxis.label.set_fontsize(size)
    ax.yaxis.label.set_fontsize(size)
    ax.tick_params(which="both", labelsize=SMALL * size)
    ax.xaxis.get_offset_text().set_fontsize(SMALL * size)
    ax.yaxis.get_offset_text().set_fontsize(SMALL * size)
    handles, labels = ax.get_legend_handles_labels()
    width, height = room(ax)
    lines = 0
    if len(handles) >= legend_from:
        lines = _legend(ax, handles, labels, size, width - beside)
    # What is left of the height for the label beside the axes.
    height -= size * (3 * LINE + SMALL * LEGEND_LINE * lines)
    ax.set_ylabel(_wrapped(ax.get_ylabel(), height, size))
    return ax


def _wrapped(text: str, width: float, size: float) -> str:
    """The words of a text, in as many lines as it takes."""
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        fits = not lines or text_width(longer, size) <= width
        lines[-1:] = [longer] if fits else [*lines[-1:], word]
    return "\n".join(lines)


def _legend(
    ax: Axes, handles: Sequence[Artist], labels: list[str], size: float, width: float
) -> int:
    """Put a legend below the axes, with as many columns as fit, and return its lines."""
    small = SMALL * size
    around = (HANDLE + GAP) * small
    labels = [shortened(label, width - around, small) for label in labels]
    widths = [text_width(label, small) + around for label in labels]
    columns = len(labels)
    while columns > 1 and _table_width(widths, columns, BETWEEN * small) > width:
        columns -= 1
    transforms = matplotlib("transforms")
    # Below the ticks, their labels, and the label of the axis.
    below = 2 * LINE * size + 9
    down = transforms.ScaledTranslation(0, -below / 72, ax.figure.dpi_scale_trans)
    ax.legend(
        handles,
        labels,
        loc="upper right",
        bbox_to_anchor=(1, 0),
        bbox_transform=ax.transAxes + down,
        ncols=columns,
        fontsize=small,
        frameon=False,
        borderpad=0,
        borderaxespad=0,
        handlelength=HANDLE,
        handletextpad=GAP,
        columnspacing=BETWEEN,
        labelspacing=LEGEND_LINE - LINE,
    )
    return -(-len(labels) // columns)


def _table_width(widths: list[float], columns: int, between: float) -> float:
    """Width of a legend of so many columns, which matplotlib fills one after the other."""
    size, longer = divmod(len(widths), columns)
    total, start = between * (columns - 1), 0
    for column in range(columns):
        end = start + size + (column < longer)
        total += max(widths[start:end])
        start = end
    return total
