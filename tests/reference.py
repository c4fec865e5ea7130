"""The definitions, by brute force over small tables. Nothing here is from the package."""

from itertools import combinations, pairwise, permutations, product

import numpy as np


def entropy(pmf):
    p = np.asarray(pmf, dtype=float).ravel()
    p = p[p > 0]
    return float(-(p * np.log(p)).sum())


def marginal(pmf, kept):
    """Marginal on the tokens `kept`, with the axes of the others kept at length one."""
    return pmf.sum(axis=tuple(i for i in range(pmf.ndim) if i not in kept), keepdims=True)


def subset_entropies(pmf):
    n = pmf.ndim
    subsets = ([i for i in range(n) if mask >> i & 1] for mask in range(2**n))
    return np.array([entropy(marginal(pmf, kept)) for kept in subsets])


def mean_over_subsets(n, f):
    """Mean of f(subset) over the subsets of each size 0..n."""
    return np.array([np.mean([f(s) for s in combinations(range(n), j)]) for j in range(n + 1)])


def mean_entropies(pmf):
    return mean_over_subsets(pmf.ndim, lambda kept: entropy(marginal(pmf, kept)))


def totals(pmf):
    """Total correlation and dual total correlation."""
    n, joint = pmf.ndim, entropy(pmf)
    rests = [[j for j in range(n) if j != i] for i in range(n)]
    total = sum(entropy(marginal(pmf, [i])) for i in range(n)) - joint
    return total, joint - sum(joint - entropy(marginal(pmf, rest)) for rest in rests)


def ordered_partitions(sizes):
    """All ordered partitions of range(sum(sizes)) into blocks of these sizes, each once."""
    cuts = np.cumsum([0, *sizes])
    for order in permutations(range(cuts[-1])):
        blocks = [order[a:b] for a, b in pairwise(cuts)]
        if all(tuple(sorted(block)) == block for block in blocks):
            yield blocks


def partition_kl(pmf, blocks):
    """KL(mu || nu) of the sampler that draws the blocks one after the other, from both laws."""
    with np.errstate(divide="ignore", invalid="ignore"):
        law, known = np.zeros(pmf.shape), []
        for block in blocks:
            for i in block:
                law = law + np.log(marginal(pmf, [*known, i])) - np.log(marginal(pmf, known))
            known += block
        terms = np.where(pmf > 0, pmf * (np.log(pmf) - law), 0.0)
    return float(terms.sum())


def expected_kl(pmf, sizes):
    return float(np.mean([partition_kl(pmf, blocks) for blocks in ordered_partitions(sizes)]))


def conditional_marginal(pmf, x, mask, i):
    """Law of masked token `i` given the revealed tokens of `x`; None if they are impossible."""
    weights = np.zeros(pmf.shape[i])
    for cell in product(*map(range, pmf.shape)):
        if all(mask[j] or cell[j] == x[j] for j in range(pmf.ndim)):
            weights[cell[i]] += pmf[cell]
    return weights / weights.sum() if weights.sum() > 0 else None


def output_law(pmf, weighted_partitions):
    """Law of the sampler that draws an ordered partition, each with its weight; plain Python.

    Blocks may be empty. Impossible evidence is answered uniformly.
    """
    n, answers = pmf.ndim, {}

    def answer(known, x, i):
        key = (*sorted((j, x[j]) for j in known), i)
        if key not in answers:
            mask = [j not in known for j in range(n)]
            law = conditional_marginal(pmf, x, mask, i)
            answers[key] = np.full(pmf.shape[i], 1 / pmf.shape[i]) if law is None else law
        return answers[key]

    law = np.zeros(pmf.shape)
    for weight, blocks in weighted_partitions:
        for x in product(*map(range, pmf.shape)):
            p, known = weight, []
            for block in blocks:
                for i in block:
                    p *= answer(known, x, i)[x[i]]
                known = [*known, *block]
            law[x] += p
    return law


def weighted_by_sizes(sizes):
    """Ordered partitions into blocks of these sizes, equally likely."""
    partitions = list(ordered_partitions(sizes))
    return [(1 / len(partitions), blocks) for blocks in partitions]


def weighted_by_levels(n, levels):
    """Each token, independently, is in block t with probability levels[t] - levels[t - 1]."""
    rises = np.diff([0.0, *levels])
    for steps in product(range(len(rises)), repeat=n):
        blocks = [[i for i in range(n) if steps[i] == t] for t in range(len(rises))]
        yield float(np.prod(rises[list(steps)])), blocks


def compositions(n):
    """All schedules of n tokens."""
    for ends in product([False, True], repeat=n - 1):
        cuts = [0, *(i + 1 for i, end in enumerate(ends) if end), n]
        yield [b - a for a, b in pairwise(cuts)]


def excess(h, sizes):
    """sum_t s_t h_{N_{t-1}} - sum_j h_j"""
    starts = np.cumsum([0, *sizes[:-1]])
    return float(sum(s * h[a] for s, a in zip(sizes, starts, strict=True)) - sum(h))


def counts(samples, kept):
    """Counts of the distinct patterns on the columns `kept`."""
    patterns = {}
    for row in np.asarray(samples)[:, list(kept)].tolist():
        patterns[tuple(row)] = patterns.get(tuple(row), 0) + 1
    return np.array(list(patterns.values()), dtype=float)


def table(samples, weights, shape):
    pmf = np.zeros(shape)
    np.add.at(pmf, tuple(np.asarray(samples).T), weights)
    return pmf / pmf.sum()
