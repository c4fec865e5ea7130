"""The exact law of what a policy puts out."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from .. import _core
from .._bernoulli import BernoulliSchedule
from .._schedule import Schedule
from ..distributions import Distribution
from ..distributions._base import Codes, Floats, Mask, OnImpossible, query_blocks
from ._arguments import about, simulated_instead
from ._law import OutputLaw, covering
from ._policies import DeterministicPolicy, Policy, as_policy
from ._speculative import Speculative

if TYPE_CHECKING:
    import numpy.typing as npt

    PolicyLike = Policy | Callable[[Floats, Mask], npt.ArrayLike]

#: Ways to go on from all states together, up to which a policy that the core does not know is
#: enumerated: minutes.
MAX_BRANCHES = 2e9

#: Entries that a block of states holds at a time.
HELD_ENTRIES = 1 << 22


def policy_law(
    distribution: Distribution,
    policy: PolicyLike,
    *,
    on_impossible: OnImpossible = "uniform",
    threads: int | None = None,
    progress: Callable[[float], object] | None = None,
) -> OutputLaw:
    r"""Compute what a sampler really puts out that chooses positions by what it has seen.

    In each call the policy sees the marginals of the masked tokens, and reveals some of them.

    Parameters
    ----------
    distribution : Distribution
        The oracle, and the law that the output is compared with.
    policy : Policy or callable
        Which tokens are revealed; a function of ``(marginals, mask)`` as in `Custom`.
    on_impossible : {"uniform", "raise"}
        What the oracle answers where the tokens revealed so far cannot stand together: uniformly,
        as a model does that cannot know, or not at all. ``KL(data || output)`` and the total
        variation do not depend on it.
    threads : int, optional
        As in `unmask.information_curve`. Fixed orders and functions run on one.
    progress : callable, optional
        Called now and then with the fraction of the work done.

    Returns
    -------
    OutputLaw
        With the distribution of the number of calls.

    Raises
    ------
    TypeError, ValueError
        If the policy does not fit, reveals nothing, or reveals a token twice; or for impossible
        evidence if `on_impossible` is ``"raise"``.
    MemoryError
        If the table does not fit in memory.
    WorkError
        If the enumeration would take too long; `simulate` has no such limit.

    Notes
    -----
    If the policy is deterministic, what is revealed determines what is revealed next: each sequence
    has one path, and ``KL = E sum_t TC(X_{S_t} | revealed)``. The states that are reached form a
    tree whose marginals take one pass over the table a call: ``O(n prod q_i)``. Random choices are
    not drawn but summed over: each of the states ``(A, x_A)``, up to ``prod (1 + q_i)``, is gone on
    from once, with up to ``prod (1 + 2 q_i)`` branches in all. Probabilities too small for double
    precision count as the smallest that is not, 5e-324, which adds less to a KL than rounding does;
    at temperatures below one they are zero, which may make a KL infinite that is not.

    Examples
    --------
    >>> import unmask
    >>> from unmask.samplers import Threshold, TopK
    >>> chain = unmask.distributions.MarkovChain([0.5, 0.5], [[0.9, 0.1], [0.1, 0.9]], 6)
    >>> policy_law(chain, TopK(3))
    <OutputLaw n=6: KL 1.113, reverse KL 1.48007 nats, TV 0.608112, 2 expected calls>
    >>> policy_law(chain, Threshold(1.0)).call_distribution
    array([0., 0., 0., 0., 0., 0., 1.])
    """
    if not isinstance(distribution, Distribution):
        kind = type(distribution).__name__
        raise TypeError(f"distribution: is a {kind}, expected a Distribution")
    if on_impossible not in ("raise", "uniform"):
        raise ValueError(f"on_impossible: is {on_impossible!r}, expected 'raise' or 'uniform'")
    known: dict[type, str] = {
        Schedule: "mixture_law",
        BernoulliSchedule: "mixture_law",
        Speculative: "speculative_law",
    }
    for kind, function in known.items():
        if isinstance(policy, kind):
            raise TypeError(f"policy: is a {kind.__name__}, whose law {function} computes")
    policy = as_policy(policy)
    policy._check_n(distribution.n)
    rule = policy._rule(distribution.n)
    with simulated_instead():
        if rule is None:
            _require_branches(policy, distribution.alphabet_sizes)
        else:
            _core.policy_require(distribution.alphabet_sizes, rule)
        dense = distribution.to_dense()
        if rule is None:
            assert isinstance(policy, DeterministicPolicy)
            pmf, calls = enumerated_law(dense, policy, on_impossible, progress)
        else:
            uniform = on_impossible == "uniform"
            pmf, calls = _core.policy_law(
                dense.pmf, rule, float(policy.temperature), uniform, threads, progress
            )
    pmf = pmf.reshape(dense.alphabet_sizes)
    if policy.temperature >= 1.0:
        pmf = covering(pmf, dense)
    return OutputLaw(dense, pmf, call_distribution=calls)


def enumerated_law(
    distribution: Distribution,
    policy: DeterministicPolicy,
    on_impossible: OnImpossible,
    progress: Callable[[float], object] | None = None,
) -> tuple[Floats, Floats]:
    """Probability of each sequence, in C order, and of each number of calls.

    All states after one call, after two, and so on, each state once with its probability.
    """
    sizes, n = distribution.alphabet_sizes, distribution.n
    pmf, calls = np.zeros(math.prod(sizes)), np.zeros(n + 1)
    # By mask: revealed codes, and probability.
    states: dict[bytes, tuple[Codes, Floats]] = {
        np.ones(n, dtype=bool).tobytes(): (np.zeros((1, n), dtype=np.int64), np.ones(1))
    }
    call = 0
    while states:
        call += 1
        reached: dict[bytes, Floats] = {}
        for done, (key, (x, weights)) in enumerate(states.items()):
            mask = np.frombuffer(key, dtype=bool)
            for block in query_blocks(len(x), _most_branches(mask, sizes), HELD_ENTRIES):
                known, weight = x[block], weights[block]
                marginals = distribution.conditional_marginals(
                    known, mask, on_impossible=on_impossible
                )
                for rows, tokens, joint in policy._branches(marginals, mask, sizes):
                    mass = (weight[rows, None] * joint).ravel()
                    if not mass.any():
                        continue
                    hidden = mask.copy()
                    hidden[list(tokens)] = False
                    letters = np.indices([sizes[i] for i in tokens]).reshape(len(tokens), -1)
                    strides = _strides(hidden, sizes)
                    places = np.add.outer(
                        known[rows] @ strides, strides[list(tokens)] @ letters
                    ).ravel()
                    key_after = hidden.tobytes()
                    if key_after not in reached:
                        reached[key_after] = np.zeros(_values(hidden, sizes))
                    # States that differ, or letters, lead to different places.
                    reached[key_after][places] += mass
            if progress is not None:
                # Calls are not known beforehand, but the tokens are.
                progress((call - 1 + (done + 1) / len(states)) / n)
        states = {}
        for key, found in reached.items():
            hidden = np.frombuffer(key, dtype=bool)
            if hidden.any():
                places = np.flatnonzero(found)
                shown = np.flatnonzero(~hidden)
                x = np.zeros((len(places), n), dtype=np.int64)
                x[:, shown] = np.stack(np.unravel_index(places, [sizes[i] for i in shown]), axis=1)
                states[key] = x, found[places]
            else:
                pmf += found
                calls[call] += found.sum()
    if progress is not None:
        progress(1.0)
    return pmf, calls


def _values(mask: Mask, sizes: Sequence[int]) -> int:
    """Number of values of the tokens that are not masked."""
    return math.prod(q for q, hidden in zip(sizes, mask.tolist(), strict=True) if not hidden)


def _strides(mask: Mask, sizes: Sequence[int]) -> npt.NDArray[np.int64]:
    """Strides of a table of those values, in C order; 0 for masked tokens."""
    strides = np.zeros(len(sizes), dtype=np.int64)
    step = 1
    for i in np.flatnonzero(~mask)[::-1].tolist():
        strides[i] = step
        step *= sizes[i]
    return strides


def _most_branches(mask: Mask, sizes: Sequence[int]) -> int:
    """Entries that a state needs, at most: its marginals, or the ways to go on."""
    letters = (q for q, hidden in zip(sizes, mask.tolist(), strict=True) if hidden)
    return max(len(mask) * max(sizes), math.prod(letters))


def _require_branches(policy: Policy, sizes: Sequence[int]) -> None:
    """Refuse to start what would take too long in Python."""
    sequences = math.prod(map(float, sizes))
    branches = 2.0 * len(sizes) * sequences
    if branches > MAX_BRANCHES:
        raise _core.WorkError(
            f"policy: {policy!r} would take {about(branches)} branches over "
            f"{about(sequences)} sequences, above {MAX_BRANCHES:.0e}"
        )
