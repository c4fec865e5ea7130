"""Samplers side by side, as a table."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from .. import _html
from .._bernoulli import BernoulliSchedule
from .._schedule import Schedule
from ._audit import Audit
from ._policies import Policy
from ._speculative import Speculative

Sampler = Schedule | BernoulliSchedule | Policy | Speculative
Kind = Literal["schedule", "policy", "planned order", "speculative"]

#: So small a divergence is a matter of digits, and written as 0.
ROUNDING = 1e-12


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
        Oracle calls, on average; the mean of the samples where the law was simulated.
    kl : float or None
        ``KL(data || output)`` in nats, maybe infinite; known without the law for fixed orders and
        speculative decoding alone.
    reverse_kl : float or None
        ``KL(output || data)`` in nats, maybe infinite; where the law was simulated, infinite if
        samples are impossible and otherwise not known.
    total_variation : float
        In 0..1.
    expected_kl : float or None
        For a schedule the KL averaged over orders, exactly; it is at least `kl`.
    audit : Audit or None
        Where the law was simulated, what the samples say; `total_variation` is its estimate.
    """

    name: str
    kind: Kind
    sampler: Sampler
    expected_calls: float
    kl: float | None
    reverse_kl: float | None
    total_variation: float
    expected_kl: float | None = None
    audit: Audit | None = None

    @property
    def known_kl(self) -> float | None:
        """The KL, or where that is not known the one averaged over orders; in nats."""
        return self.expected_kl if self.kl is None else self.kl

    def as_dict(self) -> dict[str, Any]:
        """Return all of it in plain types."""
        sampler, tv = self.sampler, self.audit and self.audit.total_variation
        return {
            "name": self.name,
            "kind": self.kind,
            "sampler": sampler.sizes.tolist() if isinstance(sampler, Schedule) else repr(sampler),
            "expected_calls": self.expected_calls,
            "kl": self.kl,
            "reverse_kl": self.reverse_kl,
            "total_variation": self.total_variation,
            "expected_kl": self.expected_kl,
            "total_variation_interval": [tv.low, tv.high] if tv else None,
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
        By KL, where laws are exact, then total variation, then calls.
    omitted : tuple of (str, str)
        Samplers whose law was not computed, and why.
    samples : int or None
        Samples that each law was estimated from; ``None`` where laws are exact.
    """

    n: int
    steps: int
    entries: tuple[Entry, ...]
    omitted: tuple[tuple[str, str], ...] = ()
    samples: int | None = None

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
        return "\n".join([f"{self._title()}: {', '.join(self._headings())}", *lines]) + ">"

    def _repr_html_(self) -> str:
        table = _html.table(self._cells(), ("sampler", *self._headings()))
        return _html.fragment(self._title(), table)

    def _title(self) -> str:
        estimated = "" if self.samples is None else f", estimates from {self.samples:,} samples"
        return f"<Leaderboard n={self.n}, {self.steps} step{'s' * (self.steps > 1)}{estimated}"

    def _headings(self) -> tuple[str, ...]:
        if self.samples is None:
            return "calls", "KL (nats)", "TV"
        return "calls", "expected KL (nats)", "TV", "interval"

    def _cells(self) -> list[list[str]]:
        """Name, and what the headings say, of each entry."""

        def text(x: float | None) -> str:
            return "" if x is None else f"{0.0 if x < ROUNDING else x:.4g}"

        rows = []
        for e in self.entries:
            row = [e.name, f"{e.expected_calls:.4g}", text(e.known_kl), text(e.total_variation)]
            if e.audit is not None:
                tv = e.audit.total_variation
                row.append(f"{tv.low:.3g} .. {tv.high:.3g}")
            rows.append(row)
        return rows
