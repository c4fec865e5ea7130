"""One check of each kind of argument, and what passes none of them."""

import numpy as np
import pytest

from unmask import BernoulliSchedule, InformationCurve, Schedule, _check, bounds, io, schedules
from unmask.distributions import Exchangeable, Permutation, Repeated, ZeroSum

NO_NUMBERS = [None, True, "a", b"x", [], [1.0], {}, 1j, np.array([0.5]), np.array(True), object()]
NOT_FINITE = [float("nan"), float("inf"), -float("inf"), np.float32("nan")]


@pytest.mark.parametrize(
    "check", [_check.number, _check.amount, _check.positive, _check.letters, _check.level]
)
def test_numbers(check):
    for wrong in NO_NUMBERS:
        with pytest.raises(TypeError, match=r"x: is .*, expected a number"):
            check(wrong, "x")
    for wrong in NOT_FINITE:
        with pytest.raises(ValueError, match=r"x: is .*, expected a finite number"):
            check(wrong, "x")


def test_ranges_of_numbers():
    assert _check.number(np.float32(0.5), "x") == 0.5
    assert _check.amount(0, "x") == 0.0
    assert _check.positive(5e-324, "x") == 5e-324
    assert _check.letters(1, "x") == 1.0
    assert _check.proportion(0, "x") == 0.0
    assert _check.level(0.95, "x") == 0.95
    for check, wrong in (
        (_check.amount, -1e-300),
        (_check.positive, 0),
        (_check.positive, -0.0),
        (_check.letters, 0.999),
        (_check.proportion, 1.0),
        (_check.proportion, -1e-9),
        (_check.level, 0),
        (_check.level, 1),
    ):
        with pytest.raises(ValueError, match=r"^x: is"):
            check(wrong, "x")


def test_whole_numbers():
    assert _check.size(np.int8(3), "x") == 3
    assert _check.size(0, "x", 0) == 0
    assert _check.size(2**53, "x") == 2**53
    assert _check.count(2**62, "x", "token", limit=_check.LARGEST) == 2**62
    for wrong in (None, 1.0, "1", [1], np.array([1, 2])):
        with pytest.raises(TypeError, match=r"^x: is a"):
            _check.size(wrong, "x")
    with pytest.raises(ValueError, match=r"x: is 4, expected 1\.\.3 \(n\)"):
        _check.size(4, "x", 1, 3, " (n)")
    with pytest.raises(ValueError, match="x: is 0, expected at least 1 token"):
        _check.count(0, "x", "token")
    for much in (2**53 + 1, 10**30):
        with pytest.raises(ValueError, match=r"x: is \d+, expected at most 2\^53$"):
            _check.size(much, "x")


def test_words_flags_and_files():
    for wrong in (None, 1, "b", np.array(["a"]), np.array([]), ["a"], ("a",)):
        with pytest.raises(ValueError, match=r"x: is .*, expected 'a' or 'aa'"):
            _check.choice(wrong, ("a", "aa"), "x")
    for wrong in (None, 1, "True", np.array([True, False])):
        with pytest.raises(TypeError, match=r"x: is .*, expected True or False"):
            _check.flag(wrong, "x")
    assert _check.flag(np.bool_(True), "x") is True
    for wrong in (None, 1, b"x", [], True):
        with pytest.raises(TypeError, match=r"path: is a .*, expected the name of a file"):
            io.load(wrong)
        with pytest.raises(TypeError, match=r"path: is a .*, expected the name of a file"):
            InformationCurve.load(wrong)


@pytest.mark.parametrize(
    "call",
    [
        lambda n: schedules.cosine(n, 3),
        lambda n: schedules.arccos(n, 3),
        lambda n: schedules.power(n, 3, 2),
        lambda n: schedules.geometric(n, 3, 2),
        lambda n: schedules.loglinear(n, 3),
        lambda n: schedules.beta(n, 3, 2, 2),
        lambda n: Permutation(n),
        lambda n: Repeated(n, 2),
        lambda n: ZeroSum(n, 2),
        lambda n: Exchangeable.balanced(n),
        lambda n: Exchangeable.one_hot(n),
        lambda n: BernoulliSchedule([0, 1], n=n),
    ],
)
def test_numbers_of_tokens_that_doubles_do_not_hold(call):
    for n in (2**60, 10**30):
        with pytest.raises(ValueError, match=r"n: is \d+, expected at most 2\^(53|62)"):
            call(n)


def test_rules_of_integers_go_further():
    assert schedules.uniform(2**60, 3).n == 2**60
    assert bounds.unknown_law_calls(2**60) == (2**60 - 1) / 32
    with pytest.raises(ValueError, match=r"n: is \d+, expected at most 2\^62"):
        schedules.uniform(2**62 + 1, 3)
    assert Schedule([2**62, 2**61]).n == 3 * 2**61
