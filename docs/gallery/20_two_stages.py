r"""
Single tokens first, then equal steps
=====================================

Where the dual total correlation is at most :math:`D`, few tokens tell almost all that there is to
be told: past the first :math:`\lfloor D / \delta^2 \rfloor` of them no token can add more than
:math:`\delta^2` to what is known of another. So reveal these one by one, and then
:math:`1 + \lfloor \epsilon / \delta^2 \rfloor` at a time (after Austin, arXiv 1809.10272). With
:math:`\delta^2 = \sqrt{D \epsilon / n}` the expected KL is at most :math:`\epsilon`, in at most

.. math:: k \le 1 + 2 \sqrt{n D / \epsilon}

steps. The published schedules whose steps grow geometrically take fewer unless :math:`D / \epsilon`
is above about :math:`4 n / \log^2 n`; the minimax schedule for as much knowledge is never longer
than either.
"""

import math

from matplotlib import pyplot as plt

import unmask
from unmask import bounds, plot, schedules

# %%
for n, dtc, max_kl in ((256, 0.693, 0.5), (4096, 0.693, 0.1), (4096, 50, 0.05)):
    two_stage = schedules.austin(n, dtc, max_kl).nfe
    enough = bounds.austin_steps(n=n, dual_total_correlation=dtc, max_kl=max_kl)
    geometric = schedules.dual_total_correlation(n, dtc, max_kl).nfe
    shortest = schedules.minimax(n, max_kl=max_kl, dual_total_correlation=dtc).nfe
    print(
        f"n {n}, DTC {dtc}, {max_kl} nats: two stages {two_stage} (at most {enough:.1f}), "
        f"geometric {geometric}, minimax {shortest}"
    )

# %%
# A mixture of eight products has a dual total correlation of at most :math:`\log 8`, whatever they
# are. Coins of eight kinds, 512 of them:
coins = unmask.distributions.Exchangeable.iid_mixture(
    [1 / 8] * 8, [k / 9 for k in range(1, 9)], 512
)
curve = unmask.information_curve(coins)
known = math.log(8)
print(f"DTC {curve.dual_total_correlation:.3f}, at most {known:.3f} nats")
two_stage = schedules.austin(512, known, max_kl=0.25)
shortest = schedules.minimax(512, max_kl=0.25, dual_total_correlation=known)
for name, schedule in (("two stages", two_stage), ("minimax", shortest)):
    print(f"{name}: {schedule.nfe} steps, {curve.expected_kl(schedule):.4f} nats")

# %%
fig, ax = plt.subplots(layout="constrained")
plot.schedule(two_stage, ax, others={"minimax": shortest})
