"""All samplers that people run, side by side: exactly what they put out, and for how many calls."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from .. import _core, _html, schedules
from .._bernoulli import BernoulliSchedule
from .._compute import information_curve
from .._information_curve import InformationCurve
from .._schedule import Schedule
from ..distributions import Dense, Distribution
from ..distributions._checks import checked_size
from ._law import OutputLaw
from ._mixture import mixture_law
from ._planned import planned_partition
from ._policies import (
    EntropyBound,
    EntropySum,
    Factor,
    FixedOrder,
    Policy,
    SampledTopK,
    Threshold,
    TopK,
)
from ._policy_law import policy_law
from ._speculative import Speculative, speculative_law

Sampler = Schedule | BernoulliSchedule | Policy | Speculative
Kind = Literal["schedule", "policy", "planned order", "speculative"]

#: Values of a parameter that are looked at, before and after the search closes in.
COARSE, FINE = 9, 16

#: The same for policies whose law takes more than so many operations: a second. Beyond so many,
#: half a minute, they are not tuned.
FEW_COARSE, FEW_FINE = 3, 5
MANY_OPERATIONS, MAX_TUNED_OPERATIONS = 2e9, 6e10

#: Sequences up to which everything is enumerated.
MAX_SEQUENCES = 1 << 20

#: So small a divergence is a matter of digits, and written as 0.
ROUNDING = 1e-12

#: Ways to go on up to which the law of random counts is computed: half a minute.
MAX_LEVEL_BRANCHES = 1e10

#: Tolerances at which a schedule that takes one is asked for its length.
TOLERANCES = 60


@dataclass(frozen=True)
class Entry:
    """One sampler of a `Leaderboard`.

    Attributes
    ----------
    name : str
        What it is called; several names where rules agree on a schedule.
    kind : {"schedule", "policy", "planned order", "speculative"}
        How it chooses: at random, by what it has seen, in the best fixed order, or by drafts that
        are verified.
    sampler : Schedule, BernoulliSchedule, Policy or Speculative
        What `unmask.samplers.simulate` takes.
    expected_calls : float
        Oracle calls, on average.
    kl : float
        ``KL(data || output)`` in nats, maybe infinite.
    reverse_kl : float
        ``KL(output || data)`` in nats, maybe infinite.
    total_variation : float
        In 0..1.
    expected_kl : float or None
        For a schedule the KL averaged over orders, which is at least `kl`.
    """

    name: str
    kind: Kind
    sampler: Sampler
    expected_calls: float
    kl: float
    reverse_kl: float
    total_variation: float
    expected_kl: float | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return all of it in plain types."""
        sampler = self.sampler
        return {
            "name": self.name,
            "kind": self.kind,
            "sampler": sampler.sizes.tolist() if isinstance(sampler, Schedule) else repr(sampler),
            "expected_calls": self.expected_calls,
            "kl": self.kl,
            "reverse_kl": self.reverse_kl,
            "total_variation": self.total_variation,
            "expected_kl": self.expected_kl,
        }


@dataclass(frozen=True, eq=False, repr=False)
class Leaderboard:
    """Samplers by what they put out, the best first; made by `leaderboard`.

    Attributes
    ----------
    n : int
        Number of tokens.
    steps : int
        Calls that were asked for.
    entries : tuple of Entry
        By KL, then total variation, then calls.
    omitted : tuple of (str, str)
        Samplers whose law was not computed, and why.
    """

    n: int
    steps: int
    entries: tuple[Entry, ...]
    omitted: tuple[tuple[str, str], ...] = ()

    def __len__(self) -> int:
        return len(self.entries)

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.entries)

    def __getitem__(self, name: str) -> Entry:
        """Entry of that name, or with it among its names."""
        for entry in self.entries:
            if name == entry.name or name in entry.name.split(" = "):
                return entry
        raise KeyError(name)

    def as_dicts(self) -> list[dict[str, Any]]:
        """Return one dictionary an entry, in plain types."""
        return [entry.as_dict() for entry in self.entries]

    def __repr__(self) -> str:
        rows = self._cells()
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)] if rows else []
        lines = [
            f"  {name:{widths[0]}}"
            + "".join(f"  {cell:>{width}}" for cell, width in zip(cells, widths[1:], strict=True))
            for name, *cells in rows
        ]
        return "\n".join([f"{self._title()}: calls, KL (nats), TV", *lines]) + ">"

    def _repr_html_(self) -> str:
        headings = ("sampler", "calls", "KL (nats)", "TV")
        return _html.fragment(self._title(), _html.table(self._cells(), headings))

    def _title(self) -> str:
        return f"<Leaderboard n={self.n}, {self.steps} step{'s' if self.steps > 1 else ''}"

    def _cells(self) -> list[list[str]]:
        """Name, calls, KL and total variation of each entry."""

        def text(x: float) -> str:
            return f"{0.0 if x < ROUNDING else x:.4g}"

        return [
            [e.name, f"{e.expected_calls:.4g}", text(e.kl), text(e.total_variation)]
            for e in self.entries
        ]


