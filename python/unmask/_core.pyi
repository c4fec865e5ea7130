from collections.abc import Callable, Sequence
from typing import final

import numpy as np
import numpy.typing as npt

__all__ = [
    "Support",
    "WorkError",
    "bernoulli_excess",
    "bernoulli_levels",
    "bernstein",
    "blocks_curve",
    "code_rank_totals",
    "exchangeable_curve",
    "integer_steps",
    "kernel_name",
    "markov_curve",
    "mean_entropies",
    "means_within",
    "minimax_with_steps",
    "minimax_with_tolerance",
    "mixture",
    "mixture_require",
    "num_threads",
    "odds_with_growth",
    "odds_with_steps",
    "partition_moments",
    "partition_planned",
    "partition_planned_require",
    "partition_values",
    "policy_law",
    "policy_require",
    "require_memory",
    "require_table",
    "require_threads",
    "require_work",
    "schedule_excess",
    "schedule_frontier",
    "schedule_with_steps",
    "schedule_with_tolerance",
    "schedule_worst_case",
    "set_num_threads",
    "table_curve",
    "table_entropy",
    "table_seconds",
    "table_subset_entropies",
    "table_total",
    "table_totals",
]

_Floats = npt.NDArray[np.float64]
_Integers = npt.NDArray[np.int64]
_PerFunctional = tuple[float, float, float, float]
_Progress = Callable[[float], object] | None

class WorkError(ValueError): ...

def code_rank_totals(
    generator: npt.NDArray[np.uint64],
    q: int,
    powers: npt.NDArray[np.uint64] | None = None,
    threads: int | None = None,
    progress: _Progress = None,
) -> list[int]: ...
def blocks_curve(
    kinds: Sequence[tuple[int, _Floats, _Floats]],
    threads: int | None = None,
    progress: _Progress = None,
) -> tuple[_Floats, _Floats, _Floats]: ...
def exchangeable_curve(
    count_pmf: _Floats, threads: int | None = None, progress: _Progress = None
) -> tuple[_Floats, _Floats, _Floats]: ...
def bernoulli_excess(h: _Floats, levels: _Floats) -> float: ...
def bernoulli_levels(
    h: _Floats, steps: int, threads: int | None = None, progress: _Progress = None
) -> _Floats: ...
def bernstein(h: _Floats, levels: _Floats) -> _Floats: ...
def integer_steps(increments: _Floats, steps: int) -> _Integers: ...
def kernel_name() -> str: ...
def markov_curve(
    initial: _Floats,
    transition: _Floats,
    n: int,
    stationary: bool,
    threads: int | None = None,
    progress: _Progress = None,
) -> tuple[_Floats, _Floats, _Floats]: ...
def means_within(values: _Floats, n: int) -> _Floats: ...
def mean_entropies(h: _Floats) -> _Floats: ...
def minimax_with_steps(
    n: int, bounds: _PerFunctional, steps: int
) -> tuple[_Integers, float, list[float], bool]: ...
def minimax_with_tolerance(
    n: int, bounds: _PerFunctional, max_kl: float
) -> tuple[_Integers, float, list[float], bool]: ...
def mixture(
    pmf: _Floats,
    steps: Sequence[int] | Sequence[float],
    uniform: bool,
    threads: int | None = None,
    progress: _Progress = None,
) -> _Floats: ...
def mixture_require(
    alphabet_sizes: Sequence[int], steps: Sequence[int] | Sequence[float]
) -> None: ...
def num_threads() -> int: ...
def partition_moments(
    entropies: _Floats,
    sizes: Sequence[int],
    threads: int | None = None,
    progress: _Progress = None,
) -> tuple[float, float, list[int], list[int]]: ...
def partition_planned(
    entropies: _Floats,
    max_steps: int,
    threads: int | None = None,
    progress: _Progress = None,
) -> tuple[_Floats, list[list[int]]]: ...
def partition_planned_require(n: int, max_steps: int) -> None: ...
def partition_values(
    entropies: _Floats, sizes: Sequence[int], progress: _Progress = None
) -> _Floats: ...
def policy_law(
    pmf: _Floats,
    rule: tuple[str, float, Sequence[int]],
    temperature: float,
    uniform_on_impossible: bool,
    threads: int | None = None,
    progress: _Progress = None,
) -> tuple[_Floats, _Floats]: ...
def policy_require(
    alphabet_sizes: Sequence[int], rule: tuple[str, float, Sequence[int]]
) -> float: ...
def odds_with_growth(n: int, rho: float) -> _Integers: ...
def odds_with_steps(n: int, steps: int) -> _Integers: ...
def require_memory(what: str, bytes: float, operations: float) -> None: ...
def require_table(
    bytes_per_cell: float, alphabet_sizes: Sequence[int], what: str = ...
) -> None: ...
def require_threads(threads: int | None) -> None: ...
def require_work(operations: float, limit: float = ...) -> None: ...
def set_num_threads(threads: int | None) -> None: ...
def schedule_excess(h: _Floats, sizes: _Integers) -> float: ...
def schedule_frontier(h: _Floats, max_steps: int, progress: _Progress = None) -> _Floats: ...
def schedule_with_steps(h: _Floats, steps: int) -> _Integers: ...
def schedule_with_tolerance(h: _Floats, max_excess: float) -> _Integers: ...
def schedule_worst_case(bounds: _PerFunctional, sizes: _Integers) -> tuple[float, list[float]]: ...
def table_curve(
    pmf: _Floats, threads: int | None = None, progress: _Progress = None
) -> tuple[_Floats, _Floats, _Floats]: ...
def table_entropy(pmf: _Floats, threads: int | None = None) -> float: ...
def table_seconds(pmf: _Floats) -> float: ...
def table_subset_entropies(
    pmf: _Floats, threads: int | None = None, progress: _Progress = None
) -> _Floats: ...
def table_total(pmf: _Floats) -> float: ...
def table_totals(pmf: _Floats, threads: int | None = None) -> tuple[float, float, float]: ...

@final
class Support:
    def __new__(cls, codes: npt.NDArray[np.uint16], weights: _Floats) -> Support: ...
    @property
    def first_rows(self) -> _Integers: ...
    @property
    def weights(self) -> _Floats: ...
    def predicted_seconds(self, estimator: str = "plugin") -> float: ...
    def coverage(self, threads: int | None = None, progress: _Progress = None) -> _Floats: ...
    def curve(
        self,
        estimator: str = "plugin",
        threads: int | None = None,
        progress: _Progress = None,
    ) -> tuple[_Floats, _Floats, _Floats]: ...
    def subset_entropies(
        self, threads: int | None = None, progress: _Progress = None
    ) -> _Floats: ...
    def totals(self, threads: int | None = None) -> tuple[float, float, float]: ...
