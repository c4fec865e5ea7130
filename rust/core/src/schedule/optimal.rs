//! The two questions: the best schedule of so many steps, and the fewest steps within a tolerance.
//!
//! Both ask for the first schedule of the frontier that is enough, by steps or by excess. Dynamic
//! programming over steps answers them (Chen, Cong, Li, arXiv 2511.04647); here the prices of
//! [`price`](super::price) bracket the answer on a linear piece of the frontier, and a splice of the
//! two ends is the answer.

use std::cmp::Ordering;

use super::goal::Goal;
use super::losses::{Cost, Losses};
use super::path::{Path, splice};
use super::price::{Found, bracket};
use crate::error::{Error, Result};
use crate::monitor::Monitor;

/// Sizes, in the order of time, of the schedule of least excess with at most `steps` steps; if the
/// losses never increase, with exactly `steps`.
pub fn optimal_with_steps(losses: &Losses, steps: usize, monitor: &Monitor) -> Result<Vec<usize>> {
    losses.check_steps("steps", steps)?;
    best(losses, Goal::Steps(steps), monitor)?.into_sizes(losses, monitor)
}

/// Sizes, in the order of time, of the schedule of fewest steps whose excess is at most
/// `max_excess`; among those, of one with the least excess.
///
/// The comparison has no hidden tolerance: it is made with the value that
/// [`Losses::schedule_excess`] gives, which is the exact excess rounded once.
pub fn optimal_with_tolerance(
    losses: &Losses,
    max_excess: f64,
    monitor: &Monitor,
) -> Result<Vec<usize>> {
    let goal = Goal::Excess(max_excess);
    let path = best(losses, goal, monitor)?;
    if goal.judge(losses, path.steps(), path.cost) == Ordering::Less {
        let least = losses.value(path.cost);
        let problem = format!("is {max_excess:?}, and the least that can be reached is {least:?}");
        return Err(Error::invalid("max_kl", problem));
    }
    path.into_sizes(losses, monitor)
}

