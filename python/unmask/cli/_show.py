"""What the commands show to a person."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from .._curve import Floats
from ._draw import BLOCKS, bars, sizes_text
from ._plan import DEFAULT_MAX_KL, Plan, Priced
from ._source import Source
from ._unit import Unit

#: Wider lines are tiring to read.
WIDEST = 100

#: Rows of a table that are shown from either end.
ROWS_FROM_AN_END = 15

#: Characters for the sizes of one of several schedules.
SIZES_ROOM = 18

MEANING = (
    "Expected KL: KL divergence of the data from the sampler in {unit}, averaged over the random "
    "order of the tokens (a random ordered partition into these sizes). What is really sampled is "
    "the mixture over orders; its KL is at most this. TV: its total variation distance from the "
    "data, at most sqrt(KL / 2) by Pinsker's inequality (KL in nats)."
)
ENTROPIES = {
    "plugin": "Entropies are plug-in values: exact for the empirical law of the file, biased "
    "downwards for the source that it was drawn from.",
    "miller-madow": "Entropies are Miller-Madow estimates for the source of the sample.",
    "chao-shen": "Entropies are Chao-Shen estimates for the source of the sample.",
}


SAMPLED = (
    "The curve is sampled. Schedules are priced by the nearest curve that never increases, as no "
    "true curve does; as the same estimate chose the best one, its expected KL is a little too "
    "small."
)
PLUS_MINUS = (
    "+-: standard error of the expected KL of a schedule chosen before the curve was sampled."
)


@contextmanager
def page() -> Iterator[Console]:
    """Yield a console and print what it was given, without spaces at the ends of lines."""
    out = _console()
    with out.capture() as captured:
        yield out
    sys.stdout.write("".join(f"{line.rstrip()}\n" for line in captured.get().splitlines()))


def _console(*, stderr: bool = False) -> Console:
    """Return a console whose lines are not too wide; letters in brackets are no markup."""
    made = Console(stderr=stderr, markup=False, highlight=False, emoji=False)
    made.width = min(made.width, WIDEST)
    return made


def show_warnings(warnings: Sequence[str]) -> None:
    """Tell what must not be overlooked: in a frame on a terminal, in plain text elsewhere."""
    out = _console(stderr=True)
    for warning in warnings:
        if out.is_terminal:
            text = warning[0].upper() + warning[1:]
            out.print(Panel(Text(text), title="WARNING", border_style="bold red", style="bold"))
        else:
            print(f"WARNING: {warning}", file=sys.stderr)


def show_source(out: Console, source: Source, unit: Unit) -> None:
    """Show what is known about the file."""
    curve, half = source.curve, source.half
    out.print(Text(str(source.path), style="bold"), soft_wrap=True)
    facts = Table.grid(padding=(0, 2))
    facts.add_column(no_wrap=True)
    facts.add_column()
    facts.add_row("  tokens", str(curve.n) + _letters(source.alphabet_sizes))
    if source.samples is not None:
        amount = f"{source.samples:,}" if source.counted else f"weighing {source.samples:.6g}"
        facts.add_row("  samples", f"{amount} ({source.atoms:,} distinct)")
    for label, name in (
        ("entropy H", "entropy"),
        ("total correlation TC", "total_correlation"),
        ("dual total corr. DTC", "dual_total_correlation"),
    ):
        aside = "" if half is None else f"  (half of the samples: {unit.text(getattr(half, name))})"
        facts.add_row(f"  {label}", f"{unit.text(getattr(curve, name))} {unit}{aside}")
    if curve.coverage is not None:
        trusted = curve.reliable_until
        verdict = "all sizes" if trusted == curve.n else f"up to {trusted} of {curve.n} tokens"
        facts.add_row(
            "  coverage", f"{curve.coverage[-1]:.4f} at all {curve.n} tokens; reliable: {verdict}"
        )
    elif source.estimated:
        facts.add_row("  coverage", "unknown")
    errors = source.estimate.standard_errors
    if errors is not None:
        facts.add_row(
            "  curve", f"sampled; standard errors up to {unit.text(errors.max(), 2)} {unit}"
        )
    out.print(facts)


def show_curve(out: Console, source: Source, unit: Unit) -> None:
    """Draw the curve."""
    title = f"Information curve: Z_j in {unit} for j = 1 .. {source.curve.n}"
    show_bars(out, title, source.curve.z, unit)


def show_bars(out: Console, title: str, values: Floats, unit: Unit) -> None:
    """Draw values in nats as bars, where the terminal has the characters."""
    try:
        BLOCKS.encode(out.encoding)
    except UnicodeEncodeError:
        return
    out.print()
    out.print(Text(title))
    lines = bars(values.tolist())
    top = unit.text(float(values.max()), 4)
    for row, line in enumerate(lines):
        label = top if row == 0 else "0" if row == len(lines) - 1 else ""
        out.print(Text(f"  {label:>9} ") + Text(line.rstrip(), style="cyan"), no_wrap=True)


def show_plan(out: Console, source: Source, plan: Plan, unit: Unit) -> None:
    """Show the schedule recommended and what it is compared with."""
    show_source(out, source, unit)
    show_curve(out, source, unit)
    best, n = plan.best, source.curve.n
    out.print()
    out.print(Text(_title(plan, unit), style="bold"))
    out.print(Text(f"  step sizes: {sizes_text(best.schedule, 3 * out.width // 2)}"))
    if source.curve.reliable_until < n:
        text = f"  NOT RELIABLE beyond {source.curve.reliable_until} of {n} tokens: too few samples"
        out.print(Text(text, style="bold red"))
    out.print()
    costs = ("expected KL", *(("+-",) if source.sampled else ()), "per token", "TV <=")
    table = numbers_table("schedule", "steps", *costs, "sizes")
    for row in (best, *plan.others):
        sizes = sizes_text(row.schedule, SIZES_ROOM)
        table.add_row(row.name, str(row.schedule.nfe), *_costs(row, unit), sizes)
    out.print(table)
    if plan.frontier is not None:
        out.print()
        out.print(Text("The best schedules of other lengths", style="bold"))
        out.print()
        table = numbers_table("steps", *costs, "")
        for row in plan.frontier:
            chosen = "<- recommended" if row.schedule.nfe == best.schedule.nfe else ""
            table.add_row(str(row.schedule.nfe), *_costs(row, unit), chosen)
        out.print(table)
    notes = [MEANING.format(unit=unit), *_about_sampling(source)]
    if source.sampled:
        notes.append(PLUS_MINUS)
    if source.curve.estimator in ENTROPIES:
        notes.append(ENTROPIES[source.curve.estimator])
    if plan.others[-1].schedule.nfe < best.schedule.nfe:
        notes.append(
            f"Cosine has fewer steps than asked for: empty ones are dropped at {n} tokens."
        )
    show_notes(out, [*notes, *source.notes])


def show_table(out: Console, source: Source, unit: Unit) -> None:
    """Show the curve in numbers."""
    show_source(out, source, unit)
    show_curve(out, source, unit)
    curve, n = source.estimate, source.estimate.n
    out.print()
    errors = curve.standard_errors
    columns = ["j", f"h_j ({unit})", "Z_j", "mean entropy", "coverage"]
    if errors is not None:
        columns.insert(2, "+-")
    table = numbers_table(*columns)
    listed = range(n + 1)
    hidden = max(0, len(listed) - 2 * ROWS_FROM_AN_END)
    for j in listed:
        if hidden > 1 and ROWS_FROM_AN_END <= j < len(listed) - ROWS_FROM_AN_END:
            if j == ROWS_FROM_AN_END:
                table.add_row(*["..."] * len(columns))
            continue
        coverage = "" if curve.coverage is None else f"{curve.coverage[j]:.4f}"
        if j > curve.reliable_until:
            coverage += " low"
        cells = [
            str(j),
            unit.text(curve.h[j]) if j < n else "",
            unit.text(curve.z[j - 1]) if j else "",
            unit.text(curve.mean_entropies[j]),
            coverage,
        ]
        if errors is not None:
            cells.insert(2, unit.text(errors[j], 2) if j < n else "")
        table.add_row(*cells)
    out.print(table)
    notes = [
        "h_j: mean entropy of a random masked token when j others are revealed. Z_j: information "
        "that j - 1 revealed tokens carry about another, on average; TC is the sum of all Z_j. "
        "Mean entropy: of j tokens."
    ]
    if errors is not None:
        notes.append(
            "+-: standard error of h_j. The curve drawn above is the nearest monotone one."
        )
    if source.curve.estimator in ENTROPIES:
        notes.append(ENTROPIES[source.curve.estimator])
    if hidden > 1:
        notes.append(f"{hidden} rows are left out; --json has them all.")
    show_notes(out, [*notes, *source.notes])


def show_comparison(
    out: Console, source: Source, steps: list[int], rows: dict[str, list[Priced]], unit: Unit
) -> None:
    """Show the expected KL of several rules at several numbers of steps."""
    show_source(out, source, unit)
    out.print()
    out.print(Text(f"Expected KL in {unit} by number of steps", style="bold"))
    columns = []
    for asked, priced in zip(steps, zip(*rows.values(), strict=True), strict=True):
        asides = [f" [{one.schedule.nfe}]" if one.schedule.nfe < asked else "" for one in priced]
        cells = [unit.text(one.expected_kl, 4) for one in priced]
        columns.append([str(asked), *map("".join, zip(cells, asides, strict=True))])
    names = ["schedule", *rows]
    while columns:
        # As many columns as fit, but at least one.
        room, abreast = out.width - _width(names), 0
        while abreast < len(columns) and (not abreast or room >= _width(columns[abreast])):
            room -= _width(columns[abreast])
            abreast += 1
        shown, columns = columns[:abreast], columns[abreast:]
        out.print()
        table = numbers_table("schedule", *(column[0] for column in shown))
        for row in list(zip(names, *shown, strict=True))[1:]:
            table.add_row(*row)
        out.print(table)
    fewer = any(
        one.schedule.nfe < k for row in rows.values() for k, one in zip(steps, row, strict=True)
    )
    notes = [MEANING.format(unit=unit).partition(" TV:")[0], *_about_sampling(source)]
    if "minimax" in rows:
        notes.append("Minimax: the least worst case of all curves with this TC and DTC.")
    if fewer:
        notes.append("[k]: the rule has only k steps, as empty ones are dropped.")
    show_notes(out, [*notes, *source.notes])


def show_notes(out: Console, notes: Sequence[str]) -> None:
    """Show what the numbers mean."""
    out.print()
    for note in notes:
        out.print(Text(note, style="dim"))


def _title(plan: Plan, unit: Unit) -> str:
    best = plan.best.schedule
    steps = f"{best.nfe} step{'s' if best.nfe > 1 else ''}"
    if plan.by_default:
        also = "" if unit is Unit.NATS else f" = {DEFAULT_MAX_KL:g} nats"
        goal = f"{unit.text(DEFAULT_MAX_KL, 4)} {unit}{also}"
        return f"Fewest steps for an expected KL of at most {goal} (the default): {steps}"
    if plan.max_kl is not None:
        goal = f"{unit.text(plan.max_kl, 4)} {unit}"
        return f"Fewest steps for an expected KL of at most {goal}: {steps}"
    return f"Best schedule with {steps}"


def _about_sampling(source: Source) -> Iterator[str]:
    if source.sampled:
        yield SAMPLED


def _costs(row: Priced, unit: Unit) -> Iterator[str]:
    yield unit.text(row.expected_kl, 4)
    if row.standard_error is not None:
        yield unit.text(row.standard_error, 2)
    yield unit.text(row.per_token, 4)
    bound = row.total_variation_bound
    yield "-" if bound is None else f"{bound:.4g}"


def _width(column: Sequence[str]) -> int:
    """Characters that a column of a table takes, with the space beside it."""
    return max(map(len, column)) + 2


def _letters(sizes: tuple[int, ...] | None) -> str:
    """Alphabet sizes in few words."""
    if sizes is None:
        return ""
    if len(set(sizes)) == 1:
        return f", {sizes[0]} letters each"
    shown = ", ".join(map(str, sizes[:16]))
    return f", with {shown}{', ...' if len(sizes) > 16 else ''} letters"


def numbers_table(*headings: str) -> Table:
    """A table whose first column is text if it has words, and whose numbers are flush right."""
    table = Table(
        box=SIMPLE_HEAD, show_edge=False, pad_edge=False, collapse_padding=True, header_style=""
    )
    for heading in headings:
        left = heading in ("schedule", "sampler", "sizes", "")
        no_wrap = heading not in ("sampler", "sizes")
        table.add_column(heading, justify="left" if left else "right", no_wrap=no_wrap)
    return table
