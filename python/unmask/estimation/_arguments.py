"""Arguments that several functions take."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .. import _check
from ..distributions import Distribution
from ._queries import Mask, Oracle
from ._tensor import Codes

if TYPE_CHECKING:
    from ..distributions._base import Seed


def oracle_of(oracle: Oracle | Distribution) -> Oracle:
    """What to call; a distribution is asked as a model is, and does not refuse to answer."""
    if isinstance(oracle, Distribution):
        law = oracle

        def ask(x: Codes, mask: Mask) -> Any:
            with np.errstate(divide="ignore"):
                return np.log(law.conditional_marginals(x, mask, on_impossible="uniform"))

        return ask
    if not callable(oracle):
        raise TypeError(
            f"oracle: is a {type(oracle).__name__}, expected a callable (x, mask) -> logits"
        )
    return oracle


def whole(value: object, name: str, least: int) -> int:
    """Return an integer of at least so much."""
    number = _check.integer(value, name)
    if number < least:
        raise ValueError(f"{name}: is {number}, expected at least {least}")
    return number


def checked_seed(seed: Seed) -> int:
    """Return a number, from which everything random follows."""
    if isinstance(seed, np.random.Generator):
        return int(seed.integers(2**63 - 1))
    if seed is None:
        return int(np.random.SeedSequence().generate_state(1, np.uint64)[0])
    return whole(seed, "seed", 0)
