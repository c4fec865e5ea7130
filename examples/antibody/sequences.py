"""Real heavy chains: 50,000 of people, from the wheel ``abnativ==2.0.9`` (CC BY-NC-SA 4.0).

They are the reference that AbNatiV 2 (Ramon et al.) ranks scores against: sequences of a test set,
from open repertoires of antibodies. Its scores are not used here. Sapiens was trained on the
Observed Antibody Space, a collection of such repertoires: whether it has seen some of these is not
known, and losses may be lower than on people it has not seen.
"""

from __future__ import annotations

import csv
import io
import zipfile
from pathlib import Path

import numpy as np
from fetch import ABNATIV, fetch
from network import LETTERS, encode

MEMBER = "abnativ/model/percentiles/test_vh_v2_abnativ_seq_scores.csv"


def heavy_chains(n: int, wheel: str | Path | None = None) -> np.ndarray:
    """All different ones of `n` residues as codes, shape (N, n), in the order of the file."""
    with zipfile.ZipFile(fetch(ABNATIV) if wheel is None else wheel) as archive:
        text = archive.read(MEMBER).decode()
    sequences = [row["input_seq"] for row in csv.DictReader(io.StringIO(text))]
    fitting = [s for s in sequences if len(s) == n and set(s) <= set(LETTERS)]
    return encode(list(dict.fromkeys(fitting)))
