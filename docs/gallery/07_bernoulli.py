r"""
Random counts: Bernoulli schedules
==================================

The ancestral samplers of MDLM, SEDD and others reveal each token for itself: by step :math:`t` with
probability :math:`a_t`, where :math:`0 = a_0 < a_1 < \dots < a_k = 1`. Then

.. math:: E \, KL = \sum_t n (a_t - a_{t-1}) B(a_{t-1}) - H(X), \qquad
   B(a) = \sum_m \binom{n-1}{m} a^m (1-a)^{n-1-m} h_m,

exactly: the left Riemann error of the *Bernstein polynomial* of the curve. It smooths cliffs over
about :math:`\sqrt n` tokens. In exchange step :math:`t` reveals nothing with probability
:math:`(1 - (a_t - a_{t-1}))^n`, and needs no call then.
"""

import numpy as np
from matplotlib import pyplot as plt
from scipy.stats import binom

import unmask
from unmask import schedules

# %%
# A Reed-Solomon code: nothing up to 32 tokens, everything after. Fixed sizes need two steps, random
# counts cannot hit the cliff.
code = unmask.information_curve(unmask.distributions.ReedSolomon(64, k=32, q=67))
print(f"two steps of fixed sizes: {code.expected_kl(schedules.optimal(code, steps=2)):.3f} nats")
for steps in (2, 8, 32, 64):
    levels = schedules.optimal_levels(code, steps)
    print(
        f"best {steps:2d} levels: {code.expected_kl(levels):7.3f} nats in "
        f"{levels.expected_calls():.2f} calls on average"
    )

# %%
# The polynomial beside the curve that it smooths:
a = np.linspace(0, 1, 400)
bernstein = code.h @ binom.pmf(np.arange(64)[:, None], 63, a)
fig, ax = plt.subplots(layout="constrained")
ax.stairs(code.h, np.arange(65) / 64, baseline=None, color="0.1", label="$h_m$ at $m / n$")
ax.plot(a, bernstein, "--", color="#1f5f99", label="$B(a)$")
levels = schedules.optimal_levels(code, 8)
ax.plot(
    levels.levels[:-1],
    np.interp(levels.levels[:-1], a, bernstein),
    "o",
    color="#b35900",
    label="the best 8 levels",
)
ax.set(xlabel="level $a$, fraction revealed", ylabel="entropy of a masked token (nats)")
ax.legend(frameon=False)

# %%
# The area between the stairs of the levels and the polynomial is the expected KL.
unmask.plot.staircase(code, levels)

# %%
# On a smooth curve levels matter less, and what random counts cost shows beside fixed sizes with
# the same means.
chain = unmask.distributions.MarkovChain([0.5, 0.5], [[0.9, 0.1], [0.1, 0.9]], 256)
curve = unmask.information_curve(chain)
for name, levels in (
    ("log-linear (MDLM)", schedules.mdlm(256, 32)),
    ("cosine", schedules.mdlm(256, 32, noise="cosine")),
    ("best levels", schedules.optimal_levels(curve, 32)),
):
    fixed = levels.to_schedule(256)
    print(
        f"{name:18s} {curve.expected_kl(levels):.4f} nats, in fixed sizes "
        f"{curve.expected_kl(fixed):.4f}"
    )
