"""What a schedule is priced by: loss per token by number of revealed tokens."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from . import _check, _core
from ._bernoulli import BernoulliSchedule
from ._schedule import Schedule

__all__ = ["Curve"]

Floats = npt.NDArray[np.float64]


def frozen_floats(values: npt.ArrayLike, name: str) -> Floats:
    """A read-only float64 vector with finite entries."""
    given = _check.array(values, name)
    if given.dtype.kind not in "fiub":
        raise TypeError(f"{name}: has dtype {given.dtype}, expected real numbers")
    array = np.array(given, dtype=np.float64, order="C")
    if array.ndim != 1 or array.size == 0:
        raise ValueError(f"{name}: has shape {array.shape}, expected one dimension, not empty")
    if not np.isfinite(array).all():
        index = int(np.argmin(np.isfinite(array)))
        raise ValueError(f"{name}: entry {index} is {array[index]}, expected finite numbers")
    array.flags.writeable = False
    return array


class Curve(ABC):
    """Loss per token by number of revealed tokens: what a schedule is priced by.

    See Also
    --------
    InformationCurve : Of a distribution, known or sampled.
    CrossEntropyCurve : Of a trained model.
    """

    h: Floats

    _format: ClassVar[str]  #: What a file says that it is.
    _saved: ClassVar[str]  #: What a person calls that.

    @property
    def n(self) -> int:
        """Number of tokens."""
        return len(self.h)

    @property
    @abstractmethod
    def excess_offset(self) -> float:
        """Expected KL of revealing one token at a time, in nats."""

    def expected_kl(self, schedule: Schedule | BernoulliSchedule) -> float:
        r"""Expected KL divergence of the random-order sampler with this schedule, in nats.

        .. math:: E_S KL(\mu \| \nu^S) = \sum_t s_t h_{N_{t-1}} - H(X)

        averaged over the random ordered partition (Chen, Cong and Li, arXiv 2511.04647). By
        convexity the law that the sampler puts out, the mixture over partitions, is at least as
        close. For a `BernoulliSchedule` the counts are random too.

        Parameters
        ----------
        schedule : Schedule or BernoulliSchedule
            For as many tokens as the curve has.

        Returns
        -------
        float
            Accurate to about 1e-15 of itself, however large the entropy: O(n). For random counts
            to about 1e-15 of the entropy, in O(steps sqrt(n)).

        Raises
        ------
        ValueError
            If the schedule is for another number of tokens.
        """
        return self.excess_offset + self._excess(schedule)

    @abstractmethod
    def _arrays(self) -> dict[str, Any]:
        """What is saved, by name."""

    @classmethod
    @abstractmethod
    def _of(cls, arrays: dict[str, Any]) -> Self:
        """Make a curve of what was saved; any exception says that it was something else."""

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the curve to an ``.npz`` file; `load` reads it back bit by bit."""
        with open(_check.path(path, "path"), "wb") as file:
            np.savez(file, **({"format": np.array(self._format)} | self._arrays()))

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Read a curve of this kind that `save` has written.

        Raises
        ------
        FileNotFoundError
            If there is no such file.
        ValueError
            If it is not such a curve, or its arrays contradict each other.
        """
        place = _check.path(path, "path")
        try:
            with open(place, "rb") as stream, np.load(stream, allow_pickle=False) as file:
                arrays = {name: file[name] for name in file.files}
            if str(arrays.pop("format")) != cls._format:
                raise ValueError("format")
            return cls._of(arrays)
        except FileNotFoundError:
            raise
        except Exception as error:
            raise ValueError(f"{place}: not a saved {cls._saved}") from error

    def _excess(self, schedule: Schedule | BernoulliSchedule) -> float:
        """Cost above that of one token at a time."""
        if isinstance(schedule, BernoulliSchedule):
            if schedule.n not in (None, self.n):
                raise ValueError(
                    f"schedule: is for {schedule.n} tokens, expected n = {self.n} of the curve"
                )
            return _core.bernoulli_excess(self.h, schedule.levels)
        if not isinstance(schedule, Schedule):
            kind = type(schedule).__name__
            raise TypeError(f"schedule: is a {kind}, expected a Schedule or a BernoulliSchedule")
        if schedule.n != self.n:
            raise ValueError(
                f"schedule: its sizes sum to {schedule.n}, expected n = {self.n} of the curve"
            )
        return _core.schedule_excess(self.h, schedule.sizes)
