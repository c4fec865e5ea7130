//! What the machine has.

use pyo3::prelude::*;
use unmask_core::{kernel, lattice, limits};

use crate::error::to_python;

/// Name of the instruction set that the kernels use: "avx512", "avx2" or "portable".
#[pyfunction]
pub fn kernel_name() -> &'static str {
    kernel::kernel().name
}

/// Raises MemoryError if so many bytes cannot be had; nothing is allocated.
#[pyfunction]
pub fn require_memory(what: String, bytes: f64, operations: f64) -> PyResult<()> {
    limits::require_memory(what, bytes, operations).map_err(to_python)
}

/// Raises MemoryError if a table over alphabets of these sizes, of so many bytes a cell, does not fit
/// in memory; nothing is allocated.
#[pyfunction]
#[pyo3(signature = (bytes_per_cell, alphabet_sizes, what="this table".to_owned()))]
pub fn require_table(
    bytes_per_cell: f64,
    alphabet_sizes: Vec<usize>,
    what: String,
) -> PyResult<()> {
    let cells: f64 = alphabet_sizes.iter().map(|&q| q as f64).product();
    let terms = lattice::terms(&alphabet_sizes);
    limits::require_memory(what, bytes_per_cell * cells, terms).map_err(to_python)
}

/// Raises WorkError if so many elementary operations are above the limit.
#[pyfunction]
#[pyo3(signature = (operations, limit=limits::MAX_TERMS))]
pub fn require_work(operations: f64, limit: f64) -> PyResult<()> {
    limits::require_work("this enumeration", operations, limit).map_err(to_python)
}
