"""The engine against NumPy, dit and pyagrum: ratios taken within one run, minimum of several."""

import subprocess
import sys
import time

import numpy as np
import pytest
from numpy_twin import subset_entropies, total_correlations
from timing import fastest

import unmask
from unmask import _core
from unmask.distributions import Dense, Empirical


def table(n: int, q: int = 2) -> np.ndarray:
    pmf = np.random.default_rng(n).random((q,) * n) + 1e-3
    return pmf / pmf.sum()


def compare(benchmark, ours, theirs, *, rounds=5, their_rounds=3):
    """Time `ours` with the fixture, and keep how many times longer `theirs` takes."""
    their_time = fastest(theirs, their_rounds)
    our_time = fastest(ours, rounds)
    benchmark.extra_info["theirs"] = their_time
    benchmark.extra_info["times faster"] = round(their_time / our_time, 2)
    print(f"\nours {our_time:.4g} s, theirs {their_time:.4g} s: {their_time / our_time:.2f}x")
    benchmark.pedantic(ours, rounds=1)


@pytest.mark.parametrize("threads", [1, 2])
def test_all_subsets_against_numpy(benchmark, threads):
    """Wanted at n = 20: at least 6 times faster on one thread, 8 on two."""
    law = Dense(table(20))
    np.testing.assert_allclose(
        Dense(table(9)).subset_entropies(), subset_entropies(table(9), 2), rtol=0, atol=1e-12
    )
    compare(
        benchmark,
        lambda: law.subset_entropies(threads=threads),
        lambda: subset_entropies(law.pmf, threads),
        their_rounds=2,
    )


def test_all_subsets_against_dit(benchmark):
    dit = pytest.importorskip("dit")
    n = 12
    law = Dense(table(n))
    outcomes = ["".join(map(str, x)) for x in np.ndindex(*law.pmf.shape)]
    other = dit.Distribution(outcomes, law.pmf.ravel())
    subsets = [[i for i in range(n) if s >> i & 1] for s in range(1, 2**n)]

    def theirs():
        return [dit.shannon.entropy(other, subset) for subset in subsets]

    compare(benchmark, lambda: law.subset_entropies(threads=1), theirs, their_rounds=1)


def test_all_subsets_against_pyagrum(benchmark):
    gum = pytest.importorskip("pyagrum")
    n = 12
    law = Dense(table(n))
    tensor = gum.Tensor()
    for i in range(n):
        tensor.add(gum.LabelizedVariable(f"x{i}", "", 2))
    tensor.fillWith(law.pmf.ravel().tolist())
    subsets = [[f"x{i}" for i in range(n) if s >> i & 1] for s in range(1, 2**n)]

    def theirs():
        return [tensor.sumIn(names).entropy() for names in subsets]

    compare(benchmark, lambda: law.subset_entropies(threads=1), theirs, their_rounds=1)


@pytest.mark.parametrize("n", [20, 24])
def test_total_correlations_against_numpy(benchmark, n):
    """Wanted at n = 20: at least 15 times faster."""
    law = Dense(table(n))
    compare(
        benchmark,
        lambda: _core.table_totals(law.pmf),
        lambda: total_correlations(law.pmf),
        rounds=20,
        their_rounds=3 if n == 20 else 1,
    )


@pytest.mark.parametrize("n", [20, 22])
def test_second_core(benchmark, n):
    """Wanted where two cores are free: at least 1.8 times faster."""
    law = Dense(table(n))
    compare(
        benchmark,
        lambda: unmask.information_curve(law, threads=2),
        lambda: unmask.information_curve(law, threads=1),
        rounds=3,
    )


def test_atoms_against_table(benchmark):
    """1,797 samples of 24 binary pixels; wanted: at least 3 times faster than the table."""
    datasets = pytest.importorskip("sklearn.datasets")
    pixels = datasets.load_digits().data > 7
    busiest = np.argsort(pixels.var(axis=0))[-24:]
    law = Empirical(pixels[:, np.sort(busiest)].astype(int))
    part = Empirical(law.atoms[:, :20], law.weights)
    dense = part.to_dense()
    start = time.perf_counter()
    _core.table_curve(dense.pmf + 1e-300)
    # 3^4 times the work of twenty pixels.
    predicted = 81 * (time.perf_counter() - start)
    ours = fastest(lambda: unmask.information_curve(law), 1)
    print(f"\natoms {ours:.3g} s, table {predicted:.3g} s: {predicted / ours:.2f}x")
    benchmark.extra_info["times faster"] = round(predicted / ours, 2)
    benchmark.pedantic(lambda: unmask.information_curve(part), rounds=1)


def test_two_atoms_over_forty_tokens(benchmark):
    law = Empirical(np.repeat([[0], [1]], 40, axis=1), [0.5, 0.5])
    benchmark(unmask.information_curve, law)


def test_small_table_overhead(benchmark):
    """Wanted: under 50 microseconds."""
    law = Dense(np.full((2, 2, 2), 1 / 8))
    benchmark(unmask.information_curve, law)


def test_import(benchmark):
    """Wanted: under 150 ms, with NumPy and what the interpreter itself takes."""
    command = [sys.executable, "-c", "import unmask"]
    benchmark.pedantic(lambda: subprocess.run(command, check=True), rounds=5, warmup_rounds=1)


def test_optimal_schedule_of_a_million_tokens(benchmark):
    """Wanted: 1,000 steps within a second."""
    n = 10**6
    h = np.log(n - np.arange(n))
    curve = unmask.InformationCurve.from_conditional_entropies(h)
    benchmark.pedantic(lambda: unmask.schedules.optimal(curve, steps=1000), rounds=3)


def test_frontier_of_a_hundred_thousand_tokens(benchmark):
    """Wanted: every number of steps up to 64 in about 0.1 s."""
    n = 10**5
    curve = unmask.InformationCurve.from_conditional_entropies(np.log(n - np.arange(n)))
    benchmark.pedantic(lambda: unmask.schedules.frontier(curve, 64), rounds=3)