def leaderboard(
    distribution: Distribution,
    steps: int,
    *,
    threads: int | None = None,
    progress: Callable[[float], object] | None = None,
) -> Leaderboard:
    """Judge schedules, policies, planned orders and speculative decoding by their output laws.

    Parameters
    ----------
    distribution : Distribution
        The oracle that all of them ask, and what their output is compared with.
    steps : int
        Calls, in ``1..n``. Schedules have so many steps (fewer where a rule drops empty ones,
        nearly so many where a tolerance decides); top-k policies reveal as many tokens a call as
        the uniform schedule; other policies get the parameter whose expected number of calls is
        nearest. That number jumps with the parameter, and is reported.
    threads : int, optional
        As in `unmask.information_curve`.
    progress : callable, optional
        Called now and then with the fraction of the work done.

    Returns
    -------
    Leaderboard

    Raises
    ------
    TypeError, ValueError
        If an argument does not fit, or the work predicted is out of reach; `simulate` has no limit.
    MemoryError
        If the table does not fit in memory.

    Notes
    -----
    Temperatures are 1 but where an entry says otherwise: at temperature 0 the KL is infinite unless
    the distribution is a single sequence.

    Examples
    --------
    >>> from unmask.distributions import MarkovChain
    >>> chain = MarkovChain([0.5, 0.5], [[0.9, 0.1], [0.1, 0.9]], 6)
    >>> board = leaderboard(chain, 3)
    >>> entry = board["uniform, larger first"]
    >>> entry.sampler, round(entry.kl, 4), round(entry.expected_kl, 4)
    (Schedule([2, 2, 2]), 0.1413, 0.3199)
    >>> board["speculative"].kl < 1e-12, board["confidence, temperature 0"].kl
    (True, inf)
    """
    if not isinstance(distribution, Distribution):
        kind = type(distribution).__name__
        raise TypeError(f"distribution: is a {kind}, expected a Distribution")
    n, steps = distribution.n, checked_size(steps, "steps")
    if steps > n:
        raise ValueError(f"steps: is {steps}, expected 1..{n}")
    require_enumerable(distribution)
    dense = distribution.to_dense()
    curve = information_curve(dense, threads=threads)
    jobs: list[tuple[str, Kind, Callable[[], Sampler]]] = []
    for name, schedule in _distinct(_schedules(curve, steps)):
        jobs.append((name, "schedule", lambda schedule=schedule: schedule))  # type: ignore[misc]
    for name, levels in _levels(curve):
        jobs.append((name, "schedule", lambda levels=levels: _useful(levels, steps)))  # type: ignore[misc]
    jobs += [(name, "policy", make) for name, make in _policies(dense, steps, threads)]
    jobs.append(("planned order", "planned order", lambda: _planned(dense, steps, threads)))
    jobs.append(("speculative", "speculative", Speculative))

    entries, omitted = [], []
    for done, (name, kind, make) in enumerate(jobs):
        if progress is not None:
            progress(done / len(jobs))
        try:
            sampler = make()
            law = _law(dense, sampler, threads)
        except _core.WorkError as error:
            omitted.append((name, str(error)))
            continue
        assert law.expected_calls is not None
        parameter = _parameter(sampler)
        entries.append(
            Entry(
                f"{name} {parameter}" if parameter else name,
                kind,
                sampler,
                law.expected_calls,
                law.kl,
                law.reverse_kl,
                law.total_variation,
                curve.expected_kl(sampler)
                if isinstance(sampler, Schedule | BernoulliSchedule)
                else None,
            )
        )
    if progress is not None:
        progress(1.0)
    entries.sort(key=lambda entry: (entry.kl, entry.total_variation, entry.expected_calls))
    return Leaderboard(n, steps, tuple(entries), tuple(omitted))


