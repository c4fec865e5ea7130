//! Markov chains: the information between pairs of tokens is all that the curve needs
//! ([`pairs`]).
//!
//! `I(X_a; X_b)` is the mean over `x` of the divergence of row `x` of the transition from `a` to `b`
//! from the marginal `m` of `X_b`. With the row written as `m + e`, that is `sum_y m phi(e/m)`,
//! `phi(t) = (1+t) ln(1+t) - t >= 0`: no digit is lost however close the row comes to the marginal.
//! The deviations `e` are what is stepped along the chain, `e <- e P`; what rounding adds to their
//! sum (which is 0, and which `P` would keep for ever) is taken off at each step.
//!
//! The information falls with the distance (data processing). Where it is below [`NEGLIGIBLE`] of
//! what matters, the rest of the chain is cut off. The marginals of a homogeneous chain come to
//! repeat themselves, and the pairs with them: one row of each period stands for all that follow.

use super::pairs;
use crate::curve::Curve;
use crate::error::{Error, Result};
use crate::kernel::kernel;
use crate::limits::{MAX_TERMS, require_memory, require_work};
use crate::monitor::Monitor;
use crate::parallel;
use crate::sum::Sum;

/// Share of `Z_2`, the smallest value of the curve, that may be cut off.
const NEGLIGIBLE: f64 = 1e-18;

/// Distances that the rows of a stationary chain go through between two meetings.
const STRIDE: usize = 512;

/// Operations that one task is worth, at least.
const TASK: usize = 1 << 15;

/// Tasks whose results are held at the same time.
const TASKS_PER_WAVE: usize = 64;

/// Largest period of marginals that is looked for. Those of an aperiodic chain may still go in
/// circles of a rounding or two.
const PERIOD: usize = 16;

/// The curve of a chain of `n` tokens over `initial.len()` letters.
///
/// `transitions` holds `n - 1` row-stochastic matrices, or one that serves for all steps. If
/// `stationary`, there is one, and `initial` is its invariant law.
///
/// # Errors
/// If the lengths do not fit, if time or memory would not do, or when interrupted.
pub fn markov(
    initial: &[f64],
    transitions: &[f64],
    n: usize,
    stationary: bool,
    monitor: &Monitor,
) -> Result<Curve> {
    let q = initial.len();
    let matrices = transitions.len() / (q * q).max(1);
    if q == 0 || n == 0 || matrices * q * q != transitions.len() {
        let problem = format!("has {} entries for {q} letters", transitions.len());
        return Err(Error::invalid("transition", problem));
    }
    if matrices != 1 && (stationary || matrices != n - 1) {
        let problem = format!("has {matrices} matrices, expected 1 or n - 1 = {}", n - 1);
        return Err(Error::invalid("transition", problem));
    }
    let cube = (q * q * q) as f64;
    let what = "the pairs of a Markov chain";
    let (mean_entropy, sums) = if stationary {
        require_work(what, cube * n as f64, MAX_TERMS)?;
        let entropy = -(kernel().x_ln_x.sum)(initial);
        (
            entropy.value(),
            by_distance(initial, transitions, n, monitor)?,
        )
    } else {
        let operations = 0.5 * cube * n as f64 * n as f64;
        require_work(what, operations, MAX_TERMS)?;
        require_memory(
            what,
            8.0 * n as f64 * (q + TASKS_PER_WAVE) as f64,
            operations,
        )?;
        let chain = Chain::new(initial, transitions, n);
        let entropy = -(kernel().x_ln_x.sum)(&chain.marginals);
        ((entropy / n as f64).value(), chain.all_pairs(monitor)?)
    };
    let information = pairs::information(&sums, n, monitor)?;
    let conditional = information.iter().map(|z| (mean_entropy - z).max(0.0));
    Ok(Curve::direct(conditional.collect(), information))
}

