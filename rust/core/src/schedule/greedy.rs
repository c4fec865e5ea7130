//! The longest steps that multipliers pay for.
//!
//! With multipliers `y` a step from `a` may reveal `s` tokens if `s - 1 <= y . loads(a + 1)`
//! ([`worst_case()`](super::worst_case())). A step that starts later may end later, so taking the
//! longest step each time gives the fewest steps. A step is as long as *any* of several multipliers
//! allow in a *bound*: the charge is linear in them, so no multipliers in their convex hull allow a
//! longer one.

use super::knowns::{PerFunctional, charge};
use crate::error::Result;
use crate::monitor::Monitor;

/// Relative rounding of what multipliers pay for: lengths are rounded down, and land on integers.
pub(super) const ROUNDING: f64 = 1e-12;

/// Steps between two looks at the monitor.
const CHECK_EVERY: usize = 1 << 14;

/// Where the longest step from `a` ends.
#[inline(always)]
fn reach(n: usize, a: usize, several: &[PerFunctional]) -> usize {
    let most = several
        .iter()
        .map(|multipliers| charge(multipliers, n as f64, (a + 1) as f64))
        .fold(0.0, f64::max);
    let left = (n - a - 1) as f64;
    a + 1 + (most * (1.0 + ROUNDING)).min(left) as usize
}

/// Number of longest steps, or `limit + 1` if there are more than `limit`.
pub(super) fn count(
    n: usize,
    several: &[PerFunctional],
    limit: usize,
    monitor: &Monitor,
) -> Result<usize> {
    let mut a = 0;
    let mut steps = 0;
    while a < n && steps <= limit {
        a = reach(n, a, several);
        steps += 1;
        if steps % CHECK_EVERY == 0 {
            monitor.check()?;
        }
    }
    Ok(steps)
}

/// Sizes of the longest steps.
pub(super) fn longest(
    n: usize,
    several: &[PerFunctional],
    sizes: &mut Vec<usize>,
    monitor: &Monitor,
) -> Result<()> {
    sizes.clear();
    let mut a = 0;
    while a < n {
        let b = reach(n, a, several);
        sizes.push(b - a);
        a = b;
        if sizes.len().is_multiple_of(CHECK_EVERY) {
            monitor.check()?;
        }
    }
    Ok(())
}
