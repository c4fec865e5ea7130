r"""
The best schedule for a trained model
=====================================

A network is not the exact oracle. Let :math:`\ell_m` be its held-out loss on a random masked token
when :math:`m` random others are revealed. Then the sampler that draws from the network has

.. math:: E_S KL(\mu \| \hat\nu^S) = \sum_t s_t \ell_{N_{t-1}} - H(X)

exactly, whatever the network: :math:`H(X)` is the same for all schedules, so that the losses alone
tell which one is best *for that model*. Losses need not fall, and then more steps can hurt.
"""

from matplotlib import pyplot as plt

import unmask
from unmask import plot, schedules

# %%
# Losses by number of revealed tokens: this model reads up to half of the tokens well and is
# confused by more, which it has hardly seen in training.
losses = unmask.CrossEntropyCurve(
    [2.9, 2.2, 1.8, 1.5, 1.3, 1.15, 1.05, 0.98, 0.95, 0.97, 1.02, 1.1, 1.2, 1.3, 1.4, 1.5]
)
best = {steps: schedules.optimal(losses, steps=steps) for steps in (1, 2, 4, 8, 16)}
for steps, schedule in best.items():
    print(f"at most {steps:2d} steps: {losses.cost(schedule):.3f} nats with {schedule}")

# %%
# After eight tokens it is best to stop looking: nine steps are better than sixteen, which cost
print(f"{losses.cost(unmask.Schedule([1] * 16)):.3f} nats")

# %%
fig, axes = plt.subplots(1, 2, figsize=(9, 4), layout="constrained")
plot.staircase(losses, best[4], axes[0])
plot.schedule(best[4], axes[1], others={"uniform": schedules.uniform(16, 4)})
