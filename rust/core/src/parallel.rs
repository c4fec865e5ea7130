//! The one way in which independent tasks are run.

use rayon::prelude::*;

use crate::error::Result;

/// `job` for every task `0..count`, in parallel; the results come in task order.
///
/// A single task runs on the calling thread and does not wake a thread pool.
pub(crate) fn map<T: Send>(
    count: usize,
    job: impl Fn(usize) -> Result<T> + Sync + Send,
) -> Result<Vec<T>> {
    if count <= 1 {
        return (0..count).map(job).collect();
    }
    (0..count).into_par_iter().map(job).collect()
}
