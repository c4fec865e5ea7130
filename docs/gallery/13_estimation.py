r"""
From a model to its schedule
============================

The losses :math:`\ell_m` of a model are estimated from a few hundred forward passes on held-out
data: one pass over a sequence with :math:`m` random tokens revealed gives the losses of all
:math:`n - m` masked ones. `estimate_curve` scores each sequence at several counts, with nested sets
revealed. What makes a sequence hard or easy then cancels from the difference between two schedules,

.. math:: \sum_m c_m \ell_m, \quad \sum_m c_m = 0,

which is known far better than the cost of either.
"""

import numpy as np
from matplotlib import pyplot as plt

import unmask
from unmask import estimation

# %%
# The model: whatever takes token ids and a mask and returns logits. Here it is the oracle of a
# hidden Markov model with 64 tokens, so that the truth is at hand to compare with.
law = unmask.distributions.HiddenMarkov(
    initial=[1 / 3, 1 / 3, 1 / 3],
    transition=np.full((3, 3), 0.02) + 0.94 * np.eye(3),
    emission=[[0.7, 0.2, 0.1, 0.0], [0.0, 0.7, 0.2, 0.1], [0.1, 0.0, 0.2, 0.7]],
    n=64,
)


def model(x, mask):
    """Log-probabilities of the masked tokens, shape (batch, 64, 4)."""
    with np.errstate(divide="ignore"):
        return np.log(law.conditional_marginals(x, mask, on_impossible="uniform"))


# %%
# Three hundred passes: 25 sequences at 12 counts each. The accumulator keeps what is gathered, also
# when the run is interrupted; with it the same call goes on where it stopped.
data = law.sample(500, seed=0)
gathered = estimation.CurveAccumulator(64)
curve = estimation.estimate_curve(model, data, passes=300, seed=0, resume=gathered)
curve

# %%
truth = unmask.information_curve(law, method="sampled", samples=300, seed=1)
fig, ax = plt.subplots(figsize=(7, 4), layout="constrained")
ax.fill_between(range(64), *curve.interval(0.95), alpha=0.3, label="95 % intervals")
ax.plot(curve.h, label="estimate, 300 passes")
ax.plot(curve.smoothed.h, label="smoothed")
ax.plot(truth.h, "k--", label="truth")
ax.set(xlabel="tokens revealed", ylabel="loss of a masked token (nats)", ylim=(0, None))
ax.legend()

# %%
# The schedule for it, what it gains over the rules in common use, and whether so few data are
# enough to say that. Chosen is the optimum of ``curve.smoothed``, the losses as they most likely
# are: it leans on the entropies of the model's predictions, as far as its losses bear them out, and
# bends no more than they ask for. That comes several times nearer to the best schedule than the
# optimum of the losses as they are. Gains are priced by these, without bias but for the choice: the
# optimism says how much that makes them too large.
estimation.recommend(curve, steps=6)

# %%
# A model that is calibrated can be believed: the entropies of its own predictions have the same
# expectation as its losses, and vary less. Whether it is calibrated the same data tell.
print(estimation.calibration(gathered))
trusting = gathered.curve(calibrated=True)
print(f"largest standard error {np.max(trusting.standard_errors):.3f} nats")
estimation.recommend(trusting, steps=6)


# %%
# A model that is too sure of itself is found out, both by its losses and by its conditionals, which
# are not those of any one law: the probability of two tokens depends on which comes first.
def overconfident(x, mask):
    """The same with logits twice as large."""
    return 2 * np.maximum(model(x, mask), -20)


gathered = estimation.CurveAccumulator(64)
estimation.estimate_curve(overconfident, data, passes=300, seed=0, resume=gathered)
print(estimation.calibration(gathered))
for name, oracle in (("exact", model), ("overconfident", overconfident)):
    print(name, estimation.order_inconsistency(oracle, data, seed=0))
