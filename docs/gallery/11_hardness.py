r"""
Nobody can do without knowing something
=======================================

Let the law be uniform on :math:`F_q^n`, or uniform on a randomly shifted Reed-Solomon code of
unknown dimension :math:`k`. Any :math:`k` tokens are uniform and determine the others: two steps
suffice for whoever knows :math:`k`. A sampler that does not know it sees uniform answers before the
cliff, and behind it too, because evidence that it made up itself is impossible, and a model answers
that as if nothing were wrong. So one call inspects one place, and a sampler that makes few calls on
the uniform law misses the code. Chen, Cong and Li (arXiv 2511.04647) show a total variation
distance above 1/16 for fewer than about :math:`n / 32` calls. In this family more is true: a
sampler that makes :math:`T` calls on the uniform law misses, on average over dimensions and codes,
at least a share of

.. math:: 1 - \frac{q T + 1}{(q - 1)(n - 1)}.
"""

from matplotlib import pyplot as plt

import unmask
from unmask import hardness

# %%
# Three players who know the game and not the law, and one who knows the dimension.
shown = hardness.demonstrate(n=33, q=37, trials=64)
shown

# %%
# The bound is all but reached. Far beyond ``n / 32`` every call pays for one dimension and no more.
fig, ax = plt.subplots(layout="constrained")
styles = [("0.2", "-", "o"), ("0.45", "--", "s"), ("#1f5f99", ":", "^")]
for (name, games), (colour, dashes, marker) in zip(shown.games.items(), styles, strict=True):
    rates = [game.failure_rate for game in games]
    ax.plot(shown.budgets, rates, color=colour, linestyle=dashes, marker=marker, label=name)
budgets = range(1, 34)
least = [hardness.least_failure(33, 37, calls) for calls in budgets]
ax.fill_between(budgets, least, color="0.9", label="impossible")
ax.plot([2], [shown.informed.failure_rate], "*", color="#b35900", markersize=14, label="knows $k$")
ax.axhline(1 / 16, color="0.5", linewidth=1, linestyle=(0, (1, 2)), label="1/16")
ax.set(xlabel="oracle calls", ylabel="share of codes missed", xlim=(0, 34), ylim=(-0.02, 1.04))
ax.legend(frameon=False)

# %%
# Any function of an oracle can play. This one hopes for the best, in a single call.


def hopeful(oracle):
    """Draw everything at once."""
    marginals = oracle([0] * oracle.n, [True] * oracle.n)
    return [oracle.generator.choice(oracle.q, p=row) for row in marginals]


hardness.play(hopeful, n=33, q=37, budget=1, trials=64)

# %%
# The same cliff can be planted on top of any law, by giving every token a second letter from a
# hidden code. So no curve is a safe one: nothing seen with few calls rules out that the dashed
# curve is the true one. Whoever knows the cliff pays one step for it.
chain = unmask.distributions.MarkovChain([0.5, 0.5], [[0.9, 0.1], [0.1, 0.9]], 64)
curve = unmask.information_curve(chain)
cliff = hardness.planted_curve(curve, k=40, q=67)
fig, ax = plt.subplots(layout="constrained")
unmask.plot.curve(cliff, ax).patches[-1].set(linestyle="--", label="with a cliff after 40 tokens")
unmask.plot.curve(curve, ax).patches[-1].set_label("without")
ax.set_ylim(0, 1.25 * cliff.z[-1])
ax.legend(frameon=False, loc="upper left")

# %%
for steps in (4, 8, 16):
    before = curve.expected_kl(unmask.schedules.optimal(curve, steps=steps))
    after = cliff.expected_kl(unmask.schedules.optimal(cliff, steps=steps + 1))
    print(f"{steps} steps {before:.3f} nats; with the cliff {steps + 1} steps {after:.3f}")
