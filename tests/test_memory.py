"""What does not fit in memory is refused by name, before anything is allocated."""

import subprocess
import sys

import numpy as np
import pytest

import unmask
from unmask.distributions import (
    Blocks,
    Dense,
    Exchangeable,
    HardCurve,
    HiddenMarkov,
    Ising,
    MarkovChain,
    Permutation,
    Repeated,
    ZeroSum,
)

HUGE = 10**12


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (lambda: Repeated(HUGE, 2), f"n: a law of {HUGE} tokens"),
        (lambda: ZeroSum(HUGE, 2), "n: a law"),
        (lambda: Permutation(HUGE), "n: a law"),
        (lambda: MarkovChain([0.5, 0.5], np.eye(2), 10**15), "n: a law"),
        (lambda: HiddenMarkov([1.0], [[1.0]], [[0.5, 0.5]], HUGE), "n: a law"),
        (lambda: Exchangeable.one_hot(HUGE), f"n: the counts of {HUGE} tokens"),
        (lambda: Exchangeable.balanced(HUGE), "n: the counts"),
        (lambda: Exchangeable.curie_weiss(HUGE, 1.0), f"n: the counts of 2 letters among {HUGE}"),
        (lambda: Exchangeable.polya_urn([1.0] * 9, 10**4), "n: the counts of 9 letters"),
        (lambda: Exchangeable.iid_mixture([1.0], [0.5], HUGE), "n: the counts"),
        (lambda: HardCurve(HUGE, 1e-2), "n: a curve"),
        (lambda: Blocks([Repeated(10**6, 2)] * 10**6), "blocks: their tokens"),
        (lambda: Ising(np.zeros((60, 60))), "couplings: the table"),
        (lambda: Dense([0.5, 0.5]).sample(10**14), f"size: a sample of {10**14} sequences"),
        (lambda: Repeated(3, 2).sample(10**15), "size: a sample"),
        (lambda: unmask.schedules.uniform(10**13, HUGE), f"steps: a schedule of {HUGE} steps"),
        (lambda: unmask.schedules.cosine(10**13, HUGE), "steps: a schedule"),
    ],
)
def test_names_what_is_too_large(make, name):
    with pytest.raises(MemoryError, match=rf"^{name}.* needs .* GiB of memory and .* available"):
        make()


def test_answers():
    law = Permutation(10**6)
    x = np.arange(10**6)
    with pytest.raises(MemoryError, match=r"x: an answer of shape \(1, 1000000, 1000000\) needs"):
        law.conditional_marginals(x, x > 0)


LIMITED = """
import resource, numpy as np, unmask
from unmask import _core
from unmask.distributions import Blocks, HardCurve, MarkovChain, Permutation, ReedSolomon, Repeated

law, matrix = np.array([0.25, 0.75]), np.array([[0.625, 0.375], [0.125, 0.875]])
counts, part = np.full(20_000_001, 1 / 20_000_001), np.zeros(20)
calls = [
    lambda: unmask.information_curve(MarkovChain(law, matrix, 40_000_000)),
    lambda: unmask.information_curve(Permutation(40_000_000), method="sampled"),
    lambda: unmask.information_curve(Blocks([Repeated(20, 2)] * 2_000_000)),
    lambda: Repeated(40_000_000, 2).entropy(),
    lambda: ReedSolomon(200_000_000, 1, 2**31 - 1),
    lambda: HardCurve(40_000_000, 0.01),
    lambda: _core.markov_curve(law, matrix, 40_000_000, True),
    lambda: _core.markov_curve(law, matrix, 4_000_000, False),
    lambda: _core.exchangeable_curve(counts),
    lambda: _core.blocks_curve([(2_000_000, part, part)]),
]
_, hard = resource.getrlimit(resource.RLIMIT_AS)
pages = int(open("/proc/self/statm").read().split()[0])
resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + 2_000_000_000, hard))
for call in calls:
    try:
        call()
        print("nothing")
    except MemoryError as error:
        print(str(error).split(" needs ")[0])
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="asks Linux for the limit")
def test_a_limit_of_the_process_counts():
    done = subprocess.run(
        [sys.executable, "-c", LIMITED], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "distribution: a curve of 40000000 tokens",
        "distribution: a curve of 40000000 tokens",
        "distribution: a curve of 40000000 tokens",
        "distribution: a curve of 40000000 tokens",
        "n: a law of 200000000 tokens",
        "n: a curve of 40000000 tokens",
        "n: the curve of this Markov chain",
        "n: the curve of this Markov chain",
        "count_pmf: the curve of these counts",
        "blocks: their common curve",
    ]
