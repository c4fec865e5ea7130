"""What ``unmask plan --losses`` shows to a person."""

from __future__ import annotations

import numpy as np
from rich.console import Console
from rich.table import Table
from rich.text import Text

from .._schedule import Schedule
from ._draw import sizes_text
from ._losses import LossPlan
from ._plan import DEFAULT_MAX_KL
from ._show import SIZES_ROOM, numbers_table, show_bars, show_notes
from ._unit import Unit

ABSOLUTE = (
    "Expected KL: KL divergence of the data from the sampler in {unit}, averaged over the random "
    "order of the tokens. It holds for this model, positions revealed in random order, and tokens "
    "drawn at temperature 1."
)
RELATIVE = (
    "Excess: expected KL divergence of the data from the sampler above that of revealing one token "
    "at a time, in {unit}, averaged over the random order of the tokens. What one token at a time "
    "costs takes the entropy of the data (--entropy). It holds for this model, positions revealed "
    "in random order, and tokens drawn at temperature 1."
)


def show_losses(out: Console, plan: LossPlan, unit: Unit) -> None:
    """Show the schedule recommended for a model and what it gains."""
    curve, best = plan.curve, plan.advice.schedule
    out.print(Text(str(plan.path), style="bold"), soft_wrap=True)
    facts = Table.grid(padding=(0, 2))
    facts.add_column(no_wrap=True)
    facts.add_column()
    facts.add_row("  tokens", str(curve.n))
    facts.add_row("  losses", f"known at {len(plan.counts)} of {curve.n} counts of revealed tokens")
    errors = curve.standard_errors
    aside = "" if errors is None else f"  (standard errors up to {unit.text(np.max(errors), 2)})"
    facts.add_row("  sum of losses", f"{unit.text(float(curve.h.sum()))} {unit}{aside}")
    known = "not given" if curve.entropy is None else f"{unit.text(curve.entropy)} {unit}"
    facts.add_row("  entropy H", known)
    out.print(facts)
    title = f"Loss of a masked token in {unit}, with 0 .. {curve.n - 1} revealed"
    show_bars(out, title, curve.h, unit)
    out.print()
    out.print(Text(_title(plan, unit), style="bold"))
    out.print(Text(f"  step sizes: {sizes_text(best, 3 * out.width // 2)}"))
    out.print()
    price = "expected KL" if plan.absolute else "excess"
    table = numbers_table("schedule", "steps", price, "gain", "gain at 95%", "sizes")
    table.add_row(
        "optimal", str(best.nfe), unit.text(plan.divergence(best), 4), "", "", _sizes(best)
    )
    for name, one in plan.advice.gains.items():
        interval = None if one.baseline == best else one.interval
        table.add_row(
            name,
            str(one.baseline.nfe),
            unit.text(plan.divergence(one.baseline), 4),
            unit.text(one.total, 4),
            "" if interval is None else " to ".join(unit.text(end, 3) for end in interval),
            _sizes(one.baseline),
        )
    out.print(table)
    if plan.frontier is not None:
        out.print()
        out.print(Text("The best schedules of other lengths", style="bold"))
        out.print()
        table = numbers_table("steps", price, "per token", "")
        for schedule in plan.frontier:
            cost = plan.divergence(schedule)
            chosen = "<- recommended" if schedule.nfe == best.nfe else ""
            table.add_row(
                str(schedule.nfe), unit.text(cost, 4), unit.text(cost / curve.n, 4), chosen
            )
        out.print(table)
    notes = [(ABSOLUTE if plan.absolute else RELATIVE).format(unit=unit)]
    if curve.smoothed is not None:
        notes.append(
            "Schedules are chosen and priced by the losses as they most likely are, smoothed; "
            "gains and their intervals are by the losses as they came."
        )
    if plan.advice.optimism is None:
        notes.append(
            "How sure the gains are cannot be told from one loss a count: it takes several lines "
            "a count, or a curve or an accumulator that unmask.estimation saved."
        )
    else:
        notes.append(
            f"As the same losses chose the schedule, its gains are too large by about "
            f"{unit.text(plan.advice.optimism, 2)} {unit}."
        )
    show_notes(out, notes)


def _title(plan: LossPlan, unit: Unit) -> str:
    nfe = plan.advice.schedule.nfe
    steps = f"{nfe} step{'s' if nfe > 1 else ''}"
    if plan.frontier is not None:
        goal = f"{unit.text(DEFAULT_MAX_KL, 4)} {unit}"
        return f"Fewest steps within {goal} of one token at a time (the default): {steps}"
    if plan.max_kl is not None:
        goal = f"{unit.text(plan.max_kl, 4)} {unit}"
        return f"Fewest steps for an expected KL of at most {goal}: {steps}"
    return f"Best schedule with {steps}"


def _sizes(schedule: Schedule) -> str:
    return sizes_text(schedule, SIZES_ROOM)
