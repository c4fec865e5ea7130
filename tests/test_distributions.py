"""What every distribution does, and the arrays that a table may come in."""

import copy
import pickle
import warnings

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

import reference
from unmask import information_curve
from unmask.distributions import Dense, Distribution, Empirical
from unmask.testing import distributions, pmfs

CLOSE = 1e-13


def table_of(law):
    """Joint table, by asking for every sequence."""
    cells = np.indices(law.alphabet_sizes).reshape(law.n, -1).T
    return np.exp(law.log_prob(cells)).reshape(law.alphabet_sizes)


# All distributions ----------------------------------------------------------------------------


@given(distributions())
def test_totals_and_subset_entropies(law):
    table = table_of(law)
    assert table.sum() == pytest.approx(1, abs=1e-13)
    assert law.entropy() == pytest.approx(reference.entropy(table), abs=CLOSE)
    total, dual = reference.totals(table)
    assert law.total_correlation() == pytest.approx(total, abs=CLOSE)
    assert law.dual_total_correlation() == pytest.approx(dual, abs=CLOSE)
    entropies = law.subset_entropies()
    assert entropies == pytest.approx(reference.subset_entropies(table), abs=CLOSE)
    assert entropies[0] == 0
    sizes = np.array([mask.bit_count() for mask in range(2**law.n)])
    means = [entropies[sizes == j].mean() for j in range(law.n + 1)]
    assert information_curve(law).mean_entropies == pytest.approx(means, abs=CLOSE)


@given(pmfs())
def test_the_chain_rule(pmf):
    """H(X_S, X_i) = H(X_S) + the mean entropy of the oracle's row for i."""
    law = Dense(pmf)
    entropies = law.subset_entropies()
    cells = np.indices(pmf.shape).reshape(pmf.ndim, -1).T[pmf.ravel() > 0]
    weights = law.pmf[tuple(cells.T)]
    for revealed in range(2**law.n - 1):
        mask = np.array([not revealed >> i & 1 for i in range(law.n)])
        rows = law.conditional_marginals(cells, mask)
        for i in np.flatnonzero(mask):
            mean = weights @ stats.entropy(rows[:, i], axis=-1)
            assert entropies[revealed | 1 << i] - entropies[revealed] == pytest.approx(
                mean, abs=CLOSE
            )


@given(distributions(max_n=4, max_letters=3), st.data())
def test_conditional_marginals(law, data):
    table = table_of(law)
    letters = max(law.alphabet_sizes)
    x = np.array([data.draw(st.integers(0, q - 1)) for q in law.alphabet_sizes])
    mask = np.array(data.draw(st.lists(st.booleans(), min_size=law.n, max_size=law.n)))
    # What stands at masked positions is not looked at, whatever it is.
    seen = np.where(mask, data.draw(st.sampled_from([0, -1, 99])), x)
    rows = law.conditional_marginals(seen, mask, on_impossible="uniform")
    assert rows.shape == (law.n, letters)
    assert rows.dtype == np.float64
    possible = True
    for i, q in enumerate(law.alphabet_sizes):
        if mask[i]:
            want = reference.conditional_marginal(table, x, mask, i)
            possible = want is not None
            want = np.full(q, 1 / q) if want is None else want
        else:
            want = np.eye(q)[x[i]]
        assert rows[i, :q] == pytest.approx(want, abs=1e-12)
        assert (rows[i, q:] == 0).all()
    if mask.any() and not possible:
        with pytest.raises(ValueError, match="x: the revealed tokens of query 0 have probability"):
            law.conditional_marginals(seen, mask)
    elif mask.any():
        assert law.conditional_marginals(seen, mask).tolist() == rows.tolist()


