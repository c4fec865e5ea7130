//! Schedules: cost, optimum, frontier, worst cases and rules.

use numpy::{IntoPyArray, PyArray1, PyReadonlyArrayDyn};
use pyo3::prelude::*;
use unmask_core::schedule::{self, Knowns, Losses, Minimax, PerFunctional, WorstCase};

use crate::array::cells;
use crate::error::to_python;
use crate::gate::{Call, Threads};

/// Passes over the curve that finding one schedule takes, about.
const PASSES: f64 = 64.0;

fn sizes(py: Python<'_>, sizes: Vec<usize>) -> Bound<'_, PyArray1<i64>> {
    let sizes = sizes.into_iter().map(|s| s as i64);
    sizes.collect::<Vec<_>>().into_pyarray(py)
}

/// Expected cost of a schedule above that of revealing one token at a time.
#[pyfunction]
pub fn schedule_excess(
    py: Python<'_>,
    h: PyReadonlyArrayDyn<'_, f64>,
    sizes: PyReadonlyArrayDyn<'_, i64>,
) -> PyResult<f64> {
    let (h, sizes) = (cells("losses", &h)?, cells("sizes", &sizes)?);
    Call::sequential().run(py, h.len() as f64, |monitor| {
        let sizes: Vec<usize> = sizes.iter().map(|&s| s.max(0) as usize).collect();
        Losses::new(h, monitor)?.schedule_excess(&sizes)
    })
}

/// Sizes of the best schedule with at most `steps` steps.
#[pyfunction]
pub fn schedule_with_steps<'py>(
    py: Python<'py>,
    h: PyReadonlyArrayDyn<'py, f64>,
    steps: usize,
) -> PyResult<Bound<'py, PyArray1<i64>>> {
    let h = cells("losses", &h)?;
    let best = Call::sequential().run(py, h.len() as f64 * PASSES, |monitor| {
        schedule::optimal_with_steps(&Losses::new(h, monitor)?, steps, monitor)
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
    let h = cells("losses", &h)?;
    let best = Call::sequential().run(py, h.len() as f64 * PASSES, |monitor| {
        schedule::optimal_with_tolerance(&Losses::new(h, monitor)?, max_excess, monitor)
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
    let h = cells("losses", &h)?;
    let operations = h.len() as f64 * max_steps as f64;
    let call = Call {
        progress,
        ..Call::sequential()
    };
    let frontier = call.run(py, operations, |monitor| {
        schedule::frontier(&Losses::new(h, monitor)?, max_steps, monitor)
    })?;
    Ok(frontier.into_pyarray(py))
}

/// What a minimax schedule is: sizes, worst case, multipliers, whether the search was exhaustive.
type Guaranteed<'py> = (Bound<'py, PyArray1<i64>>, f64, PerFunctional, bool);

fn guaranteed<'py>(py: Python<'py>, found: Minimax) -> Guaranteed<'py> {
    let WorstCase { value, multipliers } = found.worst_case;
    (sizes(py, found.sizes), value, multipliers, found.proven)
}

/// The shortest schedule whose worst case over all curves within `bounds` is at most `max_kl`.
#[pyfunction]
pub fn minimax_with_tolerance(
    py: Python<'_>,
    n: usize,
    bounds: PerFunctional,
    max_kl: f64,
) -> PyResult<Guaranteed<'_>> {
    let known = Knowns::new(n, bounds).map_err(to_python)?;
    let found = Call::sequential().run(py, n as f64 * PASSES, |monitor| {
        schedule::minimax_with_tolerance(&known, max_kl, monitor)
    })?;
    Ok(guaranteed(py, found))
}

/// The schedule of at most `steps` steps with the least worst case over all curves within `bounds`.
#[pyfunction]
pub fn minimax_with_steps(
    py: Python<'_>,
    n: usize,
    bounds: PerFunctional,
    steps: usize,
) -> PyResult<Guaranteed<'_>> {
    let known = Knowns::new(n, bounds).map_err(to_python)?;
    let found = Call::sequential().run(py, n as f64 * PASSES, |monitor| {
        schedule::minimax_with_steps(&known, steps, monitor)
    })?;
    Ok(guaranteed(py, found))
}

