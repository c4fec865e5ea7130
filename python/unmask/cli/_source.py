"""From FILE to its curve, and to how far that can be trusted."""

from __future__ import annotations

import time
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import io
from .._information_curve import RELIABLE_COVERAGE, InformationCurve
from .._sampling import half_sample
from ..distributions import Distribution, Empirical
from ..schedules._arguments import checked_steps

if TYPE_CHECKING:
    from .._schedule import Schedule
    from ._computation import Computation
    from ._unit import Unit

#: Half of the data is looked at as well unless all of it took longer.
HALF_SAMPLE_SECONDS = 5.0

#: Whole numbers from here on need not be exact as floats.
EXACT_COUNTS = 2.0**53

#: A rise of the conditional entropies by less than this share of the first is rounding.
RISE = 1e-9


@dataclass(frozen=True)
class Source:
    """What is known about a file."""

    path: Path
    estimate: InformationCurve  #: as computed
    kind: str  #: "samples", "table" or "curve"
    alphabet_sizes: tuple[int, ...] | None = None
    samples: float | None = None
    atoms: int | None = None
    half: InformationCurve | None = None
    notes: tuple[str, ...] = ()
    law: Distribution | None = None  #: what was read, unless it was a curve

    @cached_property
    def curve(self) -> InformationCurve:
        """What schedules are priced by: of a sampled curve the nearest one that is monotone."""
        return self.estimate.monotone() if self.sampled else self.estimate

    @property
    def sampled(self) -> bool:
        """Whether the curve is an estimate by the oracle."""
        return self.estimate.standard_errors is not None

    @property
    def counted(self) -> bool:
        """Whether the curve comes from counts."""
        return self.curve.coverage is not None

    @property
    def estimated(self) -> bool:
        """Whether the curve comes from samples."""
        return self.curve.estimator is not None

    @property
    def reliable_until(self) -> int | None:
        """Subset size up to which the curve can be trusted; ``None`` if nobody can tell."""
        return None if self.estimated and not self.counted else self.curve.reliable_until

    def warnings(self, schedule: Schedule | None = None) -> list[str]:
        """What must not be overlooked about the curve, and a schedule read off it."""
        found = []
        trusted, n = self.curve.reliable_until, self.curve.n
        if trusted < n:
            good = "No part of the curve can be trusted."
            if trusted:
                tokens = "single tokens" if trusted == 1 else f"subsets of {trusted} tokens"
                good = f"The curve can be trusted up to {tokens}."
            found.append(
                f"the sample is too small for this many tokens. {good} At {trusted + 1} of {n} "
                f"tokens its coverage falls to {self.curve.coverage[trusted + 1]:.2g} "  # type: ignore[index]
                f"(below {RELIABLE_COVERAGE:g}): from there on entropies saturate at the logarithm "
                "of the sample size. What the curve, a schedule or an expected KL show beyond is "
                "an artefact of the sample size, not a property of the source."
                + ("" if schedule is None else _affected(schedule, trusted))
            )
        h = self.curve.h
        if (np.diff(h) > RISE * h.max()).any():
            found.append(
                "the estimated curve is not monotone, as the curve of every distribution is: "
                f"the {self.curve.estimator or 'given'} entropies contradict each other, and an "
                "expected KL may come out too small, even negative."
            )
        return found

    def as_json(self, unit: Unit) -> dict[str, Any]:
        """Return what every command tells about its input."""
        curve = self.curve
        half = self.half and {
            "entropy": unit.of(self.half.entropy),
            "total_correlation": unit.of(self.half.total_correlation),
            "dual_total_correlation": unit.of(self.half.dual_total_correlation),
        }
        return {
            "file": str(self.path),
            "unit": unit.value,
            "kind": self.kind,
            "n": curve.n,
            "alphabet_sizes": self.alphabet_sizes and list(self.alphabet_sizes),
            "samples": self.samples,
            "distinct_samples": self.atoms,
            "estimator": curve.estimator,
            "method": curve.method,
            "standard_errors": None
            if self.estimate.standard_errors is None
            else unit.listed(self.estimate.standard_errors),
            "entropy": unit.of(curve.entropy),
            "total_correlation": unit.of(curve.total_correlation),
            "dual_total_correlation": unit.of(curve.dual_total_correlation),
            "half_sample": half,
            "coverage": None if curve.coverage is None else curve.coverage.tolist(),
            "reliable_until": self.reliable_until,
            "notes": list(self.notes),
        }


