"""What ``unmask audit`` shows."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from rich.text import Text

from ._show import numbers_table, show_notes, show_source

if TYPE_CHECKING:
    from rich.console import Console

    from ..samplers import Leaderboard
    from ._source import Source
    from ._unit import Unit

#: So small a distance between laws is a matter of digits, and written as 0.
ROUNDING = 1e-12

DIVERGENCES = ("kl", "reverse_kl", "expected_kl")

MEANING = (
    "Each sampler asks the exact conditional marginals of the law of the file. KL: divergence of "
    "that law from what the sampler puts out, in {unit}; TV: total variation distance between the "
    "two. Expected KL: of a schedule, averaged over the orders that it mixes. Calls: expected "
    "number of questions, each about all masked tokens at once. Names joined by = share one "
    "schedule."
)
ESTIMATES = (
    "There are too many sequences to enumerate: these are estimates, from {size} samples of each "
    "sampler, which asks the exact conditional marginals of the law of the file. TV: total "
    "variation distance of that law from what the sampler puts out, as far as log probabilities "
    "show it, with a 95% interval. KL: exact, averaged over the orders of a schedule. Calls: mean "
    "number of questions, each about all masked tokens at once. Names joined by = share one "
    "schedule."
)
INFINITE = "A KL is infinite where a sampler never puts out what the file holds."


def as_json(board: Leaderboard, unit: Unit) -> dict[str, Any]:
    """Return the board in the unit; ``"inf"`` is an infinite divergence."""
    rows = board.as_dicts()
    for row in rows:
        for name in DIVERGENCES:
            if row[name] is not None:
                row[name] = unit.of(row[name]) if math.isfinite(row[name]) else "inf"
    omitted = [{"name": name, "reason": reason} for name, reason in board.omitted]
    return {
        "steps": board.steps,
        "samples": board.samples,
        "leaderboard": rows,
        "omitted": omitted,
    }


def _text(unit: Unit, divergence: float | None) -> str:
    return "" if divergence is None else unit.text(divergence, 4)


def show_audit(out: Console, source: Source, board: Leaderboard, unit: Unit) -> None:
    """Show the board."""
    show_source(out, source, unit)
    steps = f"{board.steps} call{'s' if board.steps > 1 else ''}"
    out.print()
    out.print(Text(f"What samplers put out that ask about {steps}", style="bold"))
    out.print()
    exact = board.samples is None
    kl = (f"KL ({unit})", "TV", "expected KL") if exact else ("TV", "interval", f"KL ({unit})")
    table = numbers_table("sampler", "calls", *kl)
    for entry in board:
        tv = f"{0.0 if entry.total_variation < ROUNDING else entry.total_variation:.4g}"
        if entry.audit is None:
            cells = (_text(unit, entry.kl), tv, _text(unit, entry.expected_kl))
        else:
            found = entry.audit.total_variation
            cells = (tv, f"{found.low:.3g} .. {found.high:.3g}", _text(unit, entry.known_kl))
        table.add_row(entry.name, f"{entry.expected_calls:.4g}", *cells)
    out.print(table)
    notes = [MEANING.format(unit=unit) if exact else ESTIMATES.format(size=board.samples)]
    if any(entry.kl is not None and math.isinf(entry.kl) for entry in board):
        notes.append(INFINITE)
    notes += [f"Not computed: {name} ({reason})" for name, reason in board.omitted]
    show_notes(out, [*notes, *source.notes])
