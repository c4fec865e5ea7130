"""What samplers do with a schedule: the rule of each project, stated anew, gives its counts back.

Ten thousand random schedules at once, one column a step; shorter ones end in zeros.
"""

import sys
import types

import numpy as np
import pytest

from unmask import BernoulliSchedule, InformationCurve, Schedule, adapters

MANY, LONGEST = 10_000, 128
F32 = np.float32


def random_schedules(seed=6):
    """Compositions of every size up to the longest, with every number of steps."""
    rng = np.random.default_rng(seed)
    schedules = [Schedule(np.ones(LONGEST, dtype=int)), Schedule([LONGEST]), Schedule([1])]
    while len(schedules) < MANY:
        n = int(rng.integers(1, LONGEST + 1))
        cuts = rng.permutation(np.arange(1, n))[: rng.integers(0, n)]
        schedules.append(Schedule(np.diff(np.sort(np.concatenate(([0, n], cuts))))))
    return schedules


@pytest.fixture(scope="module")
def schedules():
    return random_schedules()


def padded(rows, width, fill=0.0):
    """Rows of different lengths, as one array."""
    out = np.full((len(rows), width), fill)
    for index, row in enumerate(rows):
        out[index, : len(row)] = row
    return out


@pytest.fixture(scope="module")
def sizes(schedules):
    return padded([s.sizes for s in schedules], LONGEST).astype(np.int64)


@pytest.fixture(scope="module")
def shape(schedules):
    """Tokens and steps of each."""
    return np.array([s.n for s in schedules]), np.array([s.nfe for s in schedules])


def test_the_schedules_have_every_number_of_steps(shape):
    n, steps = shape
    assert set(steps) == set(range(1, LONGEST + 1))
    assert set(n) == set(range(1, LONGEST + 1))


# Counts that are taken as they are ------------------------------------------------------------


def test_llada(schedules):
    """Step i of a row reveals the k = counts[row, i] positions with the highest random score."""
    rng = np.random.default_rng(0)
    for schedule in schedules:
        mask = np.zeros((1, schedule.n + 3), dtype=bool)
        mask[0, 3:] = True
        steps = schedule.nfe + int(rng.integers(0, 2))
        counts = adapters.llada(schedule)(mask, steps)
        assert counts.dtype == np.int64
        assert counts.shape == (1, steps)
        assert counts[0, : schedule.nfe].tolist() == list(schedule)
        assert counts.sum() == mask.sum()


def test_llada_reveals_all_in_random_order():
    schedule, rng = Schedule([2, 1, 4]), np.random.default_rng(0)
    first = np.zeros(7)
    for _ in range(4000):
        masked = np.ones((1, 7), dtype=bool)
        counts = adapters.llada(schedule)(masked, 3)
        for step in range(3):
            score = np.where(masked[0], rng.random(7), -np.inf)
            chosen = np.argsort(-score)[: counts[0, step]]
            assert masked[0, chosen].all()
            masked[0, chosen] = False
            first[chosen] += step == 0
        assert not masked.any()
    assert first.sum() == 8000
    assert np.abs(first / 4000 - 2 / 7).max() < 5 * np.sqrt(2 / 7 * 5 / 7 / 4000)


def test_llada_takes_a_schedule_for_each_block():
    rule = adapters.llada([Schedule([1, 3]), Schedule([2, 2])])
    block = np.ones((1, 4), dtype=bool)
    assert [rule(block, 2).tolist() for _ in range(3)] == [[[1, 3]], [[2, 2]], [[1, 3]]]


def test_llada_rescales_rows_by_largest_remainder(schedules):
    """Every step within one token of its share, and no other rounding is nearer in sum."""
    rng = np.random.default_rng(1)
    for schedule in schedules[::10]:
        rows = rng.integers(0, 2 * schedule.n + 1, size=3)
        mask = np.arange(2 * schedule.n) < rows[:, None]
        counts = adapters.llada(schedule, rescale=True)(mask, schedule.nfe)
        shares = rows[:, None] * schedule.sizes / schedule.n
        assert (counts.sum(axis=1) == rows).all()
        assert (np.abs(counts - shares) < 1).all()
        for row, count, share in zip(rows, counts, shares, strict=True):
            up = count > np.floor(share + 1e-9)
            if row != schedule.n and up.any() and not up.all():
                rest = share - np.floor(share + 1e-9)
                assert rest[up].min() >= rest[~up].max() - 1e-9


