"""The cross-entropy curve of a model, from a few hundred forward passes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, overload

import numpy as np
import numpy.typing as npt

from .._cross_entropy_curve import CrossEntropyCurve
from .._progress import Progress, reported
from ..distributions import Distribution
from ._accumulator import CurveAccumulator
from ._arguments import checked_seed, oracle_of, whole
from ._blocks import BlockCurves
from ._design import Design, grid_of
from ._queries import Mask, Oracle, Scores, check_scale, checked_sequences, free_tokens, scores
from ._tensor import Codes

if TYPE_CHECKING:
    from ..distributions._base import Seed

#: Answers to identical calls may differ by so much of a nat.
SAME_ANSWER = 1e-4


class EstimationInterrupted(KeyboardInterrupt):
    """Ctrl-C during `estimate_curve`.

    Attributes
    ----------
    accumulators : list of CurveAccumulator
        What was gathered, one for each block: hand it over as ``resume``, or take its curves.
    """

    def __init__(self, accumulators: list[CurveAccumulator]) -> None:
        passes = sum(one.passes for one in accumulators)
        super().__init__(f"interrupted after {passes} passes, kept in .accumulators")
        self.accumulators = accumulators


@overload
def estimate_curve(
    oracle: Oracle | Distribution,
    data: npt.ArrayLike,
    *,
    passes: int = ...,
    batch_size: int = ...,
    seed: Seed = ...,
    prompt: npt.ArrayLike | int | None = ...,
    block_length: None = ...,
    counts: npt.ArrayLike | None = ...,
    shift: bool = ...,
    mask_token: int | None = ...,
    calibrated: bool = ...,
    resume: CurveAccumulator | Sequence[CurveAccumulator] | None = ...,
    progress: Progress = ...,
) -> CrossEntropyCurve: ...


@overload
def estimate_curve(
    oracle: Oracle | Distribution,
    data: npt.ArrayLike,
    *,
    passes: int = ...,
    batch_size: int = ...,
    seed: Seed = ...,
    prompt: npt.ArrayLike | int | None = ...,
    block_length: int,
    counts: npt.ArrayLike | None = ...,
    shift: bool = ...,
    mask_token: int | None = ...,
    calibrated: bool = ...,
    resume: CurveAccumulator | Sequence[CurveAccumulator] | None = ...,
    progress: Progress = ...,
) -> BlockCurves: ...


def estimate_curve(
    oracle: Oracle | Distribution,
    data: npt.ArrayLike,
    *,
    passes: int = 300,
    batch_size: int = 16,
    seed: Seed = None,
    prompt: npt.ArrayLike | int | None = None,
    block_length: int | None = None,
    counts: npt.ArrayLike | None = None,
    shift: bool = False,
    mask_token: int | None = None,
    calibrated: bool = False,
    resume: CurveAccumulator | Sequence[CurveAccumulator] | None = None,
    progress: Progress = True,
) -> CrossEntropyCurve | BlockCurves:
    r"""Estimate the held-out loss of a masked model by number of revealed tokens.

    The curve :math:`\ell_m` prices every random-order schedule for that model (see
    `CrossEntropyCurve`). A pass is one sequence with some of its tokens masked; the losses of all
    masked tokens count. Each sequence is scored at several counts, with nested sets revealed, which
    makes differences between schedules more precise than the curve itself.

    Parameters
    ----------
    oracle : callable or Distribution
        ``oracle(x, mask)`` takes token ids (int64) and what is masked (bool, ``True`` = masked),
        both numpy arrays of shape (B, L), and returns logits or log-probabilities of shape
        (B, L, V): an array, a tensor of PyTorch, which is reduced on its device, or an output of a
        model with ``.logits``.
    data : array_like of int, shape (N, L)
        Token ids of sequences that the model was not trained on.
    passes : int
        Forward passes of a single sequence in all.
    batch_size : int
        Sequences of one call of the oracle.
    seed : int or numpy.random.Generator, optional
        The same seed gives the same curve.
    prompt : int or array_like of bool, shape (L,) or (N, L), optional
        Tokens that are always revealed, ``True``, or how many at the start: the curve of the rest,
        given them. Padding belongs here too. The rest is of the same length ``n`` everywhere.
    block_length : int, optional
        Reveal blocks of so many tokens from left to right, with random order inside each, as LLaDA
        does: tokens of earlier blocks are revealed and those of later ones masked. It divides
        ``n``.
    counts : array_like of int, optional
        Numbers of revealed tokens to visit, in ``0..n-1`` (of a block, with `block_length`).
    shift : bool
        Whether the answer to a token stands one place to the left, as in Dream.
    mask_token : int, optional
        What ``x`` holds where it is masked. Otherwise it holds 0 there, and the oracle puts its own
        mask token.
    calibrated : bool
        Believe the model, and take the entropies of its predictions in the place of its losses:
        the same curve from several times fewer passes if it is calibrated, as an exact oracle is,
        and a wrong one otherwise. See `CurveAccumulator.curve` and `calibration`.
    resume : CurveAccumulator, or a sequence of one for each block, optional
        What was gathered before, or nothing yet. It is added to in place, and its passes are not
        done again: the same arguments finish what was interrupted.
    progress : bool or callable
        ``True`` shows a bar, on a terminal and where it takes longer than half a second; a callable
        is called after each call of the oracle with the fraction of the passes done.

    Returns
    -------
    CrossEntropyCurve or, with `block_length`, BlockCurves
        With standard errors and covariance, `CrossEntropyCurve.interval`, and the losses as they
        most likely are, ``smoothed``, by which `recommend` chooses. Visited are
        ``0.7 sqrt(passes)`` counts, 0 and ``n - 1`` among them and denser towards 0, or all ``n``
        if that is more: there the estimate is unbiased, and between them linear. A cliff between
        two of them comes out as a slope.

    Raises
    ------
    EstimationInterrupted
        On Ctrl-C; a `KeyboardInterrupt` that holds what was gathered.
    TypeError, ValueError
        If the data are not integers of equal length, if the oracle answers identical calls
        differently or looks at what is masked (one call more at the start finds out), or if its
        answers have the wrong shape or scale, are not numbers, score the mask token, give
        probability zero to a token or do not know it.

    See Also
    --------
    CurveAccumulator : For an evaluation loop of your own.
    recommend : What to do with the curve.

    Notes
    -----
    Exactly: with ``q`` the model and random ``S`` of size ``m``, the expected KL of a schedule is
    :math:`\sum_t s_t \ell_{N_{t-1}} - H(X)` (Chen, Cong and Li, arXiv 2511.04647, with the loss
    of the model in the place of its entropy). How losses become the curve is said in
    `CurveAccumulator.curve`. Logits are never copied but for a few masked rows at a time.

    The oracle of a model of PyTorch, whose mask token is ``MASK``::

        @torch.no_grad()
        def oracle(x, mask):
            return model(torch.from_numpy(np.where(mask, MASK, x)).to(model.device))

    Examples
    --------
    >>> from unmask.distributions import HiddenMarkov
    >>> law = HiddenMarkov([0.5, 0.5], [[0.9, 0.1], [0.1, 0.9]], [[1.0, 0.0], [0.0, 1.0]], 6)
    >>> curve = estimate_curve(law, law.sample(100, seed=0), passes=300, seed=1)
    >>> curve
    <CrossEntropyCurve n=6, sum of losses 2.1111 nats, standard errors up to 0.068>
    >>> round(law.entropy(), 5)
    2.31856
    """
    tokens = checked_sequences(data, "data")
    free = free_tokens(prompt, tokens.shape)
    passes, batch_size = whole(passes, "passes", 1), whole(batch_size, "batch_size", 1)
    if mask_token is not None:
        mask_token = whole(mask_token, "mask_token", 0)
        if (tokens[free] == mask_token).any():
            row, position = (int(i) for i in np.argwhere((tokens == mask_token) & free)[0])
            raise ValueError(
                f"data: the token at {(row, position)} is the mask token {mask_token}, expected "
                "what it hides: it would be scored"
            )
    n = int(free[0].sum())
    blocks = 1
    if block_length is not None:
        block_length = whole(block_length, "block_length", 1)
        blocks, rest = divmod(n, block_length)
        if rest:
            raise ValueError(f"block_length: is {block_length}, expected a divisor of n = {n}")
    gathered = _accumulators(resume, n // blocks, blocks)
    design = Design(
        n // blocks, len(tokens), grid_of(n // blocks, passes // blocks, counts), checked_seed(seed)
    )
    asked = _Asked(oracle_of(oracle), tokens, free, design, blocks, shift, mask_token)
    try:
        done = sum(one.passes for one in gathered)
        with reported(progress, "forward passes") as report:
            for start in range(done, passes, batch_size):
                stop = min(start + batch_size, passes)
                asked.gather(np.arange(start, stop), gathered, check=start == done)
                if report is not None:
                    report(stop / passes)
    except KeyboardInterrupt:
        raise EstimationInterrupted(gathered) from None
    curves = tuple(one.curve(calibrated=calibrated) for one in gathered)
    return curves[0] if block_length is None else BlockCurves(curves)


class _Asked:
    """An oracle, and what it is asked about."""

    def __init__(
        self,
        oracle: Oracle,
        tokens: Codes,
        free: Mask,
        design: Design,
        blocks: int,
        shift: bool,
        mask_token: int | None,
    ) -> None:
        self.oracle = oracle
        self.tokens = tokens
        self.free = free
        self.design = design
        self.blocks = blocks
        self.shift = shift
        self.mask_token = mask_token

    def gather(self, numbers: Codes, gathered: list[CurveAccumulator], *, check: bool) -> None:
        """Ask, and add the losses to the accumulator of their block."""
        rows, block, mask, scored = self._queries(numbers)
        answer = self._ask(rows, mask)
        found = self._scores(answer, rows, mask, scored)
        if check:
            check_scale(answer, mask & scored, shift=self.shift, mask_token=self.mask_token)
            del answer  # it may be large
            self._check(found, rows, mask, scored)
        for index, accumulator in enumerate(gathered):
            mine = block[found.queries] == index
            accumulator._add(
                rows[found.queries[mine]],
                found.revealed[mine],
                found.losses[mine],
                found.entropies[mine],
                np.ones(int(mine.sum())),
            )

    def _check(self, first: Scores, rows: Codes, mask: Mask, scored: Mask) -> None:
        """Ask again, and find out what is wrong with the oracle before it is believed."""
        # What stands at masked positions must not matter, unless it is the mask token.
        seen = self.mask_token is None
        again = self._scores(self._ask(rows, mask, seen=seen), rows, mask, scored)
        if _same(first, again):
            return
        if seen and _same(first, self._scores(self._ask(rows, mask), rows, mask, scored)):
            raise ValueError(
                "oracle: its answers depend on what stands at masked positions, where it has to "
                "put its mask token; or give mask_token="
            )
        worst = float(np.max(np.abs(first.losses - again.losses)))
        raise ValueError(
            f"oracle: answered two identical calls differently, by up to {worst:.2g} nats a token; "
            "expected a function (evaluation mode, no dropout, no sampling)"
        )

    def _queries(self, numbers: Codes) -> tuple[Codes, Codes, Mask, Mask]:
        """Rows of the data, blocks, what is masked and what of it is scored."""
        groups, visits = np.divmod(numbers, len(self.design.grid))
        rows = np.array([self.design.sequence(int(group)) for group in groups])
        block = groups % self.blocks
        mask = np.zeros((len(numbers), self.tokens.shape[1]), dtype=bool)
        scored = np.zeros_like(mask)
        length = self.design.n
        for query, (visit, group) in enumerate(zip(visits, groups, strict=True)):
            places = np.flatnonzero(self.free[rows[query]])[block[query] * length :]
            hidden = self.design.ranks(int(group)) >= self.design.grid[visit]
            mask[query, places[length:]] = True
            mask[query, places[:length][hidden]] = True
            scored[query, places[:length]] = True
        return rows, block, mask, scored

    def _ask(self, rows: Codes, mask: Mask, *, seen: bool = False) -> Any:
        x = self.tokens[rows]
        if not seen:
            x[mask] = 0 if self.mask_token is None else self.mask_token
        return self.oracle(x, mask.copy())

    def _scores(self, answer: Any, rows: Codes, mask: Mask, scored: Mask) -> Scores:
        free = self.free[rows]
        return scores(answer, self.tokens[rows], mask, free, shift=self.shift, scored=scored)


def _same(first: Scores, second: Scores) -> bool:
    return np.allclose(first.losses, second.losses, rtol=SAME_ANSWER, atol=SAME_ANSWER)


def _accumulators(
    resume: CurveAccumulator | Sequence[CurveAccumulator] | None, n: int, blocks: int
) -> list[CurveAccumulator]:
    if resume is None:
        return [CurveAccumulator(n) for _ in range(blocks)]
    if not isinstance(resume, (CurveAccumulator, Sequence)):
        kind = type(resume).__name__
        raise TypeError(f"resume: is a {kind}, expected a CurveAccumulator, or one for each block")
    given = [resume] if isinstance(resume, CurveAccumulator) else list(resume)
    for one in given:
        if not isinstance(one, CurveAccumulator):
            raise TypeError(f"resume: holds a {type(one).__name__}, expected a CurveAccumulator")
    if len(given) != blocks or any(one.n != n for one in given):
        raise ValueError(
            f"resume: is for {len(given)} blocks of {[one.n for one in given]} tokens, expected "
            f"{blocks} of {n}"
        )
    return given
