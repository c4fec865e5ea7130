"""Policies: which masked tokens a sampler reveals, judged by their marginals.

A policy is asked for a batch of states at once and knows nothing about where the marginals come
from: the same object drives the exact law and the simulation. Scores and limits are compared in
whole multiples of 2^-40, so that rounding in the last digits makes no tie and breaks none; ties go
to the lower position. Scores are those of the marginals as the model gives them; `temperature`
changes only what is drawn.
"""

from __future__ import annotations

import math
import operator
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import MISSING, dataclass, field, fields
from itertools import combinations
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np
import numpy.typing as npt

from .. import _check
from .._schedule import Schedule
from ..distributions._base import Codes, Floats, Mask
from ..distributions._categorical import categorical

if TYPE_CHECKING:
    #: Some of the states, the tokens that they reveal, and with what probability which letters:
    #: shape (states, product of the alphabet sizes of the tokens).
    Branch = tuple[npt.NDArray[np.intp], tuple[int, ...], Floats]

Score = Literal["confidence", "margin", "entropy"]

#: What scores are counted in.
UNIT = 2.0**-40


def in_units(values: npt.ArrayLike) -> Floats:
    """Whole multiples of `UNIT`."""
    rounded: Floats = np.rint(np.asarray(values) / UNIT)
    return rounded


def tempered(marginals: Floats, temperature: float) -> Floats:
    """``p^(1/temperature)``, normalised; at 0 the likeliest letter, the first of several."""
    if temperature == 1.0:
        return marginals
    top = marginals.max(axis=-1, keepdims=True)
    if temperature == 0.0:
        best = np.argmax(marginals >= top - UNIT, axis=-1)
        sure: Floats = (np.arange(marginals.shape[-1]) == best[..., None]).astype(np.float64)
        return sure
    powers: Floats = (marginals / top) ** (1.0 / temperature)
    powers /= powers.sum(axis=-1, keepdims=True)
    return powers


def entropies(marginals: Floats) -> Floats:
    """Entropy of each row, in units."""
    logs = np.log(marginals, out=np.zeros_like(marginals), where=marginals > 0.0)
    return in_units(-(marginals * logs).sum(axis=-1))


@dataclass(frozen=True, repr=False)
class Policy(ABC):
    """Which masked tokens are revealed, and what they become.

    Parameters
    ----------
    temperature : float
        Letters are drawn from ``p^(1/temperature)``, normalised, where ``p`` is the marginal of the
        token; at 0 the likeliest letter is taken, the first of several.
    """

    temperature: float = field(default=1.0, kw_only=True)

    def __post_init__(self) -> None:
        if not np.isfinite(_bounded(self.temperature, "temperature", math.inf)):
            raise ValueError(f"temperature: is {self.temperature}, expected a finite number >= 0")

    def __repr__(self) -> str:
        """Parameters first; what has its default is left out."""
        ordered = sorted(fields(self), key=lambda f: f.kw_only is True)
        given = [(f, getattr(self, f.name)) for f in ordered]
        shown = [
            f"{f.name}={value!r}" if f.kw_only or f.default is not MISSING else repr(value)
            for f, value in given
            if f.default is MISSING or value != f.default
        ]
        return f"{type(self).__name__}({', '.join(shown)})"

    def _check_n(self, n: int) -> None:  # noqa: B027 (most policies fit any law)
        """Refuse what does not fit laws of `n` tokens."""

    def _rule(self, n: int) -> tuple[str, float, list[int]] | None:
        """Name, parameter and numbers of tokens by which the core knows the policy, if it does."""
        return None

    @abstractmethod
    def _draw(
        self, marginals: Floats, mask: Mask, generator: np.random.Generator
    ) -> tuple[Mask, Codes]:
        """What one call reveals: where, shape (batch, n), and in C order which letters."""

    @abstractmethod
    def _branches(self, marginals: Floats, mask: Mask, sizes: Sequence[int]) -> Iterator[Branch]:
        """All that one call may reveal, for states that share the mask of shape (n,)."""


