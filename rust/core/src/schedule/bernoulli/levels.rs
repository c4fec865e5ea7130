//! The best levels.
//!
//! They are found on a grid of the unit interval, by the dynamic programming of schedules of fixed
//! sizes, with as many tokens as the grid has cells. Then [Newton's method](super::newton) leaves the
//! grid. It only ever takes steps that lower the excess, and starts from the levels in common use as
//! well, so that the result is no worse than any of these.

use super::super::losses::Losses;
use super::super::optimal::optimal_with_steps;
use super::newton::refine;
use super::{above_last, binomial_mean, check};
use crate::error::{Error, Result};
use crate::monitor::Monitor;
use crate::parallel;

/// Cells of the grid for each token, for each step, and at most.
const CELLS_A_TOKEN: usize = 8;
const CELLS_A_STEP: usize = 16;
const MOST_CELLS: usize = 1 << 18;
const LEAST_CELLS: usize = 1 << 10;

/// Most steps: past some thousands the last of them gain nothing.
pub(super) const MOST_STEPS: usize = 1 << 16;

/// Values that one task computes.
const CHUNK: usize = 256;

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
