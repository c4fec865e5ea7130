"""All players at all budgets."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy.typing as npt

from ..bounds import unknown_law_calls
from ..distributions._checks import checked_list, checked_size
from ._game import Game, least_failure, play
from ._players import adaptive_probing, doubling_guess, two_steps, uniform_steps

__all__ = ["Demonstration", "demonstrate"]

#: Who plays: nobody of them knows the dimension.
PLAYERS: dict[str, Callable[..., npt.ArrayLike]] = {
    "uniform steps": uniform_steps,
    "adaptive probing": adaptive_probing,
    "doubling guess": doubling_guess,
}


@dataclass(frozen=True, eq=False, repr=False)
class Demonstration:
    """What `demonstrate` has measured.

    Attributes
    ----------
    n, q : int
        Tokens, size of the field.
    budgets : tuple of int
        Calls allowed.
    games : dict of str to tuple of Game
        By player, one game for each budget.
    informed : Game
        The sampler that knows the dimension and makes two calls.
    """

    n: int
    q: int
    budgets: tuple[int, ...]
    games: dict[str, tuple[Game, ...]]
    informed: Game

    def __repr__(self) -> str:
        trials, wall = self.informed.trials, self.informed.wall
        lines = [
            f"Codes missed out of {trials}, {self.n} tokens, field of {self.q}",
            " ".join([f"{'calls':>6}", *(f"{name:>17}" for name in (*self.games, "at least"))]),
        ]
        for row, budget in enumerate(self.budgets):
            rates = [games[row].failure_rate for games in self.games.values()]
            rates.append(least_failure(self.n, self.q, budget))
            below = "" if budget > wall else "  up to (n - 1) / 32"
            lines.append(" ".join([f"{budget:6d}", *(f"{rate:17.1%}" for rate in rates)]) + below)
        lines.append(f"who knows the dimension: {self.informed.failure_rate:.1%} with 2 calls")
        return "\n".join(lines)


def demonstrate(
    n: int = 64,
    q: int = 67,
    *,
    budgets: Iterable[int] | None = None,
    trials: int | None = None,
    seed: int = 0,
) -> Demonstration:
    """Let the players at hand play at several budgets, and one who knows the dimension.

    Parameters
    ----------
    n, q, seed
        As of `play`.
    budgets : iterable of int, optional
        Calls allowed; by default ``(n - 1) / 32`` rounded down (at least 1), its doublings, and
        ``n``.
    trials : int, optional
        Runs on codes of each player at each budget, and as many on the uniform law; by default
        one for each dimension, ``n - 1``.

    Returns
    -------
    Demonstration

    Examples
    --------
    >>> demonstrate(n=33, q=37, budgets=[1, 8], trials=32)  # doctest: +ELLIPSIS
    Codes missed out of 32, 33 tokens, field of 37
     calls     uniform steps  adaptive probing    doubling guess          at least
         1 ...  up to (n - 1) / 32
         8 ...
    who knows the dimension: 0.0% with 2 calls
    """
    n = checked_size(n, "n", 2)
    if budgets is None:
        first = max(1, int(unknown_law_calls(n)))
        doublings = (first << i for i in range(n.bit_length()))
        budgets = sorted({budget for budget in doublings if budget < n} | {n})
    several = checked_list(budgets, "budgets", "numbers of calls")
    budgets = tuple(checked_size(budget, "budgets", 1) for budget in several)
    trials = n - 1 if trials is None else trials
    games = {
        name: tuple(play(player, n, q, budget, trials, seed) for budget in budgets)
        for name, player in PLAYERS.items()
    }
    return Demonstration(
        n, q, budgets, games, play(two_steps, n, q, 2, trials, seed, informed=True)
    )