@dataclass(frozen=True, repr=False)
class DeterministicPolicy(Policy):
    """A policy whose choice of positions is a function of the marginals alone."""

    @abstractmethod
    def select(self, marginals: Floats, mask: Mask) -> Mask:
        """Choose the tokens that are revealed.

        Parameters
        ----------
        marginals : ndarray of float64, shape (batch, n, q)
            Law of each token given the revealed ones.
        mask : ndarray of bool, shape (batch, n)
            ``True`` where masked; at least once in each row.

        Returns
        -------
        ndarray of bool, shape (batch, n)
            Masked tokens, at least one in each row.
        """

    def _draw(
        self, marginals: Floats, mask: Mask, generator: np.random.Generator
    ) -> tuple[Mask, Codes]:
        chosen = self.select(marginals, mask)
        return chosen, categorical(tempered(marginals[chosen], self.temperature), generator)

    def _branches(self, marginals: Floats, mask: Mask, sizes: Sequence[int]) -> Iterator[Branch]:
        chosen = self.select(marginals, np.broadcast_to(mask, marginals.shape[:2]))
        patterns, which = np.unique(chosen, axis=0, return_inverse=True)
        for k, pattern in enumerate(patterns):
            rows = np.flatnonzero(which.reshape(-1) == k)
            tokens = tuple(np.flatnonzero(pattern).tolist())
            yield rows, tokens, _joint(marginals[rows], tokens, sizes, self.temperature)


@dataclass(frozen=True, repr=False)
class _Ranked(DeterministicPolicy):
    """Reveals the first of the masked tokens in the order of a score."""

    @abstractmethod
    def _scores(self, marginals: Floats) -> Floats:
        """The larger, the earlier, in units; shape (batch, n)."""

    @abstractmethod
    def _admitted(self, scores: Floats, masked: npt.NDArray[np.intp], n: int) -> Floats | Mask:
        """Whether each place is revealed, given the scores in falling order; ``True`` first."""

    def select(self, marginals: Floats, mask: Mask) -> Mask:
        """Choose the tokens that are revealed; see `DeterministicPolicy.select`."""
        self._check_n(mask.shape[1])
        scores = np.where(mask, self._scores(marginals), -np.inf)
        order = np.argsort(-scores, axis=1, kind="stable")
        masked = mask.sum(axis=1)
        admitted = self._admitted(np.take_along_axis(scores, order, axis=1), masked, mask.shape[1])
        # The first place not admitted ends the prefix; there is at least one token.
        prefix = np.logical_and.accumulate(admitted, axis=1)
        prefix[:, 0] = True
        chosen = np.zeros_like(mask)
        np.put_along_axis(chosen, order, prefix, axis=1)
        return chosen & mask


@dataclass(frozen=True, repr=False)
class TopK(_Ranked):
    """The surest `top_k` tokens (MaskGIT, LLaDA).

    Parameters
    ----------
    top_k : int or Schedule
        How many in each call, fewer at the end; or the sizes of a schedule, one a call.
    score : {"confidence", "margin", "entropy"}
        Surest: largest probability of a letter, largest lead over the second, or least entropy.
    temperature : float
        As in `Policy`.

    Examples
    --------
    >>> marginals = np.array([[[0.6, 0.4], [0.1, 0.9], [0.5, 0.5]]])
    >>> TopK(2).select(marginals, np.ones((1, 3), dtype=bool))
    array([[ True,  True, False]])
    """

    top_k: int | Schedule
    score: Score = "confidence"

    def __post_init__(self) -> None:
        super().__post_init__()
        _check_top_k(self.top_k)
        if self.score not in get_args(Score):
            raise ValueError(
                f"score: is {self.score!r}, expected 'confidence', 'margin' or 'entropy'"
            )

    def _check_n(self, n: int) -> None:
        _counts(self.top_k, n)

    def _rule(self, n: int) -> tuple[str, float, list[int]]:
        return self.score, 0.0, _counts(self.top_k, n).tolist()

    def _scores(self, marginals: Floats) -> Floats:
        if self.score == "entropy":
            return -entropies(marginals)
        if self.score == "confidence" or marginals.shape[-1] == 1:
            return in_units(marginals.max(axis=-1))
        top = np.partition(marginals, -2, axis=-1)
        return in_units(top[..., -1] - top[..., -2])

    def _admitted(self, scores: Floats, masked: npt.NDArray[np.intp], n: int) -> Mask:
        counts = _counts(self.top_k, n)[n - masked]
        admitted: Mask = np.arange(n) < counts[:, None]
        return admitted


