r"""
The factor log n is needed
==========================

The published schedules take of order :math:`\log n` times :math:`T / \epsilon` steps. That factor
cannot be dropped, even for who knows the curve: there is one curve, made of :math:`\log n /
\epsilon` blocks of geometrically growing length, on which *every* schedule with an expected KL of
order :math:`\epsilon` takes of order :math:`\log n / \epsilon` steps (Chen, Cong and Li, arXiv
2511.04647).
"""

from matplotlib import pyplot as plt

import unmask
from unmask import plot, schedules

# %%
# All of its total correlation is
curve = unmask.distributions.HardCurve(2048, eps=0.05)
curve.total_correlation

# %%
# and yet the best schedules that there are take
for max_kl in (0.05, 0.02, 0.01, 0.005):
    print(f"{schedules.optimal(curve, max_kl=max_kl).nfe:3d} steps for {max_kl} nats")

# %%
# Small steps must come at all scales: every block of the curve wants a few of its own.
fig, axes = plt.subplots(1, 2, figsize=(9, 4), layout="constrained")
lengths = range(1, 65)
plot.frontier(schedules.frontier(curve, 64), axes[0], others=plot.rules(curve, lengths))
best = schedules.optimal(curve, max_kl=0.005)
axes[1].semilogy(range(1, best.nfe + 1), best.sizes, drawstyle="steps-mid", color="#1f5f99")
axes[1].set(xlabel="step", ylabel="tokens revealed")
