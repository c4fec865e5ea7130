//! The states that a policy with random choices reaches, and the law at their end.
//!
//! States `(A, x_A)` are reached along many paths, and kept with the probability of each number of
//! calls that they may have taken. A call only adds tokens: states are gone on from in order of
//! their size, each once. What they may reveal is added up in the order of the states that it comes
//! from, whatever the number of threads: found in parallel by states, and added in parallel by blocks
//! of the numbers that [`Partials`] gives to states.

use std::borrow::Cow;

use rayon::prelude::*;

use super::Law;
use super::draws::Draws;
use super::random::{Asked, Branches, RandomRule};
use crate::error::Result;
use crate::limits::{MAX_TERMS, require_memory, require_work};
use crate::monitor::Monitor;
use crate::parallel;
use crate::partials::Partials;
use crate::sampler::marginals::cells_by_size;
use crate::subset::tokens;
use crate::sum::Sum;

/// Outcomes that are found before they are added up, about, unless a state has more; and those of a
/// task.
const BATCH: f64 = (1u64 << 20) as f64;
const TASK: f64 = BATCH / 64.0;

/// Blocks of numbers, about: tasks of adding up.
const BLOCKS: usize = 64;

/// Elementary operations that a state takes, and an outcome beside one for each number of calls: about.
const STATE: f64 = 800.0;
const OUTCOME: f64 = 8.0;

/// Something that a call may reveal.
struct Outcome {
    /// Number of the state after it, within its block.
    place: u32,
    /// State before it, within the batch.
    source: u32,
    probability: f64,
}

/// Refuses what is out of reach, or a rule that does not fit; returns the predicted number of elementary
/// operations.
pub(super) fn require(shape: &[usize], rule: &RandomRule) -> Result<f64> {
    rule.check(shape.len())?;
    let what = "the law of a policy with random choices";
    // Whatever the rule: each token is revealed before a call, in it, or after it.
    let most: f64 = shape.iter().map(|&q| 1.0 + 2.0 * q as f64).product();
    require_memory(what, 16.0 * Partials::predicted(shape), OUTCOME * most)?;
    let moves = moves(shape, rule);
    let lanes = lanes(shape, rule) as f64;
    let reached = moves.iter().zip(cells_by_size(shape));
    let states: f64 = reached
        .map(|(&moves, states)| if moves > 0.0 { states } else { 0.0 })
        .sum();
    let operations = STATE * states + (OUTCOME + lanes) * moves.iter().sum::<f64>();
    let batch = branches(shape, &moves).fold(BATCH, f64::max) * size_of::<Outcome>() as f64;
    let bytes = 8.0 * (1.0 + lanes) * Partials::predicted(shape);
    require_memory(what, bytes + batch, operations)?;
    require_work(what, operations, MAX_TERMS)?;
    Ok(operations)
}

/// Outcomes of all states of each size below `n`, at most.
fn moves(shape: &[usize], rule: &RandomRule) -> Vec<f64> {
    let n = shape.len();
    let cells = cells_by_size(shape);
    let mut reached = vec![false; n + 1];
    reached[0] = true;
    (0..n)
        .map(|a| {
            if !reached[a] {
                return 0.0;
            }
            let mut moves = 0.0;
            for b in rule.reaches(shape, a) {
                reached[b] = true;
                moves += cells[b] * choose(b, a);
            }
            moves
        })
        .collect()
}

/// `C(n, k)`, also where that is large.
fn choose(n: usize, k: usize) -> f64 {
    (1..=k).map(|i| (n - k + i) as f64 / i as f64).product()
}

/// Outcomes of a state of each size below `n`, on average.
fn branches(shape: &[usize], moves: &[f64]) -> impl Iterator<Item = f64> {
    let states = cells_by_size(shape);
    moves
        .iter()
        .zip(states)
        .map(|(moves, states)| moves / states)
}

/// Numbers kept with a state: one for each number of calls, from 0, or one where these are known.
fn lanes(shape: &[usize], rule: &RandomRule) -> usize {
    if rule.knows_calls() {
        1
    } else {
        1 + rule.most_calls(shape)
    }
}