@dataclass(frozen=True, repr=False)
class Threshold(_Ranked):
    """All tokens whose confidence is at least `threshold`, or the surest one (Fast-dLLM).

    Source: arXiv 2505.22618.

    Parameters
    ----------
    threshold : float
        In 0..1. At 0 everything is revealed at once, at 1 what is certain or else one token.
    temperature : float
        As in `Policy`.

    Examples
    --------
    >>> marginals = np.array([[[0.6, 0.4], [0.1, 0.9], [0.5, 0.5]]])
    >>> Threshold(0.55).select(marginals, np.ones((1, 3), dtype=bool))
    array([[ True,  True, False]])
    """

    threshold: float

    def __post_init__(self) -> None:
        super().__post_init__()
        _bounded(self.threshold, "threshold", 1.0)

    def _rule(self, n: int) -> tuple[str, float, list[int]]:
        return "threshold", float(self.threshold), []

    def _scores(self, marginals: Floats) -> Floats:
        return in_units(marginals.max(axis=-1))

    def _admitted(self, scores: Floats, masked: npt.NDArray[np.intp], n: int) -> Mask:
        admitted: Mask = scores >= in_units(self.threshold)
        return admitted


@dataclass(frozen=True, repr=False)
class Factor(_Ranked):
    """The longest prefix, surest first, with ``(m + 1) (1 - c_m) < factor`` (Fast-dLLM).

    ``c_m`` is the confidence of the ``m``-th token of the prefix. At least one token. Source: arXiv
    2505.22618.

    Parameters
    ----------
    factor : float
        At least 0, where one token is revealed at a time; `inf` for everything at once.
    temperature : float
        As in `Policy`.

    Examples
    --------
    >>> marginals = np.array([[[0.6, 0.4], [0.1, 0.9], [0.5, 0.5]]])
    >>> Factor(1.3).select(marginals, np.ones((1, 3), dtype=bool))
    array([[ True,  True, False]])
    """

    factor: float

    def __post_init__(self) -> None:
        super().__post_init__()
        _bounded(self.factor, "factor", math.inf)

    def _rule(self, n: int) -> tuple[str, float, list[int]]:
        return "factor", float(self.factor), []

    def _scores(self, marginals: Floats) -> Floats:
        return in_units(marginals.max(axis=-1))

    def _admitted(self, scores: Floats, masked: npt.NDArray[np.intp], n: int) -> Mask:
        doubts = (np.arange(n) + 2) * (in_units(1.0) - scores)
        admitted: Mask = doubts < in_units(self.factor)
        return admitted


@dataclass(frozen=True, repr=False)
class EntropyBound(_Ranked):
    """The longest prefix in order of entropy with ``sum H - max H <= gamma`` (EB-sampler).

    Source: arXiv 2505.24857.

    Parameters
    ----------
    gamma : float
        In nats, at least 0, where what is certain is revealed and one token more; `inf` for
        everything at once.
    temperature : float
        As in `Policy`.

    Examples
    --------
    >>> marginals = np.array([[[0.6, 0.4], [0.1, 0.9], [0.5, 0.5]]])
    >>> EntropyBound(0.4).select(marginals, np.ones((1, 3), dtype=bool))
    array([[ True,  True, False]])
    """

    gamma: float

    def __post_init__(self) -> None:
        super().__post_init__()
        _bounded(self.gamma, "gamma", math.inf)

    def _rule(self, n: int) -> tuple[str, float, list[int]]:
        return "gamma", float(self.gamma), []

    def _scores(self, marginals: Floats) -> Floats:
        return -entropies(marginals)

    def _admitted(self, scores: Floats, masked: npt.NDArray[np.intp], n: int) -> Mask:
        sums = np.cumsum(np.where(np.isfinite(scores), -scores, 0.0), axis=1)
        # Of a prefix the last token has the largest entropy.
        others = np.concatenate((np.zeros((len(sums), 1)), sums[:, :-1]), axis=1)
        admitted: Mask = others <= in_units(self.gamma)
        return admitted


