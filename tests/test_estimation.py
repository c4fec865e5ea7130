"""Curves of models from a few hundred passes, and what is gathered on the way."""

import copy
import io
import math
import pickle
import sys
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import linalg, stats

from intervals import assert_covers, covers
from unmask import (
    BernoulliSchedule,
    CrossEntropyCurve,
    Schedule,
    _progress,
    information_curve,
    schedules,
)
from unmask._student import t_quantile
from unmask.distributions import BayesianNetwork, HiddenMarkov
from unmask.estimation import (
    BlockCurves,
    CurveAccumulator,
    EstimationInterrupted,
    _recommend,
    calibration,
    estimate_curve,
    gain,
    order_inconsistency,
    recommend,
    rises,
)
from unmask.estimation._tensor import score
from unmask.testing import schedules as some_schedules


def some_chain(n=6):
    return HiddenMarkov(
        [0.5, 0.3, 0.2],
        [[0.8, 0.1, 0.1], [0.1, 0.8, 0.1], [0.1, 0.1, 0.8]],
        [[0.9, 0.1, 0.0], [0.1, 0.8, 0.1], [0.0, 0.1, 0.9]],
        n,
    )


LAW = some_chain()
DATA = LAW.sample(300, seed=0)
EXACT = information_curve(LAW)


def oracle(x, mask):
    with np.errstate(divide="ignore"):
        return np.log(LAW.conditional_marginals(x, mask, on_impossible="uniform"))


def naive_scores(logits, rows, positions, targets):
    """Softmax by its definition, in extended precision."""
    found = []
    for row, position, target in zip(rows, positions, targets, strict=True):
        weights = np.exp(np.asarray(logits[row, position], dtype=np.longdouble))
        p = weights / weights.sum()
        found.append((-np.log(p[target]), -sum(v * np.log(v) for v in p if v > 0)))
    return np.array(found, dtype=float).T


# Tensors ----------------------------------------------------------------------------------------


class FakeTensor:
    """What PyTorch's tensors do, and nothing that would make numpy read them."""

    moved = 0

    def __init__(self, values):
        self._values = np.asarray(values)

    shape = property(lambda self: self._values.shape)

    def __getitem__(self, index):
        return FakeTensor(self._values[index])

    def __array__(self, *_args, **_options):
        raise TypeError("can't convert a tensor of this device to numpy")

    def detach(self):
        return FakeTensor(self._values)

    def element_size(self):
        return self._values.itemsize

    def float(self):
        return FakeTensor(self._values.astype(np.float32))

    def double(self):
        return FakeTensor(self._values.astype(np.float64))

    def logsumexp(self, _axis):
        top = self._values.max(-1)
        return FakeTensor(np.log(np.exp(self._values - top[:, None]).sum(-1)) + top)

    def clamp(self, *, min):
        return FakeTensor(np.maximum(self._values, min))

    def exp(self):
        return FakeTensor(np.exp(self._values))

    def sum(self, axis):
        return FakeTensor(self._values.sum(axis))

    def cpu(self):
        FakeTensor.moved += self._values.size
        return self

    def numpy(self):
        return self._values

    def __sub__(self, other):
        return FakeTensor(self._values - other._values)

    def __mul__(self, other):
        return FakeTensor(self._values * other._values)

    def __neg__(self):
        return FakeTensor(-self._values)


class OnlyDlpack:
    def __init__(self, values):
        self._values = values

    def __dlpack__(self, **options):
        return self._values.__dlpack__(**options)

    def __dlpack_device__(self):
        return self._values.__dlpack_device__()


class Output:
    def __init__(self, logits):
        self.logits = logits


