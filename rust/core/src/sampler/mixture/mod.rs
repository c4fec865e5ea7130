//! The law that a random-order sampler puts out: the mixture over its random ordered partitions.
//!
//! What is revealed is random but does not depend on the values. Let `f_t(A, x_A)` be the
//! probability that after `t` steps exactly `A` is revealed, with values `x_A`. All partitions share
//! these states, and a step reveals `B \ A` with a probability of the two sizes alone:
//!
//! ```text
//! f_t(B, x_B) = sum_{A in B} w_t(|A|, |B|) f_{t-1}(A, x_A) prod_{i in B \ A} mu(x_i | x_A)
//! ```
//!
//! * [`states`]: steps of sizes `s_1, .., s_k`.
//! * [`levels`]: reveal levels `a_1 < .. < a_k = 1`.

mod classes;
mod levels;
mod states;
#[cfg(test)]
mod tests;

use self::states::States;
use super::Impossible;
use super::marginals::{Marginals, cells_by_size};
use super::spread::Moves;
use crate::error::{Error, Result};
use crate::kernel::kernel;
use crate::limits::{MAX_TERMS, require_memory, require_work};
use crate::monitor::Monitor;
use crate::partials::Partials;
use crate::sum::binomials;

/// Tasks that a step is cut into, at least, where there are as many states.
const TASKS: usize = 32;

/// Most tokens: masks, and binomials in doubles.
const MAX_TOKENS: usize = 30;

/// How many tokens a step reveals.
#[derive(Debug, Clone, Copy)]
pub enum Steps<'a> {
    /// So many, at random positions.
    Sizes(&'a [usize]),
    /// Each one independently, so that after step `t` it is revealed with this probability.
    Levels(&'a [f64]),
}

impl Steps<'_> {
    fn check(&self, n: usize) -> Result<()> {
        match *self {
            Self::Sizes(sizes) => {
                let fits = |&size: &usize| (1..=n).contains(&size);
                if sizes.iter().all(fits) && sizes.iter().sum::<usize>() == n {
                    return Ok(());
                }
                let problem = format!("are {sizes:?}, expected positive numbers that sum to {n}");
                Err(Error::invalid("sizes", problem))
            }
            Self::Levels(levels) => {
                let rising = levels.windows(2).all(|pair| pair[0] < pair[1]);
                if rising && levels.first() > Some(&0.0) && levels.last() == Some(&1.0) {
                    return Ok(());
                }
                let problem = format!("are {levels:?}, expected increasing levels in (0, 1] to 1");
                Err(Error::invalid("levels", problem))
            }
        }
    }
}

/// Refuses what is out of reach, or steps that do not fit the table; returns the predicted number of
/// products that [`mixture`] adds up.
pub fn require(shape: &[usize], steps: Steps<'_>) -> Result<f64> {
    let n = shape.len();
    if !(1..=MAX_TOKENS).contains(&n) {
        let problem = format!("has {n} tokens, expected 1..={MAX_TOKENS} for an exact law");
        return Err(Error::invalid("distribution", problem));
    }
    steps.check(n)?;
    let operations = operations(shape, steps);
    require_memory("the law of this sampler", bytes(shape, steps), operations)?;
    require_work("the law of this sampler", operations, MAX_TERMS)?;
    Ok(operations)
}

fn operations(shape: &[usize], steps: Steps<'_>) -> f64 {
    match steps {
        Steps::Sizes(sizes) => {
            let cells = cells_by_size(shape);
            let mut known = 0;
            let moves = sizes.iter().map(|&size| {
                known += size;
                cells[known] * binomials(known)[size].value()
            });
            moves.sum()
        }
        Steps::Levels(levels) => {
            let pairs = |each: f64| {
                let pairs = shape.iter().map(|&q| each + 2.0 * q as f64);
                pairs.product::<f64>()
            };
            // The first step starts from one state.
            pairs(1.0) * levels.len().saturating_sub(2) as f64 + pairs(0.0)
        }
    }
}

/// Bytes that [`mixture`] holds beside the table, about: marginals, and the states of its steps.
fn bytes(shape: &[usize], steps: Steps<'_>) -> f64 {
    let cells = cells_by_size(shape);
    match steps {
        Steps::Sizes(sizes) => {
            let wanted = wanted(shape.len(), sizes);
            let marginals = cells.iter().zip(wanted).filter(|(_, wanted)| *wanted);
            let marginals: f64 = marginals.map(|(cells, _)| cells).sum();
            let (mut known, mut states) = (0, 0f64);
            for &size in sizes {
                states = states.max(cells[known] + cells[known + size]);
                known += size;
            }
            let partial = TASKS as f64 * cells[shape.len()];
            8.0 * (marginals + states + partial)
        }
        // Marginals, and the states before a step and after it.
        Steps::Levels(_) => 3.0 * 8.0 * Partials::predicted(shape),
    }
}

/// Sizes of the subsets whose marginals steps of these sizes ask for.
fn wanted(n: usize, sizes: &[usize]) -> Vec<bool> {
    let mut wanted = vec![false; n + 1];
    let mut known = 0;
    for &size in sizes {
        wanted[known] = true;
        wanted[known + 1] = true;
        known += size;
    }
    wanted
}

/// The law of the random-order sampler on the normalised `table`, in the order of its cells.
///
/// # Errors
/// If the steps do not fit the table, work or memory are out of reach, or the sampler meets evidence
/// of probability zero and `impossible` refuses it.
pub fn mixture(
    table: &[f64],
    shape: &[usize],
    steps: Steps<'_>,
    impossible: Impossible,
    monitor: &Monitor,
) -> Result<Vec<f64>> {
    require(shape, steps)?;
    let n = shape.len();
    if table.len() != shape.iter().product::<usize>() {
        let problem = format!("has {} cells, expected those of {shape:?}", table.len());
        return Err(Error::invalid("pmf", problem));
    }
    let sizes = match steps {
        Steps::Sizes(sizes) => sizes,
        Steps::Levels(levels) => return levels::law(table, shape, levels, impossible, monitor),
    };
    let marginals = Marginals::new(table, shape, &wanted(n, sizes), monitor)?;
    let states = States {
        moves: Moves {
            kernel: kernel(),
            marginals: &marginals,
            impossible,
        },
        monitor,
        n,
    };
    states.sizes(sizes)
}