@dataclass(frozen=True, repr=False)
class FixedOrder(DeterministicPolicy):
    """The blocks of an ordered partition, one a call, whatever the marginals.

    Parameters
    ----------
    partition : sequence of iterables of int
        Every position once, as `planned_partition` finds it.
    temperature : float
        As in `Policy`.

    Examples
    --------
    >>> FixedOrder([[1], [0, 2]]).select(np.full((1, 3, 2), 0.5), np.array([[True, False, True]]))
    array([[ True, False,  True]])
    """

    partition: Sequence[Iterable[int]]

    def __post_init__(self) -> None:
        super().__post_init__()
        try:
            blocks = tuple(tuple(operator.index(i) for i in block) for block in self.partition)
        except TypeError:
            raise TypeError(
                f"partition: is {self.partition!r}, expected blocks of positions"
            ) from None
        positions = sorted(i for block in blocks for i in block)
        if not all(blocks) or not blocks or positions != list(range(len(positions))):
            raise ValueError(
                f"partition: is {blocks}, expected every position from 0 once, and no empty block"
            )
        object.__setattr__(self, "partition", blocks)

    def _check_n(self, n: int) -> None:
        positions = sum(len(tuple(block)) for block in self.partition)
        if positions != n:
            raise ValueError(f"partition: has {positions} positions, expected {n}")

    def select(self, marginals: Floats, mask: Mask) -> Mask:
        """Choose the tokens that are revealed; see `DeterministicPolicy.select`."""
        self._check_n(mask.shape[1])
        block = np.zeros(mask.shape[1], dtype=np.int64)
        for k, positions in enumerate(self.partition):
            block[list(positions)] = k
        following = np.where(mask, block, len(self.partition)).min(axis=1)
        chosen: Mask = mask & (block == following[:, None])
        return chosen


@dataclass(frozen=True, repr=False)
class Custom(DeterministicPolicy):
    """A policy given by a function.

    Parameters
    ----------
    function : callable
        Called with marginals, shape (batch, n, q), and mask, shape (batch, n), ``True`` where
        masked. Returns a boolean array of that shape, ``True`` where a token is revealed, or
        integers of shape (batch, k): the ``k`` positions that each state reveals.
    temperature : float
        As in `Policy`.

    Examples
    --------
    >>> leftmost = Custom(lambda marginals, mask: mask.argmax(axis=1)[:, None])
    >>> leftmost.select(np.full((1, 2, 2), 0.5), np.array([[True, True]]))
    array([[ True, False]])
    """

    function: Callable[[Floats, Mask], npt.ArrayLike]

    def __post_init__(self) -> None:
        super().__post_init__()
        if not callable(self.function):
            kind = type(self.function).__name__
            raise TypeError(f"function: is a {kind}, expected a callable (marginals, mask)")

    def select(self, marginals: Floats, mask: Mask) -> Mask:
        """Choose the tokens that are revealed.

        Raises
        ------
        TypeError, ValueError
            If the function returns something else, reveals nothing, or a token twice.
        """
        given = _check.array(self.function(marginals, mask), "policy")
        if given.dtype.kind == "b":
            if given.shape != mask.shape:
                raise ValueError(
                    f"policy: returned booleans of shape {given.shape}, expected {mask.shape}"
                )
            chosen: Mask = given
        elif given.dtype.kind in "iu":
            chosen = _at_positions(given, mask)
        else:
            raise TypeError(
                f"policy: returned an array of {given.dtype}, expected booleans, or the positions "
                "to reveal"
            )
        twice = np.argwhere(chosen & ~mask)
        if len(twice):
            state, token = twice[0].tolist()
            raise ValueError(
                f"policy: reveals token {token} of state {state} twice, expected masked tokens"
            )
        if not chosen.any(axis=1).all():
            state = int(np.argmin(chosen.any(axis=1)))
            raise ValueError(
                f"policy: reveals nothing in state {state}, where tokens "
                f"{np.flatnonzero(mask[state]).tolist()} are masked, expected at least one of them"
            )
        return chosen