@given(distributions(max_n=3), st.data())
def test_conditional_marginals_of_batches(law, data):
    """A batch of any shape is its queries one by one; shapes are broadcast."""
    seed = data.draw(st.integers(0, 2**32))
    generator = np.random.default_rng(seed)
    x = law.sample(6, seed=generator).reshape(3, 2, law.n)
    mask = generator.random((2, law.n)) < 0.5
    rows = law.conditional_marginals(x, mask)
    assert rows.shape == (3, 2, law.n, max(law.alphabet_sizes))
    for where in np.ndindex(3, 2):
        single = law.conditional_marginals(x[where], mask[where[1]])
        assert rows[where] == pytest.approx(single, abs=1e-14)
    everything = law.conditional_marginals(x[0, 0], np.ones((5, law.n), dtype=bool))
    assert everything.shape == (5, law.n, max(law.alphabet_sizes))
    assert (everything == everything[0]).all()


@pytest.mark.parametrize("law", [Dense([[0.5, 0.5]]), Empirical([[0, 0], [0, 1]])])
def test_no_query_at_all(law):
    x, mask = np.zeros((0, 2), dtype=int), np.zeros((0, 2), dtype=bool)
    assert law.conditional_marginals(x, mask).shape == (0, 2, 2)
    assert law.log_prob(x).shape == (0,)
    assert law.sample(0).shape == (0, 2)


def test_impossible_evidence():
    law = Dense(np.array([[[0.5, 0.0]], [[0.0, 0.5]]]))
    x = np.array([[0, 0, 0], [0, 0, 1]])
    mask = np.array([False, True, False])
    with pytest.raises(ValueError, match=r"x: the revealed tokens of query 1 have prob"):
        law.conditional_marginals(x, mask)
    rows = law.conditional_marginals(x, mask, on_impossible="uniform")
    assert rows[1].tolist() == [[1, 0], [1, 0], [0, 1]]
    assert rows[0].tolist() == [[1, 0], [1, 0], [1, 0]]
    wide = Empirical([[0, 0, 2], [1, 1, 1]]).conditional_marginals(
        [0, 1, 0], [False, False, True], on_impossible="uniform"
    )
    assert wide.tolist() == [[1, 0, 0], [0, 1, 0], [1 / 3] * 3]
    with pytest.raises(ValueError, match="on_impossible: is 'ignore', expected 'raise' or"):
        law.conditional_marginals(x, mask, on_impossible="ignore")


@given(distributions(), st.integers(0, 2**32))
@settings(max_examples=30)
def test_samples_are_possible_and_seeded(law, seed):
    x = law.sample(50, seed=seed)
    assert x.shape == (50, law.n)
    assert x.dtype == np.int64
    assert np.isfinite(law.log_prob(x)).all()
    assert (law.sample(50, seed=seed) == x).all()
    assert (law.sample(50, seed=np.random.default_rng(seed)) == x).all()


@pytest.mark.parametrize(
    "law",
    [
        Dense(np.array([[0.1, 0.0, 0.2], [0.3, 0.4, 0.0]])),
        Empirical([[0, 0], [0, 2], [1, 0], [1, 1]], [1, 2, 3, 4]),
    ],
)
def test_samples_follow_the_law(law):
    size = 20_000
    table = table_of(law)
    counts = np.zeros(table.shape)
    np.add.at(counts, tuple(law.sample(size, seed=1).T), 1)
    assert (counts[table == 0] == 0).all()
    kept = table > 0
    assert stats.chisquare(counts[kept], size * table[kept]).pvalue > 1e-3


def test_samples_avoid_empty_cells():
    for pmf in ([0.0, 1.0], [1.0, 0.0], [0.0, 0.5, 0.0, 0.5, 0.0], [0.1] * 10 + [0.0]):
        drawn = Dense(pmf).sample(2000, seed=0)[:, 0]
        assert set(drawn) == set(np.flatnonzero(pmf))


@given(distributions(max_n=3))
@settings(max_examples=30)
def test_copies(law):
    curve = information_curve(law)
    for twin in (pickle.loads(pickle.dumps(law)), copy.copy(law), copy.deepcopy(law)):
        assert twin.alphabets == law.alphabets
        assert information_curve(twin).h.tobytes() == curve.h.tobytes()
        x = law.sample(20, seed=0)
        assert twin.log_prob(x).tobytes() == law.log_prob(x).tobytes()
        assert (twin.sample(20, seed=0) == x).all()
        arrays = [twin.pmf] if isinstance(twin, Dense) else [twin.atoms, twin.weights]
        assert not any(array.flags.writeable for array in arrays)