def _affected(schedule: Schedule, trusted: int) -> str:
    """How much of a schedule rests on what cannot be trusted."""
    beyond = int((schedule.cumulative[:-1] >= trusted).sum())
    if not beyond:
        return " The steps of this schedule start before that, but its expected KL does not hold."
    steps = "step" if schedule.nfe == 1 else "steps"
    return f" That concerns {beyond} of the {schedule.nfe} {steps} of this schedule."


def load_source(
    path: Path,
    how: Computation,
    options: Mapping[str, Any],
    steps: Sequence[int] = (),
    *,
    needs_law: bool = False,
) -> Source:
    """Read a file, and compute its curve unless it holds one.

    ``options`` are the keyword arguments of `unmask.io.load`. Where a law is needed a curve will
    not do. Numbers of steps that there cannot be are found out before the curve is computed.
    """
    if _holds(path, "format.npy", "losses.npy"):
        raise ValueError(f"{path}: is a saved loss curve, which --losses of unmask plan reads")
    if _holds(path, "format.npy", "mean_entropies.npy"):
        if needs_law:
            raise ValueError(f"{path}: is a saved curve, expected samples or a joint table")
        defaults = {"kind": "auto", "gaps": "error", "estimator": "plugin"}
        for name, value in options.items():
            if value and value != defaults.get(name):
                option = {"kind": "as"}.get(name, name)
                raise ValueError(f"--{option}: does not apply to {path}, which is a saved curve")
        if not how.by_default:
            raise ValueError(f"--method: does not apply to {path}, which is a saved curve")
        curve = InformationCurve.load(path)
        for asked in steps:
            checked_steps(curve.n, asked)
        unknown = curve.estimator is not None and curve.coverage is None
        return Source(path, curve, "curve", notes=(_NOT_COUNTED,) if unknown else ())

    law = io.load(path, **options)
    for asked in steps:
        checked_steps(law.n, asked)
    started = time.monotonic()
    curve = how.curve(law, "information curve")
    seconds = time.monotonic() - started
    if not isinstance(law, Empirical):
        return Source(path, curve, "table", law.alphabet_sizes, law=law)

    half, notes = None, []
    if not law.counted:
        notes.append(_NOT_COUNTED)
    elif law.total_weight < 2:
        notes.append("A single sample says nothing about its source.")
    elif law.total_weight >= EXACT_COUNTS:
        notes.append("The counts are too large to be exact, so no half of them was drawn.")
    elif seconds > HALF_SAMPLE_SECONDS:
        notes.append(
            f"The curve took {seconds:.0f} s, so it was not computed again from half of the "
            "samples (unmask.half_sample_comparison does that)."
        )
    else:
        half = how.curve(half_sample(law), "half of the samples")
    return Source(
        path,
        curve,
        "samples",
        law.alphabet_sizes,
        int(law.total_weight) if law.counted else law.total_weight,
        len(law.atoms),
        half,
        tuple(notes),
        law,
    )


_NOT_COUNTED = (
    "The weights are not whole numbers, hence no counts: how well the sample covers its source, "
    "and how far the curve can be trusted, cannot be told."
)


def _holds(path: Path, *names: str) -> bool:
    """Whether the file is an archive with these arrays, as curves are when saved."""
    if not (path.is_file() and zipfile.is_zipfile(path)):
        return False
    try:
        with zipfile.ZipFile(path) as archive:
            return set(names) <= set(archive.namelist())
    except zipfile.BadZipFile:
        return False
