//! Independent blocks: their curves compose.
//!
//! A random masked token lies in block `b` with probability `n_b / n`, and of `j` random others
//! `m ~ Hyp(n-1, n_b-1, j)` lie in the same block; those elsewhere tell nothing. So
//! `Z_{j+1} = sum_b (n_b / n) sum_m Hyp(m; n-1, n_b-1, j) Z^(b)_{m+1}`, and `h_j` likewise: sums of
//! non-negative terms. Blocks of one kind share their curve and are counted.

use crate::curve::Curve;
use crate::error::{Error, Result};
use crate::limits::{MAX_TERMS, require_memory, require_work};
use crate::monitor::Monitor;
use crate::parallel;

/// Sizes `j` that one task goes through.
const SIZES_PER_TASK: usize = 1024;

/// What a token takes: the curve in parts, and as a whole.
const BYTES_PER_TOKEN: f64 = 64.0;

/// Share of the largest weight below which the rest of a tail is dropped: tails fall faster than
/// geometrically.
const NEGLIGIBLE: f64 = 1e-22;

/// Blocks that share one law.
#[derive(Debug, Clone)]
pub struct Kind {
    /// How many there are.
    pub count: usize,
    /// `h_0 ..` of one of them.
    pub conditional: Vec<f64>,
    /// `Z_1 ..` of one of them.
    pub information: Vec<f64>,
}

/// The curve of independent blocks.
///
/// # Errors
/// If there is no block, a curve is empty or halves of it differ in length, if time or memory would
/// not do, or when interrupted.
pub fn blocks(kinds: &[Kind], monitor: &Monitor) -> Result<Curve> {
    let size = |kind: &Kind| kind.conditional.len();
    let fits =
        |kind: &Kind| kind.count > 0 && size(kind) > 0 && size(kind) == kind.information.len();
    if kinds.is_empty() || !kinds.iter().all(fits) {
        return Err(Error::invalid(
            "blocks",
            "expected blocks with a curve each",
        ));
    }
    let n: usize = kinds.iter().map(|kind| kind.count * size(kind)).sum();
    let terms: f64 = kinds.iter().map(|kind| size(kind) as f64 * n as f64).sum();
    let what = "blocks: their common curve";
    require_work(what, terms, MAX_TERMS)?;
    require_memory(what, BYTES_PER_TOKEN * n as f64, terms)?;
    let tasks = n.div_ceil(SIZES_PER_TASK);
    monitor.expect(tasks as u64);
    let parts = parallel::map(tasks, |task| {
        let first = task * SIZES_PER_TASK;
        let mut weights = Vec::new();
        let part = (first..n.min(first + SIZES_PER_TASK)).map(|j| {
            let (mut h, mut z) = (0.0, 0.0);
            for kind in kinds {
                let share = (kind.count * size(kind)) as f64 / n as f64;
                let least = hypergeometric(n - 1, size(kind) - 1, j, &mut weights);
                for (m, weight) in (least..).zip(&weights) {
                    h += share * weight * kind.conditional[m];
                    z += share * weight * kind.information[m];
                }
            }
            (h, z)
        });
        let part: Vec<(f64, f64)> = part.collect();
        monitor.advance(1)?;
        Ok(part)
    })?;
    let (conditional, information) = parts.into_iter().flatten().unzip();
    Ok(Curve::direct(conditional, information))
}

/// The mean of `values[m]`, where `m` of `j` tokens out of `n` lie among some `values.len() - 1`, for
/// `j = 0..=n`.
///
/// # Errors
/// If there are no values, or values for more than `n` tokens, if time or memory would not do, or
/// when interrupted.
pub fn means_within(values: &[f64], n: usize, monitor: &Monitor) -> Result<Vec<f64>> {
    if !(1..=n + 1).contains(&values.len()) {
        let problem = format!(
            "are {}, expected 1..={} for {n} tokens",
            values.len(),
            n + 1
        );
        return Err(Error::invalid("values", problem));
    }
    let what = "blocks: what is known of their parts";
    let operations = values.len() as f64 * n as f64;
    require_work(what, operations, MAX_TERMS)?;
    require_memory(what, 8.0 * n as f64, operations)?;
    let mut weights = Vec::new();
    let means = (0..=n).map(|j| {
        monitor.check()?;
        let least = hypergeometric(n, values.len() - 1, j, &mut weights);
        let terms = values[least..].iter().zip(&weights);
        Ok(terms.map(|(value, weight)| value * weight).sum())
    });
    means.collect()
}

