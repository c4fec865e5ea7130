"""How well curves of models are estimated, over many repetitions, and what it costs.

What is measured is printed, and in ``extra_info``: ``pytest --benchmark-enable -s``.
"""

import time

import numpy as np
import pytest

from intervals import LAWS
from unmask import information_curve, schedules
from unmask.estimation import CurveAccumulator, estimate_curve, gain

REPETITIONS = 500


@pytest.mark.parametrize("batch", [1, 32])
@pytest.mark.parametrize("law", LAWS)
def test_regret(benchmark, law, batch):
    """Excess of the schedule chosen above the least, at 300 calls of a batch.

    Chosen by the losses as they are, by their entropies, and by both smoothed, as `recommend` does.
    """
    law = LAWS[law]()
    exact = information_curve(law)
    data = law.sample(300 * batch, seed=0)

    def study():
        lost = {}
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
            losses, entropies = gathered.curve(), gathered.curve(calibrated=True)
            curves = {
                "losses": losses,
                "entropies": entropies,
                "losses, smoothed": losses.smoothed,
                "entropies, smoothed": entropies.smoothed,
            }
            for name, curve in curves.items():
                for steps in (2, 3, 4, 6):
                    best = exact.expected_kl(schedules.optimal(exact, steps=steps))
                    chosen = schedules.optimal(curve, steps=steps)
                    lost.setdefault(name, []).append(exact.expected_kl(chosen) / best - 1)
        return {name: float(np.mean(found)) for name, found in lost.items()}

    found = benchmark.pedantic(study, rounds=1)
    benchmark.extra_info |= found
    print("\nexcess too large by", ", ".join(f"{v:.2%} by {name}" for name, v in found.items()))
    if batch > 1:
        assert found["losses, smoothed"] < 0.02


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
