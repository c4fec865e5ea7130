//! From the core's one error to Python's exceptions.

use pyo3::PyErr;
use pyo3::exceptions::{PyKeyboardInterrupt, PyMemoryError, PyValueError};
use unmask_core::error::Error;

pyo3::create_exception!(
    unmask._core,
    WorkError,
    PyValueError,
    "The request would run for too long; nothing was started."
);

/// The exception that says the same.
pub fn to_python(error: Error) -> PyErr {
    let message = error.to_string();
    match error {
        Error::Invalid { .. } => PyValueError::new_err(message),
        Error::Work { .. } | Error::Varying { .. } => WorkError::new_err(message),
        Error::Memory { .. } => PyMemoryError::new_err(message),
        Error::Interrupted => PyKeyboardInterrupt::new_err(message),
    }
}
