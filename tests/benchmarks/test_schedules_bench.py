"""Schedules for what is known: milliseconds for a hundred thousand tokens."""

import numpy as np

from unmask import InformationCurve, schedules
from unmask.bounds import worst_case_kl


def test_minimax_with_two_bounds(benchmark, sized):
    n = sized(100_000, 1000)
    known = {"total_correlation": 100.0, "dual_total_correlation": 50.0}
    schedule = benchmark(schedules.minimax, n, max_kl=1.0, **known)
    assert schedule.proven


def test_minimax_in_so_many_steps(benchmark, sized):
    n = sized(100_000, 1000)
    known = {"total_correlation": 100.0, "dual_total_correlation": 50.0}
    schedule = benchmark(schedules.minimax, n, steps=sized(1000, 50), **known)
    assert schedule.proven


def test_worst_case(benchmark, sized):
    n = sized(100_000, 1000)
    schedule = schedules.cosine(n, n // 3)
    worst = benchmark(worst_case_kl, schedule, total_correlation=100.0, dual_total_correlation=50.0)
    assert worst > 0


def test_optimal_levels(benchmark, sized):
    n = sized(4096, 128)
    curve = InformationCurve.from_conditional_entropies(np.log(n - np.arange(n)))
    levels = benchmark(schedules.optimal_levels, curve, sized(64, 8))
    assert levels.nfe == sized(64, 8)


def test_integer_steps(benchmark, sized):
    n = sized(100_000, 1000)
    curve = InformationCurve.from_conditional_entropies(np.log(n - np.arange(n)))
    assert benchmark(schedules.integer_steps, curve, n // 2).nfe <= n // 2