/// `J_d`, `d = 1 ..`, of a stationary chain: `n - d` times one information.
fn by_distance(law: &[f64], matrix: &[f64], n: usize, monitor: &Monitor) -> Result<Vec<f64>> {
    let q = law.len();
    let mut rows: Vec<Vec<f64>> = (0..q).map(|x| deviation(x, law)).collect();
    let rows_per_task = (TASK / (q * n.min(STRIDE))).clamp(1, q);
    let mut sums: Vec<f64> = Vec::new();
    monitor.expect(n as u64);
    while sums.len() + 1 < n {
        let distances = STRIDE.min(n - 1 - sums.len());
        let parts = parallel::map(q.div_ceil(rows_per_task), |task| {
            monitor.check()?;
            let letters = (task * rows_per_task..q).take(rows_per_task);
            Ok(letters
                .map(|x| {
                    let (mut row, mut next) = (rows[x].clone(), vec![0.0; q]);
                    let part = (0..distances).map(|_| {
                        step(&row, matrix, law, &mut next);
                        std::mem::swap(&mut row, &mut next);
                        law[x] * divergence(&row, law)
                    });
                    (part.collect(), row)
                })
                .collect::<Vec<(Vec<f64>, Vec<f64>)>>())
        })?;
        let parts: Vec<_> = parts.into_iter().flatten().collect();
        monitor.advance(distances as u64)?;
        let first = sums.len();
        for k in 0..distances {
            let information: f64 = parts.iter().map(|(part, _)| part[k]).sum();
            sums.push((n - 1 - first - k) as f64 * information);
        }
        rows = parts.into_iter().map(|(_, row)| row).collect();
        // What follows adds at most one of these to any value, and Z_2 is above 2 J_1 / n^2.
        let enough = NEGLIGIBLE * sums[0] / n as f64;
        if let Some(last) = (first..sums.len()).find(|&k| sums[k] <= enough) {
            sums.truncate(last);
            break;
        }
    }
    Ok(sums)
}

/// A chain with all its marginals.
struct Chain<'a> {
    q: usize,
    n: usize,
    transitions: &'a [f64],
    marginals: Vec<f64>,
}

