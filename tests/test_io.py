"""Readers: every format, whole and damaged."""

import contextlib
import gzip
import importlib.util
import os
import pickle
import re
import sys
import types
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from unmask.io import ReadError, Samples, Table, load, read

EXAMPLES = Path(__file__).parents[1] / "examples"

per_example = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60
)


@pytest.fixture
def file(tmp_path):
    """Write a file under a temporary folder and return its path."""

    def write(name: str, content: str | bytes | np.ndarray | dict) -> Path:
        path = tmp_path / name
        if isinstance(content, np.ndarray):
            np.save(path, content)
        elif isinstance(content, dict):
            np.savez(path, **content)
        else:
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


def strings(samples: Samples | Table) -> list[str]:
    assert isinstance(samples, Samples)
    assert samples.letters.dtype == np.dtype("U1")
    assert samples.letters.flags.c_contiguous
    return ["".join(row) for row in samples.letters]


# Text ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [
        "ACG\nUUU\n",
        "ACG\nUUU",
        "ACG\r\nUUU\r\n",
        "ACG\rUUU\r",
        "# made by hand\n\nACG\n\n# half way\nUUU\n\n",
        "\ufeffACG\nUUU\n",
    ],
)
def test_plain_text(file, content):
    path = file("sites.txt", content)
    samples = read(path)
    assert strings(samples) == ["ACG", "UUU"]
    assert samples.weights is None
    assert samples.source == str(path)


def test_a_path_may_be_a_string_and_the_name_may_be_anything(file):
    assert strings(read(str(file("sites", "ab\ncd\n")))) == ["ab", "cd"]


def test_dashes_and_spaces_are_letters_of_plain_text(file):
    assert strings(read(file("x.txt", "- a\n.b \n"))) == ["- a", ".b "]


def test_letters_outside_the_basic_plane(file):
    assert strings(read(file("x.txt", "α😀\nβx\n"))) == ["α😀", "βx"]


@pytest.mark.parametrize("suffix", ["txt", "tsv"])
@pytest.mark.parametrize("header", ["", "sequence\tcount\n", "site\t#\n"])
def test_counts(file, suffix, header):
    samples = read(file(f"x.{suffix}", header + "ACG\t3\nUUU\t0\n"))
    assert strings(samples) == ["ACG", "UUU"]
    assert samples.weights.dtype == np.int64
    assert samples.weights.tolist() == [3, 0]


def test_fractional_weights(file):
    samples = read(file("x.txt", "ACG\t3\nUUU\t.5\n"))
    assert samples.weights.dtype == np.float64
    assert samples.weights.tolist() == [3, 0.5]


TABLES = [re.compile(f".({mark}.)+", re.DOTALL) for mark in ",; "]
LETTERS = st.characters(exclude_categories=["Cs"], exclude_characters="\0\t\n\r")


@st.composite
def rows_of_letters(draw):
    length = draw(st.integers(1, 6))
    row = st.text(LETTERS, min_size=length, max_size=length)
    rows = draw(st.lists(row.filter(lambda s: s[0] not in "#>\ufeff"), min_size=1, max_size=8))
    # A table of single characters, which the reader refuses to take for a sequence.
    assume(not any(all(table.fullmatch(row) for row in rows) for table in TABLES))
    return rows


@per_example
@given(rows=rows_of_letters(), packed=st.booleans())
def test_text_round_trip(tmp_path, rows, packed):
    content = "\n".join(rows).encode()
    path = tmp_path / ("x.txt.gz" if packed else "x.txt")
    path.write_bytes(gzip.compress(content) if packed else content)
    assert strings(read(path)) == rows


