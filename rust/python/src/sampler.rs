//! Laws of what samplers put out.

use numpy::{IntoPyArray, PyArray1, PyReadonlyArrayDyn, PyUntypedArrayMethods};
use pyo3::prelude::*;
use unmask_core::sampler::{self, Impossible, Steps};

use crate::array::cells;
use crate::error::to_python;
use crate::gate::{Call, Threads};

/// Step sizes, a list of int, or reveal levels, a list of float.
#[derive(FromPyObject)]
pub enum StepList {
    Sizes(Vec<usize>),
    Levels(Vec<f64>),
}

impl StepList {
    fn steps(&self) -> Steps<'_> {
        match self {
            Self::Sizes(sizes) => Steps::Sizes(sizes),
            Self::Levels(levels) => Steps::Levels(levels),
        }
    }
}

/// The law that the random-order sampler puts out, cells in C order.
#[pyfunction]
#[pyo3(signature = (pmf, steps, uniform, threads=None, progress=None))]
pub fn mixture<'py>(
    py: Python<'py>,
    pmf: PyReadonlyArrayDyn<'py, f64>,
    steps: StepList,
    uniform: bool,
    threads: Option<Threads>,
    progress: Option<Py<PyAny>>,
) -> PyResult<Bound<'py, PyArray1<f64>>> {
    let (cells, shape, steps) = (cells("pmf", &pmf)?, pmf.shape(), steps.steps());
    let impossible = if uniform {
        Impossible::Uniform
    } else {
        Impossible::Refuse
    };
    let operations = sampler::require(shape, steps).map_err(to_python)?;
    let law = Call { threads, progress }.run(py, operations, |monitor| {
        sampler::mixture(cells, shape, steps, impossible, monitor)
    })?;
    Ok(law.into_pyarray(py))
}

/// Raises ValueError if the steps do not fit so many tokens, WorkError or MemoryError if the law is
/// out of reach.
#[pyfunction]
pub fn mixture_require(alphabet_sizes: Vec<usize>, steps: StepList) -> PyResult<()> {
    let required = sampler::require(&alphabet_sizes, steps.steps());
    required.map(drop).map_err(to_python)
}
