//! What is refused before it starts.

use sysinfo::{MemoryRefreshKind, RefreshKind, System};

use crate::error::{Error, Result};

/// Terms of a walk that are accepted: about two days on two cores.
pub const MAX_TERMS: f64 = 1e15;

/// Requests below this many bytes are not compared with what is free: asking the operating system
/// takes longer than the request.
const UNCHECKED_BYTES: f64 = (1u64 << 28) as f64;

/// Refuses to go on if `bytes` of memory cannot be had, for what would take so many `operations`.
pub fn require_memory(what: &'static str, bytes: f64, operations: f64) -> Result<()> {
    if bytes < UNCHECKED_BYTES {
        return Ok(());
    }
    let memory = RefreshKind::nothing().with_memory(MemoryRefreshKind::nothing().with_ram());
    // Where the system does not tell, nothing can be refused.
    match System::new_with_specifics(memory).map(|system| system.available_memory() as f64) {
        Ok(available) if bytes > available => Err(Error::Memory {
            what,
            needed: bytes,
            available,
            operations,
        }),
        _ => Ok(()),
    }
}

/// Refuses to go on if the predicted `operations` are above `limit`.
pub fn require_work(what: &'static str, operations: f64, limit: f64) -> Result<()> {
    if operations > limit {
        return Err(Error::Work {
            what,
            operations,
            limit,
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_what_no_machine_has() {
        assert_eq!(require_memory("a table", 1e3, 1e3), Ok(()));
        let refused = require_memory("a table", 1e18, 1e20);
        assert!(matches!(refused, Err(Error::Memory { needed: 1e18, .. })));
        assert_eq!(require_work("a walk", 1.0, MAX_TERMS), Ok(()));
        assert!(require_work("a walk", 1e16, MAX_TERMS).is_err());
    }
}
