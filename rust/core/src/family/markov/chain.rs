//! A chain that is not stationary: all pairs of tokens.
//!
//! The marginals of a homogeneous chain come to repeat themselves, and the pairs with them: one row
//! of each period stands for all that follow.

use super::deviation::{deviation, divergence, step, times};
use super::{NEGLIGIBLE, TASK};
use crate::error::Result;
use crate::monitor::Monitor;
use crate::parallel;
use crate::sum::Sum;

/// Tasks whose results are held at the same time.
pub(super) const TASKS_PER_WAVE: usize = 64;

/// Largest period of marginals that is looked for. Those of an aperiodic chain may still go in
/// circles of a rounding or two.
const PERIOD: usize = 16;

/// A chain with all its marginals.
pub(super) struct Chain<'a> {
    q: usize,
    n: usize,
    transitions: &'a [f64],
    pub marginals: Vec<f64>,
}

impl<'a> Chain<'a> {
    pub fn new(initial: &[f64], transitions: &'a [f64], n: usize) -> Self {
        let q = initial.len();
        let mut chain = Self {
            q,
            n,
            transitions,
            marginals: initial.to_vec(),
        };
        let mut next = vec![0.0; q];
        for i in 0..n - 1 {
            times(chain.marginal(i), chain.matrix(i), &mut next);
            let mass: f64 = next.iter().sum();
            chain.marginals.extend(next.iter().map(|p| p / mass));
        }
        chain
    }

    fn marginal(&self, i: usize) -> &[f64] {
        &self.marginals[i * self.q..(i + 1) * self.q]
    }

    /// From token `i` to the next.
    fn matrix(&self, i: usize) -> &[f64] {
        let size = self.q * self.q;
        let at = if self.transitions.len() == size { 0 } else { i };
        &self.transitions[at * size..(at + 1) * size]
    }

    /// The token from which on marginals and steps repeat themselves, and the period.
    fn cycle(&self) -> Option<(usize, usize)> {
        if self.transitions.len() != self.q * self.q {
            return None;
        }
        let same = |a: usize, period: usize| self.marginal(a) == self.marginal(a - period);
        let tokens = (1..self.n).flat_map(|a| (1..=PERIOD.min(a)).map(move |period| (a, period)));
        let mut cycles = tokens.filter(|&(a, period)| same(a, period));
        cycles.next().map(|(a, period)| (a - period, period))
    }

    /// `J_d`, `d = 1 ..`.
    pub fn all_pairs(&self, monitor: &Monitor) -> Result<Vec<f64>> {
        let (start, period) = self.cycle().unwrap_or((self.n, 1));
        // Tokens at a distance `d` from another whose pair is like that of `a`.
        let times = |a: usize, d: usize| {
            let more = if a < start {
                0
            } else {
                (self.n - 1 - d - a) / period
            };
            (more + 1) as f64
        };
        let tokens = (self.n - 1).min(start + period);
        let first: f64 = (0..tokens)
            .map(|a| times(a, 1) * self.from(a, 1, 0.0)[0])
            .sum();
        // Cutting at this loses at most `n` times as much in any J_d / n; Z_2 is above 2 J_1 / n^2.
        let enough = NEGLIGIBLE * first / (self.n as f64 * self.n as f64);
        let mut sums = vec![Sum::ZERO; self.n - 1];
        let tokens_per_task = TASK.div_ceil(self.n * self.q * self.q);
        let tasks = tokens.div_ceil(tokens_per_task);
        monitor.expect(tasks as u64);
        for wave in (0..tasks).step_by(TASKS_PER_WAVE) {
            let parts = parallel::map(TASKS_PER_WAVE.min(tasks - wave), |task| {
                let begin = (wave + task) * tokens_per_task;
                let mut part = Vec::new();
                for a in begin..(begin + tokens_per_task).min(tokens) {
                    monitor.check()?;
                    let row = self.from(a, self.n, enough);
                    part.resize(part.len().max(row.len()), 0.0);
                    for (d, (sum, x)) in (1..).zip(part.iter_mut().zip(row)) {
                        *sum += times(a, d) * x;
                    }
                }
                monitor.advance(1)?;
                Ok(part)
            })?;
            for part in parts {
                sums.iter_mut().zip(part).for_each(|(sum, x)| sum.push(x));
            }
        }
        let mut sums: Vec<f64> = sums.into_iter().map(Sum::value).collect();
        let reach = sums.iter().rposition(|&sum| sum > 0.0);
        sums.truncate(reach.map_or(0, |last| last + 1));
        Ok(sums)
    }

    /// `I(X_a; X_{a+d})` for `d = 1..=distances`, or until it falls to `enough`.
    fn from(&self, a: usize, distances: usize, enough: f64) -> Vec<f64> {
        let law = self.marginal(a);
        let letters: Vec<usize> = (0..self.q).filter(|&x| law[x] > 0.0).collect();
        let mut rows: Vec<Vec<f64>> = letters.iter().map(|&x| deviation(x, law)).collect();
        let mut next = vec![0.0; self.q];
        let mut out = Vec::new();
        for b in a + 1..self.n.min(a + 1 + distances) {
            let mut information = 0.0;
            for (&x, row) in letters.iter().zip(&mut rows) {
                step(row, self.matrix(b - 1), self.marginal(b), &mut next);
                std::mem::swap(row, &mut next);
                information += law[x] * divergence(row, self.marginal(b));
            }
            out.push(information);
            if information <= enough {
                break;
            }
        }
        out
    }
}
