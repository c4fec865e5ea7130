"""The information curve: against the definition, its identities, its limits."""

import copy
import pickle
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import reference
from unmask import CrossEntropyCurve, InformationCurve, Schedule, information_curve
from unmask.distributions import Dense, Empirical
from unmask.testing import curves, distributions, pmfs, schedules

#: Rounding of a number of nats below 10, computed one way and another.
CLOSE = 1e-13


def of(h):
    return InformationCurve.from_conditional_entropies(h)


def markov_chain(n, flip):
    """Table of a binary chain with a uniform start."""
    pmf = np.full((2,) * n, 0.5)
    step = np.array([[1 - flip, flip], [flip, 1 - flip]])
    for i in range(n - 1):
        pmf = pmf * step.reshape([2 if a in (i, i + 1) else 1 for a in range(n)])
    return pmf


# The definition -------------------------------------------------------------------------------


@given(pmfs(max_n=5))
def test_tables_against_the_definition(pmf):
    curve = information_curve(Dense(pmf))
    means = reference.mean_entropies(pmf)
    h = np.diff(means)
    assert curve.mean_entropies == pytest.approx(means, abs=CLOSE)
    assert curve.h == pytest.approx(h, abs=CLOSE)
    assert curve.z == pytest.approx(h[0] - h, abs=CLOSE)
    total, dual = reference.totals(pmf)
    assert curve.entropy == pytest.approx(reference.entropy(pmf), abs=CLOSE)
    assert curve.total_correlation == pytest.approx(total, abs=CLOSE)
    assert curve.dual_total_correlation == pytest.approx(dual, abs=CLOSE)


@given(st.data())
@settings(max_examples=40)
def test_expected_kl_is_the_mean_over_all_ordered_partitions(data):
    pmf = data.draw(pmfs(max_n=4, max_letters=3))
    sizes = data.draw(schedules(pmf.ndim))
    curve = information_curve(Dense(pmf))
    expected = reference.expected_kl(pmf, sizes.sizes)
    assert curve.expected_kl(sizes) == pytest.approx(expected, abs=CLOSE)


def test_the_chain_of_six():
    pmf = markov_chain(6, 0.1)
    curve = information_curve(Dense(pmf))
    assert curve.expected_kl(Schedule([1, 2, 3])) == pytest.approx(0.2212693424138873, abs=1e-14)
    costs = [reference.partition_kl(pmf, b) for b in reference.ordered_partitions([1, 2, 3])]
    assert len(costs) == 60
    assert min(costs) == pytest.approx(0, abs=1e-14)
    assert max(costs) == pytest.approx(0.5231850050647125, abs=1e-14)
    assert np.mean(costs) == pytest.approx(0.2212693424138873, abs=1e-14)


# Identities -----------------------------------------------------------------------------------


def check_identities(curve, slack):
    n, steps = curve.n, np.arange(1, curve.n)
    assert len(curve.h) == len(curve.z) == n
    assert curve.mean_entropies.shape == (n + 1,)
    assert curve.mean_entropies[0] == 0
    assert curve.z[0] == 0
    assert curve.h == pytest.approx(np.diff(curve.mean_entropies), abs=slack)
    assert curve.z == pytest.approx(curve.h[0] - curve.h, abs=slack)
    assert curve.h.sum() == pytest.approx(curve.entropy, abs=slack)
    tc, dtc, mass = curve.total_correlation, curve.dual_total_correlation, curve.harmonic_mass
    assert tc + dtc == pytest.approx(n * curve.z[-1], abs=slack)
    assert curve.o_information == pytest.approx(tc - dtc, abs=slack)
    assert -slack <= mass <= min(tc, dtc) + slack
    assert tc == pytest.approx(((n - steps) * np.diff(curve.z)).sum(), abs=slack)
    assert curve.expected_kl(Schedule([n])) == pytest.approx(tc, abs=slack)
    assert curve.expected_kl(Schedule([1] * n)) == 0


@given(distributions())
def test_identities_of_distributions(distribution):
    curve = information_curve(distribution)
    check_identities(curve, CLOSE)
    assert (np.diff(curve.h) <= CLOSE).all()  # Han
    assert curve.h.min() >= 0
    assert curve.total_correlation == pytest.approx(distribution.total_correlation(), abs=CLOSE)
    dual = distribution.dual_total_correlation()
    assert curve.dual_total_correlation == pytest.approx(dual, abs=CLOSE)
    assert curve.entropy == pytest.approx(distribution.entropy(), abs=CLOSE)


