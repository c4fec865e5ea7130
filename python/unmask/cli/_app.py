"""The commands."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from . import _options as given
from ._computation import Computation
from ._guard import guarded
from ._options import Estimator, Gaps, Kind, Method
from ._output import check_output, save_figure
from ._unit import Unit

if TYPE_CHECKING:
    from .._curve import Curve
    from ._source import Source

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        from .. import __version__

        print(f"unmask {__version__}")
        raise typer.Exit


@app.callback(epilog="Example: unmask plan examples/splice_sites.tsv")
def _unmask(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    """How many tokens can a masked diffusion model reveal at once, when, and at what cost?

    Exact information curves and optimal unmasking schedules, from samples or a joint table.
    """  # noqa: D400


@app.command(epilog="Example: unmask plan examples/splice_sites.tsv --max-kl 0.05")
def plan(
    file: given.File,
    steps: Annotated[
        int | None,
        typer.Option(
            min=1, metavar="K", show_default=False, help="The best schedule with K steps."
        ),
    ] = None,
    max_kl: Annotated[
        float | None,
        typer.Option(
            min=0,
            metavar="E",
            show_default=False,
            help="The fewest steps with an expected KL of at most E, in nats, or in bits with "
            "--unit bits.",
        ),
    ] = None,
    losses: given.LossesOption = False,
    tokens: given.TokensOption = None,
    entropy: given.EntropyOption = None,
    weights: given.WeightsOption = None,
    kind: given.KindOption = Kind.AUTO,
    gaps: given.GapsOption = Gaps.ERROR,
    estimator: given.EstimatorOption = Estimator.PLUGIN,
    normalize: given.NormalizeOption = False,
    method: given.MethodOption = Method.AUTO,
    samples: given.SamplesOption = None,
    seed: given.SeedOption = None,
    threads: given.ThreadsOption = None,
    unit: given.UnitOption = Unit.NATS,
    as_json: given.JsonOption = False,
    plot: given.PlotOption = None,
    save: given.SaveOption = None,
) -> None:
    """Find the best unmasking schedule for a file, and what it costs.

    Without --steps and --max-kl, the fewest steps for an expected KL of 0.1 nats.
    """
    if steps is not None and max_kl is not None:
        raise typer.BadParameter("expected one of the two", param_hint="--steps, --max-kl")
    how = _computation(method, samples, seed, threads)
    for option, value in (("--tokens", tokens), ("--entropy", entropy)):
        if value is not None and not losses:
            raise typer.BadParameter("expected only with --losses", param_hint=option)
    if losses:
        reading = (weights, kind, gaps, estimator, normalize, method)
        if reading != (None, Kind.AUTO, Gaps.ERROR, Estimator.PLUGIN, False, Method.AUTO):
            raise typer.BadParameter(
                "does not go with --weights, --as, --gaps, --estimator, --normalize and --method",
                param_hint="--losses",
            )
        _plan_losses(file, tokens, entropy, steps, max_kl, unit, as_json, plot, save)
        return
    with guarded():
        from ._plan import make_plan

        asked = () if steps is None else (steps,)
        source = _load(file, weights, kind, gaps, estimator, normalize, how, plot, save, asked)
        tolerance = None if max_kl is None else unit.nats(max_kl)
        found = make_plan(source.curve, steps, tolerance)
        _save(source.estimate, save)
        warnings = source.warnings(found.best.schedule)
        if plot is not None:
            from .. import plot as draw

            save_figure(draw.compare(source.curve, found.best.schedule), plot)
        if as_json:
            _print_json(
                source.as_json(unit)
                | {
                    "goal": {
                        "steps": found.steps,
                        "max_kl": None if found.max_kl is None else unit.of(found.max_kl),
                        "default": found.by_default,
                    },
                    "schedule": found.best.as_json(unit),
                    "comparison": [row.as_json(unit) for row in found.others],
                    "frontier": None
                    if found.frontier is None
                    else [row.as_json(unit) for row in found.frontier],
                    "warnings": warnings,
                }
            )
            return
        from . import _show as show

        with show.page() as out:
            show.show_plan(out, source, found, unit)
        show.show_warnings(warnings)


@app.command(epilog="Example: unmask curve examples/words5.tsv --unit bits")
def curve(
    file: given.File,
    weights: given.WeightsOption = None,
    kind: given.KindOption = Kind.AUTO,
    gaps: given.GapsOption = Gaps.ERROR,
    estimator: given.EstimatorOption = Estimator.PLUGIN,
    normalize: given.NormalizeOption = False,
    method: given.MethodOption = Method.AUTO,
    samples: given.SamplesOption = None,
    seed: given.SeedOption = None,
    threads: given.ThreadsOption = None,
    unit: given.UnitOption = Unit.NATS,
    as_json: given.JsonOption = False,
    plot: given.PlotOption = None,
    save: given.SaveOption = None,
) -> None:
    """Compute the information curve of a file."""
    how = _computation(method, samples, seed, threads)
    with guarded():
        source = _load(file, weights, kind, gaps, estimator, normalize, how, plot, save)
        _save(source.estimate, save)
        warnings = source.warnings()
        if plot is not None:
            from .. import plot as draw

            save_figure(draw.curve(source.estimate, _axes()).figure, plot)
        if as_json:
            _print_json(
                source.as_json(unit)
                | {
                    "h": unit.listed(source.estimate.h),
                    "z": unit.listed(source.estimate.z),
                    "mean_entropies": unit.listed(source.estimate.mean_entropies),
                    "warnings": warnings,
                }
            )
            return
        from . import _show as show

        with show.page() as out:
            show.show_table(out, source, unit)
        show.show_warnings(warnings)


@app.command(epilog="Example: unmask compare examples/splice_sites.tsv --steps 2,3,4")
def compare(
    file: given.File,
    steps: Annotated[
        list[str] | None,
        typer.Option(
            metavar="K1,K2,...",
            show_default=False,
            help="Numbers of steps; may be repeated. 1, 2, 4, ... by default.",
        ),
    ] = None,
    weights: given.WeightsOption = None,
    kind: given.KindOption = Kind.AUTO,
    gaps: given.GapsOption = Gaps.ERROR,
    estimator: given.EstimatorOption = Estimator.PLUGIN,
    normalize: given.NormalizeOption = False,
    method: given.MethodOption = Method.AUTO,
    samples: given.SamplesOption = None,
    seed: given.SeedOption = None,
    threads: given.ThreadsOption = None,
    unit: given.UnitOption = Unit.NATS,
    as_json: given.JsonOption = False,
    plot: given.PlotOption = None,
    save: given.SaveOption = None,
) -> None:
    """Compare the best schedules with those of other rules.

    --plot shows the best schedule with the first number of steps given, or with the fewest steps
    for an expected KL of 0.1 nats.
    """
    lengths = _numbers(steps or [])
    how = _computation(method, samples, seed, threads)
    with guarded():
        from ._ladder import ladder
        from ._plan import compared, make_plan

        source = _load(file, weights, kind, gaps, estimator, normalize, how, plot, save, lengths)
        lengths = lengths or ladder(source.curve.n)
        columns = [compared(source.curve, k) for k in lengths]
        _save(source.estimate, save)
        rows = {row[0].name: list(row) for row in zip(*columns, strict=True)}
        warnings = source.warnings()
        if plot is not None:
            from .. import plot as draw

            shown = make_plan(source.curve, lengths[0] if steps else None, None).best.schedule
            save_figure(draw.compare(source.curve, shown), plot)
        if as_json:
            listed = [[one.as_json(unit) for one in row] for row in rows.values()]
            comparison = [
                {"name": name, "schedules": row} for name, row in zip(rows, listed, strict=True)
            ]
            _print_json(
                source.as_json(unit)
                | {"steps": lengths, "comparison": comparison, "warnings": warnings}
            )
            return
        from . import _show as show

        with show.page() as out:
            show.show_comparison(out, source, lengths, rows, unit)
        show.show_warnings(warnings)


@app.command(epilog="Example: unmask audit examples/splice_sites.tsv --steps 3")
def audit(
    file: given.LawFile,
    steps: Annotated[
        int,
        typer.Option(
            min=1, metavar="K", show_default=False, help="Calls that each sampler may make, about."
        ),
    ],
    weights: given.WeightsOption = None,
    kind: given.KindOption = Kind.AUTO,
    gaps: given.GapsOption = Gaps.ERROR,
    normalize: given.NormalizeOption = False,
    threads: given.ThreadsOption = None,
    unit: given.UnitOption = Unit.NATS,
    as_json: given.JsonOption = False,
    plot: given.PlotOption = None,
) -> None:
    """Judge every sampler by what it really puts out, exactly.

    Schedules, policies that choose by confidence, and speculative decoding, all asking the law of
    the file, the best first. Where there are more than 2^20 sequences these are estimates, from
    samples.
    """
    with guarded():
        from .._progress import progress_bar
        from ..samplers import leaderboard

        plain, how = Estimator.PLUGIN, Computation(threads=threads)
        source = _load(
            file, weights, kind, gaps, plain, normalize, how, plot, None, (steps,), needs_law=True
        )
        assert source.law is not None
        with progress_bar("samplers") as progress:
            board = leaderboard(source.law, steps, threads=threads, progress=progress)
        warnings = source.warnings()
        if plot is not None:
            from .. import plot as draw

            save_figure(draw.leaderboard(board).figure, plot)
        from . import _audit

        if as_json:
            _print_json(source.as_json(unit) | _audit.as_json(board, unit) | {"warnings": warnings})
            return
        from . import _show as show

        with show.page() as out:
            _audit.show_audit(out, source, board, unit)
        show.show_warnings(warnings)


def _load(
    file: Path,
    weights: Path | None,
    kind: Kind,
    gaps: Gaps,
    estimator: Estimator,
    normalize: bool,
    how: Computation,
    plot: Path | None,
    save: Path | None,
    steps: Sequence[int] = (),
    *,
    needs_law: bool = False,
) -> Source:
    """Read the file; mistakes in what is asked and in names of outputs come to light first."""
    from ._source import load_source

    for output, image in ((plot, True), (save, False)):
        if output is not None:
            check_output(output, file, image=image)
    options: dict[str, Any] = {
        "kind": kind.value,
        "weights": weights,
        "gaps": gaps.value,
        "estimator": estimator.value,
        "normalize": normalize,
    }
    return load_source(file, how, options, steps, needs_law=needs_law)


def _save(curve: Curve, save: Path | None) -> None:
    """Write the curve, where that was asked for, once there is an answer."""
    if save is not None:
        curve.save(save)


def _computation(
    method: Method, samples: int | None, seed: int | None, threads: int | None
) -> Computation:
    """How to compute the curve; options that would do nothing are mistakes."""
    for option, value in (("--samples", samples), ("--seed", seed)):
        if value is not None and method is not Method.SAMPLED:
            raise typer.BadParameter("expected only with --method sampled", param_hint=option)
    return Computation(method.value, samples, seed or 0, threads)


def _plan_losses(
    file: Path,
    tokens: int | None,
    entropy: float | None,
    steps: int | None,
    max_kl: float | None,
    unit: Unit,
    as_json: bool,
    plot: Path | None,
    save: Path | None,
) -> None:
    """Plan for a trained model."""
    with guarded():
        from ._losses import plan_losses

        for output, image in ((plot, True), (save, False)):
            if output is not None:
                check_output(output, file, image=image)
        tolerance = None if max_kl is None else unit.nats(max_kl)
        found = plan_losses(file, tokens, entropy, unit, steps, tolerance)
        _save(found.curve, save)
        if plot is not None:
            from .. import plot as draw

            save_figure(draw.compare(found.curve, found.advice.schedule), plot)
        if as_json:
            _print_json(found.as_json(unit))
            return
        from . import _show as show
        from ._show_losses import show_losses

        with show.page() as out:
            show_losses(out, found, unit)
        show.show_warnings(found.warnings())


def _axes() -> Any:
    from matplotlib.figure import Figure

    return Figure(layout="constrained").subplots()


def _numbers(lists: Iterable[str]) -> list[int]:
    """Numbers of steps, each once, in the order given."""
    numbers = []
    for part in ",".join(lists).split(",") if lists else ():
        try:
            number = int(part)
        except ValueError:
            number = 0
        if number < 1:
            raise typer.BadParameter(
                f"expected numbers of steps such as 4,8,16, found {part!r}", param_hint="--steps"
            )
        numbers.append(number)
    return list(dict.fromkeys(numbers))


def _print_json(content: dict[str, Any]) -> None:
    """Print for programs; who looks on is warned all the same."""
    from ._show import show_warnings

    show_warnings(content["warnings"])
    print(json.dumps(content, indent=2, allow_nan=False))
