//! Python bindings: `unmask._core`.
use pyo3::prelude::*;

/// The compiled core of `unmask`.
#[pymodule]
mod _core {}