@given(curves())
def test_identities_of_any_curve(curve):
    check_identities(curve, 1e-12 * (1 + curve.n * curve.h[0]))


@given(st.data())
def test_the_order_of_the_tokens_and_letters_is_nothing(data):
    pmf = data.draw(pmfs())
    order = data.draw(st.permutations(range(pmf.ndim)))
    letters = np.ix_(*(data.draw(st.permutations(range(q))) for q in pmf.shape))
    moved = information_curve(Dense(pmf[letters].transpose(order)))
    assert moved.h == pytest.approx(information_curve(Dense(pmf)).h, abs=CLOSE)


@given(pmfs(max_n=3), st.integers(0, 3))
def test_a_constant_token_only_stretches(pmf, where):
    """It is masked or not, to no effect: means over subsets mix two neighbouring sizes."""
    wider = information_curve(Dense(np.expand_dims(pmf, min(where, pmf.ndim))))
    before = information_curve(Dense(pmf))
    assert wider.total_correlation == pytest.approx(before.total_correlation, abs=CLOSE)
    assert wider.dual_total_correlation == pytest.approx(before.dual_total_correlation, abs=CLOSE)


@given(pmfs(max_n=3), pmfs(max_n=2))
def test_independent_parts_add_up(one, other):
    both = information_curve(Dense(np.multiply.outer(one, other)))
    parts = [information_curve(Dense(p)) for p in (one, other)]
    for name in ("entropy", "total_correlation", "dual_total_correlation", "o_information"):
        assert getattr(both, name) == pytest.approx(sum(getattr(p, name) for p in parts), abs=CLOSE)


def test_one_token():
    curve = information_curve(Dense([0.25, 0.75]))
    assert curve.z.tolist() == [0]
    assert curve.h == pytest.approx([reference.entropy([0.25, 0.75])], abs=1e-15)
    check_identities(curve, 1e-15)
    assert curve.expected_kl(Schedule([1])) == 0


@pytest.mark.parametrize("n", [1, 2, 12, 20, 40, 64])
def test_nothing_is_uncertain(n):
    for law in (Dense(np.ones((1,) * n)), Empirical(np.ones((3, n), dtype=int))):
        curve = information_curve(law)
        assert curve.entropy == law.entropy() == 0
        assert (curve.h == 0).all()
        assert (curve.z == 0).all()
        assert (curve.mean_entropies == 0).all()


@given(pmfs(max_n=4))
def test_no_entropy_is_negative(pmf):
    law = Dense(pmf)
    assert law.entropy() >= 0
    assert law.subset_entropies().min() >= 0
    assert information_curve(law).mean_entropies.min() >= 0


@pytest.mark.parametrize("q", [2, 3, 5])
def test_plateaus_are_exact(q):
    """Curves in closed form are steps; their flat parts cost exactly nothing."""
    n = 4
    repeated = np.zeros((q,) * n)
    repeated[(np.arange(q),) * n] = 1 / q
    zero_sum = np.zeros((q,) * n)
    zero_sum[np.indices((q,) * n).sum(axis=0) % q == 0] = q**-3.0
    log = np.log(q)
    curve = information_curve(Dense(repeated))
    assert curve.z == pytest.approx([0, log, log, log], abs=1e-15)
    assert curve.expected_kl(Schedule([1, 3])) == 0
    curve = information_curve(Dense(zero_sum))
    assert curve.z == pytest.approx([0, 0, 0, log], abs=2e-15)
    assert curve.expected_kl(Schedule([3, 1])) == 0
    assert curve.o_information == pytest.approx((n - 2) * -log, abs=1e-14)


def test_uniform_permutations():
    n = 5
    orders = np.array(list(reference.permutations(range(n))))
    curve = information_curve(Empirical(orders))
    assert curve.z == pytest.approx(np.log(n) - np.log(n - np.arange(n)), abs=1e-14)


# Curves as objects ----------------------------------------------------------------------------


def test_it_is_frozen():
    curve = information_curve(Dense([[0.4, 0.1], [0.1, 0.4]]))
    for array in (curve.h, curve.z, curve.mean_entropies):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1
    with pytest.raises(AttributeError):
        curve.h = curve.z
    entropies = np.array([1.0, 0.5])
    mine = of(entropies)
    entropies[0] = 9
    assert mine.h.tolist() == [1, 0.5]


