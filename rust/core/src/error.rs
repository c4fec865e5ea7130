//! Everything that can go wrong, in one enum.

/// The reasons for which a computation does not return a value.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Error {
    /// An argument is not what the function accepts.
    #[error("{argument}: {problem}")]
    Invalid {
        /// Name of the argument as the caller knows it.
        argument: &'static str,
        /// The value met and what was expected instead.
        problem: String,
    },
    /// The request needs more memory than the machine has; nothing was allocated.
    #[error("{what} needs {needed} bytes of memory and {available} are available")]
    Memory {
        /// What was asked for.
        what: &'static str,
        /// Predicted size in bytes.
        needed: u64,
        /// Bytes that can be had.
        available: u64,
    },
    /// The request would run for too long; nothing was started.
    #[error("{what} needs about {operations:.1e} operations, above the limit of {limit:.1e}")]
    Work {
        /// What was asked for.
        what: &'static str,
        /// Predicted number of elementary operations.
        operations: f64,
        /// The largest number accepted.
        limit: f64,
    },
    /// The caller asked, through the [`Monitor`](crate::monitor::Monitor), to stop.
    #[error("interrupted")]
    Interrupted,
}

impl Error {
    /// An [`Error::Invalid`] about `argument`.
    pub fn invalid(argument: &'static str, problem: impl Into<String>) -> Self {
        Self::Invalid {
            argument,
            problem: problem.into(),
        }
    }
}

/// Result of everything fallible in this crate.
pub type Result<T> = std::result::Result<T, Error>;
