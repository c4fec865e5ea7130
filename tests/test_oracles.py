"""Other packages on the same random tables."""

import warnings

import numpy as np
import pytest
from scipy import stats

from unmask import information_curve
from unmask.distributions import Dense, Empirical

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import dit
    import dit.multivariate

SHAPES = [(2, 2), (2, 3), (3, 3, 2), (2, 2, 2, 2), (4, 1, 2), (3, 2, 2, 2)]


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("zeros", [0.0, 0.4])
def test_dit(shape, zeros):
    generator = np.random.default_rng([*shape, int(10 * zeros)])
    pmf = generator.dirichlet(np.ones(np.prod(shape))).reshape(shape)
    pmf[generator.random(shape) < zeros] = 0
    pmf /= pmf.sum()
    cells = [cell for cell in np.ndindex(shape) if pmf[cell] > 0]
    weights = [pmf[cell] for cell in cells]
    other = dit.Distribution(["".join(map(str, cell)) for cell in cells], weights)
    nats = np.log(2)
    for law in (Dense(pmf), Empirical(cells, weights)):
        curve = information_curve(law)
        for value, bits in [
            (curve.entropy, dit.multivariate.entropy(other)),
            (law.entropy(), dit.multivariate.entropy(other)),
            (curve.total_correlation, dit.multivariate.total_correlation(other)),
            (law.total_correlation(), dit.multivariate.total_correlation(other)),
            (curve.dual_total_correlation, dit.multivariate.dual_total_correlation(other)),
            (law.dual_total_correlation(), dit.multivariate.dual_total_correlation(other)),
            (curve.o_information, dit.multivariate.o_information(other)),
        ]:
            assert value == pytest.approx(bits * nats, abs=1e-12)


@pytest.mark.parametrize("shape", [(2,), (7, 5), (3, 4, 5, 2)], ids=str)
def test_scipy(shape):
    pmf = np.random.default_rng(shape).dirichlet(np.ones(np.prod(shape))).reshape(shape)
    entropies = Dense(pmf).subset_entropies()
    for mask in range(2 ** len(shape)):
        dropped = tuple(i for i in range(len(shape)) if not mask >> i & 1)
        want = stats.entropy(pmf.sum(axis=dropped).ravel())
        assert entropies[mask] == pytest.approx(want, abs=1e-14)