@pytest.mark.parametrize("law", [Dense([[0.5, 0.25, 0.25]] * 1), Empirical([[0, 0], [0, 2]])])
@pytest.mark.parametrize(
    ("ask", "error", "message"),
    [
        (lambda p: p.log_prob([0.0, 1.0]), TypeError, "x: has dtype float64, expected integer"),
        (lambda p: p.log_prob([False, True]), TypeError, "x: has dtype bool"),
        (lambda p: p.log_prob(["a", "b"]), TypeError, "x: has dtype <U1"),
        (lambda p: p.log_prob([0]), ValueError, r"x: has shape \(1,\), expected \(\.\.\., 2\)"),
        (lambda p: p.log_prob(0), ValueError, r"x: has shape \(\)"),
        (lambda p: p.log_prob([[0], [0, 1]]), ValueError, "x: expected an array"),
        (lambda p: p.log_prob([0, 3]), ValueError, r"x: code 3 at \(1,\) .* expected 0\.\.2"),
        (lambda p: p.log_prob([[0, 0], [1, 0]]), ValueError, r"x: code 1 at \(1, 0\) .* 0\.\.0"),
        (lambda p: p.log_prob([0, -1]), ValueError, r"x: code -1 at \(1,\)"),
        (
            lambda p: p.log_prob(np.array([0, 2**63], dtype=np.uint64)),
            ValueError,
            "x: code 9223372036854775808",
        ),
        (
            lambda p: p.conditional_marginals([0, 0], [0, 1]),
            TypeError,
            "mask: has dtype int64, expected bool",
        ),
        (
            lambda p: p.conditional_marginals([0, 0], [True] * 3),
            ValueError,
            r"mask: has shape \(3,\), expected one that broadcasts with that of x, \(2,\)",
        ),
        (
            lambda p: p.conditional_marginals([0.5, 0], [True, True]),
            TypeError,
            "x: has dtype float64",
        ),
        (
            lambda p: p.conditional_marginals([5, 0], [False, True]),
            ValueError,
            r"x: code 5 at \(0,\)",
        ),
        (
            lambda p: p.conditional_marginals([0, 0], [[True], [True, False]]),
            ValueError,
            "mask: expected an array",
        ),
        (lambda p: p.sample(-1), ValueError, "size: is -1, expected at least 0"),
        (lambda p: p.sample(2.5), TypeError, r"size: is a .*, expected an integer"),
        (lambda p: p.sample("3"), TypeError, r"size: is a .*, expected an integer"),
    ],
)
def test_bad_queries(law, ask, error, message):
    with pytest.raises(error, match=message):
        ask(law)


def test_the_base_class_is_abstract():
    with pytest.raises(TypeError, match="abstract"):
        Distribution()


# Tables ---------------------------------------------------------------------------------------


@given(pmfs(max_n=4))
def test_scipy_agrees(pmf):
    assert Dense(pmf).entropy() == pytest.approx(stats.entropy(pmf.ravel()), abs=CLOSE)


def exact_entropy(pmf):
    with mpmath.workdps(50):
        p = [mpmath.mpf(float(x)) for x in np.asarray(pmf).ravel() if x > 0]
        total = mpmath.fsum(p)
        return -mpmath.fsum(x / total * mpmath.log(x / total) for x in p)


