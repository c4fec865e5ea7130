"""The unmasking schedule of random counts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from . import _check
from ._schedule import LISTED_STEPS, Schedule

__all__ = ["BernoulliSchedule", "fixed_sizes"]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class BernoulliSchedule:
    r"""How likely each token is to be revealed by each step, for itself.

    The ancestral samplers of MDLM (Sahoo et al., arXiv 2406.07524) and SEDD (Lou, Meng and Ermon,
    arXiv 2310.16834) reveal a random number of tokens at each step, and often none. With levels
    :math:`0 = a_0 < a_1 < \dots < a_k = 1` the expected KL is

    .. math:: \sum_t n (a_t - a_{t-1})\, B(a_{t-1}) - H(X), \qquad
        B(a) = \sum_m \binom{n-1}{m} a^m (1 - a)^{n-1-m} h_m

    which `InformationCurve.expected_kl` returns, exactly as for a `Schedule`.

    Parameters
    ----------
    levels : array_like of float, shape (k + 1,)
        Probability that a token is revealed before each step and at the end: rising from 0 to 1.
    n : int, optional
        Number of tokens, where the schedule is for one number.

    Raises
    ------
    TypeError
        If `levels` are not real numbers.
    ValueError
        If there is no step, or levels do not rise from 0 to 1.

    See Also
    --------
    unmask.schedules.mdlm : Levels in common use.
    unmask.schedules.optimal_levels : The best ones for a curve.

    Examples
    --------
    >>> from unmask import InformationCurve
    >>> curve = InformationCurve.from_conditional_entropies([0.7, 0.0, 0.0, 0.0])
    >>> schedule = BernoulliSchedule([0, 0.25, 1], n=4)
    >>> curve.expected_kl(schedule)
    0.8859375
    >>> schedule.expected_calls()
    1.6796875
    """

    levels: npt.NDArray[np.float64]
    n: int | None

    def __init__(self, levels: npt.ArrayLike, n: int | None = None) -> None:
        given = _check.array(levels, "levels")
        if given.dtype.kind not in "fiub":
            raise TypeError(f"levels: has dtype {given.dtype}, expected real numbers")
        checked = given.astype(np.float64)
        if checked.ndim != 1 or checked.size < 2:
            raise ValueError(f"levels: has shape {checked.shape}, expected one step or more")
        for index, end in ((0, 0.0), (-1, 1.0)):
            if checked[index] != end:
                raise ValueError(f"levels: entry {index} is {checked[index]}, expected {end:.0f}")
        rising = np.diff(checked) > 0
        if not rising.all():
            at = int(np.argmin(rising))
            raise ValueError(
                f"levels: go from {checked[at]} to {checked[at + 1]} at step {at}, expected to rise"
            )
        checked.flags.writeable = False
        object.__setattr__(self, "levels", checked)
        object.__setattr__(self, "n", None if n is None else _check.count(n, "n", "token"))

    @classmethod
    def from_schedule(cls, schedule: Schedule) -> Self:
        """Reveal at each step as many tokens, on average, as a schedule of fixed sizes does.

        Examples
        --------
        >>> BernoulliSchedule.from_schedule(Schedule([1, 3]))
        BernoulliSchedule([0.0, 0.25, 1.0], n=4)
        """
        checked = fixed_sizes(schedule, "schedule")
        return cls(checked.cumulative / checked.n, checked.n)

    def to_schedule(self, n: int | None = None) -> Schedule:
        """Make the schedule of fixed sizes with the same mean counts, rounded.

        Cumulative counts are ``round(n a_t)``; no token is lost, and empty steps are dropped.

        Parameters
        ----------
        n : int, optional
            Number of tokens; by default that of the schedule.

        Examples
        --------
        >>> BernoulliSchedule([0, 0.25, 1]).to_schedule(10)
        Schedule([2, 8])
        """
        counts = np.rint(self._tokens(n) * self.levels).astype(np.int64)
        sizes = np.diff(counts)
        return Schedule(sizes[sizes > 0])

    def expected_calls(self, n: int | None = None) -> float:
        """Expected number of steps that reveal a token: the calls that are needed.

        ``sum_t 1 - (1 - (a_t - a_{t-1}))**n``: where a step reveals nothing and the model is not
        told the time, the answers before it still hold.

        Parameters
        ----------
        n : int, optional
            Number of tokens; by default that of the schedule.
        """
        with np.errstate(divide="ignore"):
            # Of a single step: log 0.
            empty = self._tokens(n) * np.log1p(-np.diff(self.levels))
        return float(np.sum(-np.expm1(empty)))

    @property
    def nfe(self) -> int:
        """Number of steps, those that reveal nothing among them."""
        return len(self.levels) - 1

    @property
    def mask_fractions(self) -> npt.NDArray[np.float64]:
        """Expected fraction still masked before each step and at the end; shape (k + 1,)."""
        return 1.0 - self.levels

    def _tokens(self, n: int | None) -> int:
        if n is None:
            if self.n is None:
                raise ValueError("n: is not known, expected the number of tokens")
            return self.n
        checked = _check.count(n, "n", "token")
        if self.n not in (None, checked):
            raise ValueError(f"n: is {checked}, expected n = {self.n} of the schedule")
        return checked

    def __len__(self) -> int:
        return self.nfe

    def __iter__(self) -> Iterator[float]:
        return iter(self.levels.tolist())

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, BernoulliSchedule):
            return NotImplemented
        return self.n == other.n and np.array_equal(self.levels, other.levels)

    def __hash__(self) -> int:
        return hash((self.n, self.levels.tobytes()))

    def __repr__(self) -> str:
        tokens = "" if self.n is None else f", n={self.n}"
        if self.nfe < LISTED_STEPS:
            return f"BernoulliSchedule({[float(f'{level:.6g}') for level in self.levels]}{tokens})"
        head, tail = (
            ", ".join(f"{level:.4g}" for level in part)
            for part in (self.levels[:6], self.levels[-6:])
        )
        return f"<BernoulliSchedule of {self.nfe} steps{tokens}: [{head}, ..., {tail}]>"

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.levels, self.n)

    def _repr_html_(self) -> str:
        from . import _html

        shares = np.diff(self.levels)
        return _html.fragment(repr(self), _html.bars(shares, ("step", "fraction revealed")))


def fixed_sizes(schedule: object, name: str) -> Schedule:
    """Return a schedule of fixed sizes."""
    if isinstance(schedule, BernoulliSchedule):
        raise TypeError(
            f"{name}: is a BernoulliSchedule, whose sizes are random, expected a Schedule such as "
            "its to_schedule()"
        )
    if not isinstance(schedule, Schedule):
        raise TypeError(f"{name}: is a {type(schedule).__name__}, expected a Schedule")
    return schedule
