//! The recurrence that everything shares, as a sweep over a lower envelope.
//!
//! A step that starts after `a` tokens, reached at cost `c`, makes `b` tokens cost
//! `c + (b - a) h_a`: a line in `b` with slope `h_a`. The least cost of `b` tokens is the lower
//! envelope, at `b`, of the lines that start before it. The slopes never increase, so all of them
//! take `O(n)`.

use super::hull::{Hull, Line};
use super::losses::Cost;
use crate::error::Result;
use crate::monitor::Monitor;

/// Tokens between two looks at the monitor: less than a millisecond.
const CHECK_EVERY: usize = 1 << 14;

/// For `b = 1..=n` finds the least cost of `b` tokens and the start of its last step, and hands
/// both to `leave`, which returns the cost at which a next step may start from `b`. From 0 steps
/// start at no cost. `floor` holds the losses.
#[inline]
pub(super) fn sweep(
    floor: &[Cost],
    hull: &mut Hull,
    monitor: &Monitor,
    mut leave: impl FnMut(usize, Cost, u32) -> Cost,
) -> Result<()> {
    let n = floor.len();
    hull.reset(n);
    let mut start = 0;
    for (a, &slope) in floor.iter().enumerate() {
        hull.insert(Line {
            slope,
            intercept: start - slope * a as Cost,
            origin: a as u32,
        });
        let (cost, origin) = hull.lowest(a + 1);
        start = leave(a + 1, cost, origin);
        if (a + 1) % CHECK_EVERY == 0 {
            monitor.advance(CHECK_EVERY as u64)?;
        }
    }
    monitor.advance((n % CHECK_EVERY) as u64)
}

#[cfg(test)]
mod tests {
    use super::super::losses::Losses;
    use super::*;
    use crate::error::Error;
    use crate::monitor::Monitor;
    use crate::reference::schedule as reference;
    use proptest::prelude::*;

    /// Least cost, a price on every step included, of all numbers of tokens.
    fn priced(floor: &[Cost], price: Cost) -> Vec<Cost> {
        let mut costs = vec![0];
        let mut origins = vec![0];
        sweep(
            floor,
            &mut Hull::default(),
            &Monitor::new(),
            |b, cost, origin| {
                assert_eq!(b, costs.len());
                costs.push(cost + price);
                origins.push(origin as usize);
                cost + price
            },
        )
        .unwrap();
        for b in 1..costs.len() {
            let a = origins[b];
            assert_eq!(costs[b], costs[a] + (b - a) as Cost * floor[a] + price);
        }
        costs
    }

    fn naive(floor: &[Cost], price: Cost) -> Vec<Cost> {
        let mut costs = vec![0];
        for b in 1..=floor.len() {
            let step = |a: usize| costs[a] + (b - a) as Cost * floor[a] + price;
            costs.push((0..b).map(step).min().unwrap());
        }
        costs
    }

    proptest! {
        #[test]
        fn is_exact(
            h in prop_oneof![reference::monotone_curve(60), reference::any_curve(60)],
            share in 0.0..1.0f64,
            small in 0..4i128,
        ) {
            let losses = Losses::new(&h, &Monitor::new()).unwrap();
            let floor = losses.floor();
            let whole = losses.n() as Cost * (floor[0] - floor[floor.len() - 1]);
            for price in [small, (share.powi(8) * whole as f64) as Cost] {
                prop_assert_eq!(priced(floor, price), naive(floor, price));
            }
        }
    }

    #[test]
    fn stops_soon_after_it_was_cancelled() {
        let floor: Vec<Cost> = (0..10 * CHECK_EVERY as Cost).rev().collect();
        let monitor = Monitor::new();
        let mut last = 0;
        let result = sweep(&floor, &mut Hull::default(), &monitor, |b, cost, _| {
            if b == CHECK_EVERY + 1 {
                monitor.cancel();
            }
            last = b;
            cost
        });
        assert_eq!(result, Err(Error::Interrupted));
        assert_eq!(last, 2 * CHECK_EVERY);
    }
}
