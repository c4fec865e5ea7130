//! What the machine has.

use pyo3::prelude::*;
use unmask_core::{kernel, limits};

use crate::error::to_python;

/// Name of the instruction set that the kernels use: "avx512", "avx2" or "portable".
#[pyfunction]
pub fn kernel_name() -> &'static str {
    kernel::kernel().name
}

/// Raises MemoryError if `bytes` cannot be had; nothing is allocated.
#[pyfunction]
pub fn require_memory(bytes: f64) -> PyResult<()> {
    limits::require_memory("this table", bytes).map_err(to_python)
}

/// Raises WorkError if so many elementary operations are out of reach.
#[pyfunction]
pub fn require_work(operations: f64) -> PyResult<()> {
    limits::require_work("this enumeration", operations, limits::MAX_TERMS).map_err(to_python)
}
