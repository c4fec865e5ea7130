//! Schedules: cost, optimum, frontier.

use numpy::{IntoPyArray, PyArray1, PyReadonlyArrayDyn};
use pyo3::prelude::*;
use unmask_core::schedule::{self, Losses};

use crate::array::cells;
use crate::error::to_python;
use crate::gate::Call;

/// Passes over the curve that finding one schedule takes, about.
const PASSES: f64 = 64.0;

fn losses(array: &PyReadonlyArrayDyn<'_, f64>) -> PyResult<Losses> {
    Losses::new(cells("losses", array)?.to_vec()).map_err(to_python)
}

fn sizes(py: Python<'_>, sizes: Vec<usize>) -> Bound<'_, PyArray1<i64>> {
    let sizes = sizes.into_iter().map(|s| s as i64);
    sizes.collect::<Vec<_>>().into_pyarray(py)
}

/// Expected cost of a schedule above that of revealing one token at a time.
#[pyfunction]
pub fn schedule_excess(
    h: PyReadonlyArrayDyn<'_, f64>,
    sizes: PyReadonlyArrayDyn<'_, i64>,
) -> PyResult<f64> {
    let sizes = cells("sizes", &sizes)?.iter().map(|&s| s.max(0) as usize);
    losses(&h)?
        .schedule_excess(&sizes.collect::<Vec<_>>())
        .map_err(to_python)
}

/// Sizes of the best schedule with at most `steps` steps.
#[pyfunction]
pub fn schedule_with_steps<'py>(
    py: Python<'py>,
    h: PyReadonlyArrayDyn<'py, f64>,
    steps: usize,
) -> PyResult<Bound<'py, PyArray1<i64>>> {
    let losses = losses(&h)?;
    let best = Call::sequential().run(py, losses.n() as f64 * PASSES, |monitor| {
        schedule::optimal_with_steps(&losses, steps, monitor)
    })?;
    Ok(sizes(py, best))
}

/// Sizes of the shortest schedule whose excess is at most `max_excess`.
#[pyfunction]
pub fn schedule_with_tolerance<'py>(
    py: Python<'py>,
    h: PyReadonlyArrayDyn<'py, f64>,
    max_excess: f64,
) -> PyResult<Bound<'py, PyArray1<i64>>> {
    let losses = losses(&h)?;
    let best = Call::sequential().run(py, losses.n() as f64 * PASSES, |monitor| {
        schedule::optimal_with_tolerance(&losses, max_excess, monitor)
    })?;
    Ok(sizes(py, best))
}

/// Least excess with at most k steps, k = 1..=max_steps.
#[pyfunction]
#[pyo3(signature = (h, max_steps, progress=None))]
pub fn schedule_frontier<'py>(
    py: Python<'py>,
    h: PyReadonlyArrayDyn<'py, f64>,
    max_steps: usize,
    progress: Option<Py<PyAny>>,
) -> PyResult<Bound<'py, PyArray1<f64>>> {
    let losses = losses(&h)?;
    let operations = (losses.n() * max_steps) as f64;
    let call = Call {
        progress,
        ..Call::sequential()
    };
    let frontier = call.run(py, operations, |monitor| {
        schedule::frontier(&losses, max_steps, monitor)
    })?;
    Ok(frontier.into_pyarray(py))
}