@pytest.mark.parametrize(
    "pmf",
    [
        [0.5, 0.5, 1e-300, 0.0],
        [0.25, 0.75, 5e-324, 1e-310],
        [1 / 3, 1 / 3, 1 / 3 - 1e-16, 1e-16],
        [2.0**-k for k in range(1, 60)] + [2.0**-59],
        np.exp(-np.arange(700.0)) / np.exp(-np.arange(700.0)).sum(),
        np.full(1000, 1e-3),
        [1e-5] * 2 + [1 - 2e-5],
    ],
)
def test_extreme_probabilities(pmf):
    exact = exact_entropy(pmf)
    assert abs(Dense(pmf).entropy() - exact) <= 1e-15 + 1e-14 * exact
    assert Dense(pmf).entropy() == information_curve(Dense(pmf)).entropy
    samples = np.arange(len(pmf))[:, None]
    assert abs(Empirical(samples, pmf).entropy() - exact) <= 1e-15 + 1e-14 * exact
    doubled = np.multiply.outer(pmf, [0.5, 0.5])
    assert abs(Dense(doubled).entropy() - exact - mpmath.log(2)) <= 1e-14 * (1 + exact)


def test_tables_of_very_small_numbers():
    law = Dense([[5e-324, 5e-324], [0.0, 1e-323]], normalize=True)
    assert law.pmf.tolist() == [[0.25, 0.25], [0.0, 0.5]]
    law = Dense([1e-300, 3e-300], normalize=True)
    assert law.entropy() == pytest.approx(stats.entropy([1, 3]), rel=1e-15)


def test_small_probabilities_are_not_dropped():
    rare = 1e-12
    law = Dense([[1 - rare, 0.0], [0.0, rare]])
    assert law.conditional_marginals([1, 0], [False, True])[1].tolist() == [0, 1]
    assert law.log_prob([1, 1]) == pytest.approx(np.log(rare), rel=1e-14)
    curve = information_curve(law)
    exact = float(exact_entropy([1 - rare, rare]))
    assert curve.z[1] == pytest.approx(exact, abs=1e-16)
    assert curve.z[1] > 0
    weighted = Empirical([[0, 0], [1, 1]], [1 - rare, rare])
    assert len(weighted.atoms) == 2
    assert weighted.log_prob([1, 1]) == pytest.approx(np.log(rare), rel=1e-14)


TABLE = np.array([[0.1, 0.2, 0.3], [0.15, 0.05, 0.2]])


@pytest.mark.parametrize(
    "given_table",
    [
        np.asfortranarray(TABLE),
        TABLE.T.copy().T,
        np.repeat(TABLE, 2, axis=1)[:, ::2],
        TABLE[::-1, ::-1].copy()[::-1, ::-1],
        TABLE.astype(">f8"),
        TABLE.astype(np.longdouble),
        TABLE.tolist(),
        np.frombuffer(TABLE.tobytes()).reshape(TABLE.shape),
        np.frombuffer(b"\0" + TABLE.tobytes(), dtype=np.uint8)[1:].view("f8").reshape(2, 3),
    ],
    ids=[
        "fortran",
        "transposed",
        "strided",
        "reversed",
        "big-endian",
        "long",
        "list",
        "read-only",
        "unaligned",
    ],
)
def test_any_layout_of_a_table(given_table):
    law = Dense(given_table)
    plain = Dense(TABLE)
    assert law.pmf.dtype == np.float64
    assert law.pmf.dtype.isnative
    assert law.pmf.tobytes() == plain.pmf.tobytes()
    assert information_curve(law).h.tobytes() == information_curve(plain).h.tobytes()


def test_broadcast_tables():
    """Strides of zero are cells like others."""
    law = Dense(np.broadcast_to(1 / 24, (2, 3, 4)))
    assert law.pmf.tolist() == np.full((2, 3, 4), 1 / 24).tolist()
    assert information_curve(law).h == pytest.approx([np.log(24) / 3] * 3, abs=1e-15)
    half = np.broadcast_to(np.array([0.1, 0.4]), (2, 2))
    assert Dense(half).entropy() == pytest.approx(reference.entropy(half), abs=1e-15)


def test_the_table_is_its_own():
    table = TABLE.copy()
    law = Dense(table)
    before = law.pmf.tobytes()
    table[:] = 0
    assert law.pmf.tobytes() == before
    assert table.flags.writeable
    with pytest.raises(ValueError, match="read-only"):
        law.pmf[0, 0] = 1


