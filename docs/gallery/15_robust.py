r"""
A schedule from an estimated curve
==================================

The best schedule for an estimate looks better than it is: it was chosen where the estimate errs in
its favour. Let all points of the curve, and their sum, lie within :math:`c` standard errors of the
estimate at once, with probability :math:`1 - \alpha`. Then *every* schedule costs at most

.. math:: \sum_t \Big( (s_t - 1) u_{N_{t-1}} - \sum_{j = N_{t-1}+1}^{N_t - 1} l_j \Big),

with :math:`l, u` the ends of the band, and so does the one that is chosen by looking at it. The
robust schedule has the smallest such bound.
"""

from matplotlib import pyplot as plt

import unmask
from unmask import plot, schedules

# %%
# A curve from twenty sequences at each subset size, and what is promised with eight steps.
chain = unmask.distributions.MarkovChain([0.5, 0.5], [[0.9, 0.1], [0.1, 0.9]], 32)
exact = unmask.information_curve(chain)
sampled = unmask.information_curve(chain, method="sampled", samples=20, seed=0)
robust = schedules.robust(sampled, 8, confidence=0.9)
robust

# %%
fig, axes = plt.subplots(1, 2, figsize=(9, 4), layout="constrained")
plot.staircase(sampled, robust, axes[0])
plot.schedule(robust, axes[1], others={"optimal": schedules.optimal(exact, steps=8)})

# %%
# What it costs in fact:
exact.expected_kl(robust)

# %%
# Fifty curves, and how often the promise was kept. The band is wide, because it holds for all
# schedules: the price of looking.
kept, looked_better = 0, 0
for seed in range(50):
    sampled = unmask.information_curve(chain, method="sampled", samples=20, seed=seed)
    robust = schedules.robust(sampled, 8, confidence=0.9)
    kept += exact.expected_kl(robust) <= robust.upper_bound
    chosen = schedules.optimal(sampled, steps=8)
    looked_better += sampled.expected_kl(chosen) < exact.expected_kl(chosen)
print(f"bound kept {kept} times; the optimum of the estimate looked too good {looked_better} times")
