"""Samples: coding of letters, estimators, coverage, what is too much."""

from math import comb
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

import reference
from unmask import InformationCurve, half_sample_comparison, information_curve
from unmask.distributions import Dense, Empirical
from unmask.io import read
from unmask.testing import samples

CLOSE = 1e-13
SPLICE_SITES = Path(__file__).parents[1] / "examples" / "splice_sites.tsv"


@given(samples(max_n=4, max_letters=3), st.data())
def test_it_is_the_table_of_its_rows(rows, data):
    weights = data.draw(st.lists(st.floats(0.1, 5), min_size=len(rows), max_size=len(rows)))
    law = Empirical(rows, weights)
    table = Dense(reference.table(rows, weights, law.alphabet_sizes))
    assert law.alphabet_sizes == tuple(rows.max(axis=0) + 1)
    assert information_curve(law).h == pytest.approx(information_curve(table).h, abs=CLOSE)
    assert law.log_prob(rows) == pytest.approx(table.log_prob(rows), abs=CLOSE)
    assert law.total_weight == pytest.approx(sum(weights), rel=1e-15)


@given(samples(), st.data())
def test_the_order_and_the_merging_of_rows_are_nothing(rows, data):
    order = data.draw(st.permutations(range(len(rows))))
    law, moved = Empirical(rows), Empirical(rows[order])
    distinct, counts = np.unique(rows, axis=0, return_counts=True)
    merged = Empirical(distinct, counts)
    assert len(law.atoms) == len(distinct)
    for twin in (moved, merged, Empirical(np.repeat(rows, 3, axis=0), np.full(3 * len(rows), 2.5))):
        h = information_curve(twin).h
        assert information_curve(law).h == pytest.approx(h, abs=CLOSE)
    assert information_curve(law).coverage.tolist() == information_curve(merged).coverage.tolist()


def test_atoms_in_order_of_appearance():
    law = Empirical([[1, 0], [0, 2], [1, 0], [0, 0]], [1, 2, 3, 0])
    assert law.atoms.tolist() == [[1, 0], [0, 2]]
    assert law.weights.tolist() == [4, 2]
    assert law.alphabet_sizes == (2, 3)
    assert law.counted
    assert not Empirical([[0]], [0.5]).counted
    with pytest.raises(ValueError, match="read-only"):
        law.atoms[0, 0] = 5
    with pytest.raises(ValueError, match="read-only"):
        law.weights[0] = 5


# Letters --------------------------------------------------------------------------------------


def test_signs_are_letters():
    law = Empirical([[-1, 1], [1, -1], [1, 1]])
    assert law.alphabets == ((-1, 1), (-1, 1))
    assert law.atoms.tolist() == [[0, 1], [1, 0], [1, 1]]
    same = Empirical([[0, 1], [1, 0], [1, 1]])
    assert information_curve(law).h.tolist() == information_curve(same).h.tolist()


@pytest.mark.parametrize("dtype", [np.int8, np.int64, ">i2", np.uint8, np.uint64, bool])
def test_kinds_of_integers(dtype):
    law = Empirical(np.array([[0, 1], [1, 1]]).astype(dtype))
    assert law.atoms.tolist() == [[0, 1], [1, 1]]
    assert law.atoms.dtype == np.int64
    assert law.alphabet_sizes == (2, 2)


def test_words_and_large_numbers():
    law = Empirical([["G", "A"], ["A", "A"], ["T", "C"]])
    assert law.alphabets == (("A", "G", "T"), ("A", "C"))
    assert law.atoms.tolist() == [[1, 0], [0, 0], [2, 1]]
    assert Empirical(np.array([[b"b"], [b"a"]])).alphabets == ((b"a", b"b"),)
    large = Empirical(np.array([[2**64 - 1, 7], [2**63, 7]], dtype=np.uint64))
    assert large.alphabets == ((2**63, 2**64 - 1), range(8))
    # The sum of a code and its neighbour's code is not a code: mixed radix would need 128 bits.
    assert len(large.atoms) == 2


def test_the_largest_alphabet():
    rows = np.arange(65536)[:, None]
    assert Empirical(rows).alphabet_sizes == (65536,)
    assert Empirical(rows).entropy() == pytest.approx(16 * np.log(2), rel=1e-14)
    assert Empirical(rows - 1).alphabets[0][:2] == (-1, 0)
    for more in (np.arange(65537), np.arange(65537) - 5):
        with pytest.raises(ValueError, match="samples: token 0 has 65537 letters, expected at mos"):
            Empirical(more[:, None])


