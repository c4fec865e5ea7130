"""Upper bounds on functionals of a curve: what is known where the curve is not."""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType

from . import _check

#: The functionals, in the order of the core.
FUNCTIONALS = ("total_correlation", "dual_total_correlation", "max_information", "harmonic_mass")

#: One number for each of them.
PerFunctional = tuple[float, float, float, float]


def checked_knowns(**known: float | None) -> Mapping[str, float]:
    """Those that are given, zero or more nats each, at least one of them."""
    checked = {
        name: _check.amount(known[name], name) for name in FUNCTIONALS if known[name] is not None
    }
    if not checked:
        raise ValueError(f"{', '.join(FUNCTIONALS)}: none is given, expected at least one")
    return MappingProxyType(checked)


def per_functional(known: Mapping[str, float]) -> PerFunctional:
    """As the core takes them, infinite where nothing is known."""
    tc, dtc, most, mass = (known.get(name, math.inf) for name in FUNCTIONALS)
    return tc, dtc, most, mass