def require_enumerable(distribution: Distribution) -> None:
    """Refuse what has too many sequences for all samplers to be judged."""
    sequences = math.prod(map(float, distribution.alphabet_sizes))
    if sequences > MAX_SEQUENCES:
        raise _core.WorkError(
            f"distribution: has {sequences:.3g} sequences, expected at most {MAX_SEQUENCES} to "
            "judge all samplers exactly; unmask.samplers.simulate draws from them at any size"
        )


def _law(dense: Dense, sampler: Sampler, threads: int | None) -> OutputLaw:
    if isinstance(sampler, BernoulliSchedule):
        branches = sampler.nfe * math.prod(1.0 + 2.0 * q for q in dense.alphabet_sizes)
        if branches > MAX_LEVEL_BRANCHES:
            raise _core.WorkError(
                f"levels: {sampler.nfe} of them take about {branches:.1e} branches, above "
                f"{MAX_LEVEL_BRANCHES:.0e}; unmask.samplers.mixture_law has a higher limit"
            )
    if isinstance(sampler, Schedule | BernoulliSchedule):
        return mixture_law(dense, sampler, threads=threads)
    if isinstance(sampler, Speculative):
        return speculative_law(dense, sampler.order)
    return policy_law(dense, sampler, threads=threads)


def _schedules(curve: InformationCurve, steps: int) -> Iterator[tuple[str, Schedule]]:
    """Rules in common use, those for who knows little, and the best."""
    n, tc, dtc = curve.n, curve.total_correlation, curve.dual_total_correlation
    yield "optimal", schedules.optimal(curve, steps=steps)
    yield "uniform, larger first", schedules.uniform(n, steps)
    yield "uniform, larger last", schedules.uniform(n, steps, larger="last")
    yield "cosine", schedules.cosine(n, steps)
    yield "arccos", schedules.arccos(n, steps)
    yield "log-linear", schedules.loglinear(n, steps)
    yield "power 2", schedules.power(n, steps, 2.0)
    yield "geometric 0.5", schedules.geometric(n, steps, 0.5)
    yield "beta 2, 2", schedules.beta(n, steps, 2.0, 2.0)
    yield "square root", schedules.square_root(curve, steps)
    yield "integer steps", schedules.integer_steps(curve, steps)
    if steps >= min(n, 3):
        # Its first and last tokens come alone.
        yield "harmonic", schedules.harmonic(n, steps=steps)
    if min(tc, dtc) > 0.0:
        yield "TC", _nearest(lambda e: schedules.total_correlation(n, tc, e), tc, steps)
        yield "DTC", _nearest(lambda e: schedules.dual_total_correlation(n, dtc, e), dtc, steps)
        yield "Austin", _nearest(lambda e: schedules.austin(n, dtc, e), dtc, steps)
        known = {"total_correlation": tc, "dual_total_correlation": dtc}
        yield "minimax", schedules.minimax(n, steps=steps, **known)


def _levels(
    curve: InformationCurve,
) -> Iterator[tuple[str, Callable[[int], BernoulliSchedule]]]:
    """Random counts: the ancestral samplers."""
    yield "random counts, log-linear", lambda k: schedules.mdlm(curve.n, k)
    yield "random counts, cosine", lambda k: schedules.mdlm(curve.n, k, "cosine")
    yield "random counts, optimal", lambda k: schedules.optimal_levels(curve, k)


def _useful(make: Callable[[int], BernoulliSchedule], steps: int) -> BernoulliSchedule:
    """Levels of which about so many reveal something."""
    made = [make(k) for k in range(steps, 2 * steps + 1)]
    return min(made, key=lambda levels: abs(levels.expected_calls() - steps))


def _nearest(make: Callable[[float], Schedule], most: float, steps: int) -> Schedule:
    """The schedule of nearly so many steps, by its tolerance."""
    made = [make(float(e)) for e in np.geomspace(most, 1e-5 * most, TOLERANCES)]
    return min(made, key=lambda schedule: abs(schedule.nfe - steps))


