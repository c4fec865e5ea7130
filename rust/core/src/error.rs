//! Everything that can go wrong, in one enum.

/// Bytes in a gibibyte.
const GIB: f64 = (1u64 << 30) as f64;

/// What an elementary operation takes, roughly, for predictions that a person reads.
pub const SECONDS_PER_OPERATION: f64 = 5e-10;

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
    #[error(
        "{what} needs {} GiB of memory and {} GiB are available; \
         its work would be about {operations:.1e} operations, {:.1e} hours on one core",
        gib(*needed),
        gib(*available),
        operations * SECONDS_PER_OPERATION / 3600.0
    )]
    Memory {
        /// What was asked for.
        what: &'static str,
        /// Predicted size in bytes.
        needed: f64,
        /// Bytes that can be had.
        available: f64,
        /// Predicted number of elementary operations.
        operations: f64,
    },
    /// The request would run for too long; nothing was started.
    #[error(
        "{what} needs about {operations:.1e} operations, about {:.1e} hours on one core; \
         the limit is {limit:.0e}",
        operations * SECONDS_PER_OPERATION / 3600.0
    )]
    Work {
        /// What was asked for.
        what: &'static str,
        /// Predicted number of elementary operations.
        operations: f64,
        /// The largest number accepted.
        limit: f64,
    },
    /// More coordinates vary than a subset mask holds; nothing was started.
    #[error("samples: {varying} coordinates vary, the subset lattice takes at most {most}")]
    Varying {
        /// Coordinates that vary.
        varying: usize,
        /// Coordinates that a mask holds.
        most: usize,
    },
    /// The caller asked, through the [`Monitor`](crate::monitor::Monitor), to stop.
    #[error("interrupted")]
    Interrupted,
}

/// Bytes in gibibytes, as a person reads them.
fn gib(bytes: f64) -> String {
    let amount = bytes / GIB;
    if amount < 1e6 {
        format!("{amount:.3}")
    } else {
        format!("{amount:.1e}")
    }
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