def test_layouts():
    plain = np.array([[0, 1, 2], [2, 1, 0], [1, 1, 1]])
    curve = information_curve(Empirical(plain, [1, 2, 3])).h.tobytes()
    wide = np.repeat(np.repeat(plain, 2, axis=0), 2, axis=1)
    for rows in (np.asfortranarray(plain), wide[::2, ::2], plain[::-1].copy()[::-1]):
        for weights in (
            np.array([1, 2, 3], dtype=np.float32),
            np.array([1, 9, 2, 9, 3.0])[::2],
            np.array([1, 2, 3], dtype=">f8"),
            np.frombuffer(b"\0" + np.array([1.0, 2, 3]).tobytes(), np.uint8)[1:].view("f8"),
        ):
            assert information_curve(Empirical(rows, weights)).h.tobytes() == curve
    repeated = Empirical(np.broadcast_to([0, 1], (5, 2)), np.broadcast_to(2.0, 5))
    assert repeated.weights.tolist() == [10]


# Many columns ---------------------------------------------------------------------------------


@pytest.mark.parametrize("n", [16, 17, 31, 32, 33, 40, *range(53, 65)])
def test_two_sequences_without_a_common_letter(n):
    """A repeated bit: H(X_S) = log 2 for every S but the empty one."""
    curve = information_curve(Empirical([[0] * n, [1] * n]))
    assert curve.h[0] == pytest.approx(np.log(2), rel=1e-15)
    assert (curve.h[1:] == 0).all()
    assert curve.total_correlation == pytest.approx((n - 1) * np.log(2), rel=1e-14)
    assert curve.dual_total_correlation == pytest.approx(np.log(2), rel=1e-14)


@pytest.mark.parametrize("n", [20, 33, 40, 64])
def test_three_sequences(n):
    """The third is the first on four tokens, and has letters of its own elsewhere."""
    rows = np.zeros((3, n), dtype=int)
    rows[1] = 1
    rows[2, 4:] = 2
    law = Empirical(rows)
    curve = information_curve(law)
    alike = np.array([comb(4, j) / comb(n, j) for j in range(n + 1)])
    pair = stats.entropy([1 / 3, 2 / 3])
    want = alike * pair + (1 - alike) * np.log(3)
    want[0] = 0
    assert curve.mean_entropies == pytest.approx(want, abs=1e-14)
    total = 4 * pair + (n - 5) * np.log(3)
    assert law.total_correlation() == pytest.approx(total, rel=1e-14)
    assert curve.total_correlation == pytest.approx(total, rel=1e-13)
    assert curve.dual_total_correlation == pytest.approx(np.log(3), rel=1e-13)


@pytest.mark.parametrize("n", [17])
def test_subset_entropies_beyond_sixteen_bits(n):
    law = Empirical(np.vstack([np.zeros(n, int), np.ones(n, int), np.arange(n) == n - 1]))
    entropies = law.subset_entropies()
    assert entropies.shape == (2**n,)
    pair = stats.entropy([1 / 3, 2 / 3])
    last = np.arange(2**n) >> (n - 1) == 1
    others = np.arange(2**n) % 2 ** (n - 1) > 0
    want = np.where(last & others, np.log(3), np.where(last | others, pair, 0))
    assert entropies == pytest.approx(want, abs=1e-14)


def test_constant_columns_have_no_bit():
    rows = np.zeros((2, 17), dtype=int)
    rows[1, [0, 16]] = 1
    entropies = Empirical(rows).subset_entropies()
    seen = (np.arange(2**17) & (1 | 1 << 16)) > 0
    assert entropies == pytest.approx(np.log(2) * seen, abs=1e-15)


def test_sixty_four_columns_of_all_letters():
    """The table would have 2^1024 cells."""
    column = np.arange(65536)
    rows = np.stack([np.roll(column, 997 * i) for i in range(64)], axis=1)
    law = Empirical(rows)
    assert law.alphabet_sizes == (65536,) * 64
    curve = information_curve(law)
    log = 16 * np.log(2)
    assert curve.z[1:] == pytest.approx(log, rel=1e-14)
    assert curve.dual_total_correlation == pytest.approx(log, rel=1e-13)
    assert law.total_correlation() == pytest.approx(63 * log, rel=1e-13)


def test_more_columns_than_a_mask_holds():
    rows = np.eye(70, dtype=int)
    for estimator in ("plugin", "miller-madow", "chao-shen"):
        law = Empirical(rows, estimator=estimator)
        with pytest.raises(ValueError, match=r"samples: 70 coordinates vary, .* at most 64"):
            information_curve(law)
    law = Empirical(rows)
    with pytest.raises(MemoryError, match=r"the entropies of all subsets needs .* GiB"):
        law.subset_entropies()
    # What needs no lattice is there all the same.
    single = stats.entropy([1 / 70, 69 / 70])
    assert law.entropy() == pytest.approx(np.log(70), rel=1e-14)
    assert law.total_correlation() == pytest.approx(70 * single - np.log(70), rel=1e-12)
    assert law.dual_total_correlation() == pytest.approx(np.log(70), rel=1e-12)
    # Columns that do not vary do not count.
    constant = np.zeros((2, 200), dtype=int)
    constant[1, :3] = 1
    assert information_curve(Empirical(constant)).entropy == pytest.approx(np.log(2), rel=1e-15)