/// The first schedule on the frontier that is enough, or the one of least excess if none is.
fn best(losses: &Losses, goal: Goal, monitor: &Monitor) -> Result<Path> {
    let (few, many) = match bracket(losses, goal, monitor)? {
        Found::Exactly(path) => return Ok(path),
        Found::Between(few, many) => (few, many),
    };
    let slope = (few.cost - many.cost) / (many.steps() - few.steps()) as Cost;
    let cost = |steps| few.cost - slope * (steps - few.steps()) as Cost;
    let (mut short, mut enough) = (few.steps(), many.steps());
    while enough - short > 1 {
        let middle = short.midpoint(enough);
        match goal.judge(losses, middle, cost(middle)) {
            Ordering::Less => short = middle,
            _ => enough = middle,
        }
    }
    if enough == many.steps() {
        return Ok(many);
    }
    let path = splice(losses, &few, &many, enough, monitor)?;
    debug_assert_eq!(path.cost, cost(enough));
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::super::frontier::frontier;
    use super::*;
    use crate::reference::schedule as reference;
    use proptest::prelude::*;
    use std::f64::consts::LN_2;

    fn losses(h: &[f64]) -> Losses {
        Losses::new(h, &Monitor::new()).unwrap()
    }

    fn with_steps(losses: &Losses, steps: usize) -> Vec<usize> {
        optimal_with_steps(losses, steps, &Monitor::new()).unwrap()
    }

    fn with_tolerance(losses: &Losses, max_excess: f64) -> Vec<usize> {
        optimal_with_tolerance(losses, max_excess, &Monitor::new()).unwrap()
    }

    /// The curve `high` for `a` tokens, then `low`.
    fn cliff(n: usize, a: usize, high: f64) -> Losses {
        losses(
            &(0..n)
                .map(|j| if j < a { high } else { 0.0 })
                .collect::<Vec<_>>(),
        )
    }

    fn permutation(n: usize) -> Losses {
        losses(&(0..n).map(|j| ((n - j) as f64).ln()).collect::<Vec<_>>())
    }

    #[test]
    fn cliffs_take_two_steps_at_any_tolerance() {
        for (curve, sizes) in [
            (cliff(256, 1, LN_2), [1, 255]),          // repeated bit
            (cliff(256, 255, LN_2), [255, 1]),        // parity
            (cliff(256, 32, 257f64.ln()), [32, 224]), // Reed-Solomon code
        ] {
            for tolerance in [0.0, 1e-300, 0.1, 0.5] {
                assert_eq!(with_tolerance(&curve, tolerance), sizes);
            }
            assert_eq!(with_steps(&curve, 2), sizes);
            assert_eq!(curve.schedule_excess(&sizes), Ok(0.0));
            let whole = curve.excess(0, 256);
            assert_eq!(with_tolerance(&curve, whole), [256]);
            assert_eq!(with_tolerance(&curve, whole.next_down()), sizes);
        }
    }

    #[test]
    fn a_product_is_free_in_any_number_of_steps() {
        let curve = losses(&[0.7; 20]);
        assert_eq!(with_tolerance(&curve, 0.0), [20]);
        for steps in 1..=20 {
            let sizes = with_steps(&curve, steps);
            assert_eq!(sizes.len(), steps);
            assert_eq!(curve.schedule_excess(&sizes), Ok(0.0));
        }
        assert_eq!(with_steps(&losses(&[3.0]), 1), [1]);
        assert_eq!(with_tolerance(&losses(&[3.0]), 0.0), [1]);
    }

    #[test]
    fn permutation_of_256() {
        let curve = permutation(256);
        for (tolerance, steps) in [(0.5, 175), (0.1, 233)] {
            let sizes = with_tolerance(&curve, tolerance);
            assert_eq!(sizes.len(), steps);
            assert!(curve.schedule_excess(&sizes).unwrap() <= tolerance);
            let fewer = with_steps(&curve, steps - 1);
            assert!(curve.schedule_excess(&fewer).unwrap() > tolerance);
        }
    }

    #[test]
    fn prices_and_layers_agree_on_long_curves() {
        let n = 3000;
        let smooth = |j: usize| 1.0 / (1.0 + 7.0 * j as f64 / n as f64);
        for h in [
            (0..n).map(smooth).collect::<Vec<_>>(),
            (0..n).map(|j| smooth(j).powi(40)).collect(),
            (0..n).map(|j| (-(j as f64)).exp()).collect(),
            (0..n)
                .map(|j| 2.0 - (j / 70 + j / 31) as f64 / n as f64)
                .collect(),
            (0..n).map(|j| ((n - j) as f64).ln()).collect(),
        ] {
            let curve = losses(&h);
            assert!(curve.is_monotone());
            let values = frontier(&curve, 60, &Monitor::new()).unwrap();
            for (k, &value) in (1..).zip(&values) {
                let sizes = with_steps(&curve, k);
                assert_eq!(sizes.len(), k);
                assert_eq!(curve.schedule_excess(&sizes), Ok(value));
                let first = 1 + values.iter().position(|&v| v <= value).unwrap();
                assert_eq!(with_tolerance(&curve, value).len(), first);
            }
        }
    }

    #[test]
    fn a_tolerance_out_of_reach_is_refused() {
        let monitor = Monitor::new();
        let says = |curve: &Losses, tolerance| {
            optimal_with_tolerance(curve, tolerance, &monitor)
                .unwrap_err()
                .to_string()
        };
        let falling = losses(&[2.0, 1.0, 0.0]);
        for (tolerance, shown) in [(-1e-300, "-1e-300"), (f64::NAN, "NaN")] {
            assert_eq!(
                says(&falling, tolerance),
                format!("max_kl: is {shown}, and the least that can be reached is 0.0")
            );
        }
        assert_eq!(with_tolerance(&falling, f64::INFINITY), [3]);
        // Best is all at once, which gains 3.
        let rising = losses(&[0.0, 1.0, 2.0]);
        assert_eq!(with_tolerance(&rising, -3.0), [3]);
        assert_eq!(
            says(&rising, -3.5),
            "max_kl: is -3.5, and the least that can be reached is -3.0"
        );
    }

    #[test]
    fn steps_out_of_range_are_refused() {
        for steps in [0, 4, usize::MAX] {
            let problem = format!("is {steps}, expected 1..=3");
            assert_eq!(
                optimal_with_steps(&losses(&[2.0, 1.0, 0.0]), steps, &Monitor::new()),
                Err(Error::invalid("steps", problem))
            );
        }
    }

    #[test]
    fn a_cancelled_search_stops() {
        let monitor = Monitor::new();
        monitor.cancel();
        let rough = losses(&[1.0, 3.0, 2.0, 0.0, 1.0]);
        for (curve, tolerance) in [(permutation(50), 0.5), (rough, -3.0)] {
            let steps = optimal_with_steps(&curve, 3, &monitor);
            assert_eq!(steps, Err(Error::Interrupted));
            let tolerance = optimal_with_tolerance(&curve, tolerance, &monitor);
            assert_eq!(tolerance, Err(Error::Interrupted));
            assert_eq!(frontier(&curve, 3, &monitor), Err(Error::Interrupted));
        }
    }

    #[test]
    fn extreme_magnitudes_are_searched_too() {
        for scale in [5e-324, 1e-300, 1e290] {
            let h: Vec<f64> = (0..50).map(|j| f64::from(50 - j) * scale).collect();
            let curve = losses(&h);
            let values = frontier(&curve, 50, &Monitor::new()).unwrap();
            for k in 1..=50 {
                let sizes = with_steps(&curve, k);
                assert_eq!(curve.schedule_excess(&sizes), Ok(values[k - 1]));
            }
        }
        // Costs that overflow a double are still compared exactly.
        let h: Vec<f64> = (0..9)
            .map(|j| f64::MAX * (1.0 - f64::from(j) / 4.0))
            .collect();
        assert_eq!(with_steps(&losses(&h), 3), [3, 3, 3]);
        let h: Vec<f64> = (0..9).map(|j| f64::MAX * [1.0, -1.0][j % 2]).collect();
        assert_eq!(with_steps(&losses(&h), 3), [1, 8]);
    }

    proptest! {
        // Differences of one unit or half of one beside a loss of 1: slopes of the frontier next to
        // each other.
        #[test]
        fn adjacent_prices_are_told_apart(tail in reference::tied_curve(40), half in 0..2) {
            let n = tail.len() + 1;
            let unit = 2f64.powi((n as f64).log2().ceil() as i32 - 119 - half);
            let mut h = vec![1.0];
            h.extend(tail.iter().map(|x| x * unit));
            let curve = losses(&h);
            let values = frontier(&curve, n, &Monitor::new()).unwrap();
            for steps in 1..=n {
                let excess = curve.schedule_excess(&with_steps(&curve, steps));
                prop_assert_eq!(excess, Ok(values[steps - 1]));
            }
        }

        #[test]
        fn exactly_so_many_steps_of_monotone_losses(h in reference::monotone_curve(40)) {
            let curve = losses(&h);
            for (steps, best) in (1..).zip(reference::frontier(&h)) {
                let sizes = with_steps(&curve, steps);
                prop_assert_eq!(sizes.len(), steps);
                let excess = curve.schedule_excess(&sizes).unwrap();
                prop_assert!((excess - best).abs() <= 1e-12 * best + 1e-13, "{excess} {best}");
            }
        }

        #[test]
        fn at_most_so_many_steps_of_any_losses(h in reference::any_curve(30)) {
            let curve = losses(&h);
            for (steps, best) in (1..).zip(reference::frontier(&h)) {
                let sizes = with_steps(&curve, steps);
                prop_assert!(sizes.len() <= steps);
                let excess = curve.schedule_excess(&sizes).unwrap();
                prop_assert!((excess - best).abs() <= 1e-12 * best.abs() + 1e-12, "{excess} {best}");
            }
        }

        #[test]
        fn nothing_in_the_full_enumeration_is_better(
            h in prop_oneof![reference::tied_curve(10), reference::any_curve(10)],
        ) {
            let curve = losses(&h);
            for steps in 1..=h.len() {
                let best = reference::schedules(h.len())
                    .filter(|sizes| sizes.len() <= steps)
                    .map(|sizes| curve.schedule_excess(&sizes).unwrap())
                    .fold(f64::INFINITY, f64::min);
                let excess = curve.schedule_excess(&with_steps(&curve, steps));
                prop_assert_eq!(excess, Ok(best));
            }
        }

        #[test]
        fn a_tolerance_is_met_in_the_fewest_steps(
            h in prop_oneof![reference::monotone_curve(30), reference::any_curve(30)],
        ) {
            let curve = losses(&h);
            let values = frontier(&curve, h.len(), &Monitor::new()).unwrap();
            let least = values[h.len() - 1];
            for pair in values.windows(2) {
                for tolerance in [pair[0], pair[0].midpoint(pair[1]), pair[1].next_down()] {
                    if tolerance < least {
                        let refused = optimal_with_tolerance(&curve, tolerance, &Monitor::new());
                        prop_assert!(refused.is_err());
                        continue;
                    }
                    let first = values.iter().position(|&v| v <= tolerance).unwrap();
                    let sizes = with_tolerance(&curve, tolerance);
                    prop_assert_eq!(sizes.len(), first + 1);
                    prop_assert_eq!(curve.schedule_excess(&sizes), Ok(values[first]));
                }
            }
        }
    }
}
