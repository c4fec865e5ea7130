r"""
What is really put out
======================

The expected KL is an average over random orders of the tokens. Three other numbers stand around it.

* What the sampler puts out is the *mixture* over orders, :math:`\nu = E_S \nu^S`. By convexity
  :math:`KL(\mu \| \nu) \le E_S KL(\mu \| \nu^S)`, often by far.
* For one fixed ordered partition the divergence is
  :math:`\sum_t \sum_{i \in S_t} H(X_i | X_{S_{<t}}) - H(X)`, and orders differ.
* A *planned* order can do better than a random one: for a Markov chain, bisection makes no error at
  all in at most :math:`\lceil \log_2 n \rceil + 1` steps.
"""

from matplotlib import pyplot as plt

import unmask
from unmask import samplers, schedules

# %%
# A binary chain of ten tokens, and the best schedule of each length.
chain = unmask.distributions.MarkovChain([0.5, 0.5], [[0.9, 0.1], [0.1, 0.9]], 10)
curve = unmask.information_curve(chain)
lengths = range(1, 10)
best = [schedules.optimal(curve, steps=steps) for steps in lengths]
expected = [curve.expected_kl(schedule) for schedule in best]
mixture = [samplers.mixture_kl(chain, schedule) for schedule in best]
planned = [samplers.planned_partition(chain, steps=steps).kl for steps in lengths]

# %%
# Over random orders:
samplers.random_partition_kl(chain, best[3])

# %%
# The best order of four steps, which bisects the chain:
samplers.planned_partition(chain, steps=4)

# %%
fig, ax = plt.subplots(layout="constrained")
ax.plot(lengths, expected, "o-", color="#1f5f99", label="expected KL, random order")
ax.plot(lengths, mixture, "s--", color="0.3", label="mixture KL, what is put out")
ax.plot(lengths, planned, "^:", color="#b35900", label="planned order")
ax.set(xlabel="steps", ylabel="KL (nats)", ylim=(0, None))
ax.legend(frameon=False)
