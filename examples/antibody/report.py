"""Tables and picture of what `measure` has measured.

Writes ``results.json`` and ``sapiens.png`` beside this file, and the tables into the README, each
after the comment that names it, and into the page of the documentation.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from measure import CALLS, LENGTH, MEASURED, measured_curve, schedules

from unmask.estimation import gain, recommend
from unmask.schedules import uniform

HERE = Path(__file__).parent
PAGE = HERE.parents[1] / "docs" / "antibody.rst"
#: Colour, marker and dashes.
RULES = {
    "optimal": ("#1f5f99", "o", "-"),
    "cosine": ("0.45", "^", ":"),
    "uniform": ("0.25", "s", "--"),
}
GAINS = ("uniform", "uniform, larger last", "cosine", "optimal of 300 passes")


def plans() -> dict[str, Any]:
    """Schedules with their price, and what the best one gains over each, with 95% intervals."""
    priced, quick = measured_curve("pricing"), measured_curve("quick")
    made: dict[str, Any] = {}
    for calls in CALLS:
        compared = schedules(calls)
        best = compared["optimal"]
        compared["uniform, larger last"] = uniform(LENGTH, calls, larger="last")
        compared["optimal of 300 passes"] = recommend(quick, steps=calls).schedule
        made[str(calls)] = {
            name: {"sizes": list(schedule), "cost": priced.cost(schedule) / LENGTH}
            for name, schedule in compared.items()
        }
        for name in GAINS:
            found = gain(priced, best, compared[name])
            made[str(calls)][name]["gain"] = [found.total, *found.interval]
    return made


def forced() -> dict[str, Any]:
    """What was gained on real sequences, call by call, with standard errors; in nats in all."""
    made: dict[str, Any] = {}
    for calls in CALLS:
        with np.load(MEASURED / f"forced-{calls}.npz") as losses:
            made[str(calls)] = {
                name: _mean(LENGTH * (losses[name] - losses["optimal"]))
                for name in ("uniform", "cosine")
            }
    return made


def samples() -> dict[str, Any]:
    """Mean scores of the sequences of each schedule, with standard errors."""
    made: dict[str, Any] = {}
    for calls in (*CALLS, LENGTH):
        with np.load(MEASURED / f"samples-{calls}.npz") as scores:
            names = sorted({key.split("/")[0] for key in scores})
            made[str(calls)] = {
                name: {kind: _mean(scores[f"{name}/{kind}"]) for kind in ("chain", "tree")}
                for name in names
            }
    return made


def _mean(values: np.ndarray) -> list[float]:
    return [float(values.mean()), float(values.std(ddof=1) / np.sqrt(len(values)))]


def rows(found: dict[str, Any]) -> dict[str, list[list[str]]]:
    """Return the tables, each a heading and rows of cells."""
    made = {"schedules": [["calls", "best schedule"]], "gains": [["calls", *GAINS]]}
    made["forced"] = [["calls", "over uniform", "over cosine"]]
    for calls, compared in found["plans"].items():
        sizes = ", ".join(map(str, compared["optimal"]["sizes"]))
        made["schedules"].append([calls, sizes])
        cells = ("{:.1f} ({:.1f} to {:.1f})".format(*compared[name]["gain"]) for name in GAINS)
        made["gains"].append([calls, *cells])
        cells = ("{:.2f} ± {:.2f}".format(*gained) for gained in found["forced"][calls].values())
        made["forced"].append([calls, *cells])
    for kind in ("chain", "tree"):
        made[kind] = [["sequences", *RULES]]
        for calls in map(str, CALLS):
            scores = found["samples"][calls]
            cells = ("{:.3f} ± {:.3f}".format(*scores[name][kind]) for name in RULES)
            made[kind].append([f"{calls} calls", *cells])
        for name, scores in found["samples"][str(LENGTH)].items():
            made[kind].append([name, "{:.3f} ± {:.3f}".format(*scores[kind]), "", ""])
    return made


def csv_rows(found: dict[str, Any]) -> list[str]:
    """Return the rows of the table in the documentation: predicted and found, side by side."""
    lines = []
    for calls, compared in found["plans"].items():
        cells = [calls]
        for name in ("uniform", "cosine"):
            cells.append("{:.1f} ({:.1f} to {:.1f})".format(*compared[name]["gain"]))
            cells.append("{:.2f} ± {:.2f}".format(*found["forced"][calls][name]))
        lines.append(", ".join(cells))
    return lines


def markdown(table: list[list[str]]) -> str:
    """Return a table in Markdown."""
    heading, *body = (f"| {' | '.join(cells)} |" for cells in table)
    return "\n".join([heading, "|---" * len(table[0]) + "|", *body])


def with_tables(text: str, found: dict[str, Any]) -> str:
    """Put tables, and what diagnostics say, in the place of those after ``<!-- name -->``."""
    blocks = {name: markdown(table) for name, table in rows(found).items()}
    for name, lines in found["said"].items():
        blocks[name] = "\n".join(["```text", *lines, "```"])
    for name, block in blocks.items():
        mark = f"<!-- {name} -->"
        before, after = text.split(f"{mark}\n")
        rest = after.lstrip("\n").split("\n\n", 1)
        kept = rest[1] if rest[0].startswith(("|", "```")) else after.lstrip("\n")
        text = f"{before}{mark}\n\n{block}\n\n{kept}"
    return text


def with_rows(page: str, found: dict[str, Any]) -> str:
    """Put the rows of the table in the place of those of the page of the documentation."""
    before, after = page.split('predicted", found\n\n')
    kept = after.split("\n\n", 1)[1]
    lines = "\n".join(f"   {row}" for row in csv_rows(found))
    return f'{before}predicted", found\n\n{lines}\n\n{kept}'


def picture(found: dict[str, Any]) -> Figure:
    """Draw the curve, the gains and the scores."""
    figure = Figure(figsize=(13, 4.2), layout="constrained")
    left, middle, right = figure.subplots(1, 3)
    revealed = np.arange(LENGTH)
    for name, colour, dash in (("choosing", "#1f5f99", "-"), ("pricing", "0.45", "--")):
        losses = np.array(found["curves"][name]["losses"])
        errors = 1.96 * np.array(found["curves"][name]["errors"])
        left.fill_between(
            revealed, losses - errors, losses + errors, color=colour, alpha=0.25, lw=0
        )
        left.plot(revealed, losses, color=colour, ls=dash, lw=1.3, label=f"sequences for {name}")
    cuts = np.cumsum([0, *found["plans"]["8"]["optimal"]["sizes"][:-1]])
    left.vlines(cuts, 0, 0.15, color="0.1", label="where the best 8 calls begin")
    left.set(xlabel="residues revealed", ylabel="loss of a masked residue, nats", ylim=(0, None))
    left.set_title("Loss by number of revealed residues")
    places = np.arange(len(CALLS))
    for shift, name in ((-0.12, "uniform"), (0.12, "cosine")):
        colour, marker, _ = RULES[name]
        predicted = np.array([found["plans"][str(calls)][name]["gain"] for calls in CALLS])
        seen = np.array([found["forced"][str(calls)][name] for calls in CALLS])
        middle.errorbar(
            places + shift - 0.05,
            predicted[:, 0],
            np.abs(predicted[:, 1:].T - predicted[:, 0]),
            color=colour,
            marker=marker,
            ls="",
            capsize=3,
            label=f"over {name}, predicted",
        )
        middle.errorbar(
            places + shift + 0.05,
            seen[:, 0],
            1.96 * seen[:, 1],
            color=colour,
            marker=marker,
            mfc="white",
            ls="",
            capsize=3,
            label=f"over {name}, on new real sequences",
        )
    middle.axhline(0, color="0.1", lw=0.8)
    middle.set_xticks(places, [str(calls) for calls in CALLS])
    middle.set(xlabel="calls of the network", ylabel="gain of the best schedule, nats")
    middle.set_title("What the best schedule gains")
    for shift, (name, (colour, marker, dash)) in zip((-0.08, 0, 0.08), RULES.items(), strict=True):
        means, errors = zip(
            *(found["samples"][str(calls)][name]["tree"] for calls in CALLS), strict=True
        )
        look = {"color": colour, "marker": marker, "ls": dash, "label": name}
        right.errorbar(places + shift, means, 1.96 * np.array(errors), capsize=3, **look)
    one = found["samples"][str(LENGTH)]["one at a time"]["tree"]
    right.axhline(one[0], color="0.1", lw=0.8, label="one at a time (121 calls)")
    right.axhspan(one[0] - 1.96 * one[1], one[0] + 1.96 * one[1], color="0.1", alpha=0.12, lw=0)
    right.set_xticks(places, [str(calls) for calls in CALLS])
    right.set(xlabel="calls of the network", ylabel="loss per residue, nats")
    right.set_title("Generated, scored by another model")
    for ax in (left, middle, right):
        ax.legend(frameon=False, fontsize=8)
    return figure


def main() -> None:
    """Write and print everything."""
    curves = {name: measured_curve(name) for name in ("choosing", "pricing", "quick")}
    found = {
        "curves": {
            name: {
                "losses": curve.losses.round(4).tolist(),
                "errors": curve.standard_errors.round(4).tolist(),
                "smoothed": curve.smoothed.losses.round(4).tolist(),
            }
            for name, curve in curves.items()
        },
        "one at a time": float(curves["pricing"].losses.mean()),
        "said": json.loads((MEASURED / "diagnostics.json").read_text()),
        "plans": plans(),
        "forced": forced(),
        "samples": samples(),
    }
    (HERE / "results.json").write_text(json.dumps(found) + "\n")
    picture(found).savefig(HERE / "sapiens.png", dpi=110)
    readme = HERE / "README.md"
    readme.write_text(with_tables(readme.read_text(), found))
    PAGE.write_text(with_rows(PAGE.read_text(), found))


if __name__ == "__main__":
    main()
