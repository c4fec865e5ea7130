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


def slow_logits(weights, tokens):
    """One sequence, one head, one token at a time, in float64, from the definition."""
    w = {name: array.astype(float) for name, array in weights.items()}

    def norm(row, name):
        spread = np.sqrt(np.mean((row - row.mean()) ** 2) + 1e-5)
        return w[name + ".weight"] * (row - row.mean()) / spread + w[name + ".bias"]

    def linear(row, name):
        return w[name + ".weight"] @ row + w[name + ".bias"]

    def gelu(row):
        return row * (1 + erf(row / np.sqrt(2))) / 2

    top = "sentence_encoder."
    framed = [0, *tokens, 2]
    rows = [
        norm(
            w[top + "embed_tokens.weight"][token] + w[top + "embed_positions.weight"][place + 2],
            top + "emb_layer_norm",
        )
        for place, token in enumerate(framed)
    ]
    for layer in range(4):
        name = f"{top}layers.{layer}."
        q, k, v = ([linear(row, f"{name}self_attn.{p}_proj") for row in rows] for p in "qkv")
        after = []
        for place, row in enumerate(rows):
            heads = []
            for start in range(0, 128, 16):
                part = slice(start, start + 16)
                score = np.array([q[place][part] @ key[part] / 4 for key in k])
                share = np.exp(score - score.max())
                heads.append(share @ np.array([value[part] for value in v]) / share.sum())
            row = row + linear(np.concatenate(heads), name + "self_attn.out_proj")
            row = norm(row, name + "self_attn_layer_norm")
            inner = linear(gelu(linear(row, name + "fc1")), name + "fc2")
            after.append(norm(row + inner, name + "final_layer_norm"))
        rows = after
    heads = [norm(gelu(linear(row, "lm_head.dense")), "lm_head.layer_norm") for row in rows[1:-1]]
    return np.array([linear(head, "lm_head") for head in heads])


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
        assert row == pytest.approx(slow_logits(model.weights, sequence), abs=5e-5)


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
