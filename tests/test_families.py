"""Laws with structure: each against its own joint table, the theory's table and high precision."""

import copy
import pickle

import numpy as np
import pytest
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st

import unmask
from families import check_family, check_sampling
from unmask.distributions import (
    BayesianNetwork,
    Blocks,
    Dense,
    Distribution,
    Exchangeable,
    HardCurve,
    HiddenMarkov,
    Ising,
    MarkovChain,
    Mixture,
    Paired,
    Permutation,
    Product,
    ReedSolomon,
    Repeated,
    ZeroSum,
    random_linear_code,
)

LETTERS3 = np.array([[0.5, 0.3, 0.2], [0.1, 0.2, 0.7], [0.3, 0.7, 0.0]])


def rng(seed=0):
    return np.random.default_rng(seed)


def some_blocks():
    table = Dense(rng(3).dirichlet(np.ones(6)).reshape(2, 3))
    return Blocks([table, Repeated(2, 2), table])


def composition_law(n, q, seed=1):
    pmf = rng(seed).random((n + 1,) * (q - 1))
    pmf[np.indices(pmf.shape).sum(axis=0) > n] = 0.0
    return Exchangeable(pmf / pmf.sum())


CASES = {
    "product": lambda: Product([[0.5, 0.5], [0.2, 0.3, 0.5], [1.0], [0.0, 1.0], [0.7, 0.3]]),
    "repeated": lambda: Repeated(5, 3),
    "repeated once": lambda: Repeated(1, 3),
    "zero sum": lambda: ZeroSum(5, 3),
    "zero sum once": lambda: ZeroSum(1, 3),
    "parity": lambda: ZeroSum(6, 2),
    "permutation": lambda: Permutation(4),
    "counts": lambda: Exchangeable(rng(2).dirichlet(np.ones(7))),
    "counts with gaps": lambda: Exchangeable([0.5, 0.0, 0.25, 0.0, 0.0, 0.25]),
    "compositions": lambda: composition_law(4, 3),
    "compositions of four letters": lambda: composition_law(3, 4),
    "mixture of coins": lambda: Exchangeable.iid_mixture([0.3, 0.7], [0.2, 0.9], 6),
    "mixture of dice": lambda: Exchangeable.iid_mixture([0.2, 0.3, 0.5], LETTERS3, 4),
    "urn": lambda: Exchangeable.polya_urn([1.0, 2.5], 6, added=0.7),
    "urn of three colours": lambda: Exchangeable.polya_urn([1.0, 2.0, 0.5], 4),
    "magnet": lambda: Exchangeable.curie_weiss(6, 1.3, 0.1),
    "one hot": lambda: Exchangeable.one_hot(6),
    "balanced": lambda: Exchangeable.balanced(6),
    "noisy bit": lambda: Exchangeable.noisy_repeated_bit(6, 0.1),
    "repeated bit": lambda: Exchangeable.noisy_repeated_bit(6, 0.0),
    "chain": lambda: MarkovChain([0.2, 0.5, 0.3], LETTERS3, 5),
    "stationary chain": lambda: MarkovChain([0.25, 0.75], [[0.7, 0.3], [0.1, 0.9]], 7),
    "cycle": lambda: MarkovChain([0.5, 0.5], [[0, 1], [1, 0]], 6),
    "chain of one": lambda: MarkovChain([0.2, 0.5, 0.3], LETTERS3, 1),
    "stack": lambda: MarkovChain([0.4, 0.6], rng(4).dirichlet([1, 1], (5, 2)), 6),
    "second order": lambda: MarkovChain(
        rng(5).dirichlet(np.ones(4)).reshape(2, 2), rng(6).dirichlet([1, 1], (2, 2)), 6
    ),
    "second order stack": lambda: MarkovChain(
        rng(5).dirichlet(np.ones(9)).reshape(3, 3), rng(6).dirichlet([1, 1, 1], (2, 3, 3)), 4
    ),
    "third order": lambda: MarkovChain(
        rng(7).dirichlet(np.ones(8)).reshape(2, 2, 2), rng(8).dirichlet([1, 1], (2, 2, 2)), 5
    ),
    "hidden chain": lambda: HiddenMarkov(
        [0.2, 0.5, 0.3], LETTERS3, [[0.9, 0.1], [0, 1], [1, 0]], 5
    ),
    "code": lambda: random_linear_code(7, 4, 2, seed=1),
    "code over four letters": lambda: random_linear_code(4, 2, 4, seed=2),
    "Reed-Solomon": lambda: ReedSolomon(4, 2, 5, shift=[1, 0, 3, 4]),
    "mixture": lambda: Mixture(
        [0.2, 0.5, 0.3], [Repeated(4, 3), Product(LETTERS3[[0, 0, 1, 2]]), ZeroSum(4, 3)]
    ),
    "network": lambda: BayesianNetwork(
        [[], [0], [0], [1, 2]], [[0.5, 0.5], LETTERS3[:2], LETTERS3[1:], np.full((3, 3, 2), 0.5)]
    ),
    "spins": lambda: Ising([[0, 0.5, 0], [0.5, 0, -1], [0, -1, 0]], [0.1, 0, -0.3]),
    "blocks": some_blocks,
    "pairs": lambda: Paired(ZeroSum(3, 2), MarkovChain([0.2, 0.5, 0.3], LETTERS3, 3)),
    "pairs of different sizes": lambda: Paired(
        Product([[0.5, 0.5], [0.1, 0.2, 0.7], [0.4, 0.6]]),
        Dense(rng(9).dirichlet(np.ones(12)).reshape(3, 2, 2)),
    ),
}


