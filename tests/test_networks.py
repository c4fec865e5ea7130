import gzip
import sys
from importlib import resources

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from families import check_family, check_sampling
from unmask import information_curve
from unmask.distributions import BayesianNetwork, Dense

dit = pytest.importorskip("dit")


def some_network(n, seed, zeros=False):
    generator = np.random.default_rng(seed)
    sizes = generator.integers(1, 4, size=n)
    names = generator.permutation(n)
    parents: list[list[int]] = [[] for _ in range(n)]
    for place, i in enumerate(names):
        before = names[:place]
        chosen = generator.permutation(before)[: generator.integers(0, 4)]
        parents[i] = [int(p) for p in chosen]
    tables = []
    for i in range(n):
        table = generator.random([*sizes[parents[i]], sizes[i]])
        if zeros:
            table *= generator.random(table.shape) < 0.6
            table[..., 0] += table.sum(axis=-1) == 0
        tables.append(table / table.sum(axis=-1, keepdims=True))
    return BayesianNetwork(parents, tables)


@pytest.fixture(scope="module")
def real(tmp_path_factory):
    """A network that pgmpy has in its package, by name."""
    pytest.importorskip("pgmpy", reason="needs unmask[networks]")
    folder = tmp_path_factory.mktemp("bif")

    def load(name):
        path = folder / f"{name}.bif"
        packed = resources.files("pgmpy") / "utils" / "example_models" / f"{name}.bif.gz"
        path.write_bytes(gzip.decompress(packed.read_bytes()))
        return BayesianNetwork.from_bif(path)

    return load


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 5), st.integers(0, 999), st.booleans())
def test_networks_are_their_tables(n, seed, zeros):
    check_family(some_network(n, seed, zeros))


def test_networks_sample():
    check_sampling(some_network(4, 3))
    check_sampling(some_network(5, 4, zeros=True))


def test_blocks_of_queries_agree(monkeypatch):
    law = some_network(8, 0)
    x, mask = law.sample(30, seed=0), np.random.default_rng(0).random((30, 8)) < 0.5
    want = law.conditional_marginals(x, mask)
    monkeypatch.setattr("unmask.distributions._bayesian_network.HELD_CELLS", 1)
    np.testing.assert_allclose(law.conditional_marginals(x, mask), want, atol=1e-15)


def test_wide_networks_are_refused():
    generator = np.random.default_rng(0)
    parents = [sorted({int(p) for p in generator.integers(max(i, 1), size=4)}) for i in range(150)]
    parents[0] = []
    law = BayesianNetwork(parents, [np.full((2,) * (len(p) + 1), 0.5) for p in parents])
    x = law.sample(2, seed=0)
    np.testing.assert_allclose(law.log_prob(x), -150 * np.log(2))
    with pytest.raises(MemoryError, match="tables: variable elimination in this network needs"):
        law.conditional_marginals(x, x == 0)


def test_keeps_what_it_was_given():
    law = BayesianNetwork(
        [[], [0]],
        [[0.5, 0.5], [[1, 0, 0], [0, 0.5, 0.5]]],
        alphabets=[["no", "yes"], "abc"],
        names=["rain", "grass"],
    )
    assert law.names == ("rain", "grass")
    assert law.alphabets == (("no", "yes"), ("a", "b", "c"))
    assert law.parents == ((), (0,))
    assert law.tables[1].shape == (2, 3)


@pytest.mark.parametrize(
    ("name", "h", "tc", "dtc"),
    [
        ("asia", 2.237028990, 0.743169020, 0.547094089),
        # Without dividing by the sum of the table, 1 + 3.8e-9, the entropy would read 7.174572720.
        ("sachs", 7.174572696, 2.1950299289, 1.4986715936),
    ],
)
def test_golden(real, name, h, tc, dtc):
    curve = information_curve(real(name))
    assert abs(curve.entropy - h) < 1e-9
    assert abs(curve.total_correlation - tc) < 1e-9
    assert abs(curve.dual_total_correlation - dtc) < 1e-9


@pytest.mark.parametrize("name", ["asia", "cancer", "earthquake", "survey"])
def test_small_real_networks_are_their_tables(real, name):
    check_family(real(name))


