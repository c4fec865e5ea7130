//! Progress and cancellation: the one object that every long loop sees.
//!
//! A loop declares its work once ([`Monitor::expect`]), reports what it has done
//! ([`Monitor::advance`]) and asks now and then whether to go on ([`Monitor::check`]). Whoever
//! started it reads the fraction and may cancel from any thread.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

use crate::error::{Error, Result};

/// Entries that a plain loop handles between two looks at its monitor: far below a millisecond's
/// worth of waiting, far above what a look costs.
pub const CHECKED: usize = 1 << 16;

/// Shared between a running computation and the thread that waits for it.
#[derive(Debug, Default)]
pub struct Monitor {
    cancelled: AtomicBool,
    done: AtomicU64,
    expected: AtomicU64,
    #[cfg(test)]
    looks: AtomicU64,
    #[cfg(test)]
    last_look: Option<u64>,
}

impl Monitor {
    /// A monitor that nobody has cancelled.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds `units` to the work that lies ahead.
    pub fn expect(&self, units: u64) {
        self.expected.fetch_add(units, Relaxed);
    }

    /// Records `units` of work as done, and stops the caller if it was cancelled.
    pub fn advance(&self, units: u64) -> Result<()> {
        self.done.fetch_add(units, Relaxed);
        self.check()
    }

    /// `Err(Interrupted)` once [`cancel`](Self::cancel) was called.
    #[inline]
    pub fn check(&self) -> Result<()> {
        #[cfg(test)]
        if Some(self.looks.fetch_add(1, Relaxed)) == self.last_look {
            self.cancel();
        }
        if self.cancelled.load(Relaxed) {
            Err(Error::Interrupted)
        } else {
            Ok(())
        }
    }

    /// Asks every loop that sees this monitor to stop.
    pub fn cancel(&self) {
        self.cancelled.store(true, Relaxed);
    }

    /// Share of the expected work that is done, in `[0, 1]`; 0 while nothing is expected.
    pub fn fraction(&self) -> f64 {
        let expected = self.expected.load(Relaxed);
        if expected == 0 {
            return 0.0;
        }
        (self.done.load(Relaxed) as f64 / expected as f64).min(1.0)
    }
}

#[cfg(test)]
impl Monitor {
    /// A monitor that is cancelled while it is looked at for the `k`-th time, from 0.
    pub(crate) fn cancelled_at(k: u64) -> Self {
        Self {
            last_look: Some(k),
            ..Self::default()
        }
    }

    /// How often it was looked at.
    pub(crate) fn looks(&self) -> u64 {
        self.looks.load(Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports_and_cancels() {
        let monitor = Monitor::new();
        assert_eq!(monitor.fraction(), 0.0);
        monitor.expect(4);
        monitor.advance(1).unwrap();
        assert_eq!(monitor.fraction(), 0.25);
        monitor.cancel();
        assert_eq!(monitor.check(), Err(Error::Interrupted));
        assert_eq!(monitor.advance(1), Err(Error::Interrupted));
    }
}