def assert_same(one, other):
    for name in ("h", "z", "mean_entropies", "coverage"):
        a, b = getattr(one, name), getattr(other, name)
        assert (a is None) == (b is None)
        if a is not None:
            assert a.dtype == b.dtype
            assert a.tobytes() == b.tobytes()
            assert not b.flags.writeable
    assert one.estimator == other.estimator
    assert one.total_correlation == other.total_correlation


@given(distributions())
@settings(max_examples=30)
def test_copies_have_the_same_bits(distribution):
    curve = information_curve(distribution)
    for twin in (pickle.loads(pickle.dumps(curve)), copy.copy(curve), copy.deepcopy(curve)):
        assert_same(curve, twin)


@pytest.mark.parametrize(
    "curve",
    [
        information_curve(Dense([[0.4, 0.1], [0.1, 0.4]])),
        information_curve(Empirical([[0, 1], [1, 1], [1, 1]])),
        information_curve(Empirical([[0, 1], [1, 1]], estimator="chao-shen")),
        information_curve(Empirical([[0, 1], [1, 1]], [0.25, 0.75])),
        of([np.pi, 1e-300, 5e-324, 0.0]),
    ],
)
def test_saved_and_loaded_bit_by_bit(curve, tmp_path):
    for name in ("curve.npz", "no suffix"):
        path = tmp_path / name
        curve.save(path)
        assert [p.name for p in tmp_path.iterdir()] == [name]
        assert_same(curve, InformationCurve.load(path))
        assert_same(curve, InformationCurve.load(str(path)))
        path.unlink()


