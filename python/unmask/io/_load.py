"""From a file to a distribution."""

from os import PathLike
from typing import TYPE_CHECKING

from .. import _check
from ._read import Gaps, Kind, read
from ._result import Samples

if TYPE_CHECKING:
    from unmask.distributions import Distribution, Estimator


def load(
    path: str | PathLike[str],
    *,
    kind: Kind = "auto",
    weights: str | PathLike[str] | None = None,
    gaps: Gaps = "error",
    estimator: "Estimator" = "plugin",
    normalize: bool = False,
) -> "Distribution":
    r"""Read a file and make a distribution of what it holds.

    Parameters
    ----------
    path, kind, weights, gaps
        As in `read`.
    estimator
        How `unmask.distributions.Empirical` estimates entropies; for samples only.
    normalize
        Whether `unmask.distributions.Dense` divides the table by its sum; for tables only.

    Returns
    -------
    Distribution
        An ``Empirical`` of samples, a ``Dense`` of a joint table.

    Raises
    ------
    ReadError, OSError, ImportError, ValueError
        As in `read`; also if `estimator` or `normalize` is given for what it does not apply to.

    See Also
    --------
    read : The same without the distribution: letters, weights and numbers as they are.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from unmask.io import load
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "bits.txt")
    ...     _ = path.write_text("000\n111\n")
    ...     law = load(path)
    >>> type(law).__name__
    'Empirical'
    """
    # Reading letters needs nothing but numpy; only here does the compiled core come in.
    from unmask.distributions import Dense, Empirical

    normalize = _check.flag(normalize, "normalize")
    found = read(path, kind=kind, weights=weights, gaps=gaps)
    if isinstance(found, Samples):
        if normalize:
            raise ValueError(f"normalize: expected False for {path}, which holds samples")
        return Empirical(found.letters, weights=found.weights, estimator=estimator)
    if estimator != "plugin":
        raise ValueError(
            f"estimator: expected 'plugin' for {path}, which is a table, found {estimator!r}"
        )
    return Dense(found.pmf, normalize=normalize)
