"""How samplers are judged: by their laws, or by samples where these are out of reach."""

from __future__ import annotations

import math
import time
from abc import ABC, abstractmethod
from contextlib import suppress
from typing import TYPE_CHECKING

import numpy as np

from .. import _core
from .._bernoulli import BernoulliSchedule
from .._information_curve import InformationCurve
from .._schedule import Schedule
from ..distributions import Dense, Distribution
from ._audit import audit
from ._board import Entry, Kind, Sampler
from ._law import OutputLaw
from ._mixture import mixture_law
from ._partition import partition_kl
from ._policies import FixedOrder, Policy
from ._policy_law import policy_law
from ._simulate import simulate
from ._speculative import Speculative, speculative_law

if TYPE_CHECKING:
    from ..distributions._base import Seed

#: Values of a parameter that are looked at, before and after the search closes in.
COARSE, FINE = 9, 16

#: The same for policies whose law takes more than so many operations: a second. Beyond so many,
#: half a minute, they are not tuned.
FEW_COARSE, FEW_FINE = 3, 5
MANY_OPERATIONS, MAX_TUNED_OPERATIONS = 2e9, 6e10

#: Ways to go on up to which the law of random counts is computed: half a minute.
MAX_LEVEL_BRANCHES = 1e11

#: Share of the samples that policies are tuned with.
TUNED = 0.1

#: Samplers that are simulated, about, each parameter that is tried counted by its samples.
SIMULATIONS = 30

#: Queries whose time is taken, and predicted seconds up to which samplers are simulated.
PILOT, MAX_SECONDS = 256, 7200.0


class Judge(ABC):
    """What says how good samplers are, and how many calls they take."""

    #: Samples of each sampler, where it is judged by samples.
    samples: int | None = None

    def __init__(self, distribution: Distribution, curve: InformationCurve) -> None:
        self.distribution, self.curve = distribution, curve

    @abstractmethod
    def entry(self, name: str, kind: Kind, sampler: Sampler) -> Entry:
        """Judge one sampler."""

    @abstractmethod
    def calls(self, policy: Policy) -> float:
        """Return the expected number of calls."""

    @abstractmethod
    def trials(self, policy: Policy) -> tuple[int, int]:
        """Values of a parameter that are worth a look, before and after the search closes in.

        Raises WorkError where not even few are.
        """

    @abstractmethod
    def rank(self, entry: Entry) -> tuple[float, ...]:
        """What entries are sorted by."""

    def expected_kl(self, sampler: Sampler) -> float | None:
        """Return the KL averaged over orders, for what has random ones."""
        if isinstance(sampler, Schedule | BernoulliSchedule):
            return self.curve.expected_kl(sampler)
        return None


class Exact(Judge):
    """By the exact laws."""

    def __init__(self, dense: Dense, curve: InformationCurve, threads: int | None = None) -> None:
        super().__init__(dense, curve)
        self.dense, self.threads = dense, threads

    def entry(self, name: str, kind: Kind, sampler: Sampler) -> Entry:
        """Judge one sampler."""
        law = self._law(sampler)
        assert law.expected_calls is not None
        return Entry(
            name,
            kind,
            sampler,
            law.expected_calls,
            law.kl,
            law.reverse_kl,
            law.total_variation,
            self.expected_kl(sampler),
        )

    def calls(self, policy: Policy) -> float:
        """Return the expected number of calls."""
        found = self._law(policy).expected_calls
        assert found is not None
        return found

    def trials(self, policy: Policy) -> tuple[int, int]:
        """Fewer values where each takes longer."""
        rule = policy._rule(self.dense.n)
        assert rule is not None
        operations = _core.policy_require(self.dense.alphabet_sizes, rule)
        if operations > MAX_TUNED_OPERATIONS:
            raise _core.WorkError(
                f"policy: {policy!r} takes about {operations:.1e} operations, above "
                f"{MAX_TUNED_OPERATIONS:.0e} for each parameter tried"
            )
        return (FEW_COARSE, FEW_FINE) if operations > MANY_OPERATIONS else (COARSE, FINE)

    def rank(self, entry: Entry) -> tuple[float, ...]:
        """By KL."""
        assert entry.kl is not None
        return entry.kl, entry.total_variation, entry.expected_calls

    def _law(self, sampler: Sampler) -> OutputLaw:
        dense, threads = self.dense, self.threads
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


class Simulated(Judge):
    """By samples, each sampler's compared with the law that all of them ask."""

    samples: int

    def __init__(
        self,
        distribution: Distribution,
        curve: InformationCurve,
        steps: int,
        samples: int,
        seed: Seed,
    ) -> None:
        super().__init__(distribution, curve)
        self.samples = samples
        self.generator = np.random.default_rng(seed)
        seconds = SIMULATIONS * samples * steps * self._seconds_a_query()
        if seconds > MAX_SECONDS:
            raise _core.WorkError(
                f"samples: {samples} from each of about {SIMULATIONS} samplers would take about "
                f"{seconds / 3600:.1f} hours, expected at most {MAX_SECONDS / 3600:.0f}; fewer "
                "samples take less"
            )

    def entry(self, name: str, kind: Kind, sampler: Sampler) -> Entry:
        """Judge one sampler."""
        run = simulate(self.distribution, sampler, self.samples, seed=self.generator)
        found = audit(run, self.distribution, seed=self.generator)
        kl = None
        if isinstance(sampler, FixedOrder):
            # Not all laws have entropies of single subsets.
            with suppress(_core.WorkError, MemoryError):
                kl = partition_kl(self.distribution, sampler.partition)
        elif isinstance(sampler, Speculative):
            kl = 0.0
        impossible = found.test == "support"
        return Entry(
            name,
            kind,
            sampler,
            run.expected_calls,
            kl,
            math.inf if impossible else None,
            found.total_variation.value,
            self.expected_kl(sampler),
            found,
        )

    def calls(self, policy: Policy) -> float:
        """Return the mean number of calls of some samples."""
        size = math.ceil(TUNED * self.samples)
        # The same numbers for all parameters.
        return simulate(self.distribution, policy, size, seed=0).expected_calls

    def trials(self, policy: Policy) -> tuple[int, int]:
        """Few values: the number of calls is not known so well."""
        return FEW_COARSE, FEW_FINE

    def rank(self, entry: Entry) -> tuple[float, ...]:
        """By total variation."""
        return entry.total_variation, entry.expected_calls

    def _seconds_a_query(self) -> float:
        x = self.distribution.sample(PILOT, seed=0)
        mask = np.random.default_rng(0).random(x.shape) < 0.5
        start = time.perf_counter()
        self.distribution.conditional_marginals(x, mask, on_impossible="uniform")
        return (time.perf_counter() - start) / PILOT
