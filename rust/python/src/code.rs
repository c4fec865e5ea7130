//! Linear codes.

use numpy::{PyReadonlyArrayDyn, PyUntypedArrayMethods};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use unmask_core::family::code::{self, Field};

use crate::array::cells;
use crate::error::to_python;
use crate::gate::{Call, Threads};

/// Sums of the ranks of all sets of columns, by their size. `powers` are those of a primitive
/// element, where q is a power of two above two.
#[pyfunction]
#[pyo3(signature = (generator, q, powers=None, threads=None, progress=None))]
pub fn code_rank_totals(
    py: Python<'_>,
    generator: PyReadonlyArrayDyn<'_, u64>,
    q: u64,
    powers: Option<PyReadonlyArrayDyn<'_, u64>>,
    threads: Option<Threads>,
    progress: Option<Py<PyAny>>,
) -> PyResult<Vec<u128>> {
    let &[k, n] = generator.shape() else {
        return Err(PyValueError::new_err("generator: expected two dimensions"));
    };
    let field = match &powers {
        None => Field::prime(q),
        Some(powers) => Field::binary(cells("powers", powers)?),
    };
    let field = field.map_err(to_python)?;
    let generator = cells("generator", &generator)?;
    let operations = code::predicted_operations(n, k, q);
    Call { threads, progress }.run(py, operations, |monitor| {
        code::rank_totals(generator, n, &field, monitor)
    })
}
