//! How the divergence varies over all ordered partitions into blocks of given sizes.
//!
//! * [`moments()`] has its mean, variance and extremes without a list of them.
//! * [`values`] lists the divergences of all.

mod list;
mod moments;
#[cfg(test)]
mod tests;

pub use list::values;
pub use moments::{Moments, moments, operations};

use crate::error::{Error, Result};
use crate::sum::binomials;

/// Number of ordered partitions into blocks of these sizes.
pub fn count(sizes: &[usize]) -> f64 {
    let mut known = 0;
    let choices = sizes.iter().map(|&size| {
        known += size;
        binomials(known)[size].value()
    });
    choices.product()
}

fn check(n: usize, sizes: &[usize]) -> Result<()> {
    let fits = |&size: &usize| (1..=n).contains(&size);
    if sizes.iter().all(fits) && sizes.iter().sum::<usize>() == n {
        return Ok(());
    }
    let problem = format!("are {sizes:?}, expected positive numbers that sum to {n}");
    Err(Error::invalid("sizes", problem))
}
