r"""
Curves in closed form
=====================

Enumeration visits all subsets of tokens. Laws with structure do not need it; their curves
:math:`Z_1, \dots, Z_n` are known, or take polynomial time:

=========================================  =========================================================
law                                        curve, in nats
=========================================  =========================================================
independent tokens                         :math:`Z_j = 0`
one letter, repeated                       :math:`Z_j = \log q` from :math:`j = 2` on
parity, zero sum modulo :math:`q`          :math:`Z_j = \log q` at :math:`j = n` alone
Reed-Solomon code of dimension :math:`k`   :math:`Z_j = \log q` from :math:`j = k + 1` on
uniform permutation                        :math:`Z_j = \log n - \log(n - j + 1)`
linear code                                :math:`H(X_S) = \mathrm{rank}(G_S) \log q`, mean ranks
exchangeable tokens                        :math:`h_j`: mean entropy of the next one, given a count
Markov chain                               sums of :math:`I(X_a; X_b)` over pairs, by distance
independent blocks                         hypergeometric means of the curves of the blocks
=========================================  =========================================================

Whatever the law, the curve rises from zero, its area is the total correlation, and the area above
it, up to :math:`Z_n`, the dual total correlation: :math:`TC + DTC = n Z_n`. Conversely every rising
curve is approached by some law (Chen, He, Jiang and Wang, ISIT 2009): a worst case over laws is one
over curves.
"""

import numpy as np
from matplotlib import pyplot as plt

import unmask
from unmask import distributions

N = 256
laws = {
    "repeated bit": distributions.Repeated(N, 2),
    "parity": distributions.ZeroSum(N, 2),
    "Reed-Solomon, k = 32": distributions.ReedSolomon(N, 32, 257),
    "permutation": distributions.Permutation(N),
    "Markov chain": distributions.MarkovChain([0.5, 0.5], [[0.9, 0.1], [0.1, 0.9]], N),
    "one of two coins": distributions.Exchangeable.iid_mixture([0.5, 0.5], [0.4, 0.6], N),
    "32 blocks of 8 bits, each with even sum": distributions.Blocks(
        [distributions.ZeroSum(8, 2)] * 32
    ),
}
curves = {name: unmask.information_curve(law) for name, law in laws.items()}

# %%
# Total and dual total correlation, and the fewest steps that cost half a nat in random order:
for name, curve in curves.items():
    steps = unmask.schedules.optimal(curve, max_kl=0.5).nfe
    tc, dtc = curve.total_correlation, curve.dual_total_correlation
    print(f"{name:40s} TC {tc:9.3f}  DTC {dtc:9.3f}  {steps:3d} steps")
    assert np.isclose(tc + dtc, N * curve.z[-1])

# %%
# The same curves, each up to its last value.
fig, ax = plt.subplots(figsize=(8, 4.5), layout="constrained")
styles = ["-", "--", "-.", ":"]
for k, (name, curve) in enumerate(curves.items()):
    grey = str(0.6 * (k % 3) / 2)
    ax.plot(
        range(1, N + 1), curve.z / curve.z[-1], styles[k % 4], color=grey, lw=1 + k % 2, label=name
    )
ax.set(xlabel="j", ylabel=r"$Z_j / Z_n$")
ax.legend(frameon=False, loc="center left", bbox_to_anchor=(1, 0.5))
