//! Ordered partitions: what one fixed order of revealing costs, the best of all orders, and how
//! random ones vary.
//!
//! A sampler that reveals the blocks `S_1, .., S_k` of an ordered partition, each token drawn from
//! its own law given the blocks before, pays, with `A_t = S_1 + .. + S_t`,
//!
//! ```text
//! KL = sum_t sum_{i in S_t} H(X_i | X_{A_{t-1}}) - H(X) = sum_t w(A_{t-1}, A_t),
//! w(A, B) = sum_{i in B \ A} (H(A + i) - H(A)) - (H(B) - H(A)),
//! ```
//!
//! the conditional total correlation of each block given what was known before it: a function of the
//! `2^n` subset entropies alone (Chen, Cong and Li, arXiv 2511.04647). Ordered partitions are the
//! chains of subsets from nothing to everything, so that the best one, and the moments over random
//! ones of given sizes, are dynamic programs over pairs of subsets.
//!
//! * [`planned()`] finds the best chain of every length in one sweep over the `3^n` pairs.
//! * [`random`] has the mean, variance and extremes over all ordered partitions of given sizes, and
//!   lists their divergences.
//!
//! A subset is a bit mask, token `i` is bit `i`, and entry `S` of the entropies is `H(X_S)` in nats.

mod planned;
pub mod random;

pub use planned::{Planned, operations, planned, require};

use crate::error::{Error, Result};
use crate::subset::tokens;
use crate::sum::Sum;

/// Error of one entropy, relative to the joint entropy or to one, whichever is larger.
const ROUNDING: f64 = 4e-16;

/// Most tokens: masks, and sums of pairs, stay far from the limits of their types.
const MAX_TOKENS: usize = 30;

/// The entropies of all subsets of `n` tokens.
#[derive(Clone, Copy)]
pub struct SubsetEntropies<'a> {
    values: &'a [f64],
    n: usize,
}

impl<'a> SubsetEntropies<'a> {
    /// From `2^n` values by mask.
    ///
    /// # Errors
    /// If their number is no such power, or one is not finite.
    pub fn new(values: &'a [f64]) -> Result<Self> {
        let n = values.len().max(1).ilog2() as usize;
        if !values.len().is_power_of_two() || !(1..=MAX_TOKENS).contains(&n) {
            let problem = format!(
                "has {} entries, expected 2^n for 1..={MAX_TOKENS} tokens",
                values.len()
            );
            return Err(Error::invalid("entropies", problem));
        }
        match values.iter().position(|x| !x.is_finite()) {
            Some(subset) => Err(Error::invalid(
                "entropies",
                format!("entry {subset} is {}, expected nats", values[subset]),
            )),
            None => Ok(Self { values, n }),
        }
    }

    /// Number of tokens.
    pub fn n(&self) -> usize {
        self.n
    }

    /// The mask of all tokens.
    fn everything(&self) -> usize {
        self.values.len() - 1
    }

    /// `H(X_i | X_A)` for `i` outside `A`.
    #[inline(always)]
    fn gain(&self, a: usize, i: usize) -> f64 {
        self.values[a | 1 << i] - self.values[a]
    }

    /// `sum_{i in D} H(X_i | X_A)` for `D` outside `A`.
    #[inline(always)]
    fn gains(&self, a: usize, d: usize) -> f64 {
        tokens(d).map(|i| self.gain(a, i)).sum()
    }

    /// `w(A, B)` for `A` within `B`, in nats; what is below the rounding of the entropies is nothing.
    pub fn cost(&self, a: usize, b: usize) -> f64 {
        let d = b & !a;
        let mut cost = Sum::from(self.values[a]) - Sum::from(self.values[b]);
        for i in tokens(d) {
            cost = cost + (Sum::from(self.values[a | 1 << i]) - Sum::from(self.values[a]));
        }
        let rounding = ROUNDING * self.values[self.everything()].max(1.0);
        let cost = cost.value();
        if cost <= rounding * (2 + 2 * d.count_ones()) as f64 {
            0.0
        } else {
            cost
        }
    }

    /// Divergence of the ordered partition into these blocks, in nats.
    pub fn kl(&self, blocks: &[usize]) -> f64 {
        let mut known = 0;
        let mut sum = Sum::ZERO;
        for block in blocks {
            sum.push(self.cost(known, known | block));
            known |= block;
        }
        sum.value()
    }
}