@dataclass(frozen=True, repr=False)
class EntropySum(Policy):
    """Tokens in random order until their summed entropy exceeds `budget`, the last one included.

    Whether an order goes on never depends on what comes later in it, so one order for all calls is
    the same as a new one for each.

    Parameters
    ----------
    budget : float
        In nats, at least 0; `inf` for everything at once.
    temperature : float
        As in `Policy`.
    """

    budget: float

    def __post_init__(self) -> None:
        super().__post_init__()
        _bounded(self.budget, "budget", math.inf)

    def _draw(
        self, marginals: Floats, mask: Mask, generator: np.random.Generator
    ) -> tuple[Mask, Codes]:
        order = np.argsort(np.where(mask, generator.random(mask.shape), np.inf), axis=1)
        sums = np.cumsum(np.take_along_axis(entropies(marginals) * mask, order, axis=1), axis=1)
        within = sums <= in_units(self.budget)
        goes_on = np.concatenate((np.ones((len(sums), 1), dtype=bool), within[:, :-1]), axis=1)
        chosen = np.zeros_like(mask)
        np.put_along_axis(chosen, order, goes_on, axis=1)
        chosen &= mask
        return chosen, categorical(tempered(marginals[chosen], self.temperature), generator)

    def _branches(self, marginals: Floats, mask: Mask, sizes: Sequence[int]) -> Iterator[Branch]:
        masked, limit = np.flatnonzero(mask).tolist(), in_units(self.budget)
        entropy, m = entropies(marginals), len(masked)
        for size in range(1, m + 1):
            # Of all orders, the share that starts with these tokens and this one of them last.
            share = 1.0 / (size * math.comb(m, size))
            for tokens in combinations(masked, size):
                each = entropy[:, tokens]
                total = each.sum(axis=1)
                last = (total[:, None] - each <= limit).sum(axis=1) * share
                chance = np.where(total > limit, last, 1.0 if size == m else 0.0)
                rows = np.flatnonzero(chance)
                if len(rows):
                    joint = _joint(marginals[rows], tokens, sizes, self.temperature)
                    yield rows, tokens, chance[rows, None] * joint


@dataclass(frozen=True, repr=False)
class SampledTopK(Policy):
    """Letters are drawn for all masked tokens, and the `top_k` surest *draws* are kept (LLaDA).

    A draw is as sure as its letter is likely, by the marginal that no temperature has changed.

    Parameters
    ----------
    top_k : int or Schedule
        As in `TopK`.
    temperature : float
        As in `Policy`; at 0 the policy is `TopK`.
    """

    top_k: int | Schedule

    def __post_init__(self) -> None:
        super().__post_init__()
        _check_top_k(self.top_k)

    def _check_n(self, n: int) -> None:
        _counts(self.top_k, n)

    def _draw(
        self, marginals: Floats, mask: Mask, generator: np.random.Generator
    ) -> tuple[Mask, Codes]:
        codes = np.zeros(mask.shape, dtype=np.int64)
        codes[mask] = categorical(tempered(marginals[mask], self.temperature), generator)
        drawn = np.take_along_axis(marginals, codes[..., None], axis=2)[..., 0]
        order = np.argsort(-np.where(mask, in_units(drawn), -np.inf), axis=1, kind="stable")
        n = mask.shape[1]
        counts = _counts(self.top_k, n)[n - mask.sum(axis=1)]
        chosen = np.zeros_like(mask)
        np.put_along_axis(chosen, order, np.arange(n) < counts[:, None], axis=1)
        chosen &= mask
        return chosen, codes[chosen]

    def _branches(self, marginals: Floats, mask: Mask, sizes: Sequence[int]) -> Iterator[Branch]:
        n, masked = len(mask), np.flatnonzero(mask).tolist()
        count = min(int(_counts(self.top_k, n)[n - len(masked)]), len(masked))
        draws = tempered(marginals, self.temperature)
        # No two draws are equally sure: the lower position is before the other.
        ranks = in_units(marginals) * n + np.arange(n)[::-1, None]
        everything = np.arange(len(marginals))
        for tokens in combinations(masked, count):
            joint = _joint(marginals, tokens, sizes, self.temperature)
            letters = np.indices([sizes[i] for i in tokens]).reshape(count, -1)
            least = ranks[:, np.array(tokens)[:, None], letters].min(axis=1)
            for j in set(masked).difference(tokens):
                later = ranks[:, j, None, : sizes[j]] < least[..., None]
                joint = joint * (later * draws[:, j, None, : sizes[j]]).sum(axis=2)
            yield everything, tokens, joint


