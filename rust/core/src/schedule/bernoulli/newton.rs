//! Newton's method for levels: the matrix of second derivatives of the area is tridiagonal.
//!
//! With `A = sum_t (a_t - a_{t-1}) B(a_{t-1})`,
//!
//! ```text
//! dA/da_t = B(a_{t-1}) - B(a_t) + (a_{t+1} - a_t) B'(a_t)
//! d2A/da_t2 = -2 B'(a_t) + (a_{t+1} - a_t) B''(a_t),   d2A/da_t da_{t+1} = B'(a_t),
//! ```
//!
//! and the derivatives of a Bernstein polynomial are those of the differences of its coefficients.

use super::{area, means};
use crate::error::Result;
use crate::monitor::Monitor;

/// Steps after which little is left to gain.
const MAX_ITERATIONS: usize = 200;

/// Relative gain below which the method ends.
const NO_GAIN: f64 = 1e-13;

/// Dampings tried before the method ends.
const MAX_DAMPINGS: usize = 24;

/// Lowers the area by damped Newton steps, and returns it.
pub(super) fn refine(h: &[f64], levels: &mut Vec<f64>, monitor: &Monitor) -> Result<f64> {
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
        let inner = levels.len() - 2;
        if inner == 0 {
            break;
        }
        let b = means(h, levels, monitor)?;
        let d = means(&first, levels, monitor)?;
        let c = means(&second, levels, monitor)?;
        let gap = |t: usize| levels[t + 1] - levels[t];
        let mut gradient = vec![0.0; inner];
        let mut diagonal = vec![0.0; inner];
        let mut beside = vec![0.0; inner];
        for t in 1..=inner {
            gradient[t - 1] = b[t - 1] - b[t] + gap(t) * d[t];
            diagonal[t - 1] = -2.0 * d[t] + gap(t) * c[t];
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
