"""Measure the loss curve of Sapiens, choose schedules from it, and try them out.

All in one go, and the same whenever it is run::

    python fetch.py                # 39 MB from PyPI
    python measure.py              # about ten minutes of one core
    python report.py               # the tables and the picture, of what was measured

Set ``OMP_NUM_THREADS=1``: the arrays are small, and more threads cost more than they bring. What is
measured is kept beside the wheels.

Of the real sequences of 121 residues a quarter chooses the schedules, another prices them, and half
is for a tree model that knows nothing of the network, and for going through the schedules call by
call.
"""

from __future__ import annotations

import json
import time
from pathlib import Path

import numpy as np
from fetch import CACHE
from network import Sapiens
from reactions import diagnosed
from sampling import TreeModel, chain_losses, forced_losses, generate
from sequences import heavy_chains

from unmask import CrossEntropyCurve, Schedule
from unmask.estimation import (
    CurveAccumulator,
    calibration,
    estimate_curve,
    order_inconsistency,
    recommend,
)
from unmask.schedules import cosine, uniform

LENGTH = 121
CALLS = (4, 8, 16, 32)
SAMPLES = 96
FORCED = 192
CHAIN_PASSES = 8
#: Counts of revealed residues at which the curves are measured, closer at both ends.
COUNTS = np.unique(np.rint((LENGTH - 1) * (1 - np.cos(np.linspace(0, np.pi, 77))) / 2).astype(int))
#: Passes of each curve, the seed of which, and the counts (of the quick one, as they come).
CURVES = {
    "choosing": (12_000, 1, COUNTS),
    "pricing": (12_000, 2, COUNTS),
    "quick": (300, 3, None),
}
MEASURED = CACHE / "antibody"


def split() -> dict[str, np.ndarray]:
    """Sequences that choose, that price, and that the tree is made of."""
    x = heavy_chains(LENGTH)
    x = x[np.random.default_rng(0).permutation(len(x))]
    quarter = len(x) // 4
    choosing, pricing, tree = np.split(x, [quarter, 2 * quarter])
    return {"choosing": choosing, "quick": choosing, "pricing": pricing, "tree": tree}


def curve_path(name: str) -> Path:
    """Where a measured curve is kept."""
    return MEASURED / f"{name}.npz"


def measured_curve(name: str) -> CrossEntropyCurve:
    """One of `CURVES`, if it was measured."""
    return CurveAccumulator.load(curve_path(name)).curve()


def measure_curves() -> None:
    """Estimate the curve on two sets of sequences, and once more as quickly as one would."""
    model, sequences = Sapiens("heavy"), split()
    for name, (passes, seed, counts) in CURVES.items():
        gathered, asked = CurveAccumulator(LENGTH), {"passes": passes, "counts": counts}
        estimate_curve(model, sequences[name], **asked, batch_size=32, seed=seed, resume=gathered)
        gathered.save(curve_path(name))


def schedules(calls: int) -> dict[str, Schedule]:
    """What is compared at so many calls; the best one of the curve that chooses first."""
    if calls == LENGTH:
        return {"one at a time": Schedule([1] * LENGTH)}
    return {
        "optimal": recommend(measured_curve("choosing"), steps=calls).schedule,
        "uniform": uniform(LENGTH, calls),
        "cosine": cosine(LENGTH, calls),
    }


def measure_forced(calls: int) -> None:
    """Go through each schedule call by call, on real sequences that had no part in the curves."""
    model, x = Sapiens("heavy"), split()["tree"][:FORCED]
    losses = {
        name: forced_losses(model, schedule, x, seed=calls)
        for name, schedule in schedules(calls).items()
    }
    np.savez(MEASURED / f"forced-{calls}.npz", **losses)


def measure_samples(calls: int) -> None:
    """Draw sequences by each schedule and score them; real ones beside those one at a time."""
    model, sequences = Sapiens("heavy"), split()
    tree = TreeModel(sequences["tree"])
    drawn = {
        name: generate(model, schedule, SAMPLES, np.random.default_rng([calls, place]))
        for place, (name, schedule) in enumerate(schedules(calls).items())
    }
    if calls == LENGTH:
        drawn["real"] = sequences["pricing"][:SAMPLES]
    scores = {}
    for name, x in drawn.items():
        scores[f"{name}/sequences"] = x.astype(np.int8)
        scores[f"{name}/chain"] = chain_losses(model, x, CHAIN_PASSES, seed=9)
        scores[f"{name}/tree"] = tree.losses(x)
    np.savez(MEASURED / f"samples-{calls}.npz", **scores)


def diagnose() -> None:
    """What 300 passes and some pairs of residues say about the model, and about a second one."""
    pairs = order_inconsistency(Sapiens("heavy"), split()["choosing"], pairs=64, seed=4)
    said = {
        "diagnostics": [repr(calibration(CurveAccumulator.load(curve_path("quick")))), repr(pairs)],
        "reactions": diagnosed(),
    }
    (MEASURED / "diagnostics.json").write_text(json.dumps(said))


def main() -> None:
    """Measure everything, in the place of what was measured before."""
    MEASURED.mkdir(parents=True, exist_ok=True)
    for old in MEASURED.iterdir():
        old.unlink()
    parts = [("curves", measure_curves, ()), ("diagnostics", diagnose, ())]
    parts += [(f"forced, {calls} calls", measure_forced, (calls,)) for calls in CALLS]
    parts += [(f"samples, {calls} calls", measure_samples, (calls,)) for calls in (*CALLS, LENGTH)]
    for name, measure, arguments in parts:
        begun = time.perf_counter()
        measure(*arguments)
        print(f"{name}: {time.perf_counter() - begun:.0f} s", flush=True)


if __name__ == "__main__":
    main()
