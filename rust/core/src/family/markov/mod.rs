//! Markov chains: the information between pairs of tokens is all that the curve needs ([`pairs`]),
//! and it is found without cancellation ([`deviation`](mod@deviation)).
//!
//! The information falls with the distance (data processing). Where it is below [`NEGLIGIBLE`] of
//! what matters, the rest of the chain is cut off.

mod chain;
mod deviation;

use self::chain::{Chain, TASKS_PER_WAVE};
use self::deviation::{deviation, divergence, step};
use super::pairs;
use crate::curve::Curve;
use crate::error::{Error, Result};
use crate::kernel::kernel;
use crate::limits::{MAX_TERMS, require_memory, require_work};
use crate::monitor::Monitor;
use crate::parallel;

/// Share of `Z_2`, the smallest value of the curve, that may be cut off.
const NEGLIGIBLE: f64 = 1e-18;

/// Distances that the rows of a stationary chain go through between two meetings.
const STRIDE: usize = 512;

/// What a token takes: informations by distance, which grow, two tables of them, and the curve.
const BYTES_PER_TOKEN: f64 = 64.0;

/// Operations that one task is worth, at least.
const TASK: usize = 1 << 15;

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
    let what = "n: the curve of this Markov chain";
    let (mean_entropy, sums) = if stationary {
        let operations = cube * n as f64;
        require_work(what, operations, MAX_TERMS)?;
        require_memory(what, BYTES_PER_TOKEN * n as f64, operations)?;
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
            (BYTES_PER_TOKEN + 8.0 * (q + TASKS_PER_WAVE) as f64) * n as f64,
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