@pytest.fixture(params=CASES)
def law(request):
    return CASES[request.param]()


def assert_curves_agree(curve, other, scale=None):
    scale = max(other.z[-1], other.h[0]) if scale is None else scale
    np.testing.assert_allclose(curve.h, other.h, rtol=1e-12, atol=4e-15 * (1 + scale))
    np.testing.assert_allclose(curve.z, other.z, rtol=1e-12, atol=4e-15 * (1 + scale))
    np.testing.assert_allclose(curve.mean_entropies, other.mean_entropies, rtol=1e-12, atol=1e-13)


class TestAgainstTheTable:
    def test_curve_score_and_oracle(self, law):
        check_family(law)

    def test_curve_to_twelve_digits(self, law):
        curve = unmask.information_curve(law)
        assert_curves_agree(curve, unmask.information_curve(law.to_dense()))
        assert curve.z[0] == 0.0
        assert (curve.h >= 0).all()

    def test_samples(self, law):
        check_sampling(law)

    def test_empty_batches(self, law):
        assert law.sample(0, seed=0).shape == (0, law.n)
        assert law.log_prob(np.zeros((0, law.n), dtype=int)).shape == (0,)
        none = np.zeros((0, law.n), dtype=int)
        shape = (0, law.n, max(law.alphabet_sizes))
        assert law.conditional_marginals(none, none == 0).shape == shape

    def test_same_bits_for_any_number_of_threads(self, law):
        one, two = (unmask.information_curve(law, threads=t) for t in (1, 2))
        assert (one.h == two.h).all()
        assert (one.z == two.z).all()

    def test_letters_renamed_and_positions_permuted(self, law):
        draw = rng(5)
        table = law.to_dense().pmf.transpose(draw.permutation(law.n))
        for axis, q in enumerate(table.shape):
            table = table.take(draw.permutation(q), axis=axis)
        assert_curves_agree(unmask.information_curve(law), unmask.information_curve(Dense(table)))

    def test_survives_copies(self, law):
        x = law.sample(3, seed=0)
        for other in (pickle.loads(pickle.dumps(law)), copy.deepcopy(law)):
            assert repr(other) == repr(law)
            assert (other.log_prob(x) == law.log_prob(x)).all()

    def test_beside_a_product(self, law):
        curve = unmask.information_curve(law)
        noise = Product([[0.3, 0.7]] * law.n)
        paired = unmask.information_curve(Paired(law, noise))
        np.testing.assert_array_equal(paired.z, curve.z)
        longer = unmask.information_curve(Blocks([noise, law, noise]))
        assert longer.total_correlation == pytest.approx(curve.total_correlation, abs=1e-12)
        dtc = curve.dual_total_correlation
        assert longer.dual_total_correlation == pytest.approx(dtc, abs=1e-12)


