//! Steps of a few tokens, by the local slope of the curve.
//!
//! Where the curve grows by `d` nats a token, steps of `s` tokens pay `d (s - 1) / 2` a token and,
//! at a price `p` a step, `p / s`. The best integer is `s` while `2p / (s (s+1)) <= d <= 2p / (s
//! (s-1))` (Lavenant, Zanella, arXiv 2510.25544, for a bounded number of tokens per step). Here a
//! step is no longer than the best integer anywhere inside it, so that no step runs over a cliff
//! behind a plateau. The price is the least for which there are few enough steps: a step that starts
//! later may end later, so taking the longest each time gives the fewest.

use super::greedy::ROUNDING;
use crate::error::{Error, Result};
use crate::monitor::{CHECKED, Monitor};

/// Halvings of the logarithm of the price, after which the bracket is rounding.
const HALVINGS: usize = 70;

/// Sizes of at most `steps` steps for a curve that grows by `increments[l - 1]` from `l` to `l + 1`;
/// negative ones count as 0.
pub fn integer_steps(increments: &[f64], steps: usize, monitor: &Monitor) -> Result<Vec<usize>> {
    let n = increments.len() + 1;
    if steps == 0 || steps > n {
        return Err(Error::invalid(
            "steps",
            format!("is {steps}, expected 1..{n}"),
        ));
    }
    if let Some(wrong) = increments.iter().find(|d| !d.is_finite()) {
        return Err(Error::invalid("curve", format!("grows by {wrong}")));
    }
    let positive = || increments.iter().copied().filter(|&d| d > 0.0);
    let free = walk(increments, 0.0, monitor)?;
    if free.len() <= steps {
        return Ok(free);
    }
    // Below the least increment all steps over increments are of one token; at the largest times
    // n^2, in two factors, all are of n.
    let mut low = positive().fold(f64::INFINITY, f64::min).ln() - 1.0;
    let mut high = positive().fold(0.0, f64::max).ln() + 2.0 * (n as f64).ln() + 1.0;
    let mut best = vec![n];
    monitor.expect((HALVINGS * n) as u64);
    for _ in 0..HALVINGS {
        let middle = low + (high - low) / 2.0;
        let sizes = walk(increments, middle.exp(), monitor)?;
        monitor.advance(n as u64)?;
        if sizes.len() <= steps {
            high = middle;
            best = sizes;
        } else {
            low = middle;
        }
    }
    Ok(best)
}

/// The best integer for an increment at a price.
fn best_integer(price: f64, increment: f64) -> f64 {
    if increment <= 0.0 {
        return f64::INFINITY;
    }
    let ratio = price / increment;
    ((1.0 + (1.0 + 8.0 * ratio).sqrt()) / 2.0 * (1.0 + ROUNDING)).floor()
}

/// The longest steps at a price.
fn walk(increments: &[f64], price: f64, monitor: &Monitor) -> Result<Vec<usize>> {
    let mut sizes = Vec::new();
    let mut size = 1;
    let mut most = f64::INFINITY;
    for part in increments.chunks(CHECKED) {
        monitor.check()?;
        for &increment in part {
            // Whether the step of `size` tokens that ends here may take one more.
            most = most.min(best_integer(price, increment));
            if (size + 1) as f64 <= most {
                size += 1;
            } else {
                sizes.push(size);
                (size, most) = (1, f64::INFINITY);
            }
        }
    }
    sizes.push(size);
    Ok(sizes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reference::schedule as reference;
    use proptest::prelude::*;

    /// Whether a step over these increments is allowed, by the two inequalities.
    fn allowed(inside: &[f64], price: f64) -> bool {
        let s = (inside.len() + 1) as f64;
        inside
            .iter()
            .all(|d| *d * s * (s - 1.0) <= 2.0 * price * (1.0 + 1e-9))
    }

    proptest! {
        #[test]
        fn steps_are_as_long_as_allowed(h in reference::monotone_curve(12), price in 0.01..50.0f64) {
            let d: Vec<f64> = h.windows(2).map(|pair| pair[0] - pair[1]).collect();
            let mut a = 0;
            for size in walk(&d, price, &Monitor::new()).unwrap() {
                prop_assert!(allowed(&d[a..a + size - 1], price));
                if a + size < h.len() {
                    prop_assert!(!allowed(&d[a..a + size], price * (1.0 - 1e-8)));
                }
                a += size;
            }
            prop_assert_eq!(a, h.len());
        }

        #[test]
        fn no_more_steps_than_asked_for(h in reference::any_curve(30)) {
            let d: Vec<f64> = h.windows(2).map(|pair| pair[0] - pair[1]).collect();
            for steps in 1..=h.len() {
                let sizes = integer_steps(&d, steps, &Monitor::new()).unwrap();
                prop_assert!(sizes.len() <= steps);
                prop_assert_eq!(sizes.iter().sum::<usize>(), h.len());
            }
        }
    }

    #[test]
    fn cliffs_cost_nothing() {
        let mut d = [0.0; 20];
        (d[4], d[11]) = (3.0, 1.0);
        let sizes = integer_steps(&d, 3, &Monitor::new()).unwrap();
        assert_eq!(sizes, [5, 7, 9]);
        // At a price at which the smaller cliff allows 13 tokens, the larger allows 8.
        assert_eq!(integer_steps(&d, 2, &Monitor::new()).unwrap(), [8, 13]);
        assert!(integer_steps(&d, 0, &Monitor::new()).is_err());
        assert!(integer_steps(&[f64::NAN], 1, &Monitor::new()).is_err());
    }
}
