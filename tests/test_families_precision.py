"""Large families at chosen points against 50 digits.

The tolerance everywhere: 1e-12 of ``Z_n`` and a floor of 1e-13 nats.
"""

import functools
import math

import mpmath
import numpy as np
import pytest

import unmask
from unmask.distributions import (
    Blocks,
    Exchangeable,
    LinearCode,
    MarkovChain,
    Permutation,
    ReedSolomon,
    Repeated,
    ZeroSum,
)

mpmath.mp.dps = 50

RELATIVE, FLOOR = 1e-12, 1e-13


def assert_points(curve, points, want):
    for j in points:
        exact = want(j)
        assert abs(mpmath.mpf(curve.z[j]) - exact) <= RELATIVE * curve.z[-1] + FLOOR, j
        off = abs(mpmath.mpf(curve.h[j]) - (mpmath.mpf(curve.h[0]) - exact))
        assert off <= RELATIVE * curve.z[-1] + FLOOR, j


def points(n):
    return sorted({0, 1, 2, 10, n // 100, n // 3, n // 2, n - n // 100, n - 3, n - 2, n - 1})


def chain_information(pi, p, n, j, reach):
    """Z_{j+1} by the formula with both parts, from products of 50 digits."""
    q = len(pi)
    pi = [mpmath.mpf(x) for x in pi]
    p = mpmath.matrix(p)
    power, total = p.copy(), mpmath.mpf(0)
    for d in range(1, reach):
        info = sum(
            pi[a] * power[a, b] * mpmath.log(power[a, b] / pi[b])
            for a in range(q)
            for b in range(q)
            if power[a, b] > 0
        )
        weight = 2 * share(n - d - 1, j - 1, n - 1, j)
        weight -= (d - 1) * share(n - d - 1, j - 2, n - 1, j)
        total += (n - d) * info * weight
        power = power * p
    return total / n


def share(a, b, c, d):
    """C(a, b) / C(c, d)."""
    if b < 0 or b > a:
        return mpmath.mpf(0)
    log = mpmath.loggamma
    up = log(a + 1) - log(b + 1) - log(a - b + 1)
    return mpmath.exp(up - log(c + 1) + log(d + 1) + log(c - d + 1))


@pytest.mark.parametrize("n", [10**4, 10**6])
def test_stationary_chain(n):
    # Exactly invariant in binary.
    pi, p = [0.25, 0.75], [[0.625, 0.375], [0.125, 0.875]]
    curve = unmask.information_curve(MarkovChain(pi, p, n))
    assert curve.method == "polynomial"
    assert_points(curve, points(n), lambda j: chain_information(pi, p, n, j, 60) if j else 0)


@functools.cache
def pair_information(a, d):
    """Of tokens a and a + d of a binary chain that starts in state 0, and has settled at 160."""
    p = mpmath.matrix([["0.625", "0.375"], ["0.125", "0.875"]])
    start, end = ((mpmath.matrix([[1, 0]]) * p ** min(t, 160)).tolist()[0] for t in (a, a + d))
    steps = p**d
    cells = [(start[x] * steps[x, y], steps[x, y] / end[y]) for x in range(2) for y in range(2)]
    return sum(weight * mpmath.log(ratio) for weight, ratio in cells if weight > 0)


@pytest.mark.parametrize("n", [10**4, 10**6])
def test_chain_that_is_not_stationary(n):
    law = MarkovChain([1.0, 0.0], [[0.625, 0.375], [0.125, 0.875]], n)
    assert not law.is_stationary
    # Information falls by a factor of four a step, and marginals settle as fast.
    reach, settled = 40, 40
    sums = {
        d: sum(pair_information(a, d) for a in range(settled))
        + (n - d - settled) * pair_information(160, d)
        for d in range(1, reach)
    }

    def want(j):
        if j == 0:
            return mpmath.mpf(0)
        double = (
            (2 * share(n - d - 1, j - 1, n - 1, j) - (d - 1) * share(n - d - 1, j - 2, n - 1, j))
            for d in sums
        )
        return sum(total * weight for total, weight in zip(sums.values(), double, strict=True)) / n

    assert_points(unmask.information_curve(law), points(n), want)


STEPS = [[["0.625", "0.375"], ["0.125", "0.875"]], [["0.5", "0.5"], ["0.25", "0.75"]]]


def test_stack_of_matrices():
    # Two matrices in turn, from state 0: settled, but for the turns, after some tokens.
    n, reach, settled = 10**4, 44, 60
    stack = np.array([STEPS[t % 2] for t in range(n - 1)], dtype=float)
    curve = unmask.information_curve(MarkovChain([1.0, 0.0], stack, n))
    matrices = [mpmath.matrix(step) for step in STEPS]
    laws = [mpmath.matrix([[1, 0]])]
    for t in range(settled + reach + 2):
        laws.append(laws[-1] * matrices[t % 2])
    sums = [mpmath.mpf(0)] * reach
    for a in range(settled + 2):
        # Those behind come in turns.
        times = 1 if a < settled else None
        steps = mpmath.eye(2)
        for d in range(1, reach):
            steps = steps * matrices[(a + d - 1) % 2]
            cells = [
                (laws[a][x] * steps[x, y], steps[x, y] / laws[a + d][y])
                for x in range(2)
                for y in range(2)
            ]
            information = sum(p * mpmath.log(ratio) for p, ratio in cells if p > 0)
            sums[d] += information * (times or (n - 1 - d - a) // 2 + 1)

    def want(j):
        if j == 0:
            return mpmath.mpf(0)
        weights = [
            2 * share(n - d - 1, j - 1, n - 1, j) - (d - 1) * share(n - d - 1, j - 2, n - 1, j)
            for d in range(1, reach)
        ]
        return sum(s * w for s, w in zip(sums[1:], weights, strict=True)) / n

    assert_points(curve, points(n), want)


@pytest.mark.parametrize("n", [10**4, 10**6])
def test_slow_chain_whose_curve_is_known(n):
    # A chain that never forgets is a repeated token, whatever the route.
    curve = unmask.information_curve(MarkovChain([0.25] * 4, np.eye(4), n))
    assert_points(curve, points(n), lambda j: mpmath.log(4) if j else 0)


def hypergeometric_entropy(n, ones, j):
    """Mean entropy of the next token of a uniform string with so many ones, j revealed."""
    total = mpmath.mpf(0)
    spread = 12 * math.sqrt(j * ones * (n - ones) * max(n - j, 1)) / n**1.5 + 30
    middle = j * ones / n
    low = max(0, j + ones - n, int(middle - spread))
    high = min(j, ones, int(middle + spread) + 1)
    log = mpmath.loggamma

    def choose(a, b):
        return log(a + 1) - log(b + 1) - log(a - b + 1)

    weight = mpmath.exp(choose(ones, low) + choose(n - ones, j - low) - choose(n, j))
    for c in range(low, high + 1):
        p = mpmath.mpf(ones - c) / (n - j)
        if 0 < p < 1:
            total -= weight * (p * mpmath.log(p) + (1 - p) * mpmath.log(1 - p))
        if c < high:
            weight *= mpmath.mpf((ones - c) * (j - c))
            weight /= (c + 1) * (n - ones - j + c + 1)
    return total


@pytest.mark.parametrize(("n", "ones"), [(10**4, 5000), (10**4, 37), (10**5, 40_000)])
def test_fixed_number_of_ones(n, ones):
    pmf = np.zeros(n + 1)
    pmf[ones] = 1.0
    curve = unmask.information_curve(Exchangeable(pmf))
    first = hypergeometric_entropy(n, ones, 0)
    assert_points(curve, points(n), lambda j: first - hypergeometric_entropy(n, ones, j))


def test_urn():
    # Laplace's rule: after c ones of j, the next is a one with probability (c+1)/(j+2).
    n = 10**4
    curve = unmask.information_curve(Exchangeable.polya_urn([1, 1], n))

    def h(j):
        total = mpmath.mpf(0)
        for c in range(j + 1):
            p = mpmath.mpf(c + 1) / (j + 2)
            total -= p * mpmath.log(p) + (1 - p) * mpmath.log(1 - p)
        return total / (j + 1)

    assert_points(curve, points(n), lambda j: h(0) - h(j))


def test_two_coins():
    weights, probs, n = [0.375, 0.625], [0.25, 0.75], 10**4
    curve = unmask.information_curve(Exchangeable.iid_mixture(weights, probs, n))

    coins = np.array([mpmath.mpf(p) for p in probs], dtype=object)

    def h(j):
        likelihoods, total = np.array(weights) * (1 - coins) ** j, mpmath.mpf(0)
        for c in range(j + 1):
            mass = likelihoods.sum()
            one = (likelihoods * coins).sum() / mass
            total -= mass * (one * mpmath.log(one) + (1 - one) * mpmath.log(1 - one))
            likelihoods = likelihoods * coins / (1 - coins) * (j - c) / (c + 1)
        return total

    assert_points(curve, [0, 1, 100, n // 2, n - 2, n - 1], lambda j: h(0) - h(j))


def test_urn_of_three_colours():
    balls, n = [1, 2, 0.5], 600
    curve = unmask.information_curve(Exchangeable.polya_urn(balls, n))

    def h(j):
        # A colour against the others is a beta-binomial law.
        total, all_balls = mpmath.mpf(0), mpmath.mpf(sum(balls))
        for a in map(mpmath.mpf, balls):
            b = all_balls - a
            weight = mpmath.beta(a, b + j) / mpmath.beta(a, b)
            for c in range(j + 1):
                p = (a + c) / (all_balls + j)
                total -= weight * p * mpmath.log(p)
                weight *= (j - c) * (a + c) / ((c + 1) * (b + j - c - 1))
        return total

    assert_points(curve, points(n), lambda j: h(0) - h(j))


def test_independent_coins_are_a_plateau():
    curve = unmask.information_curve(Exchangeable.iid_mixture([1.0], [0.3], 10**4))
    assert curve.total_correlation == 0.0
    assert curve.h[0] == pytest.approx(-0.3 * math.log(0.3) - 0.7 * math.log(0.7), rel=1e-13)


@pytest.mark.parametrize("n", [10**4, 10**6])
def test_closed_forms(n):
    permutation = unmask.information_curve(Permutation(n))
    logs = lambda j: mpmath.log(n) - mpmath.log(n - j)  # noqa: E731
    assert_points(permutation, points(n), logs)
    entropy = mpmath.loggamma(n + 1)
    assert abs(permutation.entropy - entropy) <= 1e-15 * entropy
    for law, first in ((Repeated(n, 5), 1), (ZeroSum(n, 5), n - 1)):
        curve = unmask.information_curve(law)
        assert_points(curve, points(n), lambda j, first=first: mpmath.log(5) * (j >= first))


@pytest.mark.parametrize("n", [10**4, 10**6])
def test_reed_solomon(n):
    q = {10**4: 10007, 10**6: 1_000_003}[n]
    for k in (1, n // 3, n):
        curve = unmask.information_curve(ReedSolomon(n, k, q))
        around = sorted({*points(n), k - 1, min(k, n - 1)})
        assert_points(curve, around, lambda j, k=k: mpmath.log(q) * (j >= k))
        assert abs(curve.entropy - k * mpmath.log(q)) <= 1e-15 * curve.entropy


def repeated_information(n, size, q, j):
    """Of a token of a repeated letter: some of its others is revealed, or none."""
    return mpmath.log(q) * (1 - share(n - size, j, n - 1, j))


def zero_sum_information(n, size, q, j):
    """Of a token of a sum: all of its others are revealed, or not."""
    return mpmath.log(q) * share(n - size, j - size + 1, n - 1, j)


def test_linear_code():
    # Three letters, each written forty times; and one check of four columns beside free ones.
    n = 120
    repeated = unmask.information_curve(LinearCode(np.kron(np.eye(3, dtype=int), [1] * 40), 5))
    assert_points(repeated, range(n), lambda j: repeated_information(n, 40, 5, j))
    generator = np.eye(n, dtype=int)[:-1]
    generator[:3, -1] = 1
    check = unmask.information_curve(LinearCode(generator, 2))
    want = lambda j: zero_sum_information(n, 4, 2, j) * 4 / n  # noqa: E731
    assert_points(check, range(n), want)


def test_large_blocks():
    n, size = 10**5, 10**4
    curve = unmask.information_curve(Blocks([Repeated(size, 2)] * (n // size)))
    assert_points(curve, points(n), lambda j: repeated_information(n, size, 2, j))


@pytest.mark.parametrize("n", [10**4, 10**6])
def test_blocks_of_several_kinds(n):
    chain = MarkovChain([0.25, 0.75], [[0.625, 0.375], [0.125, 0.875]], 20)
    counts = {Repeated(50, 3): n // 200, ZeroSum(10, 2): n // 40, chain: n // 40}
    law = Blocks([block for block, count in counts.items() for _ in range(count)])
    assert law.n == n
    within = [chain_information(chain.initial, chain.transition, 20, m, 20) for m in range(1, 20)]

    def want(j):
        of_chain = sum(
            mpmath.binomial(19, m) * share(n - 20, j - m, n - 1, j) * z
            for m, z in enumerate(within, start=1)
        )
        return (
            repeated_information(n, 50, 3, j) / 4
            + zero_sum_information(n, 10, 2, j) / 4
            + of_chain / 2
        )

    assert_points(unmask.information_curve(law), points(n), want)