@pytest.mark.parametrize(
    ("law", "x"),
    [
        (Repeated(3, 2), [0, 1, 0]),
        (ZeroSum(3, 2), [0, 1, 0]),
        (Permutation(3), [1, 1, 0]),
        (Exchangeable.one_hot(3), [1, 1, 0]),
        (MarkovChain([0.5, 0.5], [[0, 1], [1, 0]], 3), [1, 1, 0]),
        (Product([[1, 0], [1, 0], [1, 0]]), [1, 0, 0]),
        (Blocks([Repeated(2, 2), Repeated(1, 2)]), [0, 1, 0]),
    ],
)
def test_impossible_evidence(law, x):
    mask = np.zeros(3, dtype=bool)
    with pytest.raises(ValueError, match="query 1 have probability zero"):
        law.conditional_marginals([[0, 0, 0], x], [[True] * 3, mask])
    marginals = law.conditional_marginals(x, mask, on_impossible="uniform")
    np.testing.assert_array_equal(marginals.argmax(axis=1), x)
    assert law.log_prob(x) == -np.inf


def fewest(curve, make, tolerance=0.5):
    """Steps of the first schedule of a rule that is within the tolerance, if one is."""
    for steps in range(1, curve.n + 1):
        schedule = make(curve.n, steps)
        if curve.expected_kl(schedule) <= tolerance:
            return schedule.nfe
    return None


class TestTheTableOfTheTheory:
    """Fewest steps at n = 256, and totals, as published."""

    @pytest.mark.parametrize(
        ("law", "tc", "dtc", "half", "tenth", "smaller", "larger", "cosine"),
        [
            (Repeated(256, 2), 176.753, 0.693, 2, 2, 129, 256, 15),
            (Exchangeable.noisy_repeated_bit(256, 0.0), 176.753, 0.693, 2, 2, 129, 256, 15),
            (MarkovChain([0.5, 0.5], np.eye(2), 256), 176.753, 0.693, 2, 2, 129, 256, 15),
            (ZeroSum(256, 2), 0.693, 176.753, 2, 2, 256, 129, None),
            (ReedSolomon(256, 32, 257), 1242.993, 177.570, 2, 2, 8, 8, 25),
            (Permutation(256), 252.308, 1167.257, 175, 233, 256, 175, None),
        ],
        ids=["repeated", "noiseless bit", "constant chain", "parity", "MDS", "permutation"],
    )
    def test_rows(self, law, tc, dtc, half, tenth, smaller, larger, cosine):
        curve = unmask.information_curve(law)
        assert curve.total_correlation == pytest.approx(tc, abs=5e-4)
        assert curve.dual_total_correlation == pytest.approx(dtc, abs=5e-4)
        assert unmask.schedules.optimal(curve, max_kl=0.5).nfe == half
        assert unmask.schedules.optimal(curve, max_kl=0.1).nfe == tenth
        uniform = unmask.schedules.uniform
        assert fewest(curve, lambda n, steps: uniform(n, steps, larger="last")) == smaller
        assert fewest(curve, lambda n, steps: uniform(n, steps, larger="first")) == larger
        assert fewest(curve, unmask.schedules.cosine) == cosine

    def test_reference_chain(self):
        chain = MarkovChain([0.5, 0.5], [[0.9, 0.1], [0.1, 0.9]], 6)
        curve = unmask.information_curve(chain)
        kl = curve.expected_kl(unmask.Schedule([1, 2, 3]))
        assert kl == pytest.approx(0.2212693424138873, abs=1e-14)

    def test_hard_curve(self):
        curve = HardCurve(2048, 0.05)
        assert unmask.schedules.optimal(curve, max_kl=0.05).nfe == 13
        assert unmask.schedules.optimal(curve, max_kl=0.005).nfe == 59
        assert curve.z[0] == 0.0
        assert (np.diff(curve.z) >= 0).all()
        np.testing.assert_allclose(curve.h[0] - curve.h, curve.z, atol=1e-16)
        with pytest.raises(ValueError, match=r"eps: is 0\.5"):
            HardCurve(2048, 0.5)

    def test_parity_is_the_balanced_thing(self):
        even = np.array([scipy.stats.binom.pmf(c, 12, 0.5) * 2 * (c % 2 == 0) for c in range(13)])
        curve = unmask.information_curve(Exchangeable(even))
        assert_curves_agree(curve, unmask.information_curve(ZeroSum(12, 2)), 10)