@per_example
@given(
    rows=rows_of_letters(),
    data=st.data(),
    weight=st.sampled_from([st.integers(1, 10**15), st.floats(1e-300, 1e300)]),
)
def test_counts_round_trip(tmp_path, rows, data, weight):
    weights = data.draw(st.lists(weight, min_size=len(rows), max_size=len(rows)))
    path = tmp_path / "x.txt"
    path.write_text(
        "".join(f"{row}\t{w!r}\n" for row, w in zip(rows, weights, strict=True)), encoding="utf-8"
    )
    samples = read(path)
    assert strings(samples) == rows
    assert samples.weights.tolist() == weights


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", r"x\.txt: the file is empty"),
        ("# nothing\n\n", "expected one sample a line, found only comments"),
        ("# x\nACG\n\nAC\n", r"x\.txt, line 4: expected 3 characters, as in line 2, found 2"),
        ("ACG\nUUU \n", r"line 2: expected 3 .* found 4 \(spaces at the end count\)"),
        (b"ACG\nUU\xff\n", r"x\.txt, line 2: expected UTF-8 text, found byte 0xff"),
        ("ACG\nUUU\n".encode("utf-16"), r"line 1: expected UTF-8 text, found byte"),
        ("ACG\nUUU\n".encode("utf-16-le"), r"line 1: expected UTF-8 text, found a NUL byte"),
        (">a\nACG\n", r"line 1: a first line with '>' is FASTA; expected .* ends in \.fasta"),
        ("ACG\nUUU\t2\n", "line 2: expected one sequence and no tab.*found 1 tabs"),
        ("ACG\t2\nUUU\n", "line 2: expected one sequence, one tab and one count.*found 0 tabs"),
        ("ACG\t2\t3\n", "line 1: expected one sequence, one tab and one count.*found 2 tabs"),
        ("seq\tcount\n", "expected samples after the header line"),
        ("seq\tcount\nseq\tcount\n", "line 2: expected a finite non-negative weight.*'count'"),
        ("ACG\tl2\nUUU\t3\n", "line 1: expected a finite non-negative weight, found 'l2'"),
        ("ACG\t\nUUU\t3\n", "line 1: expected a finite non-negative weight, found ''"),
        ("ACG\t1_0\n", "line 1: expected a finite non-negative weight, found '1_0'"),
        ("ACG\t١\n", "line 1: expected a finite non-negative weight"),
        ("ACG\tnan\n", "line 1: expected a finite non-negative weight, found 'nan'"),
        ("ACG\t1\nUUU\t-1\n", "line 2: expected a finite non-negative weight, found '-1'"),
        ("ACG\tinf\n", "line 1: expected a finite non-negative weight, found 'inf'"),
        ("ACG\t0\nUUU\t0\n", "expected weights with a finite positive sum, found 0"),
        (f"ACG\t{2**62}\nUUU\t{2**62}\n", "finite positive sum, found 9223372036854775808"),
        ("ACG\t1e308\nUUU\t1e308\n", "finite positive sum, found inf"),
        ("\t1\n\t2\n", "line 1: expected a sequence before the tab"),
    ],
)
def test_damaged_text(file, content, message):
    with pytest.raises(ReadError, match=message):
        read(file("x.txt", content))


def test_gzip(file):
    whole = gzip.compress(b"ACG\nUUU\n" * 100)
    assert len(strings(read(file("x.txt.gz", whole)))) == 200
    with pytest.raises(ReadError, match=r"x\.txt\.gz: the gzip stream is truncated"):
        read(file("x.txt.gz", whole[:-12]))
    with pytest.raises(ReadError, match=r"x\.txt\.gz: expected a gzip stream"):
        read(file("x.txt.gz", b"ACG\n"))
    with pytest.raises(ReadError, match=r"x\.txt\.gz: expected a gzip stream"):
        read(file("x.txt.gz", whole[:10] + b"\xff" * 20))
    with pytest.raises(ReadError, match=r"x\.txt\.gz: the file is empty"):
        read(file("x.txt.gz", b""))


# Integers -----------------------------------------------------------------------------------


@pytest.mark.parametrize("header", ["", "x1,x2\n", '"x1","x2"\n', "# x1,x2\n"])
@pytest.mark.parametrize(("suffix", "delimiter"), [("csv", ","), ("tsv", "\t"), ("csv.gz", ",")])
def test_integers(file, header, suffix, delimiter):
    content = (header + "0,1\n\n# half way\n2,-1\n0.0, 1\n").replace(",", delimiter).encode()
    samples = read(file(f"x.{suffix}", gzip.compress(content) if "gz" in suffix else content))
    assert samples.letters.dtype == np.int64
    assert samples.letters.tolist() == [[0, 1], [2, -1], [0, 1]]
    assert samples.weights is None


