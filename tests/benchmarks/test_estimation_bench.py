"""How well curves of models are estimated, over many repetitions, and what it costs.

What is measured is printed, and in ``extra_info``: ``pytest --benchmark-enable -s``.
"""

import time

import numpy as np
import pytest

from unmask import information_curve, schedules
from unmask.distributions import BayesianNetwork, HiddenMarkov
from unmask.estimation import CurveAccumulator, estimate_curve, gain
from unmask.estimation._gain import t_quantile

REPETITIONS = 500
LEVEL = 0.95


def hidden_markov():
    return HiddenMarkov([0.5, 0.5], [[0.9, 0.1], [0.1, 0.9]], [[0.95, 0.05], [0.05, 0.95]], 12)


def network():
    generator = np.random.default_rng(1)
    parents = [sorted(generator.choice(i, min(i, 2), replace=False)) for i in range(10)]
    tables = [generator.dirichlet(np.full(3, 0.4), size=(3,) * len(p)) for p in parents]
    return BayesianNetwork([[int(i) for i in p] for p in parents], tables)


LAWS = {"hidden Markov": hidden_markov, "network": network}


@pytest.mark.parametrize("calibrated", [False, True])
@pytest.mark.parametrize("law", LAWS)
def test_coverage(benchmark, law, calibrated):
    """Share of the 95% intervals that hold the truth: losses, and a difference of schedules."""
    law = LAWS[law]()
    exact = information_curve(law)
    one = schedules.optimal(exact, steps=4)
    two = schedules.uniform(law.n, 4)
    truth = exact.expected_kl(two) - exact.expected_kl(one)

    def study():
        covered, differences, bias = [], [], []
        for s in range(REPETITIONS):
            data = law.sample(100, seed=10_000 + s)
            curve = estimate_curve(
                law, data, passes=300, batch_size=300, seed=s, calibrated=calibrated
            )
            width = t_quantile((1 + LEVEL) / 2, curve.sequences)
            covered.append(abs(curve.h - exact.h) <= width * curve.standard_errors + 1e-9)
            low, high = gain(curve, one, two).interval
            differences.append(low <= truth <= high)
            bias.append(curve.h - exact.h)
        error = np.std(bias, axis=0) / np.sqrt(REPETITIONS) + 1e-12
        return (
            float(np.mean(covered)),
            float(np.mean(differences)),
            float(np.max(abs(np.mean(bias, axis=0)) / error)),
        )

    losses, differences, bias = benchmark.pedantic(study, rounds=1)
    benchmark.extra_info |= {"losses": losses, "differences": differences, "bias in errors": bias}
    print(f"\ncoverage {losses:.3f} of losses, {differences:.3f} of a gain; bias {bias:.1f} errors")
    assert 0.92 <= losses <= 0.985
    assert 0.92 <= differences <= 0.985
    assert bias < 4


@pytest.mark.parametrize("batch", [1, 32])
@pytest.mark.parametrize("law", LAWS)
def test_regret(benchmark, law, batch):
    """Excess of the schedule chosen above the least, at 300 calls of a batch."""
    law = LAWS[law]()
    exact = information_curve(law)
    data = law.sample(300 * batch, seed=0)

    def study():
        lost = {False: [], True: []}
        for s in range(40):
            gathered = CurveAccumulator(law.n)
            passes = 300 * batch
            estimate_curve(
                law,
                data,
                passes=passes,
                batch_size=300,
                seed=s,
                counts=range(law.n),
                resume=gathered,
            )
            for calibrated, found in lost.items():
                curve = gathered.curve(calibrated=calibrated)
                for steps in (2, 3, 4, 6):
                    best = exact.expected_kl(schedules.optimal(exact, steps=steps))
                    chosen = schedules.optimal(curve, steps=steps)
                    found.append(exact.expected_kl(chosen) / best - 1)
        return {calibrated: float(np.mean(found)) for calibrated, found in lost.items()}

    found = benchmark.pedantic(study, rounds=1)
    benchmark.extra_info |= {"losses": found[False], "entropies": found[True]}
    print(f"\nexcess too large by {found[False]:.2%} by losses, {found[True]:.2%} by entropies")


@pytest.mark.parametrize("law", LAWS)
def test_nested_against_independent(benchmark, law):
    """Variance of the gain of the best schedule over uniform, by that of independent draws."""
    law = LAWS[law]()
    exact = information_curve(law)
    n, passes = law.n, 300 // law.n * law.n

    def study():
        pairs = [
            (schedules.optimal(exact, steps=steps), schedules.uniform(n, steps))
            for steps in (2, 3, 4)
        ]
        found = np.zeros((REPETITIONS, 2, len(pairs)))
        for s in range(REPETITIONS):
            x = law.sample(passes, seed=s)
            nested = estimate_curve(
                law, x, passes=passes, batch_size=passes, seed=s, counts=range(n)
            )
            ranks = np.random.default_rng(s).permuted(np.tile(np.arange(n), (passes, 1)), axis=1)
            mask = ranks >= np.tile(np.arange(n), passes // n)[:, None]
            gathered = CurveAccumulator(n)
            with np.errstate(divide="ignore"):
                gathered.update(x, mask, np.log(law.conditional_marginals(x, mask)))
            for kind, curve in enumerate((nested, gathered.curve())):
                found[s, kind] = [gain(curve, one, two).total for one, two in pairs]
        variances = found.var(axis=0)
        return (variances[1] / variances[0]).tolist()

    factors = benchmark.pedantic(study, rounds=1)
    benchmark.extra_info["factors"] = factors
    print(f"\npasses that nested sets save: {', '.join(f'{one:.1f}' for one in factors)} times")
    assert min(factors) >= 2


def test_overhead(benchmark):
    """Time of the accumulator by that of a transformer of 4 layers x 128 in numpy."""
    batch, n, width, letters = 16, 120, 128, 25
    generator = np.random.default_rng(0)
    weights = [generator.normal(size=(width, width)).astype(np.float32) / 11 for _ in range(12)]
    out = generator.normal(size=(width, letters)).astype(np.float32)
    start = generator.normal(size=(batch, n, width)).astype(np.float32)

    def forward():
        x = start
        for _layer in range(4):
            q, k, v, o, *mlp = (x @ w for w in weights)
            heads = np.exp(q @ k.transpose(0, 2, 1) / 128)
            x = heads / heads.sum(axis=-1, keepdims=True) @ v + o + sum(mlp)
            x = x / np.abs(x).max()
        return x @ out

    logits = forward()
    x = generator.integers(0, letters, size=(batch, n))
    mask = generator.random((batch, n)) < 0.5
    gathered = CurveAccumulator(n)

    def seconds(call):
        times = []
        for _ in range(20):
            begun = time.process_time()
            call()
            times.append(time.process_time() - begun)
        return min(times)

    model = seconds(forward)
    share = benchmark.pedantic(
        lambda: seconds(lambda: gathered.update(x, mask, logits)) / model, rounds=1
    )
    benchmark.extra_info["share"] = share
    print(f"\naccumulator: {share:.1%} of a forward pass")
