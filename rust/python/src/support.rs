//! Weighted atoms.

use numpy::{IntoPyArray, PyArray1, PyReadonlyArrayDyn, PyUntypedArrayMethods};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use unmask_core::curve::{self, Curve, Estimator, Totals};
use unmask_core::error::SECONDS_PER_OPERATION;
use unmask_core::monitor::Monitor;
use unmask_core::support;

use crate::array::cells;
use crate::gate::{Call, Threads};
use crate::table::{CurveArrays, curve_arrays};

/// Passes over all letters that a prediction takes, about.
const PROBES: f64 = 64.0;

/// Letters of all atoms above which the prediction of a walk takes a moment itself.
const MANY_LETTERS: f64 = 1e5;

/// Distinct rows with positive weights.
#[pyclass(frozen, module = "unmask._core")]
pub struct Support(support::Support);

#[pymethods]
impl Support {
    /// From codes of shape (N, n) and N weights; equal rows are merged.
    #[new]
    fn new(
        py: Python<'_>,
        codes: PyReadonlyArrayDyn<'_, u16>,
        weights: PyReadonlyArrayDyn<'_, f64>,
    ) -> PyResult<Self> {
        let &[_, n] = codes.shape() else {
            return Err(PyValueError::new_err("samples: expected two dimensions"));
        };
        let (codes, weights) = (cells("samples", &codes)?, cells("weights", &weights)?);
        // Merging is sequential.
        let support = Call::sequential().run(py, codes.len() as f64, |monitor| {
            support::Support::new(codes, n, weights, monitor)
        })?;
        Ok(Self(support))
    }

    /// Index of the first row of each atom among the rows given.
    #[getter]
    fn first_rows<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<i64>> {
        let rows = self.0.first_rows().iter().map(|&row| row as i64);
        rows.collect::<Vec<_>>().into_pyarray(py)
    }

    /// Weight of each atom.
    #[getter]
    fn weights<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<f64>> {
        self.0.weights().to_vec().into_pyarray(py)
    }

    /// The information curve, with entropies by the estimator of that name.
    #[pyo3(signature = (estimator="plugin", threads=None, progress=None))]
    fn curve<'py>(
        &self,
        py: Python<'py>,
        estimator: &str,
        threads: Option<Threads>,
        progress: Option<Py<PyAny>>,
    ) -> PyResult<CurveArrays<'py>> {
        let estimator = named(estimator)?;
        let curve = Call { threads, progress }.run(py, self.operations(), |monitor| {
            Curve::of_support(&self.0, estimator, monitor)
        })?;
        Ok(curve_arrays(py, curve))
    }

    /// What the curve, and of counts the coverage, is predicted to take on one core, in seconds.
    #[pyo3(signature = (estimator="plugin"))]
    fn predicted_seconds(&self, py: Python<'_>, estimator: &str) -> PyResult<f64> {
        let (support, estimator) = (&self.0, named(estimator)?);
        let letters = (support.atoms() * support.n()) as f64;
        // The prediction tries random subsets.
        let operations = Call::sequential().run(py, PROBES * letters, |monitor| {
            let counted = support.require_counts().is_ok();
            curve::support_operations(support, estimator, counted, monitor)
        })?;
        Ok(operations * SECONDS_PER_OPERATION)
    }

    /// Good-Turing coverage by subset size; the weights must be counts.
    #[pyo3(signature = (threads=None, progress=None))]
    fn coverage<'py>(
        &self,
        py: Python<'py>,
        threads: Option<Threads>,
        progress: Option<Py<PyAny>>,
    ) -> PyResult<Bound<'py, PyArray1<f64>>> {
        let coverage = Call { threads, progress }.run(py, self.operations(), |monitor| {
            curve::coverage(&self.0, monitor)
        })?;
        Ok(coverage.into_pyarray(py))
    }

    /// Plug-in H(X), TC and DTC, without the subset lattice.
    #[pyo3(signature = (threads=None))]
    fn totals(&self, py: Python<'_>, threads: Option<Threads>) -> PyResult<(f64, f64, f64)> {
        let call = Call {
            threads,
            progress: None,
        };
        let operations = (self.0.atoms() * self.0.n() * self.0.n()) as f64;
        let totals = call.run(py, operations, |monitor| {
            Totals::of_support(&self.0, monitor)
        })?;
        Ok((
            totals.entropy,
            totals.total_correlation,
            totals.dual_total_correlation,
        ))
    }

    /// Plug-in entropies of all subsets of the coordinates, by bit mask.
    #[pyo3(signature = (threads=None, progress=None))]
    fn subset_entropies<'py>(
        &self,
        py: Python<'py>,
        threads: Option<Threads>,
        progress: Option<Py<PyAny>>,
    ) -> PyResult<Bound<'py, PyArray1<f64>>> {
        let entropies = Call { threads, progress }.run(py, self.operations(), |monitor| {
            curve::support_subset_entropies(&self.0, monitor)
        })?;
        Ok(entropies.into_pyarray(py))
    }
}

/// The estimator of that name.
fn named(estimator: &str) -> PyResult<Estimator> {
    match estimator {
        "plugin" => Ok(Estimator::Plugin),
        "miller-madow" => Ok(Estimator::MillerMadow),
        "chao-shen" => Ok(Estimator::ChaoShen),
        other => Err(PyValueError::new_err(format!(
            "estimator: is {other:?}, expected \"plugin\", \"miller-madow\" or \"chao-shen\""
        ))),
    }
}

impl Support {
    /// Predicted operations of a walk, or enough to keep the prediction itself off the calling
    /// thread.
    fn operations(&self) -> f64 {
        let letters = (self.0.atoms() * self.0.n()) as f64;
        if letters > MANY_LETTERS {
            return f64::INFINITY;
        }
        // Nobody cancels this monitor.
        let operations = self.0.predicted_operations(&Monitor::new());
        operations.unwrap_or(f64::INFINITY)
    }
}
