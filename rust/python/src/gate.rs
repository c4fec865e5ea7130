//! The gate between Python and the core: where the interpreter is released, signals are polled and
//! threads come from.
//!
//! A long job runs on a pool of workers. The calling thread waits with the interpreter released,
//! comes back every [`POLL`] to look for signals and to report progress, and cancels the job
//! through its [`Monitor`] when either raises. Short jobs run on the spot: their cost is far below
//! that of waking a worker.

use std::collections::HashMap;
use std::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use rayon::ThreadPool;
use unmask_core::error::Result;
use unmask_core::monitor::Monitor;

use crate::error::to_python;

/// How often a waiting call looks for signals.
const POLL: Duration = Duration::from_millis(50);

/// Predicted operations below which a job runs on the calling thread. The core asks for no workers
/// below this.
const INLINE: f64 = (1u64 << 15) as f64;

/// Most threads that can be asked for.
const MAX_THREADS: usize = 4096;

/// Threads used when a call does not say; 0 for one per processor.
static DEFAULT_THREADS: AtomicUsize = AtomicUsize::new(0);

/// A number of threads in `1..=MAX_THREADS`, as a Python caller gives it.
#[derive(Clone, Copy)]
pub struct Threads(usize);

impl Threads {
    /// For what is sequential.
    pub const ONE: Self = Self(1);
}

impl FromPyObject<'_, '_> for Threads {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, '_, PyAny>) -> PyResult<Self> {
        match object.extract::<usize>() {
            Ok(threads @ 1..=MAX_THREADS) => Ok(Self(threads)),
            Err(error) if error.is_instance_of::<PyTypeError>(object.py()) => {
                Err(PyTypeError::new_err(format!(
                    "threads: is a {}, expected an integer or None",
                    object.get_type().name()?
                )))
            }
            _ => Err(PyValueError::new_err(format!(
                "threads: is {}, expected 1..={MAX_THREADS} or None",
                object.str()?
            ))),
        }
    }
}

/// Raises an error unless this is a number of threads, or None.
#[pyfunction]
#[pyo3(signature = (threads))]
pub fn require_threads(threads: Option<Threads>) {
    let _ = threads;
}

/// How a call wants to run: `threads` and `progress` as the Python caller gave them.
pub struct Call {
    /// Number of threads, or the default.
    pub threads: Option<Threads>,
    /// Called with the fraction done, now and then.
    pub progress: Option<Py<PyAny>>,
}

impl Call {
    /// Of what does not run in parallel.
    pub fn sequential() -> Self {
        Self {
            threads: Some(Threads::ONE),
            progress: None,
        }
    }

    /// Runs `job`, of about `operations` elementary operations.
    pub fn run<T: Send>(
        self,
        py: Python<'_>,
        operations: f64,
        job: impl FnOnce(&Monitor) -> Result<T> + Send,
    ) -> PyResult<T> {
        let threads = self.threads.map_or_else(num_threads, |threads| threads.0);
        if let Some(progress) = &self.progress
            && !progress.bind(py).is_callable()
        {
            return Err(PyTypeError::new_err(format!(
                "progress: is a {}, expected a callable or None",
                progress.bind(py).get_type().name()?
            )));
        }
        let monitor = Monitor::new();
        if operations < INLINE {
            return job(&monitor).map_err(to_python);
        }
        let pool = pool(threads)?;
        let result = std::thread::scope(|scope| {
            let (done, mut wait) = channel();
            let (monitor, pool) = (&monitor, &pool);
            scope.spawn(move || {
                // The receiver lives as long as this scope.
                let _ = done.send(pool.install(|| job(monitor)));
            });
            let mut raised = None;
            loop {
                let wait = &mut wait;
                match py.detach(move || wait.recv_timeout(POLL)) {
                    Ok(result) => return raised.map_or(Ok(result), Err),
                    // The job panicked; the scope passes that on.
                    Err(RecvTimeoutError::Disconnected) => {
                        return raised.map_or_else(
                            || Err(PyValueError::new_err("the computation failed")),
                            Err,
                        );
                    }
                    Err(RecvTimeoutError::Timeout) => {}
                }
                if raised.is_none()
                    && let Err(error) = self.look_up(py, monitor)
                {
                    monitor.cancel();
                    raised = Some(error);
                }
            }
        })?;
        if let (Ok(_), Some(progress)) = (&result, &self.progress) {
            progress.call1(py, (1.0,))?;
        }
        result.map_err(to_python)
    }

    /// Signals and progress, between two waits.
    fn look_up(&self, py: Python<'_>, monitor: &Monitor) -> PyResult<()> {
        py.check_signals()?;
        if let Some(progress) = &self.progress {
            progress.call1(py, (monitor.fraction(),))?;
        }
        Ok(())
    }
}

/// Sets how many threads a call uses if it does not say; `None` for one per processor.
#[pyfunction]
#[pyo3(signature = (threads))]
pub fn set_num_threads(threads: Option<Threads>) {
    DEFAULT_THREADS.store(threads.map_or(0, |threads| threads.0), Ordering::Relaxed);
}

/// How many threads a call uses if it does not say.
#[pyfunction]
pub fn num_threads() -> usize {
    match DEFAULT_THREADS.load(Ordering::Relaxed) {
        0 => std::thread::available_parallelism().map_or(1, usize::from),
        threads => threads,
    }
}

/// The pools of one process, by number of threads.
struct Pools {
    process: u32,
    by_threads: Mutex<HashMap<usize, Arc<ThreadPool>>>,
}

/// The pool with so many threads.
///
/// A forked child has its parent's memory but not its threads, and a lock held during the fork
/// stays locked: pools made by another process are left alone, lock and all, and new ones made.
fn pool(threads: usize) -> PyResult<Arc<ThreadPool>> {
    static POOLS: AtomicPtr<Pools> = AtomicPtr::new(std::ptr::null_mut());
    let process = std::process::id();
    let known = POOLS.load(Ordering::Acquire);
    // SAFETY: whatever was stored came from `Box::leak` and is never freed.
    let pools = match unsafe { known.as_ref() } {
        Some(pools) if pools.process == process => pools,
        _ => {
            let fresh: &'static mut Pools = Box::leak(Box::new(Pools {
                process,
                by_threads: Mutex::new(HashMap::new()),
            }));
            POOLS.store(fresh, Ordering::Release);
            fresh
        }
    };
    let mut pools = pools
        .by_threads
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    if let Some(pool) = pools.get(&threads) {
        return Ok(pool.clone());
    }
    let builder = rayon::ThreadPoolBuilder::new().num_threads(threads);
    let pool = builder
        .thread_name(|k| format!("unmask-{k}"))
        .build()
        .map_err(|error| PyValueError::new_err(format!("threads: {error}")))?;
    Ok(pools.entry(threads).or_insert(Arc::new(pool)).clone())
}
