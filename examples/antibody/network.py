"""Sapiens: a masked language model of human antibodies, run by NumPy.

Prihoda et al., *BioPhi*, mAbs 14:1 (2022). The weights ship in the wheel ``sapiens==1.0.3`` (MIT).
RoBERTa as fairseq wrote it: tokens and learned positions are added and normalised; four layers,
each attention then a feed-forward network, each added to what came in and then normalised; a head
over the tokens. All in float32.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from checkpoint import read_from_wheel
from fetch import SAPIENS, fetch
from scipy.special import erf

LETTERS = "ACDEFGHIKLMNPQRSTVWY"
#: Codes of the network: four special ones, the letters, the mask.
BEGIN, END, FIRST_LETTER, MASK = 0, 2, 4, 24
#: The first token has position 2, after two that stand for padding.
FIRST_POSITION = 2
LAYERS, HEADS = 4, 8
LONGEST = 142


class Network:
    """What transformers are made of, with weights by name.

    Parameters
    ----------
    weights : dict of ndarray
        ``name.weight`` and ``name.bias`` of each part.
    heads : int
        Heads of the attention.
    epsilon : float
        What is added to variances.
    """

    def __init__(self, weights: dict[str, np.ndarray], heads: int, epsilon: float) -> None:
        self.weights, self.heads, self.epsilon = weights, heads, np.float32(epsilon)

    def linear(self, h: np.ndarray, name: str) -> np.ndarray:
        """Multiply and add."""
        return h @ self.weights[f"{name}.weight"].T + self.weights[f"{name}.bias"]

    def norm(self, h: np.ndarray, name: str) -> np.ndarray:
        """Normalise each token."""
        centred = h - h.mean(axis=-1, keepdims=True)
        spread = np.sqrt((centred * centred).mean(axis=-1, keepdims=True) + self.epsilon)
        return centred / spread * self.weights[f"{name}.weight"] + self.weights[f"{name}.bias"]

    def attend(self, h: np.ndarray, query: str, key: str, value: str, out: str) -> np.ndarray:
        """Let each token look at all, by the parts of these names."""
        rows, length, width = h.shape
        shape = rows, length, self.heads, width // self.heads
        q, k, v = (
            self.linear(h, name).reshape(shape).transpose(0, 2, 1, 3)
            for name in (query, key, value)
        )
        scores = (q * np.float32((width // self.heads) ** -0.5)) @ k.transpose(0, 1, 3, 2)
        scores = np.exp(scores - scores.max(axis=-1, keepdims=True))
        scores /= scores.sum(axis=-1, keepdims=True)
        return self.linear((scores @ v).transpose(0, 2, 1, 3).reshape(h.shape), out)


def gelu(h: np.ndarray) -> np.ndarray:
    """``h`` times the probability of less than ``h`` under a normal law."""
    return h * np.float32(0.5) * (1 + erf(h * np.float32(0.5**0.5)))


def log_softmax(logits: np.ndarray) -> np.ndarray:
    """Log-probabilities along the last axis."""
    top = logits - logits.max(axis=-1, keepdims=True)
    return top - np.log(np.exp(top).sum(axis=-1, keepdims=True))


class Sapiens(Network):
    """Log-probabilities of the 20 letters at every position, given those that are not masked.

    Parameters
    ----------
    chain : {"heavy", "light"}
        Which of the two models.
    """

    def __init__(self, chain: str = "heavy", wheel: str | Path | None = None) -> None:
        member = {"heavy": "vh", "light": "vl"}[chain]
        wheel = fetch(SAPIENS) if wheel is None else wheel
        saved = read_from_wheel(wheel, f"sapiens/models/v1/checkpoint_{member}.pt")
        weights = {
            name.removeprefix("decoder."): tensor.array() for name, tensor in saved["model"].items()
        }
        super().__init__(weights, HEADS, 1e-5)

    def __call__(self, x: np.ndarray, mask: np.ndarray) -> np.ndarray:
        """Log-probabilities, shape (B, n, 20), for `x` of shape (B, n), `mask` true where hidden.

        Of the 25 outputs those that are not letters are left out, and the rest is normalised.
        """
        tokens = np.where(mask, MASK, np.asarray(x) + FIRST_LETTER)
        return log_softmax(self.logits(tokens)[:, :, FIRST_LETTER:MASK])

    def logits(self, tokens: np.ndarray) -> np.ndarray:
        """Outputs for all 25 codes, shape (B, n, 25), from codes of the network, shape (B, n)."""
        rows, length = tokens.shape
        if length > LONGEST:
            raise ValueError(f"x: has {length} tokens, expected at most {LONGEST}")
        ends = np.full((rows, 1), BEGIN), np.full((rows, 1), END)
        framed = np.concatenate((ends[0], tokens, ends[1]), axis=1)
        w = self.weights
        h = w["sentence_encoder.embed_tokens.weight"][framed]
        h = h + w["sentence_encoder.embed_positions.weight"][FIRST_POSITION:][: length + 2]
        h = self.norm(h, "sentence_encoder.emb_layer_norm")
        for layer in range(LAYERS):
            name = f"sentence_encoder.layers.{layer}"
            parts = [f"{name}.self_attn.{part}_proj" for part in ("q", "k", "v", "out")]
            h = self.norm(h + self.attend(h, *parts), f"{name}.self_attn_layer_norm")
            inner = self.linear(gelu(self.linear(h, f"{name}.fc1")), f"{name}.fc2")
            h = self.norm(h + inner, f"{name}.final_layer_norm")
        h = self.norm(gelu(self.linear(h[:, 1:-1], "lm_head.dense")), "lm_head.layer_norm")
        return h @ w["lm_head.weight"].T + w["lm_head.bias"]


def encode(sequences: list[str]) -> np.ndarray:
    """Codes 0..19 of sequences of equal length, shape (B, n)."""
    return np.array([[LETTERS.index(letter) for letter in sequence] for sequence in sequences])


def decode(x: np.ndarray) -> list[str]:
    """The way back."""
    return ["".join(LETTERS[code] for code in row) for row in x]
