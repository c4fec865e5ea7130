"""Finite fields on arrays of integers: primes by remainders, powers of two through `galois`."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Elements = npt.NDArray[np.int64]

#: Products of two elements of a prime field must fit in 64 bits.
MAX_PRIME = (1 << 31) - 1

#: Logarithms of the fields of 2^m elements are kept in tables.
MAX_TABLE = 1 << 16


def is_prime(q: int) -> bool:
    """Whether `q` is prime, by trial division up to its root."""
    return q >= 2 and all(q % d for d in range(2, int(q**0.5) + 1))


class Field:
    """The field of `q` elements ``0 .. q - 1``.

    For a prime they are the integers modulo ``q``. For ``2**m`` they are polynomials over two
    letters, written as integers, modulo the irreducible polynomial of `galois` (Conway's).
    """

    def __init__(self, q: int) -> None:
        if isinstance(q, bool) or not isinstance(q, int | np.integer):
            raise TypeError(f"q: is a {type(q).__name__}, expected an int")
        self.q = int(q)
        #: Powers of a primitive element, if `q` is a power of two above two.
        self.powers: Elements | None = None
        if 4 <= self.q <= MAX_TABLE and self.q & (self.q - 1) == 0:
            self.powers = _powers(self.q)
            self._logarithms = np.zeros(self.q, dtype=np.int64)
            self._logarithms[self.powers] = np.arange(self.q - 1)
        elif self.q > MAX_PRIME or not is_prime(self.q):
            raise ValueError(
                f"q: is {q}, expected a prime up to {MAX_PRIME} or a power of two up to {MAX_TABLE}"
            )

    def add(self, a: Elements, b: Elements) -> Elements:
        """Sum, broadcast."""
        return (a + b) % self.q if self.powers is None else a ^ b

    def subtract(self, a: Elements, b: Elements) -> Elements:
        """Difference, broadcast."""
        return (a - b) % self.q if self.powers is None else a ^ b

    def multiply(self, a: Elements, b: Elements) -> Elements:
        """Product, broadcast."""
        if self.powers is None:
            return a * b % self.q
        exponents = (self._logarithms[a] + self._logarithms[b]) % (self.q - 1)
        return np.where((a == 0) | (b == 0), 0, self.powers[exponents])

    def invert(self, a: Elements) -> Elements:
        """Inverse: ``a ** (q - 2)``, which is 0 for 0."""
        base, inverse, exponent = a, np.ones_like(a), self.q - 2
        while exponent:
            if exponent & 1:
                inverse = self.multiply(inverse, base)
            base = self.multiply(base, base)
            exponent >>= 1
        return np.where(a == 0, 0, inverse)

    def combine(self, weights: Elements, rows: Elements) -> Elements:
        """Linear combinations ``weights @ rows``; shapes (batch, k) and (k, n)."""
        total = np.zeros((len(weights), rows.shape[1]), dtype=np.int64)
        for k, row in enumerate(rows):
            total = self.add(total, self.multiply(weights[:, k, None], row))
        return total

    def reduce(self, matrices: Elements, columns: npt.NDArray[np.bool_]) -> Elements:
        """Bring matrices to reduced row echelon form on some columns.

        Parameters
        ----------
        matrices : shape (batch, k, n)
            Replaced by the reduced ones; rows are not sorted.
        columns : shape (batch, n)
            In which columns to look for pivots, from left to right.

        Returns
        -------
        shape (batch, k)
            The column of the pivot of each row, -1 for none.
        """
        batch = np.arange(len(matrices))
        pivots = np.full(matrices.shape[:2], -1)
        for c in np.flatnonzero(columns.any(axis=0)):
            candidates = (matrices[:, :, c] != 0) & (pivots < 0) & columns[:, c, None]
            found = np.flatnonzero(candidates.any(axis=1))
            if not len(found):
                continue
            row = np.argmax(candidates[found], axis=1)
            part = matrices[found]
            pivot = part[batch[: len(found)], row]
            pivot = self.multiply(pivot, self.invert(pivot[:, c])[:, None])
            part = self.subtract(part, self.multiply(part[:, :, c, None], pivot[:, None, :]))
            part[batch[: len(found)], row] = pivot
            matrices[found] = part
            pivots[found, row] = c
        return pivots


def _powers(q: int) -> Elements:
    """The q - 1 powers of a primitive element of the field of q = 2^m elements."""
    try:
        import galois
    except ImportError as error:
        raise ImportError(
            f"q: is {q}, not a prime, expected the package galois for such fields: "
            "pip install 'unmask[codes]'"
        ) from error
    field: Any = galois.GF(q)
    powers = field.primitive_element ** np.arange(q - 1)
    return np.asarray(powers).astype(np.int64)