@per_example
@given(hnp.arrays(np.int64, hnp.array_shapes(min_dims=2, max_dims=2, max_side=6)))
def test_csv_round_trip(tmp_path, array):
    path = tmp_path / "x.csv"
    np.savetxt(path, array, fmt="%d", delimiter=",", header="any words")
    np.testing.assert_array_equal(read(path).letters, array)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "the file is empty"),
        ("x,y\n", "expected rows of integers, found none"),
        ("#\n", "expected rows of integers, found none"),
        ("x,y\n0,1\n0,b\n", r"x\.csv, line 3, column 2: expected a 64-bit integer, found 'b'"),
        ("0,1\n0,1.5\n", "line 2, column 2: expected a 64-bit integer, found '1.5'"),
        ("0,x\n", "line 1, column 2: expected a 64-bit integer, found 'x'"),
        ("0,1\n1,\n", "line 2, column 2: expected a 64-bit integer, found ''"),
        ("0,1\n1,1_0\n", "line 2, column 2: expected a 64-bit integer, found '1_0'"),
        (f"{2**63},1\n", "line 1, column 1: expected a 64-bit integer"),
        ("0,nan\n", "line 1, column 2: expected a 64-bit integer, found 'nan'"),
        ("# c\n0,1\n0,1,1\n", "line 3: expected 2 cells, as in line 2, found 3"),
        ("x,y\n0\n", "line 2: expected 2 cells, as in line 1, found 1"),
        ('0,1\n"0,1\n', "line 2: expected integers separated by ','"),
        (",x,y\n0,1,2\n", "line 1: the first column has no name, which marks a row index"),
        (b"0,1\n0,\xff\n", "line 2: expected UTF-8 text"),
    ],
)
def test_damaged_csv(file, content, message):
    with pytest.raises(ReadError, match=message):
        read(file("x.csv", content))


def test_two_columns_of_a_tsv(file):
    """Counts if the header, or else the first cell, says so."""
    assert read(file("x.tsv", "11\t3\n10\t4\n")).letters.tolist() == [[11, 3], [10, 4]]
    # Nobody writes an integer with a zero in front.
    padded = read(file("x.tsv", "11\t3\n01\t4\n"))
    assert padded.letters.tolist() == [["1", "1"], ["0", "1"]]
    assert padded.weights.tolist() == [3, 4]
    assert read(file("x.tsv", "x1\tx2\n0\t1\n")).letters.tolist() == [[0, 1]]
    assert strings(read(file("x.tsv", "code\tcount\n01\t3\n"))) == ["01"]
    assert strings(read(file("x.tsv", "code\treads\nab\t3\n"))) == ["ab"]
    assert strings(read(file("x.tsv", "ab\t3\n"))) == ["ab"]
    assert read(file("x.tsv", "1\t2\t3\n")).letters.tolist() == [[1, 2, 3]]


# Arrays -------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [bool, np.int8, np.uint16, np.int64, np.uint64, ">i4"])
def test_npy_samples(file, dtype):
    array = np.array([[0, 1, 1], [1, 0, 1]], dtype=dtype)
    samples = read(file("x.npy", np.asfortranarray(array)))
    assert isinstance(samples, Samples)
    assert samples.letters.dtype == np.int64
    assert samples.letters.flags.c_contiguous
    np.testing.assert_array_equal(samples.letters, array)


def test_npy_of_characters(file):
    assert strings(read(file("x.npy", np.array([list("ab"), list("cd")])))) == ["ab", "cd"]


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, ">f8"])
def test_npy_table(file, dtype):
    pmf = np.array([[0.5, 0.25], [0, 0.25]], dtype=dtype)
    table = read(file("x.npy", np.asfortranarray(pmf)))
    assert isinstance(table, Table)
    assert table.pmf.dtype == np.float64
    assert table.pmf.flags.c_contiguous
    np.testing.assert_array_equal(table.pmf, pmf)


def test_kind_overrides_the_type_of_the_numbers(file):
    counts = file("counts.npy", np.array([[3, 1], [0, 2]]))
    assert read(counts, kind="table").pmf.tolist() == [[3, 1], [0, 2]]
    floats = file("floats.npy", np.array([[3.0, 1.0], [0.0, 2.0]]))
    assert read(floats, kind="samples").letters.tolist() == [[3, 1], [0, 2]]
    with pytest.raises(ReadError, match=r"floats\.npy: floats .* kind='samples' or kind='table'"):
        read(floats)
    certain = file("certain.npy", np.array([[0.0, 1.0], [0.0, 0.0]]))
    assert isinstance(read(certain), Table)


@per_example
@given(
    hnp.arrays(
        np.float64, hnp.array_shapes(max_dims=4, max_side=4), elements=st.floats(0, 1, width=16)
    )
)
def test_table_round_trip(tmp_path, pmf):
    np.savez_compressed(tmp_path / "x.npz", pmf=pmf)
    np.testing.assert_array_equal(read(tmp_path / "x.npz").pmf, pmf)


