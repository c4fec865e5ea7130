"""Sequences from a masked model, by schedule, and two scores that do not choose the schedule."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from network import LETTERS
from scipy.sparse.csgraph import breadth_first_order, minimum_spanning_tree

import unmask

#: Rows of one call of the network.
BATCH = 32
#: Sequences added to the counts of the tree, spread evenly over the pairs of letters.
SMOOTHING = 20

Oracle = Callable[[np.ndarray, np.ndarray], np.ndarray]


def generate(
    oracle: Oracle, schedule: unmask.Schedule, count: int, rng: np.random.Generator
) -> np.ndarray:
    """Draw sequences in uniformly random order at temperature 1, shape (count, n)."""
    batches = []
    for start in range(0, count, BATCH):
        rows = min(BATCH, count - start)
        order = rng.random((rows, schedule.n)).argsort(axis=1).argsort(axis=1)
        x = np.zeros((rows, schedule.n), dtype=np.int64)
        for known, size in zip(schedule.cumulative, schedule, strict=False):
            chances = oracle(x, order >= known)
            noise = rng.gumbel(size=chances.shape)
            now = (order >= known) & (order < known + size)
            x = np.where(now, (chances + noise).argmax(axis=2), x)
        batches.append(x)
    return np.concatenate(batches)


def forced_losses(
    oracle: Oracle, schedule: unmask.Schedule, x: np.ndarray, seed: int
) -> np.ndarray:
    """Negative log-probability per token that the sampler gives to `x` in one random order.

    Every call of the schedule is made, with the tokens of `x` in the place of those drawn. The same
    seed takes the same orders for every schedule, so that differences are paired.
    """
    order = np.random.default_rng(seed).random(x.shape).argsort(axis=1).argsort(axis=1)
    losses = np.zeros(len(x))
    for known, size in zip(schedule.cumulative, schedule, strict=False):
        for start in range(0, len(x), BATCH):
            part = slice(start, start + BATCH)
            mask = order[part] >= known
            loss = _losses(oracle, x[part], mask)
            losses[part] += (loss * (mask & (order[part] < known + size))).sum(axis=1)
    return losses / schedule.n


def chain_losses(oracle: Oracle, x: np.ndarray, passes: int, seed: int) -> np.ndarray:
    """Estimate the loss per token of revealing one at a time in a fresh random order, in nats.

    The mean over all counts of revealed tokens, from so many of them: one in each of `passes` equal
    strata, the first of them and the order drawn for each sequence. The same seed asks the same
    questions of every set of sequences, so that differences are more precise than losses.
    """
    rng = np.random.default_rng(seed)
    rows, n = x.shape
    order = rng.random((rows, n)).argsort(axis=1).argsort(axis=1)
    offsets = rng.random((rows, 1))
    losses = np.zeros(rows)
    for stratum in range(passes):
        known = ((stratum + offsets) / passes * n).astype(np.int64)
        for start in range(0, rows, BATCH):
            part = slice(start, start + BATCH)
            mask = order[part] >= known[part]
            loss = _losses(oracle, x[part], mask)
            losses[part] += (loss * mask).sum(axis=1) / mask.sum(axis=1)
    return losses / passes


def _losses(oracle: Oracle, x: np.ndarray, mask: np.ndarray) -> np.ndarray:
    chances = oracle(np.where(mask, 0, x), mask)
    return -np.take_along_axis(chances, x[:, :, None], axis=2)[:, :, 0]


class TreeModel:
    """Chow-Liu tree of real sequences: it knows each position and one neighbour of each.

    Nothing of it comes from the network.

    Parameters
    ----------
    x : ndarray of int, shape (N, n)
        Real sequences.
    """

    def __init__(self, x: np.ndarray) -> None:
        letters, (rows, n) = len(LETTERS), x.shape
        hot = np.zeros((rows, n * letters), dtype=np.float32)
        hot[np.arange(rows)[:, None], np.arange(n) * letters + x] = 1
        counts = (hot.T @ hot).reshape(n, letters, n, letters).transpose(0, 2, 1, 3)
        self.single = (np.einsum("iiaa->ia", counts) + SMOOTHING / letters) / (rows + SMOOTHING)
        self.pairs = (counts + SMOOTHING / letters**2) / (rows + SMOOTHING)
        independent = self.single[:, None, :, None] * self.single[None, :, None, :]
        shared = (self.pairs * np.log(self.pairs / independent)).sum(axis=(2, 3))
        np.fill_diagonal(shared, 0)
        tree = minimum_spanning_tree(-np.maximum(shared, 1e-9))
        order, parents = breadth_first_order(tree, 0, directed=False)
        self.order, self.parents = order[1:], parents[order[1:]]

    def losses(self, x: np.ndarray) -> np.ndarray:
        """Negative log-probability per token of each sequence, in nats."""
        total = np.log(self.single[0][x[:, 0]])
        for child, parent in zip(self.order, self.parents, strict=True):
            joint = self.pairs[parent, child][x[:, parent], x[:, child]]
            total = total + np.log(joint / self.pairs[parent, child].sum(axis=1)[x[:, parent]])
        return -total / x.shape[1]