class TestInvariances:
    def test_letters_renamed(self):
        pi, p = np.array([0.2, 0.5, 0.3]), LETTERS3
        order = [2, 0, 1]
        a = unmask.information_curve(MarkovChain(pi, p, 40))
        b = unmask.information_curve(MarkovChain(pi[order], p[order][:, order], 40))
        assert_curves_agree(a, b)
        law = composition_law(20, 3)
        swapped = Exchangeable(law.count_pmf.T)
        assert_curves_agree(unmask.information_curve(law), unmask.information_curve(swapped), 5)

    def test_blocks_permuted(self):
        first, second = Repeated(4, 2), ZeroSum(7, 3)
        a = unmask.information_curve(Blocks([first, second, first]))
        b = unmask.information_curve(Blocks([first, first, second]))
        assert_curves_agree(a, b)

    def test_time_reversed(self):
        pi, p = np.array([0.2, 0.5, 0.3]), LETTERS3
        forward = MarkovChain(pi, p, 5)
        laws = [pi]
        for _ in range(4):
            laws.append(laws[-1] @ p)
        back = [(laws[t][:, None] * p).T / laws[t + 1][:, None] for t in range(4)]
        backward = MarkovChain(laws[-1], np.array(back[::-1]), 5)
        assert_curves_agree(*map(unmask.information_curve, (forward, backward)))

    def test_a_product_in_blocks_is_a_product(self):
        law = Product([[0.3, 0.7], [0.5, 0.5]])
        curve = unmask.information_curve(Blocks([law] * 50))
        assert (curve.z == 0.0).all()
        assert curve.entropy == pytest.approx(50 * law.entropy(), rel=1e-14)

    def test_blocks_of_blocks(self):
        inner = Blocks([Repeated(3, 2), ZeroSum(4, 2)])
        a = unmask.information_curve(Blocks([inner, inner]))
        flat = Blocks([Repeated(3, 2), ZeroSum(4, 2), Repeated(3, 2), ZeroSum(4, 2)])
        assert_curves_agree(a, unmask.information_curve(flat))

    def test_one_law_by_two_routes(self):
        urn = Exchangeable.polya_urn([1, 1], 300)
        assert urn.count_pmf == pytest.approx(np.full(301, 1 / 301), rel=1e-13)
        bit = unmask.information_curve(Exchangeable.noisy_repeated_bit(100, 0.0))
        assert_curves_agree(bit, unmask.information_curve(Repeated(100, 2)))
        chain = MarkovChain([0.3, 0.7], [[0.3, 0.7]] * 2, 100)
        coin = Exchangeable.iid_mixture([1], [0.7], 100)
        assert_curves_agree(*map(unmask.information_curve, (chain, coin)))
        same = MarkovChain([0.25, 0.75], np.array([[[0.7, 0.3], [0.1, 0.9]]] * 199), 200)
        one = MarkovChain([0.25, 0.75], [[0.7, 0.3], [0.1, 0.9]], 200)
        assert one.is_stationary
        assert not same.is_stationary
        assert_curves_agree(*map(unmask.information_curve, (same, one)))


