"""RXNMapper: a masked language model of chemical reactions, to see what diagnostics say of it.

Schwaller et al., *Extraction of organic chemistry grammar from unsupervised learning of chemical
reactions*, Science Advances 7:15 (2021). Its weights ship in the wheel ``rxnmapper==0.4.3`` (MIT):
ALBERT, one layer used twelve times over. It was trained for its attention, which maps atoms, with
15% of the tokens masked.

The reactions are enumerated here: acids and amines that make amides, written in the order that the
model knows. All of them are chemistry that is done every day, and none is taken from anywhere.

Run as a script it prints what 300 passes say::

    python fetch.py rxnmapper
    python reactions.py
"""

from __future__ import annotations

import itertools
import re
import zipfile
from pathlib import Path

import numpy as np
from checkpoint import read_from_wheel
from fetch import RXNMAPPER, fetch
from network import Network, gelu, log_softmax

from unmask.estimation import CurveAccumulator, calibration, estimate_curve, order_inconsistency

FOLDER = "rxnmapper/models/transformers/albert_heads_8_uspto_all_1310k/"
LAYERS, HEADS = 12, 8
TOKEN = re.compile(r"Br|Cl|[A-Za-z]|>>|[^A-Za-z>]")

#: Groups that acids and amines carry, as SMILES that begin with the atom that is bound.
GROUPS = ["C", "CC", "CCC", "C(C)C", "C(C)(C)C", "CC(C)C", "CCOC", "C1CC1", "C1CCCC1", "C1CCCCC1"]
GROUPS += [
    f"{chain}c1ccc{rest}cc1"
    for chain in ("", "C", "CC")
    for rest in ("", "(C)", "(F)", "(Cl)", "(Br)", "(OC)", "(C#N)", "(C(F)(F)F)")
]
#: What else is in the flask: nothing, a base, a solvent.
OTHERS = ["", ".CCN(CC)CC", ".ClCCl", ".CN(C)C=O"]
LENGTH = 67


def reactions() -> list[str]:
    """Amide couplings of all groups, of `LENGTH` tokens."""
    made = (
        f"O=C(O){acid}.N{amine}{other}>>O=C(N{amine}){acid}"
        for acid, amine, other in itertools.product(GROUPS, GROUPS, OTHERS)
    )
    return [one for one in made if len(TOKEN.findall(one)) == LENGTH]


class RXNMapper(Network):
    """Log-probabilities of all tokens at every place."""

    def __init__(self, wheel: str | Path | None = None) -> None:
        wheel = fetch(RXNMAPPER) if wheel is None else wheel
        saved = read_from_wheel(wheel, FOLDER + "pytorch_model.bin")
        super().__init__({name: tensor.array() for name, tensor in saved.items()}, HEADS, 1e-12)
        with zipfile.ZipFile(wheel) as archive:
            words = archive.read(FOLDER + "vocab.txt").decode().split()
        self.codes = {word: code for code, word in enumerate(words)}

    def encode(self, smiles: list[str]) -> np.ndarray:
        """Codes of reactions of equal length, shape (N, n)."""
        return np.array([[self.codes[token] for token in TOKEN.findall(one)] for one in smiles])

    def __call__(self, x: np.ndarray, mask: np.ndarray) -> np.ndarray:
        """Log-probabilities, shape (B, n, 591), for `x` of shape (B, n), hidden where `mask`."""
        tokens = np.where(mask, self.codes["[MASK]"], x)
        ends = (np.full((len(x), 1), self.codes[end]) for end in ("[CLS]", "[SEP]"))
        return log_softmax(self.logits(np.concatenate((next(ends), tokens, next(ends)), axis=1)))

    def logits(self, framed: np.ndarray) -> np.ndarray:
        """Outputs at all places but the first and last."""
        w, layer = self.weights, "albert.encoder.albert_layer_groups.0.albert_layers.0"
        h = w["albert.embeddings.word_embeddings.weight"][framed]
        h = h + w["albert.embeddings.position_embeddings.weight"][: framed.shape[1]]
        h = h + w["albert.embeddings.token_type_embeddings.weight"][0]
        h = self.norm(h, "albert.embeddings.LayerNorm")
        h = self.linear(h, "albert.encoder.embedding_hidden_mapping_in")
        parts = [f"{layer}.attention.{part}" for part in ("query", "key", "value", "dense")]
        for _ in range(LAYERS):
            h = self.norm(h + self.attend(h, *parts), f"{layer}.attention.LayerNorm")
            inner = self.linear(gelu(self.linear(h, f"{layer}.ffn")), f"{layer}.ffn_output")
            h = self.norm(h + inner, f"{layer}.full_layer_layer_norm")
        h = self.norm(gelu(self.linear(h[:, 1:-1], "predictions.dense")), "predictions.LayerNorm")
        return self.linear(h, "predictions.decoder")


def diagnosed() -> list[str]:
    """What 300 passes and some pairs of tokens say about the model."""
    model = RXNMapper()
    x = model.encode(reactions())
    gathered = CurveAccumulator(LENGTH)
    curve = estimate_curve(model, x, passes=300, batch_size=32, seed=0, resume=gathered)
    pairs = order_inconsistency(model, x, pairs=64, seed=0)
    return [repr(curve), repr(calibration(gathered)), repr(pairs)]


def main() -> None:
    """Print the diagnostics."""
    print(f"{len(reactions())} reactions of {LENGTH} tokens", *diagnosed(), sep="\n")


if __name__ == "__main__":
    main()
