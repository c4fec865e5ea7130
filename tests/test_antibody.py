"""The antibody model of the examples: its weights, its numbers, and what is refused.

What needs the wheel is skipped where it cannot be had.
"""

import io
import pickle
import re
import struct
import sys
import types
import zipfile
from pathlib import Path

import numpy as np
import pytest
from scipy.special import erf

EXAMPLE = Path(__file__).parents[1] / "examples" / "antibody"


@pytest.fixture(scope="module", autouse=True)
def example_modules():
    """The example's modules can be imported while these tests run."""
    sys.path.insert(0, str(EXAMPLE))
    yield
    sys.path.remove(str(EXAMPLE))


@pytest.fixture(scope="module")
def wheel(example_modules):
    from fetch import SAPIENS, fetch

    try:
        return fetch(SAPIENS, seconds=60)
    except OSError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def model(wheel):
    from network import Sapiens

    return Sapiens("heavy", wheel)


@pytest.fixture(scope="module")
def published(wheel):
    """Sequence with holes, the filled one, and the first scores, from the text in the wheel."""
    with zipfile.ZipFile(wheel) as archive:
        text = archive.read("sapiens-1.0.3.dist-info/METADATA").decode()
    filled = re.search(r"^# ([A-Z]{100,})$", text, re.M).group(1)
    holed = re.search(r"'([A-Z*]{100,})'", text).group(1)
    rows = re.findall(r"^# \d +((?:0\.\d{6} *){4})", text, re.M)
    return holed, filled, np.array([row.split() for row in rows], dtype=float)


# The weights ----------------------------------------------------------------------------------


@pytest.fixture
def saved(monkeypatch, tmp_path):
    """Write a checkpoint as torch did, and return its path and what it holds."""
    torch, utils = types.ModuleType("torch"), types.ModuleType("torch._utils")
    monkeypatch.setitem(sys.modules, "torch", torch)
    monkeypatch.setitem(sys.modules, "torch._utils", utils)
    torch.FloatStorage = type("FloatStorage", (), {"__module__": "torch"})

    def rebuild(*_):
        """Only its name is saved."""

    rebuild.__module__, rebuild.__name__ = "torch._utils", "_rebuild_tensor_v2"
    rebuild.__qualname__, utils._rebuild_tensor_v2 = rebuild.__name__, rebuild
    numbers = np.arange(24, dtype="<f4")

    class Numbers:
        """Saved by reference."""

    class View:
        def __init__(self, *view):
            self.view = view

        def __reduce__(self):
            return rebuild, (Numbers(), *self.view, False, {})

    class Pickler(pickle.Pickler):
        def persistent_id(self, value):
            if isinstance(value, Numbers):
                return "storage", torch.FloatStorage, "7", "cpu", 24, None
            return None

    def write(content):
        from checkpoint import MAGIC, PROTOCOL

        file = io.BytesIO()
        for part in (MAGIC, PROTOCOL, {"little_endian": True}, content, ["7"]):
            Pickler(file, 2).dump(part)
        file.write(struct.pack("<q", 24) + numbers.tobytes())
        path = tmp_path / "checkpoint.pt"
        path.write_bytes(file.getvalue())
        return path

    return types.SimpleNamespace(write=write, view=View, numbers=numbers)


def test_tensors_are_views_of_storages(saved):
    from checkpoint import read

    path = saved.write(
        {"a": saved.view(0, (2, 3), (3, 1)), "b": saved.view(4, (3, 2), (1, 6)), "n": 1.5}
    )
    content = read(path)
    assert np.array_equal(content["a"].array(), saved.numbers[:6].reshape(2, 3))
    strided = [[4, 10], [5, 11], [6, 12]]
    assert content["b"].array().tolist() == strided
    assert content["n"] == 1.5


@pytest.mark.parametrize(
    "view", [(0, (5, 5), (5, 1)), (20, (5,), (1,)), (0, (2, 2), (-1, 1)), (-1, (2,), (1,))]
)
def test_tensors_end_within_their_storage(saved, view):
    from checkpoint import read

    with pytest.raises(ValueError, match="the tensor of shape"):
        read(saved.write({"a": saved.view(*view)}))["a"].array()


class Attack:
    """Calls something when it is read by the usual reader."""

    def __init__(self, call, *arguments):
        self.call, self.arguments = call, arguments

    def __reduce__(self):
        return self.call, self.arguments


def test_nothing_else_is_called(saved, tmp_path):
    from checkpoint import read

    witness = tmp_path / "called"
    path = saved.write({"model": Attack(open, str(witness), "w")})
    with pytest.raises(pickle.UnpicklingError, match=r"names io\.open, which is not allowed"):
        read(path)
    assert not witness.exists()
    path = saved.write({"model": Attack(eval, "1")})
    with pytest.raises(pickle.UnpicklingError, match=r"names __?builtin(s)?__?\.eval"):
        read(path)


