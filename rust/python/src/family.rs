//! Curves in polynomial time.

use numpy::{IntoPyArray, PyArray1, PyReadonlyArray1, PyReadonlyArrayDyn, PyUntypedArrayMethods};
use pyo3::prelude::*;
use unmask_core::curve::Curve;
use unmask_core::family::blocks::{self, Kind};
use unmask_core::family::{compositions, exchangeable, markov};

use crate::array::cells;
use crate::gate::{Call, Threads};
use crate::table::{CurveArrays, curve_arrays};

/// `M_0..M_n` of the conditional entropies `h_0..h_{n-1}`: compensated running sums.
#[pyfunction]
pub fn mean_entropies<'py>(
    py: Python<'py>,
    h: PyReadonlyArrayDyn<'py, f64>,
) -> PyResult<Bound<'py, PyArray1<f64>>> {
    let curve = Curve::direct(cells("h", &h)?.to_vec(), Vec::new());
    Ok(curve.mean_entropies.into_pyarray(py))
}

/// The curve of an exchangeable law from the probabilities of its compositions: shape
/// `(n+1,) * (q-1)`, normalised.
#[pyfunction]
#[pyo3(signature = (count_pmf, threads=None, progress=None))]
pub fn exchangeable_curve<'py>(
    py: Python<'py>,
    count_pmf: PyReadonlyArrayDyn<'py, f64>,
    threads: Option<Threads>,
    progress: Option<Py<PyAny>>,
) -> PyResult<CurveArrays<'py>> {
    let (counts, shape) = (cells("count_pmf", &count_pmf)?, count_pmf.shape());
    let n = shape.first().map_or(0, |entries| entries.saturating_sub(1));
    let operations = n as f64 * counts.len() as f64;
    let curve = Call { threads, progress }.run(py, operations, |monitor| match shape.len() {
        1 => exchangeable::exchangeable(counts, monitor),
        axes => compositions::compositions(counts, n, axes + 1, monitor),
    })?;
    Ok(curve_arrays(py, curve))
}

/// The curve of a Markov chain: `n - 1` transition matrices, or one for all steps.
#[pyfunction]
#[pyo3(signature = (initial, transition, n, stationary, threads=None, progress=None))]
pub fn markov_curve<'py>(
    py: Python<'py>,
    initial: PyReadonlyArrayDyn<'py, f64>,
    transition: PyReadonlyArrayDyn<'py, f64>,
    n: usize,
    stationary: bool,
    threads: Option<Threads>,
    progress: Option<Py<PyAny>>,
) -> PyResult<CurveArrays<'py>> {
    let (initial, matrices) = (
        cells("initial", &initial)?,
        cells("transition", &transition)?,
    );
    // At least what the core asks for workers for.
    let operations = n as f64 * n as f64 * (initial.len() * initial.len()) as f64;
    let curve = Call { threads, progress }.run(py, operations, |monitor| {
        markov::markov(initial, matrices, n, stationary, monitor)
    })?;
    Ok(curve_arrays(py, curve))
}

/// Means of `values[m]`, where `m` of `j = 0..=n` tokens lie among some `len(values) - 1` of all `n`.
#[pyfunction]
pub fn means_within<'py>(
    py: Python<'py>,
    values: PyReadonlyArrayDyn<'py, f64>,
    n: usize,
) -> PyResult<Bound<'py, PyArray1<f64>>> {
    let values = cells("values", &values)?;
    let operations = 32.0 * values.len() as f64 * n as f64;
    let means = Call::sequential().run(py, operations, |monitor| {
        blocks::means_within(values, n, monitor)
    })?;
    Ok(means.into_pyarray(py))
}

/// The curve of independent blocks: for each kind, how many there are, `h` and `Z` of one.
#[pyfunction]
#[pyo3(signature = (kinds, threads=None, progress=None))]
pub fn blocks_curve<'py>(
    py: Python<'py>,
    kinds: Vec<(
        usize,
        PyReadonlyArray1<'py, f64>,
        PyReadonlyArray1<'py, f64>,
    )>,
    threads: Option<Threads>,
    progress: Option<Py<PyAny>>,
) -> PyResult<CurveArrays<'py>> {
    let kinds = kinds.iter().map(|(count, h, z)| Kind {
        count: *count,
        conditional: h.as_array().to_vec(),
        information: z.as_array().to_vec(),
    });
    let kinds: Vec<Kind> = kinds.collect();
    let n = |kind: &Kind| kind.conditional.len() as f64;
    let tokens: f64 = kinds.iter().map(|kind| kind.count as f64 * n(kind)).sum();
    // A weight takes a division and more.
    let operations = 32.0 * tokens * kinds.iter().map(n).sum::<f64>();
    let curve = Call { threads, progress }
        .run(py, operations, |monitor| blocks::blocks(&kinds, monitor))?;
    Ok(curve_arrays(py, curve))
}
