//! What samplers put out that choose positions by what they have seen.
//!
//! In each call a *policy* looks at the marginals of the masked tokens and reveals some of them, each
//! drawn from its own marginal.
//!
//! * [`Rule`]: the tokens are a function of the marginals. What is revealed so far then determines
//!   what is revealed next: every sequence has one path, and the states `(A, x_A)` that are reached
//!   form a tree. A state owns the cells of the table that agree with it. The states after so many
//!   calls own disjoint cells, so that all their marginals take one pass over the table:
//!   `O(n |table|)` in all (`tree`), against the `prod (1 + q_i)` states that there could be.
//! * [`RandomRule`]: they depend on chance, too. States are then reached along many paths, and each
//!   is gone on from once, with all that it may reveal (`lattice`).

mod draws;
mod entropy_sum;
mod lattice;
mod random;
mod rule;
mod sampled_top;
#[cfg(test)]
mod tests;
mod tree;

pub use draws::Draws;
pub use random::RandomRule;
pub use rule::{Rule, Score};

use crate::error::Result;
use crate::monitor::Monitor;

/// Which tokens are revealed.
#[derive(Debug, Clone, PartialEq)]
pub enum Policy {
    /// A function of the marginals.
    Deterministic(Rule),
    /// A function of the marginals and of chance.
    Random(RandomRule),
}

/// What a sampler puts out.
#[derive(Debug, Clone, PartialEq)]
pub struct Law {
    /// Probability of every sequence, in C order.
    pub pmf: Vec<f64>,
    /// Probability of so many calls, `0..=n`.
    pub calls: Vec<f64>,
}

/// Refuses what is out of reach, or a policy that does not fit the table; returns the predicted
/// number of elementary operations of [`law`].
pub fn require(shape: &[usize], policy: &Policy) -> Result<f64> {
    match policy {
        Policy::Deterministic(rule) => tree::require(shape, rule),
        Policy::Random(rule) => lattice::require(shape, rule),
    }
}

/// The law of a `policy` that asks the normalised `table` with alphabet sizes `shape`.
///
/// # Errors
/// If the policy does not fit the table, work or memory are out of reach, or the sampler meets evidence
/// of probability zero and may not.
pub fn law(
    table: &[f64],
    shape: &[usize],
    policy: &Policy,
    draws: &Draws,
    monitor: &Monitor,
) -> Result<Law> {
    draws.check()?;
    require(shape, policy)?;
    match policy {
        Policy::Deterministic(rule) => tree::law(table, shape, rule, draws, monitor),
        Policy::Random(rule) => lattice::law(table, shape, rule, draws, monitor),
    }
}