def test_other_files_are_refused(saved, tmp_path):
    from checkpoint import read

    path = saved.write({"a": saved.view(0, (2,), (1,))})
    path.write_bytes(path.read_bytes()[:-4])
    with pytest.raises(ValueError, match="is cut short"):
        read(path)
    other = tmp_path / "other.pt"
    other.write_bytes(pickle.dumps(5))
    with pytest.raises(ValueError, match="is not a torch checkpoint"):
        read(other)


def test_a_wheel_that_is_not_the_one_is_refused(monkeypatch, tmp_path):
    import fetch

    monkeypatch.setattr(fetch, "CACHE", tmp_path)
    fetch.SAPIENS.path.write_bytes(b"something else")
    with pytest.raises(OSError, match=r"is not the wheel of sapiens 1\.0\.3"):
        fetch.fetch(fetch.SAPIENS)
    with pytest.raises(OSError, match=r"nothing-at-all 0 cannot be fetched: "):
        fetch.fetch(fetch.Wheel("nothing-at-all", "0", ""), seconds=0.01)


# The network ----------------------------------------------------------------------------------


class Slow:
    """Parts of a transformer, one head and one token at a time, in float64, by definition."""

    def __init__(self, weights, heads, epsilon):
        self.w = {name: array.astype(float) for name, array in weights.items()}
        self.heads, self.epsilon = heads, epsilon

    def norm(self, row, name):
        spread = np.sqrt(np.mean((row - row.mean()) ** 2) + self.epsilon)
        return self.w[name + ".weight"] * (row - row.mean()) / spread + self.w[name + ".bias"]

    def linear(self, row, name):
        return self.w[name + ".weight"] @ row + self.w[name + ".bias"]

    def bent(self, row, name):
        """Linear, then GELU."""
        out = self.linear(row, name)
        return out * (1 + erf(out / np.sqrt(2))) / 2

    def attend(self, rows, query, key, value, out):
        q, k, v = ([self.linear(row, name) for row in rows] for name in (query, key, value))
        size = len(rows[0]) // self.heads
        for place in range(len(rows)):
            mixed = []
            for start in range(0, len(rows[0]), size):
                part = slice(start, start + size)
                score = np.array([q[place][part] @ one[part] for one in k]) / np.sqrt(size)
                share = np.exp(score - score.max())
                mixed.append(share @ np.array([one[part] for one in v]) / share.sum())
            yield self.linear(np.concatenate(mixed), out)

    def layer(self, rows, attention, first, inner, outer, second):
        """Attention and a small network, each added to what came in and normalised."""
        looked = self.attend(rows, *attention)
        rows = [self.norm(row + more, first) for row, more in zip(rows, looked, strict=True)]
        return [self.norm(row + self.linear(self.bent(row, inner), outer), second) for row in rows]


def slow_sapiens(weights, tokens):
    slow, top = Slow(weights, 8, 1e-5), "sentence_encoder."
    words, places = (slow.w[f"{top}embed_{kind}.weight"] for kind in ("tokens", "positions"))
    rows = [
        slow.norm(words[token] + places[place + 2], top + "emb_layer_norm")
        for place, token in enumerate([0, *tokens, 2])
    ]
    for layer in range(4):
        name = f"{top}layers.{layer}."
        attention = [f"{name}self_attn.{part}_proj" for part in ("q", "k", "v", "out")]
        ends = [name + part for part in ("self_attn_layer_norm", "fc1", "fc2", "final_layer_norm")]
        rows = slow.layer(rows, attention, *ends)
    heads = [slow.norm(slow.bent(row, "lm_head.dense"), "lm_head.layer_norm") for row in rows]
    return np.array([slow.linear(head, "lm_head") for head in heads[1:-1]])


def slow_albert(weights, framed):
    slow, top = Slow(weights, 8, 1e-12), "albert.embeddings."
    words, places, kinds = (
        slow.w[f"{top}{kind}_embeddings.weight"] for kind in ("word", "position", "token_type")
    )
    rows = [
        slow.linear(
            slow.norm(words[token] + places[place] + kinds[0], top + "LayerNorm"),
            "albert.encoder.embedding_hidden_mapping_in",
        )
        for place, token in enumerate(framed)
    ]
    name = "albert.encoder.albert_layer_groups.0.albert_layers.0."
    attention = [f"{name}attention.{part}" for part in ("query", "key", "value", "dense")]
    ends = ("attention.LayerNorm", "ffn", "ffn_output", "full_layer_layer_norm")
    for _ in range(12):
        rows = slow.layer(rows, attention, *(name + part for part in ends))
    heads = [
        slow.norm(slow.bent(row, "predictions.dense"), "predictions.LayerNorm") for row in rows
    ]
    return np.array([slow.linear(head, "predictions.decoder") for head in heads[1:-1]])