def test_narrow_floats_do_not_leak():
    for dtype in (np.float32, np.float16):
        narrow = np.array([[0.5, 0.25], [0.125, 0.125]], dtype=dtype)
        law = Dense(narrow)
        assert law.pmf.dtype == np.float64
        assert law.entropy() == Dense(narrow.astype(float)).entropy()
        assert law.conditional_marginals([0, 0], [True, True]).dtype == np.float64
        assert law.log_prob([[0, 0]]).dtype == np.float64
    # A third in single precision is off by 1e-8, which shows if sums are taken in single precision.
    third = np.full((3,) * 6, 3.0**-6, dtype=np.float32)
    assert Dense(third).entropy() == pytest.approx(6 * np.log(3), abs=1e-13)


@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int64, np.uint64, bool, ">i4"])
def test_counts_and_truths(dtype):
    table = np.array([[1, 0], [1, 1]]).astype(dtype)
    law = Dense(table, normalize=True)
    assert law.pmf.tolist() == [[1 / 3, 0], [1 / 3, 1 / 3]]
    with pytest.raises(ValueError, match=r"pmf: sums to 3\.0, off by 2, expected 1"):
        Dense(table)


def test_sums_of_narrow_counts_do_not_overflow():
    law = Dense(np.full((4, 4), 255, dtype=np.uint8), normalize=True)
    assert law.pmf.tolist() == [[1 / 16] * 4] * 4
    large = Dense(np.array([2**63, 2**63], dtype=np.uint64), normalize=True)
    assert large.pmf.tolist() == [0.5, 0.5]


def test_sums_within_a_millionth_are_rounding():
    assert Dense([0.5, 0.5 + 9e-7]).pmf.sum() == pytest.approx(1, abs=1e-15)
    for off in (1.1e-6, -1.1e-6, 0.1, -0.5):
        with pytest.raises(ValueError, match=r"pmf: sums to .* expected 1 within 1e-06; normalize"):
            Dense([0.5, 0.5 + off])


@pytest.mark.parametrize(
    ("pmf", "error", "message"),
    [
        ([0.5, -0.5, 1.0], ValueError, r"pmf: cell 1 \(in C order\) is -0.5, expected a finite"),
        ([[0.5, 0.5], [np.nan, 0]], ValueError, r"pmf: cell 2 \(in C order\) is NaN"),
        ([0.5, np.inf], ValueError, r"pmf: cell 1 \(in C order\) is inf"),
        ([0.5, -np.inf], ValueError, r"pmf: cell 1 \(in C order\) is -inf"),
        ([1, -1, 1], ValueError, "pmf: cell 1 .* is -1"),
        ([], ValueError, r"pmf: has shape \(0,\), expected an axis a token"),
        (np.zeros((2, 0)), ValueError, r"pmf: has shape \(2, 0\)"),
        (1.0, ValueError, r"pmf: has shape \(\)"),
        ([0.5, 0.5j], TypeError, "pmf: has dtype complex128, expected real numbers"),
        (np.array([0.5, 0.5], dtype=object), TypeError, "pmf: has dtype object"),
        (["0.5", "0.5"], TypeError, "pmf: has dtype <U3"),
        (np.array([1, 2], dtype="m8[s]"), TypeError, "pmf: has dtype timedelta64"),
        (None, TypeError, "pmf: has dtype object"),
        ([[0.5], [0.25, 0.25]], ValueError, "pmf: expected an array"),
        (np.ma.array([0.5, 0.5], mask=[0, 1]), TypeError, "pmf: has masked entries"),
    ],
)
@pytest.mark.parametrize("normalize", [False, True])
def test_bad_tables(pmf, error, message, normalize):
    with pytest.raises(error, match=message):
        Dense(pmf, normalize=normalize)


def test_masked_arrays():
    for samples, weights in (
        (np.ma.array([[0], [1]], mask=[[0], [1]]), None),
        ([[0], [1]], np.ma.array([1, 2], mask=[0, 1])),
    ):
        with pytest.raises(TypeError, match="has masked entries, expected an array without"):
            Empirical(samples, weights)
    # Where nothing is masked, nothing is lost.
    assert Dense(np.ma.array([0.5, 0.5])).pmf.tolist() == [0.5, 0.5]


