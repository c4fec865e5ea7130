"""Threads, signals, forks, kernels and refusals: how a computation runs."""

import json
import multiprocessing
import os
import signal
import subprocess
import sys
import textwrap
import threading
import warnings

import numpy as np
import pytest
from numpy._core._multiarray_umath import __cpu_features__

import unmask
from unmask import InformationCurve, _core, information_curve, schedules
from unmask.distributions import Dense, Empirical

#: More than the machinery of any test takes, on any machine.
PATIENCE = 120


def run(code, **environment):
    """Run Python code in a process of its own and return what it printed."""
    command = [sys.executable, "-W", "error", "-c", textwrap.dedent(code)]
    done = subprocess.run(
        command,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def some_table(shape, seed=0):
    cells = np.random.default_rng(seed).exponential(size=shape)
    return Dense(cells / cells.sum())


def some_rows(size, n, seed=0):
    return np.random.default_rng(seed).integers(0, 3, (size, n))


def long_jobs():
    """Computations of some seconds, each by another loop of the core."""
    table = some_table((2,) * 18)
    rows = some_rows(4000, 13)
    smooth = InformationCurve.from_conditional_entropies(np.log(20_000 - np.arange(20_000.0)))
    return {
        "table": lambda **how: information_curve(table, **how),
        "subsets": lambda **how: table.subset_entropies(**how),
        "atoms": lambda **how: information_curve(Empirical(rows), **how),
        "chao-shen": lambda **how: information_curve(Empirical(rows, estimator="chao-shen"), **how),
        "frontier": lambda **how: schedules.frontier(smooth, 2000, **how),
    }


# Threads --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "job",
    [
        lambda threads: information_curve(some_table((2,) * 15), threads=threads).h,
        lambda threads: information_curve(some_table((5, 1, 4, 3, 7, 2, 6)), threads=threads).h,
        lambda threads: information_curve(Empirical(some_rows(500, 10)), threads=threads).h,
        lambda threads: (
            information_curve(
                Empirical(some_rows(200, 9), estimator="chao-shen"), threads=threads
            ).h
        ),
        lambda threads: (
            information_curve(
                Empirical(some_rows(200, 9), estimator="miller-madow"), threads=threads
            ).mean_entropies
        ),
        lambda threads: information_curve(Empirical(some_rows(500, 10)), threads=threads).coverage,
        lambda threads: some_table((2,) * 15).subset_entropies(threads=threads),
        lambda threads: Empirical(some_rows(500, 10)).subset_entropies(threads=threads),
        lambda threads: np.array(_core.table_totals(some_table((3,) * 11).pmf, threads)),
    ],
    ids=[
        "table",
        "mixed",
        "atoms",
        "chao-shen",
        "miller-madow",
        "coverage",
        "subsets",
        "atom-subsets",
        "totals",
    ],
)
def test_same_bits_for_any_number_of_threads(job):
    one = job(1)
    for threads in (2, 3, 5, None):
        assert job(threads).tobytes() == one.tobytes()


def test_default_number_of_threads():
    before = unmask.num_threads()
    assert before >= 1
    try:
        unmask.set_num_threads(3)
        assert unmask.num_threads() == 3
        assert information_curve(some_table((2,) * 12)).n == 12
    finally:
        unmask.set_num_threads(None)
    assert unmask.num_threads() == before


@pytest.mark.parametrize(
    ("threads", "error", "message"),
    [
        (0, ValueError, r"threads: is 0, expected 1\.\.=4096 or None"),
        (-1, ValueError, r"threads: is -1, expected 1\.\.=4096 or None"),
        (10**9, ValueError, r"threads: is 1000000000, expected 1\.\.=4096 or None"),
        (10**30, ValueError, r"threads: is 10{30}, expected 1\.\.=4096 or None"),
        (2.0, TypeError, "threads: is a float, expected an integer or None"),
        ("2", TypeError, "threads: is a str, expected an integer or None"),
    ],
)
def test_bad_threads(threads, error, message):
    small, sample = Dense([0.5, 0.5]), Empirical([[0], [1]])
    for ask in (
        lambda: information_curve(small, threads=threads),
        lambda: information_curve(sample, threads=threads),
        lambda: small.subset_entropies(threads=threads),
        lambda: sample.subset_entropies(threads=threads),
        lambda: unmask.set_num_threads(threads),
    ):
        with pytest.raises(error, match=message):
            ask()


