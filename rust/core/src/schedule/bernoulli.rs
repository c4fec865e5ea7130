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
//! The best levels are found on a grid of the unit interval, by the dynamic programming of
//! schedules of fixed sizes, with as many tokens as the grid has cells. Then Newton's method, for a
//! tridiagonal matrix of second derivatives, leaves the grid. It only ever takes steps that lower
//! the excess, and starts from the levels in common use as well, so that the result is no worse than
//! any of these.

use super::losses::Losses;
use super::optimal::optimal_with_steps;
use crate::error::{Error, Result};
use crate::monitor::Monitor;
use crate::parallel;
use crate::sum::Sum;

/// Weights, relative to the largest, that are left out.
const NEGLIGIBLE: f64 = 1e-25;

/// Cells of the grid for each token, for each step, and at most.
const CELLS_A_TOKEN: usize = 8;
const CELLS_A_STEP: usize = 16;
const MOST_CELLS: usize = 1 << 18;
const LEAST_CELLS: usize = 1 << 10;

/// Most steps: past some thousands the last of them gain nothing.
const MOST_STEPS: usize = 1 << 16;

/// Values that one task computes.
const CHUNK: usize = 256;

/// Steps of Newton's method, after which little is left to gain.
const MAX_ITERATIONS: usize = 200;

/// Relative gain below which Newton's method ends.
const NO_GAIN: f64 = 1e-13;

/// Dampings tried before Newton's method ends.
const MAX_DAMPINGS: usize = 24;

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
pub fn bernoulli_excess(h: &[f64], levels: &[f64]) -> Result<f64> {
    check(h)?;
    let rising = levels.is_sorted_by(|a, b| a < b);
    if levels.len() < 2 || levels[0] != 0.0 || levels[levels.len() - 1] != 1.0 || !rising {
        let problem = "expected levels that rise from 0 to 1";
        return Err(Error::invalid("levels", problem));
    }
    let (relative, total) = above_last(h);
    let area = area(&relative, levels, &Monitor::new())?;
    Ok(h.len() as f64 * area - total)
}

/// Bernstein polynomial `B` of the losses `h` at some levels: what a token pays that is revealed there.
pub fn bernstein(h: &[f64], levels: &[f64]) -> Result<Vec<f64>> {
    check(h)?;
    if !levels.iter().all(|level| (0.0..=1.0).contains(level)) {
        return Err(Error::invalid("levels", "expected numbers in 0..1"));
    }
    Ok(levels.iter().map(|&a| binomial_mean(h, a)).collect())
}

