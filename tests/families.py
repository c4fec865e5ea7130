"""What every family of distributions must satisfy, against its own joint table."""

import itertools

import numpy as np
from scipy import stats

from unmask import information_curve
from unmask.distributions import Distribution


def check_family(law: Distribution, tolerance: float = 1e-12) -> None:
    """Curve, score, totals, evidence and every query of the oracle."""
    dense = law.to_dense()
    assert dense.alphabet_sizes == law.alphabet_sizes
    check_curve(law, tolerance)
    np.testing.assert_allclose(dense.pmf.sum(), 1.0, atol=tolerance)

    codes = np.indices(law.alphabet_sizes).reshape(law.n, -1).T
    np.testing.assert_allclose(
        np.exp(law.log_prob(codes)), np.exp(dense.log_prob(codes)), atol=tolerance
    )
    masks = np.array(list(itertools.product([False, True], repeat=law.n)))
    for mask in masks:
        # One sequence for each content of the revealed tokens.
        x = np.unique(np.where(mask, 0, codes), axis=0)
        hidden = np.broadcast_to(mask, x.shape)
        np.testing.assert_allclose(
            law.conditional_marginals(x, mask, on_impossible="uniform"),
            dense.conditional_marginals(x, mask, on_impossible="uniform"),
            atol=tolerance,
        )
        np.testing.assert_allclose(
            np.exp(law._log_evidence(x, hidden)),
            np.exp(dense._log_evidence(x, hidden)),
            atol=tolerance,
        )
    # Masks of all kinds in one batch.
    generator = np.random.default_rng(0)
    x = codes[generator.integers(len(codes), size=200)]
    mask = generator.random(x.shape) < 0.5
    np.testing.assert_allclose(
        law.conditional_marginals(x, mask, on_impossible="uniform"),
        dense.conditional_marginals(x, mask, on_impossible="uniform"),
        atol=tolerance,
    )


def check_curve(law: Distribution, tolerance: float = 1e-12) -> None:
    """The curve and the totals that have ways of their own."""
    dense = law.to_dense()
    curve, want = information_curve(law), information_curve(dense)
    for name in ("h", "z", "mean_entropies"):
        np.testing.assert_allclose(getattr(curve, name), getattr(want, name), atol=tolerance)
    assert abs(law.entropy() - want.entropy) < tolerance
    assert abs(law.total_correlation() - want.total_correlation) < tolerance * law.n
    assert abs(law.dual_total_correlation() - want.dual_total_correlation) < tolerance * law.n


def check_sampling(law: Distribution, size: int = 20_000) -> None:
    """Chi-square of samples against the joint table, at a level that a fixed seed passes."""
    pmf = law.to_dense().pmf.ravel()
    x = law.sample(size, seed=7)
    assert x.shape == (size, law.n)
    assert x.dtype == np.int64
    np.testing.assert_array_equal(x, law.sample(size, seed=7))
    cells = np.ravel_multi_index(tuple(x.T), law.alphabet_sizes)
    counts = np.bincount(cells, minlength=len(pmf))
    assert counts[pmf < 1e-15].sum() == 0
    # Cells of small expectation are counted together.
    common = pmf * size >= 5
    observed = np.append(counts[common], counts[~common].sum())
    expected = np.append(pmf[common], pmf[~common].sum()) * size
    keep = expected > 0
    if keep.sum() > 1:
        assert stats.chisquare(observed[keep], expected[keep]).pvalue > 1e-4