def test_what_is_no_saved_curve(tmp_path):
    path = tmp_path / "curve.npz"
    with pytest.raises(FileNotFoundError):
        InformationCurve.load(path)
    of([1.0, 0.5]).save(path)
    whole = path.read_bytes()
    with np.load(path) as file:
        good = dict(file)

    def refused():
        with pytest.raises(ValueError, match=r"curve\.npz: not a saved information curve"):
            InformationCurve.load(path)

    for damaged in (b"", b"hello", whole[: len(whole) // 2], pickle.dumps(good)):
        path.write_bytes(damaged)
        refused()
    np.save(tmp_path / "array.npy", good["h"])
    (tmp_path / "array.npy").rename(path)
    refused()
    bad = [
        {"format": np.array("something else")},
        {"h": np.array([1.0])},
        {"h": np.array([1.0, np.nan])},
        {"h": np.array([1.0, {}], dtype=object)},
        {"z": np.array([[0.0, 0.5]])},
        {"mean_entropies": np.array(["a", "b", "c"])},
        {"coverage": np.array([1.0])},
        {"z": np.array([0.0, 0.6])},
        {"mean_entropies": np.array([0.0, 1.0, 1.6])},
        {name: -good[name] for name in ("h", "z", "mean_entropies")},
    ]
    for change in bad:
        np.savez(path, **(good | change))
        refused()
    for missing in good:
        np.savez(path, **{name: array for name, array in good.items() if name != missing})
        refused()
    path.write_bytes(whole)
    assert_same(of([1.0, 0.5]), InformationCurve.load(path))


@pytest.mark.parametrize(
    ("h", "error", "message"),
    [
        ([], ValueError, r"h: has shape \(0,\), expected one dimension, not empty"),
        ([[1.0]], ValueError, r"h: has shape \(1, 1\)"),
        (1.0, ValueError, r"h: has shape \(\)"),
        ([1.0, -1e-9], ValueError, "h: entry 1 is -1e-09, expected entropies >= 0"),
        ([1.0, np.nan], ValueError, "h: entry 1 is nan, expected finite"),
        ([np.inf, 1.0], ValueError, "h: entry 0 is inf, expected finite"),
        ([1j], TypeError, "h: has dtype complex128, expected real numbers"),
        (np.array([1j]), TypeError, "h: has dtype complex128"),
        (["0.5"], TypeError, "h: has dtype <U3"),
        ([None], TypeError, "h: has dtype object"),
        ([[1], [1, 2]], ValueError, "h: expected an array"),
    ],
)
def test_bad_entropies(h, error, message):
    with pytest.raises(error, match=message):
        of(h)
    if "entropies >= 0" not in message:
        with pytest.raises(error, match="losses" + message[1:]):
            CrossEntropyCurve(h)


def test_integers_and_narrow_floats_are_taken():
    assert of([2, 1, 0]).h.dtype == np.float64
    assert of(np.array([0.5, 0.25], dtype=np.float32)).h.dtype == np.float64
    assert of(np.array([2, 1], dtype=">i2")).entropy == 3


def test_only_distributions_have_curves():
    with pytest.raises(TypeError, match="distribution: is a ndarray, expected a Distribution"):
        information_curve(np.array([0.5, 0.5]))


def test_schedules_of_other_lengths():
    curve = of([1.0, 0.5])
    for sizes in ([1], [1, 1, 1]):
        with pytest.raises(ValueError, match=r"schedule: its sizes sum to \d, expected n = 2"):
            curve.expected_kl(Schedule(sizes))
    with pytest.raises(TypeError, match="schedule: is a list, expected a Schedule"):
        curve.expected_kl([1, 1])


def test_repr_tells_the_numbers():
    text = repr(information_curve(Dense([[0.5, 0.0], [0.0, 0.5]])))
    assert "n=2" in text
    assert text.count("0.693147") == 3
    assert "plugin" in repr(information_curve(Empirical([[0], [1]])))


def test_tiny_costs_beside_large_entropies():
    h = np.full(1000, 10.0)
    h[-1] = np.nextafter(10.0, 0)
    assert of(h).expected_kl(Schedule([1000])) == 10.0 - h[-1]


# Losses of a model ----------------------------------------------------------------------------


@given(st.data())
def test_losses_are_priced_as_they_are(data):
    n = data.draw(st.integers(1, 8))
    losses = np.array(data.draw(st.lists(st.floats(-2, 5), min_size=n, max_size=n)))
    schedule = data.draw(schedules(n))
    direct = sum(s * losses[a] for s, a in zip(schedule, schedule.cumulative, strict=False))
    curve = CrossEntropyCurve(losses)
    assert curve.cost(schedule) == pytest.approx(direct, abs=CLOSE)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it may be more than the losses
        known = CrossEntropyCurve(losses, entropy=1.5)
    assert known.expected_kl(schedule) == pytest.approx(direct - 1.5, abs=CLOSE)
    with pytest.raises(ValueError, match="entropy: is not known, expected the joint entropy"):
        curve.expected_kl(schedule)


@given(curves())
def test_a_perfect_model_is_the_information_curve(curve):
    model = CrossEntropyCurve(curve.h, entropy=curve.entropy)
    whole = Schedule([curve.n])
    slack = 1e-13 * (1 + curve.n * curve.h[0])
    assert model.expected_kl(whole) == pytest.approx(curve.expected_kl(whole), abs=slack)


def test_an_entropy_that_no_model_could_go_below():
    losses = [1.0, 0.5]
    with pytest.warns(UserWarning, match=r"entropy: is 1\.6 nats, more than the 1\.5"):
        CrossEntropyCurve(losses, entropy=1.6)
    CrossEntropyCurve(losses, entropy=1.5)
    # The losses may be too small by chance.
    CrossEntropyCurve(losses, entropy=1.6, standard_errors=[0.02, 0.02])
    covariance = 0.02**2 * np.array([[1.0, -0.9], [-0.9, 1.0]])  # what the sum is sure of
    with pytest.warns(UserWarning, match="No model goes below"):
        CrossEntropyCurve(losses, entropy=1.6, covariance=covariance)


@pytest.mark.parametrize(
    ("entropy", "error"),
    [(-1, ValueError), (np.nan, ValueError), (np.inf, ValueError), ("1", TypeError)],
)
def test_bad_entropy(entropy, error):
    with pytest.raises(error, match=r"entropy: is .*, expected a .*number of nats"):
        CrossEntropyCurve([1.0], entropy=entropy)


def test_losses_are_frozen_and_copied():
    curve = CrossEntropyCurve([1.0, 2.0, 0.5], entropy=np.float32(1.5))
    for twin in (curve, pickle.loads(pickle.dumps(curve)), copy.deepcopy(curve)):
        assert twin.h.tolist() == [1.0, 2.0, 0.5]
        assert twin.losses is twin.h
        assert twin.entropy == 1.5
        assert not twin.h.flags.writeable
    assert "H=1.5" in repr(curve)
    assert "H=" not in repr(CrossEntropyCurve([1.0]))
