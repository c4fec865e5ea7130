import sys

import galois
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import unmask
from families import check_family, check_sampling
from unmask import information_curve
from unmask.distributions import LinearCode, ReedSolomon, random_linear_code


@st.composite
def generators(draw, fields=(2, 3, 4, 5, 8)):
    q = draw(st.sampled_from(fields))
    n = draw(st.integers(1, {2: 7, 3: 5, 4: 4, 5: 4, 8: 3}[q]))
    k = draw(st.integers(0, 4))
    entries = st.lists(st.integers(0, q - 1), min_size=k * n, max_size=k * n)
    return np.array(draw(entries), dtype=np.int64).reshape(k, n), q


@settings(max_examples=40, deadline=None)
@given(generators())
def test_linear_codes_are_their_tables(case):
    check_family(LinearCode(*case))


@pytest.mark.parametrize(("n", "k", "q"), [(6, 3, 2), (4, 2, 3), (3, 2, 4), (3, 1, 5)])
def test_linear_codes_sample(n, k, q):
    check_sampling(random_linear_code(n, k, q, seed=1))
    check_sampling(ReedSolomon(min(n, q), k - 1 or 1, q))


@pytest.mark.parametrize(("n", "k", "q"), [(11, 5, 2), (9, 4, 7), (8, 4, 16), (10, 10, 2)])
def test_mean_ranks_against_galois(n, k, q):
    code = random_linear_code(n, k, q, seed=2)
    field = galois.GF(q)
    totals, counts = np.zeros(n + 1), np.zeros(n + 1)
    for subset in range(1 << n):
        columns = [i for i in range(n) if subset >> i & 1]
        part = field(code.generator[:, columns])
        totals[len(columns)] += np.linalg.matrix_rank(part) if columns else 0
        counts[len(columns)] += 1
    curve = information_curve(code)
    np.testing.assert_allclose(curve.mean_entropies, totals / counts * np.log(q), rtol=1e-14)
    assert curve.method == "enumeration"


def test_generator_rows_may_depend_on_each_other():
    code = LinearCode([[1, 2, 0], [2, 1, 0], [0, 0, 0]], 3)
    assert code.dimension == 1
    assert code.q == 3
    np.testing.assert_array_equal(code.generator, [[1, 2, 0]])
    assert not code.generator.flags.writeable
    assert "3^3" in repr(code)


def test_relabelling_and_permuting_leave_the_curve():
    code = random_linear_code(12, 5, 5, seed=3)
    generator = np.random.default_rng(0)
    permuted = code.generator[:, generator.permutation(12)]
    scaled = permuted * generator.integers(1, 5, size=12) % 5
    np.testing.assert_array_equal(
        information_curve(code).h, information_curve(LinearCode(scaled, 5)).h
    )


def test_the_same_bits_on_any_number_of_threads():
    code = random_linear_code(24, 12, 2, seed=0)
    one, two = (information_curve(code, threads=threads) for threads in (1, 2))
    np.testing.assert_array_equal(one.h, two.h)


def test_thirty_columns_are_exact():
    code = random_linear_code(30, 15, 2, seed=0)
    seen = []
    curve = information_curve(code, progress=seen.append)
    assert abs(curve.total_correlation - code.total_correlation()) < 1e-12
    assert abs(curve.dual_total_correlation - code.dual_total_correlation()) < 1e-12
    assert (np.diff(curve.h) <= 0).all()
    assert seen[-1] == 1.0


def test_long_codes():
    repeated = information_curve(LinearCode(np.ones((1, 120), dtype=int), 2))
    np.testing.assert_allclose(repeated.z[1:], np.log(2), rtol=1e-15)
    for law in (random_linear_code(100, 50, 2, 0), random_linear_code(200, 2, 2, 0)):
        with pytest.raises(unmask._core.WorkError, match="method='sampled' would take"):
            information_curve(law)
        with pytest.raises(ValueError, match=r"(generator|ranks)") as caught:
            information_curve(law, method="exact")
        assert "sampled" not in str(caught.value)


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_reed_solomon_is_its_table(data):
    q = data.draw(st.sampled_from([2, 3, 4, 5, 7]))
    n = data.draw(st.integers(1, min(q, 4)))
    k = data.draw(st.integers(1, n))
    shift = data.draw(st.none() | st.lists(st.integers(0, q - 1), min_size=n, max_size=n))
    law = ReedSolomon(n, k, q, shift)
    check_family(law)
    curve = information_curve(law)
    assert curve.method == "closed form"
    # An MDS code: a cliff behind k.
    np.testing.assert_array_equal(curve.z > 0, np.arange(1, n + 1) > k)


