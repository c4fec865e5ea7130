"""Every family with structure, with any arguments, against its own joint table."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from families import check_family
from unmask.distributions import (
    Blocks,
    Exchangeable,
    MarkovChain,
    Mixture,
    Paired,
    Permutation,
    Product,
    Repeated,
    ZeroSum,
)

SEEDS = st.integers(0, 2**32)

#: Concentrations: laws near a corner, and laws near the middle.
CONCENTRATIONS = st.sampled_from([0.1, 1.0, 10.0])


def rows(draw, *shape):
    """Stochastic rows, some of their entries zero."""
    generator = np.random.default_rng(draw(SEEDS))
    values = generator.dirichlet(np.full(shape[-1], draw(CONCENTRATIONS)), shape[:-1])
    values *= generator.random(shape) < draw(st.sampled_from([0.6, 1.0]))
    values[..., 0] += values.sum(axis=-1) == 0.0
    return values / values.sum(axis=-1, keepdims=True)


@st.composite
def products(draw, n=None):
    n = draw(st.integers(1, 4)) if n is None else n
    return Product([rows(draw, draw(st.integers(1, 3))) for _ in range(n)])


@st.composite
def uniform_laws(draw):
    family = draw(st.sampled_from([Repeated, ZeroSum]))
    return family(draw(st.integers(1, 4)), draw(st.integers(1, 4)))


@st.composite
def count_laws(draw):
    n, q = draw(st.sampled_from([(1, 2), (2, 2), (6, 2), (1, 3), (4, 3), (3, 4)]))
    pmf = rows(draw, (n + 1) ** (q - 1)).reshape((n + 1,) * (q - 1))
    pmf[np.indices(pmf.shape).sum(axis=0) > n] = 0.0
    pmf.flat[0] += pmf.sum() == 0.0
    return Exchangeable(pmf / pmf.sum())


@st.composite
def iid_mixtures(draw):
    m, q = draw(st.integers(1, 3)), draw(st.integers(2, 3))
    return Exchangeable.iid_mixture(rows(draw, m), rows(draw, m, q), draw(st.integers(1, 4)))


@st.composite
def urns(draw):
    balls = draw(st.lists(st.floats(0.01, 100.0), min_size=2, max_size=3))
    return Exchangeable.polya_urn(balls, draw(st.integers(1, 4)), added=draw(st.floats(0.01, 10.0)))


@st.composite
def magnets(draw):
    field, beta = draw(st.floats(-3.0, 3.0)), draw(st.floats(-5.0, 5.0))
    return Exchangeable.curie_weiss(draw(st.integers(1, 6)), beta, field)


@st.composite
def chains(draw):
    order, q = draw(st.integers(1, 2)), draw(st.integers(1, 3))
    n = draw(st.integers(order, 5 if q < 3 else 4))
    stack = (n - order,) if draw(st.booleans()) else ()
    initial = rows(draw, q**order).reshape((q,) * order)
    return MarkovChain(initial, rows(draw, *stack, *(q,) * (order + 1)), n)


SIMPLE = st.one_of(
    products(),
    uniform_laws(),
    st.integers(1, 4).map(Permutation),
    count_laws(),
    iid_mixtures(),
    urns(),
    magnets(),
    chains(),
)


@st.composite
def compounds(draw):
    """Laws made of laws, of few enough cells."""
    first = draw(SIMPLE.filter(lambda law: np.prod(law.alphabet_sizes) <= 16))
    kind = draw(st.sampled_from(["paired", "blocks", "mixture"]))
    if kind == "paired":
        return Paired(first, draw(products(first.n)))
    if kind == "blocks":
        other = draw(uniform_laws().filter(lambda law: np.prod(law.alphabet_sizes) <= 16))
        return Blocks(draw(st.permutations([first, other])))
    return Mixture(rows(draw, 2), [first, Product([rows(draw, q) for q in first.alphabet_sizes])])


@settings(deadline=None, max_examples=80)
@given(SIMPLE)
def test_families(law):
    check_family(law)


@settings(deadline=None, max_examples=40)
@given(compounds())
def test_compounds(law):
    check_family(law)