/// Levels of at most `steps` steps with the least excess that is found.
pub fn bernoulli_levels(h: &[f64], steps: usize, monitor: &Monitor) -> Result<Vec<f64>> {
    check(h)?;
    if steps == 0 || steps > MOST_STEPS {
        let problem = format!("is {steps}, expected 1..{MOST_STEPS}");
        return Err(Error::invalid("steps", problem));
    }
    let (relative, _) = above_last(h);
    let cells = (CELLS_A_TOKEN * h.len())
        .clamp(LEAST_CELLS, MOST_CELLS)
        .max(CELLS_A_STEP * steps);
    let tasks = cells.div_ceil(CHUNK);
    monitor.expect(2 * tasks as u64);
    let chunks = parallel::map(tasks, |task| {
        let here = task * CHUNK..((task + 1) * CHUNK).min(cells);
        let mean = |i: usize| binomial_mean(&relative, i as f64 / cells as f64);
        let values: Vec<f64> = here.map(mean).collect();
        monitor.advance(1)?;
        Ok(values)
    })?;
    let grid = Losses::new(&chunks.concat(), monitor)?;
    let mut best = vec![0.0];
    for size in optimal_with_steps(&grid, steps, monitor)? {
        best.push(best[best.len() - 1] + size as f64 / cells as f64);
    }
    *best.last_mut().expect("there is a step") = 1.0;
    let mut least = refine(&relative, &mut best, monitor)?;
    let time = |t: usize| t as f64 / steps as f64;
    let common: [&dyn Fn(f64) -> f64; 3] =
        [&|t| t, &|t| (std::f64::consts::FRAC_PI_2 * t).sin(), &|t| {
            1.0 - (std::f64::consts::FRAC_PI_2 * t).cos()
        }];
    for rule in common {
        let mut levels: Vec<f64> = (0..=steps).map(|t| rule(time(t))).collect();
        levels[steps] = 1.0;
        if !levels.is_sorted_by(|a, b| a < b) {
            continue;
        }
        let found = refine(&relative, &mut levels, monitor)?;
        if found < least {
            (least, best) = (found, levels);
        }
    }
    Ok(best)
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

/// Lowers the area by damped Newton steps, and returns it.
fn refine(h: &[f64], levels: &mut Vec<f64>, monitor: &Monitor) -> Result<f64> {
    let differences = |values: &[f64]| -> Vec<f64> {
        let scale = (values.len() - 1) as f64;
        values
            .windows(2)
            .map(|pair| scale * (pair[1] - pair[0]))
            .collect()
    };
    let mut value = area(h, levels, monitor)?;
    if h.len() < 3 {
        return Ok(value);
    }
    let first = differences(h);
    let second = differences(&first);
    let mut damping = 0.0;
    for _ in 0..MAX_ITERATIONS {
        monitor.check()?;
        let inner = levels.len() - 2;
        let b: Vec<f64> = levels.iter().map(|&a| binomial_mean(h, a)).collect();
        let d: Vec<f64> = levels.iter().map(|&a| binomial_mean(&first, a)).collect();
        let gap = |t: usize| levels[t + 1] - levels[t];
        if inner == 0 {
            break;
        }
        let mut gradient = vec![0.0; inner];
        let mut diagonal = vec![0.0; inner];
        let mut beside = vec![0.0; inner];
        for t in 1..=inner {
            gradient[t - 1] = b[t - 1] - b[t] + gap(t) * d[t];
            diagonal[t - 1] = -2.0 * d[t] + gap(t) * binomial_mean(&second, levels[t]);
            beside[t - 1] = d[t];
        }
        let mut gained = 0.0;
        for _ in 0..MAX_DAMPINGS {
            let step = damped(&gradient, &diagonal, &beside, damping);
            let tried = step.map(|step| moved(levels, &step));
            if let Some(tried) = tried {
                let found = area(h, &tried, monitor)?;
                if found < value {
                    gained = value - found;
                    (value, *levels) = (found, tried);
                    damping /= 8.0;
                    break;
                }
            }
            damping = if damping == 0.0 { 1e-6 } else { damping * 8.0 };
        }
        if gained <= NO_GAIN * value.abs() {
            break;
        }
    }
    Ok(value)
}

/// The step `-(H + damping |H|)^-1 gradient` for a tridiagonal `H`; none where this is not positive
/// definite, so that the step would not lead downwards.
fn damped(gradient: &[f64], diagonal: &[f64], beside: &[f64], damping: f64) -> Option<Vec<f64>> {
    let n = gradient.len();
    let scale = |t: usize| {
        let before = if t > 0 { beside[t - 1].abs() } else { 0.0 };
        diagonal[t].abs() + before + beside[t].abs()
    };
    let floor = (0..n).map(scale).fold(0.0, f64::max) * 1e-12;
    let mut pivots = vec![0.0; n];
    let mut step = vec![0.0; n];
    for t in 0..n {
        pivots[t] = diagonal[t] + damping * (scale(t) + floor);
        step[t] = -gradient[t];
        if t > 0 {
            let factor = beside[t - 1] / pivots[t - 1];
            pivots[t] -= factor * beside[t - 1];
            step[t] -= factor * step[t - 1];
        }
        if pivots[t].is_nan() || pivots[t] <= 0.0 {
            return None;
        }
    }
    for t in (0..n).rev() {
        if t + 1 < n {
            step[t] -= beside[t] * step[t + 1];
        }
        step[t] /= pivots[t];
    }
    step.iter().all(|x| x.is_finite()).then_some(step)
}

/// Inner levels moved by a step, shortened so that no gap falls below a tenth.
fn moved(levels: &[f64], step: &[f64]) -> Vec<f64> {
    let inner = step.len();
    let shift = |t: usize| {
        if t == 0 || t > inner {
            0.0
        } else {
            step[t - 1]
        }
    };
    let share = (0..=inner)
        .map(|t| {
            let closing = shift(t) - shift(t + 1);
            let gap = levels[t + 1] - levels[t];
            if closing > 0.0 {
                0.9 * gap / closing
            } else {
                1.0
            }
        })
        .fold(1.0, f64::min);
    let mut tried: Vec<f64> = (0..levels.len())
        .map(|t| levels[t] + share * shift(t))
        .collect();
    // Where gaps are as small as rounding, levels that coincide are one.
    tried.dedup();
    tried
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reference::schedule as reference;
    use proptest::prelude::*;

    /// By the definition: binomials from products.
    fn naive_mean(h: &[f64], a: f64) -> f64 {
        let n = h.len();
        let mut choose = 1.0;
        let mut sum = 0.0;
        for (m, loss) in h.iter().enumerate() {
            sum += choose * a.powi(m as i32) * (1.0 - a).powi((n - 1 - m) as i32) * loss;
            choose = choose * (n - 1 - m) as f64 / (m + 1) as f64;
        }
        sum
    }

    fn naive_excess(h: &[f64], levels: &[f64]) -> f64 {
        let n = h.len() as f64;
        let steps = levels
            .windows(2)
            .map(|e| n * (e[1] - e[0]) * naive_mean(h, e[0]));
        steps.sum::<f64>() - h.iter().sum::<f64>()
    }

    fn some_levels(most: usize) -> impl Strategy<Value = Vec<f64>> {
        proptest::collection::vec(0.001..0.999f64, 0..most).prop_map(|mut inner| {
            inner.sort_by(f64::total_cmp);
            inner.dedup();
            [&[0.0], inner.as_slice(), &[1.0]].concat()
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn excess_is_as_defined(h in reference::any_curve(20), levels in some_levels(8)) {
            let scale = h.iter().fold(1e-3, |m: f64, x| m.max(x.abs())) * h.len() as f64;
            let found = bernoulli_excess(&h, &levels).unwrap();
            prop_assert!((found - naive_excess(&h, &levels)).abs() <= 1e-13 * scale);
            for (found, &a) in bernstein(&h, &levels).unwrap().iter().zip(&levels) {
                prop_assert!((found - naive_mean(&h, a)).abs() <= 1e-13 * scale);
            }
        }

        #[test]
        fn no_levels_are_better(
            h in reference::monotone_curve(12),
            others in proptest::collection::vec(some_levels(4), 30),
        ) {
            for steps in 1..5 {
                let best = bernoulli_levels(&h, steps, &Monitor::new()).unwrap();
                prop_assert!(best.len() <= steps + 1);
                let least = bernoulli_excess(&h, &best).unwrap();
                let slack = 1e-12 * (1.0 + h[0]) * h.len() as f64;
                for levels in others.iter().filter(|levels| levels.len() <= steps + 1) {
                    prop_assert!(least <= bernoulli_excess(&h, levels).unwrap() + slack);
                }
            }
        }
    }

    #[test]
    fn levels_are_stationary() {
        let h: Vec<f64> = (0..64).map(|j| f64::from(64 - j).ln()).collect();
        let levels = bernoulli_levels(&h, 7, &Monitor::new()).unwrap();
        assert_eq!(levels.len(), 8);
        let least = bernoulli_excess(&h, &levels).unwrap();
        for t in 1..7 {
            for shift in [-1e-4, 1e-4] {
                let mut near = levels.clone();
                near[t] += shift;
                assert!(bernoulli_excess(&h, &near).unwrap() > least);
            }
        }
    }

    #[test]
    fn what_cannot_be_is_refused() {
        for levels in [
            &[0.0][..],
            &[0.0, 0.5],
            &[0.1, 1.0],
            &[0.0, 0.6, 0.6, 1.0],
            &[0.0, f64::NAN, 1.0],
        ] {
            assert!(bernoulli_excess(&[1.0, 0.5], levels).is_err());
        }
        assert!(bernoulli_excess(&[], &[0.0, 1.0]).is_err());
        assert!(bernstein(&[], &[0.5]).is_err());
        for level in [-0.1, 1.1, f64::NAN] {
            assert!(bernstein(&[1.0, 0.5], &[level]).is_err());
        }
        assert!(bernoulli_levels(&[f64::NAN], 1, &Monitor::new()).is_err());
        for steps in [0, MOST_STEPS + 1] {
            assert!(bernoulli_levels(&[1.0], steps, &Monitor::new()).is_err());
        }
    }
}
