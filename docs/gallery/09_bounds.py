r"""
All bounds, side by side
========================

Every bound of the field on what a schedule costs, beside what it costs in fact. Each is a function
of `unmask.bounds` and takes a curve, or just the numbers of it that the theorem needs.
"""

from matplotlib import pyplot as plt

import unmask
from unmask import bounds, plot, schedules

# %%
# A binary chain of 256 tokens and a uniform schedule of 64 steps, its last token alone, which the
# bound by odds asks for.
chain = unmask.distributions.MarkovChain([0.5, 0.5], [[0.9, 0.1], [0.1, 0.9]], 256)
curve = unmask.information_curve(chain)
schedule = unmask.Schedule([*schedules.uniform(255, 63), 1])
proof = bounds.certificate(schedule, curve, alphabet_size=2)
proof

# %%
fig, ax = plt.subplots(figsize=(8, 4.2), layout="constrained")
plot.bounds(proof, ax)

# %%
# And numbers of steps: what is needed for as little, and what is enough.
fig, ax = plt.subplots(figsize=(8, 3.2), layout="constrained")
plot.bounds(proof, ax, unit="steps")