def coded(sequence):
    """Codes of the network."""
    from network import FIRST_LETTER, LETTERS, MASK

    return np.array(
        [MASK if c == "*" else FIRST_LETTER + LETTERS.index(c) for c in sequence], dtype=int
    )


def test_the_forward_pass_against_its_definition(model, published):
    tokens = coded(published[0][:40])
    other = coded("*" * 20 + published[1][20:40])
    fast = model.logits(np.array([tokens, other]))
    assert fast.dtype == np.float32
    for row, sequence in zip(fast, (tokens, other), strict=True):
        assert row == pytest.approx(slow_sapiens(model.weights, sequence), abs=5e-5)


def test_the_published_numbers(model, published):
    """The scores and the filled sequence that the authors print, digit by digit."""
    holed, filled, scores = published
    assert scores.shape == (5, 4)
    logits = model.logits(coded(holed)[None])[0].astype(float)
    shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    assert np.abs(shares[:5, 4:8] - scores).max() < 1e-6
    from network import LETTERS

    best = [LETTERS[code] for code in shares[:, 4:24].argmax(axis=1)]
    guess = "".join(b if a == "*" else a for a, b in zip(holed, best, strict=True))
    assert guess == filled


def test_hidden_residues_are_found_far_above_chance(model, published):
    from network import encode

    rng = np.random.default_rng(0)
    x = np.repeat(encode([published[1]]), 16, axis=0)
    mask = rng.random(x.shape) < 0.15
    guesses = model(np.where(mask, 0, x), mask)
    assert np.exp(guesses).sum(axis=2) == pytest.approx(1, abs=1e-5)
    assert (guesses.argmax(axis=2) == x)[mask].mean() > 0.6  # by chance 0.05


def test_what_is_hidden_is_not_seen(model, published):
    from network import decode, encode

    x = encode([published[1]])
    assert decode(x) == [published[1]]
    mask = np.random.default_rng(0).random(x.shape) < 0.5
    assert np.array_equal(model(np.where(mask, 3, x), mask), model(x, mask))
    with pytest.raises(ValueError, match="x: has 143 tokens, expected at most 142"):
        model(np.zeros((1, 143), dtype=int), np.ones((1, 143), dtype=bool))


@pytest.fixture(scope="module")
def mapper(example_modules):
    from fetch import RXNMAPPER, fetch

    try:
        wheel = fetch(RXNMAPPER, seconds=60)
    except OSError as error:
        pytest.skip(str(error))
    from reactions import RXNMapper

    return RXNMapper(wheel)


#: From the tests of RXNMapper.
SUBSTITUTION = "CC(C)S.CN(C)C=O.Fc1cccnc1F.O=C([O-])[O-].[K+].[K+]>>CC(C)Sc1ncccc1F"


def test_the_other_network_against_its_definition(mapper):
    words = ["[CLS]", *re.findall(r"\[[^]]+]|>>|.", SUBSTITUTION)[:24], "[SEP]"]
    framed = np.array([mapper.codes[word] for word in words])
    framed[5] = mapper.codes["[MASK]"]
    slow = slow_albert(mapper.weights, framed)
    assert mapper.logits(framed[None])[0] == pytest.approx(slow, abs=1e-3)


def test_the_other_network_knows_chemistry(mapper):
    words = re.findall(r"\[[^]]+]|>>|.", SUBSTITUTION)
    x = np.repeat([[mapper.codes[word] for word in words]], 32, axis=0)
    mask = np.random.default_rng(0).random(x.shape) < 0.15
    assert (mapper(x, mask).argmax(axis=2) == x)[mask].mean() > 0.85  # by chance 0.002


def test_diagnostics_tell_that_a_model_is_not_calibrated(mapper):
    """With everything hidden it is sure of what is not there: trained with 15% hidden."""
    from reactions import LENGTH, reactions

    from unmask.estimation import CurveAccumulator, calibration, estimate_curve

    gathered = CurveAccumulator(LENGTH)
    x = mapper.encode(reactions())
    estimate_curve(mapper, x, passes=48, batch_size=16, seed=0, resume=gathered)
    found = calibration(gathered)
    assert found.calibrated is False
    assert found.gaps[0] > 2
    assert "too sure of itself" in repr(found)


# What is measured with it ---------------------------------------------------------------------


def chain(n):
    """A chain over the twenty letters that mostly goes on to the next one."""
    from unmask.distributions import MarkovChain

    step = np.full((20, 20), 0.2 / 19)
    step[np.arange(20), (np.arange(20) + 1) % 20] = 0.8
    return MarkovChain(np.full(20, 1 / 20), step, n)


