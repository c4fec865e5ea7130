//! Schedules of random counts: each token is revealed for itself.
//!
//! Ancestral samplers of masked diffusion models (MDLM, Sahoo et al., arXiv 2406.07524; SEDD, Lou et
//! al., arXiv 2310.16834) reveal each token by step `t` with probability `a_t`, the *level*, `0 =
//! a_0 < a_1 < .. < a_k = 1`. A token revealed in step `t` sees a binomial number of others, so
//!
//! ```text
//! E KL = sum_t n (a_t - a_{t-1}) B(a_{t-1}) - H,   B(a) = sum_m C(n-1, m) a^m (1-a)^(n-1-m) h_m
//! ```
//!
//! the left Riemann error of the Bernstein polynomial of the curve, since `n` times its integral is
//! `sum_j h_j`. The excess is what is paid above that.
//!
//! [`bernoulli_levels`] finds the best levels.

mod levels;
mod newton;
#[cfg(test)]
mod tests;

pub use levels::bernoulli_levels;

use crate::error::{Error, Result};
use crate::monitor::Monitor;
use crate::sum::Sum;

/// Weights, relative to the largest, that are left out.
const NEGLIGIBLE: f64 = 1e-25;

/// Mean of `values[M]` for binomial `M` of `values.len() - 1` trials with probability `a`.
///
/// From the mode outwards by ratios of neighbours, and divided by the sum: no logarithms, and nothing
/// cancels. `O(sqrt(n))`.
fn binomial_mean(values: &[f64], a: f64) -> f64 {
    let trials = values.len() - 1;
    if a <= 0.0 {
        return values[0];
    }
    if a >= 1.0 {
        return values[trials];
    }
    let mode = (((trials + 1) as f64 * a) as usize).min(trials);
    let odds = a / (1.0 - a);
    let mut total = 1.0;
    let mut sum = values[mode];
    let mut weight = 1.0;
    for m in mode..trials {
        weight *= (trials - m) as f64 / (m + 1) as f64 * odds;
        if weight < NEGLIGIBLE {
            break;
        }
        total += weight;
        sum += weight * values[m + 1];
    }
    weight = 1.0;
    for m in (1..=mode).rev() {
        weight *= m as f64 / ((trials - m + 1) as f64 * odds);
        if weight < NEGLIGIBLE {
            break;
        }
        total += weight;
        sum += weight * values[m - 1];
    }
    sum / total
}

/// Excess of a schedule of random counts, for losses `h`.
pub fn bernoulli_excess(h: &[f64], levels: &[f64], monitor: &Monitor) -> Result<f64> {
    check(h)?;
    let rising = levels.is_sorted_by(|a, b| a < b);
    if levels.len() < 2 || levels[0] != 0.0 || levels[levels.len() - 1] != 1.0 || !rising {
        let problem = "expected levels that rise from 0 to 1";
        return Err(Error::invalid("levels", problem));
    }
    let (relative, total) = above_last(h);
    let area = area(&relative, levels, monitor)?;
    Ok(h.len() as f64 * area - total)
}

/// Bernstein polynomial `B` of the losses `h` at some levels: what a token pays that is revealed there.
pub fn bernstein(h: &[f64], levels: &[f64], monitor: &Monitor) -> Result<Vec<f64>> {
    check(h)?;
    if !levels.iter().all(|level| (0.0..=1.0).contains(level)) {
        return Err(Error::invalid("levels", "expected numbers in 0..1"));
    }
    means(h, levels, monitor)
}

/// [`binomial_mean`] at every level.
fn means(values: &[f64], levels: &[f64], monitor: &Monitor) -> Result<Vec<f64>> {
    let mean = |&a: &f64| {
        monitor.check()?;
        Ok(binomial_mean(values, a))
    };
    levels.iter().map(mean).collect()
}

fn check(h: &[f64]) -> Result<()> {
    if h.is_empty() || h.iter().any(|loss| !loss.is_finite()) {
        return Err(Error::invalid(
            "losses",
            "expected finite numbers, at least one",
        ));
    }
    Ok(())
}

/// Losses above the last one, and their sum: what all tokens pay alike is never there to cancel.
fn above_last(h: &[f64]) -> (Vec<f64>, f64) {
    let last = h[h.len() - 1];
    let relative: Vec<f64> = h.iter().map(|loss| loss - last).collect();
    let total: Sum = relative.iter().copied().collect();
    (relative, total.value())
}

/// `sum_t (a_t - a_{t-1}) B(a_{t-1})`.
fn area(h: &[f64], levels: &[f64], monitor: &Monitor) -> Result<f64> {
    let mut sum = Sum::ZERO;
    for pair in levels.windows(2) {
        monitor.check()?;
        sum.push((pair[1] - pair[0]) * binomial_mean(h, pair[0]));
    }
    Ok(sum.value())
}
