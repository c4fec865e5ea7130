r"""
Policies that look at the values
================================

Most samplers choose positions by the *confidence* of the model: the largest probability, or the
smallest entropy, of the token that is still masked. Where the block :math:`S_t(x)` that such a
policy reveals depends on the tokens revealed so far alone, every sequence has one path, and

.. math:: KL(\mu \| \nu) = E_\mu \sum_t TC(X_{S_t} | \text{revealed})

is exact by enumeration, and so is the law that is put out. Policies with chance of their own, such
as the entropy-sum rule in random order or the confidence of a *sampled* token, put out a mixture.
The expected KL of a schedule is not theirs: they have to be judged by what comes out.

*Any-subset speculative decoding* (Guo and Ermon, arXiv 2504.20456) drafts in parallel, and verifies
with the joint probability of the same model: it makes no error, and takes a random number of calls.
"""

from matplotlib import pyplot as plt

import unmask
from unmask import plot, samplers

# %%
# A binary chain of eight tokens, each like the one before with probability 0.9.
chain = unmask.distributions.MarkovChain([0.5, 0.5], [[0.9, 0.1], [0.1, 0.9]], 8)

# %%
# Four steps in random order put out this law:
samplers.mixture_law(chain, unmask.schedules.optimal(unmask.information_curve(chain), steps=4))

# %%
# The two most confident tokens at a time take as many calls:
samplers.policy_law(chain, samplers.TopK(2))

# %%
# and with a sampled token's confidence, at temperature 1:
samplers.policy_law(chain, samplers.SampledTopK(2))

# %%
# Speculative decoding is exact, with a random number of calls:
samplers.speculative_law(chain)

# %%
# All of them beside each other, with the parameter of each policy tuned to about four calls.
# Divergences that are infinite, where a policy can never put out what the data hold, are shown as
# such, with the total variation beside them.
board = samplers.leaderboard(chain, 4)
print(board)

# %%
fig, ax = plt.subplots(figsize=(8, 6), layout="constrained")
plot.leaderboard(board, ax)
