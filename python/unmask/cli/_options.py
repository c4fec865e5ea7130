"""Options that several commands share."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from ._unit import Unit as Unit

INPUT, OUTPUT = "How to read FILE", "What to put out"
COMPUTING = "How to compute the curve"
MODEL = "Planning for a trained model"


class Kind(StrEnum):
    """What an array holds."""

    AUTO = "auto"
    SAMPLES = "samples"
    TABLE = "table"


class Gaps(StrEnum):
    """What to do about gaps in an alignment."""

    ERROR = "error"
    SYMBOL = "symbol"
    DROP_COLUMNS = "drop-columns"
    DROP_ROWS = "drop-rows"


class Estimator(StrEnum):
    """How entropies are estimated from counts."""

    PLUGIN = "plugin"
    MILLER_MADOW = "miller-madow"
    CHAO_SHEN = "chao-shen"


class Method(StrEnum):
    """How the curve is found."""

    AUTO = "auto"
    EXACT = "exact"
    SAMPLED = "sampled"


File = Annotated[
    Path,
    typer.Argument(
        metavar="FILE",
        show_default=False,
        help="Samples (text, .csv, .tsv, .fasta, .a2m, .a3m, .npy, .npz), a joint table (.npy, "
        ".npz), or a curve written by --save.",
    ),
]
LawFile = Annotated[
    Path,
    typer.Argument(
        metavar="FILE",
        show_default=False,
        help="Samples (text, .csv, .tsv, .fasta, .a2m, .a3m, .npy, .npz) or a joint table (.npy, "
        ".npz): what the samplers are to draw from.",
    ),
]
LossesOption = Annotated[
    bool,
    typer.Option(
        "--losses",
        rich_help_panel=MODEL,
        help="FILE holds held-out losses of a masked token: a table of revealed tokens (or mask "
        "ratio), loss and perhaps the number of sequences; or what unmask.estimation saved.",
    ),
]
TokensOption = Annotated[
    int | None,
    typer.Option(
        "--tokens",
        min=1,
        metavar="N",
        show_default=False,
        rich_help_panel=MODEL,
        help="Number of tokens, for mask ratios, or where the largest count is not N - 1.",
    ),
]
EntropyOption = Annotated[
    float | None,
    typer.Option(
        "--entropy",
        min=0,
        metavar="H",
        show_default=False,
        rich_help_panel=MODEL,
        help="Joint entropy of the data, in the unit of --unit, for absolute divergences.",
    ),
]
WeightsOption = Annotated[
    Path | None,
    typer.Option(
        "--weights",
        metavar="FILE",
        show_default=False,
        rich_help_panel=INPUT,
        help="One number a sample: .npy, or text with one a line.",
    ),
]
KindOption = Annotated[
    Kind,
    typer.Option(
        "--as", rich_help_panel=INPUT, help="What an array holds, where numbers do not tell."
    ),
]
GapsOption = Annotated[
    Gaps,
    typer.Option(
        "--gaps",
        rich_help_panel=INPUT,
        help="Gaps in an alignment: refuse, count as a letter, or drop columns or rows.",
    ),
]
EstimatorOption = Annotated[
    Estimator,
    typer.Option(
        "--estimator", rich_help_panel=INPUT, help="How entropies are estimated from counts."
    ),
]
NormalizeOption = Annotated[
    bool,
    typer.Option(
        "--normalize", rich_help_panel=INPUT, help="Divide a table by its sum, whatever it is."
    ),
]
MethodOption = Annotated[
    Method,
    typer.Option(
        "--method",
        rich_help_panel=COMPUTING,
        help="Exact, whatever it takes; sampled, with standard errors; or exact where it is "
        "predicted to take an hour on one core at most.",
    ),
]
SamplesOption = Annotated[
    int | None,
    typer.Option(
        "--samples",
        min=2,
        metavar="N",
        show_default=False,
        rich_help_panel=COMPUTING,
        help="With --method sampled: random sequences at each number of tokens, 100 by default.",
    ),
]
SeedOption = Annotated[
    int | None,
    typer.Option(
        "--seed",
        min=0,
        metavar="S",
        show_default=False,
        rich_help_panel=COMPUTING,
        help="With --method sampled: which random sequences; 0 by default.",
    ),
]
ThreadsOption = Annotated[
    int | None,
    typer.Option(
        "--threads",
        min=1,
        metavar="N",
        show_default=False,
        rich_help_panel=COMPUTING,
        help="Threads to use; one per processor by default.",
    ),
]
UnitOption = Annotated[
    Unit,
    typer.Option(
        "--unit", rich_help_panel=OUTPUT, help="Unit of all entropies and divergences, in and out."
    ),
]
JsonOption = Annotated[
    bool,
    typer.Option(
        "--json", rich_help_panel=OUTPUT, help="Print JSON in full precision, and nothing else."
    ),
]
PlotOption = Annotated[
    Path | None,
    typer.Option(
        "--plot",
        metavar="IMAGE",
        show_default=False,
        rich_help_panel=OUTPUT,
        help="Draw a picture, in nats: .png, .pdf or .svg. Needs pip install 'unmask\\[plot]'.",
    ),
]
SaveOption = Annotated[
    Path | None,
    typer.Option(
        "--save",
        metavar="NPZ",
        show_default=False,
        rich_help_panel=OUTPUT,
        help="Write the curve to a file that these commands accept as FILE.",
    ),
]
