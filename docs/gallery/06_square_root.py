r"""
The square-root rule
====================

With many tokens to a step, and a curve that is nearly smooth, :math:`Z_j \approx F(j/n)`, the nodes
of the best schedule lie at equal quantiles of :math:`\int \sqrt{F'}`. Its expected KL is

.. math:: \frac{n}{2k} \left( \int_0^1 \sqrt{F'(x)} \, dx \right)^2 \le \frac{n}{2k} F(1),

the right side being what equal steps pay (Lavenant and Zanella, arXiv 2510.25544).
"""

import numpy as np
from matplotlib import pyplot as plt

import unmask
from unmask import plot, schedules

# %%
# A chain of 4,096 bits that flips rarely.
chain = unmask.distributions.MarkovChain([0.5, 0.5], [[0.99, 0.01], [0.01, 0.99]], 4096)
curve = unmask.information_curve(chain)
curve

# %%
# The integral is the sum of the roots of the increments over :math:`\sqrt n`.
integral = np.sqrt(np.diff(curve.z)).sum() / np.sqrt(curve.n)
lengths = [16, 32, 64, 128, 256]
for steps in lengths:
    rule = curve.expected_kl(schedules.square_root(curve, steps))
    best = curve.expected_kl(schedules.optimal(curve, steps=steps))
    equal = curve.expected_kl(schedules.uniform(curve.n, steps))
    print(
        f"{steps:3d} steps: optimal {best:8.3f}, rule {rule:8.3f}, predicted "
        f"{curve.n * integral**2 / (2 * steps):8.3f}, equal steps {equal:8.3f}"
    )

# %%
rules = {
    "square root": [schedules.square_root(curve, steps) for steps in lengths],
    "uniform": [schedules.uniform(curve.n, steps) for steps in lengths],
    "cosine": [schedules.cosine(curve.n, steps) for steps in lengths],
}
fig, axes = plt.subplots(1, 2, figsize=(9, 4), layout="constrained")
plot.frontier(schedules.frontier(curve, 256), axes[0], others=rules)
plot.staircase(curve, schedules.square_root(curve, 24), axes[1])
