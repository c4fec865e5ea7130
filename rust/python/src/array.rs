//! Arrays in and out.

use numpy::{Element, PyReadonlyArrayDyn};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

/// The cells of a C-contiguous array. The Python layer makes its arrays so.
pub fn cells<'a, T: Element>(
    argument: &str,
    array: &'a PyReadonlyArrayDyn<'_, T>,
) -> PyResult<&'a [T]> {
    let problem = |_| PyValueError::new_err(format!("{argument}: expected a C-contiguous array"));
    if array.is_c_contiguous() {
        array.as_slice().map_err(problem)
    } else {
        Err(PyValueError::new_err(format!(
            "{argument}: expected a C-contiguous array"
        )))
    }
}