@given(st.integers(0, 2**32), st.floats(0.1, 30.0))
def test_scores_by_their_definition(seed, scale):
    generator = np.random.default_rng(seed)
    logits = generator.normal(size=(3, 4, 5)) * scale
    logits[:, :, 4] = -np.inf
    rows, positions = (a.ravel() for a in np.indices((3, 4)))
    targets = generator.integers(0, 4, size=12)
    expected = naive_scores(logits, rows, positions, targets)
    for answer in (logits, FakeTensor(logits)):
        losses, entropies = score(answer, rows, positions, targets)
        np.testing.assert_allclose([losses, entropies], expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("kind", [np.float16, np.float32, np.int64])
def test_other_numbers(kind):
    logits = np.random.default_rng(0).integers(-5, 5, size=(2, 3, 4)).astype(kind)
    where = np.array([0, 1]), np.array([1, 2]), np.array([3, 0])
    expected = naive_scores(logits, *where)
    np.testing.assert_allclose(score(logits, *where), expected, rtol=1e-6)
    if kind != np.int64:
        np.testing.assert_allclose(score(FakeTensor(logits), *where), expected, rtol=1e-5)


@pytest.mark.parametrize("wrap", [FakeTensor, OnlyDlpack, Output, lambda a: {"logits": a}])
def test_any_answer_gives_the_same_curve(wrap):
    plain = estimate_curve(oracle, DATA, passes=60, seed=0)
    FakeTensor.moved = 0
    other = estimate_curve(lambda x, mask: wrap(oracle(x, mask)), DATA, passes=60, seed=0)
    np.testing.assert_allclose(other.h, plain.h, rtol=1e-12)
    if wrap is FakeTensor:
        # Two numbers a masked token, and a look at a few rows.
        assert FakeTensor.moved < 2 * 6 * (60 + 16) + 8 * 3 + 1
    lawful = estimate_curve(LAW, DATA, passes=60, seed=0)
    np.testing.assert_array_equal(lawful.h, plain.h)


def test_shifted_answers():
    def shifted(x, mask):
        answer = oracle(x, mask)
        # The answer to token i stands at i - 1; that to the first token stands at 0 too.
        assert mask[:, 0].sum() == 0
        return np.concatenate([answer[:, 1:], answer[:, :1]], axis=1)

    plain = estimate_curve(oracle, DATA, passes=60, seed=0, prompt=1)
    other = estimate_curve(shifted, DATA, passes=60, seed=0, prompt=1, shift=True)
    np.testing.assert_allclose(other.h, plain.h, rtol=1e-12)


def test_large_logits_are_not_copied():
    n, letters = 4096, 126_464
    row = np.random.default_rng(0).normal(size=letters).astype(np.float32)
    logits = np.broadcast_to(row, (1, n, letters))  # 2 GB, were it stored
    mask = np.zeros((1, n), dtype=bool)
    mask[0, ::100] = True
    x = np.random.default_rng(1).integers(0, letters, size=(1, n))
    gathered = CurveAccumulator(n)
    tracemalloc.start()
    gathered.update(x, mask, logits)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 0.03 * logits.nbytes
    expected = np.log(np.exp(row.astype(float)).sum()) - row[x[mask]].mean()
    np.testing.assert_allclose(gathered._table()[2], [expected], rtol=1e-6)


# Accumulators -----------------------------------------------------------------------------------


def test_means_of_what_was_masked():
    gathered = CurveAccumulator(6)
    mask = np.zeros((3, 6), dtype=bool)
    mask[0, [1, 3]] = mask[1, 5] = True
    gathered.update(DATA[:3], mask, oracle(DATA[:3], mask))
    assert gathered.passes == 2  # nothing is masked in the last
    logs = oracle(DATA[:3], mask)
    two = -(logs[0, 1, DATA[0, 1]] + logs[0, 3, DATA[0, 3]]) / 2
    one = -logs[1, 5, DATA[1, 5]]
    h = gathered.curve().h
    np.testing.assert_allclose(h[[4, 5]], [two, one])
    np.testing.assert_allclose(h[:4], two)


@given(st.integers(0, 2**32), st.integers(2, 5), st.booleans())
def test_complete_sequences_give_means_and_their_covariance(seed, n, shuffled):
    generator = np.random.default_rng(seed)
    size = 7
    losses = generator.exponential(size=(size, n)) + generator.exponential(size=(size, 1))
    names, revealed = np.indices((size, n)).reshape(2, -1)
    order = generator.permutation(size * n) if shuffled else np.arange(size * n)
    gathered = CurveAccumulator(n)
    gathered.update_losses(revealed[order], losses.ravel()[order], sequences=names[order])
    curve = gathered.curve()
    np.testing.assert_allclose(curve.h, losses.mean(axis=0), rtol=1e-10)
    np.testing.assert_allclose(
        curve.covariance, np.cov(losses, rowvar=False) / size, rtol=1e-7, atol=1e-12
    )
    np.testing.assert_array_equal(curve.standard_errors**2, np.diag(curve.covariance))
    assert curve.sequences == size


@given(st.integers(0, 2**32), st.sampled_from([None, 3]))
def test_incomplete_sequences_by_dense_matrices(seed, knots):
    """Generalised least squares and its CR2 covariance, written out with all matrices in full."""
    generator = np.random.default_rng(seed)
    n, size = 5, 9
    seen = [np.sort(generator.permutation(n)[: generator.integers(1, n + 1)]) for _ in range(size)]
    seen[:2] = [np.arange(n)] * 2  # every count twice, at least
    names = np.repeat(np.arange(size), [len(one) for one in seen])
    revealed = np.concatenate(seen)
    weights = generator.integers(1, 4, size=len(names)) * 1.0
    losses = generator.exponential(size=len(names)) + generator.exponential(2.0, size)[names]
    gathered = CurveAccumulator(n)
    order = generator.permutation(len(names))
    gathered.update_losses(revealed[order], losses[order], weights[order], sequences=names[order])
    curve = gathered.curve(knots=knots)

    nodes = np.unique(revealed)
    if knots is not None:
        ranks = np.rint(np.linspace(0, len(revealed) - 1, knots)).astype(int)
        nodes = np.unique(np.sort(revealed)[ranks])
    basis = np.stack([np.interp(revealed, nodes, row) for row in np.eye(len(nodes))], axis=1)
    same = names[:, None] == names

    def solve(ratio):
        inverse = np.linalg.inv(np.diag(1 / weights) + ratio * same)
        bread = np.linalg.inv(basis.T @ inverse @ basis)
        return bread @ basis.T @ inverse @ losses, inverse, bread

    residuals = losses - basis @ solve(0.0)[0]
    products = np.outer(weights * residuals, weights * residuals)
    other = same & ~np.eye(len(names), dtype=bool)
    shared = max(0.0, products[other].sum() / np.outer(weights, weights)[other].sum())
    total = np.average(residuals**2, weights=weights)
    found, inverse, bread = solve(shared / max(total - shared, total * 1e-3))
    residuals = losses - basis @ found
    middle = np.zeros_like(bread)
    for name in range(size):
        mine = names == name
        root = np.real(linalg.sqrtm(inverse[np.ix_(mine, mine)]))
        white = root @ basis[mine]
        values, vectors = np.linalg.eigh(np.eye(mine.sum()) - white @ bread @ white.T)
        scale = np.where(values > 1e-9, np.maximum(values, 1e-9) ** -0.5, 0.0)
        part = white.T @ (vectors * scale) @ vectors.T @ root @ residuals[mine]
        middle += np.outer(part, part)
    between = np.stack([np.interp(np.arange(n), nodes, row) for row in np.eye(len(nodes))], axis=1)
    np.testing.assert_allclose(curve.h, between @ found, rtol=1e-8)
    expected = between @ bread @ middle @ bread @ between.T
    np.testing.assert_allclose(curve.covariance, expected, rtol=1e-6, atol=1e-9)


def test_single_losses_and_what_lies_between():
    gathered = CurveAccumulator(6)
    gathered.update_losses([1, 3, 3, 1], [1.0, 0.5, 0.1, 2.0], weight=[1, 3, 1, 1])
    curve = gathered.curve()
    np.testing.assert_allclose(curve.h, [1.5, 1.5, 0.95, 0.4, 0.4, 0.4])
    # A mean of two has half of the variance of one, which is half the square of their difference.
    np.testing.assert_allclose(curve.covariance[0, :2], 0.25)
    np.testing.assert_allclose(curve.covariance[2, 2], (0.25 + curve.covariance[3, 3]) / 4)
    assert curve.covariance[1, 3] == 0


def test_knots():
    """Losses on a line are a line however few the nodes; others are fitted by least squares."""
    generator = np.random.default_rng(0)
    revealed = generator.integers(0, 40, size=3000)
    line = CurveAccumulator(40)
    line.update_losses(revealed, 3 - revealed / 20)
    np.testing.assert_allclose(line.curve(knots=4).h, 3 - np.arange(40) / 20, atol=1e-10)
    noisy = CurveAccumulator(40)
    losses = np.exp(-revealed / 10) + generator.exponential(0.3, size=3000)
    noisy.update_losses(revealed, losses)
    curve = noisy.curve(knots=6)
    nodes = np.flatnonzero(abs(np.diff(curve.h, 2)) > 1e-9) + 1
    assert len(nodes) <= 4  # and both ends
    basis = np.stack([np.interp(np.arange(40), [0, *nodes, 39], row) for row in np.eye(6)])
    design = basis[:, revealed].T
    expected = np.linalg.lstsq(design, losses, rcond=None)[0] @ basis
    np.testing.assert_allclose(curve.h, expected, rtol=1e-9)
    assert np.mean(curve.standard_errors) < 0.6 * np.mean(noisy.curve().standard_errors)


def test_merging_is_gathering():
    whole, parts = CurveAccumulator(6), [CurveAccumulator(6) for _ in range(3)]
    generator = np.random.default_rng(0)
    for index in range(30):
        x = DATA[index * 4 : index * 4 + 4]
        mask = generator.random((1, 6)) < np.repeat(generator.random((4, 1)), 6, axis=1)
        answer = oracle(x, mask)
        names = np.array([0, 0, 1, 1])
        whole.update(x, mask, answer, sequences=names + 2 * index)
        parts[index // 10].update(x, mask, answer, sequences=names + 2 * (index % 10))
    merged = parts[0]
    merged += parts[1]
    merged.merge(parts[2])
    assert repr(merged) == repr(whole)
    np.testing.assert_array_equal(merged.curve().h, whole.curve().h)
    np.testing.assert_array_equal(merged.curve().covariance, whole.curve().covariance)


def test_saved_and_loaded(tmp_path):
    gathered = CurveAccumulator(6)
    estimate_curve(LAW, DATA, passes=50, seed=0, resume=gathered)
    gathered.save(tmp_path / "losses.npz")
    loaded = CurveAccumulator.load(tmp_path / "losses.npz")
    np.testing.assert_array_equal(loaded.curve().covariance, gathered.curve().covariance)
    for one in (loaded, gathered):
        estimate_curve(LAW, DATA, passes=70, seed=0, resume=one)
    np.testing.assert_array_equal(loaded.curve().h, gathered.curve().h)
    CurveAccumulator(3).save(tmp_path / "empty.npz")
    assert CurveAccumulator.load(tmp_path / "empty.npz").passes == 0
    with pytest.raises(FileNotFoundError):
        CurveAccumulator.load(tmp_path / "missing.npz")
    EXACT.save(tmp_path / "curve.npz")
    with pytest.raises(ValueError, match=r"curve\.npz: not a saved accumulator"):
        CurveAccumulator.load(tmp_path / "curve.npz")


# Curves -----------------------------------------------------------------------------------------


def test_interrupted_and_resumed():
    calls = 0

    def impatient(x, mask):
        nonlocal calls
        calls += 1
        if calls == 5:
            raise KeyboardInterrupt
        return oracle(x, mask)

    with pytest.raises(EstimationInterrupted, match="after 48 passes") as stopped:
        estimate_curve(impatient, DATA, passes=100, batch_size=16, seed=3)
    (kept,) = stopped.value.accumulators
    assert kept.passes == 48
    seen = []
    resumed = estimate_curve(oracle, DATA, passes=100, seed=3, resume=kept, progress=seen.append)
    assert seen == [0.64, 0.8, 0.96, 1.0]
    straight = estimate_curve(oracle, DATA, passes=100, seed=3)
    np.testing.assert_allclose(resumed.h, straight.h, rtol=1e-12)


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize("progress", [True, False, None])
def test_a_bar_on_a_terminal(monkeypatch, progress):
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(_progress, "PATIENCE_SECONDS", 0.0)
    for stream in (Terminal(), io.StringIO()):
        monkeypatch.setattr(sys, "stderr", stream)
        curve = estimate_curve(LAW, DATA, passes=60, seed=0, progress=progress)
        recommend(curve, steps=2, progress=progress)
        shown = [name in stream.getvalue() for name in ("forward passes", "schedules")]
        assert shown == [bool(progress) and stream.isatty()] * 2
    with pytest.raises(TypeError, match="progress: is a str, expected True, False or a callable"):
        estimate_curve(LAW, DATA, passes=60, progress="yes")


def test_curves_with_errors_round_trip(tmp_path):
    curve = estimate_curve(LAW, DATA, passes=60, seed=0)
    curve.save(tmp_path / "curve.npz")
    for other in (
        CrossEntropyCurve.load(tmp_path / "curve.npz"),
        pickle.loads(pickle.dumps(curve)),
        copy.deepcopy(curve),
    ):
        np.testing.assert_array_equal(other.h, curve.h)
        np.testing.assert_array_equal(other.covariance, curve.covariance)
        np.testing.assert_array_equal(other.standard_errors, curve.standard_errors)
        assert other.sequences == curve.sequences
        np.testing.assert_array_equal(other.interval(), curve.interval())
        np.testing.assert_array_equal(other.smoothed.h, curve.smoothed.h)
        np.testing.assert_array_equal(other.smoothed.covariance, curve.smoothed.covariance)
        assert not other.covariance.flags.writeable
    plain = CrossEntropyCurve([0.5, 0.25], entropy=0.5)
    plain.save(tmp_path / "plain.npz")
    loaded = CrossEntropyCurve.load(tmp_path / "plain.npz")
    assert (loaded.entropy, loaded.covariance, loaded.sequences) == (0.5, None, None)
    EXACT.save(tmp_path / "exact.npz")
    with pytest.raises(ValueError, match="not a saved cross-entropy curve"):
        CrossEntropyCurve.load(tmp_path / "exact.npz")


# Bad input --------------------------------------------------------------------------------------


def _spoiled(change):
    def spoiled(x, mask):
        answer = oracle(x, mask).copy()
        return change(answer, x, mask)

    return spoiled


def _with_nan(answer, _x, mask):
    answer[tuple(np.argwhere(mask)[-1])] = np.nan
    return answer


def _impossible(answer, _x, _mask):
    answer[:] = [0.0, -np.inf, -np.inf]
    return answer


@pytest.mark.parametrize(
    ("bad", "match"),
    [
        (_spoiled(_with_nan), "logits: are not numbers at"),
        (_spoiled(_impossible), r"logits: give token [12] at \(.*\) probability zero"),
        (_spoiled(lambda a, *_: a[:, :5]), r"have shape \(16, 5, 3\), expected \(16, 6, V\)"),
        (_spoiled(lambda a, *_: a[0]), r"have shape \(6, 3\), expected \(16, 6, V\)"),
        (_spoiled(lambda a, *_: a[..., :2]), "vocabulary of 2, smaller than token id 2"),
        (_spoiled(lambda a, *_: np.exp(a)), "logits: are probabilities"),
        (
            _spoiled(lambda a, *_: a + np.random.default_rng().normal(size=a.shape)),
            "oracle: answered two identical calls differently",
        ),
        (_spoiled(lambda a, x, _: a + 3 * np.eye(3)[x]), "depend on what stands at masked"),
    ],
)
def test_bad_oracles(bad, match):
    with pytest.raises(ValueError, match=match):
        estimate_curve(bad, DATA, passes=20, seed=0)


def test_a_mask_token_that_is_still_scored():
    def scored(x, mask):
        assert (x[mask] == 3).all()
        wider = np.zeros((*x.shape, 4))
        wider[..., :3] = oracle(np.where(mask, 0, x), mask)
        wider[..., 3] = -3.0
        return wider

    def silenced(x, mask):
        answer = scored(x, mask)
        answer[..., 3] = -np.inf
        return answer

    with pytest.raises(ValueError, match=r"mask token 3 is still scored, with probability 0\.047"):
        estimate_curve(scored, DATA, passes=20, seed=0, mask_token=3)
    curve = estimate_curve(silenced, DATA, passes=20, seed=0, mask_token=3)
    np.testing.assert_allclose(curve.h, estimate_curve(oracle, DATA, passes=20, seed=0).h)


@pytest.mark.parametrize(
    ("options", "error", "match"),
    [
        ({"data": [[0, 1], [0, 1, 2]]}, ValueError, "data: expected sequences of equal length"),
        ({"data": DATA * 1.0}, TypeError, "data: has dtype float64"),
        ({"data": DATA[0]}, ValueError, r"data: has shape \(6,\)"),
        ({"data": -DATA}, ValueError, "data: token id -"),
        ({"oracle": 3}, TypeError, "oracle: is a int"),
        ({"passes": 0}, ValueError, "passes: is 0"),
        ({"batch_size": 1.5}, TypeError, "batch_size: is a float"),
        ({"seed": -1}, ValueError, "seed: is -1"),
        ({"seed": 0.5}, TypeError, "seed: is a float"),
        ({"mask_token": "<mask>"}, TypeError, "mask_token: is a str"),
        ({"mask_token": 2}, ValueError, "is the mask token 2"),
        ({"prompt": 6}, ValueError, r"prompt: is 6 tokens, expected 0\.\.5"),
        ({"prompt": np.eye(300, 6, dtype=bool)}, ValueError, "prompt: leaves 6 tokens of"),
        ({"prompt": np.ones(6, dtype=bool)}, ValueError, "prompt: leaves no token"),
        ({"counts": [6]}, ValueError, r"counts: is 6\.\.6, expected within 0\.\.5"),
        ({"counts": [0.5]}, TypeError, "counts: has dtype float64"),
        ({"block_length": 4}, ValueError, "block_length: is 4, expected a divisor of n = 6"),
        ({"resume": CurveAccumulator(5)}, ValueError, "resume: is for 1 blocks"),
        ({"resume": [3]}, TypeError, "resume: holds a int"),
    ],
)
def test_bad_arguments(options, error, match):
    arguments = {"oracle": oracle, "data": DATA, "passes": 20, "seed": 0} | options
    with pytest.raises(error, match=match):
        estimate_curve(**arguments)


def test_bad_updates():
    gathered = CurveAccumulator(5)
    mask = np.ones((2, 6), dtype=bool)
    with pytest.raises(ValueError, match="x: has 6 tokens besides the prompt, expected n = 5"):
        gathered.update(DATA[:2], mask, oracle(DATA[:2], mask))
    with pytest.raises(ValueError, match=r"token of the prompt at \(0, 0\) is masked"):
        gathered.update(DATA[:2], mask, oracle(DATA[:2], mask), prompt=1)
    mask[:, 0] = False
    with pytest.raises(TypeError, match="logits: is a str"):
        gathered.update(DATA[:2], mask, "logits", prompt=1)
    with pytest.raises(ValueError, match="logits: are probabilities"):
        gathered.update(DATA[:2], mask, np.exp(oracle(DATA[:2], mask)), prompt=1)
    with pytest.raises(ValueError, match=r"x: the token at .* is the mask token 2, expected what"):
        gathered.update(np.where(mask, 2, 0), mask, oracle(DATA[:2], mask), prompt=1, mask_token=2)
    with pytest.raises(ValueError, match=r"mask: has shape \(3,\), expected \(2, 6\)"):
        gathered.update(DATA[:2], [True] * 3, oracle(DATA[:2], mask), prompt=1)
    with pytest.raises(ValueError, match=r"revealed: entry 1 is 5, expected 0\.\.4"):
        gathered.update_losses([0, 5], [1.0, 1.0])
    with pytest.raises(ValueError, match="nll: entry 0 is -1"):
        gathered.update_losses([0], [-1.0])
    with pytest.raises(ValueError, match="weight: entry 0 is 0"):
        gathered.update_losses([0], [1.0], weight=0.0)
    with pytest.raises(ValueError, match="other: is for n = 4 tokens, expected 5"):
        gathered.merge(CurveAccumulator(4))
    assert gathered.passes == 0
    with pytest.raises(ValueError, match="knots: is 1, expected at least 2"):
        gathered.curve(knots=1)
    with pytest.raises(TypeError, match="n: is a float"):
        CurveAccumulator(5.0)
    with pytest.raises(ValueError, match="nothing was gathered"):
        gathered.curve()


# Gains ------------------------------------------------------------------------------------------


@given(st.integers(0, 2**32), st.data())
def test_gains_by_their_definition(seed, data):
    generator = np.random.default_rng(seed)
    n = 6
    root = generator.normal(size=(n, n))
    curve = CrossEntropyCurve(
        generator.normal(size=n), covariance=root @ root.T, sequences=12, entropy=1.0
    )
    one, two = data.draw(some_schedules(n)), data.draw(some_schedules(n))
    found = gain(curve, one, two, confidence=0.9)
    assert abs(found.total - (curve.cost(two) - curve.cost(one))) < 1e-12
    weights = np.zeros(n)
    for schedule, sign in ((one, -1), (two, 1)):
        revealed = 0
        for size in schedule:
            weights[revealed] += sign * size
            revealed += size
    error = np.linalg.norm(weights @ root)
    np.testing.assert_allclose(found.standard_error, error, atol=1e-7)
    low, high = found.interval
    np.testing.assert_allclose(
        [low, high], found.total + np.array([-1, 1]) * error * stats.t.ppf(0.95, 11), rtol=1e-6
    )
    assert found.certain == (one == two or not low <= 0 <= high)
    np.testing.assert_allclose(found.interval_per_token, (low / n, high / n))


@pytest.mark.parametrize("level", [0.5, 0.9, 0.975, 0.9999, 1 - 1e-7])
def test_quantiles(level):
    for degrees in (1, 1.3, 2, 2.7, 3, 10, 29, 199.5, 201, 1e4):
        expected = stats.t.ppf(level, degrees)
        np.testing.assert_allclose(t_quantile(level, degrees), expected, rtol=2e-7, atol=1e-12)
    np.testing.assert_allclose(t_quantile(level, None), stats.norm.ppf(level))


def test_gains_without_errors():
    found = gain(EXACT, Schedule([1, 5]), Schedule([3, 3]))
    assert found.total == EXACT.expected_kl(Schedule([3, 3])) - EXACT.expected_kl(Schedule([1, 5]))
    assert (found.standard_error, found.interval, found.certain) == (None, None, None)
    advice = recommend(CrossEntropyCurve([1.0, 0.5, 0.4]), steps=2)
    assert (advice.enough, advice.optimism, advice.regret) == (None, None, None)
    assert advice.schedule == Schedule([1, 2])
    with pytest.raises(ValueError, match="confidence: is 95"):
        gain(EXACT, Schedule([6]), Schedule([6]), confidence=95)
    with pytest.raises(ValueError, match=r"steps: is 7, expected 1\.\.6"):
        recommend(CrossEntropyCurve(EXACT.h), steps=7)


def test_recommendations_know_when_they_know():
    losses = np.linspace(1.0, 0.5, 8) ** 3
    precise, vague = (
        CrossEntropyCurve(losses, covariance=scale * np.eye(8), sequences=50)
        for scale in (1e-8, 0.1)
    )
    sure = recommend(precise, steps=3)
    assert sure.enough
    assert sure.schedule == schedules.optimal(precise, steps=3)
    assert sure.regret < 1e-4
    unsure = recommend(vague, steps=3)
    assert not unsure.enough
    assert unsure.schedule == sure.schedule
    assert unsure.optimism > unsure.regret > 10 * sure.regret
    assert "not enough data" in repr(unsure)
    assert "not enough data" not in repr(sure)
    seen = []
    assert repr(recommend(vague, steps=3, progress=seen.append)) == repr(unsure)
    assert seen[-1] == 1.0
    assert seen == sorted(seen)


def test_optimism_is_what_choosing_by_noise_adds():
    """Drawn around known losses, gains are too large by the optimism, and regret is lost."""
    generator = np.random.default_rng(0)
    truth = CrossEntropyCurve(np.linspace(1.0, 0.6, 10))
    baseline = schedules.uniform(10, 3)
    surplus, lost, optimism, regret = [], [], [], []
    best = truth.cost(schedules.optimal(truth, steps=3))
    for _ in range(60):
        noisy = CrossEntropyCurve(
            truth.h + generator.normal(size=10) * 0.02, covariance=0.0004 * np.eye(10)
        )
        advice = recommend(noisy, steps=3)
        real = truth.cost(baseline) - truth.cost(advice.schedule)
        surplus.append(gain(noisy, advice.schedule, baseline).total - real)
        lost.append(truth.cost(advice.schedule) - best)
        optimism.append(advice.optimism)
        regret.append(advice.regret)
    np.testing.assert_allclose(np.mean(optimism), np.mean(surplus), rtol=0.35)
    assert 0.5 < np.mean(regret) / np.mean(lost) < 2


def test_large_covariances(monkeypatch):
    """More tokens than directions: an estimate at few counts is drawn from all the same."""
    gathered = CurveAccumulator(400)
    generator = np.random.default_rng(0)
    counts = np.linspace(0, 399, 12).astype(int)
    losses = np.exp(-counts / 100) + generator.normal(size=(20, 1)) * 0.01
    losses = abs(losses + generator.normal(size=(20, 12)) * 0.001)
    names = np.repeat(np.arange(20), 12)
    gathered.update_losses(np.tile(counts, 20), losses.ravel(), sequences=names)
    curve = gathered.curve()
    root = _recommend._root(curve.covariance, generator)
    assert root.shape == (400, _recommend.DIRECTIONS)
    np.testing.assert_allclose(root @ root.T, curve.covariance, atol=1e-12)
    monkeypatch.setattr(_recommend, "DRAWS", 10)
    assert recommend(curve, steps=8).enough


# Blocks -----------------------------------------------------------------------------------------


def test_blocks_from_left_to_right():
    """Blocks of a chain: each given the token before it, and none after it."""
    found = estimate_curve(LAW, DATA, passes=240, seed=0, block_length=3)
    assert isinstance(found, BlockCurves)
    assert (found.n, found.block_length, len(found.curves)) == (6, 3, 2)
    exact = []
    for block in range(2):
        known = np.arange(6) < 3 * block
        sums = np.zeros(3)
        for subset in range(8):
            revealed = [3 * block + i for i in range(3) if subset >> i & 1]
            mask = ~known
            mask[revealed] = False
            for i in set(range(3 * block, 3 * block + 3)) - set(revealed):
                with_token, without = ~mask, ~mask
                with_token = with_token.copy()
                with_token[i] = True
                h = LAW.subset_entropies()
                index = [int((m * 2 ** np.arange(6)).sum()) for m in (with_token, without)]
                m = len(revealed)
                sums[m] += (h[index[0]] - h[index[1]]) / (math.comb(3, m) * (3 - m))
        exact.append(sums)
    for curve, truth in zip(found.curves, exact, strict=True):
        assert (abs(curve.h - truth) < 4 * curve.standard_errors + 1e-9).all()
    np.testing.assert_allclose(found.shared.h, (found.curves[0].h + found.curves[1].h) / 2)
    np.testing.assert_allclose(
        found.shared.covariance,
        (found.curves[0].covariance + found.curves[1].covariance) / 4,
    )


@given(st.integers(0, 2**32), st.integers(2, 6))
def test_steps_are_shared_out_as_well_as_can_be(seed, steps):
    generator = np.random.default_rng(seed)
    blocks = BlockCurves(tuple(CrossEntropyCurve(generator.random(3)) for _ in range(2)))
    chosen = blocks.optimal(steps)
    assert sum(one.nfe for one in chosen) <= steps
    every = [Schedule(s) for s in ([3], [1, 2], [2, 1], [1, 1, 1])]
    costs = [blocks.cost([a, b]) for a in every for b in every if a.nfe + b.nfe <= steps]
    np.testing.assert_allclose(blocks.cost(chosen), min(costs), rtol=1e-12)
    both = schedules.optimal(blocks.shared, steps=2)
    shared = [blocks.cost(one) for one in every if one.nfe <= 2]
    np.testing.assert_allclose(blocks.cost(both), min(shared), rtol=1e-12)


def test_gains_of_random_counts():
    """What is revealed at random costs what the curve says, and has errors of its own."""
    curve = estimate_curve(LAW, DATA, passes=60, seed=0)
    fixed, levels = Schedule([1, 2, 3]), np.array([0.0, 0.2, 0.7, 1.0])
    random = BernoulliSchedule(levels)
    found = gain(curve, fixed, random)
    np.testing.assert_allclose(found.total, curve.cost(random) - curve.cost(fixed), rtol=1e-12)
    weights = sum(
        6 * rise * stats.binom.pmf(np.arange(6), 5, level)
        for level, rise in zip(levels, np.diff(levels), strict=False)
    )
    weights -= [1, 2, 0, 3, 0, 0]
    error = np.sqrt(weights @ curve.covariance @ weights)
    np.testing.assert_allclose(found.standard_error, error)
    np.testing.assert_allclose(found.per_token, found.total / 6)


def test_gains_of_blocks_add_up():
    found = estimate_curve(LAW, DATA, passes=240, seed=0, block_length=3)
    plans, rule = [Schedule([1, 2]), Schedule([1, 1, 1])], Schedule([2, 1])
    whole = gain(found, plans, rule)
    parts = [gain(c, p, rule) for c, p in zip(found.curves, plans, strict=True)]
    assert [one.total for one in whole.blocks] == [one.total for one in parts]
    assert whole.schedule == tuple(plans)
    assert whole.baseline == (rule, rule)
    np.testing.assert_allclose(whole.total, found.cost(rule) - found.cost(plans))
    np.testing.assert_allclose(whole.total, sum(one.total for one in parts))
    errors = np.array([one.standard_error for one in parts])
    np.testing.assert_allclose(whole.standard_error, np.linalg.norm(errors))
    np.testing.assert_allclose(whole.per_token, whole.total / 6)
    # Welch and Satterthwaite.
    degrees = np.array([one.sequences - 1 for one in found.curves])
    welch = (errors**2).sum() ** 2 / (errors**4 / degrees).sum()
    width = stats.t.ppf(0.975, welch) * np.linalg.norm(errors)
    np.testing.assert_allclose(whole.interval, [whole.total - width, whole.total + width])
    assert "nats over 2 blocks (95%: " in repr(whole)
    same = gain(found, rule, [rule, rule])
    assert (same.total, same.standard_error, same.interval) == (0, 0, (0, 0))
    bare = gain(BlockCurves((CrossEntropyCurve([1.0, 0.5]),) * 2), Schedule([2]), Schedule([1, 1]))
    assert (bare.total, bare.interval, len(bare.blocks)) == (-1.0, None, 2)


def test_recommendations_for_blocks():
    found = estimate_curve(LAW, DATA, passes=600, seed=0, block_length=3)
    advice = recommend(found, steps=5)
    assert sum(one.nfe for one in advice.schedule) <= 5
    likely = found.smoothed
    every = [Schedule(s) for s in ([3], [1, 2], [2, 1], [1, 1, 1])]
    costs = [likely.cost([a, b]) for a in every for b in every if a.nfe + b.nfe <= 5]
    np.testing.assert_allclose(likely.cost(advice.schedule), min(costs), rtol=1e-12)
    first = advice.gains["uniform, larger first"]
    assert first.baseline == (Schedule([1, 1, 1]), Schedule([2, 1]))
    assert (len(first.blocks), first.n) == (2, 6)
    assert 0 <= advice.regret <= advice.optimism
    assert advice.enough in (True, False)
    assert repr(advice).startswith("Recommendation for 2 blocks:\n  block 0")
    # Blocks with the same schedule are shown together.
    alike = BlockCurves((CrossEntropyCurve([1.0, 0.5]),) * 3)
    assert "block 0..2: Schedule([2])" in repr(recommend(alike, steps=3))
    with pytest.raises(ValueError, match=r"steps: is 1, expected 2\.\.6"):
        recommend(found, steps=1)
    with pytest.raises(TypeError, match="curve: is a list, expected a CrossEntropyCurve or Block"):
        recommend([1.0], steps=1)
    with pytest.raises(ValueError, match="schedule: has 3 schedules, expected 2"):
        gain(found, [Schedule([3])] * 3, Schedule([3]))


def test_gains_by_a_sampled_curve():
    """Points are independent, and as many sequences are behind each."""
    curve = information_curve(LAW, method="sampled", samples=8, seed=0)
    one, two = Schedule([1, 5]), Schedule([2, 4])
    found = gain(curve, one, two)
    weights = np.array([1.0, -5, 4, 0, 0, 0])
    error = np.linalg.norm(weights * curve.standard_errors)
    np.testing.assert_allclose(found.standard_error, error)
    width = stats.t.ppf(0.975, 7) * error
    np.testing.assert_allclose(found.interval, [found.total - width, found.total + width])


def test_bad_blocks():
    blocks = BlockCurves((CrossEntropyCurve([1.0, 0.5]),) * 2)
    with pytest.raises(ValueError, match=r"steps: is 1, expected 2\.\.4"):
        blocks.optimal(1)
    with pytest.raises(TypeError, match="plan: is a int, expected a Schedule, or one for each bl"):
        blocks.cost(3)
    with pytest.raises(ValueError, match="plan: has 3 schedules, expected 2"):
        blocks.cost([Schedule([2])] * 3)


# Diagnostics ------------------------------------------------------------------------------------


def distorted(power):
    """A model whose logits are too large or too small by a factor."""
    return lambda x, mask: np.maximum(oracle(x, mask), -50.0) * power


@pytest.mark.parametrize(("power", "verdict"), [(1.0, True), (3.0, False), (0.3, False)])
def test_calibration(power, verdict):
    gathered = CurveAccumulator(6)
    estimate_curve(distorted(power), DATA, passes=600, seed=1, resume=gathered)
    found = calibration(gathered)
    assert found.calibrated is verdict
    assert found.revealed.tolist() == list(range(6))
    if not verdict:
        # The law of one token is nearly uniform, which no power changes.
        assert (np.sign(found.gaps[1:]) == np.sign(power - 1)).all()
        side = "too sure" if power > 1 else "not sure enough"
        assert side in repr(found)
    # Entropies have the expectation of the losses of a calibrated model, and vary less.
    plain, trusting = gathered.curve(), gathered.curve(calibrated=True)
    np.testing.assert_allclose(plain.h - trusting.h, found.gaps)
    if verdict:
        assert (abs(trusting.h - EXACT.h) < 4 * trusting.standard_errors + 1e-9).all()
        assert (trusting.standard_errors[1:] < 0.7 * plain.standard_errors[1:]).all()


def test_calibration_needs_entropies():
    gathered = CurveAccumulator(3)
    gathered.update_losses([0, 1], [1.0, 0.5])
    with pytest.raises(ValueError, match="entropy: is not known"):
        calibration(gathered)
    with pytest.raises(TypeError, match="gathered: is a CrossEntropyCurve"):
        calibration(gathered.curve())
    gathered = CurveAccumulator(3)
    gathered.update_losses([0, 1], [1.0, 0.5], entropy=[0.5, 0.5])
    found = calibration(gathered)
    assert (found.calibrated, found.standard_errors) == (None, None)


def test_rises():
    covariance = np.diag([1.0, 2.0, 3.0, 4.0, 5.0])
    covariance[1, 3] = covariance[3, 1] = 0.5
    curve = CrossEntropyCurve([1.0, 0.5, 0.75, 1.25, 0.5], covariance=covariance)
    (found,) = rises(curve)
    assert (found.start, found.stop, found.size) == (1, 3, 0.75)
    np.testing.assert_allclose(found.standard_error, np.sqrt(2 + 4 - 1))
    assert rises(EXACT) == []
    assert [(r.start, r.stop) for r in rises(CrossEntropyCurve([0, 1, 0, 1]))] == [(0, 1), (2, 3)]


def test_order_inconsistency():
    exact = order_inconsistency(oracle, DATA, pairs=30, seed=0)
    assert exact.root_mean_square < 1e-9
    model = distorted(2.0)
    found = order_inconsistency(model, DATA, pairs=30, seed=0, prompt=[True] + [False] * 5)
    assert found.root_mean_square > 0.01
    assert found.revealed.min() >= 0
    assert found.revealed.max() == 3  # of five free tokens two are a pair
    # One pair by hand, all but two tokens revealed.
    x, mask = DATA[:1], np.zeros((1, 6), dtype=bool)
    mask[0, [2, 3]] = True
    last = {}
    for i, j in ((2, 3), (3, 2)):
        one = mask.copy()
        one[0, i] = False
        logs = [
            a - np.logaddexp.reduce(a, -1, keepdims=True) for a in (model(x, mask), model(x, one))
        ]
        last[i] = logs[0][0, i, x[0, i]] + logs[1][0, j, x[0, j]]
    pair = order_inconsistency(
        model, x, pairs=1, seed=0, prompt=np.array([True, True, False, False, True, True])
    )
    np.testing.assert_allclose(abs(pair.discrepancies), abs(last[2] - last[3]), rtol=1e-9)
    with pytest.raises(ValueError, match="data: has 1 token besides the prompt"):
        order_inconsistency(oracle, DATA, prompt=5)


# Statistics -------------------------------------------------------------------------------------


def network():
    """Six tokens, each with two parents."""
    generator = np.random.default_rng(1)
    parents = [[], [0], [0, 1], [1, 2], [0, 3], [2, 4]]
    tables = [generator.dirichlet(np.full(3, 0.4), size=(3,) * len(p)) for p in parents]
    return BayesianNetwork(parents, tables)


@pytest.mark.parametrize("law", [LAW, network()], ids=["hidden Markov", "network"])
@pytest.mark.parametrize("calibrated", [False, True])
def test_unbiased_with_errors_that_cover(law, calibrated):
    exact = information_curve(law).h
    data = law.sample(4000, seed=1)
    runs = [
        estimate_curve(
            law, data[50 * s :][:50], passes=90, batch_size=90, seed=s, calibrated=calibrated
        )
        for s in range(80)
    ]
    h = np.stack([run.h for run in runs])
    errors = np.stack([run.standard_errors for run in runs])
    spread = h.std(axis=0, ddof=1)
    assert (abs(h.mean(axis=0) - exact) <= 4 * spread / np.sqrt(len(runs)) + 1e-9).all()
    held = np.array([covers(run, exact) for run in runs])
    assert_covers(held[:, errors.max(axis=0) > 1e-9], 0.95)


def test_nested_sets_halve_the_passes_for_a_difference():
    """Same passes, same counts: what a difference of schedules varies by, nested or independent."""
    one, two = schedules.optimal(EXACT, steps=3), schedules.uniform(6, 3)
    nested, independent = [], []
    for s in range(60):
        x = LAW.sample(90, seed=s)
        curve = estimate_curve(LAW, x, passes=90, batch_size=90, seed=s, counts=range(6))
        nested.append(gain(curve, one, two).total)
        ranks = np.random.default_rng(s).permuted(np.tile(np.arange(6), (90, 1)), axis=1)
        mask = ranks >= np.tile(np.arange(6), 15)[:, None]
        gathered = CurveAccumulator(6)
        gathered.update(x, mask, oracle(x, mask))
        independent.append(gain(gathered.curve(), one, two).total)
    assert np.var(independent) > 2 * np.var(nested)