def as_policy(policy: object, name: str = "policy", others: str = "") -> Policy:
    """Return a policy; a function of marginals and mask becomes one."""
    if isinstance(policy, Policy):
        return policy
    if callable(policy) and not isinstance(policy, type):
        return Custom(policy)
    if isinstance(policy, type):
        raise TypeError(f"{name}: is the class {policy.__name__}, expected one with parameters")
    kind = type(policy).__name__
    raise TypeError(
        f"{name}: is a {kind}, expected {others}a Policy or a callable (marginals, mask)"
    )


def _joint(
    marginals: Floats, tokens: Sequence[int], sizes: Sequence[int], temperature: float
) -> Floats:
    """Joint law of independent draws, shape (batch, product of sizes), in C order."""
    joint: Floats = np.ones((len(marginals), 1))
    for i in tokens:
        row = tempered(marginals[:, i, : sizes[i]], temperature)
        joint = (joint[:, :, None] * row[:, None, :]).reshape(len(marginals), -1)
    return joint


def _at_positions(positions: npt.NDArray[np.integer], mask: Mask) -> Mask:
    """Where the given positions, shape (batch, k), stand."""
    batch, n = mask.shape
    if positions.ndim != 2 or len(positions) != batch:
        raise ValueError(
            f"policy: returned positions of shape {positions.shape}, expected ({batch}, k)"
        )
    if ((positions < 0) | (positions >= n)).any():
        raise ValueError(f"policy: returned positions outside 0..{n - 1}")
    counts = np.zeros(mask.shape, dtype=np.int64)
    np.add.at(counts, (np.arange(batch)[:, None], positions), 1)
    if (counts > 1).any():
        state, token = np.argwhere(counts > 1)[0].tolist()
        raise ValueError(f"policy: reveals token {token} of state {state} twice in one call")
    return counts > 0


def _counts(top_k: int | Schedule, n: int) -> npt.NDArray[np.int64]:
    """How many tokens are revealed when so many are, ``0 .. n - 1``."""
    if not isinstance(top_k, Schedule):
        return np.full(n, top_k)
    if top_k.n != n:
        raise ValueError(f"top_k: is a schedule for {top_k.n} tokens, expected one for {n}")
    return np.repeat(top_k.cumulative[1:], top_k.sizes) - np.arange(n)


def _check_top_k(top_k: object) -> None:
    if isinstance(top_k, Schedule):
        return
    if not isinstance(top_k, int | np.integer) or isinstance(top_k, bool):
        raise TypeError(f"top_k: is {top_k!r}, expected a whole number or a Schedule")
    if top_k < 1:
        raise ValueError(f"top_k: is {top_k}, expected at least 1 token a call")


def _bounded(value: object, name: str, most: float) -> float:
    """Return a number in ``0 .. most``, infinity included."""
    given = _check.array(value, name)
    if given.ndim != 0 or given.dtype.kind not in "fiu":
        raise TypeError(f"{name}: is {value!r}, expected a number")
    if not 0.0 <= given <= most:
        limits = "at least 0" if most == math.inf else f"0..{most:g}"
        raise ValueError(f"{name}: is {value}, expected {limits}")
    return float(given)