def test_llada_refuses():
    rule = adapters.llada(Schedule([1, 2, 3]))
    with pytest.raises(ValueError, match=r"mask_index: a row has 5 masked tokens, expected the 6"):
        rule(np.arange(6)[None] > 0, 3)
    with pytest.raises(ValueError, match=r"steps: is 2, expected the 3 of the schedule or more"):
        rule(np.ones((1, 6), dtype=bool), 2)
    with pytest.raises(ValueError, match=r"mask_index: has shape \(6,\)"):
        rule(np.ones(6, dtype=bool), 3)
    with pytest.raises(TypeError, match=r"mask_index: expected booleans, .* found int64"):
        rule(np.full((1, 6), 126336), 3)
    with pytest.raises(ValueError, match="schedule: is empty"):
        adapters.llada([])
    for given in ([6], [Schedule([6]), 6]):
        with pytest.raises(TypeError, match=r"schedule: item \d is a int, expected a Schedule for"):
            adapters.llada(given)
    with pytest.raises(TypeError, match="steps: is a float, expected an integer"):
        rule(np.ones((1, 6), dtype=bool), 3.0)


def test_serving(schedules):
    """All tokens above the threshold if they are enough, else the k most confident."""
    rng = np.random.default_rng(2)
    for schedule in schedules[::20]:
        masked = np.ones(schedule.n, dtype=bool)
        for size, step in zip(schedule, adapters.serving(schedule), strict=True):
            assert type(step["num_transfer"]) is int
            confidence = np.where(masked, rng.random(schedule.n), -np.inf)
            confidence[np.argmax(masked)] = 1.0
            sure = confidence > step["commit_confidence_threshold"]
            if sure.sum() >= step["num_transfer"]:
                chosen = np.flatnonzero(sure)
            else:
                chosen = np.argsort(-confidence)[: min(step["num_transfer"], masked.sum())]
            masked[chosen] = False
            assert len(chosen) == size
        assert not masked.any()


def test_halton(schedules):
    """Step i shows the first r positions of a sequence, at least one more than i."""
    for schedule in schedules:
        counts = adapters.halton(schedule)
        assert counts.dtype == np.int32
        shown = [max(index + 1, int(r)) for index, r in enumerate(counts)]
        assert np.diff([0, *shown]).tolist() == list(schedule)
    with pytest.raises(ValueError, match=r"schedule: has 2147483648 tokens"):
        adapters.halton(Schedule([1 << 31]))


def test_jys(schedules):
    """Entries index tokensteps = linspace(0, length, src_nfe + 1) with src_nfe = length."""
    for schedule in schedules:
        chosen = adapters.jys(schedule)
        assert len(chosen) == schedule.nfe + 1
        assert all(type(index) is int for index in chosen)
        tokensteps = np.linspace(0, schedule.n, schedule.n + 1, dtype=F32).astype(int)
        steps = [*tokensteps[chosen], tokensteps[-1]]
        revealed = [steps[i + 1] - steps[i] for i in range(schedule.nfe)]
        assert revealed == list(schedule)


# Counts that are computed from fractions ------------------------------------------------------


def test_dream(schedules, sizes, shape):
    """int(m (1 - s / t)) in float32, and what is left at the last step."""
    n, steps = shape
    times = padded([adapters.dream(s) for s in schedules], LONGEST + 1, 0.5).astype(F32)
    left, revealed = n.copy(), np.zeros_like(sizes)
    for i in range(LONGEST):
        number = (left.astype(F32) * (F32(1) - times[:, i + 1] / times[:, i])).astype(int)
        revealed[:, i] = np.where(i < steps - 1, number, np.where(i == steps - 1, left, 0))
        left = left - revealed[:, i]
        times[:, i + 1] = np.where(i + 1 < steps, times[:, i + 1], 0.5)
    assert np.array_equal(revealed, sizes)