@settings(deadline=None, max_examples=30)
@given(
    st.integers(1, 6),
    st.floats(0.01, 100),
    st.floats(0.01, 100),
    st.floats(0.01, 10),
)
def test_urns(n, a, b, added):
    law = Exchangeable.polya_urn([a, b], n, added=added)
    want = scipy.stats.betabinom.pmf(np.arange(n + 1), n, b / added, a / added)
    np.testing.assert_allclose(law.count_pmf, want, rtol=1e-9)


BAD = [
    (lambda: Product([]), "marginals: is empty"),
    (lambda: Product([[0.5, 0.6]]), r"marginals\[0\]: sums to 1.1, expected 1"),
    (lambda: Product([[0.5, -0.5]]), r"marginals\[0\]: entry 1 is -0.5"),
    (lambda: Repeated(0, 2), "n: is 0, expected at least 1"),
    (lambda: ZeroSum(3, 0), "q: is 0"),
    (lambda: Permutation(-1), "n: is -1"),
    (lambda: Exchangeable([1.0]), r"count_pmf: has shape \(1,\)"),
    (lambda: Exchangeable([0.5, 0.6]), "count_pmf: sums to 1.1"),
    (lambda: Exchangeable(np.full((3, 3), 1 / 9)), r"count_pmf: entry \(1, 2\) is"),
    (lambda: Exchangeable(np.full((3, 2), 1 / 6)), r"count_pmf: has shape \(3, 2\)"),
    (lambda: Exchangeable.iid_mixture([0.5, 0.4], [0.1, 0.2], 3), "weights: sums to 0.9"),
    (lambda: Exchangeable.iid_mixture([0.5, 0.5], [0.1, 1.2], 3), "probs: is"),
    (lambda: Exchangeable.iid_mixture([1.0], [[0.1, 0.2]], 3), "probs: row 0 sums to 0.3"),
    (lambda: Exchangeable.iid_mixture([1.0], [0.1, 0.2], 3), r"probs: has shape \(2,\)"),
    (lambda: Exchangeable.polya_urn([1.0, 0.0], 3), "counts: is"),
    (lambda: Exchangeable.polya_urn([1.0, 1.0], 3, added=0), "added: is 0"),
    (lambda: Exchangeable.curie_weiss(3, np.inf), "beta: is inf"),
    (lambda: Exchangeable.balanced(3), "n: is 3, expected an even number"),
    (lambda: Exchangeable.noisy_repeated_bit(3, 1.5), "flip: is 1.5"),
    (lambda: MarkovChain([0.5, 0.5], [[0.5, 0.5], [0.5, 0.6]], 3), "transition: row 1 sums to 1.1"),
    (
        lambda: MarkovChain([0.5, 0.5], [[[0.5, 0.5], [0.5, 0.6]]] * 2, 3),
        r"transition: row \(0, 1\) sums to 1.1",
    ),
    (lambda: MarkovChain([0.5, 0.6], np.eye(2), 3), "initial: sums to 1.1"),
    (lambda: MarkovChain([0.5, 0.5], np.eye(3), 3), r"transition: has shape \(3, 3\)"),
    (lambda: MarkovChain([0.5, 0.5], [np.eye(2)] * 3, 3), r"transition: has shape \(3, 2, 2\)"),
    (lambda: MarkovChain(np.full((2, 2), 0.25), np.full((2, 2, 2), 0.5), 1), "n: is 1"),
    (lambda: MarkovChain(np.full((2, 1), 0.5), np.eye(2), 3), r"initial: has shape \(2, 1\)"),
    (lambda: Blocks([]), "blocks: is empty"),
    (lambda: Paired(Repeated(2, 2), Repeated(3, 2)), "second: has 3 tokens"),
]