@pytest.mark.parametrize("law", [Dense([[0.4, 0.1], [0.1, 0.4]]), Empirical(np.eye(2, dtype=int))])
def test_queries_of_which_each_takes_more_than_a_block_holds(law, monkeypatch):
    x, mask = np.zeros((2, law.n), dtype=int), np.array([[False, True], [False, True]])
    want = law.conditional_marginals(x, mask)
    monkeypatch.setattr("unmask.distributions._dense.GATHERED_CELLS", 1)
    monkeypatch.setattr("unmask.distributions._empirical.COMPARED_PAIRS", 1)
    assert (law.conditional_marginals(x, mask) == want).all()


def test_sums_that_cannot_be_divided_by():
    for pmf in ([0.0, 0.0], [1e308, 1e308]):
        with pytest.raises(ValueError, match=r"pmf: sums to .*, expected a positive finite sum"):
            Dense(pmf, normalize=True)


def test_negative_zero_is_zero():
    assert Dense([-0.0, 1.0]).entropy() == 0


def test_tables_beyond_memory_are_refused_before_they_are_made():
    huge = np.broadcast_to(np.float64(2.0**-50), (2,) * 50)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(
            MemoryError, match=r"pmf: this table needs .* GiB of memory and .* avail"
        ):
            Dense(huge)
        with pytest.raises(MemoryError, match="pmf: this table needs"):
            Dense(np.broadcast_to(np.uint8(1), (2**20, 2**20)), normalize=True)


def test_alphabets_and_repr():
    law = Dense(np.full((2, 1, 3), 1 / 6))
    assert law.n == 3
    assert law.alphabet_sizes == (2, 1, 3)
    assert law.alphabets == (range(2), range(1), range(3))
    assert repr(law) == "<Dense n=3, alphabets 2, 1, 3>"
    assert "2^4" in repr(Dense(np.full((2,) * 4, 1 / 16)))


def test_one_long_axis():
    """More letters than a sixteen-bit code has."""
    q = 70_000
    law = Dense(np.full((q, 2), 0.5 / q))
    curve = information_curve(law)
    assert curve.entropy == pytest.approx(np.log(2 * q), rel=1e-14)
    assert curve.total_correlation == pytest.approx(0, abs=1e-16 * q)
    sparse = np.zeros((q, 20))
    sparse[-1, -1] = sparse[0, 0] = 0.5
    assert information_curve(Dense(sparse)).z == pytest.approx([0, np.log(2)], abs=1e-15)


@pytest.mark.parametrize("gathered", [1, 5, 64, 1 << 22])
def test_large_tables_are_asked_piece_by_piece(monkeypatch, gathered):
    from unmask.distributions import _dense

    monkeypatch.setattr(_dense, "GATHERED_CELLS", gathered)
    rng = np.random.default_rng(3)
    pmf = rng.random((3, 2, 1, 4, 2)) * (rng.random((3, 2, 1, 4, 2)) < 0.7)
    law = Dense(pmf / pmf.sum())
    x = law.sample(40, seed=0)
    mask = rng.random(x.shape) < 0.6
    mask[:5] = True
    mask[5:8] = False
    got = law.conditional_marginals(x, mask)
    for row, hidden, answer in zip(x, mask, got, strict=True):
        view = law.pmf[tuple(slice(None) if h else a for h, a in zip(hidden, row, strict=True))]
        for axis, token in enumerate(np.flatnonzero(hidden)):
            others = tuple(i for i in range(view.ndim) if i != axis)
            want = view.sum(axis=others) / view.sum()
            assert answer[token, : len(want)] == pytest.approx(want, rel=1e-14, abs=1e-300)
    evidence = law._log_evidence(x, mask)
    views = (
        law.pmf[tuple(slice(None) if h else a for h, a in zip(hidden, row, strict=True))]
        for row, hidden in zip(x, mask, strict=True)
    )
    assert evidence == pytest.approx([np.log(view.sum()) for view in views], rel=1e-13, abs=1e-14)
