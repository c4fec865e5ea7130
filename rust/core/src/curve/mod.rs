//! The information curve, as every route returns it.
//!
//! With `M_j` the mean of `H(X_S)` over the subsets of size `j`, the curve in its two forms is
//! `h_j = M_{j+1} - M_j` (mean entropy of a random masked token when `j` random others are
//! revealed; non-increasing by Han's inequality) and `Z_j = h_0 - h_{j-1}` (mean information
//! between them; Chen, Cong and Li, arXiv 2511.04647). The means arrive as unevaluated sums of
//! about 106 bits, so that these differences lose nothing to cancellation: what is left is the
//! rounding of single terms, which averages out over the subsets.

mod enumerate;
mod subsets;
#[cfg(test)]
mod tests;
mod totals;

pub use enumerate::{Estimator, coverage, support_operations, table_operations};
pub use subsets::{support_subset_entropies, table_subset_entropies};
pub use totals::{Totals, table_entropy};

use crate::sum::Sum;

/// Error of a difference of mean entropies, relative to the joint entropy or to one, whichever is
/// larger: that of single terms (`4e-16`, see [`kernel`](crate::kernel)) and as much again.
const ROUNDING: f64 = 8e-16;

/// The curve in its three forms, in nats.
#[derive(Debug, Clone, PartialEq)]
pub struct Curve {
    /// `M_0 .. M_n`.
    pub mean_entropies: Vec<f64>,
    /// `h_0 .. h_{n-1}`.
    pub conditional: Vec<f64>,
    /// `Z_1 .. Z_n`.
    pub information: Vec<f64>,
}

impl Curve {
    /// From the mean entropies `M_0 .. M_n`.
    ///
    /// Where two neighbours differ by less than the rounding of the entropies they come from, they
    /// are made equal: a plateau of the law is a plateau of the curve, and costs nothing.
    pub fn new(means: &[Sum]) -> Self {
        let steps: Vec<Sum> = means.windows(2).map(|pair| pair[1] - pair[0]).collect();
        let joint = (means[means.len() - 1] - means[0]).value();
        let rounding = ROUNDING * joint.max(1.0);
        let mut conditional = Vec::with_capacity(steps.len());
        let mut information = Vec::with_capacity(steps.len());
        let (mut first, mut level) = (Sum::ZERO, Sum::ZERO);
        for (j, &step) in steps.iter().enumerate() {
            if step.value().abs() <= rounding {
                level = Sum::ZERO;
            } else if j == 0 || (step - level).value().abs() > rounding {
                level = step;
            }
            if j == 0 {
                first = level;
            }
            conditional.push(level.value());
            information.push((first - level).value());
        }
        let mut mean_entropies: Vec<f64> = means.iter().map(|&m| entropy(m)).collect();
        mean_entropies[0] = 0.0;
        Self {
            mean_entropies,
            conditional,
            information,
        }
    }

    /// From `h_0 .. h_{n-1}` and `Z_1 .. Z_n` that a route found directly.
    pub fn direct(conditional: Vec<f64>, information: Vec<f64>) -> Self {
        let mut entropy = Sum::ZERO;
        let mut mean_entropies = vec![0.0];
        mean_entropies.extend(conditional.iter().map(|&h| {
            entropy.push(h);
            entropy.value()
        }));
        Self {
            mean_entropies,
            conditional,
            information,
        }
    }
}

/// An entropy as it is returned: a certain outcome has 0, and not the rounding error of `1 ln 1`.
fn entropy(sum: Sum) -> f64 {
    sum.value().max(0.0)
}
