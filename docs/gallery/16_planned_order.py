r"""
A planned order
===============

Random order has a price. Who knows the law can choose *which* tokens to reveal together: the best
ordered partition :math:`(S_1, \dots, S_k)` minimises

.. math:: \sum_t \sum_{i \in S_t} H(X_i | X_{S_{<t}}) - H(X),

and is found for all :math:`k` at once by dynamic programming over the :math:`3^n` pairs of subsets,
since the divergence of a partition depends on the :math:`2^n` subset entropies alone.

Two extremes are known. A Markov chain of order :math:`m` is sampled *without error* in
:math:`m (\lceil \log_2 (n / m) \rceil + 1)` steps, by bisection: the middle :math:`m` tokens make
the two halves independent. In random order a chain needs a number of steps proportional to
:math:`n`. For laws that treat all tokens alike, such as uniform permutations, planning gains
nothing.
"""

from matplotlib import pyplot as plt

import unmask
from unmask import samplers, schedules
from unmask.distributions import MarkovChain, Permutation

# %%
# A thousand tokens of a chain take 10 steps, and no error is made:
FLIP = [[0.9, 0.1], [0.1, 0.9]]
samplers.planned_partition(MarkovChain([0.5, 0.5], FLIP, 1000), max_kl=0.0).nfe

# %%
# In random order the steps for half a nat grow with the length, and those of bisection with its
# logarithm.
lengths = [2**e for e in range(3, 13)]
in_random_order = []
for n in lengths:
    curve = unmask.information_curve(MarkovChain([0.5, 0.5], FLIP, n))
    in_random_order.append(schedules.optimal(curve, max_kl=0.5).nfe)
bisected = [len(samplers.bisection_partition(n)) for n in lengths]
for row in zip(lengths, in_random_order, bisected, strict=True):
    print("{:5d} tokens: {:4d} steps in random order, {:2d} by bisection".format(*row))

# %%
# Every number of steps of a short chain, and of a permutation of seven, where no order is better
# than another.
chain = samplers.planned_frontier(MarkovChain([0.5, 0.5], FLIP, 12))
shuffle = samplers.planned_frontier(Permutation(7))
shuffle.price_of_random_order.round(12)

# %%
fig, axes = plt.subplots(1, 2, figsize=(9, 4), layout="constrained")
axes[0].loglog(lengths, in_random_order, "o-", color="#1f5f99", label="random order, 0.5 nats")
axes[0].loglog(lengths, bisected, "^:", color="#b35900", label="bisection, no error")
axes[0].set(xlabel="tokens of the chain", ylabel="steps")
axes[1].plot(chain.steps, chain.random_kl, "o-", color="#1f5f99", label="chain, random order")
axes[1].plot(chain.steps, chain.kl, "^:", color="#b35900", label="chain, planned")
axes[1].plot(shuffle.steps, shuffle.random_kl, "s--", color="0.3", label="permutation, either")
axes[1].set(xlabel="steps", ylabel="KL (nats)", ylim=(0, None))
for ax in axes:
    ax.legend(frameon=False)
