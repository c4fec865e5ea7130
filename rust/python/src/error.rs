//! From the core's one error to Python's exceptions.

use pyo3::PyErr;
use pyo3::exceptions::{PyKeyboardInterrupt, PyMemoryError, PyValueError};
use unmask_core::error::Error;

/// The exception that says the same.
pub fn to_python(error: Error) -> PyErr {
    let message = error.to_string();
    match error {
        Error::Invalid { .. } | Error::Work { .. } => PyValueError::new_err(message),
        Error::Memory { .. } => PyMemoryError::new_err(message),
        Error::Interrupted => PyKeyboardInterrupt::new_err(message),
    }
}
