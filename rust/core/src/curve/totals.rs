//! `H`, `TC` and `DTC` without the lattice.

use super::entropy;
use crate::error::Result;
use crate::kernel::kernel;
use crate::monitor::Monitor;
use crate::sum::Sum;
use crate::support::Support;
use crate::table::{self, Entropies};

/// `H`, `TC` and `DTC` in nats, without the lattice.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Totals {
    /// `H(X)`.
    pub entropy: f64,
    /// `sum_i H(X_i) - H(X)`.
    pub total_correlation: f64,
    /// `sum_i H(X_rest(i)) - (n - 1) H(X)`.
    pub dual_total_correlation: f64,
}

impl Totals {
    fn new(joint: Sum, single: Sum, leave_one_out: Sum, n: usize) -> Self {
        Self {
            entropy: entropy(joint),
            total_correlation: (single - joint).value().max(0.0),
            dual_total_correlation: (leave_one_out - joint * (n as f64 - 1.0)).value().max(0.0),
        }
    }

    /// Of a normalised dense table; `O(n |table|)`.
    ///
    /// # Errors
    /// When interrupted.
    pub fn of_table(cells: &[f64], shape: &[usize], monitor: &Monitor) -> Result<Self> {
        let entropies = Entropies::new(cells, shape, monitor)?;
        let single = entropies.single.iter().copied().sum();
        let leave_one_out = entropies.leave_one_out.iter().copied().sum();
        Ok(Self::new(
            entropies.joint,
            single,
            leave_one_out,
            shape.len(),
        ))
    }

    /// Plug-in values of weighted atoms; `O(n^2 atoms)`.
    ///
    /// # Errors
    /// When interrupted.
    pub fn of_support(support: &Support, monitor: &Monitor) -> Result<Self> {
        let support = support.clone().normalised();
        let marginal = |kept: &dyn Fn(usize) -> bool| -> Result<Sum> {
            Ok(-(kernel().x_ln_x.sum)(&support.marginal(kept, monitor)?))
        };
        let joint = marginal(&|_| true)?;
        let (mut single, mut leave_one_out) = (Sum::ZERO, joint * support.constant() as f64);
        for &i in support.coordinates() {
            single = single + marginal(&|k| k == i)?;
            leave_one_out = leave_one_out + marginal(&|k| k != i)?;
        }
        Ok(Self::new(joint, single, leave_one_out, support.n()))
    }
}

/// `H(X)` of a normalised dense table, in nats.
///
/// # Errors
/// When interrupted.
pub fn table_entropy(cells: &[f64], monitor: &Monitor) -> Result<f64> {
    Ok(entropy(table::joint(cells, monitor)?))
}