@pytest.mark.parametrize(
    ("array", "kind", "message"),
    [
        (np.array([1, 2]), "auto", r"expected samples of shape \(N, n\), found shape \(2,\)"),
        (np.zeros((2, 2, 2), int), "auto", "table of counts needs kind='table'"),
        (np.array(1), "auto", r"found shape \(\)"),
        (np.zeros((3, 0), int), "auto", r"at least one variable|one variable.*\(3, 0\)"),
        (np.zeros((0, 3), int), "auto", r"at least one sample .*\(0, 3\)"),
        (np.array([["a", ""]]), "auto", r"expected single characters, found  at index \[0, 1\]"),
        (np.array([["ab", "c"]]), "auto", "integers or single characters, found dtype <U2"),
        (np.ones((2, 2), complex), "auto", "found dtype complex128"),
        (np.array([[0, 1.5]]), "samples", r"expected whole numbers, found 1\.5 at index \[0, 1\]"),
        (np.array([[np.nan, 1]]), "samples", r"expected whole numbers, found nan at index \[0, 0"),
        (np.array([[2.0**63]]), "samples", "expected 64-bit integers"),
        (np.array([[2**63]], np.uint64), "auto", "expected 64-bit integers"),
        (np.array([[0.5, np.nan]]), "auto", r"finite non-negative masses, found nan .*\[0, 1\]"),
        (np.array([[0.5, np.inf]]), "auto", "finite non-negative masses, found inf"),
        (np.array([1.5, -0.5]), "auto", r"non-negative masses, found -0\.5 at index \[1\]"),
        (np.array(0.5), "auto", "one axis a variable"),
        (np.zeros((2, 0)), "auto", r"none of them empty, found shape \(2, 0\)"),
        (np.ones((2, 2), complex), "table", "expected a table of real numbers"),
        (np.array([["a", "b"]]), "table", "expected a table of real numbers"),
    ],
)
def test_unfit_arrays(file, array, kind, message):
    with pytest.raises(ReadError, match=message) as caught:
        read(file("x.npy", array), kind=kind)
    assert "x.npy" in str(caught.value)


class Bomb:
    """Fails the test if anyone unpickles it."""

    def __reduce__(self):
        return (pytest.fail, ("unpickled",))


def test_nothing_unpickles(file, tmp_path):
    objects = np.array([[Bomb()]], dtype=object)
    np.save(tmp_path / "x.npy", objects, allow_pickle=True)
    np.savez(tmp_path / "x.npz", samples=objects)
    for name in ("x.npy", "x.npz"):
        with pytest.raises(ReadError, match=rf"{name}: .* pickled objects, which are never loaded"):
            read(tmp_path / name)
    for name in ("y.npy", "y.npz"):
        with pytest.raises(ReadError, match=rf"{name}: expected a \.np. file that numpy saved"):
            read(file(name, pickle.dumps(Bomb())))