/// Probabilities that `m` of `draws` out of `total`, `marked` of which are marked, are marked: for
/// successive `m` from the returned one on, as far as they matter.
///
/// Ratios of neighbours, outwards from the mode; the sum of all says how large the mode is.
fn hypergeometric(total: usize, marked: usize, draws: usize, weights: &mut Vec<f64>) -> usize {
    let low = (marked + draws).saturating_sub(total);
    let high = marked.min(draws);
    // Weight of m + 1 over that of m.
    let ratio = |m: usize| {
        (marked - m) as f64 * (draws - m) as f64
            / ((m + 1) as f64 * (total + m + 1 - marked - draws) as f64)
    };
    let mode = ((marked + 1) as f64 * (draws + 1) as f64 / (total + 2) as f64) as usize;
    let mode = mode.clamp(low, high);
    weights.clear();
    let (mut weight, mut least) = (1.0, mode);
    while least > low && weight > NEGLIGIBLE {
        weight /= ratio(least - 1);
        least -= 1;
        weights.push(weight);
    }
    weights.reverse();
    weights.push(1.0);
    let (mut weight, mut m) = (1.0, mode);
    while m < high && weight > NEGLIGIBLE {
        weight *= ratio(m);
        m += 1;
        weights.push(weight);
    }
    let mass: f64 = weights.iter().sum();
    weights.iter_mut().for_each(|weight| *weight /= mass);
    least
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reference::table::some_table;
    use proptest::prelude::*;

    fn binomial(n: usize, k: usize) -> f64 {
        (0..k).fold(1.0, |product, i| product * (n - i) as f64 / (i + 1) as f64)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]
        #[test]
        fn weights_are_hypergeometric(total in 0usize..40, marked in 0usize..40, draws in 0usize..40) {
            let (marked, draws) = (marked.min(total), draws.min(total));
            let mut weights = Vec::new();
            let least = hypergeometric(total, marked, draws, &mut weights);
            prop_assert_eq!(least, (marked + draws).saturating_sub(total));
            prop_assert_eq!(least + weights.len() - 1, marked.min(draws));
            for (m, weight) in (least..).zip(weights) {
                let ways = binomial(marked, m) * binomial(total - marked, draws - m);
                let want = ways / binomial(total, draws);
                prop_assert!((weight - want).abs() < 1e-14 * want);
            }
        }

        #[test]
        fn agrees_with_the_product_table(
            shape in (1usize..4, 1usize..4, 1usize..3),
            seed in any::<u64>(),
        ) {
            let (a, b, repeats) = shape;
            let tables = [some_table(1 << a, seed), some_table(1 << b, seed ^ 1)];
            let mut kinds = Vec::new();
            let mut joint = vec![1.0];
            for (table, count) in tables.iter().zip([repeats, 1]) {
                let n = table.len().ilog2() as usize;
                let curve = Curve::of_table(table, &vec![2; n], &Monitor::new()).unwrap();
                let (conditional, information) = (curve.conditional, curve.information);
                kinds.push(Kind { count, conditional, information });
                for _ in 0..count {
                    joint = joint.iter().flat_map(|x| table.iter().map(move |y| x * y)).collect();
                }
            }
            let n = joint.len().ilog2() as usize;
            let want = Curve::of_table(&joint, &vec![2; n], &Monitor::new()).unwrap();
            let got = blocks(&kinds, &Monitor::new()).unwrap();
            for j in 0..n {
                prop_assert!((got.conditional[j] - want.conditional[j]).abs() < 2e-14);
                prop_assert!((got.information[j] - want.information[j]).abs() < 2e-14);
            }
        }
    }

    #[test]
    fn means_are_those_over_all_subsets() {
        let (values, n) = ([1.0, 0.5, 0.25, 0.0], 7);
        let got = means_within(&values, n, &Monitor::new()).unwrap();
        for (j, got) in got.iter().enumerate() {
            // The first three tokens are those that count.
            let subsets = (0u32..1 << n).filter(|s| s.count_ones() as usize == j);
            let all: Vec<f64> = subsets
                .map(|s| values[(s & 7).count_ones() as usize])
                .collect();
            let want = all.iter().sum::<f64>() / all.len() as f64;
            assert!((got - want).abs() < 1e-15, "{j}: {got} for {want}");
        }
        assert_eq!(means_within(&values, 3, &Monitor::new()).unwrap(), values);
        assert!(means_within(&values, 2, &Monitor::new()).is_err());
        assert!(means_within(&[], 2, &Monitor::new()).is_err());
    }

    #[test]
    fn refuses_no_blocks() {
        assert!(blocks(&[], &Monitor::new()).is_err());
    }
}
