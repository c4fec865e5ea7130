//! Dense tables.

use numpy::{IntoPyArray, PyArray1, PyReadonlyArrayDyn, PyUntypedArrayMethods};
use pyo3::prelude::*;
use unmask_core::curve::{self, Curve, Totals};
use unmask_core::error::SECONDS_PER_OPERATION;
use unmask_core::{lattice, table};

use crate::array::cells;
use crate::error::to_python;
use crate::gate::{Call, Threads};

/// Three arrays: `M_0..M_n`, `h_0..h_{n-1}`, `Z_1..Z_n`.
pub type CurveArrays<'py> = (
    Bound<'py, PyArray1<f64>>,
    Bound<'py, PyArray1<f64>>,
    Bound<'py, PyArray1<f64>>,
);

/// A curve as numpy arrays.
pub fn curve_arrays(py: Python<'_>, curve: Curve) -> CurveArrays<'_> {
    (
        curve.mean_entropies.into_pyarray(py),
        curve.conditional.into_pyarray(py),
        curve.information.into_pyarray(py),
    )
}

/// Sum of the cells. Raises ValueError at a cell that is not a finite number >= 0.
#[pyfunction]
pub fn table_total(pmf: PyReadonlyArrayDyn<'_, f64>) -> PyResult<f64> {
    table::total(cells("pmf", &pmf)?).map_err(to_python)
}

/// The information curve of a normalised table.
#[pyfunction]
#[pyo3(signature = (pmf, threads=None, progress=None))]
pub fn table_curve<'py>(
    py: Python<'py>,
    pmf: PyReadonlyArrayDyn<'py, f64>,
    threads: Option<Threads>,
    progress: Option<Py<PyAny>>,
) -> PyResult<CurveArrays<'py>> {
    let (cells, shape) = (cells("pmf", &pmf)?, pmf.shape());
    let curve = Call { threads, progress }.run(py, lattice::terms(shape), |monitor| {
        Curve::of_table(cells, shape, monitor)
    })?;
    Ok(curve_arrays(py, curve))
}

/// What the information curve of a normalised table is predicted to take on one core, in seconds.
#[pyfunction]
pub fn table_seconds(py: Python<'_>, pmf: PyReadonlyArrayDyn<'_, f64>) -> PyResult<f64> {
    let (cells, shape) = (cells("pmf", &pmf)?, pmf.shape());
    let operations = Call::sequential().run(py, lattice::terms(shape), |monitor| {
        curve::table_operations(cells, shape, monitor)
    })?;
    Ok(operations * SECONDS_PER_OPERATION)
}

/// H(X) of a normalised table.
#[pyfunction]
#[pyo3(signature = (pmf, threads=None))]
pub fn table_entropy(
    py: Python<'_>,
    pmf: PyReadonlyArrayDyn<'_, f64>,
    threads: Option<Threads>,
) -> PyResult<f64> {
    let cells = cells("pmf", &pmf)?;
    let call = Call {
        threads,
        progress: None,
    };
    call.run(py, cells.len() as f64, |monitor| {
        curve::table_entropy(cells, monitor)
    })
}

/// H(X), TC and DTC of a normalised table, without the subset lattice.
#[pyfunction]
#[pyo3(signature = (pmf, threads=None))]
pub fn table_totals(
    py: Python<'_>,
    pmf: PyReadonlyArrayDyn<'_, f64>,
    threads: Option<Threads>,
) -> PyResult<(f64, f64, f64)> {
    let (cells, shape) = (cells("pmf", &pmf)?, pmf.shape());
    let call = Call {
        threads,
        progress: None,
    };
    let operations = (cells.len() * (1 + shape.len())) as f64;
    let totals = call.run(py, operations, |monitor| {
        Totals::of_table(cells, shape, monitor)
    })?;
    Ok((
        totals.entropy,
        totals.total_correlation,
        totals.dual_total_correlation,
    ))
}

/// Entropies of all subsets of the coordinates of a normalised table, by bit mask.
#[pyfunction]
#[pyo3(signature = (pmf, threads=None, progress=None))]
pub fn table_subset_entropies<'py>(
    py: Python<'py>,
    pmf: PyReadonlyArrayDyn<'py, f64>,
    threads: Option<Threads>,
    progress: Option<Py<PyAny>>,
) -> PyResult<Bound<'py, PyArray1<f64>>> {
    let (cells, shape) = (cells("pmf", &pmf)?, pmf.shape());
    let entropies = Call { threads, progress }.run(py, lattice::terms(shape), |monitor| {
        curve::table_subset_entropies(cells, shape, monitor)
    })?;
    Ok(entropies.into_pyarray(py))
}