@pytest.mark.parametrize("name", ["x.npy", "x.npz"])
def test_truncated_arrays(tmp_path, name):
    path = tmp_path / name
    array = np.arange(400).reshape(100, 4)
    if name == "x.npy":
        np.save(path, array)
    else:
        np.savez_compressed(path, samples=array)
    whole = path.read_bytes()
    path.write_bytes(b"")
    with pytest.raises(ReadError, match=f"{name}: the file is empty"):
        read(path)
    for length in [1, 7, 50, len(whole) // 2, len(whole) - 1]:
        path.write_bytes(whole[:length])
        with pytest.raises(ReadError, match=f"{name}: (damaged or truncated|expected a)"):
            read(path)


@per_example
@given(data=st.data(), name=st.sampled_from(["x.npy", "x.npz"]))
def test_damaged_arrays_never_crash(tmp_path, data, name):
    path = tmp_path / name
    array = np.arange(6).reshape(3, 2)
    if name == "x.npy":
        np.save(path, array)
    else:
        np.savez(path, samples=array, weights=np.ones(3))
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(content)
    # A damaged header may also ask for more memory than there is.
    with contextlib.suppress(ReadError, MemoryError):
        read(path)


def test_npz(file):
    letters, weights, pmf = np.array([[0, 1], [1, 1]]), np.array([2.5, 1]), np.full((2, 2), 0.25)
    assert read(file("x.npz", {"any": letters})).letters.tolist() == letters.tolist()
    assert read(file("x.npz", {"any": pmf})).pmf.tolist() == pmf.tolist()
    assert read(file("x.npz", {"pmf": letters})).pmf.tolist() == letters.tolist()
    assert read(file("x.npz", {"samples": letters * 1.0})).letters.tolist() == letters.tolist()
    weighted = read(file("x.npz", {"samples": letters, "weights": weights}))
    assert weighted.letters.tolist() == letters.tolist()
    assert weighted.weights.tolist() == weights.tolist()
    both = file("x.npz", {"samples": letters, "weights": weights, "pmf": pmf})
    assert read(both, kind="samples").weights.tolist() == weights.tolist()
    assert read(both, kind="table").pmf.tolist() == pmf.tolist()
    with pytest.raises(ReadError, match=r"x\.npz: holds samples and a table; expected kind="):
        read(both)


@pytest.mark.parametrize(
    ("arrays", "kind", "message"),
    [
        ({"a": 1, "b": 2}, "auto", "expected one array, or 'samples'.*found 'a', 'b'"),
        ({"samples": 1, "weight": 2}, "auto", "found 'samples', 'weight'"),
        ({"pmf": 1, "weights": 2}, "auto", "found 'pmf', 'weights'"),
        ({"weights": 1}, "auto", "found 'weights'"),
        ({}, "auto", "found none"),
        ({"samples": [[1]], "weights": [1]}, "table", "expected an array 'pmf' for kind='table'"),
        ({"samples": [1, 2]}, "auto", "array 'samples': expected samples of shape"),
        ({"samples": [[1], [2]], "weights": [1]}, "auto", "array 'weights': expected 2 weights"),
        ({"samples": [[1]], "weights": [[1]]}, "auto", r"array 'weights': expected .*shape \(N,\)"),
    ],
)
def test_unfit_archives(file, arrays, kind, message):
    with pytest.raises(ReadError, match=message):
        read(file("x.npz", {key: np.array(value) for key, value in arrays.items()}), kind=kind)


def test_foreign_members_of_an_archive(tmp_path):
    import zipfile

    with zipfile.ZipFile(tmp_path / "x.npz", "w") as archive:
        archive.writestr("readme.txt", "hello")
    with pytest.raises(ReadError, match=r"x\.npz: damaged or truncated \('readme\.txt' is not an"):
        read(tmp_path / "x.npz")


def test_arrays_are_not_gzipped(file):
    with pytest.raises(ReadError, match=r"x\.npy\.gz: expected an array without gzip"):
        read(file("x.npy.gz", b"\x1f\x8b"))


# Weights in a file of their own -------------------------------------------------------------


@pytest.mark.parametrize("suffix", ["txt", "npy", "txt.gz"])
def test_weights(file, suffix):
    content = {
        "txt": "# reads\n3\n1e1\n",
        "txt.gz": gzip.compress(b"3\n1e1\n"),
        "npy": np.array([3.0, 10.0]),
    }[suffix]
    samples = read(file("x.txt", "ab\ncd\n"), weights=file(f"w.{suffix}", content))
    assert samples.weights.dtype == np.float64
    assert samples.weights.tolist() == [3, 10]


@pytest.mark.parametrize("content", ["3\n4\n", np.array([3, 4], np.uint8)])
def test_integer_weights_stay_integers(file, content):
    name = "w.txt" if isinstance(content, str) else "w.npy"
    samples = read(file("x.csv", "0,1\n1,1\n"), weights=file(name, content))
    assert samples.weights.dtype == np.int64


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("w.txt", "1\n", r"w\.txt: expected 2 weights, one for each sample of .*x\.txt, found 1"),
        ("w.txt", "1\n2\n3\n", "expected 2 weights, .* found 3"),
        ("w.txt", "1\n-2\n", r"w\.txt, line 2: expected a finite non-negative weight, found '-2'"),
        ("w.txt", "1\nnan\n", r"w\.txt, line 2: .* found 'nan'"),
        ("w.txt", "1\n\n# c\nx\n", r"w\.txt, line 4: .* found 'x'"),
        ("w.txt", "0\n0\n", "finite positive sum, found 0"),
        ("w.txt", "", r"w\.txt: the file is empty"),
        ("w.txt", "# none\n", r"w\.txt: expected one weight a line"),
        ("w.npy", np.array([1.0, np.nan]), r"w\.npy: .* found nan at index 1"),
        ("w.npy", np.array([-1, 1]), r"w\.npy: .* found -1 at index 0"),
        ("w.npy", np.array([[1.0, 1.0]]), r"w\.npy: expected weights of shape \(N,\)"),
        ("w.npy", np.array(["a", "b"]), r"w\.npy: expected real weights, found dtype <U1"),
        ("w.npy", np.array([2**63, 1], np.uint64), r"w\.npy: .* sum, found 9223372036854775809"),
    ],
)
def test_damaged_weights(file, name, content, message):
    with pytest.raises(ReadError, match=message):
        read(file("x.txt", "ab\ncd\n"), weights=file(name, content))


