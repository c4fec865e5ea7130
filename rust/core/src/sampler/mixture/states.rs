//! The states of a sampler by sets of revealed tokens, and steps of so many tokens.
//!
//! Only subsets of `N_{t-1}` and `N_t` tokens count in step `t`, with `w_t = 1 / C(N_t, s_t)` if
//! `f_t` is taken given `A`: `sum_t e_{N_t}(q) C(N_t, s_t)` cells, where `e_b` is the number of values
//! of all subsets of `b` tokens.

use super::TASKS;
use super::classes::Classes;
use crate::error::Result;
use crate::kernel::Index;
use crate::monitor::Monitor;
use crate::parallel;
use crate::sampler::spread::{Moves, Scratch};
use crate::sum::binomials;

/// A set of revealed tokens, with a number for each of its values.
pub(super) type State = (usize, Vec<f64>);

/// The states of a sampler, and how they follow from those before.
pub(super) struct States<'a> {
    pub moves: Moves<'a>,
    pub monitor: &'a Monitor,
    pub n: usize,
}

impl States<'_> {
    /// The law of steps of these sizes.
    pub fn sizes(&self, sizes: &[usize]) -> Result<Vec<f64>> {
        let mut states = vec![(0, vec![1.0])];
        let mut known = 0;
        for &size in sizes {
            known += size;
            let share = 1.0 / binomials(known)[size].value();
            for (_, values) in &mut states {
                values.iter_mut().for_each(|f| *f *= share);
            }
            states = self.step(&states, known)?;
        }
        Ok(states.pop().expect("a state for everything").1)
    }

    /// Adds up what comes from the states into each set of `size` tokens.
    pub fn step(&self, states: &[State], size: usize) -> Result<Vec<State>> {
        let classes = Classes::new(self.n, size..=size);
        // The cut depends on the sizes alone, and so do the bits.
        let cuts = TASKS.div_ceil(classes.classes.len());
        let share = states.len().div_ceil(cuts);
        self.monitor.expect((classes.classes.len() * cuts) as u64);
        let parts = parallel::map(classes.classes.len() * cuts, |task| {
            let class = classes.classes[task / cuts];
            let mine = states.chunks(share).nth(task % cuts).unwrap_or_default();
            let mut tables = vec![Vec::new(); classes.sets];
            let (mut scratch, mut from) = (Scratch::default(), Index::default());
            for (a, values) in mine {
                self.monitor.check()?;
                self.moves.check(*a, values)?;
                let draws = size - a.count_ones() as usize;
                let Some(choice) = classes.choice(*a, class, draws..=draws) else {
                    continue;
                };
                self.moves
                    .visit(*a, &choice, values, &mut scratch, &mut |reached| {
                        let table = &mut tables[classes.place(reached.b)];
                        table.resize(reached.products.len(), 0.0);
                        reached.from(self.moves.marginals.shape(), &mut from);
                        (self.moves.kernel.collect)(reached.products, &from, table);
                    });
            }
            self.monitor.advance(1)?;
            Ok(tables)
        })?;
        let mut after = Vec::new();
        let mut parts = parts.into_iter();
        for &class in &classes.classes {
            let mut tables = parts.next().expect("a part for every task");
            for part in parts.by_ref().take(cuts - 1) {
                for (sum, part) in tables.iter_mut().zip(part) {
                    sum.resize(sum.len().max(part.len()), 0.0);
                    for (sum, term) in sum.iter_mut().zip(part) {
                        *sum += term;
                    }
                }
            }
            let tables = tables.into_iter().enumerate();
            let filled = tables.filter(|(_, table)| !table.is_empty());
            after.extend(filled.map(|(place, table)| (classes.set(class, place), table)));
        }
        Ok(after)
    }
}
