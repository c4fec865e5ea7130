"""Draw the picture of the README: ``python examples/frontier.py examples/frontier.png``."""

import sys

from matplotlib.figure import Figure

import unmask
from unmask import plot, schedules

#: Tokens, steps of the schedule that is shown, and most steps on the frontier.
TOKENS, STEPS, MOST_STEPS = 96, 8, 64


def law() -> unmask.distributions.Distribution:
    """Pairs of bits: coins of one of two hidden kinds, and as many ones as zeros."""
    topic = unmask.distributions.Exchangeable.iid_mixture([0.5, 0.5], [0.2, 0.8], TOKENS)
    balance = unmask.distributions.Exchangeable.balanced(TOKENS)
    return unmask.distributions.Paired(topic, balance)


def picture() -> Figure:
    """Draw the curve, its best staircase, and the frontier against who knows less."""
    curve = unmask.information_curve(law())
    others = plot.rules(curve, range(1, MOST_STEPS + 1))
    figure = Figure(figsize=(9, 4.2), layout="constrained")
    left, right = figure.subplots(1, 2)
    plot.staircase(curve, schedules.optimal(curve, steps=STEPS), left)
    plot.frontier(schedules.frontier(curve, MOST_STEPS), right, others=others)
    return figure


if __name__ == "__main__":
    picture().savefig(sys.argv[1], dpi=150)