def test_calls_from_several_threads_of_python():
    table = some_table((2,) * 14)
    want = information_curve(table).h.tobytes()
    found = []

    def work(threads):
        found.append(information_curve(table, threads=threads).h.tobytes() == want)

    workers = [threading.Thread(target=work, args=(1 + k % 3,)) for k in range(6)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(PATIENCE)
    assert found == [True] * 6


# Progress -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", long_jobs())
def test_progress_rises_to_one(name):
    seen = []
    long_jobs()[name](progress=seen.append)
    assert all(isinstance(fraction, float) for fraction in seen)
    assert seen == sorted(seen)
    assert seen[0] >= 0
    assert seen[-1] == 1


@pytest.mark.parametrize("name", long_jobs())
def test_an_exception_of_progress_ends_the_computation(name):
    class StopError(Exception):
        pass

    calls = []

    def progress(fraction):
        calls.append(fraction)
        raise StopError("enough")

    with pytest.raises(StopError, match="enough"):
        long_jobs()[name](progress=progress)
    assert len(calls) == 1
    assert information_curve(Dense([[0.5, 0.0], [0.0, 0.5]])).n == 2


def test_progress_must_be_callable():
    curve = InformationCurve.from_conditional_entropies([1.0, 0.5])
    for ask in (
        lambda: information_curve(Dense([0.5, 0.5]), progress=3),
        lambda: information_curve(Empirical([[0], [1]]), progress=3),
        lambda: Dense([0.5, 0.5]).subset_entropies(progress=3),
        lambda: schedules.frontier(curve, progress=3),
    ):
        with pytest.raises(TypeError, match="progress: is a int, expected a callable or None"):
            ask()


# Signals --------------------------------------------------------------------------------------


@pytest.mark.skipif(os.name != "posix", reason="needs POSIX signals")
@pytest.mark.parametrize("estimator", ["plugin", "chao-shen"])
def test_ctrl_c(estimator):
    """A signal reaches a job of hours that is under way, and the process goes on.

    How often computations look whether they are to stop is tested in the core, for all of them.
    """
    code = f"""
        import signal
        import numpy as np
        from unmask import information_curve
        from unmask.distributions import Dense, Empirical
        # Whoever runs the tests in the background may have told them not to listen.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        generator = np.random.default_rng(0)
        bits = generator.integers(0, 2, (20_000, 28))
        small = Dense(generator.random((2,) * 14), normalize=True)
        before = information_curve(small).h
        calls = []
        def progress(fraction):
            if not calls:
                print("started", flush=True)
            calls.append(fraction)
        try:
            law = Empirical(bits, estimator={estimator!r})
            information_curve(law, method="exact", progress=progress)
            print("finished")
        except KeyboardInterrupt:
            print("interrupted")
        assert information_curve(small).h.tobytes() == before.tobytes()
        print("usable")
    """
    command = [sys.executable, "-c", textwrap.dedent(code)]
    child = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, bufsize=1
    )
    try:
        assert child.stdout.readline() == "started\n", child.stderr.read()
        child.send_signal(signal.SIGINT)
        out, err = child.communicate(timeout=PATIENCE)
    finally:
        child.kill()
        child.wait()
    assert child.returncode == 0, err
    assert out.split() == ["interrupted", "usable"]


# Forks ----------------------------------------------------------------------------------------

FORKS = hasattr(os, "fork") and sys.platform != "darwin"


def curve_bytes(seed):
    return information_curve(some_table((2,) * 14, seed), threads=2).h.tobytes()