def test_what_takes_too_long_is_refused():
    rows = np.random.default_rng(0).integers(0, 2, (3000, 60))
    for estimator in ("plugin", "miller-madow", "chao-shen"):
        law = Empirical(rows, estimator=estimator)
        with pytest.raises(ValueError, match=r"curve would take about .* (days|years) on one core"):
            information_curve(law)
        with pytest.raises(ValueError, match=r"lattice of these samples needs about .* operations"):
            information_curve(law, method="exact")
    with pytest.raises(MemoryError, match=r"the entropies of all subsets needs .* GiB of memory"):
        Empirical(rows).subset_entropies()


# Estimators -----------------------------------------------------------------------------------


def miller_madow(c):
    return reference.entropy(c / c.sum()) + (len(c) - 1) / (2 * c.sum())


def chao_shen(c):
    size = c.sum()
    singletons = (c == 1).sum()
    # Nothing but singletons would leave no coverage at all: one is kept back.
    p = (1 - min(singletons, size - 1) / size) * c / size
    p = p[p < 1]
    return -(p * np.log(p) / (1 - (1 - p) ** size)).sum()


def coverage(c):
    return 1 - (c == 1).sum() / c.sum()


@given(samples(max_n=4, max_size=40), st.sampled_from(["plugin", "miller-madow", "chao-shen"]))
def test_estimators_subset_by_subset(rows, name):
    estimate = {
        "plugin": lambda c: reference.entropy(c / c.sum()),
        "miller-madow": miller_madow,
        "chao-shen": chao_shen,
    }[name]
    law = Empirical(rows, estimator=name)
    curve = information_curve(law)
    means = reference.mean_over_subsets(
        law.n, lambda kept: estimate(reference.counts(rows, kept)) if kept else 0.0
    )
    assert curve.mean_entropies == pytest.approx(means, abs=1e-12)
    assert curve.h == pytest.approx(np.diff(means), abs=1e-12)
    assert curve.z == pytest.approx(curve.h[0] - curve.h, abs=1e-12)
    assert curve.estimator == law.estimator == name
    assert law.entropy() == pytest.approx(means[-1], abs=1e-12)
    assert law.total_correlation() == pytest.approx(curve.z.sum(), abs=1e-12)
    dual = law.n * curve.z[-1] - curve.z.sum()
    assert law.dual_total_correlation() == pytest.approx(dual, abs=1e-12)
    covered = reference.mean_over_subsets(law.n, lambda k: coverage(reference.counts(rows, k)))
    assert curve.coverage == pytest.approx(covered, abs=1e-14)


@given(samples(max_size=60))
def test_reliable_until(rows):
    curve = information_curve(Empirical(rows))
    until = curve.reliable_until
    assert 0 <= until <= curve.n
    assert (curve.coverage[1 : until + 1] >= 0.9).all()
    if until < curve.n:
        assert curve.coverage[until + 1] < 0.9


def test_one_sample_tells_nothing():
    curve = information_curve(Empirical([[0, 1]]))
    assert curve.reliable_until == 0
    assert curve.entropy == 0


def test_curves_of_no_counts_are_taken_for_true():
    weighted = information_curve(Empirical([[0, 0], [1, 1]], [0.5, 0.5]))
    assert weighted.coverage is None
    assert weighted.reliable_until == 2
    assert InformationCurve.from_conditional_entropies([1, 0]).reliable_until == 2


@pytest.mark.parametrize("name", ["miller-madow", "chao-shen"])
def test_estimators_need_counts(name):
    with pytest.raises(ValueError, match=f"weights: not all whole, .* for estimator='{name}'"):
        Empirical([[0], [1]], [0.5, 2], estimator=name)
    corrected = Empirical([[0], [1]], [1, 2], estimator=name)
    with pytest.raises(ValueError, match=f"estimator: is '{name}', expected 'plugin' for subsets"):
        corrected.subset_entropies()


def test_estimators_correct_upwards():
    rows = np.random.default_rng(3).integers(0, 4, (60, 5))
    truth = 5 * np.log(4)
    plugin, mm, cs = (
        Empirical(rows, estimator=name).entropy()
        for name in ("plugin", "miller-madow", "chao-shen")
    )
    assert plugin < mm < truth
    assert abs(cs - truth) < truth - plugin


