//! What samplers put out, exactly: laws on tables that are small enough to enumerate.
//!
//! A sampler is a Markov chain on partial sequences: which tokens `A` are revealed, and with what
//! values `x_A`. A table over `q_1 .. q_n` has `prod (1 + q_i)` such states. A step that reveals the
//! tokens `D` goes from `(A, x_A)` to `(A + D, x_A x_D)` with the product of the conditional
//! marginals `prod_{i in D} mu(x_i | x_A)`.
//!
//! * [`marginals`] holds the marginals `mu(x_A)` that the conditionals are made of.
//! * [`mixture()`] is the law of random-order samplers, by steps of fixed sizes or by reveal levels.

pub mod marginals;
mod mixture;
mod spread;

use crate::error::{Error, Result};
pub use mixture::{Steps, mixture, require};

/// What the oracle answers where the revealed tokens have probability zero. A sampler gets there if
/// tokens that it draws in one step exclude each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Impossible {
    /// Every letter is equally likely.
    Uniform,
    /// Nothing: an error.
    Refuse,
}

impl Impossible {
    /// The error, if the sampler asks about what it refuses.
    fn refuse(met: bool) -> Result<()> {
        if met {
            let problem = "the sampler reveals tokens that have probability zero together, \
                and the oracle then has no answer; on_impossible='uniform' answers all the same";
            return Err(Error::invalid("on_impossible", problem));
        }
        Ok(())
    }
}