@pytest.mark.skipif(not FORKS, reason="needs fork")
def test_a_forked_child_computes():
    want = curve_bytes(0)  # the parent has a pool of threads now
    with warnings.catch_warnings():
        # Python 3.12 and later warn that threads do not survive a fork, which is the point.
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        signal.alarm(PATIENCE)
        os._exit(0 if curve_bytes(0) == want else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert curve_bytes(0) == want


@pytest.mark.skipif(not FORKS, reason="needs fork")
def test_forked_workers():
    want = [curve_bytes(seed) for seed in range(4)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        with multiprocessing.get_context("fork").Pool(2) as workers:
            assert workers.map_async(curve_bytes, range(4)).get(PATIENCE) == want


# Kernels and imports --------------------------------------------------------------------------

VALUES = """
    import json
    import numpy as np
    from unmask import _core, information_curve
    from unmask.distributions import Dense, Empirical
    generator = np.random.default_rng(0)
    cells = generator.exponential(size=(2,) * 9 + (3, 5, 1, 4))
    cells[generator.random(cells.shape) < 0.2] = 0
    cells[..., 0] *= 1e-300
    rows = generator.integers(0, 3, (300, 9))
    laws = [Dense(cells / cells.sum()), Empirical(rows)]
    laws += [Empirical(rows, estimator=name) for name in ("miller-madow", "chao-shen")]
    curves = [information_curve(law) for law in laws]
    values = [[*c.mean_entropies, *c.h, *c.z] for c in curves]
    values += [c.coverage.tolist() for c in curves[1:]]
    values += [[law.entropy(), law.total_correlation()] for law in laws]
    print(json.dumps([_core.kernel_name(), values]))
"""


#: What a processor must have for a kernel, by the names of NumPy.
NEEDED = {"portable": [], "avx2": ["AVX2", "FMA3"]}


def test_kernels_agree():
    default, values = json.loads(run(VALUES, UNMASK_KERNEL=""))
    assert default == _core.kernel_name() or "UNMASK_KERNEL" in os.environ
    for name in ("portable", "avx2"):
        kernel, others = json.loads(run(VALUES, UNMASK_KERNEL=name))
        # A kernel that the machine cannot run is not taken, and no other where it can.
        runs = all(__cpu_features__[feature] for feature in NEEDED[name])
        assert (kernel == name) == runs
        assert len(values) == len(others)
        for a, b in zip(values, others, strict=True):
            assert b == pytest.approx(a, rel=1e-13, abs=1e-13)


def test_importing_is_cheap():
    optional = [
        "matplotlib",
        "typer",
        "rich",
        "scipy",
        "Bio",
        "hypothesis",
        "networkx",
        "dit",
        "mpmath",
    ]
    code = f"import sys, unmask; print(set({optional}) & set(sys.modules))"
    assert run(code) == "set()\n"


def test_parts_are_imported_when_first_asked_for():
    code = """
        import sys
        import unmask
        parts = {"adapters", "bounds", "estimation", "hardness", "plot", "samplers"}
        assert parts <= set(dir(unmask))
        print(sorted(part for part in parts if f"unmask.{part}" in sys.modules))
        print(sum(getattr(unmask, part).__name__ == f"unmask.{part}" for part in parts))
        from unmask import samplers
        assert samplers is unmask.samplers
        import unmask.bounds
    """
    assert run(code) == "[]\n6\n"
    with pytest.raises(AttributeError, match="has no attribute 'sampler'"):
        unmask.sampler  # noqa: B018


# Refusals -------------------------------------------------------------------------------------


def test_memory_is_refused_before_it_is_allocated():
    _core.require_table(8.0, [2] * 7)
    with pytest.raises(MemoryError, match=r"needs .* GiB of memory and .* GiB are available"):
        _core.require_table(8.0, [2] * 57)
    rows = np.random.default_rng(0).integers(0, 2, (50, 60))
    with pytest.raises(MemoryError, match="the entropies of all subsets"):
        Empirical(rows).subset_entropies()


def test_the_core_says_what_it_expects():
    """Whoever goes past the Python layer gets an exception too, and no crash."""
    fortran = np.asfortranarray(np.full((2, 2), 0.25))
    with pytest.raises(ValueError, match="pmf: expected a C-contiguous array"):
        _core.table_curve(fortran)
    with pytest.raises(ValueError, match="samples: expected two dimensions"):
        _core.Support(np.zeros(3, dtype=np.uint16), np.ones(3))
    with pytest.raises(ValueError, match=r"samples: .* do not make 2 rows of 3"):
        _core.Support(np.zeros((3, 3), dtype=np.uint16), np.ones(2))
    support = _core.Support(np.zeros((3, 3), dtype=np.uint16), np.ones(3))
    with pytest.raises(ValueError, match='estimator: is "x", expected "plugin"'):
        support.curve("x")
    halves = _core.Support(np.array([[0], [1]], dtype=np.uint16), np.array([0.5, 1]))
    with pytest.raises(ValueError, match=r"weights: a weight is 0\.5, expected whole counts"):
        halves.curve("chao-shen")
    with pytest.raises(ValueError, match=r"weights: a weight is 0\.5, expected whole counts"):
        halves.coverage()
    h = np.array([1.0, 0.5])
    for sizes in ([1], [1, 2], [3], [0, 2], [-1, 3], [], [2**62, 2**62]):
        with pytest.raises(ValueError, match="sizes: "):
            _core.schedule_excess(h, np.array(sizes, dtype=np.int64))
    with pytest.raises(ValueError, match="losses: are empty"):
        _core.schedule_frontier(np.array([]), 1)
    with pytest.raises(ValueError, match="losses: hold NaN at index 1"):
        _core.schedule_with_steps(np.array([1.0, np.nan]), 1)