def test_weights_where_none_belong(file):
    weights = file("w.txt", "1\n2\n")
    with pytest.raises(ValueError, match=r"weights: expected None for .*x\.txt, which has its own"):
        read(file("x.txt", "ab\t1\ncd\t2\n"), weights=weights)
    with pytest.raises(ValueError, match=r"weights: expected None for .*x\.npy, which is a table"):
        read(file("x.npy", np.array([0.5, 0.5])), weights=weights)


# Alignments ---------------------------------------------------------------------------------

bio = pytest.mark.skipif(importlib.util.find_spec("Bio") is None, reason="needs Biopython")


@bio
@pytest.mark.parametrize("suffix", ["fa", "fasta", "faa", "fna", "afa", "FASTA", "fasta.gz"])
def test_fasta(file, suffix):
    content = b"# two sites\n>one first\nac\nGT\n\n>two\nACGA\n"
    samples = read(file(f"x.{suffix}", gzip.compress(content) if "gz" in suffix else content))
    assert strings(samples) == ["ACGT", "ACGA"]
    assert samples.weights is None


@bio
@pytest.mark.parametrize("suffix", ["a2m", "a3m"])
def test_inserts_are_removed(file, suffix):
    path = file(f"x.{suffix}", "#A3M#\n>one\nACDEF\n>two\nACgg.DEW\n")
    assert strings(read(path)) == ["ACDEF", "ACDEW"]
    path = file(f"x.{suffix}", ">one\nACDEF\n>two\nAC..-EW\n")
    assert strings(read(path, gaps="symbol")) == ["ACDEF", "AC-EW"]


GAPPED = ">one\nACDEF\n>two\nA-DE.\n>three\nACDWF\n"


@bio
@pytest.mark.parametrize(
    ("gaps", "expected"),
    [
        ("symbol", ["ACDEF", "A-DE-", "ACDWF"]),
        ("drop-columns", ["ADE", "ADE", "ADW"]),
        ("drop-rows", ["ACDEF", "ACDWF"]),
    ],
)
def test_gaps(file, gaps, expected):
    assert strings(read(file("x.fa", GAPPED), gaps=gaps)) == expected


@bio
def test_gaps_are_refused_by_default(file):
    message = (
        r"x\.fa: found 2 gaps in 1 of 3 records and 2 of 5 columns, the first at column 2 of "
        r"record 2 \('two', line 3\); expected gaps='symbol' .*'drop-columns' or 'drop-rows'"
    )
    with pytest.raises(ReadError, match=message):
        read(file("x.fa", GAPPED))


@bio
def test_weights_follow_the_records_that_stay(file):
    path, weights = file("x.fa", GAPPED), file("w.txt", "1\n2\n3\n")
    assert read(path, gaps="drop-rows", weights=weights).weights.tolist() == [1, 3]
    assert read(path, gaps="symbol", weights=weights).weights.tolist() == [1, 2, 3]
    with pytest.raises(ReadError, match=r"w\.txt: expected 3 weights"):
        read(path, gaps="drop-rows", weights=file("w.txt", "1\n3\n"))
    with pytest.raises(ReadError, match=r"w\.txt \(for the records without gaps\): .*sum, found 0"):
        read(path, gaps="drop-rows", weights=file("w.txt", "0\n2\n0\n"))


