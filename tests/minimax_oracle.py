"""Worst cases by the linear program as it is stated, solved by HiGHS, and by enumeration."""

import numpy as np
from scipy.optimize import linprog

import reference
from unmask import Schedule

FUNCTIONALS = ("total_correlation", "dual_total_correlation", "max_information", "harmonic_mass")


def loads(n):
    """Functionals of the threshold ``1[j > m]``, ``m = 1..n-1``, one a row."""
    m = np.arange(1, n)
    columns = (n - m, m, np.ones(n - 1), m * (n - m) / n)
    return dict(zip(FUNCTIONALS, columns, strict=True))


def errors(sizes):
    """What a schedule pays for each threshold, by the definition of the expected KL."""
    n = sum(sizes)
    starts = np.cumsum([0, *sizes[:-1]])
    m = np.arange(1, n)
    # h_j = 1[j < m], so that a step from a costs its size if a < m; all in all m is needed.
    return (starts[None, :] < m[:, None]) @ np.array(sizes, dtype=float) - m


def worst_case(sizes, known):
    """The primal program: over heights of all thresholds."""
    n = sum(sizes)
    if n == 1:
        return 0.0
    rows = loads(n)
    solved = linprog(
        -errors(sizes),
        A_ub=np.array([rows[name] for name in known]),
        b_ub=np.array(list(known.values())),
        method="highs",
    )
    assert solved.status == 0
    return -solved.fun


def shortest(n, known, max_kl):
    """Fewest steps over all schedules."""
    within = (
        len(sizes)
        for sizes in sorted(reference.compositions(n), key=len)
        if worst_case(sizes, known) <= max_kl * (1 + 1e-9)
    )
    return next(within)


def longest_steps(n, multipliers):
    """The greedy schedule of these multipliers, one step at a time."""
    sizes, a = [], 0
    while a < n:
        m = a + 1
        paid = sum(
            y * load for y, load in zip(multipliers, (n - m, m, 1.0, m * (n - m) / n), strict=True)
        )
        sizes.append(min(1 + int(paid * (1 + 1e-12)), n - a))
        a += sizes[-1]
    return Schedule(sizes)
