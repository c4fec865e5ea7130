r"""
The shortest schedule for what is known
=======================================

Let upper bounds be known on some totals of the curve: :math:`TC \le T`, :math:`DTC \le D`,
:math:`Z_n \le z`, harmonic mass :math:`\le G`. All of them are linear in the curve, and so is the
expected KL of a schedule: its worst case over every law within the bounds is a linear program. By
duality it is at most :math:`\epsilon` exactly when there are multipliers
:math:`\lambda, \mu, \nu, \eta \ge 0` with
:math:`\lambda T + \mu D + \nu z + \eta G \le \epsilon` that pay for every step. For fixed
multipliers the longest steps are, with :math:`a` tokens revealed,

.. math:: s = 1 + \left\lfloor \lambda (n - a - 1) + \mu (a + 1) + \nu
   + \eta \, (a + 1)(n - a - 1) / n \right\rfloor,

and the minimax schedule is the shortest of these. The multipliers prove its guarantee, and the
search proves that no schedule with this guarantee is shorter.
"""

from matplotlib import pyplot as plt

from unmask import bounds, plot, schedules

# %%
# The guarantee of the published schedules, in fewer steps:
for n, known, max_kl in (
    (256, {"total_correlation": 0.693}, 0.5),
    (1024, {"total_correlation": 10, "dual_total_correlation": 10}, 0.5),
    (1024, {"total_correlation": 10, "dual_total_correlation": 10}, 0.1),
    (4096, {"total_correlation": 100, "dual_total_correlation": 50}, 1.0),
):
    published = [schedules.total_correlation(n, known["total_correlation"], max_kl)]
    if "dual_total_correlation" in known:
        dtc = known["dual_total_correlation"]
        published.append(schedules.dual_total_correlation(n, dtc, max_kl))
    best = schedules.minimax(n, max_kl=max_kl, **known)
    print(f"n {n}: {best.nfe} steps, published {min(map(len, published))}")

# %%
# Who knows the total correlation alone takes steps that shrink with the tokens left, who knows its
# dual alone steps that grow with the tokens revealed. Who knows both takes steps on the line
# between the two.
known = {"total_correlation": 100, "dual_total_correlation": 50}
best = schedules.minimax(4096, max_kl=1.0, **known)
best

# %%
fig, ax = plt.subplots(layout="constrained")
plot.schedule(best, ax)

# %%
# Its certificate: what a nat of each bound costs, and the worst case that these prove.
print({name: round(cost, 6) for name, cost in best.multipliers.items()})
print(f"{best.worst_case_kl:.6f} nats over all laws within the bounds")

# %%
# The same linear program certifies any schedule at all.
for rule in (schedules.uniform, schedules.cosine):
    worst = bounds.worst_case_kl(rule(4096, best.nfe), **known)
    print(f"{rule.__name__}, {best.nfe} steps: up to {worst:.3f} nats")