def _distinct(named: Iterator[tuple[str, Schedule]]) -> list[tuple[str, Schedule]]:
    """Each schedule once, under all its names."""
    names: dict[Schedule, str] = {}
    for name, made in named:
        # Without what some rules prove about theirs.
        schedule = Schedule(made.sizes)
        names[schedule] = f"{names[schedule]} = {name}" if schedule in names else name
    return [(name, schedule) for schedule, name in names.items()]


def _policies(
    dense: Dense, steps: int, threads: int | None
) -> Iterator[tuple[str, Callable[[], Policy]]]:
    """Policies that take about so many calls."""
    sizes = schedules.uniform(dense.n, steps)
    yield "confidence", lambda: TopK(sizes)
    yield "margin", lambda: TopK(sizes, "margin")
    yield "entropy", lambda: TopK(sizes, "entropy")
    yield "confidence, temperature 0", lambda: TopK(sizes, temperature=0.0)
    yield "sampled confidence", lambda: SampledTopK(sizes)
    # No entropy is larger than that of all tokens drawn uniformly.
    most = float(sum(math.log(q) for q in dense.alphabet_sizes)) + 1.0
    yield "threshold", lambda: tuned(Threshold, 1.0, 0.0, dense, steps, threads)
    yield "factor", lambda: tuned(Factor, 0.0, dense.n + 1.0, dense, steps, threads)
    yield "gamma", lambda: tuned(EntropyBound, 0.0, most, dense, steps, threads)
    yield "entropy sum", lambda: tuned(EntropySum, 0.0, most, dense, steps, threads)


def _planned(dense: Dense, steps: int, threads: int | None) -> Policy:
    """The ordered partition of least KL."""
    return FixedOrder(planned_partition(dense, steps=steps, threads=threads).partition)


def tuned(
    make: Callable[[float], Policy],
    slow: float,
    fast: float,
    dense: Dense,
    steps: int,
    threads: int | None = None,
) -> Policy:
    """The policy whose expected number of calls is nearest, by its parameter.

    Most calls are expected at `slow`, fewest at `fast`. The number jumps, and need not fall all the
    way: a coarse look at the whole range comes first, then the interval that holds the goal is
    halved. Parameters have four digits, so that what is shown is what was used.
    """
    rule = make(slow)._rule(dense.n)
    assert rule is not None
    operations = _core.policy_require(dense.alphabet_sizes, rule)
    if operations > MAX_TUNED_OPERATIONS:
        raise _core.WorkError(
            f"policy: {make(slow)!r} takes about {operations:.1e} operations, above "
            f"{MAX_TUNED_OPERATIONS:.0e} for each parameter tried"
        )
    known: dict[float, float] = {}

    def calls(parameter: float) -> float:
        if parameter not in known:
            found = policy_law(dense, make(parameter), threads=threads).expected_calls
            assert found is not None
            known[parameter] = found
        return known[parameter]

    many = operations > MANY_OPERATIONS
    coarse, fine = (FEW_COARSE, FEW_FINE) if many else (COARSE, FINE)
    grid = [float(f"{p:.4g}") for p in np.linspace(slow, fast, coarse)]
    within = [calls(parameter) <= steps for parameter in grid]
    below = max(1, within.index(True) if any(within) else coarse - 1)
    a, b = grid[below - 1], grid[below]
    for _ in range(fine):
        middle = float(f"{(a + b) / 2:.4g}")
        if middle in (a, b) or calls(middle) == steps:
            break
        a, b = (middle, b) if calls(middle) > steps else (a, middle)
    # The slower of two that are equally near, and the rounder.
    best = min(known, key=lambda p: (abs(round(known[p] - steps, 9)), -known[p], len(f"{p:.4g}")))
    return make(best)


def _parameter(sampler: object) -> str:
    """The parameter of a tuned policy, as it is shown."""
    for kind, name in (
        (Threshold, "threshold"),
        (Factor, "factor"),
        (EntropyBound, "gamma"),
        (EntropySum, "budget"),
    ):
        if isinstance(sampler, kind):
            return f"{getattr(sampler, name):.4g}"
    return ""
