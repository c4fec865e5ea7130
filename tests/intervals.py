"""What intervals are held to, and the laws whose curves are estimated for it."""

import numpy as np
from scipy import stats

from unmask.distributions import BayesianNetwork, HiddenMarkov


def hidden_markov():
    return HiddenMarkov([0.5, 0.5], [[0.9, 0.1], [0.1, 0.9]], [[0.95, 0.05], [0.05, 0.95]], 12)


def network():
    generator = np.random.default_rng(1)
    parents = [sorted(generator.choice(i, min(i, 2), replace=False)) for i in range(10)]
    tables = [generator.dirichlet(np.full(3, 0.4), size=(3,) * len(p)) for p in parents]
    return BayesianNetwork([[int(i) for i in p] for p in parents], tables)


LAWS = {"hidden Markov": hidden_markov, "network": network}


def covers(curve, exact, confidence=0.95):
    """Which losses lie in their interval, but for rounding."""
    low, high = curve.interval(confidence)
    return (low - 1e-9 <= exact) & (exact <= high + 1e-9)


def assert_covers(held, level):
    """Hold intervals to their stated level, to within what as many repetitions can tell.

    ``held`` is of shape (repetitions, losses). Losses of one repetition depend on each other: what
    counts for the mean over all is how the share held varies between repetitions. For each loss by
    itself it is the binomial error, with the level of three standard errors shared out among them
    (Bonferroni).
    """
    repetitions, losses = held.shape
    shares = held.mean(axis=1)
    assert shares.mean() >= level - 3 * shares.std(ddof=1) / np.sqrt(repetitions)
    width = stats.norm.isf(stats.norm.sf(3) / losses)
    error = np.sqrt(level * (1 - level) / repetitions)
    assert held.mean(axis=0).min() >= level - width * error