def test_dream_needs_the_half_token(schedules):
    """With exact fractions most schedules of more than a few steps come out wrong."""
    wrong = 0
    for schedule in schedules[:1000]:
        times = schedule.mask_fractions.astype(F32)
        left = (schedule.n - schedule.cumulative)[:-1]
        counts = (left[:-1].astype(F32) * (F32(1) - times[1:-1] / times[:-2])).astype(int)
        wrong += not np.array_equal(counts, schedule.sizes[:-1])
    assert wrong > 500


def test_dream_at_its_limit():
    times = adapters.dream(Schedule(np.ones(1 << 16, dtype=int)))
    assert times.dtype == F32
    assert (np.diff(times) < 0).all()
    with pytest.raises(ValueError, match=r"schedule: has \d+ tokens, expected so few that float32"):
        adapters.dream(Schedule(np.full(1 << 5, 1 << 20)))


@pytest.mark.parametrize("precision", [np.float64, F32])
def test_dllm(schedules, sizes, shape, precision):
    """round(m (1 - (1 - alpha(s)) / (1 - alpha(t)))), at most m; empty steps are dropped.

    Both with the object itself and with alpha taken from it into float32, as dllm's own base class
    computes.
    """
    n, _ = shape
    stay = np.ones(sizes.shape)
    for row, schedule in enumerate(schedules):
        k, scheduler = schedule.nfe, adapters.dllm(schedule)
        t, s = np.arange(k, 0, -1) / k, np.arange(k - 1, -1, -1) / k
        if precision is F32:
            hidden = F32(1) - scheduler.alpha(t.astype(F32)).astype(F32)
            later = F32(1) - scheduler.alpha(s.astype(F32)).astype(F32)
            stay[row, :k] = later / hidden
        else:
            stay[row, :k] = scheduler.reverse_mask_prob(s=s, t=t)
    left, revealed = n.copy(), np.zeros_like(sizes)
    for i in range(LONGEST):
        revealed[:, i] = np.minimum(np.round(left * (1 - stay[:, i])), left)
        left = left - revealed[:, i]
    assert np.array_equal(revealed, sizes)
    assert not left.any()


def test_dllm_scheduler():
    scheduler = adapters.dllm(Schedule([1, 2, 3]))
    assert scheduler(0.5) == scheduler.alpha(0.5) == pytest.approx(2 / 6)
    t, step = np.array([0.1, 0.5, 0.9]), 1e-6
    slope = (scheduler.alpha(t + step) - scheduler.alpha(t - step)) / (2 * step)
    assert scheduler.alpha_derivative(t) == pytest.approx(slope)
    assert scheduler.alpha_derivative(1.0) == pytest.approx(-0.5)
    assert scheduler.weight(0.5) == pytest.approx(1.0 / (4 / 6), rel=1e-5)
    assert scheduler.reverse_mask_prob(0.0, 1.0) == 0.0
    with pytest.raises(ValueError, match=r"t: holds 1.5, expected times in \[0, 1\]"):
        scheduler.alpha(1.5)
    with pytest.raises(ValueError, match=r"s, t: are 0\.5 and 0\.5, expected s < t"):
        scheduler.reverse_mask_prob(0.5, 0.5)
    with pytest.raises(TypeError, match="t: has dtype"):
        scheduler.alpha("now")


def test_maskgit(schedules, sizes, shape):
    """floor(total * ratio) in float32 stays masked, at least 1 and less than before."""
    n, steps = shape
    kept = np.zeros(sizes.shape, dtype=F32)
    for row, schedule in enumerate(schedules):
        rule, k = adapters.maskgit(schedule), schedule.nfe
        kept[row, :k] = [rule((step + 1) / k, schedule.n, "cosine") for step in range(k)]
    left, revealed = n.copy(), np.zeros_like(sizes)
    for i in range(LONGEST):
        stay = np.maximum(1, np.minimum(left - 1, np.floor(n.astype(F32) * kept[:, i])))
        after = np.where(i < steps - 1, stay, 0).astype(int)
        revealed[:, i], left = left - after, after
    assert np.array_equal(revealed, sizes)