def test_reed_solomon_numbers_of_the_theory():
    law = ReedSolomon(256, 32, 257)
    assert (law.dimension, law.q, law.n) == (32, 257, 256)
    assert law.shift.sum() == 0
    curve = information_curve(law)
    assert round(curve.total_correlation, 3) == 1242.993
    assert round(curve.dual_total_correlation, 3) == 177.570
    assert len(unmask.schedules.optimal(curve, max_kl=0.5).sizes) == 2
    x = law.sample(5, seed=0)
    np.testing.assert_allclose(law.log_prob(x), -32 * np.log(257))
    mask = np.ones((5, 256), dtype=bool)
    mask[:, 100:132] = False
    answers = law.conditional_marginals(x, mask)
    np.testing.assert_array_equal(answers.argmax(axis=2), x)
    mask[:, 131] = True
    answers = law.conditional_marginals(x, mask)
    np.testing.assert_allclose(answers[mask], 1 / 257)


def test_impossible_evidence():
    for law in (LinearCode([[1, 1]], 2), ReedSolomon(2, 1, 2)):
        with pytest.raises(ValueError, match="probability zero"):
            law.conditional_marginals([0, 1], [False, False])
        uniform = law.conditional_marginals([0, 1], [False, False], on_impossible="uniform")
        np.testing.assert_array_equal(uniform, [[1, 0], [0, 1]])


@pytest.mark.parametrize(
    ("make", "error", "match"),
    [
        (lambda: LinearCode([[0, 3]], 3), ValueError, r"generator: entry \(0, 1\) is 3.*0..2"),
        (lambda: LinearCode([[0, -1]], 3), ValueError, "generator: entry"),
        (lambda: LinearCode([[0.5]], 3), TypeError, "generator: has dtype float64"),
        (lambda: LinearCode([1, 0], 2), ValueError, r"generator: has shape \(2,\)"),
        (lambda: LinearCode([[]], 2), ValueError, "generator: has shape"),
        (lambda: LinearCode([[1]], 6), ValueError, "q: is 6, expected a prime"),
        (lambda: LinearCode([[1]], 1), ValueError, "q: is 1"),
        (lambda: LinearCode([[1]], 9), ValueError, "q: is 9"),
        (lambda: LinearCode([[1]], 2.0), TypeError, "q: is a float"),
        (lambda: LinearCode([[1]], 1 << 40), ValueError, "q: is"),
        (lambda: ReedSolomon(6, 2, 5), ValueError, r"n: is 6, expected 1\.\.5 \(q"),
        (lambda: ReedSolomon(4, 0, 5), ValueError, r"k: is 0, expected 1\.\.4 \(n\)"),
        (lambda: ReedSolomon(4, 5, 5), ValueError, "k: is 5"),
        (lambda: ReedSolomon(2, 1, 5, [1]), ValueError, "shift: has shape"),
        (lambda: ReedSolomon(2, 1, 5, [1, 5]), ValueError, r"shift: entry 1 is 5, expected 0\.\.4"),
        (lambda: ReedSolomon(2, 1, 5, [1.0, 2.0]), TypeError, "shift: has dtype"),
        (lambda: random_linear_code(0, 0, 2), ValueError, "n: is 0"),
        (lambda: random_linear_code(3, 4, 2), ValueError, "k: is 4"),
        (lambda: random_linear_code(3, 2, 0), ValueError, "q: is 0"),
        (lambda: random_linear_code(3.5, 2, 2), TypeError, "n: is a float, expected an integer"),
        (lambda: random_linear_code(3, 2, 2.0), TypeError, "q: is a float"),
        (lambda: random_linear_code(3, 2, 2, seed="a"), TypeError, "seed: is 'a'"),
        (lambda: LinearCode([[1, 0], [1]], 2), ValueError, "generator: expected an array"),
        (lambda: ReedSolomon(4, 2.5, 5), TypeError, "k: is a float, expected an integer"),
        (lambda: ReedSolomon("4", 2, 5), TypeError, "n: is a str, expected an integer"),
    ],
)
def test_bad_input(make, error, match):
    with pytest.raises(error, match=match):
        make()


def test_without_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "galois", None)
    with pytest.raises(ImportError, match=r"unmask\[codes\]"):
        LinearCode([[1]], 4)
    assert LinearCode([[1]], 7).q == 7
