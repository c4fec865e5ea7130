r"""
Few tokens to a step
====================

The square-root rule is for many tokens to a step. Where only a few can be revealed together, their
number is a whole one, and rounding matters: where the curve grows by :math:`d` nats a token and a
call is worth :math:`\lambda` nats, the best number of tokens is the integer :math:`s` with

.. math:: \frac{2 \lambda}{s (s + 1)} \le d \le \frac{2 \lambda}{s (s - 1)}

(Lavenant and Zanella, arXiv 2510.25544, for boundedly many tokens per step).
"""

from matplotlib import pyplot as plt

import unmask
from unmask import plot, schedules

# %%
# A chain of 512 bits, revealed one to four at a time.
chain = unmask.distributions.MarkovChain([0.5, 0.5], [[0.9, 0.1], [0.1, 0.9]], 512)
curve = unmask.information_curve(chain)
for steps in (160, 200, 260, 340):
    rule = schedules.integer_steps(curve, steps)
    roots = curve.expected_kl(schedules.square_root(curve, steps))
    best = curve.expected_kl(schedules.optimal(curve, steps=steps))
    equal = curve.expected_kl(schedules.uniform(512, steps))
    print(f"{rule.nfe} steps of {rule.sizes.min()} to {rule.sizes.max()} tokens, in nats:")
    print(f"  optimal {best:.3f}, integers {curve.expected_kl(rule):.3f}, ", end="")
    print(f"square root {roots:.3f}, equal {equal:.3f}")

# %%
fig, axes = plt.subplots(1, 2, figsize=(9, 4), layout="constrained")
plot.curve(curve, axes[0])
few = schedules.integer_steps(curve, 200)
plot.schedule(few, axes[1], others={"optimal": schedules.optimal(curve, steps=200)})
