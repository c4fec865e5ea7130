r"""
The exact error of a schedule
=============================

A schedule reveals :math:`s_1, \dots, s_k` tokens, :math:`N_t = s_1 + \dots + s_t`. The tokens of
one step are drawn independently of each other, given those revealed before. Let :math:`h_j` be the
mean entropy of a random masked token when :math:`j` random others are revealed, and :math:`Z_j =
h_0 - h_{j-1}`. Over a uniformly random order of the tokens,

.. math:: E_S KL(\mu \| \nu^S) = \sum_t s_t h_{N_{t-1}} - H(X)
   = \sum_t \sum_{j=1}^{s_t} \left( Z_{N_{t-1}+j} - Z_{N_{t-1}+1} \right),

exactly, for every law and every schedule: the area between a monotone curve and a staircase under
it (Chen, Cong and Li, arXiv 2511.04647).
"""

import itertools
import math

import numpy as np

import unmask

# %%
# A binary Markov chain of six tokens that flips with probability 0.1, revealed in steps of 1, 2 and
# 3 tokens.
chain = unmask.distributions.MarkovChain([0.5, 0.5], [[0.9, 0.1], [0.1, 0.9]], 6)
curve = unmask.information_curve(chain)
schedule = unmask.Schedule([1, 2, 3])
curve.expected_kl(schedule)

# %%
# In the picture it is the area of the shade.
unmask.plot.staircase(curve, schedule)

# %%
# The same number without any theorem: the divergence of each of the 60 ordered partitions of these
# sizes, by the chain rule from the entropies of all subsets of tokens, and then the mean.
entropy = chain.subset_entropies()


def divergence(blocks):
    """KL divergence of the sampler that reveals these blocks of tokens in turn."""
    total, known = -entropy[-1], 0
    for block in blocks:
        total += sum(entropy[known | 1 << i] - entropy[known] for i in block)
        known |= sum(1 << i for i in block)
    return total


found = {}
for order in itertools.permutations(range(6)):
    blocks = tuple(tuple(sorted(order[a:b])) for a, b in [(0, 1), (1, 3), (3, 6)])
    found[blocks] = divergence(blocks)
values = np.array(list(found.values()))
print(f"{len(values)} partitions, from {values.min():.4f} to {values.max():.4f} nats")
print(
    f"mean {math.fsum(values) / len(values):.12f}, by the curve {curve.expected_kl(schedule):.12f}"
)
