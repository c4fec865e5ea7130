"""Samplers by definition: every choice, every order and every draw, one after the other."""

import math
from itertools import combinations, permutations, product

import numpy as np

from reference import conditional_marginal
from unmask.samplers import EntropySum, SampledTopK
from unmask.samplers._policies._arguments import counts_by_revealed
from unmask.samplers._policies._marginals import (
    entropies,
    in_units,
    joint_law,
)
from unmask.samplers._policies._marginals import tempered as tempered_marginals

DIGITS = 10


def entropy(row):
    return sum(-p * math.log(p) for p in row if p > 0)


def tempered(row, temperature):
    if temperature == 0:
        best = next(c for c, p in enumerate(row) if p > max(row) - 1e-12)
        return [float(c == best) for c in range(len(row))]
    powers = [p ** (1 / temperature) for p in row]
    return [p / sum(powers) for p in powers]


def by_score(rows, score):
    """Masked tokens, the surest first, ties by position."""
    return sorted(rows, key=lambda i: (-round(score(rows[i]), DIGITS), i))


def margin(row):
    first, *others = sorted(row, reverse=True)
    return first - (others[0] if others else 0)


SCORES = {"confidence": max, "margin": margin, "entropy": lambda row: -entropy(row)}


def top_k(k, score="confidence"):
    return lambda rows, n: by_score(rows, SCORES[score])[:k]


def threshold(tau):
    def choose(rows, n):
        sure = [i for i in rows if round(max(rows[i]), DIGITS) >= tau]
        return sure or by_score(rows, max)[:1]

    return choose


def factor(f):
    def choose(rows, n):
        order, best = by_score(rows, max), 1
        for m in range(1, len(order) + 1):
            if round((m + 1) * (1 - max(rows[order[m - 1]])), DIGITS) < f:
                best = max(best, m)
        return order[:best]

    return choose


def entropy_bound(gamma):
    def choose(rows, n):
        order, best = by_score(rows, SCORES["entropy"]), 1
        for m in range(1, len(order) + 1):
            each = [entropy(rows[i]) for i in order[:m]]
            if round(sum(each) - max(each), DIGITS) <= gamma:
                best = m
        return order[:best]

    return choose


def drawn(choose):
    """All outcomes of a call of a deterministic policy: pairs of letters by token, probability."""

    def outcomes(rows, draws, n):
        chosen = choose(rows, n)
        for letters in product(*(range(len(rows[i])) for i in chosen)):
            p = math.prod(draws[i][c] for i, c in zip(chosen, letters, strict=True))
            yield dict(zip(chosen, letters, strict=True)), p

    return outcomes


def entropy_sum(budget):
    def outcomes(rows, draws, n):
        orders = list(permutations(rows))
        for order in orders:
            chosen, total = [], 0.0
            while len(chosen) < len(order) and round(total, DIGITS) <= budget:
                chosen.append(order[len(chosen)])
                total += entropy(rows[chosen[-1]])
            for found, p in drawn(lambda rows, n, chosen=chosen: chosen)(rows, draws, n):
                yield found, p / len(orders)

    return outcomes


def sampled_top_k(k):
    def outcomes(rows, draws, n):
        masked = list(rows)
        for letters in product(*(range(len(rows[i])) for i in masked)):
            code = dict(zip(masked, letters, strict=True))
            p = math.prod(draws[i][c] for i, c in code.items())
            kept = sorted(masked, key=lambda i: (-round(rows[i][code[i]], DIGITS), i))[:k]
            yield {i: code[i] for i in kept}, p

    return outcomes


def law(pmf, outcomes, temperature=1.0):
    """Output law and probabilities of 0..n calls, branch by branch."""
    n = pmf.ndim
    result, calls = np.zeros(pmf.shape), np.zeros(n + 1)

    def go_on(x, count, weight):
        if None not in x:
            result[tuple(x)] += weight
            calls[count] += weight
            return
        mask = [letter is None for letter in x]
        rows = {}
        for i in range(n):
            if mask[i]:
                row = conditional_marginal(pmf, x, mask, i)
                rows[i] = [1 / pmf.shape[i]] * pmf.shape[i] if row is None else row.tolist()
        draws = {i: tempered(row, temperature) for i, row in rows.items()}
        for found, p in outcomes(rows, draws, n):
            if p > 0:
                go_on([found.get(i, letter) for i, letter in enumerate(x)], count + 1, weight * p)

    go_on([None] * n, 0, 1.0)
    return result, calls


class EnumeratedEntropySum(EntropySum):
    """The same with all branches of many states at once, as `enumerated_law` asks for them."""

    def _branches(self, marginals, mask, sizes):
        masked, limit = np.flatnonzero(mask).tolist(), in_units(self.budget)
        entropy, m = entropies(marginals), len(masked)
        for size in range(1, m + 1):
            # Of all orders, the share that starts with these tokens and this one of them last.
            share = 1.0 / (size * math.comb(m, size))
            for tokens in combinations(masked, size):
                each = entropy[:, tokens]
                total = each.sum(axis=1)
                last = (total[:, None] - each <= limit).sum(axis=1) * share
                chance = np.where(total > limit, last, 1.0 if size == m else 0.0)
                rows = np.flatnonzero(chance)
                if len(rows):
                    joint = joint_law(marginals[rows], tokens, sizes, self.temperature)
                    yield rows, tokens, chance[rows, None] * joint


class EnumeratedSampledTopK(SampledTopK):
    """The same with all branches of many states at once, as `enumerated_law` asks for them."""

    def _branches(self, marginals, mask, sizes):
        n, masked = len(mask), np.flatnonzero(mask).tolist()
        count = min(int(counts_by_revealed(self.top_k, n)[n - len(masked)]), len(masked))
        draws = tempered_marginals(marginals, self.temperature)
        # No two draws are equally sure: the lower position is before the other.
        ranks = in_units(marginals) * n + np.arange(n)[::-1, None]
        everything = np.arange(len(marginals))
        for tokens in combinations(masked, count):
            joint = joint_law(marginals, tokens, sizes, self.temperature)
            letters = np.indices([sizes[i] for i in tokens]).reshape(count, -1)
            least = ranks[:, np.array(tokens)[:, None], letters].min(axis=1)
            for j in set(masked).difference(tokens):
                later = ranks[:, j, None, : sizes[j]] < least[..., None]
                joint = joint * (later * draws[:, j, None, : sizes[j]]).sum(axis=2)
            yield everything, tokens, joint