def test_undersampling_shows():
    """1,797 samples of 24 fair bits look correlated by 9 nats, where the truth is 0."""
    rows = np.random.default_rng(0).integers(0, 2, (1797, 24))
    law = Empirical(rows)
    # log 1797 is all the entropy that so many samples can have.
    assert law.entropy() == pytest.approx(np.log(1797), abs=1e-3)
    assert law.total_correlation() == pytest.approx(24 * np.log(2) - np.log(1797), abs=0.02)
    assert law.total_correlation() == pytest.approx(9.14, abs=0.02)
    # Two thirds of the columns are enough to saturate, and quick.
    part = Empirical(rows[:, :16])
    curve = information_curve(part)
    assert curve.total_correlation == pytest.approx(part.total_correlation(), abs=1e-12)
    assert curve.total_correlation > 3
    # The share of singletons is about exp(-N / 2^j): 0.03 at 9 bits, 0.17 at 10.
    assert curve.reliable_until == 9
    assert curve.h[-1] < 0.1 * np.log(2) < 0.99 * np.log(2) < curve.h[0]


def test_splice_sites():
    sites = read(SPLICE_SITES)
    law = Empirical(sites.letters, sites.weights)
    assert law.alphabet_sizes == (4, 4, 4, 1, 2, 4, 4, 4, 4)
    assert law.total_weight == 298_479
    assert len(law.atoms) == 10_227
    curve = information_curve(law)
    for source in (law.total_correlation(), curve.total_correlation):
        assert source == pytest.approx(0.4830, abs=6e-5)
    for source in (law.dual_total_correlation(), curve.dual_total_correlation):
        assert source == pytest.approx(0.6379, abs=6e-5)
    halves = half_sample_comparison(law, seed=0)
    assert halves.half.dual_total_correlation == pytest.approx(0.700, abs=0.01)
    assert halves.whole.dual_total_correlation == pytest.approx(0.6379, abs=6e-5)


# Bad input ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rows", "error", "message"),
    [
        ([], ValueError, r"samples: has shape \(0,\), expected \(N, n\)"),
        ([0, 1], ValueError, r"samples: has shape \(2,\), expected \(N, n\)"),
        (np.zeros((0, 3), int), ValueError, r"samples: has shape \(0, 3\), .* not empty"),
        (np.zeros((3, 0), int), ValueError, r"samples: has shape \(3, 0\), .* not empty"),
        (np.zeros((1, 1, 1), int), ValueError, r"samples: has shape \(1, 1, 1\)"),
        ("ACGT", ValueError, r"samples: has shape \(\)"),
        ([[0.0, 1.0]], TypeError, "samples: has dtype float64, expected integers or letters"),
        ([[np.nan]], TypeError, "samples: has dtype float64"),
        ([[1j]], TypeError, "samples: has dtype complex128"),
        ([[None]], TypeError, "samples: has dtype object"),
        ([[0, 1], [1]], ValueError, "samples: expected an array"),
    ],
)
def test_bad_samples(rows, error, message):
    with pytest.raises(error, match=message):
        Empirical(rows)


@pytest.mark.parametrize(
    ("weights", "error", "message"),
    [
        ([1], ValueError, r"weights: has shape \(1,\), expected \(2,\): one a sample"),
        (1.0, ValueError, r"weights: has shape \(\), expected \(2,\)"),
        ([[1, 2]], ValueError, r"weights: has shape \(1, 2\)"),
        ([1, -1], ValueError, "weights: weight 1 is -1, expected a finite number >= 0"),
        ([np.nan, 1], ValueError, "weights: weight 0 is NaN, expected a finite"),
        ([1, np.inf], ValueError, "weights: weight 1 is inf, expected a finite"),
        ([1e308, 1e308], ValueError, "weights: sum to inf, expected a finite sum"),
        ([0, 0], ValueError, "samples: no sample has a positive weight"),
        (["1", "2"], TypeError, "weights: has dtype <U1, expected real numbers"),
        ([1j, 1], TypeError, "weights: has dtype complex128"),
        ([None, 1], TypeError, "weights: has dtype object"),
        ([[1], [1, 2]], ValueError, "weights: expected an array"),
    ],
)
def test_bad_weights(weights, error, message):
    with pytest.raises(error, match=message):
        Empirical([[0, 1], [1, 1]], weights)


def test_bad_estimator():
    with pytest.raises(ValueError, match=r"estimator: is 'jackknife', expected 'plugin' or"):
        Empirical([[0]], estimator="jackknife")


def test_weights_of_any_size():
    for scale in (5e-324, 1e-300, 1.0, 1e300):
        law = Empirical([[0, 0], [1, 1]], [scale, scale])
        assert law.entropy() == pytest.approx(np.log(2), rel=1e-15)
        assert law.log_prob([0, 0]) == pytest.approx(-np.log(2), rel=1e-15)
        assert law.conditional_marginals([0, 0], [False, True])[1].tolist() == [1, 0]