def test_maskgit_takes_any_scalar():
    rule = adapters.maskgit(Schedule([1, 2, 3]))
    for ratio in (1 / 3, F32(1 / 3), np.array(1 / 3), np.array(1 / 3, dtype=F32)):
        assert int(6 * rule(ratio, 6)) == 5
    assert int(6 * rule(1)) == 0


def test_maskgit_with_other_totals():
    """Numbers of tokens that the schedule is not for: refused, or shared out."""
    schedule = Schedule([1, 2, 3])
    rule = adapters.maskgit(schedule)
    for total in (7, np.array([6, 7]), F32(6)):
        with pytest.raises((ValueError, TypeError), match=r"total_unknown: (is 7|has dtype float)"):
            rule(1 / 3, total)
    np.testing.assert_array_equal(rule(1 / 3, np.array([6, 6])), rule(1 / 3))
    rule = adapters.maskgit(schedule, rescale=True)
    totals = np.array([3, 6, 7, 12, 100])
    kept = [np.floor(totals * rule(step / 3, totals)).astype(int) for step in (1, 2, 3)]
    revealed = -np.diff(np.stack([totals, *kept]), axis=0).T
    # Shares of 1/6, 2/6 and 3/6, what is left over to the largest remainders.
    assert revealed.tolist() == [[1, 1, 1], [1, 2, 3], [1, 2, 4], [2, 4, 6], [17, 33, 50]]
    assert int(12 * rule(2 / 3, 12)) == 6
    with pytest.raises(ValueError, match="total_unknown: is 0, expected at least 1"):
        rule(1 / 3, 0)

    class Traced:
        """What jax.jit passes on: it has no value."""

        def __array__(self, *_args, **_options):
            raise TypeError("traced")

    assert rule(1 / 3, Traced()) == rule(1 / 3)


def test_dplm(schedules, sizes, shape):
    """(length * rate).long() in float32 is masked again: the lowest scores of all."""
    n, steps = shape
    rates = [adapters.dplm(schedule) for schedule in schedules]
    kept = padded(
        [[f(t, k) for t in range(1, k + 1)] for f, k in zip(rates, steps, strict=True)], LONGEST
    ).astype(F32)
    cutoff = (n.astype(F32)[:, None] * kept).astype(int)
    masked = np.concatenate((n[:, None], cutoff), axis=1)
    assert np.array_equal(masked[:, :-1] - masked[:, 1:], sizes)
    rate = adapters.dplm(Schedule([2, 2]))
    with pytest.raises(ValueError, match="max_step: is 3, expected the 2"):
        rate(1, 3)
    with pytest.raises(ValueError, match=r"t: is 0, expected 1\.\.2"):
        rate(0, 2)


# Binomial counts ------------------------------------------------------------------------------


@pytest.mark.parametrize("eps", [0.0, 1e-5, 1e-3])
def test_mdlm(schedules, sizes, eps):
    """From t to s a masked token is revealed with probability (f(t) - f(s)) / f(t)."""
    n = np.array([s.n for s in schedules], dtype=float)
    shown = np.zeros(sizes.shape)
    for row, schedule in enumerate(schedules):
        noise, k = adapters.mdlm(schedule, sampling_eps=eps), schedule.nfe
        times = np.linspace(1, eps, k + 1)
        move = 1 - np.exp(-noise.total_noise(times))
        shown[row, :k] = (move[:-1] - move[1:]) / move[:-1]
    mean, left = np.zeros(sizes.shape), n
    for i in range(LONGEST):
        mean[:, i] = left * shown[:, i]
        left = left - mean[:, i]
    assert np.abs(mean - sizes).max() < 1e-8


def test_mdlm_counts_are_binomial():
    """Drawn as the sampler draws them, in float32: mean and variance."""
    schedule, rng = Schedule([3, 5, 12]), np.random.default_rng(3)
    noise = adapters.mdlm(schedule)
    times, left, counts = np.linspace(1, 1e-5, 4, dtype=F32), np.full(40_000, 20), []
    for i in range(3):
        dt = F32((1 - 1e-5) / 3)
        (sigma, _), (after, _) = noise(times[i]), noise(times[i] - dt)
        move, stay = F32(1) - np.exp(-F32(sigma)), F32(1) - np.exp(-F32(after))
        counts.append(rng.binomial(left, (move - stay) / move))
        left = left - counts[-1]
    for size, count in zip(schedule, counts, strict=True):
        share = size / 20
        spread = 20 * share * (1 - share)
        assert count.mean() == pytest.approx(size, abs=5 * np.sqrt(spread / 40_000))
        assert count.var() == pytest.approx(spread, rel=0.05)


