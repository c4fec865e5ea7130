//! Everything that can go wrong, in one enum.

use std::borrow::Cow;

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
         its work would be {}",
        gib(*needed),
        gib(*available),
        work(*operations)
    )]
    Memory {
        /// What was asked for.
        what: Cow<'static, str>,
        /// Predicted size in bytes.
        needed: f64,
        /// Bytes that can be had.
        available: f64,
        /// Predicted number of elementary operations.
        operations: f64,
    },
    /// The request would run for too long; nothing was started.
    #[error(
        "{what} needs {}; the limit is {limit:.0e}",
        work(*operations)
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
    } else if amount.is_finite() {
        format!("{amount:.1e}")
    } else {
        "more than 1e299".to_owned()
    }
}

/// Operations and the time that they take, as a person reads them.
fn work(operations: f64) -> String {
    if operations.is_finite() {
        let hours = operations * SECONDS_PER_OPERATION / 3600.0;
        format!("about {operations:.1e} operations, {hours:.1e} hours on one core")
    } else {
        // The largest double, in words.
        "more than 1e308 operations, 1e295 hours on one core".to_owned()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_prediction_is_infinite() {
        for operations in [1e3, f64::INFINITY] {
            let (what, limit) = ("a walk", 1e2);
            let refused = Error::Work {
                what,
                operations,
                limit,
            }
            .to_string();
            assert!(!refused.contains("inf"));
            let (needed, available) = (operations, 1.0);
            let refused = Error::Memory {
                what: what.into(),
                needed,
                available,
                operations,
            }
            .to_string();
            assert!(refused.contains(" hours on one core") && !refused.contains("inf"));
        }
    }
}