@pytest.mark.parametrize("name", ["asia", "cancer", "earthquake", "survey", "sachs"])
def test_real_networks_against_dit(real, name):
    # Of sachs the first eight tokens: for all, dit takes its time.
    table = real(name).to_dense().pmf
    law = Dense(table.sum(axis=tuple(range(8, table.ndim))))
    other = law.to_dit()
    np.testing.assert_allclose(
        information_curve(law).entropy, dit.shannon.entropy(other) * np.log(2), rtol=1e-9
    )
    tc = dit.multivariate.total_correlation(other) * np.log(2)
    dtc = dit.multivariate.dual_total_correlation(other) * np.log(2)
    assert abs(law.total_correlation() - tc) < 1e-9
    assert abs(law.dual_total_correlation() - dtc) < 1e-9


@pytest.mark.parametrize("name", ["asia", "sachs", "child"])
def test_oracle_against_variable_elimination_of_pgmpy(real, name, tmp_path_factory):
    law = real(name)
    inference = pytest.importorskip("pgmpy.inference")
    from pgmpy.readwrite import BIFReader

    packed = resources.files("pgmpy") / "utils" / "example_models" / f"{name}.bif.gz"
    text = gzip.decompress(packed.read_bytes()).decode()
    model = BIFReader(string=text).get_model()
    elimination = inference.VariableElimination(model)
    generator = np.random.default_rng(0)
    for x in law.sample(3, seed=0):
        mask = generator.random(law.n) < 0.6
        mask[0] = True
        evidence = {law.names[i]: law.alphabets[i][x[i]] for i in np.flatnonzero(~mask)}
        answers = law.conditional_marginals(x, mask)
        for i in np.flatnonzero(mask)[:4]:
            want = elimination.query([law.names[i]], evidence=evidence, show_progress=False)
            want = [want.get_value(**{law.names[i]: letter}) for letter in law.alphabets[i]]
            np.testing.assert_allclose(answers[i, : len(want)], want, atol=1e-6)


@pytest.mark.parametrize("name", ["child", "insurance", "alarm"])
def test_large_real_networks(real, name):
    law = real(name)
    x = law.sample(50, seed=0)
    mask = np.random.default_rng(0).random(x.shape) < 0.5
    mask[:, 0] = True
    answers = law.conditional_marginals(x, mask)
    np.testing.assert_allclose(answers.sum(axis=2), 1.0)
    # The chain rule, exactly.
    revealed = mask.copy()
    revealed[:, 0] = False
    step = np.log(answers[np.arange(50), 0, x[:, 0]])
    np.testing.assert_allclose(
        law._log_evidence(x, mask) + step, law._log_evidence(x, revealed), atol=1e-10
    )
    np.testing.assert_allclose(
        law._log_evidence(x, np.zeros_like(mask)), law.log_prob(x), atol=1e-10
    )
    with pytest.raises((ValueError, MemoryError), match="method='sampled' would take"):
        information_curve(law)
    curve = information_curve(law, method="sampled", samples=20, seed=0)
    # The entropy by the chain rule of logarithms, another estimate.
    scores = -law.log_prob(law.sample(4000, seed=1))
    error = np.hypot(np.linalg.norm(curve.standard_errors), scores.std() / np.sqrt(len(scores)))
    assert abs(curve.entropy - scores.mean()) < 4 * error


def test_dit_there_and_back():
    table = Dense(np.random.default_rng(0).dirichlet(np.ones(12)).reshape(2, 3, 2))
    np.testing.assert_allclose(Dense.from_dit(table.to_dit()).pmf, table.pmf, atol=1e-15)
    xor = dit.Distribution(["000", "011", "101", "110"], [0.25] * 4)
    assert abs(Dense.from_dit(xor).total_correlation() - np.log(2)) < 1e-15
    xor.set_base(2)
    assert abs(Dense.from_dit(xor).total_correlation() - np.log(2)) < 1e-15


