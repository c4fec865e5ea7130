r"""
Knowing only TC or DTC
======================

Who does not know the curve, but an upper bound :math:`T` on its area, the total correlation, can
still reach an expected KL of :math:`\epsilon` over *all* laws within that bound, by steps that
shrink geometrically with the number of tokens left; for a bound on the dual total correlation, by
the same steps in reverse (Chen, Cong and Li, arXiv 2511.04647). Either takes at most

.. math:: k \le 2 + (1 + \log n)(1 + \lceil T / \epsilon \rceil)

steps.
"""

import math

import unmask
from unmask import plot, schedules

# %%
# A repeated fair bit has almost no dual total correlation, a parity check almost no total
# correlation. For both, half a nat takes the published schedules 15 steps out of 256.
repeated = unmask.information_curve(unmask.distributions.Repeated(256, 2))
parity = unmask.information_curve(unmask.distributions.ZeroSum(256, 2))
for name, curve in (("repeated bit", repeated), ("parity", parity)):
    tc, dtc = curve.total_correlation, curve.dual_total_correlation
    by_tc = schedules.total_correlation(256, tc, max_kl=0.5)
    by_dtc = schedules.dual_total_correlation(256, dtc, max_kl=0.5)
    print(f"{name}: TC {tc:.3f}, DTC {dtc:.3f} nats; steps {by_tc.nfe} and {by_dtc.nfe}")

# %%
# The guarantee, and what is paid in fact:
schedule = schedules.total_correlation(256, parity.total_correlation, max_kl=0.5)
bound = 2 + (1 + math.log(256)) * (1 + math.ceil(parity.total_correlation / 0.5))
print(f"{schedule.nfe} steps, at most {bound:.1f}")
print(f"{parity.expected_kl(schedule):.3f} nats, at most 0.5")

# %%
growing = schedules.dual_total_correlation(256, repeated.dual_total_correlation, max_kl=0.5)
plot.schedule(schedule, others={"DTC schedule": growing}).set_title("steps that shrink, and grow")

# %%
# With neither known, the sweep tries bounds :math:`2^i` on a doubling grid.
len(schedules.sweep(256, max_kl=0.5, alphabet_size=2))