@pytest.mark.parametrize(("make", "message"), BAD, ids=[message for _, message in BAD])
def test_bad_values(make, message):
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Repeated(2.5, 2), r"n: is a float, expected an integer"),
        (lambda: Product([["a", "b"]]), r"marginals\[0\]: has dtype"),
        (lambda: Blocks([1]), r"blocks\[0\]: is a int"),
        (lambda: Blocks(Repeated(2, 2)), "blocks: is a Repeated, expected a sequence"),
        (lambda: Product(3), "marginals: is a int, expected a sequence of laws"),
        (lambda: Exchangeable.polya_urn([1, 1], 3, added="x"), "added: is 'x', expected a number"),
        (lambda: Exchangeable.curie_weiss(3, "x"), "beta: is 'x'"),
        (lambda: Exchangeable.noisy_repeated_bit(3, None), "flip: is None"),
        (lambda: HardCurve(2048, "x"), "eps: is 'x'"),
        (lambda: Repeated(3, 2).sample(2, seed="x"), "seed: is 'x', expected an int"),
        (lambda: Paired(Repeated(2, 2), None), "second: is a NoneType"),
    ],
)
def test_bad_types(make, message):
    with pytest.raises(TypeError, match=message):
        make()


@pytest.mark.parametrize("method", ["auto", "exact", "sampled"])
def test_threads_are_checked_whoever_uses_them(method):
    with pytest.raises(ValueError, match=r"threads: is 0, expected 1\.\."):
        unmask.information_curve(Repeated(3, 2), method=method, threads=0)
    with pytest.raises(TypeError, match="threads: is a str"):
        unmask.information_curve(Repeated(3, 2), method=method, threads="all")


def test_a_distribution_knows_its_curve():
    law = Repeated(3, 2)
    assert law.information_curve().z.tolist() == unmask.information_curve(law).z.tolist()
    sampled = {"method": "sampled", "samples": 5, "seed": 1}
    found, want = law.information_curve(**sampled), unmask.information_curve(law, **sampled)
    assert found.method == "sampled"
    assert found.h.tolist() == want.h.tolist()
    with pytest.raises(ValueError, match="method: is 'fast', expected 'auto' or"):
        law.information_curve(method="fast")


def test_method():
    methods = {name: unmask.information_curve(make()).method for name, make in CASES.items()}
    assert methods["repeated"] == methods["permutation"] == methods["product"] == "closed form"
    assert (
        methods["stack"] == methods["urn"] == methods["blocks"] == methods["pairs"] == "polynomial"
    )
    assert methods["third order"] == methods["pairs of different sizes"] == "enumeration"
    assert HardCurve(100, 0.15).method == "closed form"


def test_high_orders_say_what_sampling_costs():
    chain = MarkovChain(np.full((2, 2), 0.25), np.full((2, 2, 2), 0.5), 60)
    with pytest.raises(unmask._core.WorkError, match="method='sampled' would take about"):
        unmask.information_curve(chain)
    curve = unmask.information_curve(chain, method="sampled", samples=2, seed=0)
    np.testing.assert_allclose(curve.h, np.log(2), rtol=1e-12)


def test_more_memory_than_numpy_gets(monkeypatch):
    law = Repeated(3, 2)
    monkeypatch.setattr(Repeated, "_information_curve", lambda *_: np.zeros(1 << 52))
    with pytest.raises(MemoryError, match=r"Unable to allocate.*method='sampled' would take"):
        unmask.information_curve(law)


def test_too_much_work_is_refused():
    with pytest.raises(ValueError, match=r"operations.*method='sampled' estimates it with"):
        unmask.information_curve(MarkovChain([0.3, 0.7], [[0.6, 0.4], [0.5, 0.5]], 10**8))


def test_tables_are_made_in_pieces(monkeypatch):
    generator = np.random.default_rng(0)
    second = generator.dirichlet(np.ones(3), (5, 3, 3))
    laws = [
        MarkovChain(np.full((3, 3), 1 / 9), second, 7),
        Product([generator.dirichlet(np.ones(q)) for q in (2, 1, 5, 3, 4)]),
    ]
    whole = [law.to_dense().pmf for law in laws]
    monkeypatch.setattr("unmask.distributions._dense.GATHERED_CELLS", 10)
    for law, table in zip(laws, whole, strict=True):
        np.testing.assert_array_equal(law.to_dense().pmf, table)
        np.testing.assert_allclose(Distribution.to_dense(law).pmf, table, rtol=1e-12)
