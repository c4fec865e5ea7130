"""The game that nobody wins with few calls."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from unmask import InformationCurve, information_curve, schedules, testing
from unmask.distributions import MarkovChain, Mixture, Product, ReedSolomon
from unmask.hardness import (
    BudgetError,
    Oracle,
    adaptive_probing,
    demonstrate,
    doubling_guess,
    least_failure,
    planted,
    planted_curve,
    play,
    two_steps,
    uniform_steps,
)

PLAYERS = [uniform_steps, adaptive_probing, doubling_guess]
COIN = Mixture([0.5, 0.5], [Product([[0.9, 0.1]] * 20), Product([[0.2, 0.8]] * 20)])


def oracle_of(law, q, budget):
    return Oracle(law, q=q, budget=budget, generator=np.random.default_rng(0))


# the oracle --------------------------------------------------------------------------------------


def test_the_oracle_counts_and_stops():
    oracle = oracle_of(ReedSolomon(4, 2, 5), 5, budget=3)
    masked = np.ones(4, dtype=bool)
    for made in range(3):
        assert (oracle.calls, oracle.left) == (made, 3 - made)
        oracle(np.zeros(4, dtype=int), masked)
    with pytest.raises(BudgetError, match="3 calls"):
        oracle(np.zeros(4, dtype=int), masked)
    assert repr(oracle) == "<Oracle n=4, q=5: 3 of 3 calls made>"


def test_the_oracle_answers_one_query_a_call():
    oracle = oracle_of(ReedSolomon(4, 2, 5), 5, budget=3)
    with pytest.raises(ValueError, match="one query"):
        oracle(np.zeros((2, 4), dtype=int), np.ones((2, 4), dtype=bool))
    assert oracle.calls == 0


def test_impossible_evidence_looks_like_no_evidence():
    code = ReedSolomon(4, 2, 5, shift=[1, 0, 3, 2])
    oracle = oracle_of(code, 5, budget=100)
    word = code.sample(1, seed=0)[0]
    mask = np.array([False, False, False, True])
    np.testing.assert_array_equal(oracle(word, mask), np.eye(5)[word])
    word[2] = (word[2] + 1) % 5
    np.testing.assert_array_equal(oracle(word, mask)[3], np.full(5, 0.2))


# the players -------------------------------------------------------------------------------------


@pytest.mark.parametrize("player", PLAYERS)
def test_below_the_wall_everybody_misses(player):
    game = play(player, n=65, q=67, budget=2, trials=64, seed=1)
    assert game.wall == 2.0
    assert game.uniform_calls.max() <= 2
    # Total variation of more than 1/16 on average is what the paper promises.
    assert game.failure_rate - 5 * game.standard_error > 1 / 16
    assert game.failure_rate >= game.least_failure - 4 * game.standard_error
    assert abs(game.uniform_distance) < 0.5


@pytest.mark.parametrize("player", PLAYERS)
@pytest.mark.parametrize("budget", [4, 12, 20])
def test_nobody_beats_the_bound_and_these_come_close(player, budget):
    game = play(player, n=20, q=23, budget=budget, trials=19 * 6, seed=2)
    assert game.failure_rate >= game.least_failure - 4 * game.standard_error - 1e-12
    # A call for all masked, and each other call looks at one of 19 places.
    assert game.failure_rate <= 1 - (budget - 1) / 19 + 4 * game.standard_error + 1e-12
    assert (game.calls <= budget).all()


@pytest.mark.parametrize("player", PLAYERS)
def test_with_all_calls_nobody_misses(player):
    game = play(player, n=12, q=13, budget=12, trials=33, seed=3)
    assert game.failure_rate == 0.0
    assert not game.missed.any()


@pytest.mark.parametrize("q", [17, 16])
def test_who_knows_the_dimension_never_misses(q):
    game = play(two_steps, n=16, q=q, budget=2, trials=60, seed=4, informed=True)
    assert game.failure_rate == 0.0
    assert set(game.calls) == {2}
    assert set(game.uniform_calls) == {1}
    assert sorted(set(game.dimensions)) == list(range(1, 16))


def test_two_steps_draw_from_the_code():
    code = ReedSolomon(3, 2, 3, shift=[2, 0, 1])
    generator = np.random.default_rng(5)
    words = [two_steps(Oracle(code, q=3, budget=2, generator=generator), 2) for _ in range(1800)]
    cells, counts = np.unique(words, axis=0, return_counts=True)
    assert len(cells) == 9
    assert np.isfinite(code.log_prob(cells)).all()
    assert stats.chisquare(counts).pvalue > 1e-3


def test_uniform_steps_miss_as_often_as_arithmetic_says():
    n, q, budget, trials = 5, 5, 2, 1500
    game = play(uniform_steps, n, q, budget, trials, seed=6)
    ends = schedules.uniform(n, budget).cumulative
    # Within a block the tokens past the dimension are right by chance alone.
    missed = [1 - float(q) ** -(min(end for end in ends if end >= k) - k) for k in range(1, n)]
    assert game.failure_rate == pytest.approx(np.mean(missed), abs=4 * game.standard_error)


@pytest.mark.parametrize("size", [1, 2, 3])
def test_one_call_against_all_codes(size):
    """Whatever a sampler asks in one call, and however well it answers what it sees."""
    n, q = 4, 5
    mask = np.arange(n) >= size
    missed = []
    for k in range(1, n):
        for shift in itertools.product(range(q), repeat=n):
            code = ReedSolomon(n, k, q, shift=shift)
            answer = code.conditional_marginals([0] * n, mask, on_impossible="uniform")
            word = np.argmax(answer, axis=1)  # the first letter where nothing is known
            missed.append(code.log_prob(word) == -np.inf)
    assert least_failure(n, q, 1) == 0.5
    assert 0.5 <= np.mean(missed) <= 0.5 + 2 / (n - 1)


# the game ----------------------------------------------------------------------------------------


def test_the_same_seed_gives_the_same_game():
    first, second = (play(doubling_guess, 16, 17, 4, trials=40, seed=7) for _ in range(2))
    np.testing.assert_array_equal(first.missed, second.missed)
    np.testing.assert_array_equal(first.dimensions, second.dimensions)
    assert first.uniform_distance == second.uniform_distance
    assert not first.missed.flags.writeable


def test_who_asks_too_much_fails():
    def greedy(oracle):
        for _ in range(oracle.budget + 1):
            oracle([0] * oracle.n, [True] * oracle.n)

    game = play(greedy, 8, 11, budget=3, trials=20)
    assert game.failure_rate == game.uniform_distance == 1.0
    assert set(game.calls) == set(game.uniform_calls) == {3}


@pytest.mark.parametrize(
    ("sampler", "least", "most"),
    [
        (lambda oracle: [3] * oracle.n, 0.99, 1.0),  # one word
        (lambda oracle: [int(oracle.generator.integers(13))] * oracle.n, 0.95, 1.0),  # 13 words
        (lambda oracle: oracle.generator.integers(7, size=oracle.n), 0.35, 0.6),  # 6/13
        (lambda oracle: oracle.generator.integers(13, size=oracle.n), -0.15, 0.15),
    ],
)
def test_a_sampler_that_is_not_uniform_is_caught(sampler, least, most):
    game = play(sampler, 10, 13, budget=1, trials=400)
    assert least <= game.uniform_distance <= most
    assert game.failure_rate > 0.9


@pytest.mark.parametrize("player", PLAYERS)
def test_a_planted_cliff_is_as_hard(player):
    game = play(player, 20, 23, budget=4, trials=76, seed=8, base=COIN)
    assert game.failure_rate >= game.least_failure - 4 * game.standard_error
    informed = play(two_steps, 20, 23, budget=2, trials=76, seed=8, base=COIN, informed=True)
    assert informed.failure_rate == 0.0


@pytest.mark.parametrize("k", [1, 3, 5])
def test_a_planted_law_has_the_planted_curve(k):
    chain = MarkovChain([0.5, 0.5], [[0.9, 0.1], [0.1, 0.9]], 5)
    curve = information_curve(planted(chain, k, 5, seed=0))
    want = planted_curve(information_curve(chain), k, 5)
    for name in ("h", "z", "mean_entropies"):
        np.testing.assert_allclose(getattr(curve, name), getattr(want, name), atol=1e-12)
    assert want.total_correlation == pytest.approx(
        chain.total_correlation() + (5 - k) * np.log(5), abs=1e-12
    )


@given(testing.curves(max_n=10), st.data())
def test_a_planted_cliff_costs_one_step_for_who_knows(base, data):
    n = base.n
    k = data.draw(st.integers(1, n))
    before = schedules.frontier(base).expected_kl
    after = schedules.frontier(planted_curve(base, k, 11)).expected_kl
    scale = 1e-12 * (1 + before[0])
    assert (after >= before - scale).all()
    assert (after[1:] <= before[:-1] + scale).all()


def test_a_demonstration_says_what_it_shows():
    shown = demonstrate(n=33, q=37, budgets=[1, 4], trials=32)
    lines = repr(shown).splitlines()
    assert lines[0] == "Codes missed out of 32, 33 tokens, field of 37"
    assert len(lines) == 5
    assert lines[2].endswith("up to (n - 1) / 32")
    assert "96.7%" in lines[2]  # 1 - (37 + 1) / (36 * 32)
    assert not lines[3].endswith("32")
    assert lines[4] == "who knows the dimension: 0.0% with 2 calls"
    rates = [game.failure_rate for games in shown.games.values() for game in games]
    assert min(rates) > 0.75
    assert demonstrate(n=4, q=5, trials=3).budgets == (1, 2, 4)


# mistakes ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"sampler": 3}, TypeError, "sampler: is a int"),
        ({"n": 1}, ValueError, "n: is 1, expected at least 2"),
        ({"n": 2.0}, TypeError, "n: is a float, expected an integer"),
        ({"seed": "a"}, (TypeError, ValueError), "seed: is 'a', expected an int"),
        ({"informed": 2}, TypeError, "informed: is 2, expected True or False"),
        ({"informed": True}, TypeError, r"called as sampler\(oracle, k\) with informed=True"),
        (
            {"sampler": lambda oracle, k: [0] * 6},
            TypeError,
            r"called as sampler\(oracle\) with informed=False",
        ),
        ({"n": 30}, ValueError, r"q: is 7, expected at least 30 \(n\)"),
        ({"q": 6}, ValueError, "q: is 6, expected a prime"),
        ({"budget": 0}, ValueError, "budget: is 0, expected at least 1"),
        ({"trials": 0}, ValueError, "trials: is 0, expected at least 1"),
        ({"base": COIN}, ValueError, "base: has 20 tokens, expected n = 6"),
        ({"base": 3}, TypeError, "base: is a int, expected a Distribution"),
        ({"sampler": lambda oracle: [0]}, ValueError, "sampler: returned shape"),
        ({"sampler": lambda oracle: [0.5] * 6}, TypeError, "integer codes"),
        ({"sampler": lambda oracle: [7] * 6}, ValueError, "code 7"),
    ],
)
def test_mistakes_are_named(change, error, message):
    arguments = {"sampler": uniform_steps, "n": 6, "q": 7, "budget": 2, "trials": 2} | change
    with pytest.raises(error, match=message):
        play(**arguments)


def test_mistakes_about_plants_are_named():
    with pytest.raises(TypeError, match="base: is a InformationCurve, expected a Distribution"):
        planted(information_curve(COIN), 3, 23)
    with pytest.raises(TypeError, match="expected an InformationCurve"):
        planted_curve(COIN, 3, 23)
    with pytest.raises(ValueError, match="k: is 21"):
        planted(COIN, 21, 23)
    curve = InformationCurve.from_conditional_entropies([1.0, 0.5])
    assert not planted_curve(curve, 1, 2).h.flags.writeable
    with pytest.raises(ValueError, match="calls: is -1"):
        least_failure(4, 5, -1)
    with pytest.raises(ValueError, match="q: is 3, expected at least n = 4"):
        least_failure(4, 3, 1)
    with pytest.raises(TypeError, match="calls: is 'many'"):
        least_failure(4, 5, "many")


@pytest.mark.parametrize(
    ("budgets", "error", "message"),
    [
        (3, TypeError, "budgets: is a int, expected a sequence of numbers"),
        ([], ValueError, "budgets: is empty"),
        ([2, 0], ValueError, "budgets: is 0, expected at least 1"),
    ],
)
def test_mistakes_about_budgets_are_named(budgets, error, message):
    with pytest.raises(error, match=message):
        demonstrate(8, 11, budgets=budgets)