/// See [`super::law`].
pub(super) fn law(
    table: &[f64],
    shape: &[usize],
    rule: &RandomRule,
    draws: &Draws,
    monitor: &Monitor,
) -> Result<Law> {
    let n = shape.len();
    let partials = Partials::new(shape);
    let finder = Finder {
        masses: partials.marginals(table, monitor)?,
        partials,
        rule,
        draws,
        monitor,
    };
    let moves = moves(shape, rule);
    let lanes = lanes(shape, rule);
    let mut states = vec![0.0; finder.partials.count * lanes];
    states[0] = 1.0;
    monitor.expect(moves.iter().sum::<f64>() as u64);
    for (size, each) in branches(shape, &moves).enumerate() {
        if each == 0.0 {
            continue;
        }
        let alive = |state: usize| states[state * lanes..][..lanes].iter().any(|&p| p > 0.0);
        let sources = finder.partials.of_size(size, alive);
        monitor.advance((moves[size] - sources.len() as f64 * each) as u64)?;
        for batch in sources.chunks((BATCH / each) as usize + 1) {
            let weights: Vec<f64> = batch
                .iter()
                .flat_map(|(state, _)| &states[state * lanes..][..lanes])
                .copied()
                .collect();
            let found = finder.find(batch, (TASK / each) as usize + 1, size)?;
            add(
                &mut states,
                &found,
                &weights,
                lanes,
                block(&finder.partials),
            );
            monitor.advance((batch.len() as f64 * each) as u64)?;
        }
    }

    let mut calls = vec![Sum::ZERO; n + 1];
    let pmf = finder.partials.complete().into_iter().map(|state| {
        let by_calls = &states[state * lanes..][..lanes];
        for (total, &p) in calls.iter_mut().zip(by_calls) {
            total.push(p);
        }
        by_calls.iter().sum()
    });
    let pmf = pmf.collect();
    if rule.knows_calls() {
        calls.swap(0, rule.most_calls(shape));
    }
    let calls = calls.into_iter().map(Sum::value).collect();
    Ok(Law { pmf, calls })
}

/// Numbers of a block: a power of two, as its logarithm.
fn block(partials: &Partials) -> u32 {
    partials.count.div_ceil(BLOCKS).next_power_of_two().ilog2()
}

/// Adds the outcomes, by task and block, to the `states` after them, one call more.
fn add(states: &mut [f64], found: &[Vec<Vec<Outcome>>], weights: &[f64], lanes: usize, block: u32) {
    states
        .par_chunks_mut(lanes << block)
        .enumerate()
        .for_each(|(k, states)| {
            for outcome in found.iter().flat_map(|blocks| &blocks[k]) {
                let p = outcome.probability;
                let before = &weights[outcome.source as usize * lanes..][..lanes];
                let after = &mut states[outcome.place as usize * lanes..][..lanes];
                if let ([before], [after]) = (before, &mut *after) {
                    *after += before * p;
                } else {
                    for (after, before) in after[1..].iter_mut().zip(before) {
                        *after += before * p;
                    }
                }
            }
        });
}

struct Finder<'a> {
    partials: Partials,
    /// Marginal of each state.
    masses: Vec<f64>,
    rule: &'a RandomRule,
    draws: &'a Draws,
    monitor: &'a Monitor,
}

impl Finder<'_> {
    /// What the states of a batch may reveal, by tasks of so many states, and by blocks.
    fn find(
        &self,
        batch: &[(usize, usize)],
        task: usize,
        size: usize,
    ) -> Result<Vec<Vec<Vec<Outcome>>>> {
        let block = block(&self.partials);
        let blocks = self.partials.count.div_ceil(1 << block);
        parallel::map(batch.len().div_ceil(task), |k| {
            let mut found: Vec<Vec<Outcome>> = (0..blocks).map(|_| Vec::new()).collect();
            let mut space = Space::default();
            for (source, &(state, shown)) in batch.iter().enumerate().skip(k * task).take(task) {
                self.monitor.check()?;
                self.outcomes(state, shown, size, &mut space, |number, probability| {
                    if probability > 0.0 {
                        found[number >> block].push(Outcome {
                            place: (number & ((1 << block) - 1)) as u32,
                            source: source as u32,
                            probability,
                        });
                    }
                })?;
            }
            Ok(found)
        })
    }

    /// The states that may follow one with `size` revealed tokens, these, and their probabilities.
    fn outcomes(
        &self,
        state: usize,
        shown: usize,
        size: usize,
        space: &mut Space,
        mut pass: impl FnMut(usize, f64),
    ) -> Result<()> {
        let (shape, strides) = (&self.partials.shape, &self.partials.strides);
        let masked = || tokens(!shown & ((1 << shape.len()) - 1));
        space.steps.clear();
        space.steps.extend(masked().map(|i| strides[i]));
        let count = shape.len() - size;
        space.rows.resize(count.max(space.rows.len()), Vec::new());
        let rows = &mut space.rows[..count];
        for (row, i) in rows.iter_mut().zip(masked()) {
            row.clear();
            row.extend((1..=shape[i]).map(|digit| self.masses[state + digit * strides[i]]));
        }
        self.draws.answer(rows)?;
        let laws: Vec<Cow<'_, [f64]>> = rows.iter().map(|row| self.draws.tempered(row)).collect();
        let asked = Asked {
            rows,
            laws: &laws,
            strides: &space.steps,
        };
        self.rule
            .outcomes(size, &asked, &mut space.branches, |step, p| {
                pass(state + step, p)
            });
        Ok(())
    }
}

/// Space that is used again from state to state.
#[derive(Default)]
struct Space {
    rows: Vec<Vec<f64>>,
    steps: Vec<usize>,
    branches: Branches,
}