@bio
@pytest.mark.parametrize(
    ("content", "gaps", "message"),
    [
        ("", "error", r"x\.fa: the file is empty"),
        ("#\n\n", "error", r"x\.fa: expected FASTA records"),
        ("ACGT\n", "error", r"x\.fa, line 1: expected '>' and the name of a record, found 'ACGT'"),
        (">a\n>b\n", "error", r"x\.fa: expected at least one of its columns"),
        (
            ">a\nACG\n\n>b c\nAC\n",
            "error",
            r"x\.fa, record 2 \('b', line 4\): expected 3 columns, .* found 2",
        ),
        (">a\n--\n>b\nAC\n", "drop-columns", "gaps='drop-columns' leaves nothing"),
        (">a\n-A\n>b\nC-\n", "drop-rows", "gaps='drop-rows' leaves nothing"),
        (
            ">a\nMKLV\n>b\nMKXV\n",
            "error",
            r"record 2 \('b', line 3\), column 3: expected one of the protein letters .*found 'X'",
        ),
        (">a\nMKUV\n", "error", "column 3: expected one of the protein letters"),
        (">a\nMK*V\n", "error", r"column 3: .* found '\*'"),
        (">a\nMKéV\n", "error", "column 3: .* found 'é'"),
        (f">a\n{'ACGT' * 9}N\n", "error", "column 37: expected one of the DNA letters ACGT, .*'N'"),
        (f">a\n{'ACGU' * 9}R\n", "error", "column 37: expected one of the RNA letters ACGU, .*'R'"),
        (">a\nACGU\n>b\nACGT\n>c\nUUUU\n", "error", "record 2 .*column 4: .*RNA letters .*'T'"),
        (">a\nM-LX\n>b\nM-LV\n", "drop-columns", r"record 1 .*column 4: .*found 'X'"),
        (">a\nM-LX\n>b\nMXLV\n", "drop-rows", r"record 2 .*column 2: .*found 'X'"),
    ],
)
def test_damaged_alignments(file, content, gaps, message):
    with pytest.raises(ReadError, match=message):
        read(file("x.fa", content), gaps=gaps)


@bio
def test_match_columns_are_counted_without_inserts(file):
    with pytest.raises(ReadError, match=r"record 2 .*: expected 3 match columns .* found 2"):
        read(file("x.a3m", ">a\nACD\n>b\nAaaC\n"))


@bio
def test_ambiguous_letters_in_what_is_left_out_do_not_matter(file):
    path = file("x.fa", ">a\nMXLV\n>b\nM-LV\n")
    assert strings(read(path, gaps="drop-columns")) == ["MLV", "MLV"]


@bio
@per_example
@given(data=st.data(), alphabet=st.sampled_from(["ACGT", "ACGU", "ACDEFGHIKLMNPQRSTVWY"]))
def test_fasta_round_trip(tmp_path, data, alphabet):
    length = data.draw(st.integers(1, 90))
    row = st.text(alphabet, min_size=length, max_size=length)
    if "L" in alphabet:  # a few letters that are all codes of nucleotides pass for nucleotides
        row = row.map(lambda letters: letters + "L")
    rows = data.draw(st.lists(row, min_size=1, max_size=5))
    wrapped = [row[:60] + "\n" + row[60:] for row in rows]
    path = tmp_path / "x.fasta"
    path.write_text("".join(f">r{i}\n{row.lower()}\n" for i, row in enumerate(wrapped)))
    assert strings(read(path)) == rows


def test_biopython_is_named_when_it_is_missing(file, monkeypatch):
    monkeypatch.setitem(sys.modules, "Bio.SeqIO.FastaIO", None)
    with pytest.raises(ImportError, match=r"x\.fa needs Biopython: pip install 'unmask\[bio\]'"):
        read(file("x.fa", ">a\nACG\n"))


# Arguments ----------------------------------------------------------------------------------


def test_arguments(file):
    path = file("x.txt", "a-\nb.\n")
    with pytest.raises(ValueError, match="kind: is 'x', expected 'auto' or 'samples' or 'table'"):
        read(path, kind="x")
    with pytest.raises(ValueError, match="gaps: is 'keep', expected 'error' or"):
        read(path, gaps="keep")
    with pytest.raises(ValueError, match=r"gaps: expected 'error' for .*x\.txt, which is not an"):
        read(path, gaps="symbol")
    with pytest.raises(ValueError, match=r"kind: expected .* for .*x\.txt, which is text"):
        read(path, kind="table")


@pytest.mark.parametrize("name", ["x.txt", "x.csv", "x.tsv", "x.npy", "x.npz", "x.txt.gz"])
def test_missing_files_and_folders(tmp_path, name):
    with pytest.raises(FileNotFoundError, match=name):
        read(tmp_path / name)
    (tmp_path / name).mkdir()
    with pytest.raises(IsADirectoryError, match=name):
        read(tmp_path / name)


@pytest.mark.parametrize("name", ["", ".", "/", ".."])
def test_folders_without_a_name(name):
    with pytest.raises(IsADirectoryError):
        read(name)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root reads all")
def test_forbidden_file(file):
    path = file("x.txt", "ab\n")
    path.chmod(0)
    with pytest.raises(PermissionError, match=r"x\.txt"):
        read(path)


