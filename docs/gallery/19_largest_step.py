r"""
The largest step, and any order at all
======================================

Three bounds need little more than the sizes of the steps. With :math:`s_{\max}` tokens in the
largest of :math:`k` steps, the expected KL over random orders is at most

.. math:: (s_{\max} - 1) Z_n \le \frac{2^{\lceil \log_2 s_{\max} \rceil} - 1}{n} (TC + DTC),

since a step of :math:`s` tokens pays at most :math:`s - 1` times what the curve grows by meanwhile,
and :math:`TC + DTC = n Z_n` (the right side: Li and Cai, arXiv 2505.21400). And for *any* order of
the tokens, chosen or random, the KL is at most :math:`(n - k) \log q`: each step draws its first
token right, and no other costs more than all it could tell. A repeated letter, all at once, attains
it.
"""

from matplotlib import pyplot as plt

import unmask
from unmask import bounds, schedules

# %%
# A binary chain of 256 tokens in equal steps.
chain = unmask.distributions.MarkovChain([0.5, 0.5], [[0.95, 0.05], [0.05, 0.95]], 256)
curve = unmask.information_curve(chain)
lengths = [1, 3, 6, 12, 24, 48, 96, 192]
steps = [schedules.uniform(256, k) for k in lengths]
exact = [curve.expected_kl(schedule) for schedule in steps]
largest = [bounds.largest_step_kl(schedule, curve) for schedule in steps]
li_cai = [bounds.li_cai_kl(schedule, curve) for schedule in steps]
any_order = [bounds.worst_order_kl(schedule, 2) for schedule in steps]
for k, *row in zip(lengths, exact, largest, li_cai, any_order, strict=True):
    print("{:3d} steps: {:7.2f} <= {:7.2f} <= {:7.2f}; any order {:7.2f}".format(k, *row))

# %%
# The bound over orders is attained:
repeated = unmask.information_curve(unmask.distributions.Repeated(8, 2))
everything = unmask.Schedule([8])
repeated.expected_kl(everything) - bounds.worst_order_kl(everything, 2)

# %%
# Worst cases over all laws with the same largest information come from the same inequality: for
# equal steps nothing better can be said without knowing more.
bounds.worst_case_kl(steps[4], max_information=float(curve.z[-1])) - largest[4]

# %%
fig, ax = plt.subplots(layout="constrained")
ax.loglog(lengths, any_order, "^:", color="0.6", label=r"any order, $(n - k) \log q$")
ax.loglog(lengths, li_cai, "s--", color="0.3", label="Li and Cai")
ax.loglog(lengths, largest, "d-.", color="#b35900", label=r"$(s_{\max} - 1) Z_n$")
ax.loglog(lengths, exact, "o-", color="#1f5f99", label="expected KL")
ax.set(xlabel="equal steps", ylabel="KL (nats)")
ax.legend(frameon=False)
