//! What is refused before it starts.

use std::borrow::Cow;
use std::fs;

use sysinfo::{MemoryRefreshKind, RefreshKind, System};

use crate::error::{Error, Result};

/// Terms of a walk that are accepted: about two days on two cores.
pub const MAX_TERMS: f64 = 1e15;

/// Requests below this many bytes are not compared with what is free: asking the operating system
/// takes longer than the request.
const UNCHECKED_BYTES: f64 = (1u64 << 28) as f64;

/// Refuses to go on if `bytes` of memory cannot be had, for what would take so many `operations`.
pub fn require_memory(
    what: impl Into<Cow<'static, str>>,
    bytes: f64,
    operations: f64,
) -> Result<()> {
    if bytes < UNCHECKED_BYTES {
        return Ok(());
    }
    match available() {
        Some(available) if bytes > available => Err(Error::Memory {
            what: what.into(),
            needed: bytes,
            available,
            operations,
        }),
        _ => Ok(()),
    }
}

/// Bytes that can be had: what the machine has free, or the process may still take if that is less.
/// Where the system does not tell, nothing can be refused.
fn available() -> Option<f64> {
    let memory = RefreshKind::nothing().with_memory(MemoryRefreshKind::nothing().with_ram());
    let free = System::new_with_specifics(memory).map(|system| system.available_memory() as f64);
    let left = fs::read_to_string("/proc/self/limits")
        .ok()
        .zip(fs::read_to_string("/proc/self/status").ok())
        .and_then(|(limits, status)| address_space_left(&limits, &status));
    match (free.ok(), left) {
        (Some(free), Some(left)) => Some(free.min(left)),
        (free, left) => free.or(left),
    }
}

/// Bytes of address space that a limited process (`ulimit -v`) may still take, as Linux tells in
/// `/proc/self/limits` and `/proc/self/status`; none if it is not limited.
fn address_space_left(limits: &str, status: &str) -> Option<f64> {
    let number = |text: &str, name: &str| -> Option<f64> {
        let line = text.lines().find_map(|line| line.strip_prefix(name))?;
        line.split_whitespace().next()?.parse().ok()
    };
    let limit = number(limits, "Max address space")?;
    let taken = 1024.0 * number(status, "VmSize:")?;
    Some((limit - taken).max(0.0))
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
    fn a_limited_process_has_less() {
        let limits = "Limit  Soft Limit  Hard Limit  Units\n\
                      Max address space         3072000000  unlimited  bytes\n";
        let status = "VmPeak:\t 2000 kB\nVmSize:\t  1000000 kB\n";
        assert_eq!(address_space_left(limits, status), Some(2_048_000_000.0));
        assert_eq!(
            address_space_left("Max address space 5 5 bytes", status),
            Some(0.0)
        );
        let unlimited = "Max address space         unlimited  unlimited  bytes\n";
        assert_eq!(address_space_left(unlimited, status), None);
        assert_eq!(address_space_left("", ""), None);
    }

    #[test]
    fn refuses_what_no_machine_has() {
        assert_eq!(require_memory("a table", 1e3, 1e3), Ok(()));
        let refused = require_memory("a table", 1e18, 1e20);
        assert!(matches!(refused, Err(Error::Memory { needed: 1e18, .. })));
        assert_eq!(require_work("a walk", 1.0, MAX_TERMS), Ok(()));
        assert!(require_work("a walk", 1e16, MAX_TERMS).is_err());
    }
}