def test_samplers_of_random_counts_take_levels():
    """What is priced is what is sampled."""
    levels = BernoulliSchedule([0, 0.1, 0.45, 1])
    noise = adapters.mdlm(levels, sampling_eps=0.0)
    assert noise.schedule is levels
    t = np.array([1, 2 / 3, 1 / 3, 0])
    assert noise.mask_fraction(t) == pytest.approx(1 - levels.levels)
    assert adapters.gidd(levels).ravel() == pytest.approx(1 - levels.levels[::-1])
    assert adapters.bd3lm(levels)(np.array([1, 0.5, 0]))[1] == pytest.approx(1 - levels.levels[:-1])
    curve = InformationCurve.from_conditional_entropies([1.0, 0.3, 0.1, 0.1, 0.1, 0.1])
    schedule = Schedule([1, 2, 3])
    random = adapters.mdlm(schedule).schedule
    assert random.levels == pytest.approx(schedule.cumulative / 6)
    assert curve.expected_kl(random) > curve.expected_kl(schedule)


def test_mdlm_noise():
    noise = adapters.mdlm(Schedule([1, 2, 3]), floor=1e-3)
    assert noise.total_noise(1.0) == pytest.approx(-np.log(1e-3))
    assert adapters.mdlm(Schedule([1, 2, 3])).total_noise(1.0) == np.inf
    t, step = np.array([0.2, 0.5, 0.8]), 1e-6
    slope = (noise.total_noise(t + step) - noise.total_noise(t - step)) / (2 * step)
    assert noise.rate_noise(t) == pytest.approx(slope)
    assert noise.forward(0.5) == noise(0.5) == (noise.total_noise(0.5), noise.rate_noise(0.5))
    for name in ("sampling_eps", "floor"):
        with pytest.raises(ValueError, match=rf"{name}: is 1.0, expected a number in \[0, 1\)"):
            adapters.mdlm(Schedule([1]), **{name: 1.0})


def test_bd3lm(schedules, sizes):
    """From t, on a grid of K points, to t - 1 / K: stays masked by the ratio, in float32."""
    n = np.array([s.n for s in schedules], dtype=float)
    stay = np.ones(sizes.shape)
    for row, schedule in enumerate(schedules):
        noise, k = adapters.bd3lm(schedule), schedule.nfe
        t = np.linspace(1, 0, k, dtype=F32)
        (_, now), (_, then) = noise(t), noise(t - F32(1 / k))
        stay[row, :k] = then / now
    mean, left = np.zeros(sizes.shape), n
    for i in range(LONGEST):
        mean[:, i] = left * (1 - stay[:, i])
        left = left - mean[:, i]
    assert np.abs(mean - sizes).max() < 1e-8
    t = np.linspace(1, 0, 2000, dtype=F32)
    noise = adapters.bd3lm(Schedule(np.ones(2000, dtype=int)))
    assert np.array_equal(noise(t)[1], 1 - np.arange(2000) / 2000)
    assert np.array_equal(noise(t - F32(1 / 2000))[1], 1 - np.arange(1, 2001) / 2000)
    with pytest.raises(ValueError, match="schedule: has 2001 steps, expected at most 2000"):
        adapters.bd3lm(Schedule(np.ones(2001, dtype=int)))