/// Worst case of a schedule over all curves within `bounds`, and the multipliers that prove it.
#[pyfunction]
pub fn schedule_worst_case(
    py: Python<'_>,
    bounds: PerFunctional,
    sizes: PyReadonlyArrayDyn<'_, i64>,
) -> PyResult<(f64, PerFunctional)> {
    let sizes: Vec<usize> = cells("sizes", &sizes)?
        .iter()
        .map(|&s| s.max(0) as usize)
        .collect();
    let known = Knowns::new(sizes.iter().sum(), bounds).map_err(to_python)?;
    let worst = Call::sequential().run(py, sizes.len() as f64 * PASSES, |monitor| {
        schedule::worst_case(&known, &sizes, monitor)
    })?;
    Ok((worst.value, worst.multipliers))
}

/// Sizes of the steps in which the odds of being revealed grow by a factor `1 + rho`.
#[pyfunction]
pub fn odds_with_growth(py: Python<'_>, n: usize, rho: f64) -> PyResult<Bound<'_, PyArray1<i64>>> {
    let found = Call::sequential().run(py, n as f64, |monitor| {
        schedule::odds_with_growth(n, rho, monitor)
    })?;
    Ok(sizes(py, found))
}

/// Sizes for the slowest growth of the odds in at most `steps` steps.
#[pyfunction]
pub fn odds_with_steps(
    py: Python<'_>,
    n: usize,
    steps: usize,
) -> PyResult<Bound<'_, PyArray1<i64>>> {
    let found = Call::sequential().run(py, steps as f64 * PASSES, |monitor| {
        schedule::odds_with_steps(n, steps, monitor)
    })?;
    Ok(sizes(py, found))
}

/// Sizes of at most `steps` steps, each the best integer for the slopes inside it.
#[pyfunction]
pub fn integer_steps<'py>(
    py: Python<'py>,
    increments: PyReadonlyArrayDyn<'py, f64>,
    steps: usize,
) -> PyResult<Bound<'py, PyArray1<i64>>> {
    let increments = cells("increments", &increments)?;
    let found = Call::sequential().run(py, increments.len() as f64 * PASSES, |monitor| {
        schedule::integer_steps(increments, steps, monitor)
    })?;
    Ok(sizes(py, found))
}

/// Excess of a schedule of random counts with these levels.
#[pyfunction]
pub fn bernoulli_excess(
    py: Python<'_>,
    h: PyReadonlyArrayDyn<'_, f64>,
    levels: PyReadonlyArrayDyn<'_, f64>,
) -> PyResult<f64> {
    let (h, levels) = (cells("losses", &h)?, cells("levels", &levels)?);
    // Some square roots of n are read for each level.
    let operations = (h.len() + levels.len()) as f64 * PASSES;
    Call::sequential().run(py, operations, |monitor| {
        schedule::bernoulli_excess(h, levels, monitor)
    })
}

/// Bernstein polynomial of losses at some levels.
#[pyfunction]
pub fn bernstein<'py>(
    py: Python<'py>,
    h: PyReadonlyArrayDyn<'_, f64>,
    levels: PyReadonlyArrayDyn<'_, f64>,
) -> PyResult<Bound<'py, PyArray1<f64>>> {
    let (h, levels) = (cells("losses", &h)?, cells("levels", &levels)?);
    let operations = (h.len() + levels.len()) as f64 * PASSES;
    let means = Call::sequential().run(py, operations, |monitor| {
        schedule::bernstein(h, levels, monitor)
    })?;
    Ok(means.into_pyarray(py))
}

/// Levels of at most `steps` steps with the least excess.
#[pyfunction]
#[pyo3(signature = (h, steps, threads=None, progress=None))]
pub fn bernoulli_levels<'py>(
    py: Python<'py>,
    h: PyReadonlyArrayDyn<'py, f64>,
    steps: usize,
    threads: Option<Threads>,
    progress: Option<Py<PyAny>>,
) -> PyResult<Bound<'py, PyArray1<f64>>> {
    let h = cells("losses", &h)?;
    let operations = (h.len() + steps) as f64 * PASSES.powi(2);
    let best = Call { threads, progress }.run(py, operations, |monitor| {
        schedule::bernoulli_levels(h, steps, monitor)
    })?;
    Ok(best.into_pyarray(py))
}
