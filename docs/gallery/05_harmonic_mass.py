r"""
One number for the whole curve: harmonic mass
=============================================

The harmonic mass :math:`H^* = \sum_l \frac{l (n - l)}{n} (Z_{l+1} - Z_l)` is below both the total
correlation and its dual. With the odds :math:`\psi(t) = t / (1 - t)`, the schedule whose steps
multiply the odds of being revealed by :math:`1 + \rho` has an expected KL of at most
:math:`\rho H^*`, in at most :math:`3 + 2 \log n / \log (1 + \rho)` steps, whatever the law
(Wainwright, arXiv 2608.13520). It has one knob, and knows nothing at all.

More exactly, steps from :math:`a_t` to :math:`b_t` tokens cost at most

.. math:: \sum_t \Bigl(\frac{\psi(b_t / n)}{\psi((a_t + 1) / n)} - 1\Bigr) H^*(a_t, b_t), \qquad
    H^*(a, b) = \sum_{l=a+1}^{b-1} \frac{l (n - l)}{n} (Z_{l+1} - Z_l),

where the last token must come alone.

The minimax schedule for a known harmonic mass has the same guarantee and is never longer.
"""

from matplotlib import pyplot as plt

import unmask
from unmask import bounds, plot, schedules

# %%
# A hidden topic, and as many ones as zeros: 256 pairs of bits, of which the first are coins of one
# of two kinds and the second have exactly 128 ones. Early tokens tell the topic, late ones what is
# left of the ones. Both totals are large, the harmonic mass is not.
topic = unmask.distributions.Exchangeable.iid_mixture([0.5, 0.5], [0.2, 0.8], 256)
balance = unmask.distributions.Exchangeable.balanced(256)
curve = unmask.information_curve(unmask.distributions.Paired(topic, balance))
print(f"TC {curve.total_correlation:.2f}, DTC {curve.dual_total_correlation:.2f} nats")
print(f"harmonic mass {curve.harmonic_mass:.2f} nats")

# %%
# Half a nat, by what is known:
mass = curve.harmonic_mass
odds = schedules.harmonic(256, rho=0.5 / mass)
minimax = schedules.minimax(256, max_kl=0.5, harmonic_mass=mass)
best = schedules.optimal(curve, max_kl=0.5)
by_tc = schedules.total_correlation(256, curve.total_correlation, max_kl=0.5)
for name, schedule in (
    ("TC alone, published", by_tc),
    ("harmonic mass, odds", odds),
    ("harmonic mass, minimax", minimax),
    ("the curve", best),
):
    print(f"{name:23s} {schedule.nfe:4d} steps, {curve.expected_kl(schedule):.4f} nats")

# %%
# The bound step by step, which sees where on the curve the mass is, and the one by its total:
by_steps = bounds.wainwright_kl(odds, curve)
by_total = bounds.wainwright_kl(odds, harmonic_mass=mass)
print(f"{curve.expected_kl(odds):.4f} <= {by_steps:.4f} <= {by_total:.4f} nats")

# %%
fig, ax = plt.subplots(layout="constrained")
plot.schedule(minimax, ax, others={"odds": odds, "optimal": best})