def test_missing_weights(file, tmp_path):
    with pytest.raises(FileNotFoundError, match=r"w\.txt"):
        read(file("x.txt", "ab\n"), weights=tmp_path / "w.txt")


def test_results_are_frozen_and_readable(file):
    path = file("x.txt", "ab\t2\ncd\t1\n")
    samples = read(path)
    assert repr(samples) == f"Samples(2 x 2 <U1, weighing 3 in all, from {str(path)!r})"
    with pytest.raises(AttributeError):
        samples.weights = None
    table = read(file("x.npy", np.full((2, 3), 1 / 6)))
    assert repr(table) == f"Table(2 x 3, from {table.source!r})"


# Distributions ------------------------------------------------------------------------------


@pytest.fixture
def calls(monkeypatch):
    """Stand-ins for the distributions that record how they are called."""
    module = types.ModuleType("unmask.distributions")
    module.Empirical = lambda *args, **kwargs: ("Empirical", args, kwargs)
    module.Dense = lambda *args, **kwargs: ("Dense", args, kwargs)
    monkeypatch.setitem(sys.modules, "unmask.distributions", module)


@pytest.mark.usefixtures("calls")
def test_load(file):
    path = file("x.txt", "ab\t2\ncd\t1\n")
    name, (letters,), options = load(path, estimator="miller-madow")
    assert name == "Empirical"
    assert letters.tolist() == [["a", "b"], ["c", "d"]]
    assert options["weights"].tolist() == [2, 1]
    assert options["estimator"] == "miller-madow"

    table = file("x.npy", np.array([[1, 3]]))
    name, (pmf,), options = load(table, kind="table", normalize=True)
    assert name == "Dense"
    assert pmf.tolist() == [[1, 3]]
    assert options == {"normalize": True}

    with pytest.raises(ValueError, match=r"normalize: expected False for .*x\.txt"):
        load(path, normalize=True)
    with pytest.raises(ValueError, match=r"estimator: expected 'plugin' for .*x\.npy.*'chao-shen'"):
        load(table, kind="table", estimator="chao-shen")


# Examples -----------------------------------------------------------------------------------


def entropies(samples: Samples) -> tuple[float, float]:
    """Plug-in total correlation and dual total correlation, from their definitions."""
    n = samples.letters.shape[1]

    def entropy(columns: list[int]) -> float:
        _, inverse = np.unique(samples.letters[:, columns], axis=0, return_inverse=True)
        p = np.bincount(inverse.ravel(), samples.weights) / samples.weights.sum()
        return float(-(p * np.log(p)).sum())

    everything = list(range(n))
    joint = entropy(everything)
    total = sum(entropy([i]) for i in everything) - joint
    rest = sum(entropy([j for j in everything if j != i]) for i in everything)
    return total, rest - (n - 1) * joint


@pytest.mark.parametrize(
    ("name", "shape", "weight", "alphabets", "total", "dual"),
    [
        ("splice_sites", (10227, 9), 298479, [4, 4, 4, 1, 2, 4, 4, 4, 4], 0.48302598, 0.63787152),
        ("words5", (1121, 5), 9622778, [25, 24, 25, 23, 22], 7.12440495, 5.46098625),
    ],
)
def test_examples(name, shape, weight, alphabets, total, dual):
    samples = read(EXAMPLES / f"{name}.tsv")
    assert samples.letters.shape == shape
    assert len(set(strings(samples))) == shape[0]
    assert samples.weights.dtype == np.int64
    assert samples.weights.sum() == weight
    assert [len(set(column)) for column in samples.letters.T] == alphabets
    assert entropies(samples) == pytest.approx((total, dual), abs=1e-8)


def test_a_last_column_of_counts(file):
    found = read(file("x.csv", "a,b,Count\n0,1,3\n2,0,4\n"))
    assert found.letters.tolist() == [[0, 1], [2, 0]]
    assert found.weights.tolist() == [3, 4]
    with pytest.raises(ReadError, match=r"line 2: expected a finite non-negative weight"):
        read(file("x.csv", "a,b,count\n0,1,-3\n"))


@pytest.mark.parametrize("separator", [",", ";", " "])
def test_separators_are_no_letters(file, separator):
    text = f"0{separator}1{separator}1\n1{separator}1{separator}0\n"
    with pytest.raises(ReadError, match="every second character is"):
        read(file("x.txt", text))
    assert read(file("x.txt", f"0{separator}1\n1a1\n")).letters.shape == (2, 3)