def logs(law):
    """Its oracle, as a network answers."""

    def oracle(x, mask):
        with np.errstate(divide="ignore"):
            return np.log(law.conditional_marginals(np.where(mask, 0, x), mask))

    return oracle


def test_generated_sequences_have_the_law_of_the_schedule(example_modules):
    """One at a time the law itself; all at once the product of the letters."""
    from sampling import generate

    from unmask import Schedule

    oracle, rng = logs(chain(3)), np.random.default_rng(0)
    for sizes, follows in (([1, 1, 1], 0.8), ([3], 1 / 20)):
        x = generate(oracle, Schedule(sizes), 3000, rng)
        assert x.shape == (3000, 3)
        share = ((x[:, 1:] - x[:, :-1]) % 20 == 1).mean()
        assert abs(share - follows) < 5 * np.sqrt(follows * (1 - follows) / 6000)
        assert np.abs(np.bincount(x[:, 0], minlength=20) / 3000 - 1 / 20).max() < 0.025


@pytest.mark.parametrize("sizes", [[5], [1, 4], [2, 1, 2], [1, 1, 1, 1, 1]])
def test_forced_losses_are_what_the_curve_says(example_modules, sizes):
    """In the mean over data and orders the expected KL of the schedule, and the entropy."""
    from sampling import forced_losses

    from unmask import Schedule, information_curve

    law, schedule = chain(5), Schedule(sizes)
    losses = forced_losses(logs(law), schedule, law.sample(3000, seed=5), seed=6)
    curve = information_curve(law)
    expected = (curve.entropy + curve.expected_kl(schedule)) / 5
    assert abs(losses.mean() - expected) < 5 * losses.std() / np.sqrt(3000)


def test_chain_losses_are_those_of_the_chain_rule(example_modules):
    """In the mean over data the entropy per token, as the oracle is exact."""
    from sampling import chain_losses

    from unmask import information_curve

    law = chain(5)
    x = law.sample(2000, seed=1)
    losses = chain_losses(logs(law), x, 5, seed=2)
    entropy = information_curve(law).entropy / 5
    assert abs(losses.mean() - entropy) < 5 * losses.std() / np.sqrt(2000)
    assert np.array_equal(losses, chain_losses(logs(law), x, 5, seed=2))
    shuffled = np.random.default_rng(0).integers(0, 20, x.shape)
    assert chain_losses(logs(law), shuffled, 5, seed=2).mean() > entropy + 1


def test_the_tree_is_a_distribution_and_finds_the_chain(example_modules):
    from sampling import TreeModel

    law = chain(3)
    tree = TreeModel(law.sample(4000, seed=3))
    assert set(map(tuple, zip(tree.order, tree.parents, strict=True))) == {(1, 0), (2, 1)}
    every = np.indices((20, 20, 20)).reshape(3, -1).T
    assert np.exp(-3 * tree.losses(every)).sum() == pytest.approx(1, abs=1e-4)
    fresh = law.sample(4000, seed=4)
    assert tree.losses(fresh).mean() == pytest.approx(-law.log_prob(fresh).mean() / 3, rel=0.05)


# What is shown --------------------------------------------------------------------------------


def test_the_pages_show_what_was_measured(example_modules):
    import json

    from report import csv_rows, with_rows, with_tables

    found = json.loads((EXAMPLE / "results.json").read_text())
    readme = (EXAMPLE / "README.md").read_text()
    assert with_tables(readme, found) == readme
    assert all(line in readme for lines in found["said"].values() for line in lines)
    root, eight = EXAMPLE.parents[1], found["plans"]["8"]["uniform"]["gain"][0]
    shown = "{:.1f} ± {:.1f} nats over uniform steps".format(*found["forced"]["8"]["uniform"])
    assert f"{shown}, where {eight:.1f} were predicted" in (root / "README.md").read_text()
    page = (root / "docs" / "antibody.rst").read_text()
    assert with_rows(page, found) == page
    assert all(f"   {row}\n" in page for row in csv_rows(found))
    for compared in found["plans"].values():
        for plan in compared.values():
            assert sum(plan["sizes"]) == 121
            assert len(plan["sizes"]) <= len(compared["uniform"]["sizes"])


def test_the_schedules_shown_are_the_best_for_the_losses_shown(example_modules):
    """The smoothed losses of the file are rounded to four places: so near to the best."""
    import json

    from unmask import CrossEntropyCurve, Schedule
    from unmask.schedules import optimal

    found = json.loads((EXAMPLE / "results.json").read_text())
    curve = CrossEntropyCurve(found["curves"]["choosing"]["smoothed"])
    for calls, compared in found["plans"].items():
        shown = Schedule(compared["optimal"]["sizes"])
        best = curve.cost(optimal(curve, steps=int(calls)))
        assert best <= curve.cost(shown) + 1e-9 < best + 121 * 1e-4
