//! From the information between pairs of tokens of a Markov chain to its curve.
//!
//! Given its nearest revealed neighbours `L < i < R`, a token depends on no others, and
//! `I(X_i; X_L, X_R) = I(X_L; X_i) + I(X_i; X_R) - I(X_L; X_R)`. Averaged over random positions,
//! with `J_d` the sum of `I(X_a; X_{a+d})` over `a`:
//!
//! `Z_{j+1} = (1/n) sum_d J_d [2 w_d - (d-1) v_d]`, `w_d = C(n-d-1, j-1) / C(n-1, j)`,
//! `v_d = C(n-d-1, j-2) / C(n-1, j)`.
//!
//! The two parts are each sums of non-negative terms, and the second is at most half the first
//! (`I(X_L; X_R)` is at most either of the other two): nothing cancels. Weights come by ratios of
//! neighbours from `d = 1`, where both are small fractions, so that nothing overflows at any `n`.

use super::levelled;
use crate::error::Result;
use crate::monitor::Monitor;
use crate::parallel;

/// Sizes `j` that go side by side, so that the compiler can use registers of any width.
const LANES: usize = 8;

/// Sizes that one task goes through.
const SIZES_PER_TASK: usize = 128 * LANES;

/// Distances between two looks at what is still to come.
const STRIDE: usize = 32;

/// The largest term to come, times `n`, below which the rest is dropped, as a share of the first
/// information: `Z_2`, the smallest value, is above `2/n` of that.
const NEGLIGIBLE: f64 = 1e-26;

/// Error of a value relative to `Z_n`, at most, seen up to `n = 10^6`; smaller steps than this are
/// rounding.
const ROUNDING: f64 = 1e-15;

/// `Z_1 .. Z_n` from `J_1 ..`, which may stop where the rest vanishes.
pub(super) fn information(sums: &[f64], n: usize, monitor: &Monitor) -> Result<Vec<f64>> {
    let sums = &sums[..sums.len().min(n - 1)];
    let tables = Tables::new(sums, n);
    let tasks = (n - 1).div_ceil(SIZES_PER_TASK);
    monitor.expect(tasks as u64);
    let parts = parallel::map(tasks, |task| {
        let first = 1 + task * SIZES_PER_TASK;
        let last = (first + SIZES_PER_TASK).min(n);
        let mut part = Vec::with_capacity(last - first + LANES);
        for j in (first..last).step_by(LANES) {
            monitor.check()?;
            part.extend(tables.lanes(j));
        }
        part.truncate(last - first);
        monitor.advance(1)?;
        Ok(part)
    })?;
    let mut z = vec![0.0];
    z.extend(parts.into_iter().flatten());
    let rounding = ROUNDING * z[n - 1];
    levelled(&mut z[1..], rounding);
    Ok(z)
}

struct Tables {
    n: usize,
    /// `2 J_d / n` for `d = 1 ..`.
    single: Vec<f64>,
    /// `(d-1) J_d / n`.
    double: Vec<f64>,
}

impl Tables {
    fn new(sums: &[f64], n: usize) -> Self {
        let share = |factor: usize, sum: f64| factor as f64 * sum / n as f64;
        let distances = || (1..).zip(sums);
        Self {
            n,
            single: sums.iter().map(|&sum| share(2, sum)).collect(),
            double: distances().map(|(d, &sum)| share(d - 1, sum)).collect(),
        }
    }

    /// `Z_{j+1}` for `LANES` successive `j`; those past `n - 1` hold anything.
    fn lanes(&self, first: usize) -> [f64; LANES] {
        let n = self.n as f64;
        let j: [f64; LANES] = std::array::from_fn(|k| (first + k) as f64);
        let mut w = j.map(|j| j / (n - 1.0));
        let mut v = j.map(|j| j * (j - 1.0) / ((n - 1.0) * (n - j).max(1.0)));
        let (mut plus, mut minus) = ([0.0; LANES], [0.0; LANES]);
        let scale = self.single.first().map_or(0.0, |&first| first * NEGLIGIBLE);
        let mut d = 1;
        let mut distances = self.single.iter().zip(&self.double);
        loop {
            let mut terms = [0.0; LANES];
            for (&single, &double) in distances.by_ref().take(STRIDE) {
                // C(n-d-2, j-1) / C(n-d-1, j-1) = (n-d-1-(j-1)) / (n-d-1), and so for j-2. True
                // divisions: with a rounded reciprocal, factors near one would always be rounded
                // down, and there are up to a million of them.
                let left = n - d as f64;
                let all = (left - 1.0).max(1.0);
                for k in 0..LANES {
                    plus[k] += single * w[k];
                    minus[k] += double * v[k];
                    terms[k] = single * w[k] + double * v[k];
                    w[k] *= (left - j[k]).max(0.0) / all;
                    v[k] *= (left - j[k] + 1.0).max(0.0) / all;
                }
                d += 1;
            }
            // Both kinds of terms rise once at most and then fall for good: once one is this small
            // (the first of each is not), all that follow are smaller.
            let small = terms.iter().all(|term| term * n <= scale);
            if d > self.single.len() || small {
                return std::array::from_fn(|k| (plus[k] - minus[k]).max(0.0));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// By definition: every token, every subset of the others.
    fn naive(pair: impl Fn(usize, usize) -> f64, n: usize) -> Vec<f64> {
        let (mut sums, mut counts) = (vec![0.0; n], vec![0.0; n]);
        for i in 0..n {
            for subset in (0u32..1 << n).filter(|s| s >> i & 1 == 0) {
                let left = (0..i).rev().find(|&k| subset >> k & 1 == 1);
                let right = (i + 1..n).find(|&k| subset >> k & 1 == 1);
                let mut value = left.map_or(0.0, |l| pair(l, i));
                value += right.map_or(0.0, |r| pair(i, r));
                value -= left.zip(right).map_or(0.0, |(l, r)| pair(l, r));
                let j = subset.count_ones() as usize;
                sums[j] += value;
                counts[j] += 1.0;
            }
        }
        sums.iter()
            .zip(counts)
            .map(|(sum, count)| sum / count)
            .collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]
        #[test]
        fn agrees_with_the_definition(n in 1usize..10, decay in 0.0..1.0f64, slope in 0.0..0.3f64) {
            let pair = |a: usize, b: usize| {
                decay.powi((b - a) as i32) * (1.0 + slope * (a + b) as f64)
            };
            let sums: Vec<f64> = (1..n).map(|d| (0..n - d).map(|a| pair(a, a + d)).sum()).collect();
            let got = information(&sums, n, &Monitor::new()).unwrap();
            for (got, want) in got.iter().zip(naive(pair, n)) {
                prop_assert!((got - want).abs() < 1e-13, "{got} for {want}");
            }
        }
    }

    #[test]
    fn a_constant_is_a_plateau() {
        for n in [2, 3, 1000, 20_000] {
            let sums: Vec<f64> = (1..n).map(|d| (n - d) as f64).collect();
            let z = information(&sums, n, &Monitor::new()).unwrap();
            let off = z[1..].iter().map(|z| (z - 1.0).abs()).fold(0.0, f64::max);
            assert!(off < 1e-12, "n = {n}: {off}");
        }
    }
}
