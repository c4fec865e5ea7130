//! Arrays in and out.

use numpy::{Element, PyReadonlyArrayDyn, PyUntypedArrayMethods};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

/// The cells of a C-contiguous array. The Python layer makes its arrays so.
pub fn cells<'a, T: Element>(
    argument: &str,
    array: &'a PyReadonlyArrayDyn<'_, T>,
) -> PyResult<&'a [T]> {
    let slice = array.as_slice().ok().filter(|_| array.is_c_contiguous());
    let problem = || PyValueError::new_err(format!("{argument}: expected a C-contiguous array"));
    slice.ok_or_else(problem)
}
