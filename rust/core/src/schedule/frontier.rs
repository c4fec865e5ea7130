//! The frontier, by one layer of dynamic programming for each step.
//!
//! `f_t(b) = min_{a < b} f_{t-1}(a) + (b - a) h_a` with `f_t(0) = 0` is the least cost of `b` tokens
//! in at most `t` steps.

use super::hull::Hull;
use super::losses::{Cost, Losses};
use super::sweep::sweep;
use crate::error::{Error, Result};
use crate::monitor::Monitor;

/// Tokens in all layers together, each some nanoseconds, above which a request is refused.
const WORK_LIMIT: f64 = 1e11;

/// The least excess with at most `k` steps, for `k = 1, .., max_steps`.
///
/// More than `1e11` tokens times steps are refused ([`Error::Work`]).
pub fn frontier(losses: &Losses, max_steps: usize, monitor: &Monitor) -> Result<Vec<f64>> {
    losses.check_steps("max_steps", max_steps)?;
    let n = losses.n();
    let operations = n as f64 * max_steps as f64;
    if operations > WORK_LIMIT {
        return Err(Error::Work {
            what: "the frontier",
            operations,
            limit: WORK_LIMIT,
        });
    }
    monitor.expect((n * (max_steps - 1)) as u64);
    let floor = losses.floor();
    let mut costs: Vec<Cost> = (0..=n as Cost).map(|b| b * floor[0]).collect();
    let mut hull = Hull::default();
    let mut values = vec![losses.value(costs[n] - losses.total())];
    while values.len() < max_steps {
        sweep(floor, &mut hull, monitor, |b, cost, _| {
            std::mem::replace(&mut costs[b], cost)
        })?;
        values.push(losses.value(costs[n] - losses.total()));
    }
    Ok(values)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reference::schedule as reference;
    use proptest::prelude::*;

    fn values_of(h: &[f64]) -> Vec<f64> {
        let losses = Losses::new(h, &Monitor::new()).unwrap();
        let monitor = Monitor::new();
        let values = frontier(&losses, h.len(), &monitor).unwrap();
        assert_eq!(monitor.fraction(), if h.len() > 1 { 1.0 } else { 0.0 });
        values
    }

    proptest! {
        #[test]
        fn agrees_with_all_last_steps(h in reference::any_curve(40)) {
            for (fast, naive) in values_of(&h).into_iter().zip(reference::frontier(&h)) {
                let close = (fast - naive).abs() <= 1e-12 * naive.abs() + 1e-12;
                prop_assert!(close, "{fast} {naive}");
            }
        }

        #[test]
        fn agrees_more_closely_on_monotone_losses(h in reference::monotone_curve(40)) {
            for (fast, naive) in values_of(&h).into_iter().zip(reference::frontier(&h)) {
                prop_assert!((fast - naive).abs() <= 1e-12 * naive + 1e-13, "{fast} {naive}");
            }
        }

        #[test]
        fn is_convex(
            h in prop_oneof![reference::tied_curve(40), reference::wild_curve(40)],
        ) {
            for f in [values_of(&h), reference::frontier(&h)] {
                for k in 2..f.len() {
                    prop_assert!(f[k - 2] + f[k] >= 2.0 * f[k - 1]);
                }
            }
        }
    }

    #[test]
    fn ends_at_the_sum_above_the_floor() {
        assert_eq!(values_of(&[3.0, 1.0, 1.0]), [4.0, 0.0, 0.0]);
        assert_eq!(values_of(&[1.0, 3.0, 0.0, 2.0]), [-2.0, -4.0, -4.0, -4.0]);
        assert_eq!(values_of(&[5.0]), [0.0]);
    }

    #[test]
    fn refuses_steps_and_work_out_of_range() {
        let monitor = Monitor::new();
        let losses = Losses::new(&[1.0; 400_000], &Monitor::new()).unwrap();
        for steps in [0, 400_001] {
            let problem = format!("is {steps}, expected 1..=400000");
            let expected = Err(Error::invalid("max_steps", problem));
            assert_eq!(frontier(&losses, steps, &monitor), expected);
        }
        let refused = frontier(&losses, 300_000, &monitor);
        assert!(matches!(
            refused,
            Err(Error::Work {
                operations: 1.2e11,
                ..
            })
        ));
        assert_eq!(frontier(&losses, 1, &monitor), Ok(vec![0.0]));
    }
}
