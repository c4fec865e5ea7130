r"""
What a sample can and cannot tell
=================================

The entropy of :math:`N` samples is at most :math:`\log N`, whatever they were drawn from. Where
patterns of :math:`j` tokens are mostly seen once, the curve of a sample is bent by its size and
says nothing about the source. The Good-Turing coverage, one minus the share of singletons, tells
from where on.
"""

import numpy as np

import unmask
from unmask import plot, schedules

# %%
# 1,797 samples of 16 independent fair bits. The truth is a flat curve, and one step.
bits = np.random.default_rng(0).integers(2, size=(1797, 16))
law = unmask.distributions.Empirical(bits)
curve = unmask.information_curve(law)
print(f"TC {curve.total_correlation:.3f} nats, where the truth is 0")
print(f"coverage {curve.coverage[[4, 8, 12, 16]].round(3)} at 4, 8, 12 and 16 tokens")
print(f"to be trusted up to {curve.reliable_until} tokens")

# %%
# The best schedule for this curve is an artefact: it spends its steps where the sample is too
# small.
plot.staircase(curve, schedules.optimal(curve, steps=6))

# %%
# Half of the data against all of it shows that nothing has converged.
unmask.half_sample_comparison(law)

# %%
# Where the oracle itself can be asked, a curve is estimated without bias and without regard to the
# number of patterns, and it comes with standard errors. The band is two of them to either side.
chain = unmask.distributions.MarkovChain([0.5, 0.5], [[0.9, 0.1], [0.1, 0.9]], 32)
sampled = unmask.information_curve(chain, method="sampled", samples=20, seed=0)
ax = plot.curve(sampled)
exact = unmask.information_curve(chain)
ax.stairs(exact.z, range(33), baseline=None, color="#b35900", linestyle="--", label="exact")
ax.legend(frameon=False)
