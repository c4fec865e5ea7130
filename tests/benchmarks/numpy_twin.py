"""What a competent user would write in NumPy: the bar that the engine is measured against."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np

#: Coordinates that one vectorised block takes: 3^8 marginal cells a row.
BLOCK = 8
#: Rows at a time, so that a block's buffers stay in the second-level cache.
ROWS = 32


class SubsetEntropies:
    """Entropies of all subsets of a strictly positive binary table, with preallocated buffers.

    Keeping a coordinate makes its slices rows; dropping it adds them. The last coordinates are
    expanded together into all their 3^8 marginal cells, one logarithm for the whole block.
    """

    def __init__(self) -> None:
        self.buffers = np.empty((3, 3**BLOCK * ROWS))

    def __call__(self, table: np.ndarray) -> np.ndarray:
        return -self._sums(table.reshape(1, -1))

    def _sums(self, x: np.ndarray) -> np.ndarray:
        rows, cells = x.shape
        if cells <= 2**BLOCK:
            return self._block(x)
        half = cells // 2
        kept = self._sums(x.reshape(2 * rows, half))
        dropped = self._sums(x[:, :half] + x[:, half:])
        # The outermost coordinate is bit 0.
        return np.stack([dropped, kept], axis=1).ravel()

    def _block(self, x: np.ndarray) -> np.ndarray:
        n = int(np.log2(x.shape[1]))
        sums = np.zeros(3**n)
        for start in range(0, len(x), ROWS):
            cells = np.ascontiguousarray(x[start : start + ROWS].T)
            rows = cells.shape[1]
            logs, *buffers = self.buffers[:, : 3**n * rows]
            # The last coordinate first: runs are short only while there are few cells.
            for axis in reversed(range(n)):
                pair = cells.reshape(2**axis, 2, -1)
                cells = buffers[axis % 2][: pair.size // 2 * 3].reshape(2**axis, 3, -1)
                cells[:, :2] = pair
                np.add(pair[:, 0], pair[:, 1], out=cells[:, 2])
            cells, logs = cells.reshape(3**n, rows), logs.reshape(3**n, rows)
            np.log(cells, out=logs)
            sums += np.einsum("ij,ij->i", cells, logs)
        marginals = sums.reshape((3,) * n)
        for axis in range(n):
            first, second, both = np.split(marginals, 3, axis=axis)
            marginals = np.concatenate([both, first + second], axis=axis)
        return marginals.transpose().ravel()


def subset_entropies(table: np.ndarray, threads: int = 1) -> np.ndarray:
    """All ``2^n`` entropies of a strictly positive binary table."""
    if threads == 1:
        return SubsetEntropies()(table)
    first, second = table[0], table[1]
    with ThreadPoolExecutor(threads) as pool:
        # Three parts of equal work: both slices, and their sum.
        parts = pool.map(lambda part: SubsetEntropies()(part), [first, second, first + second])
        kept_first, kept_second, dropped = parts
    return np.stack([dropped, kept_first + kept_second], axis=1).ravel()


def total_correlations(table: np.ndarray) -> tuple[float, float]:
    """``TC`` and ``DTC`` by marginal sums, for a strictly positive table."""

    def entropy(x: np.ndarray) -> float:
        return -float((x * np.log(x)).sum())

    n = table.ndim
    joint = entropy(table)
    single = [entropy(table.sum(axis=tuple(j for j in range(n) if j != i))) for i in range(n)]
    others = [entropy(table.sum(axis=i)) for i in range(n)]
    return sum(single) - joint, sum(others) - (n - 1) * joint
