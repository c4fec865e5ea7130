//! Steps that reveal each token independently: the Bernoulli schedule.
//!
//! A token that is still masked is revealed in step `t` with probability
//! `r_t = (a_t - a_{t-1}) / (1 - a_{t-1})`, so that `w_t = r_t^{|B| - |A|} (1 - r_t)^{n - |B|}`. Any pair of
//! subsets is a move of every step; the moves are the same, so that all steps are carried at once, as
//! lanes: `prod (1 + 2 q_i)` cells of `k - 1` lanes. The last move, to everything, needs no lanes: its
//! sources are added up before.

use rayon::prelude::*;

use super::classes::Classes;
use super::lanes;
use super::states::{State, States};
use crate::error::Result;
use crate::kernel::Index;
use crate::sampler::spread::Scratch;

impl States<'_> {
    /// The law of steps to these levels.
    pub fn levels(&self, levels: &[f64]) -> Result<Vec<f64>> {
        let n = self.n;
        let steps = levels.len() - 1;
        let lanes = lanes(levels);
        let mut level = 0.0;
        let chances: Vec<f64> = levels
            .iter()
            .map(|&next| {
                let chance = (next - level) / (1.0 - level);
                level = next;
                chance
            })
            .collect();
        let arrive = |t: usize, draws: usize| chances[t].powi(draws as i32);
        let stay = |t: usize, masked: usize| (1.0 - chances[t]).powi(masked as i32);
        // Lane t of a state is its probability after step t + 1; before all steps nothing is known.
        let earlier = |a: usize, f: &[f64], t: usize| match t {
            0 => f64::from(a == 0),
            _ => f[t - 1],
        };

        let classes = Classes::new(n, 0..=n);
        let mut tables = vec![vec![Vec::new(); classes.sets]; classes.classes.len()];
        tables[classes.classes.len() - 1][0] = vec![0.0; lanes];
        self.monitor.expect((n * classes.classes.len()) as u64);
        let mut arriving = Vec::new();
        for size in 0..n {
            // States of this size are complete but for those that stay as they were.
            let mut states: Vec<State> = Vec::new();
            for (tables, &class) in tables.iter_mut().zip(&classes.classes) {
                for (place, table) in tables.iter_mut().enumerate() {
                    let a = classes.set(class, place);
                    if a.count_ones() as usize == size {
                        states.push((a, std::mem::take(table)));
                    }
                }
            }
            for (a, values) in &mut states {
                for f in values.chunks_exact_mut(lanes.max(1)) {
                    for t in 0..steps {
                        f[t] += earlier(*a, f, t) * stay(t, n - size);
                    }
                }
                if lanes > 0 {
                    self.moves.check(*a, values)?;
                }
                let sum = |f: &[f64]| {
                    let from = (0..=steps).map(|t| arrive(t, n - size) * earlier(*a, f, t));
                    from.sum::<f64>()
                };
                let all = match lanes {
                    0 => vec![sum(&[])],
                    _ => values.chunks_exact(lanes).map(sum).collect(),
                };
                arriving.push((*a, all));
            }
            if lanes == 0 {
                break;
            }
            let states = &states;
            let classes = &classes;
            let filled = tables
                .par_iter_mut()
                .zip(&classes.classes)
                .map(|(tables, &class)| {
                    let (mut scratch, mut from) = (Scratch::default(), Index::default());
                    let (mut known_from, mut weighted) = (Index::default(), Vec::new());
                    for (a, values) in states {
                        self.monitor.check()?;
                        let Some(choice) = classes.choice(*a, class, 1..=n - 1 - size) else {
                            continue;
                        };
                        weighted.clear();
                        for draws in 0..n - size {
                            let weight = |t: usize| arrive(t, draws) * stay(t, n - size - draws);
                            let weights: Vec<f64> = (0..steps).map(weight).collect();
                            for f in values.chunks_exact(lanes) {
                                let first = earlier(*a, f, 0) * weights[0];
                                let later =
                                    f.iter().zip(&weights[1..]).map(|(f, weight)| f * weight);
                                weighted.push(first);
                                weighted.extend(later);
                                weighted.resize(weighted.len() + lanes - steps, 0.0);
                            }
                        }
                        let ones = vec![1.0; values.len() / lanes];
                        self.moves
                            .visit(*a, &choice, &ones, &mut scratch, &mut |reached| {
                                let table = &mut tables[classes.place(reached.b)];
                                table.resize(reached.products.len() * lanes, 0.0);
                                let shape = self.moves.marginals.shape();
                                reached.index(*a, shape, &mut from, &mut known_from);
                                let draws = (reached.b ^ a).count_ones() as usize;
                                (self.moves.kernel.collect_lanes)(
                                    reached.products,
                                    &from,
                                    &weighted[draws * values.len()..][..values.len()],
                                    &known_from,
                                    lanes,
                                    table,
                                );
                            });
                    }
                    self.monitor.advance(1)
                });
            filled.collect::<Result<Vec<()>>>()?;
        }
        let mut law = self.step(&arriving, n)?;
        Ok(law.pop().expect("the law of everything").1)
    }
}