@pytest.mark.parametrize(
    ("parents", "tables", "options", "match"),
    [
        ([], [], {}, "tables: is empty"),
        ([[]], [[1.0], [1.0]], {}, "tables: there are 2, expected one a token, of 1"),
        ([[0]], [[1.0]], {}, r"parents\[0\]: is \(0,\)"),
        ([[3]], [[1.0]], {}, r"parents\[0\]: is \(3,\)"),
        ([[1], [0]], [np.eye(2)] * 2, {}, r"parents: tokens \[0, 1\] hold a cycle"),
        ([[], [0]], [[0.5, 0.5], [0.5, 0.5]], {}, r"tables\[1\]: has shape"),
        ([[]], [[0.5, 0.4]], {}, r"tables\[0\]: sums to 0.9"),
        ([[]], [[0.5, 0.5]], {"alphabets": ["abc"]}, r"alphabets: have \[3\] letters"),
        ([[]], [[0.5, 0.5]], {"names": "ab"}, "names: there are 2"),
    ],
)
def test_bad_input(parents, tables, options, match):
    with pytest.raises(ValueError, match=match):
        BayesianNetwork(parents, tables, **options)


@pytest.mark.parametrize(
    ("make", "match"),
    [
        (lambda: BayesianNetwork([["a"]], [[1.0]]), r"parents\[0\]: is \['a'\], expected numbers"),
        (lambda: BayesianNetwork([0], [[1.0]]), r"parents\[0\]: is 0, expected numbers"),
        (lambda: BayesianNetwork(None, [[1.0]]), "parents: is a NoneType, expected a sequence"),
        (lambda: BayesianNetwork([[]], 3), "tables: is a int, expected a sequence"),
        (lambda: BayesianNetwork.from_pgmpy("asia.bif"), "model: is a str.*from_bif reads files"),
        (lambda: BayesianNetwork.from_bif(3), "path: is a int, expected the path"),
        (lambda: Dense.from_dit(np.ones(2)), "distribution: is a ndarray, expected a dit"),
    ],
)
def test_bad_types(make, match):
    with pytest.raises(TypeError, match=match):
        make()


def test_bad_files(tmp_path, real):
    with pytest.raises(FileNotFoundError, match=r"none\.bif"):
        BayesianNetwork.from_bif(tmp_path / "none.bif")
    with pytest.raises(IsADirectoryError):
        BayesianNetwork.from_bif(tmp_path)
    path = tmp_path / "bad.bif"
    path.write_text("this is no network")
    with pytest.raises(ValueError, match=r"bad.bif: not a network in BIF"):
        BayesianNetwork.from_bif(path)


def test_networks_with_missing_tables():
    pytest.importorskip("pgmpy", reason="needs unmask[networks]")
    from pgmpy.factors.discrete import TabularCPD
    from pgmpy.models import DiscreteBayesianNetwork

    model = DiscreteBayesianNetwork([("a", "b")])
    model.add_cpds(TabularCPD("a", 2, [[0.5], [0.5]]))
    with pytest.raises(ValueError, match="model: node 'b' has no table"):
        BayesianNetwork.from_pgmpy(model)
    model.add_cpds(TabularCPD("b", 2, [[0.9, 0.2], [0.1, 0.8]], ["a"], [2]))
    law = BayesianNetwork.from_pgmpy(model)
    np.testing.assert_allclose(law.to_dense().pmf, [[0.45, 0.05], [0.1, 0.4]])


def test_without_the_extras(monkeypatch, tmp_path):
    path = tmp_path / "some.bif"
    path.write_text("")
    monkeypatch.setitem(sys.modules, "pgmpy.readwrite", None)
    monkeypatch.setitem(sys.modules, "pgmpy", None)
    with pytest.raises(ImportError, match=r"unmask\[networks\]"):
        BayesianNetwork.from_bif(path)
    monkeypatch.setitem(sys.modules, "pgmpy.models", None)
    with pytest.raises(ImportError, match=r"model: object takes the package pgmpy"):
        BayesianNetwork.from_pgmpy(object())
    monkeypatch.setitem(sys.modules, "dit", None)
    with pytest.raises(ImportError, match=r"to_dit.*dit"):
        Dense([1.0]).to_dit()
    with pytest.raises(ImportError, match=r"from_dit.*dit"):
        Dense.from_dit(None)