def test_gidd(schedules, sizes):
    """Bayes' rule between ts[i] and ts[max(0, i - 1)], i falling from nfe, masks alone."""
    n = np.array([s.n for s in schedules], dtype=float)
    stay = np.ones((MANY, LONGEST + 1))
    for row, schedule in enumerate(schedules):
        ts = adapters.gidd(schedule)
        assert ts.shape == (schedule.nfe + 1, 1)
        assert ts.dtype == F32
        t = ts[::-1, 0].astype(float)
        s = np.append(t[1:], t[-1])
        moved = t > 0  # from time 0 on nothing is masked
        kept, before = (
            (1 - t[moved]) / (1 - s[moved]),
            t[moved] - (1 - t[moved]) / (1 - s[moved]) * s[moved],
        )
        stay[row, : moved.sum()] = (kept + before) * s[moved] / t[moved]
    mean, left = np.zeros((MANY, LONGEST + 1)), n
    for i in range(LONGEST + 1):
        mean[:, i] = left * (1 - stay[:, i])
        left = left - mean[:, i]
    assert np.abs(mean[:, :LONGEST] - sizes).max() < 1e-4
    assert not mean[:, LONGEST].any()
    assert adapters.gidd(Schedule([1, 1]), t_eps=1e-2).ravel() == pytest.approx([0.01, 0.5, 0.99])
    with pytest.raises(ValueError, match=r"t_eps: is 0.5, expected a number in \[0, 0.5\)"):
        adapters.gidd(Schedule([1]), t_eps=0.5)


# Tensors --------------------------------------------------------------------------------------


class Tensor:
    """As much of a tensor as the adapters touch, on a device that NumPy cannot read."""

    def __init__(self, array, device="cpu"):
        self._array, self.device = np.asarray(array), device
        self.ndim, self.shape, self.dtype = (
            self._array.ndim,
            self._array.shape,
            self._array.dtype,
        )

    def __array__(self, *_, **__):
        raise TypeError("can't convert a device tensor to numpy")

    def detach(self):
        return self

    def cpu(self):
        return Tensor(self._array)

    def numpy(self):
        assert self.device == "cpu"
        return self._array

    def tolist(self):
        return self._array.tolist()

    def sum(self, axis):
        return Tensor(self._array.sum(axis), self.device)

    def __ne__(self, other):
        return Tensor(self._array != other, self.device)

    __hash__ = None


@pytest.fixture
def torch(monkeypatch):
    """The real one where it is installed; else the little that is asked of it."""
    try:
        import torch
    except ImportError:
        module = types.ModuleType("torch")
        module.Tensor = Tensor
        module.as_tensor = lambda values, device="cpu": Tensor(values, device)
        module.ones = lambda *shape, device="cpu": Tensor(np.ones(shape, dtype=bool), device)
        monkeypatch.setitem(sys.modules, "torch", module)
        return module
    return torch


@pytest.fixture
def device(torch):
    """Not the CPU, where there is a choice."""
    return "there" if torch.Tensor is Tensor else "cpu"


def test_tensors_are_answered_by_tensors(torch, device):
    schedule = Schedule([1, 2, 3])
    mask = torch.ones(2, 6, device=device)
    counts = adapters.llada(schedule)(mask, 3)
    assert isinstance(counts, torch.Tensor)
    assert str(counts.device) == str(mask.device)
    assert "int64" in str(counts.dtype)
    assert counts.tolist() == [[1, 2, 3], [1, 2, 3]]
    for make in (adapters.dream, adapters.gidd, adapters.halton):
        there, here = make(schedule, like=mask), make(schedule)
        assert str(there.device) == str(mask.device)
        assert there.tolist() == here.tolist()
    times = torch.as_tensor(np.array([0.0, 0.5, 1.0], dtype=F32), device=device)
    alpha = adapters.dllm(schedule).alpha(times)
    assert str(alpha.device) == str(mask.device)
    assert "float32" in str(alpha.dtype)
    assert alpha.tolist() == pytest.approx([1, 2 / 6, 0])
    assert adapters.mdlm(schedule)(times)[0].tolist()[-1] == np.inf
    assert adapters.bd3lm(schedule)(times)[1].tolist() == pytest.approx([0.5, 5 / 6, 1])
    ratio = torch.as_tensor(np.array(1 / 3, dtype=F32), device=device)
    kept = adapters.maskgit(schedule)(ratio, 6)
    assert str(kept.device) == str(mask.device)
    assert kept.tolist() == pytest.approx(5.5 / 6)


