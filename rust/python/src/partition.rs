//! Ordered partitions.

use numpy::{IntoPyArray, PyArray1, PyReadonlyArrayDyn};
use pyo3::prelude::*;
use unmask_core::partition::{self, SubsetEntropies, random};

use crate::array::cells;
use crate::error::to_python;
use crate::gate::{Call, Threads};

/// A divergence for each number of steps, and the blocks of its ordered partition.
type Plans<'py> = (Bound<'py, PyArray1<f64>>, Vec<Vec<usize>>);

/// Least divergence of each number of steps up to `max_steps`, from the entropies of all subsets, and
/// an ordered partition that has it, as bit masks.
#[pyfunction]
#[pyo3(signature = (entropies, max_steps, threads=None, progress=None))]
pub fn partition_planned<'py>(
    py: Python<'py>,
    entropies: PyReadonlyArrayDyn<'py, f64>,
    max_steps: usize,
    threads: Option<Threads>,
    progress: Option<Py<PyAny>>,
) -> PyResult<Plans<'py>> {
    let entropies = SubsetEntropies::new(cells("entropies", &entropies)?).map_err(to_python)?;
    let operations = partition::operations(entropies.n(), max_steps);
    let planned = Call { threads, progress }.run(py, operations, |monitor| {
        partition::planned(entropies, max_steps, monitor)
    })?;
    Ok((planned.kl.into_pyarray(py), planned.partitions))
}

/// Raises MemoryError or WorkError if planning for `n` tokens is out of reach.
#[pyfunction]
pub fn partition_planned_require(n: usize, max_steps: usize) -> PyResult<()> {
    partition::require(n, max_steps).map_err(to_python)
}

/// Mean, variance, a best and a worst one of all ordered partitions into blocks of these sizes.
#[pyfunction]
#[pyo3(signature = (entropies, sizes, threads=None, progress=None))]
pub fn partition_moments(
    py: Python<'_>,
    entropies: PyReadonlyArrayDyn<'_, f64>,
    sizes: Vec<usize>,
    threads: Option<Threads>,
    progress: Option<Py<PyAny>>,
) -> PyResult<(f64, f64, Vec<usize>, Vec<usize>)> {
    let entropies = SubsetEntropies::new(cells("entropies", &entropies)?).map_err(to_python)?;
    // Any size above n is refused in the core.
    let operations = 3f64.powi(entropies.n() as i32);
    let moments = Call { threads, progress }.run(py, operations, |monitor| {
        random::moments(entropies, &sizes, monitor)
    })?;
    Ok((moments.mean, moments.variance, moments.best, moments.worst))
}

/// Divergences of all ordered partitions into blocks of these sizes, ascending.
#[pyfunction]
#[pyo3(signature = (entropies, sizes, progress=None))]
pub fn partition_values<'py>(
    py: Python<'py>,
    entropies: PyReadonlyArrayDyn<'py, f64>,
    sizes: Vec<usize>,
    progress: Option<Py<PyAny>>,
) -> PyResult<Bound<'py, PyArray1<f64>>> {
    let entropies = SubsetEntropies::new(cells("entropies", &entropies)?).map_err(to_python)?;
    let call = Call {
        progress,
        ..Call::sequential()
    };
    let values = call.run(py, f64::INFINITY, |monitor| {
        random::values(entropies, &sizes, monitor)
    })?;
    Ok(values.into_pyarray(py))
}