impl<'a> Chain<'a> {
    fn new(initial: &[f64], transitions: &'a [f64], n: usize) -> Self {
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
    fn all_pairs(&self, monitor: &Monitor) -> Result<Vec<f64>> {
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

/// The law of a token known to be `x`, less its marginal.
fn deviation(x: usize, law: &[f64]) -> Vec<f64> {
    let mut row: Vec<f64> = law.iter().map(|p| -p).collect();
    row[x] = law
        .iter()
        .enumerate()
        .filter(|&(y, _)| y != x)
        .map(|(_, p)| p)
        .sum();
    row
}

/// `out = row matrix`.
fn times(row: &[f64], matrix: &[f64], out: &mut [f64]) {
    out.fill(0.0);
    for (x, line) in row.iter().zip(matrix.chunks_exact(row.len())) {
        out.iter_mut().zip(line).for_each(|(out, p)| *out += x * p);
    }
}

/// One step of a deviation from the marginal, towards the next marginal.
fn step(row: &[f64], matrix: &[f64], next_law: &[f64], out: &mut [f64]) {
    times(row, matrix, out);
    let excess: f64 = out.iter().sum();
    out.iter_mut()
        .zip(next_law)
        .for_each(|(e, p)| *e -= excess * p);
}

/// Divergence of the law `law + row` from `law`.
fn divergence(row: &[f64], law: &[f64]) -> f64 {
    let cells = row.iter().zip(law).filter(|&(_, &p)| p > 0.0);
    cells.map(|(e, p)| p * phi(e / p)).sum()
}

/// `(1+t) ln(1+t) - t` for `t >= -1`, to a few roundings of itself.
fn phi(t: f64) -> f64 {
    if t.abs() < 0.125 {
        // sum_k (-t)^k / (k (k-1)), k = 2 ..; the first term left out is below 1e-17 of the sum.
        let series = (2..=19)
            .rev()
            .fold(0.0, |sum, k| 1.0 / f64::from(k * (k - 1)) - t * sum);
        return t * t * series;
    }
    // Rounding may take t a little below -1, where the limit is 1.
    let u = (1.0 + t).max(0.0);
    if u > 0.0 { u * t.ln_1p() - t } else { 1.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reference::table::some_table;
    use proptest::prelude::*;

    fn some_matrices(count: usize, q: usize, seed: u64) -> Vec<f64> {
        (0..count * q)
            .flat_map(|row| some_table(q, seed.wrapping_add(row as u64 * 7919)))
            .collect()
    }

    /// The joint table of a chain.
    fn joint(initial: &[f64], matrices: &[f64], n: usize) -> Vec<f64> {
        let q = initial.len();
        let mut table = initial.to_vec();
        for i in 0..n - 1 {
            let at = if matrices.len() == q * q {
                0
            } else {
                i * q * q
            };
            let cells = table.iter().enumerate();
            table = cells
                .flat_map(|(cell, p)| (0..q).map(move |y| p * matrices[at + cell % q * q + y]))
                .collect();
        }
        table
    }

    fn check(got: &Curve, want: &Curve) {
        for j in 0..want.information.len() {
            assert!((got.information[j] - want.information[j]).abs() < 2e-14);
            assert!((got.conditional[j] - want.conditional[j]).abs() < 2e-14);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(60))]
        #[test]
        fn agrees_with_enumeration(
            n in 1usize..8,
            q in 1usize..4,
            stack in any::<bool>(),
            seed in any::<u64>(),
        ) {
            let initial = some_table(q, seed);
            let matrices = some_matrices(if stack { n - 1 } else { 1 }, q, seed);
            let table = joint(&initial, &matrices, n);
            let want = Curve::of_table(&table, &vec![q; n], &Monitor::new()).unwrap();
            check(&markov(&initial, &matrices, n, false, &Monitor::new()).unwrap(), &want);
        }

        #[test]
        fn stationary_is_a_special_case(n in 1usize..300, a in 0.0..1.0f64, b in 0.01..1.0f64) {
            let law = [b / (a + b), a / (a + b)];
            let matrix = [1.0 - a, a, b, 1.0 - b];
            let got = markov(&law, &matrix, n, true, &Monitor::new()).unwrap();
            check(&got, &markov(&law, &matrix, n, false, &Monitor::new()).unwrap());
        }
    }

    #[test]
    fn what_repeats_itself_is_counted() {
        // Settled after some steps, of period two, settled from the start, and not in reach.
        let cases: [([f64; 2], [f64; 4]); 4] = [
            ([1.0, 0.0], [0.6, 0.4, 0.1, 0.9]),
            ([0.9, 0.1], [0.0, 1.0, 1.0, 0.0]),
            ([0.5, 0.5], [0.75, 0.25, 0.25, 0.75]),
            ([0.3, 0.7], [0.999, 0.001, 0.002, 0.998]),
        ];
        for (law, matrix) in cases {
            // A stack of one matrix is one matrix: from three tokens on.
            for n in [3, 100, 301] {
                let got = markov(&law, &matrix, n, false, &Monitor::new()).unwrap();
                let stack = matrix.repeat(n - 1);
                check(
                    &got,
                    &markov(&law, &stack, n, false, &Monitor::new()).unwrap(),
                );
            }
        }
    }

    #[test]
    fn phi_is_accurate_at_the_seam() {
        for t in [-1.0, -0.5, -0.1251, -0.125, -0.1249, 0.1249, 0.125, 3.0] {
            let want = if t == -1.0 {
                1.0
            } else {
                (1.0 + t) * f64::ln_1p(t) - t
            };
            assert!((phi(t) - want).abs() < 1e-14 * want, "{t}");
        }
        assert_eq!(phi(0.0), 0.0);
        assert!((phi(1e-150) / 0.5e-300 - 1.0).abs() < 1e-15);
    }

    #[test]
    fn the_same_bits_for_any_number_of_threads() {
        let (q, n) = (3, 400);
        let matrices = some_matrices(n - 1, q, 5);
        let run = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
            let job = || markov(&some_table(q, 1), &matrices, n, false, &Monitor::new());
            pool.build().unwrap().install(job).unwrap()
        };
        assert_eq!(run(1), run(4));
    }

    #[test]
    fn refuses_lengths_that_do_not_fit() {
        let monitor = Monitor::new();
        assert!(markov(&[1.0], &[1.0; 2], 9, false, &monitor).is_err());
        assert!(markov(&[], &[], 9, false, &monitor).is_err());
        assert!(markov(&[0.5; 2], &[0.5; 5], 3, false, &monitor).is_err());
        assert!(markov(&[0.5; 2], &[0.5; 4], 0, true, &monitor).is_err());
    }
}