def test_block_refinement(torch):
    """High confidence if there is enough of it, else the k most confident of the block."""
    rng = np.random.default_rng(4)
    for schedule in random_schedules()[::50]:
        steps = schedule.nfe + 1
        rule = adapters.block_refinement(schedule)(schedule.n, steps)
        assert isinstance(rule, torch.Tensor)
        assert "int64" in str(rule.dtype)
        masked, revealed = np.ones(schedule.n, dtype=bool), []
        for index in range(steps):
            confidence = np.where(masked, rng.random(schedule.n), -np.inf)
            if not masked.any():
                break
            quota = rule.tolist()[min(index, steps - 1)]
            assert not (confidence > 2.0).any()
            chosen = np.argsort(-confidence)[: min(quota, masked.sum())]
            masked[chosen] = False
            revealed.append(len(chosen))
        assert revealed == list(schedule)
    with pytest.raises(ValueError, match="block_length: is 5, expected the 4"):
        adapters.block_refinement(Schedule([4]))(5, 1)
    rescaled = adapters.block_refinement(Schedule([1, 3]), rescale=True)(8, 3)
    assert rescaled.tolist() == [2, 6, 0]


# The way back ---------------------------------------------------------------------------------


def test_counts_and_step_maps_come_back(schedules):
    rng = np.random.default_rng(5)
    for schedule in schedules:
        steps = np.repeat(np.arange(schedule.nfe), schedule.sizes)
        assert Schedule.from_step_map(rng.permutation(steps)) == schedule
        assert Schedule.from_counts(schedule.sizes, empty="refuse") == schedule
        assert Schedule.from_counts(np.diff(adapters.jys(schedule))) == schedule
    row = adapters.llada(Schedule([2, 5]))(np.ones((1, 7), dtype=bool), 4)[0]
    assert Schedule.from_counts(row) == Schedule([2, 5])
    assert Schedule.from_step_map([4, 4, 9]) == Schedule([2, 1])


def test_tensors_come_back(torch, device):
    counts = torch.as_tensor(np.array([2, 0, 1]), device=device)
    assert Schedule.from_counts(counts) == Schedule([2, 1])
    assert Schedule.from_step_map(counts) == Schedule([1, 1, 1])


def test_bad_counts_and_step_maps_are_refused():
    with pytest.raises(ValueError, match="counts: step 1 reveals -1 tokens, expected at least 0"):
        Schedule.from_counts([2, -1])
    with pytest.raises(ValueError, match="counts: step 1 reveals 0 tokens, expected at least 1"):
        Schedule.from_counts([2, 0], empty="refuse")
    with pytest.raises(ValueError, match="counts: no step reveals a token"):
        Schedule.from_counts([0, 0])
    with pytest.raises(TypeError, match="counts: has dtype float64"):
        Schedule.from_counts([2.0])
    with pytest.raises(ValueError, match=r"counts: has shape \(1, 2\)"):
        Schedule.from_counts([[1, 2]])
    with pytest.raises(ValueError, match="step_map: token 1 is -1, expected steps >= 0"):
        Schedule.from_step_map([0, -1])
    with pytest.raises(ValueError, match="step_map: step 1 reveals no token"):
        Schedule.from_step_map([0, 2], empty="refuse")
    with pytest.raises(ValueError, match="step_map: has shape"):
        Schedule.from_step_map([])
    with pytest.raises(ValueError, match="empty: is 'keep'"):
        Schedule.from_step_map([0], empty="keep")


@pytest.mark.parametrize(
    "make",
    [
        adapters.llada,
        adapters.dllm,
        adapters.dream,
        adapters.mdlm,
        adapters.bd3lm,
        adapters.gidd,
        adapters.maskgit,
        adapters.halton,
        adapters.block_refinement,
        adapters.jys,
        adapters.dplm,
        adapters.serving,
    ],
)
def test_only_schedules_are_taken(make):
    with pytest.raises(TypeError, match="schedule: is a int, expected a Schedule"):
        make(3)
    # Of blocks that of LLaDA takes several.
    with pytest.raises(TypeError, match=r"schedule: (item 0 )?is a \w+, expected a Schedule"):
        make(np.array([1, 2, 3]))
