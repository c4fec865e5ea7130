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
LAYERS, HEADS, WIDTH = 4, 8, 128
LONGEST = 142
EPSILON = np.float32(1e-5)


class Sapiens:
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
        self.weights = {
            name.removeprefix("decoder."): tensor.array() for name, tensor in saved["model"].items()
        }

    def __call__(self, x: np.ndarray, mask: np.ndarray) -> np.ndarray:
        """Log-probabilities, shape (B, n, 20), for `x` of shape (B, n), `mask` true where hidden.

        Of the 25 outputs those that are not letters are left out, and the rest is normalised.
        """
        tokens = np.where(mask, MASK, np.asarray(x) + FIRST_LETTER)
        logits = self.logits(tokens)[:, :, FIRST_LETTER:MASK]
        top = logits - logits.max(axis=-1, keepdims=True)
        return top - np.log(np.exp(top).sum(axis=-1, keepdims=True))

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
        h = self._norm(h, "sentence_encoder.emb_layer_norm")
        for layer in range(LAYERS):
            name = f"sentence_encoder.layers.{layer}"
            h = self._norm(
                h + self._attention(h, f"{name}.self_attn"), f"{name}.self_attn_layer_norm"
            )
            inner = self._linear(_gelu(self._linear(h, f"{name}.fc1")), f"{name}.fc2")
            h = self._norm(h + inner, f"{name}.final_layer_norm")
        h = self._norm(_gelu(self._linear(h[:, 1:-1], "lm_head.dense")), "lm_head.layer_norm")
        return h @ w["lm_head.weight"].T + w["lm_head.bias"]

    def _linear(self, h: np.ndarray, name: str) -> np.ndarray:
        return h @ self.weights[f"{name}.weight"].T + self.weights[f"{name}.bias"]

    def _norm(self, h: np.ndarray, name: str) -> np.ndarray:
        centred = h - h.mean(axis=-1, keepdims=True)
        spread = np.sqrt((centred * centred).mean(axis=-1, keepdims=True) + EPSILON)
        return centred / spread * self.weights[f"{name}.weight"] + self.weights[f"{name}.bias"]

    def _attention(self, h: np.ndarray, name: str) -> np.ndarray:
        rows, length, _ = h.shape
        shape = rows, length, HEADS, WIDTH // HEADS
        q, k, v = (
            self._linear(h, f"{name}.{part}_proj").reshape(shape).transpose(0, 2, 1, 3)
            for part in "qkv"
        )
        scores = (q * np.float32((WIDTH // HEADS) ** -0.5)) @ k.transpose(0, 1, 3, 2)
        scores = np.exp(scores - scores.max(axis=-1, keepdims=True))
        scores /= scores.sum(axis=-1, keepdims=True)
        mixed = (scores @ v).transpose(0, 2, 1, 3).reshape(h.shape)
        return self._linear(mixed, f"{name}.out_proj")


def _gelu(h: np.ndarray) -> np.ndarray:
    return h * np.float32(0.5) * (1 + erf(h * np.float32(0.5**0.5)))


def encode(sequences: list[str]) -> np.ndarray:
    """Codes 0..19 of sequences of equal length, shape (B, n)."""
    return np.array([[LETTERS.index(letter) for letter in sequence] for sequence in sequences])


def decode(x: np.ndarray) -> list[str]:
    """The way back."""
    return ["".join(LETTERS[code] for code in row) for row in x]
