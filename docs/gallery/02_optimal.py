r"""
The best schedule, and the frontier
===================================

The expected KL is a sum over steps, so that dynamic programming finds the schedule of :math:`k`
steps that no other random-order schedule beats. As :math:`h` never increases (Han's inequality),
the cost of a block satisfies the quadrangle inequality: the least error is convex in :math:`k`, and
a price for each step finds one schedule in :math:`O(n \log n)`. The whole *frontier*, least error
against steps, takes :math:`O(n k)`.
"""

from matplotlib import pyplot as plt

import unmask
from unmask import plot, schedules

# %%
# A uniformly random permutation of 256 letters: early tokens say little about the others, late ones
# nearly everything. It has 252 nats of total correlation.
curve = unmask.information_curve(unmask.distributions.Permutation(256))
curve

# %%
# The fewest steps for half a nat:
best = schedules.optimal(curve, max_kl=0.5)
best.nfe, curve.expected_kl(best)

# %%
# With 32 steps:
few = schedules.optimal(curve, steps=32)
few

# %%
# No rule of thumb comes near: small steps must come last, not first.
figure = plt.figure(figsize=(8, 9.8), layout="constrained")
plot.compare(curve, few, figure=figure)

# %%
frontier = schedules.frontier(curve)
for steps in (8, 16, 32, 64, 128, 256):
    uniform = curve.expected_kl(schedules.uniform(256, steps))
    print(f"{steps:3d} steps: {frontier.expected_kl[steps - 1]:7.3f} nats, uniform {uniform:7.3f}")
